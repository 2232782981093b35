"""The picture of several heads: every number in its head's column, and the sum that mixes them."""

from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import MultiHeadAttention, illustrate
from attention_core._format import number
from tests.test_illustrate import SVG
from tests.test_illustrate_places import cells, depths, faint, notes, printed, tinted

RNG = np.random.default_rng(0)
X = RNG.integers(-2, 3, (3, 5))


def attention_of(heads=2, d_k=3, d_v=2, d_out=2, **more):
    """Heads of small whole numbers."""
    shapes = [(5, heads * d_k)] * 2 + [(5, heads * d_v), (heads * d_v, d_out)]
    return MultiHeadAttention(*(RNG.integers(-1, 2, s) for s in shapes), heads=heads, **more)


def lefts(figure, role):
    """Where each block of a role begins and ends."""
    root = ElementTree.fromstring(figure.svg)
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == f"n {role}":
            xs = [(float(r.get("x")), float(r.get("width"))) for r in group.iter(f"{SVG}rect")]
            yield min(x for x, _ in xs), max(x + width for x, width in xs)


@pytest.mark.parametrize("heads", [1, 2, 3])
@pytest.mark.parametrize("index", [1, 3])
def test_shows_every_number_once_in_its_place(heads, index):
    attend = attention_of(heads)
    result = attend(X)
    figure = illustrate.heads(attend, X, index=index)
    row = index - 1
    assert cells(figure, "query") == printed(*result.query[:, row])
    assert cells(figure, "key") == printed(*result.key)
    assert cells(figure, "value") == printed(*result.value)
    assert cells(figure, "score") == printed(*result.weights[:, row])
    assert depths(figure, "score") == tinted(result.weights[:, row])
    taken = (result.weights @ result.value)[:, row]
    mixed = [
        each
        for pair in zip(taken, attend.output_weight.reshape(heads, 2, 2), strict=True)
        for each in pair
    ]
    assert cells(figure, "output") == printed(*taken, *mixed, result.output[row])


def test_zeros_are_faint_where_they_are_multiplied():
    attend = attention_of()
    figure = illustrate.heads(attend, X)
    assert faint(figure, "key") == [[x == 0 for x in np.ravel(head)] for head in attend(X).key]


@pytest.mark.parametrize("heads", [2, 3])
def test_heads_stand_side_by_side_and_do_not_overlap(heads):
    figure = illustrate.heads(attention_of(heads), X)
    cuts = [
        float(path.get("d").split()[0][1:])
        for path in ElementTree.fromstring(figure.svg).iter(f"{SVG}path")
        if path.get("class") == "g d" and path.get("d").count(" ") == 2
    ]
    cuts = sorted(set(cuts[: 2 * (heads - 1)]))
    assert len(cuts) == heads - 1
    edges = [0, *cuts, figure.width]
    for role in ("query", "key", "value", "score"):
        for h, (left, right) in enumerate(lefts(figure, role)):
            assert edges[h] < left < right < edges[h + 1]
    for left, right in lefts(figure, "output"):
        assert 0 < left < right < figure.width


def test_names_and_shapes_stand_beside():
    assert notes(illustrate.heads(attention_of(), X, index=2)) == [
        *["Split:", "each head takes its columns", "head 1", "head 2"],
        *["q2", "K", "3 × 6", "V", "3 × 4", "Attend:", "each head by itself", "a2", "z2"],
        *["Merge, mix:", "side by side, times a matrix"],
        *["Wo", "head 1", "×", "head 2", "×", "output"],
    ]


def test_two_heads_of_three_fit_a_phone():
    assert illustrate.heads(attention_of(), X).width == 360


def test_the_words_tell_each_heads_numbers():
    attend = attention_of()
    result, alt = attend(X), illustrate.heads(attend, X, index=2).alt
    for h in range(2):
        for array in (result.query, result.weights, result.weights @ result.value):
            assert f"({', '.join(number(x) for x in array[h, 1])})" in alt
    assert alt.endswith(f"({', '.join(number(x) for x in result.output[1])}).")
    own = illustrate.heads(attend, X, caption="A caption.", alt="An alt text.")
    assert (own.caption, own.alt) == ("A caption.", "An alt text.")


@pytest.mark.parametrize(
    ("attend", "index", "message"),
    [
        (attention_of(d_k=3), 0, "index must be one of the tokens, 1 to 3: got 0"),
        (attention_of(d_k=3), 4, "index must be one of the tokens, 1 to 3: got 4"),
        (attention_of(output_bias=[1, 2]), 1, "no output bias"),
        (
            MultiHeadAttention(*(np.ones((5, c)) for c in (6, 3, 2)), np.ones((4, 2)), 2, 1),
            1,
            "keys of its own in each head",
        ),
    ],
)
def test_what_it_cannot_draw_is_refused(attend, index, message):
    with pytest.raises(ValueError, match=message):
        illustrate.heads(attend, X, index=index)
