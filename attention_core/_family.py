"""The BERT family as data: what each member is called, how large it is, what its weights are named."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attention_core._check import Floats, check_count, check_multiple, check_number, check_rng
from attention_core._check_bert import check_config, check_model_type, check_setting

__all__ = ["PUBLISHED", "random_state", "shapes"]

Config = Mapping[str, Any]
#: The name of a part in a checkpoint, and the sizes of its weight: products of the letters below.
Part = tuple[str, str]
#: A weight, as it multiplies from the right, and its bias; or a gain and its bias.
Pair = tuple[Floats, Floats]
#: The weights of some parts, by what they do. A table has no bias: that is None.
Parts = Mapping[str, Pair]

#: What each letter stands for, by its name in a configuration.
SIZES = {
    "v": "vocab_size",
    "p": "max_position_embeddings",
    "t": "type_vocab_size",
    "d": "hidden_size",
    "f": "intermediate_size",
    "l": "num_hidden_layers",
    "e": "embedding_size",
    "b": "intra_bottleneck_size",
    "g": "num_hidden_groups",
    "c": "tag_vocab_size",
    "r": "tag_hidden_size",
    "k": "num_aspect",
}
#: The parts that are looked up, not multiplied with: they have no bias.
TABLES = ("words", "positions", "types", "roles")


@dataclass(frozen=True)
class Kind:
    """How a model of one type is built: its parts, by what they do, each with its name and sizes.

    A part of `layer` is there once a layer, its name after `before`; "inner {}" stands for several.
    `keys` are the entries of its configuration that bear another name than BERT's, `fixed` those
    that its code has instead of its configuration.
    """

    once: Mapping[str, Part]
    layer: Mapping[str, Part]
    before: str = "encoder.layer.{}."
    keys: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)


EMBEDDINGS = {
    "words": ("embeddings.word_embeddings", "v d"),
    "positions": ("embeddings.position_embeddings", "p d"),
    "types": ("embeddings.token_type_embeddings", "t d"),
    "embedding norm": ("embeddings.LayerNorm", "d"),
}
POOLER = {"pooler": ("pooler.dense", "d d")}
LAYER = {
    "query": ("attention.self.query", "d d"),
    "key": ("attention.self.key", "d d"),
    "value": ("attention.self.value", "d d"),
    "output": ("attention.output.dense", "d d"),
    "attention norm": ("attention.output.LayerNorm", "d"),
    "inner": ("intermediate.dense", "f d"),
    "outer": ("output.dense", "d f"),
    "norm": ("output.LayerNorm", "d"),
}
BERT = Kind(EMBEDDINGS | POOLER, LAYER)
DISTILBERT = Kind(
    {role: part for role, part in EMBEDDINGS.items() if role != "types"},
    {
        "query": ("attention.q_lin", "d d"),
        "key": ("attention.k_lin", "d d"),
        "value": ("attention.v_lin", "d d"),
        "output": ("attention.out_lin", "d d"),
        "attention norm": ("sa_layer_norm", "d"),
        "inner": ("ffn.lin1", "f d"),
        "outer": ("ffn.lin2", "d f"),
        "norm": ("output_layer_norm", "d"),
    },
    "transformer.layer.{}.",
    {
        "hidden_size": "dim",
        "intermediate_size": "hidden_dim",
        "num_hidden_layers": "n_layers",
        "num_attention_heads": "n_heads",
        "hidden_act": "activation",
    },
    {"layer_norm_eps": 1e-12},
)
ALBERT = Kind(
    {
        "words": ("embeddings.word_embeddings", "v e"),
        "positions": ("embeddings.position_embeddings", "p e"),
        "types": ("embeddings.token_type_embeddings", "t e"),
        "embedding norm": ("embeddings.LayerNorm", "e"),
        "mapping": ("encoder.embedding_hidden_mapping_in", "d e"),
        "pooler": ("pooler", "d d"),
    },
    {
        "query": ("attention.query", "d d"),
        "key": ("attention.key", "d d"),
        "value": ("attention.value", "d d"),
        "output": ("attention.dense", "d d"),
        "attention norm": ("attention.LayerNorm", "d"),
        "inner": ("ffn", "f d"),
        "outer": ("ffn_output", "d f"),
        "norm": ("full_layer_layer_norm", "d"),
    },
    "encoder.albert_layer_groups.{}.albert_layers.0.",
)
MOBILEBERT = Kind(
    EMBEDDINGS
    | {
        "words": ("embeddings.word_embeddings", "v e"),
        "trigrams": ("embeddings.embedding_transformation", "d 3e"),
    }
    | POOLER,
    {
        "narrow": ("bottleneck.input.dense", "b d"),
        "narrow norm": ("bottleneck.input.LayerNorm", "b"),
        "shared": ("bottleneck.attention.dense", "b d"),
        "shared norm": ("bottleneck.attention.LayerNorm", "b"),
        "query": ("attention.self.query", "b b"),
        "key": ("attention.self.key", "b b"),
        "value": ("attention.self.value", "b d"),
        "output": ("attention.output.dense", "b b"),
        "attention norm": ("attention.output.LayerNorm", "b"),
        "inner {}": ("ffn.{}.intermediate.dense", "f b"),
        "outer {}": ("ffn.{}.output.dense", "b f"),
        "norm {}": ("ffn.{}.output.LayerNorm", "b"),
        "inner": ("intermediate.dense", "f b"),
        "outer": ("output.dense", "b f"),
        "norm": ("output.LayerNorm", "b"),
        "wide": ("output.bottleneck.dense", "d b"),
        "wide norm": ("output.bottleneck.LayerNorm", "d"),
    },
)
SESAMEBERT = Kind(
    EMBEDDINGS
    | POOLER
    | {
        "squeeze": ("encoder.bottleneck_fc", "s l"),
        "excite": ("encoder.recover_fc", "l s"),
    },
    LAYER,
)
SEMBERT = Kind(
    EMBEDDINGS
    | {
        "pieces": ("cnn.char_cnn", "d d 3"),
        "roles": ("tag_model.embed.tag_embeddings", "c r"),
        "role norm": ("tag_model.embed.LayerNorm", "r"),
        "role": ("tag_model.fc", "r r"),
        "predicates": ("dense", "r kr"),
        "pooler": ("pool", "j j"),
    },
    LAYER,
)
KINDS = {
    "bert": BERT,
    "roberta": BERT,
    "camembert": BERT,
    "distilbert": DISTILBERT,
    "albert": ALBERT,
    "mobilebert": MOBILEBERT,
    "sesamebert": SESAMEBERT,
    "sembert": SEMBERT,
}

_BASE = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}
_ROBERTA = _BASE | {
    "model_type": "roberta",
    "vocab_size": 50265,
    "max_position_embeddings": 514,
    "type_vocab_size": 1,
    "layer_norm_eps": 1e-5,
    "pad_token_id": 1,
}
#: The configuration of each model, in its base size, with the keys of its published `config.json`
#: that the forward pass reads. Those of SesameBERT and SemBERT, which published none, are ours.
PUBLISHED: dict[str, dict[str, Any]] = {
    "BERT": _BASE,
    "RoBERTa": _ROBERTA,
    "ALBERT": _BASE
    | {
        "model_type": "albert",
        "vocab_size": 30000,
        "embedding_size": 128,
        "num_hidden_groups": 1,
        "inner_group_num": 1,
        "hidden_act": "gelu_new",
    },
    "SpanBERT": _BASE | {"vocab_size": 28996},
    "DistilBERT": {
        "model_type": "distilbert",
        "vocab_size": 30522,
        "dim": 768,
        "n_layers": 6,
        "n_heads": 12,
        "hidden_dim": 3072,
        "activation": "gelu",
        "max_position_embeddings": 512,
        "pad_token_id": 0,
    },
    "SesameBERT": _BASE | {"model_type": "sesamebert", "vocab_size": 28996},
    "SemBERT": _BASE
    | {"model_type": "sembert", "tag_vocab_size": 22, "tag_hidden_size": 10, "num_aspect": 3},
    "SciBERT": _BASE | {"vocab_size": 31090},
    "BioBERT": _BASE | {"vocab_size": 28996},
    "MobileBERT": _BASE
    | {
        "model_type": "mobilebert",
        "hidden_size": 512,
        "num_hidden_layers": 24,
        "num_attention_heads": 4,
        "intermediate_size": 512,
        "hidden_act": "relu",
        "embedding_size": 128,
        "intra_bottleneck_size": 128,
        "num_feedforward_networks": 4,
        "trigram_input": True,
        "use_bottleneck": True,
        "use_bottleneck_attention": False,
        "key_query_shared_bottleneck": True,
        "normalization_type": "no_norm",
    },
    "TinyBERT": _BASE | {"hidden_size": 312, "num_hidden_layers": 4, "intermediate_size": 1200},
    "CamemBERT": _ROBERTA | {"model_type": "camembert", "vocab_size": 32005},
}


def kind(config: Config) -> Kind:
    """How a model of this configuration is built, once it is one that we build."""
    found = KINDS[check_model_type(config, KINDS)]
    check_config(config)
    width = "intra_bottleneck_size" if found is MOBILEBERT else "hidden_size"
    heads = count(config, "num_attention_heads")
    check_multiple(f'config\'s "{width}"', count(config, width), "num_attention_heads", heads)
    check_number('config\'s "layer_norm_eps"', setting(config, "layer_norm_eps"), above=0)
    return found


def setting(config: Config, key: str) -> Any:
    """An entry of the configuration, by BERT's name for it."""
    found = KINDS[config["model_type"]]
    return found.fixed.get(key) or check_setting(config, found.keys.get(key, key))


def count(config: Config, key: str, least: int = 1) -> int:
    """An entry that counts something, by BERT's name for it."""
    name = KINDS[config["model_type"]].keys.get(key, key)
    return check_count(f'config\'s "{name}"', setting(config, key), key.replace("_", " "), least)


def parts(config: Config) -> list[dict[str, Part]]:
    """The parts that are there once, then those of each layer, named in full."""
    built = kind(config)
    found = [dict(built.once)]
    for i in range(count(config, "num_hidden_layers")):
        before = built.before.format(i)
        if config["model_type"] == "albert":
            before = built.before.format(shared_layer(i, config))
        layer = {}
        for role, (name, sizes) in built.layer.items():
            for j in range(_repeats(role, config)):
                layer[role.format(j)] = before + name.format(j), sizes
        found.append(layer)
    return found


def turned(
    state: Mapping[str, Floats], named: Mapping[str, Part], turn: Callable[[str], Floats]
) -> Parts:
    """The weight and the bias of each part that the state has, turned as they multiply."""
    found: dict[str, Any] = {}
    for role, (name, _) in named.items():
        weight = state.get(f"{name}.weight")
        if weight is not None:
            right = weight if role in TABLES else turn(f"{name}.weight")
            found[role] = right, state.get(f"{name}.bias")
    return found


def shared_layer(i: int, config: Config) -> int:
    """Whose weights layer i uses, in ALBERT: with one group, all layers those of the first."""
    groups = count(config, "num_hidden_groups")
    layers = count(config, "num_hidden_layers")
    return i * groups // layers


def _repeats(role: str, config: Config) -> int:
    """How many parts a name stands for: one, but for MobileBERT's stack before the last."""
    if "{}" not in role:
        return 1
    return count(config, "num_feedforward_networks") - 1


def shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """The names of a model's weights and biases, as in its checkpoint, and the shape of each.

    Nothing is allocated: the number of parameters of the largest model is a sum of products.

    Parameters
    ----------
    config : mapping
        With the keys of the model's `config.json`.

    Returns
    -------
    dict of str to tuple of int
        PyTorch's matrices are (d_out, d_in).

    Raises
    ------
    ValueError
        If the model is none of the family, or an entry of config is missing, wrong, or asks for
        what is not built here.

    Examples
    --------
    >>> import math
    >>> found = shapes(PUBLISHED["BERT"])
    >>> found["embeddings.word_embeddings.weight"]
    (30522, 768)
    >>> sum(math.prod(shape) for shape in found.values())
    109482240
    """
    found: dict[str, tuple[int, ...]] = {}
    for group in parts(config):
        for role, (name, letters) in group.items():
            shape = tuple(_product(config, each) for each in letters.split())
            found[f"{name}.weight"] = shape
            if role not in TABLES:
                found[f"{name}.bias"] = shape[:1]
    return found


def _product(config: Config, letters: str) -> int:
    """The product of some letters and digits."""
    return math.prod(int(x) if x.isdigit() else _size(config, x) for x in letters)


def _size(config: Config, letter: str) -> int:
    """What a letter stands for."""
    if letter == "s":  # squeezed layers: a third of them
        return max(1, _size(config, "l") // 3)
    if letter == "j":  # a word and its roles, joined
        return _size(config, "d") + _size(config, "r")
    return count(config, SIZES[letter])


def random_state(config: Config, rng: np.random.Generator, scale: float = 0.5) -> dict[str, Floats]:
    """Random weights for a model: every parameter, gains and biases too.

    Parameters
    ----------
    config : mapping
        With the keys of the model's `config.json`.
    rng : numpy.random.Generator
    scale : float
        The deviation of the normal distribution that they are drawn from.

    Returns
    -------
    dict of str to array
        What `bert.from_state` takes, in float64.

    Raises
    ------
    ValueError
        If the model is none of the family, or an entry of config is missing or wrong.
    TypeError
        If rng is no generator.

    Examples
    --------
    >>> tiny = PUBLISHED["DistilBERT"] | {"vocab_size": 5, "dim": 12, "hidden_dim": 6}
    >>> state = random_state(tiny, np.random.default_rng(0))
    >>> state["transformer.layer.5.ffn.lin1.weight"].shape
    (6, 12)
    """
    check_rng(rng)
    return {name: rng.normal(0, scale, shape) for name, shape in shapes(config).items()}
