"""Encoder and decoder, layers and stacks: what adds to the stream, and what PyTorch calls it."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import MultiHeadAttention, layers, masks
from attention_core.layers import FeedForward, LayerNorm
from attention_core.transformer import Decoder, DecoderLayer, Encoder, EncoderLayer
from tests.leaks import assert_no_leak
from tests.properties import DTYPES

D, HEADS, D_FF, N, M = 6, 3, 5, 4, 7
ATTENTIONS = {EncoderLayer: ("self_attn",), DecoderLayer: ("self_attn", "multihead_attn")}
KINDS = pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer, Encoder, Decoder])
FIRST = pytest.mark.parametrize("norm_first", [False, True], ids=["norm last", "norm first"])
MASK = masks.causal(N)
MEMORY_MASK = masks.padding([5, 2], M)[:, None]


def random_state(kind, seed=0, count=2):
    """A state as PyTorch has it, of random numbers; a stack's layers are `count`."""
    rng = np.random.default_rng(seed)
    if kind in (Encoder, Decoder):
        layer = EncoderLayer if kind is Encoder else DecoderLayer
        each = [random_state(layer, seed + i) for i in range(count)]
        state = {f"layers.{i}.{name}": x for i in range(count) for name, x in each[i].items()}
        return state | {"norm.weight": rng.normal(size=D), "norm.bias": rng.normal(size=D)}
    shapes = {}
    for name in ATTENTIONS[kind]:
        shapes |= {f"{name}.in_proj_weight": (3 * D, D), f"{name}.in_proj_bias": (3 * D,)}
        shapes |= {f"{name}.out_proj.weight": (D, D), f"{name}.out_proj.bias": (D,)}
    shapes |= {"linear1.weight": (D_FF, D), "linear1.bias": (D_FF,)}
    shapes |= {"linear2.weight": (D, D_FF), "linear2.bias": (D,)}
    for i in range(1, len(ATTENTIONS[kind]) + 2):
        shapes |= {f"norm{i}.weight": (D,), f"norm{i}.bias": (D,)}
    return {name: rng.normal(0, 0.5, shape) for name, shape in shapes.items()}


def build(kind, seed=0, dtype=np.float64, **options):
    state = {name: x.astype(dtype) for name, x in random_state(kind, seed).items()}
    return kind.from_state(state, HEADS, **options)


def tokens(n=N, seed=1, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(2, n, D)).astype(dtype)


def call(model, x, memory, mask=None, memory_mask=None):
    """The model on its tokens; an encoder has no use for a memory."""
    if isinstance(model, Encoder | EncoderLayer):
        return model(x, mask)
    return model(x, memory, mask, memory_mask)


# --- the layer by hand -------------------------------------------------------------------------


def normed(x, state, i):
    mean, deviation = x.mean(-1, keepdims=True), np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return (x - mean) / deviation * state[f"norm{i}.weight"] + state[f"norm{i}.bias"]


def attended(x, memory, state, name, mask):
    """One query of one head after another."""
    rows = np.split(state[f"{name}.in_proj_weight"], 3)
    biases = np.split(state[f"{name}.in_proj_bias"], 3)
    q, k, v = (
        source @ w.T + b for source, w, b in zip((x, memory, memory), rows, biases, strict=True)
    )
    merged = np.zeros(x.shape)
    size = D // HEADS
    for h in range(HEADS):
        own = slice(h * size, (h + 1) * size)
        for i in range(len(x)):
            powers = np.exp(k[:, own] @ q[i, own] / np.sqrt(size)) * mask[i]
            merged[i, own] = powers / powers.sum() @ v[:, own]
    return merged @ state[f"{name}.out_proj.weight"].T + state[f"{name}.out_proj.bias"]


def fed(x, state):
    hidden = np.maximum(0, x @ state["linear1.weight"].T + state["linear1.bias"])
    return hidden @ state["linear2.weight"].T + state["linear2.bias"]


def by_hand(x, memory, state, mask, memory_mask, norm_first):
    """One sequence through one layer, after the paper's section 3.1."""
    works = [lambda x: attended(x, x, state, "self_attn", mask)]
    if "multihead_attn.in_proj_bias" in state:
        works += [lambda x: attended(x, memory, state, "multihead_attn", memory_mask)]
    works += [lambda x: fed(x, state)]
    for i, work in enumerate(works, 1):
        x = x + work(normed(x, state, i)) if norm_first else normed(x + work(x), state, i)
    return x


@FIRST
@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_layers_by_hand(kind, norm_first):
    x, memory, state = tokens(), tokens(M, 2), random_state(kind)
    found = call(build(kind, norm_first=norm_first), x, memory, MASK, MEMORY_MASK)
    for b in range(2):
        memory_mask = np.broadcast_to(MEMORY_MASK[b, 0], (N, M))
        expected = by_hand(x[b], memory[b], state, MASK, memory_mask, norm_first)
        assert_allclose(found[b], expected, rtol=1e-12, atol=1e-12)


@FIRST
@pytest.mark.parametrize("kind", [Encoder, Decoder])
def test_stacks_are_their_layers_in_order_then_the_last_norm(kind, norm_first):
    stack = build(kind, norm_first=norm_first)
    assert [type(layer).__name__ for layer in stack.layers] == [f"{kind.__name__}Layer"] * 2
    x, memory = tokens(), tokens(M, 2)
    expected = x
    for layer in stack.layers:
        expected = call(layer, expected, memory, MASK, MEMORY_MASK)
    assert_array_equal(call(stack, x, memory, MASK, MEMORY_MASK), stack.norm(expected), strict=True)
    bare = dataclasses.replace(stack, norm=None)
    assert_array_equal(call(bare, x, memory, MASK, MEMORY_MASK), expected)
    assert not np.allclose(expected, call(stack.layers[1], x, memory, MASK, MEMORY_MASK))


def test_parts_may_be_put_together_by_hand():
    state = random_state(EncoderLayer)
    attention = MultiHeadAttention.from_state(
        {k.removeprefix("self_attn."): v for k, v in state.items() if k.startswith("self")}, HEADS
    )
    norms = [LayerNorm(state[f"norm{i}.weight"], state[f"norm{i}.bias"]) for i in (1, 2)]
    forward = FeedForward(
        state["linear1.weight"].T, state["linear1.bias"],
        state["linear2.weight"].T, state["linear2.bias"],
    )  # fmt: skip
    layer = EncoderLayer(attention, norms[0], forward, norms[1])
    assert_array_equal(layer(tokens()), build(EncoderLayer)(tokens()))
    assert layer.attention(tokens()).weights.shape == (2, HEADS, N, N)


def test_a_sublayer_that_adds_nothing_leaves_the_stream():
    """The residual: with norms first and zeros for the last projections, what goes in comes out."""
    for kind in (EncoderLayer, DecoderLayer):
        state = random_state(kind)
        last = [name for name in state if "out_proj" in name or "linear2" in name]
        silent = kind.from_state(state | {n: 0 * state[n] for n in last}, HEADS, norm_first=True)
        x = tokens()
        assert_array_equal(call(silent, x, tokens(M, 2)), x)


@FIRST
def test_eps_and_activation_reach_every_part(norm_first):
    options = {"norm_first": norm_first, "activation": "gelu", "eps": 0.5}
    layer = build(DecoderLayer, **options)
    norms = layer.attention_norm, layer.cross_norm, layer.feed_forward_norm
    assert [norm.eps for norm in norms] == [0.5] * 3
    assert layer.feed_forward.activation == "gelu"
    stack = build(Decoder, **options)
    assert stack.norm.eps == 0.5
    assert {each.norm_first for each in stack.layers} == {norm_first}
    for name, each in vars(layer).items():
        if name not in ("norm_first",):
            assert vars(stack.layers[0])[name].__class__ is each.__class__
    assert_array_equal(stack.layers[0](tokens(), tokens(M, 2)), layer(tokens(), tokens(M, 2)))
    plain = build(DecoderLayer, norm_first=norm_first)
    assert not np.allclose(plain(tokens(), tokens(M, 2)), layer(tokens(), tokens(M, 2)))


# --- leaks -------------------------------------------------------------------------------------


@FIRST
@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("kind", [DecoderLayer, Decoder])
def test_no_token_of_the_decoder_hears_of_what_comes_after_it(kind, norm_first, dtype):
    decoder = build(kind, dtype=dtype, norm_first=norm_first)
    x, memory = tokens(dtype=dtype), tokens(M, 2, dtype)

    def attend(_, key, value, mask):
        return decoder(key, memory, mask)

    with np.errstate(all="ignore"):
        assert_no_leak(attend, x, x, x, MASK)


@FIRST
@pytest.mark.parametrize("dtype", DTYPES[1:])
@pytest.mark.parametrize("kind", [DecoderLayer, Decoder])
def test_nor_of_memory_that_is_hidden(kind, norm_first, dtype):
    decoder = build(kind, dtype=dtype, norm_first=norm_first)

    def attend(query, key, value, _):
        return decoder(query, key, MASK, MEMORY_MASK)

    x, memory = tokens(dtype=dtype), tokens(M, 2, dtype)
    assert_no_leak(attend, x, memory, memory, MEMORY_MASK[:, 0], extra=[np.nan])


@FIRST
@pytest.mark.parametrize("kind", [EncoderLayer, Encoder])
def test_nor_does_the_encoder_hear_of_padding(kind, norm_first):
    encoder = build(kind, norm_first=norm_first)
    padded = masks.padding([3, 2], N)

    def attend(_, key, value, mask):
        return encoder(key, padded[:, None])

    x = tokens()
    # A token that is filling hears of itself, on the stream.
    heard = padded | np.eye(N, dtype=bool)
    with np.errstate(all="ignore"):
        assert_no_leak(attend, x, x, x, heard, extra=[np.nan])


def test_a_decoder_without_its_mask_leaks():
    decoder = build(DecoderLayer)
    with pytest.raises(AssertionError, match="leaks"):
        assert_no_leak(lambda _, x, value, mask: decoder(x, tokens(M, 2)), *[tokens()] * 3, MASK)


# --- how it is used ----------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(kind, dtype):
    model = build(kind, dtype=dtype)
    assert call(model, tokens(dtype=dtype), tokens(M, 2, dtype)).dtype == dtype


@KINDS
@FIRST
def test_batches_equal_loops_and_tokens_may_be_none(kind, norm_first):
    model = build(kind, norm_first=norm_first)
    x, memory = tokens(), tokens(M, 2)
    together = call(model, x, memory)
    for b in range(2):
        assert_allclose(together[b], call(model, x[b], memory[b]), atol=1e-12)
    assert call(model, x[:, :0], memory).shape == (2, 0, D)


@KINDS
def test_tokens_are_not_modified_and_weights_are_copies(kind):
    state = random_state(kind)
    model = kind.from_state(state, HEADS)
    x, memory = tokens(), tokens(M, 2)
    first = call(model, x, memory)
    for array in state.values():
        array[...] = 7
    assert_array_equal(call(model, x, memory), first)
    assert_array_equal(x, tokens())
    assert_array_equal(memory, tokens(M, 2))


@KINDS
def test_whole_numbers_and_lists_will_do(kind):
    model = build(kind)
    x = np.arange(2 * D).reshape(2, D)
    assert_array_equal(call(model, x.tolist(), x.tolist()), call(model, x * 1.0, x * 1.0))


def test_are_frozen():
    for kind in (EncoderLayer, DecoderLayer, Encoder, Decoder):
        model = build(kind)
        field = dataclasses.fields(model)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(model, field, None)
    assert isinstance(Encoder([build(EncoderLayer)]).layers, tuple)


def test_reprs():
    assert repr(build(EncoderLayer)) == "EncoderLayer(d_model=6, heads=3, d_ff=5, norm_first=False)"
    decoder = build(Decoder, norm_first=True)
    layer = "DecoderLayer(d_model=6, heads=3, d_ff=5, norm_first=True)"
    assert repr(decoder.layers[1]) == layer
    assert repr(decoder) == f"Decoder(2 x {layer}, norm=LayerNorm(d_model=6, eps=1e-05))"


# --- errors ------------------------------------------------------------------------------------


@KINDS
def test_every_missing_entry_is_named(kind):
    state = random_state(kind)
    for name in state:
        less = {k: v for k, v in state.items() if k != name}
        with pytest.raises(ValueError, match=f"it lacks {name}$"):
            kind.from_state(less, HEADS)


@KINDS
def test_every_misshapen_entry_is_named(kind):
    state = random_state(kind)
    for name, x in state.items():
        for wrong in (np.ones((*x.shape[:-1], x.shape[-1] + 1)), np.ones((*x.shape, 1)), 0.5):
            with pytest.raises(ValueError, match=f"^{name} must have shape"):
                kind.from_state(state | {name: wrong}, HEADS)


@KINDS
def test_surplus_entries_are_named(kind):
    state = random_state(kind)
    for name in ("norm9.weight", "self_attn.bias_k", "layers.x.norm1.weight"):
        with pytest.raises(ValueError, match=f"it has {name} as well"):
            kind.from_state(state | {name: np.ones(D)}, HEADS)


def test_a_layer_that_is_left_out_is_named():
    state = {k: v for k, v in random_state(Encoder, count=3).items() if "layers.1." not in k}
    with pytest.raises(ValueError, match=r"it lacks layers\.1\.norm1\.weight.*has layers\.2\."):
        Encoder.from_state(state, HEADS)
    with pytest.raises(ValueError, match=r"it lacks layers\.0\."):
        Encoder.from_state({}, HEADS)


def test_half_a_last_norm():
    state = random_state(Encoder)
    del state["norm.bias"]
    with pytest.raises(ValueError, match=r"it lacks norm\.bias$"):
        Encoder.from_state(state, HEADS)
    del state["norm.weight"]
    assert Encoder.from_state(state, HEADS).norm is None


@FIRST
@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_errors_of_calls(kind, norm_first):
    model = build(kind, norm_first=norm_first)
    with pytest.raises(ValueError, match=r"x must have as many features.*got 5 features and 6"):
        call(model, tokens()[..., :5], tokens(M, 2))
    with pytest.raises(ValueError, match=r"x must have two axes"):
        call(model, np.ones(D), tokens(M, 2))
    with pytest.raises(TypeError, match="x must hold real numbers"):
        call(model, [["a"] * D], tokens(M, 2))
    with pytest.raises(ValueError, match="mask must broadcast"):
        call(model, tokens(), tokens(M, 2), mask=masks.causal(N + 1))
    if kind is DecoderLayer:
        with pytest.raises(ValueError, match=r"memory must have as many features.*got 5 features"):
            call(model, tokens(), tokens(M, 2)[..., :5])
        with pytest.raises(ValueError, match="mask must broadcast"):
            call(model, tokens(), tokens(M, 2), memory_mask=masks.causal(M + 1))


@FIRST
def test_a_sublayer_must_write_what_it_reads(norm_first):
    layer = build(EncoderLayer, norm_first=norm_first)
    narrow = FeedForward(np.ones((D, 2)), np.zeros(2), np.ones((2, 1)), np.zeros(1))
    with pytest.raises(ValueError, match=r"a sub-layer must write tokens.*got 1 and 6"):
        dataclasses.replace(layer, feed_forward=narrow)(tokens())


def test_other_errors():
    with pytest.raises(ValueError, match="heads"):
        EncoderLayer.from_state(random_state(EncoderLayer), heads=4)
    with pytest.raises(ValueError, match="activation must be one of"):
        build(EncoderLayer, activation="swish")
    with pytest.raises(ValueError, match="eps must be above 0"):
        build(EncoderLayer, eps=0)
    with pytest.raises(TypeError, match="norm_first must be True or False"):
        build(EncoderLayer, norm_first="first")(tokens())
    with pytest.raises(ValueError, match="layers must hold one layer or more"):
        Encoder([])


def test_the_bend_of_the_feed_forward_is_the_layers_activation():
    state = random_state(EncoderLayer)
    for activation in ("relu", "gelu", layers.gelu, None):
        layer = EncoderLayer.from_state(state, HEADS, activation=activation)
        x = tokens()
        arrays = [state[f"linear{i}.{part}"].T for i in (1, 2) for part in ("weight", "bias")]
        expected = layers.feed_forward(x, *arrays, activation)
        assert_array_equal(layer.feed_forward(x), expected)


@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer])
def test_many_tokens_take_memory_that_grows_with_them_and_not_with_their_pairs(kind):
    layer, held = build(kind, dtype=np.float32), []
    for n in (600, 1800):
        x = tokens(n, dtype=np.float32)
        others = [x] if kind is DecoderLayer else []
        tracemalloc.start()
        layer(x, *others)
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert held[1] < 2 * 3 * 1800 * 1800 * 4 / 10  # a tenth of one table of weights
    assert held[1] < 4 * held[0]
