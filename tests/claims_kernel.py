"""What evaluates claims inside a notebook's kernel: it reads the names there and binds none."""

import ast
import json
import re
import types
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

FRACTIONS = {"½": "0.5", "¼": "0.25", "¾": "0.75"}
LITERAL = re.compile(r"[-−]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+−]?\d+)?|[-−]?[∞½¼¾]")
SEPARATORS = re.compile(r"[\s,;|()\[\]{}]*")

_before = set()
_printed = []


def install(namespace):
    """Remember which names the kernel has before the notebook's first cell."""
    _before.update(namespace)


def as_decimal(literal):
    """Return the number that a literal spells, digits kept as printed."""
    text = literal.replace("−", "-")
    for sign, value in FRACTIONS.items():
        text = text.replace(sign, value)
    return Decimal(text.replace("∞", "Infinity"))


def literals(text):
    """Return the literals in the string of a `shows`; raise ValueError for anything else in it."""
    found, place = [], SEPARATORS.match(text).end()
    while place < len(text):
        match = LITERAL.match(text, place)
        if match is None:
            raise ValueError(f"shows: {text[place:]!r} is no number")
        found.append(match.group())
        place = SEPARATORS.match(text, match.end()).end()
        if place == match.end() < len(text):
            raise ValueError(f"shows: put spaces between the numbers of {text!r}")
    if not found:
        raise ValueError("shows: the string holds no number")
    return found


def printed_like(value, literal):
    """Return `value` as a decimal number, rounded to the last place of `literal`."""
    if literal.lstrip("-−") in FRACTIONS:  # a fraction is exact
        return Decimal(repr(round(value, 12))).normalize()
    shown = as_decimal(literal)
    if not (np.isfinite(value) and shown.is_finite()):
        return Decimal(repr(value))
    return Decimal(value).quantize(Decimal((0, (1,), shown.as_tuple().exponent)), ROUND_HALF_EVEN)


def shows(value, text):
    """Return whether the value, flattened, reads as the numbers of the text at their precision."""
    wanted = literals(text)
    values = [float(each) for each in np.asarray(value, dtype=float).ravel()]
    if len(values) != len(wanted):
        _printed.append(f"there are {len(values)} numbers, and the string has {len(wanted)}")
        return False
    got = [printed_like(*pair) for pair in zip(values, wanted, strict=True)]
    right = all(mine == as_decimal(theirs) for mine, theirs in zip(got, wanted, strict=True))
    if not right:
        _printed.append("at that precision it is " + " ".join(f"{each:f}" for each in got))
    return right


def _counts(value):
    """Return whether a name bound to this value is the notebook's: ours, or made from ours."""
    if isinstance(value, types.ModuleType):
        home = value.__name__
    elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)):
        home = getattr(value, "__module__", None) or "numpy"
    else:
        return True
    return home.split(".")[0] in ("__main__", "attention_core")


def evaluate(expression, namespace):
    """Return [verdict, detail]: "true", "false", "raises" or "not bool"."""
    _printed.clear()
    try:
        names = {**namespace, "shows": shows}
        with np.errstate(all="ignore"):
            value = eval(compile(expression, "<claim>", "eval"), names)
    except Exception as error:
        return ["raises", f"{type(error).__name__}: {error}"]
    if not isinstance(value, (bool, np.bool_)):
        return ["not bool", f"it is {value!r}"]
    return ["true" if value else "false", "; ".join(_printed)]


def run(namespace, request):
    """Evaluate claims and their mutants; print the verdicts as one line of JSON."""
    answers = []
    for claim, mutants in json.loads(request):
        tree = ast.parse(claim, mode="eval")
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {"shows"}
        own = [n for n in names if n in namespace and n not in _before and _counts(namespace[n])]
        answers.append(
            {
                "claim": evaluate(claim, namespace),
                "own": sorted(own),
                "mutants": [evaluate(each, namespace)[0] for each in mutants],
            }
        )
    print("\x1eclaims" + json.dumps(answers))
