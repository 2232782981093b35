"""Attention: score, normalise, and mix the values."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_floats,
    check_mask,
    check_same_count,
    check_scores,
)
from attention_core._show import named_arrays
from attention_core.normalize import softmax
from attention_core.scores import scaled_dot

__all__ = ["Attention", "attention"]


@dataclass(frozen=True, eq=False, repr=False)
class Attention:
    """What attention computes, in the order of computing; it unpacks in that order too.

    Attributes
    ----------
    scores : (..., n, m) array
        What goes into softmax: scaled, and -inf where the mask hides a key.
    weights : (..., n, m) array
        What comes out of softmax: how much each query takes of each value.
    output : (..., n, d_v) array
        The values, averaged with the weights of each query.

    Examples
    --------
    >>> scores, weights, output = attention([[1, 0]], [[1, 0], [1, 0]], [[2], [4]])
    >>> output
    array([[3.]])
    """

    scores: Floats
    weights: Floats
    output: Floats

    def __iter__(self) -> Iterator[Floats]:
        """The scores, the weights and the output."""
        return iter((self.scores, self.weights, self.output))

    def __repr__(self) -> str:
        """The three arrays, to four decimals."""
        return named_arrays(
            "Attention", scores=self.scores, weights=self.weights, output=self.output
        )


def attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    score: Callable[[Floats, Floats], ArrayLike] = scaled_dot,
) -> Attention:
    """For each query, the average of the values, weighted by how keys match.

    Parameters
    ----------
    query : (..., n, d_k) array
    key : (..., m, d_k) array
    value : (..., m, d_v) array
    mask : array that broadcasts to (..., n, m), optional
        Boolean: True means "may attend". Floating: added to the scores.
    score : callable
        Takes query and key, gives scores of shape (..., n, m).

    Returns
    -------
    Attention
        With `scores`, `weights` and `output`. A query that may attend to nothing gets zeros.

    Raises
    ------
    ValueError
        If sizes do not fit, or a mask would enlarge the scores.
    TypeError
        If an argument holds anything but real numbers, or the mask integers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", equation 1, arXiv:1706.03762.

    Examples
    --------
    >>> attention([[1, 0]], [[3, 1], [3, 2]], [[2, 0], [4, 8]]).output
    array([[3., 4.]])
    """
    query, key, value = as_floats(query=query, key=key, value=value)
    check_same_count(query, key, value)
    scores = check_scores(score(query, key), query, key)
    if mask is not None:
        scores = apply_mask(scores, mask)
    weights = softmax(scores)
    return Attention(scores, weights, weights @ value)


def apply_mask(scores: Floats, mask: ArrayLike) -> Floats:
    """Scores with -inf where a boolean mask says False, or with a floating mask added."""
    mask = check_mask(mask, scores)
    if mask.dtype == bool:
        return np.where(mask, scores, -np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(mask > -np.inf, scores + mask, -np.inf).astype(scores.dtype)
