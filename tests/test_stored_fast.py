"""The stored measurements of fast attention: whole, consistent, and their memory found again."""

import json

import pytest

from tools import fast

STORED = json.loads(fast.FILE.read_text(encoding="utf-8"))
COMPARED = [f"{n} tokens, {threads} threads" for n in fast.ROUNDS for threads in (1, 2)]


def test_every_part_was_measured_and_none_besides():
    assert {*fast.PARTS, "command", "day"} == set(STORED)
    assert set(COMPARED) < set(fast.PARTS)
    assert STORED["command"] == "make bench only=fast store=1"
    assert {"processor", "vectors", "torch", "numpy"} <= STORED["machine"].keys()


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_holds_its_ways_and_their_ratio(name):
    short = int(name.split()[0]) <= fast.WHOLE_TABLE
    for kind in ("all", "causal"):
        found = STORED[name][kind]
        assert set(found) == {"pytorch", "blockwise", "ratio"} | ({"plain"} if short else set())
        assert min(found.values()) > 0
        # Of medians here, the median of ratios there: near each other where rounds agree.
        assert found["ratio"] == pytest.approx(found["pytorch"] / found["blockwise"], rel=0.35)


def test_each_trick_that_is_measured_is_stored():
    assert list(STORED["tricks"]) == list(fast.tricks(8))
    assert STORED["tricks"]["the whole"] == 1


@pytest.mark.parametrize("n", [1024, 4096])
def test_the_peak_of_memory_can_be_had_again(n):
    assert fast.peak(n) == pytest.approx(STORED["peaks"][str(n)], rel=0.05)


def test_memory_grows_with_the_tokens_and_not_with_their_pairs():
    small, large = (STORED["peaks"][n] for n in ("4096", "16384"))
    assert large < 64e6
    assert large / small < 4
