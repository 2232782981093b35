"""A picture with its caption and its text alternative."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from .palette import STYLE

#: Pictures are drawn 360 units wide, the width of a phone, and shown a quarter
#: larger where there is room.
SCALE = 1.25


@dataclass(frozen=True)
class Figure:
    """A picture that knows how to show itself, in words too.

    Attributes
    ----------
    drawing : str
        The elements inside the ``<svg>``.
    width : float
        Of the drawing, in its own units: a phone is 360 wide.
    height : float
        Likewise.
    alt : str
        What is there, numbers included: for those who cannot see it.
    caption : str
        What to notice.
    """

    drawing: str
    width: float
    height: float
    alt: str
    caption: str

    def __post_init__(self) -> None:
        for name in ("alt", "caption"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} must say something: got an empty text")

    @property
    def svg(self) -> str:
        """The picture as one SVG element that needs nothing around it."""
        width, height = f"{self.width:g}", f"{self.height:g}"
        return (
            f'<svg class="at" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {width} {height}" '
            f'width="{self.width * SCALE:g}" height="{self.height * SCALE:g}" '
            f'aria-label="{escape(self.alt)}"><style>{STYLE}</style>{self.drawing}</svg>'
        )

    @property
    def html(self) -> str:
        """The picture with its caption, as one ``<figure>``.

        A notebook that was opened and not yet run is shown without any SVG but
        with the letters in it. ``lm-Widget lm-mod-hidden`` are Jupyter's own classes for
        what is not to be seen: there it hides the leftovers, and the paragraph
        after them speaks. Where the picture's style sheet is in force, it is
        the other way round.
        """
        return (
            '<figure class="attention-figure">'
            f'<div class="attention-drawing lm-Widget lm-mod-hidden">{self.svg}</div>'
            f'<p class="attention-unrun">{escape(self.alt)} <em>Run all to see this.</em></p>'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>"
        )

    def save(self, path: str | Path) -> Path:
        """Write the picture to an ``.svg`` file and return its path.

        Raises
        ------
        ValueError
            If the name does not end in ``.svg``.
        """
        path = Path(path)
        if path.suffix != ".svg":
            raise ValueError(
                f"path must end in .svg, the format that is written: got {path.name!r}"
            )
        path.write_text(self.svg + "\n", encoding="utf-8")
        return path

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {
            "text/html": self.html,
            "image/svg+xml": self.svg,
            "text/plain": repr(self),
        }

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"


class Played:
    """What plays where scripts run, and is its own picture elsewhere."""

    figure: Figure

    @property
    def html(self) -> str:
        """The element, with its picture inside."""
        raise NotImplementedError

    @property
    def svg(self) -> str:
        """The picture as one SVG element."""
        return self.figure.svg

    @property
    def alt(self) -> str:
        """What is in the picture, in words."""
        return self.figure.alt

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.alt}"
