"""The pictures of positions: clocks, stripes and pairs of features."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import illustrate, positions
from attention_core._format import number
from tests.test_illustrate import SVG, words

PE = positions.sinusoidal(32, 16)
CLOCKS = illustrate.clocks(PE[:8], pairs=5)
STRIPES = illustrate.stripes(PE)
LAYOUTS = {"halves": [(0, 3), (1, 4), (2, 5)], "neighbours": [(0, 1), (2, 3), (4, 5)]}
PAIRS = illustrate.pairings([1, 2, 3, 4, 5.5, 6], LAYOUTS)


def hands(figure):
    """How far to the right and up each hand of a clock points, row by row."""
    found = re.findall(r'd="M[\d.]+ [\d.]+l(-?[\d.]+) (-?[\d.]+)"', figure.svg)
    return np.array([(float(x), -float(y)) for x, y in found])


def test_each_hand_points_to_its_sine_and_cosine():
    wanted = PE[:8, :10].reshape(8, 5, 2).swapaxes(0, 1).reshape(-1, 2)
    found = hands(CLOCKS)
    assert len(found) == 40
    size = np.linalg.norm(found[0])
    assert np.allclose(found / size, wanted, atol=0.002)
    assert size < 15


def test_speeds_and_features_stand_beside_the_clocks():
    drawn = words(CLOCKS)
    for i in range(5):
        speed = f"{np.degrees(10000 ** (-2 * i / 16)):.1f}°"
        assert speed in drawn and speed in CLOCKS.alt
        assert f"{2 * i}, {2 * i + 1}" in drawn
    assert [text for text in drawn if text.isdigit()] == [str(p) for p in range(8)]


def test_a_speed_is_right_even_past_a_half_turn():
    angles = np.arange(3) * np.radians(200)
    figure = illustrate.clocks(np.stack([np.sin(angles), np.cos(angles)], axis=-1))
    assert "-160.0°" in figure.alt  # the short way


def depths():
    """The depth of each cell of the stripes, by its place."""
    found = {}
    root = ElementTree.fromstring(STRIPES.svg)
    for path in root.iter(f"{SVG}path"):
        depth = float(re.search(r"fill-opacity:([\d.]+)", path.get("style")).group(1))
        for x, y in re.findall(r"M([\d.]+) ([\d.]+)", path.get("d")):
            found[float(x), float(y)] = depth
    columns = sorted({x for x, _ in found})
    rows = sorted({y for _, y in found})
    return np.array([[found[x, y] for x in columns] for y in rows])


def test_the_deeper_the_larger():
    found = depths()
    assert found.shape == PE.shape
    assert np.allclose(found, 0.04 + 0.96 * (PE + 1) / 2, atol=0.021)


def test_the_stripes_have_a_scale_and_their_places():
    drawn = words(STRIPES)
    assert drawn[-5:] == ["−1", "−0.5", "0", "0.5", "1"]
    assert "position" in drawn and "feature" in drawn
    assert f"Position 1 is ({', '.join(number(x) for x in PE[1])})." in STRIPES.alt


def arcs(figure):
    """From where to where each arc goes, left to right."""
    found = re.findall(r'd="M([\d.]+) ([\d.]+)C[^"]* ([\d.]+) [\d.]+"', figure.svg)
    return [(float(a), float(y), float(b)) for a, y, b in found]


def test_arcs_join_the_features_of_each_pair():
    root = ElementTree.fromstring(PAIRS.svg)
    cells = [
        float(rect.get("x")) + float(rect.get("width")) / 2 for rect in root.iter(f"{SVG}rect")
    ]
    wanted = [(cells[i], cells[j]) for pairs in LAYOUTS.values() for i, j in pairs]
    assert np.allclose([(a, b) for a, _, b in arcs(PAIRS)], wanted)
    assert "Halves: features 0 and 3, 1 and 4, 2 and 5 of (1, 2, 3, 4, 5.50, 6)" in PAIRS.alt
    assert "neighbours" in words(PAIRS) and "5.50" in words(PAIRS)


@pytest.mark.parametrize("figure", [CLOCKS, STRIPES, PAIRS], ids=["clocks", "stripes", "pairs"])
def test_they_fit_a_phone_and_are_the_same_each_time(figure):
    assert figure.width <= 364
    assert "id=" not in figure.drawing
    assert figure.caption and figure.alt
    again = {
        CLOCKS: lambda: illustrate.clocks(PE[:8], pairs=5),
        STRIPES: lambda: illustrate.stripes(PE),
        PAIRS: lambda: illustrate.pairings([1, 2, 3, 4, 5.5, 6], LAYOUTS),
    }[figure]()
    assert again.html == figure.html


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: illustrate.clocks(PE[:8, :5]), "even number of features"),
        (lambda: illustrate.clocks(PE[:11]), "two to ten positions: got 11"),
        (lambda: illustrate.clocks(PE[:1]), "two to ten positions: got 1"),
        (lambda: illustrate.clocks(PE[:8], pairs=9), "1 to 8"),
        (lambda: illustrate.clocks(2 * PE[:8]), "sine and the cosine"),
        (lambda: illustrate.clocks(PE[3:8]), "begin at position 0"),
        (lambda: illustrate.stripes(2 * PE), "between -1 and 1"),
        (lambda: illustrate.stripes(np.zeros((65, 2))), "64 positions"),
        (lambda: illustrate.pairings([1, 2, 3, 4], {"a": [(0, 1), (2, 2)]}), "once"),
        (lambda: illustrate.pairings([1, 2, 3, 4], {"a": [(0, 1)]}), "once"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, said):
    with pytest.raises(ValueError, match=said):
        draw()
