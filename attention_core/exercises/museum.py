"""The bug museum of chapter 22: ten bugs, an example that shows each, and the check that catches it.

>>> from attention_core.exercises import museum
>>> museum.exhibits[0].name
'softmax over the queries'
>>> museum.catches(museum.rows_sum_to_one, museum.exhibits[0].attend)
True
>>> museum.catches(museum.rows_sum_to_one, museum.library)
False

A check takes a function that attends and says whether it does what attention must do. Each is one
line, asks for no reference to compare with, and works on any function of that signature.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_core import example
from attention_core._check import Floats
from attention_core.attend import Attention, attention
from attention_core.exercises import exhibits as specimens
from attention_core.heads import merge_heads, split_heads
from attention_core.masks import causal
from attention_core.normalize import softmax

__all__ = ["Case", "Exhibit", "Thread", "catches", "checks", "exhibits", "library", "worked"]

Attend = Callable[..., Attention]
Check = Callable[[Attend], bool]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Thread:
    """Where a bug was seen in public: an issue or a pull request on GitHub."""

    repository: str
    number: int
    pull: bool = False

    @property
    def url(self) -> str:
        """Its address."""
        kind = "pull" if self.pull else "issues"
        return f"https://github.com/{self.repository}/{kind}/{self.number}"

    def __str__(self) -> str:
        """As one writes it: owner/name#number."""
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True, eq=False)
class Case:
    """An example to try a function on: its name, and the arguments."""

    name: str
    query: Floats
    key: Floats
    value: Floats
    mask: Mask | None = None
    heads: int = 1

    def run(self, attend: Attend) -> Attention:
        """What a function makes of it; where it divides by nothing, nobody is warned."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return attend(self.query, self.key, self.value, self.mask, self.heads)

    def agree(self, attend: Attend) -> bool:
        """Whether the outputs are those of the library."""
        return np.allclose(self.run(attend).output, self.run(library).output)


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A function with one bug.

    Attributes
    ----------
    name : str
        The bug.
    attend : callable
        The function: (query, key, value, mask=None, heads=1), as `library`.
    case : Case
        An example that shows it.
    check : callable
        The check made for it.
    thread : Thread
        Where it was seen in public.
    shown : {"weights", "scores"}
        What to look at.
    """

    name: str
    attend: Attend
    case: Case
    check: Check
    thread: Thread
    shown: str = "weights"

    def symptom(self, case: Case | None = None) -> tuple[Floats, Floats]:
        """What the first head should have, and what it has, on its own example or another."""
        case = case or self.case
        right, wrong = (getattr(case.run(f), self.shown)[0] for f in (library, self.attend))
        return right, wrong


def library(
    query: Floats, key: Floats, value: Floats, mask: Mask | None = None, heads: int = 1
) -> Attention:
    """What `attention` of this library makes of several heads."""
    q, k, v = (split_heads(x, heads) for x in (query, key, value))
    scores, weights, output = attention(q, k, v, mask)
    return Attention(scores, weights, merge_heads(output))


def _projected(x: example.Example) -> tuple[Floats, Floats, Floats]:
    """Queries, keys and values of an example."""
    return x.inputs @ x.query_weight, x.memory @ x.key_weight, x.memory @ x.value_weight


Q, K, V = _projected(example.plane)
past = causal(3)
nobody = np.zeros((3, 3), bool)
all_but_query_2 = past & (np.arange(3)[:, None] != 1)
seen_first = np.array([[True, False]])
K_changed = np.add(K, [[0], [0], [9]])

worked = Case("the worked example", *_projected(example.worked))
plane = Case("the plane", Q, K, V)
plane_causal = Case("the plane, causal", Q, K, V, past)
plane_nothing = Case("the plane, causal, query 2 sees nothing", Q, K, V, all_but_query_2)
two_heads = Case("the rectangle, the first of two heads", *_projected(example.rectangle), heads=2)


def rows_sum_to_one(attend: Attend) -> bool:
    """Each query gives away one in all."""
    return np.allclose(attend(Q, K, V).weights.sum(axis=-1), 1)


def four_ones_score_two(attend: Attend) -> bool:
    """Four ones times four ones, over √4."""
    return np.allclose(attend(*np.ones((3, 1, 4))).scores, 2)


def four_in_each_head_too(attend: Attend) -> bool:
    """The same in each of two heads."""
    return np.allclose(attend(*np.ones((3, 1, 8)), heads=2).scores, 2)


def the_future_is_silent(attend: Attend) -> bool:
    """Change the last key: what comes before must not move, not by one bit."""
    old, new = (attend(Q, k, V, past).output[:2] for k in (K, K_changed))
    return np.array_equal(old, new)


def hidden_weighs_nothing(attend: Attend) -> bool:
    """What the mask hides has weight 0."""
    return not attend(Q, K, V, past).weights[:, ~past].any()


def one_seen_gets_all(attend: Attend) -> bool:
    """A single key in view gets weight 1, however low it scores."""
    one, faint = np.ones((1, 1)), np.array([[-30_000.0], [0.0]])
    return np.allclose(attend(one, faint, V[:2], seen_first).output, V[0])


def nothing_seen_is_zero(attend: Attend) -> bool:
    """Who sees nothing gets zeros."""
    return not attend(Q, K, V, nobody).output.any()


def alone_as_in_company(attend: Attend) -> bool:
    """A query by itself gets what it gets among others."""
    return np.allclose(attend(Q[:1], K, V).output, attend(Q, K, V).output[:1])


def heads_are_attentions(attend: Attend) -> bool:
    """Head 1 of two is an attention on the first half of the columns."""
    first = attend(*(x[:, :1] for x in (Q, K, V))).output
    return np.allclose(attend(Q, K, V, heads=2).output[:, :1], first)


def scores_are_kept(attend: Attend) -> bool:
    """The scores are what softmax makes the weights of."""
    return np.allclose(softmax(attend(Q, K, V).scores), attend(Q, K, V).weights)


exhibits = (
    Exhibit(
        "softmax over the queries",
        specimens.exhibit_1,
        plane,
        rows_sum_to_one,
        Thread("PetrochukM/PyTorch-NLP", 2),
    ),
    Exhibit(
        "no scale",
        specimens.exhibit_2,
        worked,
        four_ones_score_two,
        Thread("delzac/cntkx", 10),
    ),
    Exhibit(
        "√d_model in place of √d_k",
        specimens.exhibit_3,
        two_heads,
        four_in_each_head_too,
        Thread("lucidrains/vit-pytorch", 65),
    ),
    Exhibit(
        "the mask after the softmax",
        specimens.exhibit_4,
        plane_causal,
        the_future_is_silent,
        Thread("huggingface/pytorch-image-models", 2236, pull=True),
    ),
    Exhibit(
        "a mask of ones and zeros, added",
        specimens.exhibit_5,
        plane_causal,
        hidden_weighs_nothing,
        Thread("timeseriesAI/tsai", 171),
    ),
    Exhibit(
        "−10,000 as minus infinity",
        specimens.exhibit_6,
        plane_nothing,
        one_seen_gets_all,
        Thread("huggingface/transformers", 14859),
    ),
    Exhibit(
        "a row of NaN",
        specimens.exhibit_7,
        plane_nothing,
        nothing_seen_is_zero,
        Thread("pytorch/pytorch", 41508),
    ),
    Exhibit(
        "queries and keys swapped",
        specimens.exhibit_8,
        plane,
        alone_as_in_company,
        Thread("heykeetae/Self-Attention-GAN", 11),
    ),
    Exhibit(
        "heads split by a reshape alone",
        specimens.exhibit_9,
        two_heads,
        heads_are_attentions,
        Thread("reczoo/FuxiCTR", 30),
    ),
    Exhibit(
        "softmax in place, on a view",
        specimens.exhibit_10,
        plane,
        scores_are_kept,
        Thread("NVIDIA/apex", 1430),
        shown="scores",
    ),
)

checks: tuple[Check, ...] = tuple(exhibit.check for exhibit in exhibits)


def catches(check: Check, attend: Attend) -> bool:
    """Whether a check finds fault with a function; one that stops with an error is caught too.

    Parameters
    ----------
    check : callable
        Takes the function and returns True if all is well.
    attend : callable
        Takes (query, key, value, mask=None, heads=1) and returns an `Attention`.

    Returns
    -------
    bool

    Examples
    --------
    >>> catches(four_ones_score_two, exhibits[1].attend)
    True
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        try:
            return not check(attend)
        except (ValueError, IndexError):
            return True
