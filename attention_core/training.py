"""Training: a loss, a way downhill, small tasks, and a Transformer that learns them in seconds.

All weights of a model are one long vector, so that a step downhill is a sum of two vectors.

>>> from functools import partial
>>> model = TinyTransformer(vocabulary=4, length=3, answers=4, d_model=8, heads=2, layers=1, d_ff=8)
>>> draw = partial(reversal, length=3, letters=4)
>>> for progress in train(model, draw, steps=150, rng=np.random.default_rng(0)):
...     pass
>>> model(progress.weights, [[0, 1, 3]]).logits.argmax(axis=-1)
array([[3, 1, 0]])
"""

import json
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from attention_core import gradients, masks
from attention_core._check import (
    Floats,
    as_float,
    check_caches,
    check_cards,
    check_choice,
    check_loss,
    check_multiple,
    check_rng,
    check_shape,
    check_sizes,
    check_targets,
    check_words,
)
from attention_core.cache import KeyValueCache
from attention_core.heads import merge_heads, split_heads
from attention_core.layers import standardise
from attention_core.normalize import softmax

__all__ = [
    "cross_entropy",
    "Moments",
    "Adam",
    "reversal",
    "recall",
    "Predicted",
    "TinyTransformer",
    "Progress",
    "train",
    "accuracy",
    "recorded",
]

Whole = NDArray[np.integer[Any]]
Named = dict[str, Floats]


def cross_entropy(logits: ArrayLike, targets: ArrayLike) -> tuple[float, Floats]:
    """How surprised a model is by the right answers, and the gradient of that.

    Parameters
    ----------
    logits : (..., answers) array
        A score for every answer; softmax makes probabilities of them.
    targets : (...) array of int
        The right answers, counted from 0. Where it is -1, nothing is asked.

    Returns
    -------
    loss : float
        The mean, over all that is asked, of minus the logarithm of the right answer's probability.
    d_logits : (..., answers) array
        Its gradient: the probabilities, less one for the right answer, over how many are asked.
        NaN where the logits hold NaN or infinity.

    Raises
    ------
    ValueError
        If there is not a target for each row of logits, one names no answer, or nothing is asked.
    TypeError
        If logits are no real numbers, or targets no whole ones.

    References
    ----------
    Bridle 1990, "Training stochastic model recognition algorithms as networks can lead to maximum
    mutual information estimation of parameters".

    Examples
    --------
    >>> loss, d_logits = cross_entropy([[0, 0], [5, 3]], targets=[1, -1])
    >>> round(loss, 4)
    0.6931
    >>> d_logits
    array([[ 0.5, -0.5],
           [ 0. ,  0. ]])
    """
    logits = as_float("logits", logits)
    asked = np.nonzero(check_targets(targets, logits.shape) >= 0)
    right = (np.arange(len(asked[0])), np.asarray(targets)[asked])
    log_shares = _log_softmax(logits[asked])
    slopes = np.exp(log_shares)
    slopes[right] -= 1
    d_logits = np.zeros_like(logits)
    d_logits[asked] = slopes / len(slopes)
    return float(-log_shares[right].mean()), d_logits


def _log_softmax(rows: Floats) -> Floats:
    """Logarithms of softmax; NaN where a row holds infinity or NaN."""
    with np.errstate(invalid="ignore"):
        rows = rows - rows.max(axis=-1, keepdims=True)
        logs: Floats = rows - np.log(np.exp(rows).sum(axis=-1, keepdims=True))
    return logs


class Moments(NamedTuple):
    """What Adam remembers: how many steps, and running means of the gradient and its square.

    Examples
    --------
    >>> _, moments = Adam(betas=(0.5, 0.5)).step(np.zeros(1), np.array([4.0]))
    >>> moments
    Moments(steps=1, mean=array([2.]), square=array([8.]))
    """

    steps: int
    mean: Floats
    square: Floats


@dataclass(frozen=True)
class Adam:
    """Steps downhill, as long in flat directions as in steep ones.

    Parameters
    ----------
    rate : float
        How far a step goes, about, in each direction.
    betas : pair of float
        How much of the running means of the gradient and of its square stays at each step.
    eps : float
        Added to the divisor, so that a gradient of zero can be divided.

    References
    ----------
    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1, arXiv:1412.6980.

    Examples
    --------
    >>> adam = Adam(rate=0.1)
    >>> weights, moments = adam.step(np.array([1.0, 1.0]), gradient=np.array([500.0, -0.02]))
    >>> weights.round(4), moments.steps
    (array([0.9, 1.1]), 1)
    """

    rate: float = 0.001
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def step(
        self,
        weights: Floats,
        gradient: Floats,
        moments: Moments | None = None,
        rate: float = 1.0,
    ) -> tuple[Floats, Moments]:
        """One step.

        Parameters
        ----------
        weights : array
        gradient : array of the shape of weights
        moments : Moments, optional
            What the step before returned; nothing at the first.
        rate : float
            A share of the rate to take at this step.

        Returns
        -------
        weights : array
            New ones.
        moments : Moments
            For the next step.

        Raises
        ------
        ValueError
            If weights and gradient differ in shape.
        """
        check_shape("gradient", gradient, weights.shape, "one for each weight")
        steps, mean, square = moments or Moments(0, 0 * weights, 0 * weights)
        steps, (keep, keep_square) = steps + 1, self.betas
        mean = keep * mean + (1 - keep) * gradient
        square = keep_square * square + (1 - keep_square) * gradient**2
        # Both means began at zero; this makes up for it.
        slope = mean / (1 - keep**steps)
        size = np.sqrt(square / (1 - keep_square**steps))
        weights = weights - rate * self.rate * slope / (size + self.eps)
        return weights, Moments(steps, mean, square)


def reversal(
    rng: np.random.Generator, count: int, length: int, letters: int
) -> tuple[Whole, Whole]:
    """Read a sequence, and say it backwards.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        How many sequences to draw.
    length, letters : int
        Of each sequence, and how many letters there are to draw from.

    Returns
    -------
    tokens, targets : (count, length) arrays of int

    Raises
    ------
    ValueError
        If a size is below 1.
    TypeError
        If a size is no whole number, or rng no generator.

    Examples
    --------
    >>> tokens, targets = reversal(np.random.default_rng(0), count=1, length=4, letters=9)
    >>> tokens, targets
    (array([[7, 5, 4, 2]]), array([[2, 4, 5, 7]]))
    """
    check_rng(rng)
    check_sizes(count=count, length=length, letters=letters)
    tokens = rng.integers(letters, size=(count, length))
    return tokens, tokens[:, ::-1]


def recall(rng: np.random.Generator, count: int, cards: int, letters: int) -> tuple[Whole, Whole]:
    """Look at cards, each with a letter and a digit; then, asked for a letter, say its digit.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        How many sequences to draw.
    cards, letters : int
        How many cards a sequence has, and how many letters there are; there are as many digits.

    Returns
    -------
    tokens : (count, 2 * cards) array of int
        First the cards, no two of one letter: letter times `letters` plus digit. Then each of
        these letters by itself, in another order: `letters` squared plus letter.
    targets : (count, 2 * cards) array of int
        Nothing is asked at the cards (-1); at each letter after them, its digit.

    Raises
    ------
    ValueError
        If a size is below 1, or there are more cards than letters.
    TypeError
        If a size is no whole number, or rng no generator.

    Examples
    --------
    >>> tokens, targets = recall(np.random.default_rng(0), count=1, cards=2, letters=5)
    >>> tokens
    array([[18, 14, 28, 27]])
    >>> targets
    array([[-1, -1,  3,  4]])
    """
    check_cards(rng, count, cards, letters)
    names = np.argsort(rng.random((count, letters)), axis=-1)[:, :cards]
    digits = rng.integers(letters, size=(count, cards))
    order = np.argsort(rng.random((count, cards)), axis=-1)
    asked = letters * letters + np.take_along_axis(names, order, axis=-1)
    answers = np.take_along_axis(digits, order, axis=-1)
    tokens = np.concatenate([letters * names + digits, asked], axis=-1)
    return tokens, np.concatenate([np.full_like(names, -1), answers], axis=-1)


class Predicted(NamedTuple):
    """What a model makes of tokens.

    Attributes
    ----------
    logits : (batch, n, answers) array
    attention : tuple of (batch, heads, n, m) arrays
        The heads' weights, layer by layer: of n queries over the m keys so far.

    Examples
    --------
    >>> model = TinyTransformer(vocabulary=5, length=3, answers=2, layers=1)
    >>> predicted = model(model.initial(np.random.default_rng(0)), [[0, 4, 0]])
    >>> predicted.attention[0].sum(axis=-1).round(3)[0, 0]
    array([1., 1., 1.], dtype=float32)
    """

    logits: Floats
    attention: tuple[Floats, ...]


class Weighted(ABC):
    """A model whose weights are one long vector, of parts that have names and shapes."""

    @property
    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, by name, in the order of the one long vector."""

    def named(self, weights: Floats) -> Named:
        """The parts of the one long vector under their names: views of it, nothing is copied.

        Parameters
        ----------
        weights : array
            All weights, or all gradients.

        Returns
        -------
        dict of str to array

        Raises
        ------
        ValueError
            If there are more or fewer than the sizes ask for.
        """
        ends = np.cumsum([0, *map(math.prod, self.shapes.values())]).tolist()
        check_shape("weights", weights, (ends[-1],), "all weights of the model in one vector")
        cuts = zip(self.shapes.items(), pairwise(ends), strict=True)
        return {name: weights[a:b].reshape(shape) for (name, shape), (a, b) in cuts}


@dataclass(frozen=True)
class TinyTransformer(Weighted):
    """The sizes of a small Transformer, and its way from tokens to logits and back.

    Embeddings and positions are looked up and added. Each layer adds what attention and then
    what a feed-forward (with relu) makes of the normalised tokens. A last layer norm and a
    projection give the logits at every position.

    Parameters
    ----------
    vocabulary, length, answers : int
        How many tokens there are, how many at most stand in a sequence, and how many answers.
    d_model, heads, layers, d_ff : int
    positions : bool
        Tell the model where a token stands.
    residuals : bool
        Add what a layer makes to what it was made of, instead of putting it in its place.
    causal : bool
        Let a token attend to itself and to those before it, and to no other.

    Raises
    ------
    ValueError
        If a size is below 1, or the heads cannot share d_model evenly.
    TypeError
        If a size is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3, arXiv:1706.03762; with the norm
    first: Xiong et al. 2020, arXiv:2002.04745.

    Examples
    --------
    >>> model = TinyTransformer(vocabulary=10, length=8, answers=10, d_model=16, heads=2, d_ff=32)
    >>> weights = model.initial(np.random.default_rng(0))
    >>> weights.shape, weights.dtype
    ((4938,), dtype('float32'))
    >>> logits, attention = model(weights, [[3, 1, 4, 1]])
    >>> logits.shape, attention[0].shape
    ((1, 4, 10), (1, 2, 4, 4))
    """

    vocabulary: int
    length: int
    answers: int
    d_model: int = 32
    heads: int = 4
    layers: int = 2
    d_ff: int = 64
    positions: bool = True
    residuals: bool = True
    causal: bool = False

    def __post_init__(self) -> None:
        """Check the sizes."""
        sizes = {name: size for name, size in vars(self).items() if not isinstance(size, bool)}
        check_sizes(**sizes)
        check_multiple("d_model", self.d_model, "heads", self.heads)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, by name, in the order of the one long vector."""
        d = self.d_model
        sizes = {"projections": (d, 3 * d), "mix": (d, d), "widen": (d, self.d_ff)}
        sizes |= {"narrow": (self.d_ff, d)}
        shapes: dict[str, tuple[int, ...]] = {"embedding": (self.vocabulary, d)}
        shapes |= {"positions": (self.length, d)} if self.positions else {}
        for i in range(self.layers):
            shapes |= {f"{i}.{name}.weight": shape for name, shape in sizes.items()}
            shapes |= {f"{i}.{name}.bias": shape[1:] for name, shape in sizes.items()}
            norms = ("norm1", "norm2")
            shapes |= {f"{i}.{name}.{part}": (d,) for name in norms for part in ("gain", "bias")}
        shapes |= {"norm.gain": (d,), "norm.bias": (d,)}
        return shapes | {"logits.weight": (d, self.answers), "logits.bias": (self.answers,)}

    def initial(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Floats:
        """Weights as they are before anything is learned.

        Parameters
        ----------
        rng : numpy.random.Generator
        dtype : floating dtype

        Returns
        -------
        array
            Matrices are normal, of deviation 1 over the root of their rows, and embeddings of
            deviation 1; gains are one, biases zero. What a layer adds begins at a fifth of that.

        Raises
        ------
        TypeError
            If rng is no generator.
        """
        check_rng(rng)
        weights: Floats = np.zeros(sum(map(math.prod, self.shapes.values())), dtype)
        for name, part in self.named(weights).items():
            if name.endswith("gain"):
                part[:] = 1
            elif not name.endswith("bias"):
                share = 0.2 if name.endswith(("mix.weight", "narrow.weight")) else 1
                spread = share / math.sqrt(len(part)) if name.endswith("weight") else 1
                part[:] = rng.normal(0, spread, part.shape)
        return weights

    def __call__(
        self, weights: Floats, tokens: ArrayLike, caches: Sequence[KeyValueCache] = ()
    ) -> Predicted:
        """From tokens to logits.

        Parameters
        ----------
        weights : array
            As `initial` or training gave them.
        tokens : (batch, n) array of int
        caches : sequence of KeyValueCache, optional
            Of a causal model, one for each layer. They hold the keys and values of the tokens
            before these; those of these are appended. The logits are those of all tokens so far.

        Returns
        -------
        Predicted
            Logits (batch, n, answers), and for each layer its heads' weights (batch, heads, n, m),
            over all m tokens so far.

        Raises
        ------
        ValueError
            If tokens are no batch of sequences of at most the model's length, one is outside of
            the vocabulary, or there are not as many weights as the sizes ask for, nor as many
            caches as layers.
        TypeError
            If tokens are no whole numbers.
        """
        logits, saved = self._forward(self.named(weights), tokens, caches)
        return Predicted(logits, tuple(attended[1] for attended, *_ in saved[:-1]))

    def loss(self, weights: Floats, tokens: ArrayLike, targets: ArrayLike) -> tuple[float, Floats]:
        """The loss, and its gradient with respect to every weight.

        Parameters
        ----------
        weights : array
        tokens, targets : (batch, n) arrays of int
            A target of -1 asks nothing.

        Returns
        -------
        loss : float
        gradient : array of the shape of weights

        Raises
        ------
        ValueError
            As the call and `cross_entropy` raise it.
        TypeError
            If tokens or targets are no whole numbers.
        """
        w = self.named(weights)
        logits, saved = self._forward(w, tokens)
        loss, d_logits = cross_entropy(logits, targets)
        gradient = np.zeros_like(weights)
        self._backward(w, self.named(gradient), saved, np.asarray(tokens), d_logits)
        return loss, gradient

    def _forward(
        self, w: Named, tokens: ArrayLike, caches: Sequence[KeyValueCache] = ()
    ) -> tuple[Floats, list[Any]]:
        """The logits, and what the way back needs, a tuple for each layer and one for the end."""
        counts = [len(cache) for cache in caches]
        start = check_caches(self.causal, self.layers, counts) if caches else 0
        words = check_words(tokens, self.vocabulary, self.length, start)
        x = w["embedding"][words]
        if self.positions:
            x += w["positions"][start : start + words.shape[1]]
        saved: list[Any] = []
        for i in range(self.layers):
            x = self._layer(w, f"{i}.", x, saved, caches[i] if caches else None)
        normal, scaled = _norm(w, "norm", x)
        saved.append((x, scaled, normal))
        return _project(w, "logits", normal), saved

    def _layer(
        self, w: Named, at: str, x: Floats, saved: list[Any], cache: KeyValueCache | None
    ) -> Floats:
        """One layer: attention, then the feed-forward."""
        normal1, scaled1 = _norm(w, at + "norm1", x)
        projected = split_heads(_project(w, at + "projections", normal1), 3 * self.heads)
        query, key, value = np.split(projected, 3, axis=1)
        if cache is not None:
            cache.append(key, value)
            key, value = cache.key, cache.value
        scores = query @ key.mT * (1 / math.sqrt(query.shape[-1]))
        if self.causal:
            scores = np.where(masks.causal(*scores.shape[-2:]), scores, -np.inf)
        weights = softmax(scores)
        merged = merge_heads(weights @ value)
        mixed = _project(w, at + "mix", merged)
        middle = x + mixed if self.residuals else mixed
        normal2, scaled2 = _norm(w, at + "norm2", middle)
        hidden = np.maximum(_project(w, at + "widen", normal2), 0)
        output = _project(w, at + "narrow", hidden)
        attended = (query, key, value), weights, merged
        saved.append((attended, (x, scaled1, normal1), (middle, scaled2, normal2), hidden))
        return middle + output if self.residuals else output

    def _backward(self, w: Named, g: Named, saved: list[Any], words: Whole, d: Floats) -> None:
        """Fill in the gradients, from the logits back to the embeddings."""
        d = _norm_back(w, g, "norm", "logits", saved[-1], d)
        for i in reversed(range(self.layers)):
            d = self._layer_back(w, g, f"{i}.", saved[i], d)
        g["embedding"][:] = gradients.embedding(words, d, self.vocabulary)
        if self.positions:
            g["positions"][: d.shape[1]] = d.sum(axis=0)

    def _layer_back(self, w: Named, g: Named, at: str, saved: Any, d: Floats) -> Floats:
        """Through one layer: the feed-forward, then attention."""
        ((query, key, value), weights, merged), before, between, hidden = saved
        d_hidden = gradients.relu(hidden, _project_back(w, g, at + "narrow", hidden, d))
        d_middle = _norm_back(w, g, at + "norm2", at + "widen", between, d_hidden)
        d_middle = d_middle + d if self.residuals else d_middle
        d_merged = _project_back(w, g, at + "mix", merged, d_middle)
        d_output = split_heads(d_merged, self.heads)
        d_heads = gradients.attention(query, key, value, d_output, weights=weights)
        d_projected = merge_heads(np.concatenate(d_heads, axis=1))
        d_x = _norm_back(w, g, at + "norm1", at + "projections", before, d_projected)
        return d_x + d_middle if self.residuals else d_x


def _project(w: Named, name: str, x: Floats) -> Floats:
    """A projection with a bias, as one product of two matrices."""
    weight = w[name + ".weight"]
    rows = x.reshape(-1, len(weight)) @ weight
    rows += w[name + ".bias"]
    return rows.reshape(*x.shape[:-1], -1)


def _project_back(w: Named, g: Named, name: str, x: Floats, d_output: Floats) -> Floats:
    """Through a projection; its own gradients go to their places."""
    d_x, d_weight, d_bias = gradients.linear(x, w[name + ".weight"], d_output)
    g[name + ".weight"][:], g[name + ".bias"][:] = d_weight, d_bias
    return d_x


def _norm(w: Named, name: str, x: Floats) -> tuple[Floats, tuple[Floats, Floats]]:
    """A layer norm, and what the way back needs of it."""
    scaled = standardise(x)
    return scaled[0] * w[name + ".gain"] + w[name + ".bias"], scaled


def _norm_back(w: Named, g: Named, norm: str, name: str, saved: Any, d_output: Floats) -> Floats:
    """Through a projection and the layer norm before it."""
    x, scaled, normal = saved
    d_normal = _project_back(w, g, name, normal, d_output)
    d_x, d_gain, d_bias = gradients.layer_norm(x, w[norm + ".gain"], d_normal, saved=scaled)
    g[norm + ".gain"][:], g[norm + ".bias"][:] = d_gain, d_bias
    return d_x


class Progress(NamedTuple):
    """Where training stands.

    Attributes
    ----------
    step : int
        From 1.
    loss : float
        Of the step's sequences, before the step.
    weights : array
        After it.

    Examples
    --------
    >>> from functools import partial
    >>> model = TinyTransformer(4, 3, 4, d_model=8, heads=2, layers=1, d_ff=8)
    >>> draw = partial(reversal, length=3, letters=4)
    >>> progress = next(train(model, draw, 3, np.random.default_rng(0)))
    >>> progress.step, len(progress.weights)
    (1, 572)
    """

    step: int
    loss: float
    weights: Floats


def train(
    model: TinyTransformer,
    draw: Callable[[np.random.Generator, int], tuple[Whole, Whole]],
    steps: int,
    rng: np.random.Generator,
    rate: float = 0.01,
    batch: int = 64,
    dtype: DTypeLike = np.float32,
) -> Iterator[Progress]:
    """Train a model from nothing, and tell of every step.

    The rate rises from zero over the first steps, a twentieth of all, and then falls back to zero
    in a straight line. A progress bar shows where the errors of a program go to a terminal.

    Parameters
    ----------
    model : TinyTransformer
    draw : callable
        Called with rng and how many sequences to draw, it gives tokens and targets.
    steps : int
    rng : numpy.random.Generator
        Where the weights and the sequences come from.
    rate : float
        The largest rate of Adam.
    batch : int
        Sequences in a step.
    dtype : floating dtype

    Returns
    -------
    iterator of Progress
        One for each step.

    Raises
    ------
    FloatingPointError
        If the loss is no number any more, or more than three times that of the first step.
    ValueError, TypeError
        If a size does not fit.

    Examples
    --------
    >>> from functools import partial
    >>> model = TinyTransformer(4, 3, 4, d_model=8, heads=2, layers=1, d_ff=8)
    >>> draw = partial(reversal, length=3, letters=4)
    >>> [step for step, loss, weights in train(model, draw, 3, np.random.default_rng(0))]
    [1, 2, 3]
    """
    check_sizes(steps=steps, batch=batch)
    adam, moments, first = Adam(rate, (0.9, 0.98)), None, None
    weights = model.initial(rng, dtype)
    for step in range(1, steps + 1):
        loss, gradient = model.loss(weights, *draw(rng, batch))
        first = check_loss(step, loss, first)
        share = min(1, 20 * step / steps) * (1 - (step - 1) / steps)
        weights, moments = adam.step(weights, gradient, moments, share)
        _show(step, steps, loss)
        yield Progress(step, loss, weights)


def _show(step: int, steps: int, loss: float) -> None:
    """A progress bar, where a person watches."""
    if sys.stderr.isatty():
        bar = "█" * (20 * step // steps)
        end = "\n" if step == steps else ""
        print(f"\r{bar:░<20} {step}/{steps} loss {loss:.4f}", end=end, file=sys.stderr, flush=True)


def accuracy(
    model: TinyTransformer, weights: Floats, tokens: ArrayLike, targets: ArrayLike
) -> float:
    """The share of right answers, of all that are asked.

    Parameters
    ----------
    model : TinyTransformer
    weights : array
    tokens, targets : (batch, n) arrays of int

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If targets are not of the shape of tokens.
    TypeError
        If tokens are no whole numbers.

    Examples
    --------
    >>> model = TinyTransformer(vocabulary=2, length=3, answers=2, d_model=4, heads=1)
    >>> tokens, targets = reversal(np.random.default_rng(0), 1000, length=3, letters=2)
    >>> 0.2 < accuracy(model, model.initial(np.random.default_rng(0)), tokens, targets) < 0.8
    True
    """
    logits = model(weights, tokens).logits
    targets = check_targets(targets, logits.shape)
    asked = targets >= 0
    return float(np.mean(logits.argmax(axis=-1)[asked] == targets[asked]))


def recorded(task: str) -> dict[str, Any]:
    """How runs of a task went, as they were stored once: five seeds, several models.

    Parameters
    ----------
    task : {"recall", "reversal"}

    Returns
    -------
    dict
        `runs` has for each model three lists over the seeds: the final accuracy, the step at which
        it first was 0.99 (or None), and the losses, each the mean over `every` steps. `heads` has
        the weights of the first seed's heads after `steps`, in thousandths.

    Raises
    ------
    ValueError
        If there is no such task.

    Examples
    --------
    >>> min(recorded("reversal")["runs"]["whole"]["accuracy"]) > 0.99
    True
    """
    check_choice("task", task, ("recall", "reversal"))
    text = Path(__file__).with_name("training_runs.json").read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text)[task]
    return told
