"""Heads at several moments, on a slider: small heatmaps that a reader goes through in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from .._check import Floats
from .canvas import MARGIN, Canvas
from .figure import Figure, Played
from .pictures import _array

_ACROSS = 360.0
_BETWEEN = 14.0
_SIDE = 22.0
_HEAD = 24.0
_HIGH = 17.0
_CELLS = "fill:var(--c);stroke:var(--paper)"


@dataclass(frozen=True, repr=False)
class Scrubber(Played):
    """Moments on a slider where scripts run, and the last of them as a picture elsewhere.

    Attributes
    ----------
    data : str
        What the element reads, as JSON: for each moment its name, its sentence and its weights.
    figure : Figure
        The last moment.
    """

    data: str
    figure: Figure

    @property
    def html(self) -> str:
        """The element, with its picture inside."""
        data = escape(self.data, quote=False).replace("'", "&#x27;")
        return f"<attention-scrubber data-moments='{data}'>{self.figure.html}</attention-scrubber>"


def scrubber(
    weights: ArrayLike,
    moments: Sequence[str],
    *,
    queries: Sequence[str],
    keys: Sequence[str],
    title: str,
    notes: Sequence[str] | None = None,
    caption: str | None = None,
) -> Scrubber:
    """The weights of several heads at several moments, such as the steps of training.

    It comes to life where the book's elements are enabled: on the site, and in a notebook after
    `enable`. Elsewhere it is a picture of the last moment.

    Parameters
    ----------
    weights : (moments, heads, n, m) array
        Between 0 and 1.
    moments : sequence of str
        What each moment is called, such as "After 10 steps".
    queries : sequence of n str
    keys : sequence of m str
        Short labels of the tokens that attend, and that are attended to.
    title : str
        What is shown, for those who hear it.
    notes : sequence of str, optional
        A sentence about each moment, in place of each head's largest weight.
    caption : str, optional
        Of the picture, in place of the one made from the arrays.

    Returns
    -------
    Scrubber

    Raises
    ------
    ValueError
        If there are no weights, one lies outside 0 to 1, or there are more or fewer names than
        weights.

    Examples
    --------
    >>> weights = [[[[0.5, 0.5]]], [[[0.25, 0.75]]]]
    >>> scrubber(weights, ["Before", "After"], queries=["x"], keys=["a", "b"], title="A head").alt
    'A head. After. Largest weights: head 1 from x to b, 0.75.'
    """
    array = _array("weights", weights, 4)
    if array.min() < 0 or array.max() > 1 + 1e-6:
        raise ValueError(
            f"weights must lie between 0 and 1: got {array.min():g} to {array.max():g}"
        )
    for name, names, axis in (
        ("moments", moments, 0),
        ("notes", moments if notes is None else notes, 0),
        ("queries", queries, 2),
        ("keys", keys, 3),
    ):
        if len(names) != array.shape[axis]:
            raise ValueError(
                f"{name} must be as many as there are on axis {axis} of weights, which is "
                f"{array.shape[axis]}: got {len(names)}"
            )
    said = notes or [_largest(moment, queries, keys) for moment in array]
    sentences = [f"{name}. {note}" for name, note in zip(moments, said, strict=True)]
    told = caption or (
        "Each row is a query and shares out one unit of attention; the darker, the more. "
        "Where scripts run, a slider goes through time."
    )
    states = [
        {"name": name, "text": text, "weights": coded(moment)}
        for name, text, moment in zip(moments, sentences, array, strict=True)
    ]
    data = {"title": title, "caption": told, "moments": states}
    figure = _drawn(array[-1], queries, keys, f"{title}. {sentences[-1]}", told)
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Scrubber(text, figure)


def coded(weights: ArrayLike) -> str:
    """Weights to three decimals, as two digits to the base 36 each.

    Parameters
    ----------
    weights : array
        Between 0 and 1.

    Returns
    -------
    str

    Examples
    --------
    >>> coded([0, 0.035, 1])
    '000ZRS'
    """
    whole = [round(float(w) * 1000) for w in np.ravel(weights)]
    return "".join(np.base_repr(w, 36).zfill(2) for w in whole)


def decoded(text: str) -> Floats:
    """Back from `coded`: weights to three decimals.

    Parameters
    ----------
    text : str

    Returns
    -------
    array
        Of one axis.

    Examples
    --------
    >>> decoded("000ZRS").tolist()
    [0.0, 0.035, 1.0]
    """
    whole = [int(text[place : place + 2], 36) for place in range(0, len(text), 2)]
    return np.array(whole) / 1000


def _largest(heads: Floats, queries: Sequence[str], keys: Sequence[str]) -> str:
    """Each head's largest weight, in words."""
    parts = []
    for place, head in enumerate(heads, start=1):
        i, j = (int(k) for k in np.unravel_index(np.argmax(head.round(3)), head.shape))
        parts.append(f"head {place} from {queries[i]} to {keys[j]}, {head[i, j]:.2f}")
    return f"Largest weights: {'; '.join(parts)}."


def _drawn(
    heads: Floats, queries: Sequence[str], keys: Sequence[str], alt: str, caption: str
) -> Figure:
    """One moment: a small heatmap for each head, two side by side."""
    count, n, m = heads.shape
    columns = 2 if count > 1 else 1
    step = (_ACROSS - 2 * MARGIN + _BETWEEN) / columns
    wide = min(34.0, (step - _BETWEEN - _SIDE) / m)
    foot = 8 + 7.5 * max(len(key) for key in keys) if wide < 20 else 20.0
    height = _HEAD + n * _HIGH + foot + 6
    canvas, cells = Canvas(), []
    for place, head in enumerate(heads):
        row, column = divmod(place, columns)
        left, top = MARGIN + column * step + _SIDE, MARGIN + row * height + _HEAD
        canvas.text(left, top - 13, f"head {place + 1}", "h")
        for i, query in enumerate(queries):
            canvas.text(left - 6, top + (i + 0.5) * _HIGH, query, "u", "end")
        for j, key in enumerate(keys):
            x, under = left + (j + 0.5) * wide, top + n * _HIGH
            turned = wide < 20
            canvas.text(x, under + 5 if turned else under + 11, key, "u",
                        "end" if turned else "middle", turn=turned)  # fmt: skip
        for i, j in np.ndindex(n, m):
            cells.append(
                f'<rect x="{left + j * wide:.4g}" y="{top + i * _HIGH:.4g}" width="{wide:.4g}" '
                f'height="{_HIGH:g}" style="fill-opacity:{_shade(head[i, j])}"/>'
            )
        canvas.parts.append(
            f'<rect class="g" x="{left:.4g}" y="{top:.4g}" width="{m * wide:.4g}" '
            f'height="{n * _HIGH:g}"/>'
        )
        canvas.bottom = max(canvas.bottom, top + n * _HIGH + foot - 4)
    canvas.parts.insert(0, f'<g class="score cells" style="{_CELLS}">{"".join(cells)}</g>')
    return canvas.figure(alt, caption, _ACROSS)


def _shade(weight: float) -> str:
    """How opaque a weight is: a trace at nothing, nearly all at one."""
    return f"{0.04 + 0.9 * float(weight):.2f}"[1:]
