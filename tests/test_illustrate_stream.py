"""The picture of the residual stream: every row is what the layer computes."""

import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import MultiHeadAttention, example, illustrate, masks
from attention_core._format import number, vector
from attention_core.layers import FeedForward, LayerNorm
from attention_core.transformer import DecoderLayer, EncoderLayer

SVG = "{http://www.w3.org/2000/svg}"
X = example.inputs
MEMORY = np.array([[1.0, 2, 0, -1], [0, 1, 1, 1], [3, 0, 0, 1], [1, 1, -2, 0]])
FIRST = pytest.mark.parametrize("norm_first", [False, True])


def layer(kind=EncoderLayer, norm_first=False):
    rng = np.random.default_rng(3)
    attends = [MultiHeadAttention(*rng.normal(size=(4, 4, 4)), heads=2) for _ in range(2)]
    norms = [LayerNorm(*rng.normal(1, 0.3, (2, 4))) for _ in range(3)]
    forward = FeedForward(rng.normal(size=(4, 5)), np.ones(5), rng.normal(size=(5, 4)), np.ones(4))
    parts = [attends[0], norms[0], forward, norms[1]]
    if kind is DecoderLayer:
        parts[2:2] = [attends[1], norms[2]]
    return kind(*parts, norm_first=norm_first)


def rows(figure):
    """Of each row of cells, its role and its numbers."""
    found = []
    for group in ElementTree.fromstring(figure.svg).iter(f"{SVG}g"):
        texts = [text.text for text in group.findall(f"{SVG}text")]
        if texts:
            found.append((group.get("class").removeprefix("n "), texts))
    return found


def printed(values):
    return [number(value) for value in values]


def boxes(figure):
    """What stands in the boxes, in one line."""
    words = [t.text for t in ElementTree.fromstring(figure.svg).iter(f"{SVG}text")]
    return " ".join(word for word in words if word and not any(c.isdigit() for c in word))


@pytest.mark.parametrize("token", [1, 2, 3])
def test_norm_last(token):
    ours = layer()
    read = X
    expected = [("input", X[token - 1])]
    for norm, work in (
        (ours.attention_norm, lambda x: ours.attention(x).output),
        (ours.feed_forward_norm, ours.feed_forward),
    ):
        made = work(read)
        added = read + made
        read = norm(added)
        expected += [
            ("output", made[token - 1]), ("input", added[token - 1]), ("input", read[token - 1])
        ]  # fmt: skip
    figure = illustrate.stream(ours, X, token=token)
    assert rows(figure) == [(role, printed(values)) for role, values in expected]
    assert rows(figure)[-1][1] == printed(ours(X)[token - 1])


def test_norm_first():
    ours = layer(norm_first=True)
    made = ours.attention(ours.attention_norm(X)).output
    middle = X + made
    forward = ours.feed_forward(ours.feed_forward_norm(middle))
    expected = [X[0], made[0], middle[0], forward[0], (middle + forward)[0]]
    figure = illustrate.stream(ours, X)
    assert [numbers for _, numbers in rows(figure)] == [printed(values) for values in expected]
    assert rows(figure)[-1][1] == printed(ours(X)[0])
    assert vector(ours.attention_norm(X)[0]) in figure.alt
    assert figure.caption.endswith("what it reads is normalised first.")


@FIRST
def test_decoder(norm_first):
    ours = layer(DecoderLayer, norm_first)
    hidden = masks.padding(2, 4)
    figure = illustrate.stream(ours, X, MEMORY, masks.causal(3), hidden, token=2)
    assert rows(figure)[-1][1] == printed(ours(X, MEMORY, masks.causal(3), hidden)[1])
    assert [role for role, _ in rows(figure)].count("output") == 3
    assert "to tokens in view" in boxes(figure)
    assert "attention to the memory" in boxes(figure)
    assert figure.alt.count("adds") == 3
    assert "Cross-attention" in figure.alt


def test_words_of_an_encoder():
    figure = illustrate.stream(layer(), X)
    assert "attention to all tokens" in boxes(figure)
    assert "feed forward each token alone" in boxes(figure)
    assert boxes(figure).count("normalise") == 2
    assert "in view" in boxes(illustrate.stream(layer(), X, mask=masks.causal(3)))
    assert figure.alt.startswith("Token 1 comes in as (1, 0, 1, 0). Attention adds (")
    assert figure.width <= 360
    mine = illustrate.stream(layer(), X, caption="A caption.", alt="An alt text.")
    assert (mine.caption, mine.alt) == ("A caption.", "An alt text.")


@FIRST
def test_nothing_overlaps(norm_first):
    """Cells, boxes and the words in these keep to themselves."""
    figure = illustrate.stream(layer(DecoderLayer, norm_first), X, MEMORY)
    root = ElementTree.fromstring(figure.svg)
    rects = [
        tuple(float(r.get(side)) for side in ("x", "y", "width", "height"))
        for r in root.iter(f"{SVG}rect")
        if r.get("class") in ("c", "k")
    ]
    for i, (x, y, w, h) in enumerate(rects):
        assert x >= 0 and x + w <= figure.width and y >= 0 and y + h <= figure.height
        for x2, y2, w2, h2 in rects[:i]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    tall = [rect for rect in rects if rect[3] > 40]
    assert len(tall) == 3
    for text in root.iter(f"{SVG}text"):
        if float(text.get("x")) > tall[0][0]:
            y = float(text.get("y"))
            assert any(top + 7 <= y <= top + height - 7 for _, top, _, height in tall)


def test_what_does_not_fit_is_refused():
    for token in (0, 4):
        with pytest.raises(ValueError, match="token must be between 1 and the 3"):
            illustrate.stream(layer(), X, token=token)
    with pytest.raises(ValueError, match="memory is for a decoder layer"):
        illustrate.stream(layer(DecoderLayer), X)
    with pytest.raises(ValueError, match="memory is for a decoder layer"):
        illustrate.stream(layer(), X, MEMORY)
    with pytest.raises(ValueError, match="x must have 2 axes"):
        illustrate.stream(layer(), X[None])
    with pytest.raises(ValueError, match="x must have as many features"):
        illustrate.stream(layer(), X[:, :3])


def test_a_changed_layer_changes_the_picture():
    ours = layer()
    other = dataclasses.replace(ours, feed_forward_norm=LayerNorm(np.ones(4), np.ones(4)))
    assert illustrate.stream(ours, X).svg != illustrate.stream(other, X).svg
