"""Exercises of chapter 20: an exponent, a crossing, and the price of generating."""

import math
from collections.abc import Callable

from attention_core.exercises import Diagnosis, Exercise

__all__ = ["EXERCISES"]

_SOONER, _LATER = 12.0, 40.0
_FEATURES = 768


def exponent() -> float:
    """The power of n by which a doubling takes 12 ms to 40 ms."""
    return math.log2(_LATER / _SOONER)


def meeting(projections: int) -> int:
    """How many tokens it takes until two tables cost as much as some projections."""
    return projections * _FEATURES // 2


def generated(n: int, d: int) -> int:
    """Multiplications of the products, where token i meets the keys of the i tokens so far."""
    return sum(products(1, i, d) for i in range(1, n + 1))


def products(queries: int, keys: int, d: int) -> int:
    """Of the raw scores and the weighted sums."""
    return 2 * queries * keys * d


def all_at_once(n: int, d: int) -> int:
    """The whole table."""
    return products(n, n, d)


def every_table_anew(n: int, d: int) -> int:
    """Without a cache: at each token, the table of all so far."""
    return sum(products(i, i, d) for i in range(1, n + 1))


def scores_alone(n: int, d: int) -> int:
    """The weighted sums forgotten."""
    return generated(n, d) // 2


def without_itself(n: int, d: int) -> int:
    """Each token meets those before it, not its own key."""
    return sum(products(1, i, d) for i in range(n))


def with_softmax(n: int, d: int) -> int:
    """The scale and the quotients of softmax counted too."""
    return generated(n, d) + n * (n + 1)


def sizes() -> tuple[tuple[int, int], ...]:
    """Tokens and features."""
    return (1, 3), (4, 3), (20, 8)


def constantly(function: Callable[[int, int], int]) -> Callable[[], Callable[[int, int], int]]:
    """The function, as what a diagnosis calls for."""
    return lambda: function


EXERCISES = (
    Exercise(
        id="20.1",
        question="A layer takes 12 ms, and 40 ms for twice the tokens: what is the exponent?",
        expected=exponent,
        hints=(
            "By what is the time multiplied when the tokens are doubled?",
            "Two to the power of the exponent is that factor: which function undoes it?",
        ),
        diagnoses=(
            Diagnosis(
                "the factor",
                lambda: _LATER / _SOONER,
                "That is what doubling multiplies the time by. Which power of two is it?",
            ),
            Diagnosis(
                "another logarithm",
                lambda: math.log(_LATER / _SOONER),
                "That is its natural logarithm. Divide by the logarithm of what n was multiplied by.",
            ),
            Diagnosis(
                "half the factor",
                lambda: _LATER / _SOONER / 2,
                "The exponent is not the factor over two. Two to the power of it is the factor.",
            ),
            Diagnosis(
                "halved",
                lambda: -exponent(),
                "The right size. But time grows with the tokens here, so the sign is another.",
            ),
        ),
        right="Between one and two: part of the time grows with n, part with its square.",
    ),
    Exercise(
        id="20.2",
        question="At how many tokens do the two products cost what four projections do, d = 768?",
        expected=lambda: meeting(4),
        hints=(
            "Write both counts down with n and d. Four projections multiply 4 n d² times.",
            "The two products multiply 2 n² d times. Set both equal, and divide by n and by d.",
        ),
        diagnoses=(
            Diagnosis(
                "three projections",
                lambda: meeting(3),
                "That is where they meet three projections. The fourth mixes the heads.",
            ),
            Diagnosis(
                "one projection of each",
                lambda: _FEATURES,
                "That is where the table has as many columns as a token has features. Count all six.",
            ),
            Diagnosis(
                "one product",
                lambda: 2 * meeting(4),
                "There are two products of n² d: the raw scores, and the weighted sums.",
            ),
        ),
        right="A shorter text spends more on its projections than on attention itself.",
    ),
    Exercise(
        id="20.3",
        question="A function: the products' multiplications when n tokens are generated with a cache.",
        expected=lambda: generated,
        hints=(
            "When token i comes, it brings one query. How many keys are there, its own included?",
            "It takes 2 i d multiplications. Add them up for i from 1 to n.",
            "The numbers from 1 to n add up to n (n + 1) / 2.",
        ),
        diagnoses=(
            Diagnosis(
                "the whole table",
                constantly(all_at_once),
                "That is every query with every key. No query meets a key that is yet to come.",
            ),
            Diagnosis(
                "no cache",
                constantly(every_table_anew),
                "Here each new token computes the table of all before it again. It needs one row.",
            ),
            Diagnosis(
                "one product",
                constantly(scores_alone),
                "Those are the raw scores. The weighted sums take as many again.",
            ),
            Diagnosis(
                "without its own key",
                constantly(without_itself),
                "Each token meets those before it here. It meets its own key, too.",
            ),
            Diagnosis(
                "softmax too",
                constantly(with_softmax),
                "The scale and softmax are in this count. The two products alone are asked for.",
            ),
        ),
        right="About half the square: a cache takes the cube away, and leaves the square.",
        cases=sizes,
    ),
)
