"""The pictures of generation: what a cache spares, and what is likely."""

import re

import pytest

from attention_core import illustrate

WORDS = ["this", "is", "the", "cat", "that"]


def cells(figure, role):
    """How many cells of a role are computed anew, and how many are read."""
    groups = re.findall(rf'<g class="n {role}( faint)?">', figure.svg)
    return groups.count(""), groups.count(" faint")


@pytest.mark.parametrize(
    ("prompt", "without", "kept", "read"), [(2, 9, 4, 5), (1, 10, 4, 6), (4, 4, 4, 0)]
)
def test_what_is_computed_and_what_is_read(prompt, without, kept, read):
    figure = illustrate.cached(WORDS, prompt)
    for role in ("key", "value"):
        assert cells(figure, role) == (without + kept, read)
    assert cells(figure, "query") == (without + kept, 0)
    assert (
        f"{without} keys are computed to give {5 - prompt} words; with one, {kept}."
        in figure.caption
    )
    assert figure.width <= 360


def test_words_say_each_step():
    alt = illustrate.cached(WORDS, 2).alt
    assert "Step 3 computes the keys of this, is, the and cat, and gives that." in alt
    assert alt.endswith(
        "step 3 computes the key of cat, reads those of this, is and the, and gives that.".replace(
            "step", "Step"
        )
    )


@pytest.mark.parametrize(
    ("words", "prompt", "said"),
    [
        (WORDS[:2], 1, "words must be 3 to 6"),
        (WORDS * 2, 1, "3 to 6"),
        (WORDS, 0, "prompt must be 1 to 4"),
        (WORDS, 5, "1 to 4"),
    ],
)
def test_what_cannot_be_drawn_is_refused(words, prompt, said):
    with pytest.raises(ValueError, match=said):
        illustrate.cached(words, prompt)


def test_bars_are_as_long_as_chances():
    figure = illustrate.chances(["a", "b"], {"x": [0.8, 0.2], "y": [0.4, 0.1]}, caption="c")
    widths = [float(w) for w in re.findall(r'class="bar"[^>]* width="([\d.]+)"', figure.svg)]
    assert widths == pytest.approx([widths[0] * share for share in (1, 0.25, 0.5, 0.125)], rel=1e-3)
    assert figure.alt == "X: a 0.80, b 0.20. Y: a 0.40, b 0.10."
    assert figure.width <= 360


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "one to four"),
        ({"x": [0.5]}, "a probability for each of the 2 words"),
        ({"x": [0.5, 1.5]}, "between 0 and 1"),
        ({"x": [0.5, -0.5]}, "between 0 and 1"),
    ],
)
def test_what_is_not_likely_is_refused(columns, said):
    with pytest.raises(ValueError, match=said):
        illustrate.chances(["a", "b"], columns, caption="c")
