"""Exercises of chapter 04: a query scored against every key."""

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.scores import dot, scaled_dot

__all__ = ["EXERCISES", "fourth_input"]

fourth_input = np.array([1, 0, 0, 1])
_queries: Floats = example.inputs @ example.query_weight
_keys: Floats = example.inputs @ example.key_weight


def fourth_query() -> Floats:
    """The query of the fourth input, as a row of its own."""
    query: Floats = fourth_input[np.newaxis] @ example.query_weight
    return query


def table(query_corner: float = 2, key_corner: float = 0) -> Floats:
    """All raw scores, with the first entries of two projections set."""
    query_weight, key_weight = example.query_weight.copy(), example.key_weight.copy()
    query_weight[0, 0], key_weight[0, 0] = query_corner, key_corner
    return dot(example.inputs @ query_weight, example.inputs @ key_weight)


def lengths(vectors: Floats) -> Floats:
    """The length of each row, as a column."""
    column: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return column


def cosines(query: Floats, key: Floats) -> Floats:
    """The cosine of each query with each key."""
    return dot(query / lengths(query), key / lengths(key))


def pairs() -> tuple[tuple[Floats, Floats], ...]:
    """Queries and keys of three examples; in the last, two queries and three keys."""
    plane = example.plane
    queries, keys = plane.inputs @ plane.query_weight, plane.inputs @ plane.key_weight
    return (_queries, _keys), (queries, keys), (queries[:2], keys)


EXERCISES = (
    Exercise(
        id="04.1",
        question="Raw scores of a fourth input's query against the three keys.",
        expected=lambda: dot(fourth_query(), _keys)[0],
        hints=(
            "First make the query of the new input, then pair it off with one key after another.",
            "A query is an input times the query projection, W_q. The new input has two ones, so "
            "its query is the sum of two rows of W_q.",
            "All raw scores of one query are the query times K.T.",
        ),
        diagnoses=(
            Diagnosis(
                "scaled",
                lambda: scaled_dot(fourth_query(), _keys)[0],
                "These are the scores, after the division. The raw scores come before it.",
            ),
            Diagnosis(
                "key in place of query",
                lambda: dot(fourth_input[np.newaxis] @ example.key_weight, _keys)[0],
                "This is the new input's key against the keys. Who asks does so with a query: "
                "multiply by W_q.",
            ),
            Diagnosis(
                "against the queries",
                lambda: dot(fourth_query(), _queries)[0],
                "This is the new query against the other queries. A query is scored against keys.",
            ),
            Diagnosis(
                "keys not upright",
                lambda: fourth_query()[0] @ _keys,
                "The query met the columns of K here. The keys are its rows: stand them upright "
                "first.",
            ),
            Diagnosis(
                "query 1",
                lambda: dot(_queries, _keys)[0],
                "These are the raw scores of query 1. The new input has a query of its own.",
            ),
            Diagnosis(
                "the query alone",
                lambda: fourth_query()[0],
                "That is the query, and it is right. Now take its dot product with each key.",
            ),
        ),
        right="A query can be scored against keys it has never met.",
    ),
    Exercise(
        id="04.2",
        question="First row of raw scores with W_q[0, 0] set to two; is the table symmetric?",
        expected=lambda: (table()[0], False),
        hints=(
            "Change the copy, make all the queries anew, and score them against the old keys.",
            "new_W_q[0, 0] = 2 changes the copy; X @ new_W_q gives the queries.",
            "A table is symmetric if np.array_equal(table, table.T) is True. Compare its first "
            "row with its first column.",
        ),
        diagnoses=(
            Diagnosis(
                "nothing changed",
                lambda: (table(1)[0], True),
                "These are the old raw scores. Set the entry of the copy, then make the queries "
                "from the copy.",
            ),
            Diagnosis(
                "row right, thought symmetric",
                lambda: (table()[0], True),
                "The row is right. For the other part look at the whole table: does each entry "
                "equal the one with its row and column swapped?",
            ),
            Diagnosis(
                "scaled",
                lambda: (table()[0] / np.sqrt(3), False),
                "These are scores, after the division. The raw scores come before it.",
            ),
            Diagnosis(
                "the key projection changed",
                lambda: (table(1, 2)[0], False),
                "This is what changing W_k would do. The entry to change is in W_q.",
            ),
            Diagnosis(
                "first column",
                lambda: (table()[:, 0], False),
                "These are the old raw scores, or the first column, which holds key 1 as all "
                "queries see it. The row holds query 1: make it from the changed copy.",
            ),
        ),
        right="One entry changed, and the symmetry is gone: it was an accident.",
    ),
    Exercise(
        id="04.3",
        question="A function: the cosine of every query with every key.",
        expected=lambda: cosines,
        hints=(
            "A cosine is a dot product divided by both lengths.",
            "np.linalg.norm(query, axis=-1, keepdims=True) is a column of lengths, one a row.",
            "Divide each query by its own length and each key by its own, then take all dot "
            "products at once.",
        ),
        diagnoses=(
            Diagnosis(
                "dot products",
                lambda: dot,
                "These are the raw scores. The lengths are still in them.",
            ),
            Diagnosis(
                "scaled dot products",
                lambda: scaled_dot,
                "These are divided by the square root of d_k, one number for all. A cosine divides "
                "by the lengths of the two vectors.",
            ),
            Diagnosis(
                "query's length left in",
                lambda: lambda query, key: dot(query, key / lengths(key)),
                "The keys' lengths are divided out; the queries' are still in.",
            ),
            Diagnosis(
                "key's length left in",
                lambda: lambda query, key: dot(query / lengths(query), key),
                "The queries' lengths are divided out; the keys' are still in.",
            ),
            Diagnosis(
                "squared lengths",
                lambda: (
                    lambda query, key: dot(query / lengths(query) ** 2, key / lengths(key) ** 2)
                ),
                "The length is the square root of the sum of squares; here the root is missing.",
            ),
            Diagnosis(
                "transposed",
                lambda: lambda query, key: cosines(key, query),
                "Right numbers, wrong way round: queries go down the side.",
            ),
        ),
        right="With the lengths gone, a long key is no louder than a short one.",
        cases=pairs,
    ),
)
