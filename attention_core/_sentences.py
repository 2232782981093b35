"""A batch of sentences without its padding, so that padding is not computed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_core._check import Floats

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Alike:
    """Sentences of one length: the rows of their tokens, and where the maps of each lie."""

    rows: Any
    shape: tuple[int, int]
    places: list[tuple[int, Any]]


@dataclass(frozen=True, eq=False)
class Sentences:
    """A batch without its padding: the tokens of all sentences are the rows of one matrix."""

    real: NDArray[np.bool_]
    counts: Integers
    first: Integers
    groups: list[Alike]

    @classmethod
    def of(cls, real: NDArray[np.bool_]) -> "Sentences":
        """The sentences of a batch, where some places hold tokens."""
        counts = real.sum(axis=1)
        first = np.cumsum(counts) - counts
        groups = []
        for length in np.unique(counts):
            which = np.flatnonzero(counts == length)
            rows = (first[which, None] + np.arange(length)).ravel()
            places = [(int(i), _pairs(np.flatnonzero(real[i]))) for i in which]
            groups.append(Alike(_slice(rows), (len(which), int(length)), places))
        return cls(real, counts, first, groups)

    def spread(self, x: Floats) -> Floats:
        """The rows of tokens at their places in the batch again, zeros where there is padding."""
        if self.real.all():
            return x.reshape(*self.real.shape, x.shape[-1])
        grid = np.zeros((*self.real.shape, x.shape[-1]), x.dtype)
        grid[self.real] = x
        return grid

    def means(self, x: Floats) -> Floats:
        """Of each sentence, the mean over its tokens and their features, (batch,)."""
        sums: Floats = np.add.reduceat(x.mean(axis=-1), self.first)
        return sums / self.counts.astype(x.dtype)


def _slice(places: Integers) -> Any:
    """Places in a row as a slice, as that copies nothing; others as they are."""
    low, high = int(places[0]), int(places[-1]) + 1
    return slice(low, high) if high - low == len(places) else places


def _pairs(places: Integers) -> Any:
    """The entries of a sentence's maps, all heads, that belong to its tokens alone."""
    own = _slice(places)
    return (slice(None), own, own) if isinstance(own, slice) else (slice(None), own[:, None], own)
