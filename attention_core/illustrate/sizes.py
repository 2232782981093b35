"""Attention as blocks whose sides are its sizes: which must fit, and which are free."""

from __future__ import annotations

from numpy.typing import ArrayLike

from ..attend import attention
from .canvas import GAP, MARGIN, Canvas
from .figure import Figure
from .pictures import _array

SIDE = 18.0
PITCH = SIDE + GAP / 2
#: Room for "m × d_v" above a block of one column.
NARROWEST = 58.0
BETWEEN = 22.0


def shapes(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    *,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw every array of attention as a block of empty cells, operands aligned.

    What is multiplied from the left stands beside its product, what is multiplied from the right
    above it.

    Parameters
    ----------
    query : (n, d_k) array
    key : (m, d_k) array
    value : (m, d_v) array
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the sizes do not fit, or an array has not two axes.

    Examples
    --------
    >>> shapes([[1, 0]], [[1, 0], [0, 1]], [[1], [2]]).alt[:44]
    'Q is 1 × 2 and K transposed is 2 × 2, so the'
    """
    q, k, v = _array("query", query, 2), _array("key", key, 2), _array("value", value, 2)
    _, weights, output = attention(q, k, v)
    (n, d_k), (m, d_v) = q.shape, v.shape
    canvas = Canvas()
    widths = [max(NARROWEST, count * PITCH) for count in (d_k, m, d_v)]
    middles = [
        MARGIN + sum(widths[:column]) + column * BETWEEN + widths[column] / 2 for column in range(3)
    ]
    upper = 58 + max(d_k, m) * PITCH
    lower = upper + 14
    below = lower + n * PITCH
    blocks = (
        ("Q", "query", 0, (n, d_k), ("n × ", "d", "k", "")),
        ("Kᵀ", "key", 1, (d_k, m), ("", "d", "k", " × m")),
        ("A", "score", 1, weights.shape, ("n × m", "", "", "")),
        ("V", "value", 2, (m, d_v), ("m × ", "d", "v", "")),
        ("Z", "output", 2, output.shape, ("n × ", "d", "v", "")),
    )
    for name, role, column, (rows, columns), (before, letter, index, after) in blocks:
        above = name in ("Kᵀ", "V")
        top = upper - rows * PITCH if above else lower
        _block(canvas, middles[column], top, rows, columns, role)
        start = top - 52 if above else below + 12
        canvas.label(middles[column], start, name, "", role, anchor="middle")
        canvas.label(
            middles[column], start + 19, letter, index, role,
            anchor="middle", before=before, after=after,
        )  # fmt: skip
        canvas.text(middles[column], start + 37, f"{rows} × {columns}", "u", "middle")
    said = (
        f"Q is {n} × {d_k} and K transposed is {d_k} × {m}, so the weights A are {n} × {m}. "
        f"V is {m} × {d_v}, so the output Z is {n} × {d_v}."
    )
    told = (
        "Each product stands where its rows and columns cross. "
        "A side that two operands share is summed away."
    )
    return canvas.figure(alt or said, caption or told, 340)


def _block(canvas: Canvas, middle: float, top: float, rows: int, columns: int, role: str) -> None:
    """Draw a grid of empty cells, centred on a height line."""
    left = middle - (columns * PITCH - GAP / 2) / 2
    cells = "".join(
        f'<rect class="c" x="{left + j * PITCH:g}" y="{top + i * PITCH:g}" '
        f'width="{SIDE:g}" height="{SIDE:g}" rx="3"/>'
        for i in range(rows)
        for j in range(columns)
    )
    canvas.parts.append(f'<g class="n {role}">{cells}</g>')
