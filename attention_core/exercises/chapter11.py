"""Exercises of chapter 11: shapes, and the conventions of others."""

from collections.abc import Callable

import numpy as np

from attention_core._check import Floats
from attention_core.attend import attention
from attention_core.example import rectangle
from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES"]

Shape = tuple[int, ...]
Three = tuple[Floats, Floats, Floats]

_N, _M, _D_MODEL, _D_K, _D_V = 7, 9, 8, 4, 5


def shapes(n: int = _N, m: int = _M) -> tuple[Shape, Shape, Shape]:
    """The shapes of the value's projection, of the scores and of the outputs."""
    value_weight = np.ones((_D_MODEL, _D_V))
    value = np.ones((m, _D_MODEL)) @ value_weight
    scores, _, output = attention(np.ones((n, _D_K)), np.ones((m, _D_K)), value)
    return value_weight.shape, scores.shape, output.shape


def other(part: int, shape: Shape) -> tuple[Shape, ...]:
    """The shapes, one of them replaced."""
    found: list[Shape] = list(shapes())
    found[part] = shape
    return tuple(found)


def unmoved() -> tuple[bool, bool, bool]:
    """Whether the outputs stay when a bias is added to queries, to keys, to values."""
    inputs, query_weight, key_weight, value_weight = rectangle
    query = inputs @ query_weight
    key, value = rectangle.memory @ key_weight, rectangle.memory @ value_weight
    output, bias = attention(query, key, value).output, np.array([1, -2])
    to_queries = attention(query + bias, key, value).output
    to_keys = attention(query, key + bias, value).output
    to_values = attention(query, key, value + 1).output
    return (
        np.allclose(to_queries, output),
        np.allclose(to_keys, output),
        np.allclose(to_values, output),
    )


def unpack(inputs: Floats, in_proj_weight: Floats) -> Three:
    """Queries, keys and values from one array of three projections, each (out, in)."""
    query, key, value = np.split(in_proj_weight, 3)
    return inputs @ query.T, inputs @ key.T, inputs @ value.T


def untransposed(inputs: Floats, in_proj_weight: Floats) -> Three:
    """The parts, as if they were (in, out)."""
    query, key, value = np.split(in_proj_weight, 3)
    return inputs @ query, inputs @ key, inputs @ value


def reshaped(inputs: Floats, in_proj_weight: Floats) -> Three:
    """Turned by a reshape, which reads on across the rows."""
    query, key, value = np.split(in_proj_weight.reshape(in_proj_weight.shape[::-1]), 3, axis=1)
    return inputs @ query, inputs @ key, inputs @ value


def every_third(inputs: Floats, in_proj_weight: Floats) -> Three:
    """Rows dealt out in turn."""
    query, key, value = (in_proj_weight[start::3] for start in range(3))
    return inputs @ query.T, inputs @ key.T, inputs @ value.T


def upright(inputs: Floats, in_proj_weight: Floats) -> Three:
    """Tokens as columns."""
    query, key, value = unpack(inputs, in_proj_weight)
    return query.T, key.T, value.T


def keras_order(inputs: Floats, in_proj_weight: Floats) -> Three:
    """The value before the key."""
    query, key, value = unpack(inputs, in_proj_weight)
    return query, value, key


def packed() -> tuple[tuple[Floats, Floats], ...]:
    """Inputs, with three projections one below the other."""
    draw: Callable[..., Floats] = np.random.default_rng(11).normal
    inputs = rectangle.inputs
    size = inputs.shape[1]
    return (inputs, draw(size=(3 * size, size))), (draw(size=(5, 2)), draw(size=(6, 2)))


EXERCISES = (
    Exercise(
        id="11.1",
        question="The shapes of the value's projection, of the scores and of the outputs.",
        expected=shapes,
        hints=(
            "Write each product with its letters: (n, d_k) @ (d_k, m) is (n, m).",
            "A projection has a row for each feature that goes in, and a column for each entry "
            "that comes out.",
            "There is an output for each query, and it is as long as a value.",
        ),
        diagnoses=(
            Diagnosis(
                "projection out by in",
                lambda: other(0, (_D_V, _D_MODEL)),
                "The projection is as a Linear would hold it. Here it is (in, out).",
            ),
            Diagnosis(
                "the keys' projection",
                lambda: other(0, (_D_MODEL, _D_K)),
                "This would make keys. What is asked for makes values.",
            ),
            Diagnosis(
                "scores transposed",
                lambda: other(1, (_M, _N)),
                "These scores have a row for each key. Which of the two asks?",
            ),
            Diagnosis(
                "an output for each key",
                lambda: other(2, (_M, _D_V)),
                "This has an output for each value. Who takes an output away?",
            ),
            Diagnosis(
                "outputs of the key's size",
                lambda: other(2, (_N, _D_K)),
                "These outputs are as long as a key. What is averaged?",
            ),
            Diagnosis(
                "self-attention",
                lambda: shapes(_N, _N),
                "Here the tokens that ask attend to themselves. They ask others.",
            ),
        ),
        right="The size of a key is in none of the three: it is summed away.",
    ),
    Exercise(
        id="11.2",
        question="Where may a bias be added, and no output changes?",
        expected=unmoved,
        hints=(
            "Write out the raw score with b: (q + b)·k, and q·(k + b). What is added to each?",
            "What is added in one case depends on the query alone; in the other, on the key alone.",
            "Softmax ignores what is added to a whole row. And what are outputs made of?",
        ),
        diagnoses=(
            Diagnosis(
                "queries for keys",
                lambda: (True, False, False),
                "Added to every query, b adds b·k to a score. Is that the same along a row?",
            ),
            Diagnosis(
                "weights for outputs",
                lambda: (False, True, True),
                "That is true of the weights. The outputs are made of values, too.",
            ),
            Diagnosis(
                "neither query nor key matters",
                lambda: (True, True, False),
                "Only one of q·b and b·k is the same for a whole row of scores.",
            ),
            Diagnosis(
                "nothing stays",
                lambda: (False, False, False),
                "Try it: one of the three adds the same number to a whole row of scores.",
            ),
        ),
        right="That one adds q·b to a whole row, and softmax ignores it. Such a bias learns nothing.",
    ),
    Exercise(
        id="11.3",
        question="A function: queries, keys and values from PyTorch's one array.",
        expected=lambda: unpack,
        hints=(
            "First cut the array into three, from top to bottom.",
            "np.split(in_proj_weight, 3) gives the three parts, each (out, in).",
            "A Linear computes x @ weight.T.",
        ),
        diagnoses=(
            Diagnosis(
                "not transposed",
                lambda: untransposed,
                "The three parts are right. Each is square, so a forgotten transpose runs.",
            ),
            Diagnosis(
                "reshaped",
                lambda: reshaped,
                "A reshape reads numbers on in their order; it does not turn rows into columns.",
            ),
            Diagnosis(
                "dealt out",
                lambda: every_third,
                "Rows were dealt out in turn. The first third of the rows belongs to queries.",
            ),
            Diagnosis(
                "tokens as columns",
                lambda: upright,
                "These are right, and upright. Here tokens are rows.",
            ),
            Diagnosis(
                "value before key",
                lambda: keras_order,
                "Keys and values have changed places.",
            ),
        ),
        right="x @ in_proj_weight.T makes all three side by side in one product.",
        cases=packed,
    ),
)
