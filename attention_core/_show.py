"""How results show themselves: named arrays at a stated precision."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rounded(x: float, decimals: int) -> str:
    """A number at a stated precision, never a negative zero."""
    text = f"{x:.{decimals}f}"
    return text if text.strip("-0.") else text.lstrip("-")


def rows(array: NDArray[Any], decimals: int) -> list[str]:
    """The rows of an array, aligned; the middle of a large one is left out."""
    width = max((len(rounded(x, decimals)) for x in array.flat), default=0)
    formatter: Any = {"float_kind": lambda x: rounded(x, decimals).rjust(width)}
    text = np.array2string(
        array,
        formatter=formatter,
        max_line_width=88,
        threshold=80,
        edgeitems=3,
        separator=" ",
    )
    return [line for line in text.splitlines() if line.strip()]


def named_arrays(title: str, decimals: int = 4, **arrays: NDArray[Any]) -> str:
    """A title, then each array under its name and shape."""
    lines = [title]
    for name, array in arrays.items():
        lines.append(f"{name} {array.shape}")
        lines.extend(f"  {line}" for line in rows(array, decimals))
    return "\n".join(lines)
