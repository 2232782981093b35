"""A picture of repeated runs: every run a dot, and a line through their means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._format import number
from .figure import Figure
from .palette import ROLES
from .plots import _DASHES, _GUIDE, _INK, _MUTED, _TONE, _drawing, _figure, _matplotlib


def spread(
    x: ArrayLike,
    runs: Mapping[str, ArrayLike],
    *,
    axes: tuple[str, str],
    roles: Sequence[str] | None = None,
    levels: Mapping[str, float] | None = None,
    decimals: int = 2,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Runs that were repeated: each a dot, and a line through the means.

    Parameters
    ----------
    x : (n,) array
        Numbers to set side by side, at equal steps.
    runs : mapping of name to (n, seeds) array
        At most four; a row for each x.
    axes : two str
        What the axes show.
    roles : sequence of str, optional
        A role for each name; scores' blue for all where left out.
    levels : mapping of name to float, optional
        Heights to mark with a dotted line.
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
        If sizes differ, there are too many names, or a role is unknown.
    """
    _matplotlib()
    xs = np.asarray(x, dtype=float)
    ys = {name: np.asarray(values, dtype=float) for name, values in runs.items()}
    if not 1 <= len(ys) <= len(_DASHES):
        raise ValueError(f"runs must be one to {len(_DASHES)}, to be told apart: got {len(ys)}")
    for name, values in ys.items():
        if values.ndim != 2 or len(values) != len(xs):
            raise ValueError(
                f"runs must have a row for each x, a column for each seed: got {values.shape} for "
                f"{name!r} and {len(xs)}"
            )
    names = list(roles or ["score"] * len(ys))
    if len(names) != len(ys) or any(role not in ROLES for role in names):
        raise ValueError(f"roles must give each name one of {', '.join(ROLES)}: got {names}")
    width, height = 360.0, 270.0
    sheet, ax = _figure(width, height)
    longest = max(map(len, ys))
    ax.set_position((0.12, 0.17, 0.84 - min(0.34, 0.021 * longest + 0.01), 0.78))
    places = np.arange(len(xs))
    ax.set_xlim(-0.3, len(xs) - 0.7)
    lowest = min([*(values.min() for values in ys.values()), *(levels or {}).values()])
    highest = max(values.max() for values in ys.values())
    margin = 0.06 * (highest - lowest or 1)
    ax.set_ylim(lowest - margin, highest + margin)
    to_page, to_data = ax.transData.transform, ax.transData.inverted().transform
    for column, (values, role, dash) in enumerate(zip(ys.values(), names, _DASHES, strict=False)):
        ax.plot(places, values.mean(axis=1), color=_TONE[role], lw=1.6, ls=dash, clip_on=False)
        # The dots of several names stand side by side, so that none hides another.
        aside = 4.5 * (column - (len(ys) - 1) / 2)
        for at, row in zip(places, values, strict=True):
            for value in row:
                dot = to_data(to_page((at, value)) + np.array([aside, 0]))
                ax.plot(
                    *zip(dot, dot, strict=True), color=_TONE[role], lw=4.2, alpha=0.75,
                    solid_capstyle="round", clip_on=False, zorder=3,
                )  # fmt: skip
    ends = sorted(
        (float(to_page((places[-1], values[-1].mean()))[1]), values[-1].mean(), name, role)
        for (name, values), role in zip(ys.items(), names, strict=True)
    )
    free = float("-inf")
    for height_at, value, name, role in ends:
        free = max(height_at, free + 14)
        ax.annotate(
            name, (places[-1], value), xytext=(14, free - height_at), textcoords="offset points",
            color=_TONE[role], size=12, va="center", annotation_clip=False,
        )  # fmt: skip
    for name, level in (levels or {}).items():
        ax.plot(ax.get_xlim(), [level, level], color=_MUTED, lw=1, ls=(0, (2, 3)), clip_on=False)
        ax.annotate(
            name, (places[0], level), xytext=(-4, 3), textcoords="offset points",
            color=_INK, size=11, va="bottom", annotation_clip=False,
        )  # fmt: skip
    ax.set_xticks(places, [number(at) for at in xs])
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(_GUIDE)
    ax.minorticks_off()
    ax.tick_params(length=0, colors=_MUTED, labelsize=11)
    for tick in (*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()):
        tick.tick1line.set_visible(False)
    ax.set_xlabel(axes[0], color=_MUTED, size=12)
    ax.set_ylabel(axes[1], color=_MUTED, size=12)
    said = [f"Runs are dots. A dotted line marks {name}." for name in (levels or {})][:1]
    for name, values in ys.items():
        each = ", ".join(
            f"{number(low, decimals)} to {number(high, decimals)} at {number(at)}"
            for at, low, high in zip(xs, values.min(axis=1), values.max(axis=1), strict=True)
        )
        said.append(f"{name}: {each}.")
    words = alt or f"A plot of {axes[1]} against {axes[0]}. " + " ".join(said)
    return Figure(_drawing(sheet), width, height, words, caption)
