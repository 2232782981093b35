"""Exercises of chapter 02: three projections, and what their shapes decide."""

import math

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES", "bias", "d_k", "d_model", "d_v"]

# The sizes of a larger model, and a bias for the queries of the worked example.
d_model, d_k, d_v = 512, 64, 96
bias = np.array([1.0, 0.0, -1.0])

Shapes = tuple[tuple[int, int], ...]


def shapes() -> Shapes:
    """Rows for the features that come in, columns for those that go out."""
    return (d_model, d_k), (d_model, d_k), (d_model, d_v)


def entries() -> tuple[int, int]:
    """All entries of the three projections, which the length of the text does not change."""
    count = sum(math.prod(shape) for shape in shapes())
    return count, count


def with_bias() -> Floats:
    """The query projection with the bias as one more row, for the feature that is always one."""
    longer: Floats = np.vstack([example.query_weight, bias])
    return longer


EXERCISES = (
    Exercise(
        id="02.1",
        question="Give the shapes of the three projections of a larger model.",
        expected=shapes,
        hints=(
            "Rows first: how many numbers come in? Then columns: how many come out?",
            "All three multiply the same inputs, so all three have the same number of rows.",
            "Queries and keys are multiplied entry by entry, so they have the same size, d_k; "
            "values have the size d_v.",
        ),
        diagnoses=(
            Diagnosis(
                "transposed",
                lambda: tuple(shape[::-1] for shape in shapes()),
                "These are turned. In this book a token is a row, and x @ W needs a row of W for "
                "each feature of x; so d_model comes first.",
            ),
            Diagnosis(
                "values as large as keys",
                lambda: ((d_model, d_k),) * 3,
                "Queries and keys are right. Values have a size of their own, d_v.",
            ),
            Diagnosis(
                "keys as large as values",
                lambda: ((d_model, d_k), (d_model, d_v), (d_model, d_v)),
                "A key is multiplied entry by entry with a query, so those two share a size.",
            ),
            Diagnosis(
                "the values' size for queries and keys",
                lambda: ((d_model, d_v), (d_model, d_v), (d_model, d_k)),
                "The two sizes of what comes out are exchanged: d_k is the size of queries and "
                "keys.",
            ),
            Diagnosis(
                "keys and values exchanged",
                lambda: ((d_model, d_k), (d_model, d_v), (d_model, d_k)),
                "Which two are multiplied entry by entry? Those two share a size.",
            ),
            Diagnosis(
                "the values' size for all",
                lambda: ((d_model, d_v),) * 3,
                "Values are right. Queries and keys have a size of their own, d_k.",
            ),
        ),
        right="Features in, features out; the number of tokens appears nowhere.",
    ),
    Exercise(
        id="02.2",
        question="Count the entries of the three projections, for a short text and a long one.",
        expected=entries,
        tolerance=0.5,
        hints=(
            "A matrix has rows times columns entries. Count the three, then ask what the number "
            "of tokens does to their shapes.",
            "Every token is multiplied by the same three matrices.",
            "Add d_model times d_k twice, for queries and for keys, and d_model times d_v once.",
        ),
        diagnoses=(
            Diagnosis(
                "a set for every token",
                lambda: (100 * entries()[0], 1000 * entries()[0]),
                "You gave every token matrices of its own. All tokens share one set of three.",
            ),
            Diagnosis(
                "ten times for the longer text",
                lambda: (entries()[0], 10 * entries()[0]),
                "The first count is right. Does a longer text change the shape of a projection?",
            ),
            Diagnosis(
                "one for both queries and keys",
                lambda: (d_model * (d_k + d_v),) * 2,
                "Queries and keys have the same size, and still a matrix each.",
            ),
            Diagnosis(
                "all as large as the keys",
                lambda: (3 * d_model * d_k,) * 2,
                "Here the value projection is as large as the others; it has d_v columns.",
            ),
            Diagnosis(
                "columns only",
                lambda: (2 * d_k + d_v,) * 2,
                "That is the number of columns. How many entries has a column?",
            ),
        ),
        right="What is learned does not grow with the text.",
    ),
    Exercise(
        id="02.3",
        question="Fold the bias of the queries into their projection.",
        expected=with_bias,
        hints=(
            "The inputs have one more feature now. What does the matrix then need one more of?",
            "Row i of the matrix says what feature i adds to a query. The new feature is always "
            "one; what should it add?",
            "np.vstack puts a row below a matrix.",
        ),
        diagnoses=(
            Diagnosis(
                "bias added to every row",
                lambda: example.query_weight + bias,
                "This adds the bias to every row of the matrix, so an input takes it as often as "
                "its features say. It should come once; the new feature is there for that.",
            ),
            Diagnosis(
                "bias as the first row",
                lambda: np.vstack([bias, example.query_weight]),
                "A row more is right, but the first row belongs to the first feature. Where in "
                "the input does the one stand?",
            ),
            Diagnosis(
                "a row of ones",
                lambda: np.vstack([example.query_weight, np.ones(3)]),
                "The one is in the input already. The row that it multiplies should say what is "
                "to be added.",
            ),
            Diagnosis(
                "the product itself",
                lambda: example.inputs @ example.query_weight + bias,
                "These are the queries. The matrix asked for stands to the right of the inputs.",
            ),
            Diagnosis(
                "the projection alone",
                lambda: np.vstack([example.query_weight, np.zeros(3)]),
                "With this, the new feature adds nothing, and the queries have no bias.",
            ),
        ),
        right="A bias is a row for a feature that is always one.",
    ),
)
