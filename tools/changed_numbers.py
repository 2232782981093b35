"""Which numbers of the prose changed between two commits: what a list of changes has to name.

    make changed-numbers                   since the last version that was released
    make changed-numbers since=v2026.1     since any commit or tag

A paragraph that moved, to another page too, is no change, and neither is a new one. A number is
the same as before if the same words stand around it: the paragraphs of both commits are laid side
by side, word by word, and numbers that fall on each other are compared. A number whose words are
gone is gone, unless it newly stands elsewhere on its page. Captions of figures count as prose. Plain numbers (tests/claims.py), which
nobody computes, do not count.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from _ext import provenance
from tests import claims
from tools import changes
from tools.changes import Change

NUMBER = "\ufffc"  # stands for a number among words
#: How alike the words of two paragraphs must be to be one that was edited.
ALIKE = 0.5


CAPTION = re.compile(r"<figcaption[^>]*>(.*?)</figcaption>", re.DOTALL)


@dataclass(eq=False)
class Paragraph:
    """A paragraph with its words, each number among them as one, and the numbers in order."""

    page: str
    start: str
    words: tuple[str, ...]
    numbers: tuple[claims.Number, ...]


# --- reading a commit ------------------------------------------------------------------------------


def git(root: Path, *command: str) -> str:
    """What git says.

    Raises
    ------
    SystemExit
        If git fails, with what it said.
    """
    run = subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"git {command[0]}: {run.stderr.strip()}")
    return run.stdout


def notebooks(root: Path, commit: str | None) -> dict[str, str]:
    """The text of each notebook of a commit, or of the folder as it is, by its path."""
    if commit is None:
        paths = [root / "index.ipynb", *sorted((root / "chapters").glob("*.ipynb"))]
        return {
            path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
            for path in paths
            if path.is_file()
        }
    names = git(root, "ls-tree", "-r", "--name-only", commit, "index.ipynb", "chapters/").split(
        "\n"
    )
    return {
        name: git(root, "show", f"{commit}:{name}")
        for name in names
        if name.endswith(".ipynb") and name.count("/") < 2
    }


def cells(notebook: str) -> list[str]:
    """The prose of a notebook: its Markdown cells, and the captions of its figures."""
    found = []
    for cell in json.loads(notebook)["cells"]:
        if cell["cell_type"] == "markdown":
            found.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            drawn = "".join(output.get("data", {}).get("text/html", ""))
            found += [plain(caption) for caption in CAPTION.findall(drawn)]
    return found


def plain(caption: str) -> str:
    """A caption as a paragraph: its words, nothing of which means anything in Markdown."""
    words = " ".join(html.unescape(re.sub(r"<[^>]*>", "", caption)).split())
    return re.sub(r"([\\`*_\[\]<>$#|{}~])", r"\\\1", words)


def read(page: str, source: str) -> list[Paragraph]:
    """The paragraphs of a piece of Markdown that have words or numbers."""
    found = []
    for block in claims.blocks_of(source)[0]:
        words: list[str] = []
        numbers: list[claims.Number] = []
        for where, text in block.segments:
            text = claims.plain_math(text) if where == "math" else text
            end = 0
            for number in (n for n in claims.numbers_in(text, where) if n.plain is None):
                words += [*split(text[end : number.span[0]]), NUMBER]
                numbers.append(number)
                end = number.span[1]
            words += split(text[end:])
        if words:
            found.append(Paragraph(page, block.words, tuple(words), tuple(numbers)))
    return found


def split(text: str) -> list[str]:
    """Words, and other signs by themselves; where text stands held elsewhere is no word."""
    return re.findall(r"\w+|[^\w\s\ue000-\uf8ff]", text.lower())


# --- comparing two -----------------------------------------------------------------------------------


def compare(old: dict[str, str], new: dict[str, str]) -> list[Change]:
    """The numbers that changed from some notebooks to others, page by page."""
    before, after = (
        {page: Counter(cells(text)) for page, text in book.items()} for book in (old, new)
    )
    everywhere = [Counter(), Counter()]
    for side, book in enumerate((before, after)):
        for sources in book.values():
            everywhere[side] += sources
    both = everywhere[0] & everywhere[1]

    def paragraphs(book: dict[str, Counter]) -> list[Paragraph]:
        left = Counter(both)
        found = []
        for page, sources in book.items():
            for source in sources.elements():
                if left[source]:  # this cell is as it was, wherever it stands
                    left[source] -= 1
                else:
                    found += read(page, source)
        return found

    return compared(paragraphs(before), paragraphs(after))


def compared(old: list[Paragraph], new: list[Paragraph]) -> list[Change]:
    """The numbers that changed from some paragraphs to others."""
    found: list[Change] = []
    lost: list[tuple[str, Paragraph, claims.Number]] = []  # with the page where it may stand now
    fresh: dict[str, Counter] = {}
    left = list(new)
    for was, now in paired(old, left):
        if now is None:
            lost += [(was.page, was, number) for number in was.numbers]
            continue
        pairs, gone, come = aligned(was, now)
        found += [Change(now.page, a.text, b.text, now.start) for a, b in pairs if a.key != b.key]
        lost += [(now.page, was, number) for number in gone]
        fresh.setdefault(now.page, Counter()).update(number.key for number in come)
    for paragraph in left:
        fresh.setdefault(paragraph.page, Counter()).update(n.key for n in paragraph.numbers)
    for page, paragraph, number in lost:
        if fresh.get(page, Counter())[number.key]:
            fresh[page][number.key] -= 1
        else:
            found.append(Change(page, number.text, "", paragraph.start))
    return sorted(found, key=lambda change: (change.page != "index.ipynb", change.page))


def paired(
    old: list[Paragraph], left: list[Paragraph]
) -> Iterator[tuple[Paragraph, Paragraph | None]]:
    """Each old paragraph that has numbers with what became of it, which is taken out of `left`."""

    def same(a: Paragraph, b: Paragraph) -> bool:
        return a.words == b.words and [n.key for n in a.numbers] == [n.key for n in b.numbers]

    waiting = list(old)
    # As it was, or with the same words: on its page, then on another. Then the most alike.
    for fits in (
        lambda a, b: a.page == b.page and same(a, b),
        lambda a, b: a.page == b.page and a.words == b.words,
        same,
        lambda a, b: a.words == b.words and len(a.words) > len(a.numbers),
    ):
        for was in list(waiting):
            now = next((each for each in left if fits(was, each)), None)
            if now is not None:
                waiting.remove(was)
                left.remove(now)
                yield was, now
    scores = sorted(
        (
            (likeness(was, now), -i, -j)
            for i, was in enumerate(waiting)
            for j, now in enumerate(left)
            if was.page == now.page
        ),
        reverse=True,
    )
    olds, news = dict(enumerate(waiting)), dict(enumerate(left))
    for score, i, j in scores:
        if score >= ALIKE and -i in olds and -j in news:
            was, now = olds.pop(-i), news.pop(-j)
            left.remove(now)
            yield was, now
    for was in olds.values():
        yield was, None


def likeness(one: Paragraph, other: Paragraph) -> float:
    """How much of their words two paragraphs share, from 0 to 1; their numbers do not count."""
    first, second = ([w for w in each.words if w != NUMBER] for each in (one, other))
    if not first or not second:
        return 0.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    # The first two are bounds, and cheap.
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    return matcher.ratio()


def aligned(was: Paragraph, now: Paragraph):
    """The numbers that stand among the same words, and those that stand in one alone."""
    pairs, ours, theirs = [], set(), set()
    matcher = SequenceMatcher(None, was.words, now.words, autojunk=False)
    for a, b, size in matcher.get_matching_blocks():
        run = was.words[a : a + size]
        # A number that falls on another without a word beside it does so by chance.
        if was.words != now.words and not any(re.match(r"\w", word) for word in run):
            continue
        for offset, word in enumerate(run):
            if word == NUMBER:
                i, j = (
                    each.words[:place].count(NUMBER)
                    for each, place in ((was, a + offset), (now, b + offset))
                )
                pairs.append((was.numbers[i], now.numbers[j]))
                ours.add(i)
                theirs.add(j)
    gone = [number for i, number in enumerate(was.numbers) if i not in ours]
    come = [number for j, number in enumerate(now.numbers) if j not in theirs]
    return pairs, gone, come


def changed(since: str, until: str | None = None, root: Path = ROOT) -> list[Change]:
    """The numbers that changed from one commit to another, or to the folder as it is."""
    return compare(notebooks(root, since), notebooks(root, until))


def last(root: Path = ROOT) -> str:
    """The tag of the newest version that the commit comes after or is; empty before the first."""
    releases = provenance.releases_of(root)
    return f"v{releases[0]}" if releases else ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Which numbers of the prose changed?")
    parser.add_argument("--since", default="", help="a commit or tag; the last version if none")
    since = parser.parse_args().since or last()
    if not since:
        raise SystemExit(
            "Nothing has been released yet: say since when, as in make changed-numbers since=HEAD~1"
        )
    git(ROOT, "rev-parse", "--verify", "--quiet", f"{since}^{{commit}}")
    found = changed(since)
    print(
        "\n".join(changes.number_lines(found)) or f"No number of the prose changed since {since}."
    )


if __name__ == "__main__":
    main()
