"""Exercises of chapter 25: places in a table, a blur as a matrix, a stranger's configuration."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from attention_core import bert
from attention_core._check import Floats
from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES", "STRANGER"]

_ROWS, _PADDING = 514, 3

#: A published configuration, without the entry that says what it is.
STRANGER: dict[str, Any] = {
    "vocab_size": 30000,
    "embedding_size": 128,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_hidden_groups": 1,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "hidden_act": "gelu_new",
    "inner_group_num": 1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}


def longest(rows: int, padding: int) -> int:
    """How many tokens have a row of their own, behind that of padding."""
    return rows - padding - 1


def taps(sigma: float) -> tuple[float, float]:
    """What a token keeps, and what it takes from each neighbour."""
    tap = math.exp(-1 / (2 * sigma**2))
    return 1 / (1 + 2 * tap), tap / (1 + 2 * tap)


def banded(n: int, own: float, other: float) -> Floats:
    """A matrix with these numbers on its diagonal and on both sides of it."""
    return own * np.eye(n) + other * (np.eye(n, k=1) + np.eye(n, k=-1))


def blur_matrix(n: int, sigma: float) -> Floats:
    """The blur with its edges repeated: the first and the last token are their own neighbours."""
    own, other = taps(sigma)
    matrix = banded(n, own, other)
    matrix[0, 0] += other
    matrix[-1, -1] += other
    return matrix


def without_edges(n: int, sigma: float) -> Floats:
    """As if nothing stood before the first token and behind the last."""
    return banded(n, *taps(sigma))


def around(n: int, sigma: float) -> Floats:
    """As if the last token stood before the first."""
    own, other = taps(sigma)
    matrix = banded(n, own, other)
    matrix[0, -1] += other
    matrix[-1, 0] += other
    return matrix


def shared_out(n: int, sigma: float) -> Floats:
    """Rows divided by their sums, in place of repeated edges."""
    matrix = without_edges(n, sigma)
    divided: Floats = matrix / matrix.sum(axis=1, keepdims=True)
    return divided


def not_divided(n: int, sigma: float) -> Floats:
    """The taps as the Gaussian has them, which sum to more than one."""
    own, _ = taps(sigma)
    return blur_matrix(n, sigma) / own


def without_half(n: int, sigma: float) -> Floats:
    """A Gaussian with σ² where 2 σ² belongs."""
    return blur_matrix(n, sigma / math.sqrt(2))


def sizes() -> tuple[tuple[int, float], ...]:
    """Tokens, and the width of the blur."""
    return (3, 0.5), (6, 0.3), (4, 1.0)


def constantly(function: Callable[[int, float], Floats]) -> Callable[[], Any]:
    """The function, as what a diagnosis calls for."""
    return lambda: function


def parameters(**more: Any) -> int:
    """How many parameters the stranger has, once its type is known."""
    config = STRANGER | {"model_type": "albert"} | more
    return sum(math.prod(shape) for shape in bert.shapes(config).values())


def stranger() -> tuple[str, int, int]:
    """Its name, its parameters, and how often a sentence goes through attention."""
    return "ALBERT", parameters(), STRANGER["num_hidden_layers"]


def as_bert() -> tuple[str, int, int]:
    """Taken for BERT, which has no use for some of its entries."""
    return "BERT", parameters(model_type="bert"), STRANGER["num_hidden_layers"]


def unshared() -> tuple[str, int, int]:
    """Each layer counted with weights of its own."""
    layers = STRANGER["num_hidden_layers"]
    return "ALBERT", parameters(num_hidden_groups=layers), layers


def called(times: int) -> tuple[str, int, int]:
    """The right name and count, with another number of calls."""
    return "ALBERT", parameters(), times


EXERCISES = (
    Exercise(
        id="25.1",
        question="How many tokens at most, with 514 rows of positions and padding at 3?",
        expected=lambda: longest(_ROWS, _PADDING),
        hints=(
            "Which row does the first token of a sentence take? Look at positions_after.",
            "The rows up to that of padding itself are never a real token's.",
        ),
        diagnoses=(
            Diagnosis(
                "all rows",
                lambda: _ROWS,
                "That is every row of the table. Those up to the padding's are not for tokens.",
            ),
            Diagnosis(
                "one too many",
                lambda: longest(_ROWS, _PADDING) + 1,
                "Close. Rows are counted from zero, so there are four of them up to the padding's.",
            ),
            Diagnosis(
                "RoBERTa's own",
                lambda: longest(_ROWS, 1),
                "That is RoBERTa, whose padding has the id 1. Here it has another.",
            ),
            Diagnosis(
                "one too few",
                lambda: longest(_ROWS, _PADDING) - 1,
                "Close. The first token's row is the one right behind the padding's.",
            ),
        ),
        right="Nobody chose that number: it is what the padding leaves.",
    ),
    Exercise(
        id="25.2",
        question="A function: the matrix that blurs n tokens with a Gaussian of three taps.",
        expected=lambda: blur_matrix,
        hints=(
            "Blur the identity matrix by hand: row i tells what token i takes from each token.",
            "A token keeps one part, and takes exp(−1 / (2 σ²)) parts from each neighbour: divide "
            "by the sum of the three.",
            "The first token has no left neighbour. It stands there itself, so it takes that part "
            "from itself.",
        ),
        diagnoses=(
            Diagnosis(
                "no edges",
                constantly(without_edges),
                "The inner rows are right. The first and the last do not sum to one: repeat the "
                "edges.",
            ),
            Diagnosis(
                "around",
                constantly(around),
                "Here the first token takes from the last, as on a ring. The edges are repeated.",
            ),
            Diagnosis(
                "rows divided",
                constantly(shared_out),
                "Rows sum to one. But at the edges all three parts are taken, one of them from the "
                "token itself again.",
            ),
            Diagnosis(
                "not divided",
                constantly(not_divided),
                "The parts are right, but a row sums to more than one: divide by the sum of the "
                "three.",
            ),
            Diagnosis(
                "without the two",
                constantly(without_half),
                "The shape is right. In the Gaussian's exponent, the square of σ is doubled.",
            ),
        ),
        right="Rows sum to one and nothing is negative, so B A is weights again.",
        cases=sizes,
    ),
    Exercise(
        id="25.3",
        question="Who is the stranger, how many parameters has it, and how often does it attend?",
        expected=stranger,
        choices=tuple(bert.PUBLISHED),
        hints=(
            "Two of its entries are in one configuration of the twelve alone. Which?",
            "Say its model_type, and bert.shapes does the rest: sum the products of the shapes.",
            "A model attends once a layer, whoever the weights of the layer belong to.",
        ),
        diagnoses=(
            Diagnosis(
                "taken for BERT",
                as_bert,
                "BERT would ignore two of these entries: the one for embeddings, and the one for "
                "groups.",
            ),
            Diagnosis(
                "unshared",
                unshared,
                "The name is right. But these parameters are counted once for each layer.",
            ),
            Diagnosis(
                "attends once",
                partial(called, 1),
                "Name and parameters are right. The weights are there once; how often are they run?",
            ),
            Diagnosis(
                "attends by heads",
                partial(called, STRANGER["num_attention_heads"]),
                "Name and parameters are right. All heads of a layer attend in one call.",
            ),
        ),
        right="This is ALBERT-large: as deep and as wide as the large BERT, in far fewer parameters.",
    ),
)
