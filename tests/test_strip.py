"""The strip: its picture, and the element in a real browser.

As for the bench, each check of the element returns faults: none on a sound page, some on a page
broken on purpose.
"""

from __future__ import annotations

import json
import re
from html import unescape
from itertools import product

import numpy as np
import pytest

from attention_core import reach
from attention_core.illustrate.elements import script
from attention_core.illustrate.receptive import walk
from attention_core.illustrate.strip import model, strip
from tests.play import (
    THEMES_AND_WIDTHS,
    Tabs,
    assert_fault_is_seen,
    axe,
    layout_faults,
    paper_faults,
    run_all,
    spilled,
)
from tests.test_pages import browser  # noqa: F401 (a fixture)

SHOWN = strip()
KINDS = ("window", "convolution", "dilated", "recurrence", "masked", "attention")
DEPTHS = {"window": 1, "convolution": 3, "dilated": 3, "recurrence": 1, "masked": 1, "attention": 1}

# --- the picture, and what the element is told --------------------------------------------------


def test_the_element_is_told_what_is_chosen():
    state = json.loads(unescape(re.search(r'data-strip="([^"]*)"', SHOWN.html).group(1)))
    chosen = {"kind": "convolution", "n": 16, "output": 11, "width": 3, "depths": DEPTHS}
    assert state == chosen
    assert SHOWN.figure.html in SHOWN.html
    state = json.loads(strip("dilated", n=5, output=0, width=2, depth=4).state)
    assert state["depths"] == DEPTHS | {"convolution": 4, "dilated": 4}
    assert (state["kind"], state["n"], state["output"], state["width"]) == ("dilated", 5, 0, 2)


def test_a_model_is_a_stack():
    for kind in ("window", "convolution", "dilated"):
        traced = reach.reached(*reach.stack(kind, 9, 3, 2))
        assert np.array_equal(reach.reached(*model(kind, 9, 3, 2)), traced)
    assert reach.reached(*model("attention", 9, 3, 1)).all()
    assert np.array_equal(reach.reached(*model("masked", 9, 3, 2)), np.tri(9, dtype=bool))


def test_the_picture_is_of_five_models():
    for name in (
        "fixed window on 10 to 12",
        "convolution, 3 layers on 6 to 12",
        "recurrence on 1 to 12",
    ):
        assert name in SHOWN.alt
    assert "in self-attention on 1 to 16, over 1 operation." in SHOWN.alt
    assert strip(caption="So.").figure.caption == "So."


def test_it_fits_a_phone_and_is_the_same_at_every_run():
    assert SHOWN.figure.width <= 360
    assert strip().html == SHOWN.html
    assert list(SHOWN._repr_mimebundle_()) == ["text/html", "image/svg+xml", "text/plain"]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"kind": "pooling"}, ValueError, "kind must be one of window, conv.*got 'pooling'"),
        ({"n": 1}, ValueError, "n must be 2 to 16"),
        ({"n": 17}, ValueError, "n must be 2 to 16"),
        ({"output": 16}, ValueError, "output must be 0 to 15, which the strip shows: got 16"),
        ({"width": 6}, ValueError, "width must be 2 to 5"),
        ({"width": 1}, ValueError, "width must be 2 to 5"),
        ({"depth": 5}, ValueError, "depth must be 1 to 4"),
        ({"depth": 2.0}, TypeError, "depth must be a whole number"),
    ],
)
def test_what_the_strip_cannot_show_is_refused(change, error, said):
    with pytest.raises(error, match=said):
        strip(**change)


# --- the element --------------------------------------------------------------------------------

TWO = SHOWN.html + strip("recurrence", n=7, output=6, width=2).html
FIRST = "document.querySelector('attention-strip')"


@pytest.fixture
def tabs(browser, tmp_path):  # noqa: F811
    opened = Tabs(browser, tmp_path, TWO)
    yield opened
    opened.close()


def control(tab, name):
    return tab.locator("attention-strip").first.get_by_label(name, exact=True)


def all_settings(n: int) -> list[dict]:
    """Every kind, depth, width and output; the window has one layer."""
    return [
        {"kind": kind, "depth": depth, "width": width, "output": output}
        for kind, depth, width in product(KINDS, range(1, 5), range(2, 6))
        for output in range(n)
        if kind != "window" or depth == 1
    ]


def wrong_numbers(tab) -> list[str]:
    """Where the element and `attention_core` disagree, at every setting it has."""
    found = []
    for which, n in enumerate((16, 7)):
        settings = all_settings(n)
        given = tab.evaluate(
            "([which, all]) => { const strip = document.querySelectorAll('attention-strip')[which];"
            " return all.map((each) => { strip.settings = each; const { lengths, lines, longest } ="
            " strip.results; return [strip.settings, lengths, lines.length, longest]; }); }",
            [which, settings],
        )
        traced = {}
        for asked, (kept, lengths, lines, longest) in zip(settings, given, strict=True):
            if kept != asked | {"n": n}:
                found.append(f"set to {asked}, it stands at {kept}")
            key = asked["kind"], n, asked["width"], asked["depth"]
            layers = model(*key)
            expected = traced.setdefault(key, reach.path_length(*layers))[asked["output"]]
            if [np.inf if length is None else length for length in lengths] != expected.tolist():
                found.append(f"lengths are off at {asked}")
            walked = walk(layers, asked["output"])
            if lines != len(walked.lines) or [tuple(each) for each in longest] != walked.longest:
                found.append(f"the way is off at {asked}")
    return found


def wrong_words(tab) -> list[str]:
    """Where what is said and drawn is not what is there."""
    found = []
    for settings in (
        {"kind": "convolution", "depth": 3, "width": 3, "output": 11},
        {"kind": "dilated", "depth": 2, "width": 4, "output": 15},
        {"kind": "dilated", "depth": 1, "width": 5, "output": 6},
        {"kind": "recurrence", "depth": 2, "width": 3, "output": 5},
        {"kind": "attention", "depth": 1, "width": 3, "output": 4},
        {"kind": "masked", "depth": 4, "width": 3, "output": 9},
        {"kind": "window", "depth": 1, "width": 2, "output": 9},
    ):
        layers = model(settings["kind"], 16, settings["width"], settings["depth"])
        output, walked = settings["output"], walk(layers, settings["output"])
        row = reach.path_length(*layers)[output]
        seen = np.isfinite(row)
        said, told, circles, paths, texts = tab.evaluate(
            f"""(settings) => {{ {FIRST}.settings = settings; const root = {FIRST}.shadowRoot;
            const all = (query) => [...root.querySelectorAll(query)];
            return [all(".said p").map((p) => p.textContent), all("output").map((o) => o.textContent),
              all("circle").map((c) => [c.getAttribute("class"), +c.getAttribute("cx"), +c.getAttribute("cy")]),
              all("path").map((p) => p.getAttribute("d")),
              all("text").map((t) => [t.textContent, +t.getAttribute("x"), +t.getAttribute("y")])]; }}""",
            settings,
        )
        most = int(row[seen].max())
        wanted = [
            f"Output {output + 1} depends on {seen.sum()} of 16 inputs.",
            f"The longest path: {most} operation{'s' * (most > 1)}.",
            further(settings, seen),
        ]
        if said != wanted:
            found.append(f"said {said} for {wanted}")
        fixed, narrow = settings["kind"] == "window", settings["kind"] in KINDS[3:]
        numbers = [str(output + 1), str(settings["depth"]), str(settings["width"])]
        if told != [numbers[0], "–" if fixed else numbers[1], "–" if narrow else numbers[2]]:
            found.append(f"the controls show {told}")
        kinds = [kind for kind, *_ in circles]
        inputs = [place for place, kind in enumerate(kinds[:16]) if kind == "input end"]
        if inputs != np.flatnonzero(seen).tolist() or kinds.count("input end") != seen.sum():
            found.append(f"solid inputs: {inputs}")
        if kinds.index("output end") != 16 * settings["depth"] + output:
            found.append("another output is chosen")
        if kinds.count("input way") != sum(level > 0 for level, _ in walked.nodes) - 1:
            found.append("what lies between is drawn wrongly")
        if [path.count("M") for path in paths] != [len(walked.lines), len(walked.longest) - 1]:
            found.append("lines are missing")
        ends = {
            tuple(map(float, end))
            for path in paths
            for end in re.findall(r"([\d.]+) ([\d.]+)", path)
        }
        for x, y in ends:
            if min(np.hypot(x - a, y - b) for _, a, b in circles) > 0.02:
                found.append(f"a line ends at {x}, {y}, where nothing is")
        below = [(text, x) for text, x, y in texts if y > 230 and text != "path"]
        columns = [circles[j][1] for j in np.flatnonzero(seen)]
        if below != [
            (f"{row[j]:g}", x) for j, x in zip(np.flatnonzero(seen), columns, strict=True)
        ]:
            found.append(f"path lengths: {below}")
    return found


def further(settings: dict, seen) -> str:
    """What the strip says of what is not seen, by `attention_core`."""
    output = settings["output"]
    if settings["kind"] == "attention":
        return "It sees all there is."
    if seen[: output + 1].all():
        return "It sees all up to its own place."
    if settings["kind"] == "window":
        return "A fixed window sees no more."
    needed = next(
        depth
        for depth in range(1, 40)
        if reach.reached(*model(settings["kind"], 16, settings["width"], depth))[output, 0]
    )
    return f"To see all {output + 1}, it takes {needed} layers."


def by_keyboard(tab) -> list[str]:
    """Tab to the four controls and move each."""
    found = []
    tab.evaluate(f"window.changes = 0; {FIRST}.addEventListener('change', () => changes++)")
    names = []
    keys = ("ArrowDown", "ArrowLeft", "ArrowRight", "ArrowLeft")
    for key in keys:
        tab.keyboard.press("Tab")
        tab.keyboard.press(key)
        name, edge = tab.evaluate(
            f"(() => {{ const e = {FIRST}.shadowRoot.activeElement;"
            " return [e?.labels[0].textContent, e ? getComputedStyle(e).outlineWidth : '0']; })()"
        )
        names.append(name)
        if float(edge.removesuffix("px")) < 2:
            found.append(f"focus on {name} cannot be seen")
    if names != ["Model", "Output", "Layers", "Width"]:
        found.append(f"Tab leads to {names}")
    settings = tab.evaluate(f"{FIRST}.settings")
    if settings != {"kind": "dilated", "n": 16, "output": 10, "width": 2, "depth": 4}:
        found.append(f"the keys led to {settings}")
    texts = [control(tab, name).get_attribute("aria-valuetext") for name in names[1:]]
    if texts != ["output 11 of 16", "4 layers", "2 tokens wide"]:
        found.append(f"said {texts}")
    if tab.evaluate("changes") != 4:
        found.append(f"{tab.evaluate('changes')} changes were told")
    sentence = (
        "Dilated convolution, 4 layers, 2 wide: output 11 depends on 11 of 16 inputs, from 1 to 11, "
        "over 4 operations. It sees all up to its own place."
    )
    try:
        tab.wait_for_function(
            f"{FIRST}.shadowRoot.querySelector('[aria-live=polite]').textContent === {sentence!r}",
            timeout=1500,
        )
    except Exception:
        found.append("not announced")
    return found


def quiet(tab) -> list[str]:
    """Many changes in a row are announced once."""
    tab.evaluate(
        f"""window.heard = 0; new MutationObserver(() => heard++).observe(
        {FIRST}.shadowRoot.querySelector('[aria-live]'), {{ childList: true, characterData: true, subtree: true }})"""
    )
    for _ in range(6):
        control(tab, "Output").press("ArrowLeft")
    tab.wait_for_timeout(900)
    heard = tab.evaluate("heard")
    return [] if heard == 1 else [f"announced {heard} times"]


def remembers(tab) -> list[str]:
    """Each model keeps its layers; what does not apply cannot be moved."""
    found = []
    for kind, depth, off in (
        ("window", 1, ["Layers"]),
        ("recurrence", 1, ["Width"]),
        ("attention", 1, ["Width"]),
        ("masked", 1, ["Width"]),
        ("convolution", 3, []),
    ):
        control(tab, "Model").select_option(kind)
        settings = tab.evaluate(f"{FIRST}.settings")
        if (settings["kind"], settings["depth"]) != (kind, depth):
            found.append(f"{kind} has {settings}")
        still = [name for name in ("Output", "Layers", "Width") if control(tab, name).is_disabled()]
        if still != off:
            found.append(f"{still} cannot be moved in {kind}")
    return found


def by_hand(tab) -> list[str]:
    """A click above a place chooses the output there."""
    found = []
    for place in (2, 15, 0):
        box = tab.evaluate(
            f"(() => {{ const b = {FIRST}.shadowRoot.querySelectorAll('circle')[{place}]"
            ".getBoundingClientRect(); return [b.x + b.width / 2, b.y - 30]; })()"
        )
        tab.mouse.click(*box)
        if tab.evaluate(f"{FIRST}.settings.output") != place:
            found.append(f"{tab.evaluate(f'{FIRST}.settings.output')} for {place}")
    return found


def looks(tab, theme: str, width: int) -> list[str]:
    """Faults of the layout: overflow, small targets, the wrong theme, a picture too many."""
    found = layout_faults(tab, FIRST, theme, width)
    heights = set()
    for kind, output, depth in product(KINDS, (0, 11, 15), (1, 4)):
        depth = 1 if kind == "window" else depth
        tab.evaluate(
            f"s => {{ {FIRST}.settings = s; }}", {"kind": kind, "output": output, "depth": depth}
        )
        if tab.evaluate("document.documentElement.scrollWidth") > width:
            found.append("the page scrolls sideways")
        heights.add(tab.evaluate(f"{FIRST}.getBoundingClientRect().height"))
        found += spilled(tab, FIRST)
    if len(heights) > 1:
        found.append(f"it changes its height: {heights}")
    return found


def paper(tab) -> list[str]:
    return paper_faults(tab, FIRST)


def refuses(tab) -> list[str]:
    """What is out of reach is refused, and changes nothing."""
    found = []
    before = tab.evaluate(f"{FIRST}.settings")
    for settings in (
        '{ kind: "pooling" }',
        '{ kind: "toString", depth: 1 }',
        "{ output: 16 }",
        "{ output: -1 }",
        "{ output: 1.5 }",
        "{ width: 1 }",
        "{ depth: 5 }",
        "{ n: 40 }",
        '{ kind: "window", depth: 2 }',
    ):
        refused = tab.evaluate(
            f"(() => {{ try {{ {FIRST}.settings = {settings}; return false; }} catch {{ return true; }} }})()"
        )
        if not refused or tab.evaluate(f"{FIRST}.settings") != before:
            found.append(f"{settings} is taken")
    return found


def test_the_element_computes_what_attention_core_computes(tabs):
    tab = tabs()
    assert wrong_numbers(tab) == []
    assert tab.heard == []


def test_what_is_said_and_drawn_is_what_is_there(tabs):
    assert wrong_words(tabs()) == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_is_worked_by_keyboard_alone(tabs, theme, size):
    tab = tabs(theme=theme, size=size)
    assert by_keyboard(tab) == []
    assert tab.heard == []


def test_it_announces_once_the_reader_has_come_to_rest(tabs):
    assert quiet(tabs()) == []


def test_each_model_keeps_its_layers(tabs):
    assert remembers(tabs()) == []


@pytest.mark.parametrize("still", [False, True])
def test_an_output_is_chosen_by_a_click(tabs, still):
    assert by_hand(tabs(still=still)) == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_fits_and_follows_the_theme(tabs, theme, size):
    assert looks(tabs(theme=theme, size=size), theme, size["width"]) == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_axe_finds_nothing(tabs, theme, size):
    assert axe(tabs(theme=theme, size=size)) == []


def test_paper_has_the_picture(tabs):
    assert paper(tabs()) == []


def test_what_is_out_of_reach_is_refused(tabs):
    assert refuses(tabs()) == []


def test_without_scripts_it_is_the_picture(tabs):
    tab = tabs(java_script_enabled=False)
    first = tab.locator("attention-strip").first
    assert first.locator("figure svg").is_visible()
    assert first.locator("figcaption").is_visible()


def test_a_strip_without_its_state_is_the_picture(tabs):
    tab = tabs(SHOWN.html.replace("data-strip=", "data-other="))
    assert tab.locator("attention-strip figure svg").is_visible()
    assert tab.heard == []


def test_two_do_not_clash(tabs):
    tab = tabs()
    before = tab.evaluate("document.querySelectorAll('attention-strip')[1].results")
    control(tab, "Output").press("ArrowLeft")
    assert tab.evaluate("document.querySelectorAll('attention-strip')[1].results") == before


def test_defining_twice_does_no_harm(tabs):
    tab = tabs(js=script() + "\n" + script())
    assert tab.heard == []
    assert tab.evaluate(f"{FIRST}.settings.output") == 11


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_numbers, "width ** (level - 1)", "2 ** (level - 1)"),
        (wrong_numbers, "[[level, i - 1], [level - 1, i]]", "[[level - 1, i - 1], [level - 1, i]]"),
        (wrong_numbers, 'kind === "attention" ? n - 1 : i', "i"),
        (wrong_numbers, "i - (width - 1) * dilation", "i - width * dilation"),
        (wrong_numbers, "length: node.length + 1", "length: at[0]"),
        (wrong_numbers, "far(b) > far(a)", "far(b) >= far(a)"),
        (wrong_words, "seen(lengths).length >= all", "seen(lengths).length > all"),
        (wrong_words, "Math.max(...lengths)", "Math.min(...lengths)"),
        (wrong_words, "set(parts.output, output + 1,", "set(parts.output, output,"),
        (wrong_words, "${y(level).toFixed(2)}", "${(y(level) + 9).toFixed(2)}"),
        (wrong_words, '!on ? "none"', 'on ? "none"'),
        (by_keyboard, "select:focus-visible{outline:3px solid var(--focus);outline-offset:2px}", "select{outline:0!important}"),
        (by_keyboard, "region.say(sentence);", ""),
        (by_keyboard, 'choose({ kind: kind.value })', "0"),
        (by_keyboard, "Number(control.value) - from", "Number(control.value)"),
        (quiet, "clearTimeout(waiting);", ""),
        (remembers, "depth: this.#data.depths[kind] };", "depth: 1 };"),
        (remembers, "control.disabled = off;", ""),
        (by_hand, "/ box.width) * 360", "/ box.width) * 300"),
        (axe, '"label", { for: name, text }', '"span", { text }'),
        (paper, ".live{display:none!important}slot{display:block}", ""),
        (refuses, "n === this.#data.n &&", ""),
        (refuses, "Number.isInteger(x) &&", ""),
        (refuses, 'kind === "window" ? [1, 1] : DEPTHS', "DEPTHS"),
        (refuses, "Object.hasOwn(KINDS, kind)", "kind in KINDS"),
    ],
)  # fmt: skip
def test_each_check_fails_on_a_broken_element(tabs, check, old, new):
    assert old in script()

    try:
        found = check(tabs(js=script().replace(old, new)))
    except Exception as error:
        found = [str(error)]
    assert found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("select{grid-column:2/4;min-width:0;height:44px", "select{grid-column:2/4;min-width:0;height:30px", "40 px"),
        ("select{grid-column:2/4;min-width:0;", "select{grid-column:2/4;min-width:30rem;", "sideways"),
        ('"A fixed window sees no more."', '"A fixed window sees no more. ".repeat(3)', "height"),
        ('host.toggleAttribute("dark", isDark());', "", "theme"),
        ("slot{display:none}", "", "picture"),
        ("const [LEFT, RIGHT, TOP, BOTTOM] = [58, 348,", "const [LEFT, RIGHT, TOP, BOTTOM] = [58, 372,", "reaches out"),
        ("const region = announcer();\nconst caption", "const region = announcer();console.log('x');\nconst caption", "heard"),
    ],
)  # fmt: skip
def test_each_fault_of_the_layout_is_found(tabs, old, new, fault):
    assert_fault_is_seen(tabs, looks, old, new, fault)


@pytest.mark.slow
def test_jupyterlab_shows_a_working_strip(browser, tmp_path):  # noqa: F811
    cells = [
        "from attention_core import illustrate",
        "illustrate.enable()",
        "illustrate.strip()",
    ]
    with run_all(browser, tmp_path, cells) as tab:
        range_ = tab.locator("attention-strip").get_by_label("Output", exact=True)
        range_.focus()
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate(f"{FIRST}.settings.output") == 12
        assert not tab.locator("attention-strip figure").is_visible()
