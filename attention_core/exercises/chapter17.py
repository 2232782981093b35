"""Exercises of chapter 17: a loss, a step of Adam, and a task of one's own."""

import math

import numpy as np
from numpy.typing import NDArray

from attention_core.exercises import Diagnosis, Exercise
from attention_core.training import Adam

__all__ = ["EXERCISES"]

Whole = NDArray[np.int64]
_ANSWERS = 10
_RATE = 0.1


def after_a_step() -> float:
    """A weight of 1 with a gradient of -500, after the first step of Adam."""
    weights, _ = Adam(_RATE).step(np.array([1.0]), np.array([-500.0]))
    return float(weights[0].round(6))


def earlier(tokens: Whole) -> Whole:
    """How often each token stood in its row before."""
    targets = tokens.copy()
    for i, row in enumerate(tokens):
        for j, letter in enumerate(row):
            targets[i, j] = np.sum(row[:j] == letter)
    return targets


def counted_with_itself(tokens: Whole) -> Whole:
    """The token itself counted too."""
    return earlier(tokens) + 1


def counted_after(tokens: Whole) -> Whole:
    """How often the letter comes again."""
    return earlier(tokens[:, ::-1])[:, ::-1]


def counted_in_all(tokens: Whole) -> Whole:
    """How often the letter stands anywhere else in the row."""
    return earlier(tokens) + counted_after(tokens)


def seen_or_not(tokens: Whole) -> Whole:
    """Whether it stood there before, not how often."""
    return np.minimum(earlier(tokens), 1)


def batches() -> tuple[tuple[Whole], ...]:
    """Batches of sequences."""
    return (
        (np.array([[3, 1, 3, 3, 1]]),),
        (np.array([[0, 0], [2, 0]]),),
        (np.array([[4, 4, 2, 4, 2, 2]]),),
    )


EXERCISES = (
    Exercise(
        id="17.1",
        question="What is the loss of a model that finds all ten answers equally likely?",
        expected=lambda: math.log(_ANSWERS),
        hints=(
            "What probability does the right answer get?",
            "The loss is minus the natural logarithm of that probability.",
        ),
        diagnoses=(
            Diagnosis(
                "the probability",
                lambda: 1 / _ANSWERS,
                "That is the probability of the right answer. The loss is how surprising it is.",
            ),
            Diagnosis(
                "without the minus",
                lambda: -math.log(_ANSWERS),
                "A probability is below one, and its logarithm below zero. The loss turns the sign.",
            ),
            Diagnosis(
                "another base",
                lambda: math.log2(_ANSWERS),
                "That is the logarithm to the base two. The loss takes the natural one.",
            ),
            Diagnosis(
                "to the base ten",
                lambda: math.log10(_ANSWERS),
                "That is the logarithm to the base ten. The loss takes the natural one.",
            ),
        ),
        right="A model that has learned nothing begins about there, whatever its weights.",
    ),
    Exercise(
        id="17.2",
        question="Where does Adam's first step lead a weight of 1 whose gradient is −500?",
        expected=after_a_step,
        hints=(
            "At the first step, both running means are made up to the gradient and its square.",
            "What is a number, divided by the root of its own square?",
            "A step goes against the gradient: which way is that, if the gradient is negative?",
        ),
        diagnoses=(
            Diagnosis(
                "rate times gradient",
                lambda: 1 + _RATE * 500,
                "That is a plain step, as in the chapter before. Adam divides by the gradient's size.",
            ),
            Diagnosis(
                "along the gradient",
                lambda: 1 - _RATE,
                "The length is right. But a negative gradient says that the loss falls upward.",
            ),
            Diagnosis(
                "running means not made up for",
                lambda: 1 + _RATE * (0.1 / math.sqrt(0.001)),
                "The means began at zero, and are made up for it before they are divided.",
            ),
            Diagnosis(
                "the step alone",
                lambda: _RATE,
                "That is how far the step goes. Where does it lead from 1?",
            ),
        ),
        right="The size of the gradient does not matter at the first step, only its sign.",
    ),
    Exercise(
        id="17.3",
        question="A function: from a batch of tokens, how often each token stood there before.",
        expected=lambda: earlier,
        hints=(
            "Compare each row with itself: tokens[:, :, None] == tokens[:, None, :].",
            "That is a table for each sequence. Which half of it lies before a token?",
            "np.tri(n, k=-1) has ones below the diagonal; multiply, and sum along the last axis.",
        ),
        diagnoses=(
            Diagnosis(
                "the token itself counted",
                lambda: counted_with_itself,
                "Each is one too many: a token does not stand before itself.",
            ),
            Diagnosis(
                "what comes after",
                lambda: counted_after,
                "These are the ones that follow. Count those before.",
            ),
            Diagnosis(
                "the whole row",
                lambda: counted_in_all,
                "This counts on both sides. Count those before alone.",
            ),
            Diagnosis(
                "whether, not how often",
                lambda: seen_or_not,
                "This says whether it stood there before. A third one has two before it.",
            ),
        ),
        right="Such a task can be trained like the others.",
        cases=batches,
    ),
)
