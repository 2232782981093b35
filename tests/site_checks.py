"""What is checked of the built site without a browser: links, anchors, requests, titles."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"

#: Attributes that make a browser fetch something, by element.
FETCHES = {
    "script": ["src"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "iframe": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "image": ["href", "xlink:href"],
    "use": ["href", "xlink:href"],
    "input": ["src"],
}
#: Links in the head that are fetched, unlike "next", "canonical" and their like.
FETCHED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest"}
OUTSIDE = ("http", "https", "ftp", "ws", "wss")


class Reader(HTMLParser):
    """Collects what the checks need while the page is read once."""

    def __init__(self) -> None:
        super().__init__()
        self.language = ""
        self.root = ""
        self.title = ""
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.lazy: set[str] = set()
        self.links: list[str] = []
        self.styles: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag == "html":
            self.language = found.get("lang", "")
            self.root = found.get("data-content_root", "")
        if "id" in found:
            self.ids.append(found["id"])
        if "style" in found:
            self.styles.append(found["style"])
        for name in FETCHES.get(tag, []):
            if name in found:
                self.fetched += (
                    [part.split()[0] for part in found[name].split(",")]
                    if name == "srcset"
                    else [found[name]]
                )
        if found.get("loading") == "lazy":
            self.lazy.add(found.get("src", ""))
        if tag == "link":
            wanted = set(found.get("rel", "").split()) & FETCHED_LINKS
            (self.fetched if wanted else self.links).append(found.get("href", ""))
        if tag in ("a", "area") and "href" in found:
            self.links.append(found["href"])
        if tag == "form" and found.get("action"):
            self.links.append(found["action"])
        if tag in ("title", "style", "svg"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside == ["title"]:
            self.title += data
        elif self._inside and self._inside[-1] == "style":
            self.styles.append(data)


@dataclass
class Page:
    path: Path
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Page:
        return cls(path, path.read_text(encoding="utf-8"))

    @cached_property
    def reader(self) -> Reader:
        reader = Reader()
        reader.feed(self.text)
        reader.close()
        return reader

    @property
    def root(self) -> str:
        """The site's path at its host, for the one page that is shown at any address: 404."""
        root = self.reader.root
        return root if root.startswith("/") and self.path.name == "404.html" else ""


#: Folders of the site that hold no pages of the book.
OTHERS = {"_static", "lite", "downloads"}


def pages_of(site: Path) -> dict[Path, Page]:
    paths = (p for p in site.rglob("*.html") if p.relative_to(site).parts[0] not in OTHERS)
    return {path: Page.read(path) for path in sorted(paths)}


def faults(page: Page, pages: dict[Path, Page], site: Path) -> list[str]:
    """Everything that is wrong with a page, one sentence each."""
    reader = page.reader
    found = []
    if not reader.language:
        found.append("the page has no language")
    if not reader.title.strip():
        found.append("the page has no title")
    for name in sorted({name for name in reader.ids if reader.ids.count(name) > 1}):
        found.append(f"the id {name!r} stands more than once")
    for address in reader.fetched:
        found += fetch_faults(from_folder(address, page, site), page.path, site)
    for style in reader.styles:
        found += style_faults(style, page.path, site)
    for address in reader.links:
        found += link_faults(address, page, pages, site)
    return found


def fetch_faults(address: str, origin: Path, site: Path) -> list[str]:
    """What is wrong with something the browser fetches by itself."""
    parts = urlsplit(address)
    if parts.scheme in OUTSIDE or parts.netloc:
        return [f"asks for something outside the site: {address}"]
    if parts.scheme == "data" or not parts.path:
        return []
    return path_faults(address, parts.path, origin, site)


def link_faults(address: str, page: Page, pages: dict[Path, Page], site: Path) -> list[str]:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https", "mailto"):
        return []
    if parts.scheme or parts.netloc:
        return [f"an odd link: {address}"]
    target = page.path
    if parts.path:
        path = from_folder(parts.path, page, site)
        wrong = path_faults(address, path, page.path, site)
        if wrong:
            return wrong
        target = (page.path.parent / unquote(path)).resolve()
    anchor = unquote(parts.fragment)
    if anchor and target.suffix == ".html":
        owner = page if target == page.path.resolve() else pages.get(target)
        if owner is None or anchor not in owner.reader.ids:
            return [f"no such anchor: {address}"]
    return []


def from_folder(address: str, page: Page, site: Path) -> str:
    """An address below the site's path at its host, as it would be from the page's folder."""
    if not page.root or not address.startswith(page.root):
        return address
    return os.path.relpath(site / address[len(page.root) :], page.path.parent)


def path_faults(address: str, path: str, origin: Path, site: Path) -> list[str]:
    if path.startswith("/"):
        return [f"not relative, so it fails from a folder: {address}"]
    target = (origin.parent / unquote(path)).resolve()
    if not target.is_relative_to(site.resolve()):
        return [f"leads out of the site: {address}"]
    return [] if target.is_file() else [f"no such file: {address}"]


def style_faults(css: str, origin: Path, site: Path, *, outside_only: bool = False) -> list[str]:
    """What is wrong with the addresses in a style sheet or a style."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    addresses = re.findall(r"url\(\s*[\"']?((?:data:)?[^\"')]*)", css)
    addresses += re.findall(r"@import\s+[\"']([^\"']+)", css)
    found = [fault for address in addresses for fault in fetch_faults(address, origin, site)]
    return [fault for fault in found if "outside" in fault] if outside_only else found
