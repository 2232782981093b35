"""Exercises of chapter 05: from scores to weights."""

import numpy as np

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, ORDINALS, Given, attended
from attention_core.normalize import softmax

__all__ = ["EXERCISES", "exercises"]


def backwards(weights: Floats) -> Floats:
    """The scores behind some weights, the largest of them zero."""
    scores: Floats = np.log(weights) - np.log(np.max(weights))
    return scores


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    steps, plane = attended(given.worked), attended(given.plane)
    raw, scores, weights = steps.raw[0], steps.scores[0], steps.weights[0]
    more, less = given.pair
    third = ({0, 1, 2} - {more, less}).pop()
    twice = given.copied
    five = np.array([0.1, 0.2, 0.4, 0.2, 0.1])

    def with_copy(row: Floats) -> Floats:
        """A row of scores with that of the copied token once more at its end."""
        return np.append(row, row[twice])

    def split() -> Floats:
        """The old weights, that of the copied token split between it and its copy."""
        halved = with_copy(weights)
        halved[[twice, 3]] /= 2
        return halved

    return (
        Exercise(
            id="05.1",
            title="The ratio of two",
            text=f"Query 1 gives key {more + 1} more weight than key {less + 1}. How many times as "
            f"much? Compute it from `scores1`, without using the {ORDINALS[third]} score.",
            cell="answer = ...  # one number",
            question=f"How many times the weight of key {less + 1} does key {more + 1} get?",
            expected=lambda: np.exp(scores[more] - scores[less]),
            hints=(
                "Write both weights as fractions. They have the same denominator.",
                "What is left is one power of e over another.",
                "Dividing powers of e subtracts their exponents: here, two scores.",
            ),
            diagnoses=(
                Diagnosis(
                    "upside down",
                    lambda: np.exp(scores[less] - scores[more]),
                    f"This is key {less + 1}'s weight over key {more + 1}'s. Turn it round: key "
                    f"{more + 1} has the larger one.",
                ),
                Diagnosis(
                    "the gap itself",
                    lambda: scores[more] - scores[less],
                    "This is the gap between the two scores. Which function turns a gap into a "
                    "ratio?",
                ),
                Diagnosis(
                    "ratio of the scores",
                    lambda: scores[more] / scores[less],
                    "This divides the scores. The weights are made of powers of e, so divide "
                    "those.",
                ),
                Diagnosis(
                    "raw scores",
                    lambda: np.exp(raw[more] - raw[less]),
                    "This is the ratio for raw scores. Softmax works on the divided ones, scores1.",
                ),
                Diagnosis(
                    "difference of the weights",
                    lambda: weights[more] - weights[less],
                    f"This is how much more key {more + 1} gets. How many times as much is a ratio.",
                ),
            ),
            right=f"Whatever key {third + 1} scores, this ratio stays.",
        ),
        Exercise(
            id="05.2",
            title="A token twice",
            text=f"Token {twice + 1} is copied and added at the end, so there are four keys. "
            f"Predict first: does the copy share the weight of key {twice + 1}, or do all three of "
            "the others pay for it? Then give the four weights of query 1.",
            cell="answer = ...  # four weights, as a list or an array",
            question=f"Weights of query 1 with a copy of token {twice + 1} at the end.",
            expected=lambda: softmax(with_copy(scores)),
            hints=(
                f"The copy has the same key as token {twice + 1}, so query 1 gives it the same score.",
                "There are four scores now, and four powers of e in the sum.",
                f"np.append(scores1, scores1[{twice}]) is the new row of scores; softmax does the rest.",
            ),
            diagnoses=(
                Diagnosis(
                    "the weight split",
                    split,
                    f"Here the copy takes half of token {twice + 1}'s weight and leaves the others theirs. "
                    "But their sum has grown, too: every key now shares with one more.",
                ),
                Diagnosis(
                    "not normalised again",
                    lambda: with_copy(weights),
                    "These don't sum to one. Append to the scores and not to the weights.",
                ),
                Diagnosis(
                    "unscaled",
                    lambda: softmax(with_copy(raw)),
                    "These come from the raw scores. Divide by the square root of d_k first.",
                ),
                Diagnosis(
                    "three keys",
                    lambda: weights,
                    "These are the weights before the copy came. A fourth key wants a share.",
                ),
                Diagnosis(
                    "scores",
                    lambda: with_copy(scores),
                    "These are the four scores, and they are right. Softmax makes them weights.",
                ),
            ),
            right="All the old keys pay for the new one, each in proportion. Ratios stay as they were.",
        ),
        Exercise(
            id="05.3",
            title="Backwards",
            text="Write a function that takes one row of positive weights and returns scores from "
            "which softmax makes them. Many rows of scores would do (why?); return the one whose "
            "largest score is zero.",
            cell="def scores_behind(weights):\n    return ...  # an array, as long as weights\n\n",
            answer="scores_behind",
            by_hand="On paper: the scores that it returns for the weights of query 1.",
            hand=lambda: backwards(weights),
            question="A function: scores behind a row of weights, the largest of them zero.",
            expected=lambda: backwards,
            hints=(
                "Which function undoes e to the power of something?",
                "The logarithm of the weights is one row of scores that would do. Try softmax on "
                "it.",
                "A shift is free: subtract the same number from all, so that the largest becomes "
                "zero.",
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
                    "The shift is right. The logarithm has the wrong base: softmax has powers of "
                    "e.",
                ),
            ),
            right="Scores can be read back from weights up to a shift, and no further.",
            cases=lambda: ((weights,), (plane.weights[0],), (five,)),
        ),
    )


EXERCISES = exercises(BOOK)
