"""The index of figures makes itself: every figure of the book, with a link and a file to reuse.

Each figure gets an id, by chapter and place: `fig-04-2` is the second of chapter 04. The directive
`figure-index` lists them all in reading order. Beside the pages, `figures/fig-04-2.svg` is the
drawing by itself, with the licence inside: pictures carry their own styles, so that a file needs
nothing around it.
"""

from __future__ import annotations

import html
import posixpath
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from first_met import reading_order

FOLDER = "figures"
ATTRIBUTION = "Illustrated self-attention, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
# What plays has its static figure inside: the link leads to the whole, which is always in view.
FIGURE = re.compile(r'<(attention-[a-z]+|figure class="attention-figure")(?=[\s>])')
SHORT = 90


@dataclass(frozen=True)
class Entry:
    """A figure of a page: its id, what kind it is, its caption, and its drawing."""

    identifier: str
    plays: bool
    caption: str
    svg: str


class figure_index(nodes.General, nodes.Element):
    """The place of the list, until all pages are read."""


class FigureIndex(Directive):
    """All figures of the book, in reading order."""

    def run(self) -> list[nodes.Node]:
        return [figure_index()]


# --- what each page has ----------------------------------------------------------------------


def chapter_of(docname: str) -> str:
    """04 for chapters/04-scores, the page's name for others."""
    return posixpath.basename(docname).split("-")[0]


def caption_of(text: str) -> str:
    found = re.search(r"<figcaption[^>]*>(.*?)</figcaption>", text, re.DOTALL)
    words = html.unescape(re.sub(r"<[^>]+>", "", found.group(1))) if found else ""
    return " ".join(words.split())


def opening(caption: str, plays: bool = False) -> str:
    """A short caption whole; of a long one, and of what plays, the first sentence."""
    first = re.match(r".+?[.?](?=\s+[A-Z]|$)", caption)
    whole = len(caption) <= SHORT and not plays
    return caption if whole or not first else first.group()


def entry_of(text: str, identifier: str) -> tuple[str, Entry] | None:
    """A figure's HTML with the id in it, and its entry; None for what is no figure."""
    found = FIGURE.search(text)
    drawing = re.search(r'<svg class="at".*?</svg>', text, re.DOTALL)
    if not found or not drawing:
        return None
    named = text[: found.end()] + f' id="{identifier}"' + text[found.end() :]
    plays = found.group(1).startswith("attention-")
    return named, Entry(identifier, plays, caption_of(text), drawing.group())


def collect(app, doctree) -> None:
    """Give the figures of a page their ids, and write down what they are."""
    docname, entries = app.env.docname, []
    for node in doctree.findall(nodes.raw):
        identifier = f"fig-{chapter_of(docname)}-{len(entries) + 1}"
        made = entry_of(node.astext(), identifier) if node["format"] == "html" else None
        if made:
            text, entry = made
            node.children = [nodes.Text(text)]
            node.rawsource = text
            entries.append(entry)
    figures(app.env)[docname] = entries


def figures(env) -> dict[str, list[Entry]]:
    """The figures of each page."""
    if not hasattr(env, "book_figures"):
        env.book_figures = {}
    return env.book_figures


def forget(app, env, docname) -> None:
    figures(env).pop(docname, None)


def merge(app, env, docnames, other) -> None:
    figures(env).update({name: figures(other)[name] for name in docnames if name in figures(other)})


# --- the list ----------------------------------------------------------------------------------


def changed(app, env) -> list[str]:
    """The page with the list is written anew at every build."""
    return [name for name in env.found_docs if list(env.get_doctree(name).findall(figure_index))]


def fill(app, doctree, docname) -> None:
    for place in list(doctree.findall(figure_index)):
        pages = [
            page
            for page in reading_order(app.env, app.config.root_doc)
            if figures(app.env).get(page)
        ]
        place.replace_self([section(app, docname, page) for page in pages])


def section(app, docname: str, page: str) -> nodes.section:
    """A page's figures, below its title."""
    number = app.env.toc_secnumbers.get(page, {}).get("")
    title = app.env.titles[page].astext()
    words = f"{number[0]}. {title}" if number else "The front page"
    made = nodes.section("", nodes.title("", words), ids=[f"figures-{chapter_of(page)}"])
    items = [
        item(app, docname, page, entry, f"{number[0]}.{place}" if number else "")
        for place, entry in enumerate(figures(app.env)[page], 1)
    ]
    made += nodes.bullet_list("", *items, classes=["figure-index"])
    return made


def item(app, docname: str, page: str, entry: Entry, number: str) -> nodes.list_item:
    """A small picture, the caption as a link, and the file."""
    file = posixpath.relpath(f"{FOLDER}/{entry.identifier}.svg", posixpath.dirname(docname) or ".")
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', entry.svg).groups()
    small = nodes.raw(
        "",
        f'<img class="figure-small" src="{file}" alt="" loading="lazy" '
        f'width="{float(width):.0f}" height="{float(height):.0f}">',
        format="html",
    )
    caption = opening(entry.caption, entry.plays)
    link = nodes.reference(
        "",
        caption,
        internal=True,
        refuri=f"{app.builder.get_relative_uri(docname, page)}#{entry.identifier}",
    )
    words = nodes.paragraph("", "")
    if number:
        words += [nodes.inline("", number, classes=["figure-number"]), nodes.Text(" ")]
    words += link
    if entry.plays:
        words += nodes.inline("", " It plays on its page.", classes=["figure-plays"])
    # One link reads like the other: each says of which figure it is the file.
    named = f"figure {number}" if number else f"“{caption}”"
    words += nodes.raw(
        "",
        f' <a class="figure-file" href="{file}" download aria-label="SVG of {html.escape(named)}">'
        "SVG</a>",
        format="html",
    )
    return nodes.list_item("", small, words)


# --- the files ---------------------------------------------------------------------------------


def licensed(svg: str) -> str:
    """A drawing as a file that says whose it is."""
    return svg.replace("<style>", f"<metadata>{ATTRIBUTION}</metadata><style>", 1) + "\n"


def write(app, error) -> None:
    """Write each drawing beside the pages."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for entries in figures(app.env).values():
        for entry in entries:
            path = folder / f"{entry.identifier}.svg"
            path.write_text(licensed(entry.svg), encoding="utf-8")


def setup(app):
    app.add_node(figure_index)
    app.add_directive("figure-index", FigureIndex)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", changed)
    app.connect("doctree-resolved", fill)
    app.connect("build-finished", write)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
