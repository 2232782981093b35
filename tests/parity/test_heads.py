"""Multi-head attention against PyTorch's, in float64: weights, masks, lengths and groups."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attention_core import masks
from attention_core.heads import MultiHeadAttention, merge_heads, split_heads

N, M, D = 5, 7, 12


def close(found, expected):
    assert found.shape == expected.shape
    assert_allclose(found, expected.detach().numpy(), rtol=1e-12, atol=1e-12)


def layers(heads, seed=0, **options):
    """PyTorch's layer, its biases random too (it starts them at zero), and ours with its weights."""
    torch.manual_seed(seed)
    theirs = torch.nn.MultiheadAttention(
        D, heads, batch_first=True, dtype=torch.float64, **options
    ).eval()
    with torch.no_grad():
        for each in theirs.parameters():
            each.normal_()
    state = {name: each.numpy() for name, each in theirs.state_dict().items()}
    return theirs, MultiHeadAttention.from_state(state, heads)


def tokens(n, size=D, seed=1):
    return np.random.default_rng(seed).normal(size=(3, n, size))


def tensors(*arrays):
    return (torch.from_numpy(x) for x in arrays)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("crossed", "memory_size"), [(False, None), (True, None), (True, 12), (True, 8)]
)
@pytest.mark.parametrize("heads", [1, 3, 12])
def test_equals_pytorch(heads, crossed, memory_size, bias):
    """Self- and cross-attention, keys and values of another size, with and without bias."""
    theirs, ours = layers(heads, bias=bias, kdim=memory_size, vdim=memory_size)
    x = tokens(N)
    memory = tokens(M, memory_size or D, seed=2) if crossed else x
    query, source = tensors(x, memory)
    found = ours(x, memory if crossed else None)
    output, weights = theirs(query, source, source, average_attn_weights=False)
    close(found.output, output)
    close(found.weights, weights)
    output, averaged = theirs(query, source, source)
    close(found.output, output)
    close(found.weights.mean(axis=-3), averaged)
    close(found.output, theirs(query, source, source, need_weights=False)[0])


def test_without_a_batch():
    theirs, ours = layers(3)
    x, memory = tokens(N)[0], tokens(M, seed=2)[0]
    query, source = tensors(x, memory)
    output, weights = theirs(query, source, source, average_attn_weights=False)
    found = ours(x, memory)
    close(found.output, output)
    close(found.weights, weights)


def views():
    """Masks by name, True where a query may attend, each query with something in view."""
    rng = np.random.default_rng(3)
    per_head = rng.random((3, 4, N, M)) < 0.5
    per_head[..., 0] = True
    return {
        "causal": masks.causal(N, M),
        "padding": masks.padding([7, 3, 1], M)[:, None],
        "causal and padding": masks.causal(N, M) & masks.padding([7, 3, 4], M)[:, None],
        "one for each head": per_head,
    }


def hidden(view):
    """PyTorch's masks: True where hidden, batch and heads in one axis, queries spelled out."""
    full = np.broadcast_to(view, (3, 4, N, M)).reshape(-1, N, M)
    return torch.from_numpy(~full)


@pytest.mark.parametrize("kind", ["boolean", "floating"])
@pytest.mark.parametrize("name", views())
def test_masks_equal_pytorchs(name, kind):
    theirs, ours = layers(4)
    view = views()[name]
    x, memory = tokens(N), tokens(M, seed=2)
    mask, their_mask = view, hidden(view)
    if kind == "floating":
        bias = np.random.default_rng(4).normal(size=np.broadcast_shapes(view.shape, (N, M)))
        mask = np.where(view, bias, -np.inf)
        full = np.broadcast_to(mask, (3, 4, N, M)).reshape(-1, N, M)
        their_mask = torch.from_numpy(full.copy())
    query, source = tensors(x, memory)
    found = ours(x, memory, mask)
    output, weights = theirs(
        query, source, source, attn_mask=their_mask, average_attn_weights=False
    )
    close(found.output, output)
    close(found.weights, weights)


def test_key_padding_mask_and_attn_mask_together():
    """The two masks as PyTorch's users give them: which keys are padding, and which come later."""
    theirs, ours = layers(4)
    x = tokens(N)
    lengths, (query,) = [5, 2, 1], tensors(x)
    output, weights = theirs(
        query,
        query,
        query,
        key_padding_mask=torch.from_numpy(~masks.padding(lengths, N)[:, 0]),
        attn_mask=torch.nn.Transformer.generate_square_subsequent_mask(N).to(torch.bool),
        average_attn_weights=False,
    )
    found = ours(x, mask=masks.padding(lengths, N)[:, None] & masks.causal(N))
    close(found.output, output)
    close(found.weights, weights)


def test_a_query_that_sees_nothing_is_nan_there_unless_no_weights_are_wanted():
    theirs, ours = layers(4)
    x = tokens(N)
    (query,) = tensors(x)
    blind = np.arange(N) != 2
    mask = np.repeat(blind[:, None], N, axis=1)
    their_mask = torch.from_numpy(~mask)
    found = ours(x, mask=mask)
    output, weights = theirs(query, query, query, attn_mask=their_mask, average_attn_weights=False)
    assert torch.isnan(output[:, 2]).all() and torch.isnan(weights[:, :, 2]).all()
    close(found.output[:, blind], output[:, blind])
    close(found.output, theirs(query, query, query, attn_mask=their_mask, need_weights=False)[0])
    assert not found.weights[:, :, 2].any()


@pytest.mark.parametrize("kv_heads", [1, 2, 3, 6])
@pytest.mark.parametrize("masked", [False, True])
def test_grouped_heads_equal_pytorchs(kv_heads, masked):
    rng = np.random.default_rng(kv_heads)
    shapes = (D, 6 * 4), (8, kv_heads * 4), (8, kv_heads * 3), (6 * 3, 5)
    weights = [rng.normal(size=shape) for shape in shapes]
    x, memory = tokens(N), tokens(M, 8, seed=2)
    mask = masks.causal(N, M) if masked else None
    found = MultiHeadAttention(*weights, heads=6, kv_heads=kv_heads)(x, memory, mask)
    query, key, value = (
        split_heads(each @ weight, count)
        for each, weight, count in zip(
            (x, memory, memory), weights[:3], (6, kv_heads, kv_heads), strict=True
        )
    )
    expected = torch.nn.functional.scaled_dot_product_attention(
        *tensors(query, key, value),
        attn_mask=None if mask is None else torch.from_numpy(mask),
        enable_gqa=True,
    )
    close(found.output, torch.from_numpy(merge_heads(expected.numpy()) @ weights[3]))


def test_equal_kdim_and_vdim_are_asked_for():
    theirs = torch.nn.MultiheadAttention(D, 3, kdim=8, vdim=6, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"v_proj_weight must have shape \(d, m\)"):
        MultiHeadAttention.from_state(theirs.state_dict(), heads=3)


def test_an_added_key_is_refused():
    theirs = torch.nn.MultiheadAttention(D, 3, add_bias_kv=True, dtype=torch.float64)
    with pytest.raises(ValueError, match="it has bias_k as well; it has bias_v as well"):
        MultiHeadAttention.from_state(theirs.state_dict(), heads=3)


def test_single_precision_stays_single():
    theirs, _ = layers(3)
    theirs = theirs.float()
    x = tokens(N).astype(np.float32)
    (query,) = tensors(x)
    found = MultiHeadAttention.from_state(theirs.state_dict(), heads=3)(x)
    assert found.output.dtype == np.float32
    output, _ = theirs(query, query, query)
    assert_allclose(found.output, output.detach().numpy(), rtol=1e-4, atol=1e-4)
