"""The elements that play: their one script, on the pages that have any.

The script is written into the site's `_static` from the package's own files. On the site a bench
keeps its state in the page's address, which the attribute `data-link` allows.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attention_core.illustrate.elements import script

NAME = "attention.js"


def write(app) -> None:
    """Write the script where the site's other scripts are."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(script(), encoding="utf-8")


def play(app, pagename, templatename, context, doctree) -> None:
    """Load the script where an element is, and let benches keep their state in the address."""
    body = context.get("body") or ""
    if re.search(r"<attention-[a-z]+[ >]", body):
        context["body"] = re.sub(r"<attention-bench(?=[ >])", "<attention-bench data-link", body)
        app.add_js_file(NAME, loading_method="defer")


def setup(app):
    app.connect("builder-inited", write)
    app.connect("html-page-context", play, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
