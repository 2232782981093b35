"""The bug museum: ten bugs, each caught by its check, and attention_core by none."""

import ast
import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest

from attention_core import Attention, MultiHeadAttention, scaled_dot_product_attention
from attention_core.exercises import exhibits as specimens
from attention_core.exercises import museum
from attention_core.heads import merge_heads, split_heads

ROOT = Path(__file__).resolve().parent.parent
NAMES = [check.__name__ for check in museum.checks]
BUGS = [exhibit.attend for exhibit in museum.exhibits]
EXHIBITS = pytest.mark.parametrize("exhibit", museum.exhibits, ids=lambda e: e.attend.__name__)
# A row for each check, a column for each exhibit.
CAUGHT = """
x.........
.x.......x
.xx......x
...xx.....
....x.....
...xxx....
....xxx...
x......x..
..x.....x.
x........x
"""


def every_option(query, key, value, mask=None, heads=1):
    """The other attention of the library, in several heads."""
    split = [split_heads(x, heads) for x in (query, key, value)]
    output, scores = scaled_dot_product_attention(*split, mask, return_stage="biased")
    _, weights = scaled_dot_product_attention(*split, mask, return_stage="weights")
    return Attention(scores, weights, merge_heads(output))


def several_heads(query, key, value, mask=None, heads=1):
    """The class for several heads, with matrices that pick queries, keys and values."""
    one, other = (np.eye(x.shape[1]) for x in (query, value))
    no_value, no_key = np.zeros((len(one), len(other))), np.zeros((len(other), len(one)))
    attend = MultiHeadAttention(
        one, np.vstack([one, no_key]), np.vstack([no_value, other]), other, heads
    )
    output, weights = attend(query, np.hstack([key, value]), mask)
    scores = every_option(query, key, value, mask, heads).scores
    return Attention(scores, weights, output)


SOUND = [museum.library, specimens.sound, every_option, several_heads]


def test_there_are_ten_each_with_its_own_bug_check_and_thread():
    assert len(museum.exhibits) == 10
    for each in ("name", "attend", "check", "thread"):
        assert len({getattr(exhibit, each) for exhibit in museum.exhibits}) == 10
    assert [bug.__name__ for bug in BUGS] == [f"exhibit_{i}" for i in range(1, 11)]
    assert {museum.catches(museum.checks[0], f) for f in SOUND} == {False}


@EXHIBITS
def test_each_check_catches_its_bug(exhibit):
    assert museum.catches(exhibit.check, exhibit.attend)


@pytest.mark.parametrize("attend", SOUND, ids=lambda f: f.__name__)
@pytest.mark.parametrize("check", museum.checks, ids=NAMES)
def test_no_check_finds_fault_with_the_library(check, attend):
    assert check(attend)
    assert not museum.catches(check, attend)


def test_who_catches_whom():
    found = [
        "".join("x" if museum.catches(check, bug) else "." for bug in BUGS)
        for check in museum.checks
    ]
    for name, row in zip(NAMES, found, strict=True):
        print(f"{name:24} {row}")
    assert found == CAUGHT.split()


@EXHIBITS
def test_each_case_shows_the_symptom(exhibit):
    right, wrong = exhibit.symptom()
    assert right.shape == wrong.shape
    assert not np.allclose(right, wrong)
    assert exhibit.case.agree(specimens.sound)
    assert exhibit.case.agree(exhibit.attend) == (exhibit.shown == "scores")


def test_eight_of_ten_hide_on_the_worked_example():
    agree = [museum.worked.agree(bug) for bug in BUGS]
    assert agree == [False, False, *[True] * 8]
    differ = [not np.allclose(*e.symptom(museum.worked)) for e in museum.exhibits]
    assert differ == [True, True, *[False] * 7, True]


@pytest.mark.parametrize("attend", [*BUGS, specimens.exhibit_11, *SOUND[:2]])
def test_nobody_changes_what_is_handed_in(attend):
    for case in (museum.worked, *(exhibit.case for exhibit in museum.exhibits)):
        if attend is specimens.exhibit_8 and len(case.query) != len(case.key):
            continue  # it stops there
        arrays = case.query, case.key, case.value, case.mask
        before = [None if array is None else array.copy() for array in arrays]
        case.run(attend)
        for array, old in zip(arrays, before, strict=True):
            np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("name", specimens.__all__)
def test_each_specimen_fits_a_cell(name):
    lines = inspect.getsource(getattr(specimens, name)).splitlines()
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("check", museum.checks, ids=NAMES)
def test_each_check_is_one_line_and_one_for_the_data(check):
    (function,) = ast.parse(inspect.getsource(check)).body
    said, *body = function.body
    assert isinstance(said, ast.Expr) and len(body) <= 2
    assert max(map(len, inspect.getsource(check).splitlines())) <= 80


def test_a_function_that_stops_is_caught_and_a_broken_check_is_not_hidden():
    def stops(*arguments, **options):
        raise ValueError("no")

    assert museum.catches(museum.rows_sum_to_one, stops)
    with pytest.raises(ZeroDivisionError):
        museum.catches(lambda attend: 1 / 0, museum.library)


def test_the_chapter_links_each_thread_where_its_exhibit_hangs():
    chapter = json.loads((ROOT / "chapters" / "22-bug-museum.ipynb").read_text("utf-8"))
    text = "\n".join("".join(cell["source"]) for cell in chapter["cells"])
    hung = re.split(r"### Exhibit \d+\n|## Which check", text)[1:-1]
    for exhibit, part in zip(museum.exhibits, hung, strict=True):
        thread = exhibit.thread
        assert re.findall(r"\[(\S+)\]\((https:\S+)\)", part) == [(str(thread), thread.url)]


def test_threads_have_an_address():
    one, other = museum.Thread("owner/name", 7), museum.Thread("owner/name", 8, pull=True)
    assert (str(one), one.url) == ("owner/name#7", "https://github.com/owner/name/issues/7")
    assert other.url == "https://github.com/owner/name/pull/8"
