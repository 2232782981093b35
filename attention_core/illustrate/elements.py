"""The script of the pages that play: one text, for the site and for notebooks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .palette import DARK, INK_DARK, INK_LIGHT, LIGHT, TEXT

_FOLDER = Path(__file__).parent / "js"
_FILES = (
    "common.js",
    "bench.js",
    "dial.js",
    "steps.js",
    "scrubber.js",
    "strip.js",
    "heads.js",
    "quiz.js",
)


def _palette() -> dict[str, dict[str, str]]:
    """The colours of both themes under the names that the script makes variables of."""

    def theme(fills: dict[str, str], texts: dict[str, str], ink: dict[str, str]) -> dict[str, str]:
        tones = {f"{role}-t": colour for role, colour in texts.items()}
        return {**fills, **tones, **ink, "output-b": texts["output"]}

    return {"light": theme(LIGHT, TEXT, INK_LIGHT), "dark": theme(DARK, DARK, INK_DARK)}


def _bare(text: str) -> str:
    """Leave out what is for those who read the files: comments on their own lines, indentation."""
    text = re.sub(r"^\s*/\*\*.*?\*/\n", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@cache
def script() -> str:
    """The text that defines the book's custom elements, for a classic script.

    Returns
    -------
    str
        The colours of the roles, then the package's JavaScript files without their comments.

    Examples
    --------
    >>> script().startswith("window.attentionPalette = {")
    True
    """
    colours = json.dumps(_palette(), sort_keys=True, separators=(",", ":"))
    files = [_FOLDER / name for name in _FILES]
    texts = [_bare(file.read_text(encoding="utf-8")) for file in files if file.is_file()]
    return "\n".join([f"window.attentionPalette = {colours};", *texts])


@dataclass(frozen=True)
class Elements:
    """What `enable` returns: shown in a notebook, it is the script and nothing to see."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": f"<script>{script()}</script>", "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "The book's elements play in this notebook."


def enable() -> Elements:
    """Let the elements of this notebook play: `bench` and `animate` come to life.

    Call it as the last line of a cell. Without it they are the pictures that
    they also are on paper.

    Returns
    -------
    Elements
        Shows itself as the script that defines the elements. Twice does no harm.

    Examples
    --------
    >>> enable()
    The book's elements play in this notebook.
    """
    return Elements()
