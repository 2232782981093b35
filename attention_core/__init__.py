"""Self-attention in numpy, one illustrated step at a time: the module behind the book.

>>> from attention_core import attention, example
>>> Q = example.inputs @ example.query_weight
>>> K = example.inputs @ example.key_weight
>>> V = example.inputs @ example.value_weight
>>> attention(Q, K, V).output.round(2)[0]
array([1.86, 6.32, 1.7 ])

The submodules `illustrate` (which draws) and `exercises` (which checks answers) are imported when
they are first asked for.
"""

from typing import TYPE_CHECKING

from attention_core import (
    bert,
    blockwise,
    cost,
    example,
    generation,
    gradients,
    heads,
    layers,
    masks,
    positions,
    reach,
    rivals,
    scores,
    training,
    transformer,
)
from attention_core.attend import Attention, attention, scaled_dot_product_attention
from attention_core.cache import KeyValueCache
from attention_core.heads import MultiHeadAttended, MultiHeadAttention
from attention_core.normalize import softmax
from attention_core.self_attention import SelfAttended, SelfAttention
from attention_core.steps import Step, trace
from attention_core.transformer import Decoder, DecoderLayer, Encoder, EncoderLayer

__version__ = "0.1.0"

__all__ = [
    "Attention",
    "KeyValueCache",
    "Decoder",
    "DecoderLayer",
    "Encoder",
    "EncoderLayer",
    "MultiHeadAttended",
    "MultiHeadAttention",
    "SelfAttended",
    "SelfAttention",
    "Step",
    "attention",
    "cost",
    "bert",
    "blockwise",
    "example",
    "generation",
    "heads",
    "layers",
    "gradients",
    "masks",
    "positions",
    "reach",
    "rivals",
    "scaled_dot_product_attention",
    "scores",
    "softmax",
    "trace",
    "transformer",
    "training",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        """Import `illustrate` and `exercises` when they are first asked for."""
        if name in ("exercises", "illustrate"):
            from importlib import import_module

            return import_module(f"attention_core.{name}")
        raise AttributeError(f"module 'attention_core' has no attribute {name!r}")
