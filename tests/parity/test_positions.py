"""Rotary positions beside Llama's and GPT-J's, sinusoids beside the paper's formula."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

# Nothing is fetched, and what this library writes on import stays in this folder.
os.environ["HF_HOME"] = str(Path(__file__).parents[2] / ".cache" / "huggingface")
os.environ["HF_HUB_OFFLINE"] = "1"

from transformers import LlamaConfig
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.llama import modeling_llama as llama

from attention_core import positions

BASES = pytest.mark.parametrize("base", [10000.0, 500000.0])


def case(seed):
    """Queries and keys of a few heads, and where their tokens stand: not in order, not from 0."""
    rng = np.random.default_rng(seed)
    batch, heads, n, half = rng.integers(1, (4, 4, 9, 33))
    query, key = rng.normal(size=(2, batch, heads, n, 2 * half))
    return query, key, rng.integers(0, 4096, (batch, n))


def ours(query, key, at, base):
    """Both turned, at the places of each row of the batch."""
    return tuple(positions.rotary(x, at[:, None], base) for x in (query, key))


def angles(at, d, base):
    """Position times frequency, in Python's own arithmetic."""
    return torch.tensor(
        [[[p * base ** (-2 * i / d) for i in range(d // 2)] for p in row] for row in at.tolist()],
        dtype=torch.float64,
    )


@BASES
@pytest.mark.parametrize("seed", range(40))
def test_equals_llama_with_tables_in_float64(seed, base):
    query, key, at = case(seed)
    turns = angles(at, query.shape[-1], base)
    table = torch.cat((turns, turns), dim=-1)
    expected = llama.apply_rotary_pos_emb(
        torch.from_numpy(query), torch.from_numpy(key), table.cos(), table.sin()
    )
    for found, theirs in zip(ours(query, key, at, base), expected, strict=True):
        assert_allclose(found, theirs.numpy(), rtol=1e-12, atol=1e-12)


@BASES
@pytest.mark.parametrize("seed", range(10))
def test_equals_llama_with_its_own_tables(seed, base):
    """These are float32: at position p an angle is off by up to p times 6e-8, and more."""
    query, key, at = case(seed)
    d = query.shape[-1]
    config = LlamaConfig(
        hidden_size=d, num_attention_heads=1, head_dim=d, rope_parameters=settings(base)
    )
    tables = llama.LlamaRotaryEmbedding(config)(torch.from_numpy(query), torch.from_numpy(at))
    expected = llama.apply_rotary_pos_emb(torch.from_numpy(query), torch.from_numpy(key), *tables)
    off = 2e-7 * at.max() * max(np.abs(query).max(), np.abs(key).max())
    for found, theirs in zip(ours(query, key, at, base), expected, strict=True):
        assert_allclose(found, theirs.numpy(), rtol=0, atol=off)


def settings(base):
    """What a configuration of Llama calls the base."""
    return {"rope_type": "default", "rope_theta": base}


@pytest.mark.parametrize("seed", range(20))
def test_gptj_pairs_neighbours(seed):
    """The other layout is ours with the even features brought to the front, and put back."""
    query, _, at = case(seed)
    d = query.shape[-1]
    turns = angles(at, d, 10000.0)
    by_token = torch.from_numpy(query).transpose(1, 2)
    expected = gptj.apply_rotary_pos_emb(by_token, turns.sin(), turns.cos()).transpose(1, 2)
    evens_first = np.r_[0:d:2, 1:d:2]
    found = positions.rotary(query[..., evens_first], at[:, None])[..., np.argsort(evens_first)]
    assert_allclose(found, expected.numpy(), rtol=1e-12, atol=1e-12)
    if d > 2 and at.any():
        assert np.abs(positions.rotary(query, at[:, None]) - expected.numpy()).max() > 1e-3


@pytest.mark.parametrize(("length", "d_model"), [(1, 2), (7, 6), (512, 64), (5000, 512)])
def test_sinusoidal_is_the_formula_of_the_paper(length, d_model):
    """PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), and the cosine beside it."""
    found = positions.sinusoidal(length, d_model)
    rng = np.random.default_rng(0)
    for pos in {0, length - 1, *rng.integers(0, length, 20).tolist()}:
        for i in range(d_model // 2):
            angle = pos / 10000 ** (2 * i / d_model)
            assert found[pos, 2 * i] == pytest.approx(math.sin(angle), abs=1e-11)
            assert found[pos, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-11)


def test_sinusoidal_is_gptjs_table_with_its_features_in_turn():
    """GPT-J's table keeps all sines before all cosines, in float32."""
    theirs = gptj.create_sinusoidal_positions(200, 16).numpy()
    found = positions.sinusoidal(200, 16)
    assert_allclose(np.c_[found[:, ::2], found[:, 1::2]], theirs, atol=2e-5)
