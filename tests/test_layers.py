"""Linear, layer norm, relu, GELU, and the two projections around a bend."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import layers
from attention_core.layers import FeedForward, LayerNorm
from tests.properties import DTYPES, matrix, sizes

RNG = np.random.default_rng(15)
X = RNG.normal(size=(2, 3, 4))
WEIGHT = RNG.normal(size=(4, 5))
BIAS = RNG.normal(size=5)
BACK = RNG.normal(size=(5, 4))
GAIN, SHIFT = RNG.normal(size=(2, 4))
WHOLE = (WEIGHT, BIAS, BACK, SHIFT)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (2, 0, 4), (0, 3, 4), (2, 1, 3, 4)])
def test_linear_is_a_sum_of_products_plus_a_bias(shape):
    x = RNG.normal(size=shape)
    expected = np.einsum("...i,ij->...j", x, WEIGHT)
    assert_allclose(layers.linear(x, WEIGHT), expected, atol=1e-12)
    assert_allclose(layers.linear(x, WEIGHT, BIAS), expected + BIAS, atol=1e-12)


def test_linear_of_arrays_that_are_views():
    x = np.swapaxes(X, 0, 1)
    assert_allclose(layers.linear(x, BACK.T, BIAS), x @ BACK.T + BIAS, atol=1e-12)


def test_layer_norm_by_hand():
    # Mean 2, deviations -1, 1, -1, 1: variance 1.
    found = layers.layer_norm([1, 3, 1, 3], [1, 1, 2, 2], [0, 0, 5, 5], eps=1e-12)
    assert_allclose(found, [-1, 1, 3, 7], atol=1e-9)
    # With an eps of 3 the variance counts as 4.
    assert_allclose(layers.layer_norm([1, 3], [1, 1], [0, 0], eps=3), [-0.5, 0.5])
    assert_allclose(LayerNorm([1, 1], [0, 0], eps=3)([1, 3]), [-0.5, 0.5])


@given(st.data())
def test_layer_norm_of_each_token_has_mean_0_and_variance_below_1(data):
    n, d = data.draw(sizes), data.draw(sizes)
    x = data.draw(matrix(n, d))
    normed = layers.layer_norm(x, np.ones(d), np.zeros(d))
    assert_allclose(normed.mean(-1), 0, atol=1e-9)
    expected = x.var(-1) / (x.var(-1) + 1e-5)
    assert_allclose(normed.var(-1), expected, atol=1e-9)
    alone = [layers.layer_norm(token, np.ones(d), np.zeros(d)) for token in x]
    assert_allclose(normed, alone, atol=1e-12)


def test_layer_norm_of_a_token_all_the_same_is_its_bias():
    assert_array_equal(layers.layer_norm(np.full((2, 4), 7.0), GAIN, SHIFT), [SHIFT, SHIFT])


def test_layer_norm_of_large_halves():
    """Squares of a half would be infinite; in single precision they are not."""
    x = np.array([1000, -1000, 3000, -3000], np.float16)
    found = layers.layer_norm(x, np.ones(4, np.float16), np.zeros(4, np.float16))
    assert found.dtype == np.float16
    assert_allclose(found, x / np.sqrt(np.mean(x.astype(float) ** 2)), atol=1e-3)


def test_relu():
    assert_array_equal(layers.relu([[-1.5, 0.0], [2.0, -0.0]]), [[0, 0], [2, 0]])


@pytest.mark.parametrize("x", [-40.0, -8.0, -2.0, -0.3, 0.0, 1e-9, 0.7, 3.0, 9.0])
def test_gelu_is_x_times_the_share_of_normal_numbers_below_it(x):
    assert_allclose(layers.gelu(x), x * math.erfc(-x / math.sqrt(2)) / 2, rtol=1e-15)


def exact(x):
    return np.array([a * math.erfc(-a / math.sqrt(2)) / 2 for a in x.astype(float).tolist()])


def test_gelu_of_singles_is_exact_but_for_rounding():
    """Had the formula one factor less, or one a hundredth larger, it would show."""
    x = np.linspace(-12, 12, 99_999, dtype=np.float32)
    assert len(x) > layers.PART, "more than one part"
    found = layers.gelu(x)
    assert np.all(np.abs(found - exact(x)) <= 1.8e-7 * np.abs(x))
    assert_array_equal(layers.gelu(x.reshape(3, -1)[:, ::-1]), found.reshape(3, -1)[:, ::-1])
    halves = x.astype(np.float16)
    assert np.all(np.abs(layers.gelu(halves) - exact(halves)) <= 1e-3 * np.abs(halves) + 1e-7)


def test_gelu_far_out_of_singles_warns_of_nothing():
    x = np.array([-3e38, -1e5, -30, 30, 1e5, 3e38], np.float32)
    with np.errstate(all="raise"):
        found = layers.gelu(x)
    assert_array_equal(found, np.maximum(x, 0))


def test_gelu_by_a_sum_over_the_bell_curve():
    grid = np.linspace(-12, 1.5, 100_001)
    bell = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    assert_allclose(layers.gelu(1.5), 1.5 * np.trapezoid(bell, grid), rtol=1e-9)


def test_the_two_forms_of_gelu_differ_by_less_than_half_a_thousandth():
    x = np.linspace(-6, 6, 2001)
    gap = np.abs(layers.gelu(x) - layers.gelu(x, approximate="tanh"))
    assert 4e-4 < gap.max() < 5e-4


def test_feed_forward_is_linear_bend_linear():
    for name, bend in (("relu", layers.relu), ("gelu", layers.gelu), (None, np.array)):
        expected = bend(X @ WEIGHT + BIAS) @ BACK + SHIFT
        assert_allclose(layers.feed_forward(X, *WHOLE, name), expected, atol=1e-12)
        assert_allclose(layers.feed_forward(X, *WHOLE, bend), expected, atol=1e-12)
    expected = np.maximum(X @ WEIGHT, 0) @ BACK
    assert_allclose(layers.feed_forward(X, WEIGHT, None, BACK, None), expected, atol=1e-12)


def test_without_a_bend_two_projections_are_one():
    straight = layers.feed_forward(X, *WHOLE, None)
    assert_allclose(straight, layers.linear(X, WEIGHT @ BACK, BIAS @ BACK + SHIFT), atol=1e-12)


def test_each_token_goes_its_own_way():
    order = [2, 0, 1]
    for layer in (LayerNorm(GAIN, SHIFT), FeedForward(*WHOLE), FeedForward(*WHOLE, "gelu")):
        assert_allclose(layer(X[:, order]), layer(X)[:, order], atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(dtype):
    x, weight, bias, back, shift, gain = (
        array.astype(dtype) for array in (X, WEIGHT, BIAS, BACK, SHIFT, GAIN)
    )
    results = [
        layers.linear(x, weight, bias),
        layers.layer_norm(x, gain, shift),
        layers.relu(x),
        layers.gelu(x),
        layers.gelu(x, approximate="tanh"),
        layers.feed_forward(x, weight, bias, back, shift, "gelu"),
        LayerNorm(gain, shift)(x),
        FeedForward(weight, bias, back, shift)(x),
    ]
    assert [result.dtype for result in results] == [dtype] * len(results)


def test_lists_become_float64():
    assert layers.linear([[1]], [[2]], [3]).dtype == np.float64
    assert layers.layer_norm([[1, 2]], [1, 1], [0, 0]).dtype == np.float64
    assert layers.gelu([1]).dtype == layers.relu(1).dtype == np.float64


def test_arguments_are_not_modified_and_weights_are_copies():
    x, gain, shift = X.copy(), GAIN.copy(), SHIFT.copy()
    whole = [array.copy() for array in WHOLE]
    norm, forward = LayerNorm(gain, shift), FeedForward(*whole)
    first = norm(x), forward(x)
    assert_array_equal(x, X)
    for array in (gain, shift, *whole):
        array[:] = 7
    assert_array_equal(norm(x), first[0])
    assert_array_equal(forward(x), first[1])


def test_are_frozen():
    norm, forward = LayerNorm(GAIN, SHIFT), FeedForward(*WHOLE)
    for thing, name in ((norm, "gain"), (norm, "bias"), (forward, "weight1"), (forward, "bias2")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, name, GAIN)
        with pytest.raises(ValueError, match="read-only"):
            getattr(thing, name)[...] = 1


def test_reprs():
    assert repr(LayerNorm(GAIN, SHIFT, eps=1e-12)) == "LayerNorm(d_model=4, eps=1e-12)"
    assert repr(FeedForward(*WHOLE)) == "FeedForward(d_model=4, d_ff=5, activation='relu')"
    assert "activation='gelu'" in repr(FeedForward(*WHOLE, layers.gelu))
    own = functools.partial(layers.gelu, approximate="tanh")
    assert "activation='callable'" in repr(FeedForward(*WHOLE, own))
    assert "activation=None" in repr(FeedForward(*WHOLE, None))


ONES = np.ones((3, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: layers.linear(np.ones((3, 5)), WEIGHT),
            ValueError,
            "weight must have a row for each entry of a token.*got 4 rows and 5 entries",
        ),
        (lambda: layers.linear(ONES, np.ones(4)), ValueError, r"weight must be a matrix.*\(4,\)"),
        (
            lambda: layers.linear(ONES, WEIGHT, np.ones(4)),
            ValueError,
            r"bias must be a vector of 5.*\(4,\)",
        ),
        (
            lambda: layers.linear(ONES, WEIGHT, np.ones((3, 5))),
            ValueError,
            r"bias must be a vector of 5.*got shape \(3, 5\)",
        ),
        (lambda: layers.linear(3, WEIGHT), ValueError, r"x must have one feature.*shape \(\)"),
        (lambda: layers.linear(ONES == 1, WEIGHT), TypeError, "x must hold real numbers.*booleans"),
        (
            lambda: layers.layer_norm(ONES, np.ones(3), np.ones(4)),
            ValueError,
            r"gain must be a vector of 4, an entry for each feature: got shape \(3,\)",
        ),
        (
            lambda: layers.layer_norm(ONES, np.ones(4), 0),
            ValueError,
            r"bias must be a vector of 4, an entry for each feature: got shape \(\)",
        ),
        (
            lambda: layers.layer_norm(np.ones((3, 0)), [], []),
            ValueError,
            r"x must have one feature or more, on its last axis: got shape \(3, 0\)",
        ),
        (
            lambda: layers.layer_norm(ONES, np.ones(4), np.ones(4), eps=0),
            ValueError,
            "eps must be above 0",
        ),
        (
            lambda: layers.gelu(ONES, approximate="erf"),
            ValueError,
            'approximate must be one of "none", "tanh".*erf',
        ),
        (lambda: layers.relu("a"), TypeError, "x must hold real numbers.*text"),
        (
            lambda: layers.feed_forward(ONES, BACK, BIAS, BACK, SHIFT),
            ValueError,
            "weight1 must have a row for each entry of a token.*got 5 rows and 4 entries",
        ),
        (
            lambda: layers.feed_forward(ONES, WEIGHT, BIAS, WEIGHT, SHIFT),
            ValueError,
            "weight2 must have a row for each entry of a hidden unit.*got 4 rows and 5 entries",
        ),
        (
            lambda: layers.feed_forward(ONES, WEIGHT, SHIFT, BACK, SHIFT),
            ValueError,
            r"bias1 must be a vector of 5.*\(4,\)",
        ),
        (
            lambda: FeedForward(WEIGHT, BIAS, BACK, BIAS),
            ValueError,
            r"bias2 must be a vector of 4.*\(5,\)",
        ),
        (
            lambda: FeedForward(*WHOLE, "tanh"),
            ValueError,
            'activation must be one of "relu", "gelu", or None: got \'tanh\'',
        ),
        (lambda: FeedForward(np.float64(1), *WHOLE[1:]), ValueError, "weight1 must be a matrix"),
        (lambda: LayerNorm(1, SHIFT), ValueError, r"gain must have one feature.*shape \(\)"),
        (lambda: LayerNorm(GAIN, SHIFT[:3]), ValueError, r"bias must be a vector of 4.*\(3,\)"),
        (lambda: LayerNorm(GAIN, SHIFT, eps=-1), ValueError, "eps must be above 0"),
        (lambda: LayerNorm(GAIN, SHIFT)(ONES[:, :3]), ValueError, r"gain must be a vector of 3"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_bend_of_ones_own():
    old_gelu = functools.partial(layers.gelu, approximate="tanh")
    expected = layers.linear(old_gelu(layers.linear(X, WEIGHT, BIAS)), BACK, SHIFT)
    assert_allclose(FeedForward(*WHOLE, old_gelu)(X), expected, atol=1e-12)
