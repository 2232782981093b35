"""Exercises of chapter 21: a running softmax, and two of them made one."""

import numpy as np
from numpy.typing import ArrayLike

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.scores import scaled_dot

__all__ = ["EXERCISES"]

State = tuple[float, float, Floats]


def kept(query: int, keys: slice, shrink: bool = True) -> State:
    """What a query of the worked example keeps after some keys: highest, total and mixed."""
    x, w_q, w_k, w_v = example.worked
    scores = scaled_dot(x @ w_q, x @ w_k)[query, keys]
    weights = np.exp(scores - scores.max())
    if not shrink:  # each against the highest so far, and never brought down again
        weights = np.exp(scores - np.maximum.accumulate(scores))
    return float(scores.max()), float(weights.sum()), weights @ (x @ w_v)[keys]


def total_after(keys: slice, shrink: bool = True) -> float:
    """The total that query 1 keeps after some keys."""
    return kept(0, keys, shrink)[1]


def merged(one: State, other: State) -> State:
    """Two states as one: both brought down to the higher of their highest scores."""
    highest = max(one[0], other[0])
    first, second = np.exp(one[0] - highest), np.exp(other[0] - highest)
    mixed: Floats = one[2] * first + other[2] * second
    return highest, one[1] * first + other[1] * second, mixed


def added(one: State, other: State) -> State:
    """Totals and mixes added as they stand."""
    return max(one[0], other[0]), one[1] + other[1], np.add(one[2], other[2])


def shrunk_first(one: State, other: State) -> State:
    """The first brought down as if the second were always the higher."""
    shrink = np.exp(one[0] - other[0])
    return max(one[0], other[0]), one[1] * shrink + other[1], one[2] * shrink + other[2]


def unmixed(one: State, other: State) -> State:
    """The totals brought down, and the mixed values not."""
    highest, total, _ = merged(one, other)
    return highest, total, np.add(one[2], other[2])


def divided(one: State, other: State) -> ArrayLike:
    """The output, in place of the three."""
    _, total, mixed = merged(one, other)
    return mixed / total


def states() -> tuple[tuple[State, State], ...]:
    """Pairs of states: the higher first, second, and both alike."""
    return (
        (kept(1, slice(2)), kept(1, slice(2, 3))),
        (kept(1, slice(1)), kept(1, slice(1, 3))),
        (kept(0, slice(1, 2)), kept(0, slice(2, 3))),
    )


EXERCISES = (
    Exercise(
        id="21.1",
        question="What total does query 1 keep after keys 3 and 1, met in that order?",
        expected=lambda: total_after(slice(0, 3, 2)),
        hints=(
            "Key 3 comes first, so its own exponential is 1. What is the highest score after both?",
            "The highest score stays that of key 3, so nothing shrinks.",
            "Add to 1 the exponential of the score of key 1 less the highest.",
        ),
        diagnoses=(
            Diagnosis(
                "never less than two",
                lambda: total_after(slice(0, 3, 2), shrink=False),
                "Each key gave its own 1 here. A key that comes later is compared with the "
                "highest score so far, which may not be its own.",
            ),
            Diagnosis(
                "all three keys",
                lambda: total_after(slice(3)),
                "That is the total after all three. Key 2 has not been met.",
            ),
            Diagnosis(
                "the shrink factor alone",
                lambda: total_after(slice(0, 3, 2)) - 1,
                "That is what key 1 adds. What had key 3 left there?",
            ),
        ),
        right="Keys 1 and 3 leave the same total as 3 and 1: the order of the keys does not matter.",
    ),
    Exercise(
        id="21.2",
        question="A function: two states of one query, from different keys, as one.",
        expected=lambda: merged,
        hints=(
            "Whose highest score is higher? That state stays; the other shrinks.",
            "Each state shrinks by the exponential of its own highest score less the new one.",
            "Return three things: the highest, the sum of both totals and the sum of both mixes, "
            "after shrinking.",
        ),
        diagnoses=(
            Diagnosis(
                "nothing shrinks",
                lambda: added,
                "The two totals were taken against different highest scores. Bring them to one "
                "first.",
            ),
            Diagnosis(
                "the first always shrinks",
                lambda: shrunk_first,
                "Right while the second state has the higher score. What if the first has?",
            ),
            Diagnosis(
                "the mix does not shrink",
                lambda: unmixed,
                "Highest and total are right. The mixed values shrink by the same factors.",
            ),
            Diagnosis(
                "the output alone",
                lambda: divided,
                "That is the output. Give all three, so that a third state can be merged too.",
            ),
        ),
        right="So parts of the keys can be met in any order, or at the same time.",
        cases=states,
    ),
)
