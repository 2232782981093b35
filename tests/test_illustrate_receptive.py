"""What an output can see: the walk down from it, and the picture of it."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from attention_core import illustrate, reach
from attention_core.illustrate.receptive import in_words, walk
from tests.test_illustrate import words

N = 12
STACKS = {
    "window": reach.stack("window", N, 4, 1),
    "both ways": reach.stack("window", N, 4, 2, is_causal=False),
    "convolution": reach.stack("convolution", N, 3, 3),
    "dilated": reach.stack("dilated", N, 2, 3),
    "recurrence": reach.stack("recurrence", N, depth=1),
    "recurrences": reach.stack("recurrence", N, depth=3),
    "attention": reach.stack("attention", N, depth=1, is_causal=False),
    "mixed": [*reach.stack("recurrence", N, depth=1), reach.convolution(N, 2, 5)],
}


@pytest.mark.parametrize("name", STACKS)
def test_the_walk_is_what_is_traced(name):
    layers = STACKS[name]
    lengths = reach.path_length(*layers)
    for output in range(N):
        nodes, lines, longest = walk(layers, output)
        found = np.array([nodes.get((0, j), np.inf) for j in range(N)])
        assert_array_equal(found, lengths[output])
        assert len(set(lines)) == len(lines)
        assert {node for line in lines for node in line} == set(nodes)
        assert longest[0] == (len(layers), output)
        assert nodes[longest[-1]] == found[np.isfinite(found)].max() == len(longest) - 1
        assert all((below, above) in lines for above, below in pairwise(longest))


@pytest.mark.parametrize("name", STACKS)
def test_each_line_of_the_walk_is_read_by_a_layer(name):
    layers = STACKS[name]
    for (level, j), (above, i) in walk(layers, N - 1).lines:
        layer = layers[above - 1]
        if isinstance(layer, reach.InTurn):
            assert layer.reads[i, j]
            assert level == (above if j < i else above - 1)
        else:
            assert layer[i, j]
            assert level == above - 1


def shown(output=9):
    return illustrate.receptive_fields(STACKS, output=output)


def test_it_draws_what_is_traced():
    figure = shown()
    panels = figure.svg.split('<text class="h"')[1:]
    for panel, (name, layers) in zip(panels, STACKS.items(), strict=True):
        nodes, lines, longest = walk(layers, 9)
        seen = int(reach.reached(*layers)[9].sum())
        thin, heavy = re.findall(r'<path class="(?:input|output)"[^>]*d="([^"]*)"', panel)
        assert (thin.count("M"), heavy.count("M")) == (len(lines), len(longest) - 1)
        full = re.findall(r'<g class="input" style="fill:var\(--c\)[^>]*>(.*?)</g>', panel)
        assert [each.count("<circle") for each in full] == [seen]
        assert panel.count("<circle") == N * (len(layers) + 1)
        rings = re.findall(r'<g class="input" style="fill:var\(--paper\)[^>]*>(.*?)</g>', panel)
        between = sum(level > 0 for level, _ in nodes) - 1
        assert sum(ring.count("<circle") for ring in rings) == between
        chosen = re.findall(r'<g class="output" style="fill:var\(--c\)[^>]*>(.*?)</g>', panel)
        assert [each.count("<circle") for each in chosen] == [1]
        told = re.findall(r">([^<]+)</text>", panel)
        lengths = reach.path_length(*layers)[9]
        numbers = [f"{length:g}" for length in lengths if np.isfinite(length)]
        assert told == [
            *(name.capitalize(), f"{seen} of {N}", "10", "output", "input", "path"),
            *numbers,
        ]


def test_lines_end_where_nodes_are():
    svg = illustrate.receptive_fields({"one": STACKS["recurrences"]}, output=9).svg
    spots = set(re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg))
    ends = re.findall(r"[ML]([\d.]+) ([\d.]+)", svg)
    assert ends
    for end in ends:
        assert (
            min(np.hypot(*np.subtract(np.array(s, float), np.array(end, float))) for s in spots)
            < 0.1
        )


def test_it_says_what_is_there():
    figure = shown()
    assert figure.alt.startswith("Of 12 inputs, output 10 depends in window on 7 to 10, over 1 ope")
    assert "in both ways on 6 to 12, over 2 operations;" in figure.alt
    assert "in recurrences on 1 to 10, over 3 to 12 operations" in figure.alt
    assert "in mixed on 1 to 10, over 2 to 6 operations." in figure.alt
    assert (
        in_words(np.array([2, np.inf, 3, 4, np.inf, 1]))
        == "1, 3 to 4 and 6, over 1 to 4 operations"
    )
    assert in_words(np.full(3, np.inf)) == "none"
    assert (
        illustrate.receptive_fields({"x": STACKS["window"]}, output=0, caption="C").caption == "C"
    )


def test_it_fits_a_phone_and_is_the_same_at_every_run():
    assert shown().width == 360
    assert shown().svg == shown().svg
    assert "id=" not in shown().drawing
    wide = illustrate.receptive_fields({"most": reach.stack("convolution", 16, 2, 4)}, output=15)
    assert wide.width == 360
    assert "16" in words(wide)


def test_an_output_that_sees_nothing_is_drawn_alone():
    blind = np.zeros((4, 4), bool)
    figure = illustrate.receptive_fields({"blind": [blind]}, output=1)
    assert figure.alt == "Of 4 inputs, output 2 depends in blind on none."
    assert "0 of 4" in words(figure)


@pytest.mark.parametrize(
    ("models", "output", "error", "said"),
    [
        ({}, 0, ValueError, "one model or more: got none"),
        ({"a": [np.eye(3) > 0], "b": [np.eye(4) > 0]}, 0, ValueError, "got 3, 4 tokens"),
        ({"a": [np.eye(17) > 0]}, 0, ValueError, "16 at most"),
        ({"a": [np.eye(3) > 0]}, 3, ValueError, "counted from 0: got 3 tokens and output 3"),
        ({"a": [np.eye(3) > 0]}, -1, ValueError, "output must be 0 or more"),
        ({"a": [np.eye(3) > 0]}, 0.5, TypeError, "output must be a whole number"),
        ({"a": [np.eye(3)]}, 0, TypeError, "a layer must be boolean"),
        ({"a": []}, 0, ValueError, "layers must be one or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused(models, output, error, said):
    with pytest.raises(error, match=said):
        illustrate.receptive_fields(models, output=output)
