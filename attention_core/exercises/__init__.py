"""Checks and hints for the exercises of the chapters.

>>> check("01.1", ...)
01.1: not answered yet.
>>> hint("01.1", 1)
Hint 1 of 3: A look-up multiplies nothing and adds nothing: it picks rows out of the table.

The exercises of chapter NN live in `chapterNN.py` beside this file, in a tuple `EXERCISES`; a
chapter's file is imported when one of its exercises is first asked for. An exercise is computed,
never typed: `expected` is a function without arguments that makes the right answer from the
examples, and each `Diagnosis` makes a wrong answer worth recognising in the same way. Answers may
be arrays or lists, numbers, booleans, texts (one of `choices`), tuples of these, or a function,
which is then called on every tuple of arguments in `cases()` and compared with the expected
function. `chapter01.py` is the pattern to follow. `tests/test_exercises.py` tries every exercise:
the right answer passes, each wrong one gets its own message, and no message tells the answer.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

if TYPE_CHECKING:
    from attention_core.exercises.variants import Variant

__all__ = ["Diagnosis", "Exercise", "check", "hint", "judge", "variant"]


@dataclass(frozen=True)
class Diagnosis:
    """A wrong answer worth recognising, and the hint it calls for.

    Attributes
    ----------
    name : str
        What went wrong, for whoever reads the tests.
    wrong : callable
        Without arguments; makes the wrong answer, of the same kind as the right one or not.
    message : str
        The hint, in a sentence or two; it must not hold the answer.
    """

    name: str
    wrong: Callable[[], Any]
    message: str


@dataclass(frozen=True)
class Exercise:
    """An exercise with its answer, as a computation, and its hints.

    Attributes
    ----------
    id : str
        Chapter and number, such as "04.2".
    question : str
        The question in short.
    expected : callable
        Without arguments; makes the right answer.
    hints : tuple of str
        From gentle to plain; the first is also said to a wrong answer without a diagnosis.
    diagnoses : tuple of Diagnosis
        Wrong answers with a hint of their own, tried in order.
    tolerance : float
        How far each number may be from the right one; by default an answer that is rounded to
        two decimals passes.
    right : str
        What follows "Right." once it is.
    choices : tuple of str
        The texts to choose from, where the answer is a text.
    cases : callable
        Without arguments; makes the tuples of arguments an answer that is a function is tried on.
    title, text : str
        The heading and the question as the chapter has them, in Markdown; a chapter whose
        exercises have these also gives `cell` and `answer`.
    cell : str
        The cell to fill in, without its last line, which checks.
    answer : str
        What that line checks.
    shown : str
        What a printed sheet says in place of what that cell holds, in Markdown.
    by_hand : str
        What a printed sheet asks beside the question, where the answer is not for the hand.
    hand : callable
        Without arguments; makes the right answer to that.
    """

    id: str
    question: str
    expected: Callable[[], Any]
    hints: tuple[str, ...]
    diagnoses: tuple[Diagnosis, ...] = ()
    tolerance: float = 0.006
    right: str = ""
    choices: tuple[str, ...] = ()
    cases: Callable[[], tuple[tuple[Any, ...], ...]] = tuple
    title: str = ""
    text: str = ""
    cell: str = ""
    answer: str = "answer"
    shown: str = ""
    by_hand: str = ""
    hand: Callable[[], Any] = tuple


def check(exercise: str, answer: object) -> None:
    """Say whether an answer is right, or give the hint that it calls for.

    Parameters
    ----------
    exercise : str
        Chapter and number, such as "04.2".
    answer : object
        The answer, or `...` while there is none.

    Examples
    --------
    >>> check("01.1", [[0, 1], [2, 1]])
    Not yet. The answer is an array of shape (4, 3); this one has shape (2, 2).
    """
    _check(exercise, answer, _chapter)


def hint(exercise: str, number: int = 1) -> None:
    """Give a hint; each says more than the one before.

    Parameters
    ----------
    exercise : str
        Chapter and number, such as "04.2".
    number : int
        Which hint, counted from 1.

    Examples
    --------
    >>> hint("01.1", 9)
    There are 3 hints for 01.1: ask for number 1, 2 or 3.
    """
    _hint(exercise, number, _chapter)


Exercises = Callable[[str], tuple[Exercise, ...]]


def _check(exercise: str, answer: object, exercises_of: Exercises) -> None:
    """Say whether an answer to one of these exercises is right, or give a hint."""
    found = _find(exercise, exercises_of)
    print(found if isinstance(found, str) else _verdict(found, answer))


def _hint(exercise: str, number: int, exercises_of: Exercises) -> None:
    """Give a hint for one of these exercises."""
    found = _find(exercise, exercises_of)
    if isinstance(found, str):
        print(found)
    elif number in range(1, len(found.hints) + 1):
        print(f"Hint {number} of {len(found.hints)}: {found.hints[number - 1]}")
    elif len(found.hints) == 1:
        print(f"There is 1 hint for {found.id}: ask for number 1.")
    else:
        numbers = _either([str(i + 1) for i in range(len(found.hints))])
        print(f"There are {len(found.hints)} hints for {found.id}: ask for number {numbers}.")


def variant(seed: SupportsIndex) -> "Variant":
    """Draw a student's own worked example, by number.

    Parameters
    ----------
    seed : int
        The number, 0 or larger; the same number gives the same variant on every machine.

    Returns
    -------
    Variant
        Examples of the shapes of the worked example and of the plane, and the exercises of
        Part I about them, with checks and hints of their own.

    Raises
    ------
    TypeError
        If the seed is not a whole number.
    ValueError
        If it is negative.

    Examples
    --------
    >>> mine = variant(7)
    >>> mine.worked.inputs @ mine.worked.value_weight
    array([[4., 3., 3.],
           [2., 0., 3.],
           [4., 2., 4.]])
    >>> mine.check("03.1", mine.plane.inputs[1] @ mine.plane.key_weight)
    Not yet. This is the key of that input: the label, not the question.
    """
    from attention_core.exercises.variants import draw

    return draw(seed)


def _find(exercise: str, exercises_of: Exercises) -> Exercise | str:
    """The exercise of that name, or a sentence that says what there is."""
    if not re.fullmatch(r"\d\d\.\d+", str(exercise)):
        return f'An exercise is named by chapter and number, such as "04.2": got {exercise!r}.'
    chapter = str(exercise)[:2]
    exercises = exercises_of(chapter)
    if not exercises:
        return f"There are no exercises for chapter {chapter}."
    for candidate in exercises:
        if candidate.id == exercise:
            return candidate
    names = _either([candidate.id for candidate in exercises], "and")
    return f"There is no exercise {exercise}; chapter {chapter} has {names}."


def _chapter(chapter: str) -> tuple[Exercise, ...]:
    """The exercises of a chapter; none if it has no file."""
    name = f"attention_core.exercises.chapter{chapter}"
    try:
        exercises: tuple[Exercise, ...] = import_module(name).EXERCISES
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return ()
    return exercises


def judge(exercise: str | Exercise, answer: object) -> tuple[bool, str]:
    """Whether an answer is right, and the line that `check` prints about it: for marking.

    Parameters
    ----------
    exercise : str or Exercise
        Chapter and number, such as "04.2", or the exercise itself.
    answer : object
        The answer, or `...` while there is none.

    Returns
    -------
    (bool, str)
        Whether the answer is right; what to say about it.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> judge("01.1", [[0, 1], [2, 1]])[0]
    False
    """
    if isinstance(exercise, str):
        known = _chapter(exercise[:2]) if re.fullmatch(r"\d\d\.\d+", exercise) else ()
        named = {each.id: each for each in known}
        if exercise not in named:
            raise ValueError(f'exercise must name one that there is, such as "04.2": {exercise!r}')
        exercise = named[exercise]
    line = _verdict(exercise, answer)
    return line.startswith("Right."), line


def _verdict(exercise: Exercise, answer: object) -> str:
    """One line about an answer."""
    if _unanswered(answer):
        return f"{exercise.id}: not answered yet."
    expected = exercise.expected()
    if callable(expected):
        return _verdict_on_function(exercise, expected, answer)
    if _same(answer, expected, exercise.tolerance):
        return f"Right. {exercise.right}".rstrip()
    for diagnosis in exercise.diagnoses:
        if _same(answer, diagnosis.wrong(), exercise.tolerance):
            return f"Not yet. {diagnosis.message}"
    if _rounded_too_far(answer, expected):
        return "Not yet. Close: give at least two decimals."
    return f"Not yet. {_misfit(answer, expected, exercise.choices) or _first_hint(exercise)}"


def _verdict_on_function(exercise: Exercise, expected: Callable[..., Any], answer: object) -> str:
    """One line about an answer that should be a function: it is tried on every case."""
    if not callable(answer):
        return "Not yet. The answer is a function: give its name, without calling it."
    cases = exercise.cases()
    right = [expected(*deepcopy(case)) for case in cases]
    try:
        given = [answer(*deepcopy(case)) for case in cases]
    except Exception as error:
        reason = str(error).split("\n")[0]
        more = f' For more: hint("{exercise.id}", 2)' if len(exercise.hints) > 1 else ""
        return f"Not yet. The function stops with {type(error).__name__}: {reason}.{more}"
    if any(_unanswered(result) for result in given):
        return f"{exercise.id}: not answered yet."
    if _same(given, right, exercise.tolerance):
        return f"Right. {exercise.right}".rstrip()
    for diagnosis in exercise.diagnoses:
        wrong = [diagnosis.wrong()(*deepcopy(case)) for case in cases]
        if _same(given, wrong, exercise.tolerance):
            return f"Not yet. {diagnosis.message}"
    for result, wanted in zip(given, right, strict=True):
        if misfit := _misfit(result, wanted, exercise.choices):
            return f"Not yet. {misfit.replace('The answer is', 'The function should give', 1)}"
    return f"Not yet. {_first_hint(exercise)}"


def _first_hint(exercise: Exercise) -> str:
    """The hint for an answer that nothing else is known about."""
    more = f' For more: hint("{exercise.id}", 2)' if len(exercise.hints) > 1 else ""
    return f"{exercise.hints[0]}{more}"


def _unanswered(answer: object) -> bool:
    """Whether the answer, or a part of it, is still to be filled in."""
    if isinstance(answer, tuple | list):
        return any(_unanswered(part) for part in answer)
    if isinstance(answer, np.ndarray) and answer.dtype == object:
        return _unanswered(answer.tolist())
    return answer is ... or answer is None


def _same(answer: object, expected: object, tolerance: float) -> bool:
    """Whether the answer is of the expected kind and shape, and near enough."""
    if isinstance(expected, str):
        return isinstance(answer, str) and _plain(answer) == _plain(expected)
    if isinstance(expected, tuple | list):
        parts = _parts(answer)
        return (
            parts is not None
            and len(parts) == len(expected)
            and all(_same(*pair, tolerance) for pair in zip(parts, expected, strict=True))
        )
    given, wanted = _array(answer), np.asarray(expected)
    if given is None or given.shape != wanted.shape:
        return False
    if (given.dtype == bool) != (wanted.dtype == bool):
        return False
    if wanted.dtype == bool:
        return bool(np.all(given == wanted))
    return bool(np.allclose(given, wanted, rtol=0, atol=tolerance))


def _misfit(answer: object, expected: object, choices: tuple[str, ...]) -> str:
    """What kind of answer is asked for, if this one is of another kind; else nothing."""
    if isinstance(expected, str):
        if isinstance(answer, str) and _plain(answer) in map(_plain, choices):
            return ""
        return f"The answer is {_either([repr(c) for c in choices])}." if choices else ""
    if isinstance(expected, tuple | list):
        parts = _parts(answer)
        if parts is None or len(parts) != len(expected):
            return f"The answer has {len(expected)} parts, in brackets, with commas between."
        misfits = (_misfit(*pair, choices) for pair in zip(parts, expected, strict=True))
        for i, misfit in enumerate(misfits, 1):
            if misfit:
                return misfit.replace("The answer", f"Part {i} of the answer", 1)
        return ""
    given, wanted = _array(answer), np.asarray(expected)
    kind = _kind(wanted)
    if given is None:
        return f"The answer is {kind}{_of_numbers(wanted)}."
    if given.shape != wanted.shape:
        return f"The answer is {kind}; this one {_shape(given)}."
    if (given.dtype == bool) != (wanted.dtype == bool):
        return f"The answer is {kind}{_of_numbers(wanted)}."
    return "There is a NaN in this answer." if np.any(np.isnan(given.astype(float))) else ""


def _of_numbers(wanted: np.ndarray[Any, np.dtype[Any]]) -> str:
    """What to add for an answer of the right shape that holds something else."""
    return ", of numbers and nothing else" if wanted.ndim and wanted.dtype != bool else ""


def _rounded_too_far(answer: object, expected: object) -> bool:
    """Whether the answer is the expected one, to a single decimal."""
    given, wanted = _array(answer), _array(expected)
    return (
        given is not None
        and wanted is not None
        and given.dtype.kind == wanted.dtype.kind == "f"
        and given.shape == wanted.shape
        and bool(np.allclose(given, np.round(wanted, 1), rtol=0, atol=1e-9))
    )


def _array(answer: object) -> np.ndarray[Any, np.dtype[Any]] | None:
    """The answer as an array of numbers or booleans, or None if it is not one."""
    try:
        array = np.asarray(answer)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _parts(answer: object) -> list[Any] | None:
    """The parts of a tuple, list or array, or None if it has none."""
    if isinstance(answer, np.ndarray) and answer.ndim:
        return list(answer)
    return list(answer) if isinstance(answer, tuple | list) else None


def _kind(wanted: np.ndarray[Any, np.dtype[Any]]) -> str:
    """What a reader would call such an answer."""
    boolean = wanted.dtype == bool
    if wanted.ndim == 0:
        return "True or False" if boolean else "one number"
    return f"an array of {'True and False, of ' if boolean else ''}shape {wanted.shape}"


def _shape(given: np.ndarray[Any, np.dtype[Any]]) -> str:
    """What a reader would call what was given."""
    return f"has shape {given.shape}" if given.ndim else "is one number"


def _plain(text: str) -> str:
    """A text without case, outer punctuation and double spaces."""
    return " ".join(text.casefold().split()).strip(" .,;:!?'\"")


def _either(names: list[str], word: str = "or") -> str:
    """Names in a row, with a word before the last."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
