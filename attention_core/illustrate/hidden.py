"""Weights under masks, side by side: what is hidden is crossed out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._format import listing, number
from .canvas import GAP, MARGIN, Canvas, subscript, text_width
from .figure import Figure
from .pictures import Array, _array, printed_to

ACROSS = 360.0
HEIGHT = 28.0
LARGEST, SMALLEST = 12.0, 10.5
#: Room for a query's letter and index, for the word "queries", and between two heatmaps.
LETTER, WORD, BETWEEN = 19.0, 19.0, 14.0


def masked(
    panels: Sequence[tuple[str, ArrayLike, ArrayLike]],
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw weights under masks, two heatmaps in a row; what is hidden is crossed out.

    Parameters
    ----------
    panels : sequence of (name, weights, mask)
        Each with a name of its own; weights of shape (n, m), between 0 and 1; and a boolean mask
        of that shape, True where a query may attend. What it hides must have weight 0.
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
        If a weight lies outside 0 to 1 or is not 0 where it is hidden, if a mask is not of the
        shape of its weights, or if there are too many keys for their numbers to be read.
    TypeError
        If a mask is not boolean.

    Examples
    --------
    >>> from attention_core import attention, masks
    >>> x, mask = [[1], [2]], masks.causal(2)
    >>> masked([("causal", attention(x, x, x, mask).weights, mask)]).alt
    'Causal: q₁ gives k₁ 1, and k₂ is hidden. q₂ gives k₁ 0.12 and k₂ 0.88.'
    """
    checked = [(name, *_checked(weights, mask)) for name, weights, mask in panels]
    if not checked:
        raise ValueError("panels must hold at least one: got none")
    columns = min(2, len(checked))
    pitch = (ACROSS - 2 * MARGIN - WORD + BETWEEN) / columns
    canvas = Canvas()
    y = MARGIN
    for first in range(0, len(checked), columns):
        shown = checked[first : first + columns]
        for column, (name, weights, mask) in enumerate(shown):
            left = MARGIN + WORD + column * pitch + LETTER
            _panel(canvas, left, y, pitch - LETTER - BETWEEN, name, weights, mask, decimals)
        tall = max(len(weights) for _, weights, _ in shown) * (HEIGHT + GAP) - GAP
        canvas.text(MARGIN + 5, y + 22 + tall / 2, "queries", "u", "middle", turn=True)
        y += 22 + tall + 34
    canvas.text(ACROSS / 2, y - 2, "keys (attended to)", "u", "middle")
    told = f"Crossed out is hidden. {_counts(checked)} What is left of a row sums to one."
    if any(not mask.any(axis=1).all() for _, _, mask in checked):
        told += " Where nothing is left, there is nothing to sum."
    told += printed_to(np.concatenate([weights.ravel() for _, weights, _ in checked]), decimals)
    said = " ".join(_words(*panel, decimals) for panel in checked)
    return canvas.figure(alt or said, caption or told, ACROSS)


def _checked(weights: ArrayLike, mask: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Weights and a mask that belong together."""
    a, view = _array("weights", weights, 2), np.asarray(mask)
    if view.dtype != bool:
        raise TypeError(f"mask must be boolean, True where a query may attend: got {view.dtype}")
    if view.shape != a.shape:
        raise ValueError(
            f"mask must have the shape of its weights, an entry for each: got {view.shape} and "
            f"{a.shape}"
        )
    if a.min() < 0 or a.max() > 1 + 1e-9:
        raise ValueError(f"weights must lie between 0 and 1: got {a.min():g} to {a.max():g}")
    if np.any(a[~view] != 0):
        raise ValueError(
            "weights must be 0 where mask hides a key: got "
            f"{a[~view][a[~view] != 0][0]:g}, which is a leak"
        )
    return a, view


def _panel(
    canvas: Canvas,
    left: float,
    top: float,
    room: float,
    name: str,
    weights: Array,
    mask: NDArray[np.bool_],
    decimals: int,
) -> None:
    """One heatmap with its name, its letters, and what is hidden."""
    n, m = weights.shape
    width = min(44.0, (room + GAP) / m - GAP)
    longest = max(len(number(float(value), decimals)) for value in weights.ravel())
    size = min(LARGEST, (width - 2) * 15 / text_width("0" * longest))
    if size < SMALLEST:
        raise ValueError(
            f"weights must have few enough keys for their numbers to be read on a phone: got {m} "
            f"keys and {decimals} decimals"
        )
    canvas.text(left, top + 9, name, "h")
    top += 22
    for i in range(n):
        y = top + i * (HEIGHT + GAP)
        canvas.label(left - 5, y + HEIGHT / 2, "q", i + 1, "query")
        for j in range(m):
            x = left + j * (width + GAP)
            cell = f'x="{x:.4g}" y="{y:.4g}" width="{width:.4g}" height="{HEIGHT:g}" rx="5"'
            place = f'x="{x + width / 2:.4g}" y="{y + HEIGHT / 2:.4g}" dy=".35em"'
            if mask[i, j]:
                canvas.parts.append(
                    f'<g class="n score"><rect class="c" {cell} '
                    f'style="fill-opacity:{0.06 + 0.5 * weights[i, j]:.3f}"/>'
                    f'<text {place} style="font-size:{size:.3g}px">'
                    f"{number(weights[i, j], decimals)}</text></g>"
                )
            else:
                canvas.parts.append(
                    f'<g class="hidden"><rect class="g d" {cell}/>'
                    f'<text class="u" {place} text-anchor="middle">×</text></g>'
                )
    for j in range(m):
        x = left + j * (width + GAP) + width / 2
        canvas.label(x, top + n * (HEIGHT + GAP) + 8, "k", j + 1, "key", anchor="middle")


def _counts(panels: Iterable[tuple[str, Array, NDArray[np.bool_]]]) -> str:
    """How much each mask hides."""
    told = listing([f"{name} {np.sum(~mask)} of {mask.size}" for name, _, mask in panels])
    return f"Hidden: {told}."


def _words(name: str, weights: Array, mask: NDArray[np.bool_], decimals: int) -> str:
    """One heatmap as sentences: what each query gives, and what is hidden from it."""
    said = []
    for i, (row, view) in enumerate(zip(weights, mask, strict=True), 1):
        keys = [f"k{subscript(j + 1)}" for j in range(len(row))]
        given = [f"{keys[j]} {number(row[j], decimals)}" for j in np.flatnonzero(view)]
        away = listing([keys[j] for j in np.flatnonzero(~view)])
        verb = "is" if np.sum(~view) == 1 else "are"
        query = f"q{subscript(i)}"
        if not given:
            said.append(f"{query} gives nothing: {away} {verb} hidden.")
        elif view.all():
            said.append(f"{query} gives {listing(given)}.")
        else:
            said.append(f"{query} gives {listing(given)}, and {away} {verb} hidden.")
    return f"{name[:1].upper()}{name[1:]}: {' '.join(said)}"
