"""Multi-head attention: split into heads, attend in each, merge, and mix."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from attention_core import blockwise
from attention_core._check import (
    Floats,
    as_float,
    check_bias,
    check_features,
    check_head_weights,
    check_leading,
    check_multiple,
    check_state,
    check_tokens,
    check_weight,
    frozen,
)
from attention_core._show import named_arrays
from attention_core.attend import scaled_dot_product_attention
from attention_core.layers import linear

__all__ = ["MultiHeadAttended", "MultiHeadAttention", "merge_heads", "split_heads"]

ROLES = ("query", "key", "value", "output")
# The entries of PyTorch's state: d is its embed_dim, m its kdim and vdim.
JOINT = {"in_proj_weight": "3d d"}
APART = {"q_proj_weight": "d d", "k_proj_weight": "d m", "v_proj_weight": "d m"}
BIASES = {"in_proj_bias": "3d", "out_proj.bias": "d"}


def split_heads(x: ArrayLike, heads: int) -> Floats:
    """Give each head its columns, and heads an axis of their own.

    Parameters
    ----------
    x : (..., n, heads * d) array
        For each token, what all heads take, side by side.
    heads : int

    Returns
    -------
    (..., heads, n, d) array
        The first head has the first d columns of every token, and so on. A view of x.

    Raises
    ------
    ValueError
        If the heads cannot share the columns evenly.
    TypeError
        If heads is no whole number, or x holds anything but real numbers.

    Examples
    --------
    >>> split_heads([[1, 2, 3, 4], [5, 6, 7, 8]], heads=2)
    array([[[1., 2.],
            [5., 6.]],
    <BLANKLINE>
           [[3., 4.],
            [7., 8.]]])
    """
    x = as_float("x", x)
    check_tokens(x=x)
    d = check_multiple("the columns of x", x.shape[-1], "heads", heads)
    return np.swapaxes(x.reshape(*x.shape[:-1], heads, d), -3, -2)


def merge_heads(x: ArrayLike) -> Floats:
    """Lay the columns of all heads side by side again: the inverse of `split_heads`.

    Parameters
    ----------
    x : (..., heads, n, d) array

    Returns
    -------
    (..., n, heads * d) array

    Raises
    ------
    ValueError
        If x has no axis for heads.
    TypeError
        If x holds anything but real numbers.

    Examples
    --------
    >>> merge_heads([[[1, 2], [5, 6]], [[3, 4], [7, 8]]])
    array([[1., 2., 3., 4.],
           [5., 6., 7., 8.]])
    """
    x = as_float("x", x)
    if x.ndim < 3:
        raise ValueError(f"x must have shape (..., heads, n, d): got {x.shape}")
    *leading, heads, n, d = x.shape
    return np.swapaxes(x, -3, -2).reshape(*leading, n, heads * d)


@dataclass(frozen=True, eq=False, repr=False)
class MultiHeadAttended:
    """What multi-head attention computes; it unpacks into the output and the weights.

    Attributes
    ----------
    output : (..., n, d_out) array
        The outputs of all heads, merged and mixed.
    weights : (..., heads, n, m) array
        Of each head: how much each query takes of each value.
    query : (..., heads, n, d_k) array
    key : (..., kv_heads, m, d_k) array
    value : (..., kv_heads, m, d_v) array
        What each head compares and takes.

    Examples
    --------
    >>> attend = MultiHeadAttention([[0, 0]], [[0, 0]], [[1, 2]], [[1], [10]], heads=2)
    >>> output, weights = attend([[1], [3]])
    >>> output
    array([[42.],
           [42.]])
    >>> weights.shape
    (2, 2, 2)
    """

    output: Floats
    weights: Floats
    query: Floats
    key: Floats
    value: Floats

    def __iter__(self) -> Iterator[Floats]:
        """The output and the weights."""
        return iter((self.output, self.weights))

    def __repr__(self) -> str:
        """The five arrays, to four decimals."""
        return named_arrays("MultiHeadAttended", **vars(self))


@dataclass(frozen=True, eq=False, repr=False)
class MultiHeadAttention:
    """Several attentions side by side, each on its columns of the projections, then mixed.

    Parameters
    ----------
    query_weight : (d_model, heads * d_k) array
    key_weight : (d_memory, kv_heads * d_k) array
    value_weight : (d_memory, kv_heads * d_v) array
        The first d_k or d_v columns are those of the first head, and so on.
    output_weight : (heads * d_v, d_out) array
        What mixes the outputs of the heads.
    heads : int
        How many heads of queries.
    kv_heads : int, optional
        How many heads of keys and values; `heads` must be a multiple of it. Each serves as many
        heads of queries, the first of them the first. Without it, every head has its own.
    query_bias, key_bias, value_bias, output_bias : arrays, optional
        Added after the projection of that name, an entry for each of its columns.
        Weights and biases are kept as read-only copies. Floats keep their dtype, integers count
        as float64.

    Raises
    ------
    ValueError
        If sizes do not fit each other, or an array holds NaN or infinity.
    TypeError
        If an array holds anything but real numbers, or a count is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.2.2, arXiv:1706.03762; fewer heads
    of keys and values: Ainslie et al. 2023, arXiv:2305.13245.

    Examples
    --------
    >>> one = np.eye(4)
    >>> attend = MultiHeadAttention(one, one, one, one, heads=2)
    >>> attend
    MultiHeadAttention(d_model=4, heads=2, kv_heads=2, d_k=2, d_v=2, d_out=4)
    >>> attend([[0, 0, 8, 0], [0, 0, 0, 8]]).weights.round(2)
    array([[[0.5, 0.5],
            [0.5, 0.5]],
    <BLANKLINE>
           [[1. , 0. ],
            [0. , 1. ]]])
    """

    query_weight: Floats
    key_weight: Floats
    value_weight: Floats
    output_weight: Floats
    heads: int
    kv_heads: int | None = None
    query_bias: Floats | None = None
    key_bias: Floats | None = None
    value_bias: Floats | None = None
    output_bias: Floats | None = None

    def __post_init__(self) -> None:
        """Check what came, and keep copies that nobody can change."""
        weights = [check_weight(f"{r}_weight", getattr(self, f"{r}_weight")) for r in ROLES]
        check_head_weights(weights, self.heads, self._kv_heads)
        for role, weight in zip(ROLES, weights, strict=True):
            object.__setattr__(self, f"{role}_weight", frozen(weight))
            bias = getattr(self, f"{role}_bias")
            if bias is not None:
                checked = check_bias(f"{role}_bias", bias, weight.shape[1])
                object.__setattr__(self, f"{role}_bias", frozen(checked))

    def __call__(
        self,
        x: ArrayLike,
        memory: ArrayLike | None = None,
        mask: ArrayLike | None = None,
    ) -> MultiHeadAttended:
        """In each head, let every token of x attend to every token of memory.

        Parameters
        ----------
        x : (..., n, d_model) array
            What queries are made of, one row for each token.
        memory : (..., m, d_memory) array, optional
            What keys and values are made of (cross-attention); x itself if not given.
        mask : array that broadcasts to (..., heads, n, m), optional
            Boolean: True means "may attend". Floating: added to the scores. One for each sequence
            of a batch needs an axis for heads: `mask[:, None]`.

        Returns
        -------
        MultiHeadAttended
            With `output`, `weights`, `query`, `key` and `value`. A query that sees nothing mixes
            zeros.

        Raises
        ------
        ValueError
            If features or axes do not fit, or the mask would enlarge the scores.
        TypeError
            If an argument holds anything but real numbers, or the mask integers.
        """
        query, key, value = self._split_projections(x, memory)
        attended, weights = scaled_dot_product_attention(
            query, key, value, mask, return_stage="weights"
        )
        output = self._project(merge_heads(attended), "output")
        return MultiHeadAttended(output, weights, query, key, value)

    def output(
        self,
        x: ArrayLike,
        memory: ArrayLike | None = None,
        mask: ArrayLike | None = None,
    ) -> Floats:
        """The output of a call and nothing else: of many tokens, all weights are never held.

        Parameters
        ----------
        x, memory, mask
            As in a call.

        Returns
        -------
        (..., n, d_out) array
            More pairs of tokens than one block holds go through `blockwise.attention`.

        Raises
        ------
        ValueError, TypeError
            As in a call.
        """
        query, key, value = self._split_projections(x, memory)
        few = query.shape[-2] * key.shape[-2] <= blockwise.BLOCK**2
        attend = scaled_dot_product_attention if few else blockwise.attention
        return self._project(merge_heads(attend(query, key, value, mask)), "output")

    def _split_projections(
        self, x: ArrayLike, memory: ArrayLike | None
    ) -> tuple[Floats, Floats, Floats]:
        """Queries, keys and values, split into heads."""
        x, memory = self._tokens(x, memory)
        query = split_heads(self._project(x, "query"), self.heads)
        key = split_heads(self._project(memory, "key"), self._kv_heads)
        return query, key, split_heads(self._project(memory, "value"), self._kv_heads)

    def _tokens(self, x: ArrayLike, memory: ArrayLike | None) -> tuple[Floats, Floats]:
        """What queries are made of, and what keys and values are made of."""
        name, source = ("x", x) if memory is None else ("memory", memory)
        x = check_features("x", x, "query_weight has", self.query_weight.shape[0])
        memory = check_features(name, source, "key_weight has", self.key_weight.shape[0])
        check_leading(x=x, memory=memory)
        return x, memory

    def _project(self, x: Floats, role: str) -> Floats:
        """The projection of one role, and its bias where it has one."""
        return linear(x, getattr(self, f"{role}_weight"), getattr(self, f"{role}_bias"))

    @property
    def _kv_heads(self) -> int:
        """How many heads of keys and values there are."""
        return self.heads if self.kv_heads is None else self.kv_heads

    def __repr__(self) -> str:
        """The sizes."""
        heads, groups = self.heads, self._kv_heads
        d_model, size = self.query_weight.shape
        d_v, d_out = self.value_weight.shape[1] // groups, self.output_weight.shape[1]
        counts = f"d_model={d_model}, heads={heads}, kv_heads={groups}"
        return f"MultiHeadAttention({counts}, d_k={size // heads}, d_v={d_v}, d_out={d_out})"

    @classmethod
    def from_state(cls, state: Mapping[str, ArrayLike], heads: int) -> "MultiHeadAttention":
        """Multi-head attention with the weights of a `torch.nn.MultiheadAttention`.

        Parameters
        ----------
        state : mapping of str to array
            Its `state_dict()`, with or without biases. Where keys and values have a size of their
            own, `kdim` and `vdim` must be equal.
        heads : int
            Its `num_heads`, which the state does not tell.

        Returns
        -------
        MultiHeadAttention
            PyTorch's matrices are (d_out, d_in); here they are transposed.

        Raises
        ------
        ValueError
            If an entry is missing, surplus or misshapen, or holds NaN or infinity.
        TypeError
            If an entry holds anything but real numbers, or heads is no whole number.

        Examples
        --------
        >>> state = {"in_proj_weight": np.ones((12, 4)), "out_proj.weight": np.eye(4)}
        >>> MultiHeadAttention.from_state(state, heads=2)
        MultiHeadAttention(d_model=4, heads=2, kv_heads=2, d_k=2, d_v=2, d_out=4)
        """
        projections = APART if APART.keys() & state.keys() else JOINT
        biases = BIASES if BIASES.keys() & state.keys() else {}
        arrays = check_state(state, {"out_proj.weight": "d d"} | projections | biases)
        if projections is JOINT:
            arrays |= zip(APART, np.split(arrays["in_proj_weight"], 3), strict=True)
        query, key, value, output = (arrays[name].T for name in (*APART, "out_proj.weight"))
        if not biases:
            return cls(query, key, value, output, heads)
        added = (*np.split(arrays["in_proj_bias"], 3), arrays["out_proj.bias"])
        return cls(query, key, value, output, heads, None, *added)
