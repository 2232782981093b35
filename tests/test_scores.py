"""Score functions: an entry for each query and key."""

import functools
import itertools
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import attention, example, scores
from tests.properties import DTYPES, matrix, queries_keys_values, sizes

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


# --- general, additive, concat, cosine ---------------------------------------------------------

RNG = np.random.default_rng(10)
# Queries of 3 entries, keys of 2, and 4 hidden units.
PARAMETERS = {
    scores.general: {"weight": RNG.normal(size=(3, 2))},
    scores.additive: {
        "query_weight": RNG.normal(size=(3, 4)),
        "key_weight": RNG.normal(size=(2, 4)),
        "vector": RNG.normal(size=4),
    },
    scores.concat: {"weight": RNG.normal(size=(5, 4)), "vector": RNG.normal(size=4)},
    scores.cosine: {},
}
SLOW_AND_LEAN = functools.partial(scores.additive, save_memory=True)
PARAMETERS[SLOW_AND_LEAN] = PARAMETERS[scores.additive]
NAMES = ["general", "additive", "concat", "cosine", "additive, lean"]
EACH = pytest.mark.parametrize(("score", "parameters"), PARAMETERS.items(), ids=NAMES)


def pair(score, *leading):
    """Queries and keys that the parameters fit; those of the cosine have one size."""
    key_size = 3 if score is scores.cosine else 2
    return RNG.normal(size=(*leading, 5, 3)), RNG.normal(size=(*leading, 6, key_size))


def product(x, weight):
    """One vector times a matrix, a term at a time."""
    return [sum(x[i] * weight[i][c] for i in range(len(x))) for c in range(len(weight[0]))]


def one_score(score, q, k, parameters):
    """The score of one query and one key, by the formula of its paper."""
    if score is scores.general:
        return sum(a * b for a, b in zip(product(q, parameters["weight"]), k, strict=True))
    if score is scores.cosine:
        return sum(a * b for a, b in zip(q, k, strict=True)) / (math.hypot(*q) * math.hypot(*k))
    if score is scores.concat:
        hidden = product([*q, *k], parameters["weight"])
    else:
        from_query = product(q, parameters["query_weight"])
        from_key = product(k, parameters["key_weight"])
        hidden = [a + b for a, b in zip(from_query, from_key, strict=True)]
    return sum(v * math.tanh(x) for v, x in zip(parameters["vector"], hidden, strict=True))


@EACH
def test_an_entry_follows_the_formula(score, parameters):
    query, key = pair(score)
    found = score(query, key, **parameters)
    assert found.shape == (5, 6)
    for i, j in itertools.product(range(5), range(6)):
        assert found[i, j] == pytest.approx(one_score(score, query[i], key[j], parameters))


@EACH
def test_each_serves_attention(score, parameters):
    query, key = pair(score, 2)
    value = RNG.normal(size=(2, 6, 4))
    chosen = functools.partial(score, **parameters)
    attended = attention(query, key, value, score=chosen)
    assert_array_equal(attended.scores, score(query, key, **parameters))
    assert attended.output.shape == (2, 5, 4)


@EACH
def test_each_broadcasts(score, parameters):
    query, key = pair(score, 3)
    queries, keys = query[:, None], key[None, :2]
    together = score(queries, keys, **parameters)
    assert together.shape == (3, 2, 5, 6)
    for b, h in itertools.product(range(3), range(2)):
        assert_allclose(together[b, h], score(query[b], key[h], **parameters), atol=1e-12)


@EACH
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_keeps_the_dtype(score, parameters, dtype):
    query, key = (x.astype(dtype) for x in pair(score))
    own = {name: x.astype(dtype) for name, x in parameters.items()}
    found = score(query, key, **own)
    assert found.dtype == dtype
    assert_allclose(found, score(query.astype(float), key.astype(float), **own), atol=0.02)


@EACH
@pytest.mark.parametrize(("n", "m"), [(0, 6), (5, 0), (0, 0)])
def test_each_with_no_tokens(score, parameters, n, m):
    query, key = pair(score)
    assert score(query[:n], key[:m], **parameters).shape == (n, m)


@EACH
def test_each_leaves_its_arguments_alone(score, parameters):
    query, key = pair(score)
    before = [x.copy() for x in (query, key, *parameters.values())]
    score(query, key, **parameters)
    for old, new in zip(before, (query, key, *parameters.values()), strict=True):
        assert_array_equal(old, new)


@EACH
def test_each_takes_lists(score, parameters):
    query, key = pair(score)
    lists = {name: x.tolist() for name, x in parameters.items()}
    expected = score(query, key, **parameters)
    assert_array_equal(score(query.tolist(), key.tolist(), **lists), expected)


@given(st.data(), sizes, sizes, sizes, sizes, sizes)
def test_additive_and_concat_are_one_function_when_the_weights_are_split(data, n, m, d_q, d_k, d):
    query, key = data.draw(matrix(n, d_q)), data.draw(matrix(m, d_k))
    weight, vector = data.draw(matrix(d_q + d_k, d)), data.draw(matrix(1, d))[0]
    joined = scores.concat(query, key, weight, vector)
    parts = weight[:d_q], weight[d_q:], vector
    assert_allclose(scores.additive(query, key, *parts), joined, rtol=1e-9, atol=1e-9)
    lean = scores.additive(query, key, *parts, save_memory=True)
    assert_allclose(lean, joined, rtol=1e-9, atol=1e-9)


@given(queries_keys_values())
def test_general_with_one_on_the_diagonal_is_dot(arrays):
    query, key, _ = arrays
    assert_allclose(
        scores.general(query, key, np.eye(query.shape[1])), scores.dot(query, key), atol=1e-12
    )


def test_only_the_product_of_two_projections_reaches_a_dot_score():
    query_weight, key_weight = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 4))
    query, key = pair(scores.general)
    projected = scores.dot(query @ query_weight, key @ key_weight)
    assert_allclose(scores.general(query, key, query_weight @ key_weight.T), projected)


@given(queries_keys_values(), st.integers(-3, 3))
def test_cosine_ignores_lengths_and_stays_within_one(arrays, power):
    query, key, _ = arrays
    found = scores.cosine(query, key)
    assert np.all(np.abs(found) <= 1 + 1e-12)
    assert_allclose(scores.cosine(query * 10.0**power, key), found, atol=1e-12)
    assert_array_equal(found[(query == 0).all(-1)], 0)
    assert_allclose(np.diag(scores.cosine(query, query)), (query != 0).any(-1), atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", ["largest", "smallest"])
def test_cosine_of_the_longest_and_the_shortest_vectors(dtype, size):
    limits = np.finfo(dtype)
    length = limits.max / 2 if size == "largest" else limits.smallest_subnormal
    query = np.array([[1, 1], [0, 1], [0, 0]], dtype) * dtype(length)
    diagonal = np.sqrt(dtype(0.5))
    expected = [[1, diagonal], [diagonal, 1], [0, 0]]
    assert_allclose(scores.cosine(query, query[:2]), expected, rtol=float(limits.eps) * 4)


def test_a_long_sum_of_halves_keeps_its_small_terms():
    """A running sum in half precision would stop at 2048."""
    weight, vector = np.zeros((1, 4096), np.float16), np.ones(4096, np.float16)
    one = np.full((1, 1), 20, np.float16)
    lean = scores.additive(one, one, weight + 1, weight, vector, save_memory=True)
    assert_array_equal(lean, [[4096]])


def test_additive_saves_memory_when_asked_to():
    n, d = 128, 64
    query, key = RNG.normal(size=(2, n, 8))
    query_weight, key_weight = RNG.normal(size=(2, 8, d))
    peaks = []
    for save_memory in (False, True):
        tracemalloc.start()
        scores.additive(query, key, query_weight, key_weight, np.ones(d), save_memory=save_memory)
        peaks.append(tracemalloc.get_traced_memory()[1] / query.itemsize)
        tracemalloc.stop()
    assert peaks[0] > n * n * d
    assert peaks[1] < 8 * n * n


Q, K = np.ones((2, 3)), np.ones((4, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: scores.general(Q, K, np.ones((2, 2))),
            ValueError,
            "weight must have a row for each entry of a query, .*: got 2 rows and 3 entries",
        ),
        (
            lambda: scores.general(Q, K, np.ones((3, 3))),
            ValueError,
            "weight must have a column for each entry of a key, .*: got 3 columns and 2 entries",
        ),
        (
            lambda: scores.general(Q, K, np.ones(3)),
            ValueError,
            r"weight must be a matrix of one column or more, .*: got shape \(3,\)",
        ),
        (lambda: scores.general(Q, K, [["a"]]), TypeError, "weight must hold real numbers .*text"),
        (lambda: scores.general(Q[0], K, np.ones((3, 2))), ValueError, "query must have two axes"),
        (
            lambda: scores.general(np.ones((2, 1, 3)), np.ones((3, 1, 2)), np.ones((3, 2))),
            ValueError,
            "query and key must have leading axes",
        ),
        (
            lambda: scores.additive(Q, K, np.ones((2, 5)), np.ones((2, 5)), np.ones(5)),
            ValueError,
            "query_weight must have a row for each entry of a query, .*: got 2 rows and 3",
        ),
        (
            lambda: scores.additive(Q, K, np.ones((3, 5)), np.ones((3, 5)), np.ones(5)),
            ValueError,
            "key_weight must have a row for each entry of a key, .*: got 3 rows and 2",
        ),
        (
            lambda: scores.additive(Q, K, np.ones((3, 5)), np.ones((2, 4)), np.ones(5)),
            ValueError,
            "query_weight and key_weight must have the same number of columns d, .*: got 5 and 4",
        ),
        (
            lambda: scores.additive(Q, K, np.ones((3, 5)), np.ones((2, 5)), np.ones((5, 1))),
            ValueError,
            r"vector must have an entry for each column of query_weight, .*\(5, 1\) and 5 columns",
        ),
        (
            lambda: scores.additive(Q, K, np.ones((3, 0)), np.ones((2, 0)), np.ones(0)),
            ValueError,
            "query_weight must be a matrix of one column or more",
        ),
        (
            lambda: scores.concat(Q, K, np.ones((4, 5)), np.ones(5)),
            ValueError,
            "weight must have a row for each entry of a query and a key side by side, .*4 rows and 5",
        ),
        (
            lambda: scores.concat(Q, K, np.ones((5, 5)), np.ones(4)),
            ValueError,
            r"vector must have an entry for each column of weight, .*\(4,\) and 5 columns",
        ),
        (lambda: scores.cosine(Q, K), ValueError, "query and key must have the same size d_k"),
        (lambda: scores.cosine([[True]], [[1]]), TypeError, "query must hold real numbers"),
    ],
)
def test_errors_of_each(call, error, message):
    with pytest.raises(error, match=message):
        call()
