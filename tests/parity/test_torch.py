"""PyTorch's scaled_dot_product_attention, in float64, on random cases."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attention_core import attention, masks, scaled_dot_product_attention

SEEDS = range(300)


def random_case(seed):
    """Arrays, a mask and options, with what PyTorch calls them."""
    rng = np.random.default_rng(seed)
    batch, g, n, m, d_k, d_v = rng.integers(1, (4, 4, 9, 9, 9, 9))
    h = g * rng.integers(1, 4)
    leading = [(batch,), (), None][rng.choice(3, p=[0.6, 0.2, 0.2])]

    def normal(heads, *shape):
        heads = () if leading is None else (*leading, heads)
        return rng.normal(0, rng.choice([0.1, 1, 10]), (*heads, *shape))

    arrays = normal(h, n, d_k), normal(g, m, d_k), normal(g, m, d_v)
    kind = rng.choice(["none", "causal", "boolean", "floating", "both"])
    mask = None
    if kind in ("boolean", "floating", "both"):
        full = (*arrays[0].shape[:-2], n, m)
        shape = list(full[rng.integers(len(full) - 1) :])
        for axis in range(len(shape) - 1):
            if rng.random() < 0.3:
                shape[axis] = 1
        mask = rng.random(shape) < 0.7
        # PyTorch's answer to a query that sees nothing is tested on its own.
        mask[..., 0] |= ~mask.any(-1)
        if kind == "floating":
            mask = np.where(mask, rng.normal(size=shape), -np.inf)
    scale = rng.choice([None, 0.3, 1.0, 2.5])
    return arrays, mask, kind in ("causal", "both"), scale


def by_torch(arrays, mask, is_causal, scale):
    """What PyTorch gives, for the same arrays."""
    query, key, value = (torch.from_numpy(x) for x in arrays)
    n, m = query.shape[-2], key.shape[-2]
    if mask is not None and is_causal:  # PyTorch takes one or the other
        mask, is_causal = mask & masks.causal(max(n, m))[:n, :m], False
    return torch.nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=None if mask is None else torch.from_numpy(mask),
        is_causal=is_causal,
        scale=scale,
        enable_gqa=query.ndim > 2 and query.shape[-3] != key.shape[-3],
    ).numpy()


def sees_nothing(arrays, mask, is_causal):
    """Queries that a mask and what comes later leave with no key, in the shape of the output."""
    weights = scaled_dot_product_attention(
        *arrays, mask, is_causal=is_causal, return_stage="weights"
    )[1]
    return ~weights.any(-1)


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_pytorch(seed):
    arrays, mask, is_causal, scale = random_case(seed)
    found = scaled_dot_product_attention(*arrays, mask, is_causal=is_causal, scale=scale)
    expected = by_torch(arrays, mask, is_causal, scale)
    assert found.shape == expected.shape
    blind = sees_nothing(arrays, mask, is_causal)
    assert_allclose(found[~blind], expected[~blind], rtol=1e-12, atol=1e-12)
    assert not found[blind].any()


def test_cases_hold_what_they_should():
    """Grouped heads, arrays of two, three and four axes, every mask, more queries than keys."""
    cases = [random_case(seed) for seed in SEEDS]
    assert {arrays[0].ndim for arrays, *_ in cases} == {2, 3, 4}
    assert {mask.dtype.kind for _, mask, *_ in cases if mask is not None} == {"b", "f"}
    grouped = [a for a, *_ in cases if a[0].ndim > 2 and a[0].shape[-3] != a[1].shape[-3]]
    assert len(grouped) > 50
    assert sum(causal for *_, causal, _ in cases) > 50
    assert sum(a[0].shape[-2] > a[1].shape[-2] for a, *_ in cases) > 50


def test_attention_equals_pytorch_too():
    rng = np.random.default_rng(0)
    arrays = tuple(rng.normal(size=(2, 3, 5, 4)) for _ in range(3))
    for mask in (None, masks.causal(5), rng.normal(size=(5, 5))):
        expected = by_torch(arrays, mask, False, None)
        assert_allclose(attention(*arrays, mask).output, expected, rtol=1e-12, atol=1e-12)


def test_a_query_that_sees_nothing_gets_zeros_from_pytorch_as_well():
    arrays = tuple(np.ones((1, 1, 2, 2)) for _ in range(3))
    mask = np.array([[True, True], [False, False]])
    expected = by_torch(arrays, mask, False, None)
    assert_allclose(scaled_dot_product_attention(*arrays, mask), expected)
    assert not expected[0, 0, 1].any()


def test_causal_as_the_last_of_the_keys():
    """PyTorch's causal bias from the lower right is our causal mask of n queries and m keys."""
    from torch.nn.attention.bias import causal_lower_right

    for n, m in ((2, 5), (1, 4), (3, 3)):
        bias = causal_lower_right(n, m)._materialize()
        assert_allclose(masks.causal(n, m), bias.numpy())


def test_nan_in_a_hidden_value():
    """PyTorch multiplies NaN by a weight of 0, as attention() does; the function of options does not."""
    arrays = tuple(np.ones((1, 1, 2, 2)) for _ in range(3))
    arrays[2][0, 0, 1] = np.nan
    mask = masks.causal(2)
    assert np.isnan(by_torch(arrays, mask, False, None)[0, 0, 0]).all()
    assert np.isnan(attention(*arrays, mask).output[0, 0, 0]).all()
    assert_allclose(scaled_dot_product_attention(*arrays, mask)[0, 0, 0], 1)
