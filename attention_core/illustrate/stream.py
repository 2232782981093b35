"""The residual stream: one token on its way down through a layer, and what is added to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._format import vector
from ..layers import LayerNorm
from ..transformer import DecoderLayer, EncoderLayer
from .canvas import CELL, GAP, MARGIN, Canvas, cell_width
from .figure import Figure
from .pictures import Array, _array

LEFT = 23.0
#: How far the stream reaches beyond its cells.
BANK = 6.0
BOX = 88.0
#: What a sub-layer looks at, in lines that fit its box, and the colour of the box: that of weights
#: for attention, and that of keys where they come from elsewhere.
LINES = {
    "all tokens": ("to all", "tokens"),
    "tokens in view": ("to tokens", "in view"),
    "memory": ("to the", "memory"),
    "each token alone": ("each token", "alone"),
}
ROLES = {"all tokens": "score", "tokens in view": "score", "memory": "key"}


@dataclass(frozen=True)
class _Sublayer:
    """A sub-layer: its name in the picture and in words, and what it did to one token."""

    title: tuple[str, str]
    name: str
    reads: Array
    normed: Array | None
    adds: Array
    makes: Array
    leaves: Array


def stream(
    layer: EncoderLayer | DecoderLayer,
    x: ArrayLike,
    memory: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    memory_mask: ArrayLike | None = None,
    *,
    token: int = 1,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw one token on its way down through a layer: each sub-layer reads it and adds to it.

    Parameters
    ----------
    layer : EncoderLayer or DecoderLayer
    x : (n, d_model) array
    memory : (m, d_model) array, optional
        For a decoder layer, which needs it.
    mask, memory_mask : arrays, optional
        As the layer takes them.
    token : int
        Which token, counted from 1.
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
        If there is no such token, or a decoder layer gets no memory, or an encoder layer one.

    Examples
    --------
    >>> from attention_core import MultiHeadAttention
    >>> from attention_core.layers import FeedForward
    >>> one, zero = np.eye(2), np.zeros(2)
    >>> attend, norm = MultiHeadAttention(one, one, one, one, heads=1), LayerNorm([1, 1], zero)
    >>> layer = EncoderLayer(attend, norm, FeedForward(one, zero, one, zero), norm)
    >>> stream(layer, [[0, 2]]).alt
    'Token 1 comes in as (0, 2). Attention adds (0, 2), which makes (0, 4); normalised, it is
    (−1.00, 1.00). Feed-forward adds (0, 1.00), which makes (−1.00, 2.00); normalised, it is
    (−1.00, 1.00).'
    """
    tokens = _array("x", x, 2)
    if not 1 <= token <= len(tokens):
        raise ValueError(f"token must be between 1 and the {len(tokens)} there are: got {token}")
    if isinstance(layer, DecoderLayer) == (memory is None):
        raise ValueError("memory is for a decoder layer, which needs it, and for no other")
    steps = _trace(layer, tokens, memory, mask, memory_mask, token - 1)
    numbers = [steps[0].reads, *(part for step in steps for part in (step.adds, step.makes))]
    numbers += [step.leaves for step in steps]
    width = max(cell_width(np.round(part, decimals), decimals) for part in numbers)
    canvas = Canvas()
    right = LEFT + tokens.shape[1] * (width + GAP) - GAP
    canvas.parts.append("")  # where the stream goes, behind all else
    top = MARGIN + 30
    canvas.label(
        (LEFT + right) / 2,
        MARGIN + 8,
        "x",
        token,
        "input",
        anchor="middle",
        before="the stream of ",
    )
    y = top
    canvas.row(LEFT, y, steps[0].reads, "input", width=width, decimals=decimals)
    for step in steps:
        y = _sublayer(canvas, step, y, right, width, decimals, layer.norm_first)
    bottom = y + CELL + 20
    canvas.parts[0] = _band(LEFT - BANK, top - 9, right + BANK, bottom)
    canvas.arrow((LEFT + right) / 2, y + CELL + 4, (LEFT + right) / 2, bottom - 3)
    canvas.line(0, bottom, 0, bottom)
    said = [f"Token {token} comes in as {vector(steps[0].reads, decimals)}."]
    for step in steps:
        read = "" if step.normed is None else f", reading it as {vector(step.normed, decimals)},"
        after = "" if layer.norm_first else f"; normalised, it is {vector(step.leaves, decimals)}"
        adds, makes = vector(step.adds, decimals), vector(step.makes, decimals)
        said.append(f"{step.name}{read} adds {adds}, which makes {makes}{after}.")
    norms = "what it reads is normalised first" if layer.norm_first else "the sum is normalised"
    told = f"The stream runs down. Each sub-layer reads it and adds to it; {norms}."
    return canvas.figure(alt or " ".join(said), caption or told, 360)


def _trace(
    layer: EncoderLayer | DecoderLayer,
    x: Array,
    memory: ArrayLike | None,
    mask: ArrayLike | None,
    memory_mask: ArrayLike | None,
    place: int,
) -> list[_Sublayer]:
    """What each sub-layer reads, makes and leaves, of one token."""
    works: list[tuple[tuple[str, str], str, LayerNorm, Callable[[Array], Any]]] = [
        (
            ("attention", "all tokens" if mask is None else "tokens in view"),
            "Attention",
            layer.attention_norm,
            lambda x: layer.attention(x, mask=mask).output,
        )
    ]
    if isinstance(layer, DecoderLayer):
        cross = layer.cross_attention
        works.append(
            (
                ("attention", "memory"),
                "Cross-attention",
                layer.cross_norm,
                lambda x: cross(x, memory, memory_mask).output,
            )
        )
    feed = ("feed forward", "each token alone")
    works.append((feed, "Feed-forward", layer.feed_forward_norm, layer.feed_forward))
    steps = []
    for title, name, norm, work in works:
        normed = norm(x) if layer.norm_first else None
        adds = work(x if normed is None else normed)
        makes = x + adds
        leaves = makes if layer.norm_first else norm(makes)
        of_token = (x[place], None if normed is None else normed[place])
        steps.append(_Sublayer(title, name, *of_token, adds[place], makes[place], leaves[place]))
        x = leaves
    return steps


def _sublayer(
    canvas: Canvas,
    step: _Sublayer,
    y: float,
    right: float,
    width: float,
    decimals: int,
    norm_first: bool,
) -> float:
    """Draw a sub-layer below the row it reads; return the height of the row it leaves."""
    middle = (LEFT + right) / 2
    box = right + BANK + 14
    added = y + CELL + (4 if norm_first else 2) * GAP
    total = added + CELL + (5 if norm_first else 3) * GAP
    _box(canvas, box, y - 3, added + CELL - y + (11 if norm_first else 6), step.title, norm_first)
    canvas.arrow(right + BANK + 1, y + CELL / 2, box - 2, y + CELL / 2)
    canvas.arrow(box - 1, added + CELL / 2, right + 3, added + CELL / 2)
    canvas.text(LEFT - BANK - 4, added + CELL / 2, "+", "h", "end")
    canvas.row(LEFT, added, step.adds, "output", width=width, decimals=decimals)
    canvas.line(LEFT, (added + CELL + total) / 2, right, (added + CELL + total) / 2, "k")
    canvas.row(LEFT, total, step.makes, "input", width=width, decimals=decimals)
    if norm_first:
        return total
    left = total + CELL + 30
    canvas.arrow(middle - 40, total + CELL + 5, middle - 40, left - 5)
    canvas.text(middle - 30, total + CELL + 15, "normalise", "l")
    canvas.row(LEFT, left, step.leaves, "input", width=width, decimals=decimals)
    return left


def _box(
    canvas: Canvas, x: float, y: float, height: float, title: tuple[str, str], norm_first: bool
) -> None:
    """Draw a sub-layer as a box beside the stream."""
    place = f'x="{x:g}" y="{y:g}" width="{BOX:g}" height="{height:g}" rx="10"'
    role = ROLES.get(title[1])
    box = (
        f'<g class="{role}"><rect class="c" {place}/></g>' if role else f'<rect class="k" {place}/>'
    )
    canvas.parts.append(box)
    lines = [(line, "h") for line in title[0].split()]
    lines += [(line, "u") for line in LINES[title[1]]]
    if norm_first:
        lines = [("normalise", "u"), *lines]
    start = y + height / 2 - (len(lines) - 1) * 8.5
    for i, (line, kind) in enumerate(lines):
        canvas.text(x + BOX / 2, start + i * 17, line, kind, "middle")
    canvas.line(x + BOX, y + height, x + BOX, y + height)


def _band(left: float, top: float, right: float, bottom: float) -> str:
    """The bed of the stream."""
    return (
        f'<g class="input"><rect x="{left:g}" y="{top:g}" width="{right - left:g}" '
        f'height="{bottom - top:g}" rx="10" style="fill:var(--c);fill-opacity:.1"/></g>'
    )
