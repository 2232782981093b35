"""What pages say of versions: how to cite the one that is read, and which ones stay.

Both follow from `provenance`, when a page is written: no version, year or address is typed.
"""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import Directive

#: Said before the first version.
NONE_YET = (
    "Nothing has been released yet: numbers, figures and addresses may still change. When you "
    "quote the book, give the date on which you read it."
)
SUMS = "downloads/SHA256SUMS"


class HowToCite(nodes.General, nodes.Element):
    """Stands for the book's entry in a list of references, in words and in BibTeX."""


class FrozenVersions(nodes.General, nodes.Element):
    """Stands for the list of versions, each with its address."""


# --- how to cite -----------------------------------------------------------------------------------


def state(book) -> str:
    """Which version is read, or of which commit the book is before the next one."""
    if book.version:
        return book.edition
    commit = f"commit {book.short} of {book.date}" if book.commit else ""
    return ", ".join(filter(None, [book.edition or "In preparation", commit]))


def year(book, otherwise: str) -> str:
    """The year of the version, or of the commit."""
    return (book.version or book.day or otherwise)[:4]


def bibtex(book, title: str, author: str, otherwise: str) -> str:
    """The book as an entry of BibTeX."""
    fields = {
        "title": title,
        "author": f"{{{author}}}",  # one name, not a first and a last
        "year": year(book, otherwise),
        "note": state(book),
        "url": book.site,
    }
    key = "_".join(["illustrated_self_attention", *filter(None, [book.version.replace(".", "_")])])
    lines = [f"  {name:6} = {{{value}}}" for name, value in fields.items() if value]
    return f"@book{{{key},\n" + ",\n".join(lines) + "\n}"


def cited(app, docname: str, subtitle: str) -> list[nodes.Node]:
    book, config = app.config.book_provenance, app.config
    title = f"{config.html_title}: {subtitle}"
    # "2026, the authors. Text …": what stands where there is neither version nor commit.
    otherwise = config.copyright if isinstance(config.copyright, str) else config.copyright[0]
    line = nodes.paragraph("", "", nodes.emphasis("", f"{title}."))
    line += nodes.Text(f" {config.author}, {year(book, otherwise)}. {state(book)}.")
    if book.site:
        line += [nodes.Text(" "), link(book.site, book.site)]
    entry = bibtex(book, title, config.author, otherwise)
    found: list[nodes.Node] = [
        nodes.block_quote("", line),
        nodes.paragraph("", "In BibTeX:"),
        nodes.literal_block(entry, entry, language="bibtex"),
    ]
    if book.frozen:
        # Not in the zip, nor in the PDF: no file holds its own checksum.
        sums = f"{'../' * docname.count('/')}{SUMS}"
        words = nodes.paragraph("", "The checksums of the PDF and of the zip are in ")
        words += [link(sums, "SHA256SUMS"), nodes.Text(".")]
        found += online(words)
    return found


def online(*inside: nodes.Node) -> list[nodes.Node]:
    """What the copies for a folder and for print leave out."""
    marks = [nodes.raw("", f"<!-- {mark} -->\n", format="html") for mark in ("online", "/online")]
    return [marks[0], *inside, marks[1]]


def link(address: str, words: str) -> nodes.reference:
    return nodes.reference("", words, refuri=address, internal=False)


# --- the versions that stay ---------------------------------------------------------------------------


def listed(app, docname: str) -> list[nodes.Node]:
    book = app.config.book_provenance
    if not book.releases:
        return [nodes.paragraph("", NONE_YET)]
    items = []
    for version in book.releases:
        line = nodes.paragraph("", "", nodes.strong("", version))
        address, files = book.frozen_url(version), book.release_url(version)
        places = [link(address, address)] if address else []
        places += [link(files, "its files and their checksums")] if files else []
        for i, place in enumerate(places):
            line += [nodes.Text(", " if i else ": "), place]
        items.append(nodes.list_item("", line))
    each = ", each at an address of its own" if book.root else ""
    return [
        nodes.paragraph("", f"These versions stay as they are{each}:"),
        nodes.bullet_list("", *items),
    ]


# --- the directives ------------------------------------------------------------------------------------


class HowToCiteDirective(Directive):
    """How to cite the book as it is read; the argument is its subtitle."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        return [HowToCite("", subtitle=self.arguments[0])]


class FrozenVersionsDirective(Directive):
    """The versions that stay, the newest first."""

    def run(self) -> list[nodes.Node]:
        return [FrozenVersions("")]


def fill(app, doctree, docname) -> None:
    """Say it when the page is written, so that pages read before know today's version."""
    for node in list(doctree.findall(HowToCite)):
        node.replace_self(cited(app, docname, node["subtitle"]))
    for node in list(doctree.findall(FrozenVersions)):
        node.replace_self(listed(app, docname))


def setup(app):
    app.add_node(HowToCite)
    app.add_node(FrozenVersions)
    app.add_directive("how-to-cite", HowToCiteDirective)
    app.add_directive("frozen-versions", FrozenVersionsDirective)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
