"""A function's own source, shown as code: what is read is what runs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any


@dataclass(frozen=True)
class Source:
    """The text of a function or class, which a notebook shows as Python code."""

    text: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/markdown": f"```python\n{self.text}\n```", "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def source(thing: Callable[..., Any], *, whole: bool = False) -> Source:
    """The source of a function or class, taken from the package itself.

    Parameters
    ----------
    thing : function or class
    whole : bool
        With every docstring in full. Otherwise each is cut to its first line;
        the code itself is never touched.

    Returns
    -------
    Source
        Shows itself as Python code in a notebook and on the site.

    Raises
    ------
    TypeError
        If it is neither, and so has no source.

    Examples
    --------
    >>> from attention_core import scores
    >>> shown = source(scores.dot)
    >>> print(shown.text.splitlines()[-1].strip())
    return raw_scores
    """
    if not (inspect.isfunction(thing) or inspect.ismethod(thing) or inspect.isclass(thing)):
        raise TypeError(
            f"thing must be a function or a class, to have a source: got {type(thing).__name__}"
        )
    text = dedent(inspect.getsource(thing)).rstrip()
    return Source(text if whole else _first_lines(text))


def _first_lines(text: str) -> str:
    """Cut each docstring to its first line."""
    lines = text.split("\n")
    nodes = [
        node.body[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)
    ]
    for node in sorted(nodes, key=lambda node: node.lineno, reverse=True):
        if node.end_lineno is not None and node.end_lineno > node.lineno:
            first = lines[node.lineno - 1]
            lines[node.lineno - 1 : node.end_lineno] = [f'{first}"""']
    return "\n".join(lines)
