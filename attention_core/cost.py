"""What a layer costs: its multiplications and additions, and the numbers that it holds.

Counted as the book's own code does them, for a sequence of n tokens of d features. Exponentials,
hyperbolic tangents and comparisons are no multiplications and are left out.

>>> attention(n=20, d=768).multiplications, recurrence(n=20, d=768).multiplications
(615200, 23592960)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats, as_floats, check_count

__all__ = [
    "Cost",
    "PowerLaw",
    "attention",
    "restricted",
    "projections",
    "convolution",
    "recurrence",
    "power_law",
]


@dataclass(frozen=True)
class Cost:
    """What one call of a layer takes.

    Attributes
    ----------
    multiplications : int
        Divisions counted among them.
    additions : int
        Subtractions counted among them. A sum of d numbers takes d - 1.
    numbers : int
        The most numbers that are held at once, the inputs not counted.

    Examples
    --------
    >>> Cost(multiplications=6, additions=4, numbers=2).operations
    10
    """

    multiplications: int
    additions: int
    numbers: int

    @property
    def operations(self) -> int:
        """Multiplications and additions together."""
        return self.multiplications + self.additions


def attention(n: int, d: int) -> Cost:
    """Each token with each: scores, softmax, and the weighted sum. Projections are not in it.

    Parameters
    ----------
    n : int
        Tokens.
    d : int
        The size of a query, a key and a value.

    Returns
    -------
    Cost
        Two products of n * n * d multiplications; the scale and the quotients of softmax are
        n * n each. At the peak there are three tables of n by n.

    Raises
    ------
    ValueError
        If a size is below 1.
    TypeError
        If a size is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", table 1, arXiv:1706.03762.

    Examples
    --------
    >>> attention(n=4, d=3)
    Cost(multiplications=128, additions=96, numbers=48)
    """
    return restricted(n, d, n)


def restricted(n: int, d: int, r: int) -> Cost:
    """Attention in which each token meets r tokens, and no more are scored.

    Parameters
    ----------
    n : int
        Tokens.
    d : int
        The size of a query, a key and a value.
    r : int
        Keys for each query, n at most.

    Returns
    -------
    Cost
        As attention's, with r in place of one n.

    Raises
    ------
    ValueError
        If a size is below 1, or r exceeds n.
    TypeError
        If a size is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", table 1, arXiv:1706.03762.

    Examples
    --------
    >>> restricted(n=4, d=3, r=2)
    Cost(multiplications=64, additions=40, numbers=28)
    """
    n, d = _sizes(n=n, d=d)
    r = check_count("r", r, "keys of a query", least=1)
    if r > n:
        raise ValueError(f"r must be at most n, all there are: got {r} and {n}")
    products = 2 * n * r * d  # queries with keys, weights with values
    their_sums = n * r * (d - 1) + n * d * (r - 1)
    quotients = 2 * n * r  # by the scale, and in softmax by the sum
    in_softmax = n * r + n * (r - 1)  # less the maximum; added up
    held = 2 * n * r + n * max(r, d)
    return Cost(products + quotients, their_sums + in_softmax, held)


def projections(n: int, d: int, count: int = 3) -> Cost:
    """Each token through some square matrices: three make queries, keys and values.

    Parameters
    ----------
    n : int
        Tokens.
    d : int
        Features of a token, before and after.
    count : int
        How many matrices; four with the one that mixes heads.

    Returns
    -------
    Cost

    Raises
    ------
    ValueError
        If a size is below 1.
    TypeError
        If a size is no whole number.

    Examples
    --------
    >>> projections(n=4, d=3)
    Cost(multiplications=108, additions=72, numbers=36)
    """
    n, d = _sizes(n=n, d=d)
    count = check_count("count", count, "matrices", least=1)
    return Cost(count * n * d * d, count * n * d * (d - 1), count * n * d)


def convolution(n: int, d: int, w: int) -> Cost:
    """Each token and the w - 1 before it, each through a matrix of its own.

    Parameters
    ----------
    n : int
        Tokens.
    d : int
        Features of a token, before and after.
    w : int
        The width of the kernel.

    Returns
    -------
    Cost
        Of `rivals.convolution`, without a bias.

    Raises
    ------
    ValueError
        If a size is below 1.
    TypeError
        If a size is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", table 1, arXiv:1706.03762.

    Examples
    --------
    >>> convolution(n=4, d=3, w=3)
    Cost(multiplications=108, additions=96, numbers=36)
    """
    n, d = _sizes(n=n, d=d)
    w = check_count("w", w, "tokens of a kernel", least=1)
    held = 3 if w > 1 else 1  # the sum so far, the next term, and that term moved down
    return Cost(w * n * d * d, w * n * d * (d - 1) + (w - 1) * n * d, held * n * d)


def recurrence(n: int, d: int) -> Cost:
    """A state that takes in one token after the other: a matrix for each of the two.

    Parameters
    ----------
    n : int
        Tokens.
    d : int
        Features of a token, and of the state.

    Returns
    -------
    Cost
        Of `rivals.recurrence`, without a bias.

    Raises
    ------
    ValueError
        If a size is below 1.
    TypeError
        If a size is no whole number.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need", table 1, arXiv:1706.03762.

    Examples
    --------
    >>> recurrence(n=4, d=3)
    Cost(multiplications=72, additions=60, numbers=24)
    """
    n, d = _sizes(n=n, d=d)
    return Cost(2 * n * d * d, 2 * n * d * (d - 1) + n * d, 2 * n * d)


def _sizes(n: int, d: int) -> tuple[int, int]:
    """Tokens and features are counted in whole numbers, from one."""
    return check_count("n", n, least=1), check_count("d", d, "features", least=1)


@dataclass(frozen=True)
class PowerLaw:
    """A line on logarithmic axes: y = factor * x ** exponent.

    Attributes
    ----------
    exponent : float
        The slope of the line: what doubling x multiplies y by is 2 ** exponent.
    error : float
        The standard error of the exponent.
    factor : float

    Examples
    --------
    >>> PowerLaw(exponent=2.0, error=0.0, factor=3.0)([1, 10])
    array([  3., 300.])
    """

    exponent: float
    error: float
    factor: float

    def __call__(self, x: ArrayLike) -> Floats:
        """What the law says at x.

        Parameters
        ----------
        x : array

        Returns
        -------
        array of that shape
        """
        values: Floats = self.factor * np.asarray(x, float) ** self.exponent
        return values


def power_law(x: ArrayLike, y: ArrayLike) -> PowerLaw:
    """The power of x nearest to y, by least squares between logarithms.

    Parameters
    ----------
    x : (n,) array
        Three sizes or more, above 0, not all the same.
    y : (n,) array
        What was measured at each, above 0.

    Returns
    -------
    PowerLaw
        Its error is that of a slope whose line misses the points by chance: where the points
        bend, it says how much, and not that they bend.

    Raises
    ------
    ValueError
        If there are fewer than three, they differ in number, or one is not above 0.
    TypeError
        If an argument holds anything but real numbers.

    Examples
    --------
    >>> law = power_law([1, 2, 4], [3, 12, 48])
    >>> round(law.exponent, 4), round(law.error, 4), round(law.factor, 4)
    (2.0, 0.0, 3.0)
    """
    u, v = (np.log(each.astype(np.float64)) for each in _curve(x, y))
    across, up = u - u.mean(), v - v.mean()
    spread = across @ across
    slope = across @ up / spread
    missed = up - slope * across
    error = np.sqrt(missed @ missed / (len(u) - 2) / spread)
    factor = np.exp(v.mean() - slope * u.mean())
    return PowerLaw(float(slope), float(error), float(factor))


def _curve(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """A line through logarithms needs three places or more, and numbers above 0."""
    x, y = as_floats(x=x, y=y)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x and y must be vectors of one size: got {x.shape} and {y.shape}")
    if len(np.unique(x)) < 3:
        raise ValueError(
            "x must hold three different sizes or more, because two points always lie on a line: "
            f"got {len(np.unique(x))}"
        )
    for name, each in (("x", x), ("y", y)):
        if not np.all((each > 0) & (each < np.inf)):
            raise ValueError(f"{name} must be above 0 and finite, because its logarithm is taken")
    return x, y
