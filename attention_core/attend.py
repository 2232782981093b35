"""Attention: score, normalise, and mix the values."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from attention_core._check import (
    Floats,
    as_floats,
    check_choice,
    check_flag,
    check_float_type,
    check_heads,
    check_lengths,
    check_mask,
    check_number,
    check_one_each,
    check_same_count,
    check_scores,
    check_short_mask,
    check_window,
    head_count,
)
from attention_core._show import named_arrays
from attention_core.masks import in_view, padding
from attention_core.normalize import softmax
from attention_core.scores import dot, scaled_dot

__all__ = ["Attention", "attention", "scaled_dot_product_attention"]


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
        Boolean: True means "may attend". Floating: added to the scores. What it hides has weight
        0; a NaN or an infinity in a hidden value still spoils the output, as 0 times NaN is NaN.
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
    """Scores with -inf where a mask says False, or with a floating mask added."""
    mask = check_mask(mask, scores)
    if mask.dtype == bool:
        return np.where(mask, scores, -np.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        added = np.where(mask > -np.inf, scores + mask, -np.inf)
        return added.astype(scores.dtype)


def scaled_dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    is_causal: bool = False,
    window: tuple[int | None, int | None] | None = None,
    query_start: ArrayLike = 0,
    kv_lengths: ArrayLike | None = None,
    scale: float | None = None,
    softcap: float | None = None,
    softmax_dtype: DTypeLike | None = None,
    return_stage: str | None = None,
) -> Floats | tuple[Floats, Floats]:
    """Attention with every option in use today: groups of heads, caches, windows, caps.

    The third axis from the end counts heads; an array of two axes is one head. So three axes are
    (heads, tokens, features), with no batch, and everything before the heads is the batch. Each
    of the g heads of key and value serves h / g heads of query: the first h / g the first, and
    so on.

    All ways to hide a key combine: a key is in view where every one of them leaves it in view.

    Parameters
    ----------
    query : (..., h, n, d_k) array
    key : (..., g, m, d_k) array
    value : (..., g, m, d_v) array
        h must be a multiple of g.
    mask : array that broadcasts to (..., h, n, m), optional
        Boolean: True means "may attend". Floating: added to the scores. A last axis shorter than
        m hides the keys it does not reach. One of a single entry, where there are more keys, is
        refused: it could mean either.
    is_causal : bool
        No query sees what comes after it: key j is in view of query i where
        j <= query_start + i. It bounds a window on its right, too.
    window : (left, right), optional
        How many keys on either side of its own place a query sees; None is all of them.
    query_start : int, or array of one int for each row of the batch
        The place of the first query among the keys, for `is_causal` and `window`: how many keys
        a cache already holds. Below 0, the first queries stand before all keys.
    kv_lengths : int, or array of one int for each row of the batch, optional
        How many keys are in use; the rest is hidden.
    scale : float, optional
        What query times key is multiplied by; 1 / sqrt(d_k) if not given.
    softcap : float, optional
        Scores are bent to stay between -softcap and softcap: softcap * tanh(scores / softcap),
        before any mask.
    softmax_dtype : floating dtype, optional
        What softmax is computed in; its weights are rounded back. Else it is the dtype of query
        and key, but for float16: halves are computed in float32, and rounded at the end.
    return_stage : {"scores", "capped", "biased", "weights"}, optional
        Which of the four arrays of shape (..., h, n, m) to return as well: the scores, scaled;
        these after the soft cap; these with masks applied, -inf where hidden; the weights.

    Returns
    -------
    (..., h, n, d_v) array, or a pair of it and the array that return_stage names
        The values, averaged with the weights of each query. Arrays of one floating dtype give
        that dtype. A query that sees nothing gets zeros. A value of weight 0 adds nothing, even
        if it is NaN, as unused places of a cache may be.

    Raises
    ------
    ValueError
        If sizes, heads or axes do not fit, if an option is out of its range, or if a score in
        view overflows to +inf.
    TypeError
        If an argument is of the wrong type.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", equation 1, arXiv:1706.03762; grouped
    heads: Ainslie et al. 2023, arXiv:2305.13245. The options are those of the Attention operator
    of ONNX, version 25.

    Examples
    --------
    >>> scaled_dot_product_attention([[0], [0]], [[1], [1]], [[2], [4]], is_causal=True)
    array([[2.],
           [3.]])
    """
    query, key, value = check_heads(query, key, value)
    check_choice("return_stage", return_stage, ("scores", "capped", "biased", "weights"))
    scores = _score(query, key, scale)
    capped = scores if softcap is None else _cap(scores, softcap)
    biased = _hide(capped, mask, is_causal, window, query_start, kv_lengths)
    weights = _weigh(biased, softmax_dtype)
    output = _round(_by_heads(_mix, weights, value), np.result_type(query, key, value))
    stages = {"scores": scores, "capped": capped, "biased": biased, "weights": weights}
    dtype = np.result_type(query, key)
    return output if return_stage is None else (output, _round(stages[return_stage], dtype))


def _score(query: Floats, key: Floats, scale: float | None) -> Floats:
    """The scaled dot products, (..., h, n, m), of halves in single precision."""
    scale = 1 / math.sqrt(key.shape[-1]) if scale is None else check_number("scale", scale)
    at_least_single = np.result_type(query, key, np.float32)
    query, key = (x.astype(at_least_single, copy=False) for x in (query, key))
    # A hidden key may hold anything, so nobody is warned yet: softmax refuses infinity in view.
    with np.errstate(over="ignore", invalid="ignore"):
        return _by_heads(dot, query * scale, key)


def _by_heads(multiply: Callable[[Floats, Floats], Floats], rows: Floats, shared: Floats) -> Floats:
    """Multiply the rows of h heads by the g matrices they share: the rows of a group as one head."""
    h, g = head_count(rows), head_count(shared)
    if h == g:
        return multiply(rows, shared)
    *batch, _, n, size = rows.shape
    product = multiply(rows.reshape(*batch, g, h // g * n, size), shared)
    return product.reshape(*product.shape[:-3], h, n, product.shape[-1])


def _cap(scores: Floats, softcap: float) -> Floats:
    """Scores bent to stay between -softcap and softcap."""
    softcap = check_number("softcap", softcap, above=0)
    with np.errstate(over="ignore"):
        capped: Floats = softcap * np.tanh(scores / softcap)
    return capped


def _hide(
    scores: Floats,
    mask: ArrayLike | None,
    is_causal: bool,
    window: tuple[int | None, int | None] | None,
    query_start: ArrayLike,
    kv_lengths: ArrayLike | None,
) -> Floats:
    """The scores with each mask applied that is asked for: one that hides a key is enough."""
    n, m = scores.shape[-2:]
    batch = scores.shape[:-3]
    start = _by_row(check_one_each("query_start", query_start, batch))
    if mask is not None:
        scores = apply_mask(scores, _lengthen(check_short_mask(mask, m), m))
    if check_flag("is_causal", is_causal):
        scores = apply_mask(scores, in_view(n, m, start, right=0))
    if window is not None:
        scores = apply_mask(scores, in_view(n, m, start, *check_window(window)))
    if kv_lengths is not None:
        lengths = check_one_each("kv_lengths", check_lengths("kv_lengths", kv_lengths, m), batch)
        scores = apply_mask(scores, padding(_by_row(lengths), m))
    return scores


def _by_row(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for each row of the batch, with an axis for heads; one for all stays one."""
    return numbers[..., None] if numbers.ndim else numbers


def _lengthen(mask: NDArray[Any], m: int) -> NDArray[Any]:
    """A mask for m keys, which hides those that a shorter one does not reach."""
    if mask.ndim == 0 or mask.shape[-1] >= m:
        return mask
    hide = False if mask.dtype == bool else -np.inf
    beyond = np.full((*mask.shape[:-1], m - mask.shape[-1]), hide, mask.dtype)
    return np.concatenate([mask, beyond], axis=-1)


def _weigh(scores: Floats, dtype: DTypeLike | None) -> Floats:
    """Softmax, computed in dtype, and rounded back."""
    if dtype is None:
        return softmax(scores)
    precise = _round(scores, check_float_type("softmax_dtype", dtype))
    return softmax(precise).astype(scores.dtype)


def _round(x: Floats, dtype: np.dtype[Any]) -> Floats:
    """The array in a floating type, infinite where that has no number so large."""
    with np.errstate(over="ignore"):
        return x.astype(dtype, copy=False)


def _mix(weights: Floats, value: Floats) -> Floats:
    """The weighted sums of the values, (..., n, d_v): what has weight 0 adds nothing, even NaN."""
    finite = np.isfinite(value)
    if finite.all():
        return weights @ value
    with np.errstate(invalid="ignore"):
        spoiled = (weights != 0) @ ~finite
        return np.where(spoiled, weights @ value, weights @ np.where(finite, value, 0))
