"""Which statements a call runs: to compare two ways through the same code."""

import ast
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import getfile, getsource
from textwrap import dedent
from types import FrameType, ModuleType
from typing import Any

__all__ = ["Statement", "statements"]


@dataclass(frozen=True, order=True)
class Statement:
    """A statement of a module.

    Attributes
    ----------
    line : int
        Where it begins.
    function : str
        What it stands in, such as `Encoder.__call__`; empty for the module itself.
    text : str
        Its source. Of one that holds others, such as `for` and `if`, the head alone.
    indent : int
        How many spaces deeper it stands than the first statement of its function.

    Examples
    --------
    >>> Statement(7, "double", "return 2 * x")
    double: return 2 * x
    """

    line: int
    function: str
    text: str
    indent: int = 0

    def __repr__(self) -> str:
        """Where it stands and what it says."""
        return f"{self.function}: {self.text}"


def statements(call: Callable[[], object], *modules: ModuleType) -> tuple[Statement, ...]:
    """The statements of some modules that run while something is called.

    Parameters
    ----------
    call : callable
        Called once, without arguments. What it runs in other threads is not seen.
    *modules : modules
        With their sources.

    Returns
    -------
    tuple of Statement
        Each once, module after module, in the order of the file.

    Raises
    ------
    TypeError
        If a module has no source.

    Examples
    --------
    >>> from attention_core import normalize
    >>> statements(lambda: normalize.softmax([0.0, 1.0]), normalize)[-1]
    softmax: return weights.astype(x.dtype, copy=False)
    """
    known = {getfile(module): list(_statements(getsource(module))) for module in modules}
    found: list[Statement] = []
    for file, lines in _lines(call, known).items():
        starts = [statement.line for statement in known[file]]
        # Of a statement on several lines, which are reported differs from one Python to another.
        places = {bisect_right(starts, line) - 1 for line in lines}
        found += [known[file][place] for place in sorted(places)]
    return tuple(found)


def _lines(call: Callable[[], object], files: Iterable[str]) -> dict[str, set[int]]:
    """The lines of each file that a call runs."""
    lines: dict[str, set[int]] = {file: set() for file in files}

    def watch(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in lines:
            return None
        if event == "line":
            lines[frame.f_code.co_filename].add(frame.f_lineno)
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def _statements(text: str) -> Iterator[Statement]:
    """Every statement of a module, in the order of the file."""
    lines = text.splitlines()

    def visit(node: ast.AST, name: str, margin: int) -> Iterator[Statement]:
        for child in ast.iter_child_nodes(node):
            on_its_own_line = getattr(child, "lineno", 0) > getattr(node, "lineno", 0)
            if isinstance(child, ast.stmt) and on_its_own_line:
                indent = child.col_offset - margin
                yield Statement(child.lineno, name, _head(child, lines), indent)
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                own = f"{name}.{child.name}".lstrip(".")
                yield from visit(child, own, child.body[0].col_offset)
            else:
                yield from visit(child, name, margin)

    yield from visit(ast.parse(text), "", 0)


def _head(statement: ast.stmt, lines: list[str]) -> str:
    """The source of a statement without the statements in it."""
    last = statement.end_lineno or statement.lineno
    body = getattr(statement, "body", None)
    if isinstance(body, list):
        last = max(statement.lineno, body[0].lineno - 1)
    taken = lines[statement.lineno - 1 : last]
    return dedent("\n".join(taken)).rstrip()
