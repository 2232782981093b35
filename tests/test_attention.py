"""Attention: scores, weights, output, with and without a mask."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import Attention, attention, example, scores, softmax
from tests.properties import DTYPES, queries_keys_values


def projected(chosen):
    """Queries, keys and values of an example; keys and values of its memory."""
    return (
        chosen.inputs @ chosen.query_weight,
        chosen.memory @ chosen.key_weight,
        chosen.memory @ chosen.value_weight,
    )


def by_hand(query, key, value, allowed):
    """Outputs, a term at a time: only allowed keys count, and none at all gives zeros."""
    outputs = np.zeros((len(query), value.shape[1]))
    for i, q in enumerate(query):
        exponentials = {
            j: math.exp(sum(a * b for a, b in zip(q, k, strict=True)) / math.sqrt(len(q)))
            for j, k in enumerate(key)
            if allowed[i, j]
        }
        for j, exponential in exponentials.items():
            outputs[i] += exponential / sum(exponentials.values()) * value[j]
    return outputs


def test_worked_example():
    result = attention(*projected(example.worked))
    assert_array_equal(
        result.weights.round(4),
        [[0.1361, 0.4319, 0.4319], [0.0009, 0.9088, 0.0903], [0.0074, 0.7547, 0.2378]],
    )
    assert_array_equal(
        result.output.round(4),
        [[1.8639, 6.3194, 1.7042], [1.9991, 7.8141, 0.2735], [1.9926, 7.4796, 0.7359]],
    )


def test_worked_example_unscaled():
    result = attention(*projected(example.worked), score=scores.dot)
    assert_array_equal(
        result.output.round(4),
        [[1.9366, 6.6831, 1.5951], [2.0000, 7.9640, 0.0540], [1.9997, 7.7599, 0.3584]],
    )


def test_plane():
    query, key, value = projected(example.plane)
    result = attention(query, key, value)
    assert_array_equal(
        result.weights.round(4),
        [[0.7337, 0.1784, 0.0879], [0.1784, 0.7337, 0.0879], [0.1400, 0.5760, 0.2840]],
    )
    assert_array_equal(
        result.output.round(4), [[1.8014, 2.2688], [4.0227, 3.3794], [3.5879, 2.8680]]
    )
    assert_array_equal(attention(key, query, value).output[0].round(4), [2.8916, 2.7832])


def test_bank():
    for neighbour, output in (("river", [1.8044, 0.1956]), ("money", [0.1956, 1.8044])):
        result = attention(*projected(example.bank(neighbour)))
        assert_array_equal(result.weights[1].round(4), [0.8044, 0.1956])
        assert_array_equal(result.output[1].round(4), output)


def test_rectangle_by_hand():
    query, key, value = projected(example.rectangle)
    result = attention(query, key, value)
    assert result.weights.shape == (3, 5)
    assert result.output.shape == (3, 6)
    assert_allclose(result.output, by_hand(query, key, value, np.ones((3, 5), bool)))


@given(queries_keys_values(), st.data())
def test_equals_the_definition_with_any_mask(arrays, data):
    query, key, value = arrays
    mask = data.draw(hnp.arrays(bool, (len(query), len(key))))
    result = attention(query, key, value, mask)
    assert_allclose(result.output, by_hand(query, key, value, mask), rtol=1e-9, atol=1e-9)
    assert_allclose(result.weights.sum(axis=-1), mask.any(axis=-1), rtol=1e-12)
    assert_array_equal(result.weights[~mask], 0)
    assert_array_equal(result.scores[~mask], -np.inf)


@given(queries_keys_values())
def test_outputs_lie_within_the_range_of_the_values(arrays):
    query, key, value = arrays
    result = attention(query, key, value)
    assert np.all(result.weights > -1e-15)
    assert_allclose(result.weights.sum(axis=-1), 1, rtol=1e-12)
    assert np.all(result.output >= value.min(axis=0) - 1e-9)
    assert np.all(result.output <= value.max(axis=0) + 1e-9)


@given(queries_keys_values(), st.randoms())
def test_shuffled_queries_shuffle_the_outputs_and_shuffled_keys_change_nothing(arrays, random):
    query, key, value = arrays
    rows, columns = list(range(len(query))), list(range(len(key)))
    random.shuffle(rows)
    random.shuffle(columns)
    result = attention(query, key, value)
    shuffled = attention(query[rows], key[columns], value[columns])
    assert_allclose(shuffled.weights, result.weights[rows][:, columns], atol=1e-9)
    assert_allclose(shuffled.output, result.output[rows], atol=1e-9)


@given(queries_keys_values())
def test_the_same_added_to_every_key_changes_nothing(arrays):
    query, key, value = arrays
    expected = attention(query, key, value).weights
    assert_allclose(attention(query, key + key[0], value).weights, expected, atol=1e-9)


@given(queries_keys_values(), st.integers(1, 3), st.integers(1, 2))
def test_broadcasting_equals_looping(arrays, batch, heads):
    query, key, value = arrays
    queries = query * np.arange(1, batch + 1)[:, None, None, None]
    keys = key + np.arange(heads)[:, None, None]
    values = value - np.arange(batch)[:, None, None, None]
    mask = np.arange(len(key)) <= np.arange(heads)[:, None, None]
    together = attention(queries, keys, values, mask)
    assert together.output.shape == (batch, heads, len(query), value.shape[1])
    for b in range(batch):
        for h in range(heads):
            alone = attention(queries[b, 0], keys[h], values[b, 0], mask[h])
            assert_allclose(together.output[b, h], alone.output, atol=1e-9)
            assert_allclose(together.weights[b, h], alone.weights, atol=1e-9)


def test_values_alone_may_have_leading_axes():
    query, key, value = projected(example.plane)
    result = attention(query, key, np.stack([value, 2 * value]))
    assert result.weights.shape == (3, 3)
    assert_allclose(result.output[1], 2 * result.output[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mask", [None, np.eye(3, dtype=bool), np.zeros((3, 3))])
def test_dtype_is_kept(dtype, mask):
    result = attention(*(x.astype(dtype) for x in projected(example.plane)), mask)
    assert [array.dtype for array in result] == [dtype] * 3


def test_whole_numbers_and_lists_become_float64():
    lists = attention([[1, 0]], [[3, 1], [3, 2]], [[2], [4]])
    assert [array.dtype for array in lists] == [np.float64] * 3
    assert_array_equal(lists.output, [[3]])


def test_inputs_are_not_modified():
    arrays = [x.copy() for x in projected(example.plane)]
    mask = np.array([[0, -np.inf, -1], [0, 0, 0], [-np.inf] * 3])
    before = [x.copy() for x in (*arrays, mask)]
    attention(*arrays, mask)
    for array, old in zip((*arrays, mask), before, strict=True):
        assert_array_equal(array, old)


def test_boolean_mask_means_may_attend():
    query, key, value = projected(example.plane)
    result = attention(query, key, value, np.eye(3, dtype=bool))
    assert_array_equal(result.output, value)
    hidden = attention(query, key, value, [True, True, False])
    assert_allclose(hidden.output, attention(query, key[:2], value[:2]).output)
    assert_array_equal(hidden.scores[:, 2], -np.inf)


def test_floating_mask_is_added_to_the_scores():
    query, key, value = projected(example.plane)
    mask = np.array([[0.0, 1.5, -2.0]])
    result = attention(query, key, value, mask)
    assert_allclose(result.scores, scores.scaled_dot(query, key) + mask)
    assert_allclose(result.weights, softmax(scores.scaled_dot(query, key) + mask))
    hidden = np.array([[0, -np.inf, 0]])
    assert_allclose(
        attention(query, key, value, hidden).output,
        attention(query, key, value, hidden == 0).output,
    )


def test_floating_mask_too_large_for_the_dtype_hides():
    query, key, value = (x.astype(np.float16) for x in projected(example.plane))
    result = attention(query, key, value, np.array([0, -1e9, 0]))
    assert result.output.dtype == np.float16
    assert_array_equal(result.weights[:, 1], 0)


@pytest.mark.parametrize("mask", [np.zeros((3, 3), bool), np.full((3, 3), -np.inf), False])
def test_a_query_that_sees_nothing_gets_zeros(mask):
    result = attention(*projected(example.plane), mask)
    assert_array_equal(result.weights, np.zeros((3, 3)))
    assert_array_equal(result.output, np.zeros((3, 2)))


def test_what_a_mask_hides_does_not_matter():
    query, key, value = projected(example.rectangle)
    mask = np.tril(np.ones((3, 5), bool))
    before = attention(query, key, value, mask).output
    key[3:], value[3:] = 99, -99
    assert_array_equal(attention(query, key, value, mask).output, before)
    key[3:] = np.nan
    assert_array_equal(attention(query, key, value, mask).output, before)


def test_nan_stays_with_the_query_that_holds_it():
    query, key, value = projected(example.plane)
    query[0, 0] = np.nan
    output = attention(query, key, value).output
    assert np.isnan(output[0]).all()
    assert np.isfinite(output[1:]).all()


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_queries_or_no_keys(n, m, dtype):
    result = attention(np.ones((n, 2), dtype), np.ones((m, 2), dtype), np.ones((m, 4), dtype))
    assert result.weights.shape == (n, m)
    assert_array_equal(result.output, np.zeros((n, 4)))
    assert result.output.dtype == dtype


def test_any_score_function():
    def distance(query, key):
        return -((query[:, None, :1] - key[None, :, :1]) ** 2).sum(-1)

    query, key, value = projected(example.rectangle)
    result = attention(query, key[:, :1], value, score=distance)
    assert_allclose(result.scores, -((query[:, :1] - key[:, :1].T) ** 2))
    assert_allclose(result.output, softmax(result.scores) @ value)
    listed = attention([[1]], [[1]], [[5]], score=lambda query, key: [[3]])
    assert_array_equal(listed.output, [[5]])


def test_result_unpacks_and_is_frozen():
    result = attention(*projected(example.plane))
    found, weights, output = result
    assert found is result.scores
    assert weights is result.weights
    assert output is result.output
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.output = output


def test_result_shows_itself():
    result = attention(*projected(example.plane), mask=[True, True, False])
    assert repr(result) == "\n".join(
        [
            "Attention",
            "scores (3, 3)",
            "  [[1.4142 0.0000   -inf]",
            "   [1.4142 2.8284   -inf]",
            "   [0.0000 1.4142   -inf]]",
            "weights (3, 3)",
            "  [[0.8044 0.1956 0.0000]",
            "   [0.1956 0.8044 0.0000]",
            "   [0.1956 0.8044 0.0000]]",
            "output (3, 2)",
            "  [[1.7823 2.3911]",
            "   [4.2177 3.6089]",
            "   [4.2177 3.6089]]",
        ]
    )


def test_result_shows_no_negative_zero_and_leaves_out_the_middle():
    minus = np.array([[-0.0, -1e-9, -1.0]])
    assert "[[ 0.0000  0.0000 -1.0000]]" in repr(Attention(minus, minus, minus))
    large = np.zeros((20, 30))
    text = repr(Attention(large, large, large))
    assert "..." in text
    assert len(text.splitlines()) < 30


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"key": np.ones((4, 2))},
            ValueError,
            "query and key must have the same size d_k, .*: got 3 and 2",
        ),
        (
            {"value": np.ones((2, 5))},
            ValueError,
            "key and value must have the same number of tokens, because each key labels one "
            "value: got 4 and 2",
        ),
        ({"value": np.ones(4)}, ValueError, r"value must have two axes or more.*\(4,\)"),
        ({"value": np.ones((4, 0))}, ValueError, r"value must have one feature or more.*\(4, 0\)"),
        (
            {"query": np.ones((2, 2, 3)), "value": np.ones((3, 4, 5))},
            ValueError,
            "query, key and value must have leading axes .* that broadcast: got shapes",
        ),
        ({"query": [["a"]]}, TypeError, "query must hold real numbers .*text"),
        ({"key": np.ones((4, 3), complex)}, TypeError, "key must hold real numbers .*complex"),
        ({"value": np.ones((4, 5), object)}, TypeError, "value must hold real numbers .*objects"),
        ({"value": np.ones((4, 5), bool)}, TypeError, "value .*booleans; only a mask is boolean"),
        (
            {"mask": np.ones((2, 4), int)},
            TypeError,
            r"mask must be boolean .* or floating .*got int64; write mask == 1 or",
        ),
        ({"mask": [["a"] * 4]}, TypeError, "mask must be boolean .* or floating"),
        ({"mask": np.ones((4, 2), bool)}, ValueError, r"shape \(2, 4\), one entry .*got \(4, 2\)"),
        ({"mask": np.ones((5, 2, 4), bool)}, ValueError, r"mask must broadcast .*got \(5, 2, 4\)"),
        (
            {"mask": np.ones((2, 3))},
            ValueError,
            r"mask must broadcast to the scores' shape \(2, 4\)",
        ),
        ({"mask": np.full((2, 4), np.nan)}, ValueError, "floating mask must hold numbers or -inf"),
        ({"mask": np.full((2, 4), np.inf)}, ValueError, "floating mask must hold numbers or -inf"),
        (
            {"score": lambda query, key: key @ query.T},
            ValueError,
            r"score\(query, key\) must have shape \(2, 4\), one score for each query .*\(4, 2\)",
        ),
        ({"score": lambda query, key: 1}, ValueError, r"score\(query, key\) must have shape"),
        ({"score": lambda query, key: "a"}, TypeError, r"result of score\(query, key\) must hold"),
        (
            {"score": lambda query, key: np.full((2, 4), np.inf)},
            ValueError,
            "the scores, must stay below .inf",
        ),
    ],
)
def test_errors(arguments, error, message):
    defaults = {"query": np.ones((2, 3)), "key": np.ones((4, 3)), "value": np.ones((4, 5))}
    with pytest.raises(error, match=message):
        attention(**(defaults | arguments))


@pytest.mark.parametrize("mask", [[[False, True]], [[-np.inf, 0.0]]], ids=["boolean", "floating"])
def test_a_masked_key_is_not_even_looked_at(mask):
    attended = attention([[1, 0]], [[np.nan, 1], [3, 1]], [[1], [2]], mask)
    assert attended.weights.tolist() == [[0, 1]]
    assert attended.output.tolist() == [[2]]


def test_a_finer_value_is_not_made_coarse():
    fine = 1 + 2.0**-40
    attended = attention(np.ones((1, 2), np.float32), np.ones((1, 2), np.float32), [[fine]])
    assert attended.weights.dtype == np.float32
    assert attended.output.dtype == np.float64
    assert attended.output[0, 0] == fine
