"""The frame of one step, and the whole pipeline, from the records of `trace`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._format import number, vector
from . import pictures
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width
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
    arrays = {**record.operands, **record.result}
    canvas = Canvas()
    top = canvas.header(record.number, record.name, 360.0)
    _lower_half(canvas, arrays, top, how["decimals"])
    told = "Every query meets every key at once; no row waits for another."
    return canvas.figure(record.sentence, how["caption"] or told, 360.0)


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


def _spread(
    canvas: Canvas,
    top: float,
    items: Sequence[tuple[str, Any, str, bool]],
    decimals: int,
    across: float = 360.0,
) -> tuple[list[float], float]:
    """Draw named matrices side by side, evenly spaced; return their centres and the lower edge."""
    sizes = [m.shape[1] * (cell_width(m, decimals) + GAP) - GAP for _, m, _, _ in items]
    room = max((across - 2 * MARGIN - sum(sizes)) / (len(sizes) + 1), 10)
    x, centres, lowest = MARGIN + room, [], top
    for (name, m, role, shaded), size in zip(items, sizes, strict=True):
        letter, mark, rest = name.partition(" ")
        canvas.label(x + size / 2, top + 8, letter, "", role, anchor="middle", after=mark + rest)
        _, bottom = canvas.rows(
            x, top + 20, m, role, decimals=decimals, shade=m if shaded else None
        )
        centres.append(x + size / 2)
        lowest = max(lowest, bottom)
        x += size + room
    return centres, lowest


def _lower_half(canvas: Canvas, arrays: dict[str, Any], top: float, decimals: int) -> None:
    """From queries, keys and values to the outputs."""
    root = f"√{arrays['queries'].shape[-1]}"
    line = [
        ("Q", arrays["queries"], "query", False),
        ("K", arrays["keys"], "key", False),
        ("V", arrays["values"], "value", False),
    ]
    (q, k, v), bottom = _spread(canvas, top, line, decimals)
    second = bottom + 30
    pair = [
        (f"S = Q Kᵀ ÷ {root}", arrays["scores"], "score", False),
        ("A = softmax of each row", arrays["weights"], "score", True),
    ]
    (s, a), low = _spread(canvas, second, pair, decimals)
    canvas.arrow(q, bottom + 6, s - 14, second - 4)
    canvas.arrow(k, bottom + 6, s + 14, second - 4)
    third = low + 30
    (z,), _ = _spread(canvas, third, [("Z = A V", arrays["outputs"], "output", False)], decimals)
    canvas.arrow(a, low + 6, z + 22, third - 4)
    # The values pass by on the right, down to where the weights meet them.
    edge = 360.0 - MARGIN
    canvas.parts.append(
        f'<path class="k" d="M{v:g} {bottom + 6:g}V{bottom + 14:g}H{edge:g}V{third + 8:g}H{z + 48:g}'
        f'm6 -3.5l-6 3.5l6 3.5"/>'
    )
    canvas._reach(edge, third)


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
    canvas = Canvas()
    (x,), bottom = _spread(canvas, 0.0, [("X", np.stack(inputs), "input", False)], decimals)
    top = bottom + 34
    arrays = {**whole.operands, **whole.result}
    _lower_half(canvas, arrays, top, decimals)
    sizes = [arrays[name].shape[1] for name in ("queries", "keys", "values")]
    widths = [cell_width(arrays[name], decimals) for name in ("queries", "keys", "values")]
    spans = [n * (w + GAP) - GAP for n, w in zip(sizes, widths, strict=True)]
    room = max((360 - 2 * MARGIN - sum(spans)) / 4, 10)
    at = MARGIN + room
    for span, name in zip(spans, ("W_q", "W_k", "W_v"), strict=True):
        centre = at + span / 2
        canvas.arrow(x + (centre - x) * 0.3, bottom + 5, centre, top - 3)
        side = "end" if centre < x - 5 else "start"
        role = {"q": "query", "k": "key", "v": "value"}[name[-1]]
        beside = -10 if side == "end" else 10
        canvas.label(x + (centre - x) * 0.6 + beside, bottom + 12, "W", name[-1], role, anchor=side)
        at += span + room
    z = arrays["outputs"]
    said = [f"Input {i + 1} is {vector(row, decimals)}." for i, row in enumerate(inputs)]
    for name, rows in (("Query", "queries"), ("Key", "keys"), ("Value", "values")):
        said += [
            f"{name} {i + 1} is {vector(row, decimals)}." for i, row in enumerate(arrays[rows])
        ]
    said += [
        f"Weights of query {i + 1}: {vector(row, decimals)}."
        for i, row in enumerate(arrays["weights"])
    ]
    said += [f"Output {i + 1} is {vector(row, decimals)}." for i, row in enumerate(z)]
    own = arrays["weights"][0, 0]
    told = (
        "From inputs X to outputs Z: three projections, a score for each pair, softmax along each row, a weighted "
        f"sum of values. Output 1 keeps {number(own, decimals)} of its own value; the rest comes from the others."
    )
    return canvas.figure(alt or " ".join(said), caption or told, 360.0)
