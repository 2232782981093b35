"""The quiz of the concept inventory: its page without scripts, and the element in a real browser.

Each check of the element is a function that returns faults. It is run on a sound page, where it
must find none, and on a page broken on purpose, where it must find some.
"""

from __future__ import annotations

import re
import sys
from collections import Counter

import pytest
from bs4 import BeautifulSoup

from attention_core.exercises import inventory
from attention_core.exercises.inventory import html
from attention_core.illustrate.elements import script
from tests.play import NARROW, THEMES_AND_WIDTHS, Tabs, axe
from tests.site_checks import ROOT, SITE
from tests.test_pages import browser  # noqa: F401 (a fixture)

sys.path.insert(0, str(ROOT / "_ext"))

import quiz

CHAPTERS = sorted(
    {belief.chapter for belief in inventory.confusions.values()}
    | {question.chapter for question in inventory.before}
)
TITLES = {name: quiz.title_of(ROOT / "chapters" / f"{name}.ipynb") for name in CHAPTERS}
BEFORE, AFTER = (quiz.form(name, TITLES) for name in ("before", "after"))
ROOM = "document.querySelectorAll('attention-quiz')[0]"
COUNT = len(inventory.before)
RIGHT = [question.right for question in inventory.before]


# --- the page as it is served --------------------------------------------------------------------


@pytest.mark.parametrize("name", quiz.FORMS)
def test_without_scripts_all_is_there(name):
    page = BeautifulSoup(quiz.form(name, TITLES), "html.parser")
    items = page.select("attention-quiz > ol.quiz-questions > li")
    assert len(items) == len(quiz.FORMS[name])
    for item, question in zip(items, quiz.FORMS[name], strict=True):
        assert item.p.decode_contents() == html(question.text)
        options = item.select("ol.quiz-options > li")
        assert [o.decode_contents() for o in options] == [html(o.text) for o in question.options]
        reasons = item.select("details > ol > li")
        for reason, option in zip(reasons, question.options, strict=True):
            assert html(option.reason) in reason.decode_contents()
            assert ("data-right" in reason.attrs) == (not option.confusion)
            if option.confusion:
                belief = inventory.confusions[option.confusion]
                assert reason.q.decode_contents() == html(belief.belief)
                assert reason.a["href"] == f"../chapters/{belief.chapter}.html"
        assert item.select_one(".quiz-read a")["href"] == f"../chapters/{question.chapter}.html"


def test_the_page_has_both_forms():
    path = SITE / "back" / "inventory.html"
    if not path.is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    page = path.read_text(encoding="utf-8")
    assert BEFORE in page
    assert AFTER in page
    assert "attention.js" in page


def test_titles_come_from_the_chapters(tmp_path):
    assert TITLES["04-scores"] == "Score the first query against every key"
    assert "<sub>k</sub>" in quiz.link("09-scaling", TITLES)
    (tmp_path / "empty.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    with pytest.raises(ValueError, match=r"empty\.ipynb has no title"):
        quiz.title_of(tmp_path / "empty.ipynb")


def test_nothing_is_kept_or_sent():
    text = (ROOT / "attention_core/illustrate/js/quiz.js").read_text(encoding="utf-8")
    ways = r"localStorage|sessionStorage|indexedDB|cookie|fetch\(|XMLHttp|sendBeacon|WebSocket|history\.|location"
    assert not re.search(ways, text)


# --- the element ---------------------------------------------------------------------------------


@pytest.fixture
def tabs(browser, tmp_path):  # noqa: F811
    opened = Tabs(browser, tmp_path, BEFORE + AFTER, still=True)
    yield opened
    opened.close()


def element(tab, which=0):
    return tab.locator("attention-quiz").nth(which)


#: Goes through the questions in one go: a list of choices for each, checked one after another.
WALK = """([which, choices]) => {
  const root = document.querySelectorAll("attention-quiz")[which].shadowRoot;
  const text = (what) => root.querySelector(what)?.textContent.replace(/\\s+/g, " ").trim();
  const seen = [];
  for (const row of choices) {
    for (const option of row) {
      root.querySelectorAll("input")[option].click();
      root.querySelector("[type=submit]").click();
    }
    seen.push([text(".top span"), text("legend"), text(".said")]);
    const ways = [...root.querySelectorAll("button")];
    ways.find((b) => ["Next", "Leave out", "See the count"].includes(b.textContent)).click();
  }
  return seen;
}"""


def walk(tab, choices, which=0) -> list[list[str]]:
    return tab.evaluate(WALK, [which, choices])


def choose(tab, option: int, which=0) -> None:
    element(tab, which).get_by_role("radio").nth(option).check()
    element(tab, which).get_by_role("button", name="Check").click()


def said(tab, which=0) -> str:
    return " ".join(element(tab, which).locator(".said").inner_text().split())


def words(tab, what: str) -> str:
    return " ".join(element(tab).locator(what).inner_text().split())


def lines(tab, what: str) -> list[str]:
    return [" ".join(line.split()) for line in element(tab).locator(what).all_inner_texts()]


def plain(text: str) -> str:
    return " ".join(BeautifulSoup(html(text), "html.parser").get_text().split())


def told(tab) -> list[str]:
    """Where a choice is not answered with its own reason, or is not counted."""
    found = []
    first = [(question.right + place) % 4 for place, question in enumerate(inventory.before)]
    seen = walk(tab, [[option] for option in first])
    for place, question in enumerate(inventory.before):
        name, asked, answer = seen[place]
        chosen = question.options[first[place]]
        start = "Tempting, and not so." if chosen.confusion else "Right."
        if (name, asked) != (f"Question {place + 1} of {COUNT}", plain(question.text)):
            found.append(f"{name} asks: {asked}")
        if not answer.startswith(f"{start} {plain(chosen.reason)}"):
            found.append(f"{name} is answered: {answer}")
    if tab.evaluate(f"{ROOM}.choices") != first:
        found.append("the choices are not what was chosen")
    return found


def counted(tab) -> list[str]:
    """The count: right at first, right later, wrong and left out, with what to read."""
    wrong = [(RIGHT[i] + 1) % 4 for i in (1, 2)]
    walk(tab, [[RIGHT[0]], [wrong[0], RIGHT[1]], [wrong[1]]] + [[]] * (COUNT - 3))
    found = []
    if words(tab, ".result") != f"1 of {COUNT} right at the first choice":
        found.append(f"it says {words(tab, '.result')}")
    outcomes = ["right", "right at a later choice", "not right"] + ["left out"] * (COUNT - 3)
    listed = lines(tab, ".found ol li")
    for line, outcome, question in zip(listed, outcomes, inventory.before, strict=True):
        read = "" if outcome == "right" else f", Chapter {int(question.chapter[:2])}"
        if line != f"{question.title}: {outcome}{read}":
            found.append(f"it says {line}")
    names = Counter(
        inventory.before[i].options[option].confusion
        for i, option in zip((1, 2), wrong, strict=True)
    )
    expected = [
        f"{inventory.confusions[name].belief}, {'once' if count == 1 else 'twice'}: "
        f"{BeautifulSoup(quiz.link(inventory.confusions[name].chapter, TITLES), 'html.parser').text}"
        for name, count in names.items()
    ]
    if sorted(lines(tab, ".found ul li")) != sorted(expected):
        found.append(f"it lists {lines(tab, '.found ul li')}")
    return found


def focused(tab) -> str:
    return tab.evaluate(
        "(() => { let e = document.activeElement; while (e.shadowRoot?.activeElement)"
        " e = e.shadowRoot.activeElement; return e.textContent.trim() || e.type; })()"
    )


def by_keyboard(tab) -> list[str]:
    """Tab, arrows, the space bar and Enter are enough, and walking through options chooses none."""
    found = []
    tab.keyboard.press("Tab")
    if focused(tab) != "radio":
        found.append(f"Tab leads to {focused(tab)}")
    tab.keyboard.press("Space")
    for _ in range(RIGHT[0]):
        tab.keyboard.press("ArrowDown")
    if tab.evaluate(f"{ROOM}.choices")[0] is not None or said(tab):
        found.append("walking through the options chooses one")
    edge = tab.evaluate(f"getComputedStyle({ROOM}.shadowRoot.activeElement).outlineWidth")
    if float(edge.removesuffix("px")) < 2:
        found.append("the focus cannot be seen")
    tab.keyboard.press("Enter")
    if tab.evaluate(f"{ROOM}.choices")[0] != RIGHT[0]:
        found.append("Enter does not check the choice")
    tab.keyboard.press("Tab")  # a link to the chapter
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    if focused(tab) != "Next":
        found.append(f"Tab leads to {focused(tab)}, not to Next")
    tab.keyboard.press("Enter")
    if plain(inventory.before[1].text) != " ".join(focused(tab).split()):
        found.append(f"the next question does not get the focus, but {focused(tab)}")
    return found


def named(tab) -> list[str]:
    """What a screen reader needs: a group with the question's name, and the answer announced."""
    found = []
    group = element(tab).get_by_role("group", name=re.compile("^A table of weights"))
    if group.count() != 1 or group.get_by_role("radio").count() != 4:
        found.append("the options are no group with the question's name")
    if element(tab).locator(".said[aria-live=polite]").count() != 1:
        found.append("what is said is not announced")
    if tab.get_by_role("group", name="Before the first lecture").count() != 1:
        found.append("the quiz has no name")
    return found


def looks(tab, theme: str, width: int) -> list[str]:
    """Faults of the layout: overflow, small targets, the wrong theme, the page shown as well."""
    found = [f"heard {message}" for message in tab.heard]
    choose(tab, (RIGHT[0] + 1) % 4)
    for state in ("a question", "the count"):
        if tab.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{state}: the page scrolls sideways")
        small = tab.evaluate(
            f"[...{ROOM}.shadowRoot.querySelectorAll('button, label')].filter((e) =>"
            " e.getBoundingClientRect().height < 44).map((e) => e.textContent)"
        )
        found += [f"less than 44 px high: {control}" for control in small]
        if state == "a question":
            walk(tab, [[]] * COUNT)
    if tab.evaluate(f"{ROOM}.hasAttribute('dark')") != (theme == "dark"):
        found.append("the theme is not the page's")
    if in_view(tab) != [False, True]:
        found.append(f"page, quiz in view: {in_view(tab)}")
    return found


def in_view(tab) -> list[bool]:
    """Whether the questions of the page are in view, and whether the quiz is."""
    return tab.evaluate(
        f"[{ROOM}.querySelector('li p').getBoundingClientRect().height > 0,"
        f" {ROOM}.shadowRoot.querySelector('.live').getBoundingClientRect().height > 0]"
    )


def paper(tab) -> list[str]:
    tab.emulate_media(media="print")
    return [] if in_view(tab) == [True, False] else [f"page, quiz on paper: {in_view(tab)}"]


def clashes(tab) -> list[str]:
    """Two on a page must not know of each other."""
    choose(tab, 0, which=1)
    choose(tab, 1, which=0)
    walk(tab, [[]])
    places = [tab.locator("attention-quiz").nth(i).locator(".top").inner_text() for i in (0, 1)]
    if [place.strip() for place in places] != [f"Question {i} of {COUNT}" for i in (2, 1)]:
        return [f"they stand at {places}"]
    return [] if said(tab, which=1) else ["one takes the other's answer away"]


def again(tab) -> list[str]:
    """Back, the answer is still there; begun anew, nothing is."""
    wrong = (RIGHT[0] + 1) % 4
    choose(tab, wrong)
    before = said(tab)
    walk(tab, [[]])
    element(tab).get_by_role("button", name="Back", exact=True).click()
    found = [] if said(tab) == before else ["the answer is gone"]
    choose(tab, RIGHT[0])
    if tab.evaluate(f"{ROOM}.choices")[0] != wrong:
        found.append("a later choice counts")
    walk(tab, [[]] * COUNT)
    element(tab).get_by_role("button", name="Begin anew").click()
    if any(choice is not None for choice in tab.evaluate(f"{ROOM}.choices")):
        found.append("a new beginning knows what was")
    if words(tab, ".top") != f"Question 1 of {COUNT}":
        found.append("a new beginning is not at the first question")
    return found


def test_each_choice_is_told_its_reason(tabs):
    tab = tabs()
    assert told(tab) == []
    assert tab.heard == []


def test_the_count_says_what_to_read(tabs):
    tab = tabs()
    assert counted(tab) == []
    assert tab.heard == []


def test_it_is_worked_by_keyboard_alone(tabs):
    tab = tabs()
    assert named(tab) == []
    assert by_keyboard(tab) == []
    assert tab.heard == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_fits_and_follows_the_theme(tabs, theme, size):
    assert looks(tabs(theme=theme, size=size), theme, size["width"]) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(tabs, theme):
    tab = tabs(theme=theme, size=NARROW)
    choose(tab, RIGHT[0], which=0)
    choose(tab, (inventory.after[0].right + 1) % 4, which=1)
    assert axe(tab) == []
    walk(tab, [[wrong] for wrong in [(option + 1) % 4 for option in RIGHT]])
    assert axe(tab) == []


def test_two_do_not_clash(tabs):
    assert clashes(tabs()) == []


def test_back_and_anew(tabs):
    assert again(tabs()) == []


def test_paper_has_the_questions(tabs):
    assert paper(tabs()) == []


def test_check_waits_for_a_choice(tabs):
    tab = tabs()
    check = element(tab).get_by_role("button", name="Check")
    assert check.get_attribute("aria-disabled") == "true"
    check.click(force=True)
    assert said(tab) == ""
    assert tab.evaluate(f"{ROOM}.choices")[0] is None
    tab.evaluate(f"window.seen = []; {ROOM}.addEventListener('choice', e => seen.push(e.detail))")
    choose(tab, RIGHT[0])
    choose(tab, (RIGHT[0] + 1) % 4)
    assert tab.evaluate("seen") == [{"question": 0, "option": RIGHT[0], "right": True}]


def test_nothing_is_left_behind(tabs):
    tab = tabs()
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    address = tab.url
    walk(tab, [[0]] * COUNT)
    assert asked == []
    assert tab.url == address
    assert tab.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [
        0,
        0,
        "",
    ]


def test_without_scripts_the_answers_are_behind_a_toggle(tabs):
    tab = tabs(java_script_enabled=False, size=NARROW)
    first = element(tab).locator(".quiz-questions > li").first
    assert first.locator("p").first.is_visible()
    assert not first.locator("details li").first.is_visible()
    first.locator("summary").click()
    assert first.locator("details li").first.is_visible()


@pytest.mark.parametrize(
    ("old", "new"), [("data-right", "data-wrong"), ('class="quiz-options"', 'class="x" hidden')]
)
def test_what_cannot_be_read_leaves_the_page(tabs, old, new):
    body = BEFORE.replace(old, new)
    if "hidden" in new:
        body = re.sub(r"<li>[^<]*</li></ol><details", "</ol><details", BEFORE, count=1)
    assert body != BEFORE
    tab = tabs(body)
    assert element(tab).locator(".quiz-questions > li p").first.is_visible()
    assert not tab.evaluate(f"{ROOM}.ready")
    assert tab.heard == []


def test_it_can_be_taken_away_and_put_back(tabs):
    tab = tabs()
    choose(tab, RIGHT[0])
    tab.evaluate(
        f"(() => {{ const e = {ROOM}; e.remove(); document.querySelector('main').prepend(e); }})()"
    )
    assert tab.evaluate(f"{ROOM}.choices")[0] == RIGHT[0]
    walk(tab, [[]])
    assert tab.heard == []


def test_defining_twice_does_no_harm(tabs):
    tab = tabs(js=script() + "\n" + script())
    assert tab.heard == []
    assert tab.evaluate(f"{ROOM}.ready")


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (told, "copy(question.reasons[chosen])", "copy(question.reasons[0])"),
        (told, "this.#first[this.#at] = chosen;", "this.#first[this.#at] = question.right;"),
        (counted, 'this.#solved[i] ? ["right at a later choice", "later"]', 'this.#solved[i] ? ["right", "first"]'),
        (counted, "link.cloneNode(true)))),", "heading))),"),
        (by_keyboard, "if (focus) legend.focus();", ""),
        (by_keyboard, 'form.addEventListener("change", () => {', 'form.addEventListener("change", () => { this.#answer(inputs.findIndex((input) => input.checked));'),
        (by_keyboard, "outline:3px solid var(--focus)", "outline:0 solid"),
        (named, 'make("fieldset"', 'make("div"'),
        (named, '"aria-live": "polite" });\nconst check', '});\nconst check'),
        (again, "if (this.#first[this.#at] === null) {", "{"),
        (again, "this.#tell(again);", ""),
        (paper, ".live{display:none!important}slot{display:block}", ""),
    ],
)  # fmt: skip
def test_each_check_fails_on_a_broken_element(tabs, check, old, new):
    sound = script()
    assert old in sound
    try:
        assert check(tabs(js=sound.replace(old, new)))
    except AssertionError:
        raise
    except Exception as error:  # a step that a broken quiz does not offer
        assert "Timeout" in type(error).__name__ or "Error" in type(error).__name__


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("min-height:44px;padding:0 1.1rem", "padding:0 1.1rem", "px high"),
        (".live{padding:1.1rem", ".live{width:500px;padding:1.1rem", "sideways"),
        ("if (this.ready) this.#stop = followTheme(this);", "", "theme"),
        ("slot{display:none}", "", "in view"),
    ],
)
def test_a_broken_layout_is_found(tabs, old, new, fault):
    sound = script()
    assert old in sound
    found = looks(tabs(js=sound.replace(old, new), theme="dark", size=NARROW), "dark", 360)
    assert any(fault in line for line in found), found
