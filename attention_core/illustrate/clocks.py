"""Pictures of positions: clocks, the stripes that their hands leave, and pairs of features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._format import number, vector
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width
from .figure import Figure
from .pictures import Array, _array

ACROSS = 360.0


def clocks(
    encoding: ArrayLike,
    *,
    pairs: int | None = None,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw sinusoids as clocks: a column for each position, a row for each pair of features.

    Parameters
    ----------
    encoding : (n, d_model) array
        Sines and cosines in turn, as `sinusoidal` gives them: up to ten positions.
    pairs : int, optional
        How many pairs to draw, the fastest first; all where left out.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If features do not go in pairs of length 1, there are too many positions, or the first
        is not position 0.

    Examples
    --------
    >>> from attention_core.positions import sinusoidal
    >>> clocks(sinusoidal(2, 2)).alt
    'A clock for each position and pair of features, its hand at 12 at position 0. Pair 0 turns by
    57.3° for each position.'
    """
    hands = _hands(encoding, pairs)
    n, rows = hands.shape[:2]
    left, right = 62.0, 52.0
    pitch = (ACROSS - left - right - MARGIN) / n
    r = min(15.0, pitch / 2 - 2)
    step = 2 * r + 14
    canvas = Canvas()
    canvas.text(left + n * pitch / 2, 10, "position", "u", "middle")
    canvas.text(MARGIN, 32, "features", "u")
    canvas.text(ACROSS - MARGIN, 32, "turn", "u", "end")
    for p in range(n):
        canvas.text(left + (p + 0.5) * pitch, 32, str(p), "l", "middle")
    speeds = [_speed(hands[:, i]) for i in range(rows)]
    for i in range(rows):
        y = 54 + r + i * step
        canvas.text(left - 10, y, f"{2 * i}, {2 * i + 1}", "u", "end")
        canvas.text(ACROSS - MARGIN, y, f"{speeds[i]:.1f}°", "u", "end")
        for p in range(n):
            x = left + (p + 0.5) * pitch
            across, up = hands[p, i] * r * 0.82
            canvas.parts.append(
                f'<g class="input"><circle class="bar" cx="{x:.2f}" cy="{y:g}" r="{r:g}" '
                f'style="fill-opacity:.14;stroke:var(--guide);stroke-width:1"/>'
                f'<path d="M{x:.2f} {y:g}l{across:.2f} {-up:.2f}" '
                f'style="stroke:var(--t);stroke-width:2.4;stroke-linecap:round"/>'
                f'<circle cx="{x:.2f}" cy="{y:g}" r="2" style="fill:var(--t)"/></g>'
            )
            canvas._reach(x + r, y + r)
    told = caption or (
        "Each pair of features is the hand of a clock. The first turns fast, the next ones "
        "slower and slower; together they tell every position from every other."
    )
    turns = [f"Pair {i} turns by {speed:.1f}° for each position." for i, speed in enumerate(speeds)]
    words = alt or (
        "A clock for each position and pair of features, its hand at 12 at position 0. "
        + " ".join(turns)
    )
    return canvas.figure(words, told, ACROSS)


def _hands(encoding: ArrayLike, pairs: int | None) -> Array:
    """How far to the right and up each hand points, (n, pairs, 2)."""
    array = _array("encoding", encoding, 2)
    n, d = array.shape
    if d % 2:
        raise ValueError(f"encoding must have an even number of features, two a clock: got {d}")
    if not 2 <= n <= 10:
        raise ValueError(f"clocks are drawn for two to ten positions: got {n}")
    if pairs is not None and not 1 <= pairs <= d // 2:
        raise ValueError(f"pairs must be 1 to {d // 2}, the pairs there are: got {pairs}")
    hands = array.reshape(n, d // 2, 2)[:, :pairs]
    if not np.allclose(np.linalg.norm(hands, axis=-1), 1):
        raise ValueError("each pair of features must be the sine and the cosine of one angle")
    if not np.allclose(hands[0], [0, 1]):
        raise ValueError("encoding must begin at position 0, where every hand stands at 12")
    return hands


def _speed(hand: Array) -> float:
    """Degrees from position 0 to 1."""
    return float(np.degrees(np.arctan2(*hand[1])))


def stripes(
    encoding: ArrayLike,
    *,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw numbers between -1 and 1 as depths of colour: positions down, features across.

    Parameters
    ----------
    encoding : (n, d) array
        Up to 64 positions and 32 features.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a number lies outside -1 to 1, or there are too many to draw.

    Examples
    --------
    >>> stripes([[0, 1], [0.84, 0.54]]).alt
    'Depths of colour for 2 positions of 2 features. Position 0 is (0, 1). Position 1 is
    (0.84, 0.54).'
    """
    a = _array("encoding", encoding, 2)
    n, d = a.shape
    if not (n <= 64 and d <= 32):
        raise ValueError(f"stripes show up to 64 positions and 32 features: got {n} and {d}")
    if np.abs(a).max() > 1 + 1e-9:
        raise ValueError(f"numbers must lie between -1 and 1: got {a.min():g} to {a.max():g}")
    left, top = 46.0, 28.0
    width, height = (ACROSS - left - MARGIN) / d, min(20.0, max(7.0, 260 / n))
    canvas = Canvas()
    canvas.text(left + d * width / 2, 10, "feature", "u", "middle")
    for j in range(0, d, 1 if d <= 8 else 2 if d <= 16 else 4):
        canvas.text(left + (j + 0.5) * width, top, str(j), "u", "middle")
    y = top + 12
    depths = np.round(_depth(a) * 25) / 25  # one path for all cells of a depth
    for depth in np.unique(depths):
        cells = "".join(
            f"M{left + j * width:.1f} {y + p * height:.1f}h{width - 1:.1f}v{height - 1:.1f}"
            f"h{1 - width:.1f}z"
            for p, j in np.argwhere(depths == depth)
        )
        canvas.parts.append(
            f'<g class="input"><path d="{cells}" style="fill:var(--c);fill-opacity:{depth:.2f}"/></g>'
        )
    for p in range(0, n, 1 if n <= 12 else 4):
        canvas.text(left - 8, y + (p + 0.5) * height, str(p), "u", "end")
    canvas.text(8, y + n * height / 2, "position", "u", "middle", turn=True)
    canvas._reach(ACROSS - MARGIN, y + n * height)
    foot = canvas.bottom + 12
    x = ACROSS / 2 - 70
    levels = np.arange(-1, 1.5, 0.5)
    for value, depth in zip(levels, _depth(levels), strict=True):
        canvas.parts.append(
            f'<g class="input"><rect x="{x:g}" y="{foot:g}" width="24" height="12" '
            f'style="fill:var(--c);stroke:var(--guide);stroke-width:.6;'
            f'fill-opacity:{depth:.2f}"/></g>'
        )
        canvas.text(x + 12, foot + 24, number(value, 1), "u", "middle")
        x += 32
    told = caption or (
        "A row for each position. On the left the stripes are short, on the right so long that "
        "this many positions hardly show them move."
    )
    some = range(n) if n <= 4 else (0, 1, n - 1)
    words = alt or f"Depths of colour for {n} positions of {d} features. " + " ".join(
        f"Position {p} is {vector(a[p])}." for p in some
    )
    return canvas.figure(words, told, ACROSS)


def _depth(x: Array) -> Array:
    """How deep the colour of a number from -1 to 1 is."""
    return 0.04 + 0.96 * (x + 1) / 2


def pairings(
    x: ArrayLike,
    layouts: Mapping[str, Sequence[tuple[int, int]]],
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw which features of a vector turn together: an arc joins each pair.

    Parameters
    ----------
    x : (d,) array
        The same in every layout.
    layouts : mapping of name to pairs of places
        Places are counted from 0.
    decimals, caption, alt
        As in `vectors`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the pairs of a layout do not take each feature once.

    Examples
    --------
    >>> pairings([1, 2], {"one": [(0, 1)]}).alt
    'One: features 0 and 1 of (1, 2) turn together.'
    """
    a = _array("x", x, 1)
    for name, pairs in layouts.items():
        if sorted(place for pair in pairs for place in pair) != list(range(len(a))):
            raise ValueError(
                f"pairs must take each of the {len(a)} features once: got {list(pairs)} for {name!r}"
            )
    width = max(cell_width(a, decimals), 40)
    left = (ACROSS - len(a) * (width + GAP) + GAP) / 2
    canvas = Canvas()
    y = 0.0
    said = []
    for name, pairs in layouts.items():
        widest = max(abs(j - i) for i, j in pairs)
        rise = 9 if widest > 1 else 0  # arcs that cross are told apart by their heights
        high = 12 + 9 * widest + rise * (len(pairs) - 1)
        canvas.text(ACROSS / 2, y + 10, name, "h", "middle")
        base = y + 30 + high
        tops = []
        for i, (first, second) in enumerate(pairs):
            x1, x2 = (left + place * (width + GAP) + width / 2 for place in (first, second))
            arc = 8 + 9 * abs(second - first) + rise * i
            canvas.parts.append(
                f'<path class="query" style="fill:none;stroke:var(--t);stroke-width:1.8" '
                f'd="M{x1:g} {base - 4:g}C{x1:g} {base - 4 - arc * 4 / 3:.2f} {x2:g} '
                f'{base - 4 - arc * 4 / 3:.2f} {x2:g} {base - 4:g}"/>'
            )
            tops.append(((x1 + x2) / 2, base - 4 - arc))
        for i, (x1, top) in enumerate(tops):
            canvas.parts.append(
                f'<circle cx="{x1:g}" cy="{top:g}" r="9" style="fill:var(--paper)"/>'
            )
            canvas.text(x1, top, str(i), "u", "middle")
        canvas.row(left, base, a, "query", width=width, decimals=decimals)
        for place in range(len(a)):
            canvas.text(
                left + place * (width + GAP) + width / 2,
                base + CELL + 13,
                str(place),
                "u",
                "middle",
            )
        y = base + CELL + 34
        joined = ", ".join(f"{i} and {j}" for i, j in pairs)
        said.append(
            f"{name[:1].upper()}{name[1:]}: features {joined} of {vector(a)} turn together."
        )
    told = caption or "An arc joins two features that turn together; its number says which pair."
    return canvas.figure(alt or " ".join(said), told, ACROSS)
