"""Self-attention: queries, keys and values all come from the same inputs."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    check_inputs,
    check_rng,
    check_sizes,
    check_weights,
    frozen,
)
from attention_core._show import named_arrays
from attention_core.attend import Attention, attention

__all__ = ["SelfAttended", "SelfAttention"]


@dataclass(frozen=True, eq=False, repr=False)
class SelfAttended(Attention):
    """What self-attention computes: an `Attention` with its queries, keys and values in view.

    It unpacks as an `Attention` does, into scores, weights and output.

    Attributes
    ----------
    query : (..., n, d_k) array
    key : (..., n, d_k) array
    value : (..., n, d_v) array

    Examples
    --------
    >>> attended = SelfAttention([[1]], [[1]], [[3]])([[2]])
    >>> attended.query, attended.value
    (array([[2.]]), array([[6.]]))
    """

    query: Floats
    key: Floats
    value: Floats

    def __repr__(self) -> str:
        """The six arrays, to four decimals."""
        return named_arrays(
            "SelfAttended",
            query=self.query,
            key=self.key,
            value=self.value,
            scores=self.scores,
            weights=self.weights,
            output=self.output,
        )


@dataclass(frozen=True, eq=False, repr=False)
class SelfAttention:
    """Three weight matrices in front of attention, called on inputs.

    Parameters
    ----------
    query_weight : (d_model, d_k) array
    key_weight : (d_model, d_k) array
    value_weight : (d_model, d_v) array
        Kept as read-only copies. Floats keep their dtype, integers count as float64.

    Raises
    ------
    ValueError
        If the matrices do not fit each other, or hold NaN or infinity.
    TypeError
        If they hold anything but real numbers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.2, arXiv:1706.03762.

    Examples
    --------
    >>> attend = SelfAttention([[1], [0]], [[0], [1]], [[1], [1]])
    >>> attend
    SelfAttention(d_model=2, d_k=1, d_v=1)
    >>> attend([[0, 1], [0, 3]]).output
    array([[2.],
           [2.]])
    """

    query_weight: Floats
    key_weight: Floats
    value_weight: Floats

    def __post_init__(self) -> None:
        """Check the matrices, and keep copies that nobody can change."""
        weights = check_weights(self.query_weight, self.key_weight, self.value_weight)
        for name, weight in zip(self.__dataclass_fields__, weights, strict=True):
            object.__setattr__(self, name, frozen(weight))

    def __call__(self, inputs: ArrayLike) -> SelfAttended:
        """Let every input attend to every input.

        Parameters
        ----------
        inputs : (..., n, d_model) array
            One row for each token.

        Returns
        -------
        SelfAttended
            With `query`, `key`, `value`, `scores`, `weights` and `output`.

        Raises
        ------
        ValueError
            If inputs do not have d_model features.
        TypeError
            If they hold anything but real numbers.
        """
        inputs = check_inputs(inputs, d_model=self.query_weight.shape[0])
        query = inputs @ self.query_weight
        key = inputs @ self.key_weight
        value = inputs @ self.value_weight
        scores, weights, output = attention(query, key, value)
        return SelfAttended(scores, weights, output, query, key, value)

    def __repr__(self) -> str:
        """The sizes."""
        (d_model, d_k), (_, d_v) = self.query_weight.shape, self.value_weight.shape
        return f"SelfAttention(d_model={d_model}, d_k={d_k}, d_v={d_v})"

    @classmethod
    def random(
        cls,
        d_model: int,
        d_k: int,
        d_v: int,
        rng: np.random.Generator,
    ) -> "SelfAttention":
        """Self-attention as it is before it has learned: small random weights.

        Parameters
        ----------
        d_model, d_k, d_v : int
            Sizes of an input, of queries and keys, and of values.
        rng : numpy.random.Generator
            Where the numbers come from: normal, of mean 0 and deviation 1 / sqrt(d_model), so
            that inputs of variance 1 give queries, keys and values of variance 1.

        Returns
        -------
        SelfAttention
            With float64 weights.

        Raises
        ------
        ValueError
            If a size is below 1.
        TypeError
            If a size is no whole number, or rng no generator.

        References
        ----------
        LeCun et al. 1998, "Efficient BackProp", section 4.6.

        Examples
        --------
        >>> SelfAttention.random(4, 3, 2, rng=np.random.default_rng(0))
        SelfAttention(d_model=4, d_k=3, d_v=2)
        """
        check_sizes(d_model=d_model, d_k=d_k, d_v=d_v)
        check_rng(rng)
        deviation = 1 / math.sqrt(d_model)
        sizes = (d_k, d_k, d_v)
        return cls(*(rng.normal(0, deviation, (d_model, size)) for size in sizes))
