"""The index of figures: each figure once, with a link that lands and a file to reuse."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache

import pytest
from bs4 import BeautifulSoup

from tests.site_checks import ROOT, SITE
from tools import built

sys.path.insert(0, str(ROOT / "_ext"))

import figure_index

SVG = "{http://www.w3.org/2000/svg}"
PLAYS = [
    "attention-steps",
    "attention-bench",
    "attention-dial",
    "attention-heads",
    "attention-scrubber",
    "attention-strip",
]
FIGURES = ", ".join(["figure.attention-figure", *PLAYS])


@cache
def page(name: str) -> BeautifulSoup:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    return BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def figures_of(soup: BeautifulSoup) -> list:
    """The figures of a page: what plays counts once, with the still inside it."""
    found = soup.select(FIGURES)
    return [figure for figure in found if not figure.find_parent(PLAYS)]


@cache
def listed() -> list[str]:
    links = page("back/figures").select(".figure-index a[href*='#fig-']")
    return [link["href"].removeprefix("../") for link in links]


def test_each_figure_is_listed_once_in_order():
    wanted = [
        f"{name}.html#{figure.get('id')}"
        for name in built.page_names()
        for figure in figures_of(page(name))
    ]
    assert len(wanted) > 30
    assert listed() == wanted


def drawn_in(notebook: dict) -> list[tuple[str, str, bool]]:
    """The drawings in a notebook's stored outputs: caption, alt text, and whether it plays."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            soup = BeautifulSoup("".join(data.get("text/html", [])), "html.parser")
            drawing = soup.find("svg")
            if drawing:
                caption = " ".join(soup.find("figcaption").get_text().split())
                plays = bool(soup.find(re.compile("^attention-")))
                found.append((caption, drawing["aria-label"], plays))
            elif any(kind.startswith("image/") for kind in data):
                raise ValueError("a picture without HTML is in no index")
    return found


def test_each_picture_that_a_notebook_stores_is_in_the_index():
    """Counted from the notebooks, with no code of the index: title, page, thumbnail, mark."""
    sections = page("back/figures").select("section:has(> .figure-index)")
    drawn = {}
    for name in built.page_names():
        path = ROOT / f"{name}.ipynb"
        if path.exists():
            drawn[name] = drawn_in(json.loads(path.read_text(encoding="utf-8")))
    drawn = {name: pictures for name, pictures in drawn.items() if pictures}
    assert sum(map(len, drawn.values())) >= 100
    assert len(sections) == len(drawn) == 26
    for section, (name, pictures) in zip(sections, drawn.items(), strict=True):
        title = page(name).find("h1").find(string=True, recursive=False)
        heading = section.find(re.compile("h[23]")).get_text()
        assert title in heading or name == "index", name
        items = section.select(".figure-index > li")
        for item, (caption, alt, plays) in zip(items, pictures, strict=True):
            link, thumbnail = item.select_one("a"), item.select_one("img.figure-small")
            assert link["href"].startswith(f"../{name}.html#")
            assert caption.startswith(link.get_text()), name
            file = (SITE / "back" / thumbnail["src"]).read_text(encoding="utf-8")
            assert ET.fromstring(file).get("aria-label") == alt, name
            assert bool(item.select_one(".figure-plays")) == plays, name


def test_a_picture_without_html_is_an_error():
    output = {"data": {"image/png": "", "text/plain": ""}}
    with pytest.raises(ValueError, match="no index"):
        drawn_in({"cells": [{"outputs": [output]}]})
    assert (
        drawn_in({"cells": [{"outputs": [{"data": {"text/html": "<table></table>"}}]}, {}]}) == []
    )


def test_every_element_counts_as_a_figure():
    scripts = (ROOT / "attention_core" / "illustrate" / "js").glob("*.js")
    assert {
        f"attention-{path.stem}" for path in scripts if path.stem not in ("common", "quiz")
    } == set(PLAYS)


def test_each_id_is_of_its_chapter_and_stands_once():
    seen: Counter[str] = Counter()
    for address in listed():
        name, identifier = address.split(".html#")
        assert len(page(name).select(f"[id='{identifier}']")) == 1
        assert identifier.startswith(f"fig-{name.split('/')[-1].split('-')[0]}-")
        seen[identifier] += 1
    assert set(seen.values()) == {1}


def test_each_caption_is_the_figures_own():
    links = page("back/figures").select(".figure-index a[href*='#fig-']")
    for link, address in zip(links, listed(), strict=True):
        name, identifier = address.split(".html#")
        caption = page(name).find(id=identifier).find("figcaption").get_text()
        assert " ".join(caption.split()).startswith(link.get_text()), address


def test_what_plays_says_so():
    for item in page("back/figures").select(".figure-index > li"):
        name, identifier = item.select_one("a")["href"].removeprefix("../").split(".html#")
        plays = page(name).find(id=identifier).name.startswith("attention-")
        assert bool(item.select_one(".figure-plays")) == plays


def test_each_file_is_the_figures_drawing_with_its_licence():
    files = [link["href"] for link in page("back/figures").select("a.figure-file")]
    assert len(files) == len(listed())
    for file, address in zip(files, listed(), strict=True):
        name, identifier = address.split(".html#")
        text = (SITE / "back" / file).read_text(encoding="utf-8")
        root = ET.fromstring(text)
        assert root.tag == f"{SVG}svg"
        assert "CC BY 4.0" in root.find(f"{SVG}metadata").text
        drawn = page(name).find(id=identifier).find("svg", class_="at")
        assert root.get("aria-label") == drawn["aria-label"]
        written = [text for each in root.iter(f"{SVG}text") for text in each.itertext()]
        assert "".join(written) == "".join(text.get_text() for text in drawn.select("text"))


def test_no_file_is_left_over():
    assert len(list((SITE / "figures").iterdir())) == len(listed())


@pytest.mark.parametrize(
    ("caption", "plays", "said"),
    [
        ("Short. And whole.", False, "Short. And whole."),
        ("Short. And it plays.", True, "Short."),
        ("No stop", True, "No stop"),
        ("A 0.14 of it. " + "More of the same. " * 8, False, "A 0.14 of it."),
        ("Long without a stop " * 8, False, "Long without a stop " * 8),
    ],
)
def test_a_long_caption_is_cut_after_its_first_sentence(caption, plays, said):
    assert figure_index.opening(caption, plays) == said


def test_a_figure_gets_its_id_and_other_html_does_not():
    svg = '<svg class="at" viewBox="0 0 3 2"></svg>'
    html = f'<figure class="attention-figure">{svg}<figcaption>a &lt; b</figcaption></figure>'
    named, entry = figure_index.entry_of(html, "fig-09-1")
    assert named.startswith('<figure class="attention-figure" id="fig-09-1">')
    assert (entry.caption, entry.plays, entry.svg) == ("a < b", False, svg)
    named, entry = figure_index.entry_of(
        f"<attention-steps data-x='1'>{html}</attention-steps>", "i"
    )
    assert re.match(
        r"<attention-steps id=\"i\" data-x='1'><figure class=\"attention-figure\">", named
    )
    assert entry.plays
    assert figure_index.entry_of("<table></table>", "fig-09-2") is None
    assert figure_index.entry_of('<figure class="attention-figure">text</figure>', "x") is None
