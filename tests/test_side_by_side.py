"""Several heatmaps in one figure: every number, each in its panel, and readable on a phone."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import illustrate
from tests.test_illustrate import SVG, words
from tests.test_illustrate_places import cells, depths, notes, printed, tinted

A = np.array([[0.25, 0.75, 0], [0.5, 0.125, 0.375]])
PANELS = {"one": A, "two": A[::-1], "three": A[:, ::-1]}
FIGURE = illustrate.heatmaps(PANELS)


def rects(figure):
    """Left, top, right and lower edge of each cell."""
    for rect in ElementTree.fromstring(figure.svg).iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        yield x, y, x + width, y + height


def test_every_panel_shows_its_numbers_as_deep_as_they_are_large():
    rows = [row for panel in PANELS.values() for row in panel]
    assert cells(FIGURE, "score") == printed(*rows)
    assert depths(FIGURE, "score") == tinted(np.array(rows))


def test_every_panel_has_its_name_its_queries_and_its_keys():
    assert notes(FIGURE) == [
        text for name in PANELS for text in (name, "q1", "q2", "k1", "k2", "k3")
    ]


def test_the_text_alternative_tells_every_number_panel_by_panel():
    assert illustrate.heatmaps({"one": A, "two": A[::-1]}).alt == (
        "one: q₁ attends to k₁ with 0.25, k₂ with 0.75 and k₃ with 0; "
        "q₂ attends to k₁ with 0.50, k₂ with 0.12 and k₃ with 0.38. "
        "two: q₁ attends to k₁ with 0.50, k₂ with 0.12 and k₃ with 0.38; "
        "q₂ attends to k₁ with 0.25, k₂ with 0.75 and k₃ with 0."
    )


def test_the_callers_words_and_decimals_are_taken():
    figure = illustrate.heatmaps({"one": [[1 / 3, 2 / 3]]}, decimals=3)
    assert "0.333" in words(figure) and "0.333" in figure.alt
    assert figure.caption.endswith("Printed to 3 decimals, computed in full.")
    own = illustrate.heatmaps(PANELS, caption='A < "caption".', alt="An & alt.")
    assert (own.caption, own.alt) == ('A < "caption".', "An & alt.")


@pytest.mark.parametrize("keys", [1, 3, 4, 7])
def test_panels_stand_two_by_two_where_a_phone_has_room_and_never_overlap(keys):
    a = np.full((2, keys), 0.25)
    figure = illustrate.heatmaps(dict.fromkeys("abc", a))
    edges = list(rects(figure))
    assert len({left for left, *_ in edges}) == (2 * keys if keys <= 3 else keys)
    for place, (left, top, right, bottom) in enumerate(edges):
        assert left >= 0 and right <= figure.width - 1 and bottom <= figure.height - 1
        for x, y, to_x, to_y in edges[place + 1 :]:
            assert right <= x or to_x <= left or bottom <= y or to_y <= top


def test_a_long_name_gets_a_line_of_its_own():
    figure = illustrate.heatmaps({"a rather long name for a panel": A, "b": A})
    assert len({left for left, *_ in rects(figure)}) == A.shape[1]


def test_six_panels_of_three_by_three_are_as_wide_as_a_phone():
    figure = illustrate.heatmaps(dict.fromkeys("abcdef", np.full((3, 3), 0.33)))
    assert figure.width == 360
    assert " id=" not in figure.svg and not re.search("#", figure.drawing)


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ({}, "panels must hold at least one heatmap: got none"),
        ({"a": [[1.0]], "b": [[0.5, 0.5]]}, r"one shape, .* \(1, 1\) for 'a' and \(1, 2\) for 'b'"),
        ({"a": [[1.0]], "b": [[1.5]]}, "weights must lie between 0 and 1: got 1.5 to 1.5 for 'b'"),
        ({"a": [[-0.5]]}, "weights must lie between 0 and 1: got -0.5"),
        ({"a": [1.0]}, "a must have 2 axes"),
        ({"a": [[np.nan]]}, "a must not hold NaN"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_reason(panels, message):
    with pytest.raises(ValueError, match=message):
        illustrate.heatmaps(panels)
