"""The backward pass, by hand: from how a loss moves with an output to how it moves with what made it.

Each function bears the name of the one it goes back through, and d_x stands for the gradient of
the loss with respect to x: an array of the shape of x, each entry of which says how much the loss
moves for each unit by which that entry of x moves.

>>> softmax(weights=[0.5, 0.25, 0.25], d_weights=[4, 0, 0])
array([ 1. , -0.5, -0.5])
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_float,
    as_floats,
    check_choice,
    check_indices,
    check_number,
    check_rows,
    check_same_count,
    check_same_size,
    check_shape,
)
from attention_core.attend import apply_mask
from attention_core.layers import share_below, standardise
from attention_core.normalize import softmax as softmax_of
from attention_core.scores import dot

__all__ = [
    "softmax",
    "attention",
    "linear",
    "layer_norm",
    "gelu",
    "relu",
    "embedding",
]

Two = tuple[Floats, Floats]
Three = tuple[Floats, Floats, Floats]


def softmax(weights: ArrayLike, d_weights: ArrayLike) -> Floats:
    """Through softmax: d_scores from d_weights.

    Parameters
    ----------
    weights : (..., m) array
        What softmax gave, along its last axis.
    d_weights : (..., m) array
        The gradient of the loss with respect to them.

    Returns
    -------
    (..., m) array
        The gradient with respect to the scores. Its rows sum to zero, as the same number added to
        every score changes no weight; where a weight is 0, so is its entry.

    Raises
    ------
    ValueError
        If the two differ in shape.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Bridle 1990, "Training stochastic model recognition algorithms as networks can lead to maximum
    mutual information estimation of parameters".

    Examples
    --------
    >>> softmax([0.5, 0.5, 0], [1, 3, 100])
    array([-0.5,  0.5,  0. ])
    """
    weights, d_weights = as_floats(weights=weights, d_weights=d_weights)
    check_shape("d_weights", d_weights, weights.shape, "an entry for each of the weights")
    mean: Floats = np.vecdot(weights, d_weights)[..., None]
    return weights * (d_weights - mean)


def attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    d_output: ArrayLike,
    mask: ArrayLike | None = None,
    scale: float | None = None,
    *,
    weights: ArrayLike | None = None,
) -> Three:
    """Through dot-product attention: d_query, d_key, d_value from d_output.

    Parameters
    ----------
    query : (..., n, d_k) array
    key : (..., m, d_k) array
    value : (..., m, d_v) array
        Leading axes broadcast, such as keys that serve several heads or queries.
    d_output : (..., n, d_v) array
        The gradient of the loss with respect to the output.
    mask : array that broadcasts to (..., n, m), optional
        As in `attention_core.attention`. What it hides has a gradient of 0.
    scale : float, optional
        What query times key was multiplied by; 1 / sqrt(d_k) if not given.
    weights : (..., n, m) array, optional
        What softmax gave on the way forward, if it was kept: else it is computed again. The mask
        is in it, and is not needed a second time.

    Returns
    -------
    d_query, d_key, d_value : arrays of the shapes of query, key and value
        A query that sees nothing has a gradient of zeros, and adds nothing to the others.

    Raises
    ------
    ValueError
        If sizes do not fit, or a mask would enlarge the scores.
    TypeError
        If an argument holds anything but real numbers, or the mask integers.

    References
    ----------
    The chain rule, applied to equation 1 of Vaswani et al. 2017, "Attention is all you need",
    arXiv:1706.03762; as in Dao et al. 2022, appendix B.2, arXiv:2205.14135.

    Examples
    --------
    >>> d_query, d_key, d_value = attention([[1]], [[0], [0]], [[2], [4]], d_output=[[1]])
    >>> d_value
    array([[0.5],
           [0.5]])
    >>> d_key
    array([[-0.5],
           [ 0.5]])
    """
    query, key, value = as_floats(query=query, key=key, value=value)
    d_output = as_float("d_output", d_output)
    weights, scale = _weigh(query, key, value, d_output, mask, scale, weights)
    d_value = weights.mT @ d_output
    d_scores = scale * softmax(weights, d_output @ value.mT)
    d_query = d_scores @ key
    d_key = d_scores.mT @ query
    return _fold(d_query, query), _fold(d_key, key), _fold(d_value, value)


def _weigh(
    query: Floats,
    key: Floats,
    value: Floats,
    d_output: Floats,
    mask: ArrayLike | None,
    scale: float | None,
    weights: ArrayLike | None,
) -> tuple[Floats, float]:
    """The weights and the scale, with everything checked."""
    check_same_size(query, key)
    check_same_count(query, key, value)
    scale = 1 / math.sqrt(key.shape[-1]) if scale is None else check_number("scale", scale)
    leading = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    pairs = (*leading, query.shape[-2], key.shape[-2])
    if weights is None:
        scores = dot(query * scale, key)
        weights = softmax_of(scores if mask is None else apply_mask(scores, mask))
    weights = as_float("weights", weights)
    check_shape("weights", weights, pairs, "an entry for each query (down) and each key (across)")
    leading = np.broadcast_shapes(leading, value.shape[:-2])
    shape = (*leading, query.shape[-2], value.shape[-1])
    check_shape("d_output", d_output, shape, "an entry for each of the output")
    return np.broadcast_to(weights, (*leading, *pairs[-2:])), scale


def _fold(gradient: Floats, x: Floats) -> Floats:
    """The gradient, summed over the axes along which x was repeated."""
    if gradient.shape == x.shape:
        return gradient
    new = gradient.ndim - x.ndim
    repeated = [new + i for i, size in enumerate(x.shape) if gradient.shape[new + i] != size]
    folded: Floats = gradient.sum((*range(new), *repeated), keepdims=True)
    return folded.reshape(x.shape)


def linear(x: ArrayLike, weight: ArrayLike, d_output: ArrayLike) -> Three:
    """Through x @ weight + bias: d_x, d_weight and d_bias from d_output.

    Parameters
    ----------
    x : (..., d_in) array
    weight : (d_in, d_out) array
    d_output : (..., d_out) array
        The gradient of the loss with respect to the output.

    Returns
    -------
    d_x : (..., d_in) array
    d_weight : (d_in, d_out) array
    d_bias : (d_out,) array
        The last two are sums over all rows, as every row was multiplied by the same weight. The
        bias itself is not needed: its gradient does not depend on it.

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Rumelhart et al. 1986, "Learning representations by back-propagating errors", equations 6
    and 7.

    Examples
    --------
    >>> d_x, d_weight, d_bias = linear([[1, 2]], [[3], [4]], d_output=[[10]])
    >>> d_x, d_bias
    (array([[30., 40.]]), array([10.]))
    >>> d_weight
    array([[10.],
           [20.]])
    """
    x, weight, d_output = as_floats(x=x, weight=weight, d_output=d_output)
    check_rows("weight", weight, "x", x.shape[-1] if x.ndim else 0)
    shape = (*x.shape[:-1], weight.shape[1])
    check_shape("d_output", d_output, shape, "an entry for each of the output")
    # As one matrix: a product with leading axes would be made of many small ones.
    rows, d_rows = x.reshape(-1, x.shape[-1]), d_output.reshape(-1, shape[-1])
    d_x = (d_rows @ weight.T).reshape(x.shape)
    return d_x, rows.T @ d_rows, d_rows.sum(axis=0)


def layer_norm(
    x: ArrayLike, gain: ArrayLike, d_output: ArrayLike, eps: float = 1e-5, saved: Two | None = None
) -> Three:
    """Through layer norm: d_x, d_gain and d_bias from d_output.

    Parameters
    ----------
    x : (..., d) array
    gain : (d,) array
    d_output : (..., d) array
        The gradient of the loss with respect to the output.
    eps : float
        Added to the variance.
    saved : pair of arrays, optional
        What `layers.standardise(x, eps)` gave on the way forward, if it was kept: else it is computed
        again.

    Returns
    -------
    d_x : (..., d) array
        Each row sums to zero, as the same number added to every entry of a row changes nothing.
    d_gain, d_bias : (d,) array
        Sums over all rows.

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    The chain rule, applied to Ba et al. 2016, "Layer normalization", equation 3, arXiv:1607.06450.

    Examples
    --------
    >>> d_x, d_gain, d_bias = layer_norm([[0, 1, 2]], gain=[1, 1, 1], d_output=[[6, 0, 0]])
    >>> d_x.round(3)
    array([[ 1.225, -2.449,  1.225]])
    >>> d_gain.round(3), d_bias
    (array([-7.348,  0.   ,  0.   ]), array([6., 0., 0.]))
    """
    x, gain, d_output = as_floats(x=x, gain=gain, d_output=d_output)
    check_shape("gain", gain, x.shape[-1:], "an entry for each feature")
    check_shape("d_output", d_output, x.shape, "an entry for each of the output")
    normalised, deviation = standardise(x, eps) if saved is None else saved
    d_normal = d_output * gain
    along = np.vecdot(d_normal, normalised)[..., None] / len(gain)
    d_x = (d_normal - d_normal.mean(axis=-1, keepdims=True) - along * normalised) / deviation
    rows = tuple(range(x.ndim - 1))
    return d_x, np.sum(d_output * normalised, axis=rows), d_output.sum(axis=rows)


def gelu(x: ArrayLike, d_output: ArrayLike, approximate: str = "none") -> Floats:
    """Through gelu: d_x from d_output.

    Parameters
    ----------
    x : array
    d_output : array of the shape of x
        The gradient of the loss with respect to the output.
    approximate : {"none", "tanh"}
        The form that was used on the way forward.

    Returns
    -------
    array of the shape of x
        d_output times the slope of gelu at x: the share of a normal distribution below x, plus
        x times its density at x.

    Raises
    ------
    ValueError
        If shapes do not fit, or approximate is neither of the two.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    The derivative of Hendrycks and Gimpel 2016, "Gaussian error linear units (GELUs)", section 2,
    arXiv:1606.08415.

    Examples
    --------
    >>> gelu([-9, 0, 9], d_output=[2, 2, 2]).round(4)
    array([-0.,  1.,  2.])
    """
    x, d_output = as_floats(x=x, d_output=d_output)
    check_shape("d_output", d_output, x.shape, "an entry for each of the output")
    check_choice("approximate", approximate, ("none", "tanh"))
    below, density = _normal(x, approximate)
    return d_output * (below + x * density)


def _normal(x: Floats, approximate: str) -> Two:
    """The share of a normal distribution below x, and its density at x: the slope of that share."""
    if approximate == "tanh":
        root, square = math.sqrt(2 / math.pi), x * x
        bend = np.tanh(root * x * (1 + 0.044715 * square))
        return (1 + bend) / 2, (1 - bend * bend) / 2 * root * (1 + 3 * 0.044715 * square)
    return share_below(x), np.exp(x * x / -2) / math.sqrt(2 * math.pi)


def relu(x: ArrayLike, d_output: ArrayLike) -> Floats:
    """Through relu: d_x from d_output.

    Parameters
    ----------
    x : array
    d_output : array of the shape of x
        The gradient of the loss with respect to the output.

    Returns
    -------
    array of the shape of x
        d_output where x is above zero, and zero elsewhere: at zero itself, too.

    Raises
    ------
    ValueError
        If the two differ in shape.
    TypeError
        If an argument holds anything but real numbers.

    Examples
    --------
    >>> relu([-2, 0, 3], d_output=[5, 5, 5])
    array([0., 0., 5.])
    """
    x, d_output = as_floats(x=x, d_output=d_output)
    check_shape("d_output", d_output, x.shape, "an entry for each of the output")
    return d_output * (x > 0)


def embedding(indices: ArrayLike, d_output: ArrayLike, count: int) -> Floats:
    """Through a look-up of rows: the gradient of the table, from d_output.

    Parameters
    ----------
    indices : (...) array of int
        Which row each token took.
    d_output : (..., d) array
        The gradient of the loss with respect to what was looked up.
    count : int
        How many rows the table has.

    Returns
    -------
    (count, d) array
        For each row, the sum over the tokens that took it: zeros for a row that none took.

    Raises
    ------
    ValueError
        If an index names no row, or shapes do not fit.
    TypeError
        If the indices are not whole numbers, or d_output holds anything but real numbers.

    Examples
    --------
    >>> embedding([2, 0, 2], d_output=[[1], [10], [100]], count=4)
    array([[ 10.],
           [  0.],
           [101.],
           [  0.]])
    """
    indices, d_output = check_indices(indices, count), as_float("d_output", d_output)
    shape = (*indices.shape, *d_output.shape[-1:])
    check_shape("d_output", d_output, shape, "a row for each index")
    d_table = np.zeros((count, shape[-1]), d_output.dtype)
    # Sorted, the tokens of a row stand together and are summed at one go.
    order = np.argsort(indices, axis=None, kind="stable")
    rows, starts = np.unique(indices.ravel()[order], return_index=True)
    d_table[rows] = np.add.reduceat(d_output.reshape(-1, shape[-1])[order], starts, axis=0)
    return d_table
