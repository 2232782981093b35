"""From scores to weights: softmax."""

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats, as_float, check_axis, check_below_infinity

__all__ = ["softmax"]


def softmax(x: ArrayLike, axis: int = -1) -> Floats:
    """Positive weights that sum to one: exponentials over their sum.

    Parameters
    ----------
    x : array of any shape
        Scores. Floats keep their dtype, integers count as float64. NaN stays NaN.
    axis : int
        The axis along which the weights sum to one.

    Returns
    -------
    array of the shape of x
        Weights. A score of -inf gets weight 0; where all are -inf, all weights are 0.

    Raises
    ------
    ValueError
        If x has no such axis, or holds +inf.
    TypeError
        If x holds anything but real numbers.

    References
    ----------
    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".

    Examples
    --------
    >>> softmax([0, 0, -np.inf])
    array([0.5, 0.5, 0. ])
    """
    x = as_float("x", x)
    check_axis("x", x, axis)
    highest = np.max(x, axis, keepdims=True, initial=-np.inf)
    check_below_infinity("x", highest)
    with np.errstate(over="ignore", under="ignore"):
        exponentials = np.exp(x - np.where(highest == -np.inf, 0, highest))
    at_least_single = np.result_type(x, np.float32)
    total = np.sum(exponentials, axis, keepdims=True, dtype=at_least_single)
    weights: Floats = exponentials / np.where(total == 0, 1, total)
    return weights.astype(x.dtype, copy=False)
