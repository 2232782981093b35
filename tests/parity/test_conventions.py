"""The table of names in chapter 11: each library, called as its row says, gives our numbers.

The chapter's table is the one place where the names stand. It is read from the notebook, and a
name, a side of a mask, or an order of axes that is wrong there fails here.
"""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from attention_core import attention, example

ROOT = Path(__file__).parents[2]
# Nothing is fetched, and what these libraries write on import stays in this folder.
os.environ["KERAS_BACKEND"] = "torch"
os.environ["KERAS_HOME"] = str(ROOT / ".cache" / "keras")
os.environ["HF_HOME"] = str(ROOT / ".cache" / "huggingface")
os.environ["HF_HUB_OFFLINE"] = "1"

CHAPTER = ROOT / "chapters" / "11-shapes.ipynb"
X, *WEIGHTS = example.rectangle
MEMORY = example.rectangle.memory
Q = X @ WEIGHTS[0]
K, V = (MEMORY @ weight for weight in WEIGHTS[1:])
SEEN = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 1], [1, 1, 0, 1, 1]], bool)


def table():
    """Of each thing that is called: names, masks, what True means, the order of axes."""
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    lines = re.search(r"^\| called \|.*\n\|[-|]+\|\n((?:\|.*\|\n?)+)", text, re.MULTILINE).group(1)
    found = {}
    for line in lines.splitlines():
        called, names, masks, meaning, axes = (each.strip() for each in line.strip("|").split("|"))
        assert meaning in ("may attend", "hidden")
        quoted = [re.findall(r"`(\w+)`", each) for each in (names, masks)]
        found[called.replace("`", "")] = (*quoted, meaning == "may attend", axes.split(", "))
    return found


TABLE = table()


def rows_of(called):
    """The row of what is called, once for each mask that it takes."""
    names, masks, true_attends, axes = TABLE[called]
    return [pytest.param(names, mask, true_attends, axes, id=mask) for mask in masks]


def by_row(called):
    """Parametrise by the masks of a row."""
    return pytest.mark.parametrize(("names", "mask", "true_attends", "axes"), rows_of(called))


def laid(x, axes):
    """A matrix of tokens and sizes with axes of one, in a row's order."""
    assert {"tokens", "size", "batch"} <= set(axes) <= {"tokens", "size", "batch", "heads"}
    kept = ("tokens", "size")
    x = x if axes.index("tokens") < axes.index("size") else x.T
    return np.expand_dims(x, tuple(i for i, axis in enumerate(axes) if axis not in kept))


def arguments(names, axes, query, key, value, as_array):
    """The three arrays under the names of a row, whatever their order."""
    roles = {"q": query, "k": key, "v": value}
    return {name: as_array(laid(roles[name[0].lower()], axes).copy()) for name in names}


def masked(seen, true_attends):
    """A boolean mask, the way round that a row says."""
    return seen if true_attends else ~seen


def by_name_and_by_place(function, given, mask):
    """What it gives for names as the table has them, which must be what it gives for their order."""
    by_name, by_place = function(**given, **mask), function(*given.values(), **mask)
    if isinstance(by_name, tuple):
        by_name, by_place = by_name[0], by_place[0]
    if hasattr(by_name, "detach"):
        by_name, by_place = by_name.detach(), by_place.detach()
    assert_allclose(np.asarray(by_name), np.asarray(by_place))
    return np.asarray(by_name)


def ours(query=Q, key=K, value=V, seen=SEEN):
    """What attention() gives; also that the mask matters, so that a wrong one would be noticed."""
    output = attention(query, key, value, seen).output
    assert not np.allclose(output, attention(query, key, value, ~seen).output)
    return output


def test_every_row_is_tested():
    tested = {
        "this book: attention",
        "PyTorch: scaled_dot_product_attention",
        "PyTorch: MultiheadAttention",
        "JAX: dot_product_attention",
        "Keras: MultiHeadAttention",
        "ONNX: Attention",
        "transformers: BertModel",
    }
    assert set(TABLE) == tested


@by_row("this book: attention")
def test_our_own(names, mask, true_attends, axes):
    given = arguments(names, axes, Q, K, V, np.asarray)
    shown = {mask: masked(SEEN, true_attends)}
    output = by_name_and_by_place(lambda *a, **k: attention(*a, **k).output, given, shown)
    assert_allclose(output, laid(ours(), axes), atol=1e-12)


@by_row("PyTorch: scaled_dot_product_attention")
def test_torch_function(names, mask, true_attends, axes):
    import torch

    given = arguments(names, axes, Q, K, V, torch.from_numpy)
    shown = {mask: torch.from_numpy(masked(SEEN, true_attends))}
    function = torch.nn.functional.scaled_dot_product_attention
    output = by_name_and_by_place(function, given, shown)
    assert_allclose(output, laid(ours(), axes), atol=1e-12)


@by_row("PyTorch: MultiheadAttention")
def test_torch_layer(names, mask, true_attends, axes):
    import torch

    size = X.shape[1]
    layer = torch.nn.MultiheadAttention(size, num_heads=1, bias=False, dtype=torch.float64)
    packed = np.random.default_rng(0).normal(size=(3 * size, size))
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.from_numpy(packed))
        layer.out_proj.weight.copy_(torch.eye(size))
    seen = np.broadcast_to(SEEN[:1], SEEN.shape) if mask == "key_padding_mask" else SEEN
    given = arguments(names, axes, X, MEMORY, MEMORY, torch.from_numpy)
    shown = seen[:1] if mask == "key_padding_mask" else seen
    shown = {mask: torch.from_numpy(masked(shown, true_attends).copy())}
    output = by_name_and_by_place(layer, given, shown)
    query, key, value = np.split(packed, 3)  # exercise 11.3
    expected = ours(X @ query.T, MEMORY @ key.T, MEMORY @ value.T, seen)
    assert_allclose(output, laid(expected, axes), atol=1e-12)

    layer.batch_first = True
    axes = ["batch", "tokens", "size"]
    given = arguments(names, axes, X, MEMORY, MEMORY, torch.from_numpy)
    assert_allclose(by_name_and_by_place(layer, given, shown), laid(expected, axes), atol=1e-12)


@by_row("JAX: dot_product_attention")
def test_jax(names, mask, true_attends, axes):
    import jax

    value = V[:, : K.shape[1]]
    with jax.enable_x64(True):
        given = arguments(names, axes, Q, K, value, jax.numpy.asarray)
        shown = {mask: jax.numpy.asarray(masked(SEEN, true_attends))[None, None]}
        output = by_name_and_by_place(jax.nn.dot_product_attention, given, shown)
    assert_allclose(output, laid(ours(value=value), axes), rtol=1e-6)  # its softmax is in float32


def test_jax_wants_values_of_the_size_of_keys():
    import jax

    _, _, _, axes = TABLE["JAX: dot_product_attention"]
    with pytest.raises(ValueError, match="value shape should be"):
        jax.nn.dot_product_attention(*(laid(x, axes).astype(np.float32) for x in (Q, K, V)))


@by_row("Keras: MultiHeadAttention")
def test_keras(names, mask, true_attends, axes):
    import keras

    d_k, d_v = K.shape[1], V.shape[1]
    layer = keras.layers.MultiHeadAttention(
        num_heads=1, key_dim=d_k, value_dim=d_v, output_shape=d_v, use_bias=False, dtype="float64"
    )
    other = MEMORY[::-1].copy()  # values of their own, so that a swap would be noticed
    given = arguments(names, axes, X, MEMORY, other, keras.ops.convert_to_tensor)
    layer.build(*(given[name].shape for name in names))
    # Keras keeps a projection as (in, heads, out).
    layer.set_weights([*(weight[:, None] for weight in WEIGHTS), np.eye(d_v)[None]])
    shown = keras.ops.convert_to_tensor(masked(SEEN, true_attends)[None])
    output = by_name_and_by_place(layer, given, {mask: shown})
    expected = laid(ours(value=other @ WEIGHTS[2]), axes)
    assert_allclose(output, expected, rtol=1e-6)  # its softmax is in float32


@by_row("ONNX: Attention")
def test_onnx(names, mask, true_attends, axes):
    from onnx import defs, helper
    from onnx.reference import ReferenceEvaluator

    schema = defs.get_schema("Attention")
    assert [*names, mask] == [each.name for each in schema.inputs[: len(names) + 1]]
    given = arguments(names, axes, Q, K, V, np.asarray)
    given[mask] = masked(SEEN, true_attends)
    node = helper.make_node("Attention", list(given), ["Y"])
    (output,) = ReferenceEvaluator(node).run(None, given)
    assert_allclose(output, laid(ours(), axes), atol=1e-12)


@by_row("transformers: BertModel")
def test_transformers(names, mask, true_attends, axes):
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=9,
        hidden_size=4,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=8,
    )
    model = BertModel(config).double().eval()
    inner = model.encoder.layer[0].attention.self
    met = []
    inner.register_forward_hook(
        lambda _, args, kwargs, out: met.append(
            (args[0] if args else kwargs["hidden_states"], out[0])
        ),
        with_kwargs=True,
    )
    given = laid(np.random.default_rng(0).normal(size=(5, 4)), axes)
    shown = masked(SEEN[:1], true_attends).astype(int)
    with torch.no_grad():
        for parameter in inner.parameters():
            parameter.normal_()
        model(inputs_embeds=torch.from_numpy(given), **{mask: torch.from_numpy(shown)})
    ((before, after),) = met
    assert before.shape == given.shape
    inputs = before.numpy()[0]
    assert inner.query.weight.shape == (config.hidden_size, config.hidden_size)
    query, key, value = (
        inputs @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        for layer in (getattr(inner, name) for name in names)
    )
    expected = ours(query, key, value, np.broadcast_to(SEEN[:1], (5, 5)))
    assert_allclose(after.numpy(), laid(expected, axes), atol=1e-12)


def test_linear_holds_its_weight_as_out_by_in():
    import torch

    layer = torch.nn.Linear(*WEIGHTS[0].shape, bias=False, dtype=torch.float64)
    assert tuple(layer.weight.shape) == WEIGHTS[0].T.shape
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(WEIGHTS[0].T.copy()))
        assert_allclose(layer(torch.from_numpy(X.copy())).numpy(), Q)


def test_dense_holds_its_weight_as_in_by_out():
    import keras

    layer = keras.layers.Dense(WEIGHTS[0].shape[1], use_bias=False, dtype="float64")
    layer.build(X.shape)
    assert tuple(layer.kernel.shape) == WEIGHTS[0].shape
    layer.set_weights([WEIGHTS[0]])
    assert_allclose(layer(keras.ops.convert_to_tensor(X)).detach().numpy(), Q)
