"""Every gradient against PyTorch's autograd, in float64, on random cases."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attention_core import attention as attention_forward
from attention_core import gradients, masks
from attention_core import softmax as softmax_forward

SEEDS = range(30)


def agrees(forward, arguments, d_output, found):
    """What PyTorch's autograd gives for the same forward pass in PyTorch."""
    tensors = [torch.from_numpy(x).requires_grad_() for x in arguments]
    forward(*tensors).backward(torch.from_numpy(d_output))
    found = found if isinstance(found, tuple) else (found,)
    for tensor, gradient in zip(tensors, found, strict=True):
        assert gradient.dtype == np.float64
        assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-12, atol=1e-12)


def normal(rng, *shape):
    """Random numbers, sometimes small and sometimes large."""
    return rng.normal(0, rng.choice([0.1, 1, 3]), shape)


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax(seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 6, rng.integers(1, 5))
    scores, d_weights = normal(rng, *shape), normal(rng, *shape)
    found = gradients.softmax(softmax_forward(scores), d_weights)
    agrees(lambda x: torch.softmax(x, -1), [scores], d_weights, found)


def attention_case(seed):
    """Arrays, a mask (boolean or floating) and a scale, with leading axes that may broadcast."""
    rng = np.random.default_rng(seed)
    batch, heads, n, m, d_k, d_v = rng.integers(1, 7, 6)
    query, key, value = (
        normal(rng, *[1 if rng.random() < 0.2 else size for size in (batch, heads)], *rows)
        for rows in ((n, d_k), (m, d_k), (m, d_v))
    )
    leading = np.broadcast_shapes(query.shape[:2], key.shape[:2])
    kind = rng.choice(["none", "boolean", "floating", "padding"])
    mask = None
    if kind == "padding":
        mask = masks.padding(rng.integers(1, m + 1, leading[0]), m)[:, None]
    elif kind != "none":
        mask = rng.random((*leading, n, m)) < 0.7
        mask[..., 0] |= ~mask.any(-1)  # a query that sees nothing is tested on its own
        mask = np.where(mask, rng.normal(size=mask.shape), -np.inf) if kind == "floating" else mask
    output = np.broadcast_shapes(leading, value.shape[:2])
    return query, key, value, normal(rng, *output, n, d_v), mask, rng.choice([None, 0.3, 1, -2])


def attention_in_pytorch(mask, scale):
    """PyTorch's own attention, differentiated by autograd."""

    def forward(query, key, value):
        return torch.nn.functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=None if mask is None else torch.from_numpy(mask),
            scale=scale,
        )

    return forward


@pytest.mark.parametrize("seed", range(150))
def test_attention(seed):
    query, key, value, d_output, mask, scale = attention_case(seed)
    found = gradients.attention(query, key, value, d_output, mask, scale)
    agrees(attention_in_pytorch(mask, scale), [query, key, value], d_output, found)


def test_attention_cases_hold_what_they_should():
    cases = [attention_case(seed) for seed in range(150)]
    kinds = [None if mask is None else mask.dtype.kind for *_, mask, _ in cases]
    assert all(kinds.count(kind) > 20 for kind in (None, "b", "f"))
    assert sum(query.shape[:2] != key.shape[:2] for query, key, *_ in cases) > 20
    assert (
        sum(
            len(mask.shape) == 4 and mask.shape[-2] == 1
            for *_, mask, _ in cases
            if mask is not None
        )
        > 10
    )


def test_a_query_that_sees_nothing_gets_zeros_from_pytorch_as_well():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(1, 1, 3, 2)) for _ in range(3)]
    mask = masks.causal(3)
    mask[1] = False
    d_output = rng.normal(size=(1, 1, 3, 2))
    found = gradients.attention(*arrays, d_output, mask)
    assert not found[0][0, 0, 1].any()
    agrees(attention_in_pytorch(mask, None), arrays, d_output, found)


@pytest.mark.parametrize("seed", SEEDS)
def test_linear(seed):
    rng = np.random.default_rng(seed)
    *leading, d_in, d_out = rng.integers(1, 6, rng.integers(2, 6))
    x, weight, bias = normal(rng, *leading, d_in), normal(rng, d_in, d_out), normal(rng, d_out)
    d_output = normal(rng, *leading, d_out)
    found = gradients.linear(x, weight, d_output)
    agrees(
        lambda x, w, b: torch.nn.functional.linear(x, w.T, b), [x, weight, bias], d_output, found
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_layer_norm(seed):
    rng = np.random.default_rng(seed)
    leading, d = rng.integers(1, 6, rng.integers(0, 4)), rng.integers(4, 12)
    x, gain, bias = normal(rng, *leading, d), normal(rng, d), normal(rng, d)
    d_output, eps = normal(rng, *leading, d), rng.choice([1e-5, 1e-12, 0.1])
    found = gradients.layer_norm(x, gain, d_output, eps)

    def forward(x, gain, bias):
        return torch.nn.functional.layer_norm(x, (d,), gain, bias, eps)

    agrees(forward, [x, gain, bias], d_output, found)


@pytest.mark.parametrize("form", ["none", "tanh"])
@pytest.mark.parametrize("seed", SEEDS)
def test_gelu(seed, form):
    rng = np.random.default_rng(seed)
    x, d_output = 3 * rng.normal(size=(2, 40))
    found = gradients.gelu(x, d_output, form)
    agrees(lambda x: torch.nn.functional.gelu(x, approximate=form), [x], d_output, found)


def test_relu():
    rng = np.random.default_rng(0)
    x, d_output = rng.normal(size=(2, 3, 40))
    x[0, :2] = 0.0, -0.0
    agrees(torch.relu, [x], d_output, gradients.relu(x, d_output))


@pytest.mark.parametrize("seed", SEEDS)
def test_embedding(seed):
    rng = np.random.default_rng(seed)
    *leading, count, d = rng.integers(1, 9, rng.integers(2, 5))
    indices = rng.integers(0, count, leading)
    table, d_output = normal(rng, count, d), normal(rng, *leading, d)

    def forward(table):
        return torch.nn.functional.embedding(torch.from_numpy(np.asarray(indices)), table)

    agrees(forward, [table], d_output, gradients.embedding(indices, d_output, count))


@pytest.mark.parametrize("seed", SEEDS)
def test_self_attention_whole(seed):
    """From the output back to the inputs and the three projections, as chapter 16 does it."""
    rng = np.random.default_rng(seed)
    batch, n, d_model, d_k, d_v = rng.integers(1, 6, 5)
    x, d_output = rng.normal(size=(batch, n, d_model)), rng.normal(size=(batch, n, d_v))
    weights = [rng.normal(size=(d_model, size)) for size in (d_k, d_k, d_v)]
    projected = [x @ w for w in weights]
    a = attention_forward(*projected).weights
    d_projected = gradients.attention(*projected, d_output, weights=a)
    back = [gradients.linear(x, w, d) for w, d in zip(weights, d_projected, strict=True)]
    d_x = sum(d for d, _, _ in back)

    def forward(x, *weights):
        return torch.nn.functional.scaled_dot_product_attention(*(x @ w for w in weights))

    agrees(forward, [x, *weights], d_output, (d_x, *(d for _, d, _ in back)))
