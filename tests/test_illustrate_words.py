"""The pictures of words in a real model: pieces with their rows, and one word drifting apart."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import illustrate
from tests.test_illustrate import SVG, words

TABLE = np.arange(20.0).reshape(4, 5) / 10
PIECES = illustrate.pieces("Bats & <s>", ["bat", "##s"], [3, 0], TABLE)
LINES = {"a": [0, 0.1, 0.25], "b": [0, -0.1, -0.05], "c": [0, 0.05, 0.24]}
GROUPS = {"a": "up", "b": "down", "c": "level"}
DRIFT = illustrate.drift(LINES, GROUPS, ("up", "down"), word="it")


def texts(figure):
    """Each text with its place."""
    found = ElementTree.fromstring(figure.svg).iter(f"{SVG}text")
    return [(t.text, float(t.get("x")), float(t.get("y"))) for t in found]


def lines(figure):
    """The points of each line, in order."""
    paths = ElementTree.fromstring(figure.svg).iter(f"{SVG}path")
    found = [p.get("d") for p in paths if p.get("class") == "line"]
    return [np.array([xy.split() for xy in d[1:].split("L")], dtype=float) for d in found]


def test_each_piece_stands_beside_its_id_and_its_row():
    by_row = {}
    for text, _, y in texts(PIECES):
        by_row.setdefault(y, []).append(text)
    rows = [row for row in by_row.values() if len(row) > 3]
    assert rows == [
        ["bat", "3", "1.50", "1.60", "1.70", "…"],
        ["##s", "0", "0", "0.10", "0.20", "…"],
    ]
    assert "“Bats & <s>”" in words(PIECES)
    assert "its row, 5 features" in words(PIECES)


def test_pieces_say_what_they_show():
    assert PIECES.alt == (
        "“Bats & <s>” in 2 pieces: bat, id 3, row (1.50, 1.60, 1.70, …); "
        "##s, id 0, row (0, 0.10, 0.20, …)."
    )
    assert PIECES.caption.startswith("2 pieces, 2 ids, 2 rows of 5 features")
    assert "…" not in illustrate.pieces("b", ["b"], [1], TABLE[:, :3]).alt


def test_a_line_passes_through_its_numbers():
    found = lines(DRIFT)
    across = found[0][:, 0]
    assert np.allclose(np.diff(across), across[1] - across[0], atol=0.2)
    heights = np.array([points[:, 1] for points in found])
    wanted = np.array(list(LINES.values()))
    zero = heights[0, 0]
    assert (heights[:, 0] == zero).all()  # all start at one point
    slope = (zero - heights[0, -1]) / wanted[0, -1]
    assert slope > 0  # up is up
    assert np.allclose(zero - heights, slope * wanted, atol=0.2)
    assert (found[0][:, 0] == found[1][:, 0]).all()


def test_a_side_has_its_colour_and_its_dashes_and_its_name():
    groups = re.findall(r'<g class="(\w+)"><path class="line".*?</g>', DRIFT.drawing)
    assert groups == ["input", "score", "other"]
    dashes = re.findall(r'<path class="line"[^>]*?style="([^"]*)"', DRIFT.drawing)
    assert ["dasharray" in style for style in dashes] == [False, True, True]
    assert len(set(dashes)) == 3
    assert {"↑ nearer to up", "↓ nearer to down", "0", "0.1", "0.2"} <= set(words(DRIFT))


def test_names_stand_at_the_ends_in_order_and_do_not_touch():
    many = {f"n{i}": [0, 0.1 + 0.001 * i] for i in range(16)}
    figure = illustrate.drift(many, dict.fromkeys(many, "up"), ("up", "down"), word="it")
    ends = {text: y for text, _, y in texts(figure) if text in many}
    heights = [ends[name] for name in many]
    assert min(-np.diff(heights)) >= 14
    assert min(heights) > 0 and max(heights) < figure.height
    at = {text: y for text, _, y in texts(DRIFT)}
    assert at["a"] < at["c"] < at["b"]


def test_it_fits_a_phone():
    long = {"a rather long name": [0, 1], "b": [0, -1]}
    for figure in (
        PIECES,
        DRIFT,
        illustrate.drift(long, dict.fromkeys(long, "x"), ("up", "down"), word="it"),
    ):
        assert figure.width == 360
        assert max(x for _, x, _ in texts(figure)) < 360
        assert max(y for _, _, y in texts(figure)) < figure.height
    points = np.concatenate(lines(DRIFT))
    assert points.min() > 0 and points[:, 0].max() < min(x for t, x, _ in texts(DRIFT) if t == "a")


def test_drift_says_what_it_shows():
    assert DRIFT.alt == (
        "How much nearer it is to up than to down, in 3 sentences. Before the first layer: 0 in "
        "all. After layer 2: up: a 0.25; down: b −0.05; neither: c 0.24."
    )
    assert DRIFT.caption.endswith("Before the first layer all 3 vectors are one.")
    moved = illustrate.drift(LINES | {"b": [0.125, -0.5, 1]}, GROUPS, ("up", "down"), word="it")
    assert "Before the first layer: from 0 to 0.125." in moved.alt
    assert "are one" not in moved.caption
    own = illustrate.drift(LINES, GROUPS, ("up", "down"), word="it", caption="A.", alt="B.")
    assert (own.caption, own.alt) == ("A.", "B.")


def test_numbers_below_zero_at_the_start_are_named_in_order():
    low = illustrate.drift(
        {"a": [-0.5, 0], "b": [0.25, 0]}, {"a": "", "b": ""}, ("u", "d"), word="w"
    )
    assert "from −0.500 to 0.250" in low.alt


def test_they_are_the_same_each_time():
    assert illustrate.drift(LINES, GROUPS, ("up", "down"), word="it").html == DRIFT.html
    for figure in (PIECES, DRIFT):
        assert " id=" not in figure.svg and "#" not in figure.drawing.replace("##s", "")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: illustrate.pieces("a", ["a", "b"], [1], TABLE), r"one for each piece: got \(1,\)"),
        (lambda: illustrate.pieces("", [], [], TABLE), "one for each piece"),
        (lambda: illustrate.pieces("a", ["a"], [4], TABLE), "a row for each id: .* from 4 to 4"),
        (lambda: illustrate.pieces("a", ["a"], [-1], TABLE), "a row for each id"),
        (lambda: illustrate.drift({}, {}, ("u", "d"), word="w"), "lines must be 1 to 16"),
        (
            lambda: illustrate.drift({"a": [0, 1], "b": [0]}, {}, ("u", "d"), word="w"),
            "of one length: got 2 of shapes",
        ),
        (lambda: illustrate.drift({"a": [0]}, {}, ("u", "d"), word="w"), "two entries or more"),
        (lambda: illustrate.drift({"a": [0, 1]}, {}, ("u", "d"), word="w"), "'a' is missing"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
