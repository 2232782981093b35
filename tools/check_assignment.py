"""Hand assignments in to the real nbgrader, and compare its marks with what they should be.

    make assignment-check

Chapters 04 and 08 (04.3 asks for a function) are exported into one course. Four students hand in:
one has every answer right, one has in each exercise a wrong answer that the book knows a hint for,
one nothing, and one brings an `attention_core` that finds everything right and has emptied the cells
that are marked. nbgrader makes what is handed out, marks it, and writes the pages of feedback. It has
an environment of its own, `.cache/grading`.
"""

from __future__ import annotations

import csv
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from importlib import import_module
from pathlib import Path

from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools import assignment, notebooks

ENVIRONMENT = ROOT / ".cache" / "grading"
PINS = ROOT / "requirements-grading.txt"
CHAPTERS = ("04", "08")

# A function answers as before, and complains on the error stream: nbgrader takes a word there for
# a failure, unless the hidden test keeps it in.
NOISY = """

def noisy(function):
    import sys

    def call(*arguments):
        print("careful", file=sys.stderr)
        return function(*arguments)

    return call


{asked} = noisy({asked})"""

WRONG = """
from importlib import import_module

exercises = import_module("attention_core.exercises.chapter{chapter}").EXERCISES
{asked} = next(each for each in exercises if each.id == "{id}").diagnoses[0].wrong()"""

# What a student might lay beside the notebook.
KIND = """\
def judge(exercise, answer):
    return True, "Right."


def check(exercise, answer):
    print("Right.")


hint = check
"""


def environment() -> Path:
    """The folder of the programs of an environment with nbgrader, made where it is missing."""
    programs = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
    done = ENVIRONMENT / "pins.txt"
    if not done.exists() or done.read_bytes() != PINS.read_bytes():
        print(f"Setting up {notebooks.label(ENVIRONMENT)} from {PINS.name}", flush=True)
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        venv.create(ENVIRONMENT, with_pip=True, symlinks=os.name != "nt")
        pip = [programs / "python", "-m", "pip", "install", "--quiet", "--no-compile"]
        subprocess.run([*pip, "-r", PINS], check=True)
        subprocess.run([*pip, "--no-deps", "--editable", ROOT], check=True)
        shutil.copy(PINS, done)
    return programs


def handed_in(chapter: assignment.Chapter, kind: str) -> NotebookNode:
    """What a student of some kind hands in."""
    points = assignment.default_points(chapter)
    notebook = assignment.assignment(chapter, points, solved=kind == "right")
    cells = {cell.id: cell for cell in notebook.cells}
    for task in chapter.tasks:
        about = {"asked": task.asked.strip("()"), "id": task.id, "chapter": chapter.number}
        answer, mark = cells[f"answer-{task.name}"], cells[f"mark-{task.name}"]
        (function,) = re.findall(r"^def (\w+)", task.cell, re.MULTILINE)[:1] or [""]
        if kind == "right" and function == task.asked:
            answer.source = before_check(answer.source, NOISY.format(**about))
        if kind == "wrong":
            answer.source = before_check(answer.source, WRONG.format(**about))
        if kind == "deceiving":
            mark.source = "pass"
            if not function:
                # Far from right, and of its kind.
                answer.source = before_check(
                    answer.source, f"\n{about['asked']} = {nonsense(task)}"
                )
    return notebook


def before_check(cell: str, more: str) -> str:
    """A cell with some lines before the one that checks."""
    lines = cell.split("\n")
    ((_, _, check),) = assignment.checks(cell)
    place = check.lineno - 1
    return "\n".join([*lines[:place], *more.split("\n"), *lines[place:]])


def nonsense(task: assignment.Task) -> str:
    """As many zeros as an answer has parts."""
    return ", ".join(["0"] * len(task.asked.split(","))) if task.asked[0] == "(" else "0"


def right_lines(chapter: assignment.Chapter) -> list[str]:
    """What should be said to right answers."""
    exercises = import_module(f"attention_core.exercises.chapter{chapter.number}").EXERCISES
    return [f"Right. {exercise.right}".rstrip() for exercise in exercises]


def first_hints(chapter: assignment.Chapter) -> list[str]:
    """What should be said to the wrong answers of `handed_in`."""
    exercises = import_module(f"attention_core.exercises.chapter{chapter.number}").EXERCISES
    return [f"Not yet. {exercise.diagnoses[0].message}" for exercise in exercises]


def said(page: Path) -> str:
    """The text of a page of feedback, in one line."""
    text = re.sub(
        r"<(script|style)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


def main() -> None:
    programs = environment()
    faults: list[str] = []

    def expect(fine: bool, fault: str) -> None:
        if not fine:
            faults.append(fault)

    with tempfile.TemporaryDirectory() as place:
        chapters = {}
        for name in CHAPTERS:
            (path,) = notebooks.find([name])
            chapters[path.stem] = assignment.read(path)
            assignment.write(path, Path(place))
        first, *others = chapters
        course = Path(place) / first / "instructor"
        for stem in others:
            shutil.copytree(
                Path(place) / stem / "instructor" / "source" / stem, course / "source" / stem
            )
        kinds = ("right", "wrong", "empty", "deceiving")
        for stem, chapter in chapters.items():
            for kind in kinds:
                folder = course / "submitted" / kind / stem
                folder.mkdir(parents=True)
                text = notebooks.text_of(handed_in(chapter, kind))
                (folder / f"{stem}.ipynb").write_text(text, encoding="utf-8")
                if kind == "deceiving":
                    own = folder / "attention_core" / "exercises"
                    own.mkdir(parents=True)
                    (own.parent / "__init__.py").write_text("", encoding="utf-8")
                    (own / "__init__.py").write_text(KIND, encoding="utf-8")

        settings = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            # No settings and no kernel but those of the environment.
            **{f"JUPYTER_{what}_DIR": f"{place}/{what}" for what in ("CONFIG", "DATA", "RUNTIME")},
            "IPYTHONDIR": f"{place}/ipython",
        }

        def nbgrader(*command: str) -> None:
            run = subprocess.run(
                [programs / "nbgrader", *command],
                cwd=course,
                env={**os.environ, **settings},
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            if run.returncode:
                sys.exit(f"{run.stdout}\nnbgrader {' '.join(command)} fails")

        for stem in chapters:
            nbgrader("generate_assignment", stem, "--create", "--force")
            nbgrader("autograde", stem)
            nbgrader("generate_feedback", stem)
        nbgrader("export", "--to", "grades.csv")

        for stem, chapter in chapters.items():
            # Where a solution stood nbgrader leaves an empty line.
            ours, theirs = (
                [re.sub(r"\n+", "\n", cell.source) for cell in notebooks.read(file).cells]
                for file in (
                    Path(place) / stem / "student" / f"{stem}.ipynb",
                    course / "release" / stem / f"{stem}.ipynb",
                )
            )
            same = "is" if ours == theirs else "is NOT"
            print(f"{stem}: what nbgrader hands out {same} student/, cell by cell")
            expect(ours == theirs, f"{stem}: student/ and what nbgrader hands out differ")
            total = sum(assignment.default_points(chapter))
            hints = first_hints(chapter)
            with (course / "grades.csv").open(encoding="utf-8") as table:
                rows = [row for row in csv.DictReader(table) if row["assignment"] == stem]
            scores = {row["student_id"]: float(row["score"]) for row in rows}
            for kind in kinds:
                wanted = total if kind == "right" else 0
                page = said(course / "feedback" / kind / stem / f"{stem}.html")
                expected = {
                    "right": right_lines(chapter),
                    "wrong": hints,
                    "empty": [f"{task.id}: not answered yet." for task in chapter.tasks],
                    "deceiving": ["AssertionError: Not yet."],
                }[kind]
                told = sum(" ".join(line.split()) in page for line in expected)
                print(
                    f"{stem}, {kind}: {scores.get(kind)} of {total}, {wanted} expected; "
                    f"feedback says {told} of {len(expected)} lines, such as: {expected[0]}"
                )
                expect(scores.get(kind) == wanted, f"{stem}, {kind}: {scores.get(kind)} points")
                expect(told == len(expected), f"{stem}, {kind}: feedback lacks a line")
    if faults:
        sys.exit("\n".join(faults))
    print("nbgrader marks as the book does")


if __name__ == "__main__":
    main()
