"""How far a model sees: traced through its operations, and felt by changing one input."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from attention_core import (
    MultiHeadAttention,
    SelfAttention,
    attention,
    layers,
    masks,
    reach,
    rivals,
    scaled_dot_product_attention,
)
from attention_core.reach import InTurn
from tests.properties import numbers  # noqa: F401, loads the settings

LENGTHS = (4, 8, 16, 32, 64, 128, 256)


def by_search(stacked):
    """Path lengths by a search through the graph of all that is computed, one node an operation."""
    reads = [layer.reads if isinstance(layer, InTurn) else layer for layer in stacked]
    n, top = len(reads[0]), len(stacked)

    def sources(level, place):
        for j in np.flatnonzero(reads[level - 1][place]):
            beside = isinstance(stacked[level - 1], InTurn) and j < place
            yield (level if beside else level - 1, int(j))

    lengths = np.full((n, n), np.inf)
    for i in range(n):
        distance, front = {(top, i): 0}, [(top, i)]
        for level, place in front:  # grows as it is read: what is nearest comes first
            for source in sources(level, place) if level else ():
                if source not in distance:
                    distance[source] = distance[level, place] + 1
                    front.append(source)
        for (level, place), operations in distance.items():
            if level == 0:
                lengths[i, place] = operations
    return lengths


@st.composite
def stacks(draw):
    """A strategy for layers of one size, some of them in turn."""
    n, depth = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    reads = [draw(hnp.arrays(bool, (n, n))) for _ in range(depth)]
    return [InTurn(each) if draw(st.booleans()) else each for each in reads]


@given(stacks())
def test_paths_are_those_of_a_search_through_all_that_is_computed(stacked):
    lengths = reach.path_length(*stacked)
    assert_array_equal(lengths, by_search(stacked))
    assert_array_equal(reach.reached(*stacked), np.isfinite(lengths))
    assert reach.longest(*stacked) == max(lengths[np.isfinite(lengths)], default=0)


@given(st.integers(1, 6).flatmap(lambda n: st.lists(hnp.arrays(bool, (n, n)), min_size=1)))
def test_layers_compose_as_boolean_matrices_multiply(stacked):
    product = np.eye(len(stacked[0]), dtype=bool)
    for layer in stacked:
        product = layer @ product
    assert_array_equal(reach.reached(*stacked), product)


@given(
    st.integers(0, 9), st.integers(1, 5), st.integers(1, 4), st.booleans()
)  # fmt: skip
def test_a_convolution_reads_its_taps(n, width, dilation, is_causal):
    layer = reach.convolution(n, width, dilation, is_causal=is_causal)
    after = 0 if is_causal else (width - 1) // 2
    taps = [dilation * (after - tap) for tap in range(width)]
    assert layer.shape == (n, n)
    assert layer.dtype == bool
    for i, j in itertools.product(range(n), range(n)):
        assert layer[i, j] == (j - i in taps)


# --- table 1 of Vaswani et al. 2017, its column of maximum path lengths -------------------------


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("is_causal", [True, False])
def test_the_longest_paths_of_table_1(n, is_causal):
    def longest(kind, width=3):
        stacked = reach.stack(kind, n, width, is_causal=is_causal)
        everything = masks.causal(n) if is_causal or kind == "recurrence" else np.ones((n, n), bool)
        if is_causal or kind != "dilated":
            assert_array_equal(reach.reached(*stacked), everything)
        return reach.longest(*stacked)

    assert longest("attention") == 1
    assert longest("recurrence") == n
    for width in (3, 5)[: 1 + (n < 256)]:
        onwards = width - 1 if is_causal else width // 2
        assert longest("convolution", width) == math.ceil((n - 1) / onwards)
        assert longest("window", width) == math.ceil((n - 1) / onwards)
        layers_needed = next(depth for depth in range(1, 20) if width**depth >= n)
        if is_causal:
            assert longest("dilated", width) == layers_needed
        else:
            assert abs(longest("dilated", width) - layers_needed) <= 1


def test_dilated_kernels_that_look_both_ways_miss_some_pairs_near_the_edges():
    """The only place from which output 2 could have seen input 0 would stand before the first."""
    seen = reach.reached(*reach.stack("dilated", 16, 3, is_causal=False))
    assert not seen[2, 0]
    assert seen.mean() > 0.85
    assert_array_equal(seen, reach.reached(*reach.stack("dilated", 16, 3, 9, is_causal=False)))


@pytest.mark.parametrize("kind", reach.KINDS)
@pytest.mark.parametrize("is_causal", [True, False])
def test_a_stack_is_no_deeper_than_it_must_be(kind, is_causal):
    for n, width in itertools.product((1, 2, 7, 16), (1, 2, 3, 4)):
        stacked = reach.stack(kind, n, width, is_causal=is_causal)
        depth = len(stacked)
        below, above = (
            reach.reached(*reach.stack(kind, n, width, d, is_causal=is_causal))
            for d in (max(1, depth - 1), depth + 1)
        )
        assert_array_equal(reach.reached(*stacked), above)
        assert depth == 1 or not np.array_equal(below, above)


def test_what_a_stack_is_made_of():
    assert_array_equal(reach.stack("attention", 5)[0], masks.causal(5))
    assert reach.stack("attention", 5, is_causal=False)[0].all()
    assert_array_equal(reach.stack("window", 5, 4, 1, is_causal=False)[0], masks.window(5, 2, 1))
    assert isinstance(reach.stack("recurrence", 5, depth=2)[1], InTurn)
    third = reach.stack("dilated", 30, 3, 3)[2]
    assert_array_equal(third, reach.convolution(30, 3, 9))
    assert_array_equal(reach.stack("dilated", 4, 9, 60)[-1], np.eye(4, dtype=bool))


# --- what is computed in earnest ----------------------------------------------------------------


def weights(*shapes):
    rng = np.random.default_rng(19)
    return [rng.normal(size=shape) / math.sqrt(shape[-2]) for shape in shapes]


X = weights((12, 4))[0] * 2


@pytest.mark.parametrize("mask", [None, masks.causal(12), masks.window(12, 2, 1)])
def test_attention_moves_what_its_mask_lets_it_see(mask):
    seen = np.ones((12, 12), bool) if mask is None else mask
    projections = weights((4, 4), (4, 4), (4, 4))
    one = lambda x: attention(*(x @ weight for weight in projections), mask).output  # noqa: E731
    several = MultiHeadAttention(*projections, np.eye(4), heads=2)
    for function in (one, lambda x: several(x, mask=mask).output):
        assert_array_equal(reach.perturbed(function, X), reach.reached(seen))
        twice = reach.perturbed(lambda x, once=function: once(once(x)), X)
        assert_array_equal(twice, reach.reached(seen, seen))


def test_self_attention_moves_everything():
    whole = SelfAttention.random(4, 4, 4, np.random.default_rng(1))
    assert reach.perturbed(lambda x: whole(x).output, X).all()


@pytest.mark.parametrize(("width", "dilations"), [(2, [1]), (3, [1, 1]), (2, [1, 2, 4]), (3, [5])])
def test_convolutions_move_what_their_kernels_reach(width, dilations):
    kernels = weights(*[(width, 4, 4)] * len(dilations))

    def stacked(x):
        for kernel, dilation in zip(kernels, dilations, strict=True):
            x = np.tanh(rivals.convolution(x, kernel, dilation=dilation))
        return x

    traced = reach.reached(*(reach.convolution(12, width, dilation) for dilation in dilations))
    assert_array_equal(reach.perturbed(stacked, X), traced)


def test_recurrences_move_all_that_comes_later():
    plain = lambda x: rivals.recurrence(x, *weights((4, 4), (4, 4)))  # noqa: E731
    gated = lambda x: rivals.gated_recurrence(x, *weights((4, 12), (4, 12)))  # noqa: E731
    for function in (plain, gated, lambda x: gated(plain(x))):
        assert_array_equal(reach.perturbed(function, X), reach.reached(reach.recurrence(12)))


@pytest.mark.parametrize("kind", ["window", "convolution", "dilated"])
def test_what_only_looks_back_is_felt_as_it_is_traced(kind):
    """Each layer of a stack as attention that sees what the layer reads."""
    stacked = reach.stack(kind, 12, width=2, depth=3)

    def computed(x):
        for mask in stacked:
            x = scaled_dot_product_attention(x, x, x, mask)
        return x

    assert_array_equal(reach.perturbed(computed, X), reach.reached(*stacked))


def test_perturbed_keeps_to_its_inputs():
    given_x, seen = X[:5].astype(np.float32), []

    def sums(x):
        seen.append(x.dtype)
        return x.sum(axis=1)  # one number for each row

    before = given_x.copy()
    assert_array_equal(reach.perturbed(sums, given_x), np.eye(5, dtype=bool))
    assert_array_equal(given_x, before)
    assert set(seen) == {np.dtype(np.float32)}
    # What all features share, a layer norm does not see; what differs, it does.
    normal = lambda x: layers.standardise(x)[0]  # noqa: E731
    assert not reach.perturbed(normal, np.eye(4) * 4, by=[1, 1, 1, 1]).any()
    assert_array_equal(reach.perturbed(normal, np.eye(4) * 4), np.eye(4, dtype=bool))
    beside = lambda x: np.concatenate([x, np.ones_like(x)], axis=1)  # noqa: E731
    assert_array_equal(reach.perturbed(beside, np.eye(4)), np.eye(4, dtype=bool))
    pooled = reach.perturbed(lambda x: x.mean(axis=0, keepdims=True), X)
    assert pooled.shape == (1, 12)
    assert pooled.all()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: reach.reached(), ValueError, "one or more, the lowest first: got none"),
        (lambda: reach.reached([[1]]), TypeError, "must be boolean .* got int64"),
        (lambda: reach.reached(True), ValueError, r"shape \(n, n\).*got \(\)"),
        (lambda: reach.longest(np.eye(2) > 0, np.eye(3) > 0), ValueError, r"\(2, 2\), \(3, 3\)"),
        (lambda: reach.path_length(InTurn([[True, False]])), ValueError, r"got \(1, 2\)"),
        (lambda: reach.convolution(4, 0), ValueError, "width must be 1 or more"),
        (lambda: reach.convolution(4, 2, 0), ValueError, "dilation must be 1 or more"),
        (lambda: reach.convolution(-1, 2), ValueError, "n must be 0 or more"),
        (lambda: reach.convolution(4, 2, is_causal=1), TypeError, "is_causal must be True or False"),
        (lambda: reach.recurrence(1.5), TypeError, "n must be a whole number"),
        (lambda: reach.stack("pooling", 4), ValueError, 'kind must be one of window, conv'),
        (lambda: reach.stack(None, 4), ValueError, 'kind must be one of window, conv'),
        (lambda: reach.stack("window", 0), ValueError, "n must be 1 or more"),
        (lambda: reach.stack("window", 4, depth=0), ValueError, "counts layers: got 0"),
        (lambda: reach.perturbed(lambda x: x, [1.0]), ValueError, "x must be a matrix"),
        (lambda: reach.perturbed(lambda x: x / 0, [[1.0]]), ValueError, "must be finite"),
        (lambda: reach.perturbed(lambda x: x, [["a"]]), TypeError, "x must hold real numbers"),
        (lambda: reach.perturbed(lambda x: x, [[1.0]], by=[1, 2]), ValueError, "by must be"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_cannot_be_traced_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()
