"""Exercises of chapter 09: why scores are divided by the root of d_k."""

import math

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.normalize import softmax
from attention_core.scores import scaled_dot

__all__ = ["EXERCISES"]

_DEVIATION = 12
_NUDGE = 0.01


def response(row: Floats, place: int) -> Floats:
    """How much each weight moves when one score is nudged, for each unit of score."""
    raised = np.array(row, dtype=float)
    raised[place] += _NUDGE
    moved: Floats = (softmax(raised) - softmax(row)) / _NUDGE
    return moved


def own_response(row: Floats, place: int) -> Floats:
    """The part of the nudged key alone."""
    return response(row, place)[place]  # type: ignore[no-any-return]


def undivided(row: Floats, place: int) -> Floats:
    """The movement, not for each unit of score."""
    return response(row, place) * _NUDGE


def weights_after(row: Floats, place: int) -> Floats:
    """The weights with the nudge, not their movement."""
    return softmax(row) + undivided(row, place)


def turned(row: Floats, place: int) -> Floats:
    """Before less after."""
    return -response(row, place)


def rows() -> tuple[tuple[Floats, int], ...]:
    """Rows of scores, each with the place of a key: two of the examples, and an even one."""
    plane = example.plane
    worked = scaled_dot(example.inputs @ example.query_weight, example.inputs @ example.key_weight)
    flat = scaled_dot(plane.inputs @ plane.query_weight, plane.inputs @ plane.key_weight)
    return (worked[1], 1), (flat[0], 2), (np.zeros(4), 0)


def divisor(d_k: int, query_variance: float, key_variance: float) -> float:
    """The standard deviation of a raw score."""
    return math.sqrt(d_k * query_variance * key_variance)


def variances() -> tuple[tuple[int, float, float], ...]:
    """Sizes of queries, and variances of the entries of queries and of keys."""
    return (64, 1.0, 1.0), (64, 9.0, 0.25), (3, 2.0, 5.0)


EXERCISES = (
    Exercise(
        id="09.1",
        question="What is d_k, if raw scores have this standard deviation?",
        expected=lambda: _DEVIATION**2,
        hints=(
            "What is the variance, if the standard deviation is 12?",
            "The variance of a raw score is d_k, and the standard deviation is its root.",
        ),
        diagnoses=(
            Diagnosis(
                "the deviation itself",
                lambda: _DEVIATION,
                "A d_k of this size has raw scores of this variance. The 12 is a deviation.",
            ),
            Diagnosis(
                "root taken once more",
                lambda: math.sqrt(_DEVIATION),
                "Here a root was taken where one should be undone.",
            ),
            Diagnosis(
                "doubled",
                lambda: 2 * _DEVIATION,
                "Twice the deviation is not its square.",
            ),
        ),
        right="Twelve times twelve products, and a typical score is only twelve.",
    ),
    Exercise(
        id="09.2",
        question="A function: how each weight of a row moves, for each unit of one key's score.",
        expected=lambda: response,
        hints=(
            "Compute the weights twice, before and after, and subtract.",
            "Copy the row before you raise an entry: the caller's row should stay as it is.",
            "The movement is for a hundredth of a unit of score; divide by that hundredth.",
        ),
        diagnoses=(
            Diagnosis(
                "one weight alone",
                lambda: own_response,
                "This is the movement of the nudged key's weight. The others move too: give all.",
            ),
            Diagnosis(
                "not for each unit",
                lambda: undivided,
                "This is the movement itself. Divide it by the nudge, to have it for each unit.",
            ),
            Diagnosis(
                "the weights",
                lambda: weights_after,
                "These are the weights after the nudge. Subtract those before it.",
            ),
            Diagnosis(
                "the wrong way round",
                lambda: turned,
                "This is before less after. A key that is raised gains, so its entry is positive.",
            ),
            Diagnosis(
                "the whole Jacobian's diagonal",
                lambda: lambda row, place: softmax(row) * (1 - softmax(row)),
                "This is how each weight answers its own score. Only one score is raised here.",
            ),
        ),
        right="What one key gains, the others lose: the entries of a row sum to zero.",
        tolerance=0.002,
        cases=rows,
    ),
    Exercise(
        id="09.3",
        question="A function: the divisor that gives scores of variance one.",
        expected=lambda: divisor,
        hints=(
            "What is the variance of one product, if its factors have mean zero?",
            "The variance of a product of independent numbers of mean zero is the product of "
            "their variances.",
            "Multiply by the number of products; the divisor is the root of that.",
        ),
        diagnoses=(
            Diagnosis(
                "the variances forgotten",
                lambda: lambda d_k, query_variance, key_variance: math.sqrt(d_k),
                "This is right where both variances are one. Elsewhere they stretch every product.",
            ),
            Diagnosis(
                "the variance",
                lambda: (
                    lambda d_k, query_variance, key_variance: d_k * query_variance * key_variance
                ),
                "This is the variance of a raw score. Dividing by it goes too far.",
            ),
            Diagnosis(
                "deviations not rooted",
                lambda: (
                    lambda d_k, query_variance, key_variance: (
                        math.sqrt(d_k) * query_variance * key_variance
                    )
                ),
                "The root has to be taken of all three: these are variances, not deviations.",
            ),
            Diagnosis(
                "variances added",
                lambda: (
                    lambda d_k, query_variance, key_variance: math.sqrt(
                        d_k * (query_variance + key_variance)
                    )
                ),
                "Variances add when numbers are added. Inside one product they multiply.",
            ),
        ),
        right="With both variances one, it is the root of d_k again.",
        cases=variances,
    ),
)
