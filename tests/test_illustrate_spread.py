"""The picture of repeated runs."""

import re

import numpy as np
import pytest

from attention_core import illustrate
from tests.test_illustrate import words

RUNS = {
    "one": np.array([[0.9, 1.0, 0.8], [0.5, 0.6, 0.4]]),
    "other": np.array([[0.7, 0.7, 0.7], [0.2, 0.3, 0.1]]),
}


def drawn(**options):
    return illustrate.spread([4, 32], RUNS, axes=("distance", "share"), caption="Look.", **options)


def test_every_run_is_a_dot():
    dots = re.findall(r'd="M ?([\d.]+) ([\d.]+) ?L ?([\d.]+) ([\d.]+)', drawn().svg)
    dots = [tuple(map(float, dot)) for dot in dots]
    places = [(x, y) for x, y, *end in dots if [x, y] == end]
    assert len(places) == 12
    heights = np.array([y for _, y in places]).reshape(2, 2, 3)
    wanted = np.stack(list(RUNS.values()))
    slope = (heights.max() - heights.min()) / (wanted.max() - wanted.min())
    assert np.allclose(heights.max() - heights, slope * (wanted - wanted.min()), atol=0.1)
    across = np.array([x for x, _ in places]).reshape(2, 2, 3)
    assert np.ptp(across, axis=-1).max() == 0  # the runs of a name stand in a column
    assert len(np.unique(across)) == 4  # and no two columns in one place


def test_what_it_says():
    figure = drawn(levels={"guessing": 0.25})
    assert "one: 0.80 to 1 at 4, 0.40 to 0.60 at 32." in figure.alt
    assert "A dotted line marks guessing." in figure.alt
    assert {"one", "other", "guessing", "4", "32", "distance", "share"} <= set(words(figure))
    assert figure.svg == drawn(levels={"guessing": 0.25}).svg


def test_errors_teach():
    with pytest.raises(ValueError, match="a row for each x, a column for each seed"):
        illustrate.spread([1], RUNS, axes=("", ""), caption="")
    with pytest.raises(ValueError, match="runs must be one to 4"):
        illustrate.spread([1], {}, axes=("", ""), caption="")
    with pytest.raises(ValueError, match="roles must give each name one of"):
        drawn(roles=["score"])
