"""Exercises of chapter 14: positions, and what a turn does to a score."""

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.positions import frequencies, rotary, sinusoidal

__all__ = ["EXERCISES"]

QUERY, KEY = np.array([3.0, 1.0]), np.array([2.0, 0.0])
PLACES = 8, 5


def on_the_dial(x: Floats, place: float) -> Floats:
    """A vector where it stands on a dial of 30 degrees a position."""
    turned: Floats = rotary(x[None], [np.radians(30 * place)])[0]
    return turned


def score(query_place: float, key_place: float) -> float:
    """The score of the two on that dial."""
    return float(on_the_dial(QUERY, query_place) @ on_the_dial(KEY, key_place))


def by_distance(query: ArrayLike, key: ArrayLike, most: int) -> Floats:
    """The scores of a query and a key at each distance from 0."""
    turned = rotary(np.tile(np.asarray(query, float), (most + 1, 1)), np.arange(most + 1))
    scores: Floats = turned @ np.asarray(key, float)
    return scores


def favourite(query: ArrayLike, key: ArrayLike, most: int) -> int:
    """The distance of the highest score, the query after the key."""
    return int(by_distance(query, key, most).argmax())


def other_way(query: ArrayLike, key: ArrayLike, most: int) -> int:
    """The key after the query."""
    return favourite(key, query, most)


def lowest(query: ArrayLike, key: ArrayLike, most: int) -> int:
    """The least in place of the most."""
    return int(by_distance(query, key, most).argmin())


def by_neighbours(query: ArrayLike, key: ArrayLike, most: int) -> int:
    """The other layout of pairs."""
    evens_first = np.r_[0 : len(np.asarray(query)) : 2, 1 : len(np.asarray(query)) : 2]
    return favourite(np.asarray(query)[evens_first], np.asarray(key)[evens_first], most)


def queries_and_keys() -> tuple[tuple[list[float], list[float], int], ...]:
    """Pairs that like one distance best, and each another."""
    query, other = [1.0, 2.0, 0.5, 3.0], [2.0, -1.0, 1.0, 0.5, 1.0, 2.0]
    return (
        (query, rotary([query], [3])[0].tolist(), 6),
        (other, rotary([other], [5])[0].tolist(), 9),
        ([1.0, 1.0], [-1.0, 0.5], 4),
    )


def ahead(row: ArrayLike, steps: int) -> Floats:
    """The row of a position, from that of a position before it."""
    array = np.asarray(row, float)
    sin, cos = array[::2], array[1::2]
    turn = steps * frequencies(len(array))
    found = np.empty_like(array)
    found[::2] = sin * np.cos(turn) + cos * np.sin(turn)
    found[1::2] = cos * np.cos(turn) - sin * np.sin(turn)
    return found


def by_halves(row: ArrayLike, steps: int) -> Floats:
    """The function of the library, on features that are laid out otherwise."""
    found: Floats = rotary(np.asarray(row, float)[None], [steps])[0]
    return found


def added(row: ArrayLike, steps: int) -> Floats:
    """The row of the steps added, as if positions were."""
    array = np.asarray(row, float)
    total: Floats = array + sinusoidal(steps + 1, len(array))[steps]
    return total


def one_speed(row: ArrayLike, steps: int) -> Floats:
    """Every clock turned as fast as the first."""
    array = np.asarray(row, float)
    return np.concatenate([ahead(pair, steps) for pair in array.reshape(-1, 2)])


def rows_and_steps() -> tuple[tuple[list[float], int], ...]:
    """Rows of some positions, and how far ahead to look."""
    return tuple(
        (sinusoidal(p + 1, d)[p].tolist(), steps) for p, d, steps in ((2, 8, 3), (40, 6, 7))
    )


EXERCISES = (
    Exercise(
        id="14.1",
        question="The score of a query and a key on the dial.",
        expected=lambda: score(*PLACES),
        hints=(
            "Only the distance counts: leave the key as it is, and turn the query by the rest.",
            "Three positions are a quarter of a turn on this dial.",
            "A quarter turn makes (x, y) into (−y, x).",
        ),
        diagnoses=(
            Diagnosis(
                "not turned at all",
                lambda: score(0, 0),
                "That is their score at one and the same position. Turn them first.",
            ),
            Diagnosis(
                "turned with the clock",
                lambda: score(5, 8),
                "The size is right. Which way does the query turn against the key?",
            ),
            Diagnosis(
                "the query alone turned, by its position",
                lambda: score(8, 0),
                "The query is where it should be. The key has a position, too.",
            ),
            Diagnosis(
                "the key alone turned",
                lambda: score(0, 5),
                "The key is where it should be. The query has a position, too.",
            ),
        ),
        right="Nobody needs to know where they stand, only how far apart.",
    ),
    Exercise(
        id="14.2",
        question="A function: the distance at which a query likes a key best.",
        expected=lambda: favourite,
        hints=(
            "Put the key at position 0, and the query at one position after the other.",
            "`positions.rotary` takes many rows at once: repeat the query, one row a position.",
            "Of the scores you want the place of the highest: `argmax`. Make it an `int`.",
        ),
        diagnoses=(
            Diagnosis(
                "the key walks ahead",
                lambda: other_way,
                "Here the key stands after the query. Let the query be the one further on.",
            ),
            Diagnosis(
                "the lowest score",
                lambda: lowest,
                "That is where the query likes the key least.",
            ),
            Diagnosis(
                "neighbours paired",
                lambda: by_neighbours,
                "These pairs are neighbours. The library pairs the first half with the second.",
            ),
            Diagnosis(
                "positions left out",
                lambda: lambda query, key, most: 0,
                "This is zero for every query. Are the queries turned?",
            ),
        ),
        right="A head that looks a fixed way back needs no more than a well chosen query and key.",
        cases=queries_and_keys,
    ),
    Exercise(
        id="14.3",
        question="A function: the sinusoids some steps ahead, from a row of unknown position.",
        expected=lambda: ahead,
        hints=(
            "Each clock goes on by the steps times its own speed, wherever its hand stands.",
            "sin(a + b) = sin a cos b + cos a sin b, and cos(a + b) = cos a cos b − sin a sin b.",
            "`row[0::2]` are the sines, `row[1::2]` the cosines; the speeds are "
            "`10000 ** (-np.arange(0, d, 2) / d)`.",
        ),
        diagnoses=(
            Diagnosis(
                "turned back",
                lambda: lambda row, steps: ahead(row, -steps),
                "These are the sinusoids some steps before. Which term has the minus sign?",
            ),
            Diagnosis(
                "the library's rotary",
                lambda: by_halves,
                "The library turns the first half with the second. Here the pairs are neighbours.",
            ),
            Diagnosis(
                "rows added",
                lambda: added,
                "Adding two rows does not add their positions: angles add, and sines do not.",
            ),
            Diagnosis(
                "one speed for all",
                lambda: one_speed,
                "Every clock goes as fast as the first here. Each has a speed of its own.",
            ),
        ),
        right="A step ahead is a rotation, the same from everywhere: the sinusoids turn, too.",
        cases=rows_and_steps,
    ),
)
