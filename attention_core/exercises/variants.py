"""A student's own numbers for the exercises of Part I, by number.

A variant is drawn until it has what the exercises need. What that is stands in `_scored`,
`_mixed` and `_drawn_plane`, as conditions on many candidates at once; and no variant leaves here
with two answers alike, one right and one wrong, or two wrong ones with different hints.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cache
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from attention_core._check import Floats, frozen
from attention_core.example import Example

__all__ = ["Variant", "draw"]

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TRIES = 200


class Draws:
    """Whole numbers that follow from a seed, the same with every NumPy and on every machine.

    What `Generator` makes of a seed may change from one NumPy to the next; the raw numbers of a
    bit generator may not.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, bound: int, *shape: int) -> Ints:
        """Whole numbers from zero on, below the bound; so many that the shape is full."""
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))), np.uint64)
        return (raw % np.uint64(bound)).astype(np.int64).reshape(shape)

    def one(self, bound: int) -> int:
        """One whole number from zero on, below the bound."""
        return int(self.below(bound, 1)[0])

    def pick(self, things: Any) -> Any:
        """One of several things."""
        return things[self.one(len(things))]

    def shuffled(self, things: Any) -> list[Any]:
        """Things in another order, all of them equally likely to be anywhere."""
        left = list(things)
        return [left.pop(self.one(len(left))) for _ in range(len(left))]


# Conditions on many matrices at once: the last two axes are rows and columns.


def turned(x: Any) -> Any:
    """Rows as columns."""
    return np.swapaxes(x, -1, -2)


def all_differ(x: Any) -> Bools:
    """Whether no two numbers of the last axis are equal."""
    differ: Bools = (np.diff(np.sort(x, axis=-1), axis=-1) != 0).all(axis=-1)
    return differ


def rows_differ(x: Any) -> Bools:
    """Whether no two rows are equal."""
    n = x.shape[-2]
    pairs = [(i, j) for i in range(n) for j in range(i)]
    alike = [(x[..., i, :] == x[..., j, :]).all(axis=-1) for i, j in pairs]
    differ: Bools = ~np.any(alike, axis=0)
    return differ


def no_pair_alike(raw: Any) -> Bools:
    """Whether no two tokens score each other alike."""
    upper = np.triu(np.ones(raw.shape[-2:], bool), 1)
    differ: Bools = (raw != turned(raw))[..., upper].all(axis=-1)
    return differ


def determinant(x: Any) -> Ints:
    """The determinants of small matrices of whole numbers, exactly."""
    found: Ints = np.rint(np.linalg.det(x.astype(float))).astype(np.int64)
    return found


def span_triangle(corners: Any) -> Bools:
    """Whether three points don't lie on one line."""
    ones = np.ones((*corners.shape[:-1], 1), corners.dtype)
    if corners.shape[-1] == 2:
        spans: Bools = determinant(np.concatenate([corners, ones], axis=-1)) != 0
        return spans
    sides = corners[..., 1:, :] - corners[..., :1, :]
    wide: Bools = determinant(sides @ turned(sides)) != 0
    return wide


def share(scores: Any, axis: int = -1) -> Floats:
    """Softmax of many tables of scores."""
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    weights: Floats = powers / powers.sum(axis=axis, keepdims=True)
    return weights


def told_apart(weights: Any) -> Bools:
    """Whether at two decimals every weight is above 0 and below 1, and no two are alike."""
    hundredths = np.rint(100 * weights).astype(np.int64)
    hundredths = hundredths.reshape(*weights.shape[:-2], -1)
    inside = ((hundredths > 0) & (hundredths < 100)).all(axis=-1)
    apart: Bools = inside & all_differ(hundredths)
    return apart


# The worked example: first all but the values.


@cache
def _projections() -> tuple[Ints, Ints]:
    """All projections of zeros and ones that make queries, and those that make keys.

    Exercise 03.3 asks for an input whose second feature is one and whose key is all zeros. There
    must be one alone (without row 2 a matrix can be inverted), of small whole numbers, of which
    one is taken away; whoever takes W_q for W_k must find an input, too.
    """
    bits: Ints = (np.arange(4096)[:, None] >> np.arange(12)) & 1
    weights = bits.reshape(-1, 4, 3)
    others = np.delete(weights, 1, axis=1)
    sound = (determinant(others) != 0) & weights[:, 1].any(axis=-1)
    weights, others = weights[sound], others[sound]
    rest = np.linalg.solve(turned(others).astype(float), -weights[:, 1, :, None])[..., 0]
    small = np.isin(np.round(rest, 9), [-1, 0, 1]).all(axis=-1) & (rest < -0.5).any(axis=-1)
    return weights, weights[small]


def _inputs(draws: Draws, count: int) -> Ints:
    """Inputs that are independent, with a feature that is missing once: 03.2 needs it."""
    rows = draws.below(3, count, 3, 4)
    once = (rows[..., :3] == 0).sum(axis=-2) == 1
    own = np.stack([rows[:, i, i] != 0 for i in range(3)], axis=-1)
    gram = rows @ turned(rows)
    return rows[(once & own).any(axis=-1) & (determinant(gram) != 0) & rows_differ(rows)]


def _scored(draws: Draws, count: int = 512) -> tuple[Ints, Ints, Ints]:
    """Inputs and projections for queries and keys: all of many that will do."""
    to_queries, to_keys = _projections()
    x = _inputs(draws, 3 * count)[:count]
    w_q = to_queries[draws.below(len(to_queries), len(x))]
    w_k = to_keys[draws.below(len(to_keys), len(x))]
    q, k = x @ w_q, x @ w_k
    raw = q @ turned(k)
    # A score of zero and a negative one are for the plane: here the hand has enough to do.
    fits = ((raw >= 1) & (raw <= 15)).all(axis=(-1, -2)) & no_pair_alike(raw)
    fits &= all_differ(raw).all(axis=-1)
    fits &= rows_differ(q) & rows_differ(k) & (w_q != w_k).any(axis=(-1, -2))
    x, w_q, w_k, raw = x[fits], w_q[fits], w_k[fits], raw[fits]
    scores = raw / np.sqrt(3)
    # 08.1: down the columns, the weights of one query must sum to much more than one.
    fits = told_apart(share(scores)) & (share(scores, axis=-2).sum(axis=-1).max(axis=-1) > 1.6)
    return x[fits], w_q[fits], w_k[fits]


def _mixed(draws: Draws, x: Ints, w_q: Ints, w_k: Ints, count: int = 512) -> Ints:
    """Projections for the values: all of many that will do.

    The values have a dependency, as 07.2 needs (an output alone leaves a line of answers), in
    which each of them takes part; and still they span a triangle, without their first entries
    too (07.3). In 08.1 every entry is beyond the largest of the values.
    """
    w_v = draws.below(4, count, 4, 3) * draws.below(2, count, 4, 3)
    values = x @ w_v
    fits = (determinant(values) == 0) & (values <= 9).all(axis=(-1, -2))
    fits &= determinant(np.delete(w_v, 1, axis=1)) != 0
    w_v, values = w_v[fits], values[fits]
    each_pair = [np.delete(values, i, axis=1) for i in range(3)]
    fits = np.all([determinant(two @ turned(two)) != 0 for two in each_pair], axis=0)
    fits &= span_triangle(values) & span_triangle(values[..., 1:]) & rows_differ(values[..., 1:])
    fits &= ((w_v != w_q) & (w_v != w_k)).any(axis=(-1, -2))
    w_v, values = w_v[fits], values[fits]
    outputs = share(x @ w_q @ turned(x @ w_k) / np.sqrt(3), axis=-2) @ values
    largest = values.max(axis=-2, keepdims=True)
    return w_v[(outputs > largest + 0.05).all(axis=-1).any(axis=-1)]


def _worked(draws: Draws) -> tuple[Ints, Ints, Ints, Ints]:
    """The inputs and the three projections of the worked example."""
    for _ in range(TRIES):
        for x, w_q, w_k in zip(*_scored(draws), strict=True):
            for w_v in _mixed(draws, x, w_q, w_k)[:1]:
                return x, w_q, w_k, w_v
    raise RuntimeError(f"no worked example found in {TRIES} times 512 tries")


def _plane(draws: Draws, count: int = 1024) -> tuple[Ints, Ints, Ints, Ints]:
    """The inputs and the three projections of the plane: it has a zero and a negative score."""
    for _ in range(TRIES):
        x = draws.below(3, count, 3, 2)
        w_q, w_k = (draws.below(4, count, 2, 2) - 1 for _ in range(2))
        w_v = draws.below(3, count, 2, 2)
        q, k, v = x @ w_q, x @ w_k, x @ w_v
        raw = q @ turned(k)
        fits = (np.abs(raw) <= 9).all(axis=(-1, -2)) & no_pair_alike(raw)
        fits &= all_differ(raw).all(axis=-1) & (raw == 0).any(axis=(-1, -2))
        fits &= (raw < 0).any(axis=(-1, -2)) & (q[:, 1] < 0).any(axis=-1)
        x, w_q, w_k, w_v, q, k, v, raw = (a[fits] for a in (x, w_q, w_k, w_v, q, k, v, raw))
        fits = told_apart(share(raw / np.sqrt(2))) & span_triangle(v) & rows_differ(x)
        fits &= rows_differ(q) & rows_differ(k)
        for one in np.flatnonzero(fits)[:1]:
            return x[one], w_q[one], w_k[one], w_v[one]
    raise RuntimeError(f"no plane found in {TRIES} times {count} tries")


def _example(x: Ints, w_q: Ints, w_k: Ints, w_v: Ints) -> Example:
    """Whole numbers as an example."""
    rows, *weights = (frozen(array.astype(float)) for array in (x, w_q, w_k, w_v))
    return Example(rows, *weights, tokens=("x₁", "x₂", "x₃"), memory=rows)


@dataclass(frozen=True, eq=False)
class Variant:
    """A student's own example, with the exercises of Part I about it.

    Attributes
    ----------
    seed : int
        Its number.
    worked : Example
        Three inputs of four features, projections of shape (4, 3), as the worked example.
    plane : Example
        Three inputs of two features, projections of shape (2, 2), as the plane.
    """

    seed: int
    worked: Example
    plane: Example


def draw(seed: SupportsIndex) -> Variant:
    """The variant of that number; see `attention_core.exercises.variant`."""
    number = _number(seed)
    draws = Draws(number)
    return Variant(number, _example(*_worked(draws)), _example(*_plane(draws)))


def _number(seed: SupportsIndex) -> int:
    """The seed as a whole number, or an error that says what a seed is."""
    rule = "seed must be a whole number, 0 or larger, as it is a variant's number"
    if isinstance(seed, bool | np.bool_):
        raise TypeError(f"{rule}: got {seed!r}")
    try:
        number = operator.index(seed)
    except TypeError:
        raise TypeError(f"{rule}: got {seed!r}") from None
    if number < 0:
        raise ValueError(f"{rule}: got {number}")
    return number
