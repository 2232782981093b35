"""Convolutions, recurrences and their gradients against PyTorch, in float64, on random cases."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attention_core import rivals
from tests.parity.test_gradients import normal

SEEDS = range(30)


def tensors(*arrays):
    return [torch.from_numpy(np.ascontiguousarray(x)).requires_grad_() for x in arrays]


def same(found, tensor):
    assert_allclose(found, tensor.detach().numpy(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_convolution(seed):
    """Conv1d, padded on the left; it holds the kernel the other way round, and tokens as columns."""
    rng = np.random.default_rng(seed)
    batch, n, d_in, d_out, width, dilation = rng.integers(1, 6, 6)
    arrays = normal(rng, batch, n, d_in), normal(rng, width, d_in, d_out), normal(rng, d_out)
    x, kernel, bias = tensors(*arrays)
    padded = torch.nn.functional.pad(x.mT, (int(dilation * (width - 1)), 0))
    expected = torch.nn.functional.conv1d(
        padded, kernel.flip(0).permute(2, 1, 0), bias, dilation=int(dilation)
    ).mT
    same(rivals.convolution(*arrays, dilation=int(dilation)), expected)
    d_output = normal(rng, batch, n, d_out)
    expected.backward(torch.from_numpy(d_output))
    found = rivals.convolution_back(*arrays[:2], d_output, int(dilation))
    for gradient, tensor in zip(found, (x, kernel, bias), strict=True):
        same(gradient, tensor.grad)


def recurrent(kind, parts, arrays):
    """PyTorch's module with our weights; its second bias is zero."""
    x, by_input, by_state, bias = arrays
    module = kind(by_input.shape[0], by_state.shape[0], batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.from_numpy(by_input.T))
        module.weight_hh_l0.copy_(torch.from_numpy(by_state.T))
        module.bias_ih_l0.copy_(torch.from_numpy(bias))
        module.bias_hh_l0.zero_()
    (x,) = tensors(x)
    return x, module, module(x)[0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("gated", [False, True])
def test_recurrence(gated, seed):
    rng = np.random.default_rng(seed)
    batch, n, d_in, d = rng.integers(1, 7, 4)
    kind, parts = (torch.nn.GRU, 3) if gated else (torch.nn.RNN, 1)
    arrays = (
        normal(rng, batch, n, d_in),
        *(normal(rng, d_in, parts * d), normal(rng, d, parts * d), normal(rng, parts * d)),
    )
    x, module, expected = recurrent(kind, parts, arrays)
    states = (rivals.gated_recurrence if gated else rivals.recurrence)(*arrays)
    same(states, expected)
    d_states = normal(rng, batch, n, d)
    expected.backward(torch.from_numpy(d_states))
    back = rivals.gated_recurrence_back if gated else rivals.recurrence_back
    more = arrays[3:] if gated else ()
    d_x, d_input, d_state, d_bias = back(*arrays[:3], states, d_states, *more)
    same(d_x, x.grad)
    same(d_input, module.weight_ih_l0.grad.mT)
    same(d_state, module.weight_hh_l0.grad.mT)
    same(d_bias, module.bias_ih_l0.grad)
