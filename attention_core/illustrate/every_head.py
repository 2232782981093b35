"""Every head of a model that reads a sentence: all of them small, one of them large."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_count
from .canvas import MARGIN, Canvas, text_width
from .figure import Figure, Played
from .pictures import _array

Percents = NDArray[np.int64]

#: One character for each whole percent, 0 to 100: none that HTML or a script would read otherwise.
ALPHABET = "".join(
    [chr(code) for code in range(33, 127) if chr(code) not in "\"&'<>\\`"]
    + [chr(code) for code in range(0xC0, 0xCE)]
)
#: What fits: a phone is twelve small pictures wide.
_LAYERS, _HEADS, _TOKENS = (1, 12), (1, 12), (2, 24)
_ACROSS = 360.0
_LEVELS = 8
_ROW = 21.0
#: A weight below this is no line.
_FAINT = 2
#: Of a longer token the picture has the beginning.
_LONGEST = 12
#: Tokens that stand for no word, and what follows on the word before it.
_SPECIAL = ("[CLS]", "[SEP]", "[MASK]", "[PAD]", "<s>", "</s>")


@dataclass(frozen=True, repr=False)
class EveryHead(Played):
    """A grid of heads to choose from and one of them large; without scripts, a picture of both.

    Attributes
    ----------
    data : str
        What the element reads, as JSON: the sentences with their weights, and what is chosen.
    figure : Figure
        The first sentence in every head, and the head that is chosen.
    more : bool
        Whether a page of the book offers its further sentences.
    """

    data: str
    figure: Figure
    more: bool = False

    @property
    def html(self) -> str:
        """The element, with its picture inside."""
        data = escape(self.data, quote=False).replace("'", "&#x27;")
        more = " data-more" if self.more else ""
        return f"<attention-heads data-heads='{data}'{more}>{self.figure.html}</attention-heads>"


def atlas(
    sentences: Sequence[tuple[Sequence[str], ArrayLike]],
    *,
    layer: int = 1,
    head: int = 1,
    word: int | None = None,
    more: bool = False,
    caption: str | None = None,
    alt: str | None = None,
) -> EveryHead:
    """Every head of every layer as a small heatmap, and one head large, word by word.

    It comes to life where the book's elements are enabled: choose a sentence, a head, a word.
    Elsewhere it is a picture of the first sentence. Weights are shown, and kept, to two decimals.

    Parameters
    ----------
    sentences : sequence of (tokens, weights) pairs
        The tokens as the model reads them, 2 to 24, and the weights, a (layers, heads, n, n) array
        with queries as rows. The first is shown to begin with; all have as many layers and heads,
        12 at most. Compute the weights in float64 where the output is stored: a weight in single
        precision may round the other way on another machine.
    layer, head : int
        Which head is large, counted from 1 as in the picture.
    word : int, optional
        Which token's question is followed, counted from 1. Left out, it is the one in the middle.
    more : bool
        Have the book's site offer the sentences that it ships, which MiniLM read, below these.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    EveryHead

    Raises
    ------
    ValueError
        If there is no sentence, a sentence's weights are not (layers, heads, n, n) for its n
        tokens, a row does not sum to one, or there is no such layer, head or word.
    TypeError
        If a count is no whole number, or weights are no numbers.

    Examples
    --------
    >>> weights = [[[[1, 0], [0.25, 0.75]], [[0, 1], [1, 0]]]]
    >>> atlas([(["it", "rains"], weights)], head=2, word=1).alt
    '1 layer of 2 heads, each a small heatmap of 2 tokens: It rains. Large: layer 1, head 2.
    “it” asks “rains” most, weight 1.00; “rains” asks “it” most, weight 1.00. Followed: “it”, which
    gives “it” 0.00, “rains” 1.00.'
    """
    read = [_read(place, *pair) for place, pair in enumerate(sentences)]
    if not read:
        raise ValueError("sentences must hold at least one: got none")
    tokens, percents = read[0]
    layers, heads, n = percents.shape[:3]
    for place, (_, others) in enumerate(read):
        if others.shape[:2] != (layers, heads):
            raise ValueError(
                f"sentences must have as many layers and heads each: got {layers} by {heads} in "
                f"the first, {others.shape[0]} by {others.shape[1]} in sentence {place + 1}"
            )
    chosen = n // 2 + 1 if word is None else word
    for name, given, most in (("layer", layer, layers), ("head", head, heads), ("word", chosen, n)):
        check_count(name, given)
        if not 1 <= given <= most:
            raise ValueError(f"{name} must be 1 to {most}, as in the picture: got {given}")
    opened = percents[layer - 1, head - 1]
    size = f"{_count(layers, 'layer')} of {_count(heads, 'head')}"
    all_asked = "; ".join(asks(tokens, opened, i) for i in range(n))
    row = ", ".join(f"“{t}” {p / 100:.2f}" for t, p in zip(tokens, opened[chosen - 1], strict=True))
    words = (
        f"{size}, each a small heatmap of {n} tokens: {spelled(tokens)} Large: layer {layer}, "
        f"head {head}. {all_asked}. Followed: {named(tokens, chosen - 1)}, which gives {row}."
    )
    one = len(read) == 1 and not more
    told = (
        f"{size}, each a small heatmap: queries down, keys along, the stronger the tint, the more weight. "
        f"Below, layer {layer}, head {head}: {asks(tokens, opened, chosen - 1)}. "
        f"Where scripts run, choose a head{' and' if one else ','} a word{'' if one else ' and another sentence'}. Weights to two decimals."
    )
    data = {
        **{"layer": int(layer), "head": int(head), "word": int(chosen)},
        "sentences": [_record(*each) for each in read],
    }
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    figure = _drawn(
        tokens, percents, int(layer), int(head), int(chosen), alt or words, caption or told
    )
    return EveryHead(text, figure, more)


def _read(place: int, tokens: Sequence[str], weights: ArrayLike) -> tuple[list[str], Percents]:
    """One sentence: its tokens, and its weights in whole percents."""
    name = f"the weights of sentence {place + 1}"
    array = _array(name, weights, 4)
    layers, heads, n, m = array.shape
    if not n == m == len(tokens):
        raise ValueError(
            f"{name} must be (layers, heads, n, n) for its {len(tokens)} tokens: got {array.shape}"
        )
    for what, count, (low, high) in (
        ("layers", layers, _LAYERS),
        ("heads", heads, _HEADS),
        ("tokens", n, _TOKENS),
    ):
        if not low <= count <= high:
            raise ValueError(f"{what} must be {low} to {high} to be drawn: got {count}")
    if array.min() < 0 or np.abs(array.sum(-1) - 1).max() > 1e-3:
        raise ValueError(f"{name} must be shares of one: each row at least 0, with a sum of 1")
    return [str(token) for token in tokens], np.rint(array * 100).astype(np.int64)


def record(
    tokens: Sequence[str],
    weights: ArrayLike,
    *,
    text: str | None = None,
    word: int | None = None,
) -> dict[str, object]:
    """A sentence as the element reads it, for a file beside the page.

    Parameters
    ----------
    tokens : sequence of n str
    weights : (layers, heads, n, n) array
    text : str, optional
        The sentence, as a list names it; left out, it is made from the tokens.
    word : int, optional
        The token that is followed at first, counted from 1.

    Returns
    -------
    dict
        What JSON can hold.

    Raises
    ------
    ValueError
        As for `atlas`.

    Examples
    --------
    >>> record(["it", "rains"], [[[[1, 0], [0.25, 0.75]]]])["weights"]
    'Í!?s'
    """
    read = _record(*_read(0, tokens, weights))
    return read | ({"text": text} if text else {}) | ({"word": int(word)} if word else {})


def _record(tokens: Sequence[str], percents: Percents) -> dict[str, object]:
    layers, heads = percents.shape[:2]
    return {
        **{"text": spelled(tokens), "tokens": list(tokens)},
        **{"layers": layers, "heads": heads, "weights": coded(percents)},
    }


def coded(percents: Percents) -> str:
    """Whole percents as one character each.

    Parameters
    ----------
    percents : array of int
        From 0 to 100.

    Returns
    -------
    str

    Examples
    --------
    >>> coded(np.array([[0, 1], [50, 100]]))
    '!#XÍ'
    """
    return "".join(ALPHABET[percent] for percent in np.ravel(percents))


def decoded(text: str, shape: tuple[int, ...]) -> Percents:
    """Back from `coded`.

    Parameters
    ----------
    text : str
    shape : tuple of int

    Returns
    -------
    array of int

    Examples
    --------
    >>> decoded("!#XÍ", (2, 2)).tolist()
    [[0, 1], [50, 100]]
    """
    return np.array([ALPHABET.index(character) for character in text]).reshape(shape)


def spelled(tokens: Sequence[str]) -> str:
    """The sentence that tokens stand for, near enough to be recognised.

    Parameters
    ----------
    tokens : sequence of str
        As BERT's tokenizer gives them: pieces after the first begin with ##.

    Returns
    -------
    str

    Examples
    --------
    >>> spelled(["[CLS]", "it", "rain", "##s", ".", "[SEP]"])
    'It rains.'
    """
    text = ""
    for token in tokens:
        if token in _SPECIAL:
            continue
        if token.startswith("##"):
            text += token[2:]
        else:
            text += token if token in (".", ",", "?", "!", ";", ":") or not text else f" {token}"
    text = text or " ".join(tokens)
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else f"{text}."


def named(tokens: Sequence[str], place: int) -> str:
    """A token as a sentence names it: with its number, where there are several of them.

    Parameters
    ----------
    tokens : sequence of str
    place : int
        Counted from 0.

    Returns
    -------
    str

    Examples
    --------
    >>> named(["the", "cat", "the"], 2), named(["the", "cat", "the"], 1)
    ('“the” (token 3)', '“cat”')
    """
    several = Counter(tokens)[tokens[place]] > 1
    return f"“{tokens[place]}”" + (f" (token {place + 1})" if several else "")


def asks(tokens: Sequence[str], percents: Percents, place: int) -> str:
    """Whom a token asks the most, as a clause.

    Parameters
    ----------
    tokens : sequence of n str
    percents : (n, n) array of int
        One head's weights, in percent.
    place : int
        The token that asks, counted from 0.

    Returns
    -------
    str

    Examples
    --------
    >>> asks(["it", "rains"], np.array([[20, 80], [50, 50]]), 0)
    '“it” asks “rains” most, weight 0.80'
    >>> asks(["it", "rains"], np.array([[20, 80], [50, 50]]), 1)
    '“rains” asks “it” and itself most, weight 0.50 each'
    """
    row = percents[place]
    most = int(row.max())
    first = [int(j) for j in np.flatnonzero(row == most)]
    names = ["itself" if j == place else named(tokens, j) for j in first]
    asker = named(tokens, place)
    if len(names) > 3:
        return f"{asker} asks {len(names)} tokens most, weight {most / 100:.2f} each"
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{asker} asks {listed} most, weight {most / 100:.2f}" + (
        " each" if len(names) > 1 else ""
    )


def _count(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


# --- the picture ------------------------------------------------------------------------------------


def _drawn(
    tokens: Sequence[str],
    percents: Percents,
    layer: int,
    head: int,
    word: int,
    alt: str,
    caption: str,
) -> Figure:
    """The grid of heads, and below it the one that is chosen."""
    canvas = Canvas()
    bottom = _grid(canvas, percents, layer, head)
    canvas.text(MARGIN, bottom + 20, f"Layer {layer}, head {head}", "h")
    _large(canvas, bottom + 40, tokens, percents[layer - 1, head - 1], word - 1)
    return canvas.figure(alt, caption, _ACROSS)


def _grid(canvas: Canvas, percents: Percents, layer: int, head: int) -> float:
    """Draw every head small, a row a layer and a column a head; return where it ends."""
    layers, heads, n = percents.shape[:3]
    left, top = MARGIN + 54, MARGIN + 20
    step = min(40.0, (_ACROSS - MARGIN - left) / heads)
    pitch = n + max(1, round(n / 9))  # in cells, so that all that is drawn stands at whole numbers
    scale = step / pitch
    canvas.text(MARGIN, top - 10, "head", "u")
    for h in range(heads):
        canvas.text(left + h * step + n * scale / 2, top - 10, str(h + 1), "u", "middle")
    for i in range(layers):
        canvas.text(MARGIN, top + i * step + n * scale / 2, f"layer {i + 1}", "u")
    squares = "".join(
        f"M{h * pitch} {i * pitch}h{n}v{n}h-{n}z" for i, h in np.ndindex(layers, heads)
    )
    levels: dict[int, list[str]] = {}
    ends: dict[int, tuple[int, int]] = {}
    for i, h, q in np.ndindex(layers, heads, n):
        row = (percents[i, h, q] + 4) * _LEVELS // 100
        start = 0
        for k in range(1, n + 1):
            if k < n and row[k] == row[start]:
                continue
            level, x, y = int(row[start]), h * pitch + start, i * pitch + q
            if level > 0:
                before = ends.get(level, (0, 0))
                levels.setdefault(level, []).append(f"m{x - before[0]} {y - before[1]}h{k - start}")
                ends[level] = (x + k - start, y)
            start = k
    runs = "".join(
        f'<path style="stroke-opacity:{level / _LEVELS:.3g}" d="M0 .5{"".join(levels[level])}"/>'
        for level in sorted(levels)
    )
    canvas.parts.append(
        f'<g class="score" transform="translate({left:.4g} {top:.4g}) scale({scale:.5g})">'
        f'<path style="fill:var(--c);fill-opacity:.07" d="{squares}"/>'
        f'<g style="fill:none;stroke:var(--c)">{runs}</g></g>'
    )
    x, y, side = left + (head - 1) * step, top + (layer - 1) * step, n * scale
    canvas.parts.append(
        f'<rect x="{x - 1.5:.4g}" y="{y - 1.5:.4g}" width="{side + 3:.4g}" height="{side + 3:.4g}" '
        'rx="2" style="fill:none;stroke:var(--ink);stroke-width:2"/>'
    )
    end: float = top + layers * step
    canvas.bottom = max(canvas.bottom, end)
    return end


def _large(
    canvas: Canvas, top: float, tokens: Sequence[str], percents: Percents, word: int
) -> None:
    """Draw one head: who asks on the left, who is asked on the right, lines as wide as weights."""
    n = len(tokens)
    short = [token if len(token) <= _LONGEST else f"{token[: _LONGEST - 1]}…" for token in tokens]
    side = min(112.0, max(text_width(token, 15) for token in short) + 8)
    left, right = MARGIN + 24 + side, _ACROSS - MARGIN - 42 - side
    canvas.label(left - 4, top, "q", "", "query", before="asks ")
    canvas.label(right + 4, top, "k", "", "key", before="is asked ", anchor="start")
    y = [round(top) + 22 + i * _ROW for i in range(n)]
    # A band behind the token that is followed, and behind those whom it asks.
    bands = [("query", MARGIN, left - MARGIN, word, 22)] + [
        ("score", right, _ACROSS - MARGIN - right, j, 6 + 0.44 * percents[word, j])
        for j in range(n)
        if percents[word, j]
    ]
    for role, x, width, row, tint in bands:
        canvas.parts.append(
            f'<g class="{role}"><rect x="{x:.4g}" y="{y[row] - _ROW / 2 + 1:g}" width="{width:.4g}" '
            f'height="{_ROW - 2:g}" rx="4" style="fill:var(--c);fill-opacity:{tint / 100:.2g}"/></g>'
        )
    # Lines of a width are one path, so that an even head does not weigh more than the rest.
    start, middle, end = (round(x) for x in (left + 2, (left + right) / 2, right - 2))
    for strong in (False, True):
        lines: dict[int, list[str]] = {}
        for i, j in np.argwhere(percents >= _FAINT):
            if (i == word) == strong:
                width = (
                    int(percents[i, j]) if strong else 5 * max(1, round(int(percents[i, j]) / 5))
                )
                curve = f"M{start} {y[i]:g}C{middle} {y[i]:g} {middle} {y[j]:g} {end} {y[j]:g}"
                lines.setdefault(width, []).append(curve)
        paths = "".join(
            f'<path style="stroke-width:{0.6 + 0.05 * width:.3g};stroke-opacity:'
            f'{0.35 + 0.006 * width if strong else 0.06 + 0.003 * width:.2g}" '
            f'd="{"".join(lines[width])}"/>'
            for width in sorted(lines)
        )
        canvas.parts.append(f'<g class="score" style="fill:none;stroke:var(--c)">{paths}</g>')
    for i, token in enumerate(short):
        canvas.text(MARGIN + 2, y[i], str(i + 1), "u")
        bold = ' style="font-weight:700"' if i == word else ""
        shown = escape(token)
        canvas.parts.append(
            f'<text x="{left - 4:.4g}" y="{y[i]:g}" dy=".35em" text-anchor="end"{bold}>{shown}</text>'
            f'<text x="{right + 4:.4g}" y="{y[i]:g}" dy=".35em">{shown}</text>'
        )
        faint = "" if percents[word, i] else ' style="fill:var(--muted)"'
        canvas.parts.append(
            f'<text x="{_ACROSS - MARGIN - 4:g}" y="{y[i]:g}" dy=".35em" text-anchor="end"{faint}>'
            f"{percents[word, i] / 100:.2f}</text>"
        )
    canvas.bottom = max(canvas.bottom, y[-1] + _ROW / 2)
