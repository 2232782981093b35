"""The answers of the exercises, so that another answer is noticed: it is a headline.

`make release PREPARE=1` stores those of a version in tests/answers.json. A test compares them with
today's, and `make release` with those of the version before.
"""

from __future__ import annotations

import json
import re
import sys
from copy import deepcopy
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

STORED = "tests/answers.json"


def plain(value: Any) -> Any:
    """A value as JSON has it: numbers, texts, yes and no, and lists of them."""
    import numpy as np

    if isinstance(value, str) or value is None or value is ...:
        return str(value)
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return [[plain(key), plain(part)] for key, part in value.items()]
    if is_dataclass(value):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        return rounded(np.asarray(value).tolist())
    # A function or a model, among the cases of another.
    return getattr(value, "__qualname__", type(value).__qualname__)


def rounded(value: Any) -> Any:
    """Floats to seven digits: the last ones differ from one processor to another."""
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def answer(exercise: Any) -> Any:
    """The right answer of an exercise; of a function, what it gives for each of the cases."""
    expected = exercise.expected()
    if not callable(expected):
        return plain(expected)
    return {
        "cases": [
            [plain(deepcopy(case)), plain(expected(*deepcopy(case)))] for case in exercise.cases()
        ]
    }


def now(chapters: list[str]) -> dict[str, Any]:
    """Today's answers of some chapters, each with the distance that its check allows."""
    found = {}
    for chapter in chapters:
        for exercise in import_module(f"attention_core.exercises.chapter{chapter}").EXERCISES:
            found[exercise.id] = {"answer": answer(exercise), "tolerance": exercise.tolerance}
    return found


def chapters(root: Path = ROOT) -> list[str]:
    """The numbers of the chapters that have exercises."""
    files = (root / "attention_core" / "exercises").glob("chapter[0-9][0-9].py")
    return sorted(path.stem.removeprefix("chapter") for path in files)


def text(version: str, answers: dict[str, Any]) -> str:
    """The file of a version: an exercise a line."""
    lines = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in sorted(answers.items())
    )
    return f'{{\n  "version": {json.dumps(version)},\n  "answers": {{\n{lines}\n  }}\n}}\n'


def read(stored: str) -> tuple[str, dict[str, Any]]:
    """The version of a file, and its answers."""
    data = json.loads(stored)
    return data["version"], data["answers"]


def same(one: Any, other: Any, tolerance: float) -> bool:
    """Whether an old answer still passes for the new one."""
    if isinstance(one, dict) and isinstance(other, dict):  # functions: the cases that both know
        known, pairs = list(one["cases"]), []
        for case, result in other["cases"]:
            was = next((each for each in known if each[0] == case), None)
            if was is not None:
                known.remove(was)
                pairs.append((was[1], result))
        return bool(pairs) and all(same(*pair, tolerance) for pair in pairs)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            same(*pair, tolerance) for pair in zip(one, other, strict=True)
        )
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or abs(one - other) <= tolerance or (one != one and other != other)
    return type(one) is type(other) and one == other


def changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, bool]:
    """The exercises whose answer is another one (True), and those that are gone (False)."""
    found = {}
    for name, was in sorted(old.items()):
        if name not in new:
            found[name] = False
        elif not same(was["answer"], new[name]["answer"], new[name]["tolerance"]):
            found[name] = True
    return found


def asked_of(answers: dict[str, Any], asked: list[str]) -> dict[str, Any]:
    """The answers of some chapters alone."""
    return {name: value for name, value in answers.items() if re.match(r"\d\d", name)[0] in asked}
