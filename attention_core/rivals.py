"""What came before attention: a convolution over tokens, and recurrences with and without gates.

Each reads tokens as rows, and none looks ahead: row t of an output depends on rows up to t of x.

>>> convolution([[1], [10], [100]], kernel=[[[1]], [[2]]])
array([[  1.],
       [ 12.],
       [120.]])
"""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from attention_core import gradients
from attention_core._check import (
    Floats,
    as_float,
    as_floats,
    check_count,
    check_rng,
    check_rows,
    check_shape,
    check_sizes,
    check_tokens,
    check_words,
)
from attention_core.layers import linear
from attention_core.training import Named, Predicted, Weighted, Whole, cross_entropy, recall

__all__ = [
    "convolution",
    "convolution_back",
    "recurrence",
    "recurrence_back",
    "gated_recurrence",
    "gated_recurrence_back",
    "distant_recall",
    "TinyConvolution",
    "TinyRecurrence",
]

Four = tuple[Floats, Floats, Floats, Floats]
Back = Callable[[Named, Floats], Floats]


def convolution(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    dilation: int = 1,
) -> Floats:
    """Each token and a few before it, summed, each through its own matrix.

    Parameters
    ----------
    x : (..., n, d_in) array
    kernel : (width, d_in, d_out) array
        Entry 0 is for the token itself, entry c for the one that stands c * dilation before it:
        PyTorch's Conv1d holds them in the opposite order.
    bias : (d_out,) array, optional
    dilation : int
        How far apart the tokens stand that are summed.

    Returns
    -------
    (..., n, d_out) array
        Row i is the sum over c of x[i - c * dilation] @ kernel[c], plus the bias. What would stand
        before the first token counts as zeros.

    Raises
    ------
    ValueError
        If the kernel has not three axes, or not a row for each feature of x, the bias not an entry
        for each column, or dilation is below 1.
    TypeError
        If an argument holds anything but real numbers, or dilation is no whole number.

    References
    ----------
    Waibel et al. 1989, "Phoneme recognition using time-delay neural networks"; with dilation: van
    den Oord et al. 2016, "WaveNet", section 2.1, arXiv:1609.03499.

    Examples
    --------
    >>> convolution([[1], [10], [100]], kernel=[[[1]], [[2]]], dilation=2)
    array([[  1.],
           [ 10.],
           [102.]])
    """
    x, kernel, dilation = _check_kernel(x, kernel, dilation)
    output = linear(x, kernel[0], bias)
    for c, weight in enumerate(kernel[1:], start=1):
        output += _later(linear(x, weight), c * dilation)
    return output


def _check_kernel(x: ArrayLike, kernel: ArrayLike, dilation: int) -> tuple[Floats, Floats, int]:
    """A kernel must be a pile of matrices, each with a row for each feature of a token."""
    x, kernel = as_floats(x=x, kernel=kernel)
    check_tokens(x=x)
    if kernel.ndim != 3 or 0 in kernel.shape:
        raise ValueError(
            "kernel must have shape (width, d_in, d_out), a matrix for each token that it reads, "
            f"none of the sizes zero: got shape {kernel.shape}"
        )
    check_rows("kernel's matrices", kernel[0], "a token", x.shape[-1])
    return x, kernel, check_count("dilation", dilation, "tokens", least=1)


def _later(x: Floats, steps: int) -> Floats:
    """Each row some places further down, where zeros come in at the top."""
    moved = np.zeros_like(x)
    moved[..., steps:, :] = x[..., : max(0, x.shape[-2] - steps), :]
    return moved


def convolution_back(
    x: ArrayLike, kernel: ArrayLike, d_output: ArrayLike, dilation: int = 1
) -> tuple[Floats, Floats, Floats]:
    """Through a convolution: d_x, d_kernel and d_bias from d_output.

    Parameters
    ----------
    x : (..., n, d_in) array
    kernel : (width, d_in, d_out) array
    d_output : (..., n, d_out) array
        The gradient of the loss with respect to the output.
    dilation : int

    Returns
    -------
    d_x, d_kernel, d_bias : arrays of the shapes of x, the kernel and the bias
        What came from c * dilation tokens before goes back there.

    Raises
    ------
    ValueError
        As `convolution` raises it, or if d_output is not of its shape.
    TypeError
        If an argument holds anything but real numbers, or dilation is no whole number.

    References
    ----------
    LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".

    Examples
    --------
    >>> d_x, d_kernel, d_bias = convolution_back([[1], [10]], [[[3]], [[4]]], [[0], [1]])
    >>> d_x
    array([[4.],
           [3.]])
    >>> d_kernel.ravel(), d_bias
    (array([10.,  1.]), array([1.]))
    """
    x, kernel, dilation = _check_kernel(x, kernel, dilation)
    d_output = as_float("d_output", d_output)
    check_shape("d_output", d_output, (*x.shape[:-1], kernel.shape[2]), "an entry for each output")
    d_x, d_kernel = np.zeros_like(x), np.zeros_like(kernel)
    for c, weight in enumerate(kernel):
        d_sent = _earlier(d_output, c * dilation)
        d_from, d_kernel[c], _ = gradients.linear(x, weight, d_sent)
        d_x += d_from
    return d_x, d_kernel, d_output.sum(axis=tuple(range(x.ndim - 1)))


def _earlier(x: Floats, steps: int) -> Floats:
    """Each row some places further up, where zeros come in at the bottom: `_later`, turned round."""
    return np.flip(_later(np.flip(x, -2), steps), -2)


def recurrence(
    x: ArrayLike, input_weight: ArrayLike, state_weight: ArrayLike, bias: ArrayLike | None = None
) -> Floats:
    """A state that takes in one token after the other.

    Parameters
    ----------
    x : (..., n, d_in) array
    input_weight : (d_in, d) array
    state_weight : (d, d) array
    bias : (d,) array, optional

    Returns
    -------
    (..., n, d) array
        The state after each token: tanh of x[t] @ input_weight + (the state before it) @
        state_weight + bias. Before the first token the state is zeros.

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Elman 1990, "Finding structure in time".

    Examples
    --------
    >>> recurrence([[1], [0], [0]], input_weight=[[1]], state_weight=[[1]]).round(2)
    array([[0.76],
           [0.64],
           [0.57]])
    """
    x, input_weight, state_weight = _check_recurrent(x, input_weight, state_weight)
    given = linear(x, input_weight, bias)
    state, states = _start(given, state_weight)
    for t in range(x.shape[-2]):
        state = np.tanh(given[..., t, :] + state @ state_weight)
        states[..., t, :] = state
    return states


def recurrence_back(
    x: ArrayLike,
    input_weight: ArrayLike,
    state_weight: ArrayLike,
    states: ArrayLike,
    d_states: ArrayLike,
) -> Four:
    """Through a recurrence, from its last token to its first: backpropagation through time.

    Parameters
    ----------
    x : (..., n, d_in) array
    input_weight : (d_in, d) array
    state_weight : (d, d) array
    states : (..., n, d) array
        What `recurrence` gave.
    d_states : (..., n, d) array
        The gradient of the loss with respect to them.

    Returns
    -------
    d_x, d_input_weight, d_state_weight, d_bias : arrays
        Each of the shape of what it belongs to.

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Werbos 1990, "Backpropagation through time: what it does and how to do it".

    Examples
    --------
    >>> weights = [[1]], [[1]]
    >>> states = recurrence([[1], [0], [0]], *weights)
    >>> d_x, *_ = recurrence_back([[1], [0], [0]], *weights, states, [[0], [0], [1]])
    >>> d_x.round(2)
    array([[0.17],
           [0.4 ],
           [0.68]])
    """
    x, input_weight, state_weight = _check_recurrent(x, input_weight, state_weight)
    states, d_states = _check_states(x, state_weight, states, d_states)
    d_given, d_later = np.empty_like(d_states), np.zeros_like(d_states.sum(axis=-2))
    for t in reversed(range(x.shape[-2])):
        d_state = d_states[..., t, :] + d_later
        d_given[..., t, :] = d_state * (1 - states[..., t, :] ** 2)
        d_later = d_given[..., t, :] @ state_weight.T
    d_x, d_input_weight, d_bias = gradients.linear(x, input_weight, d_given)
    _, d_state_weight, _ = gradients.linear(_later(states, 1), state_weight, d_given)
    return d_x, d_input_weight, d_state_weight, d_bias


def _check_states(
    x: Floats, state_weight: Floats, states: ArrayLike, d_states: ArrayLike
) -> tuple[Floats, ...]:
    """There must be a state, and a gradient, for each token."""
    found = as_floats(states=states, d_states=d_states)
    for name, array in zip(("states", "d_states"), found, strict=True):
        check_shape(name, array, (*x.shape[:-1], len(state_weight)), "a state for each token")
    return found


def _check_recurrent(
    x: ArrayLike, input_weight: ArrayLike, state_weight: ArrayLike, parts: int = 1
) -> tuple[Floats, Floats, Floats]:
    """What tokens and states say is added, in as many parts as the state has uses for."""
    x, by_input = as_floats(x=x, input_weight=input_weight)
    by_state = as_float("state_weight", state_weight)
    check_tokens(x=x)
    check_rows("input_weight", by_input, "a token", x.shape[-1])
    if by_state.ndim != 2 or by_state.shape[1] != parts * len(by_state) or not by_state.size:
        columns = "d" if parts == 1 else f"{parts} d"
        raise ValueError(
            f"state_weight must have shape (d, {columns}), because what it makes of one state goes "
            f"into the next: got shape {by_state.shape}"
        )
    if by_input.shape[1] != by_state.shape[1]:
        raise ValueError(
            "input_weight and state_weight must have the same number of columns, because what "
            f"they make is added: got {by_input.shape[1]} and {by_state.shape[1]}"
        )
    return x, by_input, by_state


def _start(given: Floats, state_weight: Floats) -> tuple[Floats, Floats]:
    """The state before the first token, and room for those after each."""
    size, dtype = len(state_weight), np.result_type(given, state_weight)
    state: Floats = np.zeros((*given.shape[:-2], size), dtype)
    states: Floats = np.empty((*given.shape[:-1], size), dtype)
    return state, states


def gated_recurrence(
    x: ArrayLike, input_weight: ArrayLike, state_weight: ArrayLike, bias: ArrayLike | None = None
) -> Floats:
    """A state that decides, entry by entry, what to keep and what to overwrite: a GRU.

    Parameters
    ----------
    x : (..., n, d_in) array
    input_weight : (d_in, 3 d) array
        Side by side: what the token says to the reset gate, to the update gate, to the candidate.
    state_weight : (d, 3 d) array
        What the state before says to the three.
    bias : (3 d,) array, optional

    Returns
    -------
    (..., n, d) array
        The state after each token: update times the state before, plus (1 - update) times the
        candidate. Before the first token the state is zeros.

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for statistical
    machine translation", section 2.3, arXiv:1406.1078. As in PyTorch, reset multiplies what the
    state says to the candidate; in the paper it multiplies the state itself.

    Examples
    --------
    An update gate that is open (a bias of 20) keeps the state as it is:

    >>> weights = [[0, 0, 1]], [[0, 0, 0]]
    >>> gated_recurrence([[1], [0]], *weights).round(2)
    array([[0.38],
           [0.19]])
    >>> gated_recurrence([[1], [0]], *weights, bias=[0, 20, 0]).round(2)
    array([[0.],
           [0.]])
    """
    x, input_weight, state_weight = _check_recurrent(x, input_weight, state_weight, parts=3)
    given = linear(x, input_weight, bias)
    state, states = _start(given, state_weight)
    for t in range(x.shape[-2]):
        _, update, candidate = _gates(given[..., t, :], state @ state_weight)
        state = update * state + (1 - update) * candidate
        states[..., t, :] = state
    return states


def _gates(given: Floats, asked: Floats) -> tuple[Floats, Floats, Floats]:
    """Both gates and the candidate, from what the tokens and the states say to the three."""
    d = given.shape[-1] // 3
    gates = (1 + np.tanh((given[..., : 2 * d] + asked[..., : 2 * d]) / 2)) / 2
    reset, update = gates[..., :d], gates[..., d:]
    return reset, update, np.tanh(given[..., 2 * d :] + reset * asked[..., 2 * d :])


def gated_recurrence_back(
    x: ArrayLike,
    input_weight: ArrayLike,
    state_weight: ArrayLike,
    states: ArrayLike,
    d_states: ArrayLike,
    bias: ArrayLike | None = None,
) -> Four:
    """Through a gated recurrence, from its last token to its first.

    Parameters
    ----------
    x : (..., n, d_in) array
    input_weight : (d_in, 3 d) array
    state_weight : (d, 3 d) array
    states : (..., n, d) array
        What `gated_recurrence` gave.
    d_states : (..., n, d) array
        The gradient of the loss with respect to them.
    bias : (3 d,) array, optional
        That of the way forward: the gates are computed again from it.

    Returns
    -------
    d_x, d_input_weight, d_state_weight, d_bias : arrays
        Each of the shape of what it belongs to.

    Raises
    ------
    ValueError
        If sizes do not fit.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    The chain rule, applied to Cho et al. 2014, equations 5 to 8, arXiv:1406.1078.

    Examples
    --------
    An open update gate takes a gradient back to the first token undiminished, and takes in little:

    >>> weights, bias = ([[0, 0, 1]], [[0, 0, 0]]), [0, 4, 0]
    >>> states = gated_recurrence([[1], [0], [0]], *weights, bias)
    >>> d_x, *_ = gated_recurrence_back(
    ...     [[1], [0], [0]], *weights, states, [[0], [0], [1]], bias
    ... )
    >>> (1000 * d_x).round(1)
    array([[ 7.3],
           [17.7],
           [18. ]])
    """
    x, input_weight, state_weight = _check_recurrent(x, input_weight, state_weight, parts=3)
    states, d_states = _check_states(x, state_weight, states, d_states)
    before = _later(states, 1)
    given, asked = linear(x, input_weight, bias), linear(before, state_weight)
    update, slopes, state_slopes = _gate_slopes(given, asked, before)
    d_all = _through_time(d_states, update, state_slopes, state_weight)
    d_x, d_input_weight, d_bias = gradients.linear(x, input_weight, d_all * slopes)
    _, d_state_weight, _ = gradients.linear(before, state_weight, d_all * state_slopes)
    return d_x, d_input_weight, d_state_weight, d_bias


def _gate_slopes(given: Floats, asked: Floats, before: Floats) -> tuple[Floats, Floats, Floats]:
    """Update gates, and how far states move with what tokens, and the states before, say."""
    reset, update, candidate = _gates(given, asked)
    by_candidate = (1 - update) * (1 - candidate**2)
    by_update = (before - candidate) * update * (1 - update)
    by_reset = by_candidate * asked[..., -before.shape[-1] :] * reset * (1 - reset)
    parts = [by_reset, by_update, by_candidate]
    slopes = np.concatenate(parts, axis=-1)
    return update, slopes, np.concatenate([*parts[:2], by_candidate * reset], axis=-1)


def _through_time(d_states: Floats, update: Floats, slopes: Floats, weight: Floats) -> Floats:
    """The gradient with respect to each state, later ones counted, once for each of three parts."""
    d_all, d_later = np.empty_like(d_states), np.zeros_like(d_states.sum(axis=-2))
    for t in reversed(range(d_states.shape[-2])):
        d_all[..., t, :] = d = d_states[..., t, :] + d_later
        said = np.concatenate([d, d, d], axis=-1) * slopes[..., t, :]
        d_later = update[..., t, :] * d + said @ weight.T
    return np.concatenate([d_all, d_all, d_all], axis=-1)


def distant_recall(
    rng: np.random.Generator, count: int, cards: int, letters: int, distance: int
) -> tuple[Whole, Whole]:
    """Recall, with fillers between the cards and the questions.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        How many sequences to draw.
    cards, letters : int
        As in `attention_core.training.recall`.
    distance : int
        From the last card to the first question: one more than the fillers between them.

    Returns
    -------
    tokens : (count, 2 * cards + distance - 1) array of int
        Those of `recall`, and between its halves fillers, each drawn from as many as there are
        letters: `letters` squared plus `letters` plus which.
    targets : array of int of that shape
        Nothing is asked at cards and fillers (-1).

    Raises
    ------
    ValueError
        If a size or the distance is below 1, or there are more cards than letters.
    TypeError
        If a size is no whole number, or rng no generator.

    Examples
    --------
    >>> tokens, targets = distant_recall(np.random.default_rng(0), 1, cards=2, letters=5, distance=3)
    >>> tokens
    array([[18, 14, 33, 32, 28, 27]])
    >>> targets
    array([[-1, -1, -1, -1,  3,  4]])
    """
    check_sizes(distance=distance)
    tokens, targets = recall(rng, count, cards, letters)
    fillers = letters * (letters + 1) + rng.integers(letters, size=(count, distance - 1))
    places = np.full(distance - 1, cards)
    return np.insert(tokens, places, fillers, axis=1), np.insert(targets, places, -1, axis=1)


@dataclass(frozen=True)
class _Tiny(Weighted):
    """Embeddings, a body that reads tokens from left to right, and a projection to the logits."""

    vocabulary: int
    answers: int
    d_model: int = 24

    @property
    @abstractmethod
    def body(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight between embedding and logits, by name."""

    @abstractmethod
    def _run(self, w: Named, x: Floats) -> tuple[Floats, Back]:
        """What the body makes of embeddings, and its way back.

        That fills in the body's gradients, and turns the gradient of what was made into that of x.
        """

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, by name, in the order of the one long vector."""
        logits = {"logits.weight": (self.d_model, self.answers), "logits.bias": (self.answers,)}
        return {"embedding": (self.vocabulary, self.d_model)} | self.body | logits

    def initial(self, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Floats:
        """Weights as they are before anything is learned.

        Parameters
        ----------
        rng : numpy.random.Generator
        dtype : floating dtype

        Returns
        -------
        array
            Normal, of deviation 1 over the root of how many products are summed; biases are zero.

        Raises
        ------
        TypeError
            If rng is no generator.
        """
        check_rng(rng)
        weights: Floats = np.zeros(sum(map(math.prod, self.shapes.values())), dtype)
        for name, part in self.named(weights).items():
            if not name.endswith("bias"):
                summed = 1 if name == "embedding" else math.prod(part.shape[:-1])
                part[:] = rng.normal(0, 1 / math.sqrt(summed), part.shape)
        return weights

    def __call__(self, weights: Floats, tokens: ArrayLike) -> Predicted:
        """From tokens to logits.

        Parameters
        ----------
        weights : array
            As `initial` or training gave them.
        tokens : (batch, n) array of int

        Returns
        -------
        Predicted
            Logits (batch, n, answers), and no attention.

        Raises
        ------
        ValueError
            If tokens are no batch of sequences, one is outside of the vocabulary, or there are not
            as many weights as the sizes ask for.
        TypeError
            If tokens are no whole numbers.
        """
        return Predicted(self._logits(self.named(weights), tokens)[0], ())

    def _logits(self, w: Named, tokens: ArrayLike) -> tuple[Floats, Floats, Back]:
        """The logits, what they were made of, and the way back from there."""
        words = check_words(tokens, self.vocabulary, np.size(tokens))
        made, back = self._run(w, w["embedding"][words])
        return linear(made, w["logits.weight"], w["logits.bias"]), made, back

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
        gradient = np.zeros_like(weights)
        w, g = self.named(weights), self.named(gradient)
        logits, made, back = self._logits(w, tokens)
        loss, d_logits = cross_entropy(logits, targets)
        through = gradients.linear(made, w["logits.weight"], d_logits)
        d_made, g["logits.weight"][:], g["logits.bias"][:] = through
        g["embedding"][:] = gradients.embedding(tokens, back(g, d_made), self.vocabulary)
        return loss, gradient


@dataclass(frozen=True)
class TinyConvolution(_Tiny):
    """A stack of causal convolutions; each layer adds what relu leaves of one.

    Parameters
    ----------
    vocabulary, answers : int
        How many tokens there are, and how many answers.
    d_model, width : int
        Features of a token, and how many tokens a kernel reads.
    dilations : tuple of int
        One for each layer.

    References
    ----------
    Bai et al. 2018, "An empirical evaluation of generic convolutional and recurrent networks for
    sequence modeling", arXiv:1803.01271; without its normalisation and dropout.

    Examples
    --------
    >>> model = TinyConvolution(vocabulary=9, answers=3, d_model=4, dilations=(1, 2))
    >>> weights = model.initial(np.random.default_rng(0))
    >>> model(weights, [[0, 8, 1]]).logits.shape
    (1, 3, 3)
    """

    width: int = 2
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)

    @property
    def body(self) -> dict[str, tuple[int, ...]]:
        """The shape of each layer's kernel and bias."""
        d, layers = self.d_model, range(len(self.dilations))
        kernels = {f"{i}.kernel": (self.width, d, d) for i in layers}
        return kernels | {f"{i}.bias": (d,) for i in layers}

    def _run(self, w: Named, x: Floats) -> tuple[Floats, Back]:
        saved = []
        for i, dilation in enumerate(self.dilations):
            added = np.maximum(convolution(x, w[f"{i}.kernel"], w[f"{i}.bias"], dilation), 0)
            saved.append((i, dilation, x, added))
            x = x + added

        def back(g: Named, d: Floats) -> Floats:
            for i, dilation, x, added in reversed(saved):
                through = convolution_back(x, w[f"{i}.kernel"], gradients.relu(added, d), dilation)
                d_x, g[f"{i}.kernel"][:], g[f"{i}.bias"][:] = through
                d = d + d_x
            return d

        return x, back


@dataclass(frozen=True)
class TinyRecurrence(_Tiny):
    """A gated recurrence, whose states the logits are made of.

    Parameters
    ----------
    vocabulary, answers : int
        How many tokens there are, and how many answers.
    d_model : int
        Features of a token, and entries of the state.

    References
    ----------
    Cho et al. 2014, section 2.3, arXiv:1406.1078.

    Examples
    --------
    >>> model = TinyRecurrence(vocabulary=9, answers=3, d_model=4)
    >>> weights = model.initial(np.random.default_rng(0))
    >>> model(weights, [[0, 8, 1]]).logits.shape
    (1, 3, 3)
    """

    @property
    def body(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the three weights."""
        d = self.d_model
        return {"input.weight": (d, 3 * d), "state.weight": (d, 3 * d), "input.bias": (3 * d,)}

    def _run(self, w: Named, x: Floats) -> tuple[Floats, Back]:
        by_input, by_state, bias = (w[name] for name in self.body)
        states = gated_recurrence(x, by_input, by_state, bias)

        def back(g: Named, d: Floats) -> Floats:
            d, *found = gated_recurrence_back(x, by_input, by_state, states, d, bias)
            for name, gradient in zip(self.body, found, strict=True):
                g[name][:] = gradient
            return d

        return states, back
