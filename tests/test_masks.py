"""Masks: True where a query may attend."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from attention_core import attention, masks, scaled_dot_product_attention
from tests.properties import numbers  # noqa: F401, loads the settings

counts = st.integers(0, 6)


@given(counts, counts)
def test_causal_is_what_came_before(n, more):
    m = n + more
    mask = masks.causal(n, m)
    assert mask.shape == (n, m)
    assert mask.dtype == bool
    for i, j in itertools.product(range(n), range(m)):
        assert mask[i, j] == (j <= more + i)
    assert_array_equal(masks.causal(n), masks.causal(n, n))


@given(counts, st.none() | counts, st.none() | counts)
def test_window_is_both_sides(n, left, right):
    mask = masks.window(n, left, right)
    assert mask.shape == (n, n)
    assert mask.dtype == bool
    for i, j in itertools.product(range(n), range(n)):
        before = left is None or j >= i - left
        assert mask[i, j] == (before and (right is None or j <= i + right))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=3))
def test_padding_is_what_lies_beyond_the_length(lengths):
    mask = masks.padding(lengths, 5)
    assert mask.shape == (len(lengths), 1, 5)
    assert mask.dtype == bool
    for b, length in enumerate(lengths):
        assert_array_equal(mask[b, 0], [j < length for j in range(5)])
    assert_array_equal(masks.padding(lengths[0], 5), mask[0])


def test_kinds_of_window():
    assert_array_equal(masks.window(4, None, 0), masks.causal(4))
    assert_array_equal(masks.window(4, 0, 0), np.eye(4, dtype=bool))
    assert masks.window(4, None, None).all()


def test_they_combine():
    mask = masks.causal(3) & masks.padding([3, 2, 0], 3) & masks.window(3, 1, None)
    assert mask.shape == (3, 3, 3)
    assert_array_equal(mask[0], [[1, 0, 0], [1, 1, 0], [0, 1, 1]])
    assert_array_equal(mask[1], [[1, 0, 0], [1, 1, 0], [0, 1, 0]])
    assert not mask[2].any()


def test_they_fit_scores_with_and_without_heads():
    query = np.ones((2, 4, 3, 2))
    lengths = np.array([1, 3])
    without = attention(query[:, 0], query[:, 0], query[:, 0], masks.padding(lengths, 3))
    heads = attention(query, query, query, masks.causal(3) & masks.padding(lengths[:, None], 3))
    assert_array_equal(without.weights[0], [[1, 0, 0]] * 3)
    assert heads.weights.shape == (2, 4, 3, 3)
    assert_array_equal(heads.weights[0, :, :, 1:], 0)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 3), (2, 5), (1, 6)])
def test_causal_is_is_causal_with_a_cache(n, m):
    rng = np.random.default_rng(n)
    query, key, value = (rng.normal(size=(2, rows, 3)) for rows in (n, m, m))
    masked = scaled_dot_product_attention(query, key, value, masks.causal(n, m))
    cached = scaled_dot_product_attention(query, key, value, is_causal=True, query_start=m - n)
    assert_array_equal(masked, cached)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: masks.causal(-1), ValueError, "n must be 0 or more, as it counts tokens: got -1"),
        (lambda: masks.causal(2.0), TypeError, "n must be a whole number, .*: got 2.0"),
        (lambda: masks.causal(True), TypeError, "n must be a whole number, .*: got True"),
        (lambda: masks.causal(3, 2), ValueError, "m must be n or more, .* got n = 3 and m = 2"),
        (lambda: masks.causal(3, "4"), TypeError, "m must be a whole number, .*: got '4'"),
        (lambda: masks.padding([1, 4], 3), ValueError, "lengths .* between 0 and the 3 .* got 4"),
        (lambda: masks.padding(-1, 3), ValueError, "lengths .* between 0 and the 3 .* got -1"),
        (lambda: masks.padding([1.0], 3), TypeError, "lengths must hold whole numbers, .*float64"),
        (lambda: masks.padding([True], 3), TypeError, "lengths must hold whole numbers, .*bool"),
        (lambda: masks.padding([1], None), TypeError, "m must be a whole number"),
        (lambda: masks.window(3, -1, 0), ValueError, "left must be 0 or more.*; None leaves"),
        (lambda: masks.window(3, 0, 1.5), TypeError, "right must be a whole number.*; None leaves"),
        (lambda: masks.window(None, 0, 1), TypeError, "n must be a whole number"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
