"""What layers multiply, as areas: blocks of n rows, n or d columns wide, all to one scale."""

from __future__ import annotations

from collections.abc import Sequence

from .._check import check_count
from .canvas import GAP, MARGIN, Canvas
from .figure import Figure

ACROSS = 360.0
LEFT, RIGHT = 98.0, 66.0
#: A row that holds two lines of text, however small its blocks.
LOWEST = 22.0


def areas(
    lengths: Sequence[int],
    d: int,
    *,
    w: int = 3,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Draw the matrix products of attention, a recurrence and a convolution to one scale.

    Parameters
    ----------
    lengths : sequence of int
        Numbers of tokens, from short to long: each is a group of three rows.
    d : int
        Features of a token.
    w : int
        The width of the convolution's kernel.
    caption, alt : str, optional
        In place of the ones made from the sizes.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no length, or a size is below 1.

    Examples
    --------
    >>> areas([4], 8).alt[:55]
    'For 4 tokens of 8 features: attention, 2 blocks of 4 by'
    """
    if not lengths:
        raise ValueError("lengths must name a number of tokens: got none")
    d, w = check_count("d", d, "features", 1), check_count("w", w, "tokens of a kernel", 1)
    counts = [check_count("lengths", n, least=1) for n in lengths]
    most = max(max(2 * n, max(2, w) * d) for n in counts)
    blocks = max(2, w)
    unit = (ACROSS - LEFT - RIGHT - blocks * GAP) / most
    canvas = Canvas()
    said = []
    y = 12.0
    for n in counts:
        canvas.text(MARGIN, y, f"{n:,} tokens, {d:,} features", "h")
        y += 22
        rows = (
            ("attention", ("score", "score"), n, "n × n"),
            ("recurrence", ("input", "output"), d, "n × d"),
            ("convolution", ("input",) * w, d, "n × d"),
        )
        told = []
        for name, roles, columns, sides in rows:
            high = max(n * unit, LOWEST)
            middle = y + high / 2
            canvas.text(MARGIN, middle, name, "l")
            for place, role in enumerate(roles):
                x = LEFT + place * (columns * unit + GAP)
                _block(canvas, x, middle, columns * unit, n * unit, role, sides)
            total = len(roles) * n * columns * d
            canvas.text(ACROSS - MARGIN, middle, _millions(total), "u", "end")
            y += high + 9
            told.append(
                f"{name}, {len(roles)} blocks of {n:,} by {columns:,}, {total:,} multiplications"
            )
        said.append(f"For {n:,} tokens of {d:,} features: {'; '.join(told)}.")
        y += 18
    words = (
        "Each block has a row for each token, and every unit of area costs d multiplications, "
        "counted on the right in millions. Attention's blocks grow in both directions."
    )
    return canvas.figure(alt or " ".join(said), caption or words, ACROSS)


def _block(
    canvas: Canvas, x: float, middle: float, width: float, height: float, role: str, sides: str
) -> None:
    """Draw a rectangle around a height line, with its sides in it where there is room."""
    fitting = width > 44 and height > 18
    text = f'<text class="u" x="{x + width / 2:.2f}" y="{middle:g}" dy=".35em" '
    text += 'text-anchor="middle" style="fill:var(--ink)">'
    canvas.parts.append(
        f'<g class="n {role}"><rect class="c" x="{x:.2f}" y="{middle - height / 2:.2f}" '
        f'width="{width:.2f}" height="{height:.2f}" rx="{min(3.0, height / 4):.3g}" '
        f'style="fill-opacity:.34"/>{f"{text}{sides}</text>" if fitting else ""}</g>'
    )
    canvas._reach(x + width, middle + height / 2)


def _millions(count: int) -> str:
    """A number in millions, as many decimals as leave three digits."""
    millions = count / 1e6
    return f"{millions:,.{0 if millions >= 10 else 1 if millions >= 1 else 2}f} M"
