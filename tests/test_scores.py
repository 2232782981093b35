"""Score functions: an entry for each query and key."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import example, scores
from tests.properties import DTYPES, queries_keys_values

BOTH = pytest.mark.parametrize("score", [scores.dot, scores.scaled_dot])


def projected(chosen):
    """Queries and keys of an example, keys of its memory."""
    return chosen.inputs @ chosen.query_weight, chosen.memory @ chosen.key_weight


def test_worked_example():
    query, key = projected(example.worked)
    assert_array_equal(scores.dot(query, key), [[2, 4, 4], [4, 16, 12], [4, 12, 10]])
    assert_array_equal(
        scores.scaled_dot(query, key).round(4),
        [[1.1547, 2.3094, 2.3094], [2.3094, 9.2376, 6.9282], [2.3094, 6.9282, 5.7735]],
    )


def test_plane():
    query, key = projected(example.plane)
    assert_array_equal(scores.dot(query, key), [[2, 0, -1], [2, 4, 1], [0, 2, 1]])
    assert_allclose(scores.scaled_dot(query, key)[0], [math.sqrt(2), 0, -math.sqrt(1 / 2)])


def test_rectangle():
    query, key = projected(example.rectangle)
    assert_array_equal(
        scores.dot(query, key), [[4, 14, 7, 5, 11], [8, 10, 11, 13, 7], [0, -6, -1, 1, -5]]
    )


@given(queries_keys_values())
def test_an_entry_is_the_dot_product_of_its_query_and_key(arrays):
    query, key, _ = arrays
    raw_scores = scores.dot(query, key)
    assert raw_scores.shape == (len(query), len(key))
    for i, q in enumerate(query):
        for j, k in enumerate(key):
            expected = sum(a * b for a, b in zip(q, k, strict=True))
            assert raw_scores[i, j] == pytest.approx(expected)
            scaled = expected / math.sqrt(len(q))
            assert scores.scaled_dot(query, key)[i, j] == pytest.approx(scaled)


@BOTH
@given(arrays=queries_keys_values(), batch=st.integers(1, 3), heads=st.integers(1, 2))
def test_broadcasting_equals_looping(score, arrays, batch, heads):
    query, key, _ = arrays
    queries = query * np.arange(1, batch + 1)[:, None, None, None]
    keys = key + np.arange(heads)[:, None, None]
    together = score(queries, keys)
    assert together.shape == (batch, heads, len(query), len(key))
    for b in range(batch):
        for h in range(heads):
            assert_allclose(together[b, h], score(queries[b, 0], keys[h]), atol=1e-9)


@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(score, dtype):
    query, key = (x.astype(dtype) for x in projected(example.plane))
    assert score(query, key).dtype == dtype


@BOTH
def test_whole_numbers_and_lists_become_float64(score):
    result = score([[1, 2]], np.array([[3, 4]], np.int8))
    assert result.dtype == np.float64
    assert_array_equal(result, score(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])))


@BOTH
@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
def test_no_tokens(score, n, m):
    assert score(np.ones((n, 2)), np.ones((m, 2))).shape == (n, m)


@BOTH
def test_inputs_are_not_modified(score):
    query, key = (x.copy() for x in projected(example.plane))
    before = query.copy(), key.copy()
    score(query, key)
    assert_array_equal(query, before[0])
    assert_array_equal(key, before[1])


@BOTH
@pytest.mark.parametrize(
    ("query", "key", "error", "message"),
    [
        (
            np.ones((2, 3)),
            np.ones((2, 4)),
            ValueError,
            "query and key must have the same size d_k, because each score is their dot product: "
            "got 3 and 4",
        ),
        ([1, 2], [[1, 2]], ValueError, r"query must have two axes or more.*got shape \(2,\)"),
        ([[1, 2]], [1, 2], ValueError, r"key must have two axes or more.*got shape \(2,\)"),
        (1, 2, ValueError, r"query must have two axes or more.*got shape \(\)"),
        (
            np.ones((2, 0)),
            np.ones((2, 0)),
            ValueError,
            r"query must have one feature or more.*got shape \(2, 0\)",
        ),
        (
            np.ones((2, 3, 1)),
            np.ones((4, 3, 1)),
            ValueError,
            r"query and key must have leading axes .* that broadcast: "
            r"got shapes \(2, 3, 1\), \(4, 3, 1\)",
        ),
        ([[1j]], [[1]], TypeError, "query must hold real numbers .*complex"),
        ([[1]], [["a"]], TypeError, "key must hold real numbers .*text"),
        ([[1]], [[None]], TypeError, "key must hold real numbers .*objects"),
        ([[1], [1, 2]], [[1]], ValueError, "query must be a full grid of numbers"),
    ],
)
def test_errors(score, query, key, error, message):
    with pytest.raises(error, match=message):
        score(query, key)
