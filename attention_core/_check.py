"""Checks of arguments: each raises an error that names the argument, the shapes and the rule."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            "key and value must have the same number of tokens, because each key labels one "
            f"value: got {key.shape[-2]} and {value.shape[-2]}"
        )
    check_leading(query=query, key=key, value=value)


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


def check_mask(mask: ArrayLike, scores: Floats) -> NDArray[Any]:
    """A mask must be boolean or floating, and fit the scores without enlarging them."""
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


def check_weight(name: str, weight: ArrayLike) -> Floats:
    """A projection must be a matrix of finite numbers."""
    array = as_float(name, weight)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"{name} must be a matrix of shape (d_model, size), a row for each feature of an "
            f"input, neither of them zero: got shape {array.shape}"
        )
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


def check_inputs(inputs: ArrayLike, d_model: int) -> Floats:
    """Each input must have a feature for each row of the projections."""
    array = as_float("inputs", inputs)
    check_tokens(inputs=array)
    if array.shape[-1] != d_model:
        raise ValueError(
            "inputs must have as many features as the projections have rows, because each "
            f"feature multiplies one row: got {array.shape[-1]} features and {d_model} rows"
        )
    return array


def check_sizes(**sizes: int) -> None:
    """Sizes count things."""
    for name, size in sizes.items():
        if not isinstance(size, int | np.integer) or isinstance(size, bool):
            raise TypeError(f"{name} must be a whole number, as it counts features: got {size!r}")
        if size < 1:
            raise ValueError(f"{name} must be 1 or more, as it counts features: got {size}")


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
