"""The picture of the table that is swept block by block."""

from collections import Counter
from xml.etree import ElementTree

import pytest

from attention_core import illustrate

SVG = "{http://www.w3.org/2000/svg}"


def signs(figure):
    """How often each sign stands in the figure."""
    texts = ElementTree.fromstring(figure.svg).iter(f"{SVG}text")
    return Counter(text.text for text in texts if text.text in ("●", "✓", "×"))


def test_one_block_is_held_and_those_before_it_are_done_with():
    assert signs(illustrate.sweep(16, 4, [1])) == {"●": 1}
    assert signs(illustrate.sweep(16, 4, [7])) == {"●": 1, "✓": 6}
    assert signs(illustrate.sweep(16, 4, [1, 16])) == {"●": 2, "✓": 15}


def test_later_blocks_are_never_made_under_a_causal_mask():
    figure = illustrate.sweep(16, 4, [10], is_causal=True)
    assert signs(figure) == {"●": 1, "✓": 9, "×": 6}
    assert "6 of 16 blocks" in figure.caption
    assert "row 1: 3, row 2: 2 and row 3: 1" in figure.alt


def test_the_text_says_which_block_is_held():
    figure = illustrate.sweep(16, 4, [7])
    assert "Step 7: the block in row 2, column 3 is held, and 6 are done with." in figure.alt
    assert "4 × 4 scores in place of 16 × 16" in figure.caption


@pytest.mark.parametrize(("n", "block", "steps"), [(18, 2, [1]), (16, 4, [0]), (16, 4, [17])])
def test_what_cannot_be_drawn_is_refused(n, block, steps):
    with pytest.raises(ValueError, match="must be"):
        illustrate.sweep(n, block, steps)
