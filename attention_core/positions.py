"""Positions: what tells a token in one place from the same token in another."""

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats, check_base, check_count, check_even, check_positions

__all__ = ["sinusoidal", "rotary"]


def sinusoidal(length: int, d_model: int) -> Floats:
    """A row to add to each position's token: sines and cosines in turn.

    Parameters
    ----------
    length : int
        How many positions, counted from 0.
    d_model : int
        How many features a token has: an even number, as each frequency has a sine and a cosine.

    Returns
    -------
    (length, d_model) array
        Entry (p, 2i) is the sine, entry (p, 2i + 1) the cosine, of p times the frequency
        10000^(-2i / d_model).

    Raises
    ------
    ValueError
        If length is negative, or d_model odd or below 2.
    TypeError
        If either is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.5, arXiv:1706.03762.

    Examples
    --------
    >>> sinusoidal(2, 4).round(2)
    array([[0.  , 1.  , 0.  , 1.  ],
           [0.84, 0.54, 0.01, 1.  ]])
    """
    length = check_count("length", length)
    d_model = check_even("d_model", d_model)
    angles = np.arange(length)[:, None] * frequencies(d_model)
    encoding: Floats = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return encoding.reshape(length, d_model)


def rotary(x: ArrayLike, positions: ArrayLike, base: float = 10000.0) -> Floats:
    """Queries or keys, each pair of features turned by its position.

    Two tokens turned so have a dot product that depends on how far apart they stand, and not on
    where.

    The pairs are first half with second half, as in Llama (that of transformers): features i and
    i + d / 2 turn together. The paper, and models such as GPT-J, pair neighbours instead, 2i and
    2i + 1. The one is the other with its features in another order, so weights trained with one layout give
    wrong scores under the other. To turn neighbours: bring the even features to the front, the
    odd ones behind them, turn, and put them back.

    Parameters
    ----------
    x : (..., n, d) array
        Queries or keys of one head, of an even number of features.
    positions : array that broadcasts to (..., n)
        Where each token stands. They may begin anywhere, as after a cache.
    base : float
        Pair i turns by position times base^(-2i / d): a larger base makes slower pairs.

    Returns
    -------
    (..., n, d) array
        Each row as long as it was, in the dtype of x.

    Raises
    ------
    ValueError
        If x has an odd number of features, positions do not fit it or are not finite, or base is
        not above 0.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Su et al. 2021, "RoFormer: enhanced transformer with rotary position embedding", section 3.2,
    arXiv:2104.09864.

    Examples
    --------
    >>> rotary([[1, 0], [1, 0]], positions=[0, 1]).round(2)
    array([[1.  , 0.  ],
           [0.54, 0.84]])
    """
    x, positions = check_positions(x, positions)
    angles = positions[..., None] * frequencies(x.shape[-1], check_base(base))
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = np.split(x, 2, axis=-1)
    turned = first * cos - second * sin, first * sin + second * cos
    return np.concatenate(turned, axis=-1)


def frequencies(d: int, base: float = 10000.0) -> Floats:
    """How far each of d / 2 pairs turns from one position to the next: 1, and ever less."""
    turns: Floats = base ** (-np.arange(0, d, 2) / d)
    return turns
