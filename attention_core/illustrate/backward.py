"""The backward pass as a picture: every gradient of one self-attention, from the loss down."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from .. import gradients
from .._format import listing, number, vector
from ..attend import attention
from .canvas import GAP, MARGIN, Canvas, text_width
from .figure import Figure
from .pictures import Array, _array, printed_to

ACROSS = 360.0
WIDTH, HEIGHT = 44.0, 24.0
LARGEST, SMALLEST = 12.0, 10.0
PITCH = WIDTH + GAP / 2
#: From a formula to its matrix, and from one row of the picture to the next.
HEAD, BETWEEN = 15.0, 34.0
#: From the edge of a matrix to the line that leads past the weights, at least.
ASIDE = 12.0
#: The middles of the three lanes: what comes from the query, from the key, from the value.
LANES = (61.0, 178.0, 296.0)

#: In formulas: a letter, its role, its index.
Piece = tuple[str, str, str]
X, Z = ("X", "input", ""), ("Z", "output", "")
Q, K, V = ("Q", "query", ""), ("K", "key", ""), ("V", "value", "")
S, A = ("S", "score", ""), ("A", "score", "")
W_Q, W_K, W_V = ("W", "query", "q"), ("W", "key", "k"), ("W", "value", "v")
K_SIZE = ("", "", "k")


def backward(
    inputs: ArrayLike,
    query_weight: ArrayLike,
    key_weight: ArrayLike,
    value_weight: ArrayLike,
    d_output: ArrayLike,
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw the gradients of self-attention: from that of the outputs down to that of the inputs.

    Each is an array of the shape of what it is named after, in that one's colour, deeper where
    an entry is larger, of either sign.

    Parameters
    ----------
    inputs : (n, d_model) array
    query_weight, key_weight : (d_model, d_k) array
    value_weight : (d_model, d_v) array
    d_output : (n, d_v) array
        The gradient of the loss with respect to the outputs.
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
        If sizes do not fit, or there are too many columns to be read on a phone.

    Examples
    --------
    >>> backward([[1], [2]], [[1]], [[1]], [[3]], d_output=[[0], [2]]).alt[:56]
    'From the loss down. dZ has rows (0) and (2). From it: dV'
    """
    x = _array("inputs", inputs, 2)
    w_q, w_k = _array("query_weight", query_weight, 2), _array("key_weight", key_weight, 2)
    w_v, d_z = _array("value_weight", value_weight, 2), _array("d_output", d_output, 2)
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    weights = attention(q, k, v).weights
    d_q, d_k, d_v = gradients.attention(q, k, v, d_z, weights=weights)
    d_a = d_z @ v.T
    found = {"dZ": d_z, "dV": d_v, "dA": d_a, "dS": gradients.softmax(weights, d_a)}
    found |= {"dQ": d_q, "dK": d_k, "dW_q": x.T @ d_q, "dW_k": x.T @ d_k, "dW_v": x.T @ d_v}
    found["dX"] = d_q @ w_q.T + d_k @ w_k.T + d_v @ w_v.T
    canvas = Canvas()
    _draw(canvas, found, decimals, _size(found, decimals))
    told = "Read it from the loss down: each gradient is made of the one above it. " + printed_to(
        np.concatenate([gradient.ravel() for gradient in found.values()]), decimals
    )
    return canvas.figure(alt or _words(found, decimals), caption or told.strip(), ACROSS)


def _size(found: dict[str, Array], decimals: int) -> float:
    """A size of letters at which every number fits its cell, if the matrices fit a phone."""
    lane, wide = LANES[1] - LANES[0], LANES[2] - LANES[0]
    for name, gradient in found.items():
        room = wide - lane / 2 if name in ("dA", "dS") else lane - 2 * GAP
        if _span(gradient.shape[1]) > room:
            raise ValueError(
                f"{name} must have few enough columns to be read on a phone: got "
                f"{gradient.shape[1]}"
            )
    every = np.concatenate([gradient.ravel() for gradient in found.values()])
    longest = max(len(number(float(value), decimals)) for value in every)
    size = min(LARGEST, (WIDTH - 4) * 15 / text_width("0" * longest))
    if size < SMALLEST:
        raise ValueError(
            "gradients must be short enough, at so many decimals, to be read on a phone: got "
            f"numbers of {longest} characters"
        )
    return size


def _span(count: int) -> float:
    """Width of so many cells."""
    return count * PITCH - GAP / 2


def _draw(canvas: Canvas, found: dict[str, Array], decimals: int, size: float) -> None:
    """The whole picture, row by row, with an arrow from what each gradient is made of."""
    left, middle, right = LANES
    scores = (left + middle) / 2
    half = {name: _span(gradient.shape[1]) / 2 for name, gradient in found.items()}

    def place(name: str, role: str, x: float, top: float, *formula: str | Piece) -> float:
        _formula(canvas, x, top + 4, formula)
        return _matrix(canvas, x, top + HEAD, found[name], role, decimals, size)

    top = MARGIN + 4
    end = place("dZ", "output", right, top, "d", Z)
    loss = top + HEAD + HEIGHT + GAP / 4
    canvas.text(scores, loss, "the loss", "h", "middle")
    canvas.arrow(scores + 36, loss, right - half["dZ"] - 6, loss)
    top = end + BETWEEN
    canvas.arrow(right, end + 5, right, top - 7)
    canvas.arrow(right - half["dZ"] - 2, end + 5, scores + 44, top - 7)
    below_v = place("dV", "value", right, top, "d", V, " = ", A, "ᵀ d", Z)
    end = place("dA", "score", scores, top, "d", A, " = d", Z, " ", V, "ᵀ")
    top = end + BETWEEN
    canvas.arrow(scores, end + 5, scores, top - 7)
    end = place("dS", "score", scores, top, "d", S, " = ", A, " ∘ (d", A, " − row averages)")
    top = end + BETWEEN
    for lane in (left, middle):
        canvas.arrow(scores + (lane - scores) * 0.4, end + 5, lane, top - 7)
    below_q = place("dQ", "query", left, top, "d", Q, " = d", S, " ", K, "/√d", K_SIZE)
    below_k = place("dK", "key", middle, top, "d", K, " = d", S, "ᵀ ", Q, "/√d", K_SIZE)
    top = max(below_q, below_k) + BETWEEN
    lanes = (
        (left, "query", "q", W_Q, Q, below_q),
        (middle, "key", "k", W_K, K, below_k),
        (right, "value", "v", W_V, V, below_v),
    )
    ends = []
    for lane, role, index, weight, projected, above in lanes:
        canvas.arrow(lane, above + 5, lane, top - 7)
        ends.append(place(f"dW_{index}", role, lane, top, "d", weight, " = ", X, "ᵀ d", projected))
    # The inputs hear from all three lanes: a rail past each of the weights, and one way in.
    bottom = max(ends) + ASIDE
    rails = []
    for lane, _, index, *_, above in lanes:
        name = f"d{index.upper()}"
        rails.append(lane + max(half[name], half[f"dW_{index}"], _span(2) / 2) + ASIDE)
        y = above - HEIGHT / 2
        canvas.line(lane + half[name] + 3, y, rails[-1], y, "k")
        canvas.line(rails[-1], y, rails[-1], bottom, "k")
    canvas.line(rails[0], bottom, rails[-1], bottom, "k")
    canvas.arrow(middle, bottom, middle, bottom + 16)
    sums = ("d", X, " = d", Q, " ", W_Q, "ᵀ + d", K, " ", W_K, "ᵀ + d", V, " ", W_V, "ᵀ")
    place("dX", "input", middle, bottom + 24, *sums)


def _formula(canvas: Canvas, middle: float, y: float, pieces: Sequence[str | Piece]) -> None:
    """Write a formula, its letters in the colours of their roles."""
    plain, spans, back = "", "", ""
    for piece in pieces:
        text, role, index = (piece, "", "") if isinstance(piece, str) else piece
        plain += text + index
        if text:
            kind = f' class="r {role}"' if role else ""
            spans += f"<tspan{kind}{back}>{escape(text)}</tspan>"
            back = ""
        if index:
            spans += f'<tspan class="b" dy="3">{index}</tspan>'
            back = ' dy="-3"'
    canvas._reach(middle + text_width(plain, 13) / 2, y + 8)
    canvas.parts.append(
        f'<text class="u" x="{middle:g}" y="{y:g}" dy=".35em" text-anchor="middle">{spans}</text>'
    )


def _matrix(
    canvas: Canvas,
    middle: float,
    top: float,
    matrix: Array,
    role: str,
    decimals: int,
    size: float,
) -> float:
    """Small cells with their numbers, deeper where these are larger; return the lower edge."""
    left = middle - _span(matrix.shape[1]) / 2
    largest = np.abs(matrix).max() or 1
    cells = []
    for (i, j), value in np.ndenumerate(matrix):
        x, y = left + j * PITCH, top + i * (HEIGHT + GAP / 2)
        depth = 0.06 + 0.5 * abs(value) / largest
        cells.append(
            f'<rect class="c" x="{x:.4g}" y="{y:.4g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="5" '
            f'style="fill-opacity:{depth:.3f}"/><text x="{x + WIDTH / 2:.4g}" '
            f'y="{y + HEIGHT / 2:.4g}" dy=".35em" style="font-size:{size:.3g}px">'
            f"{number(float(value), decimals)}</text>"
        )
        canvas._reach(x + WIDTH, y + HEIGHT)
    canvas.parts.append(f'<g class="n {role}">{"".join(cells)}</g>')
    return top + len(matrix) * (HEIGHT + GAP / 2) - GAP / 2


def _words(found: dict[str, Array], decimals: int) -> str:
    """The picture as sentences: every gradient with its numbers, in the order of computing."""
    said = {}
    for name, gradient in found.items():
        rows = [vector(row, decimals) for row in gradient]
        said[name] = f"{name.replace('_', ' ')} has rows {listing(rows)}"
    return (
        f"From the loss down. {said['dZ']}. From it: {said['dV']}; {said['dA']}. "
        f"Through softmax: {said['dS']}. From that: {said['dQ']}; {said['dK']}. "
        f"The projections: {said['dW_q']}; {said['dW_k']}; {said['dW_v']}. "
        f"From all three: {said['dX']}."
    )
