"""Encoder and decoder against PyTorch's, in float64, with its weights: and what makes them differ."""

import inspect
import warnings

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from attention_core import layers, masks
from attention_core.transformer import Decoder, DecoderLayer, Encoder, EncoderLayer

D, HEADS, D_FF, N, M = 12, 3, 20, 5, 7
FIRST = pytest.mark.parametrize("norm_first", [False, True], ids=["norm last", "norm first"])
ACTIVATION = pytest.mark.parametrize("activation", ["relu", "gelu"])
CAUSAL = masks.causal(N)
PADDING = masks.padding([5, 3, 2], N)[:, None]  # (batch, heads, queries, keys)
MEMORY = masks.padding([7, 1, 4], M)[:, None]
VIEWS = {"nothing": None, "causal": CAUSAL, "padding": PADDING, "both": CAUSAL & PADDING}
MASKED = pytest.mark.parametrize("mask", VIEWS.values(), ids=VIEWS.keys())


@pytest.fixture(autouse=True)
def _silence():
    """PyTorch warns where it leaves its fast path, and where masks are of two kinds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def randomised(model, seed=0):
    """Every parameter random, gains and biases too: PyTorch starts them at one and zero."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for each in model.parameters():
            each.normal_(0, 0.5)
    return model.double().eval()


def options(norm_first, activation, eps=1e-5):
    return {"norm_first": norm_first, "activation": activation, "layer_norm_eps": eps}


def stacks(kind, norm_first, activation, norm=True, count=3, **more):
    """PyTorch's layer or stack of a kind, and ours with its weights."""
    theirs = {EncoderLayer: nn.TransformerEncoderLayer, DecoderLayer: nn.TransformerDecoderLayer}
    layer = theirs[{Encoder: EncoderLayer, Decoder: DecoderLayer}.get(kind, kind)](
        D, HEADS, D_FF, batch_first=True, **options(norm_first, activation, **more)
    )
    model = layer
    if kind in (Encoder, Decoder):
        stack = nn.TransformerEncoder if kind is Encoder else nn.TransformerDecoder
        extra = {"enable_nested_tensor": False} if kind is Encoder else {}
        model = stack(layer, count, norm=nn.LayerNorm(D, **more) if norm else None, **extra)
    model = randomised(model)
    state = {name: x.numpy() for name, x in model.state_dict().items()}
    return model, kind.from_state(state, HEADS, norm_first, activation, **more)


def tokens(n, seed):
    return np.random.default_rng(seed).normal(size=(3, n, D))


X, CONTEXT = tokens(N, 1), tokens(M, 2)


def hidden(mask):
    """As PyTorch wants it: True where a key is hidden, one table for each head of each sequence."""
    if mask is None:
        return None
    full = np.broadcast_to(mask, (3, HEADS, *mask.shape[-2:]))
    if mask.shape[-2] == 1:
        full = np.broadcast_to(mask, (3, HEADS, N, mask.shape[-1]))
    return torch.from_numpy(~full.reshape(-1, *full.shape[-2:]))


def by_torch(model, mask=None, memory_mask=None, x=X):
    """What PyTorch gives."""
    tokens, context = torch.from_numpy(x), torch.from_numpy(CONTEXT)
    with torch.no_grad():
        if isinstance(model, nn.TransformerEncoder):
            return model(tokens, mask=hidden(mask)).numpy()
        if isinstance(model, nn.TransformerEncoderLayer):
            return model(tokens, src_mask=hidden(mask)).numpy()
        given = {"tgt_mask": hidden(mask), "memory_mask": hidden(memory_mask)}
        return model(tokens, context, **given).numpy()


def by_us(model, mask=None, memory_mask=None, x=X):
    if isinstance(model, Encoder | EncoderLayer):
        return model(x, mask)
    return model(x, CONTEXT, mask, memory_mask)


def close(found, expected):
    assert found.shape == expected.shape
    assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@MASKED
@ACTIVATION
@FIRST
@pytest.mark.parametrize("kind", [EncoderLayer, DecoderLayer, Encoder, Decoder])
def test_equals_pytorch(kind, norm_first, activation, mask):
    theirs, ours = stacks(kind, norm_first, activation)
    for memory_mask in (None,) if mask is None else (None, MEMORY):
        close(by_us(ours, mask, memory_mask), by_torch(theirs, mask, memory_mask))


@FIRST
@pytest.mark.parametrize("kind", [Encoder, Decoder])
def test_stacks_without_a_last_norm(kind, norm_first):
    theirs, ours = stacks(kind, norm_first, "relu", norm=False, count=1)
    assert ours.norm is None
    close(by_us(ours, CAUSAL), by_torch(theirs, CAUSAL))


@FIRST
def test_another_eps(norm_first):
    for kind in (EncoderLayer, Decoder):
        theirs, ours = stacks(kind, norm_first, "relu", eps=0.3)
        close(by_us(ours), by_torch(theirs))


@FIRST
def test_padding_as_pytorch_takes_it(norm_first):
    """Its key_padding_mask is True for filling, (batch, keys); where a token is filling, it may differ."""
    theirs, ours = stacks(Encoder, norm_first, "relu")
    filling = torch.from_numpy(~PADDING[:, 0, 0])
    with torch.no_grad():
        expected = theirs(torch.from_numpy(X), src_key_padding_mask=filling).numpy()
    found = ours(X, PADDING)
    close(found[PADDING[:, 0, 0]], expected[PADDING[:, 0, 0]])
    theirs, ours = stacks(Decoder, norm_first, "relu")
    with torch.no_grad():
        expected = theirs(
            torch.from_numpy(X),
            torch.from_numpy(CONTEXT),
            tgt_mask=nn.Transformer.generate_square_subsequent_mask(N, dtype=torch.float64),
            memory_key_padding_mask=torch.from_numpy(~MEMORY[:, 0, 0]),
        ).numpy()
    close(ours(X, CONTEXT, CAUSAL, MEMORY), expected)


@FIRST
def test_the_whole_transformer(norm_first):
    """nn.Transformer is an encoder, a decoder that attends to it, and a last norm for each."""
    theirs = randomised(
        nn.Transformer(D, HEADS, 2, 2, D_FF, batch_first=True, **options(norm_first, "gelu"))
    )
    parts = {}
    for name, x in theirs.state_dict().items():
        part, rest = name.split(".", 1)
        parts.setdefault(part, {})[rest] = x.numpy()
    encoder = Encoder.from_state(parts["encoder"], HEADS, norm_first, "gelu")
    decoder = Decoder.from_state(parts["decoder"], HEADS, norm_first, "gelu")
    hide = torch.from_numpy(~CAUSAL)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(CONTEXT), torch.from_numpy(X), tgt_mask=hide).numpy()
    close(decoder(X, encoder(CONTEXT), CAUSAL), expected)


@FIRST
def test_one_sequence_without_a_batch(norm_first):
    theirs, ours = stacks(Encoder, norm_first, "relu")
    with torch.no_grad():
        close(ours(X[0]), theirs(torch.from_numpy(X[0])).numpy())


def test_parts_equal_pytorch():
    x = torch.from_numpy(X * 3)
    close(layers.gelu(X * 3), nn.functional.gelu(x).numpy())
    close(layers.gelu(X * 3, "tanh"), nn.functional.gelu(x, approximate="tanh").numpy())
    norm = randomised(nn.LayerNorm(D))
    gain, bias = (each.detach().numpy() for each in norm.parameters())
    with torch.no_grad():
        close(layers.layer_norm(X, gain, bias), norm(torch.from_numpy(X)).numpy())
    projection = randomised(nn.Linear(D, 4))
    weight, bias = (each.detach().numpy() for each in projection.parameters())
    with torch.no_grad():
        close(layers.linear(X, weight.T, bias), projection(torch.from_numpy(X)).numpy())


# --- why a reader's numbers might not be equal: chapter 15's list ------------------------------


def apart(found, expected):
    """How far two results lie from each other."""
    assert found.shape == expected.shape
    return np.abs(found - expected).max()


def test_dropout_in_training_mode():
    theirs, ours = stacks(EncoderLayer, False, "relu")
    assert theirs.dropout.p == 0.1
    assert apart(by_us(ours), by_torch(theirs.train())) > 0.1
    close(by_us(ours), by_torch(theirs.eval()))


def test_the_other_place_of_the_norm():
    theirs, _ = stacks(EncoderLayer, False, "relu")
    state = {name: x.numpy() for name, x in theirs.state_dict().items()}
    assert apart(by_us(EncoderLayer.from_state(state, HEADS, True)), by_torch(theirs)) > 0.1


def test_the_other_eps():
    """BERT's 1e-12 against PyTorch's 1e-5: a small difference, far above rounding."""
    theirs, ours = stacks(EncoderLayer, False, "relu")
    state = {name: x.numpy() for name, x in theirs.state_dict().items()}
    assert 1e-7 < apart(by_us(EncoderLayer.from_state(state, HEADS, eps=1e-12)), by_us(ours)) < 1e-3


def test_the_mask_turned_over():
    theirs, ours = stacks(EncoderLayer, False, "relu")
    with torch.no_grad():
        turned = theirs(torch.from_numpy(X), src_mask=torch.from_numpy(CAUSAL)).numpy()
    assert not np.allclose(turned[:, :-1], ours(X, CAUSAL)[:, :-1], atol=0.1)


def test_linear_holds_the_transpose():
    projection = nn.Linear(3, 5)
    assert tuple(projection.weight.shape) == (5, 3)
    assert tuple(nn.MultiheadAttention(4, 2).in_proj_weight.shape) == (12, 4)


def test_without_batch_first_the_first_axis_counts_tokens():
    for kind in (nn.TransformerEncoderLayer, nn.MultiheadAttention, nn.TransformerDecoderLayer):
        assert inspect.signature(kind).parameters["batch_first"].default is False
    theirs, ours = stacks(EncoderLayer, False, "relu")
    other = nn.TransformerEncoderLayer(D, HEADS, D_FF, dtype=torch.float64).eval()
    other.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        wrong = other(torch.from_numpy(X)).numpy()
        right = other(torch.from_numpy(X.swapaxes(0, 1))).numpy().swapaxes(0, 1)
    close(ours(X), right)
    assert apart(wrong, right) > 0.1


def test_the_other_gelu():
    _, ours = stacks(EncoderLayer, False, "gelu")
    theirs = nn.functional.gelu
    x = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    gap = (theirs(x) - theirs(x, approximate="tanh")).abs().max().item()
    assert 4e-4 < gap < 5e-4
    old = ours.__class__(
        ours.attention,
        ours.attention_norm,
        layers.FeedForward(
            *(
                getattr(ours.feed_forward, name)
                for name in ("weight1", "bias1", "weight2", "bias2")
            ),
            lambda x: layers.gelu(x, "tanh"),
        ),
        ours.feed_forward_norm,
    )
    assert 1e-6 < apart(old(X), ours(X)) < 1e-2


def test_single_precision_is_equal_to_six_digits_and_no_more():
    theirs, ours = stacks(EncoderLayer, False, "relu")
    single = theirs.float()
    with torch.no_grad():
        found = single(torch.from_numpy(X).float()).numpy()
    assert found.dtype == np.float32
    assert 1e-8 < apart(found, ours(X)) < 1e-4


def test_states_without_bias_are_refused_by_name():
    model = nn.TransformerEncoderLayer(D, HEADS, D_FF, bias=False)
    state = {name: x.numpy() for name, x in model.state_dict().items()}
    with pytest.raises(ValueError, match=r"it lacks self_attn\.in_proj_bias"):
        EncoderLayer.from_state(state, HEADS)
