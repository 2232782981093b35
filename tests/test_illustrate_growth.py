"""The pictures of cost: areas to one scale, and measurements on logarithmic axes."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.testing import assert_allclose

from attention_core import cost, illustrate
from tests.test_illustrate import SVG, words

SIZES = np.array([64, 128, 256, 512])
ROUNDS = 1e-3 * SIZES[:, None] ** 2 * np.array([1, 1.2, 1.6, 5])
LINE = 2.0 * SIZES
DRAWN = {
    "axes": ("tokens", "milliseconds"),
    "roles": ("score", "input"),
    "caption": "A caption.",
}


def rectangles(figure):
    """Of each block its role, width and height."""
    found = []
    for group in ElementTree.fromstring(figure.svg).iter(f"{SVG}g"):
        for rect in group.iter(f"{SVG}rect"):
            sides = float(rect.get("width")), float(rect.get("height"))
            found.append((group.get("class").removeprefix("n "), *sides))
    return found


@pytest.mark.parametrize(("lengths", "d", "k"), [((128, 1024), 512, 3), ((20,), 300, 5)])
def test_areas_are_to_one_scale(lengths, d, k):
    figure = illustrate.areas(lengths, d, w=k)
    found = iter(rectangles(figure))
    scales = []
    for n in lengths:
        wanted = [("score", n)] * 2 + [("input", d), ("output", d)] + [("input", d)] * k
        for role, columns in wanted:
            drawn, width, height = next(found)
            assert drawn == role
            scales += [width / columns, height / n]
    assert next(found, None) is None
    assert_allclose(scales, scales[0], rtol=0.02)
    assert figure.width == 360


def test_areas_say_how_much_is_multiplied():
    figure = illustrate.areas([128, 1024], 512)
    texts = words(figure)
    for n in (128, 1024):
        products = {
            "attention": cost.attention(n, 512).multiplications - 2 * n * n,
            "recurrence": cost.recurrence(n, 512).multiplications,
            "convolution": cost.convolution(n, 512, 3).multiplications,
        }
        for name, count in products.items():
            assert f"{count / 1e6:,.0f} M" in texts
            assert re.search(rf"For {n:,} tokens[^.]*{name}[^;.]*, {count:,} mult", figure.alt)


def test_small_areas_are_counted_to_more_places_and_hold_no_text():
    figure = illustrate.areas([8], 128)
    assert {"0.02 M", "0.26 M", "0.39 M"} <= set(words(figure))
    assert not [text for text in words(figure) if "×" in text]
    assert "1.2 M" in words(illustrate.areas([20], 141))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 3), "lengths must name a number of tokens"),
        (([0], 3), "lengths must be 1 or more"),
        (([3], 0), "d must be 1 or more"),
    ],
)
def test_areas_of_nothing_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        illustrate.areas(*arguments)


def strokes(figure):
    """The paths of a picture: their colour, width and points."""
    found = []
    for path in ElementTree.fromstring(figure.svg).iter(f"{SVG}path"):
        style = path.get("style") or ""
        colour = re.search(r"stroke: ?var\(--([a-z-]+)\)", style)
        width = re.search(r"stroke-width: ?([\d.]+)", style)
        points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d")), float)
        if colour:
            found.append((colour.group(1), float(width.group(1)) if width else 1.0, points))
    return found


def test_dots_stand_at_the_least_and_bars_reach_to_the_median():
    figure = illustrate.growth(SIZES, {"a": ROUNDS, "b": LINE}, **DRAWN)
    dots = [points[0] for colour, width, points in strokes(figure) if width == 6]
    bars = [points for colour, width, points in strokes(figure) if width == 1.6]
    assert len(dots) == len(bars) == 8
    logs = np.log(np.concatenate([ROUNDS.min(axis=1), LINE]))
    heights = np.array(dots)[:, 1]
    scale, _ = np.polyfit(logs, heights, 1)
    assert_allclose(np.polyval(np.polyfit(logs, heights, 1), logs), heights, atol=0.02)
    places = np.array(dots)[:4, 0]
    assert_allclose(np.diff(places), np.diff(places)[0], atol=0.02)
    for bar, (low, high) in zip(
        bars, [(1, np.median([1, 1.2, 1.6, 5]))] * 4 + [(1, 1)] * 4, strict=True
    ):
        assert_allclose(bar[1, 1] - bar[0, 1], scale * np.log(high / low), atol=0.02)


def test_a_line_runs_where_it_was_fitted():
    law = cost.power_law(SIZES, ROUNDS.min(axis=1))
    figure = illustrate.growth(SIZES, {"a": ROUNDS, "b": LINE}, laws={"a": law}, since=200, **DRAWN)
    (line,) = [points for colour, width, points in strokes(figure) if width == 1.8]
    dots = np.array([points[0] for colour, width, points in strokes(figure) if width == 6][:4])
    assert_allclose(line[-1], dots[-1], atol=0.02)
    assert dots[1, 0] < line[0, 0] < dots[2, 0]
    slope = (line[1, 1] - line[0, 1]) / (line[1, 0] - line[0, 0])
    assert_allclose(slope, (dots[3, 1] - dots[2, 1]) / (dots[3, 0] - dots[2, 0]), rtol=0.01)


def test_marks_and_what_was_measured_here_are_drawn_and_said():
    marks = {"later": 300, "sooner": 100}
    figure = illustrate.growth(
        SIZES, {"a": ROUNDS, "b": LINE}, marks=marks, here={"b": 3 * LINE}, **DRAWN
    )
    assert words(figure).count("×") == len(SIZES)
    assert {"sooner", "later", "a", "b", "milliseconds", "tokens"} <= set(words(figure))
    assert "A dotted line marks sooner, at 100." in figure.alt
    assert "a goes from 4.1 at 64 to 260 at 512." in figure.alt
    alone = illustrate.growth(SIZES, {"a": ROUNDS, "b": LINE}, marks={"m": 100}, **DRAWN)
    assert "m" in words(alone) and "×" not in words(alone)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"roles": ("score",)}, "each a role: got 2 and 1"),
        ({"roles": ("score", "green")}, "got 'green'"),
        ({"laws": {"c": lambda x: x}}, "must name what was measured: got 'c'"),
        ({"here": {"c": LINE}}, "must name what was measured: got 'c'"),
        ({"here": {"b": LINE[:3]}}, "'b' must have an entry for each of the 4 sizes"),
        ({"here": {"b": 0 * LINE}}, "'b' and the sizes must be above 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        illustrate.growth(SIZES, {"a": ROUNDS, "b": LINE}, **DRAWN | changed)


def test_words_may_be_ones_own():
    figure = illustrate.growth(SIZES, {"a": ROUNDS, "b": LINE}, alt="An alt text.", **DRAWN)
    assert (figure.caption, figure.alt) == ("A caption.", "An alt text.")
    figure = illustrate.areas([4], 8, caption="A caption.", alt="An alt text.")
    assert (figure.caption, figure.alt) == ("A caption.", "An alt text.")
