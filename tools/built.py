"""The built site, as the tools that pack it see it: its pages, in order, without what is online."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "_ext"))

import provenance

SITE = ROOT / "_build" / "html"
DOWNLOADS = SITE / "downloads"
NAME = "illustrated-self-attention"

ONLINE = re.compile(r"[ \t]*<!-- online -->.*?<!-- /online -->\n?", re.DOTALL)
OFFER = r'<a\b[^>]*\bhref="[^"]*\bdownloads/[^"]*"[^>]*>.*?</a>'
# An offer in a list takes its item with it.
OFFERS = re.compile(rf"[ \t]*<li\b[^>]*>\s*{OFFER}\s*</li>\n?|{OFFER}", re.DOTALL)
# What stood around the offers: it is there or not, as they are.
EMPTY = re.compile(
    r'[ \t]*<div class="sidebar-primary-items__end[^>]*>\s*'
    r'(?:<div class="sidebar-primary-item">\s*</div>\s*)?</div>\s*'
)


@dataclass(frozen=True)
class Commit:
    """The state of the sources: its short name, and its day, in seconds since 1970."""

    name: str
    time: int
    site: str = ""  #: the address where the book is published, if it is known
    edition: str = ""  #: which version it is or comes after, if there is one


def commit(root: Path = ROOT) -> Commit:
    """The commit that is checked out, or no name and the beginning of 2026."""
    known = provenance.of(root)
    day = datetime.fromisoformat(known.day or "2026-01-01").replace(tzinfo=UTC)
    return Commit(known.short, int(day.timestamp()), known.site, known.edition)


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


def settings() -> dict[str, str]:
    """What `_config.yml` says: title, author and the like."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def page_names() -> list[str]:
    return [name for part in parts() for name in part.pages]


def require(site: Path = SITE) -> None:
    """Stop with a sentence where the book is not built."""
    if not (site / "index.html").is_file():
        sys.exit("The book is not built. Run `make book` first.")


def bare(html: str) -> str:
    """A page without what makes sense only online, and without the offers of downloads."""
    return EMPTY.sub("", OFFERS.sub("", ONLINE.sub("", html)))
