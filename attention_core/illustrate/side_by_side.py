"""Several heatmaps in one figure, to be compared at a glance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .._format import listing, number
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width, subscript, text_width
from .figure import Figure
from .pictures import _array, printed_to

_ACROSS = 360.0
_BETWEEN = 14.0
_SIDE = 24.0  # for q₁, q₂ and so on
_HEAD, _FOOT = 24.0, 24.0


def heatmaps(
    panels: Mapping[str, ArrayLike],
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Weights of the same queries and keys, found in several ways: a small heatmap for each.

    Two stand side by side where a phone has room for them; otherwise all are below each other.

    Parameters
    ----------
    panels : mapping of name to (n, m) array
        Weights between 0 and 1, all of one shape.
    decimals : int
        Of numbers that are not whole.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are no panels, their shapes differ, or a weight lies outside 0 to 1.

    Examples
    --------
    >>> heatmaps({"one way": [[0.5, 0.5]], "another": [[0.25, 0.75]]}).alt
    'one way: q₁ attends to k₁ with 0.50 and k₂ with 0.50. another: q₁ attends to k₁ with 0.25 and k₂ with 0.75.'
    """
    if not panels:
        raise ValueError("panels must hold at least one heatmap: got none")
    arrays = {name: _array(name, weights, 2) for name, weights in panels.items()}
    shapes = {a.shape for a in arrays.values()}
    if len(shapes) > 1:
        shown = listing([f"{a.shape} for {name!r}" for name, a in arrays.items()])
        raise ValueError(f"panels must have one shape, to be compared: got {shown}")
    for name, a in arrays.items():
        if a.min() < 0 or a.max() > 1 + 1e-9:
            raise ValueError(
                f"weights must lie between 0 and 1: got {a.min():g} to {a.max():g} for {name!r}"
            )
    every = np.stack(list(arrays.values()))
    _, n, m = every.shape
    cell = cell_width(every, decimals)
    heading = max(text_width(name, 15) for name in arrays)
    panel = max(_SIDE + m * (cell + GAP) - GAP, heading)
    columns = 2 if len(arrays) > 1 and 2 * (panel + MARGIN) + _BETWEEN <= _ACROSS else 1
    step = (_ACROSS - 2 * MARGIN + _BETWEEN) / 2
    canvas = Canvas()
    height = _HEAD + n * (CELL + GAP) - GAP + _FOOT + _BETWEEN
    for place, (name, a) in enumerate(arrays.items()):
        row, column = divmod(place, columns)
        left, top = MARGIN + column * step, MARGIN + row * height
        cells = left + _SIDE
        canvas.text(cells, top + 9, name, "h")
        top += _HEAD
        canvas.rows(cells, top, a, "score", width=cell, shade=a, decimals=decimals)
        for i in range(n):
            y = top + i * (CELL + GAP) + CELL / 2
            canvas.label(cells - 5, y, "q", i + 1, "query")
        for j in range(m):
            x = cells + j * (cell + GAP) + cell / 2
            y = top + n * (CELL + GAP) + 8
            canvas.label(x, y, "k", j + 1, "key", anchor="middle")
    said = [f"{name}: {_rows(a, decimals)}." for name, a in arrays.items()]
    told = (
        "The same queries down the side, the same keys along the bottom. "
        "Read along a row: it sums to one in each, and is shared out differently."
    ) + printed_to(every.reshape(-1, m), decimals)
    return canvas.figure(alt or " ".join(said), caption or told, _ACROSS)


def _rows(a: np.ndarray[tuple[int, ...], np.dtype[np.floating]], decimals: int) -> str:
    """What each query gives to each key, in words."""
    return "; ".join(
        f"q{subscript(i + 1)} attends to "
        + listing([f"k{subscript(j + 1)} with {number(x, decimals)}" for j, x in enumerate(row)])
        for i, row in enumerate(a)
    )
