"""What each chapter needs, and paths through the book, from the chapters' own words.

Each chapter says in its first box which chapters to know first, and how long it takes. The
directive `needed-first` draws from that which chapter builds on which; `path` lists chapters for a
course, with their minutes, and fails the build where a chapter comes before one that it needs.
`offers` links to files beside the pages, such as slides, where they are, and else says what makes
them.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx import addnodes

#: The line in a chapter's first box. A number of minutes is a word.
KNOW = re.compile(
    r"\*\*Know first:\*\*(?P<needs>.*?)\*\*Time:\*\* (?P<read>[a-z-]+) minutes to read, "
    r"(?P<do>[a-z-]+) with the exercises\.",
    re.DOTALL,
)
LINK = re.compile(r"\]\((\d\d)-[\w-]+\.ipynb\)")
TENS = {"ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
UNITS = {"": 0, "five": 5}
#: Of the drawing: the height of a row, and the width of the room for arcs, in pixels.
ROW, ROOM = 44, 84


@dataclass(frozen=True)
class Chapter:
    """A chapter as its own first box describes it; times in minutes."""

    number: str
    docname: str
    needs: tuple[str, ...]
    read: int
    do: int


def minutes(word: str) -> int:
    """A number of minutes, written out.

    >>> minutes("ten"), minutes("thirty-five")
    (10, 35)
    """
    tens, _, units = word.partition("-")
    if tens not in TENS or units not in UNITS:
        raise ValueError(f"this is no number of minutes that is known here: {word!r}")
    return TENS[tens] + UNITS[units]


def described(path: Path) -> Chapter:
    """A chapter, from its notebook."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found = KNOW.search(text)
    if not found:
        raise ValueError(f"{path.name} does not say what to know first, and how long it takes")
    needs = tuple(sorted(set(LINK.findall(found["needs"]))))
    times = minutes(found["read"]), minutes(found["do"])
    return Chapter(path.name[:2], f"chapters/{path.stem}", needs, *times)


def chapters(source: Path) -> dict[str, Chapter]:
    """All chapters by their numbers, in order."""
    paths = sorted((source / "chapters").glob("[0-9][0-9]-*.ipynb"))
    return {path.name[:2]: described(path) for path in paths}


def listed(numbers: list[str]) -> str:
    """Numbers of chapters in a row.

    >>> listed(["04", "09", "12"])
    '4, 9 and 12'
    """
    plain = [str(int(number)) for number in numbers]
    return " and ".join([", ".join(plain[:-1]), plain[-1]] if len(plain) > 1 else plain)


def missing(book: dict[str, Chapter], path: list[str], told: list[str]) -> list[str]:
    """What is wrong with a path: unknown chapters, and chapters before what they need."""
    wrong = [f"there is no chapter {each!r}" for each in [*path, *told] if each not in book]
    known = set(told)
    for each in path:
        lacks = [need for need in book[each].needs if need not in known] if each in book else []
        if lacks:
            wrong.append(f"chapter {each} needs {listed(lacks)} first")
        known.add(each)
    return wrong


def numbered(book: dict[str, Chapter], names: str) -> list[str]:
    """Chapters' numbers, of their names as in their files: masks is 12-masks. Others stay."""
    numbers = {chapter.docname.partition("-")[2]: number for number, chapter in book.items()}
    return [numbers.get(name, name) for name in names.split()]


# --- the drawing ---------------------------------------------------------------------------------


def arcs(book: dict[str, Chapter]) -> str:
    """An arc from each chapter down to each that builds on it, at the right edge of the room."""
    place = {number: i for i, number in enumerate(book)}
    longest = max((place[c.number] - place[n] for c in book.values() for n in c.needs), default=1)
    lines = []
    for chapter in book.values():
        for need in chapter.needs:
            top, bottom = (ROW * (place[each] + 0.5) for each in (need, chapter.number))
            # A Bézier curve reaches three quarters of the way to its handles.
            reach = (10 + (ROOM - 18) * (place[chapter.number] - place[need]) / longest) * 4 / 3
            lines.append(
                f'<path d="M{ROOM - 4} {top:g}C{ROOM - 4 - reach:.1f} {top:g} '
                f'{ROOM - 4 - reach:.1f} {bottom:g} {ROOM - 4} {bottom:g}"/>'
            )
    # Rows are higher on a phone, and the drawing stretches with them: a dot is the end of a line.
    dots = [f'<path class="dot" d="M{ROOM - 4} {ROW * (i + 0.5):g}h0"/>' for i in place.values()]
    return (
        f'<svg class="needed-arcs" viewBox="0 0 {ROOM} {ROW * len(book)}" '
        f'preserveAspectRatio="none" style="--rows:{len(book)}" '
        f'aria-hidden="true">{"".join(lines + dots)}</svg>'
    )


def link_to(chapter: Chapter) -> addnodes.pending_xref:
    """A link that shows the chapter's title."""
    return addnodes.pending_xref(
        "",
        nodes.inline(),
        refdomain="std",
        reftype="doc",
        refdoc="",
        reftarget=f"/{chapter.docname}",
        refexplicit=False,
        refwarn=True,
    )


def titled(chapter: Chapter) -> list[nodes.Node]:
    """The chapter's number and its title, which is a link."""
    return [nodes.inline("", str(int(chapter.number)), classes=["needed-number"]), link_to(chapter)]


def read(env) -> dict[str, Chapter]:
    """All chapters; the page that asks is written anew when one of them changes."""
    book = chapters(Path(env.srcdir))
    for chapter in book.values():
        env.note_dependency(f"{chapter.docname}.ipynb")
    return book


class NeededFirst(Directive):
    """All chapters in order, and arcs from each to those that build on it."""

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        book = read(env)
        items = []
        for chapter in book.values():
            needs = f"needs {listed(list(chapter.needs))}" if chapter.needs else "needs no other"
            line = nodes.paragraph("", "", *titled(chapter))
            line += nodes.inline("", needs, classes=["needed-what"])
            items.append(nodes.list_item("", line))
        drawing = nodes.raw("", arcs(book), format="html")
        rows = nodes.bullet_list("", *items, classes=["needed-rows"])
        for reference in rows.findall(addnodes.pending_xref):
            reference["refdoc"] = env.docname
        return [nodes.container("", drawing, rows, classes=["needed-first"])]


class PathThrough(Directive):
    """Chapters for a course, in order, with their minutes; `told` are given in a sentence."""

    has_content = True
    option_spec = {"told": directives.unchanged}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        book = read(env)
        path = numbered(book, " ".join(self.content))
        told = numbered(book, self.options.get("told", ""))
        wrong = missing(book, path, told)
        if wrong:
            raise self.error("; ".join(wrong))
        rows = [[titled(book[each]), str(book[each].read), str(book[each].do)] for each in path]
        sums = [str(sum(getattr(book[each], what) for each in path)) for what in ("read", "do")]
        made = table(["chapter", "to read", "with exercises"], rows, ["minutes in all", *sums])
        for reference in made.findall(addnodes.pending_xref):
            reference["refdoc"] = env.docname
        return [made]


def table(heads: list[str], rows: list[list], last: list[str]) -> nodes.table:
    """A table of three columns whose last row sums up."""
    group = nodes.tgroup("", cols=len(heads))
    group += [nodes.colspec("", colwidth=width) for width in (74, 10, 16)]
    group += nodes.thead("", row(heads))
    group += nodes.tbody("", *map(row, rows), row(last, "path-sum"))
    return nodes.table("", group, classes=["path"])


def row(cells: list, *classes: str) -> nodes.row:
    made = nodes.row("", classes=list(classes))
    for cell in cells:
        inside = [nodes.Text(cell)] if isinstance(cell, str) else cell
        made += nodes.entry("", nodes.paragraph("", "", *inside))
    return made


# --- what lies beside the pages --------------------------------------------------------------------


class offers(nodes.General, nodes.Element):
    """Links to files that may lie in the output folder; which of them do is known when it is written."""


class Offers(Directive):
    """A line for each file: its path in the site, then words. The argument makes them."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        files = [tuple(line.split(maxsplit=1)) for line in self.content if line.strip()]
        if any(len(file) != 2 for file in files):
            raise self.error("each line of offers is a path in the site, a space, and words")
        return [offers("", command=self.arguments[0], files=files)]


def offered(files: list[tuple[str, str]], command: str, root: str, out: Path) -> str:
    """The files that are there as a list of links; with none of them, the command that makes them."""
    links = [
        f'<li><a href="{escape(root + path)}">{escape(words)}</a></li>'
        for path, words in files
        if (out / path).is_file()
    ]
    told = f'<p class="offers"><code>{escape(command)}</code></p>'
    if links:
        told = f'<ul class="offers">{"".join(links)}</ul>'
    # The PDF and the zip leave out what is online: they are the same, whatever lies here.
    return f"<!-- online -->{told}<!-- /online -->"


def resolve(app, doctree, docname) -> None:
    """Put the links in, now that it is known what lies beside the pages."""
    to_root = app.builder.get_relative_uri(docname, app.config.root_doc)
    root = posixpath.join(posixpath.dirname(to_root), "")
    for node in list(doctree.findall(offers)):
        html = offered(node["files"], node["command"], root, Path(app.outdir))
        node.replace_self(nodes.raw("", html, format="html"))


def configure(app, config) -> None:
    """A page is written anew when what it may offer has come or gone."""
    out = Path(app.outdir)
    found = out.glob("downloads/**/*")
    config.course_files = sorted(
        path.relative_to(out).as_posix() for path in found if path.is_file()
    )


def setup(app):
    app.add_config_value("course_files", [], "html", types=[list])
    app.connect("config-inited", configure)
    app.connect("doctree-resolved", resolve)
    app.add_node(offers)
    app.add_directive("needed-first", NeededFirst)
    app.add_directive("offers", Offers)
    app.add_directive("path", PathThrough)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
