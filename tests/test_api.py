"""What the package exports, and what every public name must have."""

import dataclasses
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import attention_core
from attention_core import (
    attend,
    blockwise,
    cost,
    gradients,
    heads,
    layers,
    masks,
    normalize,
    positions,
    reach,
    rivals,
    scores,
    steps,
    training,
    transformer,
)

MODULES = [
    import_module(f"attention_core.{module.name}")
    for module in pkgutil.iter_modules(attention_core.__path__)
    if not module.name.startswith("_") and module.name != "illustrate"
]
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
    if callable(getattr(module, name))
}
FUNCTIONS = {name: thing for name, thing in PUBLIC.items() if inspect.isfunction(thing)} | {
    "MultiHeadAttention.__call__": attention_core.MultiHeadAttention.__call__,
    "MultiHeadAttention.from_state": attention_core.MultiHeadAttention.from_state,
    "SelfAttention.__call__": attention_core.SelfAttention.__call__,
    "SelfAttention.random": attention_core.SelfAttention.random,
    "LayerNorm.__call__": layers.LayerNorm.__call__,
    "FeedForward.__call__": layers.FeedForward.__call__,
    "EncoderLayer.__call__": transformer.EncoderLayer.__call__,
    "EncoderLayer.from_state": transformer.EncoderLayer.from_state,
    "DecoderLayer.__call__": transformer.DecoderLayer.__call__,
    "Encoder.__call__": transformer.Encoder.__call__,
    "Encoder.from_state": transformer.Encoder.from_state,
    "Decoder.__call__": transformer.Decoder.__call__,
    "Adam.step": training.Adam.step,
    "TinyTransformer.__call__": training.TinyTransformer.__call__,
    "TinyTransformer.initial": training.TinyTransformer.initial,
    "TinyTransformer.loss": training.TinyTransformer.loss,
    "TinyTransformer.named": training.TinyTransformer.named,
    "TinyConvolution.__call__": rivals.TinyConvolution.__call__,
    "TinyConvolution.initial": rivals.TinyConvolution.initial,
    "TinyConvolution.loss": rivals.TinyConvolution.loss,
    "TinyConvolution.named": rivals.TinyConvolution.named,
}


def in_a_new_python(code):
    """What a fresh interpreter prints."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_exports():
    assert set(attention_core.__all__) == {
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
    }
    for name in attention_core.__all__:
        assert hasattr(attention_core, name)
    assert attention_core.softmax is normalize.softmax
    assert attention_core.attention is attend.attention
    assert attention_core.scaled_dot_product_attention is attend.scaled_dot_product_attention
    assert attention_core.trace is steps.trace


def test_signatures():
    def parameters(function):
        return [
            f"{'*' * (p.kind is p.KEYWORD_ONLY)}{p.name}{'=' * (p.default is not p.empty)}"
            for p in inspect.signature(function).parameters.values()
        ]

    assert parameters(attention_core.softmax) == ["x", "axis="]
    assert parameters(scores.dot) == ["query", "key"]
    assert parameters(scores.scaled_dot) == ["query", "key"]
    hidden_units = ["query_weight", "key_weight", "vector"]
    assert parameters(scores.general) == ["query", "key", "weight"]
    assert parameters(scores.additive) == ["query", "key", *hidden_units, "*save_memory="]
    assert parameters(scores.concat) == ["query", "key", "weight", "vector"]
    assert parameters(scores.cosine) == ["query", "key"]
    assert parameters(masks.causal) == ["n", "m="]
    assert parameters(masks.padding) == ["lengths", "m"]
    assert parameters(masks.window) == ["n", "left", "right"]
    assert parameters(positions.sinusoidal) == ["length", "d_model"]
    assert parameters(positions.rotary) == ["x", "positions", "base="]
    options = ["is_causal", "window", "query_start", "kv_lengths", "scale", "softcap"]
    assert parameters(attention_core.scaled_dot_product_attention) == [
        *["query", "key", "value", "mask="],
        *[f"*{name}=" for name in (*options, "softmax_dtype", "return_stage")],
    ]
    assert parameters(attention_core.attention) == ["query", "key", "value", "mask=", "*score="]
    assert parameters(blockwise.online) == ["query", "key", "value", "block="]
    assert parameters(blockwise.attention) == [
        *["query", "key", "value", "mask="],
        *[f"*{name}=" for name in ("is_causal", "scale", "block", "threads")],
    ]
    assert parameters(layers.linear) == ["x", "weight", "bias="]
    assert parameters(layers.layer_norm) == ["x", "gain", "bias", "eps="]
    assert parameters(layers.gelu) == ["x", "approximate="]
    two = ["weight1", "bias1", "weight2", "bias2", "activation="]
    assert parameters(layers.feed_forward) == ["x", *two]
    assert parameters(gradients.softmax) == ["weights", "d_weights"]
    arrays = ["query", "key", "value", "d_output"]
    assert parameters(gradients.attention) == [*arrays, "mask=", "scale=", "*weights="]
    assert parameters(gradients.linear) == ["x", "weight", "d_output"]
    assert parameters(layers.standardise) == ["x", "eps="]
    assert parameters(gradients.layer_norm) == ["x", "gain", "d_output", "eps=", "saved="]
    assert parameters(gradients.gelu) == ["x", "d_output", "approximate="]
    assert parameters(gradients.relu) == ["x", "d_output"]
    assert parameters(gradients.embedding) == ["indices", "d_output", "count"]
    assert parameters(rivals.convolution) == ["x", "kernel", "bias=", "dilation="]
    assert parameters(rivals.convolution_back) == ["x", "kernel", "d_output", "dilation="]
    recurrent = ["x", "input_weight", "state_weight"]
    for function in (rivals.recurrence, rivals.gated_recurrence):
        assert parameters(function) == [*recurrent, "bias="]
    assert parameters(rivals.recurrence_back) == [*recurrent, "states", "d_states"]
    assert parameters(rivals.gated_recurrence_back) == [*recurrent, "states", "d_states", "bias="]
    loaded = ["state", "heads", "norm_first=", "activation=", "eps="]
    for kind in (transformer.EncoderLayer, transformer.Encoder):
        assert parameters(kind.from_state) == loaded
        assert parameters(kind.__call__) == ["self", "x", "mask="]
    for kind in (transformer.DecoderLayer, transformer.Decoder):
        assert parameters(kind.from_state) == loaded
        assert parameters(kind.__call__) == ["self", "x", "memory", "mask=", "memory_mask="]
    assert parameters(cost.attention) == parameters(cost.recurrence) == ["n", "d"]
    assert parameters(cost.restricted) == ["n", "d", "r"]
    assert parameters(cost.convolution) == ["n", "d", "w"]
    assert parameters(cost.projections) == ["n", "d", "count="]
    assert parameters(cost.power_law) == ["x", "y"]
    weights = ["query_weight", "key_weight", "value_weight"]
    assert parameters(attention_core.SelfAttention) == weights
    assert parameters(attention_core.SelfAttention.random) == ["d_model", "d_k", "d_v", "rng"]
    assert parameters(heads.split_heads) == ["x", "heads"]
    assert parameters(heads.merge_heads) == ["x"]
    biases = [f"{role}_bias=" for role in ("query", "key", "value", "output")]
    counts = ["output_weight", "heads", "kv_heads="]
    assert parameters(attention_core.MultiHeadAttention) == [*weights, *counts, *biases]
    call = parameters(attention_core.MultiHeadAttention.__call__)
    assert call == ["self", "x", "memory=", "mask="]
    assert parameters(attention_core.MultiHeadAttention.from_state) == ["state", "heads"]
    assert parameters(reach.reached) == parameters(reach.path_length) == ["layers"]
    assert parameters(reach.convolution) == ["n", "width", "dilation=", "*is_causal="]
    assert parameters(reach.recurrence) == ["n"]
    assert parameters(reach.stack) == ["kind", "n", "width=", "depth=", "*is_causal="]
    assert parameters(reach.longest) == ["layers"]
    assert parameters(reach.perturbed) == ["function", "x", "by="]
    assert parameters(attention_core.trace) == ["inputs", *weights]
    defaults = inspect.signature(attention_core.attention).parameters
    assert defaults["score"].default is scores.scaled_dot


def test_no_module_bears_the_name_of_an_exported_function():
    modules = {module.name for module in pkgutil.iter_modules(attention_core.__path__)}
    for name in attention_core.__all__:
        assert name not in modules or inspect.ismodule(getattr(attention_core, name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_name_every_parameter(name):
    function = FUNCTIONS[name]
    text = inspect.getdoc(function)
    assert text.splitlines()[0].endswith(".")
    parameters = inspect.signature(function).parameters
    assert ("Parameters\n----------" in text) == bool(parameters)
    for parameter in parameters:
        assert parameter == "self" or parameter in text.split("Parameters\n----------")[1]
    if name.split(".")[-1] not in ("check", "hint"):
        assert "Returns\n-------" in text
        assert "Raises\n------" in text


@pytest.mark.parametrize("name", PUBLIC)
def test_docstrings_have_an_example_that_runs(name):
    if not name.startswith("attention_core.exercises."):
        assert ">>> " in inspect.getdoc(PUBLIC[name])


@pytest.mark.parametrize(
    "name", [n for n, thing in PUBLIC.items() if dataclasses.is_dataclass(thing)]
)
def test_classes_are_frozen(name):
    assert PUBLIC[name].__dataclass_params__.frozen


def test_functions_are_short_enough_to_be_shown():
    for name, function in FUNCTIONS.items():
        code = inspect.getsource(function).split('"""')[-1].strip().splitlines()
        assert len(code) <= 10 or name.endswith((".bank", ".hint", ".online")), name


def test_import_is_light():
    loaded = in_a_new_python(
        "import sys, attention_core\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('matplotlib', 'IPython')\n"
        "       or m.startswith(('attention_core.illustrate', 'attention_core.exercises'))])"
    )
    assert loaded == "[]"


def test_submodules_come_when_they_are_asked_for():
    assert (
        in_a_new_python("import attention_core as a; print(a.exercises.check.__name__)") == "check"
    )
    with pytest.raises(AttributeError, match="module 'attention_core' has no attribute 'nothing'"):
        attention_core.nothing
