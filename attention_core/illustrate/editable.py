"""The bench: self-attention whose every number a reader can change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import example
from .._check import Floats, check_inputs, check_weights
from .._format import vector
from ..normalize import softmax
from ..scores import cosine, dot, scaled_dot
from . import pictures
from .canvas import Canvas, subscript
from .figure import Figure, Played
from .frames import _across, _centres, _draw_line, _Item, _pipeline

#: As many as fit a phone.
_MOST = {"tokens": 6, "d_model": 8, "d_k": 8, "d_v": 8}


@dataclass(frozen=True, repr=False)
class Bench(Played):
    """An editable model that, on paper and without scripts, is its own picture.

    Attributes
    ----------
    model : str
        The numbers, switches and labels, as JSON.
    examples : str
        What can be chosen instead, as JSON; ``[]`` is no choice.
    compact : bool
        Inputs, weights and outputs alone.
    figure : Figure
        The picture of the same numbers.
    """

    model: str
    examples: str
    compact: bool
    figure: Figure

    @property
    def html(self) -> str:
        """The element, with its picture inside."""
        more = f' data-examples="{escape(self.examples)}"' if self.examples != "[]" else ""
        more += " data-compact" if self.compact else ""
        return (
            f'<attention-bench data-model="{escape(self.model)}"{more}>'
            f"{self.figure.html}</attention-bench>"
        )


def bench(
    inputs: ArrayLike,
    query_weight: ArrayLike,
    key_weight: ArrayLike,
    value_weight: ArrayLike,
    *,
    tokens: Sequence[str] | None = None,
    score: str = "dot",
    scale: bool = True,
    causal: bool = False,
    temperature: float = 1.0,
    compact: bool = False,
    examples: Mapping[str, example.Example] | bool | None = None,
    caption: str | None = None,
) -> Bench:
    """Self-attention to play with: change a number, and all that follows from it follows.

    It comes to life where the book's elements are enabled: on the site, and in
    a notebook after `enable`. Elsewhere it is a picture of the same numbers.

    Parameters
    ----------
    inputs : (n, d_model) array
        One to six tokens of one to eight features.
    query_weight, key_weight : (d_model, d_k) array
    value_weight : (d_model, d_v) array
    tokens : sequence of n str, optional
        A label for each input.
    score : {"dot", "cosine"}
        How a query and a key are scored; cosines are never divided.
    scale : bool
        Divide dot products by the square root of d_k.
    causal : bool
        Let a token attend to itself and to those before it, and to no other.
    temperature : float
        What the scores are divided by before softmax.
    compact : bool
        Show inputs, weights and outputs alone.
    examples : mapping of str to Example, or True, optional
        What a reader may choose instead, by name. True: the examples of the book.
    caption : str, optional
        Of the picture, in place of the one made from the arrays.

    Returns
    -------
    Bench

    Raises
    ------
    ValueError
        If the sizes do not fit each other or a phone, a label is missing, a number is not
        finite, the temperature not above 0 or the score another.
    TypeError
        If an array holds anything but real numbers.

    Examples
    --------
    >>> from attention_core import example
    >>> bench(*example.bank("river"), tokens=("river", "bank"), compact=True).alt
    'Input 1 (river) is (2, 0, 0). Input 2 (bank) is (1, 1, 1). Weights of query 1: (0.50, 0.50).
    Weights of query 2: (0.80, 0.20). Output 1 is (1.50, 0.50). Output 2 is (1.80, 0.20).'
    """
    arrays = _arrays(inputs, query_weight, key_weight, value_weight)
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature must be a finite number above 0: got {temperature}")
    if score not in ("dot", "cosine"):
        raise ValueError(f'score must be "dot" or "cosine": got {score!r}')
    labels = _labels(tokens, len(arrays["inputs"]))
    stages = _stages(arrays, score, scale, causal, temperature)
    model: dict[str, Any] = {name: _rows(array) for name, array in arrays.items()}
    model |= {"scale": bool(scale), "causal": bool(causal), "temperature": _plain(temperature)}
    if score != "dot":
        model["score"] = score
    if any(labels):
        model["tokens"] = labels
    if examples is True:
        examples = _of_the_book()
    chosen = [_choice(name, given) for name, given in (examples or {}).items()]
    draw = _compact if compact else _whole
    figure = draw(arrays["inputs"], stages, labels, _score_name(arrays, score, scale), caption)
    return Bench(_json(model), _json(chosen), bool(compact), figure)


def _of_the_book() -> dict[str, example.Example]:
    return {
        "the worked example": example.worked,
        "the plane": example.plane,
        "bank, by the river": example.bank("river"),
        "bank, with money": example.bank("money"),
    }


def _arrays(
    inputs: ArrayLike, query_weight: ArrayLike, key_weight: ArrayLike, value_weight: ArrayLike
) -> dict[str, Floats]:
    """The four arrays, checked: of sizes that fit each other, and that fit a phone."""
    query, key, value = check_weights(query_weight, key_weight, value_weight)
    rows = check_inputs(inputs, d_model=query.shape[0])
    if rows.ndim != 2:
        raise ValueError(f"inputs must have two axes to be edited: got shape {rows.shape}")
    if not np.all(np.isfinite(rows)):
        raise ValueError(f"inputs must be finite: got {rows[~np.isfinite(rows)][0]}")
    sizes = {
        "tokens": rows.shape[0],
        "d_model": rows.shape[1],
        "d_k": query.shape[1],
        "d_v": value.shape[1],
    }
    for name, size in sizes.items():
        if not 1 <= size <= _MOST[name]:
            raise ValueError(
                f"{name} must be 1 to {_MOST[name]}, which is what fits a phone: got {size}"
            )
    return {"inputs": rows, "query_weight": query, "key_weight": key, "value_weight": value}


def _labels(tokens: Sequence[str] | None, count: int) -> list[str]:
    """A label for each token; empty where it is x and its index, which is what it is without."""
    if tokens is None:
        return [""] * count
    if len(tokens) != count:
        raise ValueError(f"tokens must name each of the {count} inputs: got {len(tokens)} labels")
    return [
        "" if word == f"x{subscript(i)}" else str(word) for i, word in enumerate(tokens, start=1)
    ]


def _plain(x: float) -> float | int:
    """A number as JavaScript writes it: whole ones without a point."""
    x = float(x)
    return int(x) if x.is_integer() and abs(x) < 2**53 else x


def _rows(array: Floats) -> list[list[float | int]]:
    return [[_plain(x) for x in row] for row in array]


def _json(thing: object) -> str:
    return json.dumps(thing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _choice(name: str, given: example.Example) -> dict[str, Any]:
    arrays = _arrays(*given)
    labels = _labels(given.tokens, len(arrays["inputs"]))
    choice: dict[str, Any] = {"name": name, **{key: _rows(a) for key, a in arrays.items()}}
    return choice | ({"tokens": labels} if any(labels) else {})


def _stages(
    arrays: dict[str, Floats], score: str, scale: bool, causal: bool, temperature: float
) -> dict[str, Floats]:
    """What follows from the arrays, under the names that the pictures use."""
    with np.errstate(all="ignore"):
        queries, keys, values = (
            arrays["inputs"] @ arrays[f"{name}_weight"] for name in ("query", "key", "value")
        )
        way = cosine if score == "cosine" else scaled_dot if scale else dot
        scores = way(queries, keys)
        heated = scores / temperature
    products = (queries, keys, values, scores, heated)
    if not all(np.all(np.isfinite(array)) for array in products):
        raise ValueError("inputs and weights must be so small that every result is a number")
    if causal:
        seen = np.tri(len(scores), dtype=bool)
        scores, heated = (np.where(seen, array, -np.inf) for array in (scores, heated))
    weights = softmax(heated)
    return {
        "queries": queries,
        "keys": keys,
        "values": values,
        "scores": scores,
        "weights": weights,
        "outputs": weights @ values,
    }


def _score_name(arrays: dict[str, Floats], score: str, scale: bool) -> str:
    if score == "cosine":
        return "S = cos(Q, K)"
    return f"S = Q Kᵀ ÷ √{arrays['key_weight'].shape[1]}" if scale else "S = Q Kᵀ"


def _said(inputs: Floats, stages: dict[str, Floats], labels: list[str], parts: str) -> str:
    """All numbers in words."""
    named = [f" ({word})" if word else "" for word in labels]
    said = [f"Input {i}{named[i - 1]} is {vector(row)}." for i, row in enumerate(inputs, start=1)]
    sentences = {
        "queries": "Query {} is {}.",
        "keys": "Key {} is {}.",
        "values": "Value {} is {}.",
        "weights": "Weights of query {}: {}.",
        "outputs": "Output {} is {}.",
    }
    for name in parts.split():
        said += [
            sentences[name].format(i, vector(row)) for i, row in enumerate(stages[name], start=1)
        ]
    return " ".join(said)


def _whole(
    inputs: Floats, stages: dict[str, Floats], labels: list[str], scored: str, caption: str | None
) -> Figure:
    """The pipeline from the inputs to the outputs."""
    lines: list[list[_Item]] = [
        [
            ("Q", stages["queries"], "query", False),
            ("K", stages["keys"], "key", False),
            ("V", stages["values"], "value", False),
        ],
        [
            (scored, stages["scores"], "score", False),
            ("A = softmax(S)", stages["weights"], "score", True),
        ],
        [("Z = A V", stages["outputs"], "output", False)],
    ]
    head: list[_Item] = [("X", inputs, "input", False)]
    across = _across([head, *lines], 2)
    canvas = Canvas()
    (x,), bottom = _draw_line(canvas, 0.0, head, across, 2)
    top = bottom + 34
    _pipeline(canvas, lines, top, across, 2)
    for middle in _centres(lines[0], across, 2):
        canvas.arrow(x + (middle - x) * 0.3, bottom + 5, middle, top - 3)
    told = (
        "From the inputs X to the outputs Z. Where scripts run, every number can be changed."
    ) + pictures.printed_to(stages["outputs"], 2)
    alt = _said(inputs, stages, labels, "queries keys values weights outputs")
    return canvas.figure(alt, caption or told, across)


def _compact(
    inputs: Floats, stages: dict[str, Floats], labels: list[str], scored: str, caption: str | None
) -> Figure:
    """Inputs, weights and outputs side by side."""
    line: list[_Item] = [
        ("X", inputs, "input", False),
        ("A", stages["weights"], "score", True),
        ("Z", stages["outputs"], "output", False),
    ]
    across = _across([line], 2)
    canvas = Canvas()
    middles, bottom = _draw_line(canvas, 0.0, line, across, 2)
    for middle, word in zip(middles, ("inputs", "weights", "outputs"), strict=True):
        canvas.text(middle, bottom + 16, word, "u", "middle")
    told = (
        "Each row of weights mixes the values of all tokens into one output. "
        "Where scripts run, the inputs can be changed."
    ) + pictures.printed_to(stages["outputs"], 2)
    return canvas.figure(_said(inputs, stages, labels, "weights outputs"), caption or told, across)
