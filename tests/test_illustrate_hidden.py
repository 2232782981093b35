"""The picture of masks: what is hidden is crossed out, what is not has its number."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import attention, illustrate, masks
from attention_core._format import number
from tests.test_illustrate import SVG, X, words

MASKS = {
    "causal": masks.causal(3),
    "padding": np.broadcast_to(masks.padding(2, 3), (3, 3)),
    "window": masks.window(3, 1, 1),
    "nothing for q₂": np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1]], bool),
}


def panels(x=X, names=MASKS):
    return [(name, attention(x, x, x, MASKS[name]).weights, MASKS[name]) for name in names]


FIGURE = illustrate.masked(panels())


def cells(figure):
    """Each cell that is drawn, in order: its number, or × where it is crossed out."""
    root = ElementTree.fromstring(figure.svg)
    found = [g for g in root.iter(f"{SVG}g") if g.get("class") in ("n score", "hidden")]
    return ["".join(g.itertext()) for g in found]


def test_each_cell_bears_its_weight_or_is_crossed_out():
    wanted = [
        number(weight) if view else "×"
        for _, weights, mask in panels()
        for weight, view in zip(weights.ravel(), mask.ravel(), strict=True)
    ]
    assert cells(FIGURE) == wanted


def test_hidden_cells_have_no_fill_and_a_broken_outline():
    root = ElementTree.fromstring(FIGURE.svg)
    crossed = [g for g in root.iter(f"{SVG}g") if g.get("class") == "hidden"]
    assert len(crossed) == sum(int(np.sum(~mask)) for mask in MASKS.values())
    for group in crossed:
        rect = group.find(f"{SVG}rect")
        assert rect.get("class") == "g d" and rect.get("style") is None


def test_depth_follows_the_weight():
    found = [float(x) for x in re.findall(r'fill-opacity:([\d.]+)"', FIGURE.svg)]
    wanted = [0.06 + 0.5 * w for _, weights, mask in panels() for w in weights[mask]]
    assert found == pytest.approx(wanted, abs=6e-4)


def test_names_stand_above_letters_beside_and_below():
    texts = [text for text in words(FIGURE) if text not in cells(FIGURE)]
    panel = ["q1", "q2", "q3", "k1", "k2", "k3"]
    assert texts == [
        *["causal", *panel, "padding", *panel, "queries"],
        *["window", *panel, "nothing for q₂", *panel, "queries"],
        "keys (attended to)",
    ]


def test_words_tell_what_is_given_and_what_is_hidden():
    mask = MASKS["nothing for q₂"]
    weights = np.array([[0.25, 0, 0.75], [0, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    figure = illustrate.masked([("mine", weights, mask)])
    assert figure.alt == (
        "Mine: q₁ gives k₁ 0.25 and k₃ 0.75, and k₂ is hidden. "
        "q₂ gives nothing: k₁, k₂ and k₃ are hidden. "
        "q₃ gives k₁ 0.33, k₂ 0.33 and k₃ 0.33."
    )
    assert figure.caption == (
        "Crossed out is hidden. Hidden: mine 4 of 9. What is left of a row sums to one. "
        "Where nothing is left, there is nothing to sum. Printed to 2 decimals, computed in full."
    )
    assert "nothing to sum" not in illustrate.masked(panels(names=["causal"])).caption
    assert "0.333" in illustrate.masked([("mine", weights, mask)], decimals=3).alt


def test_the_callers_own_words_come_first():
    figure = illustrate.masked(panels(), caption="A caption.", alt="A text.")
    assert (figure.caption, figure.alt) == ("A caption.", "A text.")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_it_fits_a_phone_whole(count):
    figure = illustrate.masked(panels(names=list(MASKS)[:count]))
    assert figure.width == 360
    for rect in ElementTree.fromstring(figure.svg).iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and x + width <= figure.width - 1
        assert y >= 0 and y + height <= figure.height - 1


def test_nothing_overlaps():
    """Four keys, as many as the book draws: cells keep apart, names and letters too."""
    weights = np.full((4, 4), 0.25)
    figure = illustrate.masked([(name, weights, weights > 0) for name in "abcd"])
    root = ElementTree.fromstring(figure.svg)
    boxes = [
        [float(r.get(a)) for a in ("x", "y", "width", "height")] for r in root.iter(f"{SVG}rect")
    ]
    assert len(boxes) == 64
    for (x, y, w, h), (u, v, p, q) in itertools.combinations(boxes, 2):
        assert x + w <= u or u + p <= x or y + h <= v or v + q <= y
    heights = {text: [] for text in ("a", "c", "q1", "q4", "k1", "keys (attended to)")}
    for text in root.iter(f"{SVG}text"):
        heights.get("".join(text.itertext()), []).append(float(text.get("y")))
    order = [heights[t][i] for t, i in [("a", 0), ("q1", 0), ("q4", 0), ("k1", 0), ("c", 0)]]
    order += [heights[t][-1] for t in ("q1", "q4", "k1", "keys (attended to)")]
    assert np.all(np.diff(order) >= 15), order
    assert max(x + w for x, _, w, _ in boxes) <= figure.width - 1


def test_it_is_the_same_each_time_and_changes_with_weights_and_masks():
    assert illustrate.masked(panels()).html == FIGURE.html
    changed = X.copy()
    changed[0, 0] += 1.25
    assert illustrate.masked(panels(changed)).drawing != FIGURE.drawing
    weights = np.array([[1.0, 0.0]])
    one, two = (illustrate.masked([("a", weights, [[True, b]])]) for b in (True, False))
    assert one.drawing != two.drawing and one.alt != two.alt
    assert " id=" not in FIGURE.svg and "#" not in FIGURE.drawing


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([], ValueError, "panels must hold at least one"),
        ([("a", [[1.0]], [[1]])], TypeError, "mask must be boolean, .* got int"),
        ([("a", [[1.0]], [True])], ValueError, r"the shape of its weights, .* \(1,\) and \(1, 1\)"),
        ([("a", [[1.5]], [[True]])], ValueError, "between 0 and 1: got 1.5 to 1.5"),
        ([("a", [[0.75, 0.25]], [[True, False]])], ValueError, "got 0.25, which is a leak"),
        (
            [(name, np.full((9, 9), 1 / 9), np.ones((9, 9), bool)) for name in "ab"],
            ValueError,
            "few enough keys .* got 9 keys and 2 decimals",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(given, error, message):
    with pytest.raises(error, match=message):
        illustrate.masked(given)
