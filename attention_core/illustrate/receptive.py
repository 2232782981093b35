"""What an output can see: the lines from it down to its inputs, one model above the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .._check import check_count
from ..reach import InTurn, Layer, path_length
from .canvas import MARGIN, Canvas
from .figure import Figure

_LEFT, _RIGHT = 62.0, 347.0
_MOST = 16
Node = tuple[int, int]


class Walk(NamedTuple):
    """All that an output is computed from.

    Attributes
    ----------
    nodes : dict of (level, place) to int
        Over how many operations, level 0 being the inputs.
    lines : list of pairs of nodes
        What is read, and what it is read for.
    longest : list of nodes
        From the output to the input that is the most operations away, the farthest of several.
    """

    nodes: dict[Node, int]
    lines: list[tuple[Node, Node]]
    longest: list[Node]


def walk(layers: Sequence[Layer], output: int) -> Walk:
    """Go down from an output to its inputs, one operation after the other."""
    start = (len(layers), output)
    nodes, above, lines, front = {start: 0}, {start: start}, [], [start]
    for level, place in front:  # which grows as it is read: what is near comes first
        layer = layers[level - 1] if level else None
        reads = layer.reads if isinstance(layer, InTurn) else layer
        for j in np.flatnonzero(reads[place]).tolist() if reads is not None else ():
            beside = isinstance(layer, InTurn) and j < place
            below = (level if beside else level - 1, j)
            lines.append((below, (level, place)))
            if below not in nodes:
                nodes[below], above[below] = nodes[level, place] + 1, (level, place)
                front.append(below)
    inputs = [node for node in nodes if node[0] == 0]
    if not inputs:
        return Walk(nodes, lines, [start])
    longest = [max(inputs, key=lambda node: (nodes[node], abs(node[1] - output), -node[1]))]
    while longest[-1] != start:
        longest.append(above[longest[-1]])
    return Walk(nodes, lines, longest[::-1])


def receptive_fields(
    models: Mapping[str, Sequence[Layer]], *, output: int, caption: str | None = None
) -> Figure:
    """What one output can see in each of several models, and over how many operations.

    Parameters
    ----------
    models : mapping of name to layers
        The layers of each model as `attention_core.reach.stack` gives them, the lowest first; all
        models have as many tokens, 16 at most.
    output : int
        The output whose inputs are shown, counted from 0.
    caption : str, optional
        In place of the one made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no model, if they differ in their tokens or have too many, or if there is no
        such output.
    TypeError
        If the output is no whole number.

    Examples
    --------
    >>> from attention_core.reach import stack
    >>> models = {"convolution": stack("convolution", 8, 2, 2), "attention": stack("attention", 8)}
    >>> receptive_fields(models, output=6).alt
    'Of 8 inputs, output 7 depends in convolution on 5 to 7, over 2 operations; in attention on
    1 to 7, over 1 operation.'
    """
    check_count("output", output)
    if not models:
        raise ValueError("models must have a name and layers for one model or more: got none")
    lengths = {name: path_length(*layers) for name, layers in models.items()}
    counts = {len(each) for each in lengths.values()}
    n = max(counts)
    if len(counts) > 1 or n > _MOST or output >= n:
        raise ValueError(
            f"models must have as many tokens as each other, {_MOST} at most, and output must be "
            f"one of them, counted from 0: got {', '.join(map(str, sorted(counts)))} tokens and "
            f"output {output}"
        )
    canvas, y, said = Canvas(), 10.0, []
    for name, layers in models.items():
        row = lengths[name][output]
        seen = f"{np.isfinite(row).sum()} of {n}"
        canvas.text(MARGIN, y, name[:1].upper() + name[1:], "h")
        canvas.text(_RIGHT + 7, y, seen, "l", "end")
        y = _panel(canvas, y + 34, walk(layers, output), n, len(layers), row) + 34
        said.append(f"in {name} on {in_words(row)}")
    told = caption or (
        "Solid inputs are seen by the output on top, along the lines; hollow ones are not. Below "
        "each, how many operations lie on its shortest path; the longest of these is drawn heavy."
    )
    start = f"Of {n} inputs, output {output + 1} depends "
    return canvas.figure(start + "; ".join(said) + ".", told, 360)


def in_words(row: np.ndarray) -> str:
    """Which inputs have a path, counted from 1, and over how many operations."""
    found = np.flatnonzero(np.isfinite(row)) + 1
    if not len(found):
        return "none"
    runs = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    texts = [f"{run[0]} to {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs]
    listed = ", ".join(texts[:-1]) + " and " + texts[-1] if texts[1:] else texts[0]
    low, high = int(row.min()), int(row[np.isfinite(row)].max())
    over = f"{low} to {high}" if low < high else f"{high}"
    return f"{listed}, over {over} operation{'s' * (high > 1)}"


def _panel(canvas: Canvas, top: float, walked: Walk, n: int, depth: int, row: np.ndarray) -> float:
    """Levels of places, the lines between them, and the path lengths; return the lower edge."""
    gap = max(30.0, 60.0 - 12 * depth)
    across = min(40.0, (_RIGHT - _LEFT) / max(1, n - 1))
    bottom = top + depth * gap

    def at(node: Node) -> tuple[float, float]:
        return _LEFT + node[1] * across, bottom - node[0] * gap

    def path(lines: Sequence[tuple[Node, Node]]) -> str:
        ends = [(*at(a), *at(b)) for a, b in lines]
        return "".join(f"M{x1:.4g} {y1:.4g}L{x2:.4g} {y2:.4g}" for x1, y1, x2, y2 in ends)

    faint = 0.2 if len(walked.lines) > 150 else 0.55  # so many lines are an area
    heavy = list(zip(walked.longest, walked.longest[1:], strict=False))
    canvas.parts.append(
        f'<path class="input" style="fill:none;stroke:var(--t);stroke-width:1.1;opacity:{faint}" '
        f'd="{path(walked.lines)}"/><path class="output" style="fill:none;stroke:var(--t);'
        f'stroke-width:2.8;stroke-linecap:round" d="{path(heavy)}"/>'
    )
    for level in range(depth + 1):
        kinds: dict[str, list[str]] = {"g": [], "input": [], "output": []}
        for place in range(n):
            x, y = at((level, place))
            chosen = (level, place) == walked.longest[0]
            kind = "output" if chosen else "input" if (level, place) in walked.nodes else "g"
            r = 7 if chosen else 5.5 if level == 0 else 4.5
            kinds[kind].append(f'<circle cx="{x:.4g}" cy="{y:.4g}" r="{r:g}"/>')
        hollow = "fill:var(--paper);stroke-width:1.2"
        full = "fill:var(--c);stroke:var(--b);stroke-width:1.4"
        ring = "fill:var(--paper);stroke:var(--t);stroke-width:2"
        styles = {"g": hollow, "input": ring if level else full, "output": full}
        canvas.parts += [
            f'<g class="{kind}" style="{styles[kind]}">{"".join(circles)}</g>'
            for kind, circles in kinds.items()
            if circles
        ]
    chosen_x = at(walked.longest[0])[0]
    canvas.text(chosen_x, top - 15, str(walked.longest[0][1] + 1), "u", "middle")
    for text, height in (("output", top), ("input", bottom), ("path", bottom + 19)):
        canvas.text(MARGIN, height, text, "u")
    for place, length in enumerate(row):
        if np.isfinite(length):
            canvas.text(at((0, place))[0], bottom + 19, f"{length:g}", "u", "middle")
    return bottom + 19
