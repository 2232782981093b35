"""Softmax: positive, summing to one, stable, and clear about what it cannot do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import softmax
from tests.properties import DTYPES, numbers

scores = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), elements=numbers
)


def by_hand(row):
    """Softmax of a list of numbers, a term at a time."""
    exponentials = [math.exp(x) for x in row]
    return [x / sum(exponentials) for x in exponentials]


def test_numbers_of_the_book():
    raw_scores = np.array([[2, 4, 4], [4, 16, 12], [4, 12, 10]])
    scaled = softmax(raw_scores / np.sqrt(3))
    assert_array_equal(
        scaled.round(4),
        [[0.1361, 0.4319, 0.4319], [0.0009, 0.9088, 0.0903], [0.0074, 0.7547, 0.2378]],
    )
    unscaled = softmax(raw_scores)
    assert_array_equal(unscaled[0].round(4), [0.0634, 0.4683, 0.4683])
    assert_allclose(unscaled[1], [6.03e-6, 0.9820, 0.0180], rtol=3e-3)
    assert_allclose(unscaled[2], [2.95e-4, 0.8805, 0.1192], rtol=2e-3)


@given(scores, st.data())
def test_sums_to_one_along_its_axis(x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    weights = softmax(x, axis=axis)
    assert weights.shape == x.shape
    assert np.all(weights > 0)
    assert_allclose(weights.sum(axis=axis), 1, rtol=1e-12)


@given(scores)
def test_equals_the_definition_row_by_row(x):
    rows = x.reshape(-1, x.shape[-1])
    expected = np.array([by_hand(row) for row in rows]).reshape(x.shape)
    assert_allclose(softmax(x), expected, rtol=1e-12)


@given(scores, st.floats(-1e3, 1e3))
def test_shift_invariance(x, shift):
    assert_allclose(softmax(x + shift), softmax(x), rtol=1e-9)


@given(scores, st.randoms())
def test_permutation_equivariance(x, random):
    order = list(range(x.shape[-1]))
    random.shuffle(order)
    assert_allclose(softmax(x[..., order]), softmax(x)[..., order], rtol=1e-12)


@given(scores)
def test_ratio_of_two_weights_ignores_the_rest(x):
    weights = softmax(x)
    ratio = np.exp(x[..., 0] - x[..., -1])
    assert_allclose(weights[..., 0] / weights[..., -1], ratio, rtol=1e-9)


def test_axis():
    x = np.array([[0.0, 1.0, 2.0], [3.0, 1.0, -1.0]])
    assert_allclose(softmax(x, axis=0), softmax(x.T).T)
    assert_allclose(softmax(x, axis=-2), softmax(x.T).T)
    assert_allclose(softmax(x, axis=np.int64(1)), softmax(x))
    assert not np.allclose(softmax(x, axis=0), softmax(x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(dtype):
    x = np.array([[1, 2, 4], [0, -3, 0]], dtype)
    weights = softmax(x)
    assert weights.dtype == dtype
    assert_allclose(weights.astype(float), softmax(x.astype(float)), atol=1e-3)


@pytest.mark.parametrize(
    "x", [[1, 2], (1, 2), np.array([1, 2], np.int8), np.array([1, 2], np.uint64)]
)
def test_whole_numbers_and_lists_become_float64(x):
    assert softmax(x).dtype == np.float64
    assert_array_equal(softmax(x), softmax(np.array([1.0, 2.0])))


def test_stable_far_from_zero():
    assert_array_equal(softmax([1e4, 1e4]), [0.5, 0.5])
    assert_array_equal(softmax([-1e4, -1e4]), [0.5, 0.5])
    assert_array_equal(softmax([1e308, -1e308]), [1, 0])
    assert_array_equal(softmax(np.array([6e4, -6e4], np.float16)), [1, 0])


def test_each_slice_has_a_maximum_of_its_own():
    x = np.array([[1e4, 1e4], [0, 0], [-1e4, -1e4]])
    assert_array_equal(softmax(x), np.full((3, 2), 0.5))
    assert_array_equal(softmax(x.T, axis=0), np.full((2, 3), 0.5))


def test_no_warning_even_where_numpy_raises():
    with np.errstate(all="raise"):
        assert_array_equal(softmax([1e308, -1e308, 0, -np.inf]), [1, 0, 0, 0])
        assert_array_equal(softmax([-np.inf, -np.inf]), [0, 0])


def test_minus_infinity_gets_weight_zero():
    assert_array_equal(softmax([0, -np.inf, 0]), [0.5, 0, 0.5])
    assert_allclose(softmax([1, 2, -np.inf])[:2], softmax([1, 2]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_minus_infinity_gives_zeros(dtype):
    x = np.array([[-np.inf, -np.inf], [0, 0]], dtype)
    assert_array_equal(softmax(x), [[0, 0], [0.5, 0.5]])
    assert_array_equal(softmax(x, axis=0), [[0, 0], [1, 1]])
    assert softmax(x).dtype == dtype


def test_long_half_precision_columns_still_sum_to_one():
    weights = softmax(np.zeros((8192, 2), np.float16), axis=0)
    assert weights.dtype == np.float16
    assert_allclose(weights.astype(float).sum(axis=0), 1)


def test_nan_stays_in_its_row():
    weights = softmax([[np.nan, 1], [0, 0]])
    assert np.isnan(weights[0, 0])
    assert_array_equal(weights[1], [0.5, 0.5])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty(shape):
    assert softmax(np.zeros(shape)).shape == shape


def test_input_is_not_modified():
    x = np.array([[1.0, -np.inf], [2.0, 3.0]])
    x.setflags(write=False)
    before = x.copy()
    assert not np.shares_memory(softmax(x), x)
    assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("x", "axis", "error", "message"),
    [
        (3.0, -1, ValueError, r"x of shape \(\) has no axis -1 to normalise: it has 0 axes"),
        ([1, 2], 1, ValueError, r"x of shape \(2,\) has no axis 1 to normalise: it has 1 axis"),
        ([1, 2], None, TypeError, "axis must be a whole number, as it counts axes: got None"),
        ([1, 2], True, TypeError, "axis must be a whole number"),
        (
            [0, np.inf],
            -1,
            ValueError,
            "x, the scores, must stay below .inf, because softmax divides",
        ),
        ([1j], -1, TypeError, r"x must hold real numbers .*: got complex numbers"),
        (["a"], -1, TypeError, "x must hold real numbers .*: got text"),
        ([None], -1, TypeError, "x must hold real numbers .*: got objects"),
        (
            [True],
            -1,
            TypeError,
            "x must hold real numbers .*: got booleans; only a mask is boolean",
        ),
        ([[1, 2], [3]], -1, ValueError, "x must be a full grid of numbers, but its rows differ"),
        (np.array(["2026-01-01"], "M8[D]"), -1, TypeError, "x must hold real numbers .*datetime64"),
    ],
)
def test_errors(x, axis, error, message):
    with pytest.raises(error, match=message):
        softmax(x, axis=axis)
