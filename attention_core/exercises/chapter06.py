"""Exercises of chapter 06: each value times its weight."""

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_core import attention, example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.normalize import softmax
from attention_core.scores import dot, scaled_dot

__all__ = ["EXERCISES"]

query: Floats = example.inputs @ example.query_weight
key: Floats = example.inputs @ example.key_weight
value: Floats = example.inputs @ example.value_weight
weights: Floats = attention(query, key, value).weights

# Shapes of weights and of values, as the exercise lists them.
SHAPES = (((3,), (3, 3)), ((5,), (5, 2)), ((1,), (1, 6)), ((4,), (4, 1)))


def scaled(factors: Floats) -> Floats:
    """Each value times the factor beside it."""
    rows: Floats = factors[:, None] * value
    return rows


def happens(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> str:
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


def contribution_cases() -> tuple[tuple[Any, ...], ...]:
    """The worked example, two of its queries alone, the plane and the rectangle."""
    made = []
    for one in (example.worked, example.plane, example.rectangle):
        x = one.inputs
        values = x @ one.value_weight
        made.append((attention(x @ one.query_weight, x @ one.key_weight, values).weights, values))
    return (*made, (weights[:2], value))


def instead(function: Callable[[Floats, Floats], Floats]) -> Callable[[], Any]:
    """A diagnosis makes its wrong answer without arguments: here that answer is a function."""
    return lambda: function


EXERCISES = (
    Exercise(
        id="06.1",
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
                "The weights scaled the columns here, the entries of a value, instead of the rows, "
                "the tokens. Make them stand in a column.",
            ),
            Diagnosis(
                "scores",
                lambda: scaled(scaled_dot(query, key)[1]),
                "These are the values times the scores. Softmax comes first.",
            ),
            Diagnosis(
                "raw scores",
                lambda: scaled(dot(query, key)[1]),
                "These are the values times the raw scores. Scale them, then comes softmax.",
            ),
            Diagnosis(
                "not scaled",
                lambda: scaled(softmax(dot(query, key)[1])),
                "These weights come from the raw scores. Divide by the square root of d_k first.",
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
        right="One token takes nearly all of query 2's weight, and so one row is nearly whole.",
    ),
    Exercise(
        id="06.2",
        question="Say what the product of weights and values does without None, for four shapes.",
        expected=lambda: tuple(happens(shapes) for shapes in SHAPES),
        hints=(
            "numpy lines shapes up from the right. Two sizes fit if they are equal or one of them "
            "is 1.",
            "The right product has the shape of the values, and multiplies row i by weight i.",
            "A size of 1 is stretched to fit, in the weights and in the values alike.",
        ),
        choices=("correct", "wrong", "error"),
        diagnoses=(
            Diagnosis(
                "what runs is right",
                lambda: tuple(
                    "error" if happens(shapes) == "error" else "correct" for shapes in SHAPES
                ),
                "A product that runs is not always the right one: ask whether row i met weight i.",
            ),
            Diagnosis(
                "only equal sizes run",
                lambda: ("wrong", "error", "error", "error"),
                "Sizes need not be equal to fit: a size of 1 is stretched.",
            ),
            Diagnosis(
                "one weight is a trap too",
                lambda: ("wrong", "error", "wrong", "wrong"),
                "With a single token there is a single weight. Which entries should it multiply?",
            ),
            Diagnosis(
                "no stretching of the values",
                lambda: ("wrong", "error", "correct", "error"),
                "The last case runs: values whose rows have a single entry are stretched as well.",
            ),
            Diagnosis(
                "the grid is taken for right",
                lambda: ("wrong", "error", "correct", "correct"),
                "Look at the shape of the last product: is it that of the values?",
            ),
        ),
        right="Only an error is loud. The others you find by looking at shapes and numbers.",
    ),
    Exercise(
        id="06.3",
        question="Write a function that gives the length of every weighted value.",
        expected=lambda: contributions,
        cases=contribution_cases,
        hints=(
            "Each query scales all values. What happens to the length of a vector when it is "
            "scaled?",
            "np.linalg.norm(values, axis=1) is the length of each value, one number a token.",
            "In the weights the tokens run along a row. Do the lengths fit beside a row as they "
            "are?",
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
                "The length of a vector is not the sum of its entries: square them, add, take the "
                "root.",
            ),
            Diagnosis(
                "squared lengths",
                instead(lambda weights, values: weights * (values**2).sum(axis=1)),
                "The root is missing: these are weights times squared lengths.",
            ),
            Diagnosis(
                "lengths of values",
                instead(
                    lambda weights, values: np.ones_like(weights) * np.linalg.norm(values, axis=1)
                ),
                "These are the lengths of the values, for every query the same. The weights are "
                "missing.",
            ),
            Diagnosis(
                "tokens down",
                instead(lambda weights, values: contributions(weights, values).T),
                "The right lengths, with queries and tokens exchanged: a row belongs to a query.",
            ),
        ),
        right="A contribution is a weight times the length of a value.",
    ),
)
