"""Every exercise of every chapter, and the machinery that checks them."""

import pkgutil
import re
from importlib import import_module

import numpy as np
import pytest

from attention_core import exercises
from attention_core.exercises import Diagnosis, Exercise, check, hint

CHAPTERS = sorted(
    module.name
    for module in pkgutil.iter_modules(exercises.__path__)
    if re.fullmatch(r"chapter\d\d", module.name)
)
ALL = [
    exercise
    for chapter in CHAPTERS
    for exercise in import_module(f"attention_core.exercises.{chapter}").EXERCISES
]
EVERY = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.id)
EVERY_DIAGNOSIS = pytest.mark.parametrize(
    ("exercise", "diagnosis"),
    [(exercise, diagnosis) for exercise in ALL for diagnosis in exercise.diagnoses],
    ids=lambda x: getattr(x, "id", None) or x.name,
)


def said(capsys, *arguments, call=check):
    """The one line that a call prints."""
    assert call(*arguments) is None
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert text.endswith("\n")
    return text[:-1]


# Which texts would give an answer away.


def numbers_in(text):
    """The numbers that stand in a text, as written, with a true minus as an ordinary one."""
    return re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text.replace("\u2212", "-"))


def leaves(expected):
    """The numbers and texts an answer is made of; nothing for a function, True or False."""
    if isinstance(expected, tuple | list):
        found = [leaf for part in expected for leaf in leaves(part)]
        texts = [leaf for leaf in found if isinstance(leaf, str)]
        # One of several texts says little: a hint may name it.
        return found if len(texts) < 2 else [leaf for leaf in found if leaf not in texts]
    if isinstance(expected, str):
        return [expected]
    if callable(expected) or np.asarray(expected).dtype == bool:
        return []
    return [float(x) for x in np.ravel(expected)]


def rows(expected):
    """The rows of two numbers and more that an answer has."""
    if isinstance(expected, tuple | list):
        whole = [expected] if all(isinstance(part, int | float) for part in expected) else []
        return whole + [row for part in expected for row in rows(part)]
    if isinstance(expected, str) or callable(expected) or np.ndim(expected) == 0:
        return []
    array = np.asarray(expected)
    return [list(row) for row in array.reshape(-1, array.shape[-1]) if len(row) > 1]


def gives_away(text, expected, choices=()):
    """What of the answer the text tells, or nothing.

    A whole number of one digit may stand in a hint alone, but no other number of the answer may,
    at two to four decimals, and no row of it, number after number. A text of the answer may stand
    there only if another of the choices does too.
    """
    found = numbers_in(text)
    for leaf in leaves(expected):
        if isinstance(leaf, str):
            named = [choice for choice in choices if choice.casefold() in text.casefold()]
            if len(leaf) > 3 and leaf.casefold() in text.casefold() and len(named) < 2:
                return leaf
        elif leaf == round(leaf):
            if abs(leaf) >= 10 and f"{leaf:.0f}" in found:
                return f"{leaf:.0f}"
        else:
            forms = {f"{leaf:.{decimals}f}" for decimals in (1, 2, 3, 4)}
            forms |= {f"{leaf:.6g}"}
            if told := forms & set(found) - {"0.0", "1.0"}:
                return told.pop()
    for row in rows(expected):
        for start in range(len(found) - len(row) + 1):
            window = [float(x) for x in found[start : start + len(row)]]
            if np.allclose(window, np.asarray(row, float), rtol=0, atol=0.006):
                return str(row)
    return ""


@pytest.mark.parametrize(
    ("text", "expected", "told"),
    [
        ("It is 3.17.", 3.1731, True),
        ("It is 3.2.", 3.1731, True),
        ("It is 3.", 3.1731, False),
        ("It is 16.", 16, True),
        ("It is 4, not 16", 4, False),
        ("The row is 2, 8, 6.", np.array([[2, 8, 6], [1, 2, 3]]), True),
        ("The row is (\u22122, 8).", np.array([-2, 8]), True),
        ("The row is (2, 8).", np.array([-2, 8]), False),
        ("There are 2 and 8.", np.array([2, 8, 6]), False),
        ("The shape is (3, 4).", (3, 4), True),
        ("By rows.", "rows", True),
        ("By rows or by columns?", "rows", False),
        ("By rows.", (3, "rows"), True),
        ("By rows.", ("columns", "rows"), False),
        ("Think.", True, False),
    ],
)
def test_what_gives_an_answer_away(text, expected, told):
    assert bool(gives_away(text, expected, choices=("rows", "columns"))) == told


# Every exercise.


def test_there_are_exercises():
    assert "chapter01" in CHAPTERS
    assert ALL


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_ids_are_in_order_and_of_their_chapter(chapter):
    found = [exercise.id for exercise in ALL if exercise.id[:2] == chapter[-2:]]
    assert found == [f"{chapter[-2:]}.{i + 1}" for i in range(len(found))]
    assert len(found) == len(import_module(f"attention_core.exercises.{chapter}").EXERCISES) > 0


@EVERY
def test_the_right_answer_is_right(exercise, capsys):
    assert said(capsys, exercise.id, exercise.expected()).startswith("Right.")


@EVERY
def test_an_answer_to_two_decimals_is_right(exercise, capsys):
    expected = exercise.expected()
    if isinstance(expected, np.ndarray) and expected.dtype != bool and exercise.tolerance >= 0.005:
        assert said(capsys, exercise.id, expected.round(2)).startswith("Right.")
        assert said(capsys, exercise.id, expected.round(2).tolist()).startswith("Right.")


@EVERY
@pytest.mark.parametrize("empty", [..., None, (..., 1), [None]])
def test_no_answer_is_unanswered(exercise, empty, capsys):
    assert said(capsys, exercise.id, empty) == f"{exercise.id}: not answered yet."


@EVERY_DIAGNOSIS
def test_each_wrong_answer_gets_its_own_hint(exercise, diagnosis, capsys):
    assert said(capsys, exercise.id, diagnosis.wrong()) == f"Not yet. {diagnosis.message}"


@EVERY
def test_hints_are_sentences_and_do_not_give_the_answer_away(exercise, capsys):
    assert exercise.hints
    assert exercise.question.endswith((".", "?"))
    messages = (*exercise.hints, *(diagnosis.message for diagnosis in exercise.diagnoses))
    for text in messages:
        assert text.endswith((".", "?", ")")), text
        assert text[:2].strip(), text
        assert not gives_away(text, exercise.expected(), exercise.choices), text
    for i in range(len(exercise.hints)):
        said(capsys, exercise.id, i + 1, call=hint)


@EVERY
@pytest.mark.parametrize(
    "nonsense", ["qwerty", object(), 1e9, np.full((7, 1), 1e9), {}, [[1], [2, 3]], (1, "a"), print]
)
def test_nonsense_is_answered_kindly_and_gives_nothing_away(exercise, nonsense, capsys):
    check(exercise.id, nonsense)
    text = capsys.readouterr().out.strip().split("\n")[-1]
    assert re.match(r"Not yet\.|\d\d\.\d+: not answered yet", text)
    assert not gives_away(text.split("shape")[0], exercise.expected(), exercise.choices)


# Every exercise of Part I, on numbers of a student's own.


@pytest.mark.parametrize("seed", [0, 1, 2, 7, 40, 999])
def test_every_exercise_of_a_variant(seed, capsys):
    """The right answer passes, each wrong one gets its own hint, and no text tells the answer."""
    one = exercises.variant(seed)
    books = [exercise.id for exercise in ALL if exercise.id < "09"]
    assert [exercise.id for exercise in one.exercises] == books
    for exercise in one.exercises:
        expected = exercise.expected()
        assert said(capsys, exercise.id, expected, call=one.check).startswith("Right.")
        for diagnosis in exercise.diagnoses:
            line = said(capsys, exercise.id, diagnosis.wrong(), call=one.check)
            assert line == f"Not yet. {diagnosis.message}", (exercise.id, diagnosis.name)
        for text in (*exercise.hints, *(diagnosis.message for diagnosis in exercise.diagnoses)):
            assert text.endswith((".", "?", ")")), text
            assert not gives_away(text, expected, exercise.choices), (exercise.id, text)
        for number in range(1, len(exercise.hints) + 1):
            line = said(capsys, exercise.id, number, call=one.hint)
            assert line.startswith(f"Hint {number} of")


def test_an_answer_for_another_variant_is_not_right(capsys):
    one, other = exercises.variant(3), exercises.variant(4)
    right = []
    for exercise in one.exercises:
        line = said(capsys, exercise.id, exercise.expected(), call=other.check)
        right += [exercise.id] if line.startswith("Right.") else []
    # Functions are the same for everybody; the rest depends on one's own numbers.
    assert right == ["04.3", "05.3", "06.3"]


# The machinery, on exercises made for it.


@pytest.fixture
def pose(monkeypatch):
    """Put one exercise in place of chapter 99's."""

    def put(expected, **more):
        exercise = Exercise("99.1", "What?", lambda: expected, ("Look.", "Look again."), **more)
        monkeypatch.setattr(exercises, "_chapter", lambda chapter: (exercise,))

    return put


@pytest.mark.parametrize(
    ("expected", "answer", "line"),
    [
        (3.1731, 3.17, "Right."),
        (3.1731, np.float32(3.173), "Right."),
        (3.1731, 3.16, 'Not yet. Look. For more: hint("99.1", 2)'),
        (3.1731, True, "Not yet. The answer is one number."),
        (3.1731, [3.17], "Not yet. The answer is one number; this one has shape (1,)."),
        (3.1731, "3.17", "Not yet. The answer is one number."),
        (3.1731, float("nan"), "Not yet. There is a NaN in this answer."),
        (True, True, "Right."),
        (True, np.True_, "Right."),
        (True, False, 'Not yet. Look. For more: hint("99.1", 2)'),
        (True, 1, "Not yet. The answer is True or False."),
        (np.array([True, False]), [True, False], "Right."),
        (
            np.array([True, False]),
            [1, 0],
            "Not yet. The answer is an array of True and False, of shape (2,).",
        ),
        (np.array([1.5, 2]), [1.5, 2], "Right."),
        (np.array([1.5, 2]), (1.504, 2), "Right."),
        (
            np.array([1.5, 2]),
            3,
            "Not yet. The answer is an array of shape (2,); this one is one number.",
        ),
        (np.array([1.5, 2]), [1.5, ...], "99.1: not answered yet."),
        (np.array([1.5, 2]), np.array([1.5, None]), "99.1: not answered yet."),
        (
            np.array([1.5, 2]),
            ["a", "b"],
            "Not yet. The answer is an array of shape (2,), of numbers and nothing else.",
        ),
        (
            np.array([1.5, 2]),
            [True, False],
            "Not yet. The answer is an array of shape (2,), of numbers and nothing else.",
        ),
        (np.array([1.53, 2.17]), [1.5, 2.2], "Not yet. Close: give at least two decimals."),
        (np.array([1.53, 2.17]), [1.5, 2.1], 'Not yet. Look. For more: hint("99.1", 2)'),
        ("rows", " Rows. ", "Right."),
        ("rows", "columns", 'Not yet. Look. For more: hint("99.1", 2)'),
        ("rows", "diagonals", "Not yet. The answer is 'rows' or 'columns'."),
        ("rows", 1, "Not yet. The answer is 'rows' or 'columns'."),
        ((3, 4), (3, 4), "Right."),
        ((3, 4), [3, 4], "Right."),
        ((3, 4), np.array([3, 4]), "Right."),
        ((3, 4), 3, "Not yet. The answer has 2 parts, in brackets, with commas between."),
        ((3, "rows"), (3, "rows"), "Right."),
        ((3, "rows"), (3, 4), "Not yet. Part 2 of the answer is 'rows' or 'columns'."),
        ((3, "rows"), (..., "rows"), "99.1: not answered yet."),
    ],
)
def test_kinds_of_answers(pose, capsys, expected, answer, line):
    pose(expected, choices=("rows", "columns"))
    assert said(capsys, "99.1", answer) == line


def test_tolerance_and_what_follows_right(pose, capsys):
    pose(0.5, tolerance=0.1, right="Half.")
    assert said(capsys, "99.1", 0.58) == "Right. Half."
    pose(0.5, tolerance=1e-6)
    assert said(capsys, "99.1", 0.501).startswith("Not yet.")


def test_a_diagnosis_may_have_another_shape(pose, capsys):
    pose(np.ones((2, 3)), diagnoses=(Diagnosis("upright", lambda: np.ones((3, 2)), "Upright."),))
    assert said(capsys, "99.1", np.ones((3, 2))) == "Not yet. Upright."
    assert said(capsys, "99.1", np.ones((3, 1))) == (
        "Not yet. The answer is an array of shape (2, 3); this one has shape (3, 1)."
    )


def test_answers_that_are_functions(pose, capsys):
    def stops(x):
        raise RuntimeError("no\nmore")

    def changes(x):
        x *= 2
        return x

    cases = (np.array([1.0, 2.0]),), (np.array([-3.0, 4.0]),)
    pose(
        lambda x: 2 * x,
        cases=lambda: cases,
        diagnoses=(Diagnosis("squared", lambda: lambda x: x**2, "Squared."),),
    )
    assert said(capsys, "99.1", lambda x: x + x) == "Right."
    assert said(capsys, "99.1", changes) == "Right."
    np.testing.assert_array_equal(cases[0][0], [1, 2])
    assert said(capsys, "99.1", lambda x: x * x) == "Not yet. Squared."
    assert said(capsys, "99.1", lambda x: x) == 'Not yet. Look. For more: hint("99.1", 2)'
    assert said(capsys, "99.1", lambda x: ...) == "99.1: not answered yet."
    assert said(capsys, "99.1", lambda x: None) == "99.1: not answered yet."
    assert said(capsys, "99.1", stops) == (
        'Not yet. The function stops with RuntimeError: no. For more: hint("99.1", 2)'
    )
    assert said(capsys, "99.1", lambda x: x[0]) == (
        "Not yet. The function should give an array of shape (2,); this one is one number."
    )
    assert said(capsys, "99.1", [2, 4]) == (
        "Not yet. The answer is a function: give its name, without calling it."
    )


def test_the_answer_is_not_modified(capsys):
    answer = np.zeros((4, 3))
    answer.setflags(write=False)
    said(capsys, "01.1", answer)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("01.9", "There is no exercise 01.9; chapter 01 has 01.1"),
        ("98.1", "There are no exercises for chapter 98."),
        ("1.1", "An exercise is named by chapter and number, such as \"04.2\": got '1.1'."),
        (1.1, 'An exercise is named by chapter and number, such as "04.2": got 1.1.'),
        ("../x", "An exercise is named by chapter and number, such as \"04.2\": got '../x'."),
    ],
)
@pytest.mark.parametrize("call", [check, hint])
def test_unknown_exercises(capsys, name, line, call):
    assert said(capsys, name, 1, call=call).startswith(line)


def test_a_broken_chapter_is_not_hidden(monkeypatch):
    def broken(name):
        raise ModuleNotFoundError("No module named 'elsewhere'", name="elsewhere")

    monkeypatch.setattr(exercises, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="elsewhere"):
        check("01.1", 1)


def test_hints(pose, capsys):
    pose(1)
    assert said(capsys, "99.1", call=hint) == "Hint 1 of 2: Look."
    assert said(capsys, "99.1", 2, call=hint) == "Hint 2 of 2: Look again."
    for beyond in (3, 0, -1, "2", None):
        assert said(capsys, "99.1", beyond, call=hint) == (
            "There are 2 hints for 99.1: ask for number 1 or 2."
        )
