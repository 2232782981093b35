"""Every page of the built site in a real browser: narrow and wide, light and dark.

Pages are opened from their folder, where more fails than over http; what a reader does is done
both ways. The browser is Chromium; where none is installed these tests are skipped, except where
`CI` is set.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.play import INLINE_FONT, axe, serving
from tests.site_checks import SITE, pages_of
from tools.press import chromium

CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
WIDTHS = (1280, 360)
THEMES = ("light", "dark")
PHONE = {"width": 360, "height": 740}
SAMPLE = "chapters/04-scores.html"
MOST_SHIFT = 0.02
MOST_SLOW_SHIFT = 0.03  # where the fonts of formulas come after the first picture
SETTLED = 150  # milliseconds after loading, by when nothing may move any more
#: Adds up what moves in the page, as browsers report it.
SHIFTS = """
let seen = 0;
const note = (entries) => { for (const entry of entries) seen += entry.value; };
const observer = new PerformanceObserver((list) => note(list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });
window.shifted = () => { note(observer.takeRecords()); return seen; };
"""


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No Chromium is installed, and CI must look at the pages.")
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        # Autofill asks a server of its own about every form that it sees.
        autofill = "features=AutofillServerCommunication"
        quiet = ["background-networking", "component-update", "sync", "gpu", autofill]
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


@pytest.fixture(scope="module")
def host(site):
    """The site's address at a host, which has it below its root."""
    with serving(site, "/book") as address:
        yield address


@pytest.fixture(params=["folder", "host"])
def address(request, site):
    """How the site is reached: its address, from a folder and over http."""
    return request.getfixturevalue("host") if request.param == "host" else site.as_uri()


@pytest.fixture
def tab(browser, address):
    context = browser.new_context(color_scheme="light")
    yield listening(context.new_page(), address)
    context.close()


@pytest.fixture
def blank(browser, tmp_path):
    """A tab for pages that are broken on purpose."""
    context = browser.new_context(color_scheme="light", offline=True)
    yield listening(context.new_page(), tmp_path)
    context.close()


def listening(tab, base: Path | str):
    """The tab, with what it hears of faults in `tab.heard`; `base` is where requests may go."""
    tab.heard = []
    tab.add_init_script(SHIFTS)
    allowed = (base if isinstance(base, str) else base.resolve().as_uri(), "data:", "blob:")

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
    # A picture that was still waiting when the tab went on to the next page is no fault.
    tab.on(
        "requestfailed",
        lambda request: (
            tab.heard.append(f"request failed: {request.url}")
            if request.failure != "net::ERR_ABORTED"
            else None
        ),
    )
    return tab


def look(tab, address: str, theme: str, widths=WIDTHS) -> list[str]:
    """Every fault of a page, at each width."""
    tab.heard.clear()
    found = []
    for width in widths:
        tab.set_viewport_size({"width": width, "height": 800})
        tab.goto(address, wait_until="load")
        seen = tab.evaluate("document.documentElement.dataset.theme")
        if seen != theme:
            found.append(f"the theme is {seen}, not {theme}")
        tab.wait_for_timeout(SETTLED)
        shift = tab.evaluate("shifted()")
        faults = [f"moves by {shift:.3f} while it loads"] if shift > MOST_SHIFT else []
        tab.keyboard.press("Tab")  # from here on, focus is shown as for the keyboard
        faults += tab.evaluate(CHECKS) + axe(tab, colours_only=theme == "dark")
        found += [f"{theme}, {width} px: {fault}" for fault in faults]
    return found + [f"{theme}: {fault}" for fault in tab.heard]


def menu_faults(tab, address: str) -> list[str]:
    """What keeps a reader with a phone, or with its keyboard alone, from the menu."""
    tab.set_viewport_size(PHONE)
    tab.goto(address, wait_until="load")
    button = tab.locator(".primary-toggle:visible")
    links = tab.locator("nav .toctree-l1 > a")
    if button.count() != 1:
        return [f"{button.count()} menu buttons in view"]
    if not (button.get_attribute("aria-label") or "").strip():
        return ["the menu button has no name"]
    box = button.bounding_box()
    found = [] if min(box["width"], box["height"]) >= 24 else ["the menu button is too small"]
    if box["x"] < 0 or box["x"] + box["width"] > PHONE["width"]:
        found.append("the menu button is out of view")
    for by in ("touch", "keyboard"):
        if by == "touch":
            button.click()
        else:
            button.focus()
            tab.keyboard.press("Enter")
        try:
            links.last.wait_for(state="visible", timeout=1500)
        except Exception:
            return [*found, f"the menu does not open by {by}"]
        if not tab.evaluate("document.activeElement.closest('dialog') !== null"):
            found.append(f"opened by {by}, the menu does not take the focus")
        tab.keyboard.press("Escape")
        try:
            links.last.wait_for(state="hidden", timeout=1500)
        except Exception:
            return [*found, "the menu does not close"]
    return found


PAGES = pages_of(SITE) if SITE.is_dir() else {}
#: The page for any address, where it starts at the root of a host and so is for hosts alone.
HOSTED = [path.name for path, page in PAGES.items() if page.root]


def every_page() -> list[str]:
    names = [path.relative_to(SITE).as_posix() for path in PAGES]
    return [name for name in names if name not in HOSTED] or ["index.html"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", every_page())
def test_page(name, theme, views, site):
    found = look(views[theme], (site / name).as_uri(), theme)
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def slow_line(browser, site):
    """A narrow tab, and an address whose pages come piece by piece."""
    context = browser.new_context(viewport={"width": min(WIDTHS), "height": 800})
    with serving(site, slowly=1) as address:
        yield listening(context.new_page(), address), address
    context.close()


def slow_shift(tab, address: str) -> float:
    """How far what is drawn moves while the rest of the page, and its fonts, still arrive."""
    tab.goto(address, wait_until="load")
    tab.evaluate("document.fonts.ready.then(() => null)")
    tab.wait_for_timeout(SETTLED)
    return tab.evaluate("shifted()")


@pytest.mark.parametrize("name", every_page())
def test_nothing_moves_while_the_page_arrives(name, slow_line):
    tab, address = slow_line
    assert slow_shift(tab, f"{address}/{name}") <= MOST_SLOW_SHIFT


def test_fonts_of_formulas_come_late_over_a_slow_line(slow_line):
    tab, address = slow_line
    with tab.expect_response("**/late-font/*") as late:
        slow_shift(tab, f"{address}/{SAMPLE}")
    assert late.value.ok


MOVING = {
    "rows that widen their columns": "<table>"
    + "".join(f"<tr><td>{'a ' * 9 * i}</td><td>{'b ' * 99}</td></tr>" for i in range(9))
    + "</table>",
    # Before a font of fixed width, whose signs are as wide on every machine.
    "a font that breaks lines anew": "<p style='font-family:late,monospace'>"
    + "== " * 260
    + "</p>"
    + "<p>b</p>" * 9,
}


@pytest.mark.parametrize("what", MOVING)
def test_what_moves_while_the_page_arrives_is_found(what, browser, site, tmp_path):
    font = next(INLINE_FONT.finditer((site / "_static" / "katex.css").read_bytes()))[0].decode()
    (tmp_path / "late.css").write_text(f"@font-face{{font-family:late;src:{font}}}", "utf-8")
    page = "<!DOCTYPE html><link rel=stylesheet href=late.css><title>t</title><article>"
    (tmp_path / "page.html").write_text(page + MOVING[what] + " " * 2000, encoding="utf-8")
    # Slower than where nothing moves: a machine that is busy must still draw what has come.
    with serving(tmp_path, slowly=4) as address, browser.new_context(viewport=PHONE) as context:
        tab = listening(context.new_page(), address)
        assert slow_shift(tab, f"{address}/page.html") > MOST_SLOW_SHIFT


@pytest.mark.parametrize("name", every_page())
def test_menu_on_a_phone(name, views, site):
    found = menu_faults(views["light"], (site / name).as_uri())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", HOSTED)
def test_page_of_a_host(name, theme, browser, site):
    root = PAGES[SITE / name].root.rstrip("/")
    with serving(site, root) as address, browser.new_context(color_scheme=theme) as context:
        found = look(listening(context.new_page(), address), f"{address}/{name}", theme)
        found += menu_faults(context.pages[0], f"{address}/{name}")
    assert not found, "\n".join(found)


def test_every_page_reads_without_scripts(browser, site):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    tab = context.new_page()
    wrong = []
    for name in every_page():
        tab.goto((site / name).as_uri())
        if tab.locator("html").get_attribute("data-theme") != "light":
            wrong.append(f"{name}: no theme")
        for part in ("article h1", "article p", "article figure svg", "article .katex-html"):
            first = tab.locator(f"{part}:not(dialog *, details *)").first
            if first.count() and not first.is_visible():
                wrong.append(f"{name}: {part} is not in view")
    context.close()
    assert not wrong, "\n".join(wrong)


# --- what a reader does ------------------------------------------------------------------------


def test_the_menu_opens_on_a_phone(tab, address):
    tab.set_viewport_size(PHONE)
    tab.goto(f"{address}/{SAMPLE}")
    link = tab.locator("a.reference", has_text="Glossary").first
    assert not link.is_visible()
    tab.locator(".primary-toggle:visible").click()
    link.wait_for(state="visible")
    link.click()
    tab.wait_for_url("**/back/glossary.html")
    assert tab.heard == []


def test_the_menu_button_hides_the_side_column_on_a_wide_screen(tab, address):
    tab.goto(f"{address}/{SAMPLE}")
    column = tab.locator("#pst-primary-sidebar")
    assert column.is_visible()
    tab.locator(".primary-toggle:visible").click()
    column.wait_for(state="hidden")


def test_the_theme_can_be_switched_and_is_kept(tab, address):
    tab.goto(f"{address}/{SAMPLE}")
    theme = "document.documentElement.dataset.theme"
    for _ in range(3):
        tab.locator(".theme-switch-button:visible").click()
        if tab.evaluate(theme) == "dark":
            break
    assert tab.evaluate(theme) == "dark"
    tab.goto(f"{address}/index.html")
    assert tab.evaluate(theme) == "dark"


def test_search_finds_a_page(tab, address):
    tab.goto(f"{address}/search.html?q=query")
    tab.locator("#search-results li a").first.wait_for(timeout=5000)
    assert tab.heard == []


def test_the_search_box_leads_to_what_is_sought(tab, address):
    tab.goto(f"{address}/{SAMPLE}")
    tab.keyboard.press("Control+k")
    tab.locator("dialog input[type=search]").fill("softmax")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=softmax*")
    tab.locator("#search-results li a", has_text="softmax").first.click()
    tab.wait_for_url(lambda url: "/search.html" not in url)
    assert tab.heard == []


def test_code_can_be_copied(tab, address):
    tab.goto(f"{address}/{SAMPLE}")
    button = tab.locator("button.copybtn").first
    button.wait_for(state="attached")
    button.evaluate("button => button.click()")
    tab.locator("button.copybtn.success").first.wait_for(state="attached", timeout=2000)


def test_answers_are_open_on_paper(tab, address):
    tab.goto(f"{address}/{SAMPLE}")
    tab.emulate_media(media="print")
    answer = tab.locator(
        "details.sd-dropdown .sd-summary-content, .tag_hide-cell .cell_input"
    ).first
    assert answer.bounding_box()["height"] > 0


def test_paper_is_light(tab, address):
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{address}/{SAMPLE}")
    theme = "document.documentElement.dataset.theme"
    assert tab.evaluate(theme) == "dark"
    tab.emulate_media(media="print")
    tab.locator("html[data-theme=light]").wait_for(state="attached")
    assert tab.locator("article h1").is_visible()
    tab.emulate_media(media="screen")
    tab.locator("html[data-theme=dark]").wait_for(state="attached")
    assert tab.heard == []


# --- each check is shown to fail ---------------------------------------------------------------

#: Moves the page when it has been seen.
LATE = "setTimeout(() => { document.querySelector('h1').style.marginTop = '300px'; }, 60)"
GOOD = """<!doctype html><html lang="en" data-theme="light"><head><title>A sound page</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>
:root { --role-query-text: #b34f00; --role-key: #e69f00; } .q { color: var(--role-query-text); }
rect { fill: #fff; } text { fill: var(--role-query-text); } a:focus { outline: 2px solid #000; }
</style></head><body><main><article><h1>A title</h1>
<p>Text, <code>$x$ {term}</code>, an amount of $5.</p><p class="q">A query</p><p class="k">A key</p>
<p><span class="katex"><span class="katex-html" aria-hidden="true">q</span></span></p>
<h2 id="here">A heading</h2><a href="#here">up</a><button>go</button>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
<figure><svg role="img" aria-label="a square" width="9" height="9"><rect width="9" height="9"/>
<text y="8">1</text></svg><figcaption>See.</figcaption></figure>
<details><summary>Answer</summary>four</details></article></main></body></html>"""


def broken(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def faults_of(html, tab, folder) -> list[str]:
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    return look(tab, page.as_uri(), "light")


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
        ("h2", "h3", "heading 3 after 1"),
        ('href="#here"', 'href="#nowhere"', "no such anchor: #nowhere"),
        ("<details>", "<details open>", "an answer lies open"),
        (">go<", "><", "a control without a name"),
        ('data-theme="light"', 'data-theme="dark"', "the theme is dark"),
        ("-text: #b34f00", "-text: #d08040", "text in the colour of query at 3.07 to 1: A query"),
        ('class="k"', 'style="color: var(--role-key)"', "text in the colour of key at 2.25 to 1"),
        ('class="q"', 'class="q" style="opacity: .7"', "text in the colour of query at 3.04"),
        ('class="q"', 'class="q" style="background: #333"', "text in the colour of query at 2.43"),
        ("rect { fill: #fff; }", "rect { fill: #aaa; }", "text in the colour of query at 2.24"),
        ('katex-html"', 'katex-html" style="color: #999"', "a formula at 2.85 to 1: q"),
        ("2px solid #000", "0", "focus not visible"),
        ("2px solid #000", "2px solid #ddd", "focus at 1.36 to 1"),
        ('lang="en"', "", "html-has-lang"),
        ("<main>", "<p>Adrift</p><main>", "region: <p>Adrift"),
        ("Text,", '<b style="color: #aaa">Text</b>,', "color-contrast"),
        ("</body>", f"<script>{LATE}</script></body>", "while it loads"),
        ("</body>", "<script>console.warn('w')</script></body>", "console warning: w"),
        ("</body>", "<script>console.error('e')</script></body>", "console error: e"),
        ("</body>", "<script>throw Error('thrown')</script></body>", "script error: thrown"),
        ("</body>", "<script src='none.js'></script></body>", "request failed"),
        ("</body>", "<script src='https://example.org/a.js'></script></body>", "asks outside"),
    ],
)
def test_each_fault_is_found(old, new, fault, blank, tmp_path):
    found = faults_of(broken(old, new), blank, tmp_path)
    assert any(fault in line for line in found), found


@pytest.mark.parametrize("place", ["Text,", "See.", "four"])
def test_contrast_is_measured_in_the_dark_and_among_many_alike(place, browser, tmp_path):
    dark = GOOD.replace('data-theme="light"', 'data-theme="dark"').replace("<details>", "")
    many = "<p>and more of it</p>" * 9
    page = tmp_path / "page.html"
    with browser.new_context(color_scheme="dark") as context:
        tab = listening(context.new_page(), tmp_path)
        for bad in ("", '<b style="color: #aaa">Text</b>'):
            page.write_text(dark.replace("<p>", f"{many}<p>", 1).replace(place, place + bad))
            found = look(tab, page.as_uri(), "dark")
            assert any("color-contrast" in line for line in found) == bool(bad), found


MENU = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>A menu</title><link rel="icon" href="data:,">
<button class="primary-toggle" aria-label="Menu" style="width:30px;height:30px"></button>
<dialog><nav><ul><li class="toctree-l1"><a href="#">A page</a></ul></nav></dialog>
<script>document.querySelector("button").addEventListener("click",
() => document.querySelector("dialog").showModal());</script></html>"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("", "", None),
        ("width:30px", "display:none", "0 menu buttons in view"),
        ('aria-label="Menu"', "", "the menu button has no name"),
        ("width:30px", "width:9px;padding:0", "the menu button is too small"),
        ("width:30px", "margin-left:500px", "the menu button is out of view"),
        ("showModal", "close", "the menu does not open by touch"),
        ("click", "pointerdown", "the menu does not open by keyboard"),
        ("showModal()", "setAttribute('open', '')", "does not take the focus"),
        ("<dialog>", "<dialog oncancel='return false'>", "the menu does not close"),
    ],
)
def test_each_fault_of_the_menu_is_found(old, new, fault, blank, tmp_path):
    assert old in MENU
    page = tmp_path / "page.html"
    page.write_text(MENU.replace(old, new, 1), encoding="utf-8")
    found = menu_faults(blank, page.as_uri())
    assert found == [] if fault is None else any(fault in line for line in found), found
