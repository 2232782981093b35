"""The Transformer: layers of attention and feed-forward that add to one stream of tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_float,
    check_added,
    check_features,
    check_flag,
    check_state,
)
from attention_core.heads import MultiHeadAttention
from attention_core.layers import Activation, FeedForward, LayerNorm

__all__ = ["EncoderLayer", "DecoderLayer", "Encoder", "Decoder"]

State = Mapping[str, ArrayLike]
Mask = ArrayLike | None
Work = Callable[[Floats], Floats]


class _Layer:
    """What the layers of encoder and decoder share."""

    attention: MultiHeadAttention
    attention_norm: LayerNorm
    feed_forward: FeedForward
    feed_forward_norm: LayerNorm
    norm_first: bool
    #: What PyTorch calls the attentions, in the order in which they work.
    _names: ClassVar[tuple[str, ...]] = ("self_attn",)

    def _tokens(self, x: ArrayLike) -> Floats:
        """Tokens that fit the layer."""
        return check_features("x", x, "query_weight has", len(self.attention.query_weight))

    def _add(self, x: Floats, norm: LayerNorm, work: Work) -> Floats:
        """The stream after a sub-layer: it reads, does its work, and adds."""
        if check_flag("norm_first", self.norm_first):
            return x + check_added(work(norm(x)), x)
        return norm(x + check_added(work(x), x))

    def __repr__(self) -> str:
        """The sizes."""
        d_model, d_ff = self.feed_forward.weight1.shape
        sizes = f"d_model={d_model}, heads={self.attention.heads}, d_ff={d_ff}"
        return f"{type(self).__name__}({sizes}, norm_first={self.norm_first})"

    @classmethod
    def _shapes(cls, before: str = "") -> dict[str, str]:
        """The names and shapes of PyTorch's entries; d is d_model, and f is d_ff."""
        norms = [f"norm{i}" for i in range(1, len(cls._names) + 2)]
        shapes = {f"{norm}.{part}": "d" for norm in norms for part in ("weight", "bias")}
        for name in cls._names:
            shapes |= {f"{name}.in_proj_weight": "3d d", f"{name}.in_proj_bias": "3d"}
            shapes |= {f"{name}.out_proj.weight": "d d", f"{name}.out_proj.bias": "d"}
        shapes |= {"linear1.weight": "f d", "linear1.bias": "f"}
        shapes |= {"linear2.weight": "d f", "linear2.bias": "d"}
        return {before + name: shape for name, shape in shapes.items()}

    @classmethod
    def from_state(
        cls,
        state: State,
        heads: int,
        norm_first: bool = False,
        activation: Activation = "relu",
        eps: float = 1e-5,
    ) -> Self:
        """The layer with the weights of PyTorch's layer of that name.

        Parameters
        ----------
        state : mapping of str to array
            The `state_dict()` of a `torch.nn.TransformerEncoderLayer` or
            `torch.nn.TransformerDecoderLayer`, with biases.
        heads, norm_first, activation, eps
            Its `nhead`, `norm_first`, `activation` and `layer_norm_eps`, which the state does not
            tell.

        Returns
        -------
        EncoderLayer or DecoderLayer
            PyTorch's matrices are (d_out, d_in); here they are transposed.

        Raises
        ------
        ValueError
            If an entry is missing, surplus or misshapen, or heads does not divide d_model.
        TypeError
            If an entry holds anything but real numbers, or an option is of the wrong type.
        """
        arrays = check_state(state, cls._shapes())
        parts: list[Any] = []
        for i, name in enumerate(cls._names, 1):
            attention = MultiHeadAttention.from_state(_under(f"{name}.", arrays), heads)
            parts += [attention, _norm(arrays, f"norm{i}", eps)]
        first, second = ((arrays[f"linear{i}.weight"].T, arrays[f"linear{i}.bias"]) for i in (1, 2))
        parts += [FeedForward(*first, *second, activation), _norm(arrays, f"norm{i + 1}", eps)]
        return cls(*parts, norm_first)  # type: ignore[call-arg]


@dataclass(frozen=True, eq=False, repr=False)
class EncoderLayer(_Layer):
    """Attention, then feed-forward: each adds to the stream, and is normalised.

    Parameters
    ----------
    attention : MultiHeadAttention
    attention_norm : LayerNorm
    feed_forward : FeedForward
    feed_forward_norm : LayerNorm
    norm_first : bool
        Whether each norm stands before its sub-layer, on what it reads, or after the sum, on the
        stream itself (as in the paper).

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.1, arXiv:1706.03762; norm first:
    Xiong et al. 2020, "On layer normalization in the Transformer architecture", arXiv:2002.04745.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.eye(2), np.zeros(2)
    >>> norm = LayerNorm([1, 1], zero)
    >>> layer = EncoderLayer(
    ...     MultiHeadAttention(one, one, one, one, heads=1), norm,
    ...     FeedForward(one, zero, one, zero), norm,
    ... )
    >>> layer
    EncoderLayer(d_model=2, heads=1, d_ff=2, norm_first=False)
    >>> layer([[0, 3], [1, 0]]).round(3)
    array([[-1.,  1.],
           [ 1., -1.]])
    """

    attention: MultiHeadAttention
    attention_norm: LayerNorm
    feed_forward: FeedForward
    feed_forward_norm: LayerNorm
    norm_first: bool = False

    def __call__(self, x: ArrayLike, mask: Mask = None) -> Floats:
        """Take tokens through the layer.

        Parameters
        ----------
        x : (..., n, d_model) array
        mask : array that broadcasts to (..., heads, n, n), optional
            Boolean: True means "may attend". Floating: added to the scores.

        Returns
        -------
        (..., n, d_model) array

        Raises
        ------
        ValueError
            If tokens have not d_model features, the mask does not fit, or a sub-layer writes
            tokens of another size than it reads.
        TypeError
            If x holds anything but real numbers, or the mask integers.
        """

        def attend(x: Floats) -> Floats:
            return self.attention.output(x, mask=mask)

        x = self._add(self._tokens(x), self.attention_norm, attend)
        return self._add(x, self.feed_forward_norm, self.feed_forward)


@dataclass(frozen=True, eq=False, repr=False)
class DecoderLayer(_Layer):
    """Attention to its own tokens, attention to a memory, then feed-forward.

    Parameters
    ----------
    attention : MultiHeadAttention
    attention_norm : LayerNorm
    cross_attention : MultiHeadAttention
        Its queries come from the stream, its keys and values from the memory.
    cross_norm : LayerNorm
    feed_forward : FeedForward
    feed_forward_norm : LayerNorm
    norm_first : bool
        Whether each norm stands before its sub-layer, or after the sum.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.1, arXiv:1706.03762.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.eye(2), np.zeros(2)
    >>> attend, norm = MultiHeadAttention(one, one, one, one, heads=1), LayerNorm([1, 1], zero)
    >>> forward = FeedForward(one, zero, one, zero)
    >>> layer = DecoderLayer(attend, norm, attend, norm, forward, norm)
    >>> layer
    DecoderLayer(d_model=2, heads=1, d_ff=2, norm_first=False)
    >>> layer([[0, 3]], memory=[[9, 0]]).round(3)
    array([[ 1., -1.]])
    """

    attention: MultiHeadAttention
    attention_norm: LayerNorm
    cross_attention: MultiHeadAttention
    cross_norm: LayerNorm
    feed_forward: FeedForward
    feed_forward_norm: LayerNorm
    norm_first: bool = False
    _names = ("self_attn", "multihead_attn")

    def __call__(
        self, x: ArrayLike, memory: ArrayLike, mask: Mask = None, memory_mask: Mask = None
    ) -> Floats:
        """Take tokens through the layer.

        Parameters
        ----------
        x : (..., n, d_model) array
        memory : (..., m, d_model) array
            The output of an encoder.
        mask : array that broadcasts to (..., heads, n, n), optional
            Which tokens of x may attend to which: `masks.causal(n)`, where no token may see what
            comes after it. Nothing is hidden without it.
        memory_mask : array that broadcasts to (..., heads, n, m), optional
            Which tokens of the memory they may attend to.

        Returns
        -------
        (..., n, d_model) array

        Raises
        ------
        ValueError
            If tokens have not d_model features, or a mask does not fit.
        TypeError
            If tokens hold anything but real numbers, or a mask integers.
        """

        def attend(x: Floats) -> Floats:
            return self.attention.output(x, mask=mask)

        def cross(x: Floats) -> Floats:
            return self.cross_attention.output(x, memory, memory_mask)

        x = self._add(self._tokens(x), self.attention_norm, attend)
        x = self._add(x, self.cross_norm, cross)
        return self._add(x, self.feed_forward_norm, self.feed_forward)


class _Stack:
    """What encoder and decoder share: layers, one after the other, and perhaps a last norm."""

    layers: tuple[Any, ...]
    norm: LayerNorm | None
    _kind: ClassVar[type[_Layer]]

    def __post_init__(self) -> None:
        """There must be a layer."""
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            raise ValueError("layers must hold one layer or more: got none")

    def _through(self, x: ArrayLike, *others: Any) -> Floats:
        """Tokens after all layers, each of which is given the same others, and the last norm."""
        stream: Floats = as_float("x", x)
        for layer in self.layers:
            stream = layer(stream, *others)
        return stream if self.norm is None else self.norm(stream)

    def __repr__(self) -> str:
        """How many layers, and what they are."""
        return f"{type(self).__name__}({len(self.layers)} x {self.layers[0]}, norm={self.norm})"

    @classmethod
    def from_state(
        cls,
        state: State,
        heads: int,
        norm_first: bool = False,
        activation: Activation = "relu",
        eps: float = 1e-5,
    ) -> Self:
        """The stack with the weights of PyTorch's stack of that name.

        Parameters
        ----------
        state : mapping of str to array
            The `state_dict()` of a `torch.nn.TransformerEncoder` or `torch.nn.TransformerDecoder`,
            with biases. Its last norm may be there or not.
        heads, norm_first, activation, eps
            The `nhead`, `norm_first`, `activation` and `layer_norm_eps` of its layers, which the
            state does not tell. The eps is that of the last norm, too.

        Returns
        -------
        Encoder or Decoder

        Raises
        ------
        ValueError
            If an entry is missing, surplus or misshapen, or heads does not divide d_model.
        TypeError
            If an entry holds anything but real numbers, or an option is of the wrong type.
        """
        count = len({name.split(".")[1] for name in state if name.startswith("layers.")})
        before = [f"layers.{i}." for i in range(max(1, count))]
        shapes = {k: v for each in before for k, v in cls._kind._shapes(each).items()}
        normed = any(name.startswith("norm.") for name in state)
        last = {"norm.weight": "d", "norm.bias": "d"} if normed else {}
        arrays = check_state(state, shapes | last)
        options = (heads, norm_first, activation, eps)
        layers = [cls._kind.from_state(_under(each, arrays), *options) for each in before]
        norm = _norm(arrays, "norm", eps) if normed else None
        return cls(layers, norm)  # type: ignore[call-arg]


@dataclass(frozen=True, eq=False, repr=False)
class Encoder(_Stack):
    """Encoder layers, one after the other.

    Parameters
    ----------
    layers : sequence of EncoderLayer
        To look at its heads, take the tokens from layer to layer yourself, and let each `attend`.
    norm : LayerNorm, optional
        At the end; a stack whose layers normalise first needs one.

    Raises
    ------
    ValueError
        If there is no layer.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.1, arXiv:1706.03762.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.eye(2), np.zeros(2)
    >>> attend, norm = MultiHeadAttention(one, one, one, one, heads=1), LayerNorm([1, 1], zero)
    >>> layer = EncoderLayer(attend, norm, FeedForward(one, zero, one, zero), norm)
    >>> encoder = Encoder([layer, layer])
    >>> encoder
    Encoder(2 x EncoderLayer(d_model=2, heads=1, d_ff=2, norm_first=False), norm=None)
    >>> np.array_equal(encoder([[0, 3]]), layer(layer([[0, 3]])))
    True
    """

    layers: tuple[EncoderLayer, ...]
    norm: LayerNorm | None = None
    _kind = EncoderLayer

    def __call__(self, x: ArrayLike, mask: Mask = None) -> Floats:
        """Take tokens through all layers.

        Parameters
        ----------
        x : (..., n, d_model) array
        mask : array that broadcasts to (..., heads, n, n), optional
            Boolean: True means "may attend". The same for all layers.

        Returns
        -------
        (..., n, d_model) array

        Raises
        ------
        ValueError
            If tokens have not d_model features, or the mask does not fit.
        TypeError
            If x holds anything but real numbers, or the mask integers.
        """
        return self._through(x, mask)


@dataclass(frozen=True, eq=False, repr=False)
class Decoder(_Stack):
    """Decoder layers, one after the other, that all attend to one memory.

    Parameters
    ----------
    layers : sequence of DecoderLayer
    norm : LayerNorm, optional
        At the end; a stack whose layers normalise first needs one.

    Raises
    ------
    ValueError
        If there is no layer.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.1, arXiv:1706.03762.

    Examples
    --------
    >>> import numpy as np
    >>> one, zero = np.eye(2), np.zeros(2)
    >>> attend, norm = MultiHeadAttention(one, one, one, one, heads=1), LayerNorm([1, 1], zero)
    >>> layer = DecoderLayer(attend, norm, attend, norm, FeedForward(one, zero, one, zero), norm)
    >>> Decoder([layer, layer])([[0, 3]], memory=[[9, 0]]).round(3)
    array([[ 1., -1.]])
    """

    layers: tuple[DecoderLayer, ...]
    norm: LayerNorm | None = None
    _kind = DecoderLayer

    def __call__(
        self, x: ArrayLike, memory: ArrayLike, mask: Mask = None, memory_mask: Mask = None
    ) -> Floats:
        """Take tokens through all layers.

        Parameters
        ----------
        x : (..., n, d_model) array
        memory : (..., m, d_model) array
            The output of an encoder, the same for all layers.
        mask : array that broadcasts to (..., heads, n, n), optional
            Which tokens of x may attend to which: `masks.causal(n)`, where no token may see what
            comes after it.
        memory_mask : array that broadcasts to (..., heads, n, m), optional
            Which tokens of the memory they may attend to.

        Returns
        -------
        (..., n, d_model) array

        Raises
        ------
        ValueError
            If tokens have not d_model features, or a mask does not fit.
        TypeError
            If tokens hold anything but real numbers, or a mask integers.
        """
        return self._through(x, memory, mask, memory_mask)


def _under(before: str, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """The entries whose names begin like that, without their beginning."""
    return {k.removeprefix(before): v for k, v in arrays.items() if k.startswith(before)}


def _norm(arrays: Mapping[str, Floats], name: str, eps: float) -> LayerNorm:
    """The norm of that name."""
    return LayerNorm(arrays[f"{name}.weight"], arrays[f"{name}.bias"], eps)
