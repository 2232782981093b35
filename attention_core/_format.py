"""How numbers are written in sentences, captions and alternative texts."""

from collections.abc import Iterable
from math import isfinite, isnan

MINUS = "\u2212"


def number(x: float, decimals: int = 2) -> str:
    """A number as a reader meets it: whole numbers plain, others at a stated precision.

    Parameters
    ----------
    x : float
        The number; one within 1e-9 of a whole number counts as whole.
    decimals : int
        Decimals of a number that is not whole.

    Returns
    -------
    str
        With a true minus sign (U+2212), and never a negative zero.

    Examples
    --------
    >>> number(4.0), number(1 / 3), number(-0.25), number(-0.001)
    ('4', '0.33', '−0.25', '0.00')
    """
    x = float(x)
    if isnan(x):
        return "NaN"
    if not isfinite(x):
        return "∞" if x > 0 else f"{MINUS}∞"
    text = f"{round(x)}" if abs(x - round(x)) <= 1e-9 else f"{x:.{decimals}f}"
    if not text.strip("-0."):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def vector(values: Iterable[float], decimals: int = 2) -> str:
    """A vector in round brackets.

    Parameters
    ----------
    values : iterable of float
        The entries.
    decimals : int
        Decimals of the entries that are not whole.

    Returns
    -------
    str
        The entries, with commas between them.

    Examples
    --------
    >>> vector([1, 0, 2]), vector([0.5, -1])
    ('(1, 0, 2)', '(0.50, −1)')
    """
    return f"({', '.join(number(value, decimals) for value in values)})"


def listing(values: Iterable[float | str], decimals: int = 2) -> str:
    """A list as a sentence has it: commas, and "and" before the last.

    Parameters
    ----------
    values : iterable of float or str
        The things to list; texts stand as they are.
    decimals : int
        Decimals of the numbers that are not whole.

    Returns
    -------
    str
        The list, or "none" where it is empty.

    Examples
    --------
    >>> listing([2, 4, 4]), listing(["one", "two"]), listing([0.25])
    ('2, 4 and 4', 'one and two', '0.25')
    """
    texts = [value if isinstance(value, str) else number(value, decimals) for value in values]
    if len(texts) < 2:
        return texts[0] if texts else "none"
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
