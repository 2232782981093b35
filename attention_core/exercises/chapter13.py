"""Exercises of chapter 13: heads, how they are counted, split and mixed."""

import numpy as np

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.heads import split_heads

__all__ = ["EXERCISES"]

Four = tuple[Floats, Floats, Floats, Floats]
#: The sizes of BERT-base.
D_MODEL, HEADS = 768, 12
D_K = D_MODEL // HEADS


def by_columns(x: Floats, heads: int) -> Floats:
    """Each head takes its columns of every token."""
    return split_heads(x, heads)


def reshaped(x: Floats, heads: int) -> Floats:
    """Rows and columns run together."""
    n, size = x.shape
    return x.reshape(heads, n, size // heads)


def tokens_first(x: Floats, heads: int) -> Floats:
    """Cut rightly, and the axes left as they were."""
    n, size = x.shape
    return x.reshape(n, heads, size // heads)


def dealt(x: Floats, heads: int) -> Floats:
    """Columns dealt out like cards."""
    n, size = x.shape
    return np.moveaxis(x.reshape(n, size // heads, heads), -1, 0)


def rows_cut(x: Floats, heads: int) -> Floats:
    """Each head with columns as rows."""
    return np.swapaxes(split_heads(x, heads), -1, -2)


def projections() -> tuple[tuple[Floats, int], ...]:
    """Queries, keys or values of several tokens, all heads side by side."""
    rng = np.random.default_rng(13)
    sizes = ((4, 6, 2), (3, 12, 3), (6, 6, 2), (5, 4, 1))
    return tuple((rng.integers(-9, 10, (n, size)) / 1, heads) for n, size, heads in sizes)


def halves(matrix: Floats, axis: int) -> Floats:
    """A matrix with its halves exchanged."""
    return np.roll(matrix, matrix.shape[axis] // 2, axis)


def exchanged(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """The matrices of two heads, in the other order."""
    return halves(w_q, 1), halves(w_k, 1), halves(w_v, 1), halves(w_o, 0)


def mixed_as_before(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """The heads exchanged, and what they make mixed as if they were not."""
    return halves(w_q, 1), halves(w_k, 1), halves(w_v, 1), w_o


def mixed_columns(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """The features of the output exchanged as well, in place of the heads."""
    return halves(w_q, 1), halves(w_k, 1), halves(w_v, 1), halves(w_o, 1)


def rows_of_inputs(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """Rows of the projections exchanged: features of the inputs."""
    return halves(w_q, 0), halves(w_k, 0), halves(w_v, 0), halves(w_o, 1)


def queries_alone(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """Each head asks what the other asked."""
    return halves(w_q, 1), w_k, w_v, w_o


def unchanged(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """All as it was."""
    return w_q, w_k, w_v, w_o


def reversed_columns(w_q: Floats, w_k: Floats, w_v: Floats, w_o: Floats) -> Four:
    """All columns in reverse, and the rows that meet them."""
    return w_q[:, ::-1], w_k[:, ::-1], w_v[:, ::-1], w_o[::-1]


def two_heads() -> tuple[Four, ...]:
    """Random matrices of two heads."""
    rng = np.random.default_rng(14)
    sizes = ((6, 6, 3, 2), (4, 4, 2, 2), (6, 4, 3, 1))
    return tuple(
        (
            rng.normal(size=(d_model, 2 * d_k)),
            rng.normal(size=(d_model, 2 * d_k)),
            rng.normal(size=(d_model, 2 * d_v)),
            rng.normal(size=(2 * d_v, d_out)),
        )
        for d_model, d_out, d_k, d_v in sizes
    )


EXERCISES = (
    Exercise(
        id="13.1",
        question="The size of a query in one head of BERT-base, and the entries of its matrices.",
        expected=lambda: (D_K, 4 * D_MODEL**2),
        hints=(
            "The heads share the columns of a square matrix evenly. How many has each?",
            "Four matrices: three before attention, one after. Each has as many rows as columns.",
            "Give a pair: the columns of one head, and the entries of all four matrices together.",
        ),
        diagnoses=(
            Diagnosis(
                "the output's matrix left out",
                lambda: (D_K, 3 * D_MODEL**2),
                "The size is right. But there is a fourth matrix, which mixes what the heads bring.",
            ),
            Diagnosis(
                "square matrices for every head",
                lambda: (D_K, 4 * HEADS * D_MODEL**2),
                "The size is right. But the heads share the four matrices: none has four of its own.",
            ),
            Diagnosis(
                "one head's entries",
                lambda: (D_K, 4 * D_MODEL * D_K),
                "The size is right. Those are the entries of one head: count those of all.",
            ),
            Diagnosis(
                "three matrices of one head",
                lambda: (D_K, 3 * D_MODEL * D_K),
                "The size is right. Those are three matrices of one head: count all four, of all.",
            ),
            Diagnosis(
                "a query as wide as an input",
                lambda: (D_MODEL, 4 * D_MODEL**2),
                "The entries are right. But that is the width of all heads together: take one.",
            ),
            Diagnosis(
                "the heads counted for their size",
                lambda: (HEADS, 4 * D_MODEL**2),
                "The entries are right. That is how many heads there are: how wide is each?",
            ),
        ),
        tolerance=0.4,
        right="Cut them into as many heads as you like: the second number stays.",
    ),
    Exercise(
        id="13.2",
        question="A function that splits queries, keys or values into heads.",
        expected=lambda: by_columns,
        hints=(
            "First cut each row, then bring the axis of heads to the front.",
            "A reshape to (n, heads, d) cuts each row into heads; which axis stands where then?",
            "np.swapaxes(array, 0, 1) exchanges the first two axes.",
        ),
        diagnoses=(
            Diagnosis(
                "reshape alone",
                lambda: reshaped,
                "Right shape, wrong numbers: a head here has parts of some tokens, not of all.",
            ),
            Diagnosis(
                "tokens first",
                lambda: tokens_first,
                "Each row is cut rightly. But here tokens come first, and heads should.",
            ),
            Diagnosis(
                "columns dealt out",
                lambda: dealt,
                "Here the columns are dealt out in turn, like cards. A head takes neighbours.",
            ),
            Diagnosis(
                "tokens as columns",
                lambda: rows_cut,
                "Each head has the right numbers, but turned: tokens are rows.",
            ),
        ),
        right="Cut each row, then exchange two axes: a reshape alone never moves a number past another.",
        cases=projections,
    ),
    Exercise(
        id="13.3",
        question="A function that exchanges two heads, and leaves the output as it was.",
        expected=lambda: exchanged,
        hints=(
            "What belongs to a head, in each of the four matrices: rows or columns?",
            "np.roll(matrix, matrix.shape[1] // 2, axis=1) exchanges the halves of the columns.",
            "Merged, the second head's numbers come first now. Which rows of W_o must meet them?",
        ),
        diagnoses=(
            Diagnosis(
                "mixed as before",
                lambda: mixed_as_before,
                "The heads are exchanged, but W_o still gives the first place what the first head "
                "got: the output changes.",
            ),
            Diagnosis(
                "the columns of W_o",
                lambda: mixed_columns,
                "The columns of W_o are the features of the output. What do its rows meet?",
            ),
            Diagnosis(
                "the rows of the projections",
                lambda: rows_of_inputs,
                "Rows of a projection belong to features of the input. A head is made of columns.",
            ),
            Diagnosis(
                "the queries alone",
                lambda: queries_alone,
                "Now each head asks what the other asked, of keys that are its own. All must move.",
            ),
            Diagnosis(
                "nothing moved",
                lambda: unchanged,
                "The output stays, true. But the heads are still in the same order.",
            ),
            Diagnosis(
                "columns in reverse",
                lambda: reversed_columns,
                "The output stays, but columns inside a head are reversed as well: move whole halves.",
            ),
        ),
        right="Heads have no order. Each is known by its columns, and by the rows that they meet.",
        cases=two_heads,
    ),
)
