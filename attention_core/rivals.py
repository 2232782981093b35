"""What came before attention: a convolution over tokens, and recurrences with and without gates.

Each reads tokens as rows, and none looks ahead: row t of an output depends on rows up to t of x.

>>> convolution([[1], [10], [100]], kernel=[[[1]], [[2]]])
array([[  1.],
       [ 12.],
       [120.]])
"""

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_floats,
    check_count,
    check_kernel,
    check_recurrent,
)
from attention_core.layers import linear

__all__ = [
    "convolution",
    "recurrence",
    "gated_recurrence",
]


def convolution(
    x: ArrayLike, kernel: ArrayLike, bias: ArrayLike | None = None, dilation: int = 1
) -> Floats:
    """Each token, and a few before it, each through a projection of its own, summed.

    Parameters
    ----------
    x : (..., n, d_in) array
    kernel : (width, d_in, d_out) array
        Entry 0 is for the token itself, entry j for the one that stands j * dilation before it:
        PyTorch's Conv1d holds them in the opposite order.
    bias : (d_out,) array, optional
    dilation : int
        How far apart the tokens stand that are summed.

    Returns
    -------
    (..., n, d_out) array
        Row t is the sum over j of x[t - j * dilation] @ kernel[j], plus the bias. What would stand
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
    x, kernel = as_floats(x=x, kernel=kernel)
    check_kernel(x, kernel)
    dilation = check_count("dilation", dilation, "tokens", least=1)
    output = linear(x, kernel[0], bias)
    for j, weight in enumerate(kernel[1:], start=1):
        output += _later(linear(x, weight), j * dilation)
    return output


def _later(x: Floats, steps: int) -> Floats:
    """Each row some places further down, where zeros come in at the top."""
    moved = np.zeros_like(x)
    moved[..., steps:, :] = x[..., : max(0, x.shape[-2] - steps), :]
    return moved


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
    x, input_weight, state_weight = as_floats(
        x=x, input_weight=input_weight, state_weight=state_weight
    )
    check_recurrent(x, input_weight, state_weight)
    given = linear(x, input_weight, bias)
    state, states = _start(given, state_weight)
    for t in range(x.shape[-2]):
        state = np.tanh(given[..., t, :] + state @ state_weight)
        states[..., t, :] = state
    return states


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
    x, input_weight, state_weight = as_floats(
        x=x, input_weight=input_weight, state_weight=state_weight
    )
    check_recurrent(x, input_weight, state_weight, parts=3)
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
