"""One number for each head of a model: what was counted over many sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._format import listing, number
from .canvas import CHARACTER, MARGIN, Canvas
from .figure import Figure
from .pictures import _array

ACROSS = 360.0
#: Room for the layers' numbers; a cell's height, and the largest and smallest of letters.
LEFT, HEIGHT, LARGEST, SMALLEST = 30.0, 24.0, 13.0, 10.5
GAP = 2.0
#: A twelfth of a phone's width still holds "15.2".
MOST = 12


def survey(
    panels: Mapping[str, ArrayLike],
    *,
    marked: Sequence[tuple[int, int]] = (),
    full: float | None = None,
    decimals: int = 0,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Draw a table for each thing that was measured: layers down the side, heads along the bottom.

    Parameters
    ----------
    panels : mapping of name to (layers, heads) array
        Numbers from zero up, one a head; all of one shape, with at most 12 heads.
    marked : sequence of (layer, head)
        Heads to outline in every table, counted from 1 as they are printed.
    full : float, optional
        The number with the deepest tint; the largest of each table where left out.
    decimals : int
        Of numbers that are not whole.
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
        If there is no table, their shapes differ, there are too many heads, a number is negative
        or above `full`, does not fit its cell, or there is no such head to mark.

    Examples
    --------
    >>> survey({"Weight": [[25, 75]]}, marked=[(1, 2)], caption="Two heads.").alt
    'Weight, head by head: layer 1: 25 and 75. Outlined: layer 1, head 2.'
    """
    tables = {name: _array(name, values, 2) for name, values in panels.items()}
    shapes = {table.shape for table in tables.values()}
    if len(shapes) != 1:
        raise ValueError(f"panels must be tables of one shape: got {sorted(shapes)}")
    ((layers, heads),) = shapes
    if heads > MOST:
        raise ValueError(f"panels must have at most {MOST} heads to be read: got {heads}")
    for layer, head in marked:
        if not (1 <= layer <= layers and 1 <= head <= heads):
            raise ValueError(
                f"marked must be heads that there are, up to ({layers}, {heads}): got {layer, head}"
            )
    for name, table in tables.items():
        if table.min() < 0 or (full is not None and table.max() > full):
            raise ValueError(
                f"{name} must lie between 0 and {'its largest' if full is None else full}: "
                f"got {table.min():g} to {table.max():g}"
            )
    canvas = Canvas()
    width = (ACROSS - MARGIN - LEFT + GAP) / heads - GAP
    longest = max(len(number(float(x), decimals)) for table in tables.values() for x in table.flat)
    size = min(LARGEST, (width - 1) * 15 / (CHARACTER * longest))
    if size < SMALLEST:
        raise ValueError(f"numbers must be short enough for {heads} heads: one has {longest} signs")
    y = MARGIN
    for name, table in tables.items():
        canvas.text(MARGIN, y + 8, name, "h")
        y = _table(canvas, y + 22, table, full or float(table.max()), marked, width, size, decimals)
        for head in range(heads):
            middle = LEFT + head * (width + GAP) + width / 2
            canvas.text(middle, y + 9, str(head + 1), "u", "middle")
        y += 26
    canvas.text(LEFT + (ACROSS - MARGIN - LEFT) / 2, y + 4, "heads", "u", "middle")
    said = [
        f"{name}, head by head: "
        + "; ".join(
            f"layer {i}: {listing([number(x, decimals) for x in row])}"
            for i, row in enumerate(table, 1)
        )
        + "."
        for name, table in tables.items()
    ]
    if marked:
        outlined = listing([f"layer {layer}, head {head}" for layer, head in marked])
        said.append(f"Outlined: {outlined}.")
    return canvas.figure(alt or " ".join(said), caption, ACROSS)


def _table(
    canvas: Canvas,
    top: float,
    table: NDArray[np.floating[Any]],
    full: float,
    marked: Sequence[tuple[int, int]],
    width: float,
    size: float,
    decimals: int,
) -> float:
    """Draw a table, its layers numbered down the side; return its lower edge."""
    # Short, as there are many: a row's numbers are one text, and what cells share stands outside.
    cells, texts = [], []
    for i, row in enumerate(table):
        y, numbers = top + i * (HEIGHT + GAP), []
        for j, x in enumerate(row):
            left = LEFT + j * (width + GAP)
            outline = ' stroke="var(--ink)"' if (i + 1, j + 1) in marked else ""
            shade = 0.05 + 0.55 * float(x) / (full or 1)
            cells.append(
                f'<rect x="{left:.4g}" y="{y:g}" width="{width:.4g}" height="{HEIGHT:g}" rx="4" '
                f'fill-opacity="{shade:.2f}"{outline}/>'
            )
            middle = left + width / 2
            numbers.append(f'<tspan x="{middle:.4g}">{number(float(x), decimals)}</tspan>')
        texts.append(
            f'<text y="{y + HEIGHT / 2:g}" dy=".35em" style="font-size:{size:.3g}px">'
            f"{''.join(numbers)}</text>"
        )
    canvas.parts.append(
        f'<g class="n score"><g fill="var(--c)" stroke-width="1.8">{"".join(cells)}</g>'
        f"{''.join(texts)}</g>"
    )
    bottom = top + len(table) * (HEIGHT + GAP) - GAP
    canvas._reach(ACROSS - MARGIN, bottom)
    for i in range(len(table)):
        canvas.text(LEFT - 6, top + i * (HEIGHT + GAP) + HEIGHT / 2, str(i + 1), "u", "end")
    canvas.text(MARGIN + 4, (top + bottom) / 2, "layers", "u", "middle", turn=True)
    return bottom
