"""Print worksheets: a page for each of the eight steps, with cells to write in, and their key.

The key is the same page, made by the same code from the same arrays, with what was asked for
written in. An example is the worked one, or a variant of it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import example, exercises, illustrate, softmax
from attention_core._format import listing, number
from attention_core.example import Example
from attention_core.illustrate.canvas import CELL, MARGIN, Canvas
from attention_core.illustrate.figure import Figure
from attention_core.steps import NAMES
from tools import built, press

FOLDER = ROOT / "_build" / "worksheets"
CSS = Path(__file__).with_suffix(".css")
#: Three decimals are enough to trust two of what comes out of them.
DECIMALS = 3
#: Within the margins of A4, in the pixels of CSS.
ACROSS = 174 / 25.4 * 96
LANE = 24.0  # between figures on a line, in their units
#: A number is written by hand in 9 mm, and no narrower.
SMALLEST = 9 / 25.4 * 96 / CELL
WORDS = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay", "kite", "lynx")
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Blank = Literal["empty", "key"]


@dataclass(frozen=True)
class Sheet:
    """What one page asks, and how a student can tell that it is right.

    Attributes
    ----------
    step : int
        From 1 to 8.
    task : str
        What to do, as HTML.
    parts : tuple of (tuple of Figure) or str
        Figures that stand on one line, or a piece of HTML.
    check : str
        The question at the foot, as HTML.
    answer : str
        Its answer, for the key, as HTML.
    largest : float
        Pixels for a unit of its figures, at most: less where much stands on the page.
    """

    step: int
    task: str
    parts: tuple[tuple[Figure, ...] | str, ...]
    check: str
    answer: str
    largest: float = 1.42


# --- what is computed -----------------------------------------------------------------------------


def arrays(ex: Example) -> SimpleNamespace:
    """Everything that the eight steps compute of an example, by the names of the chapters."""
    X, W_q, W_k, W_v = ex
    Q, K, V = X @ W_q, X @ W_k, X @ W_v
    raw = Q @ K.T
    scores = raw / np.sqrt(W_k.shape[1])
    shifted = scores - scores.max(axis=1, keepdims=True)
    weights = softmax(scores)
    return SimpleNamespace(
        X=X, W_q=W_q, W_k=W_k, W_v=W_v, Q=Q, K=K, V=V, raw=raw, scores=scores, shifted=shifted,
        exponentials=np.exp(shifted), weights=weights, weighted=weights[0][:, None] * V,
        outputs=weights @ V,
    )  # fmt: skip


def drift(ex: Example) -> dict[int, float]:
    """How far a student gets from the key who computes with the numbers as they are printed.

    Every line of a sheet is rounded as it is written down, and the next line starts from that.
    """
    a = arrays(ex)
    cut = lambda values: np.round(values, DECIMALS)  # noqa: E731
    root = cut(np.sqrt(a.K.shape[1]))

    def weigh(scores: np.ndarray) -> np.ndarray:
        powers = cut(np.exp(cut(scores - scores.max(axis=-1, keepdims=True))))
        return cut(powers / powers.sum(axis=-1, keepdims=True))

    def most(hand: np.ndarray, exact: np.ndarray) -> float:
        return float(np.abs(cut(hand) - cut(exact)).max())

    scores = cut(a.raw / root)
    weights = weigh(scores)
    outputs = sum(cut(weights[1:, j, None] * a.V[j]) for j in range(len(a.V)))
    return {
        4: most(scores[0], a.scores[0]),
        5: most(weigh(cut(a.scores[0])), a.weights[0]),
        6: most(cut(cut(a.weights[0])[:, None] * a.V), a.weighted),
        7: most(cut(a.weighted).sum(axis=0), a.outputs[0]),
        8: most(outputs, a.outputs[1:]) if len(a.X) > 1 else 0.0,
    }


def table_of_words(inputs: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """A table with the inputs among its rows, and two rows more, and where each input stands."""
    rows = [tuple(row) for row in inputs.tolist()]
    known = set(rows)
    # Rows that resemble the inputs, so that a look-up has to be read and not guessed.
    turned = [row[shift:] + row[:shift] for row in rows for shift in range(len(row))]
    resembling = [row[::-1] for row in rows] + turned
    further = [tuple(v + more for v in rows[0]) for more in (1, 2)]
    others = dict.fromkeys(row for row in resembling + further if row not in known)
    table = sorted(known | set(list(others)[:2]))
    return np.array(table), [table.index(row) for row in rows]


# --- pieces of a page --------------------------------------------------------------------------------


def gap(text: object, blank: Blank, *, wide: bool = False) -> str:
    """A place in a sentence that is written in; in the key it is."""
    inside = escape(str(text)) if blank == "key" else "&#8203;"  # stands on the line as text does
    return f'<span class="gap{" wide" if wide else ""}">{inside}</span>'


def name(letter: str, index: object = "") -> str:
    """A letter with its index, as formulas have it."""
    small = f"<sub>{index}</sub>" if str(index) else ""
    return f'<span class="r">{letter}</span>{small}'


def items(*lines: str) -> str:
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def count(size: int, noun: str) -> str:
    """A number of things in words: three inputs."""
    word = COUNTS[size] if size < len(COUNTS) else str(size)
    return f"{word} {noun}{'' if size == 1 else 's'}"


def say(value: float) -> str:
    return number(value, DECIMALS)


def factor(value: float) -> str:
    """A number as it stands in a product or a sum."""
    return f"({say(value)})" if value < 0 else say(value)


def total(values: Sequence[float]) -> str:
    """A sum with its terms in view."""
    terms = " + ".join(say(v) if i == 0 else factor(v) for i, v in enumerate(values))
    return f"{terms} = {say(float(np.sum(values)))}"


def sizes(ex: Example, blank: Blank) -> Figure:
    """The three products as sizes: of the inputs, of a projection, and of what comes out."""
    a = arrays(ex)
    canvas = Canvas(blank)
    y = MARGIN
    for letter, projection, role in (("K", a.W_k, "key"), ("Q", a.W_q, "query"), ("V", a.W_v, "value")):  # fmt: skip
        x = MARGIN + 18
        for sign, head, index, kind, shape in (
            ("", "X", "", "input", a.X.shape),
            ("·", "W", letter.lower(), role, projection.shape),
            ("=", letter, "", role, (len(a.X), projection.shape[1])),
        ):
            if sign:
                canvas.text(x, y + CELL / 2, sign, "h", "middle")
                x += 32
            canvas.label(x, y + CELL / 2, head, index, kind)
            for place, size in enumerate(shape):
                if place:
                    canvas.text(x + 7, y + CELL / 2, "×", "l", "middle")
                    x += 14
                else:
                    x += 8
                x = canvas.row(x, y, [size], kind, width=CELL + 4, asked=True)
            x += 18
        y += CELL + 12
    said = canvas.told(
        " ".join(
            f"X, {len(a.X)} × {a.X.shape[1]}, times W {letter}, {w.shape[0]} × {w.shape[1]}, "
            f"is {letter.upper()}, {len(a.X)} × {w.shape[1]}."
            for letter, w in (("k", a.W_k), ("q", a.W_q), ("v", a.W_v))
        ),
        "X times W k is K, X times W q is Q, and X times W v is V. "
        "The rows and columns of each of them are to be filled in.",
    )
    return canvas.figure(said, said)


def powers(shifted: np.ndarray, further: Sequence[float] = ()) -> str:
    """A table of exponentials: those that are needed, among a few others."""
    exact = {say(value): float(value) for value in (*further, *np.ravel(shifted))}
    values = sorted(exact.values(), reverse=True)
    head = "".join(f'<th scope="col">{say(v)}</th>' for v in values)
    body = "".join(f"<td>{np.exp(v):.{DECIMALS}f}</td>" for v in values)
    return (
        '<table><caption>Powers of e. A calculator does as well.</caption><tbody><tr><th scope="row">s</th>'
        f'{head}</tr><tr><th scope="row">e<sup>s</sup></th>{body}</tr></tbody></table>'
    )


# --- the eight sheets ---------------------------------------------------------------------------------


def prepare(ex: Example, blank: Blank) -> Sheet:
    table, ids = table_of_words(ex.inputs)
    words = WORDS[: len(table)]
    n, d = ex.inputs.shape
    text = listing([f"<b>{words[i]}</b>" for i in ids])
    return Sheet(
        1,
        f"The text is {text}, and its token ids are {listing([str(i) for i in ids])}. "
        "Copy the row of each id out of the table.",
        ((illustrate.lookup(table, ids, words, blank=blank, decimals=DECIMALS),),),
        f"Stacked, your rows are the matrix {name('X')}, rows by columns {gap(n, blank)} × {gap(d, blank)}. "
        "Which of the two numbers would a longer text change, and why?",
        f"The number of rows: a row for each token. The columns stay {d}, as many as the table has.",
    )


def initialise(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    jobs = items(
        *(
            f'<span class="job">What a token {does}:</span> its {gap(made, blank, wide=True)} '
            f"made by {name('W')} {gap(made[0], blank)}"
            for does, made in (
                ("asks with", "query"),
                ("is found by", "key"),
                ("hands over", "value"),
            )
        )
    )
    four = illustrate.matrices(
        [("X", a.X, "input"), ("W_k", a.W_k, "key"), ("W_q", a.W_q, "query"), ("W_v", a.W_v, "value")],
        blank=blank, given=None, decimals=DECIMALS,
    )  # fmt: skip
    d_k, d_v = a.W_k.shape[1], a.W_v.shape[1]
    return Sheet(
        2,
        "Count the rows and the columns of each matrix, write the sizes into the three products, "
        "and say which projection has which job.",
        ((four,), (sizes(ex, blank),), f'<div class="part">{jobs}</div>'),
        "Look at each product: which two sizes must be equal? And which two of the three projections "
        "must have as many columns as each other, and why?",
        f"The inner two: {a.X.shape[1]} and {a.X.shape[1]}. {name('W', 'k')} and {name('W', 'q')}, {d_k} each, "
        f"because a query and a key are multiplied entry by entry. {name('W', 'v')} is free; here it has {d_v}.",
        largest=1.15,
    )


def derive(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    x = a.X[0]
    beside = illustrate.projections(
        x, [("W_k", a.W_k, "key"), ("W_q", a.W_q, "query"), ("W_v", a.W_v, "value")],
        blank=blank, decimals=DECIMALS,
    )  # fmt: skip
    inputs = illustrate.matrices(
        [("X", a.X, "input")], blank=blank, given=len(a.X), decimals=DECIMALS
    )
    whole = illustrate.matrices(
        [("K", a.K, "key"), ("Q", a.Q, "query"), ("V", a.V, "value")],
        blank=blank,
        decimals=DECIMALS,
    )
    first = [
        f"{name(letter, 1)} begins with {gap(illustrate.spelled(x, w[:, 0], DECIMALS), blank, wide=True)} "
        f"= {gap(say(x @ w[:, 0]), blank)}"
        for letter, w in (("k", a.W_k), ("q", a.W_q), ("v", a.W_v))
    ]
    sums = a.W_k.sum(axis=1)
    return Sheet(
        3,
        f"Multiply each row by the entry of {name('x', 1)} beside it, and add down the columns. Spell out "
        f"where each result begins; then fill in {name('K')}, {name('Q')} and {name('V')}, a row for each input.",
        ((beside,), f'<div class="part">{items(*first)}</div>', (inputs, whole)),
        f"Add up the entries of {name('k', 1)}. Now add up each row of {name('W', 'k')}, and take "
        f"{name('x', 1)} times these sums. Why must the two agree?",
        f"{total(a.K[0])}, and {illustrate.spelled(x, sums, DECIMALS)} = {say(x @ sums)}. "
        "Both add the same products, in another order.",
        largest=1.15,
    )


def score(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    d_k = a.K.shape[1]
    keys = a.K.sum(axis=0)
    return Sheet(
        4,
        f"Query 1 asks every key. Write the products, add them up to the raw scores, and divide each "
        f"by √{d_k} = {say(np.sqrt(d_k))}: the scores.",
        ((illustrate.dot_products(a.Q[0], a.K, blank=blank, decimals=DECIMALS),),),
        f"Add up your raw scores. Now add up the keys, column by column, and take the dot product of "
        f"{name('q', 1)} with their sum. Do the two agree? And does dividing by √{d_k} change the order?",
        f"{total(a.raw[0])}, and {illustrate.spelled(a.Q[0], keys, DECIMALS)} = {say(a.Q[0] @ keys)}. "
        "Dividing all by one positive number keeps their order.",
    )


def normalise(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    w, e = a.weights[0], a.exponentials[0]
    rounded = np.round(w, DECIMALS)
    # The two largest that are no tie: rounding does the least to their ratio.
    most = int(w.argmax())
    lesser = np.flatnonzero(~np.isclose(w, w[most]))
    other = int(lesser[w[lesser].argmax()]) if len(lesser) else len(w) - 1
    ratio = f"{say(w[most])} ÷ {say(w[other])} and {say(e[most])} ÷ {say(e[other])}"
    agree = (
        f"{ratio} agree; unrounded both are {say(w[most] / w[other])}."
        if rounded[other]
        else f"The weight of key {other + 1} is too small to be printed, and its power of e is too."
    )
    return Sheet(
        5,
        "Take the largest score away from each score, raise e to what is left, and divide by the sum. "
        "Then divide the bar: a piece for each weight.",
        (
            (illustrate.softmax_steps(a.scores[0], blank=blank, decimals=DECIMALS),),
            powers(a.shifted[0], (0.0, -1.0, -2.0, -3.0, -4.0)),
        ),
        "Do your weights sum to one? Can a weight be negative, or zero? And check two of them: "
        f"{name('a', f'1{most + 1}')} must be as many times {name('a', f'1{other + 1}')} as their powers of e are.",
        f"{total(rounded)}{'' if say(rounded.sum()) == '1' else ', but for rounding'}. "
        f"A power of e is never negative, and never zero. {agree}",
    )


def multiply(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    w = a.weights[0]
    heaviest = int(w.argmax())
    hard = np.eye(len(a.V))[heaviest]
    row, column = (int(k) for k in np.unravel_index(np.abs(a.weighted).argmax(), a.V.shape))
    largest = (
        "It is the largest weight"
        if np.isclose(w[row], w[heaviest])
        else f"The largest weight is {name('a', f'1{heaviest + 1}')}, but its value is smaller"
    )
    tied = ", one of those that share the first place" if np.isclose(w, w[row]).sum() > 1 else ""
    return Sheet(
        6,
        "Multiply each value by its weight: one number multiplies a whole row. Below, do the same with all "
        f"of the weight on value {heaviest + 1}, as a hard look-up has it.",
        (
            (illustrate.weighted_values(w, a.V, blank=blank, decimals=DECIMALS),),
            (illustrate.weighted_values(hard, a.V, blank=blank, decimals=DECIMALS),),
        ),
        "Take the largest of your weighted entries, whatever its sign, and divide it by the entry it was made "
        "of. Which weight comes out? Does the same come out all along that row? Is it the largest weight?",
        f"{say(a.weighted[row, column])} ÷ {factor(a.V[row, column])} = {say(w[row])}, which is {name('a', f'1{row + 1}')}, "
        f"and so all along the row (where the value is not 0). {largest}{tied}.",
    )


def add(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    z, low, high = a.outputs[0], a.V.min(axis=0), a.V.max(axis=0)
    between = items(
        *(
            f"Column {c + 1} of {name('V')} goes from {gap(say(low[c]), blank)} to {gap(say(high[c]), blank)}, and "
            f"{name('z', 1)} has {gap(say(z[c]), blank)}"
            for c in range(len(z))
        )
    )
    return Sheet(
        7,
        "Add the weighted values down each column. Write the sums out below, and the output under the rule.",
        ((
            illustrate.weighted_sum(a.weighted, blank=blank, decimals=DECIMALS),
            illustrate.matrices([("V", a.V, "value")], blank=blank, given=len(a.V), decimals=DECIMALS),
        ),),
        f"An output lies between the values. Does yours, in every column?{between}",
        "It does: the weights are positive and sum to one, so the output is an average of the values.",
    )  # fmt: skip


def repeat(ex: Example, blank: Blank) -> Sheet:
    a = arrays(ex)
    n = len(a.X)
    others = listing([str(i + 1) for i in range(1, n)])
    how = {"blank": blank, "decimals": DECIMALS, "given": 1}
    given = illustrate.matrices(
        [("Q", a.Q, "query"), ("K", a.K, "key"), ("V", a.V, "value")], **(how | {"given": n})
    )
    rows = illustrate.matrices(
        [("Q Kᵀ", a.raw, "score"), ("S", a.scores, "score"), ("E", a.exponentials, "score")], **how
    )
    weights = illustrate.heatmap(a.weights, **how)
    outputs = illustrate.matrices([("Z", a.outputs, "output")], **how)
    columns = a.weights.sum(axis=0)
    most = [np.flatnonzero(np.isclose(row, row.max())) + 1 for row in a.weights]
    attends = [
        f"query {i} to key {keys[0]}"
        if len(keys) == 1
        else f"query {i} to keys {listing([str(j) for j in keys])} alike"
        for i, keys in enumerate(most, 1)
    ]
    return Sheet(
        8,
        f"Do steps 4 to 7 for input{'s' if n > 2 else ''} {others}: raw scores, scores {name('S')}, powers {name('E')} of e "
        f"(to each score less its row’s largest), weights {name('A')}, outputs {name('Z')}. Shade {name('A')}: the larger, the darker.",
        ((given,), (rows,), powers(a.shifted[1:], (0.0,)), (weights, outputs)),
        "Must every row of weights sum to one? Must every column? Find the key that each query "
        "attends to most.",
        f"Every row, yes. A column need not: {listing([say(c) for c in columns])}. "
        f"The most goes from {listing(attends)}.",
        largest=1.08,
    )


SHEETS = (prepare, initialise, derive, score, normalise, multiply, add, repeat)


def sheets(ex: Example, blank: Blank) -> list[Sheet]:
    """The eight sheets of an example: empty, or as the key has them."""
    return [make(ex, blank) for make in SHEETS]


# --- pages -----------------------------------------------------------------------------------------


def scale_of(sheet: Sheet) -> float:
    """How large a sheet's figures are drawn: as the page lets them be, and a hand needs them."""
    lines = [part for part in sheet.parts if not isinstance(part, str)]
    widest = max(sum(f.width for f in line) + LANE * (len(line) - 1) for line in lines)
    scale = min(sheet.largest, ACROSS / widest)
    if scale < SMALLEST:
        raise ValueError(
            "the example must have sizes and numbers that leave 9 mm to write each answer in: "
            f"step {sheet.step} is {widest:.0f} units wide, where {ACROSS / SMALLEST:.0f} fit"
        )
    return scale


def drawn(figures: Sequence[Figure], scale: float) -> str:
    """Figures on one line, with the size that they have here and not the one on the site."""
    shown = []
    for figure in figures:
        here = f'style="width:{figure.width * scale:.2f}px;height:{figure.height * scale:.2f}px" '
        shown.append(figure.svg.replace("<svg ", f"<svg {here}", 1))
    return f'<div class="line" style="gap:{LANE * scale:.2f}px">{"".join(shown)}</div>'


def page(sheet: Sheet, which: str, blank: Blank, off: float = 0.0) -> str:
    """One sheet as one page of HTML."""
    title = built.settings()["title"]
    site = built.commit().site
    marks = "".join(
        f"<i{' class=here' if k == sheet.step else ' class=past' if k < sheet.step else ''}></i>"
        for k in range(1, 9)
    )
    note = (
        f"Write {count(DECIMALS, 'decimal')} where a number is not whole." if sheet.step > 3 else ""
    )
    if blank == "key" and say(off) != "0":
        note += f" From the numbers as printed, an answer may be off by up to {say(off)}."
    noted = f'<p class="note">{note.strip()}</p>' if note else ""
    scale = scale_of(sheet)
    body = "".join(part if isinstance(part, str) else drawn(part, scale) for part in sheet.parts)
    tail = (
        f'<p class="answer">{sheet.answer}</p>'
        if blank == "key"
        else '<div class="rules"><i></i><i></i></div>'
    )
    kind = "Worksheet, key" if blank == "key" else "Worksheet"
    who = "For the teacher" if blank == "key" else "Name"
    return (
        f'<section class="sheet {blank}" id="step-{sheet.step}"><header>'
        f'<p class="which"><span>{kind}</span><b>{escape(which)}</b></p>'
        f"<h1><small>Step {sheet.step} of 8</small>{NAMES[sheet.step - 1].capitalize()}</h1>"
        f'<p class="name">{who}</p><div class="steps" aria-hidden="true">{marks}</div></header>'
        f'<p class="task">{sheet.task}</p>{noted}<main>{body}</main>'
        f'<div class="check"><h2>How do you know?</h2><div>{sheet.check}</div>{tail}</div>'
        f"<footer><span>From the book <em>{escape(title)}</em>{f', {site}' if site else ''}</span>"
        "<span>Text and figures: CC BY 4.0</span></footer></section>"
    )


def document(ex: Example, which: str, blank: Blank) -> str:
    """The eight sheets as one page of HTML, to be printed."""
    off = drift(ex)
    body = "\n".join(page(s, which, blank, off.get(s.step, 0.0)) for s in sheets(ex, blank))
    return (
        '<!doctype html>\n<html lang="en-GB" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{heading(which, blank)}</title>\n<style>{press.faces()}\n"
        f"{CSS.read_text(encoding='utf-8')}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def heading(which: str, blank: Blank) -> str:
    """The title of a print."""
    kind = "key to the worksheets" if blank == "key" else "worksheets"
    return f"{built.settings()['title']}: {kind}, {which[0].lower()}{which[1:]}"


def make(ex: Example, which: str, stem: str, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Print the sheets of an example and their key; return the two files."""
    from pikepdf import Pdf

    files = folder / f"{stem}.pdf", folder / f"{stem}-key.pdf"
    for path, blank in zip(files, ("empty", "key"), strict=True):
        work = FOLDER / "html" / f"{path.stem}.html"
        press.pdf(document(ex, which, blank), path, heading(which, blank), work=work)
        with Pdf.open(path) as pdf:
            pages = len(pdf.pages)
        if pages != len(SHEETS):
            path.unlink()
            raise SystemExit(
                f"{which}: each of the {len(SHEETS)} sheets must fit on one page, and they took "
                f"{pages}: the example has too many rows."
            )
    return files


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the worksheets of the worked example, or of a variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", type=int, metavar="SEED", help="with this variant's numbers")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write")
    parser.add_argument("--optional", action="store_true", help="without Chromium, do without")
    asked = parser.parse_args(arguments)
    if asked.optional and press.chromium() is None:
        print("No worksheets: they need Chromium (or CHROMIUM=path), and none is installed.")
        return
    if asked.variant is None:
        files = make(example.worked, "The worked example", "worksheets", asked.folder)
    else:
        ex = exercises.variant(asked.variant).worked
        files = make(ex, f"Variant {asked.variant}", f"worksheets-{asked.variant}", asked.folder)
    for path in files:
        print(f"{len(SHEETS)} pages: {path}")


if __name__ == "__main__":
    main()
