"""Positions: sinusoids, and pairs of features that turn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import attention, example, positions, scores
from tests.properties import DTYPES, matrix

halves = st.integers(1, 4)
tokens = st.integers(1, 5)
places = st.integers(0, 2000)


@given(st.integers(0, 40), st.integers(1, 20))
def test_sinusoidal_is_the_formula_of_the_paper(length, pairs):
    d_model = 2 * pairs
    encoding = positions.sinusoidal(length, d_model)
    assert encoding.shape == (length, d_model)
    assert encoding.dtype == np.float64
    for p in range(length):
        for feature in range(d_model):
            i = feature // 2
            angle = p / 10000 ** (2 * i / d_model)
            expected = math.cos(angle) if feature % 2 else math.sin(angle)
            assert encoding[p, feature] == pytest.approx(expected, abs=1e-12)


def test_no_two_positions_are_alike():
    encoding = positions.sinusoidal(1000, 16)
    apart = np.linalg.norm(encoding[:, None] - encoding, axis=-1) + np.eye(1000)
    assert apart.min() > 0.1


@given(st.integers(1, 20), st.integers(0, 30), st.integers(0, 30))
def test_a_dot_product_of_sinusoids_knows_the_distance_alone(pairs, p, q):
    encoding = positions.sinusoidal(61, 2 * pairs)
    found = encoding[p] @ encoding[q]
    assert found == pytest.approx(encoding[abs(p - q)] @ encoding[0])
    assert found == pytest.approx(sum(math.cos((p - q) * w) for w in by_hand(2 * pairs)))


def by_hand(d, base=10000.0):
    """How fast each pair turns."""
    return [base ** (-2 * i / d) for i in range(d // 2)]


@given(st.data(), tokens, halves, st.sampled_from([10000.0, 500000, 2.5]))
def test_rotary_turns_each_pair(data, n, half, base):
    x = data.draw(matrix(n, 2 * half))
    at = np.array(data.draw(st.lists(places, min_size=n, max_size=n)))
    turned = positions.rotary(x, at, base)
    assert turned.shape == x.shape
    for row, place, found in zip(x, at, turned, strict=True):
        for i, w in enumerate(by_hand(2 * half, base)):
            z = complex(row[i], row[i + half]) * complex(math.cos(place * w), math.sin(place * w))
            assert complex(found[i], found[i + half]) == pytest.approx(z, abs=1e-9)


@given(st.data(), tokens, halves)
def test_lengths_stay_and_position_0_turns_nothing(data, n, half):
    x = data.draw(matrix(n, 2 * half))
    turned = positions.rotary(x, np.arange(n))
    assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(x, axis=-1))
    assert_array_equal(turned[0], x[0])
    assert_allclose(positions.rotary(turned, -np.arange(n)), x, atol=1e-12)


@given(st.data(), halves, places, places, places)
def test_scores_know_the_distance_alone(data, half, p, q, shift):
    query, key = data.draw(matrix(1, 2 * half)), data.draw(matrix(1, 2 * half))

    def score(p, q):
        return scores.dot(positions.rotary(query, [p]), positions.rotary(key, [q]))[0, 0]

    assert score(p + shift, q + shift) == pytest.approx(score(p, q), abs=1e-9)
    assert score(p, q) == pytest.approx(score(p - q, 0), abs=1e-9)


def test_scores_change_with_the_distance_and_with_its_sign():
    query, key = [[1.0, 0, 0, 0]], [[0.5, 0, 1, 0]]
    turned = positions.rotary(query * np.ones((5, 1)), np.arange(-2, 3))
    found = scores.dot(turned, key)[:, 0]
    assert len(set(found.round(6))) == 5


def neighbours(x, at, base=10000.0):
    """The layout of the paper, written as its matrix of two by two blocks."""
    x = np.asarray(x, float)
    turned = np.empty_like(x)
    for i, w in enumerate(by_hand(x.shape[-1], base)):
        for n, place in enumerate(at):
            cos, sin = math.cos(place * w), math.sin(place * w)
            turned[n, 2 * i : 2 * i + 2] = [[cos, -sin], [sin, cos]] @ x[n, 2 * i : 2 * i + 2]
    return turned


@given(st.data(), tokens, halves)
def test_the_layout_of_neighbours_is_another_order_of_features(data, n, half):
    x = data.draw(matrix(n, 2 * half))
    at = np.arange(3, 3 + n)
    evens_first = np.r_[0 : 2 * half : 2, 1 : 2 * half : 2]
    back = np.argsort(evens_first)
    found = positions.rotary(x[:, evens_first], at)[:, back]
    assert_allclose(found, neighbours(x, at), atol=1e-12)


def test_the_layouts_differ():
    query, key = np.array([[1.0, 2, 3, 4]]), np.array([[2.0, -1, 0, 1]])
    ours = scores.dot(positions.rotary(query, [5]), positions.rotary(key, [3]))
    theirs = scores.dot(neighbours(query, [5]), neighbours(key, [3]))
    assert abs(ours - theirs) > 1
    # With one pair there is one layout.
    assert_allclose(positions.rotary(query[:, :2], [5]), neighbours(query[:, :2], [5]), rtol=1e-14)


def test_attention_sees_a_set_until_it_is_told_positions():
    Q, K, V = (
        example.plane.inputs @ weight
        for weight in (
            example.plane.query_weight,
            example.plane.key_weight,
            example.plane.value_weight,
        )
    )
    order = [2, 0, 1]
    before, after = attention(Q, K, V).output, attention(Q[order], K[order], V[order]).output
    assert_allclose(after, before[order], rtol=1e-14)
    at = np.arange(3)
    told = [positions.rotary(x, at) for x in (Q, K)]
    shuffled = [positions.rotary(x[order], at) for x in (Q, K)]
    before, after = attention(*told, V).output, attention(*shuffled, V[order]).output
    assert np.abs(after - before[order]).max() > 0.1


def test_leading_axes_broadcast():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 5, 4))
    at = np.arange(7, 12)
    together = positions.rotary(x, at)
    each = np.array([[0, 1, 2, 3, 4], [9, 8, 7, 6, 5]])
    by_batch = positions.rotary(x, each[:, None])
    for b in range(2):
        for h in range(3):
            assert_array_equal(together[b, h], positions.rotary(x[b, h], at))
            assert_array_equal(by_batch[b, h], positions.rotary(x[b, h], each[b]))
    assert_array_equal(positions.rotary(x, 3), positions.rotary(x, [3, 3, 3, 3, 3]))
    assert positions.rotary(np.empty((0, 4)), []).shape == (0, 4)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(dtype):
    x = np.array([[1, 2], [3, 4]], dtype)
    for at in ([3000, 3001], np.array([3000, 3001], np.float32)):
        turned = positions.rotary(x, at)
        assert turned.dtype == dtype
        # Angles are precise even where the features are not.
        assert_allclose(turned, positions.rotary(x.astype(float), at), rtol=5e-3, atol=5e-3)


def test_inputs_are_not_modified():
    x, at = np.ones((2, 4)), np.arange(2)
    positions.rotary(x, at)
    assert_array_equal(x, np.ones((2, 4)))
    assert_array_equal(at, [0, 1])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda p: p.sinusoidal(-1, 4), ValueError, "length must be 0 or more"),
        (lambda p: p.sinusoidal(2.0, 4), TypeError, "length must be a whole number"),
        (lambda p: p.sinusoidal(2, 5), ValueError, "d_model must be even.*in pairs: got 5"),
        (lambda p: p.sinusoidal(2, 0), ValueError, "d_model must be 1 or more"),
        (lambda p: p.rotary([[1, 2, 3]], [0]), ValueError, "last axis of x must be even.*got 3"),
        (lambda p: p.rotary([1, 2], 0), ValueError, "x must have two axes or more"),
        (lambda p: p.rotary([[1, 2]], [0, 1]), ValueError, r"broadcast to \(1,\).*shape \(2,\)"),
        (lambda p: p.rotary([[1, 2], [3, 4]], [0, 1, 2]), ValueError, r"to \(2,\).*shape \(3,\)"),
        (lambda p: p.rotary([[1, 2]], [np.nan]), ValueError, "positions must be finite"),
        (lambda p: p.rotary([[1, 2]], ["0"]), TypeError, "positions must hold real numbers"),
        (lambda p: p.rotary([["a", "b"]], [0]), TypeError, "x must hold real numbers"),
        (lambda p: p.rotary([[1, 2]], [0], base=0), ValueError, "base must be one finite number"),
        (lambda p: p.rotary([[1, 2]], [0], base=[2]), ValueError, "base must be one finite number"),
    ],
)
def test_errors_that_teach(call, error, says):
    with pytest.raises(error, match=says):
        call(positions)
