"""Frames and what is in them: an animation as data, its player and its stills."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from .canvas import Canvas
from .figure import Figure

HIGH = 28.0  # of a cell


@dataclass(frozen=True)
class Sprite:
    """A thing that is seen: the same in every frame, wherever it stands.

    Attributes
    ----------
    key : str
        Its name, such as ``score.0.1``; a frame holds it at most once.
    kind : str
        ``cell``, ``slot`` (a cell that is still to come), ``label``, ``text``, ``line`` or ``bar``.
    text : str
        The number, the words, or a label's letter.
    role : str
        One of ``illustrate.ROLES``; of a text, its size: ``l``, ``u`` or ``h``.
    width : float
        Of a cell, a line or a bar.
    index, before, after : str
        Of a label: what stands small at its foot, and beside it.
    anchor : str
        Of a label or a text: which end of it is at its place.
    shade : float or None
        Depth of its colour between 0 and 1, for weights.
    sources : tuple of str
        The keys of what it comes from.
    """

    key: str
    kind: str
    text: str = ""
    role: str = ""
    width: float = 0.0
    index: str = ""
    before: str = ""
    after: str = ""
    anchor: str = "middle"
    shade: float | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A sprite in a frame.

    Attributes
    ----------
    sprite : Sprite
    x, y : float
        Its middle; of a label or a text, the point that it is anchored to.
    faint : bool
        Whether it adds nothing here.
    """

    sprite: Sprite
    x: float
    y: float
    faint: bool = False


@dataclass(frozen=True)
class Frame:
    """One picture of an animation.

    Attributes
    ----------
    number, name
        Of the step that it belongs to.
    sentence : str
        What happens, numbers included.
    places : tuple of Place
    lit : tuple of str
        Keys of what the new things come from.
    """

    number: int
    name: str
    sentence: str
    places: tuple[Place, ...]
    lit: tuple[str, ...] = ()


@dataclass(frozen=True)
class Animation:
    """Frames that know how to show themselves: played where scripts run, the last one elsewhere.

    Attributes
    ----------
    title : str
        What is shown, for those who hear it.
    frames : tuple of Frame
    width, height : float
        Of every frame, in units of which a phone is 360 wide.
    alt : str
        What all frames together show, in words.
    caption : str
        What is played, and how exact its numbers are.
    """

    title: str
    frames: tuple[Frame, ...]
    width: float
    height: float
    alt: str
    caption: str

    @property
    def stills(self) -> tuple[Figure, ...]:
        """Every frame as a picture of its own, captioned with its sentence."""
        return tuple(
            Figure(self._drawing(frame), self.width, self.height, frame.sentence, frame.sentence)
            for frame in self.frames
        )

    @property
    def figure(self) -> Figure:
        """The last frame: what is seen in print, and where no script runs."""
        caption = f"{self.caption} This is the last of {len(self.frames)} pictures."
        return replace(self.stills[-1], alt=self.alt, caption=caption)

    @property
    def svg(self) -> str:
        """The last frame as one SVG element."""
        return self.figure.svg

    @property
    def html(self) -> str:
        """The player as an element, with the last frame inside."""
        data = escape(self.json, quote=False).replace("'", "&#x27;")
        return f"<attention-steps data-frames='{data}'>{self.figure.html}</attention-steps>"

    @property
    def json(self) -> str:
        """What the player reads: each sprite once, and for each frame which stand where."""
        sprites: dict[str, Sprite] = {}
        for frame in self.frames:
            for place in frame.places:
                known = sprites.setdefault(place.sprite.key, place.sprite)
                if replace(known, sources=()) != replace(place.sprite, sources=()):
                    raise ValueError(
                        f"a sprite must look the same in every frame: got two of {known.key!r}"
                    )
        at = {key: position for position, key in enumerate(sprites)}
        data = {
            "title": self.title,
            "caption": self.caption,
            "width": self.width,
            "height": self.height,
            "sprites": [_plain(sprite, at) for sprite in sprites.values()],
            "frames": [
                {
                    "step": frame.number,
                    "name": frame.name,
                    "text": _unbroken(frame.sentence),
                    "show": [
                        [at[p.sprite.key], _short(p.x), _short(p.y)] + [1] * p.faint
                        for p in frame.places
                    ],
                    "lit": [at[key] for key in frame.lit],
                }
                for frame in self.frames
            ],
        }
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def _drawing(self, frame: Frame) -> str:
        canvas = Canvas()
        canvas.header(frame.number, frame.name, self.width)
        for place in frame.places:
            _draw(canvas, place, place.sprite.key in frame.lit)
        return "".join(canvas.parts)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"{self.title}, {len(self.frames)} frames. {self.alt}"


def _unbroken(sentence: str) -> str:
    """A sentence in which no line ends inside a vector."""
    return re.sub(r"\([^()]*\)", lambda found: found[0].replace(" ", "\u00a0"), sentence)


def _short(value: float) -> float | int:
    """A coordinate without needless digits."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def _plain(sprite: Sprite, at: dict[str, int]) -> dict[str, Any]:
    """A sprite as the player reads it, without what is empty."""
    data: dict[str, Any] = {"key": sprite.key, "kind": sprite.kind}
    for name in ("text", "role", "index", "before", "after"):
        if getattr(sprite, name):
            data[name] = getattr(sprite, name)
    if sprite.width:
        data["w"] = _short(sprite.width)
    if sprite.anchor != "middle":
        data["anchor"] = sprite.anchor
    if sprite.shade is not None:
        data["shade"] = round(sprite.shade, 3)
    sources = [at[key] for key in sprite.sources if key in at]
    if sources:
        data["from"] = sources
    return data


def _draw(canvas: Canvas, place: Place, lit: bool) -> None:
    """A sprite at its place, drawn as `canvas` draws."""
    sprite, x, y = place.sprite, place.x, place.y
    if sprite.kind == "text":
        canvas.text(x, y, sprite.text, sprite.role, sprite.anchor)
    elif sprite.kind == "label":
        canvas.label(
            x, y, sprite.text, sprite.index, sprite.role,
            anchor=sprite.anchor, after=sprite.after, before=sprite.before,
        )  # fmt: skip
    elif sprite.kind == "line":
        canvas.line(x - sprite.width / 2, y, x + sprite.width / 2, y, "k")
    elif sprite.kind == "bar":
        canvas.bar(x - sprite.width / 2, y - 9, sprite.width, 18, sprite.role, sprite.shade or 0)
    else:
        rect = (
            f'x="{x - sprite.width / 2:.4g}" y="{y - HIGH / 2:.4g}" '
            f'width="{sprite.width:.4g}" height="{HIGH:g}" rx="6"'
        )
        if sprite.kind == "slot":
            canvas.parts.append(f'<rect class="g d" {rect}/>')
            return
        fill = f"fill-opacity:{0.06 + 0.5 * sprite.shade:.3f};" if sprite.shade is not None else ""
        fill += "stroke-width:2.6;" if lit else ""
        style = f' style="{fill[:-1]}"' if fill else ""
        text = f'<text x="{x:.4g}" y="{y:g}" dy=".35em">{escape(sprite.text)}</text>'
        cell = f'<rect class="c" {rect}{style}/>{text}'
        cell = f'<g class="faint">{cell}</g>' if place.faint else cell
        canvas.parts.append(f'<g class="n {sprite.role}">{cell}</g>')
