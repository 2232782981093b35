"""Typeset the maths of the book while it is built.

KaTeX runs in an embedded V8 (mini-racer), so pages carry finished HTML and MathML and no
script, and nothing moves when they open. TeX that KaTeX does not know is a warning at its
place in the source, and so fails a build that takes warnings as errors.

A role's colour, written ``\\textcolor{#D55E00}{q}`` in the source, becomes the role's CSS
variable, so that formulas follow the page between light and dark. No other colour is taken.

The style sheet ``_static/katex.css`` is written at the end of the build: of KaTeX's rules,
those that some page uses, with the fonts they need as data URIs.
"""

from __future__ import annotations

import atexit
import base64
import json
import re
from functools import cache
from pathlib import Path

import tinycss2
from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

VENDOR = Path(__file__).resolve().parent.parent / "vendor" / "katex"
STYLESHEET = "katex.css"

ROLE_COLOURS = {
    "#009E73": "--role-input-text",
    "#D55E00": "--role-query-text",
    "#E69F00": "--role-key-text",
    "#CC79A7": "--role-value-text",
    "#0072B2": "--role-score-text",
    "#F0E442": "--role-output-text",
}

logger = logging.getLogger(__name__)


class MathError(ValueError):
    """TeX that cannot be typeset; the message says why."""


@cache
def _engine() -> MiniRacer:
    engine = MiniRacer()
    # Left to the end of the process, Python 3.13 waits for V8's thread forever.
    atexit.register(engine.close)
    engine.eval((VENDOR / "katex.min.js").read_text(encoding="utf-8"))
    engine.eval(
        """
        function typeset(tex, display) {
            try {
                return {html: katex.renderToString(tex, {
                    displayMode: display, output: "htmlAndMathml",
                    throwOnError: true, strict: "error", trust: false})};
            } catch (error) {
                return {error: String(error.message || error)};
            }
        }
        """
    )
    return engine


@cache
def typeset(tex: str, display: bool = False) -> str:
    """One formula as HTML with MathML beside it.

    Raises
    ------
    MathError
        If KaTeX rejects the formula, or it uses a colour that is no role's.
    """
    call = f"JSON.stringify(typeset({json.dumps(tex)}, {json.dumps(display)}))"
    answer = json.loads(_engine().eval(call))
    if "error" in answer:
        raise MathError(answer["error"])
    return role_colours(answer["html"])


def role_colours(html: str) -> str:
    """Each role's colour in a formula's HTML replaced by the role's CSS variable."""

    def variable(match: re.Match[str]) -> str:
        colour = match.group(1).upper()
        if colour not in ROLE_COLOURS:
            raise MathError(
                f"the colour {match.group(1)} is no role's: use one of {', '.join(ROLE_COLOURS)}"
            )
        return f"color:var({ROLE_COLOURS[colour]})"

    html = re.sub(r"(?<![-\w])color:\s*([^;\"]+)", variable, html)
    # The MathML copy is for screen readers and never seen: it needs no colour.
    return re.sub(r' mathcolor="[^"]*"', "", html)


def _html(node: nodes.Node, display: bool) -> str:
    tex = node.astext().strip()
    try:
        return typeset(tex, display)
    except MathError as error:
        logger.warning("maths: %s, in: %s", error, tex, location=node)
        code = tex.replace("&", "&amp;").replace("<", "&lt;")
        return f"<code>{code}</code>"


def visit_math(self, node: nodes.Element) -> None:
    self.body.append(f'<span class="math notranslate nohighlight">{_html(node, False)}</span>')
    raise nodes.SkipNode


def visit_math_block(self, node: nodes.Element) -> None:
    identifiers = "".join(f'<span id="{identifier}"></span>' for identifier in node["ids"])
    number = ""
    if node["number"]:
        number = f'<span class="eqno">({get_node_equation_number(self, node)})</span>'
    self.body.append(
        '<div class="math-display notranslate nohighlight" tabindex="0">'
        f"{identifiers}{number}{_html(node, True)}</div>\n"
    )
    raise nodes.SkipNode


# --- the style sheet -----------------------------------------------------------------------


def stylesheet(used: set[str]) -> str:
    """KaTeX's rules whose classes are all among `used`, with the fonts they name.

    Raises
    ------
    MathError
        If a rule in use needs a font that is not in the vendor folder.
    """
    css = (VENDOR / "katex.min.css").read_text(encoding="utf-8")
    faces, rules = [], []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule":
            if rule.lower_at_keyword == "font-face":
                faces.append(tinycss2.serialize(rule.content))
            continue
        selectors = tinycss2.serialize(rule.prelude).split(",")
        kept = [s for s in selectors if set(re.findall(r"\.([\w-]+)", s)) <= used]
        if kept:
            rules.append((",".join(kept), tinycss2.serialize(rule.content)))
    wanted = {font for _, body in rules for font in _fonts(body)}
    written = [_face(face) for face in faces if _style(face) in wanted]
    return "".join(written) + "".join(f"{selector}{{{body}}}" for selector, body in rules) + "\n"


def _declarations(block: str) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in block.split(";") if ":" in part)
    return {name.strip(): value.strip() for name, value in pairs}


def _style(face: str) -> tuple[str, str, str]:
    found = _declarations(face)
    return found["font-family"].strip("\"'"), found["font-weight"], found["font-style"]


def _fonts(body: str) -> list[tuple[str, str, str]]:
    """The font a rule's body asks for, if it is one of KaTeX's (family, weight, style)."""
    found = _declarations(body)
    families = re.findall(r"KaTeX_\w+", body)
    if not families and {"font-weight", "font-style"} & set(found):
        families = ["KaTeX_Main"]  # what every formula starts from
    weight = {"bold": "700", "normal": "400"}.get(
        found.get("font-weight", "400"), found.get("font-weight", "400")
    )
    return [(family, weight, found.get("font-style", "normal")) for family in families]


def _face(face: str) -> str:
    family, weight, style = _style(face)
    name = re.search(r"fonts/([\w-]+\.woff2)", face).group(1)
    path = VENDOR / "fonts" / name
    if not path.exists():
        raise MathError(f"a formula needs the font {name}, which is not in {VENDOR.name}/fonts")
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return (
        f"@font-face{{font-family:{family};font-weight:{weight};font-style:{style};"
        f'font-display:block;src:url(data:font/woff2;base64,{data}) format("woff2")}}'
    )


def classes_in_use(pages: list[Path]) -> set[str]:
    """Every class on the pages that carry maths."""
    used: set[str] = set()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        if 'class="katex"' in text:
            for value in re.findall(r'class="([^"]*)"', text):
                used.update(value.split())
    return used


def add_stylesheet(app, pagename, templatename, context, doctree) -> None:
    if doctree is not None and any(doctree.findall(_is_math)):
        app.add_css_file(STYLESHEET)


def _is_math(node: nodes.Node) -> bool:
    return isinstance(node, nodes.math | nodes.math_block)


def write_stylesheet(app, exception) -> None:
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = [p for p in out.rglob("*.html") if "_static" not in p.relative_to(out).parts]
    try:
        css = stylesheet(classes_in_use(pages))
    except MathError as error:
        logger.warning("maths: %s", error)
        return
    (out / "_static").mkdir(exist_ok=True)
    (out / "_static" / STYLESHEET).write_text(css, encoding="utf-8")


def setup(app):
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.connect("html-page-context", add_stylesheet)
    app.connect("build-finished", write_stylesheet)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
