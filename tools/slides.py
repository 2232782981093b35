"""Slides for each part of the book, made from its built pages: a folder that opens offline, and PDF.

Nothing is drawn or written for the slides. A chapter gives its title and its outcomes, its figures
and players with their captions, its predictions (the answer is a step of its own), its formulas,
and what can be said at the end; the text around them are the notes. `slides.yml` says what is left
out, and which lines of code are shown.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, Comment, Tag

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "_ext")]

import policy

from tools import built, offline, paper, press

WORK = ROOT / "_build" / "slides"
PUBLISHED = built.DOWNLOADS / "slides"
ZIP = built.DOWNLOADS / f"{built.NAME}-slides.zip"
CHOICES = Path(__file__).with_suffix(".yml")
#: Files beside this one that every deck has, and those that it takes from the site.
OWN = (Path(__file__).with_suffix(".css"), Path(__file__).with_suffix(".js"))
SITE_SHEETS = ("katex.css", "site.css")
ELEMENTS = "attention.js"
CREDIT = "Illustrated self-attention, CC BY 4.0"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
#: Points of a page of the PDF: 1280 by 720 pixels.
PAGE = (960, 540)

PLAYERS = re.compile(r"attention-[a-z]+")
SENTENCE = re.compile(r"(.+?[.?])\s+(?=[A-Z“])(.*)", re.DOTALL)
#: What only the picture inside a player says.
STILL = re.compile(r"\s*This is the last of \d+ pictures\.")
#: A first sentence with fewer letters names an example and makes no point; one with more is cut at
#: its colon, where it has one.
POINT, LONG = 16, 85
#: A sentence or two beside a formula or code; longer ones are for the notes.
SHORT = 240
#: Of width to height: a flatter picture has its words above and below, others beside.
FLAT = 1.7
#: Attributes that let an element leave the slide: its state in the address, sentences by link.
LEAVING = ("data-link", "data-more")


class StaleChoice(ValueError):
    """`slides.yml` names something that is not in the book."""


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    kind
        Its class: `part`, `chapter`, `figure`, `plays`, `predict`, `formula`, `code` or `closing`.
    name
        What it is of, and its address after `#`: `fig-04-2`, `04`, `04-predict-1`.
    title, kicker
        Its headline, and the small line above; HTML.
    body
        What is large.
    caption
        What stands below or beside; HTML.
    later
        What comes with the next step; HTML.
    flat
        Whether the words stand above and below the picture, not beside.
    notes
        What the chapter says about it; HTML.
    """

    kind: str
    name: str
    title: str
    body: str = ""
    kicker: str = ""
    caption: str = ""
    later: str = ""
    flat: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass
class Deck:
    """The slides of a part, by chapter: each chapter's page, number, title and slides."""

    number: int
    caption: str
    chapters: list[tuple[str, str, str, list[Slide]]]

    @property
    def stem(self) -> str:
        return f"part-{self.number}"

    @property
    def part(self) -> str:
        return f"Part {NUMERALS[self.number - 1]}"

    @property
    def title(self) -> str:
        return f"{self.part}: {self.caption}"


@dataclass(frozen=True)
class Choices:
    """What `slides.yml` says: figures to leave out, and code to show, by page."""

    leave: frozenset[str] = frozenset()
    code: dict[str, tuple[str, ...]] = field(default_factory=dict)


def choices(path: Path = CHOICES) -> Choices:
    """Read the choices."""
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    unknown = set(said) - {"leave", "code"}
    if unknown:
        raise ValueError(f"{path.name} may say leave and code, not {', '.join(sorted(unknown))}")
    code = {page: tuple(texts) for page, texts in (said.get("code") or {}).items()}
    return Choices(frozenset(said.get("leave") or ()), code)


# --- from a page to its slides ------------------------------------------------------------------


def inner(element: Tag) -> str:
    return element.decode_contents().strip()


def visible(html: str) -> str:
    """The words as a reader sees them: of a formula its letters, once."""
    soup = BeautifulSoup(html, "html.parser")
    for gone in soup.select(".katex-mathml"):
        gone.decompose()
    return " ".join(soup.get_text().split())


def article_of(page: Path, name: str) -> Tag:
    """A page's article, with ids of its own, and without what makes sense on the site only."""
    article = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").article
    if article is None:
        raise ValueError(f"{page.name} has no article")
    for gone in article.select(
        ".headerlink, .page-tools, .figure-plays, .figure-file, .attention-unrun, script"
    ):
        gone.decompose()
    for comment in article.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for element in article.find_all(PLAYERS):
        for key in LEAVING:
            element.attrs.pop(key, None)
        for gone in element.find_all("template", recursive=False):
            gone.decompose()
    for link in article.select("a[href]"):
        link.unwrap()
    # Figures keep their names: no two pages of the book have the same.
    named = [(element, element["id"]) for element in article.select("[id^=fig-]")]
    paper.own_ids(article, name)
    for element, identifier in named:
        element["id"] = identifier
    # Nothing leads to a place in the text, and a sentence may stand on a slide and in its notes.
    for element in article.find_all(id=True):
        if (
            not element["id"].startswith("fig-")
            and element.name not in ("section", "svg")
            and not element.find_parent("svg")
        ):
            del element["id"]
    return article


def pointed(caption: str) -> tuple[str, str]:
    """A caption's first sentence, which is its point, and the rest; no point, where it is a name."""
    found = SENTENCE.fullmatch(caption)
    first, rest = found.groups() if found else (caption, "")
    if len(first) > LONG and first.find(": ") >= POINT:
        first, _, detail = first.partition(": ")
        rest = f"{detail[0].upper()}{detail[1:]} {rest}".rstrip()
    return (first.rstrip("."), rest) if len(first) >= POINT else ("", caption)


def aspect(drawing: Tag) -> float:
    _, _, width, height = map(float, drawing["viewbox"].split())
    return width / height


def figure(element: Tag, heading: str) -> Slide:
    """A figure or a player, its caption's point as the headline."""
    plays = element.name != "figure"
    holder = element.find("figure") if plays else element
    words = holder.find("figcaption").extract().get_text(" ", strip=True)
    point, rest = pointed(STILL.sub("", words))
    return Slide(
        kind="plays" if plays else "figure",
        name=element["id"],
        title=escape(point, quote=False) or heading,
        kicker=heading if point else "",
        body=str(element),
        caption=escape(rest, quote=False),
        flat=aspect(holder.find("svg")) > FLAT,
    )


def asked(question: Tag) -> str:
    """A prediction's question, without the word before it."""
    copy = BeautifulSoup(str(question), "html.parser").p
    copy.find("strong").decompose()
    return inner(copy)


def predicts(element: Tag) -> bool:
    """Whether a paragraph asks for a prediction."""
    first = element.find("strong") if element.name == "p" else None
    return first is not None and first.get_text() == "Predict."


def prediction(question: Tag, details: Tag, heading: str, name: str) -> Slide:
    """A question, and its answer one step later."""
    return Slide(
        "predict",
        name,
        heading,
        body=f"{led(beside(question.find_previous_sibling()))}<p>{asked(question)}</p>",
        kicker="Predict" if heading != "Predict" else "",
        later=answer(details),
    )


def answer(details: Tag) -> str:
    """What a dropdown hides, with its label."""
    label = details.select_one(".sd-summary-text").get_text(strip=True)
    if label == "Name the bug":
        label = "The bug"
    return f'<p class="label">{escape(label)}</p>{inner(details.select_one(".sd-summary-content"))}'


def beside(element: Tag | None) -> str:
    """A short paragraph, for a slide; nothing of a long one, or of anything else."""
    if element is None or element.name != "p" or predicts(element):
        return ""
    return inner(element) if len(visible(inner(element))) <= SHORT else ""


def after(element: Tag | None) -> str:
    """What is said after a formula or code, without a last sentence that leads on to more."""
    said = beside(element)
    if not said.endswith(":"):
        return said
    last = said.rfind(". ")
    # A sentence that begins before something is marked in it cannot be cut off as text.
    return said[: last + 1] if last > 0 and "<" not in said[last:] else ""


def formula(element: Tag, heading: str, name: str) -> Slide:
    """A formula, between the sentence that leads to it and the one that speaks it."""
    lead = element.find_previous_sibling()
    opening = beside(lead) if lead is not None and lead.get_text().rstrip().endswith(":") else ""
    return Slide(
        kind="formula",
        name=name,
        title=heading,
        body=f"{led(opening)}{element}{led(after(element.find_next_sibling()))}",
    )


def led(words: str) -> str:
    """Words between which something stands."""
    return f'<p class="lead">{words}</p>' if words else ""


def code(block: Tag, heading: str, name: str) -> Slide:
    """Lines of code with what they print, or a function's own source."""
    cell = block.find_parent(class_="cell")
    blocks = [block]
    if block.find_parent(class_="cell_input"):
        blocks += cell.select(".cell_output .output.stream")
    lines = "".join(str(each) for each in blocks)
    before = beside(cell.find_previous_sibling())
    # What is printed says it, and a figure of the same cell has a slide of its own.
    ends = len(blocks) > 1 or cell.select("[id^=fig-]")
    said = "" if ends else after(cell.find_next_sibling())
    return Slide(kind="code", name=name, title=heading, body=f"{led(before)}{lines}{led(said)}")


def wanted(article: Tag, texts: tuple[str, ...], name: str) -> dict[int, str]:
    """The blocks of code that hold the chosen texts, by identity; each text is in one at least."""
    found = {}
    for text in texts:
        blocks = [
            block
            for block in article.select("div.cell .highlight-python")
            if text in block.get_text() and not block.find_parent(id=re.compile(r"\.exercises$"))
        ]
        if not blocks:
            raise StaleChoice(f"{CHOICES.name}: no code of {name} has {text!r}")
        found[id(blocks[0])] = text
    return found


def slides_of(article: Tag, name: str, chosen: Choices) -> list[Slide]:
    """A chapter's slides, in the order of its page."""
    number = name.split("/")[-1][:2]
    shown = wanted(article, chosen.code.get(name, ()), name)
    slides = [opening_of(article, number)]
    headings = {"h2": "", "h3": ""}
    pending: list[str] = []  # what is said before anything is there to be said about
    count = dict.fromkeys(("predict", "formula", "code"), 0)

    def add(slide: Slide) -> None:
        slide.notes[:0] = pending
        pending.clear()
        slides.append(slide)

    def named(kind: str) -> str:
        count[kind] += 1
        return f"{number}-{kind}-{count[kind]}"

    fresh = True  # whether the section has no slide yet
    for element in article.find_all(True):
        if element.name in ("h2", "h3"):
            if element.get_text(strip=True) in ("Exercises", "What you can now say"):
                break
            if element.name == "h2":
                headings["h3"] = ""
            headings[element.name] = inner(element)
            pending.clear()
            fresh = True
            continue
        if element.parent is None:  # a caption that went to its slide
            continue
        heading = headings["h3"] or headings["h2"]
        before = len(slides)
        identifier = element.get("id", "")
        if identifier.startswith("fig-"):
            if identifier not in chosen.leave:
                add(figure(element, heading))
        elif element.name == "details" and "sd-dropdown" in element.get("class", []):
            question = element.find_previous_sibling()
            if question is not None and predicts(question):
                add(prediction(question, element, heading, named("predict")))
            elif slides[-1].kind == "figure" and not slides[-1].later and not fresh:
                # A question about the picture above: the title is what it is called.
                last = slides[-1]
                last.title, last.kicker = heading, headings["h2"]
                last.caption = beside(question)
                last.later = answer(element)
                last.notes.clear()
        elif "math-display" in element.get("class", []) and element.parent.name == "section":
            add(formula(element, heading, named("formula")))
        elif id(element) in shown:
            add(code(element, heading, named("code")))
        elif element.parent.name == "section" and element.name in ("p", "ul", "ol"):
            if predicts(element):
                continue
            (pending if fresh else slides[-1].notes).append(str(element))
        if len(slides) > before:
            fresh = False
    slides.append(closing_of(article, number))
    return slides


def opening_of(article: Tag, number: str) -> Slide:
    """A chapter's title, and what the reader will be able to do."""
    box = article.select_one(".admonition.outcomes")
    notes = []
    for element in article.find("h1").find_next_siblings():
        if element is box:
            break
        notes.append(str(element))
    title = BeautifulSoup(str(article.find("h1")), "html.parser").h1
    title.select_one(".section-number").decompose()
    return Slide(
        "chapter",
        number,
        inner(title),
        kicker=f"Chapter {int(number)}",
        body=f'<p class="label">You will</p>{box.find("ul")}',
        notes=notes,
    )


def closing_of(article: Tag, number: str) -> Slide:
    """What can now be said, and the question that the next chapter answers."""
    heading = next(
        h for h in article.find_all("h2") if h.get_text(strip=True) == "What you can now say"
    )
    items = heading.find_next_sibling("ul")
    last = [str(each) for each in items.find_next_siblings("p")]
    return Slide(
        "closing",
        f"{number}-closing",
        inner(heading),
        body=str(items),
        later='<p class="label">Next</p>' + last[-1] if last else "",
        notes=last[:-1],
    )


def decks(site: Path = built.SITE, chosen: Choices | None = None) -> list[Deck]:
    """All decks, one for each part with chapters.

    Raises
    ------
    StaleChoice
        If `slides.yml` names a page, a figure or a line of code that is not there.
    """
    chosen = choices() if chosen is None else chosen
    parts = [
        part for part in built.parts() if any(page.startswith("chapters/") for page in part.pages)
    ]
    pages = [page for part in parts for page in part.pages]
    figures: set[str] = set()
    made = []
    for number, part in enumerate(parts, 1):
        chapters = []
        for name in part.pages:
            article = article_of(site / f"{name}.html", name)
            figures.update(element["id"] for element in article.select("[id^=fig-]"))
            slides = slides_of(article, name, chosen)
            chapters.append((name, str(int(slides[0].name)), slides[0].title, slides))
        made.append(Deck(number, part.caption, chapters))
    known(chosen, figures, set(pages))
    return made


def known(chosen: Choices, figures: set[str], pages: set[str]) -> None:
    """Stop where a choice names a figure or a page that is not there."""
    strangers = sorted(chosen.leave - figures) + sorted(set(chosen.code) - pages)
    if strangers:
        raise StaleChoice(f"{CHOICES.name} names what is not there: {', '.join(strangers)}")


# --- from slides to HTML --------------------------------------------------------------------------


def front(deck: Deck) -> Slide:
    """The title slide: the part, its chapters, whose it is and how it may be used."""
    chapters = "".join(
        f'<li value="{number}">{title}</li>' for _, number, title, _ in deck.chapters
    )
    cover = (ROOT / "_static" / "overview.svg").read_text(encoding="utf-8")
    return Slide(
        "part",
        "title",
        escape(deck.caption),
        kicker=f"{built.settings()['title']} · {deck.part}",
        body=f'<ol>{chapters}</ol><figure class="attention-figure cover">{cover}</figure>',
        caption=f'<a rel="license" href="{LICENCE}">{CREDIT}</a>',
    )


def sectioned(slide: Slide, number: int, foot: str, step: bool = True, still: bool = False) -> str:
    """A slide as a section.

    `step` says whether what comes later is in it, `still` that players are pictures: with its
    buttons a player is higher, and has its words beside.
    """
    flat = slide.flat and (still or slide.kind != "plays")
    kind = f"{slide.kind}{' flat' if flat else ''}{' two' if slide.later else ''}"
    level = "h1" if slide.kind == "part" else "h2"
    kicker = f'<p class="kicker">{slide.kicker}</p>' if slide.kicker else ""
    caption = f'<div class="said">{slide.caption}</div>' if slide.caption else ""
    later = f'<div class="later">{slide.later}</div>' if slide.later and step else ""
    notes = f'<aside class="notes" hidden>{"".join(slide.notes)}</aside>' if slide.notes else ""
    label = escape(visible(slide.title))
    return (
        f'<section class="slide {kind}" id="{number}" data-name="{slide.name}" '
        f'aria-roledescription="slide" aria-label="{number}: {label}">\n'
        f"<header>{kicker}<{level}>{slide.title}</{level}></header>\n"
        f'<div class="large">{slide.body}</div>{caption}{later}\n'
        f'<p class="foot"><span>{foot}</span></p>{notes}</section>\n'
    )


def feet(deck: Deck, root: str) -> Iterator[tuple[Slide, str]]:
    """Each slide with the line at its foot; `root` leads to the site, where it is known."""
    yield front(deck), ""
    for name, number, title, slides in deck.chapters:
        words = f"{number} · {title}"
        linked = f'<a href="{root}{name}.html">{words}</a>' if root else words
        for slide in slides:
            yield slide, linked


def document(deck: Deck, root: str = "") -> str:
    """A deck as a page of HTML.

    Parameters
    ----------
    deck : Deck
        The part.
    root : str
        What stands before `chapters/04-scores.html` in a link to a chapter; no links for "".
    """
    body = "".join(
        sectioned(slide, number, foot) for number, (slide, foot) in enumerate(feet(deck, root), 1)
    )
    sheets = "".join(
        f'<link rel="stylesheet" href="{name}">' for name in (*SITE_SHEETS, OWN[0].name)
    )
    return policy.protected(
        '<!doctype html>\n<html lang="en-GB" class="slides" data-theme="light"><head>'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(deck.title)} · {escape(built.settings()['title'])}</title>\n"
        f'{sheets}<script src="{OWN[1].name}"></script>'
        f'<script defer src="{ELEMENTS}"></script></head>\n'
        f'<body><main class="deck bd-article">\n{body}</main></body></html>\n'
    )


def index(made: list[Deck]) -> str:
    """The first page of the folder: the decks, and how they are shown."""
    rows = "".join(
        f'<li><a href="{deck.stem}.html"><span>{deck.part}</span> {escape(deck.caption)}</a>'
        f'<a class="pdf" href="{deck.stem}.pdf">PDF<span class="hushed"> of {deck.part}</span></a></li>'
        for deck in made
    )
    keys = "".join(
        f"<dt>{' '.join(f'<kbd>{key}</kbd>' for key in names)}</dt><dd>{does}</dd>"
        for names, does in (
            (("→", "Space", "Page down"), "on: the next step, or the next slide"),
            (("←", "Page up"), "back"),
            (("Home", "End"), "the first slide, the last"),
            (("o",), "all slides, to choose from"),
            (("n",), "notes: what the chapter says here"),
            (("w",), "notes in a window of their own, for your screen"),
            (("d",), "light or dark"),
            (("f",), "the whole screen"),
            (("Tab",), "into a picture that plays: its own keys hold there"),
            (("Esc",), "out of it, back to the slides"),
        )
    )
    return policy.protected(
        '<!doctype html>\n<html lang="en-GB" class="slides" data-theme="light"><head>'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Slides · {escape(built.settings()['title'])}</title>\n"
        f'<link rel="stylesheet" href="{SITE_SHEETS[1]}">'
        f'<link rel="stylesheet" href="{OWN[0].name}"><script src="{OWN[1].name}"></script></head>\n'
        f'<body><main class="shelf bd-article"><p class="kicker">{escape(built.settings()["title"])}'
        f"</p><h1>Slides</h1><ul>{rows}</ul><h2>Keys</h2><dl>{keys}</dl>"
        "<p>On a phone, swipe. A number after # in the address leads to a slide, and so does a "
        "figure’s name: part-1.html#fig-04-2.</p>"
        f'<p><a rel="license" href="{LICENCE}">{CREDIT}</a></p></main></body></html>\n'
    )


def write(made: list[Deck], folder: Path, root: str = "", site: Path = built.SITE) -> None:
    """Write the folder: the decks as HTML, their first page, and what they need."""
    folder.mkdir(parents=True, exist_ok=True)
    for deck in made:
        (folder / f"{deck.stem}.html").write_text(document(deck, root), encoding="utf-8")
    (folder / "index.html").write_text(index(made), encoding="utf-8")
    for path in (*OWN, *(site / "_static" / name for name in (*SITE_SHEETS, ELEMENTS))):
        (folder / path.name).write_bytes(path.read_bytes())
    # An address that no slide reads: the theme has it for something else.
    sheet = folder / SITE_SHEETS[1]
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(re.sub(r'url\("?(?!["\']?data:)[^)]*\)', "none", text), encoding="utf-8")


# --- PDF ------------------------------------------------------------------------------------------


def paper_of(deck: Deck, site: Path, root: str = "") -> str:
    """A deck for print, a slide a page; what comes later has a page of its own, after the question."""
    sections = []
    number = 0
    for slide, foot in feet(deck, root):
        for step in (False, True) if slide.later and slide.kind != "closing" else (True,):
            number += 1
            soup = BeautifulSoup(sectioned(slide, number, foot, step, still=True), "html.parser")
            for element in soup.find_all(PLAYERS):
                element.attrs = {"id": element["id"]}
            for notes in soup.select(".notes"):
                notes.decompose()
            if step and slide.later and slide.kind != "closing":
                # A heading once, in the bookmarks too; an id once.
                soup.find("h2").name = "p"
                for element in soup.section.select("[id]"):
                    paper_id(soup, element)
            sections.append(str(soup))
    sheets = "".join(
        f'<link rel="stylesheet" href="{(site / "_static" / name).as_uri()}">'
        for name in SITE_SHEETS
    )
    return (
        '<!doctype html>\n<html lang="en-GB" class="slides staged on-paper" data-theme="light">'
        f'<head><meta charset="utf-8"><title>{escape(deck.title)}</title>{sheets}'
        f"<style>{press.faces()}\n{OWN[0].read_text(encoding='utf-8')}\n"
        "html[data-theme]{--book-mono:'Book Mono',monospace}</style>"
        f"<script>{OWN[1].read_text(encoding='utf-8')}</script></head>\n"
        f'<body><main class="deck bd-article">{"".join(sections)}</main></body></html>\n'
    )


def paper_id(soup: BeautifulSoup, element: Tag) -> None:
    """Give an id that is there twice a second name, and what points to it too."""
    old, new = element["id"], f"{element['id']}-again"
    element["id"] = new
    for other in soup.find_all(True):
        for key, value in other.attrs.items():
            if isinstance(value, str) and key != "id":
                value = value.replace(f"url(#{old})", f"url(#{new})")
                other[key] = f"#{new}" if value == f"#{old}" else value


def digest(html: str) -> str:
    """A short name for all that a print is made of: the same, and printing can be spared."""
    parts = [html.encode(), Path(press.__file__).read_bytes(), str(built.commit().time).encode()]
    for address in sorted(set(re.findall(r'(?:href|src)="file://([^"]+)"', html))):
        parts.append(Path(address).read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def print_decks(made: list[Deck], folder: Path, site: Path, path: str) -> list[str]:
    """Print the decks that have changed; return their names."""
    from pikepdf import Pdf

    root = built.commit().site
    waiting = []
    for deck in made:
        html = paper_of(deck, site, root)
        stamp, target = folder / "print" / f"{deck.stem}.txt", folder / f"{deck.stem}.pdf"
        state = digest(html)
        if not (target.is_file() and stamp.is_file() and stamp.read_text() == state):
            waiting.append((deck, html, target, stamp, state))
    if not waiting:
        return []
    with press.browser(path) as tab:
        tab.set_viewport_size({"width": 1280, "height": 720})
        for deck, html, target, stamp, state in waiting:
            raw = press.printed(tab, html, folder / "print" / f"{deck.stem}.html")
            title = f"{built.settings()['title']}. {deck.title}"
            target.write_bytes(press.finished(Pdf.open(io.BytesIO(raw)), title, press.LICENCE))
            stamp.write_text(state)
    return [deck.stem for deck, *_ in waiting]


# --- the folder, the site, the zip -------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    """The folder's files that are handed on, by name."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix in (".html", ".css", ".js", ".pdf")
    }


def pack(folder: Path, path: Path = ZIP) -> None:
    """The folder as a zip, with its licence: the same content gives the same bytes."""
    packed = {f"slides/{name}": data for name, data in files(folder).items()}
    packed["LICENSE-PROSE"] = (ROOT / "LICENSE-PROSE").read_bytes()
    packed["LICENSE-KATEX"] = offline.LICENCES["LICENSE-KATEX"].read_bytes()
    offline.write(path, packed, built.commit().time)


def publish(made: list[Deck], work: Path = WORK, to: Path = PUBLISHED, zipped: Path = ZIP) -> None:
    """Put the slides beside the site's pages, with links to them, and the folder as a zip."""
    shutil.rmtree(to, ignore_errors=True)
    depth = os.path.relpath(built.SITE, PUBLISHED) + "/"
    write(made, to, depth)
    for path in sorted(work.glob("*.pdf")):
        shutil.copyfile(path, to / path.name)
    pack(work, zipped)


def main() -> None:
    """Make the slides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--optional", action="store_true", help="without Chromium, no PDF")
    parser.add_argument("--site", action="store_true", help="put them beside the site's pages, too")
    options = parser.parse_args()
    built.require()
    path = press.chromium()
    if path is None and not options.optional:
        sys.exit("make slides needs Chromium (or CHROMIUM=path): none is installed.")
    made = decks()
    write(made, WORK, built.commit().site)
    if path is None:
        for old in WORK.glob("*.pdf"):
            old.unlink()  # it would be handed on as if it were of these slides
        print("No PDF of the slides: it needs Chromium (or CHROMIUM=path), and none is installed.")
    else:
        printed = print_decks(made, WORK, built.SITE, path)
        print(f"PDF: {', '.join(printed) or 'as they were'}")
    if options.site:
        publish(made)
    count = sum(len(slides) for deck in made for *_, slides in deck.chapters) + len(made)
    print(f"{count} slides in {len(made)} parts: {(WORK / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
