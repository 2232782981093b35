"""The pictures again: each number in its own place, each name beside what it names."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import SelfAttention, example, illustrate, softmax
from attention_core._format import number
from attention_core.illustrate import Arrow, Line, Point, palette
from tests.test_illustrate import GALLERY, PLANE, RECTANGLE, SVG, TRACES, WORKED, X, words

UNIT = np.abs(X) / np.abs(X).sum(axis=1, keepdims=True)
RAW = X @ X[0]
TRACED = pytest.mark.parametrize("steps", TRACES.values(), ids=TRACES)


def groups(figure, role):
    """The vectors that are drawn in a role's colour, in order."""
    root = ElementTree.fromstring(figure.svg)
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == f"n {role}"]


def cells(figure, role):
    """Their numbers, as they are printed."""
    return [["".join(t.itertext()) for t in g.iter(f"{SVG}text")] for g in groups(figure, role)]


def faint(figure, role):
    """Which of their cells are faint."""
    return [
        [cell.tag == f"{SVG}g" for cell in g if cell.tag != f"{SVG}text"]
        for g in groups(figure, role)
    ]


def depths(figure, role):
    """How deep each of their cells is tinted; None where it is not a weight."""
    return [
        [
            float(style.removeprefix("fill-opacity:")) if (style := r.get("style")) else None
            for r in g.iter(f"{SVG}rect")
        ]
        for g in groups(figure, role)
    ]


def notes(figure):
    """The texts that are not in a cell, in order."""
    root = ElementTree.fromstring(figure.svg)
    inside = {t for g in root.iter(f"{SVG}g") for t in g.iter(f"{SVG}text")}
    return ["".join(t.itertext()) for t in root.iter(f"{SVG}text") if t not in inside]


def printed(*vectors):
    return [[number(value) for value in np.ravel(vector)] for vector in vectors]


def singles(vector):
    return [[value] for value in vector]


def tinted(weights):
    """The depths that weights have: deeper for a larger one, the same for the same."""
    return [[pytest.approx(0.06 + 0.5 * weight, abs=6e-4) for weight in row] for row in weights]


# --- pictures of cells -------------------------------------------------------------------------

CELLS = {
    "vectors": {"input": [*X]},
    "lookup": {"input": [*X, X[0], X[2]]},
    "matrix": {"key": [*X]},
    "matrices": {"key": [*X], "value": [*X + 1]},
    "product": {"query": [*X], "key": [*X.T], "score": [*X @ X.T]},
    "projections": {"input": [X[0]], "query": [*X, X[0] @ X]},
    "dot_products": {"query": [X[0]], "key": [*X], "score": [*singles(RAW), RAW, RAW / 3**0.5]},
    "softmax_steps": {
        "score": [X[0], X[0] - 1, np.exp(X[0] - 1), np.exp(X[0]) / np.exp(X[0]).sum()]
    },
    "weighted_values": {
        "score": singles(UNIT[0]),
        "value": [v for i in range(3) for v in (X[i], UNIT[0, i] * X[i])],
        "output": [UNIT[0] @ X],
    },
    "weighted_sum": {"value": [*X], "output": [X.sum(axis=0)]},
    "heatmap": {"score": [*UNIT]},
}
N, Y = False, True
FAINT = {
    "lookup": {"input": [[N] * 3, [Y] * 3, [N] * 3, [N] * 3, [N] * 3]},
    "product": {
        "query": [[N] * 3, [Y] * 3, [Y] * 3],
        "key": [[Y, N, Y]] * 3,
        "score": [[Y, N, Y], [Y] * 3, [Y] * 3],
    },
    "projections": {"input": [[N, Y, N]], "query": [[N] * 3, [Y] * 3, [N] * 3, [N] * 3]},
    "dot_products": {
        "query": [[N, Y, N]],
        "key": [[N, Y, N]] * 3,
        "score": [*[[N]] * 3, [N] * 3, [N] * 3],
    },
    # The second weight is 0: its value, whatever it is, becomes nothing.
    "weighted_values": {"value": [[N, Y, N], [N, Y, N], [N] * 3, [Y] * 3, [N] * 3, [N] * 3]},
    "weighted_sum": {"value": [[N, Y, N], [N] * 3, [N] * 3]},
}
NOTES = {
    "vectors": "a|x1|b|x2|c|x3",
    "lookup": "the table: a row for each word|0|a|1|b|2|c|"
    "the text, looked up word by word|a|x1|c|x2",
    "matrix": "K|3 × 3",
    "matrices": "Wk|3 × 3|Wv|3 × 3",
    "product": "Q|K|S|1·0.25 + 0·4 + (−2.50)·1 = −2.25",
    "projections": "x1|·|·|·|Wq|q1",
    "dot_products": "q1 asks|k1|1·1 + 0·0 + (−2.50)·(−2.50)|=|k2|1·0.25 + 0·4 + (−2.50)·1|=|"
    "k3|1·3 + 0·(−1) + (−2.50)·0.50|=|raw|s1|÷ √3 = 1.73",
    "softmax_steps": "k1|k2|k3|score|less the largest|e to that power|Σ 1.40|share: weight|Σ 1|"
    "a11|a12",
    "weighted_values": "weight|value|weighted value|a11|·|=|a12|·|=|a13|·|=|z1",
    "weighted_sum": "v1|a11|v2|a12|v3|a13|+|z1|1 + 0.25 + 3 = 4.25|0 + 4 + (−1) = 3|"
    "(−2.50) + 1 + 0.50 = −1",
    "heatmap": "q1|Σ 1|q2|Σ 1|q3|Σ 1|k1|k2|k3|keys (attended to)|queries",
}
PRINTED = " Printed to 2 decimals, computed in full."
CAPTIONS = {
    "vectors": "3 vectors of 3 entries, one a row.",
    "lookup": "A look-up copies a row. The same word always gets the same vector.",
    "matrix": "Rows by columns: K is 3 × 3.",
    "matrices": "Rows by columns: W_k is 3 × 3 and W_v is 3 × 3.",
    "product": "Row 1 of Q meets column 2 of K, and their dot product stands where they cross.",
    "projections": "Each entry of x₁ multiplies the row beside it; then each column is added up. "
    "What remains is 1 times row 1 and −2.50 times row 3.",
    "dot_products": "Key 1 has the highest raw score, 7.25." + PRINTED,
    "softmax_steps": "The weights 0.72, 0.26 and 0.02 are shares of one whole: the bar." + PRINTED,
    "weighted_values": "Added up column by column, the weighted values are output 1: "
    "(2.43, −0.71, −0.36)." + PRINTED,
    "weighted_sum": "Add down each column: the numbers below the rule are output 1." + PRINTED,
    "heatmap": "Read along a row: what one query gives to each key. Rows sum to one, columns need "
    "not. The largest weight, 0.76, goes from q₂ to k₂." + PRINTED,
}
MATRIX = "has 3 rows and 3 columns: (1, 0, −2.50); (0.25, 4, 1); (3, −1, 0.50)."
ALTS = {
    "vectors": "Input 1 (a) is (1, 0, −2.50). Input 2 (b) is (0.25, 4, 1). "
    "Input 3 (c) is (3, −1, 0.50).",
    "lookup": "A table: row 0, a, is (1, 0, −2.50); row 1, b, is (0.25, 4, 1); "
    "row 2, c, is (3, −1, 0.50). Looked up: a, row 0, is x₁; c, row 2, is x₂. "
    "Not asked for, and faint: b.",
    "matrix": f"K {MATRIX}",
    "matrices": f"W k {MATRIX} W v has 3 rows and 3 columns: (2, 1, −1.50); (1.25, 5, 2); "
    "(4, 0, 1.50).",
    "product": f"Q {MATRIX} K has 3 rows and 3 columns: (1, 0.25, 3); (0, 4, −1); "
    "(−2.50, 1, 0.50). S has 3 rows and 3 columns: (7.25, −2.25, 1.75); (−2.25, 17.06, −2.75); "
    "(1.75, −2.75, 10.25). Row 1 meets column 2: 1·0.25 + 0·4 + (−2.50)·1 = −2.25.",
    "projections": f"x₁ is (1, 0, −2.50). W q {MATRIX} Their product is q₁ = (−6.50, 2.50, −3.75).",
    "dot_products": "Query 1 is (1, 0, −2.50). With key 1, (1, 0, −2.50), its dot product is "
    "1·1 + 0·0 + (−2.50)·(−2.50) = 7.25. With key 2, (0.25, 4, 1), its dot product is "
    "1·0.25 + 0·4 + (−2.50)·1 = −2.25. With key 3, (3, −1, 0.50), its dot product is "
    "1·3 + 0·(−1) + (−2.50)·0.50 = 1.75. Divided by √3, the scores are 4.19, −1.30 and 1.01.",
    "softmax_steps": "The scores of query 1 are 1, 0 and −2.50. Less the largest they are "
    "0, −1 and −3.50; e to that power gives 1, 0.37 and 0.03, together 1.40. "
    "Divided by that sum, the weights are 0.72, 0.26 and 0.02.",
    "weighted_values": "Weight 0.29 times value 1, (1, 0, −2.50), is (0.29, 0, −0.71). "
    "Weight 0 times value 2, (0.25, 4, 1), is (0, 0, 0). "
    "Weight 0.71 times value 3, (3, −1, 0.50), is (2.14, −0.71, 0.36). "
    "Added up, output 1 is (2.43, −0.71, −0.36).",
    "weighted_sum": "Weighted value 1 is (1, 0, −2.50). Weighted value 2 is (0.25, 4, 1). "
    "Weighted value 3 is (3, −1, 0.50). Column by column: 1 + 0.25 + 3 = 4.25; "
    "0 + 4 + (−1) = 3; (−2.50) + 1 + 0.50 = −1. Output 1 is (4.25, 3, −1).",
    "heatmap": "q₁ attends to k₁ with 0.29, k₂ with 0 and k₃ with 0.71. "
    "q₂ attends to k₁ with 0.05, k₂ with 0.76 and k₃ with 0.19. "
    "q₃ attends to k₁ with 0.67, k₂ with 0.22 and k₃ with 0.11.",
    "plane": "A plane with axes entry 1 and entry 2. q is an arrow to (1, 0). "
    "v is a point at (0.25, 4). A dotted line marks level. "
    "A tinted area has the corners (1, 0), (0.25, 4), (3, −1).",
    "plot": "A plot of y against x. one goes from 1 at 0 through 0 at 1 to −2.50 at 2. "
    "two goes from 0.25 at 0 through 4 at 1 to 1 at 2.",
}


@pytest.mark.parametrize("kind", CELLS)
def test_each_number_is_drawn_in_its_place_and_in_its_colour(kind):
    for role in illustrate.ROLES:
        wanted = printed(*CELLS[kind].get(role, []))
        assert cells(GALLERY[kind], role) == wanted, role


@pytest.mark.parametrize("kind", CELLS)
def test_faint_is_what_adds_nothing_or_is_not_looked_at(kind):
    for role, vectors in CELLS[kind].items():
        lit = [[False] * len(vector) for vector in vectors]
        assert faint(GALLERY[kind], role) == FAINT.get(kind, {}).get(role, lit), role


@pytest.mark.parametrize("kind", NOTES)
def test_names_and_signs_stand_where_they_belong(kind):
    assert notes(GALLERY[kind]) == NOTES[kind].split("|")


@pytest.mark.parametrize("kind", CAPTIONS)
def test_the_caption_says_what_there_is_to_notice(kind):
    assert GALLERY[kind].caption == CAPTIONS[kind]


@pytest.mark.parametrize("kind", ALTS)
def test_the_text_alternative_tells_every_number(kind):
    assert GALLERY[kind].alt == ALTS[kind]


@pytest.mark.parametrize("kind", CELLS)
def test_no_cell_is_cut_off(kind):
    figure = GALLERY[kind]
    for rect in ElementTree.fromstring(figure.svg).iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and x + width <= figure.width - 1
        assert y >= 0 and y + height <= figure.height - 1


@pytest.mark.parametrize("kind", ["heatmap", "weighted_values", "softmax_steps"])
def test_each_weight_is_as_deep_as_it_is_large(kind):
    found = depths(GALLERY[kind], "score")
    if kind == "softmax_steps":
        assert found[:3] == [[None] * 3] * 3
        found = found[3:]
    weights = {
        "heatmap": UNIT,
        "weighted_values": singles(UNIT[0]),
        "softmax_steps": [softmax(X[0])],
    }
    assert found == tinted(weights[kind])


def test_the_bar_is_cut_into_the_shares():
    root = ElementTree.fromstring(GALLERY["softmax_steps"].svg)
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "bar"]
    widths = np.array([float(bar.get("width")) for bar in bars])
    assert np.allclose(widths / widths.sum(), softmax(X[0]), atol=1e-3)
    deep = [float(bar.get("style").removeprefix("fill-opacity:")) for bar in bars]
    assert deep == pytest.approx(0.25 + 0.5 * softmax(X[0]), abs=1e-3)


SAY = {
    "vectors": lambda **say: illustrate.vectors(X, "input", **say),
    "lookup": lambda **say: illustrate.lookup(X, [0], ["a", "b", "c"], **say),
    "matrices": lambda **say: illustrate.matrices([("K", X, "key")], **say),
    "matrix": lambda **say: illustrate.matrix(X, "key", "K", **say),
    "product": lambda **say: illustrate.product(
        X, X, names=("Q", "K", "S"), roles=("query", "key", "score"), **say
    ),
    "projections": lambda **say: illustrate.projections(X[0], [("W_q", X, "query")], **say),
    "dot_products": lambda **say: illustrate.dot_products(X[0], X, **say),
    "softmax_steps": lambda **say: illustrate.softmax_steps(X[0], **say),
    "weighted_values": lambda **say: illustrate.weighted_values(UNIT[0], X, **say),
    "weighted_sum": lambda **say: illustrate.weighted_sum(X, **say),
    "heatmap": lambda **say: illustrate.heatmap(UNIT, **say),
    "plane": lambda **say: illustrate.plane(Point("v", (1, 2), "value"), **say),
    "plot": lambda **say: illustrate.plot([1, 2], {"a": [1, 2]}, axes=("x", "y"), **say),
    "company": lambda **say: illustrate.company(
        example.bank("river"), example.bank("money"), **say
    ),
    "overview": lambda **say: illustrate.overview(WORKED, **say),
}


@pytest.mark.parametrize("kind", SAY)
def test_the_callers_own_words_come_first(kind):
    figure = SAY[kind](caption='Keys < "queries" & more.', alt='A "word" < & one.')
    assert figure.caption == 'Keys < "queries" & more.'
    assert figure.alt == 'A "word" < & one.'
    root = ElementTree.fromstring(figure.html)
    assert root.find("figcaption").text == figure.caption
    assert root.find(f".//{SVG}svg").get("aria-label") == figure.alt


@pytest.mark.parametrize(
    "draw",
    [
        lambda **say: illustrate.vectors([[1 / 3]], "input", **say),
        lambda **say: illustrate.lookup([[1 / 3]], [0], ["a"], **say),
        lambda **say: illustrate.matrix([[1 / 3]], "key", "K", **say),
        lambda **say: illustrate.product(
            [[1 / 3]], [[1]], names=("A", "B", "C"), roles=("query", "key", "score"), **say
        ),
        lambda **say: illustrate.projections([1], [("W_q", [[1 / 3]], "query")], **say),
        lambda **say: illustrate.dot_products([1], [[1 / 3]], **say),
        lambda **say: illustrate.softmax_steps([0, 0, 0], **say),
        lambda **say: illustrate.weighted_values([1], [[1 / 3]], **say),
        lambda **say: illustrate.weighted_sum([[1 / 3]], **say),
        lambda **say: illustrate.heatmap([[1 / 3, 2 / 3]], **say),
    ],
)
def test_the_caller_chooses_the_decimals(draw):
    figure = draw(decimals=4)
    assert "0.3333" in words(figure)
    assert "0.3333" in figure.alt and "0.33 " not in f"{figure.alt} {figure.caption} "


def test_labels_letters_and_the_first_index_are_the_callers():
    figure = illustrate.vectors(X[:2], "key", labels=["<i>", "&"], letter="m", first=4)
    assert notes(figure) == ["<i>", "m4", "&", "m5"]
    assert figure.alt == "Key 4 (<i>) is (1, 0, −2.50). Key 5 (&) is (0.25, 4, 1)."


def test_a_matrix_that_is_not_square_has_rows_and_columns():
    figure = illustrate.matrices([("W_k", X[:2], "key"), ("V", X[:, :1], "value")])
    assert notes(figure) == ["Wk", "2 × 3", "V", "3 × 1"]
    assert figure.caption == "Rows by columns: W_k is 2 × 3 and V is 3 × 1."
    assert figure.alt.startswith("W k has 2 rows and 3 columns: (1, 0, −2.50); (0.25, 4, 1). V")


def test_a_product_that_is_not_symmetric_brings_out_its_row_and_its_column():
    figure = illustrate.product(
        X[:2], X, names=("A", "B", "C"), roles=("query", "key", "score"), entry=(0, 1)
    )
    assert cells(figure, "score") == printed(*X[:2] @ X)
    assert faint(figure, "query") == [[False] * 3, [True] * 3]
    assert faint(figure, "key") == [[True, False, True]] * 3
    assert faint(figure, "score") == [[True, False, True], [True] * 3]
    said = "Row 1 meets column 2: 1·0 + 0·4 + (−2.50)·(−1) = 2.50."
    assert figure.alt.endswith(said)
    assert figure.caption.startswith("Row 1 of A meets column 2 of B, ")
    assert notes(figure) == ["A", "B", "C", said[len("Row 1 meets column 2: ") : -1]]


def test_an_index_is_said_and_drawn():
    drawn = {
        "s2": illustrate.dot_products(X[1], X, index=2),
        "a21": illustrate.softmax_steps([9, 0, 0], index=2),
        "a22": illustrate.weighted_values(UNIT[1], X, index=2),
        "a23": illustrate.weighted_sum(X, index=2),
        "k2": illustrate.projections(X[1], [("W_k", X, "key")], index=2),
    }
    for label, figure in drawn.items():
        assert label in notes(figure)
    assert "q2 asks" in notes(drawn["s2"])
    assert "x2" in notes(drawn["k2"]) and "k₂ = " in drawn["k2"].alt
    assert drawn["a23"].alt.endswith("Output 2 is (4.25, 3, −1).")


def test_what_is_not_asked_for_is_not_drawn():
    raw = illustrate.dot_products(X[0], X, scaled=False)
    assert cells(raw, "score") == printed(*singles(RAW))
    assert "√" not in raw.alt + "".join(notes(raw))
    apart = illustrate.weighted_values(UNIT[0], X)
    assert cells(apart, "output") == [] and "Added up" not in apart.alt
    whole = illustrate.product(X, X, names=("A", "B", "C"), roles=("query", "key", "score"))
    assert notes(whole) == ["A", "B", "C"]
    assert not any(map(any, faint(whole, "score")))


def test_the_largest_is_named():
    tie = illustrate.dot_products([1, 0], [[2, 9], [1, 5], [2, 3]])
    assert tie.caption.startswith("Keys 1 and 3 have the highest raw score, 2.")


def test_a_root_is_that_of_the_size_of_a_key():
    figure = illustrate.dot_products([1, 1, 1, 1], [[1, 1, 1, 1], [2, 2, 2, 2]])
    assert notes(figure)[-1] == "÷ √4 = 2"
    assert cells(figure, "score")[-1] == ["2", "4"]
    assert "S = Q Kᵀ ÷ √2" in notes(illustrate.overview(RECTANGLE))


def test_a_heatmap_names_queries_down_the_side_and_keys_along_the_bottom():
    figure = illustrate.heatmap([[0.25, 0.75]], queries=["asker"], keys=["near", "far"])
    assert notes(figure) == ["asker", "Σ 1", "near", "far", "keys (attended to)", "queries"]
    assert figure.alt == "asker attends to near with 0.25 and far with 0.75."
    assert "The largest weight, 0.75, goes from asker to far." in figure.caption
    two = illustrate.heatmap(UNIT[:2], queries=["first", "second"])
    assert notes(two)[:3] == ["first", "Σ 1", "second"]


# --- frames and the overview -------------------------------------------------------------------


@TRACED
def test_the_overview_puts_every_matrix_under_its_own_name(steps):
    figure = illustrate.overview(steps)
    whole = steps[-1]
    inputs = [record.result["input"] for record in steps if record.number == 1]
    scores, weights = whole.result["scores"], whole.result["weights"]
    assert cells(figure, "input") == printed(*inputs)
    for role, name in (("query", "queries"), ("key", "keys"), ("value", "values")):
        assert cells(figure, role) == printed(*whole.operands[name])
    assert cells(figure, "score") == printed(*scores, *weights)
    assert cells(figure, "output") == printed(*whole.result["outputs"])
    assert depths(figure, "score")[len(scores) :] == tinted(weights)
    root = whole.operands["queries"].shape[1]
    assert notes(figure) == [
        "X", "Q", "K", "V", f"S = Q Kᵀ ÷ √{root}", "A = softmax(S)", "Z = A V", "Wq", "Wk", "Wv"
    ]  # fmt: skip
    assert f"Output 1 takes {number(weights[0, 0])} of value 1" in figure.caption
    sentences = re.findall(r"(Query|Key|Value|Output) (\d) is (\([^)]*\))", figure.alt)
    for name, rows in (
        *(("Query", whole.operands["queries"]), ("Key", whole.operands["keys"])),
        *(("Value", whole.operands["values"]), ("Output", whole.result["outputs"])),
    ):
        said = [text for kind, _, text in sentences if kind == name]
        assert said == [f"({', '.join(row)})" for row in printed(*rows)]


@TRACED
def test_a_frame_says_where_it_stands_among_the_eight(steps):
    for record in steps:
        root = ElementTree.fromstring(illustrate.step(record).svg)
        kinds = [rect.get("class") for rect in root.iter(f"{SVG}rect")]
        n = record.number
        assert [k for k in kinds if k in ("past", "on", "off")] == (
            ["past"] * (n - 1) + ["on"] + ["off"] * (8 - n)
        )


@TRACED
def test_a_frame_counts_its_token_from_one(steps):
    label = {1: "x{}", 3: "q{}", 4: "q{} asks", 6: "a{}1", 7: "z{}"}
    for record in steps:
        if record.number in label:
            assert label[record.number].format(record.token + 1) in notes(illustrate.step(record))


@TRACED
def test_frames_of_matrices_show_each_under_its_name(steps):
    second = next(record for record in steps if record.number == 2)
    first = next(record for record in steps if record.number == 3)
    for role in ("key", "query", "value"):
        matrix = second.result[f"{role}_weight"]
        assert cells(illustrate.step(second), role) == printed(*matrix)
        assert cells(illustrate.step(first), role) == printed(*matrix, first.result[role])
    assert [t for t in notes(illustrate.step(second)) if t[0] == "W"] == ["Wk", "Wq", "Wv"]


@pytest.mark.parametrize("record", PLANE, ids=lambda record: f"{record.number}-{record.token}")
def test_a_frame_takes_the_callers_caption_and_decimals(record):
    assert illustrate.step(record, caption="Mine.").caption == "Mine."
    drawn = words(illustrate.step(record, decimals=4))
    for value in (v for array in record.result.values() for v in np.ravel(array)):
        if record.number != 8:
            assert number(value, 4) in drawn


# --- one word in two companies -----------------------------------------------------------------


def test_a_company_shows_the_last_words_weights_values_and_output():
    banks = [example.bank("river"), example.bank("money")]
    figure = illustrate.company(*banks)
    attended = [
        SelfAttention(b.query_weight, b.key_weight, b.value_weight)(b.inputs) for b in banks
    ]
    assert cells(figure, "input") == printed(banks[0].inputs[-1])
    assert cells(figure, "score") == printed(*[w for a in attended for w in a.weights[-1]])
    assert depths(figure, "score") == tinted([[w] for a in attended for w in a.weights[-1]])
    assert cells(figure, "value") == printed(*[v for a in attended for v in a.value])
    assert cells(figure, "output") == printed(*[a.output[-1] for a in attended])
    phrases = [" ".join(bank.tokens) for bank in banks]
    assert [text for text in notes(figure) if " " in text] == phrases
    said = [f"({', '.join(row)})" for row in printed(*[a.output[-1] for a in attended])]
    told = figure.caption.replace("\u00a0", " ")
    for phrase, output in zip(phrases, said, strict=True):
        assert f"{output} in “{phrase}”" in told
        assert re.search(rf"In “{phrase}” its output is [^“]*: {re.escape(output)}\.", figure.alt)


def test_a_company_is_of_one_word_with_one_input():
    river, money = example.bank("river"), example.bank("money")
    other = replace(money, inputs=money.inputs + 1)
    with pytest.raises(ValueError, match="must end in the same word with the same input"):
        illustrate.company(river, other)


# --- pictures with axes ------------------------------------------------------------------------


def paths(figure):
    """(points, style) of every path of a plot."""
    found = []
    for path in ElementTree.fromstring(figure.svg).iter(f"{SVG}path"):
        pairs = re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d"))
        style = dict(part.split(": ") for part in (path.get("style") or "").split("; ") if part)
        found.append(([(float(x), float(y)) for x, y in pairs], style))
    return found


def placed(figure):
    """Where the plane's ticks put a pair of numbers, as a function."""
    at = {}
    for text in ElementTree.fromstring(figure.svg).iter(f"{SVG}text"):
        if "font-size: 11px" in text.get("style"):
            side = "x" if "middle" in text.get("style") else "y"
            value = int("".join(text.itertext()).replace("−", "-"))
            at.setdefault(side, {})[value] = float(text.get(side))
    (x0, x1), (y0, y1) = (sorted(at[side])[:: len(at[side]) - 1] for side in "xy")
    right = (at["x"][x1] - at["x"][x0]) / (x1 - x0)
    down = (at["y"][y1] - at["y"][y0]) / (y1 - y0)
    lift = 2.86  # a number's baseline lies below its middle
    return lambda x, y: (at["x"][x0] + (x - x0) * right, at["y"][y0] - lift + (y - y0) * down)


PLACED = illustrate.plane(
    Arrow("q", (2, 1), "query"),
    Point("v", (1, -3), "value"),
    Line("level", (1, 2), 1),
    triangle=[[0, 0], [1, 0], [0, 2]],
    axes=("one", "two"),
    caption="A caption.",
)


def test_a_plane_puts_each_thing_where_its_axes_say():
    where = placed(PLACED)
    (arrow,) = [p for p, s in paths(PLACED) if s.get("stroke") == "var(--query-t)" and len(p) == 3
                and s["fill"] == "none"]  # fmt: skip
    assert arrow[0] == pytest.approx(where(0, 0), abs=0.6)
    assert arrow[-1] == pytest.approx(where(2, 1), abs=3)
    (point,) = [p for p, s in paths(PLACED) if s["fill"] == "var(--value)" and "stroke" in s]
    assert np.mean(np.unique(point, axis=0), axis=0) == pytest.approx(where(1, -3), abs=0.6)
    (line,) = [p for p, s in paths(PLACED) if "stroke-dasharray" in s]
    assert line[0] == pytest.approx(where(-1, 1), abs=0.6)
    assert line[1] == pytest.approx(where(3, -1), abs=0.6)
    (area,) = [p for p, s in paths(PLACED) if s["fill"] == "var(--value)" and "opacity" in s]
    for corner, wanted in zip(area, [(0, 0), (1, 0), (0, 2)], strict=True):
        assert corner == pytest.approx(where(*wanted), abs=0.6)


def test_a_planes_axes_are_named_and_cross_at_zero():
    right, up = (
        next(text for text in ElementTree.fromstring(PLACED.svg).iter(f"{SVG}text")
             if "".join(text.itertext()) == name)
        for name in ("one", "two")
    )  # fmt: skip
    assert float(right.get("x")) > float(up.get("x"))
    assert float(right.get("y")) > float(up.get("y"))
    heavy = [p for p, s in paths(PLACED)
             if s.get("stroke") == "var(--guide)" and s.get("stroke-width") == "1.2"]  # fmt: skip
    where = placed(PLACED)(0, 0)
    assert [p[0][0] for p in heavy if p[0][0] == p[1][0]] == [pytest.approx(where[0], abs=0.6)]
    assert [p[0][1] for p in heavy if p[0][1] == p[1][1]] == [pytest.approx(where[1], abs=0.6)]


CURVES = {"rise": [0.0, 1.0, 2.0], "flat": [1.0, 1.0, 1.0], "dip": [2.0, 0.0, 1.5]}
PLOTTED = illustrate.plot(
    [1, 10, 100], CURVES, axes=("across", "up"), roles=["key", "query", "score"],
    marks={"here": 10}, log_x=True, caption="A caption.",
)  # fmt: skip


def curves(figure):
    return [(p, s) for p, s in paths(figure) if s.get("stroke-width") == "2"]


def test_curves_go_through_their_points_in_their_colours_told_apart_by_dashes():
    drawn = curves(PLOTTED)
    assert [s["stroke"] for _, s in drawn] == ["var(--key-t)", "var(--query-t)", "var(--score-t)"]
    dashes = [s.get("stroke-dasharray") for _, s in drawn]
    assert dashes[0] is None and None not in dashes[1:] and len(set(dashes)) == 3
    bottom, top = drawn[0][0][0][1], drawn[0][0][2][1]
    for (points, _), values in zip(drawn, CURVES.values(), strict=True):
        heights = [(bottom - y) / (bottom - top) * 2 for _, y in points]
        assert heights == pytest.approx(values, abs=0.01)


def test_a_logarithmic_axis_has_even_steps_for_powers():
    (left, middle, right) = (x for x, _ in curves(PLOTTED)[0][0])
    assert middle - left == pytest.approx(right - middle, abs=0.05)
    plain = illustrate.plot([1, 10, 100], CURVES, axes=("x", "y"), caption="A caption.")
    (left, middle, right) = (x for x, _ in curves(plain)[0][0])
    assert middle - left == pytest.approx((right - left) / 11, abs=0.05)
    assert {s["stroke"] for _, s in curves(plain)} == {"var(--score-t)"}


def test_a_plots_names_stand_at_the_ends_and_on_the_axes():
    texts = {
        "".join(t.itertext()): t for t in ElementTree.fromstring(PLOTTED.svg).iter(f"{SVG}text")
    }
    ends = {name: points[-1] for name, (points, _) in zip(CURVES, curves(PLOTTED), strict=True)}
    for (name, (x, y)), role in zip(ends.items(), ("key", "query", "score"), strict=True):
        assert float(texts[name].get("x")) == pytest.approx(x + 6, abs=0.1)
        assert float(texts[name].get("y")) == pytest.approx(y + 3, abs=1)
        assert f"var(--{role}-t)" in texts[name].get("style")
    assert float(texts["across"].get("y")) > float(texts["up"].get("y"))
    assert "rotate(-90" in texts["up"].get("transform")
    middle = curves(PLOTTED)[0][0][1][0]
    assert float(texts["here"].get("x")) == pytest.approx(middle)
    (mark,) = [
        p for p, s in paths(PLOTTED) if "dasharray" in str(s) and s["stroke"] == "var(--muted)"
    ]
    assert [x for x, _ in mark] == [pytest.approx(middle)] * 2


def test_dots_stand_where_they_were_measured_and_no_line_joins_them():
    figure = illustrate.plot(
        [1, 10, 100], {"law": [1, 10, 100], "measured": [10, 10, 1000]}, dots=("measured",),
        log_x=True, log_y=True, axes=("across", "up"), caption="A caption.",
    )  # fmt: skip
    (law,) = (points for points, _ in curves(figure))
    dots = [points for points, s in paths(figure) if s.get("stroke-linecap") == "round"]
    assert [len(set(points)) for points in dots] == [1, 1, 1]
    assert [x for ((x, _), *_) in dots] == pytest.approx([x for x, _ in law])
    step = law[0][1] - law[1][1]
    rises = [(law[0][1] - y) / step for ((_, y), *_) in dots]
    assert rises == pytest.approx([1, 1, 3], abs=0.01)
    assert {"1", "10", "100"} <= set(words_of(figure))


def test_ticks_of_small_powers_are_not_rounded_away():
    figure = illustrate.plot(
        [1, 2], {"loss": [5, 0.0005]}, log_y=True, axes=("step", "loss"), caption="A caption."
    )
    assert {"1", "0.1", "0.01", "0.001"} <= set(words_of(figure))


def words_of(figure):
    return ["".join(t.itertext()) for t in ElementTree.fromstring(figure.svg).iter(f"{SVG}text")]


# --- colours, files, source --------------------------------------------------------------------


def test_the_colours_are_the_books():
    assert illustrate.LIGHT == {
        "input": "#009E73", "query": "#D55E00", "key": "#E69F00",
        "value": "#CC79A7", "score": "#0072B2", "output": "#F0E442",
    }  # fmt: skip
    assert palette.LETTERS == {
        "input": "x", "query": "q", "key": "k", "value": "v",
        "score": "s", "weight": "a", "output": "z",
    }  # fmt: skip
    for role in illustrate.ROLES:
        assert f"--{role}:{illustrate.LIGHT[role]};" in palette.STYLE.split("@media")[0]
        for theme in ("html[data-theme=dark] .at", "body[data-jp-theme-light=false] .at"):
            assert theme in palette.STYLE
        assert f".at .{role}{{--c:var(--{role});" in palette.STYLE


def test_save_writes_the_svg_and_a_notebook_gets_the_classes_of_the_page(tmp_path):
    figure = GALLERY["matrix"]
    assert figure.save(tmp_path / "k.svg").read_text(encoding="utf-8") == figure.svg + "\n"
    root = ElementTree.fromstring(figure.html)
    assert root.get("class") == "attention-figure"
    assert root.find("p").get("class") == "attention-unrun"
    assert root.find("div").get("class") == "attention-drawing lm-Widget lm-mod-hidden"
