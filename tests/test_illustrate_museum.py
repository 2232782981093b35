"""The pictures of the museum: what differs is marked, and nothing else is."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import illustrate
from tests.test_illustrate import SVG, words
from tests.test_illustrate_places import notes

RIGHT = np.array([[1.0, 0.0], [0.25, 0.75]])
WRONG = np.array([[0.5, 0.0], [np.nan, 0.75]])
HIDDEN = np.array([[False, True], [False, False]])
FIGURE = illustrate.against(RIGHT, WRONG, where="two keys", hidden=HIDDEN)
TABLE = np.array([[True, False, False], [True, True, False]])


def elements(figure, name):
    return list(ElementTree.fromstring(figure.svg).iter(f"{SVG}{name}"))


def cells(figure):
    """The text of each cell, from left to right and down, panel by panel."""
    root = ElementTree.fromstring(figure.svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") in ("n score", "hidden")]
    panels = zip(groups[::2], groups[1::2], strict=True)
    return [text for pair in panels for text in in_order(pair)]


def in_order(groups):
    """The texts of a panel's cells, by row and column."""
    found = [t for group in groups for t in group.iter(f"{SVG}text")]
    return [t.text for t in sorted(found, key=lambda t: (float(t.get("y")), float(t.get("x"))))]


def boxes(figure):
    """Left and upper edge, width and height of each cell, in order."""
    sides = ("x", "y", "width", "height")
    return [[float(r.get(side)) for side in sides] for r in elements(figure, "rect")]


def marked(figure):
    """The places of the cells that are outlined, and of those that have a dot."""
    inked = ["--ink" in (r.get("style") or "") for r in elements(figure, "rect")]
    path = "".join(p.get("d") for p in elements(figure, "path") if "linecap" in p.get("style", ""))
    dots = [tuple(map(float, xy)) for xy in re.findall(r"M([\d.]+) ([\d.]+)h0", path)]
    dotted = [any(x < u < x + w and y < v < y + h for u, v in dots) for x, y, w, h in boxes(figure)]
    assert sum(dotted) == len(dots)
    return np.array(inked), np.array(dotted)


def test_right_stands_beside_wrong_and_what_differs_is_marked():
    assert cells(FIGURE) == ["1", "×", "0.25", "0.75", "0.50", "×", "NaN", "0.75"]
    for found in marked(FIGURE):
        x, y = np.array(boxes(FIGURE)).T[:2]
        second = x[x > 180].min()  # the first column of the second panel
        assert x[found].tolist() == [second, second]
        assert y[found].tolist() == sorted(set(y))
    assert not np.any(marked(illustrate.against(RIGHT, RIGHT, where="x")))
    assert notes(FIGURE)[0] == "right" and "this code" in notes(FIGURE)


def test_a_hidden_key_that_has_weight_is_not_crossed_out():
    leak = illustrate.against(RIGHT, RIGHT + 0.125, where="two keys", hidden=HIDDEN)
    assert cells(leak)[5] == "0.12"


def test_tint_follows_the_number():
    found = [float(x) for x in re.findall(r"fill-opacity:([\d.]+)", FIGURE.drawing)]
    assert found == pytest.approx([0.56, 0.185, 0.435, 0.31, 0.06, 0.435], abs=6e-3)
    scores = illustrate.against([[-1.0, 3.0]], [[-1.0, 3.0]], where="scores")
    found = [float(x) for x in re.findall(r"fill-opacity:([\d.]+)", scores.drawing)]
    assert found == pytest.approx([0.06, 0.56] * 2, abs=6e-4)


def test_words_are_made_of_the_numbers():
    assert FIGURE.alt == (
        "On two keys. Right: q₁ 1 and 0; q₂ 0.25 and 0.75. "
        "This code: q₁ 0.50 and 0; q₂ NaN and 0.75. 2 of 4 differ."
    )
    assert "as it should be: 2 of 4. Printed to 2" in FIGURE.caption
    own = illustrate.against(RIGHT, WRONG, where="x", caption="A < b.", alt="An & alt.")
    assert (own.caption, own.alt) == ("A < b.", "An & alt.")


@pytest.mark.parametrize("keys", [1, 3, 4, 5, 7])
def test_it_fits_a_phone_and_no_cell_covers_another(keys):
    weights = np.full((2, keys), 1 / keys)
    figure = illustrate.against(weights, weights / 2, where="many")
    places = boxes(figure)
    assert figure.width == 360 and len(places) == 4 * keys
    for i, (x, y, w, h) in enumerate(places):
        assert x >= 0 and x + w <= 360 and y + h < figure.height
        for u, v, p, q in places[:i]:
            assert x + w <= u or u + p <= x or y + h <= v or v + q <= y
    sizes = [float(s) for s in re.findall(r"font-size:([\d.]+)px", figure.drawing)]
    assert min(sizes, default=15) >= 10.5


def test_the_wall_shows_every_exhibit_in_every_room():
    rooms = {"here": [(RIGHT, RIGHT)] * 7, "there": [(RIGHT, RIGHT), *[(RIGHT, WRONG)] * 6]}
    figure = illustrate.wall(rooms, caption="What differs has a dot.")
    assert notes(figure) == ["1", "2", "3", "4", "5", "here", "there", "6", "7", "here", "there"]
    assert len(elements(figure, "rect")) == 7 * 2 * 4
    inked, dotted = marked(figure)
    assert not inked.any() and dotted.sum() == 6 * 2
    assert (
        dotted.reshape(-1, 4).any(axis=1).tolist()
        == [False] * 6 + [True] * 4 + [False] * 2 + [True] * 2
    )
    assert figure.alt.startswith("Here, numbers that differ: exhibit 1 has 0 of 4, exhibit 2 has 0")
    assert figure.alt.endswith("and exhibit 7 has 2 of 4.")
    assert all(float(r.get("x")) + float(r.get("width")) <= 360 for r in elements(figure, "rect"))


def test_the_table_has_a_dot_where_a_check_catches():
    figure = illustrate.caught(TABLE, ["a check", "another"], made_for=[1, 2])
    assert notes(figure) == ["1", "2", "3", "a check", "another"]
    outlined, dotted = marked(figure)
    assert outlined.tolist() == [True, False, False, False, True, False]
    assert dotted.tolist() == TABLE.ravel().tolist()
    assert figure.alt == "A check catches 1. Another catches 1 and 2."
    assert "The best check catches 2 of 3. Outlined" in figure.caption
    assert "Outlined" not in illustrate.caught(TABLE, ["a", "b"]).caption
    assert illustrate.caught([[False]], ["a"]).alt == "A catches none."


def test_names_of_checks_do_not_reach_the_table():
    long = "a name of twenty-six letters"
    figure = illustrate.caught(np.ones((1, 10), bool), [long])
    (name,) = [t for t in elements(figure, "text") if t.text == long]
    assert name.get("text-anchor") == "end"
    assert float(name.get("x")) < min(float(r.get("x")) for r in elements(figure, "rect"))
    assert min(float(r.get("width")) for r in elements(figure, "rect")) >= 10
    assert max(float(r.get("x")) + float(r.get("width")) for r in elements(figure, "rect")) <= 357


def test_it_is_the_same_each_time():
    again = illustrate.against(RIGHT, WRONG, where="two keys", hidden=HIDDEN)
    assert again.html == FIGURE.html
    assert " id=" not in FIGURE.svg and "#" not in FIGURE.drawing
    assert "NaN" in words(FIGURE)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: illustrate.against([["a"]], [[1]], where="x"), TypeError, "right must hold real"),
        (lambda: illustrate.against([1.0], [1.0], where="x"), ValueError, "right must be a filled"),
        (lambda: illustrate.against([[1]], [[1, 2]], where="x"), ValueError, "must have one shape"),
        (
            lambda: illustrate.against([[1]], [[1]], where="x", hidden=[True]),
            ValueError,
            r"hidden must have an entry .* \(1,\) and \(1, 1\)",
        ),
        (
            lambda: illustrate.against(np.ones((1, 30)), np.ones((1, 30)) / 3, where="x"),
            ValueError,
            "few enough keys .* got 30 keys",
        ),
        (lambda: illustrate.wall({}, caption="x"), ValueError, "every room must show"),
        (lambda: illustrate.wall({"a": []}, caption="x"), ValueError, "every room must show"),
        (lambda: illustrate.caught([[True]], ["a", "b"]), ValueError, "a row for each check"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
