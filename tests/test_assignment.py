"""Assignments: what students get tells nothing, what marks them is right.

The real nbgrader is tried by `make assignment-check`; here is all that needs none.
"""

import contextlib
import io
import re
import sys
from functools import cache
from importlib import import_module

import nbformat
import pytest
from nbclient import NotebookClient

from attention_core import exercises
from tests.test_exercises import gives_away
from tools import assignment, notebooks

PATHS = [path for path in notebooks.notebooks() if path.parent.name == "chapters"]
EVERY = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
SCORES, ALL_INPUTS = (notebooks.find([name])[0] for name in ("04", "08"))


@cache
def chapter_at(path):
    return assignment.read(path)


def made(path, **options):
    chapter = chapter_at(path)
    return assignment.assignment(chapter, assignment.default_points(chapter), **options)


def exercise_of(task):
    module = import_module(f"attention_core.exercises.chapter{task.id[:2]}")
    return next(each for each in module.EXERCISES if each.id == task.id)


# What students get.


@EVERY
def test_a_student_is_told_no_more_than_the_chapter_tells(path):
    student = made(path)
    nbformat.validate(student)
    assert assignment.leaks(student, notebooks.read(path)) == []
    assert [task.id for task in chapter_at(path).tasks] == [
        each.id
        for each in import_module(f"attention_core.exercises.chapter{path.stem[:2]}").EXERCISES
    ]


@EVERY
def test_what_stands_around_the_chapters_own_cells_gives_no_answer_away(path):
    chapter = chapter_at(path)
    if chapter.needs_model:
        pytest.skip("its answers take long, and what stands around is the same everywhere")
    opened = {chapter.setup, chapter.givens}
    opened |= {cell for task in chapter.tasks for cell in (*task.given, task.cell)}
    ours = [
        cell.source.replace(chapter.title, "")
        for cell in made(path).cells
        if cell.source not in opened and not cell.id.startswith("text-")
    ]
    about = [
        str(value)
        for cell in made(path).cells
        for name, value in cell.metadata.get("nbgrader", {}).items()
        if name != "points"
    ]
    for task in chapter.tasks:
        exercise = exercise_of(task)
        expected = exercise.expected()
        for text in (*ours, *about):
            # Not the numbers of exercises, and of points.
            text = re.sub(r"\d\d[.-]\d|\d+ points?", "", text)
            assert not gives_away(text, expected, exercise.choices), text


def with_cell(cell):
    return lambda student, chapter: student.cells.append(cell(chapter))


def hidden_cell(chapter):
    return next(c for c in chapter.cells if "hide-cell" in c.metadata.get("tags", []))


def change(place, **changes):
    return lambda student, chapter: student.cells[place].update(changes)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (with_cell(hidden_cell), "line of a solution: solution = q4 @ K.T"),
        (
            with_cell(lambda _: nbformat.v4.new_code_cell("if True:\n    q4 = x4 @ W_q")),
            "line of a solution: q4 = x4 @ W_q",
        ),
        (
            with_cell(lambda _: nbformat.v4.new_markdown_cell("q4 = x4 @ W_q")),
            "line of a solution: q4 = x4 @ W_q",
        ),
        (
            change(3, outputs=[nbformat.v4.new_output("stream", text="Right.")]),
            "holds results",
        ),
        (change(3, execution_count=1), "holds results"),
        (change(0, attachments={"a.png": {"image/png": "AA=="}}), "holds results"),
        (change(3, metadata={"tags": ["hide-cell"]}), "metadata called tags"),
        (change(3, metadata={"nbgrader": {"source": "4"}}), "metadata called source"),
        (change(4, source="### BEGIN HIDDEN TESTS"), "speaks of HIDDEN TEST"),
        (change(4, source="from attention_core.exercises import judge"), "speaks of judge"),
        (lambda student, _: student.metadata.update(key=[4, 2]), "the notebook has metadata"),
    ],
)
def test_a_leak_is_found(spoil, told):
    student, chapter = made(SCORES), notebooks.read(SCORES)
    spoil(student, chapter)
    assert told in "; ".join(assignment.leaks(student, chapter))


@pytest.mark.parametrize("kind", ["source", "solved"])
@EVERY
def test_the_instructors_notebooks_would_tell(path, kind):
    told = assignment.leaks(made(path, **{kind: True}), notebooks.read(path))
    assert any("line of a solution" in line for line in told)


def test_nothing_is_written_that_would_leak(tmp_path, monkeypatch):
    monkeypatch.setattr(
        assignment,
        "code",
        lambda source, name, about=None: nbformat.v4.new_code_cell("q4 = x4 @ W_q"),
    )
    with pytest.raises(SystemExit, match="04-scores would tell its solutions: cell 2"):
        assignment.write(SCORES, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [SCORES, ALL_INPUTS], ids=lambda path: path.stem)
def test_the_students_notebook_runs_as_it_is(path, tmp_path):
    student = made(path)
    NotebookClient(student, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = [
        output.text for cell in student.cells for output in cell.get("outputs", ()) if cell.outputs
    ]
    assert "".join(printed).splitlines() == [
        f"{task.id}: not answered yet." for task in chapter_at(path).tasks
    ]


# What marks them.


@EVERY
def test_the_solutions_are_right_and_need_no_more_than_is_given(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # nothing lies beside a student's notebook
    chapter = chapter_at(path)
    if chapter.needs_model:
        pytest.importorskip("tokenizers")
    names = {"__name__": "student"}
    tasks = iter(chapter.tasks)
    for cell in made(path, solved=True).cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, cell.id, "exec"), names)
        if cell.id.startswith("answer-"):
            task = next(tasks)
            right, line = exercises.judge(task.id, eval(task.asked, names))
            assert right, line
    assert next(tasks, None) is None


def hidden_test(task, asked="answer"):
    """The hidden test of an exercise, as a function of names."""
    source = assignment.marked(task, 1, hidden=True, variant=False)

    def run(**names):
        exec(source, names)

    return run


def test_the_hidden_test_says_what_check_says(capsys):
    task, *_ = chapter_at(SCORES).tasks
    exercise, mark = exercise_of(task), hidden_test(task)
    mark(answer=exercise.expected())
    assert capsys.readouterr().out == f"Right. {exercise.right}\n"
    for diagnosis in exercise.diagnoses:
        with pytest.raises(AssertionError, match=re.escape(f"Not yet. {diagnosis.message}")):
            mark(answer=diagnosis.wrong())
    with pytest.raises(AssertionError, match=r"04\.1: not answered yet\."):
        mark(answer=...)
    with pytest.raises(NameError):
        mark()


def test_the_hidden_test_trusts_nothing_of_the_student(tmp_path, monkeypatch):
    mark = hidden_test(chapter_at(SCORES).tasks[0])
    for name in ("judge", "check", "_verdict", "_same"):
        monkeypatch.setattr(exercises, name, lambda *_: (True, "Right."))
    own = tmp_path / "attention_core"
    own.mkdir()
    (own / "__init__.py").write_text("")
    (own / "exercises.py").write_text("def judge(*_):\n    return True, 'Right.'\n")
    monkeypatch.chdir(tmp_path)
    for place in ("", str(tmp_path)):
        monkeypatch.setattr(sys, "path", [place, *sys.path])
    path, loaded = sys.path[:], dict(sys.modules)
    with pytest.raises(AssertionError, match="Not yet"):
        mark(answer=[0, 0, 0])
    # And it leaves the kernel as it was.
    assert sys.path == path
    assert {name: module for name, module in sys.modules.items() if name in loaded} == loaded


def test_a_warning_of_a_right_function_stays_inside(capfd):
    task = chapter_at(SCORES).tasks[2]
    exercise = exercise_of(task)

    def noisy(query, key):
        print("careful", file=sys.stderr)
        return exercise.expected()(query, key)

    hidden_test(task)(cosine_scores=noisy)
    assert capfd.readouterr().err == ""


def test_judge():
    right, line = exercises.judge("04.1", [1, 2, 3])
    assert right is False
    assert line.startswith("Not yet.")
    assert exercises.judge("04.1", ...) == (False, "04.1: not answered yet.")
    exercise = exercise_of(chapter_at(SCORES).tasks[0])
    assert exercises.judge(exercise, exercise.expected()) == (True, f"Right. {exercise.right}")
    for name in ("04.9", "98.1", "", "../x"):
        with pytest.raises(ValueError, match=f"exercise must name one .* {name!r}"):
            exercises.judge(name, 1)


def test_cells_are_marked_as_nbgrader_wants_it():
    cells = {cell.id: cell for cell in made(SCORES, source=True).cells}
    assert cells["mark-04-2"].metadata == {
        "deletable": False,
        "editable": False,
        "nbgrader": {
            "grade": True,
            "grade_id": "mark-04-2",
            "locked": True,
            "points": 2,
            "schema_version": 3,
            "solution": False,
            "task": False,
        },
    }
    assert cells["answer-04-2"].metadata["nbgrader"]["solution"] is True
    for cell in cells.values():
        assert ("BEGIN SOLUTION" in cell.source) == cell.id.startswith("answer-")
        assert ("BEGIN HIDDEN TESTS" in cell.source) == cell.id.startswith("mark-")


@EVERY
def test_without_its_secrets_the_source_is_what_students_get(path):
    """What nbgrader does, in two lines: the regions go."""
    cells = made(path, source=True).cells
    bare = [
        re.sub(
            r"\n?### BEGIN (SOLUTION|HIDDEN TESTS)\n.*### END \1", "", cell.source, flags=re.DOTALL
        )
        for cell in cells
    ]
    assert bare == [cell.source for cell in made(path).cells]


# How it is made.


@pytest.mark.parametrize(
    ("cells", "wanted", "kept"),
    [
        (["a = 1\nb = 2"], "b", "b = 2"),
        (["a = 1\nb = a + 1\nprint(b)"], "b", "a = 1\nb = a + 1"),
        (["a = 1", "a = 2"], "a", "a = 2"),
        (["a = 1", "a += 2"], "a", "a = 1\n\na += 2"),
        (["a = []\nfor i in [1]:\n    a.append(i)"], "a", "a = []\nfor i in [1]:\n    a.append(i)"),
        (["a = [0]\na[0] = 1"], "a", "a = [0]\na[0] = 1"),
        (["i = 9\nfor i in [1]:\n    print(i)\na = 1"], "a", "a = 1"),
        (["i = 9\na = [i for i in [1]]"], "a", "a = [i for i in [1]]"),
        (
            ["i = 9\nfor i in [1]:\n    k = i\n    a = k"],
            "a",
            "for i in [1]:\n    k = i\n    a = k",
        ),
        (
            ["c = 1\n\n\ndef f(x):\n    c = x\n    return c"],
            "f",
            "def f(x):\n    c = x\n    return c",
        ),
        (["c = 1", "def f(x):\n    return c"], "f", "c = 1\n\n\ndef f(x):\n    return c"),
        (["# why\na = 1  # and how"], "a", "# why\na = 1  # and how"),
        (["import numpy as np\nprint(np.add(1, 2))\na = np"], "a", "import numpy as np\na = np"),
        (["with open('f') as f:\n    a = f"], "a", "with open('f') as f:\n    a = f"),
        (["a = 1\nif a:\n    b = 2"], "b", "a = 1\nif a:\n    b = 2"),
        (["a = 1"], "c", ""),
    ],
)
def test_what_is_needed(cells, wanted, kept):
    assert assignment.needed(cells, {wanted})[0] == kept


def test_a_chapters_whole_is_not_carried_along():
    # Chapter 18 trains a model; no exercise leans on it.
    (path,) = notebooks.find(["18"])
    assert chapter_at(path).givens == ""
    (path,) = notebooks.find(["12"])
    assert "def leaks(" in chapter_at(path).givens


def test_files_beside_the_chapter_stay_there():
    setup = 'import json\n\n# stored\nstored = json.loads(read("data/a.json"))'
    assert assignment.without_files(setup, {"other"}, "19") == "import json"
    with pytest.raises(SystemExit, match=r"19: an exercise leans on a file: # stored\nstored ="):
        assignment.without_files(setup, {"stored"}, "19")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("A {term}`bias` stays.", "A bias stays."),
        ("the {term}`raw scores <raw score>` and", "the raw scores and"),
        ("BERT {cite:p}`devlin2019` has", "BERT has"),
        ("What?\n<!-- claim: shows(A, '1') -->", "What?\n"),
    ],
)
def test_plain_text(text, bare):
    assert assignment.plain(text) == bare


def test_a_role_that_no_notebook_shows_is_refused():
    with pytest.raises(SystemExit, match=r"holds \{cite:t\}`vaswani2017`"):
        assignment.plain("As {cite:t}`vaswani2017` say")


def without_heading(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("## Exercises", "## Play")


def without_solution(notebook):
    notebook.cells.remove(hidden_cell(notebook))


def without_check(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace('check("04.1", answer)', "")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_heading, "no heading “Exercises”"),
        (without_solution, "“A new query”: an exercise is one open cell .* found 1 and 0"),
        (without_check, "“A new query”: an exercise is one open cell .* found 0 and 1"),
    ],
)
def test_a_chapter_of_another_form_is_refused(spoil, message):
    notebook = notebooks.read(SCORES)
    spoil(notebook)
    with pytest.raises(SystemExit, match=message):
        assignment.parse(notebook, "04-scores")


def test_the_folder(tmp_path, capsys):
    assignment.main(["04", "--out", str(tmp_path), "--points", "1", "1", "4"])
    folder = tmp_path / "04-scores"
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.*")) == [
        "README.md",
        "instructor/nbgrader_config.py",
        "instructor/solution.ipynb",
        "instructor/source/04-scores/04-scores.ipynb",
        "student/04-scores.ipynb",
    ]
    student = notebooks.read(folder / "student" / "04-scores.ipynb")
    assert [
        cell.metadata.nbgrader.points for cell in student.cells if cell.id.startswith("mark-")
    ] == [1, 1, 4]
    assert "6 points (04.1: 1, 04.2: 1, 04.3: 4)" in (folder / "README.md").read_text()
    assert "is ready" in capsys.readouterr().out
    # Once more, and nothing old is left; but marks are never thrown away.
    (folder / "student" / "old.ipynb").write_text("")
    assignment.write(SCORES, tmp_path)
    assert not (folder / "student" / "old.ipynb").exists()
    (folder / "instructor" / "gradebook.db").write_text("")
    with pytest.raises(SystemExit, match="holds a gradebook already"):
        assignment.write(SCORES, tmp_path)


def test_who_needs_the_trained_model_says_so(tmp_path):
    needing = [path.stem[:2] for path in PATHS if chapter_at(path).needs_model]
    assert needing == ["23", "24"]
    folder = assignment.write(notebooks.find(["23"])[0], tmp_path)
    assert "requirements-model.txt" in (folder / "README.md").read_text()
    assert "trained model" in made(notebooks.find(["23"])[0]).cells[0].source


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": [1, 2]}, r"points are \[1, 2\], one for each exercise is expected"),
        ({"points": [1, 0, 2]}, r"points are \[1, 0, 2\], whole numbers from 1"),
    ],
)
def test_options_that_do_not_fit(tmp_path, options, message):
    with pytest.raises(SystemExit, match=message):
        assignment.write(SCORES, tmp_path, **options)


def test_variants_are_of_the_eight_steps(tmp_path):
    (path,) = notebooks.find(["12"])
    with pytest.raises(SystemExit, match=r"variant is 7 8, but 12-masks has one set .* 1 to 8"):
        assignment.write(path, tmp_path, seeds=[7, 8])


@pytest.mark.skipif(not hasattr(exercises, "variant"), reason="there are no variants yet")
@pytest.mark.parametrize("path", PATHS[:8], ids=lambda path: path.stem)
def test_numbers_of_ones_own(path):
    chapter = assignment.with_numbers(chapter_at(path), 7)
    points = assignment.default_points(chapter)
    student = assignment.assignment(chapter, points)
    assert assignment.leaks(student, notebooks.read(path)) == []
    assert sum("seed = 7 " in cell.source for cell in student.cells) == 1
    assert not re.search(r"\bexample\.\w", "".join(cell.source for cell in student.cells))
    mine = {each.id: each for each in exercises.variant(7).exercises}
    for other in (7, 8):
        names, tasks = {"__name__": "student"}, iter(chapter.tasks)
        solved = assignment.assignment(chapter, points, solved=True)
        for cell in solved.cells:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                if cell.cell_type == "code":
                    exec(cell.source, names)
            if not cell.id.startswith("answer-"):
                continue
            task = next(tasks)
            assert said.getvalue().splitlines()[-1].startswith("Right.")
            hidden = assignment.marked(task, 1, hidden=True, variant=True)
            names["seed"] = other
            with contextlib.redirect_stdout(io.StringIO()) as said:
                if other == 7:
                    exec(hidden, names)
                elif not callable(mine[task.id].expected()):
                    # The numbers of somebody else: as a rule wrong, and it is said whose they are.
                    with contextlib.suppress(AssertionError):
                        exec(hidden, names)
                    assert said.getvalue().startswith("Variant 8. ")
            names["seed"] = 7


@pytest.mark.skipif(not hasattr(exercises, "variant"), reason="there are no variants yet")
def test_a_folder_of_variants(tmp_path):
    folder = assignment.write(SCORES, tmp_path, seeds=[7, 8])
    assert folder.name == "04-scores-variants"
    one, other = (
        notebooks.read(folder / "student" / seed / "04-scores-variants.ipynb")
        for seed in ("7", "8")
    )
    cells = list(zip(one.cells, other.cells, strict=True))
    assert [a.metadata for a, _ in cells] == [b.metadata for _, b in cells]
    assert any(a.id == "answer-04-1" and a.source != b.source for a, b in cells)
    assert "for the seeds 7 8." in (folder / "README.md").read_text()
