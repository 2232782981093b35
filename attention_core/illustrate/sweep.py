"""The table of scores, block by block: what is held, what is done with, what is never made."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .._format import listing
from .canvas import GAP, MARGIN, Canvas
from .figure import Figure

ACROSS = 360.0
BETWEEN = 26.0
KINDS = {"held": "●", "done": "✓", "ahead": "", "never": "×"}


def sweep(
    n: int,
    block: int,
    steps: Sequence[int],
    *,
    is_causal: bool = False,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw the table of scores in blocks, at a few moments: one block is held at a time.

    Parameters
    ----------
    n : int
        How many queries, and keys, there are.
    block : int
        How many of each make a block; at most eight blocks a side can be drawn.
    steps : sequence of int
        Which blocks to show at work, counted from one, row by row.
    is_causal : bool
        Whether blocks that hold later keys alone are left out.
    caption, alt : str, optional
        In place of the ones made from the sizes.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are too many blocks to draw, or no such step.

    Examples
    --------
    >>> sweep(8, 4, [1, 4]).alt[:59]
    'A table of 8 queries by 8 keys, in blocks of 4 by 4. Step 1'
    """
    side = math.ceil(n / block)
    if not 1 <= side <= 8:
        raise ValueError(f"there must be 1 to 8 blocks a side: got {side}")
    order = [(i, j) for i in range(side) for j in range(side) if j <= i or not is_causal]
    for step in steps:
        if not 1 <= step <= len(order):
            raise ValueError(f"steps must be between 1 and {len(order)}: got {step}")
    pitch = (ACROSS - 2 * MARGIN + BETWEEN) / 2
    cell = (pitch - BETWEEN - 22 + GAP) / side - GAP
    canvas = Canvas()
    for place, step in enumerate(steps):
        row, column = divmod(place, 2)
        left = MARGIN + 22 + column * pitch
        top = MARGIN + row * (side * (cell + GAP) + 64)
        canvas.text(left, top + 9, f"step {step} of {len(order)}", "h")
        _table(canvas, left, top + 24, cell, side, order, step)
        middle = (side * (cell + GAP) - GAP) / 2
        canvas.text(left - 12, top + 24 + middle, "queries", "u", "middle", turn=True)
        canvas.text(left + middle, top + 24 + 2 * middle + 14, "keys", "u", "middle")
    wide = min(block, n)
    share = f"{wide} × {wide}" if n >= block else f"{n} × {n}"
    told = (
        f"One block is held at a time (●): {share} scores in place of {n} × {n}. Its room is "
        "used again for the next."
    )
    if is_causal:
        told += f" Crossed out is never made: {side * side - len(order)} of {side * side} blocks."
    said = [f"A table of {n} queries by {n} keys, in blocks of {block} by {block}."]
    for step in steps:
        i, j = order[step - 1]
        said.append(
            f"Step {step}: the block in row {i + 1}, column {j + 1} is held, and {step - 1} "
            "are done with."
        )
    if is_causal:
        hidden = [f"row {i + 1}: {side - 1 - i}" for i in np.arange(side - 1)]
        said.append(f"Blocks that are never made, {listing(hidden)}.")
    return canvas.figure(alt or " ".join(said), caption or told, ACROSS)


def _table(
    canvas: Canvas,
    left: float,
    top: float,
    cell: float,
    side: int,
    order: list[tuple[int, int]],
    step: int,
) -> None:
    """One table at one moment."""
    for i in range(side):
        for j in range(side):
            x, y = left + j * (cell + GAP), top + i * (cell + GAP)
            at = order.index((i, j)) + 1 if (i, j) in order else 0
            kind = "never" if at == 0 else ("held", "done", "ahead")[int(np.sign(step - at))]
            rect = f'x="{x:.4g}" y="{y:.4g}" width="{cell:.4g}" height="{cell:.4g}" rx="4"'
            word = f'x="{x + cell / 2:.4g}" y="{y + cell / 2:.4g}" dy=".35em"'
            if kind in ("held", "done"):
                shade = 0.56 if kind == "held" else 0.12
                canvas.parts.append(
                    f'<g class="n score"><rect class="c" {rect} '
                    f'style="fill-opacity:{shade:g}"/><text {word}>{KINDS[kind]}</text></g>'
                )
            else:
                canvas.parts.append(
                    f'<g class="{"hidden" if kind == "never" else "n"}">'
                    f'<rect class="g d" {rect}/><text class="u" {word} text-anchor="middle">'
                    f"{KINDS[kind]}</text></g>"
                )
