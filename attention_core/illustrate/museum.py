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
LARGEST, SMALLEST = 12.0, 10.5
LETTER, BETWEEN = 19.0, 14.0
#: With so many keys at most, the two stand side by side.
BESIDE = 4
#: A thumbnail of the wall, and the cells of the table.
SIDE, SQUARE = 58.0, 18.0


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
    for i in range(n):
        y = top + i * (HEIGHT + GAP)
        canvas.label(left - 5, y + HEIGHT / 2, "q", i + 1, "query")
        for j in range(m):
            x = left + j * (width + GAP)
            crossed = bool(hidden[i, j]) and pair.wrong[i, j] == 0
            text = "×" if crossed else number(pair.wrong[i, j], decimals)
            mark = bool(pair.differs[i, j])
            _cell(canvas, (x, y, width, HEIGHT), pair.shade[i, j], mark, text, size, crossed)
    for j in range(m):
        x = left + j * (width + GAP) + width / 2
        canvas.label(x, top + n * (HEIGHT + GAP) + 8, "k", j + 1, "key", anchor="middle")


def _cell(
    canvas: Canvas,
    box: tuple[float, float, float, float],
    shade: float,
    mark: bool,
    text: str = "",
    size: float = LARGEST,
    crossed: bool = False,
) -> None:
    """A cell: tinted, with its number if it has one; outlined, with a dot, where it is marked."""
    x, y, width, height = box
    place = (
        f'x="{x:.4g}" y="{y:.4g}" width="{width:.4g}" height="{height:.4g}" rx="{height / 6:.3g}"'
    )
    middle = f'x="{x + width / 2:.4g}" y="{y + height / 2:.4g}" dy=".35em" text-anchor="middle"'
    canvas._reach(x + width, y + height)
    if crossed:
        canvas.parts.append(
            f'<g class="hidden"><rect class="g d" {place}/><text class="u" {middle}>×</text></g>'
        )
        return
    outline = f";stroke:var(--ink);stroke-width:{1.8 if text else 1.2}" if mark else ""
    written = f'<text {middle} style="font-size:{size:.3g}px">{text}</text>' if text else ""
    canvas.parts.append(
        f'<g class="n score"><rect class="c" {place} '
        f'style="fill-opacity:{0.06 + 0.5 * shade:.3f}{outline}"/>{written}</g>'
    )
    if mark:
        spot = (x + width - 5, y + 5) if text else (x + width / 2, y + height / 2)
        canvas.parts.append(
            f'<circle class="on" cx="{spot[0]:.4g}" cy="{spot[1]:.4g}" r="{2.2 if text else 2.6}"/>'
        )


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
    for i in range(n):
        for j in range(m):
            box = (left + j * (width + gap), top + i * (height + gap), width, height)
            _cell(canvas, box, pair.shade[i, j], bool(pair.differs[i, j]))


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
    gap = 2.0
    square = min(SQUARE, (ACROSS - MARGIN - left + gap) / grid.shape[1] - gap)
    for j in range(grid.shape[1]):
        canvas.text(left + j * (square + gap) + square / 2, MARGIN + 8, str(j + 1), "u", "middle")
    for i, (name, row) in enumerate(zip(checks, grid, strict=True)):
        y = MARGIN + 22 + i * (square + gap + 2)
        canvas.parts.append(
            f'<text class="u" x="{left - 8:g}" y="{y + square / 2:g}" dy=".35em" '
            f'text-anchor="end">{name}</text>'
        )
        for j, hit in enumerate(row):
            box = (left + j * (square + gap), y, square, square)
            x, side = box[0], f'width="{square:.4g}" height="{square:.4g}" rx="3"'
            own = made_for is not None and made_for[i] == j + 1
            outline = ";stroke:var(--ink);stroke-width:1.8" if own else ""
            canvas.parts.append(
                f'<g class="score"><rect class="c" x="{x:.4g}" y="{y:.4g}" {side} '
                f'style="fill-opacity:{0.5 if hit else 0.06:.2f}{outline}"/></g>'
            )
            if hit:
                canvas.parts.append(
                    f'<circle class="on" cx="{x + square / 2:.4g}" cy="{y + square / 2:.4g}" '
                    f'r="2.6"/>'
                )
            canvas._reach(x + square, y + square)
    found = [[j for j in range(1, grid.shape[1] + 1) if row[j - 1]] for row in grid]
    said = " ".join(
        f"{name[:1].upper()}{name[1:]} catches {listing([str(j) for j in hits])}."
        for name, hits in zip(checks, found, strict=True)
    )
    most = max(len(hits) for hits in found)
    told = (
        f"A dot: the check catches the exhibit. The best check catches {most} of {grid.shape[1]}."
    )
    if made_for is not None:
        told += " Outlined is the exhibit that it was made for."
    return canvas.figure(alt or said, caption or told, ACROSS)
