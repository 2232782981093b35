"""Generation: a decoder that reads each token once gives what reading all of them again gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from attention_core import KeyValueCache, generation, training
from attention_core.generation import choose, generate, windows
from tools import bench

WORDS, LENGTH = 7, 12
SIZES = {"d_model": 8, "heads": 2, "layers": 2, "d_ff": 12, "causal": True}
VARIANTS = [{}, {"positions": False}, {"residuals": False}, {"layers": 1}, {"heads": 1}]


def a_model(**changes):
    model = training.TinyTransformer(WORDS, LENGTH, WORDS, **SIZES | changes)
    return model, model.initial(np.random.default_rng(3), np.float64) * 2


def new_caches(model):
    return [KeyValueCache() for _ in range(model.layers)]


def in_parts(model, weights, tokens, cuts):
    """The logits of a batch of sequences that are read part by part, and the caches after."""
    caches = new_caches(model)
    parts = np.split(tokens, cuts, axis=1)
    logits = [model(weights, part, caches).logits for part in parts]
    return np.concatenate(logits, axis=1), caches


# --- reading on ---------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
@pytest.mark.parametrize("cuts", [range(1, LENGTH), [5], [3, 4, 9], []], ids=str)
def test_reading_on_is_reading_the_whole(changes, cuts):
    model, weights = a_model(**changes)
    tokens = np.random.default_rng(0).integers(WORDS, size=(3, LENGTH))
    logits, caches = in_parts(model, weights, tokens, cuts)
    assert np.abs(logits - model(weights, tokens).logits).max() < 1e-12
    assert [len(cache) for cache in caches] == [LENGTH] * model.layers


def test_weights_are_over_all_tokens_so_far():
    model, weights = a_model()
    caches, tokens = new_caches(model), [[1, 5, 2, 2, 6]]
    whole = model(weights, tokens).attention
    model(weights, [tokens[0][:3]], caches)
    attention = model(weights, [tokens[0][3:]], caches).attention
    for heads, expected in zip(attention, whole, strict=True):
        assert heads.shape == (1, model.heads, 2, 5)
        np.testing.assert_allclose(heads, expected[:, :, 3:], atol=1e-12)


@pytest.mark.parametrize("cuts", [[], [4], range(1, LENGTH)], ids=str)
def test_what_comes_later_moves_nothing_before_it(cuts):
    model, weights = a_model()
    tokens = np.random.default_rng(1).integers(WORDS, size=(1, LENGTH))
    logits, caches = in_parts(model, weights, tokens, cuts)
    for place in range(1, LENGTH):
        changed = tokens.copy()
        changed[:, place:] = (changed[:, place:] + 1) % WORDS
        others, other_caches = in_parts(model, weights, changed, cuts)
        assert np.array_equal(logits[:, :place], others[:, :place])
        assert not np.array_equal(logits[:, place], others[:, place])
        for cache, other in zip(caches, other_caches, strict=True):
            assert np.array_equal(cache.key[..., :place, :], other.key[..., :place, :])
            assert np.array_equal(cache.value[..., :place, :], other.value[..., :place, :])


def test_the_dtype_stays():
    model, weights = a_model()
    logits, caches = in_parts(model, weights.astype(np.float32), np.array([[1, 2, 3]]), [2])
    assert logits.dtype == caches[0].key.dtype == np.float32


@pytest.mark.parametrize(
    ("changes", "counts", "tokens", "words"),
    [
        ({"causal": False}, [0, 0], [[1]], "causal model.*causal=False"),
        ({}, [0], [[1]], "caches must be 2, one for each layer.* got 1"),
        ({}, [2, 1], [[1]], r"as many tokens each: got 2, which hold \[2, 1\]"),
        ({}, [10, 10], [[1, 2, 3]], "1 to 2 tokens, which is the model's length, less the 10"),
        ({}, [2, 2], [[WORDS]], "tokens must be between 0 and 6"),
    ],
)
def test_what_cannot_be_read_is_refused_and_changes_nothing(changes, counts, tokens, words):
    model, weights = a_model(**changes)
    caches = [KeyValueCache() for _ in counts]
    for cache, count in zip(caches, counts, strict=True):
        if count:
            cache.append(np.ones((1, 2, count, 4)), np.ones((1, 2, count, 4)))
    with pytest.raises(ValueError, match=words):
        model(weights, tokens, caches)
    assert [len(cache) for cache in caches] == counts


# --- one token at a time ------------------------------------------------------------------------


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
@pytest.mark.parametrize("temperature", [0.0, 0.5, 2.0])
def test_with_and_without_a_cache_the_tokens_are_the_same(changes, temperature):
    model, weights = a_model(**changes)
    for seed in range(4):
        told = [
            generate(
                model, weights, [seed, 1], LENGTH - 2, temperature=temperature,
                rng=np.random.default_rng(seed), cache=cache,
            )
            for cache in (True, False)
        ]  # fmt: skip
        assert told[0] == told[1]
        assert len(told[0]) == LENGTH - 2


def test_greedy_is_the_likeliest_each_time():
    model, weights = a_model()
    tokens = [3]
    for _ in range(LENGTH - 1):
        tokens.append(int(model(weights, [tokens]).logits[0, -1].argmax()))
    assert generate(model, weights, [3], LENGTH - 1) == tokens[1:]


@pytest.mark.parametrize("cache", [True, False])
def test_how_many_tokens_are_read(cache, monkeypatch):
    read, call = [], training.TinyTransformer.__call__

    def counted(model, weights, tokens, caches=()):
        read.append(np.shape(tokens)[1])
        return call(model, weights, tokens, caches)

    monkeypatch.setattr(training.TinyTransformer, "__call__", counted)
    generate(*a_model(), [1, 2, 3], 4, cache=cache)
    assert read == ([3, 1, 1, 1] if cache else [3, 4, 5, 6])


def test_the_prompt_stays_and_nothing_may_be_asked_for():
    prompt = np.array([1, 2])
    assert generate(*a_model(), prompt, 0) == []
    generate(*a_model(), prompt, 3)
    assert prompt.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"prompt": [1] * 10}, ValueError, r"1 to 8 tokens, so that 4 more .* got shape \(10,\)"),
        ({"count": LENGTH}, ValueError, "prompt must be a row of 1 to 0 tokens"),
        ({"prompt": []}, (ValueError, TypeError), "prompt must"),
        ({"prompt": [[1]]}, ValueError, "prompt must be a row"),
        ({"prompt": [WORDS]}, ValueError, "prompt must be between 0 and 6.* got 7"),
        ({"prompt": [-1]}, ValueError, "prompt must be between 0 and 6.* got -1"),
        ({"prompt": [0.5]}, TypeError, "prompt must hold whole numbers"),
        ({"count": 2.0}, TypeError, "count must be a whole number"),
        ({"count": -1}, ValueError, "count must be 0 or more"),
        ({"temperature": -1.0}, ValueError, "temperature must be 0 or above.* got -1"),
        ({"temperature": np.nan}, ValueError, "temperature must be 0 or above"),
        ({"temperature": 1.0}, TypeError, "rng must be a generator"),
    ],
)
@pytest.mark.parametrize("cache", [True, False])
def test_what_cannot_be_generated_is_refused(changes, error, words, cache):
    with pytest.raises(error, match=words):
        generate(*a_model(), **{"prompt": [1], "count": 4, "cache": cache} | changes)


@pytest.mark.parametrize("cache", [True, False])
def test_a_model_that_cannot_read_what_it_gives_is_refused(cache):
    with pytest.raises(ValueError, match=r"model must be causal.* got causal=False"):
        generate(*a_model(causal=False), [1], 1, cache=cache)
    other = training.TinyTransformer(WORDS, LENGTH, WORDS - 1, causal=True)
    with pytest.raises(ValueError, match="got causal=True, 6 answers and 7 words"):
        generate(other, other.initial(np.random.default_rng(0)), [1], 1, cache=cache)


# --- choosing -----------------------------------------------------------------------------------


def test_draws_follow_the_probabilities():
    rng = np.random.default_rng(5)
    for temperature in (0.5, 1.0, 3.0):
        drawn = [choose([1.0, -np.inf, 0.0, 2.0], temperature, rng) for _ in range(4000)]
        shares = np.exp(np.array([1.0, -np.inf, 0.0, 2.0]) / temperature)
        found = np.bincount(drawn, minlength=4) / 4000
        np.testing.assert_allclose(found, shares / shares.sum(), atol=0.03)
        assert found[1] == 0


def test_the_same_seed_draws_the_same():
    one, two = (
        [choose(range(9), 2.0, rng) for _ in range(50)]
        for rng in map(np.random.default_rng, (1, 1))
    )
    assert one == two
    assert len(set(one)) > 3


def test_a_cold_draw_is_the_likeliest():
    rng = np.random.default_rng(0)
    for logits in (np.float32([0, 3, 1]), np.float64([-900, 3, 1]), np.float32([1e30, 2e30, 0])):
        assert choose(logits, 1e-6, rng) == choose(logits) == 1


# --- pieces of a text ---------------------------------------------------------------------------


def test_targets_follow_their_tokens():
    text = np.arange(100, 110)
    tokens, targets = windows(np.random.default_rng(0), 500, text, length=4)
    assert tokens.shape == targets.shape == (500, 4)
    assert np.array_equal(targets, tokens + 1)
    assert np.array_equal(np.diff(tokens), np.ones((500, 3)))
    assert set(tokens[:, 0]) == set(text[:6])
    assert windows(np.random.default_rng(0), 2, text, length=9)[1][:, -1].tolist() == [109, 109]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((1, [1, 2, 3], 3), ValueError, "the text's length must be 4 or more"),
        ((0, [1, 2, 3], 2), ValueError, "count must be 1 or more"),
        ((1, [1, 2, 3], 0), ValueError, "length must be 1 or more"),
        ((1, [0.5, 2], 1), TypeError, "text must hold whole numbers"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        windows(np.random.default_rng(0), *arguments)
    with pytest.raises(TypeError, match="rng must be a generator"):
        windows(0, *arguments)


def test_a_rhyme_is_learned():
    text = np.tile([0, 1, 2, 1, 3, 1], 10)
    model = training.TinyTransformer(4, 12, 4, d_model=16, heads=2, layers=1, d_ff=16, causal=True)
    *_, last = training.train(
        model,
        lambda rng, count: windows(rng, count, text, 12),
        150,
        np.random.default_rng(0),
        batch=16,
    )
    assert generate(model, last.weights, [2, 1], 8) == [3, 1, 0, 1, 2, 1, 3, 1]
    assert set(generation.__all__) == {"windows", "choose", "generate"}


# --- what was measured --------------------------------------------------------------------------


def test_times_that_are_stored_say_how_they_came_to_be():
    stored = json.loads((Path(generation.__file__).with_name("generation_times.json")).read_text())
    assert stored["command"] == f"make bench only={bench.generation.__name__}"
    assert stored["so_far"] == list(bench.SO_FAR)
    assert {"machine", "seed", "versions"} <= set(stored)
    names = list(bench.generation())
    for way in ("with a cache", "without"):
        assert len(stored[way]) == len(bench.SO_FAR) == sum(name.startswith(way) for name in names)
    assert stored["with a cache"][0] == 1
    assert max(stored["with a cache"]) < 1.2 * min(stored["with a cache"])
