"""Exercises of chapter 02: three projections, and what their shapes decide."""

import math

import numpy as np

from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, Given, listed

__all__ = ["EXERCISES", "exercises"]


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    d_model, d_k, d_v = given.sizes
    # Rows for the features that come in, columns for those that go out.
    shapes = ((d_model, d_k), (d_model, d_k), (d_model, d_v))
    # The length of the text does not change their number.
    entries = sum(math.prod(shape) for shape in shapes)
    inputs, query_weight, bias = given.worked.inputs, given.worked.query_weight, given.bias
    return (
        Exercise(
            id="02.1",
            title="Shapes for a larger model",
            text="Give the shapes of the three projections for the sizes in the cell.",
            cell=f"d_model, d_k, d_v = {d_model}, {d_k}, {d_v}\n"
            "shape_q, shape_k, shape_v = ..., ..., ...  # each a pair, such as (3, 4)",
            answer="(shape_q, shape_k, shape_v)",
            shown=f"d_model, d_k, d_v = {d_model}, {d_k}, {d_v}",
            question="Give the shapes of the three projections of a larger model.",
            expected=lambda: shapes,
            hints=(
                "Rows first: how many numbers come in? Then columns: how many come out?",
                "All three multiply the same inputs, so all three have the same number of rows.",
                "Queries and keys are multiplied entry by entry, so they have the same size, d_k; "
                "values have the size d_v.",
            ),
            diagnoses=(
                Diagnosis(
                    "transposed",
                    lambda: tuple(shape[::-1] for shape in shapes),
                    "These are turned. In this book a token is a row, and x @ W needs a row of W "
                    "for each feature of x; so d_model comes first.",
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
            title="How many numbers are learned?",
            text="How many entries have the three projections of the exercise before, taken "
            "together? The model reads a text of a hundred tokens; then it reads one of a "
            "thousand. Give both counts.",
            cell="for_a_hundred, for_a_thousand = ..., ...  # two whole numbers",
            answer="(for_a_hundred, for_a_thousand)",
            question="Count the entries of the three projections, for a short text and a long one.",
            expected=lambda: (entries, entries),
            tolerance=0.5,
            hints=(
                "A matrix has rows times columns entries. Count the three, then ask what the "
                "number of tokens does to their shapes.",
                "Every token is multiplied by the same three matrices.",
                "Add d_model times d_k twice, for queries and for keys, and d_model times d_v "
                "once.",
            ),
            diagnoses=(
                Diagnosis(
                    "a set for every token",
                    lambda: (100 * entries, 1000 * entries),
                    "You gave every token matrices of its own. All tokens share one set of three.",
                ),
                Diagnosis(
                    "ten times for the longer text",
                    lambda: (entries, 10 * entries),
                    "The first count is right. Does a longer text change the shape of a "
                    "projection?",
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
            title="Fold the bias in",
            text="With a bias, every query is `x @ W_q + bias`. There is a way to have the bias "
            "without the plus. Give each input one more feature, which is always one, at its end. "
            "Then find the matrix `longer` for which `X_and_one @ longer` equals `X @ W_q + bias`.",
            cell=f"bias = np.array({listed(bias)})\n"
            "X_and_one = np.hstack([X, np.ones((len(X), 1))])\n"
            "longer = ...  # an array or a list of rows",
            answer="longer",
            shown=f"bias = {listed(bias)}",
            question="Fold the bias of the queries into their projection.",
            expected=lambda: np.vstack([query_weight, bias]),
            hints=(
                "The inputs have one more feature now. What does the matrix then need one more of?",
                "Row i of the matrix says what feature i adds to a query. The new feature is "
                "always one; what should it add?",
                "np.vstack puts a row below a matrix.",
            ),
            diagnoses=(
                Diagnosis(
                    "bias added to every row",
                    lambda: query_weight + bias,
                    "This adds the bias to every row of the matrix, so an input takes it as often "
                    "as its features say. It should come once; the new feature is there for that.",
                ),
                Diagnosis(
                    "bias as the first row",
                    lambda: np.vstack([bias, query_weight]),
                    "A row more is right, but the first row belongs to the first feature. Where in "
                    "the input does the one stand?",
                ),
                Diagnosis(
                    "a row of ones",
                    lambda: np.vstack([query_weight, np.ones(3)]),
                    "The one is in the input already. The row that it multiplies should say what "
                    "is to be added.",
                ),
                Diagnosis(
                    "the product itself",
                    lambda: inputs @ query_weight + bias,
                    "These are the queries. The matrix asked for stands to the right of the "
                    "inputs.",
                ),
                Diagnosis(
                    "the projection alone",
                    lambda: np.vstack([query_weight, np.zeros(3)]),
                    "With this, the new feature adds nothing, and the queries have no bias.",
                ),
            ),
            right="A bias is a row for a feature that is always one.",
        ),
    )


EXERCISES = exercises(BOOK)
