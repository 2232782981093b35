"""The backward pass against central differences: nudge one number, see how much the loss moves."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import attention_core
from attention_core import gradients, layers, masks, scaled_dot_product_attention
from tests.properties import DTYPES

RNG = np.random.default_rng(0)
N, M, D_K, D_V = 3, 5, 4, 2


def normal(*shape):
    """Random numbers of a shape, others at every call."""
    return RNG.normal(size=shape)


def nudged(forward, arguments, d_output, step=1e-5):
    """The gradient of sum(forward(*arguments) * d_output), one central difference at a time."""
    found = []
    for place, argument in enumerate(arguments):
        gradient = np.zeros(argument.shape)
        for entry in np.ndindex(argument.shape):
            moved = []
            for sign in (1, -1):
                changed = [x.copy() for x in arguments]
                changed[place][entry] += sign * step
                moved.append(np.sum(forward(*changed) * d_output))
            gradient[entry] = (moved[0] - moved[1]) / (2 * step)
        found.append(gradient)
    return found


def agrees(forward, backward, arguments, tolerance=1e-7):
    """The gradients are those of nudging every number of every argument."""
    d_output = normal(*np.shape(forward(*arguments)))
    found = backward(*arguments, d_output)
    found = found if isinstance(found, tuple) else (found,)
    for gradient, argument, wanted in zip(
        found, arguments, nudged(forward, arguments, d_output), strict=True
    ):
        assert gradient.shape == argument.shape
        assert_allclose(gradient, wanted, rtol=tolerance, atol=tolerance)


# --- softmax -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4,), (1,), (3, 5), (2, 3, 2, 5)], ids=str)
def test_softmax(shape):
    def backward(scores, d_weights):
        return gradients.softmax(attention_core.softmax(scores), d_weights)

    agrees(attention_core.softmax, backward, [normal(*shape)])


def test_rows_of_d_scores_sum_to_zero():
    weights = attention_core.softmax(normal(2, 6, 9))
    assert_allclose(gradients.softmax(weights, normal(2, 6, 9)).sum(-1), 0, atol=1e-14)


def test_softmax_where_a_weight_is_zero():
    weights = attention_core.softmax([[0, -np.inf, 2], [-np.inf] * 3])
    found = gradients.softmax(weights, [[1, 1e9, 3], [4, 5, 6]])
    assert_array_equal(found[weights == 0], 0)
    assert found[0].any()


def test_a_saturated_softmax_passes_nothing_on():
    d_weights = [1, -2, 3]
    sizes = [
        np.abs(gradients.softmax(attention_core.softmax(np.multiply(s, [0, 2, 1])), d_weights))
        for s in (1, 10, 100, 1000)
    ]
    largest = [size.max() for size in sizes]
    assert largest == sorted(largest, reverse=True)
    assert largest[0] > 0.1
    assert largest[2] < 1e-40
    assert largest[3] == 0


# --- attention ---------------------------------------------------------------------------------


def attended(mask=None, scale=None):
    """Attention forward and backward, under one mask and scale."""

    def forward(query, key, value):
        score = attention_core.scores.scaled_dot
        if scale is not None:
            score = lambda q, k: scale * attention_core.scores.dot(q, k)  # noqa: E731
        return attention_core.attention(query, key, value, mask, score=score).output

    def backward(query, key, value, d_output):
        return gradients.attention(query, key, value, d_output, mask, scale)

    return forward, backward


NOBODY = np.tril(np.ones((N, M), bool))
NOBODY[1] = False
NUMBERS = np.where(NOBODY, normal(N, M), -np.inf)


@pytest.mark.parametrize("scale", [None, 1.0, 0.3, -2.0])
@pytest.mark.parametrize(
    "mask", [None, masks.causal(N, M), NOBODY, NUMBERS, np.arange(M) < 3], ids=lambda m: str(m)[:9]
)
def test_attention(mask, scale):
    agrees(*attended(mask, scale), [normal(N, D_K), normal(M, D_K), normal(M, D_V)])


@pytest.mark.parametrize(
    ("query", "key", "value", "mask"),
    [
        ((2,), (2,), (2,), None),
        ((2, 3), (2, 3), (2, 3), (2, 1, N, M)),
        ((2, 3), (2, 1), (2, 1), (3, N, M)),  # keys and values that every head shares
        ((2, 3), (), (), (2, 1, 1, M)),  # and every sequence
        ((), (3,), (3,), None),  # one query of many memories
        ((1,), (3,), (2, 1), None),
        ((2,), (2,), (4, 2), None),  # more values than scores
        ((2, 2, 2), (2, 1, 2), (2, 1, 2), (2, 2, 1, 1, M)),
    ],
    ids=str,
)
def test_batch_and_heads(query, key, value, mask):
    arrays = [normal(*query, N, D_K), normal(*key, M, D_K), normal(*value, M, D_V)]
    view = None if mask is None else RNG.random(mask) < 0.7
    agrees(*attended(view), arrays)


def test_each_head_by_itself():
    query, key, value = normal(2, 3, N, D_K), normal(2, 3, M, D_K), normal(2, 3, M, D_V)
    d_output = normal(2, 3, N, D_V)
    mask = RNG.random((2, 1, N, M)) < 0.7
    together = gradients.attention(query, key, value, d_output, mask)
    for b, h in np.ndindex(2, 3):
        own = (x[b, h] for x in (query, key, value, d_output))
        for whole, part in zip(together, gradients.attention(*own, mask[b, 0]), strict=True):
            assert_allclose(whole[b, h], part, rtol=1e-13, atol=1e-14)


def test_grouped_heads_by_an_axis_for_the_group():
    """Four heads of queries, two of keys: (2, 2, n, d) against (2, 1, m, d)."""
    query, key, value = normal(4, N, D_K), normal(2, M, D_K), normal(2, M, D_V)
    d_output = normal(4, N, D_V)
    wanted = nudged(scaled_dot_product_attention, [query, key, value], d_output)
    found = gradients.attention(
        query.reshape(2, 2, N, D_K),
        key[:, None],
        value[:, None],
        d_output.reshape(2, 2, N, D_V),
    )
    for gradient, numbers in zip(found, wanted, strict=True):
        assert_allclose(gradient.reshape(numbers.shape), numbers, rtol=1e-7, atol=1e-7)


def test_hidden_keys_get_exactly_nothing():
    hidden = np.array([False, True, False, False, True])
    arrays = normal(2, N, D_K), normal(2, M, D_K), normal(2, M, D_V)
    for mask in (~hidden, np.where(hidden, -np.inf, 0.0)):
        _, d_key, d_value = gradients.attention(*arrays, normal(2, N, D_V), mask)
        for gradient in (d_key, d_value):
            assert_array_equal(gradient[:, hidden], 0)
            assert gradient[:, ~hidden].all()


def test_the_future_gets_nothing_from_the_past():
    d_output = np.zeros((M, D_V))
    d_output[1] = 1
    d_query, d_key, d_value = gradients.attention(
        normal(M, D_K), normal(M, D_K), normal(M, D_V), d_output, masks.causal(M)
    )
    assert d_query[1].any()
    assert not d_query[[0, 2, 3, 4]].any()
    for gradient in (d_key, d_value):
        assert gradient[:2].all()
        assert not gradient[2:].any()


def test_a_query_that_sees_nothing():
    query, key, value, d_output = normal(N, D_K), normal(M, D_K), normal(M, D_V), normal(N, D_V)
    found = gradients.attention(query, key, value, d_output, NOBODY)
    assert not found[0][1].any()
    rest = [0, 2]
    without = gradients.attention(query[rest], key, value, d_output[rest], NOBODY[rest])
    assert_allclose(found[0][rest], without[0], rtol=1e-14)
    for gradient, expected in zip(found[1:], without[1:], strict=True):
        assert_allclose(gradient, expected, rtol=1e-14, atol=1e-15)
    for gradient in gradients.attention(query, key, value, d_output, np.zeros((N, M), bool)):
        assert_array_equal(gradient, 0)


def test_weights_that_were_kept_do_the_same():
    query, key, value, d_output = (
        normal(2, N, D_K),
        normal(2, M, D_K),
        normal(2, M, D_V),
        normal(2, N, D_V),
    )
    mask = masks.causal(N, M)
    weights = attention_core.attention(query, key, value, mask).weights
    again = gradients.attention(query, key, value, d_output, mask)
    kept = gradients.attention(query, key, value, d_output, weights=weights)
    for first, second in zip(again, kept, strict=True):
        assert_allclose(first, second, rtol=1e-13, atol=1e-14)


def test_the_plane_by_hand():
    """The formulas, one number at a time."""
    plane = attention_core.example.plane
    query, key, value = (
        plane.inputs @ w for w in (plane.query_weight, plane.key_weight, plane.value_weight)
    )
    weights, output = attention_core.attention(query, key, value).weights, None
    output = weights @ value
    d_output = output - np.array([[1, 2], [5, 4], [2, 1]])
    d_query, d_key, d_value = np.zeros((3, 3, 2))
    for i in range(3):
        d_weights = [sum(d_output[i, c] * value[j, c] for c in range(2)) for j in range(3)]
        mean = sum(weights[i, j] * d_weights[j] for j in range(3))
        for j in range(3):
            d_score = weights[i, j] * (d_weights[j] - mean)
            for c in range(2):
                d_value[j, c] += weights[i, j] * d_output[i, c]
                d_query[i, c] += d_score * key[j, c] / math.sqrt(2)
                d_key[j, c] += d_score * query[i, c] / math.sqrt(2)
    found = gradients.attention(query, key, value, d_output)
    for gradient, by_hand in zip(found, (d_query, d_key, d_value), strict=True):
        assert_allclose(gradient, by_hand, rtol=1e-13)


# --- linear, layer norm, gelu, relu ------------------------------------------------------------


@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (2, 1, 3), (0,)], ids=str)
def test_linear(leading):
    def forward(x, weight, bias):
        return x @ weight + bias

    def backward(x, weight, bias, d_output):
        return gradients.linear(x, weight, d_output)

    agrees(forward, backward, [normal(*leading, 4), normal(4, 2), normal(2)])


@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_layer_norm(leading, eps):
    def forward(x, gain, bias):
        centred = x - x.mean(-1, keepdims=True)
        return gain * centred / np.sqrt(np.mean(centred**2, -1, keepdims=True) + eps) + bias

    def backward(x, gain, bias, d_output):
        found = gradients.layer_norm(x, gain, d_output, eps)
        saved = layers.standardise(x, eps)
        for one, other in zip(
            found, gradients.layer_norm(x, gain, d_output, saved=saved), strict=True
        ):
            assert_array_equal(one, other)
        return found

    agrees(forward, backward, [normal(*leading, 6), normal(6), normal(6)])


def test_layer_norm_of_equal_entries():
    d_x, d_gain, d_bias = gradients.layer_norm(np.ones((2, 3)), np.ones(3), np.ones((2, 3)))
    assert_allclose(d_x, 0, atol=1e-12)
    assert_array_equal(d_gain, 0)
    assert_array_equal(d_bias, 2)


def test_layer_norm_ignores_shift_and_size():
    """So its gradient is at right angles to a row of ones, and to the row itself, but for eps."""
    x = normal(5, 8)
    d_x = gradients.layer_norm(x, normal(8), normal(5, 8), eps=1e-12)[0]
    assert_allclose(d_x.sum(-1), 0, atol=1e-13)
    assert_allclose((d_x * x).sum(-1), 0, atol=1e-10)


def test_standardise():
    x = normal(2, 3, 50) * 4 + 7
    normalised, deviation = layers.standardise(x, 1e-9)
    assert deviation.shape == (2, 3, 1)
    assert_allclose(normalised.mean(-1), 0, atol=1e-14)
    assert_allclose(normalised.var(-1), 1, rtol=1e-8)
    assert_allclose(normalised * deviation + x.mean(-1, keepdims=True), x, rtol=1e-14)


def gelu(x):
    return np.array([each / 2 * (1 + math.erf(each / math.sqrt(2))) for each in x.ravel()]).reshape(
        x.shape
    )


def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def test_gelu():
    x = np.linspace(-6, 6, 25).reshape(5, 5)
    agrees(gelu, gradients.gelu, [x])
    agrees(gelu_tanh, lambda x, d: gradients.gelu(x, d, approximate="tanh"), [x])
    exact, bent = gradients.gelu(x, x), gradients.gelu(x, x, "tanh")
    assert 1e-4 < np.abs(exact - bent).max() < 1e-2


def test_gelu_far_out():
    x = np.array([-1e4, -40, 40, 1e4])
    for form in ("none", "tanh"):
        assert_allclose(gradients.gelu(x, np.ones(4), form), [0, 0, 1, 1], atol=1e-15)


def test_relu():
    x = normal(3, 4)
    agrees(lambda x: np.maximum(x, 0), gradients.relu, [x])
    assert_array_equal(gradients.relu([0.0, -0.0], [1, 1]), [0, 0])


# --- embedding ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 4), (2, 3, 2), (0,)], ids=str)
def test_embedding(shape):
    indices = RNG.integers(0, 5, shape)
    agrees(
        lambda table: table[indices],
        lambda table, d_output: gradients.embedding(indices, d_output, len(table)),
        [normal(5, 3)],
    )


def test_embedding_adds_what_repeats_and_leaves_the_rest():
    found = gradients.embedding([[3, 3], [1, 3]], [[[1], [2]], [[4], [8]]], 5)
    assert_array_equal(found, [[0], [4], [0], [11], [0]])


# --- one chain ---------------------------------------------------------------------------------


def test_all_together():
    """A small layer, its loss, and every weight nudged."""
    indices = np.array([[0, 2, 1], [2, 2, 0]])
    target = normal(2, 3, 4)
    arrays = [normal(3, 4), *(normal(4, 4) for _ in range(3)), normal(4), normal(4)]

    def steps(table, w_q, w_k, w_v, gain, bias):
        x = table[indices]
        query, key, value = x @ w_q, x @ w_k, x @ w_v
        mixed = x + attention_core.attention(query, key, value, masks.causal(3)).output
        normalised, _ = layers.standardise(mixed)
        bent = gain * normalised + bias
        return x, query, key, value, mixed, bent, gelu(bent)

    def loss(*arrays):
        return np.sum((steps(*arrays)[-1] - target) ** 2) / 2

    def backward(table, w_q, w_k, w_v, gain, bias, d_loss):
        x, query, key, value, mixed, bent, out = steps(table, w_q, w_k, w_v, gain, bias)
        d_bent = gradients.gelu(bent, d_loss * (out - target))
        d_mixed, d_gain, d_bias = gradients.layer_norm(mixed, gain, d_bent)
        through = gradients.attention(query, key, value, d_mixed, masks.causal(3))
        d_x, d_weights = d_mixed, []
        for weight, d_projected in zip((w_q, w_k, w_v), through, strict=True):
            d_more, d_weight, _ = gradients.linear(x, weight, d_projected)
            d_x = d_x + d_more
            d_weights.append(d_weight)
        return gradients.embedding(indices, d_x, 3), *d_weights, d_gain, d_bias

    agrees(loss, backward, arrays, tolerance=1e-6)


# --- types, arguments --------------------------------------------------------------------------

CALLS = {
    "softmax": lambda d: gradients.softmax(d(2, 3), d(2, 3)),
    "attention": lambda d: gradients.attention(d(2, 3, 4), d(2, 5, 4), d(2, 5, 3), d(2, 3, 3)),
    "shared keys": lambda d: gradients.attention(d(2, 3, 4), d(5, 4), d(5, 3), d(2, 3, 3)),
    "masked": lambda d: gradients.attention(d(3, 4), d(3, 4), d(3, 3), d(3, 3), masks.causal(3)),
    "linear": lambda d: gradients.linear(d(2, 3, 4), d(4, 5), d(2, 3, 5)),
    "standardise": lambda d: layers.standardise(d(2, 3)),
    "layer_norm": lambda d: gradients.layer_norm(d(2, 3, 4), d(4), d(2, 3, 4)),
    "gelu": lambda d: gradients.gelu(d(2, 3), d(2, 3)),
    "gelu tanh": lambda d: gradients.gelu(d(2, 3), d(2, 3), "tanh"),
    "relu": lambda d: gradients.relu(d(2, 3), d(2, 3)),
    "embedding": lambda d: gradients.embedding([1, 1, 2], d(3, 4), 3),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("name", CALLS)
def test_the_floating_type_that_goes_in_comes_out(name, dtype):
    made = []

    def numbers(*shape):
        array = np.random.default_rng(len(made)).normal(size=shape).astype(dtype)
        array.setflags(write=False)  # and nothing is modified
        made.append(array)
        return array

    found = CALLS[name](numbers)
    precise = CALLS[name](lambda *shape: made.pop(0).astype(np.float64))
    if not isinstance(found, tuple):
        found, precise = (found,), (precise,)
    for gradient, exact in zip(found, precise, strict=True):
        assert gradient.dtype == dtype
        tolerance = 40 * max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
        assert_allclose(gradient.astype(np.float64), exact, rtol=tolerance, atol=tolerance)


def test_lists_of_whole_numbers_count_as_float64():
    d_x, d_weight, _ = gradients.linear([[1, 2]], [[1], [2]], [[3]])
    assert d_x.dtype == d_weight.dtype == np.float64


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gradients.softmax(np.ones((2, 3)), np.ones((3, 2))),
            r"d_weights must have shape \(2, 3\), an entry for each of the weights: got \(3, 2\)",
        ),
        (
            lambda: gradients.attention(*np.ones((3, 2, 2)), np.ones((2, 3))),
            r"d_output must have shape \(2, 2\), an entry for each of the output: got \(2, 3\)",
        ),
        (
            lambda: gradients.attention(*np.ones((3, 2, 2)), np.ones((4, 2, 2))),
            r"d_output must have shape \(2, 2\), .* got \(4, 2, 2\)",
        ),
        (
            lambda: gradients.attention(*np.ones((4, 2, 2)), weights=np.ones((2, 3))),
            r"weights must have shape \(2, 2\), an entry for each query .* got \(2, 3\)",
        ),
        (
            lambda: gradients.attention(np.ones((2, 3)), np.ones((2, 4)), *np.ones((2, 2, 2))),
            "query and key must have the same size d_k",
        ),
        (
            lambda: gradients.attention(*np.ones((2, 2, 3)), np.ones((5, 2)), np.ones((2, 2))),
            "key and value must have the same number of tokens",
        ),
        (
            lambda: gradients.attention(*np.ones((4, 2, 2)), np.ones((3, 3), bool)),
            "mask",
        ),
        (
            lambda: gradients.linear(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 4))),
            "weight must have a row for each entry of x",
        ),
        (
            lambda: gradients.linear(np.ones((2, 3)), np.ones((3, 4)), np.ones((2, 3))),
            r"d_output must have shape \(2, 4\)",
        ),
        (
            lambda: gradients.layer_norm(np.ones((2, 3)), np.ones(2), np.ones((2, 3))),
            r"gain must have shape \(3,\), an entry for each feature: got \(2,\)",
        ),
        (
            lambda: gradients.layer_norm(np.ones((2, 3)), np.ones(3), np.ones((3, 3))),
            r"d_output must have shape \(2, 3\)",
        ),
        (lambda: layers.standardise(np.ones(3), -1), "eps must be above 0"),
        (lambda: layers.standardise(3.0), "x must have one feature or more"),
        (lambda: gradients.gelu(np.ones(2), np.ones(3)), r"d_output must have shape \(2,\)"),
        (lambda: gradients.gelu(np.ones(2), np.ones(2), "erf"), "approximate must be one of"),
        (lambda: gradients.relu(np.ones(2), np.ones(3)), r"d_output must have shape \(2,\)"),
        (
            lambda: gradients.embedding([0, 3], np.ones((2, 1)), 3),
            "indices must be between 0 and 2, as the table has 3 rows: got 3",
        ),
        (lambda: gradients.embedding([-1], np.ones((1, 1)), 3), "indices must be between 0 and 2"),
        (
            lambda: gradients.embedding([0, 1], np.ones((3, 1)), 3),
            r"d_output must have shape \(2, 1\), a row for each index: got \(3, 1\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_wrong_types_are_named():
    with pytest.raises(TypeError, match="indices must hold whole numbers"):
        gradients.embedding([0.5], np.ones((1, 1)), 3)
    with pytest.raises(TypeError, match="d_output must hold real numbers"):
        gradients.relu([1.0], [True])
    with pytest.raises(TypeError, match="mask must be boolean"):
        gradients.attention(*np.ones((4, 2, 2)), mask=np.ones((2, 2), int))
