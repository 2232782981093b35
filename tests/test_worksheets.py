"""The worksheets: a page a step, cells for every answer, and no answer before it is asked for."""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bs4 import BeautifulSoup

from attention_core import example, illustrate, softmax
from attention_core._format import number
from attention_core.example import Example
from attention_core.illustrate.canvas import Canvas
from tools import press, worksheets

MM = 96 / 25.4  # pixels of CSS


def made(inputs, query_weight, key_weight, value_weight) -> Example:
    arrays = [np.array(a, float) for a in (inputs, query_weight, key_weight, value_weight)]
    return Example(*arrays, tokens=("x₁", "x₂", "x₃")[: len(inputs)], memory=arrays[0])


#: Of other sizes, with negative numbers and numbers of two digits.
WIDE = made(
    [[2, -1, 0, 1], [-3, 0, 1, 0], [1, 2, -2, 0]],
    [[1, -2, 0, 1], [0, 3, -1, 2], [-1, 1, 2, 0], [1, 0, 0, 1]],
    [[1, 0, -1, 1], [-1, 1, 0, 2], [1, -1, 0, 0], [0, 0, 1, 0]],
    [[5, -4], [-3, 6], [7, 2], [0, 1]],
)
#: Numbers of which no two print alike, so that an answer cannot hide behind what is given.
REAL = made(
    [[1.37, -0.46], [0.52, 0.83], [-0.91, 0.64]],
    [[0.713, -0.421], [0.265, 0.938]],
    [[0.824, 0.357], [-0.569, 0.482]],
    [[1.219, -0.738], [0.647, 1.853]],
)
EXAMPLES = {"worked": example.worked, "plane": example.plane, "wide": WIDE, "real": REAL}
STEPS = range(1, 9)
of_each = pytest.mark.parametrize("ex", EXAMPLES)
at_each_step = pytest.mark.parametrize("step", STEPS)


# --- what a sheet holds ------------------------------------------------------------------------


def soup(sheet: worksheets.Sheet, answer: bool = False) -> BeautifulSoup:
    """All of a sheet that is printed, apart from its frame."""
    parts = [p if isinstance(p, str) else "".join(f.svg for f in p) for p in sheet.parts]
    html = "\n".join([sheet.task, *parts, sheet.check, sheet.answer if answer else ""])
    found = BeautifulSoup(html, "html.parser")
    for style in found.select("style"):
        style.decompose()
    return found


@cache
def drawn(ex: str, step: int, blank: worksheets.Blank) -> worksheets.Sheet:
    return worksheets.SHEETS[step - 1](EXAMPLES[ex], blank)


@cache
def sheet(ex: str, step: int, blank: worksheets.Blank) -> BeautifulSoup:
    return soup(drawn(ex, step, blank))


def answers(page: BeautifulSoup) -> list[str]:
    """What stands where something is asked for, in order; a cell, a rule or a place in a sentence."""
    return [place.get_text().strip("\u200b") for place in page.select(".asked, .gap")]


def texts(page: BeautifulSoup) -> Counter:
    """Everything else that is written on a sheet."""
    return Counter(
        text.strip()
        for text in page.find_all(string=True)
        if text.strip("\u200b\n ") and not text.find_parent(class_=["asked", "gap"])
    )


def expected(ex: str, step: int) -> list[str]:
    """The answers of a step, in the order of its sheet, computed apart from the sheets."""
    X, W_q, W_k, W_v = EXAMPLES[ex]
    Q, K, V = X @ W_q, X @ W_k, X @ W_v
    raw = Q @ K.T
    scores = raw / np.sqrt(len(K[0]))
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    A = softmax(scores)
    weighted, Z = A[0][:, None] * V, A @ V

    def printed(*arrays) -> list[str]:
        return [number(v, 3) for array in arrays for v in np.ravel(array)]

    def products(a, b) -> str:
        return illustrate.spelled(a, b, 3)

    shapes = [X.shape, *(w.shape for w in (W_k, W_q, W_v))]
    fits = [(*X.shape, *w.shape, len(X), w.shape[1]) for w in (W_k, W_q, W_v)]
    begun = [(products(X[0], w[:, 0]), *printed(X[0] @ w[:, 0])) for w in (W_k, W_q, W_v)]
    asked = [(products(Q[0], k), *printed(r)) for k, r in zip(K, raw[0], strict=True)]
    added = [" + ".join(re.sub(r"^(−.*)$", r"(\1)", v) for v in printed(c)) for c in weighted.T]
    hard = np.eye(len(V))[A[0].argmax()][:, None] * V
    between = [printed(V[:, c].min(), V[:, c].max(), Z[0, c]) for c in range(len(Z[0]))]
    match step:
        case 1:
            return [*printed(X), *printed(*X.shape)]
        case 2:
            return [*printed(*shapes), *printed(*fits), "query", "q", "key", "k", "value", "v"]
        case 3:
            return [*printed(K[0], Q[0], V[0]), *chain(*begun), *printed(K, Q, V)]
        case 4:
            return [*chain(*asked), *printed(raw[0], scores[0])]
        case 5:
            return [
                *printed(scores[0] - scores[0].max()), *printed(powers[0], powers[0].sum()),
                *printed(A[0], A[0].sum()), "",
            ]  # fmt: skip
        case 6:
            return printed(weighted, hard)
        case 7:
            sums = [f"{left} = {right}" for left, right in zip(added, printed(Z[0]), strict=True)]
            return [*printed(Z[0]), *sums, *chain(*between)]
        case _:
            rows = [*printed(raw[1:], scores[1:], powers[1:])]
            return [*rows, *printed(A[1:], A[1:].sum(axis=1)), *printed(Z[1:])]


@of_each
@at_each_step
def test_the_key_has_every_answer_in_its_place(ex, step):
    assert answers(sheet(ex, step, "key")) == expected(ex, step)


@of_each
@at_each_step
def test_a_sheet_has_as_many_places_as_its_key_and_nothing_in_them(ex, step):
    places = answers(sheet(ex, step, "empty"))
    assert len(places) == len(expected(ex, step))
    assert not any(places)


@of_each
@at_each_step
def test_sheet_and_key_differ_by_the_answers_alone(ex, step):
    empty, key = sheet(ex, step, "empty"), sheet(ex, step, "key")
    # The pieces of the divided bar have their names, of one letter and one index each.
    pieces = len(key.select("svg > text.l.score")) if step == 5 else 0
    assert texts(empty) <= texts(key)
    assert (texts(key) - texts(empty)).total() == 2 * pieces


@at_each_step
def test_nothing_of_a_sheet_tells_an_answer(step):
    """Not a word, an alternative text, a caption or a depth of colour: of numbers all different."""
    page = soup(drawn("real", step, "empty"))
    if page.table:  # it has the powers of e, among others, that are asked for
        page.table.decompose()
    said = [page.get_text(" "), *(s["aria-label"] for s in page.select("svg"))]
    said += [
        f.caption
        for part in drawn("real", step, "empty").parts
        if not isinstance(part, str)
        for f in part
    ]
    found = set(re.findall(r"−?\d+\.\d+", " ".join(said)))
    asked = {n for text in expected("real", step) for n in re.findall(r"−?\d+\.\d+", text)}
    given = {number(v, 3) for array in givens("real", step) for v in np.ravel(array)}
    assert asked or step in (1, 2)
    assert found <= given
    assert not found & (asked - given)
    assert not page.select(".asked [style], .asked .faint, .faint")


def givens(ex: str, step: int) -> list:
    """What stands on a sheet from the beginning."""
    a = worksheets.arrays(EXAMPLES[ex])
    root = np.sqrt(a.K.shape[1])
    if step == 1:
        return [worksheets.table_of_words(a.X)[0]]
    if step in (2, 3):
        return [a.X, a.W_k, a.W_q, a.W_v]
    return {
        4: [a.Q[0], a.K, root],
        5: [a.scores[0]],
        6: [a.weights[0], a.V],
        7: [a.weighted, a.V],
        8: [a.Q, a.K, a.V, a.raw[0], a.scores[0], a.exponentials[0], a.weights[0], a.outputs[0]],
    }[step]


@of_each
@at_each_step
def test_what_is_given_is_on_the_sheet(ex, step):
    cells = Counter(
        t.get_text() for t in sheet(ex, step, "empty").select(".n > text, .n > .faint > text")
    )
    wanted = Counter(
        number(v, 3) for array in givens(ex, step) if np.ndim(array) for v in np.ravel(array)
    )
    assert wanted <= cells


@of_each
def test_a_blank_figure_says_what_is_to_be_filled_in_and_the_keys_says_it(ex):
    for step in STEPS:
        pairs = zip(drawn(ex, step, "empty").parts, drawn(ex, step, "key").parts, strict=True)
        for line, filled in pairs:
            if isinstance(line, str):
                continue
            for figure, its_key in zip(line, filled, strict=True):
                assert ("filled in" in figure.alt) == ('class="asked"' in figure.drawing)
                assert "filled in" not in its_key.alt
                assert (figure.width, figure.height) == (its_key.width, its_key.height)


def test_a_look_up_gives_the_inputs_from_a_table_that_has_more():
    for ex in (*EXAMPLES.values(), made([[1, 1], [1, 1]], *([np.eye(2)] * 3))):
        table, ids = worksheets.table_of_words(ex.inputs)
        assert np.array_equal(table[ids], ex.inputs)
        assert len(np.unique(table, axis=0)) == len(table) == len(np.unique(ex.inputs, axis=0)) + 2


def test_how_far_printed_numbers_lead_astray():
    """A weight of 1/3 printed as .333, times 3: .999 where the key has 1."""
    a = made(np.eye(3), np.zeros((3, 1)), np.zeros((3, 1)), [[3], [0], [0]])
    off = worksheets.drift(a)
    assert off[6] == off[8] == pytest.approx(0.001)
    assert off[4] == off[7] == 0
    html = worksheets.document(a, "Variant 0", "key")
    assert html.count("an answer may be off by up to 0.001") == sum(v > 1e-9 for v in off.values())
    assert "off by" not in worksheets.document(a, "Variant 0", "empty")


def test_an_example_that_leaves_no_room_to_write_is_refused():
    a = made(np.eye(3) * 1e6, np.eye(3), np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match=r"9 mm to write each answer in: step \d is \d+ units"):
        worksheets.document(a, "Variant 0", "empty")


def test_a_print_with_too_many_pages_is_not_kept(monkeypatch, tmp_path):
    pikepdf = pytest.importorskip("pikepdf")

    def print_nine(html, path, title, **_):
        pdf = pikepdf.new()
        for _ in range(9):
            pdf.add_blank_page()
        pdf.save(path)

    monkeypatch.setattr(press, "pdf", print_nine)
    with pytest.raises(SystemExit, match=r"each of the 8 sheets must fit on one page, .* 9"):
        worksheets.make(example.worked, "The worked example", "worksheets", tmp_path)
    assert not list(tmp_path.glob("*.pdf"))


def test_a_variant_has_its_number_in_its_files_and_on_its_pages(monkeypatch):
    calls = []

    def noted(ex, which, stem, folder):
        calls.append((ex, which, stem, folder))
        return ()

    monkeypatch.setattr(worksheets, "make", noted)
    variant = SimpleNamespace(worked=WIDE)
    monkeypatch.setattr(worksheets.exercises, "variant", lambda seed: variant, raising=False)
    worksheets.main([])
    worksheets.main(["--variant", "7", "--folder", "elsewhere"])
    assert calls == [
        (example.worked, "The worked example", "worksheets", worksheets.FOLDER),
        (WIDE, "Variant 7", "worksheets-7", Path("elsewhere")),
    ]
    monkeypatch.setattr(worksheets.press, "chromium", lambda: None)
    worksheets.main(["--optional"])
    assert len(calls) == 2


def test_a_blank_that_is_neither_is_refused():
    with pytest.raises(ValueError, match='blank must be None, "empty" or "key": got True'):
        Canvas(True)


# --- print ---------------------------------------------------------------------------------------

BOXES = """() => [...document.querySelectorAll('.sheet')].map(sheet => {
    const top = sheet.getBoundingClientRect().top;
    const of = (selector, root = sheet) => [...root.querySelectorAll(selector)].map(element => {
        const {left, right, top: upper, bottom} = element.getBoundingClientRect();
        const holder = element.tagName === 'rect' ? element.parentNode : element;
        const words = holder.textContent.trim();
        return {left, right, top: upper - top, bottom: bottom - top, words};
    });
    return {
        asked: of('.asked rect, .gap'), rules: of('.asked path'), cells: of('rect.c'),
        words: of('svg text'), figures: of('main > *, .line > svg'),
        blocks: of('header, .task, .note, main > *, .check, footer'),
        text: sheet.textContent,
    };
})"""


@pytest.fixture(scope="module")
def prints():
    """Each sheet and key as a PDF, with the places of what is on it; one of them printed twice."""
    pikepdf = pytest.importorskip("pikepdf")
    path = press.chromium()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium is installed to print the worksheets with")
    assert path, "Chromium is needed to print the worksheets"
    found = {}

    def printed(tab, name, blank):
        html = worksheets.document(EXAMPLES[name], name, blank)
        raw = press.printed(tab, html, worksheets.FOLDER / "html" / f"test-{name}.html")
        pdf = press.finished(pikepdf.open(io.BytesIO(raw)), name, press.LICENCE)
        return SimpleNamespace(pdf=pdf, sheets=tab.evaluate(BOXES))

    with press.browser(path) as tab:
        for name in ("worked", "wide"):
            for blank in ("empty", "key"):
                found[name, blank] = printed(tab, name, blank)
    with press.browser(path) as tab:
        found["worked", "again"] = printed(tab, "worked", "empty")
    return found


each_print = pytest.mark.parametrize(
    "which", [("worked", "empty"), ("worked", "key"), ("wide", "empty"), ("wide", "key")]
)


def apart(one, other, by=0.0) -> bool:
    return (
        one["right"] <= other["left"] + by or other["right"] <= one["left"] + by
        or one["bottom"] <= other["top"] + by or other["bottom"] <= one["top"] + by
    )  # fmt: skip


def inside(one, other) -> bool:
    return (
        other["left"] <= one["left"] and one["right"] <= other["right"]
        and other["top"] <= one["top"] + 2 and one["bottom"] <= other["bottom"] + 2
    )  # fmt: skip


@each_print
def test_a_step_is_one_page_of_a4(prints, which):
    pdf = pytest.importorskip("pypdfium2").PdfDocument(prints[which].pdf)
    assert len(pdf) == len(STEPS)
    for step, page in zip(STEPS, pdf, strict=True):
        assert page.get_size() == pytest.approx((595.3, 841.9), abs=1)
        words = page.get_textpage().get_text_bounded()
        assert re.findall(r"Step (\d) of 8", words) == [str(step)]
        assert "CC BY 4.0" in words
        assert worksheets.built.settings()["title"] in words
        assert ("Name" in words) == (which[1] == "empty")
        assert which[0] in words


def test_a_print_is_the_same_to_the_byte_each_time(prints):
    assert prints["worked", "empty"].pdf == prints["worked", "again"].pdf
    assert prints["worked", "empty"].pdf != prints["worked", "key"].pdf


@each_print
def test_what_is_written_by_hand_has_room(prints, which):
    for page in prints[which].sheets:
        assert page["asked"]
        for box in page["asked"]:
            assert box["right"] - box["left"] >= 9 * MM
            assert box["bottom"] - box["top"] >= 7.5 * MM
        for box in page["rules"]:
            assert box["right"] - box["left"] >= 9 * MM


@each_print
def test_nothing_lies_over_anything(prints, which):
    for page in prints[which].sheets:
        for kind, by in (("words", 3.0), ("cells", 0.0), ("figures", 0.0), ("blocks", 0.5)):
            boxes = page[kind]
            if kind == "figures":  # those of one line lie in it
                boxes = [b for b in boxes if sum(inside(o, b) for o in boxes) == 1]
            if kind == "cells":  # the bar is divided by what is drawn over it
                boxes = [b for b in boxes if b["right"] - b["left"] < 80 * MM]
            for i, one in enumerate(boxes):
                for other in boxes[:i]:
                    assert apart(one, other, by), (kind, one, other)
        for text in page["words"]:
            for cell in page["cells"]:
                assert inside(text, cell) or apart(text, cell, 2.0), (text, cell)
        for block in page["blocks"]:
            assert block["left"] >= 17.9 * MM
            assert block["right"] <= (210 - 17.9) * MM
            assert block["bottom"] <= 290 * MM


@pytest.mark.parametrize("name", ["worked", "wide"])
def test_on_paper_the_places_are_empty_and_in_the_key_they_are_filled(prints, name):
    pdfium = pytest.importorskip("pypdfium2")
    for blank in ("empty", "key"):
        pdf = pdfium.PdfDocument(prints[name, blank].pdf)
        sheets = prints[name, blank].sheets
        for step, page, boxes in zip(STEPS, pdf, sheets, strict=True):
            words, height = page.get_textpage(), page.get_height()
            for box in boxes["asked"]:
                left, right, top, bottom = (
                    box[side] * 72 / 96 for side in ("left", "right", "top", "bottom")
                )
                bar = step == 5 and right - left > 200
                if bar and blank == "key":  # divided, and its pieces have their names
                    continue
                read = words.get_text_bounded(left, height - bottom, right, height - top).strip()
                assert read.strip("\u200b") == ("" if blank == "empty" else box["words"])
                assert blank == "empty" or box["words"]
