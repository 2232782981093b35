"""Checks of what a BERT is made from and called on: each error names what is wrong."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import Floats, as_float, as_integers, check_finite, check_range


def check_model_type(config: object, known: Collection[str]) -> str:
    """A configuration must be a mapping that says which member of the family it is of."""
    if not isinstance(config, Mapping):
        raise TypeError(
            f"config must be a mapping, as in a config.json: got {type(config).__name__}"
        )
    found = check_setting(config, "model_type")
    if found not in known:
        raise ValueError(f'config\'s "model_type" must be one of {", ".join(known)}: got {found!r}')
    return str(found)


def check_setting(config: Mapping[str, Any], key: str) -> Any:
    """What the model is built by must be said."""
    if key not in config:
        raise ValueError(f'config must have an entry "{key}": it has {", ".join(config)}')
    return config[key]


#: Entries of a configuration that change the forward pass, and the one value that is built here.
BUILT = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "inner_group_num": 1,
    "trigram_input": True,
    "use_bottleneck": True,
    "use_bottleneck_attention": False,
    "key_query_shared_bottleneck": True,
    "normalization_type": "no_norm",
    "classifier_activation": True,
}


def check_config(config: Mapping[str, Any]) -> None:
    """A configuration must not ask for what is not built here."""
    for key, built in BUILT.items():
        if config.get(key, built) != built:
            raise ValueError(
                f'config\'s "{key}" must be {built!r}, as nothing else is built here: '
                f"got {config[key]!r}"
            )


#: Taken off the front of names: a model with a head on top has its encoder under one of these.
PREFIXES = ("bert.", "roberta.", "camembert.", "distilbert.", "albert.", "mobilebert.")
#: What older checkpoints call a norm's gain and bias.
OLDER = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def check_entries(
    state: Mapping[str, ArrayLike], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Floats]:
    """The weights must be those that `shapes` names, of one floating type, and finite."""
    named = {}
    for name, x in state.items():
        for prefix in PREFIXES:
            name = name.removeprefix(prefix)
        for old, new in OLDER.items():
            name = name.replace(old, new)
        named[name] = x
    named.pop("embeddings.position_ids", None)  # older checkpoints hold 0, 1, 2 ..., no weight
    wanted = dict(shapes)
    if not any("pooler" in name for name in named):
        wanted = {name: shape for name, shape in shapes.items() if "pooler" not in name}
    lacks = [f"; it lacks {name}" for name in wanted if name not in named]
    surplus = [f"; it has {name} as well" for name in named if name not in wanted]
    if lacks or surplus:
        faults = lacks + surplus
        more = f"; and {len(faults) - 6} more" if len(faults) > 6 else ""
        raise ValueError(f"state must have {len(wanted)} entries{''.join(faults[:6])}{more}")
    arrays = {name: check_finite(name, as_float(name, named[name])) for name in wanted}
    for name, array in arrays.items():
        if array.shape != wanted[name]:
            raise ValueError(f"{name} must have shape {wanted[name]}: got {array.shape}")
    types = sorted({array.dtype.name for array in arrays.values()})
    if len(types) > 1 or types[0] not in ("float32", "float64"):
        raise TypeError(
            f"state must hold float32 alone, or float64 alone, as nothing is rounded: got {types}"
        )
    return arrays


def check_ids(ids: ArrayLike, vocabulary: int) -> NDArray[np.int64]:
    """Sentences are rows of token ids, each a row of the vocabulary."""
    array = as_integers("ids", ids, "each names a token of the vocabulary")
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"ids must have shape (batch, n), a row for each sentence: got shape {array.shape}"
        )
    wrong = np.argwhere((array < 0) | (array >= vocabulary))
    if len(wrong):
        row, place = wrong[0]
        raise ValueError(
            f"ids must be between 0 and {vocabulary - 1}, as the vocabulary has {vocabulary} "
            f"tokens: got {array[row, place]} at place {place} of sentence {row}"
        )
    return array


def check_real(mask: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask says of each id whether it is a token; a sentence has one at least."""
    if mask is None:
        return np.ones(shape, bool)
    array = np.asarray(mask)
    if array.dtype != bool and not (array.dtype.kind in "iu" and np.isin(array, (0, 1)).all()):
        raise TypeError(
            "mask must be True on tokens and False on padding, or 1 and 0: got "
            f"{array.dtype if array.dtype.kind not in 'iu' else 'other whole numbers'}"
        )
    if array.shape != shape:
        raise ValueError(f"mask must have the shape of ids, {shape}: got {array.shape}")
    empty = np.flatnonzero(~array.any(axis=1))
    if len(empty):
        raise ValueError(f"mask must leave each sentence a token: got none in sentence {empty[0]}")
    return array.astype(bool)


def check_fits(positions: NDArray[np.int64], count: int, first: int) -> None:
    """A sentence must not be longer than there are positions."""
    longest = int(positions.max())
    if longest >= count:
        raise ValueError(
            f"ids must have {count - first} tokens a sentence at most, as the model has no more "
            f"positions: got {longest + 1 - first}"
        )


def check_types(
    token_types: ArrayLike | None, shape: tuple[int, ...], count: int
) -> NDArray[np.int64]:
    """A type for each token, of those that the model has; all are of the first if none is given."""
    if token_types is None:
        return np.zeros(shape, np.int64)
    if not count:
        raise ValueError("token_types must be None, as this model has no token types")
    array = as_integers("token_types", token_types, "each names a type")
    if array.shape != shape:
        raise ValueError(f"token_types must have the shape of ids, {shape}: got {array.shape}")
    check_range("token_types", array, 0, count, f"the model has {count} types")
    return array


def check_activation(name: object, known: Collection[str]) -> str:
    """The bend of the feed-forward must be one that is built here."""
    if name not in known:
        raise ValueError(f'config\'s "hidden_act" must be one of {", ".join(known)}: got {name!r}')
    return str(name)


def check_reads_roles(model_type: str, words: object, roles: object) -> None:
    """SemBERT needs the roles of words; no other has a use for words or roles."""
    if model_type != "sembert" and not words is roles is None:
        raise ValueError(f"words and roles must be None, as {model_type!r} reads none")
    if model_type == "sembert" and roles is None:
        raise ValueError("roles must be given, as SemBERT reads the roles of words with the text")


def check_pieces(words: ArrayLike | None, real: NDArray[np.bool_]) -> list[list[int]]:
    """Of how many pieces each word of each sentence is."""
    if words is None:
        return [[1] * int(count) for count in real.sum(axis=1)]
    array = as_integers("words", words, "each names a word of the sentence")
    if array.shape != real.shape:
        raise ValueError(f"words must have the shape of ids, {real.shape}: got {array.shape}")
    pieces = []
    for i, sentence in enumerate(array):
        own = sentence[real[i]]
        steps = np.diff(own, prepend=-1)
        if own[0] != 0 or not np.isin(steps, (0, 1)).all():
            raise ValueError(
                "words must count from 0, one by one, in each sentence, as pieces of a word stand "
                f"together: got {own.tolist()} in sentence {i}"
            )
        pieces.append(np.bincount(own).tolist())
    return pieces


def check_roles(
    roles: ArrayLike | None, pieces: list[list[int]], predicates: int, labels: int
) -> NDArray[np.int64]:
    """A label for each word, for each predicate."""
    array = as_integers("roles", [] if roles is None else roles, "each names a label")
    most = max(len(sentence) for sentence in pieces)
    shape = (len(pieces), predicates, most)
    if array.ndim != 3 or array.shape[:2] != shape[:2] or array.shape[2] < most:
        raise ValueError(
            f"roles must have shape (batch, num_aspect, words), here {shape}, a label for each "
            f"word and each predicate: got {array.shape}"
        )
    check_range("roles", array, 0, labels, f"the model has {labels} labels")
    return array


def read(path: Path, reader: Callable[[Path], Any]) -> Any:
    """What a reader makes of a file; an error names the file."""
    if not path.is_file():
        pickled = path.suffix == ".safetensors" and (path.parent / "pytorch_model.bin").is_file()
        aside = (
            ", and pytorch_model.bin is not read: it is a pickle, which can run any code"
            if pickled
            else ""
        )
        raise FileNotFoundError(f"there is no {path}{aside}")
    try:
        return reader(path)
    except Exception as error:
        raise ValueError(f"{path} is cut short or broken: {error}") from error
