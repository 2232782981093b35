"""Masks: which query may attend to which key. True means "may attend"; combine with `&`."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import check_causal, check_count, check_lengths, check_side

__all__ = ["causal", "padding", "window"]

Mask = NDArray[np.bool_]


def causal(n: int, m: int | None = None) -> Mask:
    """Each query may attend to its own token and to those before it.

    Parameters
    ----------
    n : int
        How many queries.
    m : int, optional
        How many keys, n or more: the queries are the last n of the m tokens, as when the first
        m - n are in a cache. Without it, there are as many keys as queries.

    Returns
    -------
    (n, m) boolean array
        Entry (i, j) is True where j <= i + m - n. This is what `scaled_dot_product_attention`
        leaves in view with `is_causal=True, query_start=m - n`; PyTorch and ONNX count queries
        from the first key unless told otherwise, as `query_start=0` does.

    Raises
    ------
    ValueError
        If a count is negative, or there are fewer keys than queries.
    TypeError
        If a count is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.2.3, arXiv:1706.03762.

    Examples
    --------
    >>> causal(2, 3)
    array([[ True,  True, False],
           [ True,  True,  True]])
    """
    m = check_causal(n, m)
    return in_view(n, m, start=m - n, right=0)


def padding(lengths: ArrayLike, m: int) -> Mask:
    """Each query may attend to the first keys of its sequence: the rest is padding.

    Parameters
    ----------
    lengths : (...) array of int
        How many keys are real, for each sequence of a batch, or one number.
    m : int
        How many keys there are, padding included.

    Returns
    -------
    (..., 1, m) boolean array
        One row for all queries of a sequence. It fits scores of shape (..., n, m). Where these
        have an axis for heads, give lengths one: `padding(lengths[:, None], m)`.

    Raises
    ------
    ValueError
        If a length is negative, or above m.
    TypeError
        If m or a length is no whole number.

    Examples
    --------
    >>> padding([1, 3], 3)
    array([[[ True, False, False]],
    <BLANKLINE>
           [[ True,  True,  True]]])
    """
    m = check_count("m", m)
    lengths = check_lengths("lengths", lengths, m)
    mask: Mask = np.arange(m) < lengths[..., None, None]
    return mask


def window(n: int, left: int | None, right: int | None) -> Mask:
    """Each query may attend to its own token and to a few on either side.

    Parameters
    ----------
    n : int
        How many queries, and as many keys.
    left, right : int or None
        How many tokens before and after its own a query may attend to. None is all of them.

    Returns
    -------
    (n, n) boolean array
        Entry (i, j) is True where i - left <= j <= i + right.

    Raises
    ------
    ValueError
        If a count is negative.
    TypeError
        If a count is no whole number.

    References
    ----------
    Beltagy et al. 2020, "Longformer: the long-document transformer", section 3.1,
    arXiv:2004.05150.

    Examples
    --------
    >>> window(3, 1, 0)
    array([[ True, False, False],
           [ True,  True, False],
           [False,  True,  True]])
    """
    n = check_count("n", n)
    left, right = check_side("left", left), check_side("right", right)
    return in_view(n, n, left=left, right=right)


def in_view(
    n: int,
    m: int,
    start: ArrayLike = 0,
    left: int | None = None,
    right: int | None = None,
) -> Mask:
    """The keys from `left` before to `right` after query i, which stands at start + i."""
    place = np.arange(n)[:, None] + np.asarray(start)[..., None, None]
    ahead = np.arange(m) - place
    mask = np.ones(ahead.shape, bool)
    if left is not None:
        mask &= ahead >= -left
    if right is not None:
        mask &= ahead <= right
    return mask
