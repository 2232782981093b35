"""What becomes of words in a real model: pieces and their rows, and one word drifting apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._format import listing, number
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width, text_width
from .figure import Figure

ACROSS = 360.0
HIGH = 300.0
LINE = 16.0  # between two names at the ends of lines

#: Role and dashes of the first side, of the second, and of what is on neither.
KINDS = (("input", ""), ("score", "7 3"), ("", "2 4"))


def pieces(
    text: str,
    tokens: Sequence[str],
    ids: ArrayLike,
    table: ArrayLike,
    *,
    shown: int = 3,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw a text on its way to vectors: its pieces, their ids, and the row of each id.

    Parameters
    ----------
    text : str
        As it was written.
    tokens : sequence of n str
        Its pieces.
    ids : (n,) array of int
        Of each piece.
    table : (vocabulary, d) array
        The row of each id.
    shown : int
        How many features of a row to show.
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
        If there is not an id for each piece, or not a row for each id.

    Examples
    --------
    >>> pieces("So", ["so"], [1], [[0, 0, 0, 0], [1, 2, 3, 4]]).alt
    '“So” in 1 piece: so, id 1, row (1, 2, 3, …).'
    """
    numbers, rows = np.asarray(ids), np.asarray(table, dtype=float)
    if numbers.shape != (len(tokens),) or not len(tokens):
        raise ValueError(
            f"ids must hold one for each piece: got {numbers.shape} and {len(tokens)} pieces"
        )
    if rows.ndim != 2 or numbers.min() < 0 or numbers.max() >= len(rows):
        raise ValueError(
            f"table must be a matrix with a row for each id: got shape {rows.shape} and "
            f"ids from {numbers.min()} to {numbers.max()}"
        )
    parts = rows[numbers, :shown]
    width = cell_width(np.round(parts, decimals), decimals)
    piece = max(text_width(token, 15) for token in tokens) + 14
    id_end = MARGIN + piece + 26 + max(text_width(str(i), 15) for i in (*numbers, "ids"))
    left = id_end + 26
    canvas = Canvas()
    canvas.text(MARGIN, 12, f"“{text}”", "h")
    top = 34.0
    more = rows.shape[1] > shown
    canvas.text(MARGIN + piece / 2, top + 6, "piece", "u", "middle")
    canvas.text(id_end, top + 6, "id", "u", "end")
    canvas.text(left, top + 6, f"its row, {rows.shape[1]} features", "u")
    said = []
    for i, (token, number_of, row) in enumerate(zip(tokens, numbers, parts, strict=True)):
        y = top + 22 + i * (CELL + GAP)
        middle = y + CELL / 2
        canvas.parts.append(
            f'<g class="n input"><rect class="c" x="{MARGIN:g}" y="{y:g}" width="{piece:.4g}" '
            f'height="{CELL:g}" rx="6"/><text x="{MARGIN + piece / 2:.4g}" y="{middle:g}" '
            f'dy=".35em">{escape(token)}</text></g>'
        )
        canvas.text(id_end, middle, str(number_of), "l", "end")
        canvas.arrow(id_end + 6, middle, left - 6, middle)
        end = canvas.row(left, y, row, "input", width=width, decimals=decimals)
        if more:
            canvas.text(end + 6, middle, "…", "l")
        entries = ", ".join([number(x, decimals) for x in row] + ["…"] * more)
        said.append(f"{token}, id {number_of}, row ({entries})")
    many = "piece" if len(tokens) == 1 else "pieces"
    told = (
        f"{len(tokens)} {many}, {len(tokens)} ids, {len(tokens)} rows of {rows.shape[1]} features: "
        "all that the first look-up knows. Equal pieces get equal rows."
    )
    words = f"“{text}” in {len(tokens)} {many}: {'; '.join(said)}."
    return canvas.figure(alt or words, caption or told, ACROSS)


def drift(
    lines: Mapping[str, ArrayLike],
    groups: Mapping[str, str],
    sides: tuple[str, str],
    *,
    word: str,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw one word in many sentences: to which of two sides its vector leans, layer by layer.

    Parameters
    ----------
    lines : mapping of name to (layers + 1,) array
        Of each sentence, before the first layer and after each: above 0 is the first side, below
        0 the second.
    groups : mapping of name to str
        What each sentence is about: one of the sides, or neither.
    sides : two str
        Names of the sides.
    word : str
        Which word it is.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If lines differ in length, are shorter than two or more than sixteen, or a name has no
        group.

    Examples
    --------
    >>> drift({"a": [0, 2], "b": [0, -1]}, {"a": "up", "b": "down"}, ("up", "down"), word="w").alt
    'How much nearer w is to up than to down, in 2 sentences. Before the first layer: 0 in all.
    After layer 1: up: a 2; down: b −1.'
    """
    runs = {name: np.asarray(line, dtype=float) for name, line in lines.items()}
    sizes = {run.shape for run in runs.values()}
    if not 1 <= len(runs) <= 16 or len(sizes) != 1:
        raise ValueError(
            f"lines must be 1 to 16 of one length: got {len(runs)} of shapes {sorted(sizes)}"
        )
    (shape,) = sizes
    if len(shape) != 1 or shape[0] < 2:
        raise ValueError(f"lines must have two entries or more: got shape {shape}")
    if missing := [name for name in runs if name not in groups]:
        raise ValueError(f"groups must say what each sentence is about: {missing[0]!r} is missing")
    order = [sides.index(groups[name]) if groups[name] in sides else 2 for name in runs]
    canvas = Canvas()
    _lines(canvas, runs, order, sides)
    start = [float(run[0]) for run in runs.values()]
    same = not any(start)
    layers = shape[0] - 1
    ends = []
    for kind, group in enumerate((*sides, "neither")):
        named = [
            f"{name} {number(run[-1])}"
            for (name, run), k in zip(runs.items(), order, strict=True)
            if k == kind
        ]
        if named:
            ends.append(f"{group}: {listing(named)}")
    before = "0 in all" if same else f"from {number(min(start), 3)} to {number(max(start), 3)}"
    words = (
        f"How much nearer {word} is to {sides[0]} than to {sides[1]}, in {len(runs)} sentences. "
        f"Before the first layer: {before}. After layer {layers}: {'; '.join(ends)}."
    )
    told = (
        f"Each line is “{word}” in one sentence. Above the middle its vector is nearer to those of "
        f"{sides[0]} sentences, below to those of {sides[1]} sentences."
    )
    if same:
        told += f" Before the first layer all {len(runs)} vectors are one."
    return canvas.figure(alt or words, caption or told, ACROSS)


def _lines(
    canvas: Canvas,
    runs: Mapping[str, NDArray[np.float64]],
    order: Sequence[int],
    sides: tuple[str, str],
) -> None:
    """The lines, with a scale on the left and their names on the right."""
    every = np.stack(list(runs.values()))
    low, high = min(every.min(), 0.0), max(every.max(), 0.0)
    reach = max(high, -low) or 1.0
    step = 10.0 ** math.floor(math.log10(reach))
    decimals = max(0, -round(math.log10(step)))
    longest = max(text_width(name, 13) for name in runs)
    left, right = MARGIN + text_width(number(-step, decimals), 13) + 8, ACROSS - longest - 26
    top, bottom = 30.0, 30.0 + HIGH

    def down(value: float) -> float:
        return float(top + (high - value) / (high - low or 1) * HIGH)

    across = np.linspace(left + 6, right, every.shape[1])
    for tick in range(math.ceil(low / step), math.floor(high / step) + 1):
        y = down(tick * step)
        canvas.line(left, y, right, y, "g" if tick == 0 else "g d")
        canvas.text(left - 6, y, number(tick * step, decimals), "u", "end")
    for layer, x in enumerate(across):
        canvas.text(x, bottom + 44, str(layer), "u", "middle")
    canvas.text((left + right) / 2, bottom + 64, "after layer (0: before the first)", "u", "middle")
    canvas.text(left, 10, f"↑ nearer to {sides[0]}", "l")
    canvas.text(left, bottom + 20, f"↓ nearer to {sides[1]}", "l")
    places = _apart([down(run[-1]) for run in runs.values()], top, bottom)
    for (name, run), kind, place in zip(runs.items(), order, places, strict=True):
        role, dashes = KINDS[kind]
        tone = "var(--t)" if role else "var(--muted)"
        points = [f"{x:.4g} {down(value):.4g}" for x, value in zip(across, run, strict=True)]
        dashed = f";stroke-dasharray:{dashes}" if dashes else ""
        canvas.parts.append(
            f'<g class="{role or "other"}">'
            f'<path class="line" d="M{"L".join(points)}" style="fill:none;stroke:{tone};'
            f'stroke-width:1.9;stroke-linejoin:round{dashed}"/>'
            f'<path d="{"".join(f"M{point}h0" for point in points[1:])}" style="fill:none;'
            f'stroke:{tone};stroke-width:5;stroke-linecap:round"/>'
            f'<path class="g" d="M{right + 4:.4g} {down(run[-1]):.4g}L{right + 16:.4g} {place:.4g}"/>'
            f'<text class="u" x="{right + 20:.4g}" y="{place:.4g}" dy=".35em" '
            f'style="fill:{tone}">{escape(name)}</text></g>'
        )
        canvas.line(right, place + 8, right, place + 8, "g")


def _apart(heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """The heights, pushed apart where two names would touch, and kept between top and bottom."""
    order = np.argsort(heights, kind="stable")
    places = np.array(heights, dtype=float)[order]
    for _ in range(200):
        for i in np.flatnonzero(np.diff(places) < LINE - 1e-9):
            push = max(0.0, LINE - (places[i + 1] - places[i])) / 2
            places[i] -= push
            places[i + 1] += push
    steps = LINE * np.arange(len(places))
    places = np.maximum.accumulate(np.maximum(places, top) - steps) + steps
    behind = (steps - steps[-1])[::-1]
    back = np.minimum(places, bottom)[::-1] - behind
    places = (np.minimum.accumulate(back) + behind)[::-1]
    found = np.empty_like(places)
    found[order] = places
    return [float(place) for place in found]
