"""The picture of shapes: every block has the sides of its array."""

from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import example, illustrate

SVG = "{http://www.w3.org/2000/svg}"
INPUTS, *WEIGHTS = example.rectangle
Q = INPUTS @ WEIGHTS[0]
K, V = (example.rectangle.memory @ weight for weight in WEIGHTS[1:])


def blocks(figure):
    """Of each block, its role and how many rows and columns of cells it has."""
    found = []
    for group in ElementTree.fromstring(figure.svg).iter(f"{SVG}g"):
        cells = [(rect.get("x"), rect.get("y")) for rect in group.iter(f"{SVG}rect")]
        rows, columns = (len({cell[axis] for cell in cells}) for axis in (1, 0))
        assert len(set(cells)) == len(cells) == rows * columns
        found.append((group.get("class").removeprefix("n "), rows, columns))
    return found


@pytest.mark.parametrize("d_v", [1, 5, 6])
def test_blocks_have_the_sides_of_their_arrays(d_v):
    figure = illustrate.shapes(Q, K, V[:, :d_v])
    assert blocks(figure) == [
        ("query", 3, 2),
        ("key", 2, 5),
        ("score", 3, 5),
        ("value", 5, d_v),
        ("output", 3, d_v),
    ]
    drawn = ["".join(text.itertext()) for text in ElementTree.fromstring(figure.svg).iter()]
    assert f"5 × {d_v}" in drawn
    assert f"3 × {d_v}" in drawn
    assert f"the output Z is 3 × {d_v}." in figure.alt
    assert figure.width <= 360


def test_products_stand_beside_and_below_their_operands():
    root = ElementTree.fromstring(illustrate.shapes(Q, K, V).svg)
    places = []
    for group in root.iter(f"{SVG}g"):
        cells = [(float(r.get("x")), float(r.get("y"))) for r in group.iter(f"{SVG}rect")]
        places.append([{cell[axis] for cell in cells} for axis in (0, 1)])
    query, key, weight, value, output = places
    assert query[1] == weight[1] == output[1]
    assert key[0] == weight[0]
    assert value[0] == output[0]
    assert max(key[1]) == max(value[1]) < min(weight[1])


def test_words_may_be_ones_own():
    figure = illustrate.shapes(Q, K, V, caption="A caption.", alt="An alt text.")
    assert (figure.caption, figure.alt) == ("A caption.", "An alt text.")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((Q, K[:, :1], V), "same size d_k"),
        ((Q, K, V[:4]), "same number of tokens"),
        ((np.stack([Q, Q]), K, V), "query must have 2 axes to be drawn"),
    ],
)
def test_what_does_not_fit_is_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        illustrate.shapes(*arrays)
