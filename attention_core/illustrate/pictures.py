"""The pictures that are made of cells and numbers.

Each takes the arrays of the example and draws nothing that is not in them; the
caption and the text alternative are made from the same arrays, and can be
replaced by the caller's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._format import listing, number, vector
from .canvas import CELL, GAP, MARGIN, Blank, Canvas, cell_width, subscript, text_width
from .figure import Figure
from .palette import LETTERS, ROLES

Array = NDArray[np.floating[Any]]

FILL_IN = "Fill in what is empty."


def _array(name: str, values: ArrayLike, axes: int) -> Array:
    """Take an argument as a real, finite, filled array with so many axes."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers: got dtype {array.dtype}")
    if array.ndim != axes:
        raise ValueError(f"{name} must have {axes} axes to be drawn: got shape {array.shape}")
    if not array.size:
        raise ValueError(
            f"{name} must have at least one entry to be drawn: got shape {array.shape}"
        )
    if np.isnan(array).any():
        raise ValueError(f"{name} must not hold NaN, which has no place in a picture")
    return array.astype(np.float64)


def _role(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}: got {role!r}")
    return role


def _labels(name: str, labels: Sequence[str] | None, count: int) -> Sequence[str] | None:
    if labels is not None and len(labels) != count:
        raise ValueError(f"{name} must name each of the {count} rows: got {len(labels)} labels")
    return labels


def printed_to(values: Array, decimals: int) -> str:
    """Say at what precision numbers are printed, where that is not all of them."""
    whole = all(abs(value - round(value)) <= 1e-9 for value in values.flat if np.isfinite(value))
    return "" if whole else f" Printed to {decimals} decimals, computed in full."


def _range(first: int, last: int) -> str:
    return f"row {last}" if first == last else f"rows {first} to {last}"


def _cells(count: int) -> str:
    return "one cell" if count == 1 else f"{count} cells"


def _matrix_words(name: str, matrix: Array, decimals: int) -> str:
    rows = "; ".join(vector(row, decimals) for row in matrix)
    return f"{name} has {matrix.shape[0]} rows and {matrix.shape[1]} columns: {rows}."


def vectors(
    rows: ArrayLike,
    role: str,
    *,
    labels: Sequence[str] | None = None,
    letter: str | None = None,
    first: int = 1,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """Vectors as rows of cells, each with its role's letter and its index.

    Parameters
    ----------
    rows : (n, d) array
    role : str
        One of ``illustrate.ROLES``: gives the colour and the letter.
    labels : sequence of n str, optional
        A word beside each row, such as the token it stands for.
    letter : str, optional
        In place of the role's own.
    first : int
        Index of the first row.
    decimals : int
        Of numbers that are not whole.
    caption, alt : str, optional
        In place of the ones made from the arrays.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If an argument cannot be drawn.

    Examples
    --------
    >>> vectors([[1, 0], [0, 2]], "input").alt
    'Input 1 is (1, 0). Input 2 is (0, 2).'
    """
    matrix = _array("rows", rows, 2)
    letter = LETTERS[_role(role)] if letter is None else letter
    labels = _labels("labels", labels, len(matrix))
    canvas = Canvas()
    words = max((text_width(label, 14) for label in labels), default=0) + 12 if labels else 0
    left = MARGIN + words + text_width(f"{letter}{first}", 14) + 10
    for position, row in enumerate(matrix):
        y = MARGIN + position * (CELL + 2 * GAP)
        if labels:
            canvas.text(MARGIN, y + CELL / 2, labels[position])
        canvas.label(left - 8, y + CELL / 2, letter, first + position, role)
        canvas.row(left, y, row, role, width=cell_width(matrix, decimals), decimals=decimals)
    name = role.capitalize()
    said = [
        f"{name} {first + position}{f' ({labels[position]})' if labels else ''} is {vector(row, decimals)}."
        for position, row in enumerate(matrix)
    ]
    count, size = matrix.shape
    told = (
        f"{count} vectors of {size} entries, one a row."
        if count > 1
        else f"One vector of {size} entries."
    )
    return canvas.figure(alt or " ".join(said), caption or told)


def lookup(
    table: ArrayLike,
    indices: Sequence[int],
    words: Sequence[str],
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    blank: Blank = None,
) -> Figure:
    """An embedding look-up: tokens on the left, the table, the rows they take.

    Parameters
    ----------
    table : (vocabulary, d_model) array
        The embedding table, one row a word of the vocabulary.
    indices : sequence of int
        For each token of the text, the row it looks up.
    words : sequence of str
        The vocabulary, one word a row of the table.
    decimals, caption, alt
        As in `vectors`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves what is looked up to be written in, "key" marks it.

    Returns
    -------
    Figure

    Raises
    ------
    IndexError
        If an index is not a row of the table.
    TypeError, ValueError
        If an argument cannot be drawn.
    """
    matrix = _array("table", table, 2)
    _labels("words", words, len(matrix))
    for index in indices:
        if not 0 <= index < len(matrix):
            raise IndexError(
                f"indices must be rows of the table, 0 to {len(matrix) - 1}: got {index}"
            )
    canvas = Canvas(blank)
    width = cell_width(matrix, decimals)
    label = max(text_width(word, 14) for word in words) + 16
    left = MARGIN + 18 + label
    canvas.text(MARGIN, 10, "the table: a row for each word", "u")
    for position, row in enumerate(matrix):
        y = 24 + position * (CELL + GAP)
        canvas.text(MARGIN, y + CELL / 2, str(position), "u")
        canvas.text(MARGIN + 18, y + CELL / 2, words[position])
        canvas.row(
            left, y, row, "input", width=width, faint=position not in indices, decimals=decimals
        )
    top = canvas.bottom + 26
    canvas.text(MARGIN, top, "the text, looked up word by word", "u")
    for position, index in enumerate(indices):
        y = top + 14 + position * (CELL + GAP)
        canvas.text(MARGIN + 18, y + CELL / 2, words[index])
        end = canvas.row(
            left, y, matrix[index], "input", width=width, decimals=decimals, asked=True
        )
        canvas.label(end + 10, y + CELL / 2, "x", position + 1, "input", anchor="start")
    rows = [f"row {i}, {word}, is {vector(matrix[i], decimals)}" for i, word in enumerate(words)]
    taken = [
        f"{words[index]}, row {index}, is x{subscript(i + 1)}" for i, index in enumerate(indices)
    ]
    left_out = [word for i, word in enumerate(words) if i not in indices]
    said = f"A table: {'; '.join(rows)}."
    wanted = [
        f"{words[index]}, x{subscript(i + 1)}, {_cells(matrix.shape[1])}"
        for i, index in enumerate(indices)
    ]
    said += canvas.told(
        f" Looked up: {'; '.join(taken)}.", f" To be filled in: {'; '.join(wanted)}."
    )
    said += f" Not asked for, and faint: {listing(left_out)}." if left_out and not blank else ""
    return canvas.figure(
        alt or said,
        caption or "A look-up copies a row. The same word always gets the same vector.",
    )


def matrices(
    items: Sequence[tuple[str, ArrayLike, str]],
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    step: tuple[int, str] | None = None,
    blank: Blank = None,
    given: int | None = 0,
) -> Figure:
    """Matrices side by side, each with its name above and its shape below.

    Parameters
    ----------
    items : sequence of (name, array, role)
        The arrays have two axes; sizes may differ.
    decimals, caption, alt
        As in `vectors`.
    step : (int, str), optional
        Number and name of the step whose frame this is.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves rows or shapes to be written in, "key" marks them.
    given : int, optional
        How many first rows of each are not asked for; with None, the shapes are.

    Returns
    -------
    Figure

    Raises
    ------
    TypeError, ValueError
        If there is nothing to draw, or an argument cannot be drawn.
    """
    if not items:
        raise ValueError("items must hold at least one (name, array, role)")
    drawn = [(name, _array(name, values, 2), _role(role)) for name, values, role in items]
    sizes = [array.shape[1] * (cell_width(array, decimals) + GAP) - GAP for _, array, _ in drawn]
    canvas = Canvas(blank)
    apart = 28 if blank else 14
    across = max(canvas.least(360.0), 2 * MARGIN + sum(sizes) + apart * (len(sizes) - 1))
    top = canvas.header(*step, across) if step else 0.0
    room = (across - 2 * MARGIN - sum(sizes)) / (len(sizes) + (-1 if blank else 1) or 1)
    x = MARGIN + (0 if blank else room)
    for (name, array, role), size in zip(drawn, sizes, strict=True):
        letter, _, index = name.partition("_")
        canvas.label(x + size / 2, top + 10, letter, index, role, anchor="middle")
        _, bottom = canvas.rows(x, top + 26, array, role, decimals=decimals, given=given)
        shape = f"{array.shape[0]} × {array.shape[1]}"
        if given is None and blank:
            _sizes(canvas, x + size / 2, bottom + 10, array.shape, role)
        elif not blank:
            canvas.text(x + size / 2, bottom + 16, shape, "u", "middle")
        x += size + room
    said = " ".join(
        canvas.told(
            _matrix_words(name.replace("_", " "), array, decimals),
            _blank_words(name.replace("_", " "), array, given, decimals),
        )
        for name, array, _ in drawn
    )
    shapes = listing([f"{name} is {a.shape[0]} × {a.shape[1]}" for name, a, _ in drawn])
    told = canvas.told(f"Rows by columns: {shapes}.", FILL_IN)
    return canvas.figure(alt or said, caption or told, across)


def _sizes(canvas: Canvas, middle: float, y: float, sizes: Sequence[int], role: str) -> float:
    """Draw two cells for numbers of rows and of columns; return where they end."""
    for side, size in zip((-1, 1), sizes, strict=True):
        x = middle + side * (CELL / 2 + 8) - CELL / 2
        canvas.row(x, y, [size], role, width=CELL, asked=True)
    canvas.text(middle, y + CELL / 2, "×", "l", "middle")
    return middle + CELL + 8


def _blank_words(name: str, matrix: Array, given: int | None, decimals: int) -> str:
    """A matrix whose rows, or whose shape, are to be filled in."""
    rows = [vector(row, decimals) for row in matrix[:given]]
    if given is None:
        return f"{name} has the rows {'; '.join(rows)}. Its shape is to be filled in."
    n, m = matrix.shape
    known = f"; {_range(1, given)}: {'; '.join(rows)}" if given else ""
    asked = "" if given >= n else f"; to be filled in: {_range(given + 1, n)}"
    return f"{name} has {n} rows and {m} columns{known}{asked}."


def matrix(
    values: ArrayLike,
    role: str,
    name: str,
    *,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """One matrix, with its name above and its shape below.

    Parameters
    ----------
    values : (n, d) array
    role, name : str
        As in `matrices`.
    decimals, caption, alt
        As in `vectors`.

    Returns
    -------
    Figure
    """
    return matrices([(name, values, role)], decimals=decimals, caption=caption, alt=alt)


def product(
    left: ArrayLike,
    right: ArrayLike,
    *,
    names: tuple[str, str, str],
    roles: tuple[str, str, str],
    entry: tuple[int, int] | None = None,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
) -> Figure:
    """A matrix product with its operands aligned: rows beside, columns above.

    Each entry of the product stands where a row of the left operand meets a
    column of the right one, and is their dot product.

    Parameters
    ----------
    left : (n, d) array
    right : (d, m) array
    names : three str
        Of left, right and product.
    roles : three str
        Likewise.
    entry : (int, int), optional
        An entry of the product whose row, column and sum are brought out.
    decimals, caption, alt
        As in `vectors`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the sizes do not fit, or `entry` is not in the product.
    """
    a, b = _array("left", left, 2), _array("right", right, 2)
    if a.shape[1] != b.shape[0]:
        raise ValueError(
            "left must have as many columns as right has rows, because each entry "
            f"is the dot product of a row and a column: got {a.shape} and {b.shape}"
        )
    c = a @ b
    canvas = Canvas()
    inner, outer = cell_width(a, decimals), max(cell_width(b, decimals), cell_width(c, decimals))
    left_x = MARGIN + 22
    right_x = left_x + a.shape[1] * (inner + GAP) + 14
    top = 26.0
    middle = top + b.shape[0] * (CELL + GAP) + 14
    i, j = entry if entry is not None else (None, None)
    if entry is not None and not (0 <= entry[0] < a.shape[0] and 0 <= entry[1] < b.shape[1]):
        raise ValueError(
            f"entry must be one of the {c.shape[0]} × {c.shape[1]} entries: got {entry}"
        )
    row_off = np.arange(a.shape[0])[:, None] != i if entry is not None else False
    column_off = np.arange(b.shape[1]) != j if entry is not None else False
    canvas.rows(left_x, middle, a, _role(roles[0]), width=inner, decimals=decimals, faint=row_off)
    right_end, _ = canvas.rows(
        right_x, top, b, _role(roles[1]), width=outer, decimals=decimals, faint=column_off
    )
    _, bottom = canvas.rows(
        right_x, middle, c, _role(roles[2]), width=outer, decimals=decimals,
        faint=row_off | column_off if entry is not None else False,
    )  # fmt: skip
    for name, role, x, y, anchor in (
        (names[0], roles[0], left_x - 6, middle + CELL / 2, "end"),
        (names[1], roles[1], (right_x + right_end) / 2, top - 16, "middle"),
        (names[2], roles[2], right_end + 8, middle + CELL / 2, "start"),
    ):
        letter, _, index = name.partition("_")
        canvas.label(x, y, letter, index, role, anchor=anchor)
    said = " ".join(
        _matrix_words(n.replace("_", " "), m, decimals)
        for n, m in zip(names, (a, b, c), strict=True)
    )
    told = "Each entry stands where its row meets its column, and is their dot product."
    if i is not None and j is not None:
        total = f"{spelled(a[i], b[:, j], decimals)} = {number(c[i, j], decimals)}"
        canvas.text((left_x + right_end) / 2, bottom + 22, total, "l", "middle")
        said += f" Row {i + 1} meets column {j + 1}: {total}."
        told = (
            f"Row {i + 1} of {names[0]} meets column {j + 1} of {names[1]}, "
            "and their dot product stands where they cross."
        )
    return canvas.figure(alt or said, caption or told, 340)


def spelled(left: ArrayLike, right: ArrayLike, decimals: int = 2) -> str:
    """A dot product as the sum that it is, such as ``1·0 + 0·1 + 2·1``.

    Parameters
    ----------
    left, right : (d,) array
    decimals : int
        Of numbers that are not whole.

    Returns
    -------
    str
    """
    pairs = zip(np.ravel(left), np.ravel(right), strict=True)
    return " + ".join(f"{_factor(a, decimals)}·{_factor(b, decimals)}" for a, b in pairs)


def _factor(value: float, decimals: int) -> str:
    text = number(value, decimals)
    return f"({text})" if text.startswith("−") else text


def projections(
    row: ArrayLike,
    weights: Sequence[tuple[str, ArrayLike, str]],
    *,
    letter: str = "x",
    index: int = 1,
    role: str = "input",
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    step: tuple[int, str] | None = None,
    blank: Blank = None,
) -> Figure:
    """A row vector through one or more matrices, drawn so that the eye can add.

    The vector stands on its side, each entry beside the row of the matrix that
    it multiplies. Rows that are multiplied by 0 are faint; what is left is
    added down the columns.

    Parameters
    ----------
    row : (d,) array
    weights : sequence of (name, (d, m) array, role)
        The results take the matrix's role and its letter.
    letter, index, role
        Of the vector.
    decimals, caption, alt, step
        As in `matrices`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves the products to be written in, "key" marks them.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a matrix has not as many rows as the vector has entries.
    """
    x = _array("row", row, 1)
    drawn = [(name, _array(name, values, 2), _role(kind)) for name, values, kind in weights]
    for name, array, _ in drawn:
        if len(array) != len(x):
            raise ValueError(
                f"{name} must have a row for each entry of the vector: "
                f"got {len(array)} rows and {len(x)} entries"
            )
    results = [x @ array for _, array, _ in drawn]
    narrow = 0 if blank else 4
    widths = [
        max(cell_width(array, decimals), cell_width(result, decimals)) - narrow
        for (_, array, _), result in zip(drawn, results, strict=True)
    ]
    canvas = Canvas(blank)
    sizes = [
        len(result) * (width + GAP) - GAP for result, width in zip(results, widths, strict=True)
    ]
    own = cell_width(x, decimals) - 4
    across = max(canvas.least(340.0), 2 * MARGIN + own + 16 + sum(sizes) + 14 * (len(sizes) + 0.5))
    top = (canvas.header(*step, across) if step else 0.0) + 26
    slack = (across - 2 * MARGIN - own - 16 - sum(sizes)) / (len(sizes) + 0.5)
    canvas.label(MARGIN + own / 2, top - 16, letter, index, role, anchor="middle")
    bottom = canvas.row(
        MARGIN, top, x, _role(role), width=own, faint=x == 0, decimals=decimals, down=True
    )
    left = MARGIN + own + 16 + slack / 2
    for entry in range(len(x)):
        canvas.text(
            MARGIN + own + 8 + slack / 4, top + entry * (CELL + GAP) + CELL / 2, "·", "h", "middle"
        )
    for (name, array, kind), result, width, size in zip(drawn, results, widths, sizes, strict=True):
        head, _, below = name.partition("_")
        canvas.label(left + size / 2, top - 16, head, below, kind, anchor="middle")
        canvas.rows(left, top, array, kind, width=width, faint=(x == 0)[:, None], decimals=decimals)
        canvas.line(left, bottom + 9, left + size, bottom + 9, "k")
        canvas.row(left, bottom + 18, result, kind, width=width, decimals=decimals, asked=True)
        canvas.label(
            left + size / 2, bottom + 18 + CELL + 16, LETTERS[kind], index, kind, anchor="middle"
        )
        left += size + slack
    said = [f"{letter}{subscript(index)} is {vector(x, decimals)}."]
    for (name, array, kind), result in zip(drawn, results, strict=True):
        plain, own_name = name.replace("_", " "), f"{LETTERS[kind]}{subscript(index)}"
        answer = canvas.told(
            f"is {own_name} = {vector(result, decimals)}",
            f"{own_name}, {_cells(len(result))}, is to be filled in",
        )
        said.append(f"{_matrix_words(plain, array, decimals)} Their product {answer}.")
    used = [f"{number(v, decimals)} times row {i + 1}" for i, v in enumerate(x) if v]
    told = (
        f"Each entry of {letter}{subscript(index)} multiplies the row beside it; then each column is added up. "
        + (f"What remains is {listing(used)}." if used else "Nothing remains.")
    )
    return canvas.figure(alt or " ".join(said), caption or told, across)


def dot_products(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    index: int = 1,
    scaled: bool = True,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    step: tuple[int, str] | None = None,
    blank: Blank = None,
) -> Figure:
    """One query against all keys: the products, their sums, and the scores.

    Parameters
    ----------
    query : (d_k,) array
    keys : (n, d_k) array
    index : int
        Which query it is, from 1.
    scaled : bool
        Whether to go on to the scores, divided by √d_k.
    decimals, caption, alt, step
        As in `matrices`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves sums and scores to be written in, "key" marks them.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the query and the keys differ in size.
    """
    q, k = _array("query", query, 1), _array("keys", keys, 2)
    if k.shape[1] != len(q):
        raise ValueError(
            "query and keys must have the same size d_k, because each score is "
            f"their dot product: got {len(q)} and {k.shape[1]}"
        )
    raw = k @ q
    width = max(cell_width(q, decimals), cell_width(k, decimals))
    out = cell_width(raw, decimals)
    sums = [spelled(q, row, decimals) for row in k]
    canvas = Canvas(blank)
    left = MARGIN + 56
    sum_x = left + len(q) * (width + GAP) + 8
    # Handwriting takes more room than print.
    room = max(text_width(text, 14) for text in sums) * (1.3 if blank else 1)
    out_x = sum_x + room + 21
    across = max(canvas.least(340.0), out_x + out + MARGIN)
    top = (canvas.header(*step, across) if step else 0.0) + MARGIN
    canvas.label(left - 8, top + CELL / 2, "q", index, "query", after=" asks")
    canvas.row(left, top, q, "query", width=width, faint=q == 0, decimals=decimals)
    first = top + CELL + 20
    for entry in range(len(q)):
        x = left + entry * (width + GAP) + width / 2
        canvas.line(x, top + CELL + 4, x, first - 4, "g d")
    for position, (row, text) in enumerate(zip(k, sums, strict=True)):
        y = first + position * (CELL + 2 * GAP)
        canvas.label(left - 8, y + CELL / 2, "k", position + 1, "key")
        canvas.row(left, y, row, "key", width=width, faint=(q == 0) | (row == 0), decimals=decimals)
        canvas.answer(out_x - 21, y + CELL / 2, text, anchor="end", room=room)
        canvas.text(out_x - 10, y + CELL / 2, "=", "l", "middle")
        canvas.row(out_x, y, raw[[position]], "score", width=out, decimals=decimals, asked=True)
    scores = raw / np.sqrt(len(q))
    root = f"√{len(q)}"
    if scaled:
        y = canvas.bottom + 24
        wide = cell_width(np.concatenate([raw, scores]), decimals)
        canvas.text(left - 8, y + CELL / 2, "raw", "u", "end")
        canvas.row(left, y, raw, "score", width=wide, decimals=decimals, asked=True)
        end = canvas.row(
            left, y + CELL + 18, scores, "score", width=wide, decimals=decimals, asked=True
        )
        canvas.label(left - 8, y + CELL + 18 + CELL / 2, "s", index, "score")
        for position in range(len(k)):
            x = left + position * (wide + GAP) + wide / 2
            canvas.arrow(x, y + CELL + 3, x, y + CELL + 15)
        canvas.text(end + 12, y + CELL + 9, f"÷ {root} = {number(np.sqrt(len(q)), decimals)}")
    said = [f"Query {index} is {vector(q, decimals)}."]
    said += [
        f"With key {i + 1}, {vector(row, decimals)}, its dot product is "
        + canvas.told(f"{text} = {number(s, decimals)}.", "to be filled in: the sum, and one cell.")
        for i, (row, text, s) in enumerate(zip(k, sums, raw, strict=True))
    ]
    if scaled:
        said.append(
            f"Divided by {root}, the scores are "
            + canvas.told(
                f"{listing([number(s, decimals) for s in scores])}.",
                f"to be filled in: {_cells(len(k))} for the raw scores, {_cells(len(k))} below.",
            )
        )
    best = [i + 1 for i in range(len(raw)) if np.isclose(raw[i], raw.max())]
    who = f"Key {best[0]} has" if len(best) == 1 else f"Keys {listing(best)} have"
    told = f"{who} the highest raw score, {number(raw.max(), decimals)}."
    told += printed_to(scores if scaled else raw, decimals)
    return canvas.figure(alt or " ".join(said), caption or canvas.told(told, FILL_IN), across)


def softmax_steps(
    scores: ArrayLike,
    *,
    index: int = 1,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    step: tuple[int, str] | None = None,
    blank: Blank = None,
) -> Figure:
    """Softmax of one row of scores, a stage a line, and the shares as one bar.

    Parameters
    ----------
    scores : (n,) array
        At least one of them finite.
    index : int
        Which query they belong to, from 1.
    decimals, caption, alt, step
        As in `matrices`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves all but the scores to be written in, "key" marks it.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If no score is finite, or one is +∞.
    """
    s = _array("scores", scores, 1)
    if not np.isfinite(s.max()):
        raise ValueError("scores must have a finite maximum to be drawn: a softmax starts from it")
    shifted = s - s.max()
    exponentials = np.exp(shifted)
    total = exponentials.sum()
    weights = exponentials / total
    stages = (
        ("score", s),
        ("less the largest", shifted),
        ("e to that power", exponentials),
        ("share: weight", weights),
    )
    width = max(cell_width(stage, decimals) for _, stage in stages)
    canvas = Canvas(blank)
    left = MARGIN + 124
    across = max(canvas.least(340.0), left + len(s) * (width + GAP) + 66)
    top = (canvas.header(*step, across) if step else 0.0) + 26
    for position in range(len(s)):
        centre = left + position * (width + GAP) + width / 2
        canvas.label(centre, top - 16, "k", position + 1, "key", anchor="middle")
    for line, (name, stage) in enumerate(stages):
        y = top + line * (CELL + 16)
        canvas.text(left - 12, y + CELL / 2, name, "l", "end")
        shade = stage if line == 3 else None
        end = canvas.row(
            left, y, stage, "score", width=width, decimals=decimals, shade=shade, asked=line > 0
        )
        if line:
            for position in range(len(s)):
                x = left + position * (width + GAP) + width / 2
                canvas.arrow(x, y - 14, x, y - 3)
        if line >= 2:
            printed = number(stage.sum(), decimals)
            canvas.answer(end + 8, y + CELL / 2, printed, "u", before="Σ ")
    y = canvas.bottom + 16
    x, full = MARGIN, across - 2 * MARGIN
    if blank:
        canvas.whole(x, y, full, 22, "score")
    for position, weight in enumerate(() if blank == "empty" else weights):
        if weight > 0:
            canvas.bar(x, y, max(full * weight, 0.5), 22, "score", float(weight))
        if weight > 0.08:
            canvas.label(
                x + full * weight / 2,
                y + 35,
                "a",
                f"{index}{position + 1}",
                "score",
                anchor="middle",
            )
        x += full * weight
    printed = listing([number(w, decimals) for w in weights])
    said = (
        f"The scores of query {index} are {listing([number(v, decimals) for v in s])}. "
        + canvas.told(
            f"Less the largest they are "
            f"{listing([number(v, decimals) for v in shifted])}; e to that power gives "
            f"{listing([number(v, decimals) for v in exponentials])}, together {number(total, decimals)}. "
            f"Divided by that sum, the weights are {printed}.",
            f"To be filled in, {_cells(len(s))} each: the scores less the largest; e to that power, and their sum; "
            "the weights, and their sum. A bar with marks at its tenths is to be divided into the weights.",
        )
    )
    told = f"The weights {printed} are shares of one whole: the bar."
    told += printed_to(weights, decimals)
    return canvas.figure(alt or said, caption or canvas.told(told, FILL_IN), across)


def weighted_values(
    weights: ArrayLike,
    values: ArrayLike,
    *,
    index: int = 1,
    total: bool = False,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    step: tuple[int, str] | None = None,
    blank: Blank = None,
) -> Figure:
    """Each value times its weight; with ``total``, summed to the output.

    Parameters
    ----------
    weights : (n,) array
    values : (n, d_v) array
    index : int
        Which query the weights belong to, from 1.
    total : bool
        Whether to draw the sum below.
    decimals, caption, alt, step
        As in `matrices`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves weighted values and sum to be written in, "key" marks them.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there are not as many weights as values.
    """
    a, v = _array("weights", weights, 1), _array("values", values, 2)
    if len(a) != len(v):
        raise ValueError(
            f"weights must be one for each value: got {len(a)} weights and {len(v)} values"
        )
    weighted = a[:, None] * v
    output = weighted.sum(axis=0)
    canvas = Canvas(blank)
    one, two = cell_width(a, decimals), cell_width(v, decimals)
    three = max(cell_width(weighted, decimals), cell_width(output, decimals))
    x_a = MARGIN + 30
    x_v = x_a + one + 22
    x_w = x_v + len(v[0]) * (two + GAP) + 20
    across = max(canvas.least(340.0), x_w + len(v[0]) * (three + GAP) + MARGIN)
    top = (canvas.header(*step, across) if step else 0.0) + 26
    canvas.text(x_a + one / 2, top - 16, "weight", "u", "middle")
    canvas.text((x_v + x_w - 24) / 2, top - 16, "value", "u", "middle")
    canvas.text(
        x_w + (len(v[0]) * (three + GAP) - GAP) / 2, top - 16, "weighted value", "u", "middle"
    )
    for position in range(len(a)):
        y = top + position * (CELL + 2 * GAP)
        canvas.label(x_a - 6, y + CELL / 2, "a", f"{index}{position + 1}", "score")
        canvas.row(
            x_a, y, a[[position]], "score", width=one, shade=a[[position]], decimals=decimals
        )
        canvas.text(x_a + one + 10, y + CELL / 2, "·", "h", "middle")
        canvas.row(
            x_v, y, v[position], "value", width=two, decimals=decimals, faint=v[position] == 0
        )
        canvas.text(x_w - 12, y + CELL / 2, "=", "l", "middle")
        canvas.row(
            x_w,
            y,
            weighted[position],
            "value",
            width=three,
            decimals=decimals,
            faint=weighted[position] == 0,
            asked=True,
        )
    said = [
        f"Weight {number(a[i], decimals)} times value {i + 1}, {vector(v[i], decimals)}, "
        + canvas.told(
            f"is {vector(weighted[i], decimals)}.", f"is to be filled in: {_cells(v.shape[1])}."
        )
        for i in range(len(a))
    ]
    told = "One number multiplies a whole row."
    if total:
        bottom = canvas.bottom
        end = x_w + len(v[0]) * (three + GAP) - GAP
        canvas.line(x_w, bottom + 9, end, bottom + 9, "k")
        canvas.row(x_w, bottom + 18, output, "output", width=three, decimals=decimals, asked=True)
        canvas.label(x_w - 12, bottom + 18 + CELL / 2, "z", index, "output")
        answer = canvas.told(vector(output, decimals), f"to be filled in: {_cells(len(output))}")
        said.append(f"Added up, output {index} is {answer}.")
        told = f"Added up column by column, the weighted values are output {index}: {vector(output, decimals)}."
    told += printed_to(weighted, decimals)
    return canvas.figure(alt or " ".join(said), caption or canvas.told(told, FILL_IN), across)


def weighted_sum(
    weighted: ArrayLike,
    *,
    index: int = 1,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    step: tuple[int, str] | None = None,
    blank: Blank = None,
) -> Figure:
    """Weighted values above each other, added down the columns to the output.

    Parameters
    ----------
    weighted : (n, d_v) array
    index : int
        Which output it is, from 1.
    decimals, caption, alt, step
        As in `matrices`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves the sums to be written in, "key" marks them.

    Returns
    -------
    Figure
    """
    rows = _array("weighted", weighted, 2)
    output = rows.sum(axis=0)
    canvas = Canvas(blank)
    width = max(cell_width(rows, decimals), cell_width(output, decimals))
    left = MARGIN + 76
    across = max(canvas.least(340.0), left + rows.shape[1] * (width + GAP) + MARGIN)
    top = (canvas.header(*step, across) if step else 0.0) + MARGIN
    for position, row in enumerate(rows):
        y = top + position * (CELL + 2 * GAP)
        canvas.label(left - 10, y + CELL / 2, "v", position + 1, "value")
        canvas.label(left - 36, y + CELL / 2, "a", f"{index}{position + 1}", "score")
        canvas.row(left, y, row, "value", width=width, decimals=decimals, faint=row == 0)
    bottom = canvas.bottom
    end = left + rows.shape[1] * (width + GAP) - GAP
    canvas.text(left - 10, bottom + 9, "+", "h", "end")
    canvas.line(left, bottom + 9, end, bottom + 9, "k")
    canvas.row(left, bottom + 18, output, "output", width=width, decimals=decimals, asked=True)
    canvas.label(left - 10, bottom + 18 + CELL / 2, "z", index, "output")
    y = canvas.bottom + 22
    sums = []
    for column in range(rows.shape[1]):
        terms = " + ".join(_factor(value, decimals) for value in rows[:, column])
        sums.append(f"{terms} = {number(output[column], decimals)}")
        # Handwriting takes more room than print.
        canvas.answer(left, y, sums[-1], room=max(end - left, 250))
        y += 32 if blank else 22
    said = " ".join(
        f"Weighted value {i + 1} is {vector(row, decimals)}." for i, row in enumerate(rows)
    )
    told = f"Add down each column: the numbers below the rule are output {index}."
    told += printed_to(rows, decimals)
    said += canvas.told(
        f" Column by column: {'; '.join(sums)}. Output {index} is {vector(output, decimals)}.",
        f" To be filled in: the sum of each column, and output {index}, {_cells(len(output))}.",
    )
    return canvas.figure(alt or said, caption or canvas.told(told, FILL_IN), across)


def heatmap(
    weights: ArrayLike,
    *,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    decimals: int = 2,
    caption: str | None = None,
    alt: str | None = None,
    blank: Blank = None,
    given: int = 0,
) -> Figure:
    """Weights as tinted cells: queries down the side, keys along the bottom.

    Parameters
    ----------
    weights : (n, m) array
        Between 0 and 1.
    queries, keys : sequence of str, optional
        The tokens' names; q₁, k₁ and so on where left out.
    decimals, caption, alt
        As in `vectors`.
    blank : {None, "empty", "key"}
        For a worksheet: "empty" leaves rows to be written in, "key" marks them.
    given : int
        How many first rows are not asked for.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If a weight lies outside 0 to 1, or names are too few or too many.
    """
    a = _array("weights", weights, 2)
    if a.min() < 0 or a.max() > 1 + 1e-9:
        raise ValueError(f"weights must lie between 0 and 1: got {a.min():g} to {a.max():g}")
    n, m = a.shape
    own_rows, own_columns = _labels("queries", queries, n), _labels("keys", keys, m)
    rows = own_rows or [f"q{subscript(i + 1)}" for i in range(n)]
    columns = own_columns or [f"k{subscript(j + 1)}" for j in range(m)]
    width = max(cell_width(a, decimals) + 10, *(text_width(name, 14) + 6 for name in columns))
    canvas = Canvas(blank)
    words = max(text_width(name, 14) for name in rows)
    left = MARGIN + 26 + words + 8
    top = 26.0 if blank else MARGIN
    if blank:  # it stands among other matrices that have their names above
        canvas.label(left + (m * (width + GAP) - GAP) / 2, 10, "A", "", "score", anchor="middle")
    canvas.rows(left, top, a, "score", width=width, shade=a, decimals=decimals, given=given)
    bottom = canvas.bottom
    for position, name in enumerate(rows):
        y = top + position * (CELL + GAP) + CELL / 2
        if own_rows:
            canvas.text(left - 8, y, name, "l", "end")
        else:
            canvas.label(left - 8, y, "q", position + 1, "query")
        total = number(a[position].sum(), decimals)
        end = left + m * (width + GAP) + 4
        if position < given:
            canvas.text(end, y, f"Σ {total}", "u")
        else:
            canvas.answer(end, y, total, "u", before="Σ ")
    for position, name in enumerate(columns):
        x = left + position * (width + GAP) + width / 2
        if own_columns:
            canvas.text(x, bottom + 16, name, "l", "middle")
        else:
            canvas.label(x, bottom + 16, "k", position + 1, "key", anchor="middle")
    canvas.text(
        left + (m * (width + GAP) - GAP) / 2, bottom + 38, "keys (attended to)", "u", "middle"
    )
    canvas.text(MARGIN + 8, top + (n * (CELL + GAP) - GAP) / 2, "queries", "u", "middle", turn=True)
    said = [
        f"{rows[i]} attends to {listing([f'{columns[j]} with {number(a[i, j], decimals)}' for j in range(m)])}."
        if i < given or blank != "empty"
        else f"What {rows[i]} gives to {listing(columns)}, and its sum, is to be filled in."
        for i in range(n)
    ]
    i, j = divmod(int(a.argmax()), m)
    told = (
        f"Read along a row: what one query gives to each key. Rows sum to one, columns need not. "
        f"The largest weight, {number(a[i, j], decimals)}, goes from {rows[i]} to {columns[j]}."
    )
    told += printed_to(a, decimals)
    return canvas.figure(
        alt or " ".join(said), caption or canvas.told(told, FILL_IN), canvas.least(340)
    )
