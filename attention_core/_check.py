"""Checks of arguments: each raises an error that names the argument, the shapes and the rule."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Floats = NDArray[np.floating[Any]]


def as_float(name: str, x: ArrayLike) -> Floats:
    """The argument as a floating array: floats keep their dtype, whole numbers become float64."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(
            f"{name} must be a full grid of numbers, but its rows differ in length"
        ) from None
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.kind == "f":
        return array
    kinds = {"b": "booleans", "c": "complex numbers", "U": "text", "S": "text", "O": "objects"}
    kind = kinds.get(array.dtype.kind, f"entries of type {array.dtype}")
    aside = "; only a mask is boolean" if kind == "booleans" else ""
    raise TypeError(f"{name} must hold real numbers (floats or integers): got {kind}{aside}")


def as_floats(**arguments: ArrayLike) -> tuple[Floats, ...]:
    """All arguments as floating arrays, in the order given."""
    return tuple(as_float(name, x) for name, x in arguments.items())


def check_axis(name: str, x: Floats, axis: int) -> None:
    """The axis must be one of the array's."""
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        raise TypeError(f"axis must be a whole number, as it counts axes: got {axis!r}")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(
            f"{name} of shape {x.shape} has no axis {axis} to normalise: "
            f"it has {x.ndim} {'axis' if x.ndim == 1 else 'axes'}"
        )


def check_shape(name: str, x: Floats, shape: tuple[int, ...], meaning: str) -> None:
    """The argument must have the shape of what it belongs to."""
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, {meaning}: got {x.shape}")


def check_tokens(**arguments: Floats) -> None:
    """Each argument must have a row for each token, of one feature or more."""
    for name, x in arguments.items():
        if x.ndim < 2:
            raise ValueError(
                f"{name} must have two axes or more, (..., tokens, features), with a row for "
                f"each token: got shape {x.shape}"
            )
        if x.shape[-1] == 0:
            raise ValueError(
                f"{name} must have one feature or more, as its last axis is what is multiplied "
                f"and summed: got shape {x.shape}"
            )


def check_leading(**arguments: Floats) -> None:
    """The axes before the last two must broadcast."""
    try:
        np.broadcast_shapes(*(x.shape[:-2] for x in arguments.values()))
    except ValueError:
        *names, last = arguments
        shapes = ", ".join(str(x.shape) for x in arguments.values())
        raise ValueError(
            f"{', '.join(names)} and {last} must have leading axes (all but the last two) that "
            f"broadcast: got shapes {shapes}"
        ) from None


def check_same_size(query: Floats, key: Floats) -> None:
    """Queries and keys that are dotted must have as many entries."""
    check_tokens(query=query, key=key)
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            "query and key must have the same size d_k, because each score is their dot "
            f"product: got {query.shape[-1]} and {key.shape[-1]}"
        )
    check_leading(query=query, key=key)


def check_same_count(query: Floats, key: Floats, value: Floats) -> None:
    """There must be a value for every key."""
    check_tokens(query=query, key=key, value=value)
    check_labels(key, value)
    check_leading(query=query, key=key, value=value)


def check_labels(key: Floats, value: Floats) -> None:
    """Keys and values must be as many."""
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            "key and value must have the same number of tokens, because each key labels one "
            f"value: got {key.shape[-2]} and {value.shape[-2]}"
        )


def head_count(x: Floats) -> int:
    """The axis before the last two counts heads; without one, there is one head."""
    return x.shape[-3] if x.ndim > 2 else 1


def check_heads(
    query: ArrayLike, key: ArrayLike, value: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """There must be a value for every key, and as many query heads for each key head."""
    query, key, value = as_floats(query=query, key=key, value=value)
    check_tokens(query=query, key=key, value=value)
    check_labels(key, value)
    h, g = head_count(query), head_count(key)
    if g != head_count(value):
        raise ValueError(
            "key and value must have the same number of heads (their third axis from the end), "
            f"because each key labels one value: got {g} and {head_count(value)}"
        )
    if h != g and (g == 0 or h % g):
        raise ValueError(
            "query must have a multiple of the heads of key (their third axis from the end), "
            f"because each key head serves as many query heads: got {h} and {g}"
        )
    try:
        np.broadcast_shapes(query.shape[:-3], key.shape[:-3], value.shape[:-3])
    except ValueError:
        shapes = f"{query.shape}, {key.shape}, {value.shape}"
        raise ValueError(
            "query, key and value must have axes before their heads (all but the last three) "
            f"that broadcast: got shapes {shapes}"
        ) from None
    return query, key, value


def check_cached(name: str, cached: Floats, new: Floats) -> None:
    """What is appended must be as what is there, in all but the number of tokens."""
    there, came = ((*x.shape[:-2], x.shape[-1]) for x in (cached, new))
    if there != came:
        raise ValueError(
            f"{name} must have the shape of what the cache holds, in all but its tokens: "
            f"got {came}, and it holds {there}"
        )
    if cached.dtype != new.dtype:
        raise TypeError(
            f"{name} must have the dtype of what the cache holds, as nothing is rounded: "
            f"got {new.dtype}, and it holds {cached.dtype}"
        )


def check_scores(scores: ArrayLike, query: Floats, key: Floats) -> Floats:
    """A score function must give one number for each query and key."""
    array = as_float("the result of score(query, key)", scores)
    leading = np.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    expected = (*leading, query.shape[-2], key.shape[-2])
    if array.shape != expected:
        raise ValueError(
            f"score(query, key) must have shape {expected}, one score for each query (down) and "
            f"each key (across): got {array.shape}"
        )
    return array


def check_below_infinity(name: str, highest: Floats) -> None:
    """Softmax of an infinite score would be infinity divided by infinity."""
    if np.any(highest == np.inf):
        raise ValueError(
            f"{name}, the scores, must stay below +inf, because softmax divides by the sum of "
            "exponentials and infinity over infinity is no number: got +inf"
        )


def as_mask(mask: ArrayLike) -> NDArray[Any]:
    """The mask as an array, which must be boolean or floating."""
    array = np.asarray(mask)
    if array.dtype.kind in "iu":
        raise TypeError(
            "mask must be boolean (True = may attend) or floating (added to the scores), because "
            f"integers could mean either: got {array.dtype}; write mask == 1 or mask.astype(float)"
        )
    if array.dtype.kind not in "bf":
        raise TypeError(
            "mask must be boolean (True = may attend) or floating (added to the scores): "
            f"got {array.dtype}"
        )
    return array


def check_mask(mask: ArrayLike, scores: Floats) -> NDArray[Any]:
    """A mask must be boolean or floating, and fit the scores without enlarging them."""
    array = as_mask(mask)
    try:
        fits = np.broadcast_shapes(array.shape, scores.shape) == scores.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask must broadcast to the scores' shape {scores.shape}, one entry for each query "
            f"(down) and each key (across): got {array.shape}"
        )
    if array.dtype.kind == "f" and not np.all(array < np.inf):
        raise ValueError(
            "a floating mask must hold numbers or -inf, because it is added to the scores: "
            "got +inf or NaN"
        )
    return array


def check_pairs(query: Floats, key: Floats) -> None:
    """Queries and keys of any two sizes, whose leading axes broadcast."""
    check_tokens(query=query, key=key)
    check_leading(query=query, key=key)


def check_rows(name: str, weight: Floats, of: str, size: int) -> None:
    """A weight must be a matrix with a row for each entry of what it multiplies."""
    if weight.ndim != 2 or weight.shape[1] == 0:
        raise ValueError(
            f"{name} must be a matrix of one column or more, with a row for each entry of {of}: "
            f"got shape {weight.shape}"
        )
    if weight.shape[0] != size:
        raise ValueError(
            f"{name} must have a row for each entry of {of}, because each entry multiplies one "
            f"row: got {weight.shape[0]} rows and {size} entries"
        )


def check_bilinear(query: Floats, key: Floats, weight: Floats) -> None:
    """The matrix between queries and keys must fit both."""
    check_pairs(query, key)
    check_rows("weight", weight, "a query", query.shape[-1])
    if weight.shape[1] != key.shape[-1]:
        raise ValueError(
            "weight must have a column for each entry of a key, because query @ weight is dotted "
            f"with the key: got {weight.shape[1]} columns and {key.shape[-1]} entries"
        )


def check_vector(vector: Floats, name: str, weight: Floats) -> None:
    """The vector that sums hidden units must have an entry for each."""
    if vector.shape != weight.shape[1:]:
        raise ValueError(
            f"vector must have an entry for each column of {name}, because it weighs one hidden "
            f"unit a column: got shape {vector.shape} and {weight.shape[1]} columns"
        )


def check_additive(
    query: Floats, key: Floats, query_weight: Floats, key_weight: Floats, vector: Floats
) -> None:
    """Two projections into the same hidden units, and a vector that weighs these."""
    check_pairs(query, key)
    check_rows("query_weight", query_weight, "a query", query.shape[-1])
    check_rows("key_weight", key_weight, "a key", key.shape[-1])
    if query_weight.shape[1] != key_weight.shape[1]:
        raise ValueError(
            "query_weight and key_weight must have the same number of columns d, because what "
            f"they make is added: got {query_weight.shape[1]} and {key_weight.shape[1]}"
        )
    check_vector(vector, "query_weight", query_weight)


def check_concat(query: Floats, key: Floats, weight: Floats, vector: Floats) -> None:
    """One projection of a query and a key side by side, and a vector that weighs its units."""
    check_pairs(query, key)
    side_by_side = query.shape[-1] + key.shape[-1]
    check_rows("weight", weight, "a query and a key side by side", side_by_side)
    check_vector(vector, "weight", weight)


def check_count(name: str, count: int, what: str = "tokens", least: int = 0) -> int:
    """Things are counted in whole numbers."""
    if not isinstance(count, int | np.integer) or isinstance(count, bool):
        raise TypeError(f"{name} must be a whole number, as it counts {what}: got {count!r}")
    if count < least:
        raise ValueError(f"{name} must be {least} or more, as it counts {what}: got {count}")
    return int(count)


def check_causal(n: int, m: int | None) -> int:
    """There must be a key for every query; without a count, there are as many."""
    n = check_count("n", n)
    m = n if m is None else check_count("m", m)
    if m < n:
        raise ValueError(
            "m must be n or more, because the n queries are the last of the m tokens: "
            f"got n = {n} and m = {m}"
        )
    return m


def check_side(name: str, count: int | None) -> int | None:
    """One side of a window: a number of tokens, or None for all of them."""
    if count is None:
        return None
    try:
        return check_count(name, count)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{error}; None leaves the side unbounded") from None


def check_window(window: object) -> tuple[int | None, int | None]:
    """A window must have two sides."""
    if not isinstance(window, tuple | list) or len(window) != 2:
        raise TypeError(
            "window must be a pair (left, right), the keys in view on either side of a query's "
            f"own place, such as (2, 0) or (None, 0): got {window!r}"
        )
    return check_side("window's left", window[0]), check_side("window's right", window[1])


def as_integers(name: str, x: ArrayLike, what: str) -> NDArray[np.int64]:
    """The argument as an array of whole numbers."""
    array = np.asarray(x)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers, as {what}: got {array.dtype}")
    return array.astype(np.int64)


def check_indices(indices: ArrayLike, count: int) -> NDArray[np.int64]:
    """Each index must name a row of a table of that many rows."""
    array = as_integers("indices", indices, "each names a row of the table")
    wrong = array[(array < 0) | (array >= check_count("count", count))]
    if wrong.size:
        raise ValueError(
            f"indices must be between 0 and {count - 1}, as the table has {count} rows: "
            f"got {wrong.ravel()[0]}"
        )
    return array


def check_lengths(name: str, lengths: ArrayLike, m: int) -> NDArray[np.int64]:
    """Lengths must lie between none and all of the keys."""
    array = as_integers(name, lengths, "it counts keys")
    if np.any((array < 0) | (array > m)):
        wrong = array[(array < 0) | (array > m)].ravel()[0]
        raise ValueError(f"{name} must be between 0 and the {m} keys there are: got {wrong}")
    return array


def check_one_each(name: str, numbers: ArrayLike, batch: tuple[int, ...]) -> NDArray[np.int64]:
    """There must be one number for all, or one for each row of the batch."""
    array = as_integers(name, numbers, "it counts keys")
    try:
        fits = np.broadcast_shapes(array.shape, batch) == batch
    except ValueError:
        fits = False
    if not fits:
        each = f"one for each row of the batch, shape {batch}" if batch else "there is no batch"
        raise ValueError(
            f"{name} must be one number{', or ' if batch else ', as '}{each} (the axes before "
            f"the heads): got shape {array.shape}"
        )
    return array


def check_flag(name: str, flag: bool) -> bool:
    """An option that is on or off."""
    if not isinstance(flag, bool | np.bool_):
        raise TypeError(f"{name} must be True or False: got {flag!r}")
    return bool(flag)


def check_number(name: str, x: float, above: float = -np.inf) -> float:
    """An option that is one finite number."""
    array = np.asarray(x)
    if array.shape != () or array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be one real number, or None: got {x!r}")
    if not above < array < np.inf:
        least = "finite" if above == -np.inf else f"above {above:g} and finite"
        raise ValueError(f"{name} must be {least}, or None: got {x!r}")
    return float(array)


def check_float_type(name: str, dtype: DTypeLike) -> np.dtype[Any]:
    """A type to compute in must be a floating one."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.kind != "f":
        raise TypeError(
            f"{name} must be a floating type such as np.float32, or None: got {dtype!r}"
        )
    return found


def check_choice(name: str, choice: object, choices: Collection[str]) -> None:
    """An option that names one of a few."""
    if choice is not None and choice not in choices:
        listed = ", ".join(f'"{each}"' for each in choices)
        raise ValueError(f"{name} must be one of {listed}, or None: got {choice!r}")


def check_short_mask(mask: ArrayLike, m: int) -> NDArray[Any]:
    """A mask may end before the keys do, but a single entry could mean two things."""
    array = as_mask(mask)
    if array.ndim and array.shape[-1] == 1 < m:
        raise ValueError(
            "mask must not have a last axis of 1 where there are more keys, because it could "
            f"speak for all {m} keys or hide all but the first: got shape {array.shape}; write "
            "out the keys it speaks for"
        )
    return array


def check_last_axis(x: Floats, name: str = "x") -> int:
    """The last axis holds features; how many there are."""
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(
            f"{name} must have one feature or more, on its last axis: got shape {x.shape}"
        )
    return int(x.shape[-1])


def check_each(name: str, vector: ArrayLike, size: int) -> Floats:
    """A vector must have an entry for each feature."""
    array = as_float(name, vector)
    if array.shape != (size,):
        raise ValueError(
            f"{name} must be a vector of {size}, an entry for each feature: got shape {array.shape}"
        )
    return array


def check_feed_forward(
    x: Floats, weight1: Floats, bias1: ArrayLike | None, weight2: Floats, bias2: ArrayLike | None
) -> None:
    """Two projections in a row: the second must take what the first gives."""
    check_rows("weight1", weight1, "a token", check_last_axis(x))
    check_rows("weight2", weight2, "a hidden unit", weight1.shape[1])
    for name, bias, weight in (("bias1", bias1, weight1), ("bias2", bias2, weight2)):
        if bias is not None:
            check_each(name, bias, weight.shape[1])


def check_weight(name: str, weight: ArrayLike) -> Floats:
    """A projection must be a matrix of finite numbers."""
    array = as_float(name, weight)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} must be a matrix of shape (d_model, size), a row for each feature of an "
            f"input, neither of them zero: got shape {array.shape}"
        )
    return check_finite(name, array)


def check_finite(name: str, array: Floats) -> Floats:
    """What every token is multiplied with must be finite."""
    if not np.all(np.isfinite(array)):
        raise ValueError(
            f"{name} must be finite, because one NaN or infinity would spread to every token: "
            f"got {array[~np.isfinite(array)][0]}"
        )
    return array


def check_weights(
    query_weight: ArrayLike, key_weight: ArrayLike, value_weight: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """The three projections must read the same inputs, and queries must fit keys."""
    query = check_weight("query_weight", query_weight)
    key = check_weight("key_weight", key_weight)
    value = check_weight("value_weight", value_weight)
    if not query.shape[0] == key.shape[0] == value.shape[0]:
        raise ValueError(
            "query_weight, key_weight and value_weight must have the same number of rows d_model, "
            "because all three multiply the same inputs: "
            f"got {query.shape[0]}, {key.shape[0]} and {value.shape[0]}"
        )
    if query.shape[1] != key.shape[1]:
        raise ValueError(
            "query_weight and key_weight must have the same number of columns d_k, because each "
            f"score is the dot product of a query and a key: got {query.shape[1]} and "
            f"{key.shape[1]}"
        )
    return query, key, value


def check_features(name: str, x: ArrayLike, owner: str, rows: int) -> Floats:
    """Each token must have a feature for each row of what it is multiplied with."""
    array = as_float(name, x)
    check_tokens(**{name: array})
    if array.shape[-1] != rows:
        raise ValueError(
            f"{name} must have as many features as {owner} rows, because each "
            f"feature multiplies one row: got {array.shape[-1]} features and {rows} rows"
        )
    return array


def check_inputs(inputs: ArrayLike, d_model: int) -> Floats:
    """Each input must have a feature for each row of the projections."""
    return check_features("inputs", inputs, "the projections have", d_model)


def check_words(
    tokens: ArrayLike, vocabulary: int, length: int, start: int = 0
) -> NDArray[np.int64]:
    """Tokens must be a batch of sequences that fit the model, each a word of its vocabulary."""
    array = as_integers("tokens", tokens, "each names a word of the vocabulary")
    if array.ndim != 2 or 0 in array.shape or array.shape[1] > length - start:
        less = f", less the {start} that its caches hold" if start else ""
        raise ValueError(
            f"tokens must have shape (batch, n), with sequences of 1 to {length - start} tokens, "
            f"which is the model's length{less}: got shape {array.shape}"
        )
    check_range("tokens", array, 0, vocabulary, f"the vocabulary has {vocabulary} words")
    return array


def check_targets(targets: ArrayLike, logits_shape: tuple[int, ...]) -> NDArray[np.int64]:
    """There must be a target for each row of logits, and a right answer for one at least."""
    array = as_integers("targets", targets, "each names an answer")
    *rows, answers = logits_shape
    if array.shape != tuple(rows):
        raise ValueError(
            f"targets must have shape {tuple(rows)}, one for each row of logits: got {array.shape}"
        )
    check_range("targets", array, -1, answers, f"there are {answers} answers, and -1 asks nothing")
    if np.all(array < 0):
        raise ValueError("targets must ask for something: got no target but -1")
    return array


def check_caches(causal: bool, layers: int, counts: Collection[int]) -> int:
    """A causal model reads on where all its layers stopped: after how many tokens that is."""
    if not causal or len(counts) != layers or len(set(counts)) > 1:
        raise ValueError(
            f"caches must be {layers}, one for each layer of a causal model, and hold as many "
            f"tokens each: got {len(counts)}, which hold {counts}, and causal={causal}"
        )
    return max(counts)


def check_prompt(
    prompt: ArrayLike, count: int, vocabulary: int, length: int, answers: int, causal: bool
) -> NDArray[np.int64]:
    """A model must know a prompt and what it gives itself, and have room for both."""
    array = as_integers("prompt", prompt, "each names a word of the vocabulary")
    room = length - check_count("count", count)
    if not causal or answers != vocabulary:
        raise ValueError(
            "model must be causal, and have an answer for each word, because it reads what it "
            f"gave: got causal={causal}, {answers} answers and {vocabulary} words"
        )
    if array.ndim != 1 or not 0 < array.size <= room:
        raise ValueError(
            f"prompt must be a row of 1 to {room} tokens, so that {count} more fit into the "
            f"model's length {length}: got shape {array.shape}"
        )
    check_range("prompt", array, 0, vocabulary, f"the vocabulary has {vocabulary} words")
    return array


def check_temperature(temperature: float, rng: object) -> None:
    """A temperature is not below zero, and a draw needs a generator."""
    if not 0 <= temperature < np.inf:
        raise ValueError(f"temperature must be 0 or above, and finite: got {temperature}")
    if temperature > 0:
        check_rng(rng)


def check_range(name: str, array: NDArray[np.int64], low: int, high: int, why: str) -> None:
    """Each index must be one of those there are."""
    wrong = array[(array < low) | (array >= high)]
    if wrong.size:
        raise ValueError(f"{name} must be between {low} and {high - 1}, as {why}: got {wrong[0]}")


def check_loss(step: int, loss: float, first: float | None) -> float:
    """A loss must be a number, and not rise far above the first; which that is."""
    if not np.isfinite(loss):
        raise FloatingPointError(
            f"the loss is {loss} at step {step}: a weight or a logit is no number any more; try a "
            "smaller rate"
        )
    first = loss if first is None else first
    if loss > 3 * first:
        raise FloatingPointError(
            f"the loss is {loss:.3g} at step {step} and was {first:.3g} at the first: training "
            "diverges; try a smaller rate"
        )
    return first


def check_cards(rng: object, count: int, cards: int, letters: int) -> None:
    """No two cards of one letter: there must be letters for all of them."""
    check_rng(rng)
    check_sizes(count=count, cards=cards, letters=letters)
    if cards > letters:
        raise ValueError(
            f"cards must not be more than letters, as no two bear the same: got {cards} and "
            f"{letters}"
        )


def check_sizes(**sizes: int) -> None:
    """Sizes count features, and there is one at least."""
    for name, size in sizes.items():
        check_count(name, size, "features", least=1)


def check_multiple(name: str, total: int, parts_name: str, parts: int) -> int:
    """Heads share evenly: how many each takes."""
    check_count(parts_name, parts, "heads", least=1)
    if total % parts:
        raise ValueError(
            f"{name} must be a multiple of {parts_name}, because every head takes as many: "
            f"got {total} and {parts}"
        )
    return total // parts


def check_head_weights(weights: Collection[Floats], heads: int, kv_heads: int) -> None:
    """The projections of several heads must fit each other, and the matrix that mixes them."""
    query, key, value, output = weights
    d_k = check_multiple("the columns of query_weight", query.shape[1], "heads", heads)
    check_multiple("heads", heads, "kv_heads", kv_heads)
    d_v = check_multiple("the columns of value_weight", value.shape[1], "kv_heads", kv_heads)
    dotted = f"each of {kv_heads} heads dots its keys with queries of size {d_k}"
    shared = "it multiplies the same tokens as key_weight"
    merged = f"it mixes {heads} outputs of size {d_v}, side by side"
    for name, found, expected, why in (
        ("the rows of value_weight", value.shape[0], key.shape[0], shared),
        ("the columns of key_weight", key.shape[1], kv_heads * d_k, dotted),
        ("the rows of output_weight", output.shape[0], heads * d_v, merged),
    ):
        if found != expected:
            raise ValueError(f"{name} must be {expected}, because {why}: got {found}")


def check_bias(name: str, bias: ArrayLike, columns: int) -> Floats:
    """A bias must have a finite entry for each column of its weight."""
    array = as_float(name, bias)
    if array.shape != (columns,):
        raise ValueError(
            f"{name} must have an entry for each of the {columns} columns of its weight: "
            f"got shape {array.shape}"
        )
    return check_finite(name, array)


def check_state(state: Mapping[str, ArrayLike], shapes: Mapping[str, str]) -> dict[str, Floats]:
    """The entries must be those of `shapes`, of sizes such as "3d d", where d is any number."""
    lacks = [f"; it lacks {name}" for name in shapes if name not in state]
    surplus = [f"; it has {name} as well" for name in state if name not in shapes]
    if lacks or surplus:
        names = f"the entries {', '.join(shapes)}" if len(shapes) < 8 else f"{len(shapes)} entries"
        raise ValueError(f"state must have {names}{''.join(lacks + surplus)}")
    arrays = {name: check_finite(name, as_float(name, state[name])) for name in shapes}
    found: dict[str, Counter[float]] = defaultdict(Counter)
    for name, array in arrays.items():
        for letter, size in zip(shapes[name].split(), array.shape, strict=False):
            found[letter[-1]][size / int(letter[:-1] or 1)] += 1
    # What most entries agree on is right, so that an error names the one that differs.
    sizes = {letter: int(counts.most_common(1)[0][0]) for letter, counts in found.items()}
    for name, array in arrays.items():
        letters = shapes[name].split()
        expected = tuple(int(letter[:-1] or 1) * sizes.get(letter[-1], 1) for letter in letters)
        if array.shape != expected:
            raise ValueError(
                f"{name} must have shape ({', '.join(letters)}), here {expected}: got {array.shape}"
            )
    return arrays


def check_even(name: str, size: int) -> int:
    """Features that go in pairs must be an even number."""
    check_sizes(**{name: size})
    if size % 2:
        raise ValueError(f"{name} must be even, because features go in pairs: got {size}")
    return int(size)


def check_positions(x: ArrayLike, positions: ArrayLike) -> tuple[Floats, Floats]:
    """Tokens of an even number of features, and a finite position for each."""
    x, positions = as_floats(x=x, positions=positions)
    check_tokens(x=x)
    check_even("the last axis of x", x.shape[-1])
    try:
        fits = np.broadcast_shapes(positions.shape, x.shape[:-1]) == x.shape[:-1]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"positions must broadcast to {x.shape[:-1]}, one for each token of x: "
            f"got shape {positions.shape}"
        )
    if not np.all(np.isfinite(positions)):
        raise ValueError("positions must be finite, as each is an angle's factor: got NaN or inf")
    return x, positions


def check_base(base: float) -> float:
    """Frequencies are powers of a number above 0."""
    array = as_float("base", base)
    if array.shape != () or not 0 < array < np.inf:
        raise ValueError(f"base must be one finite number above 0: got {base!r}")
    return float(array)


def check_added(made: Floats, stream: Floats) -> Floats:
    """What a sub-layer makes is added to what it reads, so it must not be stretched to fit."""
    if made.shape[-1] != stream.shape[-1]:
        raise ValueError(
            "a sub-layer must write tokens of the size that it reads, because the two are added: "
            f"got {made.shape[-1]} and {stream.shape[-1]}"
        )
    return made


def check_rng(rng: object) -> None:
    """Randomness comes in by the door."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng must be a generator such as np.random.default_rng(0), so that the same seed "
            f"gives the same numbers: got {type(rng).__name__}"
        )


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A copy that cannot be written to."""
    copy = np.array(array)
    copy.setflags(write=False)
    return copy
