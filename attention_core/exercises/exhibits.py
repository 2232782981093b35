"""The exhibits of the bug museum: attention as it should be, then with one bug in each.

All take arrays of (tokens, features), and cut the features into heads. They are specimens, as one
meets them: short, without types, and each but `sound` wrong.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

import numpy as np

from attention_core.attend import Attention
from attention_core.heads import merge_heads, split_heads
from attention_core.normalize import softmax

__all__ = ["hide", "sound", *(f"exhibit_{number}" for number in range(1, 12))]


def hide(scores, mask):
    """Put -inf where a mask, if there is one, says False."""
    return scores if mask is None else np.where(mask, scores, -np.inf)


def sound(query, key, value, mask=None, heads=1):
    """Attend, in one head or several."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT / np.sqrt(k.shape[-1]), mask)
    weights = softmax(scores)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_1(query, key, value, mask=None, heads=1):
    """Attend; queries are axis 0 and keys are axis 1."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT / np.sqrt(k.shape[-1]), mask)
    weights = softmax(scores, axis=1)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_2(query, key, value, mask=None, heads=1):
    """Attend by dot products."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT, mask)
    weights = softmax(scores)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_3(query, key, value, mask=None, heads=1):
    """Attend by scaled dot products."""
    scale = 1 / np.sqrt(query.shape[-1])
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT * scale, mask)
    weights = softmax(scores)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_4(query, key, value, mask=None, heads=1):
    """Attend to what the mask leaves."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = q @ k.mT / np.sqrt(k.shape[-1])
    weights = softmax(scores)
    if mask is not None:
        weights = weights * mask
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_5(query, key, value, mask=None, heads=1):
    """Attend where the mask is one, and not where it is zero."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = q @ k.mT / np.sqrt(k.shape[-1])
    if mask is not None:
        scores = scores + mask
    weights = softmax(scores)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_6(query, key, value, mask=None, heads=1):
    """Attend where the mask is one; elsewhere scores fall far below."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = q @ k.mT / np.sqrt(k.shape[-1])
    if mask is not None:
        scores = scores + (1 - mask) * -10_000
    weights = softmax(scores)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_7(query, key, value, mask=None, heads=1):
    """Attend; the softmax is written out."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT / np.sqrt(k.shape[-1]), mask)
    highest = scores.max(axis=-1, keepdims=True)
    powers = np.exp(scores - highest)
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_8(query, key, value, mask=None, heads=1):
    """Attend: every key against every query."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(k @ q.mT / np.sqrt(k.shape[-1]), mask)
    weights = softmax(scores)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_9(query, key, value, mask=None, heads=1):
    """Attend, with an axis for heads in front."""
    q, k, v = (x.reshape(heads, len(x), -1) for x in (query, key, value))
    scores = hide(q @ k.mT / np.sqrt(k.shape[-1]), mask)
    weights = softmax(scores)
    return Attention(scores, weights, (weights @ v).reshape(len(query), -1))


def exhibit_10(query, key, value, mask=None, heads=1):
    """Attend; the scores are kept, to be drawn."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT / np.sqrt(k.shape[-1]), mask)
    weights = scores[:]  # a copy to work on
    weights[:] = softmax(weights)
    return Attention(scores, weights, merge_heads(weights @ v))


def exhibit_11(query, key, value, mask=None, heads=1):
    """Attend by scaled dot products."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores = hide(q @ k.mT, mask)
    weights = softmax(scores) / np.sqrt(k.shape[-1])
    return Attention(scores, weights, merge_heads(weights @ v))
