"""Numbered variants of the worked example: their properties, their exercises, their sheets."""

import hashlib
import io
import re
from dataclasses import FrozenInstanceError, replace
from importlib import import_module

import numpy as np
import pytest

from attention_core import example, exercises
from attention_core.exercises.given import BOOK, Given, attended, listed
from attention_core.exercises.variants import CHAPTERS, coincidences
from tools import notebooks, press
from tools import variants as tool

COUNT = 1000
SOME = (0, 1, 7, 12, 40, 999)


@pytest.fixture(scope="module")
def thousand():
    return [exercises.variant(seed) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def some():
    return [exercises.variant(seed) for seed in SOME]


# --- what every variant has ----------------------------------------------------------------------
#
# Each property is a function of what is given, worked out anew, and comes with something given
# that lacks it: often the book's own example, whose quirks variants must not have.


def rows_of(*arrays):
    return all(len(np.unique(array, axis=0)) == len(array) for array in arrays)


def steps_of(one):
    x, w_q, w_k, w_v = one
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    raw = q @ k.T
    powers = np.exp(raw / np.sqrt(w_k.shape[1]))
    return q, k, v, raw, powers / powers.sum(axis=1, keepdims=True)


def both(of):
    return lambda given: of(given.worked) and of(given.plane)


def small_whole_numbers(one):
    q, k, v, raw, _ = steps_of(one)
    parts = (*one, q, k, v, raw)
    return all(np.array_equal(part, part.round()) and abs(part).max() <= 15 for part in parts)


def no_ties(one):
    raw = steps_of(one)[3]
    return all(len(set(row)) == len(row) for row in raw.tolist())


def no_pair_alike(one):
    raw = steps_of(one)[3]
    return all(raw[i, j] != raw[j, i] for i in range(3) for j in range(i))


def weights_told_apart(one):
    printed = [f"{weight:.2f}" for weight in steps_of(one)[4].flat]
    return len(set(printed)) == 9 and not {"0.00", "1.00"} & set(printed)


def rows_differ(one):
    q, k, v, _, _ = steps_of(one)
    return rows_of(one.inputs, q, k, v)


def projections_differ(one):
    _, *weights = one
    return all((weights[i] != weights[j]).any() for i in range(3) for j in range(i))


def values_span_a_triangle(one):
    v = steps_of(one)[2]
    return np.linalg.matrix_rank(v[1:] - v[0]) == 2


def inputs_are_independent(given):
    return np.linalg.matrix_rank(given.worked.inputs) == 3


def not_all_favour_one_token(given):
    return len(set(steps_of(given.worked)[4].argmax(axis=1))) > 1


def values_depend_on_each_other(given):
    v = steps_of(given.worked)[2]
    pairs = [np.linalg.matrix_rank(np.delete(v, i, axis=0)) for i in range(3)]
    return np.linalg.matrix_rank(v) == 2 and pairs == [2, 2, 2]


def values_span_a_flat_triangle(given):
    flat = steps_of(given.worked)[2][:, 1:]
    return np.linalg.matrix_rank(flat[1:] - flat[0]) == 2


def one_input_lacks_the_feature(given):
    has = given.worked.inputs[:, given.entry[0]] != 0
    return has.sum() == 2 and has[given.entry[0]]


def one_key_of_zeros(given):
    weight = given.worked.key_weight
    return np.linalg.matrix_rank(weight) == 3 and np.linalg.matrix_rank(weight[[0, 2, 3]]) == 3


def plane_has_zero_and_negative_scores(given):
    raw = steps_of(given.plane)[3]
    return (raw == 0).any() and (raw < 0).any()


def second_query_of_the_plane_has_a_negative_entry(given):
    return (steps_of(given.plane)[0][1] < 0).any()


def some_points_are_possible(given):
    corners = np.vstack([steps_of(given.worked)[2][:, 1:].T, np.ones(3)])
    needed = np.linalg.solve(corners, np.vstack([given.points.T, np.ones(4)])).T
    inside = (needed > 0.05).all(axis=1)
    return 0 < inside.sum() < 4 and ((needed < -0.05).any(axis=1) | inside).all()


def wrong_axis_goes_beyond_the_values(given):
    _, _, v, raw, _ = steps_of(given.worked)
    powers = np.exp(raw / np.sqrt(3))
    return ((powers / powers.sum(axis=0) @ v)[given.column_output] > v.max(axis=0)).all()


def key_is_larger_in_a_pair(given):
    raw = steps_of(given.worked)[3][0]
    more, less = given.pair
    return 1 <= raw[more] - raw[less] <= 4 and raw[less] != 0


def a_word_comes_twice(given):
    counts = np.bincount(given.sentence, minlength=3)
    return sorted(counts) == [1, 1, 2] and (np.diff(given.sentence) != 0).all()


def sizes_differ(given):
    return len(set(given.sizes)) == 3 and given.sizes[2] != 2 * given.sizes[1]


def worked_as(**parts):
    """What the book gives, with other arrays in the worked example."""
    return replace(BOOK, worked=replace(BOOK.worked, **parts))


def planed(**parts):
    """Likewise for the plane."""
    return replace(BOOK, plane=replace(BOOK.plane, **parts))


FLAT = np.array([[1.0, 1.0], [1.0, 1.0]])
PROPERTIES = {
    both(small_whole_numbers): worked_as(inputs=example.inputs / 2),
    both(no_ties): BOOK,
    both(no_pair_alike): BOOK,
    both(weights_told_apart): BOOK,
    both(rows_differ): planed(value_weight=np.zeros((2, 2))),
    both(projections_differ): worked_as(key_weight=example.query_weight),
    both(values_span_a_triangle): planed(value_weight=FLAT),
    inputs_are_independent: BOOK,
    not_all_favour_one_token: BOOK,
    values_depend_on_each_other: worked_as(inputs=np.eye(4)[:3], value_weight=np.eye(4)[:, :3]),
    values_span_a_flat_triangle: worked_as(value_weight=np.ones((4, 3))),
    one_input_lacks_the_feature: worked_as(inputs=np.ones((3, 4))),
    one_key_of_zeros: worked_as(key_weight=np.ones((4, 3))),
    plane_has_zero_and_negative_scores: planed(query_weight=FLAT, key_weight=FLAT),
    second_query_of_the_plane_has_a_negative_entry: planed(query_weight=np.eye(2)),
    some_points_are_possible: replace(BOOK, points=np.full((4, 2), 99.0)),
    wrong_axis_goes_beyond_the_values: replace(BOOK, column_output=0),
    key_is_larger_in_a_pair: replace(BOOK, pair=(0, 1)),
    a_word_comes_twice: replace(BOOK, sentence=np.array([0, 1, 1, 2])),
    sizes_differ: replace(BOOK, sizes=(512, 64, 64)),
}
# "Small" and the like stand inside `both`: the names are those of what they wrap.
NAMES = [
    getattr(has.__closure__[0].cell_contents if has.__closure__ else has, "__name__", "")
    for has in PROPERTIES
]


@pytest.mark.parametrize(("has", "lacks"), PROPERTIES.items(), ids=NAMES)
def test_a_thousand_variants_have_each_property(thousand, has, lacks):
    assert not has(lacks), "this property can be missed"
    assert [one.seed for one in thousand if not has(one.given)] == []


def fingerprint(given: Given) -> str:
    """All that is given, in short."""
    parts = [*given.worked, *given.plane, given.table, given.sentence, given.bias]
    parts += [given.fourth_input, given.mixture, given.points, given.listener]
    rest = (given.words, given.sizes, given.entry, given.change, given.pair, given.copied)
    text = f"{[listed(part) for part in parts]} {rest} {given.shapes} {given.column_output}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def test_no_two_of_a_thousand_are_the_same(thousand):
    assert len({str([listed(part) for part in one.worked]) for one in thousand}) == COUNT
    assert len({fingerprint(one.given) for one in thousand}) == COUNT


def test_no_two_answers_of_a_variant_are_alike(thousand):
    found = {
        one.seed: [
            (exercise.id, pairs) for exercise in one.exercises if (pairs := coincidences(exercise))
        ]
        for one in thousand[::50]
    }
    assert not any(found.values()), found
    # The book's own example would not do everywhere: nothing changes when it is swapped.
    made = import_module("attention_core.exercises.chapter08").exercises(
        replace(BOOK, plane=BOOK.worked)
    )
    assert ("right", "not swapped") in coincidences(made[1])


def test_the_next_student_has_other_answers(thousand):
    """What one student says is of little use to the next."""
    for place, exercise in enumerate(thousand[0].exercises):
        answers = [tool.written(tool.asked(one.exercises[place])) for one in thousand[:40]]
        # A ratio is one of four, as raw scores are whole numbers.
        assert len(set(answers)) >= (4 if exercise.id == "05.1" else 6), (exercise.id, answers)


# --- seeds ---------------------------------------------------------------------------------------

STORED = {0: "560f32cc43dd", 7: "5d78b6df39e0", 999: "d8ac46a4a52d", 10**30: "85a6ef8827be"}


@pytest.mark.parametrize("seed", STORED)
def test_a_seed_means_the_same_for_ever(seed):
    assert fingerprint(exercises.variant(seed).given) == STORED[seed]


@pytest.mark.parametrize("seed", [7, np.int64(7), np.uint8(7)])
def test_whole_numbers_are_seeds(seed):
    one = exercises.variant(seed)
    assert one.seed == 7
    assert type(one.seed) is int
    assert fingerprint(one.given) == STORED[7]


@pytest.mark.parametrize("seed", [True, np.False_, 7.0, "7", None, [7]])
def test_what_is_no_number_is_no_seed(seed):
    with pytest.raises(
        TypeError, match=r"seed must be a whole number, 0 or larger.*got " + re.escape(repr(seed))
    ):
        exercises.variant(seed)


def test_a_seed_is_not_negative():
    with pytest.raises(ValueError, match=r"seed must be a whole number, 0 or larger.*got -1"):
        exercises.variant(-1)


@pytest.mark.parametrize("part", ["_scored", "_mixed", "_completed"])
def test_a_search_that_finds_nothing_ends(monkeypatch, part):
    module = import_module("attention_core.exercises.variants")
    nothing = {
        "_scored": lambda draws: ([], [], []),
        "_mixed": lambda *rest: [],
        "_completed": lambda *rest: None,
    }
    monkeypatch.setattr(module, "TRIES", 2)
    monkeypatch.setattr(module, part, nothing[part])
    with pytest.raises(RuntimeError, match="found in 2 tries; take another seed"):
        exercises.variant(0)


def test_a_variant_is_frozen(some):
    one = some[0]
    with pytest.raises(FrozenInstanceError):
        one.seed = 3
    arrays = [*one.worked, *one.plane, one.given.table, one.given.points, one.given.listener]
    assert not any(array.flags.writeable for array in arrays)


def test_it_has_the_shapes_of_the_book(some):
    for one in some:
        for made, books in ((one.worked, example.worked), (one.plane, example.plane)):
            assert [part.shape for part in made] == [part.shape for part in books]
            assert made.tokens == books.tokens
            assert made.memory is made.inputs


def test_it_says_what_it_is(some):
    assert repr(some[2]).startswith("Variant 7\nExample of x₁, x₂, x₃\ninputs (3, 4)\n")


# --- its exercises -------------------------------------------------------------------------------


def test_check_and_hint_are_those_of_the_variant(some, capsys):
    one = some[2]
    answer = attended(one.plane).queries[1]
    one.check("03.1", answer)
    exercises.check("03.1", answer)
    one.check("03.1", attended(example.plane).queries[1])
    one.check("03.1", ...)
    one.hint("03.1", 2)
    one.check("09.1", 1)
    one.hint("03.9")
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said[:3]] == ["Right.", "Not", "Not"]
    assert said[3] == "03.1: not answered yet."
    assert said[4].startswith("Hint 2 of 3: Lay the input")
    assert said[5] == "There are no exercises for chapter 09."
    assert said[6] == "There is no exercise 03.9; chapter 03 has 03.1, 03.2 and 03.3."


def texts_of(exercise):
    return [
        exercise.title,
        exercise.question,
        exercise.text,
        exercise.cell,
        exercise.shown,
        exercise.by_hand,
        exercise.right,
        *exercise.hints,
        *(diagnosis.message for diagnosis in exercise.diagnoses),
    ]


# What is true of the book's pages and example, and not of a variant.
BOOKISH = re.compile(
    r"of this chapter|picture above|example\.(plane|worked)|the library has|in the example called"
    r"|value 3 is made|still symmetric|the accident|the old raw scores, or",
    re.I,
)


def test_nothing_is_said_of_a_variant_that_is_true_of_the_book_alone(some):
    found = {
        exercise.id
        for chapter in CHAPTERS
        for exercise in import_module(f"attention_core.exercises.chapter{chapter}").EXERCISES
        if any(map(BOOKISH.search, texts_of(exercise)))
    }
    assert found >= {"01.1", "03.1", "04.2", "07.1", "07.2", "07.3", "08.2"}
    for one in some:
        for exercise in one.exercises:
            assert not [text for text in texts_of(exercise) if BOOKISH.search(text)], exercise.id


def test_tokens_1_and_2_come_out_alike_for_some_and_not_for_others(thousand):
    said = [one.exercises[9].expected()[1] for one in thousand[:60]]
    assert thousand[0].exercises[9].id == "04.2"
    assert 10 < sum(said) < 50


def chapter_cells(chapter):
    path = next((notebooks.ROOT / "chapters").glob(f"{chapter}-*.ipynb"))
    return notebooks.read(path).cells


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapters_ask_what_their_exercises_say(chapter):
    """The questions of the sheets are those of the chapters, word for word, the cells too."""
    cells = chapter_cells(chapter)
    for exercise in import_module(f"attention_core.exercises.chapter{chapter}").EXERCISES:
        last = f'check("{exercise.id}", {exercise.answer})'
        place = [i for i, cell in enumerate(cells) if cell.source == f"{exercise.cell}\n{last}"]
        assert len(place) == 1, f"no cell of the chapter is {exercise.cell!r} and {last!r}"
        said = cells[place[0] - 1].source
        assert said.endswith(f"### {exercise.title}\n\n{exercise.text}"), exercise.id


# --- sheets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "seeds"),
    [
        (["7"], [7]),
        (["1..4"], [1, 2, 3, 4]),
        (["9", "1", "5"], [1, 5, 9]),
        (["9 1,5"], [1, 5, 9]),
        (["3..4", "1", "4"], [1, 3, 4]),
    ],
)
def test_seeds_are_read(words, seeds):
    assert tool.seeds_of(words) == seeds


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "SEEDS are missing"),
        (["-1"], "got '-1'"),
        (["1...4"], "got '1...4'"),
        (["4..1"], "go upwards"),
        (["1..9999999999"], "at most"),
        (["x"], "got 'x'"),
    ],
)
def test_what_are_no_seeds_is_said(words, said):
    with pytest.raises(SystemExit, match=re.escape(said)):
        tool.seeds_of(words)


def test_questions_become_html():
    assert tool.prose(r"Find $\textcolor{#D55E00}{W_q}$ & `a < b` for *river* in $P$.") == (
        'Find <i class="query">W<sub>q</sub></i> &amp; <code>a &lt; b</code> for <em>river</em> in '
        "<i>P</i>."
    )
    with pytest.raises(ValueError, match="can't print yet"):
        tool.prose(r"$\frac{1}{2}$")


def test_a_sheet_asks_everything_and_answers_nothing(some):
    for one in some:
        text = re.sub(r"<[^>]+>", "", tool.sheet(one))
        for exercise in one.exercises:
            assert exercise.title in text
            assert exercise.id in text
        assert "in the cell" not in text
        assert f"Variant {one.seed}" in text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (np.array([[1.0, 0.5], [-2, 1 / 3]]), "1, 0.50 | −2, 0.33"),
        ((np.array([2.0, 8]), False), "2, 8; F"),
        (np.array([[True, False]]), "T, F"),
        (("wrong", "error"), "wrong, error"),
        (((512, 64), (512, 96)), "512, 64; 512, 96"),
        (3.1731, "3.17"),
    ],
)
def test_answers_are_written_in_a_line(answer, said):
    assert tool.written(answer) == said


def test_the_key_holds_every_answer_and_all_that_leads_to_it(some):
    one = some[2]
    book = tool.key_notebook(some)
    page = next(cell.source for cell in book.cells if cell.source.startswith("## Variant 7\n"))
    for exercise in one.exercises:
        assert f"| {exercise.id} | {exercise.title} | " in page
    for array in vars(attended(one.worked)).values():
        if array.shape == (3, 3):
            wanted = tool.written(array).replace("|", "\\|")
            assert wanted in page or array is attended(one.worked).scores
    html = tool.key_of(one)
    assert all(tool.written(tool.asked(exercise)) in html for exercise in one.exercises)


def test_a_student_notebook_runs_from_a_clean_kernel_and_waits_for_answers(some):
    from nbclient import NotebookClient

    notebooks.set_environment()
    book = tool.notebook(some[2])
    assert [cell.source for cell in book.cells].count("") == 0
    seeded = [cell.source for cell in book.cells if "variant(7)" in cell.source]
    assert len(seeded) == 1
    assert not any(cell.get("outputs") for cell in book.cells)
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    said = [
        output.text.strip()
        for cell in notebooks.normalise(book).cells
        if cell.source.startswith("mine.check(")
        for output in cell.outputs
    ]
    assert said == [f"{exercise.id}: not answered yet." for exercise in some[2].exercises]


@pytest.mark.skipif(press.chromium() is None, reason="needs Chromium")
def test_a_sheet_has_two_pages_and_prints_the_same_again(some, tmp_path, monkeypatch):
    import pypdfium2

    first = [
        path.read_bytes() for path in tool.printed([some[2]], tmp_path / "a", press.chromium())
    ]
    sheet, key = (pypdfium2.PdfDocument(io.BytesIO(data)) for data in first)
    assert (len(sheet), len(key)) == (2, 1)
    text = "".join(sheet[i].get_textpage().get_text_range() for i in range(2))
    for exercise in some[2].exercises:
        assert exercise.title in text.replace("\r\n", " ")
    again = [
        path.read_bytes() for path in tool.printed([some[2]], tmp_path / "b", press.chromium())
    ]
    assert again == first
    monkeypatch.setattr(
        tool, "document", lambda *parts, made=tool.document: made(*parts).replace("8.8pt", "12pt")
    )
    with pytest.raises(SystemExit, match=r"variant-07\.pdf has no room for"):
        tool.printed([some[2]], tmp_path / "c", press.chromium())
