"""Is each number in the prose proved? The checker of claims.

A paragraph (list item, table, heading, displayed formula) that quotes a computed number carries a
claim on the line after it:

    The weights are 0.14, 0.43 and 0.43.
    <!-- claim: shows(weights[0], "0.14 0.43 0.43") -->

For one notebook, on the command line, with every problem at once:

    python -m tests.claims chapters/04-scores.ipynb
    python -m tests.claims draft.md         the same for a draft in MyST Markdown
    python -m tests.claims 04 --static      the matching alone, no kernel
    python -m tests.claims 04 --numbers     how each number of the prose is read
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tests.claims_kernel import FRACTIONS, LITERAL, as_decimal
from tools.changes import CHANGES, without_headlines
from tools.kernels import patiently
from tools.notebooks import find, label, read, set_environment

# ---------------------------------------------------------------------------------------------
# Plain numbers: those that nobody computes. The whole list.
# ---------------------------------------------------------------------------------------------

ROLE = "[xqkvsawzXQKVSAWZ]"
DIGIT = "[1-4](?![0-9.]*[0-9])"  # a small whole number of its own: the examples have no more rows
LABELLED = "tokens?|inputs?|quer(?:y|ies)|keys?|values?|outputs?|rows?|columns?|entr(?:y|ies)"


@dataclass(frozen=True)
class Plain:
    """A kind of number that needs no claim: where it may stand, what it looks like, and why."""

    name: str
    where: str  # some of "text code math"
    pattern: str
    reason: str


PLAIN = (
    Plain(
        "index on a role letter",
        "text code",
        rf"(?<![A-Za-z]){ROLE}(?:_?[₀-₉]+|_[0-9]+)",
        "x₁ says which vector is meant; nothing is computed",
    ),
    Plain(
        "index on a role letter in a formula",
        "math",
        rf"(?<![A-Za-z\\]){ROLE}(?:'|\^\{{?\s*(?:ƒ|T)\s*\}}?)?_\{{[0-9,\scijnm']*\}}",
        "q_1 says which vector is meant; nothing is computed",
    ),
    Plain(
        "label",
        "text math",
        rf"\b(?i:{LABELLED})\s+(?:{DIGIT}(?:(?:,\s*{DIGIT})*,?\s+(?:and|or|to)\s+{DIGIT}|[–-]{DIGIT})?)",
        "“token 2” is a name, not a result",
    ),
    Plain(
        "place in the book",
        "text",
        r"\b(?i:steps?|chapters?|parts?|exercises?|sections?|exhibits?)\s+\d{1,2}(?:\.\d)?(?![\d])"
        r"(?:(?:,\s*\d{1,2}(?:\.\d)?)*,?\s*(?:and|or|to|–|-)\s*\d{1,2}(?:\.\d)?(?![\d]))?",
        "chapters, exercises and exhibits are numbered by where they stand",
    ),
    Plain(
        "exercise label in code",
        "code",
        r"""(?<=["'])\d\d\.\d(?=["'])""",
        'check("04.2") names an exercise',
    ),
    Plain(
        "index in code",
        "code",
        r"(?<=[\w\])])\[[^\[\]]*\]",
        "W_q[0, 0] says which entry is meant",
    ),
    Plain(
        "whole number handed to a function in code",
        "code",
        r"(?<=\w)\((?:[^()\[\].\"]|\"[^\"]*\")*\)|\baxis=[-−]?\d+(?![\d.])",
        "sum(0) and axis=-1 say what to do, not what comes out",
    ),
    Plain(
        "setting of a command",
        "code",
        r"\b(?:chapter|points|variant|VARIANT|SEEDS)=(?:\"[\d ]+\"|[\d.]+)|(?<=_build/assignments/)\d\d",
        "VARIANT=7 says what to make, not what comes out",
    ),
    Plain(
        "name",
        "text code",
        r"(?<![\w.])[A-Za-z_]\w*?[0-9]\w*",
        "float64 and x1 are names that happen to hold digits",
    ),
    Plain(
        "thread",
        "text",
        r"[\w.-]+/[\w.-]+#\d+",
        "owner/name#7 is the address of a discussion on GitHub",
    ),
    Plain(
        "version",
        "text code",
        r"\b(?:Python|NumPy|numpy|Jupyter Book|JupyterLab|CC BY|Attribution) v?\d+(?:\.\d+)*",
        "a version of software, or of a licence",
    ),
)

# Numbers in words: they need no claim, and a claim may prove one.
WORDS = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
}
WORDS |= {"half": "0.5", "once": "1", "twice": "2", "both": "2"}

# ---------------------------------------------------------------------------------------------
# Numbers
# ---------------------------------------------------------------------------------------------

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₋₊", "0123456789-+")
SUP = "[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"
SIGN = r"(?:(?<![\w)\]}₀-₉⁰-⁹²³¹ᵀ½¼¾.,])[-−])?"
NUM = r"(?:\d+(?:\.\d+)?|(?<!\d)\.\d+)"
GROUPED = r"(?:(?<![\d.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]))"
TEN = rf"10(?:(?P<{{0}}>{SUP})|\^\{{{{?(?P<{{1}}>[-−]?\d+)\}}}}?)"

TEXT_NUMBER = re.compile(
    rf"(?P<mantissa>{SIGN}{NUM})\s*[·×⋅*]\s*{TEN.format('e1', 'e2')}"
    rf"|(?P<power>{SIGN}(?<!\d){TEN.format('e3', 'e4')})"
    rf"|(?P<number>{SIGN}(?:{GROUPED}|{NUM})(?:[eE][-+−]?\d+)?)"
    rf"|(?P<fraction>{SIGN}[½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])"
    rf"|(?P<sub>[₋₊]?[₀-₉]+(?:\.[₀-₉]+)?)"
    rf"|(?P<sup>{SUP})"
)
CODE_NUMBER = re.compile(TEXT_NUMBER.pattern.replace(f"{GROUPED}|", ""))
MATH_NUMBER = re.compile(
    rf"(?P<mantissa>(?:⊖\s*)?{NUM})\s*·\s*10\s*\^\{{(?P<e1>[⊖]?\d+)\}}"
    r"|(?P<power>(?:⊖\s*)?(?<![\d.])10\s*\^\{(?P<e3>[⊖]?\d+)\})"
    rf"|(?P<number>(?:⊖\s*)?{NUM})"
    r"|(?P<fraction>(?:⊖\s*)?[½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])"
    r"|(?P<sub>[₋₊]?[₀-₉]+)"
    rf"|(?P<sup>{SUP})"
)


def key_of(literal: str) -> str:
    """Return what two spellings of one literal share: −.50 is -0.50, and 0.5 is another."""
    literal = literal.replace("−", "-")
    bare = literal.lstrip("-")
    if bare in "⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞∞" and bare:
        return literal
    value = as_decimal(literal)
    sign, digits, exponent = value.as_tuple()
    whole = "".join(map(str, digits)).lstrip("0") or "0"
    return f"{'-' if sign and value else ''}{whole}e{exponent}"


@dataclass(frozen=True)
class Number:
    """A number as it stands in prose, and the kind of plain number it is, if any."""

    text: str
    literal: str
    plain: str | None = None
    #: Where it stands in its text; in a formula, in what `plain_math` leaves of it.
    span: tuple[int, int] = field(default=(0, 0), compare=False)

    @property
    def key(self) -> str:
        return key_of(self.literal)


def _literal(match: re.Match) -> str:
    found = {name: text for name, text in match.groupdict().items() if text}
    exponent = next((found[name] for name in ("e1", "e2", "e3", "e4") if name in found), "")
    exponent = exponent.translate(SUPERSCRIPTS).replace("−", "-").replace("⊖", "-").lstrip("+")
    if "mantissa" in found:
        text = f"{found['mantissa']}e{exponent}"
    elif "power" in found:
        text = f"{'-' if found['power'][0] in '-−⊖' else ''}1e{exponent}"
    elif "sub" in found:
        text = found["sub"].translate(SUBSCRIPTS).lstrip("+")
    elif "sup" in found:
        text = found["sup"].translate(SUPERSCRIPTS).lstrip("+")
    else:
        text = (found.get("number") or found["fraction"]).replace(",", "")
    return re.sub(r"\s", "", text.replace("⊖", "-").replace("−", "-"))


def numbers_in(text: str, where: str) -> list[Number]:
    """Return the numbers of a piece of prose; `where` is "text", "code" or "math"."""
    if where == "math":
        text = plain_math(text)
    spans = [
        (match.span(), plain.name)
        for plain in PLAIN
        if where in plain.where.split()
        for match in re.finditer(plain.pattern, text)
    ]
    pattern = {"text": TEXT_NUMBER, "code": CODE_NUMBER, "math": MATH_NUMBER}[where]
    found = []
    for match in pattern.finditer(text):
        start, end = match.span()
        kind = next((name for (a, b), name in spans if a <= start and end <= b), None)
        literal = _literal(match)
        shown = literal.replace("-", "−") if where == "math" else match.group().strip()
        found.append(Number(shown, literal, kind, match.span()))
    return found


OPERATORS = (
    "to|rightarrow|mapsto|approx|leq?|geq?|lt|gt|neq?|in|pm|mp|equiv|sim|quad|qquad|mid|propto|"
    "Rightarrow|implies|iff|ll|gg|ldots|cdots|dots|colon|displaystyle|textstyle|limits|hline"
)
WRAPPERS = (
    "mathbf|boldsymbol|bm|mathrm|vec|hat|bar|tilde|mathit|mathbb|mathsf|mathcal|operatorname|"
    "underline|overline|boxed|bold|text|textbf|textrm|mathstrut|underbrace|overbrace"
)


def plain_math(tex: str) -> str:
    """Return a formula with its dress off: letters, numbers, subscripts and signs remain."""
    text = re.sub(r"(?<!\\)%.*", " ", tex)
    text = re.sub(
        r"\\(?:textcolor|color|colorbox|htmlClass|class|label|tag\*?|href)\s*\{[^{}]*\}", " ", text
    )
    text = re.sub(r"\\(?:hspace|vspace)\*?\s*\{[^{}]*\}|\\\\\s*\[[^\]]*\]", " , ", text)
    text = re.sub(r"\\begin\s*\{[^{}]*\}(?:\s*\{[clr|\s]*\})?", "(", text)
    text = re.sub(r"\\end\s*\{[^{}]*\}", ")", text)
    text = re.sub(r"\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z])\.?", "", text)
    text = text.replace("{,}", "").replace(r"\{", "(").replace(r"\}", ")").replace(r"\%", " ")
    text = re.sub(r"\\\\|&", " , ", text)
    text = re.sub(r"\\[,;:!> ]|~", " ", text)
    text = re.sub(r"\\(?:cdot|times)(?![A-Za-z])", "·", text).replace("×", "·").replace("⋅", "·")
    text = re.sub(r"\\([tdc]?frac)\s*(\d)\s*(\d)", r"\\\1{\2}{\3}", text)
    text = re.sub(r"\\([tdc]?frac)\s*(\d)\s*\{", r"\\\1{\2}{", text)
    for sign, value in {"½": "12", "¼": "14", "¾": "34"}.items():
        text = re.sub(
            rf"\\[tdc]?frac\s*\{{\s*{value[0]}\s*\}}\s*\{{\s*{value[1]}\s*\}}", f" {sign} ", text
        )
    text = re.sub(r"([\^_])\s*(\d)", r"\1{\2} ", text)
    text = re.sub(r"([\^_])\s*\{\s*", r"\1{", text)
    before = None
    while before != text:  # from the inside out
        before = text
        text = re.sub(rf"\\(?:{WRAPPERS})\s*\{{([^{{}}]*)\}}", r" \1", text)
        text = re.sub(rf"\\(?:{WRAPPERS})\s+([A-Za-z])(?![A-Za-z])", r" \1", text)
        text = re.sub(r"(?<![\^_}A-Za-z])\s*\{\s*([A-Za-z])\s*\}", r" \1", text)
        text = re.sub(r"(?<![\^_A-Za-z}])\{\s*([A-Za-z]_\{[^{}]*\})\s*\}", r" \1", text)
    text = re.sub(rf"\\(?:{OPERATORS})(?![A-Za-z])", " , ", text)
    text = re.sub(r"\\[A-Za-z]+", "ƒ ", text).replace("\\", " ")
    out = []
    for place, char in enumerate(text):
        if char in "-−":
            left = text[:place].rstrip()[-1:]
            char = "∸" if left and (left.isalnum() or left in ")]}'!½¼¾") else "⊖"
        out.append(char)
    return re.sub(r"\s+([_^])", r"\1", "".join(out))


# ---------------------------------------------------------------------------------------------
# Blocks of prose and their claims
# ---------------------------------------------------------------------------------------------


@dataclass
class Block:
    """A paragraph, heading, list item, table or formula, with its claims."""

    kind: str
    segments: list[tuple[str, str]] = field(default_factory=list)  # (where, text)
    claims: list[str] = field(default_factory=list)

    @functools.cached_property
    def numbers(self) -> list[Number]:
        return [each for where, text in self.segments for each in numbers_in(text, where)]

    @property
    def words(self) -> str:
        """The first words, for messages."""
        text = " ".join(" ".join(t for w, t in self.segments if w != "aside").split())
        text = re.sub(r"[\ue000-\uf8ff]", "…", text)
        return text if len(text) <= 60 else text[:57].rstrip() + "…"


@dataclass(frozen=True)
class Problem:
    """Something wrong with the prose of a notebook, said so that its author can mend it."""

    file: str
    cell: int
    block: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}, cell {self.cell}" if self.cell else self.file
        return f"{where}, “{self.block}”\n    {self.message}"


COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
CLAIM = re.compile(r"\s*claim:\s*(.*?)\s*$", re.DOTALL)
DIRECTIVE = re.compile(r"\{([\w:-]+)\}\s*(.*)", re.DOTALL)
CODE_DIRECTIVES = {"code", "code-block", "code-cell", "literalinclude", "sourcecode"}
MUTE_DIRECTIVES = {
    "bibliography",
    "toctree",
    "tableofcontents",
    "raw",
    "index",
    "contents",
    "include",
}
MUTE_ROLES = re.compile(r"(?:cite.*|ref|numref|doc|eq|download|py:.*|label)$")
FILES = {"figure", "image", "embed"}


@functools.cache
def parser():
    """Return the parser that the site uses for Markdown, with the extensions of the book."""
    from markdown_it.renderer import RendererHTML
    from myst_parser.config.main import MdParserConfig
    from myst_parser.parsers.mdit import create_md_parser

    extensions = {"dollarmath", "amsmath", "colon_fence", "deflist", "html_image"}
    extensions |= {"attrs_inline", "attrs_block"}
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


def blocks_of(source: str) -> tuple[list[Block], list[tuple[str, str]]]:
    """Return the blocks of a piece of Markdown, and what is wrong with its form, as (block, message)."""
    blocks: list[Block] = []
    faults: list[tuple[str, str]] = []
    _walk(source, blocks, faults, None)
    return blocks, faults


def _walk(source: str, blocks: list[Block], faults: list[tuple[str, str]], last) -> None:
    containers: list = []
    table: Block | None = None
    kind = "paragraph"
    for token in parser().parse(source):
        if token.type in {"list_item_open", "blockquote_open", "dt_open", "dd_open"}:
            containers.append(last)
            last = None
        elif token.type in {"list_item_close", "blockquote_close", "dt_close", "dd_close"}:
            containers.pop()
            last = "a list or quotation: indent the claim under its item"
        elif token.type == "table_open":
            table = Block("table")
        elif token.type == "table_close":
            blocks.append(table)
            last, table = table, None
        elif token.type == "heading_open":
            kind = "heading"
        elif token.type == "paragraph_open":
            kind = "paragraph"
        elif token.type == "inline":
            block = table or Block(kind)
            _inline(token.children or [], block, faults)
            if table is None:
                blocks.append(block)
                last = block
        elif token.type in {"math_block", "math_block_label", "amsmath"}:
            last = Block("formula", [("math", token.content)])
            blocks.append(last)
        elif token.type == "html_block":
            last = _html(token.content, blocks, faults, last)
        elif token.type in {"fence", "colon_fence", "code_block"}:
            last = _directive(token, blocks, faults)


def _inline(children, block: Block, faults) -> None:
    text, held, link = [], [], False
    for child in children:
        if child.type == "text":
            text.append("" if link else child.content)
            if "$" in child.content:
                shown = Block("paragraph", [("text", child.content)]).words
                faults.append(
                    (shown, "a stray $: a displayed formula needs an empty line before its $$")
                )
        elif child.type in {"softbreak", "hardbreak"}:
            text.append(" ")
        elif child.type in {"code_inline", "math_inline", "math_inline_double"}:
            where = "code" if child.type == "code_inline" else "math"
            held.append((where, child.content))
            text.append(chr(0xE000 + len(held)))
        elif child.type == "myst_role":
            name = child.meta["name"]
            if name == "math":
                held.append(("math", child.content))
                text.append(chr(0xE000 + len(held)))
            elif not MUTE_ROLES.match(name) or "<" in child.content:
                text.append(re.sub(r"\s*<[^<>]*>$", "", child.content))
        elif child.type == "image":
            text.append(f" {child.content} ")
        elif child.type == "link_open":
            link = child.info == "auto" or child.markup in {"autolink", "linkify"}
        elif child.type == "link_close":
            link = False
        elif child.type == "html_inline" and child.content.startswith("<!--"):
            if "claim" in child.content:
                faults.append(("".join(text).strip()[:57], "a claim stands on a line of its own"))
        elif child.type == "html_inline":
            text.append(" " if re.match(r"</?(?:br|p|div|td)\b", child.content) else "")
    block.segments += [("text", "".join(text)), *held]
    if block.kind == "table":
        block.segments[-1 - len(held)] = ("text", " " + "".join(text) + " ")


def _html(content: str, blocks, faults, last):
    for match in COMMENT.finditer(content):
        claim = CLAIM.match(match.group(1))
        if claim is None:
            if re.match(r"\s*claims?\b|.*\bshows\s*\(", match.group(1), re.DOTALL):
                faults.append((match.group().strip(), "write <!-- claim: EXPRESSION -->"))
        elif isinstance(last, Block):
            last.claims.append(" ".join(claim.group(1).split("\n")))
        else:
            after = last or "no paragraph"
            faults.append((match.group().strip(), f"this claim stands after {after}"))
    rest = COMMENT.sub("", content)
    if COMMENT.search(content) and rest.strip():
        faults.append(
            (rest.strip()[:57], "this text stands on the line of a comment and is lost on the site")
        )
    elif rest.strip():
        shown = " ".join(re.findall(r"""\b(?:alt|title|aria-label)\s*=\s*["']([^"']*)""", rest))
        text = re.sub(
            r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", " ", rest, flags=re.DOTALL
        )
        last = Block("html", [("text", f"{text} {shown}")])
        blocks.append(last)
    return last


def _directive(token, blocks, faults):
    match = DIRECTIVE.match(token.info.strip()) if token.info else None
    if match is None:
        if token.type == "colon_fence" and not token.info.strip():
            _walk(token.content, blocks, faults, None)
            return "a block"
        faults.append(("```", "no fenced code in prose: code that is shown is code that runs"))
        return "a block of code"
    name, argument = match.groups()
    if name in CODE_DIRECTIVES:
        faults.append(
            (f"{{{name}}}", "no fenced code in prose: code that is shown is code that runs")
        )
        return "a block of code"
    if name in MUTE_DIRECTIVES or name.startswith(("auto", "py:")):
        return f"a {{{name}}}"
    options, body = _options(token.content)
    title = None
    asides = [options[name] for name in ("alt", "caption") if options.get(name)]
    if (argument and name not in FILES and name not in {"math"}) or asides:
        title = Block("title")
        shown = [argument] if argument and name not in FILES | {"math"} else []
        for each in shown + asides:
            _inline(parser().parseInline(each)[0].children, title, faults)
        blocks.append(title)
    if name == "math":
        block = Block("formula", [("math", f"{argument}\n{body}")])
        blocks.append(block)
        return block
    if name == "glossary":  # terms, and definitions indented under them
        body = re.sub(r"(?m)^[ \t]+", "", body)
    _walk(body, blocks, faults, title)
    return f"a {{{name}}}: put the claim inside it, after its paragraph"


def _options(content: str) -> tuple[dict[str, str], str]:
    lines, options = content.split("\n"), {}
    if lines and lines[0].strip() == "---":
        end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        pairs, lines = lines[1:end], lines[end + 1 :]
        options = dict(pair.split(":", 1) for pair in pairs if ":" in pair)
        return {key.strip(): value.strip() for key, value in options.items()}, "\n".join(lines)
    while lines and (match := re.match(r"\s*:([\w-]+):\s*(.*)$", lines[0])):
        options[match.group(1)] = match.group(2)
        lines.pop(0)
    return options, "\n".join(lines)


# ---------------------------------------------------------------------------------------------
# Claims: what they quote, and what they are with one literal moved
# ---------------------------------------------------------------------------------------------


def is_number(node) -> bool:
    """Return whether the node is a numeric literal."""
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def shown_strings(tree) -> list[ast.Constant]:
    """Return the strings of the calls of `shows`."""
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "shows"
        ):
            if len(node.args) != 2 or node.keywords:
                raise ValueError("shows takes a value and a string")
            text = node.args[1]
            if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
                raise ValueError("the numbers of shows stand in a string, as they are printed")
            found.append(text)
    return found


def source_of(node: ast.Constant, claim: str) -> str:
    """Return the literal as it is written."""
    return (ast.get_source_segment(claim, node) or repr(node.value)).replace("_", "")


def quoted(claim: str) -> list[str]:
    """Return the literals that a claim proves: in the strings of shows, and compared as they are."""
    tree = ast.parse(claim, mode="eval")
    found = [each for node in shown_strings(tree) for each in LITERAL.findall(node.value)]

    def operands(node):
        if is_number(node):
            found.append(source_of(node, claim))
        elif (
            isinstance(node, ast.UnaryOp)
            and isinstance(node.op, ast.USub)
            and is_number(node.operand)
        ):
            found.append("-" + source_of(node.operand, claim))
        elif isinstance(node, (ast.Tuple, ast.List)):
            for each in node.elts:
                operands(each)

    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for each in (node.left, *node.comparators):
                operands(each)
    return found


def moved(literal: str) -> tuple[str, str]:
    """Return the literal one less and one more in its last place."""
    if literal.lstrip("-−") in FRACTIONS:
        value = as_decimal(literal)
        step = Decimal("0.5") if "½" in literal else Decimal("0.25")
        return tuple(f"{value + way * step:.2f}" for way in (-1, 1))
    if "∞" in literal:
        return "0", "-∞" if literal == "∞" else "∞"
    value = as_decimal(literal)
    step = Decimal((0, (1,), value.as_tuple().exponent))
    return tuple(_spell(value + way * step, literal) for way in (-1, 1))


def _spell(value: Decimal, like: str) -> str:
    sign, digits, exponent = value.as_tuple()
    if "e" in like.lower():
        return f"{'-' if sign else ''}{''.join(map(str, digits))}e{exponent}"
    return f"{value:f}"


def mutants(claim: str) -> list[tuple[str, str]]:
    """Return (what was moved, the claim with it) for each literal of a claim, down and up."""
    tree = ast.parse(claim, mode="eval")
    texts = {id(node) for node in shown_strings(tree)}
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if is_number(node):
            literal = source_of(node, claim)
            for new in (
                moved(literal)
                if _is_decimal(literal)
                else (str(node.value - 1), str(node.value + 1))
            ):
                changed = copy.deepcopy(tree)
                value = ast.literal_eval(new)
                _nth(changed, place).value = value
                found.append((f"{literal} → {new}", ast.unparse(changed)))
        elif id(node) in texts:
            for match in LITERAL.finditer(node.value):
                for new in moved(match.group()):
                    changed = copy.deepcopy(tree)
                    text = node.value[: match.start()] + new + node.value[match.end() :]
                    _nth(changed, place).value = text
                    found.append(
                        (f"{match.group()} → {new} in “{node.value}”", ast.unparse(changed))
                    )
    return found


def _is_decimal(literal: str) -> bool:
    return LITERAL.fullmatch(literal) is not None


def _nth(tree, place: int):
    return next(node for index, node in enumerate(ast.walk(tree)) if index == place)


# ---------------------------------------------------------------------------------------------
# The checks
# ---------------------------------------------------------------------------------------------


def match_block(block: Block) -> list[str]:
    """Return what is wrong between the numbers of a block and those that its claims quote."""
    messages = []
    quotes: Counter = Counter()
    spelled: dict[str, str] = {}
    for claim in block.claims:
        try:
            literals = quoted(claim)
        except (SyntaxError, ValueError) as error:
            messages.append(f"the claim cannot be read: {claim}\n    {error}")
            continue
        for literal in literals:
            quotes[key_of(literal)] += 1
            spelled.setdefault(key_of(literal), literal)
    needed: Counter = Counter()
    for number in block.numbers:
        if number.plain is None:
            needed[number.key] += 1
            spelled.setdefault(number.key, number.text)
    texts = " ".join(text for where, text in block.segments if where == "text").lower()
    plain = {number.key for number in block.numbers if number.plain}
    plain |= {key_of(WORDS[word]) for word in re.findall(r"[a-z]+", texts) if word in WORDS}
    unclaimed = [number for number in block.numbers if number.plain is None]
    missing = needed - quotes
    left = {key: count for key, count in (quotes - needed).items() if key not in plain}
    if missing:
        named = [n for n in unclaimed if n.key in missing]
        shown = ", ".join(dict.fromkeys(n.text for n in named))
        spell = " ".join(
            f"{n.literal}" for n in dict.fromkeys(named) for _ in range(missing[n.key])
        )
        also = ""
        if left:
            also = (
                "\n    the claim quotes "
                + ", ".join(spelled[key] for key in left)
                + ", which the text does not"
            )
        elif block.claims:
            also = "\n    (each quoted number proves one number of the text: quote it as often as it stands)"
        messages.append(
            f"no claim for {shown}; after the {block.kind}, on the next line, such as\n"
            f'    <!-- claim: shows(NAME, "{spell}") -->{also}'
        )
    elif left:
        shown = ", ".join(
            f"{spelled[key]}" + (f" (×{n})" if n > 1 else "") for key, n in left.items()
        )
        messages.append(f"the claim quotes {shown}, which the {block.kind} does not say")
    return messages


def static_problems(
    source: str, file: str = "text", cell: int = 0, fences: bool = False
) -> list[Problem]:
    """Return the problems of one Markdown text that can be seen without a kernel."""
    blocks, faults = blocks_of(source)
    if fences:
        faults = [fault for fault in faults if "fenced code" not in fault[1]]
    problems = [Problem(file, cell, block, message) for block, message in faults]
    problems += [
        Problem(file, cell, block.words, message)
        for block in blocks
        for message in match_block(block)
    ]
    return problems


def page_problems(path: Path) -> list[Problem]:
    """Return the problems of a page that is no notebook: there every number must be plain."""
    source = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.name == CHANGES.name:
        source = without_headlines(source)  # tests/test_release.py proves them
    # Names of files, and what a directive's own data prints: tests/test_hub.py proves that.
    source = re.sub(r"```\{offers\}.*?```", "", source, flags=re.DOTALL)
    source = re.sub(r"\{measured\}`[^`]*`", "", source)
    file = label(path)
    blocks, faults = blocks_of(source)
    problems = [Problem(file, 0, b, m) for b, m in faults if "fenced code" not in m]
    for block in blocks:
        shown = ", ".join(n.text for n in block.numbers if n.plain is None)
        if block.claims:
            problems.append(
                Problem(file, 0, block.words, "a claim needs a kernel: this page has none")
            )
        if shown:
            problems.append(
                Problem(file, 0, block.words, f"{shown}: no number can be proved on this page")
            )
    return problems


SPOKEN_ARGUMENTS = {"caption", "alt", "title"}


def typed_numbers(code: str) -> list[str]:
    """Return the numbers that stand typed in the captions, titles and alt texts of a code cell."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a magic command; whatever else is wrong shows when the cell runs
        return []
    texts = [
        part.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for argument in call.keywords
        if argument.arg in SPOKEN_ARGUMENTS
        for part in _literal_parts(argument.value)
    ]
    return [n.text for text in texts for n in numbers_in(text, "text") if n.plain is None]


def _literal_parts(node) -> list[ast.Constant]:
    """Return the strings of an expression as they are typed; what an f-string computes is not."""
    if isinstance(node, ast.Constant):
        return [node] if isinstance(node.value, str) else []
    if isinstance(node, ast.FormattedValue):
        return []
    return [part for child in ast.iter_child_nodes(node) for part in _literal_parts(child)]


class Kernel:
    """A kernel that runs a notebook's cells and evaluates claims between them."""

    def __init__(self, folder: Path, first: str | None = None):
        from jupyter_client.manager import start_new_kernel

        set_environment()
        self.manager, self.client = patiently(start_new_kernel)(
            kernel_name="python3", cwd=str(folder), extra_arguments=["--log-level=ERROR"]
        )
        here = Path(__file__).with_name("claims_kernel.py")
        self.run(
            f"exec(compile(open({str(here)!r}, encoding='utf-8').read(), 'claims', 'exec'), "
            "__import__('sys').modules.setdefault("
            "'_claims', __import__('types').ModuleType('_claims')).__dict__)",
            hidden=True,
        )
        if first:
            _, error = self.run(f"exec({first!r}, {{}})", hidden=True)
            if error:
                raise RuntimeError(error)
        self.run("__import__('_claims').install(get_ipython().user_ns)", hidden=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str, hidden: bool = False) -> tuple[str, str | None]:
        """Run code; return what it printed, and its error if it raised."""
        printed: list[str] = []

        def hear(message):
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(
            code, store_history=not hidden, output_hook=hear, timeout=120, stop_on_error=False
        )["content"]
        error = None
        if reply["status"] != "ok":
            error = f"{reply.get('ename')}: {reply.get('evalue')}"
        return "".join(printed), error

    def claims(self, request: list) -> list[dict]:
        """Evaluate [claim, its mutants] pairs; return a verdict for each."""
        text = json.dumps(request)
        printed, error = self.run(
            f"__import__('_claims').run(get_ipython().user_ns, {text!r})", hidden=True
        )
        if error:
            raise RuntimeError(error)
        return json.loads(printed.split("\x1eclaims", 1)[1])


def notebook_problems(
    path: Path, *, kernel: bool = True, prove: bool = True, first: str | None = None
) -> list[Problem]:
    """Return every problem of a notebook's prose.

    `kernel` runs it and evaluates the claims; `prove` moves their literals too; `first` is code
    that the kernel runs before the first cell.
    """
    notebook, file = read_any(path), label(path)
    problems: list[Problem] = []
    runner = Kernel(Path(path).resolve().parent, first) if kernel else None
    try:
        for place, cell in enumerate(notebook.cells, 1):
            if cell.cell_type == "code" and (typed := typed_numbers(cell.source)):
                shown, head = ", ".join(typed), cell.source.strip().splitlines()[0]
                message = f"{shown} stands typed in a caption: compute it, in an f-string"
                problems.append(Problem(file, place, head, message))
            if cell.cell_type == "code" and runner:
                _, error = runner.run(cell.source)
                if error:
                    head = (cell.source.strip().splitlines() or [""])[0]
                    problems.append(Problem(file, place, head, f"this cell raises {error}"))
            elif cell.cell_type == "markdown":
                problems += static_problems(cell.source, file, place)
                if runner:
                    problems += _proved(cell.source, file, place, runner, prove)
    finally:
        if runner:
            runner.__exit__()
    return problems


def _proved(source: str, file: str, place: int, runner: Kernel, prove: bool) -> list[Problem]:
    request, moves, homes = [], [], []
    for block in blocks_of(source)[0]:
        for claim in block.claims:
            try:
                changed = mutants(claim) if prove else []
                shown_strings(ast.parse(claim, mode="eval"))
            except (SyntaxError, ValueError):
                continue  # the static check has said so
            request.append([claim, [text for _, text in changed]])
            moves.append([move for move, _ in changed])
            homes.append(block)
    if not request:
        return []
    problems = []
    for (claim, _), block, move, answer in zip(
        request, homes, moves, runner.claims(request), strict=True
    ):

        def say(message, block=block):
            problems.append(Problem(file, place, block.words, message))

        verdict, detail = answer["claim"]
        detail = f"\n    {detail}" if detail else ""
        if verdict == "false":
            say(f"this claim is false: {claim}{detail}")
        elif verdict == "raises":
            say(f"this claim raises: {claim}{detail}")
        elif verdict == "not bool":
            say(f"this claim is neither True nor False: {claim}{detail}")
        if not answer["own"]:
            say(f"this claim uses no name that the notebook made: {claim}")
        if verdict == "true":
            alive = [
                m for m, v in zip(move, answer["mutants"], strict=True) if v in ("true", "not bool")
            ]
            if alive:
                say(
                    f"this claim does not prove its number: {claim}\n    it still holds with "
                    + "; and with ".join(alive)
                )
    return problems


def is_draft(path: Path) -> bool:
    """Return whether a Markdown file is a notebook written as text."""
    return path.suffix == ".md" and "{code-cell}" in path.read_text(encoding="utf-8")


def read_any(path: Path):
    """Read a notebook, or the draft of one as MyST Markdown."""
    if path.suffix == ".md":
        import jupytext

        return jupytext.read(path, fmt="md:myst")
    return read(path)


def pages() -> list[Path]:
    """Return the pages of the book that are no notebooks."""
    from tools.notebooks import ROOT

    readme = ROOT / "README.md"
    return [readme] * readme.exists() + sorted((ROOT / "back").glob("*.md"))


def main(arguments: list[str] | None = None) -> int:
    """Print every problem of the named notebooks or pages."""
    options = argparse.ArgumentParser(description="Is each number in the prose proved?")
    options.add_argument("names", nargs="*", help='such as "04", or a path; all notebooks if none')
    options.add_argument("--static", action="store_true", help="run no kernel: the matching alone")
    options.add_argument("--numbers", action="store_true", help="show how each number is read")
    chosen = options.parse_args(arguments)
    count = 0
    texts = [Path(name) for name in chosen.names if name.endswith(".md")]
    names = [name for name in chosen.names if not name.endswith(".md")]
    drafts = [path for path in texts if is_draft(path)]
    for path in texts:
        if path in drafts:
            continue
        for problem in page_problems(path):
            count += 1
            print(f"\n{problem}")
    for path in drafts + (find(names) if names or not texts else []):
        if chosen.numbers:
            _show_numbers(path)
            continue
        found = notebook_problems(path, kernel=not chosen.static)
        count += len(found)
        for problem in found:
            print(f"\n{problem}")
        print(f"\n{label(path)}: {len(found) or 'no'} problem{'s' * (len(found) != 1)}")
    return 1 if count else 0


def _show_numbers(path: Path) -> None:
    for place, cell in enumerate(read_any(path).cells, 1):
        if cell.cell_type == "markdown":
            for block in blocks_of(cell.source)[0]:
                for number in block.numbers:
                    print(
                        f"cell {place}: {number.text:12} {number.plain or 'needs a claim':40} {block.words}"
                    )


if __name__ == "__main__":
    sys.exit(main())
