"""Exercises of chapter 18: what a cache spares, what a temperature does, and a shorter list."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.normalize import softmax

__all__ = ["EXERCISES"]

_PROMPT, _COUNT = 5, 4
_RATIO = 3.0


def keys_computed() -> tuple[int, int]:
    """How many keys a head computes for four words after a prompt of five: without, with."""
    read = [_PROMPT + given for given in range(_COUNT)]
    return sum(read), read[-1]


def last_word_read_too() -> tuple[int, int]:
    """The last word read as well, though nothing is to follow it."""
    without, with_cache = keys_computed()
    return without + _PROMPT + _COUNT, with_cache + 1


def one_step_too_few() -> tuple[int, int]:
    """The prompt's own step forgotten."""
    without, with_cache = keys_computed()
    return without - _PROMPT, with_cache - _PROMPT


def last_word_kept() -> tuple[int, int]:
    """Right without a cache, the last word read with one."""
    return keys_computed()[0], _PROMPT + _COUNT


def colder() -> float:
    """The ratio of two probabilities at half the temperature."""
    logits = np.array([np.log(_RATIO), 0.0])
    shares = softmax(logits / 0.5)
    return float(shares[0] / shares[1])


def kept(logits: ArrayLike, k: int) -> Floats:
    """The k largest logits, and −∞ for the others."""
    array = np.asarray(logits, float)
    least = np.sort(array)[-k]
    return np.where(array >= least, array, -np.inf)


def kept_as_zeros(logits: ArrayLike, k: int) -> Floats:
    """Zero where it should be −∞."""
    cut = kept(logits, k)
    return np.where(cut > -np.inf, cut, 0)


def kept_smallest(logits: ArrayLike, k: int) -> Floats:
    """The k smallest."""
    return -kept(-np.asarray(logits, float), k) * 1.0


def smallest_with_infinity(logits: ArrayLike, k: int) -> Floats:
    """The k smallest, −∞ elsewhere."""
    return np.where(kept_smallest(logits, k) < np.inf, np.asarray(logits, float), -np.inf)


def chances_of_kept(logits: ArrayLike, k: int) -> Floats:
    """Softmax of what was kept."""
    return softmax(kept(logits, k))


def sorted_out(logits: ArrayLike, k: int) -> Floats:
    """The k largest alone, out of their places."""
    return np.sort(np.asarray(logits, float))[-k:]


def one_too_few(logits: ArrayLike, k: int) -> Floats:
    """Above the k-th largest, and not it."""
    array = np.asarray(logits, float)
    return np.where(array > np.sort(array)[-k], array, -np.inf)


def rows() -> tuple[tuple[NDArray[np.float64], int], ...]:
    """Logits, and how many to keep."""
    return (
        (np.array([2.0, -1.0, 0.5, 3.0]), 2),
        (np.array([-3.0, -1.0, -2.0]), 1),
        (np.array([0.1, 4.0, -0.3, 2.0, 1.0]), 3),
    )


EXERCISES = (
    Exercise(
        id="18.1",
        question="How many keys does a head compute for four words after a prompt of five?",
        expected=keys_computed,
        hints=(
            "Each step gives one word. How many words are read to give the first of the four?",
            "Without a cache, each step reads one word more than the step before. Add them up.",
            "With a cache each word is read once. Is the last word of all ever read?",
        ),
        diagnoses=(
            Diagnosis(
                "the last word read too",
                last_word_read_too,
                "The fourth word is given, but nothing has to follow it: nobody reads it.",
            ),
            Diagnosis(
                "with a cache, the last word read",
                last_word_kept,
                "Right without a cache. With one: is the fourth word read after it was given?",
            ),
            Diagnosis(
                "the prompt forgotten",
                one_step_too_few,
                "The prompt is read as well, to give the first word.",
            ),
            Diagnosis(
                "the other way round",
                lambda: keys_computed()[::-1],
                "Right numbers, wrong order: first without a cache.",
            ),
        ),
        right="The sum grows with the square of the length, the other count with the length.",
    ),
    Exercise(
        id="18.2",
        question="A word is three times as likely as another at temperature 1. And at 0.5?",
        expected=colder,
        hints=(
            "The ratio of two weights is e to the power of the difference of their scores.",
            "A temperature divides the logits. What does half of it do to their difference?",
            "What happens to e to the power of x, when x is doubled?",
        ),
        diagnoses=(
            Diagnosis(
                "doubled",
                lambda: 2 * _RATIO,
                "The difference of the logits is doubled. The ratio is a power of it.",
            ),
            Diagnosis(
                "halved",
                lambda: _RATIO / 2,
                "Colder means more for the likelier, so the ratio must rise.",
            ),
            Diagnosis(
                "the root",
                lambda: _RATIO**0.5,
                "That is what temperature 2 would do. A half does the opposite.",
            ),
            Diagnosis(
                "unchanged",
                lambda: _RATIO,
                "A temperature divides all logits, so it divides their difference, too.",
            ),
        ),
        right="A half squares every ratio, and 2 takes the root of it.",
    ),
    Exercise(
        id="18.3",
        question="A function: from logits, those of the k likeliest, and −∞ for the others.",
        expected=lambda: kept,
        hints=(
            "np.sort puts the logits in order, the smallest first. Which one is the k-th largest?",
            "Compare all logits with that one; what is not below it stays.",
            "np.where(condition, logits, -np.inf) keeps the places.",
        ),
        diagnoses=(
            Diagnosis(
                "zeros",
                lambda: kept_as_zeros,
                "A logit of zero is not a chance of zero, as a score of zero was not in chapter 12.",
            ),
            Diagnosis(
                "the smallest",
                lambda: smallest_with_infinity,
                "These are the least likely ones. np.sort begins with the smallest.",
            ),
            Diagnosis(
                "probabilities",
                lambda: chances_of_kept,
                "These are probabilities already. The draw makes them; give it logits.",
            ),
            Diagnosis(
                "out of place",
                lambda: sorted_out,
                "Those are the right ones, but out of their places: nobody knows whose they are.",
            ),
            Diagnosis(
                "one too few",
                lambda: one_too_few,
                "The k-th largest is missing: it may stay, too.",
            ),
        ),
        right="A word that is not among the k likeliest is never drawn, at any temperature.",
        cases=rows,
    ),
)
