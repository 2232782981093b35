"""Exercises of chapter 07: the weighted values are added to one output."""

import numpy as np

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, Given, attended, listed
from attention_core.normalize import softmax

__all__ = ["EXERCISES", "exercises"]


def fitted(equations: Floats, totals: Floats) -> Floats:
    """The shortest weights that solve the equations."""
    solution: Floats = np.linalg.lstsq(equations, totals, rcond=None)[0]
    return solution


def read_back(value: Floats, output: Floats) -> Floats:
    """The weights of a mixture, from its output, the values and the sum."""
    return fitted(np.vstack([value.T, np.ones(3)]), np.append(output, 1))


def weights_needed(flat: Floats, points: Floats) -> Floats:
    """The weights that each point would need, a row each."""
    corners = np.vstack([flat.T, np.ones(3)])
    rows: Floats = np.linalg.solve(corners, np.vstack([points.T, np.ones(len(points))])).T
    return rows


def within_range(flat: Floats, points: Floats) -> list[bool]:
    """Whether each entry lies between the smallest and the largest of the values."""
    inside = (points >= flat.min(axis=0)) & (points <= flat.max(axis=0))
    return [bool(row.all()) for row in inside]


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    value = attended(given.worked).values
    flat, points = value[:, 1:], given.points
    plane = attended(given.plane)
    weights, plane_value = plane.weights, plane.values
    mystery = given.mixture @ value
    needed = weights_needed(flat, points)
    if given.of_the_book:
        the_plane = "In the example called the plane"
        dependency = "value 3 is made of the other two"
        the_points = "Here are four points for the flat picture above."
        the_values = "the three values `flat`"
    else:
        the_plane = "In your plane"
        dependency = "each value is made of the other two"
        the_points = "Here are four points: outputs without their first entry."
        the_values = "`flat`, your three values without theirs"
    return (
        Exercise(
            id="07.1",
            title="Output 3 on the plane",
            text=f"{the_plane} there are three tokens, and values have two entries. Compute the "
            "output of token 3.",
            cell=f"plane = {given.home}.plane\n"
            "queries = plane.inputs @ plane.query_weight\n"
            "keys = plane.inputs @ plane.key_weight\n"
            "values = plane.inputs @ plane.value_weight\n"
            "answer = ...  # an array of shape (2,)",
            question="Compute the output of token 3 on the plane.",
            expected=lambda: weights[2] @ plane_value,
            hints=(
                "Three steps: the scores of query 3, their softmax, and the values mixed with "
                "those weights.",
                "scores.scaled_dot(queries, keys) holds the scores of all queries; those of token "
                "3 are the row with index 2.",
                "A vector of three weights times a matrix of three values is their weighted sum.",
            ),
            diagnoses=(
                Diagnosis(
                    "raw scores",
                    lambda: plane.raw[2] @ plane_value,
                    "The raw scores multiplied the values here, so this is no average. Softmax is "
                    "missing.",
                ),
                Diagnosis(
                    "scores",
                    lambda: plane.scores[2] @ plane_value,
                    "The scores multiplied the values here, so this is no average. Softmax is "
                    "missing.",
                ),
                Diagnosis(
                    "not scaled",
                    lambda: softmax(plane.raw[2]) @ plane_value,
                    "These weights come from the raw scores. Use the scaled ones.",
                ),
                Diagnosis(
                    "root of three",
                    lambda: softmax(plane.raw[2] / np.sqrt(3)) @ plane_value,
                    "The scores were divided by the root of the worked example's d_k. How many "
                    "entries has a query here?",
                ),
                Diagnosis(
                    "divided by the sum",
                    lambda: plane.raw[2] / plane.raw[2].sum() @ plane_value,
                    "Here the scores were divided by their sum. Softmax takes exponentials first.",
                ),
                Diagnosis(
                    "a column of scores",
                    lambda: softmax(plane.scores[:, 2]) @ plane_value,
                    "These are scores that key 3 gets, a column. Token 3 asks with its query: a "
                    "row.",
                ),
                Diagnosis(
                    "a column of weights",
                    lambda: weights[:, 2] @ plane_value,
                    "These are weights that token 3 gets, a column. Its output takes a row.",
                ),
                Diagnosis(
                    "token 1",
                    lambda: weights[0] @ plane_value,
                    "This is the output of token 1.",
                ),
                Diagnosis(
                    "token 2",
                    lambda: weights[1] @ plane_value,
                    "This is the output of token 2. Arrays count from zero.",
                ),
                Diagnosis(
                    "equal weights",
                    lambda: plane_value.mean(axis=0),
                    "This is the plain average of the values, with equal weights.",
                ),
                Diagnosis(
                    "not added",
                    lambda: weights[2][:, None] * plane_value,
                    "These are the weighted values. Add them up.",
                ),
                Diagnosis(
                    "added along the values",
                    lambda: (weights[2][:, None] * plane_value).sum(axis=1),
                    "Here the entries of each weighted value were added. Add over the tokens "
                    "instead, down the columns.",
                ),
            ),
            right="It lies inside the triangle of the three values.",
        ),
        Exercise(
            id="07.2",
            title="Which weights were these?",
            text="Some other query gave the output in the cell, all three entries of it, from the "
            "three values `V`. Recover its weights.",
            cell=f"mystery = np.array({listed(mystery)})\n"
            "answer = ...  # an array of three weights",
            shown=f"output = {listed(mystery)}",
            question="Recover the weights from an output and the values.",
            expected=lambda: read_back(value, mystery),
            hints=(
                "Each entry of the output is an equation for the three weights. Which equation do "
                "they fulfil besides?",
                "np.linalg.solve wants a square matrix that can be inverted, and V.T can't be: "
                f"{dependency}. Leave an entry out for the sum, or use "
                "np.linalg.lstsq.",
                "Put a row of ones under V.T, and the total of the weights after the output's "
                "entries.",
            ),
            diagnoses=(
                Diagnosis(
                    "without the sum",
                    lambda: fitted(value.T, mystery),
                    "These give the output, but what is their sum? Weights have one equation more.",
                ),
                Diagnosis(
                    "divided by the sum afterwards",
                    lambda: fitted(value.T, mystery) / fitted(value.T, mystery).sum(),
                    "These sum to one, but do they still give the output? The sum has to stand "
                    "among the equations.",
                ),
                Diagnosis(
                    "V instead of its transpose",
                    lambda: fitted(np.vstack([value, np.ones(3)]), np.append(mystery, 1)),
                    "The weights multiply rows of V here. Each equation belongs to an entry of the "
                    "output, a column of V: transpose it.",
                ),
                Diagnosis(
                    "equal weights",
                    lambda: np.full(3, 1 / 3),
                    "Equal weights give the middle of the triangle, and this output lies "
                    "elsewhere.",
                ),
            ),
            right="The output alone leaves a whole line of answers; the sum picks one of them.",
        ),
        Exercise(
            id="07.3",
            title="Possible or not",
            text=f"{the_points} Which of them could be the output of some query, given "
            f"{the_values}?",
            cell=f"points = np.array({listed(points)})\n"
            "answer = ...  # four times True or False, in order",
            shown=", ".join(map(listed, points)),
            question="Which of four points could be an output?",
            expected=lambda: (needed > 0).all(axis=1),
            hints=(
                "Draw the triangle of the values and put the points in.",
                "Find the three weights that each point would need. Which weights can softmax "
                "give?",
                "np.linalg.solve takes all points at once, as columns, with a row of ones below "
                "them.",
            ),
            diagnoses=(
                Diagnosis(
                    "the range of each entry",
                    lambda: within_range(flat, points),
                    "All of these lie within the range of the values, entry by entry. The "
                    "triangle is smaller than that.",
                ),
                Diagnosis(
                    "inside out",
                    lambda: (needed < 0).any(axis=1),
                    "These are the points that would need a negative weight.",
                ),
                Diagnosis(
                    "weights that sum to one",
                    lambda: np.isclose(needed.sum(axis=1), 1) & (needed[:, 0] > 0),
                    "You looked at the first weight alone, perhaps: each of the three must be "
                    "positive.",
                ),
            ),
            right="An output is where all weights are positive: inside the triangle, nowhere else.",
        ),
    )


EXERCISES = exercises(BOOK)
