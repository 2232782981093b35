"""The pictures of a family: boxes where a model differs, bars as long as what they stand for."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import illustrate
from tests.test_illustrate import SVG

OWN = np.array([[0, 0, 2], [0, 12, 0], [0, 0, 0], [0, 3, 1]])
STAGES, MODELS = ["look up", "mix", "attend", "after"], ["BERT", "Longest name", "Third"]
FIGURE = illustrate.departures(OWN, STAGES, MODELS, shared=2, formula="A V / d_k x")
PARTS = {
    "One": {"embeddings": 1_000_000, "attention": 2_000_000, "feed-forward": 5_000_000},
    "Two": {"embeddings": 500_000, "the rest": 1_500_000},
}
BARS = illustrate.spending(PARTS, outlined={"Two": 6_000_000})


def groups(figure):
    """Of each group of a cell and its text: its role, the cell's box, and the text."""
    found = []
    for group in ElementTree.fromstring(figure.svg).iter(f"{SVG}g"):
        rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        box = [float(rect.get(side)) for side in ("x", "y", "width", "height")]
        said = "" if text is None else "".join(text.itertext())
        found.append((group.get("class").removeprefix("n").strip(), box, said))
    return found


def dots(figure):
    """Where dots are."""
    path = "".join(
        p.get("d")
        for p in ElementTree.fromstring(figure.svg).iter(f"{SVG}path")
        if "linecap" in p.get("style", "")
    )
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", path)]


def test_a_box_stands_where_a_model_differs_and_a_dot_elsewhere():
    boxes = [(box, text) for role, box, text in groups(FIGURE) if role == ""]
    assert [text for _, text in boxes] == ["2", "12", "3", "1"]
    spots = [(round(x + w / 2), round(y + h / 2)) for (x, y, w, h), _ in boxes]
    rows, columns = (sorted({spot[axis] for spot in spots}) for axis in (1, 0))
    assert len(rows) == 3 and len(columns) == 2
    assert [(rows.index(y), columns.index(x)) for x, y in spots] == [(0, 1), (1, 0), (2, 0), (2, 1)]
    away = {(round(x), round(y)) for x, y in dots(FIGURE)}
    assert len(away) == 5 and not away & set(spots)


def test_one_band_crosses_all_models():
    (role, (x, _, width, _), text), *none = [g for g in groups(FIGURE) if g[0]]
    assert (role, text, none) == ("score", "A V / dk x", [])
    lines = [
        float(p.get("d").split()[0][1:])
        for p in ElementTree.fromstring(FIGURE.svg).iter(f"{SVG}path")
        if p.get("class") == "g"
    ]
    assert len(lines) == 3
    assert x < min(lines) and max(lines) < x + width


def test_the_way_is_told_in_words():
    assert FIGURE.alt == (
        "4 stages, one below the other: look up; mix; attend; after. All 3 models run the same code "
        "at attend: A V / d_k x. Of their own are, at look up, 2 statements of Third; at mix, 12 "
        "statements of Longest name; at after, 3 statements of Longest name and 1 statement of "
        "Third. Without code of their own: BERT."
    )
    own = illustrate.departures(
        OWN, STAGES, MODELS, shared=2, formula="x", caption="Seen.", alt="Said."
    )
    assert (own.caption, own.alt) == ("Seen.", "Said.")
    plain = illustrate.departures([[0, 0]], ["attend"], ["A", "B"], shared=0, formula="x")
    assert "Of their own are, none. Without code of their own: A and B." in plain.alt


def test_pictures_fit_a_phone():
    many = [f"Model{i:02}BERT" for i in range(12)]
    stages = ["after the layers", "attend"]
    wide = illustrate.departures(
        np.full((2, 12), 0), stages, many, shared=1, formula="softmax(Q Kᵀ/√d_k) V"
    )
    assert FIGURE.width <= 360 and wide.width <= 360 and BARS.width <= 360


@pytest.mark.parametrize(
    ("own", "shared", "message"),
    [
        (OWN[:3], 2, r"a row for each stage .* got \(3, 3\) for 4 stages and 3 models"),
        (OWN.astype(float), 2, "no whole number"),
        (-OWN, 2, "below 0"),
        (OWN, 3, "no model has code of its own"),
        (np.zeros((4, 0), int), 2, "a row for each stage"),
    ],
)
def test_what_cannot_be_a_family_is_refused(own, shared, message):
    with pytest.raises(ValueError, match=message):
        illustrate.departures(own, STAGES, MODELS, shared=shared, formula="x")


def test_too_many_models_are_refused():
    with pytest.raises(ValueError, match="too many models for a phone: got 30"):
        illustrate.departures(np.zeros((1, 30), int), ["a"], ["b"] * 30, shared=0, formula="x")


def test_bars_are_as_long_as_what_they_stand_for():
    pieces = [(role, box[2], text) for role, box, text in groups(BARS)][4:]
    unit = pieces[0][1] / 1e6
    assert [(role, round(width / unit / 1e5)) for role, width, _ in pieces] == [
        ("input", 10),
        ("score", 20),
        ("output", 50),
        ("input", 5),
        ("", 15),
    ]
    assert [text for *_, text in pieces][:3] == ["e", "a", "f"]
    outline = [
        float(rect.get("width"))
        for rect in ElementTree.fromstring(BARS.svg).iter(f"{SVG}rect")
        if rect.get("class") == "g d"
    ]
    assert outline == [pytest.approx(6e6 * unit, rel=1e-3)]


def test_a_part_too_short_for_its_letter_has_none():
    bars = illustrate.spending({"One": {"attention": 99_000_000, "embeddings": 1_000_000}})
    assert [text for *_, text in groups(bars)][4:] == ["", "a"]


def test_parts_of_a_bar_touch():
    boxes = [box for _, box, _ in groups(BARS)][4:7]
    for (x, _, width, _), (after, *_) in pairwise(boxes):
        assert x + width == pytest.approx(after, abs=0.1)


def test_parameters_are_told_in_words():
    assert BARS.alt == (
        "Millions of parameters. One has 8.0: 1.0 in embeddings, 2.0 in attention, 5.0 in "
        "feed-forward. Two has 2.0: 0.5 in embeddings, 1.5 in the rest; unshared it would be 6.0."
    )
    assert BARS.caption.endswith("Dotted: what Two would have if layers shared nothing.")
    assert "Dotted" not in illustrate.spending(PARTS).caption


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "at least one model"),
        ({"One": {"head": 1}}, "got 'head' for One"),
        ({"One": {"attention": -1}}, "must not be below 0: got -1 for One"),
    ],
)
def test_what_cannot_be_a_count_is_refused(counts, message):
    with pytest.raises(ValueError, match=message):
        illustrate.spending(counts)
