"""The scrubber: its picture and its data, and the element in a real browser.

Each check of the element is a function that returns faults. It is run on a sound page, where it
must find none, and on a page broken on purpose, where it must find some.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from attention_core import softmax
from attention_core.illustrate.elements import script
from attention_core.illustrate.scrubber import coded, decoded, scrubber
from tests.play import (
    NARROW,
    THEMES_AND_WIDTHS,
    Tabs,
    axe,
    layout_faults,
    paper_faults,
    run_all,
    spilled,
    tabbed,
    unannounced,
)
from tests.test_pages import browser  # noqa: F401 (a fixture)

LETTERS, TOKENS = "abc", ["c1", "a7", "b2", "d4"]
NAMES = ["Before", "After 10 steps", "After 20 steps"]


def some(heads=3, seed=0):
    return softmax(np.random.default_rng(seed).normal(0, 3, (3, heads, 3, 4)))


def shown(weights=None, **how):
    weights = some() if weights is None else weights
    words = {"queries": LETTERS, "keys": TOKENS, "title": "Three heads"} | how
    return scrubber(weights, words.pop("moments", NAMES), **words)


# --- the picture, and what the element is told --------------------------------------------------


class Attributes(HTMLParser):
    """The attributes of the scrubber."""

    found: dict | None = None

    def handle_starttag(self, tag, attrs):
        if tag == "attention-scrubber":
            self.found = dict(attrs)


def test_the_element_is_told_the_weights():
    parser = Attributes()
    parser.feed(shown(title='It\'s <here> & "there"').html)
    data = json.loads(parser.found["data-moments"])
    assert data["title"] == 'It\'s <here> & "there"'
    assert [moment["name"] for moment in data["moments"]] == NAMES
    for moment, weights in zip(data["moments"], some(), strict=True):
        assert np.array_equal(decoded(moment["weights"]), weights.round(3).ravel())


def test_codes_are_read_back():
    every = np.arange(1001) / 1000
    assert np.array_equal(decoded(coded(every)), every)
    assert len(coded(every)) == 2002


def test_inside_is_the_last_moment():
    figure = shown().figure
    assert figure.html in shown().html
    shades = [float(x) for x in re.findall(r"fill-opacity:([\d.]+)", figure.drawing)]
    assert np.allclose(shades, 0.04 + 0.9 * some()[-1].ravel(), atol=0.006)
    for token in (*LETTERS, *TOKENS):
        assert figure.drawing.count(f">{token}</text>") == 3
    i, j = np.unravel_index(some()[-1, 1].argmax(), (3, 4))
    largest = f"head 2 from {LETTERS[i]} to {TOKENS[j]}, {some()[-1, 1].max():.2f}"
    assert largest in figure.alt
    assert figure.alt.startswith("Three heads. After 20 steps. ")


def test_a_note_of_ones_own_and_one_head():
    own = shown(some(heads=1), notes=["one", "two", "three"])
    assert own.alt == "Three heads. After 20 steps. three"
    assert own.figure.drawing.count(">head ") == 1


def test_the_same_bytes_at_every_run():
    assert shown().html == shown().html
    assert list(shown()._repr_mimebundle_()) == ["text/html", "image/svg+xml", "text/plain"]
    assert repr(shown()) == f"Scrubber: {shown().alt}"
    assert shown().svg == shown().figure.svg


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"weights": some() + 0.5}, "between 0 and 1"),
        ({"weights": some()[:0]}, "at least one entry"),
        ({"weights": some()[0]}, "4 axes"),
        ({"moments": NAMES[1:]}, "moments must be as many.*3: got 2"),
        ({"queries": "ab"}, "queries must be as many.*3: got 2"),
        ({"keys": TOKENS[1:]}, "keys must be as many.*4: got 3"),
        ({"notes": ["one"]}, "notes must be as many.*3: got 1"),
    ],
)
def test_what_does_not_fit_is_refused(how, message):
    with pytest.raises(ValueError, match=message):
        shown(**how)


# --- pages --------------------------------------------------------------------------------------

TWO = shown().html + shown(some(4, seed=1), title="Four heads").html
FIRST = "document.querySelectorAll('attention-scrubber')[0]"
SECOND = "document.querySelectorAll('attention-scrubber')[1]"


@pytest.fixture
def tabs(browser, tmp_path):  # noqa: F811
    opened = Tabs(browser, tmp_path, TWO, still=True)
    yield opened
    opened.close()


def element(tab, which=1):
    return tab.locator("attention-scrubber").nth(which)


def at(tab, which=SECOND):
    return tab.evaluate(f"{which}.position")


def wrong_drawing(tab) -> list[str]:
    """Where a moment is not shaded and told as Python says."""
    found = []
    if at(tab) != 2:
        found.append("it does not begin with the picture inside")
    for place, weights in enumerate(some(4, seed=1)):
        tab.evaluate(f"{SECOND}.position = {place}")
        shades = tab.evaluate(
            f"[...{SECOND}.shadowRoot.querySelectorAll('.cells rect')].map(e => e.style.fillOpacity)"
        )
        expected = [f"{0.04 + 0.9 * round(float(w), 3):.4f}" for w in weights.ravel()]
        if [float(s) for s in shades] != [float(e) for e in expected]:
            found.append(f"moment {place} is shaded otherwise")
        words = tab.evaluate(f"{SECOND}.shadowRoot.querySelector('.words').textContent")
        if not words.startswith(f"{NAMES[place]}. Largest weights: head 1 from "):
            found.append(f"moment {place} says {words}")
        value = element(tab).get_by_role("slider").get_attribute("aria-valuetext")
        if value != NAMES[place]:
            found.append(f"moment {place} is called {value}")
    return found


def by_keyboard(tab) -> list[str]:
    """Tab to the element, then arrows, Home and End: no pointer."""
    names, found = tabbed(tab, 6)
    if names != ["Previous", "Next", "Moment"] * 2:
        found.append(f"Tab leads to {names}")
    for key, expected in [
        ("ArrowLeft", 1), ("ArrowDown", 0), ("ArrowLeft", 0), ("ArrowUp", 1), ("End", 2),
        ("ArrowRight", 2), ("Home", 0), ("ArrowRight", 1), ("PageUp", 2), ("PageDown", 0),
    ]:  # fmt: skip
        tab.keyboard.press(key)
        if at(tab) != expected:
            found.append(f"{key} leads to {at(tab)}, not {expected}")
    if element(tab).get_by_role("slider").input_value() != "0":
        found.append("the slider stands elsewhere")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Enter")  # Next
    if at(tab) != 1:
        found.append("Enter on Next does nothing")
    tab.keyboard.press("ArrowRight")
    if at(tab) != 2:
        found.append("arrows do nothing on the buttons")
    tab.keyboard.press("ArrowLeft")
    expected = tab.evaluate(f"{SECOND}.shadowRoot.querySelector('.words').textContent")
    return found + unannounced(tab, SECOND, expected)


def looks(tab, theme: str, width: int) -> list[str]:
    """Faults of the layout: overflow, small targets, the wrong theme, more than one picture."""
    found = layout_faults(tab, SECOND, theme, width)
    fill = tab.evaluate(f"getComputedStyle({SECOND}.shadowRoot.querySelector('.cells rect')).fill")
    if fill != {"light": "rgb(0, 114, 178)", "dark": "rgb(93, 180, 234)"}[theme]:
        found.append(f"cells are {fill}")
    heights = set()
    for place in range(3):
        tab.evaluate(f"{SECOND}.position = {place}")
        heights.add(tab.evaluate(f"{SECOND}.getBoundingClientRect().height"))
    if len(heights) != 1:
        found.append(f"the page jumps: {heights}")
    return found + spilled(tab, SECOND)


def clashes(tab) -> list[str]:
    """Two on a page must not know of each other."""
    element(tab).get_by_role("button", name="Previous").click()
    places = at(tab, FIRST), at(tab, SECOND)
    return [] if places == (2, 1) else [f"they stand at {places}"]


def paper(tab) -> list[str]:
    return paper_faults(tab, SECOND)


def moves(tab) -> list[str]:
    """What is under way after a step, for a reader who asked for less motion."""
    running = tab.evaluate(
        f"""async () => {{
            {SECOND}.position = 0;
            await new Promise(requestAnimationFrame);
            return {SECOND}.shadowRoot.getAnimations().length; }}"""
    )
    return [f"{running} things are moving"] if running else []


def test_what_is_drawn_is_what_python_says(tabs):
    tab = tabs()
    assert wrong_drawing(tab) == []
    assert tab.heard == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_is_worked_by_keyboard_alone(tabs, theme, size):
    tab = tabs(theme=theme, size=size)
    assert by_keyboard(tab) == []
    assert tab.heard == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_fits_and_follows_the_theme(tabs, theme, size):
    assert looks(tabs(theme=theme, size=size), theme, size["width"]) == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_axe_finds_nothing(tabs, theme, size):
    tab = tabs(theme=theme, size=size)
    assert axe(tab) == []
    element(tab).get_by_role("slider").press("Home")
    assert axe(tab) == []


def test_two_do_not_clash(tabs):
    assert clashes(tabs()) == []


def test_reduced_motion_moves_nothing(tabs):
    assert moves(tabs()) == []


def test_paper_has_the_picture(tabs):
    assert paper(tabs()) == []


def test_without_scripts_it_is_the_picture(tabs):
    tab = tabs(java_script_enabled=False, size=NARROW)
    assert element(tab).locator("figure svg").is_visible()
    assert element(tab).locator("figcaption").is_visible()


def test_a_thumb_can_do_it(tabs):
    tab = tabs(size=NARROW, has_touch=True, is_mobile=True)
    tab.evaluate(f"window.seen = []; {SECOND}.addEventListener('moment', e => seen.push(e.detail))")
    element(tab).get_by_role("button", name="Previous").tap()
    box = element(tab).get_by_role("slider").bounding_box()
    tab.touchscreen.tap(box["x"] + 14, box["y"] + box["height"] / 2)
    assert at(tab) == 0
    assert tab.evaluate("seen") == [1, 0]


def test_what_cannot_be_read_leaves_the_picture(tabs):
    tab = tabs(re.sub(r"data-moments='", "data-moments='?", TWO))
    assert element(tab).locator("figure svg").is_visible()
    assert not tab.evaluate(f"{SECOND}.ready")
    assert tab.heard == []


def test_it_can_be_taken_away_and_put_back(tabs):
    tab = tabs()
    tab.evaluate(
        f"(() => {{ const e = {SECOND}; e.remove(); document.querySelector('main').append(e); }})()"
    )
    element(tab).get_by_role("slider").press("Home")
    assert at(tab) == 0
    assert tab.heard == []


def test_defining_twice_does_no_harm(tabs):
    tab = tabs(js=script() + "\n" + script())
    assert tab.heard == []
    assert tab.evaluate(f"{SECOND}.length") == 3


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_drawing, "parseInt(digits, 36) / 1000", "parseInt(digits, 36) / 1010"),
        (wrong_drawing, "words.textContent = moment.text;", ""),
        (wrong_drawing, 'setAttribute("aria-valuetext", moment.name)', 'setAttribute("aria-x", "")'),
        (wrong_drawing, "this.#at = this.length - 1;", "this.#at = 0;"),
        (by_keyboard, "ArrowRight: this.#at + 1", "ArrowRight: this.#at + 2"),
        (by_keyboard, 'controls.addEventListener("keydown"', 'controls.addEventListener("x"'),
        (by_keyboard, "range.value = String(this.#at);", ""),
        (by_keyboard, "outline:3px solid", "outline:0 solid"),
        (by_keyboard, "region.say(moment.text);", ""),
        (clashes, "(this.position += by)", "document.querySelectorAll('attention-scrubber').forEach(e => e.position += by)"),
        (moves, "animation:none!important;transition:none!important", ""),
        (paper, ".live{display:none!important}slot{display:block}", ""),
        (axe, '"aria-label": "Moment",', ""),
        (axe, '"aria-label": name });\nmade.append(player', '"data-label": name });\nmade.append(player'),
    ],
)  # fmt: skip
def test_each_check_fails_on_a_broken_element(tabs, check, old, new):
    sound = script()
    assert old in sound
    assert check(tabs(js=sound.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("width:44px;height:44px", "width:30px;height:30px", "40 px"),
        (".controls{display:flex", ".controls{min-width:24rem;display:flex", "sideways"),
        ('host.toggleAttribute("dark", isDark());', "", "theme"),
        ("slot{display:none}", "", "picture"),
        (".sentence>.room{visibility:hidden}", ".sentence>.room{display:none}", "jumps"),
        ('drawn.getAttribute("viewBox")', '"90 0 360 200"', "reaches out"),
        ("transition:fill-opacity", "fill:red!important;transition:fill-opacity", "cells are"),
        ("this.#paint();\nregion", "this.#paint();console.log('x');\nregion", "heard"),
    ],
)  # fmt: skip
def test_each_fault_of_the_layout_is_found(tabs, old, new, fault):
    assert old in script()
    notes = ["Short", "Longer and " * 20 + "longer", "Short"]
    body = shown().html + shown(notes=notes).html
    tab = tabs(body, js=script().replace(old, new), theme="dark", size=NARROW)
    found = looks(tab, "dark", 360)
    assert any(fault in line for line in found), found


@pytest.mark.slow
def test_jupyterlab_shows_a_working_scrubber(browser, tmp_path):  # noqa: F811
    cells = [
        "import numpy as np\nfrom attention_core.illustrate import enable, scrubber\nenable()",
        "w = np.full((2, 1, 1, 2), 0.5)\nw[1] = [[[0.25, 0.75]]]\n"
        'scrubber(w, ["Before", "After"], queries=["x"], keys=["a", "b"], title="A head")',
    ]
    with run_all(browser, tmp_path, cells) as tab:
        found = tab.locator("attention-scrubber")
        found.get_by_role("slider").press("Home")
        assert found.evaluate("e => e.position") == 0
        assert found.locator(".words").inner_text() == (
            "Before. Largest weights: head 1 from x to a, 0.50."
        )
        assert not found.locator("figure").is_visible()
