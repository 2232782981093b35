"""Print the book as one PDF: the built pages behind each other, every answer open.

The pages are merged into one document. Their ids get the page's name in front, so that links
between pages become links within the document. Chromium prints it twice: the first print says
on which page each heading lies, the second has the numbers in its contents.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import posixpath
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import built, press

if TYPE_CHECKING:
    from pikepdf import Pdf

PDF = built.DOWNLOADS / f"{built.NAME}.pdf"
WORK = ROOT / "_build" / "paper"
CSS = Path(__file__).with_suffix(".css")
SUBTITLE = "Eight steps, computed and drawn"
# What a toggle says when nothing is hidden.
LABELS = {"Show the solution": "Solution"}
SCREEN = (
    "script, template, noscript, button, nav, .headerlink, .page-tools, .page-links, "
    ".figure-plays, .figure-file"
)


# --- one document of all pages ---------------------------------------------------------------


def slug(name: str) -> str:
    """The id of a page in the document: `chapters/04-scores` is chapters-04-scores."""
    return name.replace("/", "-")


def anchored(name: str, identifier: str) -> str:
    """The id that an element of a page has in the document."""
    return f"{slug(name)}.{identifier}"


def own_ids(article: Tag, name: str) -> None:
    """Give each id, and whatever points to one, the page's name."""
    known = {element["id"] for element in article.select("[id]")}
    for element in article.find_all(True):
        for key, value in list(element.attrs.items()):
            if key == "id":
                element[key] = anchored(name, value)
            elif key in ("for", "aria-labelledby", "aria-describedby", "headers"):
                words = value if isinstance(value, list) else value.split()
                element[key] = " ".join(anchored(name, w) if w in known else w for w in words)
            elif isinstance(value, str) and "url(#" in value:
                element[key] = re.sub(
                    r"url\(#([^)]+)\)", lambda m: f"url(#{anchored(name, m[1])})", value
                )
            elif key in ("href", "xlink:href") and element.name != "a" and value.startswith("#"):
                element[key] = "#" + anchored(name, value[1:])


def own_links(article: Tag, name: str, pages: list[str], root: str = "") -> None:
    """Turn links between pages into links within the document.

    A link to anything else of the site leads to `root`, the site's address; where that is not
    known, its words stay and the link goes.
    """
    for link in article.select("a[href]"):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        here = f"{name}.html"
        path = unquote(parts.path)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(here), path)) if path else here
        target = path.removesuffix(".html")
        if target in pages:
            fragment = unquote(parts.fragment)
            link["href"] = "#" + (anchored(target, fragment) if fragment else slug(target))
        elif root:
            link["href"] = posixpath.join(root, path)
        else:
            link.unwrap()


def own_files(article: Tag, page: Path) -> None:
    """Pictures from files, with addresses that hold anywhere; all at once, not while scrolling."""
    for picture in article.select("img[src]"):
        if not urlsplit(picture["src"]).scheme:
            picture["src"] = (page.parent / unquote(picture["src"])).resolve().as_uri()
        picture.attrs.pop("loading", None)


def opened(article: Tag) -> None:
    """Open what is shut, and leave out what only a screen has."""
    for gone in article.select(SCREEN):
        gone.decompose()
    for details in article.select("details"):
        details["open"] = ""
        summary = details.find("summary")
        words = summary.get_text(" ", strip=True) if summary else ""
        if words in LABELS:
            summary.string = LABELS[words]


def article_of(site: Path, name: str, pages: list[str], root: str) -> Tag:
    """A page's article, ready for the document."""
    html = built.bare((site / f"{name}.html").read_text(encoding="utf-8"))
    article = BeautifulSoup(html, "html.parser").select_one("article")
    if article is None:
        raise ValueError(f"{name}.html has no article")
    if name == pages[0]:  # its title is the book's, which stands on the title page
        article.find("h1").string = "Introduction"
    opened(article)
    own_ids(article, name)
    own_links(article, name, pages, root)
    own_files(article, site / f"{name}.html")
    article.name = "div"
    article["class"] = "paper-page"
    article["id"] = slug(name)
    return article


def styles_of(site: Path, names: list[str]) -> str:
    """The pages' style sheets, each once, with addresses that hold anywhere."""
    found: list[str] = []
    for name in names:
        page = site / f"{name}.html"
        head = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").head
        for element in head.select("link[rel=stylesheet], style") if head else []:
            if element.find_parent("noscript"):
                continue
            if element.name == "style":
                found.append(f"<style>{element.string or ''}</style>")
            else:
                path = urlsplit(element["href"]).path
                address = (page.parent / path).resolve().as_uri()
                found.append(f'<link rel="stylesheet" href="{address}">')
    return "\n".join(dict.fromkeys(found))


def running_titles(chapters: dict[str, str]) -> str:
    """Each page of a chapter says at its head which chapter it is of."""
    rules = []
    for number, (identifier, title) in enumerate(chapters.items()):
        text = json.dumps(title, ensure_ascii=False)
        rules.append(
            f"#{identifier}{{page:p{number}}}"
            f"@page p{number}{{@top-left{{content:{text};color:#5b6472;"
            'font:9pt "Source Sans 3"}}'
        )
    return "\n".join(rules)


# --- the first pages ---------------------------------------------------------------------------


def entry(identifier: str, number: str, title: str, numbers: dict[str, int]) -> str:
    """A line of the contents: a link with the number of its page."""
    page = numbers.get(identifier, "")
    before = f'<span class="number">{number}</span>' if number else ""
    return (
        f'<a class="to-page" href="#{identifier}">{before}<span class="title">{title}</span>'
        f'<span class="dots"></span><span class="page">{page}</span></a>'
    )


def title_of(heading: Tag) -> tuple[str, str]:
    """A heading's number, or none, and its words as HTML."""
    copy = BeautifulSoup(str(heading), "html.parser").find(heading.name)
    number = copy.select_one(".section-number")
    figure = re.sub(r"\D", "", number.extract().get_text()) if number else ""
    for element in copy.select("[id]"):
        del element["id"]
    return figure, copy.decode_contents().strip()


def contents(book: dict[str, Tag], numbers: dict[str, int]) -> str:
    """The contents: parts, chapters, and their sections."""
    lines = ['<section class="paper-contents" id="contents"><h1>Contents</h1>']
    for part in built.parts():
        if part.caption:
            lines.append(f'<p class="part">{part.caption}</p>')
        lines.append("<ol>")
        for name in part.pages:
            number, title = title_of(book[name].find("h1"))
            lines.append(f'<li class="chapter">{entry(slug(name), number, title, numbers)}')
            sections = [h for h in book[name].find_all("h2") if h.parent.get("id")]
            if number and sections:
                lines.append("<ol>")
                for heading in sections:
                    _, words = title_of(heading)
                    lines.append(f"<li>{entry(heading.parent['id'], '', words, numbers)}</li>")
                lines.append("</ol>")
            lines.append("</li>")
        lines.append("</ol>")
    return "\n".join(lines) + "</section>"


def front(made: built.Commit) -> str:
    """The title page."""
    day = datetime.fromtimestamp(made.time, UTC)
    state = f"Made from commit {made.name} of " if made.name else "Made from sources of "
    edition = f'<p class="edition">{made.edition}</p>' if made.edition else ""
    picture = (ROOT / "_static" / "overview.svg").read_text(encoding="utf-8")
    return (
        f'<section class="paper-front"><h1>{built.settings()["title"]}</h1>'
        f'<p class="subtitle">{SUBTITLE}</p>'
        f'<figure class="attention-figure">{picture}</figure>'
        f'<p class="author">{built.settings()["author"]}</p>{edition}'
        f'<div class="colophon"><p>{press.LICENCE}</p>'
        f"<p>{state}{day.day} {day:%B %Y}.</p></div></section>"
    )


def number_figures(article: Tag, numbers: dict[str, int]) -> None:
    """Say in the index of figures on which page each figure is."""
    for item in article.select(".figure-index > li"):
        target = item.select_one("a[href^='#']")["href"][1:]
        page = BeautifulSoup('<span class="figure-page"></span>', "html.parser").span
        page.string = str(numbers.get(target, ""))
        item.append(page)


def document(site: Path, made: built.Commit, numbers: dict[str, int], root: str = "") -> str:
    """The whole book as one page of HTML."""
    names = built.page_names()
    book = {name: article_of(site, name, names, root) for name in names}
    chapters = {}
    for name, article in book.items():
        number_figures(article, numbers)
        number, _ = title_of(article.find("h1"))
        words = article.find("h1").get_text(" ", strip=True)
        words = re.sub(r"^Chapter \d+ ", "", words)
        chapters[slug(name)] = f"{number} · {words}" if number else words
    body = "\n".join(str(article) for article in book.values())
    return (
        '<!doctype html>\n<html lang="en-GB" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{built.settings()['title']}</title>\n{styles_of(site, names)}\n"
        f"<style>{press.faces()}\n{CSS.read_text(encoding='utf-8')}\n{running_titles(chapters)}\n"
        "html[data-theme]{--book-mono:'Book Mono',monospace}</style></head>\n"
        '<body><div class="bd-main"><div class="bd-content">'
        '<div class="bd-article-container paper"><main class="bd-article">'
        f"{front(made)}{contents(book, numbers)}{body}"
        "</main></div></div></div></body></html>\n"
    )


# --- print ---------------------------------------------------------------------------------------


def pages_of(pdf: Pdf) -> dict[str, int]:
    """The page, counted from one, on which each target of a link lies."""
    numbers = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
    targets = pdf.Root.get("/Dests", {})
    return {name.lstrip("/"): numbers[place[0].objgen] for name, place in targets.items()}


def make(site: Path, path: str) -> bytes:
    """Print until the numbers in the contents are those of the pages."""
    from pikepdf import Pdf

    made = built.commit()
    numbers: dict[str, int] = {}
    with press.browser(path) as tab:
        for _ in range(4):
            html = document(site, made, numbers, made.site)
            pdf = Pdf.open(io.BytesIO(press.printed(tab, html, WORK / "book.html")))
            found = pages_of(pdf)
            if found == numbers:
                return press.finished(
                    pdf, built.settings()["title"], f"{SUBTITLE}. {press.LICENCE}"
                )
            numbers = found
    sys.exit("The page numbers of the contents don't settle.")


def digest(site: Path) -> str:
    """A short name for all that the print is made of: the same, and printing can be spared."""
    made = built.commit()
    html = document(site, made, {}, made.site)
    parts = [html.encode(), *(Path(file).read_bytes() for file in (__file__, press.__file__))]
    for address in sorted(set(re.findall(r'(?:href|src)="file://([^"]+)"', html))):
        parts.append(Path(unquote(address)).read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def main() -> None:
    """Print the book, if its pages have changed since."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--optional", action="store_true", help="without Chromium, do without")
    optional = parser.parse_args().optional
    built.require()
    path = press.chromium()
    if path is None and optional:
        PDF.unlink(missing_ok=True)  # an older one would be offered as if it were this book
        print("No PDF: it needs Chromium (or CHROMIUM=path), and none is installed.")
        return
    if path is None:
        sys.exit("make pdf needs Chromium (or CHROMIUM=path): none is installed.")
    WORK.mkdir(parents=True, exist_ok=True)
    PDF.parent.mkdir(parents=True, exist_ok=True)
    stamp, state = WORK / "printed", digest(built.SITE)
    if PDF.is_file() and stamp.is_file() and stamp.read_text() == state:
        print(f"The book as one PDF is as it was: {PDF.relative_to(ROOT)}")
        return
    PDF.write_bytes(make(built.SITE, path))
    stamp.write_text(state)
    print(f"The book as one PDF: {PDF.relative_to(ROOT)} ({PDF.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
