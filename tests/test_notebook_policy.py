"""What every notebook of the book must be, page by page, and what every chapter must hold."""

import copy
import json
import re
import unicodedata
from collections import Counter

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.claims import blocks_of
from tools.notebooks import ENABLE, label, normalise, notebooks, read, text_of
from tools.refresh import refresh

# (a cell's source, tag): why an output there is not compared, or a cell not run.
ALLOWED_TAGS: dict[tuple[str, str], str] = {
    (ENABLE, "nbval-ignore-output"): "the elements' script, run by test_bench and test_player",
}

UNCHECKED_TAGS = {
    "nbval-ignore-output",
    "nbval-skip",
    "nbval-raises-exception",
    "raises-exception",
    "skip-execution",
}
UNCHECKED_COMMENTS = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.IGNORECASE)
FORBIDDEN_WORDS = re.compile(r"\b(simply|just|obviously|of course)\b", re.IGNORECASE)

LINES_A_CELL = 15
BYTES_OF_OUTPUT = 200_000
CELLS_BEFORE_EXERCISES = 12
WORDS_OF_A_CHAPTER = range(400, 1501)


def code_cells(notebook):
    """Return (place, cell) for each code cell, places counted from 1 over all cells."""
    return [(i, cell) for i, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def prose_cells(notebook):
    """Return (place, cell) for each Markdown cell."""
    return [(i, cell) for i, cell in enumerate(notebook.cells, 1) if cell.cell_type == "markdown"]


def outputs(notebook):
    """Return (place, output) for each output."""
    return [(place, output) for place, cell in code_cells(notebook) for output in cell.outputs]


def without_comments(source):
    """Return the Markdown without its comments."""
    return re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)


def tags(cell):
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def spoken(notebook):
    """Return (place, text) for each piece of prose, code and formulas left out."""
    return [
        (place, text)
        for place, cell in prose_cells(notebook)
        for block in blocks_of(cell.source)[0]
        for where, text in block.segments
        if where == "text"
    ]


# Policies: each takes a notebook and its stem, and returns what is wrong, in words.


def every_cell_is_executed_in_order(notebook, stem):
    wanted = iter(range(1, 10_000))
    return [
        f"cell {place} has execution count {cell.execution_count}"
        for place, cell in code_cells(notebook)
        if cell.execution_count != next(wanted)
    ]


def no_code_cell_is_empty(notebook, stem):
    return [
        f"cell {place} is empty" for place, cell in code_cells(notebook) if not cell.source.strip()
    ]


def no_error_is_stored(notebook, stem):
    return [
        f"cell {place}: {o.ename}" for place, o in outputs(notebook) if o.output_type == "error"
    ]


def nothing_is_on_stderr(notebook, stem):
    return [
        f"cell {place}: {output.text.strip()[:80]}"
        for place, output in outputs(notebook)
        if output.output_type == "stream" and output.name != "stdout"
    ]


def every_output_is_compared(notebook, stem):
    found = []
    for place, cell in code_cells(notebook):
        for tag in sorted(tags(cell) & UNCHECKED_TAGS):
            if (cell.source, tag) not in ALLOWED_TAGS:
                found.append(f"cell {place} is tagged {tag}, and no reason is on the list")
        if match := UNCHECKED_COMMENTS.search(cell.source):
            found.append(f"cell {place} holds {match.group()}")
        last = (cell.source.rstrip().splitlines() or [""])[-1]
        if last.rstrip().endswith(";"):
            found.append(f"cell {place} ends on ';', which hides an output from nbval")
    return found


def every_figure_has_alt_text_and_caption(notebook, stem):
    found = []
    for place, output in outputs(notebook):
        data = output.get("data", {})
        found += [
            f"cell {place}: {kind} has no alt text"
            for kind in data
            if kind in ("image/png", "image/jpeg")
        ]
        page = BeautifulSoup(data.get("text/html", ""), "html.parser")
        if "image/svg+xml" in data and not page.select("figure.attention-figure svg"):
            found.append(f"cell {place}: an SVG without a figure in HTML beside it")
        for image in page.find_all("img"):
            if not image.get("alt", "").strip():
                found.append(f"cell {place}: an <img> without alt text")
        for svg in page.find_all("svg"):
            if (
                svg.find_parent("svg") is None
                and svg.find_parent("figure", "attention-figure") is None
            ):
                found.append(f"cell {place}: an <svg> outside a figure of ours")
        for figure in page.select("figure.attention-figure"):
            caption = figure.find("figcaption")
            if caption is None or not caption.get_text(strip=True):
                found.append(f"cell {place}: a figure without a caption")
            pictures = [svg for svg in figure.find_all("svg") if svg.find_parent("svg") is None]
            if not pictures:
                found.append(f"cell {place}: a figure without a picture")
            for svg in pictures:
                if svg.get("role") != "img" or not svg.get("aria-label", "").strip():
                    found.append(f"cell {place}: a figure without alt text (role=img, aria-label)")
    return found


def ids_are_unique_in_the_page(notebook, stem):
    count = Counter(
        element["id"]
        for _, output in outputs(notebook)
        for element in BeautifulSoup(
            output.get("data", {}).get("text/html", ""), "html.parser"
        ).find_all(id=True)
    )
    return [f"the id {name} stands {times} times" for name, times in count.items() if times > 1]


def cells_are_short(notebook, stem):
    return [
        f"cell {place} has {len(cell.source.splitlines())} lines"
        for place, cell in code_cells(notebook)
        if len(cell.source.splitlines()) > LINES_A_CELL
    ]


def outputs_are_small(notebook, stem):
    size = sum(
        len(json.dumps(output, ensure_ascii=False).encode()) for _, output in outputs(notebook)
    )
    return [f"outputs of {size:,} bytes"] if size > BYTES_OF_OUTPUT else []


def outputs_are_the_same_everywhere(notebook, stem):
    found = []
    for place, output in outputs(notebook):
        data = output.get("data", {})
        page = BeautifulSoup(data.get("text/html", ""), "html.parser")
        text = f"{output.get('text', '')} {data.get('text/plain', '')} {page.get_text(' ')}"
        if re.search(r"\bat 0x[0-9a-f]{6,}", text):
            found.append(f"cell {place} prints an address: give the class a __repr__")
        if re.search(r"(?<![\w.])[-−]0(\.0*)?(?![\d.]*[1-9eE])(?![\d])", text):
            found.append(f"cell {place} prints a negative zero")
        if re.search(r"/(home|root|tmp|usr)/\S|site-packages", text):
            found.append(f"cell {place} prints a path of this machine")
    return found


def no_code_is_fenced_in_prose(notebook, stem):
    return [
        f"cell {place}: {message}"
        for place, cell in prose_cells(notebook)
        for _, message in blocks_of(cell.source)[1]
        if "fenced code" in message
    ]


def words_are_chosen(notebook, stem):
    found = []
    for place, text in spoken(notebook):
        found += [f"cell {place}: “{match.group()}”" for match in FORBIDDEN_WORDS.finditer(text)]
        if "!" in text:
            found.append(f"cell {place}: an exclamation mark in “{text.strip()[:60]}”")
        if any(unicodedata.category(char) == "So" and ord(char) >= 0x2600 for char in text):
            found.append(f"cell {place}: an emoji in “{text.strip()[:60]}”")
    return found


def no_widget_state_is_saved(notebook, stem):
    found = ["the notebook holds widget state"] if "widgets" in notebook.metadata else []
    return found + [
        f"cell {place} shows a widget"
        for place, output in outputs(notebook)
        if any("widget" in kind for kind in output.get("data", {}))
    ]


def solutions_are_hidden(notebook, stem):
    found = []
    for place, cell in code_cells(notebook):
        signs = {
            "the tag hide-cell": "hide-cell" in tags(cell),
            "jupyter.source_hidden": cell.metadata.get("jupyter", {}).get("source_hidden") is True,
            "jupyter.outputs_hidden": cell.metadata.get("jupyter", {}).get("outputs_hidden")
            is True,
            'mystnb.code_prompt_show "Show the solution"': cell.metadata.get("mystnb", {}).get(
                "code_prompt_show"
            )
            == "Show the solution",
        }
        if any(signs.values()) and not all(signs.values()):
            missing = ", ".join(name for name, there in signs.items() if not there)
            found.append(f"cell {place} is half a hidden solution: it lacks {missing}")
        elif re.match(r"#\s*solution", cell.source, re.IGNORECASE) and not all(signs.values()):
            found.append(f"cell {place} is a solution that lies open")
    return found


def has_one_title(notebook, stem):
    titles = [
        text
        for _, cell in prose_cells(notebook)
        for text in re.findall(r"(?m)^# .+$", without_comments(cell.source))
    ]
    first = notebook.cells[0] if notebook.cells else None
    if len(titles) != 1 or first.cell_type != "markdown" or not re.search(r"(?m)^# ", first.source):
        return [f"one title, in the first cell: {titles}"]
    return []


def visible_lines_fit_the_column(notebook, stem):
    lines = []
    for place, cell in code_cells(notebook):
        if not {"hide-input", "hide-cell", "remove-input", "remove-cell"} & set(tags(cell)):
            lines += [(place, line) for line in cell.source.splitlines()]
    for place, output in outputs(notebook):
        source = "".join(output.get("data", {}).get("text/markdown", ""))
        lines += [(place, line) for line in source.splitlines()]
    return [
        f"cell {place}: {len(line)} characters: {line}" for place, line in lines if len(line) > 80
    ]


def every_image_in_prose_has_alt_text(notebook, stem):
    found = []
    for place, cell in prose_cells(notebook):
        source = without_comments(cell.source)
        found += [f"cell {place}: {i}" for i in re.findall(r"!\[\s*\]\([^)]*\)", source)]
        found += [
            f"cell {place}: {tag}"
            for tag in re.findall(r"<img\b[^>]*>", source)
            if not re.search(r"""\balt=["'][^"']*\S[^"']*["']""", tag)
        ]
        for fence in re.findall(r"(?ms)^(?:```|:::)\{(?:image|figure)\}.*?^(?:```|:::)", source):
            if not re.search(r"(?m)^\s*:alt:\s*\S", fence):
                found.append(f"cell {place}: {fence.splitlines()[0]} without :alt:")
    return found


POLICIES = [
    every_cell_is_executed_in_order,
    no_code_cell_is_empty,
    no_error_is_stored,
    nothing_is_on_stderr,
    every_output_is_compared,
    every_figure_has_alt_text_and_caption,
    every_image_in_prose_has_alt_text,
    ids_are_unique_in_the_page,
    cells_are_short,
    visible_lines_fit_the_column,
    outputs_are_small,
    outputs_are_the_same_everywhere,
    no_code_is_fenced_in_prose,
    words_are_chosen,
    no_widget_state_is_saved,
    solutions_are_hidden,
    has_one_title,
]


# Policies for chapters alone.


def exercises_heading(notebook):
    """Return the place of the heading "Exercises", or None."""
    for place, cell in prose_cells(notebook):
        if re.search(r"(?m)^#{2,3}\s+Exercises\b", without_comments(cell.source)):
            return place
    return None


def cells_before_the_exercises_are_few(notebook, stem):
    end = exercises_heading(notebook) or len(notebook.cells) + 1
    met = [
        place
        for place, cell in code_cells(notebook)
        if not tags(cell) & {"remove-input", "remove-cell"}
    ]
    count = sum(place < end for place in met)
    return [f"{count} code cells before the exercises"] if count > CELLS_BEFORE_EXERCISES else []


def length_is_right(notebook, stem):
    count = sum(
        len(text.split())
        for _, cell in prose_cells(notebook)
        for block in blocks_of(cell.source)[0]
        for where, text in block.segments
        if where == "text"
    )
    return [] if count in WORDS_OF_A_CHAPTER else [f"{count} words of prose"]


def anatomy_is_whole(notebook, stem):
    prose = "\n".join(without_comments(cell.source) for _, cell in prose_cells(notebook))
    code = "\n".join(cell.source for _, cell in code_cells(notebook))
    solved = [cell for _, cell in code_cells(notebook) if "hide-cell" in tags(cell)]
    number = re.match(r"\d\d", stem)
    label_of = re.escape(number.group()) if number else r"\d\d"
    parts = {
        'a heading "Exercises"': exercises_heading(notebook) is not None,
        'a "You will" block': re.search(r"\bYou will\b", prose) is not None,
        "a prediction with a hidden answer": re.search(r"\{dropdown\}", prose) is not None
        and re.search(r"\bPredict", prose) is not None,
        "a hidden solution": bool(solved),
        "a check of an exercise": re.search(rf"""\bcheck\(\s*["']{label_of}\.\d""", code)
        is not None,
    }
    return [f"no {part.removeprefix('a ')}" for part, there in parts.items() if not there]


CHAPTER_POLICIES = [cells_before_the_exercises_are_few, length_is_right, anatomy_is_whole]


def chapters():
    """Return the notebooks that are chapters."""
    return [path for path in notebooks() if path.parent.name == "chapters"]


def named(functions):
    """Parametrise by policy, in words."""
    return pytest.mark.parametrize("policy", functions, ids=[f.__name__ for f in functions])


def obey(policy, path):
    """Fail with everything that the policy finds in the notebook."""
    found = policy(read(path), path.stem)
    if found:
        pytest.fail(f"{label(path)}: {policy.__name__}\n  " + "\n  ".join(found), pytrace=False)


@pytest.mark.parametrize("path", notebooks(), ids=label)
@named(POLICIES)
def test_notebook(path, policy):
    obey(policy, path)


@pytest.mark.parametrize("path", chapters(), ids=label)
@named(CHAPTER_POLICIES)
def test_chapter(path, policy):
    obey(policy, path)


@pytest.mark.parametrize("path", notebooks(), ids=label)
def test_notebook_is_in_normal_form(path):
    if path.read_text(encoding="utf-8") != text_of(normalise(read(path))):
        pytest.fail(f"{label(path)}: run make refresh", pytrace=False)


def test_reasons_are_given():
    assert all(reason for reason in ALLOWED_TAGS.values())


# Each policy is seen to fail.

FIGURE = (
    '<figure class="attention-figure"><svg role="img" aria-label="Scores 2, 4 and 4"><g id="a"/></svg>'
    "<figcaption>Two scores tie.</figcaption></figure>"
)


def html(text, **more):
    return nbformat.v4.new_output(
        "display_data", {"text/html": text, "text/plain": "a figure", **more}
    )


def good():
    """Return a small notebook that obeys every policy."""
    made = nbformat.v4.new_notebook()
    filler = "One idea after another. " * 110
    solution = {
        "tags": ["hide-cell"],
        "jupyter": {"outputs_hidden": True, "source_hidden": True},
        "mystnb": {"code_prompt_show": "Show the solution"},
    }
    made.cells = [
        nbformat.v4.new_markdown_cell("# Score the first query\n\nYou will see.\n\n" + filler),
        nbformat.v4.new_code_cell("from attention_core import exercises"),
        nbformat.v4.new_code_cell("picture", outputs=[html(FIGURE)]),
        nbformat.v4.new_markdown_cell(
            "**Predict.** Which?\n\n:::{dropdown} Answer\nThat one.\n:::"
        ),
        nbformat.v4.new_markdown_cell("## Exercises"),
        nbformat.v4.new_code_cell(
            'exercises.check("04.1", None)',
            outputs=[nbformat.v4.new_output("stream", text="not answered yet\n")],
        ),
        nbformat.v4.new_code_cell("answer = 3", metadata=solution),
    ]
    for count, (_, cell) in enumerate(code_cells(made), 1):
        cell.execution_count = count
    return normalise(made)


def output(made, **text):
    made.cells[1].outputs = [nbformat.v4.new_output("stream", **text)]


def prose(made, text):
    made.cells[4].source += "\n\n" + text


def figure(made, text, **more):
    made.cells[1].outputs = [html(text, **more)]


def cut(made, *parts):
    figure(made, re.sub("|".join(parts), "", FIGURE).replace('id="a"', ""))


SPOILERS: list = []
for _policy, _ways in {
    every_cell_is_executed_in_order: [
        lambda n: n.cells[2].update(execution_count=None),
        lambda n: n.cells[1].update(execution_count=2),
        lambda n: n.cells[6].update(execution_count=5),
    ],
    no_code_cell_is_empty: [lambda n: n.cells[1].update(source=" ")],
    no_error_is_stored: [
        lambda n: n.cells[1].update(
            outputs=[nbformat.v4.new_output("error", ename="ValueError", traceback=[])]
        )
    ],
    nothing_is_on_stderr: [lambda n: output(n, name="stderr", text="a warning")],
    every_output_is_compared: [
        lambda n: n.cells[1].metadata.update(tags=["nbval-ignore-output"]),
        lambda n: n.cells[1].metadata.update(tags=["raises-exception"]),
        lambda n: n.cells[1].metadata.update(tags=["skip-execution"]),
        lambda n: n.cells[1].update(source="# NBVAL_SKIP\n1"),
        lambda n: n.cells[1].update(source="plot();"),
    ],
    every_figure_has_alt_text_and_caption: [
        lambda n: figure(n, "", **{"image/png": "aaaa"}),
        lambda n: figure(n, "", **{"image/svg+xml": "<svg/>"}),
        lambda n: figure(n, "<svg></svg>"),
        lambda n: figure(n, '<img src="a.png">'),
        lambda n: cut(n, "<figcaption>.*</figcaption>"),
        lambda n: cut(n, "Two scores tie."),
        lambda n: cut(n, 'aria-label="[^"]*"'),
        lambda n: cut(n, 'role="img"'),
        lambda n: cut(n, "<svg.*</svg>"),
    ],
    every_image_in_prose_has_alt_text: [
        lambda n: prose(n, "![](a.svg)"),
        lambda n: prose(n, '<img src="a.svg" alt="">'),
        lambda n: prose(n, ":::{figure} a.svg\nA caption.\n:::"),
        lambda n: prose(n, "```{image} a.svg\n```"),
    ],
    ids_are_unique_in_the_page: [lambda n: figure(n, FIGURE)],
    cells_are_short: [lambda n: n.cells[1].update(source="\n".join("x" * 16))],
    visible_lines_fit_the_column: [
        lambda n: n.cells[1].update(source="x" * 81),
        lambda n: figure(n, FIGURE.replace("id=", "data-id="), **{"text/markdown": "x" * 81}),
    ],
    outputs_are_small: [lambda n: output(n, text="x" * 200_001)],
    outputs_are_the_same_everywhere: [
        lambda n: output(n, text="<object at 0x7f0011223344>"),
        lambda n: output(n, text="[-0.00, 1.00]"),
        lambda n: output(n, text="[-0., 1.]"),
        lambda n: figure(n, "<b>−0.0</b>"),
        lambda n: output(n, text="/home/me/book"),
    ],
    no_code_is_fenced_in_prose: [
        lambda n: prose(n, "```python\n1\n```"),
        lambda n: prose(n, "```{code-block} python\n1\n```"),
    ],
    words_are_chosen: [
        lambda n: prose(n, "You just add."),
        lambda n: prose(n, "Simply add."),
        lambda n: prose(n, "- Of course."),
        lambda n: prose(n, ":::{dropdown} Answer\nObviously.\n:::"),
        lambda n: prose(n, "There you are!"),
        lambda n: prose(n, "There 🎉"),
    ],
    no_widget_state_is_saved: [
        lambda n: n.metadata.update(widgets={}),
        lambda n: figure(n, "", **{"application/vnd.jupyter.widget-view+json": {}}),
    ],
    solutions_are_hidden: [
        lambda n: n.cells[6].metadata.update(tags=[]),
        lambda n: n.cells[6].metadata.pop("jupyter"),
        lambda n: n.cells[6].metadata.pop("mystnb"),
        lambda n: n.cells[1].update(source="# Solution\n1"),
    ],
    has_one_title: [lambda n: prose(n, "# Another"), lambda n: n.cells.pop(0)],
    cells_before_the_exercises_are_few: [
        lambda n: n.cells.__setitem__(slice(1, 1), [nbformat.v4.new_code_cell("1")] * 11)
    ],
    length_is_right: [lambda n: n.cells.pop(0), lambda n: prose(n, "word " * 1501)],
    anatomy_is_whole: [
        lambda n: n.cells[4].update(source="## More"),
        lambda n: n.cells[0].update(source="# Title"),
        lambda n: n.cells[3].update(source="Predict it."),
        lambda n: n.cells[6].metadata.pop("tags"),
        lambda n: n.cells[5].update(source='exercises.check("05.1", None)'),
    ],
}.items():
    SPOILERS += [(_policy, _way) for _way in _ways]


def test_a_good_notebook_passes():
    for policy in POLICIES + CHAPTER_POLICIES:
        assert policy(good(), "04-scores") == [], policy.__name__


@pytest.mark.parametrize(
    "place", range(len(SPOILERS)), ids=[f"{p.__name__}-{i}" for i, (p, _) in enumerate(SPOILERS)]
)
def test_a_bad_notebook_fails(place):
    policy, way = SPOILERS[place]
    made = copy.deepcopy(good())
    way(made)
    assert policy(made, "04-scores") != []


def test_each_policy_is_seen_to_fail():
    assert {policy for policy, _ in SPOILERS} == {*POLICIES, *CHAPTER_POLICIES}


def test_zeros_that_are_no_negative_zeros_pass():
    made = good()
    output(made, text="[-0.05, -0.3, 1-0, -10.0, 6e-05, 1e-01, -0.0009]")
    assert outputs_are_the_same_everywhere(made, "04-scores") == []


def test_refresh_stores_what_ran_cleanly_and_only_that(tmp_path):
    path = tmp_path / "made-up.ipynb"
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_code_cell("print('once')\n3"),
        nbformat.v4.new_markdown_cell("# T"),
    ]
    nbformat.write(made, path)
    assert refresh(path)[1:] == (True, [])
    stored = path.read_bytes()
    assert [output.output_type for output in read(path).cells[0].outputs] == [
        "stream",
        "execute_result",
    ]
    assert refresh(path)[1:] == (False, [])
    assert path.read_bytes() == stored
    for bad in ("import sys; print('oh', file=sys.stderr)", "raise ValueError('oh')"):
        made.cells[0].source = bad
        nbformat.write(made, path)
        before = path.read_bytes()
        state, _, problems = refresh(path)
        assert state == "failed" and "oh" in problems[0] and "cell 1" in problems[0]
        assert path.read_bytes() == before


def test_normal_form_is_seen_to_change_things():
    made = good()
    made.cells[0].id = "other"
    made.metadata["language_info"]["version"] = "3.11.7"
    made.cells[1].metadata["execution"] = {"iopub.status.busy": "now"}
    made.cells[2].execution_count = 40
    assert text_of(made) != text_of(good())
    assert text_of(normalise(made)) == text_of(good())
