"""The bibliography's style: author and year, entries by author."""

from __future__ import annotations

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle


class AuthorYearLabels(BaseLabelStyle):
    """Labels such as "Vaswani et al., 2017"; a letter tells two alike apart."""

    def format_labels(self, sorted_entries):
        labels = [self.label(entry) for entry in sorted_entries]
        for position, label in enumerate(labels):
            alike = labels[:position].count(label)
            yield label + "abcdefgh"[alike] if labels.count(label) > 1 else label

    @staticmethod
    def label(entry) -> str:
        names = [" ".join(person.last_names) for person in entry.persons["author"]]
        if len(names) > 2:
            names = [f"{names[0]} et al."]
        return f"{' and '.join(names)}, {entry.fields['year']}"


class AuthorYear(Plain):
    default_label_style = "author_year_labels"
    default_sorting_style = "author_year_title"


def setup(app):
    register_plugin("pybtex.style.labels", "author_year_labels", AuthorYearLabels, force=True)
    register_plugin("pybtex.style.formatting", "author_year_book", AuthorYear, force=True)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
