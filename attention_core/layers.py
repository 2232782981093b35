"""What stands around attention in a Transformer: each works on one token at a time."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import (
    Floats,
    as_float,
    as_floats,
    check_choice,
    check_each,
    check_feed_forward,
    check_last_axis,
    check_number,
    check_rows,
    frozen,
)

__all__ = [
    "linear",
    "standardise",
    "layer_norm",
    "relu",
    "gelu",
    "feed_forward",
    "LayerNorm",
    "FeedForward",
]

Activation = str | Callable[[Floats], Floats] | None

#: So many numbers are worked on at a time as stay in a processor's cache, with what is made of
#: them on the way; and so many that NumPy writes each step of a formula over the one before.
PART = 65536


def linear(x: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Floats:
    """A projection: x @ weight, plus a bias if there is one.

    Parameters
    ----------
    x : (..., d_in) array
    weight : (d_in, d_out) array
        PyTorch's Linear holds the transpose of it.
    bias : (d_out,) array, optional

    Returns
    -------
    (..., d_out) array

    Raises
    ------
    ValueError
        If weight has not a row for each feature of x, or bias not an entry for each column.
    TypeError
        If an argument holds anything but real numbers.

    Examples
    --------
    >>> linear([[1, 2]], [[3, 0, 1], [0, 1, 1]], bias=[0, 0, 7])
    array([[ 3.,  2., 10.]])
    """
    x, weight = as_floats(x=x, weight=weight)
    check_rows("weight", weight, "a token", check_last_axis(x))
    # One product of two matrices is faster than one for each sequence of a batch, and a sum with
    # what has no name yet is made in its place.
    rows, size = x.reshape(-1, x.shape[-1]), weight.shape[1]
    rows = rows @ weight if bias is None else rows @ weight + check_each("bias", bias, size)
    return rows.reshape(*x.shape[:-1], size)


def standardise(x: ArrayLike, eps: float = 1e-5) -> tuple[Floats, Floats]:
    """Each row less its mean, over its deviation; and that deviation.

    Parameters
    ----------
    x : (..., d) array
    eps : float
        Added to the variance, so that a row of equal entries can be divided.

    Returns
    -------
    normalised : (..., d) array
        Each row of x, less its mean, over its deviation.
    deviation : (..., 1) array
        The square root of each row's variance plus eps.

    Raises
    ------
    ValueError
        If x has no axis, or eps is not above 0.
    TypeError
        If x holds anything but real numbers.

    References
    ----------
    Ba et al. 2016, "Layer normalization", equation 3, arXiv:1607.06450.

    Examples
    --------
    >>> normalised, deviation = standardise([[1, 5]])
    >>> normalised.round(3), deviation.round(3)
    (array([[-1.,  1.]]), array([[2.]]))
    """
    x = as_float("x", x)
    check_last_axis(x)
    precise = np.result_type(x, np.float32)  # squares of halves overflow
    centred = x - x.mean(axis=-1, keepdims=True, dtype=precise)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    deviation = np.sqrt(variance + check_number("eps", eps, above=0))
    normal = (centred / deviation).astype(x.dtype, copy=False)
    return normal, deviation.astype(x.dtype, copy=False)


def layer_norm(
    x: ArrayLike,
    gain: ArrayLike,
    bias: ArrayLike,
    eps: float = 1e-5,
) -> Floats:
    """Each token less its mean, over its deviation, times gain, plus bias.

    Parameters
    ----------
    x : (..., d) array
    gain : (d,) array
        PyTorch calls it the weight.
    bias : (d,) array
    eps : float
        Added to the variance, so that a token whose features are all the same is not divided by
        zero. The variance is the mean of squares: over d, not d - 1.

    Returns
    -------
    (..., d) array
        Of each token, before gain and bias, the mean is 0 and the variance 1, but for eps.

    Raises
    ------
    ValueError
        If gain or bias has not an entry for each feature of x, or eps is not above 0.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Ba et al. 2016, "Layer normalization", section 3, arXiv:1607.06450.

    Examples
    --------
    >>> layer_norm([[1, 2, 3], [10, 20, 30]], gain=[1, 1, 1], bias=[0, 0, 5]).round(3)
    array([[-1.225,  0.   ,  6.225],
           [-1.225,  0.   ,  6.225]])
    """
    x = as_float("x", x)
    size = check_last_axis(x)
    gain, bias = check_each("gain", gain, size), check_each("bias", bias, size)
    normal, _ = standardise(x, eps)
    normed: Floats = gain * normal + bias
    return normed


def relu(x: ArrayLike) -> Floats:
    """What is above zero stays, and what is below becomes zero.

    Parameters
    ----------
    x : array

    Returns
    -------
    array
        Of the shape of x.

    Raises
    ------
    TypeError
        If x holds anything but real numbers.

    Examples
    --------
    >>> relu([-2, 0, 3])
    array([0., 0., 3.])
    """
    return np.maximum(as_float("x", x), 0)


def gelu(x: ArrayLike, approximate: str = "none") -> Floats:
    """A softer relu: x times the chance that a normal number is below it.

    Parameters
    ----------
    x : array
    approximate : {"none", "tanh"}
        "none" is exact, and what BERT uses; "tanh" is the older form, which GPT-2 uses. They
        differ by up to 0.0005.

    Returns
    -------
    array
        Of the shape of x.

    Raises
    ------
    ValueError
        If approximate is neither of the two.
    TypeError
        If x holds anything but real numbers.

    References
    ----------
    Hendrycks and Gimpel 2016, "Gaussian error linear units (GELUs)", section 2, arXiv:1606.08415.

    Examples
    --------
    >>> gelu([-2, 0, 3]).round(4)
    array([-0.0455,  0.    ,  2.996 ])
    >>> gelu([-2, 0, 3], approximate="tanh").round(4)
    array([-0.0454,  0.    ,  2.9964])
    """
    x = as_float("x", x)
    check_choice("approximate", approximate, ("none", "tanh"))
    if approximate == "tanh":
        return x * ((1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2)
    parts = np.split(x.reshape(-1), range(PART, x.size, PART))
    return np.concatenate([part * share_below(part) for part in parts]).reshape(x.shape)


@np.errstate(over="ignore", under="ignore")
def share_below(x: Floats) -> Floats:
    """The share of a normal distribution below x, as exact as its dtype.

    In single precision it is 1 / (1 + the odds of being above), and the logarithm of these odds is
    x times a polynomial in x². Its factors are fitted, so that the share is off by 3e-8 at most,
    and far out it still is 0 and 1.
    """
    if x.dtype.itemsize > 4:
        return np.asarray(np.vectorize(math.erfc, otypes=[x.dtype])(x / -math.sqrt(2)) / 2)
    s = np.square(x, dtype=np.float32)
    high = (-3.51234e-9 * s + 2.6452664e-7) * s - 7.929488e-6
    low = (((high * s + 1.10612385e-4) * s + 6.518996e-5) * s - 0.072666169) * s - 1.59576988
    return (1 / (1 + np.exp(low * x))).astype(x.dtype, copy=False)


ACTIVATIONS: dict[str | None, Callable[[Floats], Floats]] = {
    "relu": relu,
    "gelu": gelu,
    None: lambda x: x,
}


def feed_forward(
    x: ArrayLike,
    weight1: ArrayLike,
    bias1: ArrayLike | None,
    weight2: ArrayLike,
    bias2: ArrayLike | None,
    activation: Activation = "relu",
) -> Floats:
    """Two projections with a bend between them: linear, activation, linear.

    Parameters
    ----------
    x : (..., d_model) array
    weight1 : (d_model, d_ff) array
    bias1 : (d_ff,) array, or None
    weight2 : (d_ff, d_model) array
    bias2 : (d_model,) array, or None
    activation : {"relu", "gelu"}, callable, or None
        The bend; None leaves it out. A callable takes an array and gives one of its shape.

    Returns
    -------
    (..., d_model) array

    Raises
    ------
    ValueError
        If shapes do not fit, or there is no activation of that name.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", section 3.3, equation 2, arXiv:1706.03762.

    Examples
    --------
    >>> feed_forward([[2], [-2]], [[1, -1]], [0, 0], [[1], [3]], [0])
    array([[2.],
           [6.]])
    """
    x, weight1, weight2 = as_floats(x=x, weight1=weight1, weight2=weight2)
    check_feed_forward(x, weight1, bias1, weight2, bias2)
    if not callable(activation):
        check_choice("activation", activation, ("relu", "gelu"))
        activation = ACTIVATIONS[activation]
    return linear(activation(linear(x, weight1, bias1)), weight2, bias2)


@dataclass(frozen=True, eq=False, repr=False)
class LayerNorm:
    """A `layer_norm` that holds its gain and bias, called on tokens.

    Parameters
    ----------
    gain : (d,) array
    bias : (d,) array
        Kept as read-only copies.
    eps : float

    Raises
    ------
    ValueError
        If gain and bias are not vectors of one size, or eps is not above 0.
    TypeError
        If an argument holds anything but real numbers.

    Examples
    --------
    >>> norm = LayerNorm(gain=[1, 1], bias=[0, 5])
    >>> norm
    LayerNorm(d_model=2, eps=1e-05)
    >>> norm([[-3, 3]]).round(4)
    array([[-1.,  6.]])
    """

    gain: Floats
    bias: Floats
    eps: float = 1e-5

    def __post_init__(self) -> None:
        """Check the vectors, and keep copies that nobody can change."""
        size = check_last_axis(as_float("gain", self.gain), "gain")
        for name in ("gain", "bias"):
            object.__setattr__(self, name, frozen(check_each(name, getattr(self, name), size)))
        check_number("eps", self.eps, above=0)

    def __call__(self, x: ArrayLike) -> Floats:
        """Normalise each token.

        Parameters
        ----------
        x : (..., d) array

        Returns
        -------
        (..., d) array

        Raises
        ------
        ValueError
            If tokens have not as many features as the gain.
        TypeError
            If x holds anything but real numbers.
        """
        return layer_norm(x, self.gain, self.bias, self.eps)

    def __repr__(self) -> str:
        """The size, and eps."""
        return f"LayerNorm(d_model={len(self.gain)}, eps={self.eps:g})"


@dataclass(frozen=True, eq=False, repr=False)
class FeedForward:
    """A `feed_forward` that holds its weights, called on tokens.

    Parameters
    ----------
    weight1 : (d_model, d_ff) array
    bias1 : (d_ff,) array
    weight2 : (d_ff, d_model) array
    bias2 : (d_model,) array
        Kept as read-only copies.
    activation : {"relu", "gelu"}, callable, or None

    Raises
    ------
    ValueError
        If shapes do not fit, or there is no activation of that name.
    TypeError
        If an argument holds anything but real numbers.

    Examples
    --------
    >>> forward = FeedForward([[1, -1]], [0, 0], [[1], [3]], [0])
    >>> forward
    FeedForward(d_model=1, d_ff=2, activation='relu')
    >>> forward([[2], [-2]])
    array([[2.],
           [6.]])
    """

    weight1: Floats
    bias1: Floats
    weight2: Floats
    bias2: Floats
    activation: Activation = "relu"

    def __post_init__(self) -> None:
        """Keep copies that nobody can change, and try them on a token of zeros."""
        for name in ("weight1", "bias1", "weight2", "bias2"):
            object.__setattr__(self, name, frozen(as_float(name, getattr(self, name))))
        self(np.zeros((1, *self.weight1.shape[:1])))

    def __call__(self, x: ArrayLike) -> Floats:
        """Take each token through the two projections.

        Parameters
        ----------
        x : (..., d_model) array

        Returns
        -------
        (..., d_model) array

        Raises
        ------
        ValueError
            If tokens have not as many features as weight1 has rows.
        TypeError
            If x holds anything but real numbers.
        """
        arrays = (self.weight1, self.bias1, self.weight2, self.bias2)
        return feed_forward(x, *arrays, self.activation)

    def __repr__(self) -> str:
        """The sizes, and the activation."""
        d_model, d_ff = self.weight1.shape
        named = self.activation is None or isinstance(self.activation, str)
        name = self.activation if named else getattr(self.activation, "__name__", "callable")
        return f"FeedForward(d_model={d_model}, d_ff={d_ff}, activation={name!r})"
