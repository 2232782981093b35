"""No number in the prose stands on trust: claims, evaluated where they stand."""

import re

import pytest

from tests.claims import (
    PLAIN,
    blocks_of,
    match_block,
    notebook_problems,
    page_problems,
    pages,
)
from tools.notebooks import label, notebooks, read

# Run in the kernel before the first cell: one entry of an array is another.
CHANGE = """
import numpy as np
from attention_core import example

owners = {{}}
for array in (example.{name}, example.worked.{name}):
    while isinstance(array.base, np.ndarray):
        array = array.base
    owners[id(array)] = array
for array in owners.values():
    array.setflags(write=True)
    array.flat[{place}] += 1
    array.setflags(write=False)
assert (example.{name} == example.worked.{name}).all()
"""
INPUTS = CHANGE.format(name="inputs", place=0)
VALUE_WEIGHT = CHANGE.format(name="value_weight", place=1)
BANK = """
from dataclasses import replace
from attention_core import example

def bank(company, real=example.bank):
    inputs = real(company).inputs.copy()
    inputs[-1, 0] += 1
    inputs.setflags(write=False)
    return replace(real(company), inputs=inputs, memory=inputs)

example.bank = bank
"""

RECTANGLE = """
from dataclasses import replace
from attention_core import example

changed = example.rectangle.inputs.copy()
changed[0, 0] += 1
changed.setflags(write=False)
example.rectangle = replace(example.rectangle, inputs=changed)
"""

PLANE = RECTANGLE.replace("rectangle", "plane")

# Notebooks that work with the inputs of the worked example and quote no number that hangs on them:
# why, and a change of what they do quote.
QUOTES_SOMETHING_ELSE = {
    "index": ("its numbers are the bank's; the worked example is drawn alone", BANK),
    "02-weights": ("its numbers are those of the matrices", VALUE_WEIGHT),
    "11-shapes": (
        "its numbers are the rectangle's; of the square it prints, and quotes none",
        RECTANGLE,
    ),
    "14-positions": ("its numbers are the plane's, and a dial's", PLANE),
    "16-backward": ("its numbers are the plane's", PLANE),
}


def every(paths):
    """Parametrise a test over files, by name; over none it is skipped."""
    return pytest.mark.parametrize("path", paths, ids=[label(path) for path in paths])


def prose_of(path):
    """Return the Markdown cells of a notebook."""
    return [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]


def code_of(path):
    """Return the code of a notebook."""
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")


def report(problems):
    """Fail with every problem at once."""
    if problems:
        pytest.fail("\n\n".join(map(str, problems)), pytrace=False)


@every(notebooks())
def test_every_number_is_proved(path):
    report(notebook_problems(path))


@every(pages())
def test_pages_without_a_kernel_hold_plain_numbers_alone(path):
    report(page_problems(path))


def false_claims(path, first):
    """Return the claims that are false once `first` has run in the kernel."""
    problems = notebook_problems(path, prove=False, first=first)
    return [each for each in problems if "this claim is false" in each.message]


def uses_the_example(path):
    """Return whether a notebook works with the examples."""
    return re.search(r"\bexample\.\w+", code_of(path)) is not None


@pytest.mark.slow
@every([path for path in notebooks() if uses_the_example(path)])
def test_another_example_makes_claims_false(path):
    _, change = QUOTES_SOMETHING_ELSE.get(path.stem, ("", INPUTS))
    assert false_claims(path, change), f"{path.stem} says nothing that hangs on its example"


@pytest.mark.slow
@every([path for path in notebooks() if path.stem in QUOTES_SOMETHING_ELSE])
def test_the_list_of_those_that_quote_something_else_is_right(path):
    assert not false_claims(path, INPUTS), f"{path.stem} quotes the inputs: take it off the list"


def nudged(source):
    """Yield the source with one digit or fraction of its prose changed, for each in turn."""
    hidden = [match.span() for match in re.finditer(r"<!--.*?-->", source, re.DOTALL)]
    following = dict(
        zip("0123456789½¼⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "1234567890¼½¹²³⁴⁵⁶⁷⁸⁹⁰₁₂₃₄₅₆₇₈₉₀", strict=True)
    )
    for place, char in enumerate(source):
        if char in following and not any(start <= place < end for start, end in hidden):
            yield place, source[:place] + following[char] + source[place + 1 :]


def needed(source):
    """Return the numbers that need a claim, block by block, and whether all claims match."""
    blocks = blocks_of(source)[0]
    numbers = [sorted(n.key for n in block.numbers if n.plain is None) for block in blocks]
    return numbers, not any(match_block(block) for block in blocks)


@pytest.mark.slow
@every(notebooks())
def test_another_number_with_the_same_claim_fails(path):
    for source in prose_of(path):
        before, fine = needed(source)
        if not fine:
            pytest.fail("mend the prose first", pytrace=False)
        bites = 0
        for place, other in nudged(source):
            after, fine = needed(other)
            if after != before:
                bites += 1
                assert not fine, (
                    f"this digit can change unseen: …{source[max(0, place - 40) : place + 20]}…"
                )
        assert bites >= sum(map(len, before))


@pytest.mark.skipif(len(notebooks()) < 9, reason="the book is not whole yet")
def test_each_kind_of_plain_number_stands_somewhere():
    sources = [source for path in notebooks() for source in prose_of(path)]
    sources += [path.read_text(encoding="utf-8") for path in pages()]
    used = {n.plain for source in sources for block in blocks_of(source)[0] for n in block.numbers}
    idle = [plain.name for plain in PLAIN if plain.name not in used]
    assert not idle, f"no prose needs these exceptions any more: {idle}"


def test_each_kind_of_plain_number_has_a_reason():
    assert all(plain.reason for plain in PLAIN)
    assert len({plain.name for plain in PLAIN}) == len(PLAIN)
