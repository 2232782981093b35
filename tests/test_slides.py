"""The slides: made from the chapters, whole, readable, and at home in a folder."""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.play import axe
from tests.site_checks import SITE
from tests.test_pages import PHONE, browser, listening  # noqa: F401
from tools import built, notebooks, press, slides

#: What is too small to be read at the back of a room, in pixels of 1280 by 720.
HEADLINE, CAPTION = 24, 18
CHOICES = slides.choices()
#: What does not fit on the slide in view, one sentence each.
FAULTS = """([headline, caption]) => {
  const faults = [];
  const slide = deck.slides[deck.at];
  const box = slide.getBoundingClientRect();
  const within = (rect, what) => {
    if (rect.width && rect.height && (rect.left < box.left - 1 || rect.right > box.right + 1 ||
        rect.top < box.top - 1 || rect.bottom > box.bottom + 1)) {
      faults.push(`${what} leaves the slide: ${[rect.left, rect.top, rect.right, rect.bottom].map(Math.round)}`);
    }
  };
  const parts = [...slide.querySelectorAll(":scope > :is(header, .large, .said, .later, .foot)")];
  const seen = (part) => part.checkVisibility() && getComputedStyle(part).clipPath === "none";
  const boxes = [];
  for (const part of parts) {
    if (!seen(part)) continue;
    const scrolls = part.matches(".scrolls");
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    let hull = null;
    const add = (rect) => {
      if (!rect.width || !rect.height) return;
      if (part.matches(".foot")) rect = part.getBoundingClientRect(); // it cuts what is too long
      hull ||= { left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
      hull.left = Math.min(hull.left, rect.left); hull.right = Math.max(hull.right, rect.right);
      hull.top = Math.min(hull.top, rect.top); hull.bottom = Math.max(hull.bottom, rect.bottom);
    };
    while (walker.nextNode()) {
      const text = walker.currentNode;
      const holder = text.parentElement;
      if (!text.data.trim() || holder.closest("style, .katex-mathml, .cover, svg")) continue;
      if (holder.closest("[data-frames], attention-bench, attention-heads, attention-dial")) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const rect of range.getClientRects()) { within(rect, `“${text.data.trim().slice(0, 30)}”`); add(rect); }
      const size = parseFloat(getComputedStyle(holder).fontSize);
      const least = holder.closest(".foot") ? 16 : holder.closest("h1, h2, header > p:not(.kicker)") ? headline : caption;
      // Letters below and above others are smaller, and code in words a little.
      const small = holder.closest(".katex, sub, sup, code:not(pre code)");
      if (!small && size < least - 0.01) faults.push(`${size} px: “${text.data.trim().slice(0, 30)}”`);
    }
    for (const drawn of part.querySelectorAll("svg.at")) {
      const place = drawn.getBoundingClientRect();
      if (!place.width) continue;
      within(place, "a picture");
      if (!drawn.closest(".cover")) add(place);
    }
    for (const player of part.children) {
      if (!player.shadowRoot) continue;
      const live = player.shadowRoot.querySelector(".live").getBoundingClientRect();
      if (!live.width) faults.push("a player is not in view");
      if (!scrolls) { within(live, "a player"); add(live); }
    }
    if (hull) boxes.push([part.className || part.localName, hull]);
  }
  for (const [i, [one, a]] of boxes.entries()) for (const [other, b] of boxes.slice(i + 1)) {
    const [wide, high] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
    if (wide > 2 && high > 2) faults.push(`${one} lies on ${other} by ${Math.round(wide)} × ${Math.round(high)}`);
  }
  return faults.map((fault) => `${deck.at + 1} (${slide.dataset.name}): ${fault}`);
}"""


@cache
def made() -> list[slides.Deck]:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    return slides.decks()


def every() -> list[slides.Slide]:
    return [slide for deck in made() for *_, own in deck.chapters for slide in own]


@cache
def documents() -> dict[str, str]:
    return {deck.stem: slides.document(deck, "../../") for deck in made()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("slides")
    slides.write(made(), path)
    return path


def told() -> dict[str, list]:
    """The cells of each chapter before its exercises."""
    found = {}
    for path in notebooks.notebooks():
        if path.parent.name == "chapters":
            cells = []
            for cell in notebooks.read(path).cells:
                if cell.cell_type == "markdown" and re.search(r"^## Exercises", cell.source, re.M):
                    cells.append(
                        type(cell)(
                            cell, source=re.split(r"^## Exercises", cell.source, flags=re.M)[0]
                        )
                    )
                    break
                cells.append(cell)
            found[path.stem] = cells
    return found


# --- from the chapters ---------------------------------------------------------------------------


def test_each_part_has_a_deck_with_its_chapters():
    parts = [part for part in built.parts() if part.pages[0].startswith("chapters/")]
    assert [deck.caption for deck in made()] == [part.caption for part in parts]
    for deck, part in zip(made(), parts, strict=True):
        assert [name for name, *_ in deck.chapters] == list(part.pages)
        for *_, own in deck.chapters:
            assert [own[0].kind, own[-1].kind] == ["chapter", "closing"]
            assert own[0].body.count("<li>") == 3
            assert own[-1].later


def test_every_figure_is_the_stored_one():
    """To the letter: a figure on a slide is what the notebook holds, in the notebook's order."""
    shown = {slide.name: slide for slide in every() if slide.name.startswith("fig-")}
    count = 0
    for stem, cells in told().items():
        place = 0
        for cell in cells:
            for output in cell.get("outputs", []):
                drawing = output.get("data", {}).get("text/html", "")
                if "attention-figure" not in drawing:
                    continue
                place += 1
                name = f"fig-{stem[:2]}-{place}"
                if name in CHOICES.leave:
                    assert name not in shown
                    continue
                slide = shown.pop(name)
                stored = BeautifulSoup(drawing, "html.parser").find("svg")
                drawn = BeautifulSoup(slide.body, "html.parser").find("svg")
                for ours in (stored, drawn):  # ids get their page's name
                    for element in ours.find_all(id=True):
                        element["id"] = element["id"].split(".")[-1]
                assert re.sub(r"#[\w.-]*\.", "#", str(drawn)) == str(stored), name
                caption = BeautifulSoup(drawing, "html.parser").find("figcaption").get_text()
                words = slides.visible(slide.title + slide.caption)
                assert slide.later or len(words) > 0.5 * len(slides.STILL.sub("", caption)), name
                count += 1
    assert not shown
    assert count > 70


def test_every_prediction_is_there_with_its_answer_a_step_later():
    asked = [slide for slide in every() if slide.kind == "predict"]
    wanted = sum(
        cell.source.count("**Predict.**")
        for cells in told().values()
        for cell in cells
        if cell.cell_type == "markdown"
    )
    assert len(asked) == wanted > 50
    for slide in asked:
        assert "Predict." not in slides.visible(slide.body)
        assert slides.visible(slide.later).startswith("Answer")
        assert len(slides.visible(slide.later)) > 20


def test_every_formula_is_there():
    wanted = sum(
        cell.source.count("$$") // 2
        for cells in told().values()
        for cell in cells
        if cell.cell_type == "markdown"
    )
    assert sum(slide.kind == "formula" for slide in every()) == wanted > 20


def test_the_ten_bugs_are_named_a_step_later():
    exhibits = [slide for slide in every() if slide.later.startswith('<p class="label">The bug')]
    assert [slide.title for slide in exhibits] == [f"Exhibit {i}" for i in range(1, 11)]
    assert all(slide.kind == "figure" for slide in exhibits)


def test_no_solution_is_on_a_slide():
    text = html.unescape(re.sub(r"<[^>]+>", "", "".join(documents().values())))
    words = re.sub(r"\s", "", text)
    assert "defexhibit_1(query" in words
    for path in notebooks.notebooks():
        for cell in notebooks.read(path).cells:
            if "hide-cell" in cell.metadata.get("tags", []):
                assert re.sub(r"\s", "", cell.source) not in words, path.name


def test_notes_are_what_the_chapter_says_around():
    slide = next(slide for slide in every() if slide.name == "fig-04-1")
    assert "Query 1 stands on top" in "".join(slide.notes)
    assert sum(bool(slide.notes) for slide in every()) > 150
    sections = re.findall(r'<aside class="notes"[^>]*>', documents()["part-1"])
    assert sections
    assert all(" hidden" in each for each in sections)


@pytest.mark.parametrize(
    ("caption", "point", "rest"),
    [
        ("Rows sum to one, always. Columns need not.", "Rows sum to one, always", "Columns need not."),
        ("The plane. A dot marks what is wrong.", "", "The plane. A dot marks what is wrong."),
        ("Which of the two is it? The first.", "Which of the two is it?", "The first."),
        ("One half of a whole and no more", "One half of a whole and no more", ""),
        (f"A long one, cut here: {'and ' * 20}on. So.", "A long one, cut here", f"{'And ' + 'and ' * 19}on. So."),
    ],
)  # fmt: skip
def test_a_caption_makes_a_headline(caption, point, rest):
    assert slides.pointed(caption) == (point, rest)


@pytest.mark.parametrize(
    ("said_there", "said"),
    [
        ("<p>All of it.</p>", "All of it."),
        ("<p>Add them up. The same in NumPy:</p>", "Add them up."),
        ("<p>The same in NumPy:</p>", ""),
        (f"<p>{'Too long. ' * 30}</p>", ""),
        ("<div>No words.</div>", ""),
        ("<p>First. Then <em>this</em> one:</p>", ""),
    ],
)
def test_what_leads_on_stays_behind(said_there, said):
    assert slides.after(next(BeautifulSoup(said_there, "html.parser").children)) == said


# --- choices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"leave": frozenset({"fig-04-99"})}, "fig-04-99"),
        ({"code": {"chapters/99-nothing": ("print",)}}, "chapters/99-nothing"),
    ],
)
def test_a_choice_that_is_not_there_any_more_is_said(said, name):
    with pytest.raises(slides.StaleChoice, match=f"what is not there: {name}$"):
        slides.known(slides.Choices(**said), {"fig-04-1"}, {"chapters/04-scores"})


def test_code_that_is_not_there_any_more_is_said():
    name = "chapters/04-scores"
    article = slides.article_of(SITE / f"{name}.html", name)
    assert len(slides.wanted(article, ("def dot(", "raw = q1 @ K.T"), name)) == 2
    # The second is an exercise's, which stays the readers'.
    for text in ("no such line", "answer = ..."):
        with pytest.raises(slides.StaleChoice, match=f"no code of {name} has '{text}'"):
            slides.wanted(article, (text,), name)


def test_an_unknown_choice_is_said(tmp_path):
    path = tmp_path / "slides.yml"
    path.write_text("leave: []\nkeep: [fig-04-1]\n")
    with pytest.raises(ValueError, match=r"slides\.yml may say leave and code, not keep"):
        slides.choices(path)


# --- the folder -----------------------------------------------------------------------------------


def test_everything_it_needs_is_in_the_folder(folder):
    for path in folder.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        addresses = set(re.findall(r'<(?:a|link|script)\b[^>]*\s(?:src|href)="([^"]*)"', text))
        assert "slides.js" in addresses
        for address in addresses - {slides.LICENCE}:
            assert address.endswith(".pdf") or (folder / address).is_file(), address
    for path in folder.glob("*.css"):
        inside = re.findall(r"""url\(["']?(?!["']|data:)[^)]*""", path.read_text(encoding="utf-8"))
        assert not inside, path.name


def test_ids_are_there_once():
    for text in (*documents().values(), slides.paper_of(made()[-1], SITE)):
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) > 30
        assert not {each for each in ids if ids.count(each) > 1}


def test_links_lead_to_the_chapters_or_are_not_there():
    for text in documents().values():
        links = set(re.findall(r'<a\b[^>]*\shref="([^"]*)"', text)) - {slides.LICENCE}
        assert links
        for link in links:
            assert (SITE / "downloads" / "slides" / link).resolve().is_file(), link
    alone = slides.document(made()[0])
    assert set(re.findall(r'<a\b[^>]*\shref="([^"]*)"', alone)) == {slides.LICENCE}


def test_every_title_slide_says_whose_it_is():
    for deck in made():
        first = slides.front(deck)
        assert slides.CREDIT in first.caption
        assert slides.LICENCE in first.caption
        assert deck.caption in first.title
        assert first.body.count("<li") == len(deck.chapters)


def test_it_is_published_and_packed_the_same_each_time(folder, tmp_path):
    (folder / "part-1.pdf").write_bytes(b"a print")
    for name in ("one", "two"):
        slides.publish(made(), folder, tmp_path / name, tmp_path / f"{name}.zip")
    (folder / "part-1.pdf").unlink()
    one, two = ((tmp_path / f"{name}.zip").read_bytes() for name in ("one", "two"))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        names = {name.removeprefix(f"{built.NAME}/") for name in packed.namelist()}
    assert {"slides/index.html", "slides/part-1.html", "slides/part-1.pdf"} <= names
    assert {"slides/site.css", "slides/attention.js", "LICENSE-PROSE"} <= names
    there = (tmp_path / "one" / "part-1.html").read_text(encoding="utf-8")
    assert 'href="../../chapters/04-scores.html"' in there
    assert (tmp_path / "one" / "part-1.pdf").read_bytes() == b"a print"


def test_the_tool_starts_by_itself():
    """As `make slides` starts it, where no test has set a path."""
    command = [sys.executable, slides.__file__, "--help"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=built.ROOT)
    assert run.returncode == 0, run.stderr
    assert "--site" in run.stdout


# --- in a browser ----------------------------------------------------------------------------------


@pytest.fixture
def tab(browser, folder):  # noqa: F811
    context = browser.new_context(
        color_scheme="light", offline=True, viewport={"width": 1280, "height": 720}
    )
    yield listening(context.new_page(), folder)
    context.close()


def opened(tab, folder, stem: str, address: str = ""):
    tab.goto("about:blank")
    tab.goto((folder / f"{stem}.html").as_uri() + address)
    tab.wait_for_function("window.deck !== undefined")


@pytest.mark.slow
def test_nothing_leaves_its_slide_and_all_can_be_read(tab, folder):
    faults = []
    for deck in made():
        opened(tab, folder, deck.stem)
        count = tab.evaluate("deck.slides.length")
        assert count == 1 + sum(len(own) for *_, own in deck.chapters)
        for i in range(count):
            tab.evaluate(f"deck.go({i}, true)")
            faults += [
                f"{deck.stem} {fault}" for fault in tab.evaluate(FAULTS, [HEADLINE, CAPTION])
            ]
    assert not faults, "\n".join(faults)
    assert tab.heard == []


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (
            "deck.slides[1].querySelector('li').append('and so on, '.repeat(300))",
            "leaves the slide",
        ),
        ("deck.slides[1].style.setProperty('--text', '10px')", "10 px"),
        ("deck.slides[1].querySelector('.large').style.marginTop = '-200px'", "lies on"),
    ],
)
def test_a_slide_that_is_too_full_would_be_found(tab, folder, harm, found):
    opened(tab, folder, "part-5", "#2")
    assert tab.evaluate(FAULTS, [HEADLINE, CAPTION]) == []
    tab.evaluate(harm)
    assert found in "\n".join(tab.evaluate(FAULTS, [HEADLINE, CAPTION]))


def test_keys_turn_the_slides(tab, folder):
    opened(tab, folder, "part-5")
    at = lambda: tab.evaluate("deck.at + 1")  # noqa: E731
    for key, place in (
        ("ArrowRight", 2), ("PageDown", 3), ("ArrowLeft", 2), ("Space", 3), ("Shift+Space", 2),
        ("PageUp", 1), ("PageUp", 1), ("End", 30), ("Home", 1), ("Enter", 2), ("Control+ArrowRight", 2),
    ):  # fmt: skip
        tab.keyboard.press(key)
        place = tab.evaluate("deck.slides.length") if key == "End" else place
        assert at() == place, key
        assert tab.url.endswith(f"#{place}")
        assert tab.locator(".slide:visible").count() == 1
    assert (
        tab.locator(".deck-bar").inner_text().strip() == f"2 / {tab.evaluate('deck.slides.length')}"
    )
    tab.get_by_role("button", name="On").click()
    assert at() == 3
    tab.keyboard.press("Space")  # the button has the focus no more: the slide has
    assert at() == 4
    assert tab.heard == []


def test_an_answer_waits_for_the_next_step(tab, folder):
    opened(tab, folder, "part-1", "#04-predict-1")
    place = tab.evaluate("deck.at")
    answer = tab.locator(".slide.now .later")
    assert not answer.is_visible()
    assert answer.evaluate("part => part.inert")
    tab.keyboard.press("ArrowRight")
    assert answer.is_visible()
    assert tab.evaluate("deck.at") == place
    assert "lowest raw score" in tab.locator("body > .hushed").inner_text()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("deck.at") == place + 1
    tab.keyboard.press("ArrowLeft")
    assert answer.is_visible()  # back to what was seen last
    tab.keyboard.press("ArrowLeft")
    assert not answer.is_visible()
    assert tab.evaluate("deck.at") == place


def test_a_player_keeps_its_keys(tab, folder):
    opened(tab, folder, "part-1", "#fig-04-2")
    place = tab.evaluate("deck.at")
    tab.get_by_role("slider", name="Frame").focus()
    tab.keyboard.press("ArrowRight")
    player = tab.locator(".slide.now attention-steps")
    assert (
        player.evaluate("player => player.shadowRoot.querySelector('.count').textContent")
        == "2 / 5"
    )
    tab.keyboard.press("d")
    tab.keyboard.press("Home")
    assert (
        player.evaluate("player => player.shadowRoot.querySelector('.count').textContent")
        == "1 / 5"
    )
    assert tab.evaluate("[deck.at, document.documentElement.dataset.theme]") == [place, "light"]
    tab.keyboard.press("Escape")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("deck.at") == place + 1


def test_a_cell_is_typed_into_and_no_slide_turns(tab, folder):
    opened(tab, folder, "part-1", "#fig-08-4")
    place = tab.evaluate("deck.at")
    cell = tab.locator("attention-bench").get_by_role("textbox").first
    cell.click()
    tab.keyboard.type("2")
    tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("deck.at") == place
    assert tab.url.endswith(f"#{place + 1}")
    assert tab.heard == []


def test_addresses_lead_to_slides(tab, folder):
    opened(tab, folder, "part-1", "#7")
    assert tab.evaluate("deck.at") == 6
    for address in ("#fig-05-1", "#05", "#no-such-slide"):
        opened(tab, folder, "part-1", address)
        name = tab.locator(".slide.now").get_attribute("data-name")
        assert name == {"#no-such-slide": "title"}.get(address, address[1:])
    tab.evaluate("location.hash = '#3'")
    tab.wait_for_function("deck.at === 2")


def test_all_slides_notes_and_themes(tab, folder):
    opened(tab, folder, "part-4", "#3")
    tab.keyboard.press("o")
    dialog = tab.get_by_role("dialog", name="All slides")
    assert dialog.get_by_role("link").count() == tab.evaluate("deck.slides.length")
    assert dialog.locator("[aria-current]").inner_text().startswith("3")
    dialog.get_by_role("link").nth(4).click()
    assert tab.evaluate("deck.at") == 4
    assert not dialog.is_visible()
    tab.keyboard.press("n")
    notes = tab.get_by_role("complementary", name="Notes")
    said = tab.locator(".slide.now .notes").evaluate("aside => aside.textContent")
    assert notes.evaluate("aside => aside.textContent") == said
    stage = tab.locator(".slide.now").bounding_box()
    assert stage["y"] + stage["height"] <= notes.bounding_box()["y"] + 1
    tab.keyboard.press("n")
    assert not notes.is_visible()
    tab.keyboard.press("d")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    with tab.expect_popup() as popup:
        tab.keyboard.press("w")
    other = popup.value
    tab.keyboard.press("ArrowRight")
    heading = tab.locator(".slide.now h2").inner_text()
    assert other.locator("h1").inner_text() == heading
    other.wait_for_function(
        "getComputedStyle(document.querySelector('.kicker')).fontWeight === '600'"
    )
    other.keyboard.press("ArrowRight")
    assert tab.evaluate("deck.at") == 5 or tab.locator(".slide.now .later.seen").count()
    assert tab.heard == []


#: The slide in view alone: axe reads all that there is, in view or not.
ALONE = "deck.slides.forEach((slide) => slide.matches('.now') || slide.remove())"


def test_axe_finds_nothing(browser, folder):  # noqa: F811
    for theme, names in (
        ("light", ("title", "fig-23-1", "23-predict-1", "23-code-1", "fig-24-1")),
        ("dark", ("23-closing", "23-predict-1")),
    ):
        context = browser.new_context(
            color_scheme=theme, offline=True, viewport={"width": 1280, "height": 720}
        )
        page = listening(context.new_page(), folder)
        for name in names:
            opened(page, folder, "part-5", f"#{name}")
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            page.keyboard.press("ArrowRight" if "predict" in name else "Shift")
            page.evaluate(ALONE)
            assert axe(page, colours_only=theme == "dark") == [], f"{name}, {theme}"
        page.goto((folder / "index.html").as_uri())
        assert axe(page) == []
        assert page.heard == []
        context.close()


def test_a_phone_scrolls_down_and_not_sideways(browser, folder):  # noqa: F811
    context = browser.new_context(viewport=PHONE, has_touch=True, offline=True)
    page = listening(context.new_page(), folder)
    opened(page, folder, "part-1")
    wide = []
    for i in range(0, page.evaluate("deck.slides.length"), 3):
        page.evaluate(f"deck.go({i}, true)")
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(i + 1)
    assert not wide
    page.evaluate("deck.go(2)")
    page.evaluate("""() => {
      const target = deck.slides[2].querySelector("header");
      const touch = (x) => new Touch({ identifier: 1, target, clientX: x, clientY: 200 });
      const fire = (type, touches, changedTouches) =>
        target.dispatchEvent(new TouchEvent(type, { touches, changedTouches, bubbles: true }));
      fire("touchstart", [touch(300)], [touch(300)]);
      fire("touchend", [], [touch(100)]);
    }""")
    assert page.evaluate("deck.at") == 3
    page.get_by_role("button", name="Back").tap()
    assert page.evaluate("deck.at") == 2
    assert page.heard == []
    context.close()


def test_without_a_script_it_is_a_page_to_scroll(browser, folder):  # noqa: F811
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((folder / "part-5.html").as_uri())
    assert page.locator(".slide:visible").count() == 1 + sum(
        len(own) for *_, own in made()[-1].chapters
    )
    assert page.locator(".later:visible").count() == page.locator(".later").count()
    context.close()


# --- on paper ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prints(tmp_path_factory):
    """One chapter with code, formulas and answers, printed twice."""
    pytest.importorskip("pikepdf")
    path = press.chromium()
    if path is None:
        pytest.skip("no Chromium is installed")
    deck = next(deck for deck in made() if deck.number == 1)
    short = replace(deck, chapters=[deck.chapters[7]])
    work = tmp_path_factory.mktemp("print")
    # Playwright opens one browser a thread, and the other tests have one open.
    with ThreadPoolExecutor(1) as other:
        for name in ("one", "two"):
            other.submit(slides.print_decks, [short], work / name, SITE, path).result()
    return short, *((work / name / f"{short.stem}.pdf") for name in ("one", "two"))


def test_a_page_is_a_step(prints):
    import pikepdf

    deck, path, again = prints
    assert path.read_bytes() == again.read_bytes()
    own = deck.chapters[0][3]
    steps = 1 + sum(1 + bool(slide.later and slide.kind != "closing") for slide in own)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) == steps > 12
        sizes = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in pdf.pages}
        assert sizes == {slides.PAGE}
        assert str(pdf.docinfo["/Title"]).endswith(deck.title)
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]
        assert len(titles) == 1
    assert path.stat().st_size < 600_000


def test_an_answer_has_a_page_after_its_question(prints):
    pypdfium2 = pytest.importorskip("pypdfium2")
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(prints[1])]
    asked = [i for i, text in enumerate(pages) if "Is self-attention another word" in text]
    assert len(asked) == 2
    assert "two choices" not in pages[asked[0]]
    assert "two choices" in pages[asked[1]]


def test_printing_is_spared_where_nothing_changed(prints):
    deck, path, _ = prints
    assert slides.print_decks([deck], path.parent, SITE, "/no/such/browser") == []
