"""Score functions: how well each query matches each key."""

import math

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_floats,
    check_additive,
    check_bilinear,
    check_concat,
    check_same_size,
)

__all__ = ["dot", "scaled_dot", "general", "additive", "concat", "cosine"]


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


def general(query: ArrayLike, key: ArrayLike, weight: ArrayLike) -> Floats:
    """Scores by a matrix in between: query @ weight @ key.T.

    Parameters
    ----------
    query : (..., n, d_q) array
    key : (..., m, d_k) array
        May differ from the queries in size.
    weight : (d_q, d_k) array
        Turns each query into what is dotted with a key.

    Returns
    -------
    (..., n, m) array
        Entry (i, j) is query i, times weight, dotted with key j.

    Raises
    ------
    ValueError
        If weight has not a row for each entry of a query and a column for each of a key.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Luong et al. 2015, "Effective approaches to attention-based neural machine translation",
    section 3.1 ("general"), arXiv:1508.04025.

    Examples
    --------
    >>> general([[1, 2]], [[3, 0, 1]], weight=[[1, 0, 0], [0, 0, 2]])
    array([[7.]])
    """
    query, key, weight = as_floats(query=query, key=key, weight=weight)
    check_bilinear(query, key, weight)
    return dot(query @ weight, key)


def additive(
    query: ArrayLike,
    key: ArrayLike,
    query_weight: ArrayLike,
    key_weight: ArrayLike,
    vector: ArrayLike,
    *,
    save_memory: bool = False,
) -> Floats:
    """Scores by a network: tanh(query @ query_weight + key @ key_weight) @ vector.

    Parameters
    ----------
    query : (..., n, d_q) array
    key : (..., m, d_k) array
        May differ from the queries in size.
    query_weight : (d_q, d) array
    key_weight : (d_k, d) array
        Bring queries and keys to the same d hidden units.
    vector : (d,) array
        Weighs the hidden units.
    save_memory : bool
        One hidden unit after another, and so without an array of shape (..., n, m, d). The
        scores are the same but for rounding.

    Returns
    -------
    (..., n, m) array
        Entry (i, j) is the sum over hidden units of vector times tanh of query i's share plus
        key j's.

    Raises
    ------
    ValueError
        If a weight has not a row for each entry of what it multiplies, or the weights and the
        vector differ in the number of hidden units.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Bahdanau et al. 2015, "Neural machine translation by jointly learning to align and
    translate", appendix A.1.2, arXiv:1409.0473.

    Examples
    --------
    >>> additive([[1, 2]], [[0], [-1]], [[1], [0]], [[1]], [2]).round(4)
    array([[1.5232, 0.    ]])
    """
    query, key, vector = as_floats(query=query, key=key, vector=vector)
    query_weight, key_weight = as_floats(query_weight=query_weight, key_weight=key_weight)
    check_additive(query, key, query_weight, key_weight, vector)
    from_query, from_key = query @ query_weight, key @ key_weight
    if save_memory:
        return _unit_by_unit(from_query, from_key, vector)
    units = np.tanh(from_query[..., :, None, :] + from_key[..., None, :, :])
    scores: Floats = units @ vector
    return scores


def _unit_by_unit(from_query: Floats, from_key: Floats, vector: Floats) -> Floats:
    """The additive scores, summed over hidden units in arrays of shape (..., n, m)."""
    units = zip(np.moveaxis(from_query, -1, 0), np.moveaxis(from_key, -1, 0), vector, strict=True)
    scores: Floats = np.zeros(())
    for q, k, v in units:
        unit = v * np.tanh(q[..., :, None] + k[..., None, :])
        # Halves would lose the small terms of a long sum.
        scores = scores + unit.astype(np.result_type(unit, np.float32), copy=False)
    return scores.astype(unit.dtype, copy=False)


def concat(query: ArrayLike, key: ArrayLike, weight: ArrayLike, vector: ArrayLike) -> Floats:
    """Scores by a small network on query and key side by side: tanh([query, key] @ weight) @ vector.

    The first d_q rows of weight meet the query and the rest the key, so that this is `additive`
    with the two parts as its weights.

    Parameters
    ----------
    query : (..., n, d_q) array
    key : (..., m, d_k) array
        May differ from the queries in size.
    weight : (d_q + d_k, d) array
    vector : (d,) array
        Weighs the d hidden units.

    Returns
    -------
    (..., n, m) array
        Entry (i, j) is the score of query i and key j.

    Raises
    ------
    ValueError
        If weight has not a row for each entry of a query and a key together, or the vector not
        an entry for each column of weight.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Luong et al. 2015, "Effective approaches to attention-based neural machine translation",
    section 3.1 ("concat"), arXiv:1508.04025.

    Examples
    --------
    >>> concat([[1, 2]], [[0], [-1]], [[1], [0], [1]], [2]).round(4)
    array([[1.5232, 0.    ]])
    """
    query, key, weight, vector = as_floats(query=query, key=key, weight=weight, vector=vector)
    check_concat(query, key, weight, vector)
    scores: Floats = np.tanh(_side_by_side(query, key) @ weight) @ vector
    return scores


def _side_by_side(query: Floats, key: Floats) -> Floats:
    """Each query with each key: an array of shape (..., n, m, d_q + d_k)."""
    leading = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    pairs = (*leading, query.shape[-2], key.shape[-2])
    queries = np.broadcast_to(query[..., :, None, :], (*pairs, query.shape[-1]))
    keys = np.broadcast_to(key[..., None, :, :], (*pairs, key.shape[-1]))
    return np.concatenate([queries, keys], axis=-1)


def cosine(query: ArrayLike, key: ArrayLike) -> Floats:
    """Scores by direction alone: the cosine of the angle between query and key.

    Parameters
    ----------
    query : (..., n, d_k) array
    key : (..., m, d_k) array

    Returns
    -------
    (..., n, m) array
        Entry (i, j) is the dot product of query i and key j, each divided by its length; it lies
        between -1 and 1, but for rounding. A vector of zeros has no direction and scores 0.

    Raises
    ------
    ValueError
        If queries and keys differ in size.
    TypeError
        If either holds anything but real numbers.

    References
    ----------
    Graves et al. 2014, "Neural Turing machines", section 3.3.1, equation 6, arXiv:1410.5401.

    Examples
    --------
    >>> cosine([[3, 4]], [[6, 8], [0, 2], [0, 0]])
    array([[1. , 0.8, 0. ]])
    """
    query, key = as_floats(query=query, key=key)
    check_same_size(query, key)
    return dot(_direction(query), _direction(key))


def _direction(x: Floats) -> Floats:
    """Each row over its length; zeros stay zeros."""
    # The largest entry goes first: squares of the rest neither overflow nor vanish.
    x = x / _or_one(np.max(np.abs(x), axis=-1, keepdims=True))
    at_least_single = np.result_type(x, np.float32)
    lengths = np.sqrt(np.sum(x * x, axis=-1, keepdims=True, dtype=at_least_single))
    return x / _or_one(lengths).astype(x.dtype)


def _or_one(x: Floats) -> Floats:
    """What can be divided by: one where there is zero."""
    return np.where(x == 0, 1, x)
