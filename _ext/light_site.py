"""What the theme needs to be a light site that depends on nobody.

- Thebe, which asks a CDN and throws in the console on every page, is unplugged.
- Pages are served with a theme (light), so that they read well without scripts.
- Scripts and styles of the theme that no page of the book uses are left out, and the others
  do not hold the page back.
- A code toggle has one name, which is also what a screen reader says.
"""

from __future__ import annotations

import re

from docutils import nodes

# Scripts and style sheets that extensions put on every page and no page of ours needs.
UNUSED = ("thebe", "togglebutton", "toggleHint", "toggleOpen", "design-tabs.js")
# Scripts that other scripts need at once; the rest wait until the page is read.
AT_ONCE = ("documentation_options.js", "doctools.js", "searchtools.js", "language_data.js")


def unplug(app, config) -> None:
    """Disconnect the listeners of the extensions that the book does not use."""
    for listeners in app.events.listeners.values():
        for listener in list(listeners):
            if listener.handler.__module__.split(".")[0] in ("sphinx_thebe", "sphinx_togglebutton"):
                listeners.remove(listener)


def lighten(app, pagename, templatename, context, doctree) -> None:
    """Leave out the files that are not used, and defer the scripts that can wait."""
    for name in ("css_files", "script_files"):
        context[name] = [file for file in context.get(name, []) if not _unused(file)]
    for file in context["script_files"]:
        path = str(getattr(file, "filename", None) or "")
        if path.endswith(".js") and not path.endswith(AT_ONCE):
            file.attributes["defer"] = "defer"
    context["page_description_of"] = lambda page: description(doctree)


def _unused(file) -> bool:
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


def served(html: str) -> str:
    """A page as it is served: see the module's docstring."""
    html = re.sub(r'(<html\b[^>]*\bdata-theme=)"auto"', r'\1"light"', html, count=1)
    html = re.sub(r'(<summary) aria-label="[^"]*"', r"\1", html)
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


def setup(app):
    app.connect("config-inited", unplug, priority=999)
    app.connect("html-page-context", lighten, priority=999)
    app.connect("builder-inited", serve_pages, priority=999)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
