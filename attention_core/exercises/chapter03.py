"""Exercises of chapter 03: keys, queries and values are made from inputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, ORDINALS, Given

__all__ = ["EXERCISES", "exercises"]


def touched(inputs: Floats, weight: Floats, entry: tuple[int, int]) -> NDArray[np.bool_]:
    """Where the queries change with one entry of their projection."""
    other = weight.copy()
    other[entry] += 1
    changed: NDArray[np.bool_] = inputs @ other != inputs @ weight
    return changed


def unseen(weight: Floats) -> Floats:
    """The input with a one in its second place that the matrix turns into zeros."""
    others = np.delete(weight, 1, axis=0)
    rest = np.linalg.lstsq(others.T, -weight[1], rcond=None)[0]
    found: Floats = np.insert(rest, 1, 1.0)
    return found


def _where(rows: Any, columns: Any) -> NDArray[np.bool_]:
    """True at some places of a grid as large as the queries."""
    grid = np.zeros((3, 3), dtype=bool)
    grid[rows, columns] = True
    return grid


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    inputs, query_weight, key_weight, value_weight = given.worked
    plane = given.plane
    row, column = given.entry
    has_feature = inputs[:, row] != 0
    # What takes row two of W_k away again: the same row once more, or several.
    twin = sorted(unseen(key_weight).round(9)) == [-1, 0, 0, 1]
    alike = (
        "Are there two rows of W_k that are alike?"
        if twin
        else "Which other rows of W_k, added or taken away, make row two?"
    )
    the_worked = "the worked example" if given.of_the_book else "your worked example"
    plane_intro = (
        "The library has an example with inputs of two features, `example.plane`."
        if given.of_the_book
        else f"Your second example, the plane, has inputs of two features: `{given.home}.plane`."
    )
    return (
        Exercise(
            id="03.1",
            title="The second query of the plane",
            text=f"{plane_intro} Compute the query of its second input.",
            cell=f"plane = {given.home}.plane\nprint(plane.inputs)\nprint(plane.query_weight)\n"
            "answer = ...  # two numbers, as a list or an array",
            question="Compute the query of the second input of the plane.",
            expected=lambda: plane.inputs[1] @ plane.query_weight,
            hints=(
                "The second input is `plane.inputs[1]`. Which matrix makes queries?",
                "Lay the input along the first column of the matrix, multiply what meets and add: "
                "that is the first entry. The second column gives the second.",
                "The sign @ does both columns at once, with the input on its left.",
            ),
            diagnoses=(
                Diagnosis(
                    "the key",
                    lambda: plane.inputs[1] @ plane.key_weight,
                    "This is the key of that input: the label, not the question.",
                ),
                Diagnosis(
                    "the value",
                    lambda: plane.inputs[1] @ plane.value_weight,
                    "This is the value of that input. Queries have a matrix of their own.",
                ),
                Diagnosis(
                    "transposed",
                    lambda: plane.query_weight @ plane.inputs[1],
                    "You laid the input along the rows of the matrix. A token is a row, so it "
                    "stands on the left and meets the columns.",
                ),
                Diagnosis(
                    "the first input",
                    lambda: plane.inputs[0] @ plane.query_weight,
                    "This is the query of the first input. Python counts from zero.",
                ),
                Diagnosis(
                    "the third input",
                    lambda: plane.inputs[2] @ plane.query_weight,
                    "This is the query of the third input. Python counts from zero.",
                ),
                Diagnosis(
                    "all queries",
                    lambda: plane.inputs @ plane.query_weight,
                    "These are the queries of all inputs, and the right one is among them. Pick "
                    "it.",
                ),
            ),
            right="A negative entry is nothing special: only attention weights cannot be negative.",
        ),
        Exercise(
            id="03.2",
            title="What does one entry of a projection touch?",
            text=f"Back to {the_worked}. Somebody changes the entry `W_q[{row}, {column}]` to "
            r"another number. Which entries of $\textcolor{#D55E00}{Q}$ change? Answer before you "
            "try it.",
            cell="answer = ...  # three rows of three, True where an entry of Q changes",
            question="Say which entries of the queries change with one entry of their projection.",
            expected=lambda: touched(inputs, query_weight, given.entry),
            hints=(
                "Which column of the queries is made with that entry? And which inputs have "
                "anything to multiply it with?",
                "A row of the projection belongs to a feature, and a column to an entry of what "
                "comes out.",
                f"Look at the {ORDINALS[row]} feature of each input: a zero there hides the change.",
            ),
            diagnoses=(
                Diagnosis(
                    "the same place only",
                    lambda: _where(row, column),
                    "That entry does change. The projection serves all inputs, though: is the "
                    f"{ORDINALS[row]} the only one that has something of that feature?",
                ),
                Diagnosis(
                    "the whole column",
                    lambda: _where(slice(None), column),
                    "The right column. But one of the inputs multiplies the changed entry by zero.",
                ),
                Diagnosis(
                    "the first row",
                    lambda: _where(row, slice(None)),
                    "A row of Q belongs to a token, and a row of W_q to a feature; they are not "
                    "the same rows. Which column does the changed entry stand in?",
                ),
                Diagnosis(
                    "the first row and column",
                    lambda: _where(row, slice(None)) | _where(slice(None), column),
                    "Too many. An entry of Q is made with one column of W_q and no other.",
                ),
                Diagnosis(
                    "rows of inputs that have the feature",
                    lambda: _where(has_feature, slice(None)),
                    "The right tokens. In each of their queries, which entries are made with the "
                    "changed column?",
                ),
                Diagnosis(
                    "everything",
                    lambda: _where(slice(None), slice(None)),
                    "Much less than that: each entry of Q is made with one column of W_q alone.",
                ),
            ),
            right="One column of the result, in the rows of those tokens that have the feature.",
        ),
        Exercise(
            id="03.3",
            title="A token with an empty label",
            text="A key of nothing but zeros matches every query with zero. Find an input of four "
            f"features whose second feature is one, and whose key in {the_worked} is all zeros.",
            cell="answer = ...  # four numbers, as a list or an array",
            question="Find an input with a one in its second place and a key of zeros.",
            expected=lambda: unseen(key_weight),
            hints=(
                "The key is a sum of rows of W_k, each times an entry of the input. Row two comes "
                "in once. How can you get rid of it again?",
                alike,
                "An entry of an input may be negative.",
            ),
            diagnoses=(
                Diagnosis(
                    "all zeros",
                    lambda: np.zeros(4),
                    "Its key is all zeros, but so are all its features; the second should be one.",
                ),
                Diagnosis(
                    "added where it should be taken away",
                    lambda: np.abs(unseen(key_weight)),
                    "Those are the right rows, and this adds them. One must undo the other.",
                ),
                Diagnosis(
                    "the other sign",
                    lambda: -unseen(key_weight),
                    "Its key is all zeros. Now turn it round so that the second feature is one.",
                ),
                Diagnosis(
                    "a query of zeros",
                    lambda: unseen(query_weight),
                    "This token asks for nothing: its query is all zeros. Its key is not.",
                ),
                Diagnosis(
                    "a value of zeros",
                    lambda: unseen(value_weight),
                    "This token hands over nothing: its value is all zeros. Its key is not.",
                ),
                Diagnosis(
                    "the key",
                    lambda: np.zeros(3),
                    "That is the key. Which input has it?",
                ),
                Diagnosis(
                    "the second feature alone",
                    lambda: np.eye(4)[1],
                    "The key of this input is row two of W_k. Another feature must take it away."
                    if twin
                    else "The key of this input is row two of W_k. Other features must take it "
                    "away.",
                ),
            ),
            right="It still has a value: what a token holds and how it is found are two things.",
        ),
    )


EXERCISES = exercises(BOOK)
