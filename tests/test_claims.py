"""The checker of claims bites: small notebooks, each with one thing wrong."""

import nbformat
import pytest

from tests import claims
from tests.claims import Kernel, blocks_of, mutants, notebook_problems, numbers_in, static_problems
from tests.test_prose import needed, nudged

SETUP = """
import math
import numpy as np
weights = np.array([[0.1361, 0.4319, 0.4320], [0.0009, 0.9088, 0.0903]])
scores = np.array([2.0, -4.0, 4.0])
tiny = 6.03e-6
half = 0.5
X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("claims")) as kernel:
        assert kernel.run(SETUP)[1] is None
        yield kernel


@pytest.fixture
def check(kernel):
    def check(source):
        problems = static_problems(source, "made up", 1)
        return problems + claims._proved(source, "made up", 1, kernel, True)

    return check


def notebook(folder, *cells):
    made = nbformat.v4.new_notebook()
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    for kind, source in cells:
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        made.cells.append(make(source))
    path = folder / "made-up.ipynb"
    nbformat.write(made, path)
    return path


PROVED = [
    'The weights are 0.14, 0.43 and 0.43.\n<!-- claim: shows(weights[0], "0.14 0.43 0.43") -->',
    'The score is −4.\n<!-- claim: shows(scores.min(), "-4") -->',
    "The score is −4.\n<!-- claim: scores.min() == -4 -->",
    'Tiny: 6.03·10⁻⁶.\n<!-- claim: shows(tiny, "6.03e-6") -->',
    'Tiny: $6.03 \\times 10^{-6}$.\n<!-- claim: shows(tiny, "6.03e-6") -->',
    'It is ½.\n<!-- claim: shows(half, "½") -->',
    "It is $\\tfrac12$.\n<!-- claim: half == 0.5 -->",
    "X is 3 by 2.\n<!-- claim: X.shape == (3, 2) -->",
    "Three rows.\n<!-- claim: len(X) == 3 -->",
    "- a 3\n  <!-- claim: len(X) == 3 -->\n- b 2\n  <!-- claim: X.max() == 2 -->\n\nAnd two.\n",
    '| a | b |\n|---|---|\n| 2 | −4 |\n<!-- claim: shows(scores[:2], "2 -4") -->',
    '$$\ns_1 = 2\n$$\n<!-- claim: shows(scores.tolist()[0], "2") -->',
    ':::{dropdown} Answer\nIt is −4.\n<!-- claim: shows(scores.min(), "-4") -->\n:::',
    "First 2.\n<!-- claim: X.max() == 2 -->\n\nThen 3 and −4.\n<!-- claim: len(X) == 3 -->\n"
    '<!-- claim: shows(scores.min(), "-4") -->',
    "# Three of 3\n<!-- claim: len(X) == 3 -->",
    "Of q₁ and $k_{12}$, token 2 and keys 1, 2 and 3, `W_q[0, 0]`: nothing is computed.",
    "1. one\n2. two\n\n[a link](https://example.org/2017) and {cite:p}`vaswani2017`.",
]


@pytest.mark.parametrize("source", PROVED)
def test_proved_prose_passes(check, source):
    assert [str(problem) for problem in check(source)] == []


BAD = {
    "a false claim": (
        'It is 0.44.\n<!-- claim: shows(weights[0, 1], "0.44") -->',
        "this claim is false",
    ),
    "a claim that raises": ("It is 5.\n<!-- claim: unknown == 5 -->", "this claim raises"),
    "a claim that does not parse": ("It is 5.\n<!-- claim: X == == 5 -->", "cannot be read"),
    "a claim about nothing here": ("It is 5.\n<!-- claim: 2 + 3 == 5 -->", "uses no name"),
    "a claim about a library": (
        'It is 1.73.\n<!-- claim: shows(math.sqrt(3), "1.73") -->',
        "uses no name",
    ),
    "a claim about numpy": ('It is 3.14.\n<!-- claim: shows(np.pi, "3.14") -->', "uses no name"),
    "a claim that is an array": ("It is 5.\n<!-- claim: X < 5 -->", "neither True nor False"),
    "a claim that is a number": ("No number.\n<!-- claim: len(X) -->", "neither True nor False"),
    "an unclaimed number": ("It is 0.43 here.", "no claim for 0.43"),
    "an unclaimed number in a formula": ("So $s_1 = 0.43$.", "no claim for 0.43"),
    "an unclaimed number in a display": ("$$\ns_1 = -4\n$$", "no claim for −4"),
    "an unclaimed number in a table": ("| a | b |\n|---|---|\n| x | 0.43 |", "no claim for 0.43"),
    "an unclaimed number in a heading": ("## All 16 of them", "no claim for 16"),
    "an unclaimed number in a list": ("- one\n- of 16", "no claim for 16"),
    "an unclaimed number in code": ("It is `[2, 4]`.", "no claim for 2, 4"),
    "an unclaimed number in a dropdown": (":::{dropdown} Answer\nOf 16.\n:::", "no claim for 16"),
    "an unclaimed number in a title": (":::{dropdown} All 16\nYes.\n:::", "no claim for 16"),
    "an unclaimed number in a caption": (
        "```{figure} a.png\n:alt: a\nOf 16.\n```",
        "no claim for 16",
    ),
    "an unclaimed number in an alt text": ("![of 16](a.png)", "no claim for 16"),
    "an unclaimed number in a directive's alt": (
        "```{image} a.png\n:alt: of 16\n```",
        "no claim for 16",
    ),
    "an unclaimed number in HTML": ("<p>of 16</p>", "no claim for 16"),
    "an unclaimed half": ("It is ½ of it.", "no claim for ½"),
    "an unclaimed half in a formula": ("It is $\\frac{1}{2}$.", "no claim for ½"),
    "an unclaimed entity": ("It is &frac12;.", "no claim for ½"),
    "an unclaimed subscript": ("So e₃ is it.", "no claim for ₃"),
    "an unclaimed subscript in a formula": ("So $d_3$ is it.", "no claim for 3"),
    "an unclaimed power of ten": ("About 10⁻⁶.", "no claim for 10⁻⁶"),
    "an unclaimed power of ten in a formula": ("About $10^{-6}$.", "no claim for 1e−6"),
    "an unclaimed exponent": ("About e².", "no claim for ²"),
    "an unclaimed negative": ("It is −4.\n<!-- claim: scores.max() == 4 -->", "no claim for −4"),
    "a claim under another paragraph": (
        "It is −4.\n\nSo there.\n<!-- claim: scores.min() == -4 -->",
        "no claim for −4",
    ),
    "a claim after a list": ("- of 3\n\n<!-- claim: len(X) == 3 -->", "indent the claim"),
    "a claim after nothing": ("<!-- claim: len(X) == 3 -->", "stands after no paragraph"),
    "a claim that is misspelt": ("Of it.\n<!-- claims: len(X) == 3 -->", "write <!-- claim:"),
    "a claim within a line": ("Of it <!-- claim: len(X) == 3 --> all.", "line of its own"),
    "text after a claim": ("Of it.\n<!-- claim: len(X) == 3 --> And lost.", "lost on the site"),
    "one claim for two numbers": (
        "It is 3, and 3 again.\n<!-- claim: len(X) == 3 -->",
        "no claim for 3",
    ),
    "the same value, another literal": (
        'It is 0.50.\n<!-- claim: shows(half, "0.5") -->',
        "no claim for 0.50",
    ),
    "a literal too many": (
        'It is 0.43.\n<!-- claim: shows(weights[0, 1:], "0.43 0.43") -->',
        "quotes 0.43, which",
    ),
    "a literal that nothing says": (
        "There are rows.\n<!-- claim: len(X) == 3 -->",
        "quotes 3, which",
    ),
    "a claim that proves nothing": ("Below 9.\n<!-- claim: scores.max() < 9 -->", "9 → 10"),
    "an index that does not matter": (
        'It is 0.43.\n<!-- claim: shows(weights[0, 1], "0.43") -->',
        "1 → 2",
    ),
    "a tolerance that hides": (
        "It is 0.43.\n<!-- claim: abs(weights[0].max() - 0.43) < 0.01 -->",
        "no claim for 0.43",
    ),
    "a shows that is no literal": (
        "It is 4.\n<!-- claim: shows(scores.max(), str(4)) -->",
        "stand in a string",
    ),
    "a stray dollar": ("So\n$$\nx = y\n$$", "an empty line before its $$"),
    "fenced code": ("So\n\n```python\nx = 1\n```", "code that is shown is code that runs"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_prose_is_caught(check, name):
    source, expected = BAD[name]
    problems = [str(problem) for problem in check(source)]
    assert any(expected in problem for problem in problems), problems


def test_a_number_changed_alone_is_caught():
    for source in PROVED:
        before, fine = needed(source)
        assert fine, source
        bites = [place for place, other in nudged(source) if needed(other)[0] != before]
        assert all(not needed(o)[1] for _, o in nudged(source) if needed(o)[0] != before), source
        assert len(bites) >= sum(map(len, before))


@pytest.mark.parametrize(
    ("text", "where", "literals"),
    [
        ("0.14, .43 and 1,024", "text", ["0.14", ".43", "1024"]),
        ("−1 and 3−2 and 3 − 2 and (−5)", "text", ["-1", "3", "2", "3", "2", "-5"]),
        ("rows 1–3, 90% of 7–10", "text", ["90", "7", "10"]),
        ("√3 and 2/√3", "text", ["3", "2", "3"]),
        ("value 2.5, weight 0.43, key 12, scores 2 and 4", "text", ["2.5", "0.43", "12", "2", "4"]),
        ("6.03 × 10^-6, 10⁻⁶, 2e-3", "text", ["6.03e-6", "1e-6", "2e-3"]),
        ("Python 3.11, float64", "text", []),
        ("x1 q_1 a₁₁ W₁ chapter 04, exercise 04.2", "text", []),
        ("n² and d_k=3", "text", ["2", "3"]),
        ("W_q[0, 0] X[-1] sum(0) axis=-1 float64", "code", []),
        ('check("04.2") hint("04.1", level=2)', "code", []),
        ("[2, 4, 4] and (3, 4)", "code", ["2", "4", "4", "3", "4"]),
        ("d_k=3, f(0.5)", "code", ["3", "0.5"]),
        (r"\textcolor{#D55E00}{\mathbf{q}}_1 \cdot \textcolor{#E69F00}{k_2}", "math", []),
        (r"1 \cdot 0 - 4 = -4", "math", ["1", "0", "4", "-4"]),
        (r"\frac{4}{\sqrt{3}}, \sqrt3, \tfrac12, 10^{-6}", "math", ["4", "3", "3", "½", "1e-6"]),
        (r"\begin{bmatrix}1 & -2 \\ 3 & 4\end{bmatrix}", "math", ["1", "-2", "3", "4"]),
        (r"6.03 \times 10^{-6}, e^{2}, \mathbb{R}^3, n^2", "math", ["6.03e-6", "2", "3", "2"]),
    ],
)
def test_numbers_are_read(text, where, literals):
    assert [n.literal for n in numbers_in(text, where) if n.plain is None] == literals


def test_each_literal_moves_both_ways():
    moves = [move for move, _ in mutants('shows(w[0], "0.43") and len(w) == -3')]
    assert [move.split(" in ")[0] for move in moves if "0.43" in move] == [
        "0.43 → 0.42",
        "0.43 → 0.44",
    ]
    assert {"0 → -1", "0 → 1", "3 → 2", "3 → 4"} <= set(moves)


def test_a_table_and_a_list_item_are_blocks():
    kinds = [b.kind for b in blocks_of("- a\n- b\n\n| a |\n|---|\n| 1 |\n\n## c")[0]]
    assert kinds == ["paragraph", "paragraph", "table", "heading"]


def test_claims_are_evaluated_where_they_stand(tmp_path):
    path = notebook(
        tmp_path,
        ("code", "rows = [1, 2, 3]"),
        ("markdown", "There are 3.\n<!-- claim: len(rows) == 3 -->"),
        ("code", "rows.append(4)"),
        ("markdown", "Now 4.\n<!-- claim: len(rows) == 4 -->"),
        ("markdown", "Still 3.\n<!-- claim: len(rows) == 3 -->"),
        ("code", "1 / 0"),
    )
    problems = notebook_problems(path)
    assert [(p.cell, p.message.split(":")[0]) for p in problems] == [
        (5, "this claim is false"),
        (6, "this cell raises ZeroDivisionError"),
    ]
    assert [p.cell for p in notebook_problems(path, kernel=False)] == []


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        ('draw(x, caption="Weights 0.14 and 0.43.")', ["0.14", "0.43"]),
        ('draw(x, title="Of " + "16")', ["16"]),
        ('draw(x, caption=f"Of {x:.2f} and 16")', ["16"]),
        ('draw(x, caption=f"Of {x:.2f} for token 2")', []),
        ('print("16", x[1])', []),
        ("%matplotlib inline", []),
    ],
)
def test_typed_captions_are_seen(code, typed):
    assert claims.typed_numbers(code) == typed


def test_a_typed_caption_is_a_problem(tmp_path):
    path = notebook(tmp_path, ("code", 'dict(caption="Of 16")'))
    (problem,) = notebook_problems(path, kernel=False)
    assert "16 stands typed in a caption" in problem.message


def test_a_page_without_a_kernel_holds_plain_numbers_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Token 2, by Python 3.11.\n\n```python\nx = 16\n```\n", encoding="utf-8")
    assert claims.page_problems(page) == []
    page.write_text(
        "```{glossary}\nterm\n    Of 16.\n```\n\n<!-- claim: x == 3 -->\n", encoding="utf-8"
    )
    messages = [problem.message for problem in claims.page_problems(page)]
    assert any("16: no number" in message for message in messages)


def test_the_command_line_prints_each_problem(tmp_path, capsys):
    path = notebook(tmp_path, ("markdown", "Of 16.\n\nOf 17."))
    assert claims.main([str(path), "--static"]) == 1
    printed = capsys.readouterr().out
    assert "no claim for 16" in printed and "no claim for 17" in printed and "2 problems" in printed
    draft = tmp_path / "draft.md"
    draft.write_text("# Of 16\n\n```{code-cell}\nx = 16\n```\n\nNone.\n", encoding="utf-8")
    assert claims.main([str(draft), "--static"]) == 1
    assert "no claim for 16" in capsys.readouterr().out


def test_claims_leave_no_name_behind(tmp_path):
    path = notebook(
        tmp_path,
        ("code", "before = set(dir())\nx = 3"),
        ("markdown", "It is 3.\n<!-- claim: (y := x) == 3 -->"),
        ("code", "assert 'y' not in dir() and 'shows' not in dir(), dir()"),
    )
    assert [str(p) for p in notebook_problems(path)] == []


def test_code_before_the_first_cell_changes_what_is_imported(tmp_path):
    path = notebook(
        tmp_path,
        ("code", "from math import tau"),
        ("markdown", 'It is 6.28.\n<!-- claim: shows(tau, "6.28") -->'),
    )
    assert [str(p) for p in notebook_problems(path)] == []
    (problem,) = notebook_problems(path, first="import math; math.tau = 1.0")
    assert "this claim is false" in problem.message and "it is 1.00" in problem.message
