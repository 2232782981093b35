"""Exercises of chapter 24: a head for the full stop, what it takes there, and a head that is missed."""

from functools import cache
from typing import Any

import numpy as np

from attention_core import bert
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise, sentences

__all__ = ["EXERCISES"]

#: Of the model: layers, heads, and entries a head.
LAYERS, HEADS, SIZE = 6, 12, 32
#: The previous-token head, from zero.
PREVIOUS = 0, 2


@cache
def model() -> tuple[bert.Bert, Any, dict[str, Floats]]:
    """The real model, its tokenizer and its weights."""
    from safetensors.numpy import load_file

    loaded, tokenizer = bert.load(bert.minilm())
    return loaded, tokenizer, load_file(bert.minilm() / "model.safetensors")


@cache
def at_the_stop() -> tuple[Floats, Floats, Floats]:
    """Means over all queries before the full stop: its weight, its part in weight × length; [CLS]'s weight.

    Each is (layers, heads).
    """
    loaded, tokenizer, state = model()
    weights, parts, starts = [], [], []
    for text in sentences.plain:
        ids = tokenizer.encode(text).ids
        found = loaded([ids])
        a = np.stack(found.attentions)[:, 0]
        taken = a * np.stack([lengths(found.hidden[i][0], state, i) for i in range(LAYERS)])
        words = slice(1, -2)
        weights.append(a[:, :, words, -2])
        parts.append((taken[..., -2] / taken.sum(axis=-1))[:, :, words])
        starts.append(a[:, :, words, 0])
    mean = (np.concatenate(each, axis=-1).mean(axis=-1) for each in (weights, parts, starts))
    weight, part, start = mean
    return weight, part, start


def lengths(hidden: Floats, state: dict[str, Floats], layer: int) -> Floats:
    """The lengths of each head's values, (heads, 1, n)."""
    name = f"encoder.layer.{layer}.attention.self.value."
    value = hidden @ state[name + "weight"].T + state[name + "bias"]
    length: Floats = np.linalg.norm(value.reshape(len(hidden), HEADS, SIZE), axis=-1)
    return length.T[:, None, :]


def best(table: Floats) -> tuple[int, int]:
    """Layer and head of the largest entry, counted from one."""
    layer, head = np.unravel_index(table.argmax(), table.shape)
    return int(layer) + 1, int(head) + 1


def stop_head() -> tuple[int, int]:
    """The head that gives the full stop most."""
    return best(at_the_stop()[0])


def from_zero() -> tuple[int, int]:
    """The same head as an array counts."""
    layer, head = stop_head()
    return layer - 1, head - 1


def of_that_head(which: int) -> float:
    """One of the three means, for the head of the full stop."""
    return float(at_the_stop()[which][from_zero()])


@cache
def angle(taken_out: tuple[tuple[int, int], ...] = ()) -> float:
    """Mean angle between the two sentences of a swapped pair, with some heads taken out."""
    loaded, tokenizer, state = model()
    changed = dict(state)
    for layer, head in taken_out:
        name = f"encoder.layer.{layer}.attention.output.dense.weight"
        changed[name] = changed[name].copy()
        changed[name][:, SIZE * head : SIZE * (head + 1)] = 0
    made = bert.from_state(loaded.config, changed)
    degrees = []
    for pair in sentences.swapped:
        first, second = (
            np.mean(made([tokenizer.encode(text).ids]).hidden[-1][0].astype(float), axis=0)
            for text in pair
        )
        cosine = first @ second / np.sqrt((first @ first) * (second @ second))
        degrees.append(np.degrees(np.arccos(cosine)))
    return float(np.mean(degrees))


def with_and_without() -> tuple[float, float]:
    """The angle with every head, and without the previous-token head."""
    return angle(), angle((PREVIOUS,))


EXERCISES = (
    Exercise(
        id="24.1",
        question="Layer and head, counted from one, with the largest mean weight on the full stop.",
        expected=stop_head,
        hints=(
            "Every sentence ends on a full stop and [SEP]. At which index from the end is the stop?",
            "Average weights[:, :, 1:-2, -2] over all queries of all sentences, as for [CLS].",
            "np.unravel_index of the largest entry gives layer and head from zero. Add one to each.",
        ),
        diagnoses=(
            Diagnosis(
                "from zero",
                from_zero,
                "That is where it stands in an array. Count layers and heads from one.",
            ),
            Diagnosis(
                "the resting place",
                lambda: best(at_the_stop()[2]),
                "That head gives [CLS] most. The stop is the token before the last.",
            ),
        ),
        right="It stands out: no other head gives the stop half as much.",
    ),
    Exercise(
        id="24.2",
        question="In that head, the full stop's mean part in weight × length of the value.",
        expected=lambda: of_that_head(1),
        hints=(
            "Do for the stop what the chapter did for [CLS].",
            "Divide taken at the stop by the sum of taken over all keys, query by query, then average.",
            "Take the queries before the stop: [1:-2], and the key [-2].",
        ),
        diagnoses=(
            Diagnosis(
                "the weight alone",
                lambda: of_that_head(0),
                "That is the mean weight. Now multiply each weight by the length of its value.",
            ),
        ),
        right="More than its weight: the values there are as long as any. This is no resting place.",
    ),
    Exercise(
        id="24.3",
        question="The mean angle between swapped sentences, with all heads, and without the "
        "previous-token head.",
        expected=with_and_without,
        hints=(
            "A sentence's vector is the mean of its tokens' in the last hidden state. Take the angle "
            "between the two of each pair, then the mean over pairs.",
            "without(...) of the chapter makes the second model. Which head is it?",
            "The cosine of the angle is the dot product of both vectors, each divided by its length.",
        ),
        diagnoses=(
            Diagnosis(
                "the next-token head",
                lambda: (angle(), angle(((1, 8),))),
                "That is the next-token head. The other one is in the first layer.",
            ),
            Diagnosis(
                "the other way round",
                lambda: with_and_without()[::-1],
                "First with all heads, then without one.",
            ),
        ),
        right="Next to nothing moves. Each token carries its position anyway, and other heads read it.",
    ),
)
