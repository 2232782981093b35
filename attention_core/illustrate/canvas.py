"""The pen: cells, labels and lines, as text that is SVG.

Everything is drawn in units of which a phone is 360 wide. A canvas remembers
how far it was drawn on, so that a picture is as large as what is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .._format import number
from .figure import Figure

CELL = 32.0
GAP = 4.0
#: How large a text is, by its kind.
SIZES = {"l": 14, "u": 13, "h": 15}
MARGIN = 4.0
#: Advance of a character at 15 units, a little more than a wide digit takes.
CHARACTER = 8.6

#: What becomes of that which a worksheet asks for: "empty" leaves it to be written in, "key" shows
#: it as asked for, and None draws it as anything else.
Blank = Literal["empty", "key"] | None

#: Beside the style sheet that every picture carries: cells to write in are paper within their
#: role's darker tone, which is seen in grey print; in a key what stands in them is of that tone.
ASKED = (
    "<style>.at .n .asked rect.c{fill-opacity:0;stroke:var(--t);stroke-width:1.8}"
    ".at .n .asked text{font-weight:700;font-style:italic;fill:var(--t)}"
    ".at .n .asked rect.c[style]+text{fill:var(--ink)}"
    ".at .asked text.l,.at .asked text.u{fill:var(--ink);font-weight:600;font-style:italic}"
    ".at path.w{stroke:var(--muted);stroke-width:1.2;fill:none}</style>"
)


def text_width(text: str, size: float = 15) -> float:
    """Estimate the width of a text, in units, for any of the system's fonts."""
    return len(text) * CHARACTER * size / 15


def cell_width(values: NDArray[np.floating], decimals: int = 2) -> float:
    """Width of a cell that holds any of these numbers."""
    longest = max((len(number(value, decimals)) for value in np.ravel(values)), default=1)
    return max(CELL, longest * CHARACTER + 10)


def subscript(index: int | str) -> str:
    """A label's index as it is printed: ``q`` and 1 give ``q₁`` in plain text."""
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


class Canvas:
    """A drawing in the making; ``blank`` is what becomes of that which is asked for."""

    def __init__(self, blank: Blank = None) -> None:
        if blank not in (None, "empty", "key"):
            raise ValueError(f'blank must be None, "empty" or "key": got {blank!r}')
        self.blank = blank
        self.parts: list[str] = [] if blank is None else [ASKED]
        self.right = 0.0
        self.bottom = 0.0

    def _reach(self, x: float, y: float) -> None:
        self.right, self.bottom = max(self.right, x), max(self.bottom, y)

    def row(
        self,
        x: float,
        y: float,
        values: NDArray[np.floating] | Sequence[float],
        role: str,
        *,
        width: float | None = None,
        faint: NDArray[np.bool_] | Sequence[bool] | bool = False,
        shade: NDArray[np.floating] | None = None,
        decimals: int = 2,
        down: bool = False,
        asked: bool = False,
    ) -> float:
        """Draw a vector as a row of cells, or a column; return where it ends.

        ``faint`` marks the entries that add nothing; ``shade`` gives each cell
        a depth of its colour between 0 and 1, for weights. What is ``asked`` for
        has no shade where it is left to be written in: it would tell of it. On a
        worksheet nothing is faint, since what adds nothing is part of the question.
        """
        asked = asked and self.blank is not None
        empty = asked and self.blank == "empty"
        values = np.asarray(values)
        width = cell_width(values, decimals) if width is None else width
        faint = np.broadcast_to(faint if self.blank is None else False, values.shape)
        cells = []
        for position, value in enumerate(values):
            cx = x + (0 if down else position * (width + GAP))
            cy = y + (position * (CELL + GAP) if down else 0)
            fill = (
                f' style="fill-opacity:{0.06 + 0.5 * shade[position]:.3f}"'
                if shade is not None and not empty
                else ""
            )
            cell = (
                f'<rect class="c" x="{cx:g}" y="{cy:g}" width="{width:g}" height="{CELL:g}" '
                f'rx="6"{fill}/>'
            )
            if not empty:
                cell += (
                    f'<text x="{cx + width / 2:g}" y="{cy + CELL / 2:g}" dy=".35em">'
                    f"{number(value, decimals)}</text>"
                )
            kind = "asked" if asked else "faint" if faint[position] else ""
            cells.append(f'<g class="{kind}">{cell}</g>' if kind else cell)
            self._reach(cx + width, cy + CELL)
        self.parts.append(f'<g class="n {role}">{"".join(cells)}</g>')
        return (
            y + len(values) * (CELL + GAP) - GAP if down else x + len(values) * (width + GAP) - GAP
        )

    def rows(
        self,
        x: float,
        y: float,
        matrix: NDArray[np.floating],
        role: str,
        *,
        width: float | None = None,
        faint: NDArray[np.bool_] | bool = False,
        shade: NDArray[np.floating] | None = None,
        decimals: int = 2,
        given: int | None = None,
    ) -> tuple[float, float]:
        """Draw a matrix as rows of cells; return its right and lower edge.

        The rows after the first ``given`` are asked for; None asks for none.
        """
        width = cell_width(matrix, decimals) if width is None else width
        faint = np.broadcast_to(faint, matrix.shape)
        for position, values in enumerate(matrix):
            self.row(
                x,
                y + position * (CELL + GAP),
                values,
                role,
                width=width,
                faint=faint[position],
                shade=None if shade is None else shade[position],
                decimals=decimals,
                asked=given is not None and position >= given,
            )
        n, m = matrix.shape
        return x + m * (width + GAP) - GAP, y + n * (CELL + GAP) - GAP

    def text(
        self,
        x: float,
        y: float,
        text: str,
        kind: str = "l",
        anchor: str = "start",
        turn: bool = False,
    ) -> float:
        """Write a text centred on height ``y``; return where it ends."""
        size = SIZES[kind]
        width = text_width(text, size)
        end = x + {"start": width, "middle": width / 2, "end": 0}[anchor]
        if turn:
            self._reach(x + size, y + width / 2)
        else:
            self._reach(end, y + size / 2)
        place = f' text-anchor="{anchor}"' if anchor != "start" else ""
        turned = f' transform="rotate(-90 {x:g} {y:g})"' if turn else ""
        self.parts.append(
            f'<text class="{kind}" x="{x:g}" y="{y:g}" dy=".35em"{place}{turned}>{escape(text)}</text>'
        )
        return end

    def answer(
        self,
        x: float,
        y: float,
        text: str,
        kind: str = "l",
        anchor: str = "start",
        *,
        before: str = "",
        room: float = CELL + GAP,
    ) -> float:
        """Write a text that is asked for, on a rule of at least so much room where it is a blank."""
        if self.blank is None:
            return self.text(x, y, before + text, kind, anchor)
        size = SIZES[kind]
        width = max(room, text_width(text, size))
        lead = text_width(before, size) - 4 if before else 0.0
        left = x + {"start": lead, "middle": -width / 2, "end": -width}[anchor]
        if before:
            self.text(x, y, before.strip(), kind)
        middle = left + width / 2
        words = (
            f'<text class="{kind}" x="{middle:g}" y="{y:g}" dy=".35em" text-anchor="middle">'
            f"{escape(text)}</text>"
        )
        self.parts.append(
            f'<g class="asked"><path class="w" d="M{left:g} {y + 10:g}H{left + width:g}"/>'
            f"{'' if self.blank == 'empty' else words}</g>"
        )
        self._reach(left + width, y + 10)
        return left + width

    def label(
        self,
        x: float,
        y: float,
        letter: str,
        index: int | str,
        role: str,
        *,
        anchor: str = "end",
        after: str = "",
        before: str = "",
    ) -> None:
        """Write a role's letter with its index, as in *q* with a small 1."""
        width = text_width(f"{before}{letter}{after}", 14) + text_width(str(index), 11)
        self._reach(x + {"start": width, "middle": width / 2, "end": 0}[anchor], y + 8)
        small = f'<tspan class="b" dy="4">{index}</tspan>' if str(index) else ""
        back = ' dy="-4"' if small else ""
        rest = f"<tspan{back}>{escape(after)}</tspan>" if after else ""
        self.parts.append(
            f'<text class="l {role}" x="{x:g}" y="{y:g}" dy=".35em" text-anchor="{anchor}">'
            f'{escape(before)}<tspan class="r">{escape(letter)}</tspan>{small}{rest}</text>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "g") -> None:
        """Draw a straight line: ``g`` a guide, ``g d`` a dotted one, ``k`` a rule."""
        self.parts.append(f'<path class="{kind}" d="M{x1:g} {y1:g}L{x2:g} {y2:g}"/>')
        self._reach(max(x1, x2), max(y1, y2))

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw an arrow, its head made of two strokes."""
        length = float(np.hypot(x2 - x1, y2 - y1))
        ux, uy = (x2 - x1) / length, (y2 - y1) / length
        heads = [(x2 - 6 * ux + side * 3.5 * uy, y2 - 6 * uy - side * 3.5 * ux) for side in (1, -1)]
        head = f"M{heads[0][0]:.4g} {heads[0][1]:.4g}L{x2:g} {y2:g}L{heads[1][0]:.4g} {heads[1][1]:.4g}"
        self.parts.append(f'<path class="k" d="M{x1:g} {y1:g}L{x2:g} {y2:g}{head}"/>')
        self._reach(max(x1, x2), max(y1, y2))

    def bar(self, x: float, y: float, width: float, height: float, role: str, shade: float) -> None:
        """Draw a filled bar whose depth of colour is ``shade``."""
        self.parts.append(
            f'<g class="{role}"><rect class="bar" x="{x:.4g}" y="{y:g}" width="{width:.4g}" '
            f'height="{height:g}" rx="3" style="fill-opacity:{0.25 + 0.5 * shade:.3f}"/></g>'
        )
        self._reach(x + width, y + height)

    def whole(self, x: float, y: float, width: float, height: float, role: str) -> None:
        """Draw what is to be divided: a frame of that width, with marks at its tenths."""
        self.parts.append(
            f'<g class="n {role}"><g class="asked"><rect class="c" x="{x:g}" y="{y:g}" '
            f'width="{width:g}" height="{height:g}" rx="3"/></g></g>'
        )
        # Room for the names of its pieces, and for one too thin to be seen: a key has no other size.
        self._reach(x + width + 0.5, y + height + 21)
        for tenth in range(1, 10):
            at = round(x + width * tenth / 10, 1)
            self.line(at, y + height - (8 if tenth == 5 else 5), at, y + height)

    def least(self, width: float) -> float:
        """How wide a picture is at least: as a phone on the site, as what is in it on a worksheet."""
        return width if self.blank is None else 0.0

    def header(self, step: int, name: str, width: float) -> float:
        """Draw the frame's head: which of the eight steps this is. Return its lower edge."""
        self.text(MARGIN, 10, f"Step {step} of 8: {name}", "h")
        part = (width - 2 * MARGIN + 4) / 8
        for position in range(1, 9):
            state = "on" if position == step else "past" if position < step else "off"
            x = MARGIN + (position - 1) * part
            self.parts.append(
                f'<rect class="{state}" x="{x:.4g}" y="24" width="{part - 4:.4g}" height="3" rx="1.5"/>'
            )
        self._reach(width - MARGIN, 27)
        return 44.0

    def told(self, alt: str, instead: str) -> str:
        """The alternative text of what is asked for, or of what there is to fill in."""
        return instead if self.blank == "empty" else alt

    def figure(self, alt: str, caption: str, width: float | None = None) -> Figure:
        """Finish the drawing."""
        across = max(self.right + MARGIN, width or 0)
        return Figure(
            "".join(self.parts), round(across, 2), round(self.bottom + MARGIN, 2), alt, caption
        )
