"""The concept inventory on its page: each form whole, and alive where scripts run.

The directive `inventory` writes a form from `attention_core.exercises.inventory`, so that its
numbers are those of the examples: questions, options, and behind a toggle what is right and why the
others tempt. `<attention-quiz>` makes of this a quiz.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.parsers.rst import Directive

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attention_core.exercises import inventory
from attention_core.exercises.inventory import Option, Question, html

FORMS = {"before": inventory.before, "after": inventory.after}
TITLES = {"before": "Before the first lecture", "after": "After the last lecture"}


def title_of(notebook: Path) -> str:
    """A chapter's title, from its first heading."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "markdown" and line.startswith("# "):
                return line[2:].strip()
    raise ValueError(f"{notebook.name} has no title")


def link(chapter: str, titles: dict[str, str]) -> str:
    """A chapter's number and title, which lead there from a page of `back/`."""
    words = f"Chapter {int(chapter[:2])}, {titles[chapter]}"
    return f'<a class="reference internal" href="../chapters/{chapter}.html">{html(words)}</a>'


def reason(option: Option, titles: dict[str, str]) -> str:
    """What there is to say about an option."""
    if not option.confusion:
        return f"<li data-right><strong>Right.</strong> {html(option.reason)}</li>"
    belief = inventory.confusions[option.confusion]
    return (
        f'<li>{html(option.reason)} <span class="quiz-belief">Behind it: <q>'
        f"{html(belief.belief)}</q>. {link(belief.chapter, titles)}.</span></li>"
    )


def asked(question: Question, titles: dict[str, str]) -> str:
    """A question, its options, and the answer behind a toggle."""
    options = "".join(f"<li>{html(option.text)}</li>" for option in question.options)
    reasons = "".join(reason(option, titles) for option in question.options)
    return (
        f'<li data-title="{escape(question.title)}"><p>{html(question.text)}</p>'
        f'<ol class="quiz-options" type="A">{options}</ol>'
        f'<details class="quiz-answer"><summary>Answer</summary><ol type="A">{reasons}</ol>'
        f'<p class="quiz-read">To read: {link(question.chapter, titles)}.</p></details></li>'
    )


def form(name: str, titles: dict[str, str]) -> str:
    """A form as HTML."""
    questions = "\n".join(asked(question, titles) for question in FORMS[name])
    return (
        f'<attention-quiz data-title="{TITLES[name]}">'
        f'<ol class="quiz-questions">\n{questions}\n</ol></attention-quiz>'
    )


class Inventory(Directive):
    """A form of the concept inventory: `before` or `after`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        (name,) = self.arguments
        if name not in FORMS:
            raise self.error(f"inventory has the forms {' and '.join(FORMS)}: got {name!r}")
        if not env.docname.startswith("back/"):
            raise self.error(f"its links to chapters lead from a page of back/: got {env.docname}")
        chapters = {belief.chapter for belief in inventory.confusions.values()}
        titles = {}
        for each in sorted(chapters | {question.chapter for question in FORMS[name]}):
            env.note_dependency(f"chapters/{each}.ipynb")
            titles[each] = title_of(Path(env.srcdir) / "chapters" / f"{each}.ipynb")
        return [nodes.raw("", form(name, titles), format="html")]


def setup(app):
    app.add_directive("inventory", Inventory)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
