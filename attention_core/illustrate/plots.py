"""The pictures that have axes: drawn by matplotlib, in the page's own colours.

Matplotlib places everything; then its SVG is trimmed of what a page does not
need (metadata, ids, fonts) and its colours become the page's variables, so that
a plot follows the theme as the other pictures do.
"""

from __future__ import annotations

import io
import logging
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._format import number, vector
from .figure import Figure
from .palette import ROLES

# Each colour that is handed to matplotlib stands for a variable of the page.
_INK, _MUTED, _GUIDE = "#000001", "#000002", "#000003"
_FULL = {role: f"#0001{position:02x}" for position, role in enumerate(ROLES)}
_TONE = {role: f"#0002{position:02x}" for position, role in enumerate(ROLES)}
_VARIABLES = (
    {_INK: "var(--ink)", _MUTED: "var(--muted)", _GUIDE: "var(--guide)"}
    | {code: f"var(--{role})" for role, code in _FULL.items()}
    | {code: f"var(--{role}-t)" for role, code in _TONE.items()}
)
_DASHES = ("-", (0, (5, 2)), (0, (1.5, 2)), (0, (6, 2, 1.5, 2)))


@dataclass(frozen=True)
class Arrow:
    """A vector in the plane, drawn from the origin: its name, tip and role."""

    name: str
    tip: tuple[float, float]
    role: str


@dataclass(frozen=True)
class Point:
    """A point in the plane: its name, place and role."""

    name: str
    at: tuple[float, float]
    role: str
    toward: tuple[float, float] | None = None  #: where its name goes; away from the middle if None


@dataclass(frozen=True)
class Line:
    """A dotted straight line across the whole plane: all points with normal · point = level."""

    name: str
    normal: tuple[float, float]
    level: float
    place: float = 0.1  #: how far along the line, from its left end, the name begins


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            "plane and plot are drawn by matplotlib, which is not installed: pip install matplotlib"
        ) from error
    if sys.platform == "emscripten":
        # The browser's Python lists its fonts anew in every kernel, and would say so in red.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    return matplotlib


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(figsize=(width / 72, height / 72))
    axes = sheet.add_axes((0, 0, 1, 1))
    return sheet, axes


def _drawing(sheet: Any) -> str:
    """Render to SVG, and keep what is inside, in the page's colours and fonts."""
    matplotlib = _matplotlib()
    buffer = io.StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "attention", "path.simplify": False}
    with matplotlib.rc_context(settings):
        sheet.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    body = re.sub(r"<metadata>.*?</metadata>|<defs>.*?</defs>|<!--.*?-->", "", body, flags=re.S)
    body = re.sub(r' id="[^"]*"', "", body)
    for code, variable in _VARIABLES.items():
        body = body.replace(code, variable)
    body = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size:\1px", body)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    body = re.sub(r"\s*\n\s*", " ", body)
    # Places, and not the numbers that are written.
    body = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d+\.\d\d)\d+", r"\1", tag[0]), body)
    body = re.sub(r"<g>\s*</g>", "", body)
    if "url(#" in body or "<use" in body:
        raise AssertionError("a plot must not refer to ids, which may meet others on a page")
    return f'<g class="p">{re.sub(r"> +<", "><", body).strip()}</g>'


def plane(
    *items: Arrow | Point | Line,
    triangle: ArrayLike | None = None,
    axes: tuple[str, str] = ("entry 1", "entry 2"),
    decimals: int = 2,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Vectors, points and lines in the plane, both axes to one scale.

    Parameters
    ----------
    *items : Arrow, Point or Line
    triangle : (n, 2) array, optional
        Corners of an area to tint, in the values' colour.
    axes : two str
        What the axes show.
    decimals : int
        Of numbers in the text alternative.
    caption : str
        What to notice.
    alt : str, optional
        In place of the one made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is nothing to draw, or a role is unknown.
    """
    _matplotlib()
    from matplotlib.patches import Circle, FancyArrowPatch, Polygon

    placed = [
        item.tip if isinstance(item, Arrow) else item.at
        for item in items
        if not isinstance(item, Line)
    ]
    corners = (
        [] if triangle is None else [tuple(map(float, corner)) for corner in np.asarray(triangle)]
    )
    if not placed and not corners:
        raise ValueError("plane needs at least one Arrow, Point or triangle to know what to show")
    for item in items:
        if not isinstance(item, Line) and item.role not in ROLES:
            raise ValueError(f"role must be one of {', '.join(ROLES)}: got {item.role!r}")
    spots = np.array([(0.0, 0.0), *placed, *corners])
    low, high = np.floor(spots.min(axis=0) - 0.45), np.ceil(spots.max(axis=0) + 0.45)
    span = high - low
    unit = min(320 / span[0], 300 / span[1])
    width, height = span[0] * unit + 34, span[1] * unit + 62
    sheet, ax = _figure(width, height)
    ax.set_position((24 / width, 38 / height, span[0] * unit / width, span[1] * unit / height))
    ax.set_axis_off()
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    for x in np.arange(low[0], high[0] + 0.5):
        ax.plot(
            [x, x], [low[1], high[1]], color=_GUIDE, lw=0.5 if x else 1.2, zorder=0, clip_on=False
        )
        ax.text(x, low[1] - 5 / unit, number(x), color=_MUTED, size=11, ha="center", va="top")
    for y in np.arange(low[1], high[1] + 0.5):
        ax.plot(
            [low[0], high[0]], [y, y], color=_GUIDE, lw=0.5 if y else 1.2, zorder=0, clip_on=False
        )
        ax.text(low[0] - 5 / unit, y, number(y), color=_MUTED, size=11, ha="right", va="center")
    ax.text(high[0], low[1] - 20 / unit, axes[0], color=_MUTED, size=12, ha="right", va="top")
    ax.text(low[0], high[1] + 8 / unit, axes[1], color=_MUTED, size=12, ha="left", va="bottom")
    if corners:
        shape = Polygon(
            corners,
            closed=True,
            facecolor=_FULL["value"],
            edgecolor="none",
            alpha=0.16,
            clip_on=False,
        )
        ax.add_patch(shape)
        ax.add_patch(
            Polygon(
                corners, closed=True, fill=False, edgecolor=_FULL["value"], lw=1.2, clip_on=False
            )
        )
    said = []
    centre = spots.mean(axis=0)
    for item in items:
        if isinstance(item, Line):
            ends = _across(item, low, high)
            if len(ends) == 2:
                ax.plot(
                    *zip(*ends, strict=True), color=_MUTED, lw=1.2, ls=(0, (2, 3)), clip_on=False
                )
                start, stop = (np.array(end) for end in sorted(ends))
                slope = float(np.degrees(np.arctan2(stop[1] - start[1], stop[0] - start[0])))
                spot = start + item.place * (stop - start)
                ax.text(
                    *spot, item.name, color=_MUTED, size=12, rotation=slope, rotation_mode="anchor",
                    ha="left", va="bottom",
                )  # fmt: skip
            said.append(f"A dotted line marks {item.name}.")
            continue
        spot = np.array(item.tip if isinstance(item, Arrow) else item.at, dtype=float)
        if isinstance(item, Arrow) and spot.any():
            ax.add_patch(
                FancyArrowPatch(
                    (0, 0), tuple(spot), arrowstyle="-|>,head_length=5,head_width=2.6", mutation_scale=1.6,
                    shrinkA=0, shrinkB=0, lw=2.2, color=_TONE[item.role], clip_on=False,
                )
            )  # fmt: skip
        else:
            edge = _TONE[item.role]
            ax.add_patch(
                Circle(
                    tuple(spot),
                    5.5 / unit,
                    facecolor=_FULL[item.role],
                    edgecolor=edge,
                    lw=1.4,
                    clip_on=False,
                )
            )
        away = spot - (0 if isinstance(item, Arrow) else centre)
        away = away / (np.linalg.norm(away) or 1)
        side = "center"
        if isinstance(item, Arrow) and not spot[1]:
            away = np.array([0.0, 1.0])  # beside the axis, not on it
        if isinstance(item, Point) and item.toward is not None:
            away = np.array(item.toward) / np.linalg.norm(item.toward)
            side = "right" if away[0] < 0 else "left" if away[0] > 0 else "center"
        place = (
            spot + away * (13 if isinstance(item, Arrow) else 17 if side == "center" else 10) / unit
        )
        ax.text(
            *place, item.name, color=_TONE[item.role], size=14, weight="bold", style="italic",
            ha=side, va="center",
        )  # fmt: skip
        kind = "an arrow to" if isinstance(item, Arrow) else "a point at"
        said.append(f"{item.name} is {kind} {vector(spot, decimals)}.")
    if corners:
        said.append(
            f"A tinted area has the corners {', '.join(vector(corner, decimals) for corner in corners)}."
        )
    words = alt or f"A plane with axes {axes[0]} and {axes[1]}. " + " ".join(said)
    return Figure(_drawing(sheet), round(width, 2), round(height, 2), words, caption)


def _across(line: Line, low: Any, high: Any) -> list[tuple[float, float]]:
    """Where a line enters and leaves the picture."""
    (a, b), level = line.normal, line.level
    found = []
    for x in (low[0], high[0]):
        if b:
            found.append((float(x), float((level - a * x) / b)))
    for y in (low[1], high[1]):
        if a:
            found.append((float((level - b * y) / a), float(y)))
    inside = [
        p
        for p in found
        if low[0] - 1e-9 <= p[0] <= high[0] + 1e-9 and low[1] - 1e-9 <= p[1] <= high[1] + 1e-9
    ]
    unique = list(dict.fromkeys((round(x, 9), round(y, 9)) for x, y in inside))
    return unique[:2]


def _power(place: float) -> str:
    """A number at a tick of a logarithmic axis, with as many decimals as it has."""
    return number(place, max(0, -math.floor(math.log10(place) + 1e-9)))


def plot(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    axes: tuple[str, str],
    roles: Sequence[str] | None = None,
    marks: Mapping[str, float] | None = None,
    dots: Sequence[str] = (),
    log_x: bool = False,
    log_y: bool = False,
    decimals: int = 2,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Curves over one axis, each named at its right end, told apart by dashes too.

    Parameters
    ----------
    x : (n,) array
        Increasing.
    lines : mapping of name to (n,) array
        At most four.
    axes : two str
        What the axes show.
    roles : sequence of str, optional
        A role for each line; scores' blue for all where left out.
    marks : mapping of name to float, optional
        Places on the x axis to mark with a dotted line.
    dots : sequence of str
        Names of lines that are drawn as dots instead: what was measured.
    log_x, log_y : bool
        Whether the axis is logarithmic.
    decimals : int
        Of numbers in the text alternative.
    caption : str
        What to notice.
    alt : str, optional
        In place of the one made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If sizes differ, there are too many lines, a role or a name in dots is unknown, or a
        logarithmic axis meets a number that is not positive.
    """
    _matplotlib()
    xs = np.asarray(x, dtype=float)
    ys = {name: np.asarray(values, dtype=float) for name, values in lines.items()}
    if not 1 <= len(ys) <= len(_DASHES):
        raise ValueError(f"lines must be one to {len(_DASHES)}, to be told apart: got {len(ys)}")
    for name, values in ys.items():
        if values.shape != xs.shape or xs.ndim != 1:
            raise ValueError(
                f"lines must have a value for each x: got {values.shape} for {name!r} and {xs.shape}"
            )
    names = list(roles or ["score"] * len(ys))
    if len(names) != len(ys) or any(role not in ROLES for role in names):
        raise ValueError(f"roles must give each line one of {', '.join(ROLES)}: got {names}")
    if unknown := set(dots) - set(ys):
        raise ValueError(f"dots must be names of lines: got {', '.join(sorted(unknown))}")
    for axis, log, numbers in (("x", log_x, [xs]), ("y", log_y, list(ys.values()))):
        if log and min(part.min() for part in numbers) <= 0:
            raise ValueError(f"log_{axis} needs positive numbers on the {axis} axis")
    width, height = 360.0, 250.0
    sheet, ax = _figure(width, height)
    longest = max(len(name) for name in ys)
    ax.set_position((0.12, 0.19, 0.84 - min(0.3, 0.021 * longest + 0.01), 0.74))
    for log, scale, axis in (
        (log_x, ax.set_xscale, ax.xaxis),
        (log_y, ax.set_yscale, ax.yaxis),
    ):
        if log:
            scale("log")
            axis.set_major_formatter(lambda place, _: _power(place))
    if log_x and len(xs) <= 9:
        ax.set_xticks(xs[:: 1 + (len(xs) > 5)])
    for (name, values), role, dash in zip(ys.items(), names, _DASHES, strict=False):
        if name not in dots:
            ax.plot(xs, values, color=_TONE[role], lw=2, ls=dash, clip_on=False)
            continue
        for dot in zip(xs, values, strict=True):  # markers would be drawn by reference to an id
            ax.plot(
                *zip(dot, dot, strict=True), color=_TONE[role], lw=6.5,
                solid_capstyle="round", clip_on=False, zorder=3,
            )  # fmt: skip
    low, high = ax.get_ylim()
    up = ax.transData.transform
    ends = sorted(
        (float(up((xs[-1], values[-1]))[1]), values[-1], name, role)
        for (name, values), role in zip(ys.items(), names, strict=True)
    )
    lowest = -np.inf
    for at, value, name, role in ends:
        lowest = max(at, lowest + 14)
        ax.annotate(
            name, (xs[-1], value), xytext=(6, lowest - at), textcoords="offset points",
            color=_TONE[role], size=12, va="center", annotation_clip=False,
        )  # fmt: skip
    for name, place in (marks or {}).items():
        ax.plot([place, place], [low, high], color=_MUTED, lw=1, ls=(0, (2, 3)), clip_on=False)
        ax.annotate(
            name,
            (place, high),
            xytext=(0, 3),
            textcoords="offset points",
            color=_MUTED,
            size=11,
            ha="center",
        )
    ax.set_ylim(low, high)
    ax.set_xlim(xs[0], xs[-1])
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(_GUIDE)
    ax.minorticks_off()
    ax.tick_params(length=0, colors=_MUTED, labelsize=11, bottom=False, left=False)
    for tick in (*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()):
        tick.tick1line.set_visible(False)
    ax.set_xlabel(axes[0], color=_MUTED, size=12)
    ax.set_ylabel(axes[1], color=_MUTED, size=12)
    middle = len(xs) // 2
    said = [
        f"{name} goes from {number(values[0], decimals)} at {number(xs[0], decimals)} "
        f"through {number(values[middle], decimals)} at {number(xs[middle], decimals)} "
        f"to {number(values[-1], decimals)} at {number(xs[-1], decimals)}."
        for name, values in ys.items()
    ]
    words = alt or f"A plot of {axes[1]} against {axes[0]}. " + " ".join(said)
    return Figure(_drawing(sheet), width, height, words, caption)
