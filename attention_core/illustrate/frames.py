"""The frame of one step, and the whole pipeline, from the records of `trace`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._format import number, vector
from . import pictures
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width, text_width
from .figure import Figure

if TYPE_CHECKING:
    from ..steps import Step

_WEIGHTS = (
    ("W_k", "key_weight", "key"),
    ("W_q", "query_weight", "query"),
    ("W_v", "value_weight", "value"),
)


def step(record: Step, *, decimals: int = 2, caption: str | None = None) -> Figure:
    """The frame of one step: its operands, its result, and which step it is.

    Parameters
    ----------
    record : Step
        One record of `attention_core.trace`.
    decimals : int
        Of numbers that are not whole.
    caption : str, optional
        In place of the one made from the arrays.

    Returns
    -------
    Figure
        Its text alternative begins with the record's own sentence.
    """
    draw = _FRAMES[record.number]
    frame = draw(record, decimals=decimals, caption=caption, step=(record.number, record.name))
    return Figure(frame.drawing, frame.width, frame.height, record.sentence, frame.caption)


def _prepare(record: Step, **how: Any) -> Figure:
    x = record.result["input"]
    index = _index(record)
    canvas = Canvas()
    top = canvas.header(record.number, record.name, 340.0)
    canvas.label(MARGIN + 40, top + CELL / 2, "x", index, "input")
    canvas.row(MARGIN + 50, top, x, "input", decimals=how["decimals"])
    told = f"Input {index} is {vector(x, how['decimals'])}: one row of X, {len(x)} features."
    return canvas.figure(told, how["caption"] or told, 340.0)


def _initialise(record: Step, **how: Any) -> Figure:
    told = "A row for each feature of an input, a column for each entry of what comes out."
    how["caption"] = how["caption"] or told
    return pictures.matrices(
        [(name, record.result[key], role) for name, key, role in _WEIGHTS], **how
    )


def _derive(record: Step, **how: Any) -> Figure:
    weights = [(name, record.operands[key], role) for name, key, role in _WEIGHTS]
    return pictures.projections(record.operands["input"], weights, index=_index(record), **how)


def _score(record: Step, **how: Any) -> Figure:
    return pictures.dot_products(
        record.operands["query"], record.operands["keys"], index=_index(record), **how
    )


def _softmax(record: Step, **how: Any) -> Figure:
    return pictures.softmax_steps(record.operands["scores"], index=_index(record), **how)


def _multiply(record: Step, **how: Any) -> Figure:
    return pictures.weighted_values(
        record.operands["weights"], record.operands["values"], index=_index(record), **how
    )


def _sum(record: Step, **how: Any) -> Figure:
    return pictures.weighted_sum(record.operands["weighted_values"], index=_index(record), **how)


def _repeat(record: Step, **how: Any) -> Figure:
    lines = _lines({**record.operands, **record.result})
    across = _across(lines, how["decimals"])
    canvas = Canvas()
    top = canvas.header(record.number, record.name, across)
    _pipeline(canvas, lines, top, across, how["decimals"])
    told = "Every query meets every key at once; no row waits for another."
    told += pictures.printed_to(record.result["outputs"], how["decimals"])
    return canvas.figure(record.sentence, how["caption"] or told, across)


_FRAMES: dict[int, Callable[..., Figure]] = {
    1: _prepare,
    2: _initialise,
    3: _derive,
    4: _score,
    5: _softmax,
    6: _multiply,
    7: _sum,
    8: _repeat,
}


def _index(record: Step) -> int:
    if record.token is None:
        raise ValueError(
            f"record must belong to one token to be drawn: got step {record.number} without one"
        )
    return record.token + 1


#: A named matrix in a line of the pipeline: name, entries, role, shaded as weights.
_Item = tuple[str, Any, str, bool]


def _lines(arrays: dict[str, Any]) -> list[list[_Item]]:
    """The pipeline from queries, keys and values to the outputs, a line at a time."""
    root = f"√{arrays['queries'].shape[-1]}"
    return [
        [
            ("Q", arrays["queries"], "query", False),
            ("K", arrays["keys"], "key", False),
            ("V", arrays["values"], "value", False),
        ],
        [
            (f"S = Q Kᵀ ÷ {root}", arrays["scores"], "score", False),
            ("A = softmax(S)", arrays["weights"], "score", True),
        ],
        [("Z = A V", arrays["outputs"], "output", False)],
    ]


def _span(item: _Item, decimals: int) -> float:
    """How wide a named matrix is: itself or its name."""
    name, entries, _, _ = item
    cells = entries.shape[1] * (cell_width(entries, decimals) + GAP) - GAP
    return float(max(cells, text_width(name, 14)))


def _across(lines: list[list[_Item]], decimals: int) -> float:
    """How wide the pipeline is; on the right there is a lane for the values to pass."""
    widest = max(sum(_span(item, decimals) + 10 for item in line) for line in lines)
    return max(360.0, widest + 2 * MARGIN + 8)


def _centres(line: list[_Item], across: float, decimals: int) -> list[float]:
    """Where the middles of a line's matrices stand when they are evenly spaced."""
    spans = [_span(item, decimals) for item in line]
    room = (across - 2 * MARGIN - sum(spans)) / (len(spans) + 1)
    starts = np.cumsum([MARGIN + room, *(span + room for span in spans[:-1])])
    return [float(start + span / 2) for start, span in zip(starts, spans, strict=True)]


def _draw_line(
    canvas: Canvas, top: float, line: list[_Item], across: float, decimals: int
) -> tuple[list[float], float]:
    """Draw named matrices side by side; return their middles and the lower edge."""
    middles, lowest = _centres(line, across, decimals), top
    for (name, entries, role, shaded), middle in zip(line, middles, strict=True):
        letter, mark, rest = name.partition(" ")
        canvas.label(middle, top + 8, letter, "", role, anchor="middle", after=mark + rest)
        size = entries.shape[1] * (cell_width(entries, decimals) + GAP) - GAP
        shade = entries if shaded else None
        left = middle - size / 2
        _, bottom = canvas.rows(left, top + 20, entries, role, decimals=decimals, shade=shade)
        lowest = max(lowest, bottom)
    return middles, lowest


def _pipeline(
    canvas: Canvas, lines: list[list[_Item]], top: float, across: float, decimals: int
) -> None:
    """Draw the lines below each other, with arrows for what goes into what."""
    first, second, third = lines
    (q, k, v), bottom = _draw_line(canvas, top, first, across, decimals)
    middle = bottom + 30
    (s, a), low = _draw_line(canvas, middle, second, across, decimals)
    canvas.arrow(q, bottom + 6, s - 14, middle - 4)
    canvas.arrow(k, bottom + 6, s + 14, middle - 4)
    across_at = (middle + 20 + low) / 2
    tail, tip = s + _span(second[0], decimals) / 2 + 3, a - _span(second[1], decimals) / 2 - 3
    canvas.arrow(tail, across_at, tip, across_at)
    last = low + 30
    (z,), _ = _draw_line(canvas, last, third, across, decimals)
    canvas.arrow(a, low + 6, z + 22, last - 4)
    # The values pass by on the right, down to where the weights meet them.
    edge = across - MARGIN
    beside = z + text_width(third[0][0], 14) / 2 + 12
    canvas.parts.append(
        f'<path class="k" d="M{v:g} {bottom + 6:g}V{bottom + 14:g}H{edge:g}V{last + 8:g}H{beside:g}'
        f'm6 -3.5l-6 3.5l6 3.5"/>'
    )


def overview(
    steps: Sequence[Step], *, decimals: int = 2, caption: str | None = None, alt: str | None = None
) -> Figure:
    """The whole pipeline in one picture, from the inputs to the outputs.

    Parameters
    ----------
    steps : sequence of Step
        What `attention_core.trace` returns.
    decimals, caption, alt
        As in `vectors`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the trace has no inputs to draw.
    """
    inputs = [record.result["input"] for record in steps if record.number == 1]
    if not inputs:
        raise ValueError("steps must trace at least one token to be drawn: got none")
    whole = next(record for record in steps if record.number == 8)
    arrays = {**whole.operands, **whole.result}
    lines = _lines(arrays)
    head: list[_Item] = [("X", np.stack(inputs), "input", False)]
    across = _across([head, *lines], decimals)
    canvas = Canvas()
    (x,), bottom = _draw_line(canvas, 0.0, head, across, decimals)
    top = bottom + 34
    _pipeline(canvas, lines, top, across, decimals)
    for (name, _, role, _), middle in zip(
        lines[0], _centres(lines[0], across, decimals), strict=True
    ):
        canvas.arrow(x + (middle - x) * 0.3, bottom + 5, middle, top - 3)
        slant = abs(middle - x) > 5
        side, beside = ("end", -22) if middle < x - 5 else ("start", 22 if slant else 6)
        at = x + (middle - x) * 0.6 + beside
        canvas.label(at, bottom + (9 if slant else 18), "W", name.lower(), role, anchor=side)
    z = arrays["outputs"]
    said = [f"Input {i + 1} is {vector(row, decimals)}." for i, row in enumerate(inputs)]
    for name, rows in (("Query", "queries"), ("Key", "keys"), ("Value", "values")):
        said += [
            f"{name} {i + 1} is {vector(row, decimals)}." for i, row in enumerate(arrays[rows])
        ]
    said += [
        f"Scores of query {i + 1}: {vector(row, decimals)}."
        for i, row in enumerate(arrays["scores"])
    ]
    said += [
        f"Weights of query {i + 1}: {vector(row, decimals)}."
        for i, row in enumerate(arrays["weights"])
    ]
    said += [f"Output {i + 1} is {vector(row, decimals)}." for i, row in enumerate(z)]
    own = arrays["weights"][0, 0]
    told = (
        "From inputs X to outputs Z: three projections, a score for each pair, softmax along each row, a weighted "
        f"sum of values. Output 1 takes {number(own, decimals)} of value 1; the rest comes from the others."
    ) + pictures.printed_to(z, decimals)
    return canvas.figure(alt or " ".join(said), caption or told, across)
