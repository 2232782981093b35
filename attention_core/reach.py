"""How far a model sees: which inputs an output depends on, and over how many operations.

A layer of n tokens is a boolean (n, n) array: entry (i, j) is True where output i is computed from
input j. A mask of attention is such a layer, and so is `convolution`. In a recurrence the outputs
are computed in turn, each from the one before it: `InTurn` says so.

>>> layer = convolution(5, width=2)
>>> reached(layer, layer)[4]
array([False, False,  True,  True,  True])
>>> path_length(recurrence(5))[4]
array([5., 4., 3., 2., 1.])
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import (
    Floats,
    as_float,
    check_count,
    check_each,
    check_flag,
)
from attention_core.masks import Mask, causal, window

__all__ = [
    "KINDS",
    "InTurn",
    "convolution",
    "longest",
    "path_length",
    "perturbed",
    "reached",
    "recurrence",
    "stack",
]

#: The kinds of layer that `stack` knows.
KINDS = ("window", "convolution", "dilated", "recurrence", "attention")


class InTurn(NamedTuple):
    """A layer whose outputs are computed in turn, and written over its inputs.

    Attributes
    ----------
    reads : (n, n) boolean array
        Row i has the places that output i is computed from. A place above row i was written
        before, so that an output is read there; from row i on, the inputs still stand.

    Examples
    --------
    >>> reached(InTurn(convolution(3, width=2)))
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """

    reads: Mask


Layer = NDArray[Any] | InTurn


def convolution(n: int, width: int, dilation: int = 1, *, is_causal: bool = True) -> Mask:
    """What each output of a convolution is computed from.

    Parameters
    ----------
    n : int
        How many tokens.
    width : int
        How many tokens the kernel takes in.
    dilation : int
        How far apart these stand.
    is_causal : bool
        Whether the last of them is the output's own; else that is in their middle. An even width
        has one more before it than after.

    Returns
    -------
    (n, n) boolean array

    Raises
    ------
    ValueError
        If n is negative, or width or dilation below 1.
    TypeError
        If one of them is no whole number.

    Examples
    --------
    >>> convolution(5, width=2, dilation=3).astype(int)
    array([[1, 0, 0, 0, 0],
           [0, 1, 0, 0, 0],
           [0, 0, 1, 0, 0],
           [1, 0, 0, 1, 0],
           [0, 1, 0, 0, 1]])
    """
    dilation = check_count("dilation", dilation, "tokens", least=1)
    before, after = _sides(width, is_causal)
    places = np.arange(check_count("n", n))
    steps, rest = np.divmod(places - places[:, None], dilation)
    reads: Mask = (rest == 0) & (-before <= steps) & (steps <= after)
    return reads


def _sides(width: int, is_causal: bool) -> tuple[int, int]:
    """How many tokens a kernel takes in before the output's own, and after."""
    others = check_count("width", width, least=1) - 1
    after = 0 if check_flag("is_causal", is_causal) else others // 2
    return others - after, after


def recurrence(n: int) -> InTurn:
    """What each state of a recurrence is computed from: its input, and the state before it.

    Parameters
    ----------
    n : int
        How many tokens.

    Returns
    -------
    InTurn
        The places that a convolution of width 2 reads too. But they are written in turn.

    Raises
    ------
    ValueError
        If n is negative.
    TypeError
        If n is no whole number.

    Examples
    --------
    >>> recurrence(3).reads.astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [0, 1, 1]])
    """
    return InTurn(window(n, 1, 0))


def stack(
    kind: str, n: int, width: int = 3, depth: int | None = None, *, is_causal: bool = True
) -> list[Layer]:
    """Layers of one kind, the lowest first.

    Parameters
    ----------
    kind : {"window", "convolution", "dilated", "recurrence", "attention"}
        "window" is attention that is restricted to a window. "dilated" is a stack of convolutions,
        each with a dilation of `width` times that of the one below it; the lowest has 1.
    n : int
        How many tokens.
    width : int
        How many tokens a window or a kernel takes in; a recurrence and attention ignore it.
    depth : int, optional
        How many layers. Without it, as many as still show some output another input: then every
        output sees every input that it may. (Dilated kernels that look both ways are an exception,
        however many there are: near the edges some of their taps fall outside.)
    is_causal : bool
        Whether an output sees only what came before it. A recurrence always does.

    Returns
    -------
    list of (n, n) boolean arrays, or of InTurn for a recurrence

    Raises
    ------
    ValueError
        If there is no such kind, or a count is below 1.
    TypeError
        If a count is no whole number.

    Examples
    --------
    >>> len(stack("convolution", 16, width=2)), len(stack("dilated", 16, width=2))
    (15, 4)
    """
    if depth is not None:
        levels = range(check_count("depth", depth, "layers", least=1))
        return [_layer(kind, n, width, is_causal, level) for level in levels]
    layers = [_layer(kind, n, width, is_causal, 0)]
    now, then = path_length(*layers), _apart(n)
    while not np.array_equal(np.isfinite(now), np.isfinite(then)):
        layers.append(_layer(kind, n, width, is_causal, len(layers)))
        now, then = _through(layers[-1], now), now
    return layers[: max(1, len(layers) - 1)]


def _layer(kind: str, n: int, width: int, is_causal: bool, level: int) -> Layer:
    """The layer of a stack that stands on so many others."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}: got {kind!r}")
    n, (before, after) = check_count("n", n, least=1), _sides(width, is_causal)
    if kind == "recurrence":
        return recurrence(n)
    if kind == "attention":
        return causal(n) if is_causal else np.ones((n, n), bool)
    if kind == "window":
        return window(n, before, after)
    # Further apart than all tokens is as far as it gets; whole numbers would overflow.
    dilation = min(width**level, n) if kind == "dilated" else 1
    return convolution(n, width, dilation, is_causal=is_causal)


def reached(*layers: ArrayLike | InTurn) -> Mask:
    """Which inputs each output depends on, after all the layers.

    Parameters
    ----------
    *layers : (n, n) boolean array, or InTurn
        The lowest first.

    Returns
    -------
    (n, n) boolean array
        Entry (i, j) is True where a path leads from input j to output i.

    Raises
    ------
    ValueError
        If there is no layer, or they are not all of one size.
    TypeError
        If a layer is not boolean.

    Examples
    --------
    >>> reached(*stack("dilated", 8, width=2, depth=2))[7]
    array([False, False, False, False,  True,  True,  True,  True])
    """
    return np.isfinite(path_length(*layers))


def path_length(*layers: ArrayLike | InTurn) -> Floats:
    """How many operations lie on the shortest path from each input to each output.

    Parameters
    ----------
    *layers : (n, n) boolean array, or InTurn
        The lowest first. To compute one output is one operation.

    Returns
    -------
    (n, n) array
        Entry (i, j) belongs to output i and input j: inf where no path leads from one to the other.

    Raises
    ------
    ValueError
        If there is no layer, or they are not all of one size.
    TypeError
        If a layer is not boolean.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 4 and table 1, arXiv:1706.03762.

    Examples
    --------
    >>> path_length(recurrence(3), recurrence(3))
    array([[ 2., inf, inf],
           [ 3.,  2., inf],
           [ 4.,  3.,  2.]])
    """
    checked = _check_layers(layers)
    lengths = _apart(len(_reads(checked[0])))
    for layer in checked:
        lengths = _through(layer, lengths)
    return lengths


def _apart(n: int) -> Floats:
    """Before any operation each place holds its own input, and nothing of another."""
    return np.where(np.eye(n, dtype=bool), 0.0, np.inf)


def _through(layer: Layer, lengths: Floats) -> Floats:
    """The path lengths after one more layer: 1 more than the shortest that an output reads."""
    written = lengths.copy()
    source = written if isinstance(layer, InTurn) else lengths
    for place, row in enumerate(_reads(layer)):
        written[place] = 1 + source[row].min(axis=0, initial=np.inf)
    return written


def _reads(layer: Layer) -> Mask:
    return layer.reads if isinstance(layer, InTurn) else layer


def _check_layers(layers: tuple[ArrayLike | InTurn, ...]) -> list[Layer]:
    """There must be a layer, and all must be boolean and square, of one size."""
    if not layers:
        raise ValueError("layers must be one or more, the lowest first: got none")
    checked: list[Layer] = [
        InTurn(np.asarray(x.reads)) if isinstance(x, InTurn) else np.asarray(x) for x in layers
    ]
    reads = [_reads(layer) for layer in checked]
    n = len(reads[0]) if reads[0].ndim else 0
    for each in reads:
        if each.dtype != bool:
            raise TypeError(
                f"a layer must be boolean (True = is computed from), as a mask is: got {each.dtype}"
            )
        if each.shape != (n, n):
            raise ValueError(
                "layers must all have shape (n, n), a row for each output and a column for each "
                f"input: got {', '.join(str(x.shape) for x in reads)}"
            )
    return checked


def longest(*layers: ArrayLike | InTurn) -> int:
    """The maximum path length: over all pairs of an input and an output that depends on it.

    Parameters
    ----------
    *layers : (n, n) boolean array, or InTurn
        The lowest first.

    Returns
    -------
    int
        0 if no output depends on any input.

    Raises
    ------
    ValueError
        If there is no layer, or they are not all of one size.
    TypeError
        If a layer is not boolean.

    Examples
    --------
    >>> [longest(*stack(kind, 64)) for kind in ("attention", "recurrence", "convolution", "dilated")]
    [1, 64, 32, 4]
    """
    lengths = path_length(*layers)
    return int(lengths.max(initial=0, where=np.isfinite(lengths)))


def perturbed(
    function: Callable[[Floats], ArrayLike], x: ArrayLike, by: ArrayLike | None = None
) -> Mask:
    """Which inputs move which outputs: change one input, compute again, compare.

    Parameters
    ----------
    function : callable
        From (n, d) to (m, ...): an output for each row.
    x : (n, d) array
        The inputs, of which one at a time is changed.
    by : (d,) array, optional
        What is added to it. Without it, numbers from 1 to 2, no two the same: layer norm would not
        see a change that all features share.

    Returns
    -------
    (m, n) boolean array
        Entry (i, j) is True where output i is not the same any more, to the last bit, once input j
        is changed. What is too weak for the floating type is not seen.

    Raises
    ------
    ValueError
        If x is no matrix, or a result is not finite.
    TypeError
        If x holds anything but real numbers.

    Examples
    --------
    >>> perturbed(lambda x: np.cumsum(x, axis=0), [[1.0], [2.0], [3.0]])
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    x, change = _check_changed(x, by)
    before = _computed(function, x)
    moved = np.zeros((len(before), len(x)), bool)
    for j in range(len(x)):
        other = x.copy()
        other[j] += change
        moved[:, j] = (_computed(function, other) != before).any(axis=1)
    return moved


def _check_changed(x: ArrayLike, by: ArrayLike | None) -> tuple[Floats, Floats]:
    """The inputs, and what is added to one of them."""
    x = as_float("x", x)
    if x.ndim != 2:
        raise ValueError(f"x must be a matrix, a row for each input: got shape {x.shape}")
    d = x.shape[1]
    return x, np.linspace(1, 2, d) if by is None else check_each("by", by, d)


def _computed(function: Callable[[Floats], ArrayLike], x: Floats) -> Floats:
    """What the function gives, a row for each output: finite, as NaN differs from itself."""
    output = as_float("function(x)", function(x))
    if not np.all(np.isfinite(output)):
        raise ValueError("function(x) must be finite, for its rows to be compared: got NaN or inf")
    return output.reshape(len(output), -1)
