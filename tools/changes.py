"""The list of changes, `back/changes.md`, as the tools read and write it.

A version is a heading with its day, and what it changes are lines that begin in bold:

    ## 2026.2, 5 May 2026

    - **0.43 is now 0.44** in [](../chapters/05-softmax.ipynb): “The second token gets 0.44.”
    - **0.14 is gone** from [](../chapters/05-softmax.ipynb): “The first token gets 0.14.”
    - **Exercise 05.2 has another answer** in [](../chapters/05-softmax.ipynb).
    - **Exercise 05.3 is gone** from [](../chapters/05-softmax.ipynb).

What is not released yet stands under `## In preparation`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from babel.dates import format_date

ROOT = Path(__file__).resolve().parent.parent
CHANGES = ROOT / "back" / "changes.md"

PREPARING = "## In preparation"
RELEASE = re.compile(
    r"^## (?P<version>20\d\d\.[1-9]\d*), (?P<day>\d{1,2} [A-Z][a-z]+ 20\d\d)$", re.M
)
#: A page of the book, as a link from the list of changes; one that is gone is named without a link.
PAGE = r"(?:\[[^\]\n]*\]\(\.\./(?P<page>[^)\s]+)\)|`(?P<lost>[^`\n]+)`)"
NUMBER = re.compile(
    r"^- \*\*(?!Exercise )(?:(?P<old>[^*\n]+?) is now (?P<new>[^*\n]+?)|(?P<gone>[^*\n]+?) is gone)\*\*"
    rf"\s+(?:in|from)\s+{PAGE}",
    re.MULTILINE,
)
ANSWER = re.compile(r"^- \*\*Exercise (\d\d\.\d+) (?:has another answer|is gone)\*\*", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """A number of a page that is another one now, or gone (then `new` is empty)."""

    page: str  # its path, as in chapters/05-softmax.ipynb
    old: str
    new: str = ""
    words: str = ""  # how its paragraph begins

    @property
    def what(self) -> tuple[str, str, str]:
        """What one headline names, in however many paragraphs the number stands."""
        return self.page, self.old, self.new

    @property
    def headline(self) -> str:
        return f"{self.old} is now {self.new}" if self.new else f"{self.old} is gone"


def in_words(day: date) -> str:
    """The day as headings have it: 5 May 2026."""
    return format_date(day, "d MMMM yyyy", locale="en_GB")


def sections(text: str) -> dict[str, str]:
    """The text under each version's heading; that in preparation is called ""."""
    found = {}
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        match = RELEASE.match(heading)
        if match or heading.strip() == PREPARING:
            found[match["version"] if match else ""] = body
    return found


def days(text: str) -> dict[str, str]:
    """The day that each version's heading says."""
    return {match["version"]: match["day"] for match in RELEASE.finditer(text)}


def numbers_named(section: str) -> set[tuple[str, str, str]]:
    """Each changed number that a section names, as `Change.what` has it."""
    return {
        (match["page"] or match["lost"], match["old"] or match["gone"], match["new"] or "")
        for match in NUMBER.finditer(section)
    }


def answers_named(section: str) -> set[str]:
    """The exercises that a section says have another answer, or are gone."""
    return set(ANSWER.findall(section))


def number_lines(changes: list[Change], root: Path = ROOT) -> list[str]:
    """A line for each changed number of a page, ready for the list."""
    places: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        places.setdefault(change.what, []).append(change)
    lines = []
    for (page, _, new), found in places.items():
        first = found[0]
        words = re.sub(r"([\\`*_\[\]<>$#|{}])", r"\\\1", first.words)
        more = ", and elsewhere" if len(found) > 1 else ""
        lines.append(
            f"- **{first.headline}** {'in' if new else 'from'} {linked(page, root)}: “{words}”{more}."
        )
    return lines


def answer_lines(exercises: dict[str, bool], root: Path = ROOT) -> list[str]:
    """A line for each exercise with another answer, or (False) for one that is gone."""
    lines = []
    for exercise, there in exercises.items():
        page = next(root.glob(f"chapters/{exercise[:2]}-*.ipynb"), None)
        what = "has another answer** in" if there else "is gone** from"
        where = linked(f"chapters/{page.name}" if page else f"chapter {exercise[:2]}", root)
        lines.append(f"- **Exercise {exercise} {what} {where}.")
    return lines


def linked(page: str, root: Path) -> str:
    """A page with its title as a link, while there is such a page."""
    return f"[](../{page})" if (root / page).is_file() else f"`{page}`"


def without_headlines(text: str) -> str:
    """The list without the numbers that stand in it by right: versions, days, changed numbers.

    How a paragraph begins is quoted as it stands there, and goes too.
    """
    text = RELEASE.sub("## A version", text)
    lines = (NUMBER.match(line) for line in text.splitlines())
    return "\n".join(
        re.sub(r"^(\s*): “.*?”", r"\1", line[match.end() :]) if match else line
        for line, match in zip(text.splitlines(), lines, strict=True)
    )
