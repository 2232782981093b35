"""The cache of keys and values: the same results as with all of them at once."""

from __future__ import annotations

import numpy as np
import pytest

from attention_core import KeyValueCache, masks, scaled_dot_product_attention
from tests.leaks import assert_no_leak

RNG = np.random.default_rng(18)
SIZES = {"two axes": (), "heads": (4,), "batch": (3, 4)}


def tokens(leading, n, d_k=5, d_v=3):
    return (RNG.normal(size=(*leading, n, size)) for size in (d_k, d_k, d_v))


def filled(key, value, cuts):
    cache = KeyValueCache()
    for part in np.split(np.arange(key.shape[-2]), cuts):
        cache.append(key[..., part, :], value[..., part, :])
    return cache


@pytest.mark.parametrize("leading", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("options", [{}, {"window": (3, 0)}, {"softcap": 2.0}, {"scale": 0.3}])
def test_one_token_at_a_time_is_the_full_computation(leading, options):
    query, key, value = tokens(leading, 9)
    whole = scaled_dot_product_attention(query, key, value, is_causal=True, **options)
    cache = KeyValueCache()
    for i in range(9):
        now = slice(i, i + 1)
        cache.append(key[..., now, :], value[..., now, :])
        output = cache.attend(query[..., now, :], **options)
        assert np.abs(output - whole[..., now, :]).max() < 1e-12


@pytest.mark.parametrize("cuts", [[1], [4], [1, 2, 3, 4, 5, 6, 7, 8], []])
def test_however_it_was_filled_the_same_operations_give_the_same_bits(cuts):
    query, key, value = tokens((2, 4), 9)
    cache = filled(key, value, cuts)
    assert np.array_equal(cache.key, key)
    assert np.array_equal(cache.value, value)
    whole = scaled_dot_product_attention(query, key, value, is_causal=True)
    assert np.array_equal(cache.attend(query), whole)


def test_heads_share_keys():
    query, key, value = (x for x in (*tokens((6,), 5),))
    key, value = key[:2], value[:2]
    whole = scaled_dot_product_attention(query, key, value, is_causal=True)
    last = filled(key, value, [2]).attend(query[:, 3:])
    assert np.abs(last - whole[:, 3:]).max() < 1e-12


def test_what_comes_later_does_not_leak():
    def attend(query, key, value, mask):
        return filled(key, value, [3]).attend(query)

    assert_no_leak(attend, *tokens((), 6), mask=masks.causal(6))


def test_nothing_that_was_read_changes_later():
    _, key, value = tokens((), 8)
    cache = filled(key[:3], value[:3], [])
    early = cache.key
    for i in range(3, 8):
        cache.append(key[i : i + 1], value[i : i + 1])
    assert np.array_equal(early, key[:3])
    assert not early.flags.writeable
    key[0] = 7
    assert cache.key[0, 0] != 7


def test_it_says_what_it_takes():
    _, key, value = tokens((4,), 3)
    cache = KeyValueCache()
    assert (len(cache), cache.nbytes, repr(cache)) == (0, 0, "KeyValueCache(0 tokens, 0 bytes)")
    cache.append(key.astype(np.float32), value.astype(np.float32))
    assert (len(cache), cache.nbytes) == (3, 4 * 4 * 3 * (5 + 3))


def test_arrays_grow_seldom():
    cache, rooms = KeyValueCache(), set()
    for _ in range(1000):
        cache.append(np.ones((1, 2)), np.ones((1, 2)))
        rooms.add(cache.key.base.shape)
    assert len(rooms) <= 11


@pytest.mark.parametrize("halves", [np.float32, np.float16])
def test_the_dtype_stays(halves):
    query, key, value = (x.astype(halves) for x in tokens((2,), 4))
    cache = filled(key, value, [1])
    assert cache.key.dtype == cache.value.dtype == cache.attend(query).dtype == halves


ONE = np.ones((1, 2))


@pytest.mark.parametrize(
    ("error", "words", "act"),
    [
        (ValueError, "the cache has no key: nothing", lambda cache: KeyValueCache().key),
        (ValueError, "at most as many tokens as were", lambda cache: cache.attend(np.ones((3, 2)))),
        (ValueError, "query must have two axes", lambda cache: cache.attend(np.ones(2))),
        (ValueError, r"key must have the shape .* got \(3,\)", lambda cache: cache.append([[1, 2, 3]], ONE)),
        (ValueError, "value must have the shape", lambda cache: cache.append(ONE, [[1, 2, 3]])),
        (ValueError, "same number of tokens", lambda cache: cache.append(ONE, np.ones((2, 2)))),
        (TypeError, "key must have the dtype", lambda cache: cache.append(np.float32(ONE), ONE)),
        (TypeError, "value must have the dtype", lambda cache: cache.append(ONE, np.float32(ONE))),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_changes_nothing(error, words, act):
    cache = KeyValueCache()
    cache.append(ONE, ONE)
    with pytest.raises(error, match=words):
        act(cache)
    assert len(cache) == 1
    cache.append(ONE, ONE)
    assert np.array_equal(cache.key, np.ones((2, 2)))
