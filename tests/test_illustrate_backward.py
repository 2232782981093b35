"""The picture of the backward pass: every gradient with its numbers, from the loss down."""

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import attention, example, illustrate
from attention_core._format import number
from tests.test_illustrate import SVG, words

X, W_Q, W_K, W_V = example.plane
Q, K, V = X @ W_Q, X @ W_K, X @ W_V
D_Z = attention(Q, K, V).output - V
FIGURE = illustrate.backward(*example.plane, D_Z)
ORDER = (
    ("output", (3, 2)),
    ("value", (3, 2)),
    *[("score", (3, 3))] * 2,
    *[("query", (3, 2)), ("key", (3, 2))],
    *[(role, (2, 2)) for role in ("query", "key", "value")],
    ("input", (3, 2)),
)


def blocks(figure):
    """Each matrix that is drawn, in order: its role, and its numbers with their depths."""
    root = ElementTree.fromstring(figure.svg)
    return [
        (g.get("class").removeprefix("n "), [t.text for t in g.iter(f"{SVG}text")])
        for g in root.iter(f"{SVG}g")
        if g.get("class", "").startswith("n ")
    ]


def nudged(place):
    """The gradient of half the squared distance from V, by nudging one array."""
    arrays = [X, W_Q, W_K, W_V]
    gradient = np.zeros(arrays[place].shape)
    for entry in np.ndindex(gradient.shape):
        losses = []
        for step in (1e-5, -1e-5):
            x, w_q, w_k, w_v = (
                x
                + step
                * (np.arange(x.size).reshape(x.shape) == np.ravel_multi_index(entry, x.shape))
                if i == place
                else x
                for i, x in enumerate(arrays)
            )
            z = attention(x @ w_q, x @ w_k, x @ w_v).output
            losses.append(np.sum((z - V) ** 2) / 2)
        gradient[entry] = (losses[0] - losses[1]) / 2e-5
    return gradient


def test_each_gradient_has_the_shape_and_the_colour_of_its_own():
    drawn = blocks(FIGURE)
    assert [(role, len(numbers)) for role, numbers in drawn] == [
        (role, rows * columns) for role, (rows, columns) in ORDER
    ]


def test_the_numbers_are_those_of_nudging():
    drawn = blocks(FIGURE)
    assert drawn[0][1] == [number(x) for x in D_Z.ravel()]
    for block, place in ((9, 0), (6, 1), (7, 2), (8, 3)):
        assert drawn[block][1] == [number(x) for x in nudged(place).ravel()]


def test_depth_follows_the_size_of_either_sign():
    depths = [float(x) for x in re.findall(r'fill-opacity:([\d.]+)"', FIGURE.svg)]
    wanted = 0.06 + 0.5 * np.abs(D_Z).ravel() / np.abs(D_Z).max()
    assert depths[:6] == pytest.approx(wanted, abs=6e-4)


def test_formulas_stand_above():
    texts = words(FIGURE)
    for formula in ("dV = Aᵀ dZ", "dA = dZ Vᵀ", "dS = A ∘ (dA − row averages)", "dWq = Xᵀ dQ"):
        assert formula in texts
    for formula in ("dQ = dS K/√dk", "dK = dSᵀ Q/√dk", "dX = dQ Wqᵀ + dK Wkᵀ + dV Wvᵀ"):
        assert formula in texts


def test_words_tell_every_gradient_in_order():
    assert FIGURE.alt.startswith(
        "From the loss down. dZ has rows (0.80, 0.27), (−0.98, −0.62) and (1.59, 1.87). From it: dV"
    )
    names = ["dZ", "dV", "dA", "dS", "dQ", "dK", "dW q", "dW k", "dW v", "dX"]
    assert re.findall(r"(d[A-Z](?: [qkv])?) has rows", FIGURE.alt) == names
    assert FIGURE.caption.endswith("Printed to 2 decimals, computed in full.")


def test_it_fits_a_phone_and_nothing_overlaps():
    assert FIGURE.width == 360
    root = ElementTree.fromstring(FIGURE.svg)
    boxes = [
        [float(r.get(a)) for a in ("x", "y", "width", "height")] for r in root.iter(f"{SVG}rect")
    ]
    for (x, y, w, h), (u, v, p, q) in itertools.combinations(boxes, 2):
        assert x + w <= u or u + p <= x or y + h <= v or v + q <= y
    # Lines pass beside the cells.
    for path in root.iter(f"{SVG}path"):
        (x1, y1), (x2, y2), *_ = [
            tuple(map(float, pair.split())) for pair in re.split("[ML]", path.get("d"))[1:]
        ]
        for t in np.linspace(0, 1, 101):
            px, py = x1 + t * (x2 - x1), y1 + t * (y2 - y1)
            assert 0 < px < 360
            assert not any(x <= px <= x + w and y <= py <= y + h for x, y, w, h in boxes)


def test_it_is_the_same_each_time_and_follows_its_arrays():
    assert illustrate.backward(*example.plane, D_Z).html == FIGURE.html
    assert illustrate.backward(*example.plane, 2 * D_Z).drawing != FIGURE.drawing
    assert " id=" not in FIGURE.svg
    figure = illustrate.backward(*example.plane, D_Z, caption="A caption.", alt="A text.")
    assert (figure.caption, figure.alt) == ("A caption.", "A text.")


def test_no_error_no_gradient():
    figure = illustrate.backward(*example.plane, np.zeros((3, 2)))
    assert {text for _, numbers in blocks(figure) for text in numbers} == {"0"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((*example.worked, np.ones((3, 3))), "dZ must have few enough columns .* got 3"),
        ((np.ones((4, 2)), W_Q, W_K, W_V, np.ones((4, 2))), "dA must have few enough .* got 4"),
        ((*example.plane, 1e4 * D_Z), "gradients must be short enough"),
        ((*example.plane, np.ones((2, 3))), "d_output must have shape"),
        ((*example.plane, np.ones(2)), "d_output must have 2 axes to be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(given, message):
    with pytest.raises(ValueError, match=message):
        illustrate.backward(*given)
