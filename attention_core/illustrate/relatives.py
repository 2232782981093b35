"""A family of models: where each leaves the common path, and what its parameters are spent on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._format import listing
from .canvas import MARGIN, Canvas, text_width
from .figure import Figure

ACROSS = 360.0
#: A stage of the path, and the cell of a model that goes its own way there.
STEP, HIGH = 34.0, 24.0
NARROWEST = 18.0
#: How much wider a name is that ends in capitals.
CAPITALS = 1.14
#: A bar of parameters.
BAR, BAR_STEP = 20.0, 27.0
#: What a bar may be made of, from the left: its letter and its role's colour.
PARTS = {
    "embeddings": ("e", "input"),
    "attention": ("a", "score"),
    "feed-forward": ("f", "output"),
    "the rest": ("r", ""),
}


def departures(
    own: ArrayLike,
    stages: Sequence[str],
    models: Sequence[str],
    *,
    shared: int,
    formula: str,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw each model as a line down through the stages, with a box where it has code of its own.

    Parameters
    ----------
    own : (stages, models) array of int
        How many statements a model runs at a stage, or leaves out, that the first runs not, or
        does not leave out.
    stages, models : sequences of str
        Their names, from the top and from the left.
    shared : int
        The stage that is drawn as one band across all models, counted from 0.
    formula : str
        What stands in the band.
    caption, alt : str, optional
        In place of the ones made from the counts.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is not a count for each stage and model, a count is negative, there are too many
        models for a phone, or one has code of its own at the shared stage.

    Examples
    --------
    >>> departures(
    ...     [[0, 2], [0, 0]], ["look up", "attend"], ["BERT", "Other"], shared=1, formula="A V"
    ... ).alt
    '2 stages, one below the other: look up; attend. All 2 models run the same code at attend: A V.
    Of their own are, at look up, 2 statements of Other. Without code of their own: BERT.'
    """
    counts = np.asarray(own)
    if counts.shape != (len(stages), len(models)) or not counts.size:
        raise ValueError(
            f"own must have a row for each stage and a column for each model: got {counts.shape} "
            f"for {len(stages)} stages and {len(models)} models"
        )
    if counts.dtype.kind not in "iu" or counts.min() < 0:
        raise ValueError("own must count statements: got what is no whole number, or below 0")
    if counts[shared].any():
        raise ValueError(f"at the shared stage no model has code of its own: got {counts[shared]}")
    left = MARGIN + max(text_width(name, 13) for name in stages) + 8
    pitch = (ACROSS - 2 * MARGIN - left) / len(models)
    if pitch < NARROWEST:
        raise ValueError(f"there are too many models for a phone: got {len(models)}")
    canvas = Canvas()
    top = MARGIN + max(text_width(name, 13) for name in models) * CAPITALS
    middles = [left + (j + 0.5) * pitch for j in range(len(models))]
    heights = [top + 12 + (i + 0.5) * STEP for i in range(len(stages))]
    for x, name in zip(middles, models, strict=True):
        canvas.parts.append(
            f'<text class="u" style="fill:var(--ink)" x="{x:.4g}" y="{top:.4g}" dy=".35em" '
            f'transform="rotate(-90 {x:.4g} {top:.4g})">{name}</text>'
        )
        canvas.line(round(x, 1), top + 10, round(x, 1), heights[-1] + STEP / 2)
    dots = "".join(
        f"M{middles[j]:.4g} {heights[i]:.4g}h0" for i, j in np.argwhere(counts == 0) if i != shared
    )
    ink = "stroke:var(--muted);stroke-width:5;stroke-linecap:round"
    canvas.parts.append(f'<path style="{ink}" d="{dots}"/>')
    for i, name in enumerate(stages):
        canvas.text(left - 6, heights[i], name, "h" if i == shared else "u", "end")
    width = min(pitch - 3, 28.0)
    for i, j in np.argwhere(counts):
        place = f'x="{middles[j] - width / 2:.4g}" y="{heights[i] - HIGH / 2:.4g}"'
        canvas.parts.append(
            f'<g class="n"><rect {place} width="{width:.4g}" height="{HIGH:g}" rx="5" '
            f'style="fill:var(--paper);stroke:var(--ink);stroke-width:1.4"/>'
            f'<text x="{middles[j]:.4g}" y="{heights[i]:.4g}" dy=".35em" '
            f'style="font-size:{12 if counts[i, j] < 10 else 11}px">{counts[i, j]}</text></g>'
        )
    _band(canvas, left, heights[shared], pitch * len(models), formula)
    found = [
        f"at {stages[i]}, "
        + listing([f"{_count(n)} of {models[j]}" for j, n in enumerate(counts[i]) if n])
        for i in range(len(stages))
        if counts[i].any()
    ]
    plain = [name for name, column in zip(models, counts.T, strict=True) if not column.any()]
    said = (
        f"{len(stages)} stages, one below the other: {'; '.join(stages)}. All {len(models)} models "
        f"run the same code at {stages[shared]}: {formula}. Of their own are, "
        f"{'; '.join(found) or 'none'}. Without code of their own: {listing(plain)}."
    )
    told = (
        "Each line is a model, on its way down. A dot: it runs the code that "
        f"{models[0]} runs. A box: so many statements are its own, or left out. "
        "In the blue band there is no box."
    )
    return canvas.figure(alt or said, caption or told, ACROSS)


def _count(statements: int) -> str:
    """So many statements, in words."""
    return f"{statements} statement{'s' if statements != 1 else ''}"


def _band(canvas: Canvas, x: float, y: float, width: float, formula: str) -> None:
    """The stage that all models share; in its formula d_k has an index."""
    indexed = re.sub(
        r"_(\w)(.*)",
        r'<tspan style="font-size:11px" dy="4">\1</tspan><tspan dy="-4">\2</tspan>',
        formula,
    )
    box = f'x="{x:.4g}" y="{y - HIGH / 2 - 1:.4g}" width="{width:.4g}" height="{HIGH + 2:g}" rx="6"'
    canvas.parts.append(
        f'<g class="n score"><rect {box} style="fill:var(--paper)"/><rect class="c" {box} '
        f'style="fill-opacity:.3"/><text x="{x + width / 2:.4g}" y="{y:.4g}" dy=".35em">'
        f"{indexed}</text></g>"
    )
    canvas._reach(x + width, y)


def spending(
    counts: Mapping[str, Mapping[str, int]],
    *,
    outlined: Mapping[str, int] | None = None,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw the parameters of each model as a bar, in parts that are all to one scale.

    Parameters
    ----------
    counts : mapping of model to mapping of part to int
        Parts are "embeddings", "attention", "feed-forward" and "the rest"; one that is missing has
        no parameters.
    outlined : mapping of model to int, optional
        How long the bar would be if nothing was shared: drawn as a dotted outline.
    caption, alt : str, optional
        In place of the ones made from the counts.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no model, a part is none of the four, or a count is below 0.

    Examples
    --------
    >>> spending({"One": {"attention": 3_000_000, "embeddings": 1_000_000}}).alt
    'Millions of parameters. One has 4.0: 1.0 in embeddings, 3.0 in attention.'
    """
    if not counts:
        raise ValueError("counts must hold at least one model: got none")
    for name, parts in counts.items():
        if strange := sorted(set(parts) - set(PARTS)):
            raise ValueError(f"the parts are {listing(list(PARTS))}: got {strange[0]!r} for {name}")
        if min(parts.values(), default=0) < 0:
            raise ValueError(f"a count must not be below 0: got {min(parts.values())} for {name}")
    dotted = dict(outlined or {})
    totals = {name: sum(parts.values()) for name, parts in counts.items()}
    left = MARGIN + max(text_width(name, 13) for name in counts) * CAPITALS + 4
    right = ACROSS - MARGIN - text_width("100.0", 13) - 4
    unit = (right - left) / max(*totals.values(), *dotted.values(), 1)
    canvas = Canvas()
    for place, (part, (letter, role)) in enumerate(PARTS.items()):
        row, column = divmod(place, 2)
        x, y = left + column * 130, MARGIN + row * 26.0
        _piece(canvas, x, y, BAR, letter, role)
        canvas.text(x + BAR + 6, y + BAR / 2, part, "u")
    y = MARGIN + 62.0
    said = []
    for name, parts in counts.items():
        canvas.text(left - 4, y + BAR / 2, name, "u", "end")
        if name in dotted:
            canvas.parts.append(
                f'<rect class="g d" x="{left:.4g}" y="{y:g}" width="{dotted[name] * unit:.4g}" '
                f'height="{BAR:g}" rx="3"/>'
            )
        x = left
        for part, (letter, role) in PARTS.items():
            x = _piece(canvas, x, y, parts.get(part, 0) * unit, letter, role)
        canvas.text(ACROSS - MARGIN, y + BAR / 2, _millions(totals[name]), "u", "end")
        each = [f"{_millions(parts[p])} in {p}" for p in PARTS if parts.get(p)]
        more = f"; unshared it would be {_millions(dotted[name])}" if name in dotted else ""
        said.append(f"{name} has {_millions(totals[name])}: {', '.join(each)}{more}.")
        y += BAR_STEP
    told = "Parameters in millions, all to one scale." + (
        f" Dotted: what {listing(list(dotted))} would have if layers shared nothing."
        if dotted
        else ""
    )
    alternative = f"Millions of parameters. {' '.join(said)}"
    return canvas.figure(alt or alternative, caption or told, ACROSS)


def _piece(canvas: Canvas, x: float, y: float, width: float, letter: str, role: str) -> float:
    """One part of a bar, with its letter where there is room; return where it ends."""
    if width <= 0:
        return x
    colour = "" if role else "fill:var(--guide);stroke:var(--muted);"
    text = f'<text x="{x + width / 2:.4g}" y="{y + BAR / 2:g}" dy=".35em" style="font-size:12px">'
    canvas.parts.append(
        f'<g class="n {role}"><rect class="c" x="{x:.4g}" y="{y:g}" width="{width:.4g}" '
        f'height="{BAR:g}" rx="{min(3.0, width / 3):.3g}" '
        f'style="{colour}fill-opacity:.4;stroke-width:1"/>'
        f"{f'{text}{letter}</text>' if width > 12 else ''}</g>"
    )
    canvas._reach(x + width, y + BAR)
    return x + width


def _millions(count: int) -> str:
    """A number in millions, to one decimal."""
    return f"{count / 1e6:,.1f}"
