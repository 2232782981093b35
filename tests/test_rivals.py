"""Convolution, recurrences and the models made of them: by hand, by nudging, by what they reach."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import rivals, training
from tests.properties import DTYPES
from tests.test_gradients import agrees, normal

N, D_IN, D = 5, 3, 2
LEADING = [(), (3,), (2, 1, 3)]
BACK = {
    rivals.recurrence: rivals.recurrence_back,
    rivals.gated_recurrence: rivals.gated_recurrence_back,
}
PARTS = {rivals.recurrence: 1, rivals.gated_recurrence: 3}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def by_hand(x, kernel, bias, dilation):
    """One product at a time."""
    output = np.zeros((len(x), kernel.shape[2])) + bias
    for t in range(len(x)):
        for j in range(len(kernel)):
            if t - j * dilation >= 0:
                output[t] += x[t - j * dilation] @ kernel[j]
    return output


# --- forward -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dilation", [1, 2, 4, 7])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_convolution_by_hand(width, dilation):
    x, kernel, bias = normal(N, D_IN), normal(width, D_IN, D), normal(D)
    found = rivals.convolution(x, kernel, bias, dilation)
    assert_allclose(found, by_hand(x, kernel, bias, dilation), atol=1e-14)


def test_convolution_of_width_one_is_a_projection():
    x, weight = normal(4, N, D_IN), normal(D_IN, D)
    assert_allclose(rivals.convolution(x, weight[None]), x @ weight, atol=1e-14)


def test_recurrence_by_hand():
    x, by_input, by_state, bias = normal(N, D_IN), normal(D_IN, D), normal(D, D), normal(D)
    state = np.zeros(D)
    for token, found in zip(x, rivals.recurrence(x, by_input, by_state, bias), strict=True):
        state = np.tanh(token @ by_input + state @ by_state + bias)
        assert_allclose(found, state, atol=1e-14)


def test_gated_recurrence_by_hand():
    x, by_input, by_state = normal(N, D_IN), normal(D_IN, 3 * D), normal(D, 3 * D)
    bias, state = normal(3 * D), np.zeros(D)
    for token, found in zip(x, rivals.gated_recurrence(x, by_input, by_state, bias), strict=True):
        told, asked = np.split(token @ by_input + bias, 3), np.split(state @ by_state, 3)
        reset, update = sigmoid(told[0] + asked[0]), sigmoid(told[1] + asked[1])
        candidate = np.tanh(told[2] + reset * asked[2])
        state = update * state + (1 - update) * candidate
        assert_allclose(found, state, atol=1e-14)


def test_huge_gates_do_not_overflow():
    weights = np.full((1, 3), 1e4), np.zeros((1, 3))
    assert np.isfinite(rivals.gated_recurrence([[-1], [1]], *weights)).all()


@pytest.mark.parametrize("leading", LEADING, ids=str)
def test_each_sequence_by_itself(leading):
    x, kernel = normal(*leading, N, D_IN), normal(2, D_IN, D)
    calls = [lambda x: rivals.convolution(x, kernel, dilation=2)]
    for function, parts in PARTS.items():
        weights = normal(D_IN, parts * D), normal(D, parts * D)
        calls.append(lambda x, f=function, w=weights: f(x, *w))
    for call in calls:
        together = call(x)
        for index in np.ndindex(leading):
            assert_allclose(together[index], call(x[index]), atol=1e-14)


@pytest.mark.parametrize("function", PARTS, ids=lambda f: f.__name__)
def test_what_comes_later_is_not_seen_and_a_state_is_enough_to_go_on(function):
    parts = PARTS[function]
    x, weights = normal(N, D_IN), (normal(D_IN, parts * D), normal(D, parts * D))
    whole = function(x, *weights)
    assert_allclose(function(x[:3], *weights), whole[:3], atol=1e-14)
    changed = x.copy()
    changed[3:] += 1
    assert_array_equal(function(changed, *weights)[:3], whole[:3])
    assert np.all(function(changed, *weights)[3:] != whole[3:])


def test_no_tokens():
    assert rivals.convolution(np.ones((0, D_IN)), np.ones((2, D_IN, D))).shape == (0, D)
    for function, parts in PARTS.items():
        weights = np.ones((D_IN, parts * D)), np.ones((D, parts * D))
        states = function(np.ones((2, 0, D_IN)), *weights)
        assert states.shape == (2, 0, D)
        d_x, *rest = BACK[function](np.ones((2, 0, D_IN)), *weights, states, states)
        assert d_x.shape == (2, 0, D_IN)
        assert not any(each.any() for each in rest)


# --- backward ----------------------------------------------------------------------------------


@pytest.mark.parametrize("leading", LEADING, ids=str)
@pytest.mark.parametrize(("width", "dilation"), [(1, 1), (2, 1), (3, 2), (2, 9)])
def test_convolution_back(leading, width, dilation):
    def forward(x, kernel, bias):
        return rivals.convolution(x, kernel, bias, dilation)

    def backward(x, kernel, bias, d_output):
        return rivals.convolution_back(x, kernel, d_output, dilation)

    agrees(forward, backward, [normal(*leading, N, D_IN), normal(width, D_IN, D), normal(D)])


@pytest.mark.parametrize("leading", LEADING, ids=str)
def test_recurrence_back(leading):
    def backward(x, by_input, by_state, bias, d_states):
        states = rivals.recurrence(x, by_input, by_state, bias)
        return rivals.recurrence_back(x, by_input, by_state, states, d_states)

    arrays = [normal(*leading, N, D_IN), normal(D_IN, D), normal(D, D), normal(D)]
    agrees(rivals.recurrence, backward, arrays)


@pytest.mark.parametrize("leading", LEADING, ids=str)
def test_gated_recurrence_back(leading):
    def backward(x, by_input, by_state, bias, d_states):
        states = rivals.gated_recurrence(x, by_input, by_state, bias)
        return rivals.gated_recurrence_back(x, by_input, by_state, states, d_states, bias)

    arrays = [normal(*leading, N, D_IN), normal(D_IN, 3 * D), normal(D, 3 * D), normal(3 * D)]
    agrees(rivals.gated_recurrence, backward, arrays)


# --- the task and the models -------------------------------------------------------------------

MODELS = {
    "convolution": rivals.TinyConvolution(24, 4, 5, width=3, dilations=(1, 3)),
    "recurrence": rivals.TinyRecurrence(24, 4, 5),
}


def test_distant_recall_is_recall_with_fillers_between():
    tokens, targets = rivals.distant_recall(np.random.default_rng(3), 50, 3, 5, distance=7)
    plain = training.recall(np.random.default_rng(3), 50, 3, 5)
    for long, short in zip((tokens, targets), plain, strict=True):
        assert long.shape == (50, 12)
        assert_array_equal(np.delete(long, range(3, 9), axis=1), short)
    assert np.all(targets[:, :9] == -1)
    assert set(tokens[:, 3:9].ravel()) == set(range(30, 35))
    assert_array_equal(np.argmax(targets >= 0, axis=1) - 2, 7)


def test_next_to_each_other_nothing_stands_between():
    near = rivals.distant_recall(np.random.default_rng(3), 50, 3, 5, distance=1)
    for one, other in zip(near, training.recall(np.random.default_rng(3), 50, 3, 5), strict=True):
        assert_array_equal(one, other)


@pytest.mark.parametrize("name", MODELS)
def test_a_loss_against_every_weight_nudged(name):
    model, rng = MODELS[name], np.random.default_rng(1)
    weights = model.initial(rng, np.float64)
    weights += rng.normal(0, 0.1, weights.shape)  # biases too
    tokens, targets = rivals.distant_recall(rng, 3, 2, 4, distance=3)
    loss, gradient = model.loss(weights, tokens, targets)
    assert math.isclose(
        loss, training.cross_entropy(model(weights, tokens).logits, targets)[0], rel_tol=1e-12
    )
    for i in range(len(weights)):
        moved = []
        for sign in (1, -1):
            changed = weights.copy()
            changed[i] += sign * 1e-6
            moved.append(model.loss(changed, tokens, targets)[0])
        assert_allclose(gradient[i], (moved[0] - moved[1]) / 2e-6, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_names_and_beginnings(name):
    model = MODELS[name]
    weights = model.initial(np.random.default_rng(0))
    assert weights.dtype == np.float32
    parts = model.named(weights)
    assert sum(part.size for part in parts.values()) == weights.size
    for key, part in parts.items():
        assert np.shares_memory(part, weights)
        assert part.any() != key.endswith("bias")
    assert_array_equal(weights, model.initial(np.random.default_rng(0)))
    with pytest.raises(ValueError, match="all weights of the model in one vector"):
        model.named(weights[1:])
    with pytest.raises(TypeError, match="rng must be a generator"):
        model.initial(0)
    with pytest.raises(ValueError, match="the vocabulary has 24 words"):
        model(weights, [[24]])


def test_a_stack_reaches_as_far_as_its_dilations_and_no_further():
    model = rivals.TinyConvolution(24, 4, 16, width=2, dilations=(1, 2, 4, 8))
    weights = model.initial(np.random.default_rng(0), np.float64)
    tokens = np.zeros((1, 24), int)
    end = model(weights, tokens).logits[0, -1]
    moved = []
    for back in range(24):
        changed = tokens.copy()
        changed[0, 23 - back] = 5
        moved.append(np.any(model(weights, changed).logits[0, -1] != end))
    assert moved == [True] * 16 + [False] * 8


@pytest.mark.parametrize("name", MODELS)
def test_they_learn_what_is_near(name):
    model = type(MODELS[name])(24, 4, 16)
    near = lambda rng, count: rivals.distant_recall(rng, count, 2, 4, 2)  # noqa: E731
    rng = np.random.default_rng(0)
    *_, last = training.train(model, near, 300, rng, rate=0.02, batch=32)
    assert training.accuracy(model, last.weights, *near(rng, 500)) > 0.9


# --- types, arguments --------------------------------------------------------------------------

CALLS = {
    "convolution": lambda d: rivals.convolution(d(2, 4, 3), d(2, 3, 5), d(5), 2),
    "convolution_back": lambda d: rivals.convolution_back(d(2, 4, 3), d(2, 3, 5), d(2, 4, 5)),
    "recurrence": lambda d: rivals.recurrence(d(2, 4, 3), d(3, 5), d(5, 5), d(5)),
    "recurrence_back": lambda d: rivals.recurrence_back(
        d(2, 4, 3), d(3, 5), d(5, 5), d(2, 4, 5), d(2, 4, 5)
    ),
    "gated_recurrence": lambda d: rivals.gated_recurrence(d(2, 4, 3), d(3, 6), d(2, 6), d(6)),
    "gated_recurrence_back": lambda d: rivals.gated_recurrence_back(
        d(2, 4, 3), d(3, 6), d(2, 6), d(2, 4, 2), d(2, 4, 2), d(6)
    ),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda t: t.__name__)
@pytest.mark.parametrize("name", CALLS)
def test_the_floating_type_that_goes_in_comes_out(name, dtype):
    made = []

    def numbers(*shape):
        array = np.random.default_rng(len(made)).normal(0, 0.5, shape).astype(dtype)
        array.setflags(write=False)  # and nothing is modified
        made.append(array)
        return array

    found = CALLS[name](numbers)
    precise = CALLS[name](lambda *shape: made.pop(0).astype(np.float64))
    if not isinstance(found, tuple):
        found, precise = (found,), (precise,)
    for one, exact in zip(found, precise, strict=True):
        assert one.dtype == dtype
        tolerance = 40 * max(np.finfo(dtype).eps, np.finfo(np.float64).eps)
        assert_allclose(one.astype(np.float64), exact, rtol=tolerance, atol=tolerance)


ONES = np.ones((4, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: rivals.convolution(ONES, np.ones((3, 2))),
            r"kernel must have shape \(width, d_in, d_out\).* got shape \(3, 2\)",
        ),
        (
            lambda: rivals.convolution(ONES, np.ones((0, 3, 2))),
            r"none of the sizes zero: got shape \(0, 3, 2\)",
        ),
        (
            lambda: rivals.convolution(ONES, np.ones((2, 4, 2))),
            "kernel's matrices must have a row for each entry of a token, .* 4 rows and 3 entries",
        ),
        (
            lambda: rivals.convolution(ONES, np.ones((2, 3, 2)), np.ones(3)),
            "bias must be a vector of 2",
        ),
        (
            lambda: rivals.convolution(ONES, np.ones((2, 3, 2)), dilation=0),
            "dilation must be 1 or more",
        ),
        (
            lambda: rivals.convolution(np.ones(3), np.ones((2, 3, 2))),
            "x must have two axes or more",
        ),
        (
            lambda: rivals.convolution_back(ONES, np.ones((2, 3, 2)), ONES),
            r"d_output must have shape \(4, 2\), an entry for each output: got \(4, 3\)",
        ),
        (
            lambda: rivals.recurrence(ONES, np.ones((4, 2)), np.ones((2, 2))),
            "input_weight must have a row for each entry of a token, .* 4 rows and 3 entries",
        ),
        (
            lambda: rivals.recurrence(ONES, np.ones((3, 2)), np.ones((2, 3))),
            r"state_weight must have shape \(d, d\).* got shape \(2, 3\)",
        ),
        (
            lambda: rivals.gated_recurrence(ONES, np.ones((3, 2)), np.ones((2, 2))),
            r"state_weight must have shape \(d, 3 d\).* got shape \(2, 2\)",
        ),
        (
            lambda: rivals.recurrence(ONES, np.ones((3, 2)), np.ones((0, 0))),
            r"state_weight must have shape \(d, d\)",
        ),
        (
            lambda: rivals.gated_recurrence(ONES, np.ones((3, 3)), np.ones((2, 6))),
            "must have the same number of columns, .* got 3 and 6",
        ),
        (
            lambda: rivals.recurrence_back(
                ONES, np.ones((3, 2)), np.ones((2, 2)), np.ones((4, 2)), ONES
            ),
            r"d_states must have shape \(4, 2\), a state for each token: got \(4, 3\)",
        ),
        (
            lambda: rivals.gated_recurrence_back(
                ONES, np.ones((3, 6)), np.ones((2, 6)), ONES, np.ones((4, 2))
            ),
            r"states must have shape \(4, 2\), a state for each token: got \(4, 3\)",
        ),
        (
            lambda: rivals.distant_recall(np.random.default_rng(0), 1, 2, 3, distance=0),
            "distance must be 1 or more",
        ),
    ],
)
def test_errors_teach(call, message):
    with pytest.raises(ValueError, match=message):
        call()
