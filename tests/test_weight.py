"""How much a page weighs, and that nothing in view was lost to make it light.

The weight of a page is what a browser that has never been here asks for when it opens the page:
the page, and every style sheet, script, picture and icon that the page names, and what those
sheets name in turn. Each is counted as a host would send it, compressed by gzip where that makes
it smaller. Nothing else is fetched before a reader does something: other tests see to that.
Pictures that wait until they are near the view are counted as far as a browser asks for them.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.play import serving
from tests.site_checks import ROOT, SITE, Page, pages_of
from tests.test_pages import browser, listening, site  # noqa: F401

BUDGET = 150_000  # bytes, as the book promises
PACKED = (".woff2", ".png", ".jpg", ".gif", ".zip", ".pdf")


def weight_of(path: Path) -> int:
    content = path.read_bytes()
    return len(content) if path.suffix in PACKED else len(gzip.compress(content, 9))


def asked_for(page: Page) -> set[Path]:
    """Every file that comes with a page, the page itself included; not the pictures that wait."""
    files = {page.path.resolve()}
    for address in page.reader.fetched:
        if address not in page.reader.lazy:
            files |= named(address, page.path)
    for sheet in [path for path in files if path.suffix == ".css"]:
        text = sheet.read_text(encoding="utf-8")
        for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", text):
            files |= named(address, sheet)
    return files


def named(address: str, origin: Path) -> set[Path]:
    if address.startswith(("data:", "#")):
        return set()
    return {(origin.parent / re.split("[?#]", address)[0]).resolve()}


def parts_of(page: Page) -> dict[str, int]:
    return {path.name: weight_of(path) for path in sorted(asked_for(page))}


@pytest.fixture(scope="module")
def pages() -> dict[Path, Page]:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    return pages_of(SITE)


def too_heavy(pages: dict[Path, Page], budget: int = BUDGET) -> list[str]:
    found = []
    for path, page in pages.items():
        parts = parts_of(page)
        if sum(parts.values()) > budget:
            most = sorted(parts, key=parts.get, reverse=True)[:4]
            listed = ", ".join(f"{name} {parts[name]}" for name in most)
            found.append(f"{path.name}: {sum(parts.values())} bytes ({listed}, …)")
    return found


def test_every_page_is_light(pages):
    assert not too_heavy(pages), "\n".join(too_heavy(pages))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_pages_whose_pictures_wait_are_light(width, height, pages, browser):  # noqa: F811
    waiting = {path: page for path, page in pages.items() if page.reader.lazy}
    assert "figures.html" in {path.name for path in waiting}
    with (
        serving(SITE) as address,
        browser.new_context(viewport={"width": width, "height": height}) as context,
    ):
        for path, page in waiting.items():
            tab, asked = context.new_page(), set()
            tab.on("request", lambda request, asked=asked: asked.add(request.url))
            tab.goto(f"{address}/{path.relative_to(SITE).as_posix()}", wait_until="load")
            tab.wait_for_timeout(1000)
            names = [urlsplit(url).path.lstrip("/") for url in asked]
            pictures = [SITE / name for name in names if name.endswith(".svg")]
            assert 0 < len(pictures) < len(page.reader.lazy)
            weight = sum(parts_of(page).values()) + sum(map(weight_of, pictures))
            assert weight < BUDGET, path.name
            tab.close()


def test_a_heavy_page_is_found(tmp_path):
    noise = "".join(f"{number * 7919 % 104729:x}" for number in range(4000))
    (tmp_path / "deep").mkdir()
    (tmp_path / "page.html").write_text(
        '<link rel="stylesheet" href="deep/a.css?v=1"><script src="a.js"></script>'
        '<link rel="next" href="big.html"><img src="a.png" alt="">'
        '<img src="late.svg" alt="" loading="lazy">',
        encoding="utf-8",
    )
    (tmp_path / "big.html").write_text(noise, encoding="utf-8")
    (tmp_path / "a.js").write_text(noise, encoding="utf-8")
    (tmp_path / "a.png").write_bytes(bytes(5000))
    (tmp_path / "deep" / "a.css").write_text("i{background:url(../b.png),url(data:,)}", "utf-8")
    (tmp_path / "b.png").write_bytes(bytes(6000))
    pages = pages_of(tmp_path)
    parts = parts_of(pages[tmp_path / "page.html"])
    assert parts.keys() == {"page.html", "a.css", "a.js", "a.png", "b.png"}
    assert (parts["a.png"], parts["b.png"]) == (5000, 6000)
    assert 5000 < parts["a.js"] < len(noise)
    assert not too_heavy(pages)
    assert ["page.html" in line for line in too_heavy(pages, sum(parts.values()) - 1)] == [True]


# --- nothing in view is lost -------------------------------------------------------------------

SAMPLES = [
    "chapters/04-scores.html",
    "index.html",
    "back/api.html",
    "back/glossary.html",
    "search.html?q=query",
]
SHEETS = SITE.parent / ".doctrees" / "sheets"


def whole_sheets(maths: bool) -> list[str]:
    """The style sheets as they came, in the order of the theme's own pages."""
    names = json.loads((SHEETS / "memory.json").read_text("utf-8"))["sheets"]
    paths = [SHEETS / name for name in names]
    if maths:
        paths.insert(names.index("book.css"), ROOT / "vendor" / "katex" / "katex.min.css")
    return [path.resolve().as_uri() for path in paths]


SWAP = """async (sheets) => {
  const pruned = [...document.querySelectorAll('link[rel="stylesheet"]')];
  await Promise.all(sheets.map((address) => new Promise((done) => {
    const link = Object.assign(document.createElement("link"), {rel: "stylesheet", href: address});
    link.onload = link.onerror = done;
    pruned[0].before(link);
  })));
  pruned.forEach((link) => link.remove());
}"""

#: Everything a script can bring about, at once; then how each element, shown or not, is to look.
#: The page keeps it under a name: it is too much to be brought out.
STYLES = """(name) => {
  document.querySelectorAll("details").forEach((details) => { details.open = true; });
  document.querySelectorAll(".copybtn").forEach((button) => button.classList.add("success"));
  document.body.classList.add("scrolled");
  const dialog = document.querySelector("#pst-search-dialog");
  if (!dialog.open) dialog.showModal();
  const look = (element, part) => {
    const style = getComputedStyle(element, part);
    if (part && style.content === "none") return "";
    let text = "";
    for (const name of style) if (!name.startsWith("--")) text += `${name}: ${style.getPropertyValue(name)}; `;
    return text.replace(/url\\("(?!data:)[^"]*\\//g, 'url("').replaceAll("KaTeX_", "Formula_");
  };
  // One of those that no rule tells apart: by tag, attributes and place among siblings, all the
  // way up. A rule for one id would be for the theme's own parts, which stand outside the article.
  const kinds = new Map();
  const kind = (at) => {
    if (!kinds.has(at)) {
      const own = [...at.attributes].filter(({ name }) =>
        !/^(href|src|title|aria-label)$/.test(name) && !(name === "id" && at.closest("article")));
      const place = [":first-child", ":last-child", ":nth-child(even)", ":empty"]
        .map((selector) => at.matches(selector));
      const before = at.previousElementSibling?.tagName;
      const self = [at.tagName, before, place, ...own.map(({ name, value }) => name + value)].join();
      kinds.set(at, at.parentElement ? `${kind(at.parentElement)} ${self}` : self);
    }
    return kinds.get(at);
  };
  window.all ??= [...new Map(
    [...document.querySelectorAll("body, body *:not(svg *, script, style)")]
      .map((element) => [kind(element), element]).reverse()).values()].reverse();
  const parts = [undefined, "::before", "::after"];
  window[name] = all.map((element) => parts.map((part) => look(element, part)).join("; "));
  return [all.length, window[name][0].length];
}"""
#: Which elements look otherwise under the second name than under the first, and in what.
UNLIKE = """([one, other]) => {
  return all.flatMap((element, index) => {
    if (window[one][index] === window[other][index]) return [];
    const [was, is] = [one, other].map((name) => window[name][index].split("; "));
    const lost = was.flatMap((line, at) => (line === is[at] ? [] : [`${line} for ${is[at]}`]));
    return [`${element.outerHTML.slice(0, 100)}: ${lost.slice(0, 4).join(", ")}`];
  });
}"""


def unlike(view, name: str, theme: str, width: int) -> list[str]:
    """Where a page looks otherwise by its own sheet than by those that came."""
    view.emulate_media(color_scheme=theme, reduced_motion="reduce")
    view.set_viewport_size({"width": width, "height": 800})
    view.goto(f"{SITE.resolve().as_uri()}/{name}")
    if "?" in name:
        view.get_by_text("Search finished").wait_for()
    read = "() => document.fonts.ready.then(() => null)"  # formulas have their final width
    view.evaluate(read)
    elements, properties = view.evaluate(STYLES, "pruned")
    assert elements > 50
    assert properties > 5000
    view.evaluate(SWAP, whole_sheets(bool(view.locator('link[href*="katex.css"]').count())))
    view.evaluate(read)
    view.evaluate(STYLES, "whole")
    return view.evaluate(UNLIKE, ["pruned", "whole"])


@pytest.fixture
def tab(browser, site):  # noqa: F811
    with browser.new_context(color_scheme="light") as context:
        yield listening(context.new_page(), site)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_the_one_sheet_shows_what_all_sheets_show(name, theme, width, tab):
    found = unlike(tab, name, theme, width)
    assert not found, "\n".join(found[:20])


def test_a_style_that_is_missing_is_found(tab, monkeypatch):
    sheets = whole_sheets
    monkeypatch.setattr(
        sys.modules[__name__],
        "whole_sheets",
        lambda maths: [s for s in sheets(maths) if "book.css" not in s],
    )
    found = unlike(tab, "back/cite.html", "light", 1280)
    assert any(" for " in line for line in found)


# --- what the book's own script does -------------------------------------------------------------


def test_words_that_were_searched_for_are_marked_until_escape(tab, site):  # noqa: F811
    tab.goto(f"{site.resolve().as_uri()}/search.html?q=query")
    tab.locator("#search-results li a").first.click()
    tab.wait_for_load_state()
    marks = "[...(CSS.highlights.get('searched') || [])].map((range) => range.toString())"
    assert {word.lower() for word in tab.evaluate(marks)} == {"query"}
    tab.keyboard.press("Escape")
    assert tab.evaluate(marks) == []
    tab.reload()
    assert tab.evaluate(marks) == []
    assert tab.heard == []


def test_the_way_back_to_the_top_comes_when_the_reader_turns_back(tab, site):  # noqa: F811
    tab.emulate_media(reduced_motion="reduce")
    tab.set_viewport_size(
        {"width": 360, "height": 740}
    )  # the theme has no such button on wide ones
    tab.goto((site / SAMPLES[0]).as_uri())
    button = tab.locator("#pst-back-to-top")
    tab.evaluate("scrollTo(0, 3000)")
    frame = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
    tab.evaluate(frame)  # the page has heard of the first before the second comes
    assert not button.is_visible()
    tab.evaluate("scrollTo(0, 2500)")
    button.click()
    for _ in range(50):
        if not tab.evaluate("scrollY"):
            break
        tab.wait_for_timeout(40)
    assert tab.evaluate("scrollY") == 0
    assert tab.heard == []
