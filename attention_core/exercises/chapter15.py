"""Exercises of chapter 15: the layers of a Transformer."""

from collections.abc import Callable
from typing import Any

import numpy as np

from attention_core import example
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise
from attention_core.heads import MultiHeadAttention
from attention_core.layers import FeedForward, LayerNorm, layer_norm

__all__ = ["EXERCISES"]

_TOKEN = np.array([2.0, 4.0, 4.0, 6.0])

Part = Callable[[Floats], Any]


def normalised() -> Floats:
    """The token, normalised."""
    return layer_norm(_TOKEN, np.ones(4), np.zeros(4))


def centred() -> Floats:
    """The token less its mean."""
    less: Floats = _TOKEN - _TOKEN.mean()
    return less


def attention_parameters(d_model: int, biases: bool = True) -> int:
    """Four projections, each with a bias or without."""
    return 4 * (d_model * d_model + biases * d_model)


def feed_parameters(d_model: int, d_ff: int, biases: bool = True) -> int:
    """Two projections, each with a bias or without."""
    return 2 * d_model * d_ff + biases * (d_ff + d_model)


def parameters(d_model: int, d_ff: int, heads: int) -> int:
    """Attention, feed-forward and two norms."""
    return attention_parameters(d_model) + feed_parameters(d_model, d_ff) + 4 * d_model


def for_each_head(d_model: int, d_ff: int, heads: int) -> int:
    """The projections of queries, keys and values counted once for each head."""
    return parameters(d_model, d_ff, heads) + 3 * (heads - 1) * (d_model * d_model + d_model)


def without_biases(d_model: int, d_ff: int, heads: int) -> int:
    """The matrices and the norms."""
    both = attention_parameters(d_model, False) + feed_parameters(d_model, d_ff, False)
    return both + 4 * d_model


def without_attention_biases(d_model: int, d_ff: int, heads: int) -> int:
    """As the chapter counts the base model."""
    return parameters(d_model, d_ff, heads) - 4 * d_model


def sizes() -> tuple[tuple[int, int, int], ...]:
    """Sizes of a token, hidden units, and heads."""
    return (4, 8, 2), (512, 2048, 8), (6, 5, 3)


def side_by_side(x: Floats, norm: Part, attend: Part, forward: Part) -> Floats:
    """Both sub-layers read the same, and both are added."""
    read = norm(x)
    added: Floats = x + attend(read).output + forward(read)
    return added


def one_after_the_other(x: Floats, norm: Part, attend: Part, forward: Part) -> Floats:
    """The second reads what the first left."""
    x = x + attend(norm(x)).output
    added: Floats = x + forward(norm(x))
    return added


def without_the_stream(x: Floats, norm: Part, attend: Part, forward: Part) -> Floats:
    """What is made, not added to what came in."""
    return side_by_side(x, norm, attend, forward) - x


def stream_normalised(x: Floats, norm: Part, attend: Part, forward: Part) -> Floats:
    """The norm on the stream too."""
    added: Floats = side_by_side(x, norm, attend, forward) - x + norm(x)
    return added


def without_norm(x: Floats, norm: Part, attend: Part, forward: Part) -> Floats:
    """The stream read as it is."""
    return side_by_side(x, lambda x: x, attend, forward)


def norm_last(x: Floats, norm: Part, attend: Part, forward: Part) -> Floats:
    """The sum normalised, not what is read."""
    normed: Floats = norm(without_norm(x, norm, attend, forward))
    return normed


def layers() -> tuple[tuple[Floats, LayerNorm, MultiHeadAttention, FeedForward], ...]:
    """The worked example and random tokens, each with parts of a layer."""
    cases = []
    for seed, x in enumerate((example.inputs, np.random.default_rng(5).normal(size=(2, 6)))):
        rng = np.random.default_rng(seed)
        d = x.shape[1]
        query, key, value, output = rng.normal(0, 0.5, (4, d, d))
        attend = MultiHeadAttention(query, key, value, output, heads=2)
        forward = FeedForward(
            rng.normal(size=(d, 5)), rng.normal(size=5), rng.normal(size=(5, d)), rng.normal(size=d)
        )
        cases.append((x, LayerNorm(*rng.normal(1, 0.5, (2, d))), attend, forward))
    return tuple(cases)


EXERCISES = (
    Exercise(
        id="15.1",
        question="What does layer norm make of this token?",
        expected=normalised,
        hints=(
            "First the mean of the four features: take it off each of them.",
            "The variance is the mean of the squares of what is left.",
            "Divide what is left by the root of the variance. Two of the entries become zero.",
        ),
        diagnoses=(
            Diagnosis(
                "not divided",
                centred,
                "The mean is off. Now divide by the standard deviation.",
            ),
            Diagnosis(
                "over the variance",
                lambda: centred() / _TOKEN.var(),
                "This is divided by the variance. Its root, the deviation, is wanted.",
            ),
            Diagnosis(
                "over one less",
                lambda: centred() / _TOKEN.std(ddof=1),
                "Here the squares were summed and divided by one less than their number. "
                "Layer norm takes their plain mean.",
            ),
            Diagnosis(
                "not centred",
                lambda: _TOKEN / _TOKEN.std(),
                "This is divided, but the mean was not taken off first.",
            ),
            Diagnosis(
                "over the length",
                lambda: centred() / np.linalg.norm(centred()),
                "This has length one. Divide by the root of the mean of squares, not of their sum.",
            ),
        ),
        right="Mean zero, variance one: a token twice as long gives the same.",
    ),
    Exercise(
        id="15.2",
        question="A function: the parameters of an encoder layer, with all biases.",
        expected=lambda: parameters,
        hints=(
            "Write the shapes down first: of attention, of feed-forward, of the norms.",
            "Attention has four square matrices, and a bias for each.",
            "Feed-forward has two matrices and two biases of different sizes; a layer has two "
            "norms, each with a gain and a bias.",
        ),
        diagnoses=(
            Diagnosis(
                "times the heads",
                lambda: for_each_head,
                "Heads share the columns of the projections: more of them add no parameter.",
            ),
            Diagnosis(
                "no biases",
                lambda: without_biases,
                "The matrices and norms are right. Each of the six projections has a bias as well.",
            ),
            Diagnosis(
                "no biases in attention",
                lambda: without_attention_biases,
                "This counts as the base model above. Attention's four biases are missing, or the norms.",
            ),
            Diagnosis(
                "one norm",
                lambda: lambda d, f, h: parameters(d, f, h) - 2 * d,
                "Half of the norms is missing: each sub-layer has one, and it has a gain and a bias.",
            ),
            Diagnosis(
                "three projections",
                lambda: lambda d, f, h: parameters(d, f, h) - d * d - d,
                "The matrix that mixes the heads is missing, or one of the other three.",
            ),
        ),
        right="Heads do not count: they share what the projections have.",
        cases=sizes,
    ),
    Exercise(
        id="15.3",
        question="A function: a layer whose two sub-layers stand side by side.",
        expected=lambda: side_by_side,
        hints=(
            "Normalise once, and keep the result under a name of its own.",
            "Both sub-layers read that. The stream itself stays as it came in.",
            "The result is a sum of three: the stream, what the heads make, and what feed-forward "
            "makes.",
        ),
        diagnoses=(
            Diagnosis(
                "one after the other",
                lambda: one_after_the_other,
                "Here feed-forward reads what attention has left. Both should read the same.",
            ),
            Diagnosis(
                "no stream",
                lambda: without_the_stream,
                "What is made is right, but it is not added to what came in.",
            ),
            Diagnosis(
                "the stream normalised",
                lambda: stream_normalised,
                "The norm is for what is read. The stream itself stays as it came in.",
            ),
            Diagnosis(
                "no norm",
                lambda: without_norm,
                "The sub-layers read the stream as it is here. They should read it normalised.",
            ),
            Diagnosis(
                "norm last",
                lambda: norm_last,
                "The sum is normalised here. The norm stands first: on what is read.",
            ),
        ),
        right="Neither waits for the other, so their products can be computed together.",
        cases=layers,
    ),
)
