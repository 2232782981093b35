"""Exercises of chapter 01: tokens become rows of X."""

import numpy as np

from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.given import BOOK, Given

__all__ = ["EXERCISES", "exercises"]


def exercises(given: Given) -> tuple[Exercise, ...]:
    """The chapter's exercises, about what is given."""
    table, sentence = given.table, given.sentence
    text = [given.words[number] for number in sentence]
    rows = table[sentence]
    # A row for each word of the sentence, with a one at the word's number.
    one_hot = np.eye(len(table))[sentence]
    return (
        Exercise(
            id="01.1",
            title="Look a text up",
            text=f"The text is *{' '.join(text)}*. Make the matrix of its rows with the `table` "
            f"{'of this chapter' if given.of_the_book else 'above'}.",
            cell="answer = ...  # an array or a list of rows, one for each token",
            question="Look the four words of the sentence up in the table.",
            expected=lambda: rows,
            hints=(
                "A look-up multiplies nothing and adds nothing: it picks rows out of the table.",
                f"The first word is {text[0]}, and its number is its row in the table, counted from 0.",
                "numpy picks several rows at once when the brackets hold an array of row numbers.",
            ),
            diagnoses=(
                Diagnosis(
                    "word numbers",
                    lambda: sentence,
                    "These are the words' numbers, which are places in a list. The answer has a "
                    "vector for each word: the table's row at that number.",
                ),
                Diagnosis(
                    "counted from one",
                    lambda: table[sentence - 1],
                    "These are the rows before the right ones: the first row of the table has "
                    "index 0, not index 1.",
                ),
                Diagnosis(
                    "features as columns",
                    lambda: rows.T,
                    "These are the right vectors, standing upright. In this book a token is a row.",
                ),
                Diagnosis(
                    "each word once",
                    lambda: table[np.unique(sentence)],
                    "Each word came out once, in the order of the table. The sentence has an "
                    "order of its own, and a word that stands in it twice gets a row twice.",
                ),
                Diagnosis(
                    "rows in the table's order",
                    lambda: table[np.sort(sentence)],
                    "These are the right rows in the order of the table; put them in the order of "
                    "the sentence.",
                ),
            ),
            right="A look-up picks rows, and the same word gives the same row wherever it stands.",
        ),
        Exercise(
            id="01.2",
            title="A look-up is a product",
            text="A look-up picks rows, and so can a matrix product. Find the matrix $P$ for which "
            "`P @ table`, the product of the two, is the answer of the exercise before.",
            cell="answer = ...  # an array or a list of rows, one for each token",
            question="Write the matrix whose product with the table is the look-up of the sentence.",
            expected=lambda: one_hot,
            hints=(
                "Row i of a product is a sum of the table's rows, weighted by row i of the matrix. "
                "Which weights pick one row and leave out the rest?",
                "Each row of the matrix has as many entries as the table has words; all but one of "
                "them are 0.",
                "np.eye makes a matrix whose row j picks row j; take the rows of the sentence "
                "from it.",
            ),
            diagnoses=(
                Diagnosis(
                    "upright",
                    lambda: one_hot.T,
                    "Each column picks a word here; transpose it, so that each token is a row.",
                ),
                Diagnosis(
                    "counted from one",
                    lambda: np.eye(len(table))[sentence - 1],
                    "Each 1 stands one place too far left: word number 0 is picked by the first "
                    "entry.",
                ),
                Diagnosis(
                    "one row for each word",
                    lambda: np.eye(len(table)),
                    "This picks every word of the table in its own order, not those of the "
                    "sentence.",
                ),
                Diagnosis(
                    "the look-up itself",
                    lambda: rows,
                    "That is what the product gives. The matrix asked for stands on its left.",
                ),
            ),
            right="A look-up is a product with rows that hold a single 1, worked out the short way.",
        ),
    )


EXERCISES = exercises(BOOK)
