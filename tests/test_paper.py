"""The book as one PDF: whole, with every answer, and with links that lead somewhere."""

from __future__ import annotations

import os
import re
import time
from functools import cache

import pytest
from bs4 import BeautifulSoup

from tests.site_checks import SITE
from tools import built, notebooks, paper
from tools.press import chromium

LIMIT = 30_000  # bytes a page, on average: a page has a figure or two, drawn in lines


def squeezed(text: str) -> str:
    """Text without its spaces, which are other ones where a line ends elsewhere."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def book():
    pikepdf = pytest.importorskip("pikepdf")
    if not paper.PDF.is_file():
        if chromium() is None and not os.environ.get("CI"):
            pytest.skip("no Chromium is installed to print the book with")
        pytest.fail("The book is not printed. Run `make site` (or `make pdf`).")
    return pikepdf.open(paper.PDF)


@pytest.fixture(scope="module")
def sheets(book):
    """The pages as a reader of their text."""
    return pytest.importorskip("pypdfium2").PdfDocument(paper.PDF)


@pytest.fixture(scope="module")
def texts(sheets) -> list[str]:
    return [squeezed(sheet.get_textpage().get_text_bounded()) for sheet in sheets]


@pytest.fixture(scope="module")
def words(texts) -> str:
    return "".join(texts)


@cache
def pages() -> dict[str, BeautifulSoup]:
    """The pages of the site that are in the book."""
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    return {
        name: BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        for name in built.page_names()
    }


def links(page) -> list:
    return [each for each in page.get("/Annots", []) if each.get("/Subtype") == "/Link"]


def said(sheet, link) -> str:
    """The words of a link."""
    left, bottom, right, top = (float(side) for side in link.Rect)
    return squeezed(sheet.get_textpage().get_text_bounded(left, bottom, right, top))


def contents(book, sheets) -> list[tuple[str, str]]:
    """Each line of the contents: its words with the number, and the place it leads to."""
    first = paper.pages_of(book)[paper.slug(built.page_names()[0])] - 1
    return [
        (said(sheets[place], link), str(link.Dest).lstrip("/"))
        for place in range(1, first)
        for link in links(book.pages[place])
    ]


# --- what it is ------------------------------------------------------------------------------


def test_it_is_of_these_pages(book):
    stamp = paper.WORK / "printed"
    if not stamp.is_file() or stamp.read_text() != paper.digest(SITE):
        stale = pytest.fail if os.environ.get("CI") else pytest.skip
        stale("The PDF is of other pages. Run `make site`.")


def test_it_says_what_it_is(book):
    assert str(book.docinfo["/Title"]) == built.settings()["title"]
    assert str(book.docinfo["/Author"]) == built.settings()["author"]
    assert "CC BY 4.0" in str(book.docinfo["/Subject"])
    assert str(book.Root.Lang) == "en-GB"
    assert book.Root.MarkInfo.Marked
    assert book.Root.ViewerPreferences.DisplayDocTitle


def test_it_is_dated_by_its_commit(book, texts):
    named = re.search(r"commit([0-9a-f]+)of(\d+)([A-Z]\w+)(\d{4})", texts[0])
    if not named:
        assert "Madefromsources" in texts[0]
        return
    date = str(book.docinfo["/CreationDate"])
    assert date == str(book.docinfo["/ModDate"])
    day = time.strptime(date, "D:%Y%m%d%H%M%SZ")
    assert time.strftime("%d%B%Y", day).lstrip("0") == "".join(named.groups()[1:])


def test_it_is_a4_and_light_to_carry(book):
    assert paper.PDF.stat().st_size < LIMIT * len(book.pages)
    sizes = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in book.pages}
    assert sizes == {(595, 842)}


def test_every_typeface_is_inside(book):
    def inside(font) -> bool:
        if font.Subtype == "/Type3":
            return True  # drawn, glyph by glyph
        described = [each.FontDescriptor for each in font.get("/DescendantFonts", [font])]
        return all(any(key.startswith("/FontFile") for key in each) for each in described)

    fonts = [font for page in book.pages for font in page.Resources.get("/Font", {}).values()]
    assert fonts
    assert all(inside(font) for font in fonts)


def test_the_bookmarks_name_every_page_of_the_site(book):
    with book.open_outline() as outline:
        titles = [squeezed(item.title) for item in outline.root]
    wanted = [soup.find("h1").get_text().rstrip("#") for soup in pages().values()]
    wanted = ["Introduction", *wanted[1:]]
    assert titles[2:] == [squeezed(title) for title in wanted]


# --- where links lead --------------------------------------------------------------------------


def test_every_link_leads_somewhere(book):
    known = paper.pages_of(book)
    inside = outside = 0
    for number, page in enumerate(book.pages, 1):
        for link in links(page):
            if "/Dest" in link:
                assert str(link.Dest).lstrip("/") in known, f"page {number}: {link.Dest}"
                inside += 1
            else:
                address = str(link.A.URI)
                assert re.match(r"https?://[\w.-]+\.\w+(/|$)", address), f"page {number}: {address}"
                outside += 1
    assert inside > 150
    assert outside > 5


def test_the_contents_name_the_page_on_which_each_part_is(book, sheets):
    known = paper.pages_of(book)
    lines = contents(book, sheets)
    assert len(lines) > 60
    wrong = [
        (words, known[place]) for words, place in lines if not words.endswith(str(known[place]))
    ]
    assert not wrong


def test_every_heading_is_where_the_contents_lead(book, sheets, texts):
    known, lines = paper.pages_of(book), {place: words for words, place in contents(book, sheets)}
    for name, soup in pages().items():
        assert paper.slug(name) in lines
        for heading in soup.select("article h1, article h2"):
            own = heading.parent["id"]
            place = paper.slug(name) if heading.name == "h1" else paper.anchored(name, own)
            if place in lines:
                words = re.sub(r"^Chapter \d+ |#$", "", heading.get_text())
                words = "Introduction" if place == "index" else squeezed(words)
                assert words in lines[place]
                assert words in texts[known[place] - 1]
            else:
                assert not name.startswith("chapters/"), place


def test_the_index_of_figures_names_the_page_of_each(book, sheets):
    known, found = paper.pages_of(book), 0
    for number in range(known["back-figures"], known["back-api"]):
        for link in links(book.pages[number - 1]):
            if ".fig-" in str(link.get("/Dest", "")):
                _, bottom, _, top = (float(side) for side in link.Rect)
                reader = sheets[number - 1].get_textpage()
                beside = reader.get_text_bounded(490, bottom - 20, 595, top + 20)
                assert str(known[str(link.Dest).lstrip("/")]) in beside.split(), link.Dest
                found += 1
    assert found >= str(pages()["back/figures"]).count("figure-small")


# --- nothing is left out ------------------------------------------------------------------------


def test_every_solution_is_there(words):
    count = 0
    for path in notebooks.notebooks():
        for cell in notebooks.read(path).cells:
            if "hide-cell" in cell.metadata.get("tags", []):
                first = cell.source.splitlines()[0]
                assert squeezed(first) in words, f"{path.name}: {first}"
                count += 1
    assert count > 15


def test_every_answer_is_there(words):
    count = 0
    for name, soup in pages().items():
        for paragraph in soup.select("details.sd-dropdown p"):
            for formula in paragraph.select(".math"):
                formula.replace_with("\n\n")
            longest = max(paragraph.get_text().split("\n\n"), key=len)
            assert squeezed(longest)[:60] in words, f"{name}: {longest}"
            count += 1
    assert count > 15


def test_every_caption_is_there(words):
    captions = [c.get_text() for soup in pages().values() for c in soup.select("figcaption")]
    assert len(captions) > 30
    assert not [caption for caption in captions if squeezed(caption)[:50] not in words]


def test_nothing_asks_to_be_pressed(words, document):
    for label in ("Show the solution", "Hide the solution"):
        assert squeezed(label) not in words, label
    assert not document.select(".page-tools, .page-links, .take-along")


# --- the document that is printed ----------------------------------------------------------------


@pytest.fixture(scope="module")
def document() -> BeautifulSoup:
    pages()
    return BeautifulSoup(paper.document(SITE, built.commit(), {}), "html.parser")


def test_ids_are_there_once_and_every_link_has_one(document):
    ids = [element["id"] for element in document.select("[id]")]
    assert not {identifier for identifier in ids if ids.count(identifier) > 1}
    for link in document.select("a[href]"):
        address = link["href"]
        assert address[1:] in ids if address.startswith("#") else "://" in address, address


def test_everything_is_open(document):
    assert document.select("details")
    assert not document.select("details:not([open])")
    assert not document.select("script, button, nav, .headerlink, .page-tools")


def article(html: str):
    return BeautifulSoup(f"<article>{html}</article>", "html.parser").article


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("#here", "#chapters-b.here"),
        ("a.html", "#chapters-a"),
        ("a.html#there", "#chapters-a.there"),
        ("../back/c.html", "#back-c"),
        ("b.html", "#chapters-b"),
        ("https://example.org/a.html#x", "https://example.org/a.html#x"),
        ("b.ipynb", "https://example.org/book/chapters/b.ipynb"),
        ("../figures/x.svg", "https://example.org/book/figures/x.svg"),
    ],
)
def test_links_between_pages_stay_inside(address, leads):
    page = article(f'<a href="{address}">words</a>')
    names = ["chapters/a", "chapters/b", "back/c"]
    paper.own_links(page, "chapters/b", names, "https://example.org/book/")
    assert page.a["href"] == leads


def test_a_link_to_a_file_goes_where_the_site_has_no_address():
    page = article('See <a href="b.ipynb">the notebook</a>.')
    paper.own_links(page, "chapters/b", ["chapters/b"])
    assert not page.find("a")
    assert page.get_text() == "See the notebook."


def test_what_points_to_an_id_follows_it():
    page = article(
        '<svg aria-labelledby="t other"><title id="t">T</title><g id="g" clip-path="url(#g)"></g>'
        '<use href="#g"></use></svg>'
    )
    paper.own_ids(page, "chapters/b")
    assert page.title["id"] == "chapters-b.t"
    assert page.svg["aria-labelledby"] == "chapters-b.t other"
    assert page.g["clip-path"] == "url(#chapters-b.g)"
    assert page.use["href"] == "#chapters-b.g"
