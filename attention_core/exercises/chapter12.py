"""Exercises of chapter 12: masks, and how to find a leak."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core import example, masks
from attention_core._check import Floats
from attention_core.attend import attention
from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES"]

Answer = tuple[int, Floats]
Mask = NDArray[np.bool_]


def worked(mask: ArrayLike | None = None) -> Floats:
    """The outputs of the worked example, under a mask."""
    x, w_q, w_k, w_v = example.worked
    return attention(x @ w_q, x @ w_k, x @ w_v, mask).output


def that_stays() -> Answer:
    """The number of the output that a causal mask leaves as it was, and output 1 under it."""
    with_mask = worked(masks.causal(3))
    (stays,) = np.flatnonzero(np.isclose(with_mask, worked()).all(axis=1))
    return int(stays) + 1, with_mask[0]


def counted_from_zero() -> Answer:
    """The place in the array, not the number."""
    number, first = that_stays()
    return number - 1, first


def first_stays() -> Answer:
    """The mask taken the other way up."""
    return 1, worked(masks.causal(3).T)[0]


def first_said_to_stay() -> Answer:
    """The right output 1, and the wrong one said to stay."""
    return 1, that_stays()[1]


def unmasked_first() -> Answer:
    """Output 1 without a mask."""
    return that_stays()[0], worked()[0]


def sees_all_but_itself() -> Answer:
    """The diagonal hidden too: output 1 sees nothing."""
    return that_stays()[0], worked(np.tri(3, k=-1) > 0)[0]


def that_leaks() -> tuple[int, int]:
    """The query and the key of the leak, counted from one."""
    n = len(example.plane.inputs)
    reach = np.eye(n, dtype=bool) | np.roll(np.eye(n, dtype=bool), -1, axis=1)
    ((query, key),) = np.argwhere(reach & ~masks.window(n, 1, 0))
    return int(query) + 1, int(key) + 1


def packed(ids: ArrayLike) -> Mask:
    """Causal, within a text."""
    return together(ids) & masks.causal(len(np.asarray(ids)))


def together(ids: ArrayLike) -> Mask:
    """Within a text, in both directions."""
    numbers = np.asarray(ids)
    mask: Mask = numbers[:, None] == numbers
    return mask


def either(ids: ArrayLike) -> Mask:
    """Or where it should be and."""
    return together(ids) | masks.causal(len(np.asarray(ids)))


def own_and_earlier_texts(ids: ArrayLike) -> Mask:
    """All texts up to a token's own."""
    numbers = np.asarray(ids)
    return (numbers[:, None] >= numbers) & masks.causal(len(numbers))


def texts() -> tuple[tuple[list[int]], ...]:
    """Rows of tokens, each with the number of its text."""
    return ([1, 1, 1, 2, 2],), ([7, 7, 3, 3, 3, 5],), ([4],)


EXERCISES = (
    Exercise(
        id="12.1",
        question="Which output stays under a causal mask, and what is output 1?",
        expected=that_stays,
        hints=(
            "Draw the mask with a row for each query. Which row hides nothing?",
            "A query that sees one key gives it all its weight: what is the average then?",
            "Give a pair: the number of a token, counted from one, and an array of three entries.",
        ),
        diagnoses=(
            Diagnosis(
                "counted from zero",
                counted_from_zero,
                "That is a place in the array. Tokens are counted from one.",
            ),
            Diagnosis(
                "the mask the other way up",
                first_stays,
                "Here queries see what comes after them. A causal mask leaves what came before.",
            ),
            Diagnosis(
                "the first said to stay",
                first_said_to_stay,
                "Output 1 is right. But did query 1 see as much before there was a mask?",
            ),
            Diagnosis(
                "output 1 without a mask",
                unmasked_first,
                "The output that stays is right. Output 1 is the old one: which keys are left to it?",
            ),
            Diagnosis(
                "the diagonal hidden",
                sees_all_but_itself,
                "Zeros are for a query that sees nothing. A causal mask leaves it its own token.",
            ),
        ),
        right="The whole row is in view of the one, and a single key of the other.",
    ),
    Exercise(
        id="12.2",
        question="Which query learns of which key, against the promise?",
        expected=that_leaks,
        hints=(
            "Give the function and the mask that was promised to the leak test.",
            "The promise is a window of one token before and none after.",
            "Rows are queries and columns are keys; both are counted from one.",
        ),
        diagnoses=(
            Diagnosis(
                "key and query swapped",
                lambda: that_leaks()[::-1],
                "Right pair, wrong order: rows are queries, and the query comes first.",
            ),
            Diagnosis(
                "counted from zero",
                lambda: tuple(place - 1 for place in that_leaks()),
                "Those are places in the array. Queries and keys are counted from one.",
            ),
            Diagnosis(
                "a plain look into the future",
                lambda: (1, 2),
                "That would be off by one. This leak goes further: run the test, and read its row.",
            ),
        ),
        right="Rolling wraps around: what is rolled out at one edge comes back at the other.",
    ),
    Exercise(
        id="12.3",
        question="A function: the causal mask of several texts in one row.",
        expected=lambda: packed,
        hints=(
            "Two conditions must both hold: same text, and not later.",
            "Stand the numbers of the texts up as a column, and compare the column with the row.",
            "That gives True where two tokens are of one text. Combine it with a causal mask.",
        ),
        diagnoses=(
            Diagnosis(
                "not causal",
                lambda: together,
                "Texts are kept apart. But here a token sees what comes after it in its own text.",
            ),
            Diagnosis(
                "causal alone",
                lambda: lambda ids: masks.causal(len(ids)),
                "Nobody sees the future. But a token here sees the texts that stand before its own.",
            ),
            Diagnosis(
                "or in place of and",
                lambda: either,
                "Either condition is enough here, so more is in view. Both must hold.",
            ),
            Diagnosis(
                "turned over",
                lambda: lambda ids: ~packed(ids),
                "This is True where a key is hidden. In this book True means “may attend”.",
            ),
            Diagnosis(
                "transposed",
                lambda: lambda ids: packed(ids).T,
                "Queries go down and keys across: here they are swapped.",
            ),
            Diagnosis(
                "earlier texts in view",
                lambda: own_and_earlier_texts,
                "Texts with lower numbers are in view here. Only a token's own text may be.",
            ),
            Diagnosis(
                "whole numbers",
                lambda: lambda ids: packed(ids).astype(int),
                "Zeros and ones would be added to the scores, and hide nothing: use True and False.",
            ),
        ),
        right="Texts of any lengths share one row of tokens, and none hears of another.",
        cases=texts,
    ),
)
