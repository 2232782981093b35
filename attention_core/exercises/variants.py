"""A student's own numbers for the exercises of Part I, by number.

A variant is drawn until it has what the exercises need. What that is stands in `_scored`,
`_mixed` and `_drawn_plane`, as conditions on many candidates at once; and no variant leaves here
with two answers alike, one right and one wrong, or two wrong ones with different hints.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from itertools import combinations, pairwise
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from attention_core._check import Floats, frozen
from attention_core.example import Example
from attention_core.exercises import Exercise, _check, _hint
from attention_core.exercises.chapter07 import weights_needed
from attention_core.exercises.given import BOOK, Attended, Given, Shape, attended
from attention_core.normalize import softmax

__all__ = ["Variant", "coincidences", "draw"]

CHAPTERS = tuple(f"{number:02d}" for number in range(1, 9))

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
        return int(self._bits.random_raw()) % bound

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
    if x.shape[-1] == 2:
        two: Ints = x[..., 0, 0] * x[..., 1, 1] - x[..., 0, 1] * x[..., 1, 0]
        return two
    one, other, third = (x[..., i, :] for i in range(3))
    three: Ints = (one * np.cross(other, third)).sum(axis=-1)
    return three


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
    rows, columns = weights.shape[-2:]
    hundredths = hundredths.reshape(*weights.shape[:-2], rows * columns)
    inside = ((hundredths > 0) & (hundredths < 100)).all(axis=-1)
    apart: Bools = inside & all_differ(hundredths)
    return apart


def unseen(weight: Any) -> Floats:
    """The input with a one in its second place of which a projection makes zeros."""
    others = np.delete(weight, 1, axis=-2).astype(float)
    rest = np.linalg.solve(turned(others), -weight[..., 1, :, np.newaxis])[..., 0]
    found: Floats = np.round(np.insert(rest, 1, 1, axis=-1), 9)
    return found


def made(x: Any, weight: Any) -> Any:
    """What projections make of one input each."""
    return (x[..., np.newaxis, :] @ weight)[..., 0, :]


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
    weights = weights[sound]
    rest = np.delete(unseen(weights), 1, axis=1)
    small = np.isin(rest, [-1, 0, 1]).all(axis=-1) & (rest < 0).any(axis=-1)
    return weights, weights[small]


def _inputs(draws: Draws, count: int) -> Ints:
    """Inputs that are independent, with a feature that is missing once: 03.2 needs it."""
    rows = draws.below(3, count, 3, 4)
    once = (rows[..., :3] == 0).sum(axis=-2) == 1
    own = np.stack([rows[:, i, i] != 0 for i in range(3)], axis=-1)
    gram = rows @ turned(rows)
    fits = (once & own).any(axis=-1) & (determinant(gram) != 0) & rows_differ(rows)
    sound: Ints = rows[fits]
    return sound


def _scored(draws: Draws, count: int = 2048) -> tuple[Ints, Ints, Ints]:
    """Inputs and projections for queries and keys: all of many that will do."""
    to_queries, to_keys = _projections()
    x = _inputs(draws, count)
    w_q = to_queries[draws.below(len(to_queries), len(x))]
    w_k = to_keys[draws.below(len(to_keys), len(x))]
    q, k = x @ w_q, x @ w_k
    raw = q @ turned(k)
    # A score of zero and a negative one are for the plane: here the hand has enough to do.
    fits = (raw.min(axis=(-1, -2)) >= 1) & (raw.max(axis=(-1, -2)) <= 15)
    x, w_q, w_k, q, k, raw = (array[fits] for array in (x, w_q, w_k, q, k, raw))
    favourite = raw.argmax(axis=-1)
    fits = all_differ(raw).all(axis=-1) & (favourite != favourite[:, :1]).any(axis=-1)
    x, w_q, w_k, q, k, raw = (array[fits] for array in (x, w_q, w_k, q, k, raw))
    # 08.1: down the columns, the weights of one query must sum to much more than one.
    scores = raw / np.sqrt(3)
    fits = told_apart(share(scores)) & (share(scores, axis=-2).sum(axis=-1).max(axis=-1) > 1.6)
    fits &= no_pair_alike(raw) & rows_differ(q) & rows_differ(k)
    fits &= (q.any(axis=-2) & k.any(axis=-2)).all(axis=-1) & (w_q != w_k).any(axis=(-1, -2))
    fits &= made(unseen(w_k), w_q).any(axis=-1)
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
    for other in (unseen(w_q), unseen(w_k), np.eye(4)[1]):
        fits &= (other @ w_v).any(axis=-1)
    w_v, values = w_v[fits], values[fits]
    outputs = share(x @ w_q @ turned(x @ w_k) / np.sqrt(3), axis=-2) @ values
    largest = values.max(axis=-2, keepdims=True)
    sound: Ints = w_v[(outputs > largest + 0.05).all(axis=-1).any(axis=-1)]
    return sound


def _worked(draws: Draws) -> Example:
    """An example in place of the worked one."""
    for _ in range(TRIES):
        for x, w_q, w_k in zip(*_scored(draws), strict=True):
            for w_v in _mixed(draws, x, w_q, w_k):
                if all(map(len, _places((x @ w_v)[:, 1:].astype(float)))):
                    return _example(x, w_q, w_k, w_v)
    raise _none("worked example", TRIES)


@cache
def _plane_parts() -> tuple[Ints, Ints, Ints]:
    """All inputs of the plane, all projections for queries and keys, and those for values."""
    rows = np.indices((3,) * 6).reshape(3, 2, -1).transpose(2, 0, 1)
    rows = rows[rows_differ(rows) & (determinant(turned(rows) @ rows) != 0)]
    weights = np.indices((4,) * 4).reshape(2, 2, -1).transpose(2, 0, 1) - 1
    weights = weights[determinant(weights) != 0]
    return rows, weights, weights[(weights >= 0).all(axis=(-1, -2))]


def _plane(draws: Draws, count: int = 256) -> Example:
    """An example in place of the plane: it has a zero and a negative score."""
    for _ in range(TRIES):
        inputs, weights, to_values = _plane_parts()
        parts = (inputs, weights, weights, to_values)
        x, w_q, w_k, w_v = (part[draws.below(len(part), count)] for part in parts)
        q, k = x @ w_q, x @ w_k
        raw = q @ turned(k)
        # 03.1 asks for query 2, which has a negative entry; 07.1 divides row 3 by its sum.
        fits = (q[:, 1] < 0).any(axis=-1) & (raw == 0).any(axis=(-1, -2))
        fits &= (raw < 0).any(axis=(-1, -2)) & (np.abs(raw) <= 9).all(axis=(-1, -2))
        fits &= all_differ(raw).all(axis=-1) & (raw[:, 2].sum(axis=-1) != 0)
        x, w_q, w_k, w_v, q, k, raw = (a[fits] for a in (x, w_q, w_k, w_v, q, k, raw))
        v = x @ w_v
        fits = told_apart(share(raw / np.sqrt(2))) & no_pair_alike(raw) & span_triangle(v)
        fits &= rows_differ(q) & rows_differ(k) & (q.any(axis=-1) & k.any(axis=-1)).all(axis=-1)
        wrong = [k[:, 1], v[:, 1], made(x[:, 1], turned(w_q)), q[:, 0], q[:, 2]]
        fits &= rows_differ(np.stack([q[:, 1], *wrong], axis=1))
        for one in np.flatnonzero(fits)[:1]:
            return _example(x[one], w_q[one], w_k[one], w_v[one])
    raise _none("plane", TRIES)


def _example(*arrays: Ints) -> Example:
    """Inputs and projections of whole numbers as an example."""
    x, w_q, w_k, w_v = (frozen(array.astype(np.float64)) for array in arrays)
    return Example(x, w_q, w_k, w_v, ("x₁", "x₂", "x₃"), x)


# What else an exercise starts from.

WATER = ("river", "boat", "shore", "tide", "fish")
FINANCE = ("money", "loan", "coin", "credit", "vault")
MIXTURES = ((0.25, 0.25, 0.5), (0.2, 0.3, 0.5), (0.1, 0.3, 0.6), (0.2, 0.2, 0.6), (0.1, 0.4, 0.5))
# Sizes of models: the values are neither as large as the keys nor twice as large.
D_MODEL, D_K, D_V = (128, 256, 384, 512, 768, 1024), (32, 48, 64), (16, 24, 40, 80, 112, 144)
# The four cases of 06.2, by the number of tokens and the columns of the values.
CASES = (
    lambda n, m: ((n,), (n, n)),
    lambda n, m: ((n,), (n, m)),
    lambda n, m: ((1,), (1, m)),
    lambda n, m: ((n,), (n, 1)),
)


def _two_ones(draws: Draws) -> list[Floats]:
    """The inputs of four features of which two are one and two are zero."""
    pairs = [(i, j) for i in range(4) for j in range(i)]
    return draws.shuffled(np.eye(4)[i] + np.eye(4)[j] for i, j in pairs)


def _texts(draws: Draws) -> Iterator[dict[str, Any]]:
    """A vocabulary, its table, and a text of four words, one of them twice."""
    words = draws.shuffled([draws.pick(WATER), draws.pick(FINANCE), "bank"])
    for _ in range(20):
        text = draws.shuffled([0, 1, 2, draws.one(3)])
        table = draws.below(3, 3, 3).astype(float)
        apart = all(one != other for one, other in pairwise(text))
        if apart and rows_differ(table) and table.any(axis=0).all() and table.any(axis=1).all():
            yield {"words": tuple(words), "table": table, "sentence": np.array(text)}


def _changes(draws: Draws, steps: Attended, one: Example) -> Iterator[tuple[int, int, int]]:
    """Entries of the query projection and what they are set to, all of which change row 1.

    In every other variant tokens 1 and 2 score each other alike afterwards, where that can be.
    """
    places = [(i, j, new) for i in range(4) for j in range(3) for new in range(4)]
    found: dict[bool, list[tuple[int, int, int]]] = {True: [], False: []}
    for i, j, new in draws.shuffled(places):
        raw = steps.raw + np.outer(
            one.inputs[:, i] * (new - one.query_weight[i, j]), steps.keys[:, j]
        )
        if (raw[0] != steps.raw[0]).any():
            found[bool(raw[0, 1] == raw[1, 0])].append((i, j, new))
    first = draws.pick((True, False))
    yield from found[first]
    yield from found[not first]


def _cases(draws: Draws) -> tuple[tuple[Shape, Shape], ...]:
    """Shapes of weights and values: one right, one an error, two silently wrong."""
    n, m = draws.shuffled(range(2, 7))[:2]
    return tuple(case(n, m) for case in draws.shuffled(CASES))


def _places(flat: Floats) -> tuple[Floats, Floats, Floats]:
    """Points in the triangle, and two kinds beyond it; none of them near a side.

    A look at the first weight alone finds out about the first kind and not about the second.
    """
    (left, low), (right, high) = flat.min(axis=0), flat.max(axis=0)
    steps = np.arange(left, right + 0.1, 0.5), np.arange(low, high + 0.1, 0.5)
    grid = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 2)
    needed = weights_needed(flat, grid)
    outside, first = (needed < -0.07).any(axis=1), needed[:, 0]
    inside = (needed > 0.07).all(axis=1)
    return grid[inside], grid[outside & (first < -0.07)], grid[outside & (first > 0.07)]


def _points(draws: Draws, flat: Floats) -> Iterator[Floats]:
    """Four points, of which one or two lie in the triangle."""
    inside, told, untold = _places(flat)
    for _ in range(20):
        chosen = [draws.pick(inside), draws.pick(told), draws.pick(untold)]
        chosen.append(draws.pick(draws.pick((inside, told, untold))))
        points = np.array(draws.shuffled(chosen))
        if rows_differ(points):
            yield points


def _completed(draws: Draws, start: Given) -> Given | None:
    """All that is given, around two examples; nothing if they lead to answers that are alike."""
    one, steps = start.worked, attended(start.worked)
    if not _told_apart(
        start, "03.1", "03.3", "04.3", "05.3", "06.1", "06.3", "07.1", "08.1", "08.2"
    ):
        return None
    once = (one.inputs[:, :3] == 0).sum(axis=0) == 1
    entries = [(i, j) for i in range(3) if once[i] and one.inputs[i, i] for j in range(3)]
    gaps = {(i, j): steps.raw[0, i] - steps.raw[0, j] for i in range(3) for j in range(3)}
    ways: dict[str, Iterable[dict[str, Any]]] = {
        "01.1 01.2": _texts(draws),
        "02.1 02.2": [{"sizes": (draws.pick(D_MODEL), draws.pick(D_K), draws.pick(D_V))}],
        "02.3": ({"bias": draws.below(5, 3) - 2.0} for _ in range(20)),
        "03.2": ({"entry": entry} for entry in draws.shuffled(entries)),
        "04.1": ({"fourth_input": new} for new in _two_ones(draws)),
        "04.2": ({"change": change} for change in _changes(draws, steps, one)),
        "05.1": ({"pair": pair} for pair in draws.shuffled(gaps) if 1 <= gaps[pair] <= 4),
        "05.2": ({"copied": token} for token in draws.shuffled(range(3))),
        "06.2": ({"shapes": _cases(draws)} for _ in range(20)),
        "07.2": (
            {"mixture": np.array(draws.shuffled(mixture))} for mixture in draws.shuffled(MIXTURES)
        ),
        "07.3": ({"points": points} for points in _points(draws, steps.values[:, 1:])),
        "08.3": ({"listener": new} for new in _two_ones(draws)),
    }
    given = start
    for names, options in ways.items():
        tried = (replace(given, **option) for option in options)
        fitting = next((one for one in tried if _told_apart(one, *names.split())), None)
        if fitting is None:
            return None
        given = fitting
    return given


def _told_apart(given: Given, *names: str) -> bool:
    """Whether in these exercises the right answer and all wrong ones differ, with room to round."""
    chapters = {name[:2]: _exercises_of(given, name[:2]) for name in names}
    found = [one for name in names for one in chapters[name[:2]] if one.id == name]
    return not any(coincidences(exercise) for exercise in found)


def _exercises_of(given: Given, chapter: str) -> tuple[Exercise, ...]:
    """The exercises of a chapter of Part I."""
    module = import_module(f"attention_core.exercises.chapter{chapter}")
    made: tuple[Exercise, ...] = module.exercises(given)
    return made


def coincidences(exercise: Exercise) -> list[tuple[str, str]]:
    """Pairs of answers that nobody could tell apart, by the names of their diagnoses."""

    def all_of(answer: Any) -> tuple[Any, list[float]]:
        if callable(answer):
            answer = [answer(*case) for case in exercise.cases()]
        return _taken_apart(answer)

    answers = {"right": all_of(exercise.expected())}
    answers |= {each.name: all_of(each.wrong()) for each in exercise.diagnoses}
    room = 2 * exercise.tolerance
    return [
        (name, other)
        for (name, (kind, numbers)), (other, (its, them)) in combinations(answers.items(), 2)
        if kind == its and all(abs(x - y) <= room for x, y in zip(numbers, them, strict=True))
    ]


def _taken_apart(answer: Any) -> tuple[Any, list[float]]:
    """What kind of answer it is, texts and shapes included, and its numbers."""
    if isinstance(answer, str):
        return answer, []
    if isinstance(answer, tuple | list):
        parts = [_taken_apart(part) for part in answer]
        return [kind for kind, _ in parts], [one for _, numbers in parts for one in numbers]
    array = np.asarray(answer)
    kind = [array.dtype == bool, array.shape]
    return kind, [float(number) for number in array.ravel().tolist()]


@dataclass(frozen=True, eq=False)
class Variant:
    """A student's own example, with the exercises of Part I about it.

    Attributes
    ----------
    seed : int
        Its number.
    given : Given
        All that its exercises start from.
    """

    seed: int
    given: Given

    @property
    def worked(self) -> Example:
        """Three inputs of four features, projections of shape (4, 3), as the worked example."""
        return self.given.worked

    @property
    def plane(self) -> Example:
        """Three inputs of two features, projections of shape (2, 2), as the plane."""
        return self.given.plane

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises of Part I, in order."""
        chapters = (_exercises_of(self.given, chapter) for chapter in CHAPTERS)
        return tuple(exercise for chapter in chapters for exercise in chapter)

    def check(self, exercise: str, answer: object) -> None:
        """Say whether an answer is right for this variant, or give the hint that it calls for.

        Parameters
        ----------
        exercise : str
            Chapter and number, such as "04.2".
        answer : object
            The answer, or `...` while there is none.
        """
        _check(exercise, answer, self._chapter)

    def hint(self, exercise: str, number: int = 1) -> None:
        """Give a hint; each says more than the one before.

        Parameters
        ----------
        exercise : str
            Chapter and number, such as "04.2".
        number : int
            Which hint, counted from 1.
        """
        _hint(exercise, number, self._chapter)

    def _chapter(self, chapter: str) -> tuple[Exercise, ...]:
        return tuple(one for one in self.exercises if one.id[:2] == chapter)

    def __repr__(self) -> str:
        return f"Variant {self.seed}\n{self.worked!r}\n{self.plane!r}"


def draw(seed: SupportsIndex) -> Variant:
    """The variant of that number; see `attention_core.exercises.variant`."""
    number = _number(seed)
    draws = Draws(number)
    for _ in range(TRIES):
        worked = _worked(draws)
        steps = attended(worked)
        outputs = softmax(steps.scores, axis=0) @ steps.values
        beyond = (outputs > steps.values.max(axis=0)).all(axis=1)
        start = replace(
            BOOK,
            worked=worked,
            plane=_plane(draws),
            column_output=int(beyond.argmax()),
            home="mine",
        )
        given = _completed(draws, start)
        if given is not None:
            return Variant(number, _frozen(given))
    raise _none("variant", TRIES)


def _frozen(given: Given) -> Given:
    """The same with arrays that cannot be written to."""
    arrays: dict[str, Any] = {
        name: frozen(part) for name, part in vars(given).items() if isinstance(part, np.ndarray)
    }
    return replace(given, **arrays)


def _none(what: str, tries: int) -> RuntimeError:
    """What is raised where nothing was found; no seed is known that leads here."""
    return RuntimeError(f"no {what} found in {tries} tries; take another seed")


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
