"""Exercises of chapter 05: from scores to weights."""

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.normalize import softmax
from attention_core.scores import dot, scaled_dot

__all__ = ["EXERCISES"]

_queries: Floats = example.inputs @ example.query_weight
_keys: Floats = example.inputs @ example.key_weight
_raw: Floats = dot(_queries, _keys)[0]
_scores: Floats = scaled_dot(_queries, _keys)[0]


def with_copy(row: Floats) -> Floats:
    """A row of scores with that of token 2 once more at its end."""
    return np.append(row, row[1])


def split() -> Floats:
    """The old weights, that of token 2 split between it and its copy."""
    weights = with_copy(softmax(_scores))
    weights[[1, 3]] /= 2
    return weights


def backwards(weights: Floats) -> Floats:
    """The scores behind some weights, the largest of them zero."""
    scores: Floats = np.log(weights) - np.log(np.max(weights))
    return scores


def rows() -> tuple[tuple[Floats], ...]:
    """Weights: of the worked example's query 1, of the plane's, and of five keys."""
    plane = example.plane
    plane_scores = scaled_dot(plane.inputs @ plane.query_weight, plane.inputs @ plane.key_weight)
    five = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    return (softmax(_scores),), (softmax(plane_scores[0]),), (five,)


EXERCISES = (
    Exercise(
        id="05.1",
        question="How many times the weight of key 1 does key 2 get?",
        expected=lambda: np.exp(_scores[1] - _scores[0]),
        hints=(
            "Write both weights as fractions. They have the same denominator.",
            "What is left is one power of e over another.",
            "Dividing powers of e subtracts their exponents: here, two scores.",
        ),
        diagnoses=(
            Diagnosis(
                "upside down",
                lambda: np.exp(_scores[0] - _scores[1]),
                "This is key 1's weight over key 2's. Turn it round: key 2 has the larger one.",
            ),
            Diagnosis(
                "the gap itself",
                lambda: _scores[1] - _scores[0],
                "This is the gap between the two scores. Which function turns a gap into a ratio?",
            ),
            Diagnosis(
                "ratio of the scores",
                lambda: _scores[1] / _scores[0],
                "This divides the scores. The weights are made of powers of e, so divide those.",
            ),
            Diagnosis(
                "raw scores",
                lambda: np.exp(_raw[1] - _raw[0]),
                "This is the ratio for raw scores. Softmax works on the divided ones, scores1.",
            ),
            Diagnosis(
                "difference of the weights",
                lambda: np.subtract.reduce(softmax(_scores)[[1, 0]]),
                "This is how much more key 2 gets. How many times as much is a ratio.",
            ),
        ),
        right="Whatever key 3 scores, this ratio stays.",
    ),
    Exercise(
        id="05.2",
        question="Weights of query 1 with a copy of token 2 at the end.",
        expected=lambda: softmax(with_copy(_scores)),
        hints=(
            "The copy has the same key as token 2, so query 1 gives it the same score.",
            "There are four scores now, and four powers of e in the sum.",
            "np.append(scores1, scores1[1]) is the new row of scores; softmax does the rest.",
        ),
        diagnoses=(
            Diagnosis(
                "token 2's weight split",
                split,
                "Here the copy takes half of token 2's weight and leaves the others theirs. "
                "But their sum has grown, too: every key now shares with one more.",
            ),
            Diagnosis(
                "not normalised again",
                lambda: with_copy(softmax(_scores)),
                "These don't sum to one. Append to the scores and not to the weights.",
            ),
            Diagnosis(
                "unscaled",
                lambda: softmax(with_copy(_raw)),
                "These come from the raw scores. Divide by the square root of d_k first.",
            ),
            Diagnosis(
                "three keys",
                lambda: softmax(_scores),
                "These are the weights before the copy came. A fourth key wants a share.",
            ),
            Diagnosis(
                "scores",
                lambda: with_copy(_scores),
                "These are the four scores, and they are right. Softmax makes them weights.",
            ),
        ),
        right="All the old keys pay for the new one, each in proportion. Ratios stay as they were.",
    ),
    Exercise(
        id="05.3",
        question="A function: scores behind a row of weights, the largest of them zero.",
        expected=lambda: backwards,
        hints=(
            "Which function undoes e to the power of something?",
            "The logarithm of the weights is one row of scores that would do. Try softmax on it.",
            "A shift is free: subtract the same number from all, so that the largest becomes zero.",
        ),
        diagnoses=(
            Diagnosis(
                "not shifted",
                lambda: lambda weights: np.log(weights),
                "Softmax makes the weights from these, so they would do. Now use the freedom "
                "to shift: the largest should be zero.",
            ),
            Diagnosis(
                "smallest zero",
                lambda: lambda weights: np.log(weights) - np.log(np.min(weights)),
                "Here the smallest score is zero. It should be the largest.",
            ),
            Diagnosis(
                "shifted before the logarithm",
                lambda: lambda weights: weights - np.max(weights),
                "The shift is there, and the logarithm is not.",
            ),
            Diagnosis(
                "without a logarithm",
                lambda: lambda weights: weights / np.max(weights),
                "These are ratios of weights. Scores are one step further back.",
            ),
            Diagnosis(
                "softmax again",
                lambda: softmax,
                "This applies softmax once more. The task is to undo it.",
            ),
            Diagnosis(
                "other base",
                lambda: lambda weights: np.log2(weights / np.max(weights)),
                "The shift is right. The logarithm has the wrong base: softmax has powers of e.",
            ),
        ),
        right="Scores can be read back from weights up to a shift, and no further.",
        cases=rows,
    ),
)
