"""The examples of the book: small whole numbers, so that every step can be done by hand.

`inputs`, `query_weight`, `key_weight` and `value_weight` are the worked example that carries the
eight steps; `worked` holds the same four. Its raw scores happen to be symmetric, so what is true
of it need not be true of attention: `plane` and `rectangle` have no such quirk.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from numpy.typing import ArrayLike

from attention_core._check import Floats, as_float, frozen
from attention_core._show import named_arrays

__all__ = [
    "Example",
    "bank",
    "inputs",
    "key_weight",
    "plane",
    "query_weight",
    "rectangle",
    "value_weight",
    "worked",
]


@dataclass(frozen=True, eq=False, repr=False)
class Example:
    """Inputs and the three matrices they are multiplied with; it unpacks into the four.

    Attributes
    ----------
    inputs : (n, d_model) array
        One row for each token.
    query_weight, key_weight : (d_model, d_k) array
    value_weight : (d_model, d_v) array
        All arrays are read-only.
    tokens : tuple of str
        A label for each input.
    memory : (m, d_model) array
        What keys and values are made of: the inputs themselves, unless it is said otherwise.

    Examples
    --------
    >>> inputs, query_weight, key_weight, value_weight = plane
    >>> (inputs @ query_weight)[0]
    array([1., 2.])
    """

    inputs: Floats
    query_weight: Floats
    key_weight: Floats
    value_weight: Floats
    tokens: tuple[str, ...]
    memory: Floats

    def __iter__(self) -> Iterator[Floats]:
        """The inputs, then the matrices for queries, keys and values."""
        return iter((self.inputs, self.query_weight, self.key_weight, self.value_weight))

    def __repr__(self) -> str:
        """The labels, then the arrays."""
        arrays = {
            "inputs": self.inputs,
            "query_weight": self.query_weight,
            "key_weight": self.key_weight,
            "value_weight": self.value_weight,
        }
        if self.memory is not self.inputs:
            arrays["memory"] = self.memory
        return named_arrays(f"Example of {', '.join(self.tokens)}", decimals=0, **arrays)


def _example(
    inputs: ArrayLike,
    query_weight: ArrayLike,
    key_weight: ArrayLike,
    value_weight: ArrayLike,
    tokens: tuple[str, ...],
    memory: ArrayLike | None = None,
) -> Example:
    """An example from nested lists."""
    rows = frozen(as_float("inputs", inputs))
    return Example(
        inputs=rows,
        query_weight=frozen(as_float("query_weight", query_weight)),
        key_weight=frozen(as_float("key_weight", key_weight)),
        value_weight=frozen(as_float("value_weight", value_weight)),
        tokens=tokens,
        memory=rows if memory is None else frozen(as_float("memory", memory)),
    )


worked = _example(
    inputs=[[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]],
    query_weight=[[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]],
    key_weight=[[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]],
    value_weight=[[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]],
    tokens=("x₁", "x₂", "x₃"),
)

inputs = worked.inputs
query_weight = worked.query_weight
key_weight = worked.key_weight
value_weight = worked.value_weight

plane = _example(
    inputs=[[0, 1], [2, 1], [1, 0]],
    query_weight=[[-1, 0], [1, 2]],
    key_weight=[[-1, 0], [0, 1]],
    value_weight=[[2, 1], [1, 2]],
    tokens=("x₁", "x₂", "x₃"),
)

rectangle = _example(
    inputs=[[1, 0, 2, 0], [1, 1, 0, 0], [1, 0, 0, 2]],
    query_weight=[[0, 1], [2, 2], [-1, 1], [1, -1]],
    key_weight=[[1, 0], [0, 1], [0, 1], [-1, 1]],
    value_weight=[[1, 0, 2, 1, 1, 2], [0, 0, 0, -1, 1, 2], [-1, 2, 0, 0, 1, 1], [2, 1, 1, 1, 2, 1]],
    tokens=("x₁", "x₂", "x₃"),
    memory=[[2, 0, 1, 1], [1, 1, 1, 2], [1, 2, 1, 0], [2, 2, 1, 0], [0, 1, 1, 1]],
)

_neighbours = {"river": [2, 0, 0], "money": [0, 2, 0]}


def bank(neighbour: str) -> Example:
    """Two tokens: a neighbour, then the word "bank", the same in either company.

    Parameters
    ----------
    neighbour : {"river", "money"}
        The word before it.

    Returns
    -------
    Example
        Three features, queries and keys and values of two.

    Raises
    ------
    ValueError
        If the neighbour is another word.

    Examples
    --------
    >>> bank("river").tokens
    ('river', 'bank')
    >>> bank("money").inputs
    array([[0., 2., 0.],
           [1., 1., 1.]])
    """
    if neighbour not in _neighbours:
        raise ValueError(f'neighbour must be "river" or "money": got {neighbour!r}')
    return _example(
        inputs=[_neighbours[neighbour], [1, 1, 1]],
        query_weight=[[0, 0], [0, 0], [1, 1]],
        key_weight=[[1, 0], [0, 1], [-1, -1]],
        value_weight=[[1, 0], [0, 1], [0, 0]],
        tokens=(neighbour, "bank"),
    )
