"""What chapters need, and the paths through them: read from the chapters, and right on the page."""

from __future__ import annotations

import re
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.site_checks import ROOT, SITE

sys.path.insert(0, str(ROOT / "_ext"))

import teaching

BOOK = teaching.chapters(ROOT)


def notebook(path, words: str):
    cells = [nbformat.v4.new_markdown_cell(words)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_minutes_are_read_as_they_are_written():
    words = ["ten", "fifteen", "twenty", "thirty-five", "forty"]
    assert [teaching.minutes(word) for word in words] == [10, 15, 20, 35, 40]
    for word in ("eleven", "ten-nine", "10", ""):
        with pytest.raises(ValueError, match="no number of minutes"):
            teaching.minutes(word)


def test_a_chapter_is_described_by_its_own_box(tmp_path):
    box = (
        "**Know first:** words, [](03-c.ipynb) and [](01-a.ipynb). "
        "**Time:** ten minutes to read, thirty-five with the exercises."
    )
    found = teaching.described(notebook(tmp_path / "04-d.ipynb", box))
    assert found == teaching.Chapter("04", "chapters/04-d", ("01", "03"), 10, 35)
    with pytest.raises(ValueError, match=r"05-e\.ipynb does not say"):
        teaching.described(notebook(tmp_path / "05-e.ipynb", "**Know first:** nothing."))


def test_every_chapter_needs_only_what_comes_before():
    assert list(BOOK) == [f"{i:02d}" for i in range(1, len(BOOK) + 1)]
    assert teaching.missing(BOOK, list(BOOK), []) == []
    assert [number for number, chapter in BOOK.items() if not chapter.needs] == ["01"]


def test_what_is_wrong_with_a_path_is_said():
    assert teaching.missing(BOOK, ["01", "02", "03"], []) == []
    assert teaching.missing(BOOK, ["03", "01"], ["02"]) == ["chapter 03 needs 1 first"]
    assert teaching.missing(BOOK, ["03"], ["01", "02"]) == []
    assert teaching.missing(BOOK, ["99"], []) == ["there is no chapter '99'"]


def test_chapters_are_named_as_their_files_are():
    assert teaching.numbered(BOOK, "masks query-key-value") == ["12", "03"]
    assert teaching.missing(BOOK, teaching.numbered(BOOK, "inputs mask"), []) == [
        "there is no chapter 'mask'"
    ]


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    if not (SITE / "back" / "teach.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    text = (SITE / "back" / "teach.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


def chapter_in(row) -> str:
    return re.search(r"chapters/(\d\d)-", row.find("a")["href"])[1]


def test_the_list_has_every_chapter_and_what_it_needs(page):
    rows = page.select(".needed-rows li")
    assert [chapter_in(row) for row in rows] == list(BOOK)
    for row, chapter in zip(rows, BOOK.values(), strict=True):
        said = re.findall(r"\d+", row.select_one(".needed-what").text)
        assert [f"{int(each):02d}" for each in said] == list(chapter.needs)
        assert len(row.find("a").text) > 5


def test_there_is_an_arc_for_every_need(page):
    ends = []
    for path in page.select(".needed-arcs path:not(.dot)"):
        top, bottom = re.match(r"M\S+ (\S+)C.* (\S+)$", path["d"]).groups()
        ends.append(tuple(int(float(y) // teaching.ROW) + 1 for y in (top, bottom)))
    needs = [(int(need), int(each.number)) for each in BOOK.values() for need in each.needs]
    assert sorted(ends) == sorted(needs)
    assert len(page.select(".needed-arcs .dot")) == len(BOOK)


def test_the_minutes_of_a_path_add_up(page):
    tables = page.select("table.path")
    assert len(tables) >= 2
    for table in tables:
        *rows, last = table.select("tbody tr")
        chapters = [BOOK[chapter_in(row)] for row in rows]
        told = [int(cell.text) for row in [*rows, last] for cell in row.select("td")[1:]]
        wanted = [time for each in chapters for time in (each.read, each.do)]
        assert told == [*wanted, sum(wanted[::2]), sum(wanted[1::2])]


def test_one_lecture_is_as_long_as_it_says(page):
    first = page.select_one("table.path tr.path-sum td:nth-of-type(2)")
    assert int(first.text) <= 50


# --- what lies beside the pages ---


def test_a_file_is_offered_where_it_is(tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "a.pdf").touch()
    files = [("downloads/a.pdf", "one & all"), ("downloads/b.pdf", "another")]
    html = teaching.offered(files, "make a", "../", tmp_path)
    links = BeautifulSoup(html, "html.parser").select("ul > li > a")
    assert [(link["href"], link.text) for link in links] == [("../downloads/a.pdf", "one & all")]


def test_with_no_file_the_command_is_offered(tmp_path):
    html = teaching.offered([("downloads/b.pdf", "another")], "make b", "../", tmp_path)
    assert BeautifulSoup(html, "html.parser").text == "make b"
    assert "href" not in html


def test_the_page_offers_what_there_is_and_nothing_else(page):
    for offer in page.select("ul.offers a"):
        assert (SITE / "back" / offer["href"]).is_file()
    offered = re.findall(r"^downloads/\S+", (ROOT / "back" / "teach.md").read_text("utf-8"), re.M)
    there = [path for path in offered if (SITE / path).is_file()]
    assert [offer["href"] for offer in page.select("ul.offers a")] == [f"../{p}" for p in there]
