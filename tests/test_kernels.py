"""Kernels get a second try where a port was taken, and nothing else is tried twice."""

import pytest

from tools.kernels import TRIES, patiently

DIED = RuntimeError("Kernel died before replying to kernel_info")


def starter(*outcomes):
    """Return a function that raises or returns the outcomes in turn, and its count of calls."""
    left, calls = list(outcomes), []

    def start(name):
        calls.append(name)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return start, calls


def test_a_kernel_that_dies_at_birth_is_started_again():
    start, calls = starter(DIED, "kernel")
    assert patiently(start)("python3") == "kernel"
    assert calls == ["python3"] * 2


def test_patience_ends():
    start, calls = starter(*[DIED] * (TRIES + 1))
    with pytest.raises(RuntimeError, match="Kernel died"):
        patiently(start)("python3")
    assert len(calls) == TRIES


def test_other_errors_are_not_tried_again():
    start, calls = starter(RuntimeError("no such kernel"), "kernel")
    with pytest.raises(RuntimeError, match="no such kernel"):
        patiently(start)("python3")
    assert len(calls) == 1
