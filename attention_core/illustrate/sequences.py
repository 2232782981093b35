"""The steps as pictures in a row, for a player that moves from one to the next.

Everything is taken from `trace`: a frame is a sentence and what is seen, each thing at
its place and with the things that it comes from. The script of the player moves them
and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .animation import Animation
from .scenes import SEQUENCES, STEPS, Stage

if TYPE_CHECKING:
    from ..steps import Step


def animate(
    trace: Sequence[Step],
    sequence: str | None = None,
    *,
    step: int | None = None,
    token: int = 0,
    decimals: int = 2,
) -> Animation:
    """The steps of self-attention in motion, each number coming from where it is computed from.

    Parameters
    ----------
    trace : sequence of Step
        What `attention_core.trace` returns, for one token or more.
    sequence : {"derive", "attend", "sum"}, optional
        Steps 1 to 3 for all inputs; steps 4 to 6 for one query; step 7 for that query and
        then the outputs of the others.
    step : int, optional
        In place of a sequence, one step by itself, from 1 to 8.
    token : int
        Whose query it is in steps 4 to 7, counted from 0.
    decimals : int
        Of numbers that are not whole.

    Returns
    -------
    Animation
        Shows itself as an ``<attention-steps>`` player, with its last frame inside.

    Raises
    ------
    ValueError
        If there is no such sequence, step or token, or both a sequence and a step are named.

    Examples
    --------
    >>> from attention_core import example, trace
    >>> shown = animate(trace(*example.worked), step=4)
    >>> len(shown.frames)
    5
    >>> shown.frames[1].sentence
    'Query 1 meets key 1: 1·0 + 0·1 + 2·1 = 2.'
    """
    records = {(record.number, record.token): record for record in trace}
    count = sum(1 for number_, _ in records if number_ == 1)
    if not count:
        raise ValueError("trace must be of at least one token to be drawn: got none")
    if not 0 <= token < count:
        raise ValueError(f"token must be between 0 and {count - 1}: got {token}")
    if (sequence is None) == (step is None):
        raise ValueError(
            f"one of sequence and step must be given: got sequence={sequence!r} and step={step!r}"
        )
    if sequence is not None and sequence not in SEQUENCES:
        raise ValueError(f"sequence must be one of {', '.join(SEQUENCES)}: got {sequence!r}")
    if step is not None and step not in STEPS:
        raise ValueError(f"step must be between 1 and 8: got {step}")

    if sequence is not None:
        numbers, title, scenes = SEQUENCES[sequence]
    else:
        number, name = next((r.number, r.name) for r in trace if r.number == step)
        numbers, title, scenes = (number,), f"Step {number} of 8, {name}", (STEPS[number],)
    stage = Stage(records, count, token, decimals)
    for scene in scenes:
        scene(stage)
    told = [record.sentence for record in trace if _told(record, numbers, token)]
    return stage.animation(title.format(i=token + 1), " ".join(told))


def _told(record: Step, numbers: Iterable[int], token: int) -> bool:
    """Whether an animation of these steps tells this record."""
    return record.number in numbers and (record.number in (1, 3) or record.token in (None, token))
