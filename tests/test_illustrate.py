"""The pictures: they show the arrays, all of them, and nothing that is not in them."""

import ast
import inspect
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from attention_core import SelfAttention, attention, example, illustrate, softmax, trace
from attention_core._format import number
from attention_core.illustrate import Arrow, Line, Point, palette
from tools.pictures import pictures

SVG = "{http://www.w3.org/2000/svg}"

WORKED = trace(example.inputs, example.query_weight, example.key_weight, example.value_weight)
PLANE = trace(
    example.plane.inputs,
    example.plane.query_weight,
    example.plane.key_weight,
    example.plane.value_weight,
)
RECTANGLE = trace(
    example.rectangle.inputs,
    example.rectangle.query_weight,
    example.rectangle.key_weight,
    example.rectangle.value_weight,
)
TRACES = {"worked": WORKED, "plane": PLANE, "rectangle": RECTANGLE}
RECORDS = [
    pytest.param(record, id=f"{name}-{record.number}-{record.token}")
    for name, steps in TRACES.items()
    for record in steps
]


def words(figure):
    """Every text that is drawn, in order."""
    root = ElementTree.fromstring(figure.svg)
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def gallery(x):
    """How to draw one figure of each kind, all of them from a 3 × 3 array."""
    unit = np.abs(x) / np.abs(x).sum(axis=1, keepdims=True)
    return {
        "vectors": lambda: illustrate.vectors(x, "input", labels=["a", "b", "c"]),
        "matrix": lambda: illustrate.matrix(x, "key", "K"),
        "matrices": lambda: illustrate.matrices([("W_k", x, "key"), ("W_v", x + 1, "value")]),
        "product": lambda: illustrate.product(
            x, x.T, names=("Q", "K", "S"), roles=("query", "key", "score"), entry=(0, 1)
        ),
        "projections": lambda: illustrate.projections(x[0], [("W_q", x, "query")]),
        "dot_products": lambda: illustrate.dot_products(x[0], x),
        "softmax_steps": lambda: illustrate.softmax_steps(x[0]),
        "weighted_values": lambda: illustrate.weighted_values(unit[0], x, total=True),
        "weighted_sum": lambda: illustrate.weighted_sum(x),
        "heatmap": lambda: illustrate.heatmap(unit),
        "lookup": lambda: illustrate.lookup(x, [0, 2], ["a", "b", "c"]),
        "plane": lambda: illustrate.plane(
            Arrow("q", (x[0, 0], x[0, 1]), "query"),
            Point("v", (x[1, 0], x[1, 1]), "value"),
            Line("level", (1.0, 2.0), 1.0),
            triangle=x[:, :2],
            caption="A caption.",
        ),
        "plot": lambda: illustrate.plot(
            np.arange(3), {"one": x[0], "two": x[1]}, axes=("x", "y"), caption="A caption."
        ),
    }


X = np.array([[1.0, 0.0, -2.5], [0.25, 4.0, 1.0], [3.0, -1.0, 0.5]])
GALLERY = {kind: draw() for kind, draw in gallery(X).items()}
KINDS = pytest.mark.parametrize("kind", GALLERY)


@pytest.mark.parametrize("record", RECORDS)
def test_a_frame_shows_every_number_of_its_record(record):
    drawn = words(illustrate.step(record))
    shown = [*record.operands.values(), *record.result.values()]
    if record.number == 8:
        # The raw scores have their own picture; the frame goes on to the scaled ones.
        shown = [
            *record.operands.values(),
            *(record.result[k] for k in ("scores", "weights", "outputs")),
        ]
    for array in shown:
        for value in np.ravel(array):
            assert number(value) in drawn


@pytest.mark.parametrize("record", RECORDS)
def test_a_frame_is_described_by_the_records_own_sentence(record):
    figure = illustrate.step(record)
    assert figure.alt == record.sentence
    assert f"Step {record.number} of 8: {record.name}" in words(figure)


@pytest.mark.parametrize("record", [r for r in WORKED if r.token in (None, 0)])
def test_a_frame_of_the_worked_example_fits_a_phone(record):
    assert illustrate.step(record).width <= 380


@pytest.mark.parametrize("steps", TRACES.values(), ids=TRACES)
def test_the_overview_shows_every_number_from_inputs_to_outputs(steps):
    figure = illustrate.overview(steps)
    drawn = words(figure)
    whole = next(record for record in steps if record.number == 8)
    arrays = [record.result["input"] for record in steps if record.number == 1]
    arrays += [
        *whole.operands.values(),
        *(whole.result[k] for k in ("scores", "weights", "outputs")),
    ]
    for array in arrays:
        for value in np.ravel(array):
            assert number(value) in drawn
    for value in np.ravel(whole.result["outputs"]):
        assert number(value) in figure.alt


@KINDS
def test_a_picture_is_the_same_to_the_byte_each_time(kind):
    assert gallery(X)[kind]().html == GALLERY[kind].html


def test_a_picture_is_the_same_to_the_byte_in_another_process():
    code = (
        "from tests.test_illustrate import GALLERY; import hashlib;"
        "print(hashlib.sha256(''.join(f.html for f in GALLERY.values()).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PATH": "", "MPLCONFIGDIR": ".cache/matplotlib"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@KINDS
@pytest.mark.parametrize("place", [(0, 0), (0, 1)])
def test_a_picture_changes_with_the_numbers(kind, place):
    changed = X.copy()
    changed[place] += 1.25
    figure = gallery(changed)[kind]()
    assert figure.drawing != GALLERY[kind].drawing
    assert figure.alt != GALLERY[kind].alt


@KINDS
def test_a_picture_is_whole_by_itself(kind):
    figure = GALLERY[kind]
    root = ElementTree.fromstring(figure.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.alt
    assert " id=" not in figure.svg, "ids may meet others on a page"
    assert "http" not in figure.svg.replace("http://www.w3.org/2000/svg", "")
    assert "#" not in figure.drawing, "colours come from the page's variables"
    assert root.findall(f".//{SVG}text"), "text is text, not outlines"


@KINDS
def test_no_negative_zero_is_drawn(kind):
    assert not [
        text
        for text in words(gallery(-0.0 * X + np.eye(3))[kind]())
        if re.fullmatch(r"[−-]0(\.0+)?", text)
    ]


@KINDS
def test_html_carries_picture_caption_and_words_for_an_unrun_notebook(kind):
    figure = GALLERY[kind]
    root = ElementTree.fromstring(figure.html)
    assert root.find("figcaption").text == figure.caption
    unrun = "".join(root.find("p").itertext())
    assert unrun == f"{figure.alt} Run all to see this."
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["image/svg+xml"] in bundle["text/html"]


def test_what_adds_nothing_is_faint():
    root = ElementTree.fromstring(illustrate.dot_products([1, 0, 2], [[0, 1, 1]]).svg)
    faint = ["".join(g.itertext()) for g in root.iter(f"{SVG}g") if g.get("class") == "faint"]
    # The query's own 0; the key's 0, and its 1 that meets the query's 0.
    assert faint == ["0", "0", "1"]


def test_depth_of_colour_follows_the_weight():
    svg = illustrate.heatmap([[0.2, 0.8]]).svg
    light, dark = (float(depth) for depth in re.findall(r"fill-opacity:([\d.]+)\"", svg))
    assert light < dark


def test_a_minus_sign_is_a_minus_sign_and_bracketed_in_a_product():
    assert illustrate.spelled([1, -2], [-3, 4]) == "1·(−3) + (−2)·4"


def test_pictures_leave_their_arrays_alone():
    x = X.copy()
    for draw in gallery(x).values():
        draw()
    assert np.array_equal(x, X)


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(colour, paper, opacity):
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * a + (1 - opacity) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize("role", illustrate.ROLES)
def test_text_in_a_roles_colour_can_be_read_on_both_pages(role):
    assert contrast(illustrate.TEXT[role], "#ffffff") >= 4.5
    assert contrast(illustrate.DARK[role], "#14181e") >= 4.5


@pytest.mark.parametrize("role", illustrate.ROLES)
def test_numbers_in_the_deepest_cells_can_be_read(role):
    light = mixed(illustrate.LIGHT[role], "#ffffff", 0.56)
    dark = mixed(illustrate.DARK[role], "#14181e", 0.56 if role == "score" else 0.32)
    assert contrast(palette.INK_LIGHT["ink"], light) >= 4.5
    assert contrast(palette.INK_DARK["ink"], dark) >= 4.5


def test_save_writes_the_picture(tmp_path):
    path = illustrate.matrix(X, "key", "K").save(tmp_path / "k.svg")
    assert ElementTree.parse(path).getroot().get("role") == "img"
    with pytest.raises(ValueError, match=r"path must end in \.svg, .* got 'k\.png'"):
        illustrate.matrix(X, "key", "K").save(tmp_path / "k.png")


def test_one_word_in_two_companies_shows_both_outputs():
    river, money = example.bank("river"), example.bank("money")
    figure = illustrate.company(river, money)
    drawn = words(figure)
    for bank in (river, money):
        attended = SelfAttention(bank.query_weight, bank.key_weight, bank.value_weight)(bank.inputs)
        for value in (*attended.weights[-1], *attended.output[-1]):
            assert number(value) in drawn
            assert number(value) in figure.alt
    with pytest.raises(ValueError, match="must end in the same word with the same input"):
        illustrate.company(river, example.plane)


def test_rounding_is_said():
    said = "Printed to 2 decimals, computed in full."
    assert said in illustrate.weighted_sum([[0.255], [1]]).caption
    assert said not in illustrate.weighted_sum([[2], [1]]).caption


@pytest.mark.parametrize("path", pictures(), ids=lambda path: path.name)
def test_a_picture_that_is_kept_in_a_file_is_drawn_from_the_arrays_of_today(path):
    assert path.read_text(encoding="utf-8") == pictures()[path].svg + "\n", "run make refresh"


def test_source_is_the_functions_own():
    shown = illustrate.source(illustrate.spelled, whole=True)
    assert repr(shown) == inspect.getsource(illustrate.spelled).rstrip()
    assert shown._repr_mimebundle_()["text/markdown"] == f"```python\n{shown}\n```"
    with pytest.raises(TypeError, match=r"thing must be a function or a class, .* got int"):
        illustrate.source(3)


@pytest.mark.parametrize("thing", [illustrate.spelled, SelfAttention, attention, softmax])
def test_a_shortened_source_is_the_same_code(thing):
    def bare(text):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body[0] = ast.Pass()
        return ast.unparse(tree)

    whole, short = (repr(illustrate.source(thing, whole=whole)) for whole in (True, False))
    assert bare(short) == bare(whole)
    assert len(short) < len(whole)


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (lambda: illustrate.vectors([1, 2], "input"), ValueError, r"rows must have 2 axes .* \(2,\)"),
        (lambda: illustrate.vectors([["a"]], "input"), TypeError, "rows must hold real numbers: got dtype"),
        (lambda: illustrate.vectors([[np.nan]], "input"), ValueError, "rows must not hold NaN"),
        (lambda: illustrate.vectors(np.zeros((0, 2)), "input"), ValueError, "rows must have at least one entry"),
        (lambda: illustrate.vectors([[1]], "colour"), ValueError, "role must be one of input, .* got 'colour'"),
        (lambda: illustrate.vectors([[1]], "input", labels=["a", "b"]), ValueError, "labels must name each of the 1"),
        (lambda: illustrate.matrices([]), ValueError, "items must hold at least one"),
        (
            lambda: illustrate.product([[1, 2]], [[1]], names=("A", "B", "C"), roles=("query", "key", "score")),
            ValueError,
            "left must have as many columns as right has rows",
        ),
        (
            lambda: illustrate.product(
                [[1]], [[1]], names=("A", "B", "C"), roles=("query", "key", "score"), entry=(0, 1)
            ),
            ValueError,
            "entry must be one of the 1 × 1 entries",
        ),
        (lambda: illustrate.projections([1], [("W_q", [[1], [2]], "query")]), ValueError, "W_q must have a row for"),
        (lambda: illustrate.dot_products([1, 2], [[1, 2, 3]]), ValueError, "same size d_k, .* got 2 and 3"),
        (lambda: illustrate.softmax_steps([-np.inf]), ValueError, "scores must have a finite maximum"),
        (lambda: illustrate.weighted_values([1, 0], [[1]]), ValueError, "got 2 weights and 1 values"),
        (lambda: illustrate.heatmap([[1.5]]), ValueError, "weights must lie between 0 and 1: got 1.5"),
        (lambda: illustrate.lookup([[1]], [1], ["a"]), IndexError, "rows of the table, 0 to 0: got 1"),
        (lambda: illustrate.plane(caption="c"), ValueError, "plane needs at least one"),
        (lambda: illustrate.plane(Arrow("a", (1, 1), "no"), caption="c"), ValueError, "role must be one of"),
        (lambda: illustrate.plot([1, 2], {"a": [1]}, axes=("x", "y"), caption="c"), ValueError, "a value for each x"),
        (lambda: illustrate.plot([1], {}, axes=("x", "y"), caption="c"), ValueError, "lines must be one to 4"),
        (lambda: illustrate.plot([1], {"a": [1]}, axes=("x", "y"), dots=("b",), caption="c"), ValueError, "dots must be names of lines: got b"),
        (lambda: illustrate.plot([1], {"a": [0]}, axes=("x", "y"), log_y=True, caption="c"), ValueError, "log_y needs positive"),
        (lambda: illustrate.plot([0], {"a": [1]}, axes=("x", "y"), log_x=True, caption="c"), ValueError, "log_x needs positive"),
        (lambda: illustrate.overview([]), ValueError, "steps must trace at least one token"),
        (lambda: illustrate.vectors([[1]], "input", caption=" "), ValueError, "caption must say something"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_with_a_reason(draw, error, message):
    with pytest.raises(error, match=message):
        draw()
