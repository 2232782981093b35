"""The dial: a query and a key in the plane, each turned by its position."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from .._check import Floats, as_float
from .._format import number, vector
from ..positions import rotary
from .canvas import MARGIN, Canvas
from .figure import Figure, Played

#: The most that a reader can choose, of the key's position and of the distance.
_MOST = 11
_RADIUS = 44.0


@dataclass(frozen=True, repr=False)
class Dial(Played):
    """Two hands that a reader can turn; on paper and without scripts, three pictures of them.

    Attributes
    ----------
    state : str
        The two vectors, the turn and the positions, as JSON.
    figure : Figure
        Where the hands stand, both further, and the query alone further.
    """

    state: str
    figure: Figure

    @property
    def html(self) -> str:
        """The element, with its picture inside."""
        return (
            f'<attention-dial data-dial="{escape(self.state)}">{self.figure.html}</attention-dial>'
        )


def dial(
    query: ArrayLike,
    key: ArrayLike,
    *,
    turn: int = 30,
    places: Sequence[int] = (3, 0),
    shift: int = 4,
    further: int = 2,
    caption: str | None = None,
) -> Dial:
    """A query and a key that turn with their positions: shift both, or move one.

    It comes to life where the book's elements are enabled; elsewhere it is three pictures.

    Parameters
    ----------
    query, key : (2,) array
        As they are at position 0.
    turn : int
        By how many degrees each position turns them, against the clock.
    places : two int
        The positions of query and key, the query 0 to 11 after the key.
    shift, further : int
        How far both are moved in the second picture, and the query alone in the third.
    caption : str, optional
        In place of the one made from the arrays.

    Returns
    -------
    Dial

    Raises
    ------
    ValueError
        If a vector has not two finite entries, or is zero, or a position is out of reach.
    TypeError
        If a vector holds anything but real numbers.

    Examples
    --------
    >>> dial([2, 1], [1, 2]).alt
    'Query (2, 1) and key (1, 2) turn by 30° for each position. Query at 3, key at 0: (−1, 2)
    and (1, 2), score 3. Query at 7, key at 4: (−1.23, −1.87) and (−2.23, −0.13), score 3.
    Query at 5, key at 0: (−2.23, 0.13) and (1, 2), score −1.96.'
    """
    q, k = _vector("query", query), _vector("key", key)
    m, n = (int(place) for place in places)
    states = [(m, n), (m + shift, n + shift), (m + further, n)]
    for a, b in states:
        if not (0 <= b <= _MOST and 0 <= a - b <= _MOST):
            raise ValueError(
                f"the key must stand at 0 to {_MOST} and the query 0 to {_MOST} after it, which "
                f"is what the dial reaches: got query {a} and key {b}"
            )
    canvas = Canvas()
    unit = _RADIUS / max(np.hypot(*q), np.hypot(*k))
    said = [f"Query {vector(q)} and key {vector(k)} turn by {turn}° for each position."]
    names = ("", f"both {shift} further", f"q {further} further")
    for column, ((a, b), name) in enumerate(zip(states, names, strict=True)):
        x = 62 + column * 118
        at_q, at_k = (_turned(v, place, turn) for v, place in ((q, a), (k, b)))
        score = float(at_q @ at_k)
        canvas.text(x, 12, name or "to begin with", "u", "middle")
        canvas.text(x, 32, f"q at {a}, k at {b}", "u", "middle")
        _face(canvas, x, 58 + _RADIUS, unit, (q, k), (at_q, at_k))
        canvas.text(x, 90 + 2 * _RADIUS, f"q · k = {number(score)}", "h", "middle")
        said.append(
            f"Query at {a}, key at {b}: {vector(at_q)} and {vector(at_k)}, score {number(score)}."
        )
    told = caption or (
        "Shift both, and the angle between them stays, and so does the score. Move one, and the "
        "score changes. Where scripts run, you can turn them."
    )
    state = {"query": q.tolist(), "key": k.tolist(), "turn": int(turn), "places": [m, n]}
    text = json.dumps(state, sort_keys=True, separators=(",", ":"))
    return Dial(text, canvas.figure(" ".join(said), told, 360))


def _vector(name: str, x: ArrayLike) -> Floats:
    array = as_float(name, x).astype(float)
    if array.shape != (2,) or not np.all(np.isfinite(array)) or not array.any():
        raise ValueError(f"{name} must have two finite entries, not both zero: got {array}")
    return array


def _turned(x: Floats, place: int, turn: int) -> Floats:
    """A vector where it stands: one pair of features, which `rotary` turns by its position."""
    turned: Floats = rotary(x[None], [np.radians(turn * place)])[0]
    return turned


def _face(
    canvas: Canvas,
    x: float,
    y: float,
    unit: float,
    still: tuple[Floats, Floats],
    turned: tuple[Floats, Floats],
) -> None:
    """A rim, the angle between the hands, both hands, and dotted where they stood at 0."""
    canvas.parts.append(
        f'<circle class="g" cx="{x:g}" cy="{y:g}" r="{_RADIUS:g}"/>'
        f'<path class="g" style="stroke-width:.8" d="M{x - _RADIUS:g} {y:g}h{2 * _RADIUS:g}'
        f'M{x:g} {y - _RADIUS:g}v{2 * _RADIUS:g}"/>'
    )
    start, stop = (np.arctan2(*v[::-1]) for v in turned[::-1])
    between = (stop - start + np.pi) % (2 * np.pi) - np.pi
    r = 0.45 * _RADIUS
    ends = [f"{x + r * np.cos(a):.2f} {y - r * np.sin(a):.2f}" for a in (start, start + between)]
    canvas.parts.append(
        f'<path class="score" style="fill:var(--c);fill-opacity:.16;stroke:var(--t);stroke-width:1.2" '
        f'd="M{x:g} {y:g}L{ends[0]}A{r:g} {r:g} 0 0 {int(between < 0)} {ends[1]}Z"/>'
    )
    for role, before, now in zip(("key", "query"), still[::-1], turned[::-1], strict=True):
        tip, old = (np.array([x + v[0] * unit, y - v[1] * unit]) for v in (now, before))
        along = (tip - (x, y)) / np.linalg.norm(tip - (x, y))
        across = np.array([along[1], -along[0]])
        barbs = [tip - 7 * along + side * 4 * across for side in (1, -1)]
        head = "L".join(f"{p[0]:.2f} {p[1]:.2f}" for p in (barbs[0], tip, barbs[1]))
        ghost = f"M{x:g} {y:g}L{old[0]:.2f} {old[1]:.2f}"
        canvas.parts.append(
            f'<g class="{role}" style="fill:none;stroke:var(--t)">'
            f'<path style="stroke-width:1.2;stroke-dasharray:2 3;opacity:.75" d="{ghost}"/>'
            f'<path style="stroke-width:2.2" d="M{x:g} {y:g}L{tip[0]:.2f} {tip[1]:.2f}M{head}"/></g>'
        )
        at_x, at_y = tip + 9 * along
        canvas.label(at_x, at_y, role[0], "", role, anchor="middle")
    canvas._reach(x + _RADIUS + MARGIN, y + _RADIUS + MARGIN)
