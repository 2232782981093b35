"""The scenes of the steps: where each thing stands in each frame, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._format import listing, number, vector
from . import pictures
from .animation import HIGH, Animation, Frame, Place, Sprite
from .canvas import GAP, MARGIN, cell_width, subscript, text_width

if TYPE_CHECKING:
    from ..steps import Step

NEAR = HIGH + GAP  # from row to row of a matrix
FAR = HIGH + 2 * GAP  # from row to row of a table
TOP = 46.0  # below the head
PROJECTIONS = (("key", "k"), ("query", "q"), ("value", "v"))


@dataclass
class Stage:
    """What is seen at the moment, and the frames that were taken of it."""

    records: dict[tuple[int, int | None], Step]
    count: int
    token: int
    decimals: int
    now: dict[str, Place] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    begun: int = 0  # the first frame of this arrangement
    number: int = 1

    def __post_init__(self) -> None:
        whole, weights = self.records[8, None], self.records[2, None].result
        arrays = {**whole.operands, **whole.result}
        self.x = np.stack([self.records[1, i].result["input"] for i in range(self.count)])
        self.rows: dict[str, Any] = {name: arrays[f"{plural}"] for name, plural in _PLURALS}
        self.projection: dict[str, Any] = {
            role: weights[f"{role}_weight"] for role, _ in PROJECTIONS
        }
        self.raw, self.scores, self.weights, self.outputs = (
            arrays[name] for name in ("raw_scores", "scores", "weights", "outputs")
        )
        # A number takes the same room in every frame.
        self.wide = {"input": self.width(self.x), "output": self.width(self.outputs)}
        for role, _ in PROJECTIONS:
            self.wide[role] = max(self.width(self.projection[role]), self.width(self.rows[role]))
        softmax = [self.records[5, i].result["exponentials"] for i in range(self.count)]
        shifted = self.scores - self.scores.max(axis=1, keepdims=True)
        self.wide["score"] = self.width(self.raw, self.scores, shifted, *softmax)
        self.wide["weight"] = self.width(self.weights)
        weighted = [self.records[6, i].result["weighted_values"] for i in range(self.count)]
        self.wide["weighted"] = self.wide["output"] = self.width(self.outputs, *weighted)

    def width(self, *arrays: Any) -> float:
        """Room for any of these numbers."""
        widest = max(cell_width(array, self.decimals) for array in arrays)
        return HIGH if widest <= 32 else round(widest - 2, 1)

    def print(self, value: float) -> str:
        """A number as it is printed here."""
        return number(value, self.decimals)

    def vector(self, values: Any) -> str:
        """A vector as it is printed here."""
        return vector(values, self.decimals)

    # --- what is seen ---

    def put(self, sprite: Sprite, x: float, y: float, faint: bool = False) -> None:
        """Show a sprite here, wherever it stood before."""
        known = self.now.get(sprite.key)
        if known is not None and not sprite.sources:
            sprite = replace(sprite, sources=known.sprite.sources)
        self.now[sprite.key] = Place(sprite, x, y, faint)

    def cells(
        self,
        key: str,
        values: Any,
        x: float,
        y: float,
        role: str,
        *,
        width: float | None = None,
        pitch: float | None = None,
        down: float | None = None,
        faint: Any = False,
        shade: Any = None,
        sources: Callable[[int], Iterable[str]] | None = None,
    ) -> float:
        """Show a row of cells from ``x`` on, or a column from ``y`` on; return where it ends.

        Cells that keep to the columns of wider ones stand in the middle of these: ``pitch``.
        """
        width = self.wide[role] if width is None else width
        pitch = width + GAP if pitch is None else pitch
        faint = np.broadcast_to(faint, np.shape(values))
        for i, value in enumerate(values):
            sprite = Sprite(
                f"{key}.{i}",
                "cell",
                self.print(value),
                role,
                width,
                shade=None if shade is None else float(shade[i]),
                sources=tuple(sources(i)) if sources else (),
            )
            middle = x + (pitch - GAP) / 2
            at = (middle, y + i * down) if down else (middle + i * pitch, y)
            self.put(sprite, *at, faint=bool(faint[i]))
        return x + width if down else x + len(values) * pitch - GAP

    def label(
        self, letter: str, index: int | str, role: str, x: float, y: float,
        anchor: str = "end", after: str = "", before: str = "", key: str = "",
    ) -> None:  # fmt: skip
        """Show a role's letter with its index."""
        name = key or f"label.{before}{letter}{index}.{anchor}"
        self.put(Sprite(name, "label", letter, role, 0, str(index), before, after, anchor), x, y)

    def text(
        self, text: str, x: float, y: float, kind: str = "u", anchor: str = "middle", key: str = ""
    ) -> None:
        """Show words."""
        self.put(Sprite(key or f"text.{text}", "text", text, kind, anchor=anchor), x, y)

    def line(self, key: str, left: float, right: float, y: float) -> None:
        """Show a rule."""
        self.put(Sprite(key, "line", width=right - left), (left + right) / 2, y)

    def drop(self, *starts: str) -> None:
        """Take away all whose keys begin so; with no argument, everything."""
        keep = {k: p for k, p in self.now.items() if starts and not k.startswith(starts)}
        self.now = keep

    # --- frames ---

    def step(self, number_: int) -> None:
        """From here on frames belong to this step."""
        self.number = number_

    def snap(self, sentence: str) -> None:
        """Take a frame."""
        before = {p.sprite.key for p in self.frames[-1].places} if self.frames else set(self.now)
        lit = {
            source
            for key, place in self.now.items()
            if key not in before
            for source in place.sprite.sources
            if source in self.now
        }
        record = next(r for (n, _), r in self.records.items() if n == self.number)
        places = tuple(self.now.values())
        ordered = tuple(key for key in self.now if key in lit)
        self.frames.append(Frame(self.number, record.name, sentence, places, ordered))

    def settle(self) -> None:
        """End an arrangement: what its last frame holds is a slot in the frames before."""
        last = [p for p in self.frames[-1].places if p.sprite.kind == "cell"]
        for position in range(self.begun, len(self.frames) - 1):
            frame = self.frames[position]
            there = {p.sprite.key for p in frame.places}
            taken = {(p.x, p.y) for p in frame.places}
            slots = [
                Place(Sprite(f"slot.{p.sprite.key}", "slot", width=p.sprite.width), p.x, p.y)
                for p in last
                if p.sprite.key not in there and (p.x, p.y) not in taken
            ]
            self.frames[position] = replace(frame, places=(*slots, *frame.places))
        self.begun = len(self.frames)

    def animation(self, title: str, alt: str) -> Animation:
        """Make the frames one animation, in the middle of a width that fits them all."""
        left, right, bottom = np.inf, 0.0, 0.0
        for frame in self.frames:
            for place in frame.places:
                start, end = _span(place)
                left, right = min(left, start), max(right, end)
                bottom = max(bottom, place.y + HIGH / 2)
        width = max(360.0, np.ceil(right - left + 2 * MARGIN))
        shift = (width - (right - left)) / 2 - left
        frames = tuple(
            replace(frame, places=tuple(replace(p, x=round(p.x + shift, 1)) for p in frame.places))
            for frame in self.frames
        )
        arrays = (self.scores, self.weights, self.outputs)
        parts = [array for array in arrays if self.number > 3]
        exact = pictures.printed_to(np.concatenate(parts, axis=1), self.decimals) if parts else ""
        height = float(np.ceil(bottom + MARGIN))
        return Animation(title, frames, float(width), height, alt, f"{title}.{exact}")

    # --- places that several steps share ---

    def row_at(self, j: int) -> float:
        """Height of row ``j`` of the tables of steps 4 to 7."""
        return TOP + HIGH / 2 + 42 + j * FAR


_PLURALS = (("query", "queries"), ("key", "keys"), ("value", "values"))


def _span(place: Place) -> tuple[float, float]:
    """From where to where a sprite reaches."""
    sprite, x = place.sprite, place.x
    if sprite.kind in ("text", "label"):
        size = {"u": 13, "h": 15}.get(sprite.role, 14)
        wide = text_width(f"{sprite.before}{sprite.text}{sprite.after}", size)
        wide += text_width(sprite.index, 11)
        start = {"start": x, "middle": x - wide / 2, "end": x - wide}[sprite.anchor]
        return start, start + wide
    return x - sprite.width / 2, x + sprite.width / 2


# --- steps 1 to 3: inputs, projections, keys, queries and values ---------------------------------


def _left_of_blocks(stage: Stage) -> float:
    return MARGIN + max(stage.wide["input"], 28) + 20


def _blocks(stage: Stage) -> Iterable[tuple[str, str, float, float]]:
    """Role, letter, left edge and width of each projection's columns."""
    x = _left_of_blocks(stage)
    for role, letter in PROJECTIONS:
        size = stage.projection[role].shape[1] * (stage.wide[role] + GAP) - GAP
        yield role, letter, x, size
        x += size + 14


def _right(stage: Stage) -> float:
    *_, (_, _, x, size) = _blocks(stage)
    return x + size


def _x_left(stage: Stage) -> float:
    d = stage.x.shape[1]
    return float((MARGIN + _right(stage)) / 2 - (d * (stage.wide["input"] + GAP) - GAP) / 2)


def _show_inputs(stage: Stage, rows: int, pitch: float = NEAR) -> None:
    left = _x_left(stage)
    for i in range(rows):
        y = TOP + HIGH / 2 + i * pitch
        stage.label("x", i + 1, "input", left - 8, y)
        stage.cells(f"x.{i}", stage.x[i], left, y, "input")


def _prepare(stage: Stage, pitch: float = NEAR) -> None:
    stage.step(1)
    n, d = stage.x.shape
    for i in range(n):
        _show_inputs(stage, i + 1, pitch)
        stage.snap(stage.records[1, i].sentence)
    if pitch != NEAR:
        stage.settle()
    _show_inputs(stage, n)
    end = _x_left(stage) + d * (stage.wide["input"] + GAP) + 6
    stage.label("X", "", "input", end, TOP + HIGH / 2 + (n - 1) * NEAR / 2, "start")
    what = "rows" if n > 1 else "one row"
    stage.snap(
        f"Stacked, the inputs are the {what} of X: {n} token{'s' * (n > 1)}, "
        f"{d} feature{'s' * (d > 1)} each."
    )


def _prepare_alone(stage: Stage) -> None:
    _prepare(stage, NEAR + 16)
    stage.settle()


def _weights_top(stage: Stage) -> float:
    """Middle of the projections' first row: below the inputs, where these are shown."""
    shown = any(key.startswith("x.") for key in stage.now)
    return TOP + HIGH / 2 + 22 + (stage.count * NEAR + 12 if shown else 0)


def _show_projection(stage: Stage, top: float, which: int, used: Any = None) -> None:
    role, letter, x, size = list(_blocks(stage))[which]
    stage.label("W", letter, role, x + size / 2, top - HIGH / 2 - 12, "middle")
    for r, row in enumerate(stage.projection[role]):
        faint = used is not None and not used[r]
        stage.cells(f"W{letter}.{r}", row, x, top + r * NEAR, role, faint=faint)


def _initialise(stage: Stage) -> None:
    stage.step(2)
    top = _weights_top(stage)
    for which, (role, _) in enumerate(PROJECTIONS):
        matrix = stage.projection[role]
        _show_projection(stage, top, which)
        d, m = matrix.shape
        stage.snap(
            f"The {role} projection, {d} × {m}, has the row{'s' * (d > 1)} "
            f"{listing(stage.vector(row) for row in matrix)}."
        )


def _initialise_alone(stage: Stage) -> None:
    _initialise(stage)
    stage.settle()


def _derive(stage: Stage) -> None:
    stage.step(3)
    top = _weights_top(stage)
    d = stage.x.shape[1]
    first = top + (d - 1) * NEAR + HIGH + 22  # middle of the first row of results
    blocks = list(_blocks(stage))
    for i in range(stage.count):
        x, y = stage.x[i], first + i * NEAR
        stage.drop("xs.", "label.xs", "·")
        stage.cells(
            f"xs.{i}", x, MARGIN, top, "input", down=NEAR, faint=x == 0,
            sources=lambda r, i=i: [f"x.{i}.{r}"],  # type: ignore[misc]
        )  # fmt: skip
        middle = MARGIN + stage.wide["input"] / 2
        stage.label("x", i + 1, "input", middle, top - HIGH / 2 - 12, "middle", key=f"label.xs{i}")
        for r in range(d):
            stage.text("·", _left_of_blocks(stage) - 10, top + r * NEAR, "h", key=f"·{r}")
        for which in range(3):
            _show_projection(stage, top, which, x != 0)
        stage.snap(
            f"Input {i + 1}, {stage.vector(x)}, stands beside the projections: each entry "
            "multiplies the row next to it."
        )
        for role, letter, left, size in blocks:
            stage.line(f"rule.{role}", left, left + size, first - HIGH / 2 - 8)
            stage.label("x", i + 1, "input", MARGIN + 24, y, key=f"label.r{i}", after=" →")
            stage.cells(
                f"{letter}.{i}", stage.rows[role][i], left, y, role,
                sources=lambda c, i=i, x=x, letter=letter: [  # type: ignore[misc]
                    key for r in range(d) if x[r] for key in (f"xs.{i}.{r}", f"W{letter}.{r}.{c}")
                ],
            )  # fmt: skip
            if i == 0:
                stage.snap(f"{role.capitalize()} 1: {_rows(stage, i, role)}.")
        if i:
            named = [f"{r} {i + 1}, {stage.vector(stage.rows[r][i])}" for r, _ in PROJECTIONS]
            stage.snap(f"Each column added up gives {listing(named)}.")
    stage.drop("xs.", "label.xs", "·")
    for which in range(3):
        _show_projection(stage, top, which)
    low = first + (stage.count - 1) * NEAR + HIGH / 2 + 13
    for role, letter, left, size in blocks:
        stage.label(letter.upper(), "", role, left + size / 2, low, "middle")
    stage.snap(
        "Stacked, the keys are K, the queries are Q and the values are V: one row for each input."
    )
    stage.settle()


def _rows(stage: Stage, i: int, role: str) -> str:
    """A projection as a sum of rows: what is multiplied by 0 left out."""
    terms = [
        f"{pictures._factor(value, stage.decimals)} · {stage.vector(row)}"
        for value, row in zip(stage.x[i], stage.projection[role], strict=True)
        if value
    ]
    return f"{' + '.join(terms) or 'nothing'} = {stage.vector(stage.rows[role][i])}"


def _derive_alone(stage: Stage) -> None:
    _show_inputs(stage, stage.count)
    top = _weights_top(stage)
    for which in range(3):
        _show_projection(stage, top, which)
    _derive(stage)


# --- steps 4 to 6: one query -----------------------------------------------------------------------


def _score(stage: Stage) -> None:
    """One query against each key, the products in view, then the scores."""
    stage.step(4)
    i = stage.token
    q, keys = stage.rows["query"][i], stage.rows["key"]
    width = max(stage.wide["query"], stage.wide["key"])
    left = MARGIN + 56
    sums = left + len(q) * (width + GAP) + 8
    terms = [
        [
            f"{'+ ' * bool(c)}{pictures._factor(q[c], stage.decimals)}"
            f"·{pictures._factor(key[c], stage.decimals)}"
            for c in range(len(q))
        ]
        for key in keys
    ]
    room = [max(text_width(row[c], 13) for row in terms) + 6 for c in range(len(q))]
    equal = sums + sum(room) + 8
    y = TOP + HIGH / 2
    stage.label("q", i + 1, "query", left - 8, y, after=" asks", key="asks")
    stage.cells(f"q.{i}", q, left, y, "query", faint=q == 0)
    for j, key in enumerate(keys):
        stage.label("k", j + 1, "key", left - 8, stage.row_at(j))
        faint = (q == 0) | (key == 0)
        stage.cells(f"k.{j}", key, left, stage.row_at(j), "key", faint=faint)
    named = [f"key {j + 1} {stage.vector(key)}" for j, key in enumerate(keys)]
    stage.snap(f"Query {i + 1} is {stage.vector(q)}. It meets each key in turn: {listing(named)}.")
    for j, key in enumerate(keys):
        y, x = stage.row_at(j), sums
        for c in range(len(q)):
            name = f"term.{j}.{c}"
            term = Sprite(name, "text", terms[j][c], "l", sources=(f"q.{i}.{c}", f"k.{j}.{c}"))
            stage.put(term, x + room[c] / 2, y)
            x += room[c]
        stage.text("=", equal, y, "l", key=f"=.{j}")
        stage.cells(
            f"raw.{i}.{j}", [stage.raw[i, j]], equal + 12, y, "score",
            sources=lambda _, j=j: [f"term.{j}.{c}" for c in range(len(q))],  # type: ignore[misc]
        )  # fmt: skip
        total = f"{pictures.spelled(q, key, stage.decimals)} = {stage.print(stage.raw[i, j])}"
        stage.snap(f"Query {i + 1} meets key {j + 1}: {total}.")
    stage.settle()
    stage.drop()
    root = f"√{len(q)}"
    raw = [stage.print(v) for v in stage.raw[i]]
    scores = [stage.print(v) for v in stage.scores[i]]
    _column(stage, 0, "q·k", "raw", stage.raw[i], None)
    _column(stage, 1, f"÷ {root}", "score", stage.scores[i], "raw")
    stage.snap(f"Divided by {root}, {listing(raw)} become the scores {listing(scores)}.")


def _column(
    stage: Stage, place: int, head: str, key: str, values: Any, source: str | None,
    *, extra: str = "", shade: Any = None,
) -> None:  # fmt: skip
    """One column of the table in which scores become weights."""
    i, pitch = stage.token, stage.wide["score"] + 10
    x = MARGIN + 34 + place * pitch
    middle = x + stage.wide["score"] / 2
    stage.text(head, middle, TOP + 14, "u")
    width = stage.wide["weight"] if key == "weight" else stage.wide["score"]
    for j, value in enumerate(values):
        y = stage.row_at(j)
        stage.label("k", j + 1, "key", MARGIN + 24, y)
        sources = [extra] if extra else []
        if source is not None:
            sources.insert(0, f"{source}.{i}.{j}.0")
        stage.cells(
            f"{key}.{i}.{j}", [value], middle - width / 2, y, "score", width=width,
            shade=None if shade is None else [shade[j]],
            sources=lambda _, found=sources: found,  # type: ignore[misc]
        )  # fmt: skip


def _score_alone(stage: Stage) -> None:
    _score(stage)
    stage.settle()


def _softmax(stage: Stage) -> None:
    """Scores to weights, a column at a time."""
    alone = not stage.frames
    stage.step(5)
    i, n = stage.token, stage.count
    record = stage.records[5, i]
    scores, exponentials, weights = (
        record.operands["scores"], record.result["exponentials"], record.result["weights"],
    )  # fmt: skip
    said = [listing([stage.print(v) for v in values]) for values in (scores, exponentials, weights)]
    first = 1
    if alone:
        first = 0
        _column(stage, 0, "score", "score", scores, None)
        stage.snap(f"The scores of query {i + 1} are {said[0]}.")
    largest = scores.max()
    shifted = scores - largest
    _column(stage, first + 1, "less max", "shifted", shifted, "score")
    left_over = listing([stage.print(v) for v in shifted])
    stage.snap(f"The largest, {stage.print(largest)}, is taken from each score: {left_over}.")
    _column(stage, first + 2, "exp", "exp", exponentials, "shifted")
    stage.snap(f"e to the power of each: {said[1]}.")
    x = MARGIN + 34 + (first + 2) * (stage.wide["score"] + 10)
    y = stage.row_at(n - 1) + HIGH / 2 + 7
    stage.line("rule.exp", x, x + stage.wide["score"], y)
    stage.text("Σ", x - 8, y + 7 + HIGH / 2, "h")
    total = exponentials.sum()
    stage.cells(
        f"total.{i}", [total], x, y + 7 + HIGH / 2, "score",
        sources=lambda _: [f"exp.{i}.{j}.0" for j in range(n)],
    )  # fmt: skip
    stage.snap(f"Added up they are {stage.print(total)}.")
    _column(
        stage, first + 3, "weight", "weight", weights, "exp", extra=f"total.{i}.0", shade=weights
    )
    left = MARGIN + 4
    full = MARGIN + 34 + (first + 4) * (stage.wide["score"] + 10) - 10 - left
    y += HIGH + 34
    at = left
    for j, weight in enumerate(weights):
        if full * weight < 0.5:
            continue
        bar = Sprite(
            f"bar.{i}.{j}", "bar", role="score", width=round(full * weight, 1),
            shade=float(weight), sources=(f"weight.{i}.{j}.0",),
        )  # fmt: skip
        middle = at + full * weight / 2
        stage.put(bar, middle, y)
        if weight > 0.08:
            stage.label("a", f"{i + 1}{j + 1}", "score", middle, y + 22, "middle")
        at += full * weight
    stage.snap(f"Each divided by that sum is a weight: {said[2]}, shares of one whole.")
    stage.settle()


def _table(stage: Stage) -> tuple[float, float, float]:
    """Left edges of the weights, the values and the weighted values."""
    weights = MARGIN + 34
    values = weights + stage.wide["weight"] + 20
    weighted = values + stage.rows["value"].shape[1] * (stage.wide["value"] + GAP) + 18
    return weights, values, weighted


def _multiply(stage: Stage) -> None:
    """Each weight times its value."""
    stage.step(6)
    i = stage.token
    stage.drop()
    weights, values, products = _table(stage)
    a, v = stage.weights[i], stage.rows["value"]
    weighted = stage.records[6, i].result["weighted_values"]
    m = v.shape[1]
    head = TOP + 14
    stage.text("weight", weights + stage.wide["weight"] / 2, head)
    stage.text("value", values + (m * (stage.wide["value"] + GAP) - GAP) / 2, head)
    for j in range(stage.count):
        y = stage.row_at(j)
        stage.label("a", f"{i + 1}{j + 1}", "score", weights - 6, y)
        _weight(stage, i, j, weights)
        stage.text("·", values - 10, y, "h", key=f"·.{j}")
        stage.cells(f"v.{j}", v[j], values, y, "value", faint=v[j] == 0)
    pairs = [
        f"{stage.print(a[j])} beside value {j + 1} {stage.vector(v[j])}" for j in range(stage.count)
    ]
    stage.snap(f"Each weight stands beside its value: {listing(pairs)}.")
    stage.text("weighted value", products + (m * (stage.wide["weighted"] + GAP) - GAP) / 2, head)
    for j in range(stage.count):
        y = stage.row_at(j)
        stage.text("=", products - 11, y, "l", key=f"=.{j}")
        _weighted(stage, i, j, weighted[j], products)
        stage.snap(
            f"{stage.print(a[j])} times value {j + 1}, {stage.vector(v[j])}, "
            f"is {stage.vector(weighted[j])}."
        )
    stage.settle()


def _weight(
    stage: Stage,
    i: int,
    j: int,
    x: float,
    sources: Sequence[str] = (),
    row: int | None = None,
) -> None:
    """One weight, shaded; in row ``j`` unless it is put into another."""
    a, y = stage.weights[i, j], stage.row_at(j if row is None else row)
    stage.cells(
        f"weight.{i}.{j}", [a], x, y, "score", width=stage.wide["weight"],
        shade=[a], sources=lambda _: sources,
    )  # fmt: skip


def _weighted(stage: Stage, i: int, j: int, values: Any, x: float) -> None:
    """One weighted value in its row."""
    stage.cells(
        f"weighted.{i}.{j}", values, x, stage.row_at(j), "value", width=stage.wide["weighted"],
        faint=values == 0, sources=lambda c: (f"weight.{i}.{j}.0", f"v.{j}.{c}"),
    )  # fmt: skip


# --- steps 7 and 8: outputs -------------------------------------------------------------------------


def _lane(stage: Stage) -> float:
    """Left edge of the columns in which outputs are added up."""
    return MARGIN + 34 + stage.wide["score"] + 10 + stage.wide["weight"] + 14


def _output(
    stage: Stage, i: int, columns: Iterable[int], own: int = 0, x: float | None = None
) -> None:
    """Entries of an output, below the rule."""
    x, width = _lane(stage) if x is None else x, stage.wide["output"]
    y = stage.row_at(stage.count - 1) + HIGH + 18 + own * NEAR
    stage.label("z", i + 1, "output", x - 8, y)
    for c in columns:
        sources = tuple(f"weighted.{i}.{j}.{c}" for j in range(stage.count))
        text = stage.print(stage.outputs[i, c])
        sprite = Sprite(f"z.{i}.{c}", "cell", text, "output", width, sources=sources)
        stage.put(sprite, x + c * (width + GAP) + width / 2, y)


def _rule(stage: Stage) -> None:
    x, m = _lane(stage), stage.outputs.shape[1]
    y = stage.row_at(stage.count - 1) + HIGH / 2 + 11
    stage.line("rule.sum", x, x + m * (stage.wide["output"] + GAP) - GAP, y)
    stage.text("+", x - 10, y, "h")


def _sum(stage: Stage) -> None:
    """Weighted values, added up column by column."""
    stage.step(7)
    i, n, m = stage.token, stage.count, stage.outputs.shape[1]
    weighted = stage.records[7, i].operands["weighted_values"]
    x, alone = _lane(stage), not stage.now
    for j in range(n):
        if alone:
            before = f"a{subscript(i + 1)}{subscript(j + 1)} "
            stage.label("v", j + 1, "value", x - 8, stage.row_at(j), before=before, key=f"av.{j}")
        _weighted(stage, i, j, weighted[j], x)
    shown = [stage.vector(row) for row in weighted]
    some = len(shown) > 1
    stage.snap(
        f"The weighted value{'s' * some} of query {i + 1} {'are' if some else 'is'} {listing(shown)}."
    )
    _rule(stage)
    groups = [[c] for c in range(m)] if m <= 4 else [list(range(m))]
    whole = f"Output {i + 1} is {stage.vector(stage.outputs[i])}."
    for columns in groups:
        _output(stage, i, columns)
        if len(columns) > 1 or m == 1:
            stage.snap(f"Each column is added up. {whole}")
            continue
        (c,) = columns
        terms = " + ".join(pictures._factor(v, stage.decimals) for v in weighted[:, c])
        told = f"Column {c + 1} adds up: {terms} = {stage.print(stage.outputs[i, c])}."
        stage.snap(f"{told} {whole}" if c == m - 1 else told)


def _sum_alone(stage: Stage) -> None:
    _sum(stage)
    stage.settle()


def _others(stage: Stage) -> None:
    """The same for every other input, in four frames each."""
    stage.step(8)
    own = 0
    for i in range(stage.count):
        if i == stage.token:
            continue
        own += 1
        _again(stage, i, own)
    stage.settle()
    n = stage.count
    stage.drop()
    m = stage.outputs.shape[1]
    x = MARGIN + 34 + (_lane(stage) - MARGIN - 34) / 2
    order = [stage.token, *(i for i in range(n) if i != stage.token)]
    y = stage.row_at(n - 1) + HIGH + 18 + (n - 1) * NEAR / 2
    end = x + m * (stage.wide["output"] + GAP) + 6
    stage.label("Z", "", "output", end, y, "start")
    for place, i in enumerate(order):
        _output(stage, i, range(m), place, x)
    _square(stage, x + (m * (stage.wide["output"] + GAP) - GAP) / 2)
    outputs = [f"output {i + 1} {stage.vector(stage.outputs[i])}" for i in range(n)]
    some = n > 1
    stage.snap(
        f"{'Every input has its output' if some else 'The input has its output'}: {listing(outputs)}."
    )


def _square(stage: Stage, middle: float) -> None:
    """All weights, one row for each query, above the outputs that they give."""
    n = stage.count
    width = stage.wide["weight"]
    left = middle - (n * (width + GAP) - GAP) / 2
    order = [stage.token, *(i for i in range(n) if i != stage.token)]
    for place, i in enumerate(order):
        y = stage.row_at(place)
        stage.label("q", i + 1, "query", left - 8, y, key=f"row.{i}")
        for j in range(n):
            _weight(stage, i, j, left + j * (width + GAP), row=place)
    for j in range(n):
        x = left + j * (width + GAP) + width / 2
        stage.label("k", j + 1, "key", x, stage.row_at(0) - HIGH / 2 - 12, "middle")


def _scored(stage: Stage, i: int, sources: Sequence[Sequence[str]] | None = None) -> None:
    """The scores of a query, to the left of where its output is added up."""
    x = MARGIN + 34
    for j in range(stage.count):
        found = sources[j] if sources else ()
        stage.label("k", j + 1, "key", x - 10, stage.row_at(j))
        stage.cells(
            f"score.{i}.{j}", [stage.scores[i, j]], x, stage.row_at(j), "score",
            sources=lambda _, found=found: found,  # type: ignore[misc]
        )  # fmt: skip
    stage.text("score", x + stage.wide["score"] / 2, stage.row_at(0) - HIGH / 2 - 12)


def _weighed(stage: Stage, i: int, sources: Sequence[str] = ()) -> None:
    """The weights of a query, beside its scores."""
    x = MARGIN + 34 + stage.wide["score"] + 10
    for j in range(stage.count):
        _weight(stage, i, j, x, sources)
    stage.text("weight", x + stage.wide["weight"] / 2, stage.row_at(0) - HIGH / 2 - 12)


def _again(stage: Stage, i: int, own: int) -> None:
    """The way of another query to its output."""
    n, x = stage.count, _lane(stage)
    q, keys, values = stage.rows["query"][i], stage.rows["key"], stage.rows["value"]
    stage.drop("weighted.", "weight.", "score.", "q.", "asks", "rule.sum", "text.+", "text.weight")
    y = TOP + HIGH / 2
    stage.label("q", i + 1, "query", x - 8, y, after=" asks", key=f"asks.{i}")
    pitch = max(stage.wide["output"], stage.wide["query"], stage.wide["key"]) + GAP
    stage.cells(f"q.{i}", q, x, y, "query", pitch=pitch)
    for j in range(n):
        stage.cells(f"k.{j}", keys[j], x, stage.row_at(j), "key", pitch=pitch)
    met = [
        [f"{name}.{c}" for c in range(len(q)) for name in (f"q.{i}", f"k.{j}")] for j in range(n)
    ]
    _scored(stage, i, met)
    scores = listing([stage.print(v) for v in stage.scores[i]])
    stage.snap(f"Query {i + 1}, {stage.vector(q)}, meets every key. Its scores are {scores}.")
    stage.drop("k.", "q.", "asks")
    pitch = max(stage.wide["output"], stage.wide["value"]) + GAP
    for j in range(n):
        stage.cells(f"v.{j}", values[j], x, stage.row_at(j), "value", pitch=pitch)
    _weighed(stage, i, [f"score.{i}.{k}.0" for k in range(n)])
    weights = listing([stage.print(v) for v in stage.weights[i]])
    stage.snap(f"Softmax makes them the weights {weights}. The values come in.")
    stage.drop("v.")
    weighted = stage.records[6, i].result["weighted_values"]
    for j in range(n):
        _weighted(stage, i, j, weighted[j], x)
    shown = listing([stage.vector(row) for row in weighted])
    stage.snap(f"Each weight multiplies its value: {shown}.")
    _rule(stage)
    _output(stage, i, range(stage.outputs.shape[1]), own)
    stage.snap(f"Added up they are output {i + 1}: {stage.vector(stage.outputs[i])}.")


def _all_outputs(stage: Stage) -> None:
    _scored(stage, stage.token)
    _weighed(stage, stage.token)
    _sum_alone(stage)
    _others(stage)
    stage.settle()


def _repeat(stage: Stage) -> None:
    """All queries at once, as products of matrices."""
    stage.step(8)
    n = stage.count
    size = {
        "q": ("query", stage.rows["query"]),
        "k": ("key", stage.rows["key"]),
        "v": ("value", stage.rows["value"]),
    }
    wide = {
        letter: array.shape[1] * (stage.wide[role] + GAP) - GAP
        for letter, (role, array) in size.items()
    }
    scores = n * (stage.wide["score"] + GAP) - GAP
    weights = n * (stage.wide["weight"] + GAP) - GAP
    outputs = stage.outputs.shape[1] * (stage.wide["output"] + GAP) - GAP
    across = max(sum(wide.values()) + 2 * 22, scores + weights + 24, outputs)
    name = TOP + 2
    first = name + 12 + HIGH / 2
    below = n * NEAR + 26
    x, space = MARGIN, (across - sum(wide.values())) / 2
    for letter, (role, array) in size.items():
        stage.label(letter.upper(), "", role, x + wide[letter] / 2, name, "middle")
        for i in range(n):
            stage.cells(f"{letter}.{i}", array[i], x, first + i * NEAR, role)
        x += wide[letter] + space
    stage.snap("All queries, all keys and all values, one row for each input.")
    d_k = stage.rows["query"].shape[1]
    left = MARGIN + (across - scores - weights - 24) / 2
    stage.label(
        "S", "", "score", left + scores / 2, name + below, "middle", after=f" = Q Kᵀ ÷ √{d_k}"
    )
    for i in range(n):
        for j in range(n):
            found = [f"{a}.{c}" for c in range(d_k) for a in (f"q.{i}", f"k.{j}")]
            stage.cells(
                f"score.{i}.{j}", [stage.scores[i, j]],
                left + j * (stage.wide["score"] + GAP), first + below + i * NEAR, "score",
                sources=lambda _, found=found: found,  # type: ignore[misc]
            )  # fmt: skip
    stage.snap(
        _each(stage, "Every query meets every key at once. The scores of query", stage.scores)
    )
    left += scores + 24
    stage.label("A", "", "score", left + weights / 2, name + below, "middle", after=" = softmax(S)")
    for i in range(n):
        for j in range(n):
            a = stage.weights[i, j]
            stage.cells(
                f"weight.{i}.{j}", [a], left + j * (stage.wide["weight"] + GAP),
                first + below + i * NEAR, "score", width=stage.wide["weight"], shade=[a],
                sources=lambda _, i=i: [f"score.{i}.{k}.0" for k in range(n)],  # type: ignore[misc]
            )  # fmt: skip
    stage.snap(_each(stage, "Softmax along each row. The weights of query", stage.weights))
    left = MARGIN + (across - outputs) / 2
    stage.label("Z", "", "output", left + outputs / 2, name + 2 * below, "middle", after=" = A V")
    for i in range(n):
        y = first + 2 * below + i * NEAR
        stage.label("z", i + 1, "output", left - 8, y)
        stage.cells(
            f"z.{i}", stage.outputs[i], left, y, "output",
            sources=lambda c, i=i: [  # type: ignore[misc]
                key for j in range(n) for key in (f"weight.{i}.{j}.0", f"v.{j}.{c}")
            ],
        )  # fmt: skip
    shown = [f"output {i + 1} is {stage.vector(row)}" for i, row in enumerate(stage.outputs)]
    stage.snap(f"Weights times values, added up: {listing(shown)}.")
    stage.settle()


def _each(stage: Stage, start: str, matrix: Any) -> str:
    rows = [f"{i + 1} are {stage.vector(row)}" for i, row in enumerate(matrix)]
    return f"{start} {rows[0]}" + "".join(f", of query {row}" for row in rows[1:]) + "."


Part = Callable[[Stage], None]

#: The steps of each sequence, what it is called, and its scenes.
SEQUENCES: dict[str, tuple[tuple[int, ...], str, tuple[Part, ...]]] = {
    "derive": (
        (1, 2, 3),
        "From inputs to keys, queries and values",
        (_prepare, _initialise, _derive),
    ),
    "attend": ((4, 5, 6), "From query {i} to its weighted values", (_score, _softmax, _multiply)),
    "sum": ((7, 8), "From weighted values to the outputs", (_all_outputs,)),
}

#: The scene of each step by itself.
STEPS: dict[int, Part] = {
    1: _prepare_alone,
    2: _initialise_alone,
    3: _derive_alone,
    4: _score_alone,
    5: _softmax,
    6: _multiply,
    7: _sum_alone,
    8: _repeat,
}
