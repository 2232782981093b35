"""Score functions: how well each query matches each key."""

import math

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats, as_floats, check_same_size

__all__ = ["dot", "scaled_dot"]


def dot(query: ArrayLike, key: ArrayLike) -> Floats:
    """Raw scores of each query against each key: their dot products.

    Parameters
    ----------
    query : (..., n, d_k) array
    key : (..., m, d_k) array

    Returns
    -------
    (..., n, m) array
        Entry (i, j) is the dot product of query i and key j.

    Raises
    ------
    ValueError
        If queries and keys differ in size.
    TypeError
        If either holds anything but real numbers.

    References
    ----------
    Luong et al. 2015, "Effective approaches to attention-based neural machine translation",
    section 3.1 ("dot"), arXiv:1508.04025.

    Examples
    --------
    >>> dot([[1, 0, 2]], [[0, 1, 1], [4, 4, 0], [2, 3, 1]])
    array([[2., 4., 4.]])
    """
    query, key = as_floats(query=query, key=key)
    check_same_size(query, key)
    raw_scores: Floats = query @ np.swapaxes(key, -1, -2)
    return raw_scores


def scaled_dot(query: ArrayLike, key: ArrayLike) -> Floats:
    """Scores of each query against each key: dot products over √d_k.

    Parameters
    ----------
    query : (..., n, d_k) array
    key : (..., m, d_k) array

    Returns
    -------
    (..., n, m) array
        Entry (i, j) is the dot product of query i and key j, over the square root of d_k.

    Raises
    ------
    ValueError
        If queries and keys differ in size.
    TypeError
        If either holds anything but real numbers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.2.1, arXiv:1706.03762.

    Examples
    --------
    >>> scaled_dot([[1, 0, 2, 1]], [[0, 1, 1, 0], [2, 4, 0, 2]])
    array([[1., 2.]])
    """
    raw_scores = dot(query, key)
    d_k = np.shape(key)[-1]
    return raw_scores / math.sqrt(d_k)
