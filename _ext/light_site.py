"""What the theme needs to be a light site that depends on nobody.

- Thebe, which asks a CDN and throws in the console on every page, is unplugged.
- Pages are served with a theme (light), so that they read well without scripts.
- Scripts and styles of the theme that no page of the book uses are left out, and the others
  do not hold the page back. Bootstrap's script is one of them: what the book needs of it, the
  way back to the top, is in `_static/book.js`.
- What the theme leaves without a name, or with one that is not what is seen, gets its own:
  code toggles, the search button, the menus; and the side column is a landmark.
- Files that no page asks for are not published.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from docutils import nodes

# Scripts and style sheets that extensions put on every page and no page of ours needs.
UNUSED = (
    "thebe",
    "togglebutton",
    "toggleHint",
    "toggleOpen",
    "design-tabs.js",
    "DOCUMENTATION_OPTIONS.pagename",  # for a choice of versions
    "DOCUMENTATION_OPTIONS.search_as_you_type",
)
# On the search page these must be there before the search scripts, which do not wait.
AT_ONCE = ("documentation_options.js", "doctools.js")
# These serve the search page alone. What was searched for is marked by `_static/book.js`: the
# second would put boxes into the figures, and throws at the first style in one.
SEARCH = ("doctools.js", "sphinx_highlight.js")
# What the theme and the extensions copy into `_static` and no page asks for.
LEFT_OVER = (
    "scripts/bootstrap.js*",
    "scripts/fontawesome.js*",
    "**/*.map",
    "vendor",  # the icon font
    "locales",
    "images",  # logos of services
    "webpack-macros.html",
    "sbt-webpack-macros.html",
    "design-tabs.js",
    "copybutton_funcs.js",
    "*thebe*",
    "togglebutton*",
)


def unplug(app, config) -> None:
    """Disconnect the listeners of the extensions that the book does not use."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.split(".")[0] in ("sphinx_thebe", "sphinx_togglebutton"):
                listeners.remove(listener)


def lighten(app, pagename, templatename, context, doctree) -> None:
    """Leave out the files that are not used, and defer the scripts that can wait."""
    for name in ("css_files", "script_files"):
        context[name] = [file for file in context.get(name, []) if not unused(file)]
    if pagename != "search":
        files = context["script_files"]
        context["script_files"] = [f for f in files if not str(f.filename).endswith(SEARCH)]
    for file in context["script_files"]:
        path = str(getattr(file, "filename", None) or "")
        if path.endswith(".js"):  # pages share these attributes: set them each time
            file.attributes["defer"] = "defer"
            if pagename == "search" and path.endswith(AT_ONCE):
                del file.attributes["defer"]
    context["page_description_of"] = lambda page: description(doctree)


def unused(file) -> bool:
    text = str(getattr(file, "filename", None) or file)
    text += str(getattr(file, "attributes", {}).get("body", ""))
    return any(word in text for word in UNUSED)


def description(doctree) -> str:
    """The page's first paragraph of its own, cut at a word: what a search engine shows."""
    if doctree is None:
        return "Part of the book Illustrated self-attention."
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(_words(paragraph).split())
            return text if len(text) <= 160 else text[:157].rsplit(" ", 1)[0] + " …"
    return doctree.next_node(nodes.title).astext()


def _words(node) -> str:
    if isinstance(node, nodes.math):
        return re.sub(r"\\textcolor\{[^}]*\}|\\[a-z]+|[{}$]", "", node.astext())
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.raw | nodes.comment):
        return ""
    return "".join(_words(child) for child in node.children)


# The theme's parts as they are, and as a screen reader needs them.
NAMED = (
    ('<div id="pst-primary-sidebar"', ' role="region" aria-label="The book"'),
    ('<dialog id="pst-primary-sidebar-modal"', ' aria-label="The book"'),
    ('<dialog id="pst-secondary-sidebar-modal"', ' aria-label="On this page"'),
    ('<dialog id="pst-search-dialog"', ' aria-label="Search"'),
)
RENAMED = (
    ('title="Toggle primary sidebar"', 'title="Menu" aria-label="Menu"'),
    ('title="Toggle secondary sidebar"', 'title="On this page" aria-label="On this page"'),
    ('aria-label="Color mode" data-bs-title="Color mode"', 'aria-label="Light or dark"'),
)


def served(html: str) -> str:
    """A page as it is served: see the module's docstring."""
    html = re.sub(r'(<html\b[^>]*\bdata-theme=)"auto"', r'\1"light"', html, count=1)
    for part, name in NAMED:
        html = html.replace(part, part + name)
    for old, new in RENAMED:
        html = html.replace(old, new)
    # It shows "Search Ctrl+K": that is its name too.
    html = re.sub(r'(<button class="btn search-button-field[^>]*?) aria-label="[^"]*"', r"\1", html)
    html = re.sub(r'(<summary) aria-label="[^"]*"', r"\1", html)
    # The page keeps room for its contents, which come last (book.css).
    if 'class="bd-sidebar-secondary' in html:
        html = html.replace('<div class="bd-content">', '<div class="bd-content with-side">')
    # References are a list, and its entries are no longer a role of their own.
    html = html.replace('role="doc-biblioentry"', 'role="listitem"')
    html = re.sub(
        r'<summary>\s*<p class="collapsed[^>]*>(.*?)</p>\s*<p class="expanded.*?</p>\s*</summary>',
        r"<summary>\1</summary>",
        html,
        flags=re.DOTALL,
    )
    html = re.sub(
        r'(<h1[^>]*><span class="section-number">)(\d+)\. ?</span>', r"\1Chapter \2 </span>", html
    )
    # The theme's second title and contents, for print: the page's own are enough.
    return re.sub(
        r'<div id="jb-print-docs-body".*?(?=<div id="searchbox")', "", html, flags=re.DOTALL
    )


def serve_pages(app) -> None:
    """Have every page that is written pass through `served`."""
    if app.builder.format != "html":
        return
    templates = app.builder.templates
    render = templates.render
    templates.render = lambda template, context: served(render(template, context))


def slim(app, exception) -> None:
    """Take away what no page asks for."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in [path for pattern in LEFT_OVER for path in static.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def setup(app):
    app.add_js_file("scripts/pydata-sphinx-theme.js")
    app.connect("config-inited", unplug, priority=999)
    app.connect("html-page-context", lighten, priority=999)
    app.connect("builder-inited", serve_pages, priority=999)
    app.connect("build-finished", slim, priority=990)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
