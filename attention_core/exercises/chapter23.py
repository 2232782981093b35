"""Exercises of chapter 23: a mean over real tokens, the same words in another order, a control."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from attention_core import bert
from attention_core.exercises import Diagnosis, Exercise
from attention_core.exercises.banks import money, river
from attention_core.scores import cosine

__all__ = ["EXERCISES"]

Array = NDArray[np.float64]

PAIR = ("The dog bit the man.", "The man bit the dog.")


def pooled(hidden: Array, mask: NDArray[np.bool_]) -> Array:
    """The mean of each sentence's real tokens."""
    real = mask[:, :, None]
    mean: Array = np.where(real, hidden, 0).sum(axis=1) / real.sum(axis=1)
    return mean


def over_all(hidden: Array, mask: NDArray[np.bool_]) -> Array:
    """Padding taken along."""
    mean: Array = hidden.mean(axis=1)
    return mean


def divided_by_all(hidden: Array, mask: NDArray[np.bool_]) -> Array:
    """Padding set to zero, and counted all the same."""
    mean: Array = np.where(mask[:, :, None], hidden, 0).mean(axis=1)
    return mean


def summed(hidden: Array, mask: NDArray[np.bool_]) -> Array:
    """Not divided at all."""
    total: Array = np.where(mask[:, :, None], hidden, 0).sum(axis=1)
    return total


def first(hidden: Array, mask: NDArray[np.bool_]) -> Array:
    """The row of [CLS]."""
    return hidden[:, 0]


def one_for_all(hidden: Array, mask: NDArray[np.bool_]) -> Array:
    """All sentences thrown together."""
    mean: Array = hidden[mask].mean(axis=0)
    return mean


def batches() -> tuple[tuple[Array, NDArray[np.bool_]], ...]:
    """Two batches: in one, padding holds what would be noticed; in the other there is none."""
    rng = np.random.default_rng(23)
    lengths = np.array([4, 2, 3])
    mask = np.arange(4) < lengths[:, None]
    hidden = rng.normal(size=(3, 4, 5))
    hidden[~mask] = 100
    return (hidden, mask), (rng.normal(size=(2, 3, 4)), np.ones((2, 3), bool))


@cache
def read(texts: tuple[str, ...]) -> tuple[tuple[Array, ...], ...]:
    """Of each sentence the output of the embeddings and of each layer."""
    model, tokenizer = _loaded()
    return tuple(
        tuple(x[0].astype(float) for x in model(np.array([tokenizer.encode(text).ids])).hidden)
        for text in texts
    )


@cache
def _loaded():  # type: ignore[no-untyped-def]
    return bert.load(bert.minilm())


def alike(one: Array, other: Array) -> float:
    """The cosine of two vectors."""
    return float(cosine(one[None], other[None])[0, 0])


def in_other_order() -> tuple[float, float]:
    """The cosines of the two means, before the first layer and after the last."""
    one, other = read(PAIR)
    before, after = (alike(one[at].mean(axis=0), other[at].mean(axis=0)) for at in (0, -1))
    return before, after


def of_the_first_token() -> tuple[float, float]:
    """The same of [CLS]."""
    one, other = read(PAIR)
    before, after = (alike(one[at][0], other[at][0]) for at in (0, -1))
    return before, after


def turned_around() -> tuple[float, float]:
    """After the last layer first."""
    before, after = in_other_order()
    return after, before


def gap(place: int, layer: int = -1, itself: bool = False) -> float:
    """How much more alike a token's vectors are within a sense than across, on average."""
    texts = (*river.values(), *money.values())
    rows = np.array([hidden[layer][place] for hidden in read(texts)])
    alike = cosine(rows, rows)
    sense = np.arange(8) < 4
    same = (sense[:, None] == sense) & (itself | ~np.eye(8, dtype=bool))
    return float(alike[same].mean() - alike[sense[:, None] != sense].mean())


EXERCISES = (
    Exercise(
        id="23.1",
        question="A function: the mean of each sentence's real tokens, in a batch with padding.",
        expected=lambda: pooled,
        hints=(
            "What lies at padded places means nothing. How can it add nothing to the sum?",
            "mask[:, :, None] stands over the features, too: np.where(mask[:, :, None], hidden, 0).",
            "Divide each sum by the number of its own real tokens: mask.sum(axis=1) counts them.",
        ),
        diagnoses=(
            Diagnosis(
                "padding taken along",
                lambda: over_all,
                "This is a mean over all places, and padding is among them.",
            ),
            Diagnosis(
                "divided by all",
                lambda: divided_by_all,
                "Padding adds nothing any more, and is still counted. By how many do you divide?",
            ),
            Diagnosis(
                "a sum",
                lambda: summed,
                "These are sums. A mean divides by the number of real tokens.",
            ),
            Diagnosis(
                "[CLS]",
                lambda: first,
                "That is the vector of [CLS] alone. The mean takes every real token.",
            ),
            Diagnosis(
                "one mean for all",
                lambda: one_for_all,
                "All sentences are in one mean here. Each should have its own: sum over axis 1.",
            ),
        ),
        right="A sentence's vector no longer hangs on how long its neighbours are.",
        cases=batches,
    ),
    Exercise(
        id="23.2",
        question="The cosine of the two sentences' means: before the first layer, after the last.",
        expected=in_other_order,
        hints=(
            "model(...).hidden has the output of the embeddings first, and that of the last layer last.",
            "For each sentence and each of the two: hidden[at][0].mean(axis=0).",
            "cosine takes matrices: put a vector in square brackets, and take entry [0, 0].",
        ),
        diagnoses=(
            Diagnosis(
                "order cannot matter",
                lambda: (1.0, 1.0),
                "Do the layers see which of the two bites? Compute the second number, too.",
            ),
            Diagnosis(
                "[CLS]",
                of_the_first_token,
                "That is the vector of [CLS]. Take the mean over all tokens.",
            ),
            Diagnosis(
                "turned around",
                turned_around,
                "Both are right, in the other order: before the first layer comes first.",
            ),
        ),
        right="Even after six layers the two are nearly one: who bit whom is a small part of a mean.",
    ),
    Exercise(
        id="23.3",
        question="For the word before bank, after the last layer: mean cosine within less across.",
        expected=lambda: gap(4),
        hints=(
            "It stands in all eight sentences at position four. Take its rows in place of bank's.",
            "Average over the pairs of two different sentences of one sense, and over those across.",
            "pairs(cosines) in this chapter gives both kinds, for any matrix of eight by eight.",
        ),
        diagnoses=(
            Diagnosis(
                "bank itself",
                lambda: gap(5),
                "That is the gap of bank, at position five. Take the word before it.",
            ),
            Diagnosis(
                "each with itself",
                lambda: gap(4, itself=True),
                "Each sentence is compared with itself, too, which is always one. Leave that out.",
            ),
            Diagnosis(
                "before the first layer",
                lambda: gap(4, layer=0),
                "That is before the first layer, where all of them are one vector.",
            ),
            Diagnosis(
                "the other way",
                lambda: -gap(4),
                "The right size. But it is within less across that is asked for.",
            ),
        ),
        right="More than bank's own gap: what parts is the company. A word of no sense parts with it.",
    ),
)
