"""Typeset the maths of the book while it is built.

KaTeX runs in an embedded V8 (mini-racer), so pages carry finished HTML and MathML and no
script, and nothing moves when they open. TeX that KaTeX does not know is a warning at its
place in the source, and so fails a build that takes warnings as errors.

A role's colour, written ``\\textcolor{#D55E00}{q}`` in the source, becomes the role's CSS
variable, so that formulas follow the page between light and dark. No other colour is taken.

A full stop, a comma or a bracket that touches a short formula stays on its line.

The style sheet ``_static/katex.css`` is written at the end of the build: of KaTeX's rules,
those that some page uses, with the fonts they need as data URIs, and of each font the letters
that some formula has. A font that was cut may not bear its name (the Open Font License reserves
it), so ``KaTeX_Main`` is called ``Formula_Main`` in the site.
"""

from __future__ import annotations

import atexit
import base64
import io
import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import tinycss2
from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from one_sheet import pages_in, version
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


# --- marks that touch a formula ------------------------------------------------------------

BEFORE = re.compile(r"[(\[“‘]+$")
AFTER = re.compile(r"^[.,;:!?)\]”’…]+")


def is_short(tex: str) -> bool:
    """Whether a formula fits a phone's line whole, going by what is written in it."""
    return len(re.sub(r"\\textcolor\{[^}]*\}|\\[a-zA-Z]+|[{}^_\s]", "", tex)) <= 20


def hold_marks(app, doctree, docname) -> None:
    """Put each short inline formula in one element with the marks before and after it.

    A long one must be able to break, and a browser then takes a break before the mark too.
    """
    for node in [node for node in doctree.findall(nodes.math) if is_short(node.astext())]:
        parent, place = node.parent, node.parent.index(node)
        around = [parent[i] if 0 <= i < len(parent) else None for i in (place - 1, place + 1)]
        held: list[nodes.Node] = [node]
        for text, pattern in zip(around, (BEFORE, AFTER), strict=True):
            marks = pattern.search(text.astext()) if isinstance(text, nodes.Text) else None
            if marks:
                rest = text.astext()[: marks.start()] + text.astext()[marks.end() :]
                parent.replace(text, nodes.Text(rest))
                held.insert(0 if pattern is BEFORE else len(held), nodes.Text(marks.group()))
        if len(held) > 1:
            parent.replace(node, nodes.inline("", "", *held, classes=["held"]))


# --- the style sheet -----------------------------------------------------------------------

Font = tuple[str, str, str]  # family, weight, style
PLAIN: Font = ("KaTeX_Main", "400", "normal")


class Formulas(HTMLParser):
    """Every class in the formulas of pages, and the letters of each font there."""

    def __init__(self, fonts: list[tuple[frozenset[str], Font]]) -> None:
        super().__init__()
        self.fonts = fonts
        self.classes: set[str] = set()
        self.letters: dict[Font, set[str]] = {}
        self._open: list[frozenset[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = frozenset((dict(attrs).get("class") or "").split())
        self.classes |= names
        self._open.append((self._open[-1] if self._open else frozenset()) | names)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        around = self._open[-1] if self._open else frozenset()
        if "katex-html" in around:
            for font in [font for asked, font in self.fonts if asked <= around] or [PLAIN]:
                self.letters.setdefault(font, set()).update(data)


def stylesheet(formulas: list[str]) -> str:
    """KaTeX's rules whose classes are all in the formulas, with the fonts they name.

    Raises
    ------
    MathError
        If a rule in use needs a font that is not in the vendor folder.
    """
    css = (VENDOR / "katex.min.css").read_text(encoding="utf-8")
    faces, rules = [], []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            body = tinycss2.serialize(rule.content)
            rules += [(s, body) for s in tinycss2.serialize(rule.prelude).split(",")]
        elif rule.lower_at_keyword == "font-face":
            faces.append(tinycss2.serialize(rule.content))
    named = [(_classes(s), font) for s, body in rules for font in _fonts(body)]
    found = Formulas([(asked, font) for asked, font in named if asked > {"katex"}])
    for formula in formulas:
        found.feed(formula)
    kept = [(s, body) for s, body in rules if _classes(s) <= found.classes]
    written = [
        _face(face, found.letters[_style(face)]) for face in faces if _style(face) in found.letters
    ]
    sheet = "".join(written) + "".join(f"{selector}{{{body}}}" for selector, body in kept) + "\n"
    return sheet.replace("KaTeX_", "Formula_")


def _classes(selector: str) -> frozenset[str]:
    return frozenset(re.findall(r"\.([\w-]+)", selector))


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


def _face(face: str, letters: set[str]) -> str:
    family, weight, style = _style(face)
    name = re.search(r"fonts/([\w-]+\.woff2)", face).group(1)
    path = VENDOR / "fonts" / name
    if not path.exists():
        raise MathError(f"a formula needs the font {name}, which is not in {VENDOR.name}/fonts")
    data = base64.b64encode(cut(path, frozenset(letters))).decode("ascii")
    return (
        f"@font-face{{font-family:{family};font-weight:{weight};font-style:{style};"
        f'font-display:block;src:url(data:font/woff2;base64,{data}) format("woff2")}}'
    )


@cache
def cut(path: Path, letters: frozenset[str]) -> bytes:
    """A font with these letters alone, under another name, with its notices (names 0, 13, 14)."""
    options = subset.Options(
        flavor="woff2", hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 6, 13, 14]
    )
    font = TTFont(path, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(letters))
    cutter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = record.toUnicode().replace("KaTeX_", "Formula_")
    written = io.BytesIO()
    subset.save_font(font, written, options)
    return written.getvalue()


def formulas_of(page: str) -> list[str]:
    """Each formula of a page: from the element that KaTeX opens to where that is closed."""
    found, place = [], 0
    while start := re.compile(r'<span class="katex(-display)?">').search(page, place):
        depth = 0
        for tag in re.compile(r"<(/?)\w[^>]*?(/?)>").finditer(page, start.start()):
            depth += -1 if tag[1] else not tag[2]
            if depth == 0:
                break
        place = tag.end()
        found.append(page[start.start() : place])
    return found


def add_stylesheet(app, pagename, templatename, context, doctree) -> None:
    if doctree is not None and any(doctree.findall(_is_math)):
        context.setdefault("sheets", []).append(STYLESHEET)


def _is_math(node: nodes.Node) -> bool:
    return isinstance(node, nodes.math | nodes.math_block)


def write_stylesheet(app, exception) -> None:
    if exception is not None or app.builder.format != "html":
        return
    pages = {page: page.read_text(encoding="utf-8") for page in pages_in(Path(app.outdir))}
    try:
        css = stylesheet([each for html in pages.values() for each in formulas_of(html)])
    except MathError as error:
        logger.warning("maths: %s", error)
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(exist_ok=True)
    (static / STYLESHEET).write_text(css, encoding="utf-8")
    version(pages, STYLESHEET, css)


def setup(app):
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.connect("doctree-resolved", hold_marks)
    app.connect("html-page-context", add_stylesheet)
    app.connect("build-finished", write_stylesheet)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
