"""Versions that stay: what a commit says it is, which numbers changed, and what is laid out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import textwrap
from datetime import date
from pathlib import Path

import nbformat
import pytest
import yaml
from docutils import nodes
from pybtex.database import parse_string
from sphinx.errors import ConfigError

import attention_core
from _ext import provenance, versions
from _ext.provenance import Provenance
from tests.claims import page_problems
from tools import answers, built, changed_numbers, changes, paper, release

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 5, 4)
FORGE = "https://github.com/o/r"


def run_git(folder: Path, *command: str) -> str:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    own |= dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-05-04T12:00:00+0000")
    person = ("-c", "user.name=A Reader", "-c", "user.email=reader@example.org")
    run = subprocess.run(
        ["git", *person, *command], cwd=folder, check=True, env=own, capture_output=True, text=True
    )
    return run.stdout.strip()


def commit(folder: Path, tag: str = "") -> str:
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "A change")
    if tag:
        run_git(folder, "tag", "-a", tag, "-m", tag)
    return run_git(folder, "rev-parse", "HEAD")


def notebook(path: Path, *prose: str, caption: str = "") -> None:
    """A notebook of paragraphs, one a cell, and perhaps of a figure."""
    cells = [nbformat.v4.new_markdown_cell(textwrap.dedent(each)) for each in prose]
    if caption:
        drawn = f"<figure><figcaption>{caption}</figcaption></figure>"
        output = nbformat.v4.new_output("display_data", {"text/html": drawn})
        cells.append(nbformat.v4.new_code_cell("draw()", outputs=[output]))
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


SECOND = "The first query gives the second token a weight of 0.43."
THIRD = "The third token gets {} of it, and $e^{{{}}}$ is the largest."


@pytest.fixture
def book(tmp_path) -> Path:
    """A small book of one commit: two pages, a list of changes, and the files that name a version."""
    folder = tmp_path / "book"
    (folder / "attention_core").mkdir(parents=True)
    (folder / "back").mkdir()
    (folder / "tests").mkdir()
    notebook(folder / "index.ipynb", "# A book", "It begins with 17 words.")
    notebook(
        folder / "chapters" / "05-softmax.ipynb",
        "# Turn scores into weights",
        f"{SECOND}\n<!-- claim: shows(weights[0, 1], '0.43') -->",
        THIRD.format("0.14", "2.5"),
        caption="The largest weight is <b>0.43</b>.",
    )
    (folder / "pyproject.toml").write_text('[project]\nversion = "0.1.0"\n')
    (folder / "attention_core" / "__init__.py").write_text('__version__ = "0.1.0"\n')
    (folder / "CITATION.cff").write_text(
        'cff-version: 1.2.0\nversion: "0.1.0"\nlicense: MIT\npreferred-citation:\n'
        "  type: book\n  title: A book\n  year: 2025\n"
    )
    (folder / "back" / "changes.md").write_text(
        "# Changes\n\nNews.\n\n## In preparation\n\n- A first chapter.\n"
    )
    run_git(folder, "init", "-q")
    commit(folder)
    return folder


def released(book: Path, version: str = "2026.1", stored: dict | None = None) -> str:
    """Release the book as it is; without its site, which takes minutes."""
    release.prepare(book, version, DAY)
    (book / answers.STORED).write_text(answers.text(version, stored or {}))
    return commit(book, f"v{version}")


# --- what a commit says it is --------------------------------------------------------------------------


def test_without_a_tag_no_version_is_named(book):
    found = provenance.of(book, {})
    assert (found.version, found.releases, found.edition, found.frozen) == ("", (), "", False)


def test_a_tag_at_the_commit_is_its_version(book):
    released(book)
    found = provenance.of(book, {})
    assert (found.version, found.releases) == ("2026.1", ("2026.1",))
    assert found.edition == "Version 2026.1"


def test_after_a_tag_the_next_version_is_in_preparation(book):
    released(book, "2026.9")
    released(book, "2026.10")
    run_git(book, "tag", "workshop-2026.1")
    commit(book)
    found = provenance.of(book, {})
    assert (found.version, found.releases) == ("", ("2026.10", "2026.9"))
    assert found.edition == "In preparation after version 2026.10"


def test_a_changed_checkout_of_a_version_is_not_that_version(book):
    released(book)
    (book / "CITATION.cff").write_text("other")
    assert provenance.of(book, {}).edition == "In preparation after version 2026.1"


def test_a_version_on_another_branch_is_none_of_this_one(book):
    run_git(book, "checkout", "-q", "-b", "other")
    released(book)
    run_git(book, "checkout", "-q", "-")
    assert provenance.of(book, {}).releases == ()


@pytest.mark.parametrize("tag", ["v2026.01", "v2026.1.1", "2026.1", "v2026", "v1.0", "v2026.1-rc"])
def test_a_tag_that_is_almost_a_version_stops_the_build(tag, book):
    run_git(book, "tag", tag)
    with pytest.raises(ConfigError, match=f"'{tag}' names no version.* as in v2026.1"):
        provenance.of(book, {})


@pytest.mark.parametrize("tag", ["workshop", "vast", "lecture-3"])
def test_other_tags_are_nobodys_business(tag, book):
    run_git(book, "tag", tag)
    assert provenance.of(book, {}).edition == ""


@pytest.mark.parametrize("name", provenance.STATED)
def test_a_tag_and_the_files_that_name_a_version_agree(name, book):
    release.prepare(book, "2026.1", DAY)
    text = (book / name).read_text()
    commit(book, "v2026.1")
    assert provenance.of(book, {}).version == "2026.1"
    run_git(book, "tag", "-d", "v2026.1")
    (book / name).write_text(text.replace("2026.1", "2026.2"))
    commit(book, "v2026.1")
    with pytest.raises(
        ConfigError, match=f"is version 2026.1, and {name} says 2026.2: .*PREPARE=1"
    ):
        provenance.of(book, {})


def test_the_files_of_this_book_name_one_version():
    assert set(provenance.stated(ROOT).values()) == {attention_core.__version__}
    assert len(provenance.stated(ROOT)) == 3
    assert str(yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]) in (
        attention_core.__version__
    )


# --- the copy that stays ------------------------------------------------------------------------------


def test_a_frozen_copy_knows_its_address_and_the_one_of_the_newest(book):
    release.prepare(book, "2026.1", DAY)
    commit(book)
    env = {
        "BOOK_FROZEN": "2026.1",
        "BOOK_URL": "https://example.org/book",
        "BOOK_REPOSITORY": FORGE,
    }
    found = provenance.of(book, env)
    assert (found.version, found.frozen) == ("2026.1", True)
    assert found.releases == ("2026.1",), "it is tagged once it is built"
    assert (found.site, found.root) == (
        "https://example.org/book/v2026.1/",
        "https://example.org/book/",
    )
    assert found.page_url("index.html") == "https://example.org/book/v2026.1/"
    assert found.frozen_url("2026.1") == found.site
    assert found.edit_url("index.ipynb") == ""
    assert "/o/r/v2026.1?" in found.binder_url("index.ipynb")
    run_git(book, "tag", "-a", "v2026.1", "-m", "It")
    assert provenance.of(book, env) == found


def test_the_site_that_goes_on_has_its_own_address_at_a_version_too(book):
    released(book)
    found = provenance.of(book, {"BOOK_URL": "https://example.org", "BOOK_REPOSITORY": FORGE})
    assert (found.site, found.root, found.frozen) == (*["https://example.org/"] * 2, False)
    assert found.edit_url("index.ipynb") == f"{FORGE}/edit/main/index.ipynb"


def test_without_an_address_a_frozen_copy_names_none(book):
    released(book)
    found = provenance.of(book, {"BOOK_FROZEN": "2026.1", "BOOK_URL": "none"})
    assert (found.site, found.root, found.frozen_url("2026.1")) == ("", "", "")
    assert found.frozen


@pytest.mark.parametrize("wrong", ["2026", "v2026.1", "2026.01", "next"])
def test_a_frozen_copy_needs_a_version(wrong, book):
    with pytest.raises(ConfigError, match=f"BOOK_FROZEN is '{wrong}', which is no version"):
        provenance.of(book, {"BOOK_FROZEN": wrong})


def test_a_frozen_copy_is_of_a_commit_and_of_one_version(book):
    released(book)
    with pytest.raises(ConfigError, match=r"several versions: 2026.1, 2026.2"):
        provenance.of(book, {"BOOK_FROZEN": "2026.2"})
    (book / "CITATION.cff").write_text("other")
    with pytest.raises(
        ConfigError, match=r"BOOK_FROZEN is '2026.1': only a commit without changes"
    ):
        provenance.of(book, {"BOOK_FROZEN": "2026.1"})


# --- what pages say of it ------------------------------------------------------------------------------


class App:
    """As much of Sphinx as `versions` asks for."""

    class config:
        html_title = "A book"
        author = "Its authors"
        copyright = "2026, its authors"

    def __init__(self, **known) -> None:
        self.config.book_provenance = Provenance(**known)


COMMIT = {"commit": "abcdef0" + "1" * 33, "day": "2027-02-01"}
RELEASED = {**COMMIT, "version": "2026.1", "releases": ("2026.1",)}


@pytest.mark.parametrize(
    ("known", "said", "year"),
    [
        (RELEASED, "Version 2026.1", "2026"),
        (
            COMMIT | {"releases": ("2026.1",)},
            "In preparation after version 2026.1, commit abcdef0 of 1 February 2027",
            "2027",
        ),
        (COMMIT, "In preparation, commit abcdef0 of 1 February 2027", "2027"),
        ({}, "In preparation", "2026"),
    ],
)
def test_the_book_is_cited_as_it_is_read(known, said, year):
    app = App(**known, site="https://example.org/")
    found = nodes.container("", *versions.cited(app, "back/cite", "how and why"))
    (quoted,) = found.findall(nodes.block_quote)
    assert quoted.astext() == (
        f"A book: how and why. Its authors, {year}. {said}. https://example.org/"
    )
    (entry,) = found.findall(nodes.literal_block)
    (key,) = parsed = parse_string(entry.astext(), "bibtex").entries
    fields = dict(parsed[key].fields)
    assert parsed[key].type == "book"
    assert [person.last_names for person in parsed[key].persons["author"]] == [["{Its authors}"]]
    assert fields == {
        "title": "A book: how and why",
        "year": year,
        "note": said,
        "url": "https://example.org/",
    }
    assert key == "illustrated_self_attention" + "_2026_1" * ("version" in known)


def test_without_an_address_none_is_cited():
    found = nodes.container("", *versions.cited(App(), "back/cite", "how"))
    assert "http" not in found.astext()
    assert "url" not in found.astext()


def links(found: list[nodes.Node]) -> dict[str, str]:
    return {
        link.astext(): link["refuri"]
        for link in nodes.container("", *found).findall(nodes.reference)
    }


def test_a_frozen_copy_leads_to_its_checksums_where_there_is_a_connection():
    app = App(**RELEASED, frozen=True)
    found = versions.cited(app, "back/cite", "how")
    assert links(found) == {"SHA256SUMS": "../downloads/SHA256SUMS"}
    raw = [node.astext().strip() for node in found if isinstance(node, nodes.raw)]
    assert raw == ["<!-- online -->", "<!-- /online -->"]
    assert not links(versions.cited(App(**RELEASED), "back/cite", "how"))


def test_the_versions_that_stay_are_listed_with_what_is_known_of_them():
    forge = {"repository": FORGE, "forge": "github"}
    site = {"site": "https://o.github.io/r/"}
    two = {**COMMIT, "releases": ("2026.2", "2026.1")}
    (nothing,) = versions.listed(App(**COMMIT), "back/changes")
    assert nothing.astext() == versions.NONE_YET
    found = versions.listed(App(**two, **forge, **site), "back/changes")
    assert [item.astext() for item in found[1]] == [
        f"{each}: https://o.github.io/r/v{each}/, its files and their checksums"
        for each in ("2026.2", "2026.1")
    ]
    addresses = [link["refuri"] for link in found[1].findall(nodes.reference)]
    assert addresses[:2] == ["https://o.github.io/r/v2026.2/", f"{FORGE}/releases/tag/v2026.2"]
    found = versions.listed(App(**two), "back/changes")
    assert not links(found)
    assert [item.astext() for item in found[1]] == ["2026.2", "2026.1"]


def test_the_title_page_names_the_version():
    made = built.Commit("abcdef0", 0, edition="Version 2026.1")
    assert '<p class="edition">Version 2026.1</p>' in paper.front(made)
    assert "edition" not in paper.front(built.Commit("abcdef0", 0))


# --- changed numbers ---------------------------------------------------------------------------------


def changed(book: Path) -> list[tuple[str, str, str]]:
    return [change.what for change in changed_numbers.changed("HEAD", root=book)]


def chapter(book: Path, *prose: str, name: str = "05-softmax", caption: str = "0.43") -> None:
    notebook(
        book / "chapters" / f"{name}.ipynb",
        "# Turn scores into weights",
        *prose,
        caption=f"The largest weight is <b>{caption}</b>.",
    )


PAGE = "chapters/05-softmax.ipynb"
OLD = (SECOND, THIRD.format("0.14", "2.5"))


def test_where_nothing_changed_nothing_is_listed(book):
    assert changed(book) == []
    chapter(book, *OLD)  # its claim is gone
    assert changed(book) == []


def test_a_changed_number_is_listed_with_its_page_and_its_paragraph(book):
    chapter(book, SECOND.replace("0.43", "0.44"), OLD[1])
    (found,) = changed_numbers.changed("HEAD", root=book)
    assert found.what == (PAGE, "0.43", "0.44")
    assert found.words == "The first query gives the second token a weight of 0.44."


@pytest.mark.parametrize(
    ("prose", "found"),
    [
        ((OLD[1], OLD[0]), []),  # moved
        ((*OLD, "A new one has 99 words."), []),
        ((OLD[0],), [("0.14", ""), ("2.5", "")]),
        ((OLD[0], THIRD.format("0.14", "2.6")), [("2.5", "2.6")]),
        ((OLD[0], THIRD.format("0.2", "2.5")), [("0.14", "0.2")]),
        ((OLD[0], THIRD.format("0.140", "2.5")), [("0.14", "0.140")]),  # another precision
        ((OLD[0], THIRD.format("2.5", "0.14")), [("0.14", "2.5"), ("2.5", "0.14")]),
        ((f"{OLD[0]} {OLD[1]}",), []),  # two became one
        ((OLD[0], "The third token gets 0.14 of it.", "And $e^{2.5}$ is the largest."), []),
        ((OLD[0], "Only 0.14 of it is what the third token gets."), [("2.5", "")]),
        (
            (
                OLD[0],
                "Of the whole, the third token gets 0.15 of it, and $e^{2.5}$ is the largest.",
            ),
            [("0.14", "0.15")],
        ),
        ((OLD[0].replace("0.43", ".43"), OLD[1]), []),  # the same literal
    ],
)
def test_what_is_a_change_and_what_is_none(prose, found, book):
    chapter(book, *prose)
    assert sorted(changed(book)) == sorted((PAGE, *each) for each in found)


def test_a_changed_number_in_a_paragraph_that_moved_is_found(book):
    chapter(book, OLD[1], SECOND.replace("0.43", "0.44"))
    assert changed(book) == [(PAGE, "0.43", "0.44")]


def test_a_paragraph_that_moved_to_another_page_is_no_change(book):
    chapter(book, OLD[0])
    chapter(book, OLD[1], name="06-values")
    assert changed(book) == []


def test_of_two_paragraphs_alike_it_is_the_one_with_the_same_number_that_moved(book):
    chapter(book, "It is 0.5 of it.\n\nOne.")
    commit(book)
    chapter(book, "One.")
    chapter(book, "It is 0.9 of it.\n\nTwo.", name="06-values")
    chapter(book, "It is 0.5 of it.\n\nThree.", name="07-output")
    assert changed(book) == []
    chapter(book, "It is 0.7 of it.\n\nFour.")
    assert changed(book) == [(PAGE, "0.5", "0.7")], "on its own page it is the one that changed"


def test_a_page_with_another_name_is_no_change(book):
    (book / PAGE).rename(book / "chapters" / "06-softmax.ipynb")
    assert changed(book) == []


def test_a_page_that_is_gone_takes_its_numbers_along(book):
    (book / PAGE).unlink()
    gone = ["0.14", "0.43", "0.43", "2.5"]  # one of them in a caption
    assert sorted(changed(book)) == [(PAGE, number, "") for number in gone]


def test_a_caption_is_prose(book):
    chapter(book, *OLD, caption="0.45")
    assert changed(book) == [(PAGE, "0.43", "0.45")]


def test_plain_numbers_do_not_count(book):
    notebook(book / "index.ipynb", "# A book", "Read chapter 1 and x_1.")
    commit(book)
    notebook(book / "index.ipynb", "# A book", "Read chapter 2 and x_2.")
    assert changed(book) == []


def test_two_commits_are_compared_too(book):
    chapter(book, SECOND.replace("0.43", "0.44"), OLD[1])
    commit(book)
    chapter(book, *OLD)
    found = changed_numbers.changed("HEAD~1", "HEAD", root=book)
    assert [change.what for change in found] == [(PAGE, "0.43", "0.44")]


def test_a_commit_that_is_not_there_is_named(book):
    with pytest.raises(SystemExit, match=r"git ls-tree: .*nowhere"):
        changed_numbers.changed("nowhere", root=book)


# --- the list of changes -----------------------------------------------------------------------------


def test_what_is_printed_for_the_list_is_read_from_it(book):
    chapter(book, SECOND.replace("0.43", "0.44"))
    (book / "index.ipynb").unlink()
    found = changed_numbers.changed("HEAD", root=book)
    lines = changes.number_lines(found, book)
    assert len(lines) == len(found) == 4
    section = "\n".join([*lines, *changes.answer_lines({"05.2": True, "05.3": False}, book)])
    assert changes.numbers_named(section) == {change.what for change in found}
    assert changes.answers_named(section) == {"05.2", "05.3"}
    assert f"- **0.43 is now 0.44** in [](../{PAGE}): “The first query gives" in section
    assert "- **17 is gone** from `index.ipynb`:" in section


def test_a_number_that_changed_twice_on_a_page_is_one_headline(book):
    chapter(book, SECOND.replace("0.43", "0.44"), OLD[1], caption="0.44")
    (line,) = changes.number_lines(changed_numbers.changed("HEAD", root=book), book)
    assert line.endswith(", and elsewhere.")


def test_signs_that_mean_something_in_markdown_are_quoted_as_they_are():
    change = changes.Change("index.ipynb", "1", "2", "a_b *c* [d] `e` $f$")
    (line,) = changes.number_lines([change])
    assert r"“a\_b \*c\* \[d\] \`e\` \$f\$”" in line


def test_the_list_may_hold_the_numbers_of_releases_and_no_others(tmp_path):
    page = tmp_path / "changes.md"
    text = (
        "# Changes\n\n## 2026.2, 5 May 2026\n\n"
        "- **0.43 is now 0.44** in [](../chapters/05-softmax.ipynb): “It is 0.44 of 7.”.\n"
        "- **8,590 is gone** from `chapters/21-fast.ipynb`: “A table of 8,590 MB”, and elsewhere.\n"
        "- **Exercise 05.2 has another answer** in [](../chapters/05-softmax.ipynb).\n"
    )
    page.write_text(text, encoding="utf-8")
    assert not page_problems(page)
    for more in ("It was 0.43.", "- **0.43** is new.", "## 2026.3 is next"):
        page.write_text(f"{text}\n{more}\n", encoding="utf-8")
        assert page_problems(page), more
    other = tmp_path / "other.md"
    other.write_text(text, encoding="utf-8")
    assert page_problems(other)


def test_the_list_of_this_book_goes_from_the_newest_to_the_oldest():
    text = changes.CHANGES.read_text(encoding="utf-8")
    found = list(changes.sections(text))
    assert len(found) == text.count("\n## "), "a heading is neither a version nor in preparation"
    assert "" not in found[1:]
    versions_ = [each for each in found if each]
    assert versions_ == sorted(versions_, key=provenance.in_order, reverse=True)


def test_each_changed_number_of_the_last_version_is_a_headline():
    known = provenance.releases_of(ROOT)
    if len(known) < 2:
        pytest.skip("there are no two versions to compare")
    new, old = known[:2]
    text = changed_numbers.git(ROOT, "show", f"HEAD:{changes.CHANGES.relative_to(ROOT)}")
    found = changed_numbers.changed(f"v{old}", f"v{new}")
    assert changes.numbers_named(changes.sections(text)[new]) == {each.what for each in found}


# --- answers -----------------------------------------------------------------------------------------


def kept(value, tolerance: float = 0.006) -> dict:
    return {"answer": value, "tolerance": tolerance}


def func(*pairs) -> dict:
    return {"cases": [list(pair) for pair in pairs]}


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        (0.43, 0.431, False),
        (0.43, 0.44, True),
        ([0.1, [1, 2]], [0.1, [1, 2.001]], False),
        ([0.1, [1, 2]], [0.1, [1, 3]], True),
        ([1, 2], [1, 2, 3], True),
        (1, True, True),
        ("rows", "columns", True),
        ("rows", 1, True),
        (float("-inf"), float("-inf"), False),
        (float("nan"), float("nan"), False),
        (float("-inf"), 0.0, True),
        (func(([1], 2.0), ([2], 4.0)), func(([1], 2.0), ([2], 5.0)), True),
        (func(([1], 2.0)), func(([1], 2.0), ([3], 9.0)), False),  # one more case, the same function
        (func(([1], 2.0)), func(([3], 9.0)), True),
        (func((["f"], True), (["f"], False)), func((["f"], True), (["f"], False)), False),
        (func(([1], 2.0)), 2.0, True),
    ],
)
def test_another_answer_is_noticed(old, new, other):
    assert bool(answers.changed({"05.2": kept(old)}, {"05.2": kept(new)})) == other


def test_an_exercise_that_is_gone_is_noticed_and_a_new_one_is_no_change():
    assert answers.changed({"05.2": kept(1)}, {"05.1": kept(1)}) == {"05.2": False}


#: The answers of these take a trained model, and half a minute.
SLOW = {"23", "24"}


def test_answers_are_the_same_when_they_are_stored_and_read():
    chapters = [each for each in answers.chapters() if each not in SLOW]
    today = answers.now(chapters)
    assert len(today) > 50
    version, stored = answers.read(answers.text("2026.1", today))
    assert version == "2026.1"
    assert stored.keys() == today.keys()
    assert answers.changed(stored, today) == answers.changed(today, answers.now(chapters)) == {}
    one = stored["05.2"]["answer"]
    stored["05.2"]["answer"] = [one[0] + 0.01, *one[1:]]
    assert answers.changed(stored, today) == {"05.2": True}


def test_another_answer_than_in_the_last_version_is_a_headline():
    path = ROOT / answers.STORED
    if not path.is_file():
        pytest.skip("nothing has been released yet")
    version, stored = answers.read(path.read_text(encoding="utf-8"))
    chapters = [each for each in answers.chapters() if each not in SLOW]
    other = answers.changed(answers.asked_of(stored, chapters), answers.now(chapters))
    found = changes.sections(changes.CHANGES.read_text(encoding="utf-8"))
    newer = list(found)[: list(found).index(version)]
    named = {name for each in newer for name in changes.answers_named(found[each])}
    missing = {name: there for name, there in other.items() if name not in named}
    assert not missing, "\n".join(
        [f"since {version}; make it a headline:", *changes.answer_lines(missing)]
    )


# --- prepare, and check --------------------------------------------------------------------------------


def test_preparing_writes_the_version_wherever_it_belongs(book):
    written = release.prepare(book, "2026.1", DAY)
    assert sorted(written) == ["CITATION.cff", "__init__.py", "changes.md", "pyproject.toml"]
    assert set(provenance.stated(book).values()) == {"2026.1"}
    cited = yaml.safe_load((book / "CITATION.cff").read_text())
    assert (cited["version"], cited["date-released"]) == ("2026.1", DAY)
    assert cited["preferred-citation"] == {
        "type": "book",
        "title": "A book",
        "version": "2026.1",
        "date-released": DAY,
        "year": 2026,
    }
    text = (book / "back" / "changes.md").read_text()
    assert "## 2026.1, 4 May 2026\n\n- A first chapter." in text
    assert "In preparation" not in text
    assert release.prepare(book, "2026.1", DAY) == [], "a second time nothing is left to write"


def test_preparing_again_on_another_day_is_dated_anew(book):
    run_git(book, "remote", "add", "origin", f"{FORGE}.git")
    release.prepare(book, "2026.1", DAY)
    text = (book / "CITATION.cff").read_text()
    assert text.count("url: https://o.github.io/r/v2026.1/\n") == 2
    assert release.prepare(book, "2026.1", date(2026, 6, 1)) == ["CITATION.cff", "changes.md"]
    assert (book / "CITATION.cff").read_text().count("2026-06-01") == 2
    assert list(changes.days((book / "back" / "changes.md").read_text()).values()) == [
        "1 June 2026"
    ]


def test_a_file_without_a_place_for_the_version_is_named(book):
    (book / "CITATION.cff").write_text("version: 2026.0\n")
    with pytest.raises(ValueError, match=r"CITATION.cff has no single place for the version"):
        release.prepare(book, "2026.1", DAY)


def ready(book: Path, version: str = "2026.1", stored: dict | None = None) -> None:
    release.prepare(book, version, DAY)
    (book / answers.STORED).write_text(answers.text(version, stored or {}))
    commit(book)


def test_a_book_that_is_prepared_can_be_released(book):
    ready(book)
    assert release.faults(book, "2026.1") == []
    run_git(book, "tag", "v2026.1")
    assert release.faults(book, "2026.1") == [], "the tag may be there already"


def edit(book: Path, name: str, old: str, new: str) -> None:
    text = (book / name).read_text()
    assert old in text
    (book / name).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("pyproject.toml", "2026.1", "2026.2", "pyproject.toml says version 2026.2"),
        ("attention_core/__init__.py", "2026.1", "", "__init__.py says version none"),
        ("CITATION.cff", 'version: "2026.1"', "", "CITATION.cff says version none"),
        (
            "CITATION.cff",
            "date-released: 2026-05-04",
            "date-released: 2026-05-05",
            "4 May 2026, and",
        ),
        ("back/changes.md", "## 2026.1, 4 May 2026", "## 2026.1", "no heading “## 2026.1, DAY”"),
        ("back/changes.md", "- A first chapter.", "", "says nothing under version 2026.1"),
        ("back/changes.md", "News.", "## In preparation", "other news above version 2026.1"),
        ("back/changes.md", "4 May 2026", "4 May 2027", "2026.1 is not of 4 May 2027"),
        (
            "back/changes.md",
            "- A first",
            "- **1 is now 2** in [](../index.ipynb).\n- A",
            "is not so",
        ),
        ("tests/answers.json", "2026.1", "2025.9", "answers.json is of version 2025.9"),
    ],
)
def test_each_thing_that_is_missing_is_named(name, old, new, fault, book):
    ready(book)
    edit(book, name, old, new)
    commit(book)
    assert any(fault in each for each in release.faults(book, "2026.1"))


def test_a_release_is_a_commit_without_changes(book):
    ready(book)
    (book / "note.md").write_text("Mine.")
    assert release.faults(book, "2026.1") == [
        "the checkout has changes that are in no commit: ?? note.md"
    ]


@pytest.mark.parametrize("version", ["2026", "v2026.1", "2026.01", "1.0", ""])
def test_a_version_has_one_form(version, book):
    assert release.faults(book, version) == [
        f"{version!r} is no version: that is the year and a number, as in 2026.1"
    ]


def test_a_folder_without_its_own_history_is_none(book):
    shutil.rmtree(book / ".git")
    assert "no git repository of its own" in release.faults(book, "2026.1")[0]


def test_a_version_is_released_once_and_versions_go_up(book):
    released(book, "2026.2")
    commit(book)
    first = run_git(book, "rev-parse", "--short=7", "v2026.2^{commit}")
    assert f"version 2026.2 is commit {first} already, and stays that" in (
        release.faults(book, "2026.2")
    )
    assert "version 2026.2 has been released: 2026.1 is before it" in release.faults(book, "2026.1")


def test_a_changed_number_has_to_be_named(book):
    released(book)
    chapter(book, SECOND.replace("0.43", "0.44"), OLD[1])
    edit(book, "back/changes.md", "# Changes\n", "# Changes\n\n## In preparation\n\n- News.\n")
    ready(book, "2026.2")
    (fault,) = release.faults(book, "2026.2")
    said, line = fault.split("\n  ")
    assert said == "back/changes.md does not name a changed number:"
    edit(book, "back/changes.md", "- News.\n", f"{line}\n")
    commit(book)
    assert release.faults(book, "2026.2") == []


def test_another_answer_has_to_be_named(book):
    released(book, stored={"05.2": kept(1), "05.3": kept(2)})
    edit(book, "back/changes.md", "# Changes\n", "# Changes\n\n## In preparation\n\n- News.\n")
    ready(book, "2026.2", {"05.2": kept(5), "05.3": kept(2)})
    (fault,) = release.faults(book, "2026.2")
    line = fault.split("\n  ")[1]
    assert line == f"- **Exercise 05.2 has another answer** in [](../{PAGE})."
    edit(book, "back/changes.md", "- News.\n", f"{line}\n{line.replace('05.2', '05.3')}\n")
    commit(book)
    assert release.faults(book, "2026.2") == [
        "back/changes.md names exercise 05.3, whose answer is as it was"
    ]


# --- laid out ----------------------------------------------------------------------------------------


def site(folder: Path) -> Path:
    for name in ("index.html", "chapters/a.html", "downloads/more/sheet.pdf"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"<html>{name}</html>")
    for kind in ("pdf", "zip"):
        (folder / "downloads" / f"{built.NAME}.{kind}").write_bytes(kind.encode() * 100)
    return folder


def test_the_files_of_a_version_and_their_checksums(tmp_path):
    folder = release.lay_out(site(tmp_path / "html"), "2026.1", 1_790_000_000, tmp_path / "out")
    name = f"{built.NAME}-2026.1"
    files = [f"{name}.pdf", f"{name}.tar.gz", f"{name}.zip"]
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", *files]
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    sums = (folder / "SHA256SUMS").read_text()
    assert [line.split("  ")[1] for line in sums.splitlines()] == files
    frozen = tmp_path / "out" / "site" / "v2026.1"
    assert not (tmp_path / "html").exists(), "its pages say that they stay"
    subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=frozen / "downloads", check=True)
    assert "more/sheet.pdf" in (frozen / "downloads" / "SHA256SUMS").read_text()
    with tarfile.open(folder / f"{name}.tar.gz") as archive:
        archive.extractall(tmp_path / "host", filter="data")
    assert release.contents(tmp_path / "host" / "v2026.1") == release.contents(frozen)


def test_the_same_site_gives_the_same_checksums(tmp_path, capsys):
    def made(when: int, umask: int) -> str:
        before = os.umask(umask)
        folder = site(tmp_path / "html")
        os.utime(folder / "index.html", (when, when))
        out = release.lay_out(folder, "2026.1", 1_790_000_000, tmp_path / "out")
        os.umask(before)
        return (out / "SHA256SUMS").read_text()

    assert made(1_000_000_000, 0o022) == made(1_500_000_000, 0o077)
    assert "Other than when it was built last: nothing." in capsys.readouterr().out
    (site(tmp_path / "html") / "index.html").write_text("other")
    release.lay_out(tmp_path / "html", "2026.1", 1_790_000_000, tmp_path / "out")
    assert "Other than when it was built last: index.html." in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["pdf", "zip"])
def test_a_version_is_not_laid_out_without_its_files(kind, tmp_path):
    folder = site(tmp_path / "html")
    (folder / "downloads" / f"{built.NAME}.{kind}").unlink()
    with pytest.raises(SystemExit, match=f"The site has no {kind}"):
        release.lay_out(folder, "2026.1", 0, tmp_path / "out")
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("known", "tagged", "said"),
    [
        (
            {"repository": FORGE, "forge": "github"},
            False,
            ["git tag -a v2026.1", "git push origin v2026.1", "release.yml builds v2026.1"],
        ),
        ({"repository": FORGE, "forge": "github"}, True, ["git push", "release.yml"]),
        (
            {"repository": "https://gitlab.com/o/r", "forge": "gitlab", "site": "https://e.org/"},
            True,
            [
                "git push",
                "to https://gitlab.com/o/r/-/releases/v2026.1",
                "to https://e.org/v2026.1/",
            ],
        ),
        ({}, False, ["git tag -a", "to the folder v2026.1 of the published site"]),
    ],
)
def test_what_is_left_to_do_is_said(known, tagged, said):
    lines = release.left_to_do(Provenance(**known), "2026.1", Path("release/v2026.1"), tagged)
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True)), lines


# --- published ------------------------------------------------------------------------------------------


def workflow(name: str) -> dict:
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def test_a_pushed_version_is_built_attached_and_published():
    made = workflow("release")
    assert made[True]["push"] == {"tags": ["v20[0-9][0-9].[0-9]+"]}  # YAML reads `on` as yes
    assert made["permissions"] == {"contents": "read"}
    steps = made["jobs"]["release"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0, "without the versions before, nothing is compared"
    runs = " ".join(step.get("run", "") for step in steps)
    assert 'make release VERSION="${GITHUB_REF_NAME#v}"' in runs
    assert "gh workflow run book.yml" in runs
    assert "workflow_dispatch" in workflow("book")[True]


def test_the_site_is_published_with_the_versions_that_stay():
    steps = workflow("book")["jobs"]["test"]["steps"]
    runs = [step.get("run") or step.get("uses") for step in steps]
    place = runs.index("bash .ci/frozen _build/html")
    assert runs[place - 1] == "make site"
    assert runs[place + 1].startswith("actions/upload-pages-artifact@")
    assert steps[place]["if"] == steps[place + 1]["if"]
    assert steps[0]["with"]["fetch-depth"] == 0
    assert workflow("book")["jobs"]["test"]["timeout-minutes"] >= 90


GH = """#!/bin/sh
# gh release download TAG --dir DIR …
test -d "{store}/$3" || {{ echo "release not found" >&2; exit 1; }}
cp "{store}/$3"/* "$5"
"""


@pytest.fixture
def forge(book, tmp_path):
    """A book with the script that publishes, two versions, and a forge that has their files."""
    (book / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "frozen", book / ".ci")
    store, tools = tmp_path / "store", tmp_path / "bin"
    for version in ("2026.1", "2026.2"):
        released(book, version)
        made = release.lay_out(site(tmp_path / "html"), version, 0, tmp_path / "out")
        shutil.copytree(made, store / f"v{version}")
        (store / f"v{version}" / f"{built.NAME}-{version}.pdf").unlink()  # not asked for
    run_git(book, "tag", "v2026.3-draft")
    commit(book)
    tools.mkdir()
    (tools / "gh").write_text(GH.format(store=store))
    (tools / "gh").chmod(0o755)
    return book, store, f"{tools}:{os.environ['PATH']}"


def publish(forge, folder: Path) -> subprocess.CompletedProcess:
    book, _, path = forge
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        ["bash", book / ".ci" / "frozen", folder],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )


def test_every_version_is_put_at_its_address(forge, tmp_path):
    run = publish(forge, tmp_path / "public")
    assert run.returncode == 0, run.stderr
    assert sorted(path.name for path in (tmp_path / "public").iterdir()) == ["v2026.1", "v2026.2"]
    assert (tmp_path / "public" / "v2026.2" / "downloads" / "SHA256SUMS").is_file()


def test_a_version_without_its_files_stops_the_publishing(forge, tmp_path):
    shutil.rmtree(forge[1] / "v2026.1")
    run = publish(forge, tmp_path / "public")
    assert run.returncode != 0
    assert "release not found" in run.stderr


def test_a_file_that_is_not_what_was_released_stops_the_publishing(forge, tmp_path):
    other = site(tmp_path / "other" / "v2026.2")
    archive = forge[1] / "v2026.2" / f"{built.NAME}-2026.2.tar.gz"
    archive.write_bytes(release.packed(other, 1))
    run = publish(forge, tmp_path / "public")
    assert run.returncode != 0
    assert "FAILED" in run.stdout + run.stderr
    assert not (tmp_path / "public" / "v2026.2").exists()


def test_before_the_first_version_there_is_nothing_to_put(book, tmp_path):
    (book / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "frozen", book / ".ci")
    run = publish((book, None, os.environ["PATH"]), tmp_path / "public")
    assert run.returncode == 0, run.stderr
    assert list((tmp_path / "public").iterdir()) == []
