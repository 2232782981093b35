"""One word in two companies: the picture that the book opens with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from .._format import number, vector
from ..self_attention import SelfAttention
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width, text_width
from .figure import Figure

if TYPE_CHECKING:
    from ..example import Example


def company(
    first: Example,
    second: Example,
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw the last word of two examples: one vector in, one vector out for each company.

    Parameters
    ----------
    first, second : Example
        Their last tokens must be the same word with the same input.
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
        If the last words or their inputs differ.

    Examples
    --------
    >>> from attention_core import example
    >>> company(example.bank("river"), example.bank("money")).alt[:32]
    'The input of bank is (1, 1, 1). '
    """
    word, x = first.tokens[-1], first.inputs[-1]
    if second.tokens[-1] != word or not np.array_equal(x, second.inputs[-1]):
        raise ValueError(
            "first and second must end in the same word with the same input: got "
            f"{word!r}, {vector(x, decimals)}, and "
            f"{second.tokens[-1]!r}, {vector(second.inputs[-1], decimals)}"
        )
    canvas = Canvas()
    both = [
        (e.tokens, SelfAttention(e.query_weight, e.key_weight, e.value_weight)(e.inputs))
        for e in (first, second)
    ]
    one = max(cell_width(a.weights[-1], decimals) for _, a in both)
    two = max(cell_width(a.value, decimals) for _, a in both) - 4
    three = max(cell_width(a.output[-1], decimals) for _, a in both)
    words = max(text_width(token, 14) for tokens, _ in both for token in tokens) + 4
    count = max(a.value.shape[1] for _, a in both)
    span = words + max(one + 16 + count * (two + GAP) - GAP, 18 + count * (three + GAP) - GAP)
    across = max(340.0, 2 * MARGIN + 2 * span + 24)
    columns = (MARGIN, across - MARGIN - span)

    # The word as it comes in, above the middle.
    own = cell_width(x, decimals)
    size = len(x) * (own + GAP) - GAP
    left = (across - size) / 2
    canvas.text(left - 26, MARGIN + CELL / 2, word, "h", "end")
    canvas.label(left - 8, MARGIN + CELL / 2, "x", "", "input")
    canvas.row(left, MARGIN, x, "input", width=own, decimals=decimals)
    top = MARGIN + CELL + 52
    said = [f"The input of {word} is {vector(x, decimals)}."]
    for side, (at, (tokens, attended)) in enumerate(zip(columns, both, strict=True)):
        weights, values, output = attended.weights[-1], attended.value, attended.output[-1]
        centre = at + span / 2
        start = across / 2 + (-1, 1)[side] * size * 0.22
        canvas.arrow(start, MARGIN + CELL + 6, start + (centre - start) * 0.82, top - 16)
        canvas.text(centre, top, " ".join(tokens), "h", "middle")
        x_a = at + words
        x_v = x_a + one + 16
        end = x_v + count * (two + GAP) - GAP
        y = top + 26
        canvas.text(x_a + one / 2, y, "weight", "u", "middle")
        canvas.text((x_v + end) / 2, y, "value", "u", "middle")
        y += 14
        for i, token in enumerate(tokens):
            canvas.text(x_a - 8, y + CELL / 2, token, "l", "end")
            canvas.row(
                x_a, y, weights[[i]], "score", width=one, shade=weights[[i]], decimals=decimals
            )
            canvas.text(x_a + one + 8, y + CELL / 2, "·", "h", "middle")
            canvas.row(x_v, y, values[i], "value", width=two, decimals=decimals)
            y += CELL + 2 * GAP
        y += 3
        canvas.line(x_a, y, end, y, "k")
        y += 11
        x_z = end - count * (three + GAP) + GAP
        canvas.text(x_z - 24, y + CELL / 2, word, "h", "end")
        canvas.label(x_z - 8, y + CELL / 2, "z", "", "output")
        canvas.row(x_z, y, output, "output", width=three, decimals=decimals)
        parts = " plus ".join(
            f"{number(weights[i], decimals)} of the value of {token}, {vector(values[i], decimals)},"
            for i, token in enumerate(tokens)
        )
        phrase = f"“{' '.join(tokens)}”"
        said.append(f"In {phrase} its output is {parts[:-1]}: {vector(output, decimals)}.")
    outputs = [attended.output[-1] for _, attended in both]
    told = (
        f"One word goes in as one vector, {vector(x, decimals)}, and comes out as two: "
        f"{vector(outputs[0], decimals)} in “{' '.join(both[0][0])}”, "
        f"{vector(outputs[1], decimals)} in “{' '.join(both[1][0])}”."
    )
    unbroken = re.sub(r", (?=[\d−])", ",\u00a0", told)  # no line ends inside a vector
    return canvas.figure(alt or " ".join(said), caption or unbroken, across)
