"""Several heads, for one token: split, attend, merge and mix, number by number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._format import number, vector
from ..heads import MultiHeadAttention
from .canvas import CHARACTER, MARGIN, Canvas
from .figure import Figure
from .pictures import _array, printed_to

Array = NDArray[np.floating[Any]]

HEIGHT = 24.0
PITCH = HEIGHT + 3
#: Room for a letter, and the shape below it.
SIDE = 46.0
#: Between the blocks of a column and the cut beside it.
AIR = 7.0


def heads(
    attend: MultiHeadAttention,
    x: ArrayLike,
    *,
    index: int = 1,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Multi-head attention for one token: a column for each head, from projections to output.

    Parameters
    ----------
    attend : MultiHeadAttention
        With as many heads of keys and values as of queries, and no output bias.
    x : (n, d_model) array
        The tokens, which attend to each other.
    index : int
        Which token's query is followed, counted from 1.
    decimals : int
        Of numbers that are not whole.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If heads share keys, there is an output bias, or no token of that index.

    Examples
    --------
    >>> one = np.eye(2)
    >>> heads(MultiHeadAttention(one, one, one, one, heads=2), [[1, 0]]).alt[:55]
    'Token 1 in 2 heads. Head 1: its query is (1), its weigh'
    """
    inputs = _array("x", x, 2)
    if attend.kv_heads not in (None, attend.heads) or attend.output_bias is not None:
        raise ValueError("attend must have keys of its own in each head, and no output bias")
    if not 1 <= index <= len(inputs):
        raise ValueError(f"index must be one of the tokens, 1 to {len(inputs)}: got {index}")
    row = slice(index - 1, index)
    result = attend(inputs)
    query, weights, output = result.query[:, row], result.weights[:, row], result.output[row]
    taken = weights @ result.value
    bands = (
        ("q", query, "query", False),
        ("K", result.key, "key", False),
        ("V", result.value, "value", False),
        ("a", weights, "score", True),
        ("z", taken, "output", False),
    )
    column = max(_across(blocks, decimals) for _, blocks, _, _ in bands) + 2 * AIR
    left = MARGIN + SIDE
    canvas = Canvas()
    cut = _title(canvas, MARGIN + 6, "Split:", "each head takes its columns")
    for h in range(attend.heads):
        canvas.text(left + (h + 0.5) * column, cut + 6, f"head {h + 1}", "u", "middle")
    y = cut + 20
    for letter, blocks, role, shaded in bands:
        if letter == "a":
            _cuts(canvas, left, column, attend.heads, cut, y)
            cut = y = _title(canvas, y + 12, "Attend:", "each head by itself")
        count, size = blocks.shape[1:]
        single = letter in "qaz"
        canvas.label(MARGIN, y + HEIGHT / 2, letter, index if single else "", role, anchor="start")
        if not single:
            canvas.text(MARGIN, y + HEIGHT / 2 + 20, f"{count} × {size * attend.heads}", "u")
        for h, block in enumerate(blocks):
            start = left + (h + 0.5) * column - _across(blocks, decimals) / 2
            _cells(canvas, start, y, block, role, _width(blocks, decimals), decimals, shaded)
        y += count * PITCH + 9
    _cuts(canvas, left, column, attend.heads, cut - 8, y)
    y = _title(canvas, y + 12, "Merge, mix:", "side by side, times a matrix")
    _mix(canvas, y, taken, attend.output_weight, output, decimals)
    said = [
        f"Head {h + 1}: its query is {vector(query[h, 0], decimals)}, "
        f"its weights are {vector(weights[h, 0], decimals)}, "
        f"and it takes {vector(taken[h, 0], decimals)}"
        for h in range(attend.heads)
    ]
    told = (
        f"Token {index}, in {attend.heads} heads. Down a column, one head: nothing crosses the "
        "dotted line. Only the mixing reads them all." + printed_to(weights, decimals)
    )
    words = (
        f"Token {index} in {attend.heads} heads. {'. '.join(said)}. "
        f"Side by side and mixed by W_o, the output is {vector(output[0], decimals)}."
    )
    return canvas.figure(alt or words, caption or told, 360)


def _width(numbers: Array, decimals: int) -> float:
    """Width of a cell that holds any of these numbers."""
    longest = max(len(number(float(value), decimals)) for value in numbers.flat)
    return max(HEIGHT, longest * CHARACTER + 8)


def _across(blocks: Array, decimals: int) -> float:
    """Width of a block of cells."""
    return float(blocks.shape[-1] * (_width(blocks, decimals) + 3) - 3)


def _title(canvas: Canvas, y: float, name: str, rest: str) -> float:
    """Name a stage, and say in a few words what happens; return where it goes on."""
    canvas.text(MARGIN, y, name, "h")
    canvas.text(MARGIN + 6 + 10 * len(name), y, rest, "u")
    return y + 18


def _cuts(canvas: Canvas, left: float, column: float, heads: int, top: float, end: float) -> None:
    """Draw a dotted line between heads."""
    for h in range(1, heads):
        canvas.line(left + h * column, top, left + h * column, end - 6, "g d")


def _mix(
    canvas: Canvas, y: float, taken: Array, weight: Array, output: Array, decimals: int
) -> None:
    """What the heads took, on its side, each entry beside the row that it multiplies; the sum."""
    heads, _, size = taken.shape
    first, second = _width(taken, decimals), _width(np.vstack([weight, output]), decimals)
    left = MARGIN + SIDE + 24
    rows = left + first + 30
    end = rows + weight.shape[1] * (second + 3) - 3
    canvas.label((rows + end) / 2, y + 4, "W", "o", "output", anchor="middle")
    y += 18
    for h in range(heads):
        middle = y + size * PITCH / 2
        canvas.text(MARGIN, middle - 2, f"head {h + 1}", "u")
        _cells(canvas, left, y, taken[h].T, "output", first, decimals)
        canvas.text(left + first + 15, middle - 2, "×", "l", "middle")
        _cells(
            canvas,
            rows,
            y,
            weight[h * size : (h + 1) * size],
            "output",
            second,
            decimals,
            faint=True,
        )
        y += size * PITCH
        if h + 1 < heads:
            canvas.line(left - 4, y + 1, end + 4, y + 1, "g d")
        y += 5
    canvas.line(rows - 4, y - 1, end + 4, y - 1, "k")
    canvas.text(MARGIN, y + 8 + HEIGHT / 2, "output")
    _cells(canvas, rows, y + 8, output, "output", second, decimals)


def _cells(
    canvas: Canvas,
    left: float,
    top: float,
    block: Array,
    role: str,
    width: float,
    decimals: int,
    shaded: bool = False,
    faint: bool = True,
) -> None:
    """Draw a block of low cells: weights as tints, zeros faint."""
    cells = []
    for (i, j), entry in np.ndenumerate(block):
        value = float(entry)
        x, y = left + j * (width + 3), top + i * PITCH
        tint = f' style="fill-opacity:{0.06 + 0.5 * value:.3f}"' if shaded else ""
        cell = (
            f'<rect class="c" x="{x:g}" y="{y:g}" width="{width:g}" height="{HEIGHT:g}" rx="5"{tint}/>'
            f'<text x="{x + width / 2:g}" y="{y + HEIGHT / 2:g}" dy=".35em">'
            f"{number(value, decimals)}</text>"
        )
        cells.append(f'<g class="faint">{cell}</g>' if faint and value == 0 else cell)
        canvas._reach(x + width, y + HEIGHT)
    canvas.parts.append(f'<g class="n {role}">{"".join(cells)}</g>')
