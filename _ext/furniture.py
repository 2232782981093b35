"""What stands around a page: run and download it, report an error, where the book comes from.

Every link follows from `provenance`: what is not known or not there is not offered. The templates
say how it looks. This module gives them what they need, puts the row of tools below a notebook's
title, and writes the files that the site has beside its pages: each page's notebook, the page for
addresses that do not exist, and, where the site has an address, its map for search engines.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

HELP = "back/run"  # the page that says how a notebook is run
CHANGES = "back/changes"  # the page that says what changed, version by version
#: What a notebook calls that runs a trained model, whose weights `make model` installs.
WEIGHTS = "bert.minilm("
MISSING = "404"


def furnish(app, pagename, templatename, context, doctree) -> None:
    """Give the templates what they say about this page."""
    book, known = app.config.book_provenance, pagename in app.env.found_docs
    context["book"], context["offers"] = book, app.config.book_offers
    context["page_title"] = app.env.titles[pagename].astext() if known else context.get("title")
    context["page_url"] = context["pageurl"] = (
        book.page_url(f"{pagename}.html") if pagename != MISSING else ""
    )
    if CHANGES in app.env.found_docs:
        context["changes_url"] = context["pathto"](CHANGES)
    if known and app.builder.name == "html":
        source = source_of(app, pagename)
        context["report_url"] = report_url(book, context["page_title"], source, context["page_url"])
        context["edit_url"] = book.edit_url(source)
        if source.endswith(".ipynb"):
            tools(app, pagename, source, context)


def source_of(app, pagename: str) -> str:
    """The path of a page's source in the repository."""
    return Path(app.env.doc2path(pagename, base=False)).as_posix()


def report_url(book, title: str, source: str, address: str) -> str:
    """A new issue that already says which page it is about."""
    built = f"commit {book.short} of {book.date}" if book.commit else "an unknown commit"
    built = f"version {book.version}, {built}" if book.version else built
    lines = [
        f"Page: {title}",
        f"Source: {source}",
        *([f"Address: {address}"] if address else []),
        f"Built from: {built}{', with changes since' if book.changed else ''}",
        "",
        "What is wrong:",
        "",
        "",
        "What should stand there, if you know:",
        "",
        "",
    ]
    return book.issue_url(f"Error in “{title}”", "\n".join(lines))


def tools(app, pagename: str, source: str, context) -> None:
    """Below the title: run the notebook, or take it along."""
    shutil.copyfile(app.env.doc2path(pagename), notebook_beside(app, pagename))
    pathto = context["pathto"]
    how = pathto(HELP) if HELP in app.env.found_docs else ""
    weights = needs_weights(Path(app.env.doc2path(pagename)))
    row = app.builder.templates.render(
        "page-tools.html",
        {
            "weights": f"{how}#weights" if weights and how else "",
            "lite": f"{pathto('lite/lab/index.html', 1)}?path={quote(source)}"
            if context["offers"]["lite"] and not weights
            else "",
            "binder": context["book"].binder_url(source),
            "notebook": pathto(source, 1),
            "how": how,
        },
    )
    context["body"] = re.sub(r"</h1>", lambda end: f"{end[0]}\n{row}", context["body"], count=1)


def needs_weights(path: Path) -> bool:
    """Whether a notebook runs a trained model, which the browser's own Python cannot."""
    return WEIGHTS in path.read_text(encoding="utf-8")


def notebook_beside(app, pagename: str) -> Path:
    path = Path(app.outdir) / f"{pagename}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# --- the page for addresses that do not exist -----------------------------------------------


def missing_page(app) -> Iterator[tuple[str, dict, str]]:
    yield MISSING, {"title": "No such page"}, "404.html"


def from_the_root(html: str, base: str) -> str:
    """A page of the top folder that reads the same at any depth below the site's base path."""
    return re.sub(
        r'\b(href|src|action|data-content_root)="(?!#|/|[a-z]+:)(?:\./)?', rf'\1="{base}', html
    )


def serve_missing_page(app) -> None:
    """Addresses from the site's root on that page, where the root is known.

    Otherwise they stay relative, as they are on every page: right from a folder, and for an
    address at the top.
    """
    site = app.config.book_provenance.site
    if app.builder.name != "html" or not site:
        return
    templates, base = app.builder.templates, urlsplit(site).path
    render = templates.render

    def rendered(template: str, context: dict) -> str:
        html = render(template, context)
        return from_the_root(html, base) if context.get("pagename") == MISSING else html

    templates.render = rendered


# --- for search engines ------------------------------------------------------------------------


def write_map(app, error) -> None:
    """`sitemap.xml` and `robots.txt`, which need the site's address; neither without it."""
    if error or app.builder.name != "html":
        return
    sitemap, robots = (Path(app.outdir) / name for name in ("sitemap.xml", "robots.txt"))
    book = app.config.book_provenance
    if not book.site:
        sitemap.unlink(missing_ok=True)
        robots.unlink(missing_ok=True)
        return
    pages = (book.page_url(f"{page}.html") for page in sorted(app.env.found_docs))
    entries = "".join(f"  <url><loc>{escape(page)}</loc></url>\n" for page in pages)
    sitemap.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        encoding="utf-8",
    )
    robots.write_text(f"User-agent: *\nAllow: /\nSitemap: {book.site}sitemap.xml\n")


def setup(app):
    # Before the theme looks which of its parts are empty on this page.
    app.connect("html-page-context", furnish, priority=400)
    app.connect("html-collect-pages", missing_page)
    app.connect("builder-inited", serve_missing_page, priority=1000)
    app.connect("build-finished", write_map)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
