"""Every page of the built site in a real browser: narrow and wide, light and dark.

Pages are opened from their folder, where more fails than over http. The browser is Chromium;
where none is installed these tests are skipped, except where `CI` is set.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.site_checks import SITE, pages_of

CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
WIDTHS = (1280, 360)
THEMES = ("light", "dark")
SAMPLE = "chapters/04-scores.html"


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium is installed, and CI must look at the pages.")
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        quiet = ["background-networking", "component-update", "sync", "gpu"]
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Path:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    return SITE


@pytest.fixture(scope="module")
def views(browser, site):
    """For each theme, a tab that writes down what it hears, in `tab.heard`."""
    contexts = {theme: browser.new_context(color_scheme=theme, offline=True) for theme in THEMES}
    yield {theme: listening(context.new_page(), site) for theme, context in contexts.items()}
    for context in contexts.values():
        context.close()


@pytest.fixture
def tab(browser, site):
    context = browser.new_context(color_scheme="light", offline=True)
    yield listening(context.new_page(), site)
    context.close()


@pytest.fixture
def blank(browser, tmp_path):
    """A tab for pages that are broken on purpose."""
    context = browser.new_context(color_scheme="light", offline=True)
    yield listening(context.new_page(), tmp_path)
    context.close()


def listening(tab, folder: Path):
    """The tab, with what it hears of faults in `tab.heard`."""
    tab.heard = []
    allowed = (folder.resolve().as_uri(), "data:", "blob:")

    def note(request):
        if not request.url.startswith(allowed):
            tab.heard.append(f"asks outside: {request.url}")

    tab.on("request", note)
    tab.on(
        "console",
        lambda message: (
            tab.heard.append(f"console {message.type}: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    tab.on("pageerror", lambda error: tab.heard.append(f"script error: {error}"))
    tab.on("requestfailed", lambda request: tab.heard.append(f"request failed: {request.url}"))
    return tab


def look(tab, path: Path, theme: str, widths=WIDTHS) -> list[str]:
    """Every fault of a page, at each width."""
    tab.heard.clear()
    tab.set_viewport_size({"width": widths[0], "height": 800})
    tab.goto(path.resolve().as_uri(), wait_until="load")
    found = []
    seen = tab.evaluate("document.documentElement.dataset.theme")
    if seen != theme:
        found.append(f"the theme is {seen}, not {theme}")
    for width in widths:
        tab.set_viewport_size({"width": width, "height": 800})
        tab.evaluate("() => new Promise(requestAnimationFrame)")
        found += [f"{theme}, {width} px: {fault}" for fault in tab.evaluate(CHECKS)]
    return found + [f"{theme}: {fault}" for fault in tab.heard]


def every_page() -> list[str]:
    return [path.relative_to(SITE).as_posix() for path in pages_of(SITE)] if SITE.is_dir() else []


@pytest.mark.parametrize("name", every_page() or ["index.html"])
def test_page(name, views, site):
    found = [fault for theme in THEMES for fault in look(views[theme], site / name, theme)]
    assert not found, "\n".join(found)


# --- what a reader does ------------------------------------------------------------------------


def test_the_menu_opens_on_a_phone(tab, site):
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto((site / SAMPLE).as_uri())
    link = tab.locator("a.reference", has_text="Glossary").first
    assert not link.is_visible()
    tab.locator(".primary-toggle:visible").click()
    link.wait_for(state="visible")
    link.click()
    tab.wait_for_url("**/back/glossary.html")
    assert tab.heard == []


def test_the_menu_button_hides_the_side_column_on_a_wide_screen(tab, site):
    tab.goto((site / SAMPLE).as_uri())
    column = tab.locator("#pst-primary-sidebar")
    assert column.is_visible()
    tab.locator(".primary-toggle:visible").click()
    column.wait_for(state="hidden")


def test_the_theme_can_be_switched_and_is_kept(tab, site):
    tab.goto((site / SAMPLE).as_uri())
    theme = "document.documentElement.dataset.theme"
    for _ in range(3):
        tab.locator(".theme-switch-button:visible").click()
        if tab.evaluate(theme) == "dark":
            break
    assert tab.evaluate(theme) == "dark"
    tab.goto((site / "index.html").as_uri())
    assert tab.evaluate(theme) == "dark"


def test_search_finds_a_page_from_a_folder(tab, site):
    tab.goto((site / "search.html").as_uri() + "?q=query")
    tab.locator("#search-results li a").first.wait_for(timeout=5000)
    assert tab.heard == []


def test_code_can_be_copied(tab, site):
    tab.goto((site / SAMPLE).as_uri())
    button = tab.locator("button.copybtn").first
    button.wait_for(state="attached")
    button.evaluate("button => button.click()")
    tab.locator("button.copybtn.success").first.wait_for(state="attached", timeout=2000)


def test_a_page_is_complete_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    tab = context.new_page()
    tab.goto((site / SAMPLE).as_uri())
    assert tab.locator("html").get_attribute("data-theme") == "light"
    assert tab.locator("figure svg").first.is_visible()
    assert tab.locator(".math .katex-html").first.is_visible()
    context.close()


def test_answers_are_open_on_paper(tab, site):
    tab.goto((site / SAMPLE).as_uri())
    tab.emulate_media(media="print")
    answer = tab.locator(
        "details.sd-dropdown .sd-summary-content, .tag_hide-cell .cell_input"
    ).first
    assert answer.bounding_box()["height"] > 0


def test_paper_is_light(tab, site):
    tab.emulate_media(color_scheme="dark")
    tab.goto((site / SAMPLE).as_uri())
    theme = "document.documentElement.dataset.theme"
    assert tab.evaluate(theme) == "dark"
    tab.emulate_media(media="print")
    tab.wait_for_function(f"{theme} === 'light'")
    assert tab.locator("article h1").is_visible()
    tab.emulate_media(media="screen")
    tab.wait_for_function(f"{theme} === 'dark'")
    assert tab.heard == []


# --- each check is shown to fail ---------------------------------------------------------------

GOOD = """<!doctype html><html lang="en" data-theme="light"><head><title>t</title>
<link rel="icon" href="data:,"></head><body><article><h1>A title</h1>
<p>Text, <code>$x$ {term}</code>, an amount of $5.</p><a href="#">up</a><button>go</button>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
<figure><svg role="img" aria-label="a square" width="9" height="9"></svg>
<figcaption>See.</figcaption></figure><details><summary>Answer</summary>four</details>
</article></body></html>"""


def faults_of(html, tab, folder) -> list[str]:
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    return look(tab, page, "light")


def test_a_sound_page_has_no_faults(blank, tmp_path):
    assert faults_of(GOOD, blank, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Text,", '<span style="display:block;width:900px">x</span>', "360 px: scrolls sideways"),
        ("base64,R0", "base64,XX", "image not loaded"),
        ('alt="" ', "", "image without alt"),
        ('aria-label="a square"', "", "figure without a name"),
        ('role="img"', "", "figure without a name"),
        ('width="9"', 'width="0"', "figure not in view"),
        ("See.", "", "figure without a caption"),
        ("Text,", "Text $q_1$,", "maths left as source"),
        ("Text,", r"Text \(q\),", "maths left as source"),
        ("Text,", "Text {term}`query`,", "a role left as source"),
        ("Text,", "Text ::: note,", "a directive left as source"),
        ("Text,", "Text &lt;!-- claim: 1 --&gt;,", "a claim left as source"),
        ("Text,", "Text [up](up.md),", "a link left as source"),
        ("Text,", '<span class="katex-error">x</span>', "an error on the page"),
        ("<h1>A title</h1>", "", "0 titles"),
        ("<details>", "<details open>", "an answer lies open"),
        (">go<", "><", "a control without a name"),
        ('data-theme="light"', 'data-theme="dark"', "the theme is dark"),
        ("</body>", "<script>console.warn('w')</script></body>", "console warning: w"),
        ("</body>", "<script>console.error('e')</script></body>", "console error: e"),
        ("</body>", "<script>throw Error('thrown')</script></body>", "script error: thrown"),
        ("</body>", "<script src='none.js'></script></body>", "request failed"),
        ("</body>", "<script src='https://example.org/a.js'></script></body>", "asks outside"),
    ],
)
def test_each_fault_is_found(old, new, fault, blank, tmp_path):
    assert old in GOOD
    found = faults_of(GOOD.replace(old, new, 1), blank, tmp_path)
    assert any(fault in line for line in found), found
