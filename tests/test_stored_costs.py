"""The stored measurements: whole, said where they were made, and peaks of memory found again."""

import json

import numpy as np
from numpy.testing import assert_allclose

from tools import cost

STORED = json.loads(cost.FILE.read_text(encoding="utf-8"))


def test_the_file_says_where_and_how_it_was_made():
    assert STORED["command"] == cost.COMMAND
    assert STORED["machine"] and STORED["date"]
    assert set(STORED["versions"]) == {"python", "numpy", "blas"}
    assert (STORED["dtype"], STORED["kernel"]) == ("float32", cost.KERNEL)


def test_every_layer_was_measured_over_the_grid():
    grid = len(cost.FEATURES), len(cost.TOKENS)
    assert (STORED["features"], STORED["tokens"]) == (list(cost.FEATURES), list(cost.TOKENS))
    assert list(STORED["seconds"]) == [str(count) for count in cost.THREADS]
    for found in STORED["seconds"].values():
        assert list(found) == list(cost.layers(1, 1))
        for each in found.values():
            assert np.shape(each) == (*grid, cost.ROUNDS)
            assert np.min(each) > 0
    for each in STORED["bytes"].values():
        assert np.shape(each) == grid


def test_peaks_of_memory_can_be_had_again():
    for n, d in ((128, 64), (512, 128)):
        at = cost.FEATURES.index(d), cost.TOKENS.index(n)
        again = cost.peaks(n, d)
        stored = {name: np.array(each)[at] for name, each in STORED["bytes"].items()}
        assert list(again) == list(stored)
        assert_allclose(list(again.values()), list(stored.values()), rtol=0.03)


def test_rounds_go_through_the_whole_grid(monkeypatch):
    monkeypatch.setattr(cost, "TOKENS", (3, 5))
    monkeypatch.setattr(cost, "FEATURES", (2,))
    monkeypatch.setattr(cost, "ROUNDS", 4)
    monkeypatch.setattr(cost, "LEAST", 1e-5)
    found = cost.rounds()
    assert list(found) == list(cost.layers(1, 1))
    assert {np.shape(each) for each in found.values()} == {(1, 2, 4)}


def test_what_is_quick_is_called_more_than_once(monkeypatch):
    calls = []
    monkeypatch.setattr(cost, "LEAST", 0.01)
    cost.seconds(lambda: calls.append(1))
    assert len(calls) > 10
