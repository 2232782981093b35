"""What was measured at growing sizes, on two logarithmic axes, with the powers that fit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._format import number
from .figure import Figure
from .palette import ROLES
from .plots import _DASHES, _GUIDE, _MUTED, _TONE, _drawing, _figure, _matplotlib

Law = Callable[[ArrayLike], ArrayLike]


def growth(
    sizes: ArrayLike,
    measured: Mapping[str, ArrayLike],
    *,
    axes: tuple[str, str],
    roles: Sequence[str],
    laws: Mapping[str, Law] | None = None,
    since: float = 0,
    marks: Mapping[str, float] | None = None,
    here: Mapping[str, ArrayLike] | None = None,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Dots where something was measured, a bar for its spread, and a straight line through them.

    Parameters
    ----------
    sizes : (n,) array
        Increasing.
    measured : mapping of name to (n,) or (n, rounds) array
        At most four. Of rounds, the dot is the least, and the bar reaches up to their median.
    axes : two str
        What the axes show.
    roles : sequence of str
        A role for each name.
    laws : mapping of name to callable, optional
        What gives the line of a name, as a `cost.PowerLaw` does.
    since : float
        The size at which lines begin: those below were not fitted.
    marks : mapping of name to float, optional
        Sizes to mark with a dotted line.
    here : mapping of name to (n,) array, optional
        Other measurements at the same sizes, as crosses.
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
        If sizes differ, a number is not above 0, or a role or a name is unknown.
    """
    _matplotlib()
    xs = np.asarray(sizes, dtype=float)
    found = {name: np.asarray(each, dtype=float) for name, each in measured.items()}
    laws, here = laws or {}, here or {}
    if not 1 <= len(found) <= len(_DASHES) or len(roles) != len(found):
        raise ValueError(
            f"measured must have one to {len(_DASHES)} names, and each a role: "
            f"got {len(found)} and {len(roles)}"
        )
    if unknown := [role for role in roles if role not in ROLES]:
        raise ValueError(f"roles must be of {', '.join(ROLES)}: got {unknown[0]!r}")
    if unknown := [name for name in (*laws, *here) if name not in found]:
        raise ValueError(f"laws and here must name what was measured: got {unknown[0]!r}")
    others = {name: np.asarray(each, dtype=float) for name, each in here.items()}
    for name, each in (*found.items(), *others.items()):
        if xs.ndim != 1 or each.shape[:1] != xs.shape:
            raise ValueError(f"{name!r} must have an entry for each of the {len(xs)} sizes")
        if min(each.min(), xs.min()) <= 0:
            raise ValueError(f"{name!r} and the sizes must be above 0, for logarithmic axes")
    least = {name: each if each.ndim == 1 else each.min(axis=1) for name, each in found.items()}
    width, height = 360.0, 290.0
    sheet, ax = _figure(width, height)
    longest = max(map(len, found))
    ax.set_position((0.13, 0.16, 0.84 - 0.0195 * longest, 0.74))
    ax.set_xscale("log")
    ax.set_yscale("log")
    said = []
    for (name, each), role, dash in zip(found.items(), roles, _DASHES, strict=False):
        tone, dots = _TONE[role], least[name]
        said.append(
            f"{name} goes from {_short(dots[0])} at {number(xs[0])} "
            f"to {_short(dots[-1])} at {number(xs[-1])}."
        )
        for x, y, top in zip(xs, dots, dots if each.ndim == 1 else np.median(each, 1), strict=True):
            ax.plot([x, x], [y, top], color=tone, lw=1.6, solid_capstyle="butt", clip_on=False)
            # A marker would be drawn by reference to an id.
            ax.plot([x, x], [y, y], color=tone, lw=6, solid_capstyle="round", clip_on=False)
        if name in laws:
            inside = np.array([max(since, xs[0]), xs[-1]])
            ax.plot(inside, laws[name](inside), color=tone, lw=1.8, ls=dash, clip_on=False)
        for x, y in zip(xs, others.get(name, ()), strict=False):
            ax.text(x, y, "×", color=tone, size=15, weight="bold", ha="center", va="center")
    every = np.concatenate([each.ravel() for each in (*least.values(), *others.values())])
    low, high = every.min() / 1.6, every.max() * 1.3
    ax.set_ylim(low, high)
    ax.set_xlim(xs[0] / 1.15, xs[-1])
    up = ax.transData.transform
    ends = sorted(
        (float(up((xs[-1], least[name][-1]))[1]), name, role)
        for name, role in zip(found, roles, strict=True)
    )
    lowest = -np.inf
    for at, name, role in ends:
        lowest = max(at, lowest + 17)
        ax.annotate(
            name, (xs[-1], least[name][-1]), xytext=(8, lowest - at), textcoords="offset points",
            color=_TONE[role], size=13, va="center", annotation_clip=False,
        )  # fmt: skip
    marked = sorted((marks or {}).items(), key=lambda mark: mark[1])
    for i, (name, place) in enumerate(marked):
        ax.plot([place, place], [low, high], color=_MUTED, lw=1, ls=(0, (2, 3)), clip_on=False)
        # Names go apart: that of the first mark to the left, that of the last to the right.
        toward = 0 if len(marked) == 1 else 1 if i == len(marked) - 1 else -1
        ax.annotate(
            name, (place, high), xytext=(-6 * toward, 4), textcoords="offset points",
            color=_MUTED, size=12, ha={-1: "right", 0: "center", 1: "left"}[toward],
        )  # fmt: skip
        said.append(f"A dotted line marks {name}, at {number(place, 0)}.")
    ax.set_xticks(xs[:: 1 + (len(xs) > 5)], [f"{x:,.0f}" for x in xs[:: 1 + (len(xs) > 5)]])
    ax.yaxis.set_major_formatter(lambda y, _: _short(y))
    ax.minorticks_off()
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(_GUIDE)
    ax.tick_params(length=0, colors=_MUTED, labelsize=12)
    for tick in (*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()):
        tick.tick1line.set_visible(False)
    ax.set_xlabel(axes[0], color=_MUTED, size=13)
    ax.text(
        -0.13 / 0.7, 1.02, axes[1], color=_MUTED, size=13, ha="left", va="bottom",
        transform=ax.transAxes,
    )  # fmt: skip
    words = alt or f"A plot of {axes[1]} against {axes[0]}, both logarithmic. " + " ".join(said)
    return Figure(_drawing(sheet), width, height, words, caption)


def _short(y: float) -> str:
    """A positive number with two digits that count."""
    return f"{float(f'{y:.2g}'):,g}"
