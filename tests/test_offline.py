"""The folder to read offline: whole, sound, and the same at every time."""

from __future__ import annotations

import os
import re
import shutil
import time
import zipfile
from pathlib import Path

import pytest

from tests.site_checks import SITE, faults, pages_of
from tests.test_pages import browser, listening  # noqa: F401
from tools import built, offline

OFFERED = """<aside><!-- online -->
<a href="lite/lab/index.html">Run in your browser</a>
<!-- /online -->
<ul><li class="x"><a class="tool" href="downloads/illustrated-self-attention.pdf">PDF</a></li>
<li><a href="chapters/01-inputs.html">Inputs</a></li></ul>
<a href="downloads/illustrated-self-attention.zip" download>Zip</a></aside>
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    path = tmp_path_factory.mktemp("zip") / "book.zip"
    offline.pack(SITE, path)
    return path


@pytest.fixture(scope="module")
def folder(packed) -> Path:
    with zipfile.ZipFile(packed) as file:
        file.extractall(packed.parent)
    return packed.parent / built.NAME


def test_every_page_is_there_and_sound(folder):
    pages = pages_of(folder)
    names = {path.relative_to(folder).as_posix() for path in pages}
    assert names == {f"{name}.html" for name in built.page_names()} | {"search.html"}
    wrong = [
        f"{path.relative_to(folder)}: {fault}"
        for path, page in pages.items()
        for fault in faults(page, pages, folder)
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_else_is_there(folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    tops = {name.split("/")[0] for name in names}
    assert not tops & {"lite", "downloads", "objects.inv", ".buildinfo", "sitemap.xml", "404.html"}
    assert {"LICENSE", "LICENSE-PROSE", "LICENSE-KATEX"} <= names
    assert not [name for name in names if name.endswith((".map", ".pdf", ".zip"))]


def test_each_notebook_comes_along(folder):
    for name in built.page_names():
        if (built.ROOT / f"{name}.ipynb").is_file():
            assert list(folder.rglob(f"{name}.ipynb")), name


def test_nothing_that_is_online_is_left(folder):
    for page in pages_of(folder).values():
        assert "<!-- online -->" not in page.text
        assert not [link for link in page.reader.links if re.search(r"\b(lite|downloads)/", link)]


def test_it_opens_from_its_folder(browser, folder):  # noqa: F811
    context = browser.new_context(offline=True)
    tab = listening(context.new_page(), folder)
    for name in ("index", "chapters/04-scores", "back/figures"):
        tab.goto((folder / f"{name}.html").as_uri())
        assert not tab.locator(".tool-run, .tool-binder").count()
    tab.goto((folder / "search.html").as_uri() + "?q=query")
    tab.locator("#search-results li a").first.wait_for(timeout=5000)
    assert tab.heard == []
    context.close()


def test_the_same_site_gives_the_same_bytes(packed, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    offline.pack(SITE, tmp_path / "again.zip")
    monkeypatch.undo()
    time.tzset()
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_offering_it_does_not_change_it(packed, tmp_path):
    """Or the pages that offer the zip would ask for another zip."""
    site = tmp_path / "site"
    shutil.copytree(SITE, site, ignore=shutil.ignore_patterns("lite", "downloads"))
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        offers = re.sub(r"<ul>.*</ul>\n", "", OFFERED, flags=re.DOTALL).removeprefix("<aside>")
        path.write_text(text.replace("</body>", offers.replace("</aside>\n", "</body>")))
    offline.pack(site, tmp_path / "again.zip")
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(tmp_path / "again.zip") as new:
        assert old.namelist() == new.namelist()
        for name in old.namelist():
            assert old.read(name).split() == new.read(name).split(), name


def test_the_one_that_is_offered_is_of_these_pages(packed):
    if not offline.ZIP.is_file():
        pytest.skip("no zip is offered: `make zip` or `make site` makes it")
    if offline.ZIP.read_bytes() != packed.read_bytes():
        stale = pytest.fail if os.environ.get("CI") else pytest.skip
        stale("The zip is of other pages. Run `make site`.")


def test_entries_are_plain(packed):
    with zipfile.ZipFile(packed) as file:
        assert file.testzip() is None
        entries = file.infolist()
    assert {entry.filename.split("/")[0] for entry in entries} == {built.NAME}
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    wanted = time.gmtime(built.commit().time)[:5]
    assert {entry.date_time[:5] for entry in entries} == {wanted}


def test_what_is_online_is_cut_and_the_rest_stays():
    bare = built.bare(OFFERED)
    assert "Run in" not in bare
    assert "PDF" not in bare
    assert "Zip" not in bare
    assert bare.count("<li") == 1
    assert '<li><a href="chapters/01-inputs.html">Inputs</a></li>' in bare


def test_what_a_page_uses_is_followed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "page.html").write_text(
        '<link rel="stylesheet" href="../s.css?v=1"><link rel="canonical" href="https://a.b/c">'
        '<a href="#x">x</a><a href="page%202.html#y">y</a><img src="data:,"><a href="mailto:a@b">m</a>'
    )
    (tmp_path / "a" / "page 2.html").write_text('<i style="background:url(p.png)"></i>')
    (tmp_path / "a" / "p.png").write_bytes(b"")
    (tmp_path / "s.css").write_text("i{background:url('f.svg')} j{background:url(data:image/x,1)}")
    (tmp_path / "f.svg").write_text("")
    (tmp_path / "unused.js").write_text("")
    found = offline.files(tmp_path, ["a/page.html"])
    assert sorted(found) == ["a/p.png", "a/page 2.html", "a/page.html", "f.svg", "s.css"]


@pytest.mark.parametrize("address", ["gone.html", "../out.html"])
def test_a_file_that_is_not_there_is_named(address, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "out.html").write_text("outside the site")
    (tmp_path / "site" / "page.html").write_text(f'<a href="{address}">x</a>')
    with pytest.raises(FileNotFoundError, match=address.split("/")[-1]):
        offline.files(tmp_path / "site", ["page.html"])
