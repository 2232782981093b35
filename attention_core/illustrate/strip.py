"""The strip: a reader picks a model and an output, and sees which inputs reach it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

from .._check import check_count
from ..reach import Layer, stack
from .figure import Figure, Played
from .receptive import receptive_fields

#: The models by what a reader calls them; `stack` makes a masked one as attention that is causal.
_NAMES = {
    "window": "fixed window",
    "convolution": "convolution",
    "dilated": "dilated convolution",
    "recurrence": "recurrence",
    "masked": "causal self-attention",
    "attention": "self-attention",
}
#: What a reader can choose: how many layers, and how wide.
_DEPTHS, _WIDTHS = (1, 4), (2, 5)


@dataclass(frozen=True, repr=False)
class Strip(Played):
    """A model and an output to choose; on paper and without scripts, five models' pictures.

    Attributes
    ----------
    state : str
        What is chosen to begin with, as JSON.
    figure : Figure
        What the output sees in each of the models.
    """

    state: str
    figure: Figure

    @property
    def html(self) -> str:
        """The element, with its picture inside."""
        return (
            f'<attention-strip data-strip="{escape(self.state)}">{self.figure.html}'
            "</attention-strip>"
        )


def strip(
    kind: str = "convolution",
    *,
    n: int = 16,
    output: int = 11,
    width: int = 3,
    depth: int = 3,
    caption: str | None = None,
) -> Strip:
    """Which inputs an output can see: pick the model, its layers, its width, and the output.

    It comes to life where the book's elements are enabled; elsewhere it is five pictures: those of
    the models, convolutions with `depth` layers and the others with one.

    Parameters
    ----------
    kind : {"window", "convolution", "dilated", "recurrence", "masked", "attention"}
        The model to begin with. A window has one layer, "masked" is self-attention with a causal
        mask, and only "attention" looks ahead.
    n : int
        How many tokens, 2 to 16.
    output : int
        The output whose inputs are shown, counted from 0.
    width : int
        How many tokens a window or a kernel takes in, 2 to 5.
    depth : int
        How many layers a convolution has, 1 to 4.
    caption : str, optional
        In place of the one that the pictures have.

    Returns
    -------
    Strip

    Raises
    ------
    ValueError
        If there is no such kind or output, or a count is out of reach.
    TypeError
        If a count is no whole number.

    Examples
    --------
    >>> strip(n=8, output=7, width=2).alt
    'Of 8 inputs, output 8 depends in fixed window on 7 to 8, over 1 operation; in convolution,
    3 layers on 5 to 8, over 3 operations; in dilated convolution, 3 layers on 1 to 8, over 3
    operations; in recurrence on 1 to 8, over 1 to 8 operations; in self-attention on 1 to 8,
    over 1 operation.'
    """
    for name, count, (low, high) in (
        ("n", n, (2, 16)),
        ("width", width, _WIDTHS),
        ("depth", depth, _DEPTHS),
        ("output", output, (0, n - 1)),
    ):
        check_count(name, count)
        if not low <= count <= high:
            raise ValueError(f"{name} must be {low} to {high}, which the strip shows: got {count}")
    if kind not in _NAMES:
        raise ValueError(f"kind must be one of {', '.join(_NAMES)}: got {kind!r}")
    depths = {each: depth if each in ("convolution", "dilated") else 1 for each in _NAMES}
    models = {
        name if depths[each] == 1 else f"{name}, {depth} layers": model(
            each, n, width, depths[each]
        )
        for each, name in _NAMES.items()
        if each != "masked"
    }
    state = {
        **{"kind": kind, "n": int(n), "output": int(output)},
        **{"width": int(width), "depths": depths},
    }
    text = json.dumps(state, sort_keys=True, separators=(",", ":"))
    return Strip(text, receptive_fields(models, output=output, caption=caption))


def model(kind: str, n: int, width: int, depth: int) -> list[Layer]:
    """The layers of one of the strip's models."""
    name = "attention" if kind == "masked" else kind
    return stack(name, n, width, depth, is_causal=kind != "attention")
