"""Exercises of chapter 10: six score functions."""

from collections.abc import Callable
from functools import partial

import numpy as np

from attention_core import example, scores
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.normalize import softmax

__all__ = ["EXERCISES"]


def ways() -> tuple[Callable[[Floats, Floats], Floats], ...]:
    """The six, with the chapter's weights made by hand."""
    matrix = np.array([[-0.5, 0, 0], [0, 0, 0.5], [0, 0.5, 0]])
    copy, turned, vector = np.eye(3), -np.eye(3), np.ones(3)
    return (
        scores.dot,
        scores.scaled_dot,
        partial(scores.general, weight=matrix),
        partial(scores.additive, query_weight=copy, key_weight=turned, vector=vector),
        partial(scores.concat, weight=np.vstack([copy, turned]), vector=vector),
        scores.cosine,
    )


def doubled() -> list[bool]:
    """Whether each gives twice the score for twice the key."""
    query, key = example.inputs @ example.query_weight, example.inputs @ example.key_weight
    return [np.allclose(way(query, 2 * key), 2 * way(query, key)) for way in ways()]


def unmoved() -> list[bool]:
    """Whether each gives the same score for twice the key."""
    query, key = example.inputs @ example.query_weight, example.inputs @ example.key_weight
    return [np.allclose(way(query, 2 * key), way(query, key)) for way in ways()]


def all_but(*names: int) -> Callable[[], list[bool]]:
    """Every one of the six but these, by place."""
    return lambda: [place not in names for place in range(6)]


def partner(key_weight: Floats, change: Floats) -> Floats:
    """The keys' projection that undoes what was done to the queries'."""
    undone: Floats = key_weight @ np.linalg.inv(change).T
    return undone


def not_transposed(key_weight: Floats, change: Floats) -> Floats:
    """Undone on the wrong side."""
    undone: Floats = key_weight @ np.linalg.inv(change)
    return undone


def followed(key_weight: Floats, change: Floats) -> Floats:
    """Changed along with the queries."""
    return key_weight @ change


def transposed(key_weight: Floats, change: Floats) -> Floats:
    """Changed by the transpose, as if that were the inverse."""
    return key_weight @ change.T


def unchanged(key_weight: Floats, change: Floats) -> Floats:
    """Left as it was."""
    return key_weight


def changes() -> tuple[tuple[Floats, Floats], ...]:
    """Projections of keys, and matrices with an inverse that is not their transpose."""
    first = np.array([[1.0, 2, 0], [0, 1, 0], [1, 0, 1]])
    second = np.array([[2.0, 1], [0, 0.5]])
    return (example.key_weight, first), (example.plane.key_weight, second)


def ceiling(vector: Floats, keys: int) -> float:
    """The weight of one key at the upper bound, with all others at the lower."""
    reach = float(np.sum(np.abs(vector)))
    return float(softmax(np.array([reach] + [-reach] * (keys - 1)))[0])


def half_way(vector: Floats, keys: int) -> float:
    """With all others at a score of zero."""
    reach = float(np.sum(np.abs(vector)))
    return float(softmax(np.array([reach] + [0.0] * (keys - 1)))[0])


def signed(vector: Floats, keys: int) -> float:
    """With the signs of the vector left in."""
    reach = float(np.sum(vector))
    return float(softmax(np.array([reach] + [-reach] * (keys - 1)))[0])


def crowded(vector: Floats, keys: int) -> float:
    """With one key too many."""
    return ceiling(vector, keys + 1)


def ratio(vector: Floats, keys: int) -> float:
    """How many times as much as another key."""
    return float(np.exp(2 * np.sum(np.abs(vector))))


def networks() -> tuple[tuple[Floats, int], ...]:
    """Vectors of additive scores, and numbers of keys."""
    return (np.array([0.5, -0.25]), 4), (np.array([0.2, 0.3, -0.4]), 3), (np.array([-0.5]), 2)


EXERCISES = (
    Exercise(
        id="10.1",
        question="Which of the six give exactly twice the score for twice the key?",
        expected=doubled,
        hints=(
            "Where is the key multiplied and added up, and nothing else done to it?",
            "What goes through tanh, or is divided by its own length, does not follow in step.",
            "Try it: compare way(Q, 2 * K) with 2 * way(Q, K) for each way in ways.values().",
        ),
        diagnoses=(
            Diagnosis(
                "what stays the same",
                unmoved,
                "This is where the score stays as it was. The question is where it doubles.",
            ),
            Diagnosis(
                "general forgotten",
                lambda: [True, True, False, False, False, False],
                "There is one more: a matrix in between multiplies and adds, like a dot product.",
            ),
            Diagnosis(
                "scaled dot forgotten",
                lambda: [True, False, True, False, False, False],
                "Dividing by the root of d_k divides both sides alike. There is one more.",
            ),
            Diagnosis(
                "all but cosine",
                all_but(5),
                "Cosine is rightly out. What does tanh do with something twice as large?",
            ),
            Diagnosis(
                "all but tanh",
                all_but(3, 4),
                "What has tanh is rightly out. What does doubling do to an angle?",
            ),
        ),
        right="These three are linear in the key. For the others, length tells less or nothing.",
    ),
    Exercise(
        id="10.2",
        question="A function: the keys' projection that keeps every score.",
        expected=lambda: partner,
        hints=(
            "All that reaches a score is the product W_q @ W_k.T. What does the change do to it?",
            "W_q @ change @ new.T must be W_q @ W_k.T again, where new is what you look for.",
            "So new.T must begin with an inverse: np.linalg.inv(change) @ W_k.T. Transpose it.",
        ),
        diagnoses=(
            Diagnosis(
                "the inverse, not transposed",
                lambda: not_transposed,
                "The inverse is right, but it stands on the wrong side of the transpose: what "
                "meets the change in the score is the transpose of your matrix.",
            ),
            Diagnosis(
                "the same change",
                lambda: followed,
                "This changes keys as the queries were changed. It has to undo the change.",
            ),
            Diagnosis(
                "the transpose",
                lambda: transposed,
                "A transpose undoes a matrix only if it is a rotation. These are none.",
            ),
            Diagnosis(
                "nothing done",
                lambda: unchanged,
                "With the old keys and new queries, the scores change.",
            ),
        ),
        right="So there are endlessly many queries and keys behind the same scores.",
        cases=changes,
    ),
    Exercise(
        id="10.3",
        question="A function: the weight that no key can exceed under an additive score.",
        expected=lambda: ceiling,
        hints=(
            "Which scores must all the keys have, for one of them to get the most?",
            "One score at the top of the range, all others at its bottom.",
            "The range goes from -s to s, where s is np.sum(np.abs(u)); take softmax of that row.",
        ),
        diagnoses=(
            Diagnosis(
                "others at zero",
                lambda: half_way,
                "Here the others have a score of zero. They can go lower than that.",
            ),
            Diagnosis(
                "signs left in",
                lambda: signed,
                "Entries of u below zero count as well: tanh may be −1 there.",
            ),
            Diagnosis(
                "one key too many",
                lambda: crowded,
                "There is one key too many: the winner is one of them.",
            ),
            Diagnosis(
                "the ratio",
                lambda: ratio,
                "This is how many times as much as one other key. Make a share of it.",
            ),
        ),
        right="However clear the match, the rest is left to the others.",
        cases=networks,
    ),
)
