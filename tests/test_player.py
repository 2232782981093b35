"""The steps player: its frames against `trace`, and the element in a real browser.

Each check of the element is a function that returns faults. It is run on a sound page, where it
must find none, and on a page broken on purpose, where it must find some.
"""

from __future__ import annotations

import importlib.resources
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from attention_core import example, trace
from attention_core._format import number
from attention_core.illustrate.elements import script
from attention_core.illustrate.scenes import SEQUENCES, STEPS
from attention_core.illustrate.sequences import animate
from tests.play import (
    NARROW,
    THEMES_AND_WIDTHS,
    Tabs,
    assert_fault_is_seen,
    axe,
    layout_faults,
    paper_faults,
    run_all,
    spilled,
    tabbed,
    unannounced,
)
from tests.test_pages import browser  # noqa: F401 (a fixture)

EXAMPLES = {
    "worked": example.worked,
    "plane": example.plane,
    "rectangle": example.rectangle,
    "bank": example.bank("river"),
    "one token": ([[1, 2]], [[1], [1]], [[1], [0]], [[1, -1], [0.5, 0]]),
    "nothing but zeros": ([[0, 0], [0, 0]], [[1], [1]], [[1], [0]], [[1], [0]]),
}
WORKED = trace(*example.worked)
EVERY = [{"sequence": name} for name in SEQUENCES] + [{"step": number_} for number_ in STEPS]


def shown(how: dict, steps=WORKED, **more):
    return animate(steps, how.get("sequence"), step=how.get("step"), **more)


def all_of_them():
    for name, arrays in EXAMPLES.items():
        steps = trace(*arrays)
        for how in EVERY:
            yield f"{name}, {how}", shown(how, steps), steps


# --- the frames -----------------------------------------------------------------------------------


def arrays_of(steps) -> dict[str, np.ndarray]:
    """What a cell's key may name, from the trace."""
    per = {
        step_: {r.token: r for r in steps if r.number == step_ and r.token is not None}
        for step_ in range(1, 8)
    }
    weights = next(r for r in steps if r.number == 2).result
    tokens = range(len(per[1]))
    scores = np.stack([per[4][i].result["scores"] for i in tokens])
    return {
        "x": np.stack([per[1][i].result["input"] for i in tokens]),
        "xs": np.stack([per[1][i].result["input"] for i in tokens]),
        "Wk": weights["key_weight"],
        "Wq": weights["query_weight"],
        "Wv": weights["value_weight"],
        "k": np.stack([per[3][i].result["key"] for i in tokens]),
        "q": np.stack([per[3][i].result["query"] for i in tokens]),
        "v": np.stack([per[3][i].result["value"] for i in tokens]),
        "raw": np.stack([per[4][i].result["raw_scores"] for i in tokens])[..., None],
        "score": scores[..., None],
        "shifted": (scores - scores.max(axis=1, keepdims=True))[..., None],
        "exp": np.stack([per[5][i].result["exponentials"] for i in tokens])[..., None],
        "total": np.stack([per[5][i].result["exponentials"].sum() for i in tokens])[:, None],
        "weight": np.stack([per[5][i].result["weights"] for i in tokens])[..., None],
        "weighted": np.stack([per[6][i].result["weighted_values"] for i in tokens]),
        "z": np.stack([per[7][i].result["output"] for i in tokens]),
    }


def test_every_number_is_that_of_the_trace():
    for name, animation, steps in all_of_them():
        arrays = arrays_of(steps)
        for frame in animation.frames:
            for place in frame.places:
                if place.sprite.kind == "cell":
                    key, *index = place.sprite.key.split(".")
                    value = arrays[key][tuple(int(i) for i in index)]
                    assert place.sprite.text == number(value), (name, place)


def test_what_comes_from_something_comes_from_what_it_is_computed_from():
    steps = trace(*example.worked)
    found = {}
    for how in EVERY:
        for frame in shown(how, steps).frames:
            for place in frame.places:
                if place.sprite.sources:
                    found[place.sprite.key] = set(place.sprite.sources)
    assert found["k.1.0"] == {"xs.1.1", "Wk.1.0", "xs.1.3", "Wk.3.0"}  # 0s add nothing
    assert found["term.1.2"] == {"q.0.2", "k.1.2"}
    assert found["raw.0.1.0"] == {"term.1.0", "term.1.1", "term.1.2"}
    assert found["weight.0.2.0"] >= {"exp.0.2.0"} or found["weight.0.2.0"] >= {"score.0.2.0"}
    assert found["weighted.0.1.2"] == {"weight.0.1.0", "v.1.2"}
    assert found["z.0.1"] >= {"weighted.0.0.1"} or "weight.0.0.0" in found["z.0.1"]


def test_what_is_new_was_there_to_come_from():
    """The eye can follow: each source is seen in the frame before, or comes just before."""
    for name, animation, _ in all_of_them():
        for before, after in zip(animation.frames, animation.frames[1:], strict=False):
            there = {p.sprite.key for p in before.places} | {p.sprite.key for p in after.places}
            old = {p.sprite.key for p in before.places}
            for place in after.places:
                if place.sprite.key not in old:
                    assert set(place.sprite.sources) <= there, (name, place)
            assert set(after.lit) <= {p.sprite.key for p in after.places}


def test_everything_is_inside_and_no_cell_covers_another():
    for name, animation, _ in all_of_them():
        for frame in animation.frames:
            boxes = []
            for place in frame.places:
                assert 0 <= place.x <= animation.width, (name, place)
                assert 40 <= place.y <= animation.height, (name, place)
                if place.sprite.kind in ("cell", "slot"):
                    half = place.sprite.width / 2
                    box = (place.x - half, place.x + half, place.y - 14, place.y + 14)
                    assert box[0] >= 0 and box[1] <= animation.width, (name, place)
                    for left, right, top, bottom in boxes:
                        apart = (
                            box[1] <= left or box[0] >= right or box[3] <= top or box[2] >= bottom
                        )
                        assert apart, (name, frame.sentence, place)
                    boxes.append(box)
            assert len({p.sprite.key for p in frame.places}) == len(frame.places)


def test_the_three_sequences_are_the_eight_steps():
    numbers = [frame.number for how in EVERY[:3] for frame in shown(how).frames]
    assert sorted(set(numbers)) == list(range(1, 9))
    assert numbers == sorted(numbers)
    for step_ in STEPS:
        assert {frame.number for frame in shown({"step": step_}).frames} == {step_}


@pytest.mark.parametrize("token", [0, 1, 2])
def test_any_query_can_be_shown(token):
    for how in EVERY[1:3]:
        last = shown(how, token=token).frames[-1]
        assert last.sentence
    assert f"Query {token + 1} meets key 3" in " ".join(
        f.sentence for f in shown({"sequence": "attend"}, token=token).frames
    )


def test_the_picture_inside_is_the_last_frame_and_tells_the_steps():
    animation = shown({"sequence": "attend"})
    assert animation.figure.html in animation.html
    assert animation.figure.drawing == animation.stills[-1].drawing
    for record in WORKED:
        if record.number in (4, 5, 6) and record.token == 0:
            assert record.sentence in animation.alt
    assert "Printed to 2 decimals, computed in full." in animation.caption
    assert "decimals" not in shown({"step": 1}).caption


class Attributes(HTMLParser):
    """The attributes of the player."""

    found: dict | None = None

    def handle_starttag(self, tag, attrs):
        if tag == "attention-steps":
            assert self.found is None
            self.found = dict(attrs)


def test_the_same_bytes_at_every_run_and_they_can_be_read():
    for how in EVERY:
        one, two = shown(how), shown(how, trace(*example.worked))
        assert one.html == two.html
        parser = Attributes()
        parser.feed(one.html)
        data = json.loads(parser.found["data-frames"])
        assert data == json.loads(one.json)
        assert len(data["frames"]) == len(one.frames)
        assert list(one._repr_mimebundle_()) == ["text/html", "image/svg+xml", "text/plain"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of sequence and step"),
        ({"sequence": "sum", "step": 7}, "one of sequence and step"),
        ({"sequence": "all"}, "must be one of derive, attend, sum"),
        ({"step": 9}, "between 1 and 8"),
        ({"step": 4, "token": 3}, "between 0 and 2"),
    ],
)
def test_what_there_is_not_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        animate(WORKED, **arguments)


def test_no_token_is_refused():
    with pytest.raises(ValueError, match="at least one token"):
        animate(trace(np.empty((0, 2)), [[1], [1]], [[1], [1]], [[1], [1]]), "sum")


def test_the_script_computes_nothing():
    file = importlib.resources.files("attention_core.illustrate") / "js" / "steps.js"
    player = file.read_text(encoding="utf-8")
    assert not re.search(r"Math\.(exp|sqrt|log|pow)|reduce\(\(\w+, \w+\) => \w+ \+", player)


# --- pages ------------------------------------------------------------------------------------------

TWO = shown({"step": 4}).html + shown({"sequence": "attend"}).html
FIRST = "document.querySelectorAll('attention-steps')[0]"
SECOND = "document.querySelectorAll('attention-steps')[1]"


@pytest.fixture
def tabs(browser, tmp_path):  # noqa: F811
    opened = Tabs(browser, tmp_path, TWO, still=True)
    yield opened
    opened.close()


def player(tab, which=1):
    return tab.locator("attention-steps").nth(which)


def at(tab, which=SECOND):
    return tab.evaluate(f"{which}.position")


DRAWN = """player => {
    const round = (value) => Math.round(value * 10) / 10;
    const seen = {};
    for (const g of player.shadowRoot.querySelectorAll("[data-key]")) {
      if (g.style.display === "none") continue;
      const place = g.transform.baseVal[0].matrix;
      seen[g.dataset.key] = [round(place.e), round(place.f), g.textContent,
        g.classList.contains("faint"), g.classList.contains("lit"), Number(g.style.opacity)];
    }
    return [seen, player.shadowRoot.querySelector(".words").textContent,
      player.shadowRoot.querySelector("text.h").textContent,
      player.shadowRoot.querySelectorAll(".picture > g:last-child > *").length]; }"""


def wrong_drawing(tab) -> list[str]:
    """Where a frame that has come to rest is not what Python says."""
    found = []
    for place, frame in enumerate(shown({"sequence": "attend"}).frames):
        tab.evaluate(f"{SECOND}.position = {place}")
        seen, words, head, copies = player(tab).evaluate(DRAWN)
        expected = {
            p.sprite.key: [
                round(p.x, 1),
                round(p.y, 1),
                p.sprite.before + p.sprite.text + p.sprite.index + p.sprite.after,
                p.faint,
                p.sprite.key in frame.lit,
                1,
            ]
            for p in frame.places
        }
        if seen != expected:
            wrong = {k for k in seen.keys() | expected if seen.get(k) != expected.get(k)}
            found.append(f"frame {place}: {sorted(wrong)[:4]}")
        if words.replace("\u00a0", " ") != frame.sentence:
            found.append(f"frame {place} says {words}")
        if head != f"Step {frame.number} of 8: {frame.name}":
            found.append(f"frame {place} is headed {head}")
        if copies:
            found.append(f"frame {place}: {copies} copies are left")
    return found


def wrong_path(tab) -> list[str]:
    """Half-way, copies of the sources are between where they came from and where they go to."""
    found = []
    frame = shown({"sequence": "attend"}).frames[10]  # weight times value 1
    places = {p.sprite.key: (p.x, p.y) for p in frame.places}
    tab.evaluate(f"{SECOND}.position = 9.5")
    copies = player(tab).evaluate(
        """player => [...player.shadowRoot.querySelectorAll(".picture > g:last-child > *")].map(
            (copy) => [copy.textContent, copy.transform.baseVal[0].matrix.e])"""
    )
    if sorted(text for text, _ in copies) != sorted(["0.14"] * 3 + ["1", "2", "3"]):
        found.append(f"on the way are {copies}")
    start, end = places["weight.0.0.0"][0], places["weighted.0.0.2"][0]
    found += [f"{text} is at {x}" for text, x in copies if not start < x < end]
    new = player(tab).evaluate(
        "player => player.shadowRoot.querySelector('[data-key=\"weighted.0.0.2\"]').style.display"
    )
    if new != "none":
        found.append("the result is there before what it comes from")
    return found


def by_keyboard(tab) -> list[str]:
    """Tab to the player, then arrows, Home, End and space: no pointer."""
    names, found = tabbed(tab, 8)
    if names != ["Previous", "Play", "Next", "Frame"] * 2:
        found.append(f"Tab leads to {names}")
    for key, expected in [
        ("ArrowRight", 1), ("ArrowUp", 2), ("ArrowLeft", 1), ("End", 12), ("ArrowRight", 12),
        ("ArrowDown", 11), ("Home", 0), ("ArrowLeft", 0), ("PageUp", 1),
    ]:  # fmt: skip
        tab.keyboard.press(key)
        if at(tab) != expected:
            found.append(f"{key} leads to {at(tab)}, not {expected}")
    if player(tab).get_by_role("slider").input_value() != str(int(at(tab))):
        found.append("the slider stands elsewhere")
    tab.keyboard.press("Space")
    if not tab.evaluate(f"{SECOND}.playing") or at(tab) != 2:
        found.append("space does not play")
    tab.keyboard.press("Space")
    if tab.evaluate(f"{SECOND}.playing"):
        found.append("space does not pause")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Enter")  # Next
    if at(tab) != 3:
        found.append("Enter on Next does nothing")
    tab.keyboard.press("Home")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("ArrowRight")
    if at(tab) != 1:
        found.append("arrows do nothing on the buttons")
    expected = shown({"sequence": "attend"}).frames[1].sentence
    return found + unannounced(tab, SECOND, expected)


def looks(tab, theme: str, width: int) -> list[str]:
    """Faults of the layout: overflow, small targets, the wrong theme, more than one picture."""
    found = layout_faults(tab, SECOND, theme, width)
    heights = set()
    for place in range(tab.evaluate(f"{SECOND}.length")):
        tab.evaluate(f"{SECOND}.position = {place}")
        heights.add(tab.evaluate(f"{SECOND}.getBoundingClientRect().height"))
        found += [f"frame {place}: {fault}" for fault in spilled(tab, SECOND)]
    if len(heights) != 1:
        found.append(f"the page jumps: {heights}")
    return found


def clashes(tab) -> list[str]:
    """Two players on a page must not know of each other."""
    found = []
    player(tab).get_by_role("button", name="Next").click()
    if (at(tab, FIRST), at(tab, SECOND)) != (0, 1):
        found.append(f"they stand at {at(tab, FIRST)} and {at(tab, SECOND)}")
    ids = tab.evaluate(
        "[document, ...[...document.querySelectorAll('attention-steps')].map(e => e.shadowRoot)]"
        ".flatMap(root => [...root.querySelectorAll('[id]')].map(e => e.id))"
    )
    if len(ids) != len(set(ids)):
        found.append("an id stands twice")
    return found


def starts_by_itself(tab) -> list[str]:
    tab.wait_for_timeout(700)
    found = [f"it stands at {at(tab)}"] if at(tab) else []
    return found + (["it plays"] if tab.evaluate(f"{SECOND}.playing") else [])


def moves(tab) -> list[str]:
    """Where things are on the way, for a reader who asked for less motion."""
    seen = tab.evaluate(
        f"""async () => {{
            const player = {SECOND}, seen = [];
            player.shadowRoot.querySelector(".next").click();
            for (let k = 0; k < 6; k++) {{
              await new Promise(requestAnimationFrame);
              seen.push(player.position);
            }}
            return seen.concat(player.shadowRoot.getAnimations().length); }}"""
    )
    return [f"positions on the way: {seen}"] if seen != [1] * 6 + [0] else []


def paper(tab) -> list[str]:
    return paper_faults(tab, SECOND)


def test_what_is_drawn_is_what_python_says(tabs):
    tab = tabs()
    assert wrong_drawing(tab) == []
    assert tab.heard == []


def test_things_move_from_where_they_come(tabs):
    assert wrong_path(tabs(still=False)) == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_is_worked_by_keyboard_alone(tabs, theme, size):
    tab = tabs(theme=theme, size=size)
    assert by_keyboard(tab) == []
    assert tab.heard == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_it_fits_and_follows_the_theme(tabs, theme, size):
    assert looks(tabs(theme=theme, size=size), theme, size["width"]) == []


@pytest.mark.parametrize("how", EVERY, ids=str)
def test_every_animation_fits_a_phone(tabs, how):
    tab = tabs(shown({"step": 1}).html + shown(how).html, size=NARROW)
    assert looks(tab, "light", 360) == []


@pytest.mark.parametrize(("theme", "size"), THEMES_AND_WIDTHS)
def test_axe_finds_nothing(tabs, theme, size):
    tab = tabs(theme=theme, size=size)
    assert axe(tab) == []
    player(tab).get_by_role("slider").press("End")
    player(tab, 0).get_by_role("button", name="Play").click()
    assert axe(tab) == []


def test_two_do_not_clash(tabs):
    assert clashes(tabs()) == []


@pytest.mark.parametrize("still", [True, False])
def test_it_never_starts_by_itself(tabs, still):
    assert starts_by_itself(tabs(still=still)) == []


def test_reduced_motion_steps_without_moving(tabs):
    assert moves(tabs()) == []


def test_paper_has_the_picture(tabs):
    assert paper(tabs()) == []


def test_without_scripts_it_is_the_picture(tabs):
    tab = tabs(java_script_enabled=False, size=NARROW)
    assert player(tab).locator("figure svg").is_visible()
    assert player(tab).locator("figcaption").is_visible()


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_drawing, "`translate(${x} ${y})`", "`translate(${x + 1} ${y})`"),
        (wrong_drawing, "words.textContent = frame.text;", ""),
        (wrong_drawing, 'glow.has(s) ? "lit"', 'glow.has(s) ? ""'),
        (wrong_path, "between(start.x, end.x, way)", "start.x"),
        (wrong_path, "const own = windows.get(s);", "const own = null;"),
        (by_keyboard, "ArrowRight: () => this.step(1)", "ArrowRight: () => this.step(2)"),
        (by_keyboard, 'keys[" "] = ', "keys.x = "),
        (by_keyboard, "event.preventDefault();", ""),
        (by_keyboard, "outline:3px solid", "outline:0 solid"),
        (by_keyboard, "region.say(frame.text);", ""),
        (clashes, "this.step(1)", "document.querySelectorAll('attention-steps').forEach(e => e.step(1))"),
        (starts_by_itself, "this.#stop = followTheme(this);", "this.#stop = followTheme(this), this.play();"),
        (moves, "|| reducedMotion()", ""),
        (paper, ".live{display:none!important}slot{display:block}", ""),
        (axe, '"aria-label": "Frame",', ""),
        (axe, '"aria-label": name', '"data-label": name'),
    ],
)  # fmt: skip
def test_each_check_fails_on_a_broken_element(tabs, check, old, new):
    sound = script()
    assert old in sound
    try:
        found = check(tabs(js=sound.replace(old, new), still=check is not wrong_path))
    except pytest.skip.Exception:
        raise
    except Exception as error:
        found = [str(error)]
    assert found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("width:44px;height:44px", "width:30px;height:30px", "40 px"),
        (".controls{display:flex", ".controls{min-width:24rem;display:flex", "sideways"),
        ('host.toggleAttribute("dark", isDark());', "", "theme"),
        ("slot{display:none}", "", "picture"),
        (".sentence>.room{visibility:hidden}", ".sentence>.room{display:none}", "jumps"),
        ("`0 0 ${data.width}", "`90 0 ${data.width}", "reaches out"),
        ("this.#paint(0);", "this.#paint(0);console.log('x');", "heard"),
    ],
)  # fmt: skip
def test_each_fault_of_the_layout_is_found(tabs, old, new, fault):
    assert_fault_is_seen(tabs, looks, old, new, fault)


# --- more that a reader does ------------------------------------------------------------------------


def test_play_goes_through_and_stops_at_the_end(tabs):
    tab = tabs(shown({"step": 2}).html, js=script().replace("1500 + 38 *", "50 + 0 *"), still=False)
    tab.evaluate(f"window.seen = []; {FIRST}.addEventListener('frame', e => seen.push(e.detail))")
    tab.get_by_role("button", name="Play").click()
    assert tab.get_by_role("button", name="Pause").is_visible()
    tab.wait_for_function(f"{FIRST}.position === 2")
    tab.get_by_role("button", name="Play").wait_for()
    assert tab.evaluate("seen") == [1, 2]
    tab.get_by_role("button", name="Play").click()  # from the start
    tab.wait_for_function(f"{FIRST}.position > 0 && {FIRST}.position < 1")
    assert tab.heard == []


def test_things_move_in_time_and_back(tabs):
    tab = tabs(still=False)
    player(tab).get_by_role("button", name="Next").click()
    tab.wait_for_function(f"{SECOND}.position > 0.1 && {SECOND}.position < 0.9")
    tab.wait_for_function(f"{SECOND}.position === 1")
    player(tab).get_by_role("button", name="Previous").click()
    tab.wait_for_function(f"{SECOND}.position > 0.1 && {SECOND}.position < 0.9")
    tab.wait_for_function(f"{SECOND}.position === 0")
    # Haste is not held up by movements.
    for _ in range(5):
        player(tab).get_by_role("button", name="Next").click()
    tab.wait_for_function(f"{SECOND}.position === 5", timeout=2500)
    assert tab.heard == []


def test_scrubbing_moves_under_the_thumb_and_comes_to_rest(tabs):
    tab = tabs(still=False)
    player(tab).get_by_role("slider").scroll_into_view_if_needed()
    box = player(tab).get_by_role("slider").bounding_box()
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 10, y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.62, y, steps=7)
    between = at(tab)
    assert between != int(between)
    tab.mouse.up()
    tab.wait_for_function(f"{SECOND}.position === {round(between)}")
    assert player(tab).get_by_role("slider").input_value() == str(round(between))
    assert tab.heard == []


def test_a_thumb_can_do_it(tabs):
    tab = tabs(size=NARROW, has_touch=True, is_mobile=True)
    player(tab).get_by_role("button", name="Next").tap()
    player(tab).get_by_role("button", name="Next").tap()
    player(tab).get_by_role("button", name="Previous").tap()
    assert at(tab) == 1


def test_the_theme_is_followed_when_it_changes(tabs):
    tab = tabs()
    tab.evaluate("document.documentElement.dataset.theme = 'dark'")
    tab.wait_for_function(f"{SECOND}.hasAttribute('dark')")
    tab.emulate_media(media="print")
    ink = tab.evaluate(f"getComputedStyle({SECOND}).color")
    assert ink == "rgb(31, 36, 48)"


def test_what_cannot_be_read_leaves_the_picture(tabs):
    tab = tabs(re.sub(r"data-frames='", "data-frames='?", TWO))
    assert player(tab).locator("figure svg").is_visible()
    assert not tab.evaluate(f"{SECOND}.ready")
    assert tab.heard == []


def test_it_can_be_taken_away_and_put_back(tabs):
    tab = tabs(still=False)
    player(tab).get_by_role("button", name="Play").click()
    tab.evaluate(
        f"(() => {{ const e = {SECOND}; e.remove(); document.querySelector('main').append(e); }})()"
    )
    assert not tab.evaluate(f"{SECOND}.playing")
    player(tab).get_by_role("slider").press("End")
    tab.wait_for_function(f"{SECOND}.position === 12")
    assert tab.heard == []


def test_defining_twice_does_no_harm(tabs):
    tab = tabs(js=script() + "\n" + script())
    assert tab.heard == []
    assert tab.evaluate(f"{SECOND}.length") == 13


def test_a_movement_is_drawn_within_a_frame(tabs, capsys):
    """Measured and printed; only something many times too slow fails."""
    tab = tabs(shown({"sequence": "derive"}).html, still=False)
    times = tab.evaluate(
        f"""() => {{ const player = {FIRST}, times = [];
            for (let position = 0; position < player.length - 1; position += 0.05) {{
              const start = performance.now();
              player.position = position;
              player.getBoundingClientRect();
              times.push(performance.now() - start);
            }}
            return times.sort((a, b) => a - b); }}"""
    )
    median, worst = times[len(times) // 2], times[-1]
    with capsys.disabled():
        print(f"\na moment of the longest sequence: {median:.1f} ms, at worst {worst:.1f} ms")
    assert median < 100


# --- the notebook, and the figures for slides --------------------------------------------------------


@pytest.mark.slow
def test_jupyterlab_shows_a_working_player(browser, tmp_path):  # noqa: F811
    cells = [
        "from attention_core import example, trace\n"
        "from attention_core.illustrate.sequences import animate\n"
        "from attention_core.illustrate.elements import enable\nenable()",
        'animate(trace(*example.worked), "sum")',
    ]
    with run_all(browser, tmp_path, cells) as tab:
        steps = tab.locator("attention-steps")
        steps.get_by_role("slider").press("End")
        assert steps.evaluate("e => e.position") == 12
        words = steps.locator(".words").inner_text()
        assert words.replace("\u00a0", " ") == shown({"sequence": "sum"}).frames[-1].sentence
        assert not steps.locator("figure").is_visible()


def test_figures_for_slides(browser, tmp_path):  # noqa: F811
    image = pytest.importorskip("PIL.Image")
    from tools import figures

    animation = shown({"step": 2})
    tab = browser.new_page(viewport={"width": 552, "height": 900})
    taken = figures.pictures(tab, animation, "light")
    figures.write_gif(tmp_path / "two.gif", taken)
    figures.write_stills(tmp_path, "two", animation, tab)
    tab.close()
    with image.open(tmp_path / "two.gif") as gif:
        assert gif.n_frames == len(taken)
        assert b"CC BY 4.0" in gif.info["comment"]
        assert gif.convert("RGB").getpixel((1, 1)) == (255, 255, 255)
    for place, frame in enumerate(animation.frames, 1):
        svg = (tmp_path / f"two-{place:02d}.svg").read_text(encoding="utf-8")
        assert "CC BY 4.0" in svg
        assert frame.sentence in svg
        with image.open(tmp_path / f"two-{place:02d}.png") as png:
            assert png.width >= 450
            assert "CC BY 4.0" in png.info["Copyright"]
    assert animation.frames[-1].sentence in (tmp_path / "two.txt").read_text(encoding="utf-8")
