"""Exercises of chapter 22: who catches whom, and a check for an eleventh bug."""

import numpy as np
from numpy.typing import NDArray

from attention_core.exercises import Diagnosis, Exercise, museum
from attention_core.exercises import exhibits as specimens

__all__ = ["EXERCISES"]

Found = NDArray[np.bool_]


def who_catches_the_new_one() -> Found:
    """For each check, whether it catches exhibit 11."""
    return np.array([museum.catches(each, specimens.exhibit_11) for each in museum.checks])


def the_first_alone() -> Found:
    """Rows that do not sum to one, and nothing else."""
    return np.array([place == 0 for place in range(10)])


def without_the_scores() -> Found:
    """The ones whose scores are known left out."""
    found = who_catches_the_new_one()
    found[1:3] = False
    return found


def all_that_see_outputs() -> Found:
    """Every check that would notice outputs that are too small, if it knew how large they are."""
    return np.ones(10, bool)


def keeps_single_precision(attend: museum.Attend) -> bool:
    """What comes in as float32 comes out as float32."""
    single = (x.astype(np.float32) for x in (museum.Q, museum.K, museum.V))
    return bool(attend(*single).output.dtype == np.float32)


def gives_doubles(attend: museum.Attend) -> bool:
    """The test the wrong way round."""
    return not keeps_single_precision(attend)


def compares_numbers(attend: museum.Attend) -> bool:
    """Numbers compared, and not types."""
    single = (x.astype(np.float32) for x in (museum.Q, museum.K, museum.V))
    return np.allclose(attend(*single).output, attend(museum.Q, museum.K, museum.V).output)


def asks_about_doubles(attend: museum.Attend) -> bool:
    """Double precision handed in, and single asked for."""
    return bool(attend(museum.Q, museum.K, museum.V).output.dtype == np.float32)


def attentions() -> tuple[tuple[museum.Attend], ...]:
    """Functions that keep single precision, and one that does not."""
    return (museum.library,), (specimens.sound,)


EXERCISES = (
    Exercise(
        id="22.1",
        question="One head right, two heads wrong, ones score two in each: which exhibit is it?",
        expected=lambda: 9,
        hints=(
            "With one head it is right. Which exhibits hide there?",
            "Ones in each head score two: so the scale of each head is right.",
        ),
        diagnoses=(
            Diagnosis(
                "the scale of all heads",
                lambda: 3,
                "That one hides with one head, too. But what would ones score in each head?",
            ),
            Diagnosis(
                "a mask",
                lambda: 4,
                "No mask was named. What changes when a second head comes?",
            ),
        ),
        right="Ones are the same wherever a reshape puts them, so that check cannot see it.",
    ),
    Exercise(
        id="22.2",
        question="Which of the ten checks catch exhibit 11? Ten times True or False.",
        expected=who_catches_the_new_one,
        hints=(
            "Which line is new, and what do the rows of weights sum to?",
            "The weights are divided after the softmax. So what are the scores that it saw?",
            "Run every check: museum.catches(test, exhibits.exhibit_11) for test in museum.checks.",
        ),
        diagnoses=(
            Diagnosis(
                "what passes",
                lambda: ~who_catches_the_new_one(),
                "These are the checks that it passes. True is for those that catch it.",
            ),
            Diagnosis(
                "the first alone",
                the_first_alone,
                "Rows do not sum to one, that is right. Now look at the scores, too.",
            ),
            Diagnosis(
                "scores forgotten",
                without_the_scores,
                "What does four times one times one come to, if nothing is divided before softmax?",
            ),
            Diagnosis(
                "all of them",
                all_that_see_outputs,
                "Some do not ask how large an output is. Does a zero change when it is divided?",
            ),
        ),
        right="A scale that comes too late is two bugs: none where it belongs, one where it does not.",
    ),
    Exercise(
        id="22.3",
        question="A check: what comes in as float32 comes out as float32.",
        expected=lambda: keeps_single_precision,
        hints=(
            "Turn the plane's three arrays into float32 and hand them in. What comes out?",
            "An array has its type in dtype, and x.astype(np.float32) makes another of that type.",
            "Return whether attend(...).output.dtype == np.float32.",
        ),
        diagnoses=(
            Diagnosis(
                "the wrong way round",
                lambda: gives_doubles,
                "This is True for the one that is wrong. A check says True if all is well.",
            ),
            Diagnosis(
                "numbers compared",
                lambda: compares_numbers,
                "The numbers agree, for both. It is the type of the array that does not.",
            ),
            Diagnosis(
                "doubles handed in",
                lambda: asks_about_doubles,
                "Here float64 goes in, and float64 should come out. Hand in float32.",
            ),
        ),
        right="np.sqrt gives a float64, which pulls the rest along; math.sqrt would not.",
        cases=attentions,
    ),
)
