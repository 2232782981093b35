"""The bug museum: what a function makes beside what it should make, and who catches whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._format import listing, number
from .canvas import GAP, MARGIN, Canvas, subscript, text_width
from .figure import Figure
from .pictures import Array, printed_to

ACROSS = 360.0
HEIGHT = 28.0
LARGEST, SMALLEST = 15.0, 10.5
LETTER, BETWEEN = 19.0, 14.0
#: With so many keys at most, the two stand side by side.
BESIDE = 4
#: A thumbnail of the wall, and the cells of the table.
SIDE, SQUARE = 58.0, 20.0


@dataclass(frozen=True, eq=False)
class Pair:
    """What there should be and what there is, of one shape; NaN is drawn as it is."""

    right: Array
    wrong: Array

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Where they are not the same, but for rounding."""
        return ~np.isclose(self.right, self.wrong, equal_nan=True)

    @property
    def shade(self) -> Array:
        """How deep to tint what there is: between 0 and 1, nothing for NaN."""
        finite = np.nan_to_num(self.wrong, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = min(0.0, float(finite.min())), max(1.0, float(finite.max()))
        shade: Array = (finite - low) / (high - low)
        return shade


def _pair(right: ArrayLike, wrong: ArrayLike) -> Pair:
    """Two matrices to compare."""
    one, other = np.asarray(right), np.asarray(wrong)
    for name, array in (("right", one), ("wrong", other)):
        if array.dtype.kind not in "iuf":
            raise TypeError(f"{name} must hold real numbers: got dtype {array.dtype}")
        if array.ndim != 2 or not array.size:
            raise ValueError(f"{name} must be a filled matrix to be drawn: got shape {array.shape}")
    if one.shape != other.shape:
        raise ValueError(
            f"right and wrong must have one shape, to be compared: got {one.shape} and {other.shape}"
        )
    return Pair(one.astype(np.float64), other.astype(np.float64))


def against(
    right: ArrayLike,
    wrong: ArrayLike,
    *,
    where: str,
    hidden: ArrayLike | None = None,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw what there should be beside what there is; a dot marks each number that differs.

    Parameters
    ----------
    right, wrong : (n, m) array
        Weights or scores of n queries and m keys; `wrong` may hold NaN.
    where : str
        The example they are of.
    hidden : (n, m) boolean array, optional
        True where a query may not attend; a zero there is crossed out.
    decimals : int
        Of numbers that are not whole.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError
        If an array holds anything but real numbers.
    ValueError
        If shapes differ, or there are too many keys for their numbers to be read.

    Examples
    --------
    >>> against([[0.5, 0.5]], [[0.25, 0.75]], where="two keys").alt
    'On two keys. Right: q₁ 0.50 and 0.50. This code: q₁ 0.25 and 0.75. 2 of 2 differ.'
    """
    pair = _pair(right, wrong)
    away = np.zeros(pair.right.shape, bool) if hidden is None else np.asarray(hidden, bool)
    if away.shape != pair.right.shape:
        raise ValueError(
            f"hidden must have an entry for each weight: got {away.shape} and {pair.right.shape}"
        )
    canvas = Canvas()
    across = 2 if pair.wrong.shape[1] <= BESIDE else 1
    pitch = (ACROSS - 2 * MARGIN + BETWEEN) / across
    tall = 22 + len(pair.wrong) * (HEIGHT + GAP) + 26
    panels = {"right": Pair(pair.right, pair.right), "this code": pair}
    for place, (name, shown) in enumerate(panels.items()):
        row, column = divmod(place, across)
        corner = MARGIN + column * pitch + LETTER, MARGIN + row * tall
        _panel(canvas, corner, pitch - LETTER - BETWEEN, name, shown, away, decimals)
    count = f"{pair.differs.sum()} of {pair.differs.size}"
    on = where[:1].upper() + where[1:]
    told = f"{on}. A dot marks each number that is not as it should be: {count}."
    both = np.concatenate([pair.right.ravel(), pair.wrong.ravel()])
    told += printed_to(both[np.isfinite(both)], decimals)
    said = (
        f"On {where}. Right: {_rows(pair.right, decimals)}. "
        f"This code: {_rows(pair.wrong, decimals)}. {count} differ."
    )
    return canvas.figure(alt or said, caption or told, ACROSS)


def _panel(
    canvas: Canvas,
    corner: tuple[float, float],
    room: float,
    name: str,
    pair: Pair,
    hidden: NDArray[np.bool_],
    decimals: int,
) -> None:
    """One of the two heatmaps."""
    n, m = pair.wrong.shape
    width = min(44.0, (room + GAP) / m - GAP)
    longest = max(len(number(float(x), decimals)) for x in pair.wrong.flat)
    size = min(LARGEST, (width - 2) * 15 / text_width("0" * longest))
    if size < SMALLEST:
        raise ValueError(
            f"there must be few enough keys for their numbers to be read on a phone: got {m} keys"
        )
    left, top = corner
    canvas.text(left, top + 9, name, "h")
    top += 22
    styled = "" if size == LARGEST else f' style="font-size:{size:.3g}px"'
    boxes = _boxes(pair.wrong.shape, left, top, width, HEIGHT, GAP)
    crossed = hidden & (pair.wrong == 0)
    drawn, away = [], []
    for place, box in boxes.items():
        middle = f'x="{box[0] + width / 2:.4g}" y="{box[1] + HEIGHT / 2:.4g}" dy=".35em"'
        if crossed[place]:
            away.append(f'<rect class="g d" {_place(box)}/><text class="u" {middle}>×</text>')
            continue
        text = number(pair.wrong[place], decimals)
        cell = _tinted(box, pair.shade[place], pair.differs[place])
        drawn.append(f"{cell}<text {middle}{styled}>{text}</text>")
    canvas.parts.append(f'<g class="hidden" text-anchor="middle">{"".join(away)}</g>')
    canvas.parts.append(f'<g class="n score">{"".join(drawn)}</g>')
    for i in range(n):
        canvas.label(left - 5, boxes[i, 0][1] + HEIGHT / 2, "q", i + 1, "query")
    for j in range(m):
        x, y = boxes[n - 1, j][0] + width / 2, boxes[n - 1, j][1] + HEIGHT + 12
        canvas.label(x, y, "k", j + 1, "key", anchor="middle")
    marked = [boxes[i, j] for i, j in np.argwhere(pair.differs)]
    _dots(canvas, [(x + w - 2.5, y + 2.5) for x, y, w, _ in marked])


Box = tuple[float, float, float, float]


def _boxes(
    shape: tuple[int, ...], left: float, top: float, width: float, height: float, gap: float
) -> dict[tuple[int, int], Box]:
    """Left and upper edge, width and height of each cell."""
    return {
        (i, j): (left + j * (width + gap), top + i * (height + gap), width, height)
        for i in range(shape[0])
        for j in range(shape[1])
    }


def _place(box: Box) -> str:
    """A cell's place, as attributes."""
    sides = zip(("x", "y", "width", "height"), box, strict=True)
    attributes = " ".join(f'{name}="{round(side, 1):g}"' for name, side in sides)
    return f'{attributes} rx="{min(5, round(box[3] / 6))}"'


def _tinted(box: Box, shade: float | None, mark: bool = False) -> str:
    """A cell, as deep as it is large; outlined in ink where it is marked."""
    style = [] if shade is None else [f"fill-opacity:{0.06 + 0.5 * shade:.2f}"]
    style += ["stroke:var(--ink);stroke-width:1.8"] if mark else []
    return f'<rect class="c" {_place(box)}' + (f' style="{";".join(style)}"/>' if style else "/>")


def _dots(canvas: Canvas, places: Sequence[tuple[float, float]]) -> None:
    """Set a dot at each place, all in one stroke."""
    if places:
        spots = "".join(f"M{x:.4g} {y:.4g}h0" for x, y in places)
        ink = "stroke:var(--ink);stroke-width:4.6;stroke-linecap:round"
        canvas.parts.append(f'<path style="{ink}" d="{spots}"/>')


def _rows(array: Array, decimals: int) -> str:
    """A matrix in words, row by row."""
    return "; ".join(
        f"q{subscript(i)} {listing([number(x, decimals) for x in row])}"
        for i, row in enumerate(array, 1)
    )


def wall(
    rooms: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]],
    *,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Draw a wall of thumbnails, five in a row: each exhibit in every room, one below the other.

    Parameters
    ----------
    rooms : mapping of name to sequence of (right, wrong)
        For each room, every exhibit's matrices; exhibits are numbered from 1.
    caption : str
        What to notice.
    alt : str, optional
        In place of the one made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError
        If an array holds anything but real numbers.
    ValueError
        If there is no exhibit, rooms hold different numbers of them, or shapes differ.

    Examples
    --------
    >>> wall({"here": [([[1.0]], [[0.5]])]}, caption="One.").alt
    'Here, numbers that differ: exhibit 1 has 1 of 1.'
    """
    pairs = {name: [_pair(*each) for each in exhibits] for name, exhibits in rooms.items()}
    counts = {len(exhibits) for exhibits in pairs.values()}
    if len(counts) != 1 or not max(counts):
        raise ValueError(f"every room must show the same exhibits: got {sorted(counts)} of them")
    canvas, total = Canvas(), max(counts)
    step = (ACROSS - 2 * MARGIN + BETWEEN) / 5
    y = MARGIN
    for first in range(0, total, 5):
        shown = range(first, min(first + 5, total))
        for place, index in enumerate(shown):
            canvas.text(MARGIN + place * step + SIDE / 2, y + 8, str(index + 1), "h", "middle")
        y += 20
        for name, exhibits in pairs.items():
            canvas.text(MARGIN, y + 8, name, "u")
            y += 20
            for place, index in enumerate(shown):
                _thumbnail(canvas, MARGIN + place * step, y, exhibits[index])
            y += SIDE + 8
        y += 10
    said = [
        f"{name[:1].upper()}{name[1:]}, numbers that differ: "
        + listing(
            [
                f"exhibit {i} has {pair.differs.sum()} of {pair.differs.size}"
                for i, pair in enumerate(exhibits, 1)
            ]
        )
        + "."
        for name, exhibits in pairs.items()
    ]
    return canvas.figure(alt or " ".join(said), caption, ACROSS)


def _thumbnail(canvas: Canvas, left: float, top: float, pair: Pair) -> None:
    """A matrix without numbers, as wide as it is high."""
    n, m = pair.wrong.shape
    gap = 2.0
    width, height = (SIDE + gap) / m - gap, (SIDE + gap) / n - gap
    boxes = _boxes(pair.wrong.shape, left, top, width, height, gap)
    cells = "".join(_tinted(box, pair.shade[place]) for place, box in boxes.items())
    canvas.parts.append(f'<g class="score">{cells}</g>')
    canvas._reach(left + SIDE, top + SIDE)
    marked = [boxes[i, j] for i, j in np.argwhere(pair.differs)]
    _dots(canvas, [(x + w / 2, y + h / 2) for x, y, w, h in marked])


def caught(
    table: ArrayLike,
    checks: Sequence[str],
    *,
    made_for: Sequence[int] | None = None,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw which check catches which exhibit: a filled cell with a dot.

    Parameters
    ----------
    table : (checks, exhibits) boolean array
        True where a check catches.
    checks : sequence of str
        Their names; exhibits are numbered from 1.
    made_for : sequence of int, optional
        For each check, the exhibit that it was made for, which is outlined.
    caption, alt : str, optional
        In place of the ones made from the table.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the table is none, or has not a row for each check.

    Examples
    --------
    >>> caught([[True, False], [True, True]], ["one", "two"]).alt
    'One catches 1. Two catches 1 and 2.'
    """
    grid: NDArray[Any] = np.asarray(table, bool)
    if grid.ndim != 2 or len(grid) != len(checks) or not grid.size:
        raise ValueError(
            f"table must have a row for each check: got {grid.shape} and {len(checks)} checks"
        )
    canvas = Canvas()
    left = MARGIN + max(text_width(name, 13) for name in checks) + 8
    gap = 3.0
    square = min(SQUARE, (ACROSS - MARGIN - left + gap) / grid.shape[1] - gap)
    for j in range(grid.shape[1]):
        canvas.text(left + j * (square + gap) + square / 2, MARGIN + 8, str(j + 1), "u", "middle")
    boxes = _boxes(grid.shape, left, MARGIN + 22, square, square, gap)
    for i, name in enumerate(checks):
        y = boxes[i, 0][1] + square / 2
        canvas.parts.append(
            f'<text class="u" x="{left - 8:g}" y="{y:g}" dy=".35em" text-anchor="end">{name}</text>'
        )
    own = {(i, j - 1) for i, j in enumerate(made_for or ())}
    cells = "".join(
        _tinted(box, 1 if grid[place] else None, place in own) for place, box in boxes.items()
    )
    canvas.parts.append(f'<g class="score">{cells}</g>')
    canvas._reach(ACROSS - MARGIN, MARGIN + 22 + len(grid) * (square + gap))
    hits = [boxes[i, j] for i, j in np.argwhere(grid)]
    _dots(canvas, [(x + square / 2, y + square / 2) for x, y, *_ in hits])
    found = [[j for j in range(1, grid.shape[1] + 1) if row[j - 1]] for row in grid]
    said = " ".join(
        f"{name[:1].upper()}{name[1:]} catches {listing([str(j) for j in each])}."
        for name, each in zip(checks, found, strict=True)
    )
    most = max(len(each) for each in found)
    told = (
        f"A dot: the check catches the exhibit. The best check catches {most} of {grid.shape[1]}."
    )
    if made_for is not None:
        told += " Outlined is the exhibit that it was made for."
    return canvas.figure(alt or said, caption or told, ACROSS)
