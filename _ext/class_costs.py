"""What it costs to serve the book to a class, as measured, and links for a class.

The role `measured` prints what `make hub-check` found and keeps in hub/measured.json, so that no
number is typed: {measured}`100 * hub.student.private_bytes` is a hundred times that many bytes,
rounded as a reader wants it. The directive `class-links` makes links to every chapter on a hub, at
the address that a teacher types; without a script it shows the form of such a link.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from datetime import date
from html import escape
from pathlib import Path

from babel.dates import format_date
from docutils import nodes
from docutils.parsers.rst import Directive

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "hub"))

import links

HERE = Path(__file__).resolve().parent
MEASURED = HERE.parent / "hub" / "measured.json"
SCRIPT = "class_links.js"
#: What stands for a reader's own in the form of a link.
HUB, REPOSITORY = "https://HUB", "https://FORGE/OWNER/BOOK"
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
#: From here on, bytes are given in the next unit, and seconds in minutes.
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
LONG = 100


# --- the numbers ---------------------------------------------------------------------------------


def found(asked: str, measured: dict) -> tuple[object, str]:
    """A measured value, or a sum of such and of their multiples, and what it is measured in.

    >>> found("2 * a.size_bytes + b_bytes", {"a": {"size_bytes": 3}, "b_bytes": 1})
    (7, 'bytes')
    """
    terms = [term.strip() for term in asked.split("+")]
    values, kinds = [], set()
    for term in terms:
        times, _, name = term.rpartition("*")
        value = measured
        for part in name.strip().split("."):
            if not isinstance(value, dict) or part not in value:
                raise ValueError(f"hub/measured.json has no {name.strip()!r}")
            value = value[part]
        values.append(value * int(times) if times else value)
        kinds.add(name.strip().rpartition(".")[2].rpartition("_")[2])
    if len(kinds) != 1:
        raise ValueError(f"these cannot be added, as they are measured differently: {asked}")
    return (sum(values) if len(values) > 1 else values[0]), kinds.pop()


def shown(value: object, kind: str) -> str:
    """A value as a reader wants it: two digits are enough to plan with.

    >>> shown(123456789, "bytes"), shown(1234567890, "bytes"), shown(28.4, "seconds")
    ('120 MB', '1.2 GB', '28 seconds')
    >>> shown(5, "users"), shown(16, "cores"), shown("2026-11-28", "day")
    ('five', '16', '28 November 2026')
    """
    if kind == "bytes":
        size, unit = next((each for each in UNITS if two_digits(value) >= each[0]), (1, "bytes"))
        return f"{two_digits(value) / size:.{int(two_digits(value) < 10 * size)}f} {unit}"
    if kind == "seconds":
        length, unit = (60, "minutes") if value >= LONG else (1, "seconds")
        return f"{max(1, round(value / length))} {unit}"
    if kind == "day":
        return format_date(date.fromisoformat(str(value)), "d MMMM yyyy", locale="en_GB")
    if isinstance(value, int) and 0 <= value < len(COUNTS):
        return COUNTS[value]
    return str(value)


def two_digits(value: float) -> float:
    """A number to its first two digits.

    >>> two_digits(123456), two_digits(98765)
    (120000.0, 99000.0)
    """
    return float(f"{value:.1e}")


def measured_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    env = inliner.document.settings.env
    env.note_dependency(str(MEASURED))
    try:
        said = shown(*found(text, json.loads(MEASURED.read_text(encoding="utf-8"))))
    except (OSError, ValueError) as wrong:
        message = inliner.reporter.error(str(wrong), line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]
    return [nodes.Text(said.replace(" ", "\N{NO-BREAK SPACE}"))], []


# --- the links -----------------------------------------------------------------------------------


def chapters(source: Path) -> dict[str, str]:
    """The notebooks that a link can open, and their titles."""
    paths = [source / "index.ipynb", *sorted((source / "chapters").glob("[0-9][0-9]-*.ipynb"))]
    return {path.relative_to(source).as_posix(): title(path) for path in paths if path.is_file()}


def title(path: Path) -> str:
    """The first heading of a notebook; a chapter's number stands before it."""
    text = "".join(
        "".join(cell["source"]) + "\n" for cell in json.loads(path.read_text("utf-8"))["cells"]
    )
    heading = re.search(r"^# +(.+)$", text, re.MULTILINE)
    if not heading:
        raise ValueError(f"{path.name} has no title")
    number = re.match(r"\d\d(?=-)", path.name)
    return f"{int(number[0])}. {heading[1]}" if number else heading[1]


def maker(repository: str, branch: str, titles: dict[str, str]) -> str:
    """The form and the list of links, for a repository; without one, why there are none."""
    example = next((name for name in titles if "/" in name), "index.ipynb")
    form = links.link("hub.example.org", repository or REPOSITORY, branch, example)
    form = form.replace("https://hub.example.org", HUB).replace(
        links.pull(repository or REPOSITORY, branch, example),
        readable(links.pull(repository or REPOSITORY, branch, example)),
    )
    code = f'<div class="highlight"><pre><code class="class-form">{escape(form)}</code></pre></div>'
    if not repository:
        return (
            '<div class="class-links"><p>This copy of the book was built without knowing the public '
            "repository it comes from, so it makes no links. A copy that is built from a clone does, "
            f"and so does a fork. A link has this form, in one line:</p>{code}</div>"
        )
    items = "".join(
        f'<li><a data-pull="{escape(links.pull(repository, branch, name))}">{escape(words)}</a></li>'
        for name, words in titles.items()
    )
    return (
        f'<div class="class-links"><p class="class-without">A link has this form, in one line, with '
        f"your hub in place of <code>{HUB.removeprefix('https://')}</code>:</p>{code}"
        '<form hidden><label for="class-hub">The address of your hub</label>'
        '<input id="class-hub" type="url" inputmode="url" autocomplete="off" spellcheck="false" '
        'placeholder="https://hub.example.org"><p class="class-said" role="status"></p></form>'
        f'<div class="class-made" hidden><ul>{items}</ul>'
        "<details><summary>All of them as text, to paste into your course</summary>"
        '<textarea readonly rows="8" wrap="off" aria-label="All links as text"></textarea></details></div></div>'
    )


def readable(pull: str) -> str:
    """A link's own part as it may be typed too: servers read a slash and a colon as they are."""
    return pull.replace("%2F", "/").replace("%3A", ":")


class ClassLinks(Directive):
    """Links to every chapter on a hub, which a teacher names."""

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        titles = chapters(Path(env.srcdir))
        for name in titles:
            env.note_dependency(name)
        book = env.config.book_provenance
        return [nodes.raw("", maker(book.repository, book.branch, titles), format="html")]


def write(app) -> None:
    """Write the script where the site's other scripts are."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE / SCRIPT, folder / SCRIPT)


def load(app, pagename, templatename, context, doctree) -> None:
    """Load the script where links can be made."""
    if '<form hidden><label for="class-hub">' in (context.get("body") or ""):
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app):
    app.add_role("measured", measured_role)
    app.add_directive("class-links", ClassLinks)
    app.connect("builder-inited", write)
    app.connect("html-page-context", load, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
