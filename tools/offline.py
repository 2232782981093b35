"""Pack the site as a folder to read offline: its pages, and the files that they use.

What makes sense only online is cut out of the pages. Beginning with the book's pages, every link
and every fetched file is followed, so that the folder has what the pages need and, but for the
licences, nothing else. The same site gives the same bytes.
"""

from __future__ import annotations

import posixpath
import re
import sys
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import built

ZIP = built.DOWNLOADS / f"{built.NAME}.zip"
SEARCH = "search.html"
# A copy that is handed on takes its licences along.
LICENCES = {
    "LICENSE": ROOT / "LICENSE",
    "LICENSE-PROSE": ROOT / "LICENSE-PROSE",
    "LICENSE-KATEX": ROOT / "vendor" / "katex" / "LICENSE",
}
# Links in the head that name a page elsewhere: nothing to bring along.
ELSEWHERE = {"canonical", "alternate", "edit"}


class Addresses(HTMLParser):
    """Every address of a page that leads to a file."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "link" and ELSEWHERE & set(named.get("rel", "").split()):
            return
        self.found += [named[name] for name in ("href", "src", "data", "poster") if name in named]
        self.found += [part.split()[0] for part in named.get("srcset", "").split(",") if part]
        self.found += in_style(named.get("style", ""))


def in_style(css: str) -> list[str]:
    """The addresses in a style sheet."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    quoted = re.findall(r"url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^\"')]*))\s*\)", css)
    imported = re.findall(r"@import\s+[\"']([^\"']+)", css)
    return ["".join(parts) for parts in quoted] + imported


def addresses(name: str, data: bytes) -> list[str]:
    """The files that a file names, as paths within the site."""
    if name.endswith(".html"):
        reader = Addresses()
        reader.feed(data.decode("utf-8"))
        found = reader.found
    elif name.endswith(".css"):
        found = in_style(data.decode("utf-8"))
    else:
        return []
    paths = []
    for address in found:
        parts = urlsplit(address)
        if parts.path and not parts.scheme and not parts.netloc:
            paths.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), parts.path)))
    return [unquote(path) for path in paths]


def cut(name: str, data: bytes) -> bytes:
    """A file as it is packed: pages without what is online."""
    return built.bare(data.decode("utf-8")).encode("utf-8") if name.endswith(".html") else data


def files(site: Path, begin: list[str]) -> dict[str, bytes]:
    """Each file of the folder, by its name within the site.

    Raises
    ------
    FileNotFoundError
        If a page names a file that is not there.
    """
    packed: dict[str, bytes] = {}
    waiting = list(begin)
    while waiting:
        name = waiting.pop()
        if name in packed:
            continue
        path = site / name
        if name.startswith("..") or not path.is_file():
            raise FileNotFoundError(f"the site has no file {name}")
        packed[name] = cut(name, path.read_bytes())
        waiting += addresses(name, packed[name])
    return packed


def write(path: Path, packed: dict[str, bytes], when: int) -> None:
    """Write the folder as a zip in which only the content makes a difference."""
    # A zip knows no time zone and no time before 1980.
    date = max(time.gmtime(when)[:6], (1980, 1, 1, 0, 0, 0))
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as folder:
        for name, data in sorted(packed.items()):
            entry = zipfile.ZipInfo(f"{built.NAME}/{name}", date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o100644 << 16
            folder.writestr(entry, data)


def pack(site: Path, path: Path) -> None:
    begin = [f"{name}.html" for name in built.page_names()] + [SEARCH]
    licences = {name: source.read_bytes() for name, source in LICENCES.items()}
    write(path, files(site, begin) | licences, built.commit().time)


def main() -> None:
    built.require()
    before = ZIP.read_bytes() if ZIP.is_file() else None
    pack(built.SITE, ZIP)
    if ZIP.read_bytes() == before:
        print(f"The folder to read offline is as it was: {ZIP.relative_to(ROOT)}")
    else:
        size = ZIP.stat().st_size / 1e6
        print(f"The folder to read offline: {ZIP.relative_to(ROOT)} ({size:.1f} MB)")


if __name__ == "__main__":
    main()
