"""The glossary says by itself where each of its terms is first met.

A chapter meets a term by linking to it with the `term` role. After all chapters are read, each
entry of the glossary gets a line with a link to the first of them, in reading order, that does. The
front page looks ahead, and explains little: it counts for terms that no chapter links to.
"""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

BACK = "back/"


def reading_order(env, docname: str) -> list[str]:
    """The page and all pages below it, as the table of contents has them."""
    pages = [docname]
    for child in env.toctree_includes.get(docname, []):
        pages += reading_order(env, child)
    return pages


def first_pages(env) -> dict[str, str]:
    """For each term's anchor, the first page outside the back matter that links to it."""
    anchors = {
        name.lower(): labelid
        for (kind, name), (_, labelid) in env.domains["std"].objects.items()
        if kind == "term"
    }
    first: dict[str, str] = {}
    front, *pages = reading_order(env, env.config.root_doc)
    for docname in [*pages, front]:
        if not docname.startswith(BACK):
            for reference in env.get_doctree(docname).findall(addnodes.pending_xref):
                anchor = anchors.get(reference.get("reftarget", "").lower())
                if reference.get("reftype") == "term" and anchor:
                    first.setdefault(anchor, docname)
    return first


def add_lines(app, doctree, docname) -> None:
    glossaries = list(doctree.findall(addnodes.glossary))
    if not glossaries:
        return
    first = first_pages(app.env)
    for item in (i for g in glossaries for i in g.findall(nodes.definition_list_item)):
        terms = [identifier for term in item.findall(nodes.term) for identifier in term["ids"]]
        pages = [first[term] for term in terms if term in first]
        if pages:
            order = reading_order(app.env, app.config.root_doc)
            page = min(pages, key=order.index)
            item.next_node(nodes.definition).append(line(app, docname, page))


def line(app, docname: str, page: str) -> nodes.paragraph:
    """First met in chapter 4."""
    number = app.env.toc_secnumbers.get(page, {}).get("")
    text = f"chapter {number[0]}" if number else "the front page"
    link = nodes.reference(
        "", text, internal=True, refuri=app.builder.get_relative_uri(docname, page)
    )
    link["reftitle"] = app.env.titles[page].astext()
    opening = "First met in " if number else "First met on "
    return nodes.paragraph(
        "", "", nodes.Text(opening), link, nodes.Text("."), classes=["first-met"]
    )


def changed(app, env) -> list[str]:
    """The pages with a glossary are written anew at every build."""
    return [
        name for name in env.found_docs if list(env.get_doctree(name).findall(addnodes.glossary))
    ]


def setup(app):
    app.connect("doctree-resolved", add_lines)
    app.connect("env-updated", changed)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
