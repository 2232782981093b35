"""The built site: every link, anchor and file is there, and nothing comes from outside."""

from __future__ import annotations

import operator
import re
from pathlib import Path

import pytest

import attention_core
from attention_core import illustrate
from tests.site_checks import SITE, Page, faults, pages_of, style_faults


@pytest.fixture(scope="module")
def pages() -> dict[Path, Page]:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    return pages_of(SITE)


def test_every_page_is_sound(pages):
    wrong = [
        f"{path.relative_to(SITE)}: {fault}"
        for path, page in pages.items()
        for fault in faults(page, pages, SITE)
    ]
    assert not wrong, "\n".join(wrong)


def test_style_sheets_ask_for_nothing_outside(pages):
    used = {
        (path.parent / address.split("?")[0]).resolve()
        for path, page in pages.items()
        for address in page.reader.fetched
        if address.split("?")[0].endswith(".css")
    }
    assert used
    wrong = [
        f"{sheet.name}: {fault}"
        for sheet in sorted(used)
        for fault in style_faults(sheet.read_text(encoding="utf-8"), sheet, SITE, outside_only=True)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_page_loads_a_script_for_maths(pages):
    for page in pages.values():
        assert not [src for src in page.reader.fetched if re.search("mathjax|katex.*js", src, re.I)]


def test_each_chapter_offers_its_notebook(pages):
    chapters = [page for page in pages.values() if page.path.parent.name == "chapters"]
    assert chapters
    for page in chapters:
        assert f"{page.path.stem}.ipynb" in page.reader.links, page.path.name


def test_every_public_name_is_in_the_reference(pages):
    reference = pages[SITE / "back" / "api.html"]
    named = [f"attention_core.{name}" for name in attention_core.__all__]
    named += [f"attention_core.illustrate.{name}" for name in illustrate.__all__]
    public = [name for name in named if callable(operator.attrgetter(name[15:])(attention_core))]
    assert len(public) > 20
    assert not [name for name in public if name not in reference.reader.ids]


# --- the glossary ----------------------------------------------------------------------------


def entries(glossary: str) -> list[list[str]]:
    """The anchors of each entry: one for each of its terms."""
    body = re.search(r'<dl class="[^"]*glossary.*?</dl>', glossary, re.DOTALL)
    assert body, "the glossary has no entries"
    parts = body.group().split("</dd>")
    return [anchors for part in parts if (anchors := re.findall(r'<dt id="([^"]+)"', part))]


def unlinked(glossary: str, chapters: list[str]) -> list[str]:
    """The entries that no chapter links to."""
    linked = set(re.findall(r"glossary\.html#(term-[\w-]+)", " ".join(chapters)))
    return [names[0] for names in entries(glossary) if not linked & set(names)]


def test_every_term_is_linked_from_a_chapter(pages):
    glossary = pages[SITE / "back" / "glossary.html"].text
    chapters = [
        page.text
        for path, page in pages.items()
        if path.parent.name == "chapters" or path == SITE / "index.html"
    ]
    missing = unlinked(glossary, chapters)
    assert not missing, f"no chapter links to: {', '.join(missing)}"


def test_every_linked_term_says_where_it_is_first_met(pages):
    glossary = pages[SITE / "back" / "glossary.html"].text
    assert len(entries(glossary)) == glossary.count('class="first-met"')


def test_a_term_without_a_link_is_found():
    glossary = (
        '<dl class="simple glossary"><dt id="term-key">key</dt><dd><p>k</p></dd>'
        '<dt id="term-score">score</dt><dt id="term-scaled-score">scaled score</dt>'
        "<dd><p>s</p></dd></dl>"
    )
    link = '<a href="../back/glossary.html#{}">it</a>'
    assert unlinked(glossary, [link.format("term-key")]) == ["term-score"]
    assert not unlinked(glossary, [link.format("term-key"), link.format("term-scaled-score")])


# --- each check is shown to fail ---------------------------------------------------------------

GOOD = (
    '<html lang="en-GB"><head><title>A page</title><link rel="stylesheet" href="a.css">'
    '<link rel="canonical" href="https://example.org/"></head><body><p id="here">'
    '<a href="#here">up</a><a href="other.html#there">other</a>'
    '<a href="https://example.org/">elsewhere</a><img src="a.png" alt="">'
    '<i style="background:url(a.png)"></i></p></body></html>'
)


def faults_of(html: str, folder: Path) -> list[str]:
    for name in ("a.css", "a.png", "a.js"):
        (folder / name).write_text("", encoding="utf-8")
    (folder / "page.html").write_text(html, encoding="utf-8")
    (folder / "other.html").write_text(
        '<html lang="en"><title>o</title><p id="there"></p></html>', encoding="utf-8"
    )
    pages = pages_of(folder)
    return faults(pages[folder / "page.html"], pages, folder)


def test_a_sound_page_has_no_faults(tmp_path):
    assert faults_of(GOOD, tmp_path) == []


MISSING = (
    '<html lang="en" data-content_root="/book/"><title>No such page</title>'
    '<link rel="stylesheet" href="/book/a.css"><a href="/book/other.html#there">other</a></html>'
)


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("404.html", "", "", None),
        ("405.html", "", "", "not relative"),
        ("404.html", "/book/a.css", "/a.css", "not relative"),
        ("404.html", "/book/a.css", "/book/b.css", "no such file"),
        ("404.html", "#there", "#nowhere", "no such anchor"),
    ],
)
def test_the_page_for_any_address_starts_at_the_root(name, old, new, fault, tmp_path):
    page = tmp_path / name
    page.write_text(MISSING.replace(old, new, 1), encoding="utf-8")
    faults_of(GOOD, tmp_path)
    pages = pages_of(tmp_path)
    found = faults(pages[page], pages, tmp_path)
    assert found == [] if fault is None else any(fault in line for line in found), found


def test_folders_that_hold_no_pages_are_left_alone(tmp_path):
    for name in ("lite/lab/index.html", "_static/x.html", "downloads/y.html", "back/lite.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in pages_of(tmp_path)] == ["lite.html"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('lang="en-GB"', "", "no language"),
        ("A page", "", "no title"),
        ('href="#here"', 'href="#nowhere"', "no such anchor: #nowhere"),
        ("other.html#there", "other.html#nowhere", "no such anchor: other.html#nowhere"),
        ("other.html#there", "missing.html", "no such file: missing.html"),
        ("other.html#there", "/other.html", "not relative"),
        ("other.html#there", "../other.html", "leads out of the site"),
        ("other.html#there", "javascript:f()", "an odd link"),
        ('src="a.png"', 'src="b.png"', "no such file: b.png"),
        ('src="a.png"', 'src="https://example.org/a.png"', "outside the site"),
        ('src="a.png"', 'src="//example.org/a.png"', "outside the site"),
        ('src="a.png"', 'srcset="a.png 1x, b.png 2x"', "no such file: b.png"),
        ('href="a.css"', 'href="b.css"', "no such file: b.css"),
        ('href="a.css"', 'href="https://example.org/a.css"', "outside the site"),
        ("</body>", '<script src="b.js"></script></body>', "no such file: b.js"),
        ("</body>", '<script src="https://example.org/a.js"></script></body>', "outside"),
        ("</body>", "<style>@import 'https://example.org/a.css';</style></body>", "outside"),
        ("url(a.png)", "url(https://example.org/a.woff2)", "outside the site"),
        ("url(a.png)", "url(b.png)", "no such file: b.png"),
        ("</body>", '<p id="here"></p></body>', "more than once"),
    ],
)
def test_each_fault_is_found(old, new, fault, tmp_path):
    assert old in GOOD
    assert any(fault in found for found in faults_of(GOOD.replace(old, new), tmp_path))
