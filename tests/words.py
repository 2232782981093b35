"""Is each word defined where it first stands, and has each symbol one sense? The checkers.

Words. The glossary's terms are looked for, in reading order, in all that a reader reads: titles,
headings, paragraphs, lists, tables, shut answers and captions; not in code, formulas, addresses or
the numbers and letters inside figures. The rule, for the chapters:

- the first paragraph that uses a term links to it, with the `term` role;
- a title and the box of outcomes may announce a word that their own chapter defines, a heading or a
  caption one that its own section defines.

The front page looks ahead: there a term that is used is linked somewhere on the page. Some terms are
common words, too. What is meant by the common word is listed in `ORDINARY`, as the phrase that it
stands in, and each such phrase has to be needed.

Symbols. They are looked for in formulas, in short code such as `W_q`, and in the text (x₁, √d_k, and
letters that stand alone). The notation has a table of them, each with one meaning and the chapters
where it stands. The rule:

- a symbol has one line; a line with two meanings says in which chapters each holds;
- a symbol stands in the chapters that its line names, and in no others: who uses it in a new one has
  to look the meaning up;
- the first chapter of a meaning says it: a word of it stands beside the symbol.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import yaml

from tests.claims import DIRECTIVE, _options, parser
from tools.notebooks import ROOT, read

GLOSSARY = ROOT / "back" / "glossary.md"
NOTATION = ROOT / "back" / "notation.md"
HELD = "\N{OBJECT REPLACEMENT CHARACTER}"  # in place of code, a formula, a citation


# --- what a reader reads -----------------------------------------------------------------------


@dataclass
class Passage:
    """A paragraph, list item, table, heading, title or caption, and what stands in it."""

    page: str  # index, 01, 02, …
    cell: int
    section: int
    kind: str  # title, heading, outcomes, caption or text
    text: str = ""
    links: set[str] = field(default_factory=set)
    marked: list[str] = field(default_factory=list)  # words in italics or bold
    formulas: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        words = self.text if len(self.text) <= 70 else self.text[:67].rstrip() + "…"
        return f"{self.page}, cell {self.cell}, {self.kind}: “{words}”"


def reading_order(root: Path = ROOT) -> list[Path]:
    """Return the notebooks as _toc.yml has them, front page first."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    names = [contents["root"]]
    names += [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    paths = [root / f"{name}.ipynb" for name in names]
    return [path for path in paths if path.exists()]


@functools.cache
def passages(root: Path = ROOT) -> list[Passage]:
    """Return all that a reader of the book reads, in order."""
    return [each for path in reading_order(root) for each in passages_of(path)]


def passages_of(path: Path) -> list[Passage]:
    """Return all that a reader of a notebook reads, in order."""
    page = path.stem.split("-")[0]
    found: list[Passage] = []
    for number, cell in enumerate(read(path).cells):
        if cell.cell_type == "markdown":
            found += in_markdown(cell.source, page, number, found[-1].section if found else 0)
        else:
            html = "".join(
                text
                for output in cell.get("outputs", [])
                for text in output.get("data", {}).get("text/html", "")
            )
            section = found[-1].section if found else 0
            found += [
                Passage(page, number, section, "caption", _bare(caption))
                for caption in re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", html, re.DOTALL)
            ]
    return found


def _bare(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def in_markdown(source: str, page: str, cell: int, section: int = 0) -> list[Passage]:
    """Return the passages of a piece of Markdown."""
    found: list[Passage] = []
    _walk(source, page, cell, "text", found, section)
    return found


def _walk(source, page, cell, kind, found, section) -> int:
    table: Passage | None = None
    heading = ""
    for token in parser().parse(source):
        if token.type == "heading_open":
            section += 1
            heading = "title" if token.tag == "h1" else "heading"
        elif token.type == "heading_close":
            heading = ""
        elif token.type == "table_open":
            table = Passage(page, cell, section, kind)
        elif token.type == "table_close":
            found.append(table)
            table = None
        elif token.type == "inline":
            passage = table or Passage(page, cell, section, heading or kind)
            _inline(token.children or [], passage)
            if table is None:
                found.append(passage)
        elif token.type in {"math_block", "math_block_label", "amsmath"}:
            passage = Passage(page, cell, section, kind)
            passage.formulas.append(token.content)
            found.append(passage)
        elif token.type in {"fence", "colon_fence"}:
            section = _directive(token, page, cell, kind, found, section)
    return section


def _directive(token, page, cell, kind, found, section) -> int:
    match = DIRECTIVE.match((token.info or "").strip())
    options, body = _options(token.content)
    if match and match[2]:
        title = Passage(page, cell, section, kind)
        _inline(parser().parseInline(match[2])[0].children, title)
        found.append(title)
    if options.get("class") == "outcomes":
        kind = "outcomes"
    return _walk(body, page, cell, kind, found, section)


def _inline(children, passage: Passage) -> None:
    text: list[str] = []
    started: list[int] = []
    link = False
    for child in children:
        if child.type == "text":
            text.append("" if link else child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            text.append(" ")
        elif child.type == "code_inline":
            passage.code.append(child.content)
            text.append(HELD)
        elif child.type in {"math_inline", "math_inline_double"}:
            passage.formulas.append(child.content)
            text.append(HELD)
        elif child.type == "myst_role" and child.meta["name"] == "term":
            label, target = re.fullmatch(r"(.*?)(?:\s*<([^<>]*)>)?", child.content).groups()
            passage.links.add((target or label).lower())
            text.append(label)
        elif child.type == "myst_role":
            text.append(HELD)
        elif child.type in {"em_open", "strong_open"}:
            started.append(len(text))
        elif child.type in {"em_close", "strong_close"}:
            passage.marked.append("".join(text[started.pop() :]))
        elif child.type == "link_open":
            link = child.info == "auto" or child.markup in {"autolink", "linkify"}
        elif child.type == "link_close":
            link = False
    passage.text += " ".join(f" {''.join(text)} ".split(" ")) if text else ""


# --- the terms and their forms -----------------------------------------------------------------


# Other words for a term, beyond its plural.
ALSO = {
    "attention": ["attend", "attends", "attended", "attending"],
    "broadcasting": ["broadcast", "broadcasts"],
    "causal mask": ["causal"],
    "dilation": ["dilated"],
    "feed-forward network": ["feed-forward", "feed forward"],
    "gate": ["gated"],
    "leak": ["leaked", "leaking"],
    "mask": ["masked", "masking"],
    "permutation equivariance": ["equivariance", "equivariant"],
    "recurrence": ["recurrent"],
    "residual connection": ["residual", "residuals"],
    "saturation": ["saturate", "saturates", "saturated", "saturating"],
    "score": ["scored", "scoring"],
    "softmax": ["softmaxes"],
    "standard deviation": ["deviation", "deviations"],
    "transpose": ["transposed"],
    "weight": ["weighted", "weighting"],
}
IRREGULAR = {"matrix": "matrices", "query": "queries", "vocabulary": "vocabularies"}
# Sizes are symbols; the notation has them.
SIZES = {"n", "d_k", "d_v", "d_model"}


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its names, of which the first is its own, and what it says."""

    names: tuple[str, ...]
    definition: str

    @property
    def name(self) -> str:
        return self.names[0]


def glossary(text: str | None = None) -> list[Term]:
    """Return the entries of the glossary."""
    text = GLOSSARY.read_text(encoding="utf-8") if text is None else text
    body = re.search(r"```\{glossary\}\n(?::[^\n]*\n)*(.*?)\n```", text, re.DOTALL)[1]
    found, names, lines = [], [], []
    for line in [*body.split("\n"), "end"]:
        if line.startswith(" "):
            lines.append(line.strip())
        elif line:
            if lines:
                found.append(Term(tuple(names), " ".join(lines)))
                names, lines = [], []
            names.append(line)
    return found


def forms(name: str) -> set[str]:
    """Return a name and its plural; of several words, the plural of the last."""
    if name in IRREGULAR:
        return {name, IRREGULAR[name]}
    if name.endswith("x") or name.startswith("["):
        return {name}
    return {name, name + ("es" if name.endswith("s") else "s")}


def flat(words: str) -> str:
    """Return words as they are compared: small letters, with spaces for hyphens."""
    return re.sub(r"[\s-]+", " ", words.lower())


@dataclass(frozen=True)
class Finder:
    """Finds the terms in a text, the longest form first."""

    pattern: re.Pattern
    owner: dict[str, str]

    def __call__(self, text: str) -> list[str]:
        return [self.owner[flat(match.group())] for match in self.pattern.finditer(text)]


def finder(terms: Iterable[Term]) -> Finder:
    """Return what finds all forms of the terms."""
    owner: dict[str, str] = {}
    for term in terms:
        for name in set(term.names) - SIZES:
            owner |= {flat(form): term.name for form in forms(name)}
        owner |= {flat(form): term.name for form in ALSO.get(term.name, [])}
    longest = sorted(owner, key=len, reverse=True)
    spelled = "|".join(re.escape(form).replace("\\ ", r"[\s-]+") for form in longest)
    return Finder(re.compile(rf"(?<!\w)(?:{spelled})(?!\w)", re.IGNORECASE), owner)


# --- the rule ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ordinary:
    """A phrase in which a term is a common word, or somebody's name, and why that is so.

    Such phrases are passed over up to the place where the term is defined, on the pages that are
    named, and nowhere else.
    """

    term: str
    phrase: str
    pages: str
    reason: str


ORDINARY = (
    Ordinary("head", "in your head", "01 02", "one's own head"),
    Ordinary("weight", "initialise weights", "02", "the step's name, as the article has it"),
    Ordinary("view", "in view", "03 05 12 22", "in sight"),
    Ordinary("plane", "query of the plane", "03", "an exercise, whose text names the example"),
    Ordinary("score", "4 of 8, score", "04", "the step's name"),
    *(
        Ordinary("score", phrase, "04", "the verb: how a key fares with a query, scaled or not")
        for phrase in (
            "score higher",
            "score alike",
            "scores alike",
            "scores high",
            "scores key",
            "score key",
        )
    ),
    Ordinary("Transformer", "the transformers library", "11", "the name of a library"),
    Ordinary("Transformer", "transformers: ", "11", "the name of a library"),
    Ordinary("GPT", "that of GPT-J", "14", "the name of a model, as an example"),
)


def without_ordinary(passage: Passage, ordinary: Iterable[Ordinary]) -> dict[str, str]:
    """Return, for each term with a phrase here, the text without the phrases."""
    texts: dict[str, str] = {}
    for each in ordinary:
        if passage.page in each.pages.split():
            text = texts.get(each.term, passage.text)
            texts[each.term] = re.sub(re.escape(each.phrase), "", text, flags=re.IGNORECASE)
    return texts


def uses(
    book: list[Passage], terms: list[Term], ordinary: Iterable[Ordinary]
) -> dict[str, list[int]]:
    """Return the places of each term: which of the passages use it."""
    find = finder(terms)
    found: dict[str, list[int]] = defaultdict(list)
    for place, passage in enumerate(book):
        instead = without_ordinary(passage, ordinary)
        for name in dict.fromkeys(find(passage.text)):
            if name not in instead or name in find(instead[name]):
                found[name].append(place)
    return found


def definitions(book: list[Passage], terms: list[Term]) -> dict[str, int]:
    """Return, for each term, the first passage that links to it."""
    names = {flat(name): term.name for term in terms for name in term.names}
    found: dict[str, int] = {}
    for place, passage in enumerate(book):
        for link in passage.links:
            if flat(link) in names:
                found.setdefault(names[flat(link)], place)
    return found


def announces(early: Passage, late: Passage) -> bool:
    """Whether a passage may name a word that a later one defines."""
    if early.kind in {"title", "outcomes"}:
        return early.page == late.page
    return early.kind in {"heading", "caption"} and early.section == late.section


def early_uses(
    book: list[Passage], terms: list[Term], ordinary: Iterable[Ordinary] = ORDINARY
) -> list[str]:
    """Return what is wrong: each term that the chapters use before they define it."""
    book = [passage for passage in book if passage.page != "index"]
    defined = definitions(book, terms)
    problems = []
    for name, places in uses(book, terms, ordinary).items():
        if name not in defined:
            problems.append(f"“{name}” is used and never linked: {book[places[0]]}")
            continue
        late = book[defined[name]]
        early = [
            book[place]
            for place in places
            if place < defined[name] and not announces(book[place], late)
        ]
        problems += [f"“{name}” is used before {late.page}, cell {late.cell}: {p}" for p in early]
    return problems


def needless(
    book: list[Passage], terms: list[Term], ordinary: Iterable[Ordinary] = ORDINARY
) -> list[str]:
    """Return the phrases, each with its page, without which nothing would be wrong."""
    book = [passage for passage in book if passage.page != "index"]
    defined, find = definitions(book, terms), finder(terms)
    found = []
    for each in ordinary:
        others = [one for one in ordinary if one is not each]
        for page in each.pages.split():
            early = [
                passage
                for passage in book[: defined.get(each.term)]
                if passage.page == page and each.phrase.lower() in passage.text.lower()
            ]
            texts = [
                without_ordinary(passage, others).get(each.term, passage.text)
                for passage in early
                if not announces(passage, book[defined[each.term]])
            ]
            if not any(each.term in find(text) for text in texts):
                found.append(f"“{each.phrase}” on {page}")
    return found


def front_page_uses(
    book: list[Passage], terms: list[Term], ordinary: Iterable[Ordinary] = ORDINARY
) -> list[str]:
    """Return what is wrong: each term that the front page uses and does not link."""
    book = [passage for passage in book if passage.page == "index"]
    linked = definitions(book, terms)
    return [
        f"“{name}” has no link on the front page: {book[places[0]]}"
        for name, places in uses(book, terms, ordinary).items()
        if name not in linked
    ]


# --- the symbols -------------------------------------------------------------------------------

GREEK = "alpha beta gamma delta epsilon varepsilon theta lambda mu sigma tau phi varphi omega"
FUNCTIONS = "tanh ln log exp sin cos Pr max min"
SIGNS = "circ top partial infty cdot"
KNOWN = {f"\\{name}" for name in f"{GREEK} {FUNCTIONS} {SIGNS}".split()}
# How a formula is laid out, and signs of arithmetic: they mean what they mean at school.
LAYOUT = (
    "left right bigl bigr big Big sqrt frac tfrac dfrac underbrace overbrace quad qquad sum div "
    "times approx le leq ge geq lt gt ne to leftarrow rightarrow dots ldots cdots pm"
)
# Letters below W and d that are no counters: W_q is a name, W_c is one of several W.
LABELS = {"W": "qkvo", "d": "kv"}
INDEX = str.maketrans("ᵢⱼ", "ij")

ATOM = re.compile(r"\\[A-Za-z]+|[A-Za-z]")
WORDS = re.compile(r"\\(?:text|mathrm|textrm)\s*\{([^{}]*)\}")


def symbols_of(formula: str) -> set[str]:
    r"""Return the symbols of a formula in TeX, as `x`, `d_k`, `\omega`, `softmax`.

    Letters below a symbol that count something are symbols of their own: x_i is x and i. Words
    below it make another symbol: d_\text{model}. Words elsewhere are words.
    """
    text = re.sub(r"\\textcolor\s*\{[^{}]*\}", "", formula)
    text = re.sub(r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[^{}]*\})?|\\[,;:!> \\]|&", " ", text)
    found = set(re.findall(r"\\operatorname\s*\{([^{}]*)\}", text))
    text = re.sub(r"\\operatorname\s*\{[^{}]*\}", " ", text)
    text = re.sub(r"_\s*(?:\{\s*)?\\(?:text|mathrm)\s*\{([^{}]*)\}(?:\s*\})?", r"_<\1>", text)
    text = WORDS.sub(" ", text)
    place = 0
    while match := ATOM.search(text, place):
        name, place = match.group(), match.end()
        while text[place : place + 1] == "'":
            name, place = name + "'", place + 1
        letters = LABELS.get(name, "")
        if label := re.match(rf"_(?:<([^<>]*)>|\{{?([{letters} ])\}}?(?![A-Za-z]))", text[place:]):
            name, place = f"{name}_{label[1] or label[2]}", place + label.end()
        if name[1:] in LAYOUT.split():
            continue
        if name.startswith("\\") and name not in KNOWN and name.split("_")[0] not in KNOWN:
            raise ValueError(f"{name} is not known to tests/words.py: in {formula}")
        found.add(name)
    return found


def symbols_in(passage: Passage) -> set[str]:
    """Return the symbols of a passage: of its formulas, short code, and letters in the text."""
    found = {name for formula in passage.formulas for name in symbols_of(formula)}
    for code in passage.code:
        if re.fullmatch(r"[A-Za-z]|W_[qkvo]|d_(?:k|v|model)", code):
            found |= symbols_of(re.sub(r"_model", r"_\\text{model}", code))
    # In the text: x₁, Kᵀ, √d_k, and letters that stand alone.
    text = re.sub(r"\bd_model\b", "d_<model>", passage.text)
    for match in re.finditer(
        r"(?<![\w'’./#&-])(d_<model>|W_[qkvo]|d_[kv]|[A-Za-z][₀-₉ᵢⱼ]+|[A-Z]ᵀ|[B-HJ-Zb-hj-z])"
        r"(?![\w'’.-]*[A-Za-z0-9_])",
        text,
    ):
        plain = re.sub(r"[₀-₉]", "", match[1]).translate(INDEX).replace("ᵀ", r"\top")
        plain = plain.replace("<model>", r"\text{model}")
        found |= symbols_of(re.sub(r"([A-Za-z])([ij])$", r"\1_{\2}", plain))
    return found


@dataclass(frozen=True)
class Symbol:
    """A line of the notation: a symbol, its meaning, and the chapters where it stands.

    A place is a set of chapters, or None for throughout. Two meanings, and then two places, stand on
    one line, apart by a semicolon.
    """

    name: str
    senses: tuple[str, ...]
    places: tuple[frozenset[str] | None, ...]


def registry(text: str | None = None) -> list[Symbol]:
    """Return the lines of the tables of symbols in the notation."""
    text = NOTATION.read_text(encoding="utf-8") if text is None else text
    found = []
    for table in re.findall(r":::\{table\}\n:class: steady symbols\n(.*?)\n:::", text, re.DOTALL):
        for line in table.strip().split("\n")[2:]:
            formula, senses, places = (cell.strip() for cell in line.strip("|").split(" | "))
            (name,) = symbols_of(formula.strip("$"))
            found.append(
                Symbol(
                    name,
                    tuple(senses.split("; ")),
                    tuple(chapters_of(place) for place in places.split("; ")),
                )
            )
    return found


def chapters_of(place: str) -> frozenset[str] | None:
    """Return the chapters that a place names: “chapters 4, 10 and 11”, or None for throughout."""
    if place == "throughout":
        return None
    if not re.fullmatch(r"chapters? \d+(?:(?:, | and )\d+)*", place):
        raise ValueError(f"“{place}” must be throughout, or chapters such as “chapters 4 and 10”")
    return frozenset(number.zfill(2) for number in re.findall(r"\d+", place))


def met(book: list[Passage], names: set[str]) -> dict[str, dict[str, int]]:
    """Return, for each symbol, the chapters it stands in, each with the first passage.

    A word below a symbol says which one: Z_head is a Z, unless the notation has it as its own.
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for place, passage in enumerate(book):
        for symbol in symbols_in(passage) if passage.page != "index" else ():
            bare = re.sub(r"_.*|'$", "", symbol)
            name = symbol if symbol in names or bare not in names else bare
            found[name].setdefault(passage.page, place)
    return found


# Words that say nothing of what a symbol means.
EMPTY = (
    "that this with where which each from them may the for and one not other below number counter "
    "letter second beside tiny half any"
)


def said(sense: str, book: list[Passage], place: int) -> bool:
    """Whether a passage, or one right beside it, has a word of the meaning."""
    near = " ".join(
        passage.text
        for passage in book[max(0, place - 3) : place + 4]
        if passage.page == book[place].page
    ).lower()
    words = set(re.findall(r"[a-z]{3,}", sense.lower())) - set(EMPTY.split())
    return any(re.search(rf"\b{word[:4]}", near) for word in words)


def symbol_problems(book: list[Passage], rows: list[Symbol]) -> list[str]:
    """Return what is wrong between the symbols of the chapters and the notation."""
    lines: dict[str, Symbol] = {}
    problems = []
    for row in rows:
        if row.name in lines:
            problems.append(f"{row.name} has two lines: one symbol has one meaning")
        if len(row.senses) != len(row.places):
            problems.append(
                f"{row.name} has {len(row.senses)} meanings in {len(row.places)} places"
            )
            continue
        lines[row.name] = row
        named = [chapter for place in row.places for chapter in place or ()]
        for chapter in sorted({each for each in named if named.count(each) > 1}):
            problems.append(f"{row.name} has two meanings in chapter {chapter}")
    found = met(book, set(lines))
    for name, pages in sorted(found.items()):
        if name not in lines:
            problems.append(f"{name} is not in the notation: {book[min(pages.values())]}")
            continue
        problems += _wrong_here(lines[name], pages, book)
    for name, row in lines.items():
        known = {chapter for place in row.places for chapter in place or ()}
        stale = sorted(known - set(found.get(name, ())))
        if stale:
            problems.append(f"{name} does not stand in chapter {', '.join(stale)}")
        if None in row.places and len(found.get(name, ())) < 3:
            problems.append(f"{name} does not stand throughout the book")
    return problems


def _wrong_here(row: Symbol, pages: dict[str, int], book: list[Passage]) -> list[str]:
    if None in row.places:
        return []
    problems = []
    for page in sorted(set(pages) - frozenset().union(*row.places)):
        problems.append(
            f"{row.name} means “{'; '.join(row.senses)}”. Does it in chapter {page}? Then name the "
            f"chapter in the notation; if not, take another letter: {book[pages[page]]}"
        )
    for sense, chapters in zip(row.senses, row.places, strict=True):
        first = min((page for page in pages if page in chapters), default=None)
        if first and not said(sense, book, pages[first]):
            problems.append(
                f"chapter {first} does not say that {row.name} is “{sense}”: {book[pages[first]]}"
            )
    return problems
