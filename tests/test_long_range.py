"""The stored runs of recall at a distance: what they promise, and that they can be had again."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tools import long_range

STORED = json.loads(long_range.FILE.read_text("utf-8"))
RUNS = {name: np.array(model["accuracy"]) for name, model in STORED["models"].items()}
ATTENTION, CONVOLUTION, RECURRENCE = long_range.MODELS
AT = dict(zip(long_range.DISTANCES, range(len(long_range.DISTANCES)), strict=True))
CHANCE = 1 / long_range.LETTERS


def test_what_is_stored_is_what_the_tool_would_do():
    assert list(STORED["models"]) == list(long_range.MODELS)
    told = {key: STORED[key] for key in ("command", "task", "training", "tuning")}
    assert told == {key: long_range.SETTING[key] for key in told}
    assert set(STORED["versions"]) == {"python", "numpy"} and STORED["machine"]
    assert not set(long_range.SEEDS) & set(long_range.TUNING_SEEDS)
    for name, model in STORED["models"].items():
        assert model["weights"] == long_range.size(name)
        assert np.shape(model["accuracy"]) == (len(AT), len(long_range.SEEDS))
        assert np.shape(model["tuned"]) == (len(long_range.RATES), len(long_range.TUNING_SEEDS))
        means = np.mean(model["tuned"], axis=1)
        assert means[long_range.RATES.index(model["rate"])] == pytest.approx(means.max())


def test_the_rates_are_not_at_the_edge():
    for name, model in STORED["models"].items():
        assert long_range.RATES[0] < model["rate"] < long_range.RATES[-1], name


def test_models_are_of_nearly_equal_size():
    sizes = [model["weights"] for model in STORED["models"].values()]
    assert max(sizes) / min(sizes) < 1.03


def test_a_convolution_guesses_beyond_its_reach_and_already_at_its_edge():
    runs, span = RUNS[CONVOLUTION], sum(long_range.MODELS[CONVOLUTION].dilations)
    assert runs[: AT[16] + 1].min() > 0.9
    furthest = (
        2 * long_range.CARDS - 2
    )  # further than the distance: from first card to last question
    assert 29 + furthest == span  # reachable, and on most seeds not learned
    assert np.median(runs[AT[29]]) < 0.2
    assert_allclose(runs[AT[32] :], CHANCE, atol=0.04)


def test_attention_does_well_at_every_distance():
    assert RUNS[ATTENTION].min() > 0.9


def test_a_recurrence_does_well_near_and_unevenly_far():
    runs = RUNS[RECURRENCE]
    assert runs[AT[4]].min() > 0.99
    assert np.ptp(runs[AT[128]]) > 4 * np.ptp(runs[AT[4]])


@pytest.mark.parametrize("name", long_range.MODELS)
def test_a_run_can_be_had_again(name):
    """To a tolerance: the last digits of a float32 product differ, and training enlarges that."""
    found = long_range.run(name, 4, 0, STORED["models"][name]["rate"])
    assert_allclose(found, RUNS[name][AT[4], 0], atol=0.02)
