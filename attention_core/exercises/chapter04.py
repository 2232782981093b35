"""Exercises of chapter 04: a query scored against every key."""

import numpy as np

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, Given, attended, listed
from attention_core.scores import dot, scaled_dot

__all__ = ["EXERCISES", "exercises"]

NUMBERS = ("zero", "one", "two", "three", "four")


def changed(weight: Floats, change: tuple[int, int, int]) -> Floats:
    """A projection with one entry set to another number."""
    other = weight.copy()
    other[change[:2]] = change[2]
    return other


def lengths(vectors: Floats) -> Floats:
    """The length of each row, as a column."""
    column: Floats = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return column


def cosines(query: Floats, key: Floats) -> Floats:
    """The cosine of each query with each key."""
    return dot(query / lengths(query), key / lengths(key))


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    inputs, query_weight, key_weight, _ = given.worked
    steps, plane = attended(given.worked), attended(given.plane)
    queries, keys = steps.queries, steps.keys
    fourth_query = given.fourth_input[np.newaxis] @ query_weight
    old = steps.raw
    new = dot(inputs @ changed(query_weight, given.change), keys)
    other = dot(queries, inputs @ changed(key_weight, given.change))
    # The book's table is symmetric before the change. A variant's never is, and there the
    # question is about one pair: a single entry may make it alike, by accident.
    of_the_book = given.of_the_book

    row, column, value = given.change
    code = f"W_q[{row}, {column}]"
    if of_the_book:
        the_entry = f"the first entry of the copy, `new_{code}`, to {NUMBERS[value]}"
        asked = "is the whole table of raw scores still symmetric, that is, equal to its transpose"
        name, in_short = "symmetric", "is the table symmetric?"
    else:
        the_entry = f"the entry `new_{code}` of the copy to {NUMBERS[value]}"
        asked = (
            "do tokens 1 and 2 score each other alike now, query 1 with key 2 and query 2 with "
            "key 1"
        )
        name, in_short = "alike", "do tokens 1 and 2 score each other alike?"

    def alike(raw: Floats) -> bool:
        return np.array_equal(raw, raw.T) if of_the_book else bool(raw[0, 1] == raw[1, 0])

    return (
        Exercise(
            id="04.1",
            title="A new query",
            text="A fourth input, `x4`, comes along. Make its query, and give its raw scores "
            "against the three keys. Do it on paper first: the numbers are small.",
            cell=f"x4 = np.array({listed(given.fourth_input)})\n"
            "answer = ...  # three raw scores, as a list or an array",
            shown=f"x4 = {listed(given.fourth_input)}",
            question="Raw scores of a fourth input's query against the three keys.",
            expected=lambda: dot(fourth_query, keys)[0],
            hints=(
                "First make the query of the new input, then pair it off with one key after "
                "another.",
                "A query is an input times the query projection, W_q. The new input has two ones, "
                "so its query is the sum of two rows of W_q.",
                "All raw scores of one query are the query times K.T.",
            ),
            diagnoses=(
                Diagnosis(
                    "scaled",
                    lambda: scaled_dot(fourth_query, keys)[0],
                    "These are the scores, after the division. The raw scores come before it.",
                ),
                Diagnosis(
                    "key in place of query",
                    lambda: dot(given.fourth_input[np.newaxis] @ key_weight, keys)[0],
                    "This is the new input's key against the keys. Who asks does so with a query: "
                    "multiply by W_q.",
                ),
                Diagnosis(
                    "against the queries",
                    lambda: dot(fourth_query, queries)[0],
                    "This is the new query against the other queries. A query is scored against "
                    "keys.",
                ),
                Diagnosis(
                    "keys not upright",
                    lambda: fourth_query[0] @ keys,
                    "The query met the columns of K here. The keys are its rows: stand them "
                    "upright first.",
                ),
                Diagnosis(
                    "query 1",
                    lambda: dot(queries, keys)[0],
                    "These are the raw scores of query 1. The new input has a query of its own.",
                ),
                Diagnosis(
                    "the query alone",
                    lambda: fourth_query[0],
                    "That is the query, and it is right. Now take its dot product with each key.",
                ),
            ),
            right="A query can be scored against keys it has never met.",
        ),
        Exercise(
            id="04.2",
            title="Break the accident" if of_the_book else "Change one entry",
            text=f"Copy `W_q` and set {the_entry}. What is the first row of raw scores now? "
            f"And {asked}?",
            cell="new_W_q = W_q.copy()\n"
            f"first_row, {name} = ..., ...  # three raw scores; True or False",
            answer=f"(first_row, {name})",
            question=f"First row of raw scores with {code} set to {NUMBERS[value]}; {in_short}",
            expected=lambda: (new[0], alike(new)),
            hints=(
                "Change the copy, make all the queries anew, and score them against the old keys.",
                f"new_{code} = {value} changes the copy; X @ new_W_q gives the queries.",
                "A table is symmetric if np.array_equal(table, table.T) is True. Compare its first "
                "row with its first column."
                if of_the_book
                else "A row belongs to a query and a column to a key: the table holds each pair "
                "twice, once on either side of its diagonal.",
            ),
            diagnoses=(
                Diagnosis(
                    "nothing changed",
                    lambda: (old[0], alike(old)),
                    "These are the old raw scores. Set the entry of the copy, then make the "
                    "queries from the copy.",
                ),
                Diagnosis(
                    "row right, the rest wrong",
                    lambda: (new[0], not alike(new)),
                    "The row is right. For the other part look at the whole table: does each entry "
                    "equal the one with its row and column swapped?"
                    if of_the_book
                    else "The row is right. For the other part make the second row too: what does "
                    "query 2 score with key 1?",
                ),
                Diagnosis(
                    "scaled",
                    lambda: (new[0] / np.sqrt(3), alike(new)),
                    "These are scores, after the division. The raw scores come before it.",
                ),
                Diagnosis(
                    "the key projection changed",
                    lambda: (other[0], alike(other)),
                    "This is what changing W_k would do. The entry to change is in W_q.",
                ),
                Diagnosis(
                    "first column",
                    lambda: (new[:, 0], alike(new)),
                    "These are the old raw scores, or the first column, which holds key 1 as all "
                    "queries see it. The row holds query 1: make it from the changed copy."
                    if of_the_book
                    else "This is the first column, which holds key 1 as all queries see it. The "
                    "row holds query 1.",
                ),
            ),
            right="One entry changed, and the symmetry is gone: it was an accident."
            if of_the_book
            else "Two questions, two answers: where they agree, it is an accident.",
        ),
        Exercise(
            id="04.3",
            title="Score by direction alone",
            text="Write a function that takes a table of queries and a table of keys, a row each, "
            "and returns the cosine of every pair: a row for each query, a column for each key. "
            "The numbers of queries and keys may differ.",
            cell="def cosine_scores(query, key):\n"
            "    return ...  # an array with a row for each query and a column for each key\n\n",
            answer="cosine_scores",
            by_hand="On paper: the cosines of query 1 with each of the three keys.",
            hand=lambda: cosines(queries, keys)[0],
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
                    "These are divided by the square root of d_k, one number for all. A cosine "
                    "divides by the lengths of the two vectors.",
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
                    "The length is the square root of the sum of squares; here the root is "
                    "missing.",
                ),
                Diagnosis(
                    "transposed",
                    lambda: lambda query, key: cosines(key, query),
                    "Right numbers, wrong way round: queries go down the side.",
                ),
            ),
            right="With the lengths gone, a long key is no louder than a short one.",
            cases=lambda: (
                (queries, keys),
                (plane.queries, plane.keys),
                (plane.queries[:2], plane.keys),
            ),
        ),
    )


EXERCISES = exercises(BOOK)
