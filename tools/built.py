"""The built site, as the tools that pack it see it: its pages, in order, without what is online."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
DOWNLOADS = SITE / "downloads"
NAME = "illustrated-self-attention"

ONLINE = re.compile(r"[ \t]*<!-- online -->.*?<!-- /online -->\n?", re.DOTALL)
OFFER = r'<a\b[^>]*\bhref="[^"]*\bdownloads/[^"]*"[^>]*>.*?</a>'
# An offer in a list takes its item with it.
OFFERS = re.compile(rf"[ \t]*<li\b[^>]*>\s*{OFFER}\s*</li>\n?|{OFFER}", re.DOTALL)


@dataclass(frozen=True)
class Commit:
    """The state of the sources: a short name, and when it was made, in seconds since 1970."""

    name: str
    time: int


def commit(root: Path = ROOT) -> Commit:
    """The commit that is checked out, or no name and the beginning of 2026."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%h %ct"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return Commit("", 1767225600)
    return Commit(said[0], int(said[1]))


@dataclass(frozen=True)
class Part:
    """A part of the book: its caption, and its pages by name (`chapters/04-scores`)."""

    caption: str
    pages: tuple[str, ...]


def parts(toc: Path = ROOT / "_toc.yml") -> list[Part]:
    """The book in reading order. The front page is a part without a caption."""
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    front = Part("", (contents["root"],))
    return [front] + [
        Part(part["caption"], tuple(entry["file"] for entry in part["chapters"]))
        for part in contents["parts"]
    ]


def page_names() -> list[str]:
    return [name for part in parts() for name in part.pages]


def require(site: Path = SITE) -> None:
    """Stop with a sentence where the book is not built."""
    if not (site / "index.html").is_file():
        sys.exit("The book is not built. Run `make book` first.")


def bare(html: str) -> str:
    """A page without what makes sense only online, and without the offers of downloads."""
    return OFFERS.sub("", ONLINE.sub("", html))
