"""Exercises of chapter 01: tokens become rows of X."""

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES", "sentence", "table"]

# Three words as rows, river, money and bank, and a sentence of four: money, bank, river, bank.
table: Floats = np.vstack([example.bank("river").inputs[:1], example.bank("money").inputs])
sentence = np.array([1, 2, 0, 2])


def look_up() -> Floats:
    """The rows of the sentence's words."""
    rows: Floats = table[sentence]
    return rows


def one_hot() -> Floats:
    """A row for each word of the sentence, with a one at the word's number."""
    rows: Floats = np.eye(len(table))[sentence]
    return rows


EXERCISES = (
    Exercise(
        id="01.1",
        question="Look the four words of the sentence up in the table.",
        expected=look_up,
        hints=(
            "A look-up multiplies nothing and adds nothing: it picks rows out of the table.",
            "The first word is money, and its number is its row in the table, counted from 0.",
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
                lambda: table[sentence].T,
                "These are the right vectors, standing upright. In this book a token is a row.",
            ),
            Diagnosis(
                "each word once",
                lambda: table[np.unique(sentence)],
                "Each word came out once, in the order of the table. The sentence has an order of "
                "its own, and a word that stands in it twice gets a row twice.",
            ),
            Diagnosis(
                "rows in the table's order",
                lambda: table[np.sort(sentence)],
                "These are the right rows in the order of the table; put them in the order of the "
                "sentence.",
            ),
        ),
        right="A look-up picks rows, and the same word gives the same row wherever it stands.",
    ),
    Exercise(
        id="01.2",
        question="Write the matrix whose product with the table is the look-up of the sentence.",
        expected=one_hot,
        hints=(
            "Row i of a product is a sum of the table's rows, weighted by row i of the matrix. "
            "Which weights pick one row and leave out the rest?",
            "Each row of the matrix has as many entries as the table has words; all but one of "
            "them are 0.",
            "np.eye makes a matrix whose row j picks row j; take the rows of the sentence from it.",
        ),
        diagnoses=(
            Diagnosis(
                "upright",
                lambda: one_hot().T,
                "Each column picks a word here; transpose it, so that each token is a row.",
            ),
            Diagnosis(
                "counted from one",
                lambda: np.eye(len(table))[sentence - 1],
                "Each 1 stands one place too far left: word number 0 is picked by the first entry.",
            ),
            Diagnosis(
                "one row for each word",
                lambda: np.eye(len(table)),
                "This picks every word of the table in its own order, not those of the sentence.",
            ),
            Diagnosis(
                "the look-up itself",
                look_up,
                "That is what the product gives. The matrix asked for stands on its left.",
            ),
        ),
        right="A look-up is a product with rows that hold a single 1, worked out the short way.",
    ),
)
