"""The dial: its picture, and the element in a real browser.

As for the bench, each check of the element returns faults: none on a sound page, some on a page
broken on purpose.
"""

from __future__ import annotations

import json
import re
from html import unescape

import numpy as np
import pytest

from attention_core import illustrate, positions
from attention_core.illustrate.dial import dial
from attention_core.illustrate.elements import script
from tests.play import (
    THEMES_AND_WIDTHS,
    Tabs,
    assert_fault_is_seen,
    axe,
    layout_faults,
    paper_faults,
    run_all,
)
from tests.test_illustrate import words
from tests.test_pages import browser  # noqa: F401 (a fixture)

QUERY, KEY = [2, 1], [1, 2]
SHOWN = dial(QUERY, KEY)

# --- the picture, and what the element is told --------------------------------------------------


def by_rotary(query, key, places, turn=30):
    """Query and key at their places, and their score, by `attention_core`."""
    q, k = (
        positions.rotary([x], [np.radians(turn * place)])[0]
        for x, place in zip((query, key), places, strict=True)
    )
    return q, k, q @ k


def test_the_element_is_told_the_vectors():
    state = json.loads(unescape(re.search(r'data-dial="([^"]*)"', SHOWN.html).group(1)))
    assert state == {"query": QUERY, "key": KEY, "turn": 30, "places": [3, 0]}
    assert SHOWN.figure.html in SHOWN.html


def test_the_picture_says_what_rotary_gives():
    drawn = [text for text in words(SHOWN.figure) if text.startswith("q · k")]
    places = [(3, 0), (7, 4), (5, 0)]
    scores = [by_rotary(QUERY, KEY, place)[2] for place in places]
    assert drawn == [f"q · k = {illustrate.pictures.number(score)}" for score in scores]
    assert drawn[0] == drawn[1] != drawn[2]
    for (m, n), score in zip(places, scores, strict=True):
        assert f"Query at {m}, key at {n}" in SHOWN.alt
        assert illustrate.pictures.number(score) in SHOWN.alt


def tips(svg, role):
    """Where the hands of a role end, one for each face, from the middle of the face."""
    found = re.findall(
        rf'<g class="{role}" style[^>]*><path[^>]*/><path [^>]*d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)M',
        svg,
    )
    return [(float(c) - float(a), float(b) - float(d)) for a, b, c, d in found]


@pytest.mark.parametrize("turn", [30, 45, 20])
def test_hands_point_where_rotary_turns_them(turn):
    svg = dial([3, -1], [0.5, 1], turn=turn, places=(4, 1), shift=5, further=3).svg
    places = [(4, 1), (9, 6), (7, 1)]
    for index, role in enumerate(("query", "key")):
        wanted = [by_rotary([3, -1], [0.5, 1], place, turn)[index] for place in places]
        assert np.allclose(tips(svg, role), np.array(wanted) * 44 / np.sqrt(10), atol=0.02)


def test_the_wedge_is_the_angle_between_the_hands():
    svg = dial([1, 0], [1, 0], turn=30, places=(2, 0), shift=4, further=6).svg
    wedges = re.findall(
        r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)A[\d.]+ [\d.]+ 0 0 ([01]) ([\d.]+) ([\d.]+)Z"', svg
    )
    assert len(wedges) == 3
    # From 0 to 240 degrees the short way is 120, with the clock.
    for found, wanted in zip(wedges, ((60, 0), (60, 0), (240, 1)), strict=True):
        x, y, a, b, sweep, c, d = map(float, found)
        start, end = np.arctan2(y - b, a - x), np.arctan2(y - d, c - x)
        turn = np.degrees(end - start) % 360
        assert (turn, sweep) == pytest.approx(wanted, abs=0.1)


def test_it_fits_a_phone_and_is_the_same_at_every_run():
    assert SHOWN.figure.width <= 360
    assert dial(QUERY, KEY).html == SHOWN.html
    assert list(SHOWN._repr_mimebundle_()) == ["text/html", "image/svg+xml", "text/plain"]
    assert "id=" not in SHOWN.figure.drawing


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"query": [1, 2, 3]}, ValueError, "query must have two finite entries"),
        ({"key": [0, 0]}, ValueError, "not both zero"),
        ({"key": [np.nan, 0]}, ValueError, "finite"),
        ({"query": ["a", "b"]}, TypeError, "query must hold real numbers"),
        ({"places": (0, 1)}, ValueError, "after it"),
        ({"places": (12, 0)}, ValueError, "query 12 and key 0"),
        ({"shift": 12}, ValueError, "query 15 and key 12"),
        ({"further": 9}, ValueError, "query 12 and key 0"),
    ],
)
def test_what_the_dial_cannot_show_is_refused(change, error, said):
    arguments = {"query": QUERY, "key": KEY} | change
    with pytest.raises(error, match=said):
        dial(arguments.pop("query"), arguments.pop("key"), **arguments)


# --- the element --------------------------------------------------------------------------------


TWO = SHOWN.html + dial([3, -1], [0.5, 1], turn=45, places=(4, 1), shift=1).html


@pytest.fixture
def tabs(browser, tmp_path):  # noqa: F811
    opened = Tabs(browser, tmp_path, TWO)
    yield opened
    opened.close()


FIRST = "document.querySelector('attention-dial')"
SETTLED = f"{FIRST}.shadowRoot.querySelector('strong')"


def control(tab, name):
    return tab.locator("attention-dial").first.get_by_label(name)


def wrong_numbers(tab) -> list[str]:
    """Where the element and `attention_core` disagree, at every position it reaches."""
    found = []
    for which, (query, key, turn) in enumerate(((QUERY, KEY, 30), ([3, -1], [0.5, 1], 45))):
        places = [[n + d, n] for n in range(12) for d in range(12)]
        given = tab.evaluate(
            "([which, places]) => { const dial = document.querySelectorAll('attention-dial')[which];"
            " return places.map((at) => { dial.places = at; return [dial.places, dial.results]; }); }",
            [which, places],
        )
        for at, (kept, results) in zip(places, given, strict=True):
            q, k, score = by_rotary(query, key, at, turn)
            if kept != at:
                found.append(f"set to {at}, it stands at {kept}")
            for name, expected in (("query", q), ("key", k), ("score", score)):
                if not np.allclose(results[name], expected, rtol=1e-12, atol=1e-12):
                    found.append(f"{name} is off at {at}")
    return found


def wrong_words(tab) -> list[str]:
    """Where what is spelled out is not what is there, and what is drawn is not either."""
    found = []
    for m, n in ((3, 0), (16, 5), (4, 4), (9, 1)):
        lines, hand, label, spot = tab.evaluate(
            f"""([m, n]) => {{ {FIRST}.places = [m, n]; const root = {FIRST}.shadowRoot;
            return [[...root.querySelectorAll(".said p")].map((p) => p.textContent),
              ["query", "key"].map((r) => root.querySelector(`.${{r}} .hand`).getAttribute("d")),
              ["query", "key"].map((r) => ["x", "y"].map((a) =>
                Number(root.querySelector(`.${{r}} .name`).getAttribute(a)))),
              Number(root.querySelector(".here").getAttribute("cx"))]; }}""",
            [m, n],
        )
        q, k, score = by_rotary(QUERY, KEY, (m, n))

        def said(x):
            return f"{x:.2f}".replace("-0.00", "0.00").replace("-", "−")

        def bracketed(x):
            return f"({said(x)})" if said(x).startswith("−") else said(x)

        terms = " + ".join(f"{bracketed(a)}·{bracketed(b)}" for a, b in zip(q, k, strict=True))
        wanted = [
            *("q", f"at {m}: ({said(q[0])}, {said(q[1])})"),
            *("k", f"at {n}: ({said(k[0])}, {said(k[1])})"),
            *("q · k", f"= {terms}"),
            *("", f"= {said(score)}"),
        ]
        if lines != wanted:
            found.append(f"spelled {lines} for {wanted}")
        for path, vector, at in zip(hand, (q, k), label, strict=True):
            start, (x, y), one, tip, two = np.reshape(numbers_of(path), (5, 2))
            if tuple(start) != (180, 116) or tuple(tip) != (x, y):
                found.append("a hand begins elsewhere, or its head is not at its end")
            if any(not 10 < np.linalg.norm(barb - tip) < 14 for barb in (one, two)):
                found.append("the head of a hand is no head")
            if not np.allclose((x - 180, 116 - y), vector * 100 / np.sqrt(5), atol=1e-6):
                found.append(f"a hand points to {x}, {y}")
            if np.linalg.norm(np.subtract(at, (x, y))) > 20:
                found.append("a name is far from its hand")
        if abs(spot - (44 + 296 * (m - n) / 11)) > 1e-6:
            found.append("the spot is not at the distance")
    return found


def numbers_of(path: str) -> list[float]:
    return [float(x) for x in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]


def by_keyboard(tab) -> list[str]:
    """Tab to the two controls; shift both, and move one: the score stays, and changes."""
    found = []
    tab.evaluate(f"window.changes = 0; {FIRST}.addEventListener('change', () => changes++)")
    tab.keyboard.press("Tab")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    if tab.evaluate(f"{FIRST}.places") != [7, 4]:
        found.append(f"four steps led to {tab.evaluate(f'{FIRST}.places')}")
    if abs(tab.evaluate(f"{FIRST}.results.score") - 3) > 1e-12:
        found.append("the score did not stay")
    edges = tab.evaluate(f"getComputedStyle({FIRST}.shadowRoot.activeElement).outlineWidth")
    if float(edges.removesuffix("px")) < 2:
        found.append("focus cannot be seen")
    said = control(tab, "Shift both").get_attribute("aria-valuetext")
    if said != "key at 4, query at 7":
        found.append(f"said {said!r}")
    tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowLeft")
    if tab.evaluate(f"{FIRST}.places") != [6, 4]:
        found.append("the query does not move alone")
    said = control(tab, "Move the query").get_attribute("aria-valuetext")
    if said != "query at 6, 2 after the key":
        found.append(f"said {said!r}")
    if tab.evaluate("changes") != 5:
        found.append(f"{tab.evaluate('changes')} changes were told")
    sentence = "Query at 6, key at 4, distance 2: the score is 4.60."
    try:
        tab.wait_for_function(
            f"{FIRST}.shadowRoot.querySelector('[aria-live=polite]').textContent === {sentence!r}",
            timeout=1500,
        )
        tab.wait_for_function(f"{SETTLED}.textContent === '4.60'", timeout=1500)
    except Exception:
        found.append("not announced, or the number did not come to rest")
    return found


def looks(tab, theme: str, width: int) -> list[str]:
    """Faults of the layout: overflow, small targets, the wrong theme, a picture too many."""
    found = layout_faults(tab, FIRST, theme, width)
    heights = set()
    for m, n in ((3, 0), (22, 11), (11, 11), (18, 9), (5, 4)):
        tab.evaluate(f"{FIRST}.places = [{m}, {n}]")
        if tab.evaluate("document.documentElement.scrollWidth") > width:
            found.append("the page scrolls sideways")
        heights.add(tab.evaluate(f"{FIRST}.getBoundingClientRect().height"))
    if len(heights) > 1:
        found.append(f"it changes its height: {heights}")
    return found


def moves(tab) -> list[str]:
    """For a reader who asked for less motion, the hands are there at once."""
    given = tab.evaluate(
        f"""(() => {{ const range = {FIRST}.shadowRoot.querySelector("#alone");
        range.value = "9"; range.dispatchEvent(new Event("input"));
        return {SETTLED}.textContent; }})()"""
    )
    return [] if given == "−3.00" else [f"it stands at {given}"]


def paper(tab) -> list[str]:
    return paper_faults(tab, FIRST)


def refuses(tab) -> list[str]:
    """Positions out of reach are refused, and change nothing."""
    found = []
    for places in ("[0, 1]", "[12, 0]", "[12, 12]", "[NaN, 0]", "[1]"):
        refused = tab.evaluate(
            f"(() => {{ try {{ {FIRST}.places = {places}; return false; }} catch {{ return true; }} }})()"
        )
        if not refused or tab.evaluate(f"{FIRST}.places") != [3, 0]:
            found.append(f"{places} is taken")
    return found


def test_the_element_computes_what_attention_core_computes(tabs):
    tab = tabs()
    assert wrong_numbers(tab) == []
    assert tab.heard == []


def test_what_is_spelled_and_drawn_is_what_is_there(tabs):
    assert wrong_words(tabs()) == []


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
    assert axe(tabs(theme=theme, size=size)) == []


def test_less_motion_is_none(tabs):
    assert moves(tabs(reduced_motion="reduce")) == []


def test_the_numbers_turn_along(tabs):
    """In between, the hands and the score are in between; and they come to rest."""
    tab = tabs()
    control(tab, "Move the query").press("ArrowRight")
    seen = tab.evaluate(
        f"""new Promise((done) => {{ const seen = new Set();
        const look = () => {{ seen.add({SETTLED}.textContent);
          if (seen.has("0.60")) done([...seen]); else requestAnimationFrame(look); }};
        look(); }})"""
    )
    assert len(seen) > 1 or tab.evaluate(f"{SETTLED}.textContent") == "0.60"
    control(tab, "Shift both").press("End")
    for _ in range(20):
        assert tab.evaluate(f"{SETTLED}.textContent") == "0.60"  # both turn together, all the way
        tab.wait_for_timeout(20)
    assert tab.evaluate(f"{FIRST}.places") == [15, 11]


def test_paper_has_the_picture(tabs):
    assert paper(tabs()) == []


def test_positions_out_of_reach_are_refused(tabs):
    assert refuses(tabs()) == []


def test_without_scripts_it_is_the_picture(tabs):
    tab = tabs(java_script_enabled=False)
    first = tab.locator("attention-dial").first
    assert first.locator("figure svg").is_visible()
    assert first.locator("figcaption").is_visible()


def test_two_do_not_clash(tabs):
    tab = tabs()
    before = tab.evaluate("document.querySelectorAll('attention-dial')[1].results")
    control(tab, "Shift both").press("ArrowRight")
    assert tab.evaluate("document.querySelectorAll('attention-dial')[1].results") == before


def test_defining_twice_does_no_harm(tabs):
    tab = tabs(js=script() + "\n" + script())
    assert tab.heard == []
    assert tab.evaluate(f"{FIRST}.places") == [3, 0]


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_numbers, "a * cos - b * sin", "a * cos + b * sin"),
        (wrong_numbers, "turned(key, n * turn)", "turned(key, m * turn)"),
        (wrong_numbers, "(angle * Math.PI) / 180)", "(angle * Math.PI) / 360)"),
        (wrong_words, "·${bracketed(k[i])}", "·${bracketed(q[i])}"),
        (wrong_words, 'replace("-", "−")', 'replace("+", "−")'),
        (wrong_words, "CY - b * this.unit]", "CY + b * this.unit]"),
        (wrong_words, "y - 11 * v - s", "y - 99 * v - s"),
        (wrong_words, "this.#spot(places[0] - places[1])", "this.#spot(places[0])"),
        (wrong_words, "CX + vector[0] * this.unit * far", "CX - vector[0] * this.unit * far"),
        (by_keyboard, "[n + gap(), n]", "[gap(), n]"),
        (by_keyboard, "outline:3px solid var(--focus);outline-offset:2px}\ninput::-webkit-slider-r", ""),
        (by_keyboard, "region.say(sentence);", ""),
        (by_keyboard, 'this.dispatchEvent(new Event("change"));', ""),
        (by_keyboard, "if (t < 1) this.#ticking", "if (t < 0) this.#ticking"),
        (axe, '"label", { for: id, text }', '"span", { text }'),
        (moves, "if (reducedMotion()) {", "if (false) {"),
        (paper, ".live{display:none!important}slot{display:block}", ""),
        (refuses, "m >= n &&", ""),
    ],
)  # fmt: skip
def test_each_check_fails_on_a_broken_element(tabs, check, old, new):
    assert old in script()
    try:
        found = check(
            tabs(
                js=script().replace(old, new),
                reduced_motion="reduce" if check is moves else "no-preference",
            )
        )
    except Exception as error:
        found = [str(error)]
    assert found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("input{width:100%;min-width:0;height:44px", "input{width:100%;min-width:0;height:30px", "40 px"),
        ("min-width:15.5rem;white-space:nowrap", "min-width:30rem", "sideways"),
        ("min-width:15.5rem;white-space:nowrap", "max-width:14rem", "height"),
        ('host.toggleAttribute("dark", isDark());', "", "theme"),
        ("slot{display:none}", "", "picture"),
        ("const region = announcer();\nconst about", "const region = announcer();console.log('x');\nconst about", "heard"),
    ],
)  # fmt: skip
def test_each_fault_of_the_layout_is_found(tabs, old, new, fault):
    assert_fault_is_seen(tabs, looks, old, new, fault)


@pytest.mark.slow
def test_jupyterlab_shows_a_working_dial(browser, tmp_path):  # noqa: F811
    cells = [
        "from attention_core import illustrate",
        "illustrate.enable()",
        "illustrate.dial([2, 1], [1, 2])",
    ]
    with run_all(browser, tmp_path, cells) as tab:
        range_ = tab.locator("attention-dial").get_by_label("Shift both")
        range_.focus()
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate(f"{FIRST}.places") == [4, 1]
        assert tab.evaluate(f"{FIRST}.results.score") == pytest.approx(3)
        assert not tab.locator("attention-dial figure").is_visible()
