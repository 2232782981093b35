"""The small Transformer against the same in PyTorch: all gradients, and steps of Adam."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attention_core.training import Adam, TinyTransformer, cross_entropy, recall
from tools.twin import Twin

OPTIONS = [{}, {"positions": False}, {"residuals": False}, {"causal": True}, {"heads": 1}]


def a_case(seed=0, **options):
    rng = np.random.default_rng(seed)
    sizes = {"d_model": 12, "heads": 3, "layers": 2, "d_ff": 20} | options
    model = TinyTransformer(vocabulary=42, length=11, answers=6, **sizes)
    weights = model.initial(rng, np.float64)
    weights += 0.1 * rng.normal(size=weights.shape)
    return model, weights, recall(rng, 5, cards=4, letters=6)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_loss_and_gradients(options):
    model, weights, (tokens, targets) = a_case(**options)
    twin = Twin(model, weights)
    expected = twin.loss(torch.from_numpy(tokens), torch.from_numpy(targets))
    expected.backward()
    loss, gradient = model.loss(weights, tokens, targets)
    assert_allclose(loss, expected.item(), rtol=1e-12)
    assert_allclose(gradient, twin.gradient().numpy(), rtol=1e-12, atol=1e-12)
    logits = twin(torch.from_numpy(tokens)).detach().numpy()
    assert_allclose(model(weights, tokens).logits, logits, rtol=1e-12, atol=1e-12)


def test_cross_entropy():
    rng = np.random.default_rng(0)
    logits, targets = 5 * rng.normal(size=(40, 7)), rng.integers(-1, 7, size=40)
    theirs = torch.from_numpy(logits).requires_grad_()
    expected = torch.nn.functional.cross_entropy(theirs, torch.from_numpy(targets), ignore_index=-1)
    expected.backward()
    loss, d_logits = cross_entropy(logits, targets)
    assert_allclose(loss, expected.item(), rtol=1e-12)
    assert_allclose(d_logits, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_steps_of_adam():
    model, weights, (tokens, targets) = a_case()
    twin = Twin(model, weights)
    theirs = torch.optim.Adam(twin.parameters(), lr=0.01, betas=(0.9, 0.98))
    adam, moments = Adam(0.01, (0.9, 0.98)), None
    for _ in range(5):
        theirs.zero_grad()
        twin.loss(torch.from_numpy(tokens), torch.from_numpy(targets)).backward()
        theirs.step()
        _, gradient = model.loss(weights, tokens, targets)
        weights, moments = adam.step(weights, gradient, moments)
        expected = torch.cat([part.detach().flatten() for part in twin.parameters()]).numpy()
        # A gradient that is zero but for rounding still moves its weight by a whole step: what
        # no loss depends on, the biases of keys, is left out.
        steady = model.named(np.abs(gradient) > 1e-9)
        steady = np.concatenate([part.ravel() for part in steady.values()])
        assert_allclose(weights[steady], expected[steady], rtol=1e-12, atol=1e-12)
