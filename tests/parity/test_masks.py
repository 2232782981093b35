"""What chapter 12 says of PyTorch: a query that sees nothing, and which side a mask is true on."""

import numpy as np
import pytest
import torch

from attention_core import attention, masks

X = torch.from_numpy(np.random.default_rng(12).normal(size=(1, 3, 4)))
BLIND = torch.tensor([[True, True, True], [False, False, False], [True, False, True]])
KINDS = pytest.mark.parametrize("kind", ["boolean", "floating"])
sdpa = torch.nn.functional.scaled_dot_product_attention


def hiding(view, kind):
    """A mask, True where a query may attend, or the same in numbers."""
    return (
        view if kind == "boolean" else torch.zeros(view.shape).double().masked_fill(~view, -np.inf)
    )


def multihead():
    """PyTorch's layer, with one head and random projections."""
    torch.manual_seed(12)
    return torch.nn.MultiheadAttention(4, 1, batch_first=True, dtype=torch.float64)


@KINDS
def test_scaled_dot_product_attention_gives_zeros_to_a_query_that_sees_nothing(kind):
    mask = hiding(BLIND, kind)
    output = sdpa(X, X, X, attn_mask=mask)[0]
    assert not output[1].any()
    ours = attention(X[0].numpy(), X[0].numpy(), X[0].numpy(), mask.numpy()).output
    np.testing.assert_allclose(ours, output, rtol=1e-12, atol=1e-12)


def test_softmax_gives_nan_to_it():
    scores = (X @ X.mT / 2).masked_fill(~BLIND, -np.inf)
    weights = torch.softmax(scores, -1)[0]
    assert torch.isnan(weights[1]).all()
    assert torch.isnan((weights @ X[0])[1]).all()
    assert torch.isfinite(weights[[0, 2]]).all()


@KINDS
def test_multihead_attention_gives_it_nan_by_default_and_not_without_weights(kind):
    mask = ~BLIND if kind == "boolean" else hiding(BLIND, kind)  # its masks are true where hidden
    layer = multihead()
    output, weights = layer(X, X, X, attn_mask=mask)
    assert torch.isnan(output[0, 1]).all() and torch.isnan(weights[0, 1]).all()
    output, weights = layer(X, X, X, attn_mask=mask, need_weights=False)
    assert weights is None
    assert torch.isfinite(output).all()
    assert torch.equal(output[0, 1], layer.out_proj.bias)  # zeros, projected


def test_its_two_attentions_take_opposite_masks():
    view = torch.from_numpy(masks.causal(3))
    ours = attention(X[0].numpy(), X[0].numpy(), X[0].numpy(), masks.causal(3)).output
    np.testing.assert_allclose(ours, sdpa(X, X, X, attn_mask=view)[0], rtol=1e-12, atol=1e-12)
    _, weights = multihead()(X, X, X, attn_mask=~view)
    assert not weights[0][~view].any() and weights[0][view].all()
