"""Print numbered variants: a sheet and a notebook for each student, one key for the teacher.

`python tools/variants.py 1..40` writes into _build/variants. The questions are those of the
chapters, filled in by `attention_core.exercises.variant`; the pictures are the book's own. What
lies there is for one course: the key is never published.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import exercises, illustrate
from attention_core._format import number
from attention_core.exercises import Exercise
from attention_core.exercises.given import attended
from attention_core.exercises.variants import Variant
from tools import notebooks, press

OUT = ROOT / "_build" / "variants"
CSS = Path(__file__).with_suffix(".css")
MOST = 500
UNIT = 0.185  # mm on paper for each unit of a picture
FOOT = "Illustrated self-attention · exercises of chapters 1 to 8 · CC BY 4.0"
TITLES = {
    "01": "Inputs",
    "02": "Projections",
    "03": "Queries, keys and values",
    "04": "Scores",
    "05": "Softmax",
    "06": "Weighted values",
    "07": "Output",
    "08": "Every input at once",
}
#: The chapters in each column of a sheet, two columns a page.
COLUMNS = (("01", "02"), ("03", "04"), ("05", "06"), ("07", "08"))
ROLES = {
    "#009E73": "input",
    "#D55E00": "query",
    "#E69F00": "key",
    "#CC79A7": "value",
    "#0072B2": "score",
}


def seeds_of(words: list[str]) -> list[int]:
    """The numbers that `1..40`, `7` and `1 5 9` mean, in order, each once."""
    found: list[int] = []
    for word in " ".join(words).replace(",", " ").split():
        span = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", word)
        if span is None:
            raise SystemExit(f"SEEDS are numbers such as 7, 1..40 or 1 5 9: got {word!r}")
        first, last = int(span[1]), int(span[2] or span[1])
        if last < first:
            raise SystemExit(f"SEEDS must go upwards, as 1..40 does: got {word!r}")
        found += range(first, min(last, first + MOST) + 1)
        if len(found) > MOST:
            raise SystemExit(f"SEEDS may be {MOST} at most: got more")
    if not found:
        raise SystemExit('SEEDS are missing: make variants SEEDS=1..40 (or 7, or "1 5 9")')
    return sorted(set(found))


def name_of(seed: int) -> str:
    """The name of a student's files; numbers of two digits, so that a folder lists them in order."""
    return f"variant-{seed:02d}"


# --- words ---------------------------------------------------------------------------------------


def symbol(text: str) -> str:
    r"""A symbol of a formula: `\textcolor{#D55E00}{W_q}` or `P`."""
    coloured = re.fullmatch(r"\\textcolor\{(#\w+)\}\{(.+)\}", text)
    role, letters = (ROLES[coloured[1]], coloured[2]) if coloured else ("", text)
    if not re.fullmatch(r"[A-Za-z](_\w)?", letters):
        raise ValueError(f"a formula that sheets can't print yet: {text!r}")
    letter, _, index = letters.partition("_")
    low = f"<sub>{index}</sub>" if index else ""
    return f'<i class="{role}">{letter}{low}</i>' if role else f"<i>{letter}{low}</i>"


def prose(markdown: str) -> str:
    """A question in HTML: its formulas, code and emphasis."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`|\*[^*]+\*)", markdown)
    made = []
    for part in parts:
        if part[:1] == "$" and len(part) > 1:
            made.append(symbol(part[1:-1]))
        elif part[:1] == "`" and len(part) > 1:
            made.append(f"<code>{escape(part[1:-1])}</code>")
        elif part[:1] == "*" and len(part) > 1:
            made.append(f"<em>{escape(part[1:-1])}</em>")
        else:
            made.append(escape(part, quote=False))
    return "".join(made)


def on_paper(exercise: Exercise) -> str:
    """The question as a sheet asks it, where nothing is "in the cell"."""
    return exercise.text.replace(" in the cell", " given here")


def asked(exercise: Exercise) -> Any:
    """The answer that a sheet asks for."""
    return exercise.hand() if exercise.by_hand else exercise.expected()


def parts_of(answer: Any) -> list[Any]:
    """An answer as arrays and texts, one a blank."""
    if isinstance(answer, tuple | list) and not isinstance(answer[0], int | str):
        return list(answer)
    return [answer]


# --- a student's sheet ---------------------------------------------------------------------------


def blank(part: Any) -> str:
    """Cells to fill in, of the shape of an answer."""
    array = np.asarray(part)
    rows = np.atleast_2d(array if array.dtype.kind != "U" else np.zeros(array.shape))
    kind = {"b": "yes", "U": "word"}.get(
        array.dtype.kind, "wide" if np.abs(rows).max() > 999 else ""
    )
    cells = "".join(f"<tr>{'<td></td>' * rows.shape[1]}</tr>" for _ in rows)
    return f'<table class="blank {kind}">{cells}</table>'


def question(exercise: Exercise) -> str:
    """One exercise: what it asks, what it gives, room to work, and cells for the answer."""
    shown = "".join(f"<code>{escape(line)}</code>" for line in exercise.shown.splitlines())
    answer = asked(exercise)
    blanks = "".join(map(blank, parts_of(answer)))
    choose = " · ".join(exercise.choices)
    truth = np.asarray(parts_of(answer)[-1]).dtype == bool
    hint = f"one of: {choose}" if choose else "T or F" if truth else ""
    return (
        f'<section class="exercise"><h3><b>{exercise.id}</b> {escape(exercise.title)}</h3>'
        f"<p>{prose(on_paper(exercise))}"
        + (f" <strong>{prose(exercise.by_hand)}</strong>" if exercise.by_hand else "")
        + "</p>"
        + (f'<p class="shown">{shown}</p>' if shown else "")
        + f'<div class="work"><div class="answer">{blanks}'
        + (f"<small>{hint}</small>" if hint else "")
        + "</div></div></section>"
    )


def drawn(variant: Variant) -> str:
    """The student's matrices, as the book draws them."""
    given = variant.given
    words = illustrate.vectors(given.table, "input", labels=given.words, letter="", first=0)
    pictures = (
        ("Your worked example", matrices(given.worked)),
        ("Your plane", matrices(given.plane)),
        ("Your table of three words", words),
    )
    return "".join(shown(figure, caption) for caption, figure in pictures)


def shown(figure: illustrate.Figure, caption: str = "") -> str:
    """A picture at the sheet's own size: a cell is as large in one as in the other."""
    size = f"{figure.width * UNIT:.2f}mm"
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure style="width:{size}">{figure.svg}{below}</figure>'


def matrices(one: Any) -> Any:
    """Inputs and projections side by side."""
    x, w_q, w_k, w_v = one
    items = [("X", x, "input"), ("W_q", w_q, "query"), ("W_k", w_k, "key"), ("W_v", w_v, "value")]
    return illustrate.matrices(items)


def sheet(variant: Variant) -> str:
    """A student's two pages."""
    by_chapter: dict[str, list[str]] = {}
    for exercise in variant.exercises:
        by_chapter.setdefault(exercise.id[:2], []).append(question(exercise))
    columns = [
        '<div class="column">'
        + "".join(
            f'<div class="chapter" style="flex-grow:{len(by_chapter[chapter])}">'
            f"<h2>{TITLES[chapter]}</h2>{''.join(by_chapter[chapter])}</div>"
            for chapter in chapters
        )
        + "</div>"
        for chapters in COLUMNS
    ]
    line = '<p class="name">Name <span></span> Date <span class="date"></span></p>'
    number_ = f'<p class="number">Variant <b>{variant.seed}</b></p>'
    legend = (
        '<p class="legend"><code>Q</code>, <code>K</code>, <code>V</code>: your worked example\'s '
        "queries, keys and values, a row for each token. <code>scores1</code>: the scores of query "
        "1, raw scores over the root of <code>d_k</code>. <code>flat</code>: <code>V</code> "
        "without its first column. Give two decimals where a number is not whole.</p>"
    )
    return (
        f'<div class="page"><header><h1>The eight steps, by hand</h1>{number_}{line}</header>'
        f'<div class="drawn">{drawn(variant)}</div>{legend}'
        f'<div class="columns">{columns[0]}{columns[1]}</div><footer>{FOOT}</footer></div>'
        f'<div class="page"><header>{number_}{line}</header>'
        f'<div class="columns">{columns[2]}{columns[3]}</div><footer>{FOOT}</footer></div>'
    )


def document(title: str, body: str, kind: str) -> str:
    """A page of HTML that prints itself on A4."""
    style = CSS.read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en-GB" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{press.faces()}\n{style}</style></head>"
        f'<body class="{kind}">{body}</body></html>\n'
    )


# --- the key -------------------------------------------------------------------------------------


def written(answer: Any) -> str:
    """An answer in one line: rows with commas, a bar between them, a semicolon between parts."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, tuple | list):
        flat = all(isinstance(part, str | int | float | np.number) for part in answer)
        return (", " if flat else "; ").join(map(written, answer))
    array = np.asarray(answer)
    if array.ndim == 2:
        return " | ".join(map(written, array))
    if array.ndim == 1:
        return ", ".join(written(entry) for entry in array)
    return "FT"[bool(array)] if array.dtype == bool else number(float(array))


def answers(variant: Variant) -> Iterator[tuple[str, str, str]]:
    """Number, title and answer of each exercise."""
    for exercise in variant.exercises:
        said = written(asked(exercise))
        yield exercise.id, exercise.title, f"by hand: {said}" if exercise.by_hand else said


def between(one: Any) -> list[tuple[str, Any, str]]:
    """All that lies between an example's matrices and its outputs."""
    steps = attended(one)
    return [
        ("Q", steps.queries, "query"),
        ("K", steps.keys, "key"),
        ("V", steps.values, "value"),
        ("raw", steps.raw, "score"),
        ("weights", steps.weights, "score"),
        ("outputs", steps.outputs, "output"),
    ]


def key_of(variant: Variant) -> str:
    """A variant's part of the key."""
    # Cells that head a row would bring names into the PDF that differ from print to print.
    rows = "".join(
        f"<tr><td><b>{escape(identifier)}</b></td><td>{escape(title)}</td><td>{escape(said)}</td></tr>"
        for identifier, title, said in answers(variant)
    )
    both = (("Worked example", variant.worked), ("Plane", variant.plane))
    start = "".join(shown(matrices(one), caption) for caption, one in both)
    rest = "".join(shown(illustrate.matrices(between(one)), caption) for caption, one in both)
    return (
        f'<section class="answered"><h2>Variant {variant.seed} <small>Key, not for students</small></h2>'
        f'<div class="arrays">{start}{rest}</div><table class="answers">{rows}</table></section>'
    )


# --- notebooks -----------------------------------------------------------------------------------

IMPORTS = """import numpy as np

from attention_core import SelfAttention, attention, exercises, illustrate, scores, softmax"""
ARRAYS = """X, W_q, W_k, W_v = mine.worked
Q, K, V = X @ W_q, X @ W_k, X @ W_v"""
#: What the exercises of a chapter are given beside these.
BESIDE = {
    "01": "vocabulary, table = list(mine.given.words), mine.given.table",
    "05": "scores1 = scores.scaled_dot(Q, K)[0]",
    "07": "flat = V[:, 1:]",
    "08": "d_k = K.shape[1]",
}
SHOW = """print(vocabulary, table, sep="\\n")
illustrate.matrices(
    [("X", X, "input"), ("W_q", W_q, "query"), ("W_k", W_k, "key"), ("W_v", W_v, "value")]
)"""
INTRO = """# The eight steps, variant {seed}

The exercises of chapters 1 to 8, about an example of your own. Put your answer in place of the
three dots, run the cell, then run the check below it. If you are stuck, ask for a hint:
`mine.hint("01.1")`, then `mine.hint("01.1", number=2)`.

Name:"""


def notebook(variant: Variant) -> nbformat.NotebookNode:
    """A student's notebook: for each exercise the question, a cell to fill in, and a check."""
    new = nbformat.v4
    cells = [
        new.new_markdown_cell(INTRO.format(seed=variant.seed)),
        new.new_code_cell(f"{IMPORTS}\n\nmine = exercises.variant({variant.seed})"),
        new.new_code_cell("\n".join([ARRAYS, *BESIDE.values(), SHOW])),
    ]
    chapter = ""
    for exercise in variant.exercises:
        heading = f"### {exercise.title}\n\n{exercise.text}"
        if exercise.id[:2] != chapter:
            chapter = exercise.id[:2]
            heading = f"## {int(chapter)}. {TITLES[chapter]}\n\n{heading}"
        cells += [
            new.new_markdown_cell(heading),
            new.new_code_cell(exercise.cell.rstrip()),
            new.new_code_cell(f'mine.check("{exercise.id}", {exercise.answer})'),
        ]
    return notebooks.normalise(new.new_notebook(cells=cells))


KEY = """# Key

The answers of {count}. Not for students.

A row of numbers has commas, a bar stands between rows, a semicolon between parts. The cell below
marks an answer as the student's own check does."""


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def key_notebook(variants: list[Variant]) -> nbformat.NotebookNode:
    """The key as a notebook: for each variant its answers, and all arrays on the way to them."""
    new = nbformat.v4
    count = f"{len(variants)} variants" if len(variants) > 1 else f"variant {variants[0].seed}"
    first = variants[0].seed
    cells = [
        new.new_markdown_cell(KEY.format(count=count)),
        new.new_code_cell(
            "from attention_core import exercises\n\n"
            f'exercises.variant({first}).check("04.1", ...)  # a student\'s answer for the dots'
        ),
    ]
    for variant in variants:
        arrays = [
            (caption, name, written(array))
            for caption, one in (("worked", variant.worked), ("plane", variant.plane))
            for name, array, _ in between(one)
        ]
        cells.append(
            new.new_markdown_cell(
                f"## Variant {variant.seed}\n\n"
                + table(("exercise", "title", "answer"), list(answers(variant)))
                + "\n\n"
                + table(("example", "array", "rows"), arrays)
            )
        )
    return notebooks.normalise(new.new_notebook(cells=cells))


# --- all of it -----------------------------------------------------------------------------------


def written_notebooks(variants: list[Variant], out: Path) -> list[Path]:
    """Write every notebook, the key's too."""
    out.mkdir(parents=True, exist_ok=True)
    made = {name_of(variant.seed): notebook(variant) for variant in variants}
    made["key"] = key_notebook(variants)
    for name, book in made.items():
        notebooks.write(book, out / f"{name}.ipynb")
    return [out / f"{name}.ipynb" for name in made]


def pages(variants: list[Variant]) -> Iterator[tuple[str, str, str]]:
    """Name, title and HTML of every print, the key's last."""
    for variant in variants:
        title = f"The eight steps, variant {variant.seed}"
        yield name_of(variant.seed), title, document(title, sheet(variant), "sheet")
    body = "".join(map(key_of, variants))
    yield "key", "The eight steps, key", document("The eight steps, key", body, "keys")


# What would be cut off at the foot of a page, by the number of the exercise.
SPILLS = """() => [...document.querySelectorAll(".page, .answered")].flatMap(page => {
    const foot = page.getBoundingClientRect().bottom - 1;
    return [...page.querySelectorAll(".exercise, tr, footer")].filter(
        part => part.getBoundingClientRect().bottom > foot
    ).map(part => part.textContent.slice(0, 40));
})"""


def printed(variants: list[Variant], out: Path, path: str) -> list[Path]:
    """Print every sheet and the key, in one browser."""
    from pikepdf import Pdf

    made = []
    with press.browser(path) as tab:
        for name, title, html in pages(variants):
            raw = press.printed(tab, html, out / "html" / f"{name}.html")
            if spilt := tab.evaluate(SPILLS):
                raise SystemExit(f"{name}.pdf has no room for {'; '.join(spilt)}")
            made.append(out / f"{name}.pdf")
            made[-1].write_bytes(press.finished(Pdf.open(io.BytesIO(raw)), title, press.LICENCE))
    return made


def main(arguments: list[str] | None = None) -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", help='numbers of variants: 7, 1..40, "1 5 9"')
    parser.add_argument("--out", type=Path, default=OUT)
    asked_for = parser.parse_args(arguments)
    variants = [exercises.variant(seed) for seed in seeds_of(asked_for.seeds)]
    out = asked_for.out.resolve()
    written_notebooks(variants, out)
    path = press.chromium()
    if path is None:
        sys.exit(f"The notebooks are in {out}. PDFs need Chromium (or CHROMIUM=path): none found.")
    printed(variants, out, path)
    count = "one sheet" if len(variants) == 1 else f"{len(variants)} sheets"
    print(f"{count} and the key, as PDF and notebook: {notebooks.label(out)}")


if __name__ == "__main__":
    main()
