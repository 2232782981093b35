"""The elements that play: their one script, on the pages that have any.

The script is written into the site's `_static` from the package's own files. On the site a bench
keeps its state in the page's address, which the attribute `data-link` allows. And the sentences that
`<attention-heads>` may offer lie beside the pages, each a script: the page holds links to them,
which nothing follows before a reader chooses one.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attention_core.illustrate.elements import script

NAME = "attention.js"
SENTENCES = Path(__file__).resolve().parent.parent / "chapters" / "data" / "heads"
MORE = re.compile(r"<attention-heads [^>]*\sdata-more>")


def write(app) -> None:
    """Write the script where the site's other scripts are."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / NAME).write_text(script(), encoding="utf-8")
    if app.builder.name == "html":
        beside = Path(app.outdir) / "_static" / SENTENCES.name
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(SENTENCES, beside, ignore=shutil.ignore_patterns("*.json"))


def links(address) -> str:
    """The sentences that an element may load, out of sight; `address` leads to a file of the site."""
    listed = json.loads((SENTENCES / "sentences.json").read_text(encoding="utf-8"))
    offered = "".join(
        f'<a href="{address(each["name"])}" data-name="{each["name"]}">{escape(each["text"])}</a>'
        for each in listed
    )
    return f"<template>{offered}</template>"


def play(app, pagename, templatename, context, doctree) -> None:
    """Load the script where an element is, and let benches keep their state in the address."""
    body = context.get("body") or ""
    if re.search(r"<attention-[a-z]+[ >]", body):
        context["body"] = re.sub(r"<attention-bench(?=[ >])", "<attention-bench data-link", body)
        app.add_js_file(NAME, loading_method="defer")
    if app.builder.name == "html" and MORE.search(body):
        further = links(lambda name: context["pathto"](f"_static/{SENTENCES.name}/{name}.js", 1))
        context["body"] = MORE.sub(lambda element: element[0] + further, context["body"])


def setup(app):
    app.connect("builder-inited", write)
    app.connect("html-page-context", play, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
