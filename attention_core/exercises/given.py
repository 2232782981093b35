"""What the exercises of Part I are made of: the book's own numbers, and the form of a student's.

Chapters 01 to 08 each have a function that makes its exercises from a `Given`. `BOOK` holds what
the chapters print; `variants.py` draws others by number.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core import example
from attention_core._check import Floats, frozen
from attention_core.example import Example
from attention_core.normalize import softmax
from attention_core.scores import dot, scaled_dot

__all__ = ["BOOK", "ORDINALS", "Attended", "Given", "Shape", "attended", "listed"]

Shape = tuple[int, ...]

ORDINALS = ("first", "second", "third", "fourth")


@dataclass(frozen=True, eq=False)
class Attended:
    """All that the eight steps make of an example, under the names of the steps."""

    queries: Floats
    keys: Floats
    values: Floats
    raw: Floats
    scores: Floats
    weights: Floats
    outputs: Floats


@lru_cache(maxsize=32)
def attended(one: Example) -> Attended:
    """The eight steps of an example."""
    queries, keys, values = (one.inputs @ weight for weight in tuple(one)[1:])
    raw, scores = dot(queries, keys), scaled_dot(queries, keys)
    weights = softmax(scores)
    made = (queries, keys, values, raw, scores, weights, weights @ values)
    return Attended(*map(frozen, made))


def listed(array: ArrayLike) -> str:
    """An array as code, with whole numbers as such."""
    if np.ndim(array):
        return f"[{', '.join(listed(part) for part in np.asarray(array))}]"
    return f"{float(np.asarray(array)):g}"


@dataclass(frozen=True, eq=False)
class Given:
    """The numbers and words that the exercises of Part I start from; arrays are read-only.

    Attributes
    ----------
    worked : Example
        Three inputs of four features, projections of shape (4, 3).
    plane : Example
        Three inputs of two features, projections of shape (2, 2).
    words : tuple of str
        01: the vocabulary.
    table : (words, features) array
        01: its embedding table.
    sentence : (4,) array of int
        01: the text, as numbers of words.
    sizes : tuple of int
        02: d_model, d_k and d_v of a larger model.
    bias : (3,) array
        02: what is added to every query.
    entry : tuple of int
        03: row and column of the entry of the query projection that somebody changes.
    fourth_input : (4,) array
        04: an input that comes along.
    change : tuple of int
        04: row and column of an entry of the query projection, and what it is set to.
    pair : tuple of int
        05: two keys, the one that gets more weight from query 1 first.
    copied : int
        05: the token that comes twice.
    shapes : tuple
        06: shapes of weights and of values, four times.
    mixture : (3,) array
        07: the weights to recover.
    points : (4, 2) array
        07: outputs that may be possible, without the first entry of the values.
    column_output : int
        08: the output to compute with softmax down the columns.
    listener : (4,) array
        08: the input of a token that asks and is not asked.
    home : str
        What stands before `.worked` and `.plane` in code: "example" in the book.
    """

    worked: Example
    plane: Example
    words: tuple[str, ...]
    table: Floats
    sentence: NDArray[np.int64]
    sizes: tuple[int, int, int]
    bias: Floats
    entry: tuple[int, int]
    fourth_input: Floats
    change: tuple[int, int, int]
    pair: tuple[int, int]
    copied: int
    shapes: tuple[tuple[Shape, Shape], ...]
    mixture: Floats
    points: Floats
    column_output: int
    listener: Floats
    home: str

    @property
    def of_the_book(self) -> bool:
        """Whether these are the numbers that the chapters print."""
        return self.home == "example"


BOOK = Given(
    worked=example.worked,
    plane=example.plane,
    words=("river", "money", "bank"),
    table=frozen(np.vstack([example.bank("river").inputs[:1], example.bank("money").inputs])),
    sentence=frozen(np.array([1, 2, 0, 2])),
    sizes=(512, 64, 96),
    bias=frozen(np.array([1.0, 0.0, -1.0])),
    entry=(0, 0),
    fourth_input=frozen(np.array([1.0, 0.0, 0.0, 1.0])),
    change=(0, 0, 2),
    pair=(1, 0),
    copied=1,
    shapes=(((3,), (3, 3)), ((5,), (5, 2)), ((1,), (1, 6)), ((4,), (4, 1))),
    mixture=frozen(np.array([0.25, 0.25, 0.5])),
    points=frozen(np.array([[6, 2], [4, 1], [7, 2], [6, 2.5]])),
    column_output=1,
    listener=frozen(np.array([1.0, 0.0, 0.0, 1.0])),
    home="example",
)
