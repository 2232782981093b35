"""Pictures of generation: what a cache spares, and how likely each word is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._format import listing, number
from .canvas import GAP, MARGIN, Canvas, text_width
from .figure import Figure
from .pictures import Array

ACROSS = 360.0
#: A token's query, key and value lie on one another.
LAYERS = (("query", "q"), ("key", "k"), ("value", "v"))
HEIGHT, LETTER = 16.0, 12
#: Room for a step's number on the left, and for the word that it gives on the right.
NUMBER, GIVEN = 22.0, 72.0


def cached(
    words: Sequence[str],
    prompt: int,
    *,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw step by step what a model computes as a text grows, without a cache and with one.

    Parameters
    ----------
    words : sequence of str
        The whole text, 3 to 6 words: the prompt and all that follows it.
    prompt : int
        How many of the words are the prompt. Each step gives one of the others.
    caption, alt : str, optional
        In place of the ones made from the words.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are too few or too many words, or the prompt leaves no word to give.

    Examples
    --------
    >>> cached(["this", "is", "the", "rat"], 2).alt[:75]
    'Without a cache: step 1 computes the keys of this and is, and gives the. St'
    """
    if not 3 <= len(words) <= 6:
        raise ValueError(f"words must be 3 to 6, to fit on a phone: got {len(words)}")
    if not 1 <= prompt < len(words):
        raise ValueError(
            f"prompt must be 1 to {len(words) - 1} of the {len(words)} words, so that one is left "
            f"to give: got {prompt}"
        )
    steps = range(prompt, len(words))  # how many words are read when a step ends
    canvas, y, said, counts = Canvas(), MARGIN, [], []
    for title, keeps in (("Without a cache", False), ("With a cache", True)):
        canvas.text(MARGIN, y + 9, title, "h")
        y += 26
        width = (ACROSS - 2 * MARGIN - NUMBER - GIVEN) / (len(words) - 1) - GAP
        lefts = [MARGIN + NUMBER + j * (width + GAP) for j in range(len(words) - 1)]
        for left, word in zip(lefts, words, strict=False):
            canvas.text(left + width / 2, y + 7, word, "u", "middle")
        y += 18
        told, count = [], 0
        for step, read in enumerate(steps, 1):
            old = read - 1 if keeps and step > 1 else 0
            canvas.text(MARGIN + 5, y + 1.5 * HEIGHT, str(step), "u")
            for j in range(read):
                _token(canvas, lefts[j], y, width, j < old)
            end = lefts[read - 1] + width
            canvas.arrow(end + 6, y + 1.5 * HEIGHT, end + 24, y + 1.5 * HEIGHT)
            canvas.text(end + 29, y + 1.5 * HEIGHT, words[read], "h")
            y += 3 * HEIGHT + 12
            new = listing(list(words[old:read]))
            told.append(
                f"step {step} computes the key{'s' * (read - old > 1)} of {new}"
                + (f", reads those of {listing(list(words[:old]))}" if old else "")
                + f", and gives {words[read]}"
            )
            count += read - old
        y += 8
        counts.append(count)
        said.append(f"{title}: {'. '.join(told)}.".replace(". step", ". Step"))
    told_all = (
        f"Filled is computed anew, dotted is read from the cache. Without a cache, {counts[0]} keys "
        f"are computed to give {len(steps)} words; with one, {counts[1]}. Nobody asks for an old query."
    )
    return canvas.figure(alt or " ".join(said), caption or told_all, ACROSS)


def _token(canvas: Canvas, left: float, top: float, width: float, old: bool) -> None:
    """The query, key and value of one token in one step: computed anew, or read."""
    for position, (role, letter) in enumerate(LAYERS):
        y = top + position * HEIGHT
        place = f'x="{left:.4g}" y="{y:g}" width="{width:.4g}" height="{HEIGHT - 2:g}" rx="4"'
        middle = f'x="{left + width / 2:.4g}" y="{y + HEIGHT / 2 - 1:g}" dy=".35em"'
        text = f'<text {middle} style="font-size:{LETTER}px">{letter}</text>'
        if not old:
            cell = f'<rect class="c" {place} style="fill-opacity:.5"/>{text}'
            canvas.parts.append(f'<g class="n {role}">{cell}</g>')
        elif role != "query":
            cell = f'<rect class="c d" {place} style="fill-opacity:.06"/>{text}'
            canvas.parts.append(f'<g class="n {role} faint">{cell}</g>')
        canvas._reach(left + width, y + HEIGHT)


def chances(
    words: Sequence[str],
    columns: Mapping[str, ArrayLike],
    *,
    decimals: int = 2,
    caption: str,
    alt: str | None = None,
) -> Figure:
    """Draw how likely each word is, as bars: a row for each word, a column for each case.

    Parameters
    ----------
    words : sequence of str
    columns : mapping of name to array
        One to four; each has a probability for each word, between 0 and 1.
    decimals : int
        Of the numbers beside the bars.
    caption : str
        What to notice.
    alt : str, optional
        In place of the one made from the numbers.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is not a probability for each word, one lies outside 0 to 1, or there are too
        many columns.

    Examples
    --------
    >>> chances(["rat", "cat"], {"cold": [0.9, 0.1]}, caption="The rat is likelier.").alt
    'Cold: rat 0.90, cat 0.10.'
    """
    if not 1 <= len(columns) <= 4:
        raise ValueError(f"columns must be one to four, to fit on a phone: got {len(columns)}")
    bars: dict[str, Array] = {name: np.asarray(x, float) for name, x in columns.items()}
    for name, values in bars.items():
        if values.shape != (len(words),):
            raise ValueError(
                f"columns must have a probability for each of the {len(words)} words: got shape "
                f"{values.shape} for {name!r}"
            )
        if not np.all((values >= 0) & (values <= 1 + 1e-9)):
            raise ValueError(
                f"columns must hold probabilities, between 0 and 1: got {values.min():g} to "
                f"{values.max():g} for {name!r}"
            )
    canvas = Canvas()
    label = max(text_width(word, 14) for word in words) + 4
    pitch = (ACROSS - 2 * MARGIN - label) / len(bars)
    room = pitch - text_width(f"{0:.{decimals}f}", 13) - 14
    longest = max(float(values.max()) for values in bars.values())
    for column, (name, values) in enumerate(bars.items()):
        left = MARGIN + label + 6 + column * pitch
        canvas.text(left, MARGIN + 8, name, "h")
        for row, (word, value) in enumerate(zip(words, values, strict=True)):
            y = MARGIN + 24 + row * 24
            if column == 0:
                canvas.text(MARGIN + label - 2, y + 9, word, "l", "end")
            long = max(1.5, room * value / longest)
            canvas.bar(left, y, long, 18, "score", float(value / longest))
            canvas.text(left + long + 4, y + 9, f"{value:.{decimals}f}", "u")
    said = [
        f"{name[:1].upper()}{name[1:]}: "
        + ", ".join(
            f"{word} {number(value, decimals)}" for word, value in zip(words, values, strict=True)
        )
        for name, values in bars.items()
    ]
    return canvas.figure(alt or f"{'. '.join(said)}.", caption, ACROSS)
