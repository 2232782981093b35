"""Exercises of chapter 16: the backward pass."""

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.attend import attention
from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES"]

_ONE_WRONG = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, -2.0]])


def weights() -> Floats:
    """The attention weights of the plane."""
    inputs, query_weight, key_weight, value_weight = example.plane
    return attention(inputs @ query_weight, inputs @ key_weight, inputs @ value_weight).weights


def values() -> Floats:
    """The values of the plane."""
    projected: Floats = example.plane.inputs @ example.plane.value_weight
    return projected


def heard() -> Floats:
    """How each value should move when output 3 alone is wrong."""
    gradient: Floats = weights().T @ _ONE_WRONG
    return gradient


def own_alone() -> Floats:
    """As if only the token's own value had been taken."""
    gradient: Floats = weights()[2, 2] * _ONE_WRONG
    return gradient


def d_scale(raw: Floats, d_scores: Floats) -> float:
    """The gradient of one number that multiplies every raw score."""
    return float(np.sum(raw * d_scores))


def cases() -> tuple[tuple[Floats, Floats], ...]:
    """Raw scores with gradients of scores, square and not."""
    raw = np.array([[2.0, 0.0, -1.0], [2.0, 4.0, 1.0], [0.0, 2.0, 1.0]])
    gradient = np.array([[-0.5, 0.5, 0.0], [0.75, -1.0, 0.25], [-0.75, 2.5, -1.75]])
    return (raw, gradient), (np.array([[1.0, -3.0, 2.0]]), np.array([[0.5, 0.25, -0.75]]))


EXERCISES = (
    Exercise(
        id="16.1",
        question="The gradient of the values, when output 3 alone is wrong.",
        expected=heard,
        hints=(
            "Which values did output 3 take of, and how much of each?",
            "The other two outputs are right: nobody hears from them.",
            "Each value hears the error of output 3, times the weight with which it was taken.",
        ),
        diagnoses=(
            Diagnosis(
                "not transposed",
                lambda: weights() @ _ONE_WRONG,
                "Here tokens hear by how much they took of token 3. A value hears by how much was "
                "taken of it: that is a row of weights turned into a column.",
            ),
            Diagnosis(
                "own value alone",
                own_alone,
                "Output 3 is made of all three values, so all three hear its error.",
            ),
            Diagnosis(
                "the error itself",
                lambda: _ONE_WRONG,
                "This is the gradient of the outputs. One step further back, each value hears it, "
                "by weight.",
            ),
            Diagnosis(
                "the same for all",
                lambda: np.repeat(_ONE_WRONG[2:], 3, axis=0),
                "Every value hears the error, but not equally loudly: multiply by the weights.",
            ),
            Diagnosis(
                "the gradient of the weights",
                lambda: _ONE_WRONG @ values().T,
                "This is the gradient of the weights, which went into the mix as well. The values "
                "have two entries each.",
            ),
        ),
        right="One error, heard by all three, in proportion to their weights.",
    ),
    Exercise(
        id="16.2",
        question="Which gradients are not all zero, when token 1 sees itself alone and is wrong?",
        expected=lambda: "dV",
        choices=("dQ", "dK", "dV", "dQ and dK", "all three"),
        hints=(
            "What is the weight of token 1 with itself, whatever its score?",
            "A weight that cannot change has nothing to tell its score.",
            "Compute the average of a row that holds a single weight, and subtract.",
        ),
        diagnoses=(
            Diagnosis(
                "everything hears",
                lambda: "all three",
                "The error reaches the weights. But does it get through softmax, where only one "
                "key is in view?",
            ),
            Diagnosis(
                "the scores hear",
                lambda: "dQ and dK",
                "Queries and keys hear through softmax. With one key in view, its weight is one, "
                "whatever the score.",
            ),
            Diagnosis(
                "the query hears",
                lambda: "dQ",
                "A query hears through its scores. With one key in view, no score changes anything.",
            ),
            Diagnosis(
                "the key hears",
                lambda: "dK",
                "A key hears through its scores. With one key in view, no score changes anything.",
            ),
        ),
        right="With one key in view its weight is one, whatever the score. There the mix is a copy.",
    ),
    Exercise(
        id="16.3",
        question="A function: the gradient of one number that multiplies all raw scores.",
        expected=lambda: d_scale,
        hints=(
            "If the number rises by one unit, by how much does each score rise?",
            "Each score rises by its raw score. How much the loss then moves, its gradient says.",
            "The number is used in every score: it adds up what they all ask for.",
        ),
        diagnoses=(
            Diagnosis(
                "not summed",
                lambda: lambda raw, d_scores: raw * d_scores,
                "These are the shares of the single scores. The scale is one number: it hears them "
                "all together.",
            ),
            Diagnosis(
                "row by row",
                lambda: lambda raw, d_scores: np.sum(raw * d_scores, axis=1),
                "These are the shares of the single queries. One scale serves them all.",
            ),
            Diagnosis(
                "averaged",
                lambda: lambda raw, d_scores: np.mean(raw * d_scores),
                "An average is too small: each use of the scale moves the loss, and their moves "
                "add up.",
            ),
            Diagnosis(
                "raw scores forgotten",
                lambda: lambda raw, d_scores: np.sum(d_scores),
                "This is always zero, as the rows of a softmax's gradient are. A score moves by "
                "its raw score when the scale moves by one unit.",
            ),
            Diagnosis(
                "matrix product",
                lambda: lambda raw, d_scores: raw.T @ d_scores,
                "Each raw score meets the gradient of its own score, entry by entry.",
            ),
        ),
        right="A number that is used in many places adds up what all of them ask for.",
        cases=cases,
    ),
)
