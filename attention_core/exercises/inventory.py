"""A concept inventory: questions whose every wrong answer is one confusion, in two parallel forms.

>>> from attention_core.exercises import inventory
>>> question = inventory.before[3]
>>> question.title
'A score of zero'
>>> [option.text for option in question.options if not option.confusion]
['0.18: all three exponentials share.']

The forms ask about the same concepts in the same order, with other numbers and other words. Give
`before` before the first lecture and `after` after the last: what has grown between them is what
was learned. Numbers come from the examples; none is typed. Texts are plain, with `*a word*` for a
word that is quoted and `d_k` for a letter with an index; `html` makes both of them look so.
"""

from attention_core.exercises.inventory_after import FORM as after
from attention_core.exercises.inventory_before import FORM as before
from attention_core.exercises.questions import (
    Confusion,
    Option,
    Question,
    confusions,
    html,
    unasked,
)

__all__ = ["Confusion", "Option", "Question", "after", "before", "confusions", "html", "unasked"]
