"""The leak test on our attentions, and on some that leak, which it must catch."""

import functools
import inspect
import warnings

import numpy as np
import pytest

from attention_core import attention, masks, scaled_dot_product_attention, scores, softmax
from tests.leaks import assert_no_leak
from tests.properties import DTYPES

RNG = np.random.default_rng(5)
MASKS = {
    "causal": masks.causal(4, 6),
    "padding": masks.padding([4, 2], 6)[:, None],
    "window": masks.window(6, 1, 1)[:4],
    "all three": masks.causal(4, 6) & masks.padding([5, 2], 6)[:, None] & (np.arange(6) > 0),
    "nothing to see": masks.padding([0, 5], 6)[:, None],
    "each its own": RNG.random((2, 2, 4, 6)) < 0.5,
}
MASKED = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS.keys())


def arrays(dtype=np.float64, heads=2):
    """Queries (2, 2, 4, 3), keys and values of some heads, (2, heads, 6, ·)."""
    shapes = (2, 2, 4, 3), (2, heads, 6, 3), (2, heads, 6, 5)
    return tuple(RNG.normal(size=shape).astype(dtype) for shape in shapes)


def ours(query, key, value, mask):
    return attention(query, key, value, mask).output


def scored(score, sizes):
    """Attention by another score function, its parameters random."""
    parameters = [RNG.normal(size=size) for size in sizes]

    def attend(query, key, value, mask):
        named = functools.partial(score, **dict(zip(names, parameters, strict=True)))
        return attention(query, key, value, mask, score=named).output

    names = list(inspect.signature(score).parameters)[2 : 2 + len(sizes)]
    return attend


@MASKED
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("attend", [ours, scaled_dot_product_attention])
def test_attention_does_not_leak(attend, mask, dtype):
    assert_no_leak(attend, *arrays(dtype), mask)


@MASKED
@pytest.mark.parametrize("dtype", DTYPES)
def test_nor_does_nan(mask, dtype):
    capped = functools.partial(scaled_dot_product_attention, softcap=2)
    for attend in (scaled_dot_product_attention, capped):
        for heads in (1, 2):
            assert_no_leak(attend, *arrays(dtype, heads), mask, extra=[np.nan])


@MASKED
def test_a_floating_mask_hides_as_well(mask):
    added = np.where(mask, 0.25, -np.inf)

    def attend(query, key, value, _):
        return scaled_dot_product_attention(query, key, value, added)

    assert_no_leak(attend, *arrays(), mask, extra=[np.nan])


@pytest.mark.parametrize(
    ("options", "mask"),
    [
        ({"is_causal": True, "query_start": 2}, masks.causal(4, 6)),
        ({"is_causal": True}, masks.causal(6)[:4]),
        ({"window": (1, 1)}, masks.window(6, 1, 1)[:4]),
        ({"window": (1, 0), "query_start": 2}, masks.window(6, 1, 0)[2:]),
        ({"kv_lengths": [4, 2]}, masks.padding([4, 2], 6)[:, None]),
        ({"kv_lengths": 3}, masks.padding(3, 6)),
    ],
)
def test_no_option_leaks(options, mask):
    def attend(query, key, value, _):
        return scaled_dot_product_attention(query, key, value, **options)

    assert_no_leak(attend, *arrays(), mask, extra=[np.nan])


@pytest.mark.parametrize(
    ("score", "sizes"),
    [
        (scores.dot, []),
        (scores.general, [(3, 3)]),
        (scores.additive, [(3, 4), (3, 4), (4,)]),
        (scores.concat, [(6, 4), (4,)]),
        (scores.cosine, []),
    ],
)
def test_no_score_function_leaks(score, sizes):
    assert_no_leak(scored(score, sizes), *arrays(), MASKS["all three"])


# --- attentions that leak ----------------------------------------------------------------------


def minus_ten_thousand(query, key, value, mask):
    return softmax(scores.scaled_dot(query, key) + np.where(mask, 0, -1e4)) @ value


def zero_before_softmax(query, key, value, mask):
    return softmax(np.where(mask, scores.scaled_dot(query, key), 0)) @ value


def zero_after_softmax(query, key, value, mask):
    return np.where(mask, softmax(scores.scaled_dot(query, key)), 0) @ value


def zero_after_softmax_and_shared_out_anew(query, key, value, mask):
    weights = zero_after_softmax(query, key, np.eye(key.shape[-2]), mask)
    return weights / weights.sum(-1, keepdims=True) @ value


def added_as_zeros_and_ones(query, key, value, mask):
    return attention(query, key, value, mask.astype(float)).output


def turned_over(query, key, value, mask):
    return attention(query, key, value, ~mask).output


def one_too_many(query, key, value, mask):
    return attention(query, key, value, mask | np.roll(mask, 1, axis=-1)).output


def nothing_to_see_is_all(query, key, value, mask):
    return attention(query, key, value, mask | ~mask.any(-1, keepdims=True)).output


@pytest.mark.parametrize(
    ("attend", "mask"),
    [
        (minus_ten_thousand, "all three"),
        (zero_before_softmax, "all three"),
        (zero_after_softmax, "all three"),
        (zero_after_softmax_and_shared_out_anew, "all three"),
        (added_as_zeros_and_ones, "all three"),
        (turned_over, "all three"),
        (one_too_many, "all three"),
        (nothing_to_see_is_all, "nothing to see"),
    ],
)
def test_what_leaks_is_caught(attend, mask):
    with (
        warnings.catch_warnings(),
        pytest.raises(AssertionError, match="leaks to a query"),
    ):
        warnings.simplefilter("ignore")
        assert_no_leak(attend, *arrays(), MASKS[mask])


def test_a_mask_that_hides_nothing_is_no_test():
    with pytest.raises(AssertionError, match="nothing was tested"):
        assert_no_leak(ours, *arrays(), np.ones((4, 6), bool))


def test_nan_in_a_hidden_value_spoils_attention():
    """As its docstring says; 0 times NaN is NaN, for PyTorch as for NumPy."""
    with pytest.raises(AssertionError, match=r"nan in key and value \d leaks"):
        assert_no_leak(ours, *arrays(), MASKS["causal"], extra=[np.nan])
