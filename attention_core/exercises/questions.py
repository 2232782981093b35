"""What a question of the concept inventory is made of, and the confusions that it may rest on."""

import re
from dataclasses import dataclass
from html import escape

__all__ = ["Confusion", "Option", "Question", "confusions", "html", "times", "unasked"]


@dataclass(frozen=True)
class Confusion:
    """Something that readers believe, and that the book clears up.

    Attributes
    ----------
    name : str
        A short name, by which options say what they rest on.
    belief : str
        What is believed, as a clause after "that".
    chapter : str
        The file of the chapter that clears it up, without its ending.
    """

    name: str
    belief: str
    chapter: str


@dataclass(frozen=True)
class Option:
    """An answer to choose.

    Attributes
    ----------
    text : str
        What it says.
    reason : str
        Why it is right; or why it tempts, and what is wrong with it.
    confusion : str
        The name of the confusion that leads to it; of the right answer, nothing.
    """

    text: str
    reason: str
    confusion: str = ""


@dataclass(frozen=True)
class Question:
    """A question with one right answer.

    Attributes
    ----------
    name : str
        The confusion that it is about; the same in both forms.
    title : str
        Its concept in a few words, the same in both forms.
    chapter : str
        The file of the chapter to read, without its ending.
    text : str
        The question.
    options : tuple of Option
        In the order in which they are shown.
    """

    name: str
    title: str
    chapter: str
    text: str
    options: tuple[Option, ...]

    @property
    def right(self) -> int:
        """Which option is right, counted from 0."""
        return [option.confusion for option in self.options].index("")


confusions = {
    name: Confusion(name, belief, chapter)
    for name, belief, chapter in (
        ("direction", "the key takes from the query", "08-all-inputs"),
        ("symmetry", "two tokens attend to each other alike", "04-scores"),
        ("rows", "columns of weights sum to one", "08-all-inputs"),
        ("column-sums", "a number of attention says how important a token is", "24-reading-heads"),
        ("three-projections", "one projection would do for all three jobs", "02-weights"),
        ("projections-weights", "attention weights are what is learned", "02-weights"),
        ("word-vectors", "the word vectors themselves are compared", "03-query-key-value"),
        ("output-word", "attention picks a word", "07-output"),
        ("zero-score", "a score of zero is a weight of zero", "05-softmax"),
        ("most-similar", "a high score or weight means a similar vector", "04-scores"),
        ("scale", "the scale follows from another size, or is not needed", "09-scaling"),
        ("divide-by-sum", "dividing by the sum does what softmax does", "05-softmax"),
        ("negative-weight", "a negative score counts against its value", "06-weighted-values"),
        ("equal-weight", "equal weights are equal contributions", "06-weighted-values"),
        ("itself", "a token attends to itself first", "08-all-inputs"),
        ("company", "a weight depends on its query and its key alone", "05-softmax"),
        ("two-choices", "scaling is what makes attention self-attention", "08-all-inputs"),
        ("sequence", "one token is done after another", "08-all-inputs"),
        ("head", "a head sees a slice of the input", "13-multi-head"),
        ("explanation", "weights explain what a model does", "24-reading-heads"),
        ("order", "attention knows by itself where a token stands", "14-positions"),
        ("mask-side", "True in a mask means the same everywhere", "11-shapes"),
        ("nothing-seen", "a query that may see nothing attends all the same", "12-masks"),
        ("memory", "the whole table of weights must be kept", "21-fast-attention"),
        ("cross", "queries and keys come from the same tokens, or from all", "11-shapes"),
        ("decoder", "attention is what a decoder does with its own text", "15-transformer"),
        ("learning", "a trained layer learns from what it reads", "16-backward"),
        ("reachable", "what can be reached is learned", "19-long-range"),
    )
}

#: The confusion of the book that no question asks about, and why.
unasked = {
    "other-numbers": (
        "Why your numbers differ from an article's, or from a library's: only who has computed them "
        "twice can be in doubt, and nobody has before the first lecture. Chapters 8 and 11 lay "
        "them side by side."
    )
}

#: How often, in words.
times = {2: "twice", 3: "three times", 4: "four times", 9: "nine times"}


def html(text: str) -> str:
    """A text of the inventory as HTML.

    Parameters
    ----------
    text : str
        With `*word*` for a quoted word and `d_k` for a letter with an index.

    Returns
    -------
    str
        Safe to put into a page.

    Examples
    --------
    >>> html("*dog* & √d_k")
    '<em>dog</em> &amp; √<var>d</var><sub>k</sub>'
    """
    marked = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", escape(text, quote=False).replace("'", "’"))
    return re.sub(r"\b([A-Za-z])_([a-z]+)\b", r"<var>\1</var><sub>\2</sub>", marked)
