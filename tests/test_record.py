"""The stored runs of the chapter on training: what they promise, and that they can be had again."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from attention_core import training
from tools import record

STORED = {task: training.recorded(task) for task in record.TASKS}


def test_every_task_and_model_has_every_seed():
    assert set(json.loads(record.FILE.read_text(encoding="utf-8"))) == set(record.TASKS)
    for stored in STORED.values():
        assert set(stored["runs"]) == set(record.VARIANTS)
        for runs in stored["runs"].values():
            assert len(runs["accuracy"]) == len(runs["reached"]) == len(record.SEEDS)
            shape = (len(record.SEEDS), record.STEPS // record.EVERY)
            assert np.shape(runs["losses"]) == shape
        assert stored["steps"] == list(record.LOOKS)
        heads = np.array(stored["heads"])
        assert heads.shape[:2] == (len(record.LOOKS), record.SIZES["heads"])
        assert_allclose(heads.sum(axis=-1), 1000, atol=6)


def test_whole_models_learn_on_every_seed():
    for stored in STORED.values():
        assert min(stored["runs"]["whole"]["accuracy"]) >= 0.99
        assert max(stored["runs"]["whole"]["reached"]) <= 200


def test_what_is_taken_away_is_missed_on_every_seed():
    recall, reversal = (STORED[task]["runs"] for task in ("recall", "reversal"))
    assert max(recall["one head"]["accuracy"]) < 0.98
    assert max(reversal["without positions"]["accuracy"]) < 0.3
    for runs in (recall, reversal):
        assert max(runs["four layers without residuals"]["accuracy"]) < 0.25
        assert min(runs["four layers"]["accuracy"]) > 0.99


@pytest.mark.parametrize("task", record.TASKS)
def test_a_run_can_be_had_again(task):
    """To a tolerance: the last digits of a float32 product differ, and training enlarges that."""
    stored = STORED[task]["runs"]["whole"]
    again = record.run(task, seed=0)
    assert_allclose(again["accuracy"], stored["accuracy"][0], atol=0.005)
    assert abs(again["reached"] - stored["reached"][0]) <= 30
    assert_allclose(again["losses"][:4], stored["losses"][0][:4], rtol=0.02)
    assert_allclose(again["looks"][0] * 1000, STORED[task]["heads"][0], atol=0.6)
    gap = np.abs(again["looks"][60] * 1000 - STORED[task]["heads"][record.LOOKS.index(60)])
    assert gap.mean() < 20
