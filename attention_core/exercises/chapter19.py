"""Exercises of chapter 19: how far stacks reach, and a mask that reaches everything cheaply."""

import numpy as np
from numpy.typing import NDArray

from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES"]

Mask = NDArray[np.bool_]
_WIDTH, _LAYERS = 5, 6
_WINDOW = 512


def inputs_seen() -> int:
    """Inputs that an output of the stack of convolutions sees, its own included."""
    return 1 + _LAYERS * (_WIDTH - 1)


def doublings() -> int:
    """Layers of width 2 whose dilations double, until they see as many tokens as BERT."""
    layers, seen = 0, 1
    while seen < _WINDOW:
        seen += 2**layers
        layers += 1
    return layers


def hub(n: int) -> Mask:
    """Each token and the first see each other, and each sees itself."""
    mask = np.eye(n, dtype=bool)
    mask[0, :] = True
    mask[:, 0] = True
    return mask


def only_seen(n: int) -> Mask:
    """All see the first, which sees itself alone."""
    mask = np.eye(n, dtype=bool)
    mask[:, 0] = True
    return mask


def only_sees(n: int) -> Mask:
    """The first sees all, and the others themselves alone."""
    return only_seen(n).T


def without_itself(n: int) -> Mask:
    """A token does not see itself."""
    mask = hub(n)
    mask[range(1, n), range(1, n)] = False
    return mask


def everything(n: int) -> Mask:
    """All see all."""
    return np.ones((n, n), dtype=bool)


def counts() -> tuple[tuple[int], ...]:
    """How many tokens there are."""
    return (4,), (1,), (7,)


EXERCISES = (
    Exercise(
        id="19.1",
        question="How many inputs does an output see after six causal convolutions of width five?",
        expected=inputs_seen,
        hints=(
            "A single layer of width five sees a token and the four before it.",
            "Each further layer adds as many again, less the one that was there already.",
        ),
        diagnoses=(
            Diagnosis(
                "width times layers",
                lambda: _WIDTH * _LAYERS,
                "Each layer after the first adds one less than its width: one place is seen already.",
            ),
            Diagnosis(
                "without its own input",
                lambda: _LAYERS * (_WIDTH - 1),
                "That is how far back it reaches. Its own input is seen as well.",
            ),
            Diagnosis(
                "width to the power of layers",
                lambda: _WIDTH**_LAYERS,
                "That would need a growing dilation. Here all kernels read neighbours.",
            ),
        ),
        right="A straight line in the number of layers: that is why far needs deep.",
    ),
    Exercise(
        id="19.2",
        question="How many layers of width 2 with dilations 1, 2, 4, … see 512 tokens?",
        expected=doublings,
        hints=(
            "The first layer sees two tokens. How many do the first two see, with dilations 1, 2?",
            "Each further layer doubles it: which power of two is 512?",
        ),
        diagnoses=(
            Diagnosis(
                "without dilation",
                lambda: _WINDOW - 1,
                "As many as it takes when all kernels read neighbours. Here the dilations double.",
            ),
            Diagnosis(
                "one too many",
                lambda: doublings() + 1,
                "One too many: the token itself is seen without any layer.",
            ),
            Diagnosis(
                "one too few",
                lambda: doublings() - 1,
                "That sees half of them. The last dilation needed is 256.",
            ),
        ),
        right="It could see what BERT sees in nine steps, where attention takes one.",
    ),
    Exercise(
        id="19.3",
        question="A function: n tokens to a mask where each sees itself and the first, which sees all.",
        expected=lambda: hub,
        hints=(
            "Begin with np.eye(n, dtype=bool): each token sees itself.",
            "Queries are rows. Which entries say that every query may see the first key?",
            "A column and a row of the mask become True.",
        ),
        diagnoses=(
            Diagnosis(
                "the first is seen, and sees nothing",
                lambda: only_seen,
                "All see the first. But it has to see them all, too, to have something to tell.",
            ),
            Diagnosis(
                "the first sees, and is not seen",
                lambda: only_sees,
                "The first sees all. But none of the others sees it: queries are rows.",
            ),
            Diagnosis(
                "not itself",
                lambda: without_itself,
                "Each token should see itself as well.",
            ),
            Diagnosis(
                "all see all",
                lambda: everything,
                "That is attention without a mask. Leave out what is not asked for.",
            ),
        ),
        right="Fewer than 3n entries, and any two tokens are two layers apart.",
        cases=counts,
    ),
)
