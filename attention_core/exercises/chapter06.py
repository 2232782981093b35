"""Exercises of chapter 06: each value times its weight."""

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, ORDINALS, Given, Shape, attended
from attention_core.normalize import softmax

__all__ = ["EXERCISES", "exercises"]


def happens(shapes: tuple[Shape, Shape]) -> str:
    """What a product of weights and values does if the weights don't stand in a column."""
    some_weights, some_values = (
        np.arange(1.0, 1 + np.prod(shape)).reshape(shape) for shape in shapes
    )
    try:
        product = some_weights * some_values
    except ValueError:
        return "error"
    return "correct" if np.array_equal(product, some_weights[:, None] * some_values) else "wrong"


def contributions(weights: Floats, values: Floats) -> Floats:
    """Length of each weighted value, for each query and token."""
    lengths: Floats = np.linalg.norm(weights[:, :, None] * values, axis=-1)
    return lengths


def instead(function: Callable[[Floats, Floats], Floats]) -> Callable[[], Any]:
    """A diagnosis makes its wrong answer without arguments: here that answer is a function."""
    return lambda: function


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    steps, plane = attended(given.worked), attended(given.plane)
    rectangle = attended(example.rectangle)
    weights, value, raw = steps.weights, steps.values, steps.raw
    happen = tuple(happens(shapes) for shapes in given.shapes)
    # Which of the four cases is which: the grid is wrong in another way than equal sizes are.
    grid = next(i for i, (_, (_, columns)) in enumerate(given.shapes) if columns == 1)
    equal = next(i for i, (_, (n, columns)) in enumerate(given.shapes) if columns == n > 1)
    place = "last" if grid == 3 else ORDINALS[grid]
    most = int(weights[1].argmax())

    def scaled(factors: Floats) -> Floats:
        """Each value times the factor beside it."""
        rows: Floats = factors[:, None] * value
        return rows

    def but(**others: str) -> tuple[str, ...]:
        """What happens, with some of the cases taken for something else."""
        taken = {grid: others.get("grid"), equal: others.get("equal")}
        return tuple(taken.get(i) or others.get(is_, is_) for i, is_ in enumerate(happen))

    return (
        Exercise(
            id="06.1",
            title="Query 2",
            text="Compute the weighted values of query 2: three rows of three entries. Its scores "
            "are row 2 of all scores, and arrays count from zero.",
            cell="all_scores = scores.scaled_dot(Q, K)\nanswer = ...  # an array of shape (3, 3)",
            question="Compute the weighted values of query 2.",
            expected=lambda: scaled(weights[1]),
            hints=(
                "First turn the scores of query 2 into weights, then let each weight scale its own "
                "value.",
                "The scores of query 2 have index 1; softmax makes weights of them.",
                "The weights must stand in a column: index them with [:, None] before multiplying.",
            ),
            diagnoses=(
                Diagnosis(
                    "weights across the columns",
                    lambda: weights[1] * value,
                    "The weights scaled the columns here, the entries of a value, instead of the "
                    "rows, the tokens. Make them stand in a column.",
                ),
                Diagnosis(
                    "scores",
                    lambda: scaled(steps.scores[1]),
                    "These are the values times the scores. Softmax comes first.",
                ),
                Diagnosis(
                    "raw scores",
                    lambda: scaled(raw[1]),
                    "These are the values times the raw scores. Scale them, then comes softmax.",
                ),
                Diagnosis(
                    "not scaled",
                    lambda: scaled(softmax(raw[1])),
                    "These weights come from the raw scores. Divide by the square root of d_k "
                    "first.",
                ),
                Diagnosis(
                    "query 1",
                    lambda: scaled(weights[0]),
                    "These belong to query 1. Arrays count from zero.",
                ),
                Diagnosis(
                    "query 3",
                    lambda: scaled(weights[2]),
                    "These belong to query 3. Arrays count from zero.",
                ),
                Diagnosis(
                    "a column of weights",
                    lambda: scaled(weights[:, 1]),
                    "These weights are a column of the matrix: what each query gives to key 2. The "
                    "weights of one query are a row.",
                ),
                Diagnosis(
                    "already added",
                    lambda: weights[1] @ value,
                    "Here the weighted values are added up already. Stop one step earlier.",
                ),
            ),
            right="One token takes nearly all of query 2's weight, and so one row is nearly whole."
            if weights[1, most] > 0.9
            else f"Token {most + 1} takes most of query 2's weight, and so its row is shrunk least.",
        ),
        Exercise(
            id="06.2",
            title="Silent or not",
            text="Somebody writes `weights * values` without `None`. Say for each of four cases "
            'what happens: `"correct"`, `"wrong"` (it runs, and gives something else), or '
            '`"error"`.',
            cell="# shape of the weights, shape of the values\n"
            f"cases = {list(given.shapes)}\n"
            "answer = (..., ..., ..., ...)  # a text for each case",
            shown="\n".join(f"{weights} * {values}" for weights, values in given.shapes),
            question="Say what the product of weights and values does without None, for four shapes.",
            expected=lambda: happen,
            hints=(
                "numpy lines shapes up from the right. Two sizes fit if they are equal or one of "
                "them is 1.",
                "The right product has the shape of the values, and multiplies row i by weight i.",
                "A size of 1 is stretched to fit, in the weights and in the values alike.",
            ),
            choices=("correct", "wrong", "error"),
            diagnoses=(
                Diagnosis(
                    "what runs is right",
                    lambda: but(grid="correct", equal="correct"),
                    "A product that runs is not always the right one: ask whether row i met "
                    "weight i.",
                ),
                Diagnosis(
                    "only equal sizes run",
                    lambda: but(grid="error", correct="error"),
                    "Sizes need not be equal to fit: a size of 1 is stretched.",
                ),
                Diagnosis(
                    "one weight is a trap too",
                    lambda: but(correct="wrong"),
                    "With a single token there is a single weight. Which entries should it "
                    "multiply?",
                ),
                Diagnosis(
                    "no stretching of the values",
                    lambda: but(grid="error"),
                    f"The {place} case runs: values whose rows have a single entry are stretched as "
                    "well.",
                ),
                Diagnosis(
                    "the grid is taken for right",
                    lambda: but(grid="correct"),
                    f"Look at the shape of the {place} product: is it that of the values?",
                ),
            ),
            right="Only an error is loud. The others you find by looking at shapes and numbers.",
        ),
        Exercise(
            id="06.3",
            title="Contributions for all queries",
            text="Write a function that takes the weights of all queries, of shape (n, m), and the "
            "values, of shape (m, d_v). It returns the length of every weighted value, in shape "
            "(n, m): entry (i, j) is how much token j contributes to query i.",
            cell="def contributions(weights, values):\n"
            "    return ...  # an array of shape (n, m)\n\n",
            answer="contributions",
            by_hand="On paper: the lengths of the three weighted values of query 1.",
            hand=lambda: contributions(weights, value)[0],
            question="Write a function that gives the length of every weighted value.",
            expected=lambda: contributions,
            cases=lambda: (
                *((one.weights, one.values) for one in (steps, plane, rectangle)),
                (weights[:2], value),
            ),
            hints=(
                "Each query scales all values. What happens to the length of a vector when it is "
                "scaled?",
                "np.linalg.norm(values, axis=1) is the length of each value, one number a token.",
                "In the weights the tokens run along a row. Do the lengths fit beside a row as "
                "they are?",
            ),
            diagnoses=(
                Diagnosis(
                    "weights alone",
                    instead(lambda weights, values: weights),
                    "These are the weights. A contribution depends on the value, too.",
                ),
                Diagnosis(
                    "sum of entries",
                    instead(lambda weights, values: weights * values.sum(axis=1)),
                    "The length of a vector is not the sum of its entries: square them, add, take "
                    "the root.",
                ),
                Diagnosis(
                    "squared lengths",
                    instead(lambda weights, values: weights * (values**2).sum(axis=1)),
                    "The root is missing: these are weights times squared lengths.",
                ),
                Diagnosis(
                    "lengths of values",
                    instead(
                        lambda weights, values: (
                            np.ones_like(weights) * np.linalg.norm(values, axis=1)
                        )
                    ),
                    "These are the lengths of the values, for every query the same. The weights "
                    "are missing.",
                ),
                Diagnosis(
                    "tokens down",
                    instead(lambda weights, values: contributions(weights, values).T),
                    "The right lengths, with queries and tokens exchanged: a row belongs to a "
                    "query.",
                ),
            ),
            right="A contribution is a weight times the length of a value.",
        ),
    )


EXERCISES = exercises(BOOK)
