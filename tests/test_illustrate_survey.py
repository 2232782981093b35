"""A number for each head: every number stands in its place, and its tint follows it."""

import re
from itertools import pairwise

import numpy as np
import pytest

from attention_core import illustrate
from attention_core.exercises import sentences
from tests.test_illustrate import words
from tests.test_illustrate_museum import boxes, elements
from tests.test_illustrate_places import notes

TABLE = np.arange(12.0).reshape(2, 6)
FIGURE = illustrate.survey(
    {"One": TABLE, "Other": TABLE[::-1]}, marked=[(2, 3)], full=22, caption="What was counted."
)

SHADE = r'fill-opacity="([\d.]+)"'


def cells(figure):
    """The text of each cell in the order of drawing, with its place."""
    rows = [t for t in elements(figure, "text") if "font-size" in (t.get("style") or "")]
    found = [(cell.text, float(cell.get("x")), float(row.get("y"))) for row in rows for cell in row]
    return [text for text, *_ in found], np.array([place for _, *place in found])


def test_each_number_stands_in_its_row_and_column():
    texts, places = cells(FIGURE)
    assert texts == [str(int(x)) for table in (TABLE, TABLE[::-1]) for x in table.flat]
    for panel in places.reshape(2, 2, 6, 2):
        assert (np.diff(panel[..., 0], axis=1) > 0).all() and (
            np.ptp(panel[..., 0], axis=0) == 0
        ).all()
        assert (np.diff(panel[..., 1], axis=0) > 0).all() and (
            np.ptp(panel[..., 1], axis=1) == 0
        ).all()
    assert places[11, 1] < places[12, 1]
    for (x, y), (left, top, width, height) in zip(places, boxes(FIGURE), strict=True):
        assert x == pytest.approx(left + width / 2, abs=0.1) and y == top + height / 2


def test_layers_and_heads_are_counted_from_one():
    numbers = [str(i) for i in range(1, 7)]
    table = ["1", "2", "layers", *numbers]
    assert [note for note in notes(FIGURE) if note] == ["One", *table, "Other", *table, "heads"]


def test_the_tint_follows_the_number():
    shades = [float(x) for x in re.findall(SHADE, FIGURE.drawing)]
    wanted = 0.05 + 0.55 * np.r_[TABLE.ravel(), TABLE[::-1].ravel()] / 22
    assert shades == pytest.approx(wanted, abs=5.1e-3)
    alone = illustrate.survey({"One": TABLE}, caption="x")
    assert max(map(float, re.findall(SHADE, alone.drawing))) == 0.6
    nothing = illustrate.survey({"One": [[0.0]]}, caption="x")
    assert 'fill-opacity="0.05"' in nothing.drawing


def test_marked_heads_are_outlined_in_every_table_and_no_other():
    inked = [r.get("stroke") == "var(--ink)" for r in elements(FIGURE, "rect")]
    assert np.flatnonzero(inked).tolist() == [8, 20]


def test_words_are_made_of_the_numbers():
    assert FIGURE.alt == (
        "One, head by head: layer 1: 0, 1, 2, 3, 4 and 5; layer 2: 6, 7, 8, 9, 10 and 11. "
        "Other, head by head: layer 1: 6, 7, 8, 9, 10 and 11; layer 2: 0, 1, 2, 3, 4 and 5. "
        "Outlined: layer 2, head 3."
    )
    assert "Outlined" not in illustrate.survey({"One": TABLE}, caption="x").alt
    own = illustrate.survey({"A < b": TABLE}, caption="A & b.", alt="An & alt.")
    assert (own.caption, own.alt) == ("A & b.", "An & alt.")
    assert "A < b" in words(own)


@pytest.mark.parametrize("heads", [1, 2, 8, 12])
def test_it_fits_a_phone(heads):
    figure = illustrate.survey({"One": np.full((6, heads), 15.2)}, decimals=1, caption="x")
    places = boxes(figure)
    assert figure.width == 360 and len(places) == 6 * heads
    for x, y, w, h in places:
        assert x >= 20 and x + w <= 357 and y + h < figure.height
    across = [place[0] for place in places[:heads]]
    assert all(b - a > places[0][2] for a, b in pairwise(across))
    sizes = [float(s) for s in re.findall(r"font-size:([\d.]+)px", figure.drawing)]
    assert min(sizes) >= 10.5 and len(sizes) == 6


def test_it_is_the_same_each_time():
    again = illustrate.survey(
        {"One": TABLE, "Other": TABLE[::-1]}, marked=[(2, 3)], full=22, caption="What was counted."
    )
    assert again.html == FIGURE.html
    assert " id=" not in FIGURE.svg and "#" not in FIGURE.drawing


@pytest.mark.parametrize(
    ("panels", "more", "error", "message"),
    [
        ({}, {}, ValueError, "tables of one shape"),
        ({"a": TABLE, "b": TABLE.T}, {}, ValueError, r"one shape: got \[\(2, 6\), \(6, 2\)\]"),
        ({"a": [["x"]]}, {}, TypeError, "a must hold real numbers"),
        ({"a": np.ones((1, 13))}, {}, ValueError, "at most 12 heads to be read: got 13"),
        ({"a": -TABLE}, {}, ValueError, "a must lie between 0 and its largest: got -11"),
        ({"a": TABLE}, {"full": 10}, ValueError, "between 0 and 10: got 0 to 11"),
        ({"a": TABLE}, {"marked": [(0, 1)]}, ValueError, r"up to \(2, 6\): got \(0, 1\)"),
        ({"a": TABLE}, {"marked": [(1, 7)]}, ValueError, r"up to \(2, 6\): got \(1, 7\)"),
        ({"a": np.full((1, 12), 1234.5)}, {"decimals": 1}, ValueError, "one has 6 signs"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(panels, more, error, message):
    with pytest.raises(error, match=message):
        illustrate.survey(panels, caption="x", **more)


def test_the_sentences_are_what_chapter_24_needs():
    assert len(sentences.plain) == len(set(sentences.plain)) >= 40
    assert all(re.fullmatch(r"[A-Z][\w', -]*\.", text) for text in sentences.plain)
    for pair in sentences.pairs:
        first, second = (re.findall(r"\w+", text.lower()) for text in pair.texts)
        assert sum(a != b for a, b in zip(first, second, strict=True)) == 1
        for words_of in (first, second):
            assert [words_of.count(w) for w in (pair.pronoun, *pair.nouns)] == [1, 1, 1]
            places = [words_of.index(w) for w in (*pair.nouns, pair.pronoun)]
            assert places == sorted(places)
    for one, other in sentences.swapped:
        assert one != other and sorted(one.lower()) == sorted(other.lower())
