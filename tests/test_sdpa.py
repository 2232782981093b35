"""Scaled dot-product attention with every option, against loops over single numbers."""

import inspect
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import attention, example, masks, scaled_dot_product_attention, softmax
from tests.properties import DTYPES

STAGES = ("scores", "capped", "biased", "weights")
BATCH, H, G, N, M, D_K, D_V = 2, 4, 2, 3, 6, 5, 7


def arrays(dtype=np.float64, h=H, g=G, batch=(BATCH,), seed=0):
    """Queries, keys and values, of sizes that all differ."""
    rng = np.random.default_rng(seed)
    shapes = (*batch, h, N, D_K), (*batch, g, M, D_K), (*batch, g, M, D_V)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


def by_hand(
    query,
    key,
    value,
    mask=None,
    *,
    is_causal=False,
    window=None,
    query_start=0,
    kv_lengths=None,
    scale=None,
    softcap=None,
):
    """Output and stages, one number at a time, for arrays of four axes."""
    batch, h, n, d_k = query.shape
    g, m, d_v = value.shape[1:]
    scale = d_k**-0.5 if scale is None else scale
    left, right = window or (None, None)
    starts = np.broadcast_to(query_start, batch)
    lengths = np.broadcast_to(m if kv_lengths is None else kv_lengths, batch)
    if mask is not None:
        mask = np.asarray(mask)
        short = m - mask.shape[-1]
        fill = False if mask.dtype == bool else -np.inf
        mask = np.pad(mask, [(0, 0)] * (mask.ndim - 1) + [(0, short)], constant_values=fill)
        mask = np.broadcast_to(mask, (batch, h, n, m))
    stages = {name: np.zeros((batch, h, n, m)) for name in STAGES}
    output = np.zeros((batch, h, n, d_v))
    for b, head, i in itertools.product(range(batch), range(h), range(n)):
        shared = head // (h // g)
        place = starts[b] + i
        for j in range(m):
            terms = (query[b, head, i, c] * key[b, shared, j, c] for c in range(d_k))
            score = capped = biased = scale * sum(terms)
            if softcap is not None:
                capped = biased = softcap * math.tanh(score / softcap)
            visible = j < lengths[b]
            visible &= not is_causal or j <= place
            visible &= left is None or j >= place - left
            visible &= right is None or j <= place + right
            if mask is not None and mask.dtype == bool:
                visible &= bool(mask[b, head, i, j])
            elif mask is not None:
                biased = biased + mask[b, head, i, j]
            found = (score, capped, biased if visible else -math.inf)
            for name, number in zip(STAGES, found, strict=False):
                stages[name][b, head, i, j] = number
        row = stages["biased"][b, head, i]
        exponentials = [math.exp(x - max(row)) if x > -math.inf else 0 for x in row]
        for j, exponential in enumerate(exponentials):
            weight = exponential / sum(exponentials) if exponential else 0
            stages["weights"][b, head, i, j] = weight
            output[b, head, i] += weight * value[b, shared, j]
    return output, stages


def agrees(options, inputs=None, mask=None, tolerance=1e-12):
    """Output and every stage equal those by hand."""
    inputs = arrays() if inputs is None else inputs
    output, stages = by_hand(*inputs, mask, **options)
    assert_allclose(scaled_dot_product_attention(*inputs, mask, **options), output, atol=tolerance)
    for stage in STAGES:
        again, found = scaled_dot_product_attention(*inputs, mask, **options, return_stage=stage)
        assert_allclose(again, output, atol=tolerance)
        assert_allclose(found, stages[stage], atol=tolerance)


RNG = np.random.default_rng(1)
NEVER = RNG.normal(size=(N, M))
NEVER[1] = -np.inf
NEVER[0, 2:4] = -np.inf


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True},
        {"is_causal": True, "query_start": 2},
        {"is_causal": True, "query_start": [1, 3]},
        {"is_causal": True, "query_start": -2},
        {"is_causal": True, "query_start": [-1, 2]},
        {"is_causal": True, "window": (1, 2)},
        {"is_causal": True, "window": (1, None), "query_start": 3},
        {"window": (0, 0)},
        {"window": (2, 1)},
        {"window": [1, 0]},
        {"window": (None, 1)},
        {"window": (1, None)},
        {"window": (None, None)},
        {"window": (1, 1), "query_start": 3},
        {"window": (1, 1), "query_start": [0, 4]},
        {"window": (0, 1), "query_start": 9},
        {"kv_lengths": 4},
        {"kv_lengths": [2, 5]},
        {"kv_lengths": [0, 6]},
        {"kv_lengths": [4, 6], "is_causal": True, "query_start": [1, 3], "window": (2, 0)},
        {"scale": 0.1},
        {"scale": 2},
        {"scale": -1.5},
        {"scale": 0},
        {"softcap": 0.5},
        {"softcap": 3, "scale": 2, "is_causal": True},
        {"softcap": 0.5, "kv_lengths": [3, 0], "window": (None, 2)},
    ],
    ids=str,
)
def test_options(options):
    agrees(options)
    agrees(options, mask=NEVER)
    agrees(options, mask=np.tril(np.ones((N, M), bool), 1))


@pytest.mark.parametrize(
    "shape",
    [
        *[(M,), (1, M), (N, M), (H, N, M), (H, 1, M), (1, 1, M), (BATCH, 1, 1, M)],
        *[(BATCH, H, N, M), (1, H, 1, M), (BATCH, 1, N, M)],
        *[(M - 2,), (N, M - 1), (H, N, 2), (BATCH, 1, 1, 3), (BATCH, H, N, 4), (N, 0)],
    ],
    ids=str,
)
def test_masks_of_every_rank_also_short_ones(shape):
    boolean = RNG.random(shape) < 0.6
    agrees({}, mask=boolean)
    agrees({"softcap": 1, "is_causal": True, "query_start": 3}, mask=boolean)
    floating = np.where(boolean, RNG.normal(size=shape), -np.inf)
    agrees({}, mask=floating)
    agrees({"kv_lengths": [3, 5]}, mask=floating.astype(np.float32), tolerance=1e-6)


def test_a_mask_without_axes_speaks_for_all():
    query, key, value = arrays()
    shown = scaled_dot_product_attention(query, key, value, True)
    assert_array_equal(shown, scaled_dot_product_attention(query, key, value))
    assert_array_equal(scaled_dot_product_attention(query, key, value, False), np.zeros_like(shown))


@pytest.mark.parametrize(("h", "g"), [(1, 1), (2, 1), (4, 1), (4, 2), (4, 4), (6, 2), (6, 3)])
def test_heads_share_in_order(h, g):
    agrees({"is_causal": True, "query_start": 2}, arrays(h=h, g=g))
    query, key, value = arrays(h=h, g=g)
    repeated = (np.repeat(x, h // g, axis=1) for x in (key, value))
    expected = attention(query, *repeated).output
    assert_allclose(scaled_dot_product_attention(query, key, value), expected, atol=1e-12)


@settings(max_examples=80)
@given(st.data())
def test_any_options_together(data):
    draw = data.draw
    whole = st.integers(-2, 7)
    side = st.none() | st.integers(0, 3)
    per_row = whole | st.lists(whole, min_size=BATCH, max_size=BATCH)
    length = st.integers(0, M)
    options = {
        "is_causal": draw(st.booleans()),
        "window": draw(st.none() | st.tuples(side, side)),
        "query_start": draw(per_row),
        "kv_lengths": draw(st.none() | length | st.lists(length, min_size=BATCH, max_size=BATCH)),
        "scale": draw(st.none() | st.floats(-2, 2)),
        "softcap": draw(st.none() | st.floats(0.1, 5)),
    }
    g = draw(st.sampled_from([1, 2, 4]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    shape = draw(st.sampled_from([(M,), (N, M), (H, N, 4), (BATCH, 1, 1, M), (BATCH, H, N, M)]))
    mask = rng.random(shape) < 0.7
    if draw(st.booleans()):
        mask = np.where(mask, rng.normal(size=shape), -np.inf)
    agrees(options, arrays(g=g, seed=draw(st.integers(0, 99))), draw(st.sampled_from([None, mask])))


# --- axes ------------------------------------------------------------------------------------


def test_two_axes_are_one_head():
    query, key, value = (x[0, 0] for x in arrays())
    output = scaled_dot_product_attention(query, key, value, is_causal=True, kv_lengths=2)
    assert output.shape == (N, D_V)
    batched = (x[None, None] for x in (query, key, value))
    assert_allclose(output, by_hand(*batched, is_causal=True, kv_lengths=2)[0][0, 0])
    weights = scaled_dot_product_attention(query, key, value, return_stage="weights")[1]
    assert weights.shape == (N, M)


def test_three_axes_are_heads_without_a_batch():
    query, key, value = (x[0] for x in arrays())
    output = scaled_dot_product_attention(query, key, value, window=(1, 0), query_start=2)
    batched = (x[None] for x in (query, key, value))
    expected = by_hand(*batched, window=(1, 0), query_start=2)[0][0]
    assert output.shape == (H, N, D_V)
    assert_allclose(output, expected)


def test_five_axes_are_a_batch_of_two_axes():
    query, key, value = arrays(batch=(3, BATCH))
    lengths = np.array([[6, 1], [2, 3], [0, 4]])
    starts = np.array([[0], [1], [2]])
    options = {"kv_lengths": lengths, "query_start": starts, "is_causal": True}
    output = scaled_dot_product_attention(query, key, value, **options)
    for a in range(3):
        own = {"kv_lengths": lengths[a], "query_start": starts[a, 0], "is_causal": True}
        assert_allclose(output[a], by_hand(query[a], key[a], value[a], **own)[0], atol=1e-12)


def test_batches_broadcast():
    query, key, value = arrays()
    output = scaled_dot_product_attention(query, key[:1], value[:1], kv_lengths=[3, 4])
    same = (np.broadcast_to(x[:1], x.shape) for x in (key, value))
    assert_allclose(output, by_hand(query, *same, kv_lengths=[3, 4])[0])
    without = scaled_dot_product_attention(query, key[0], value[0])
    assert_allclose(without, scaled_dot_product_attention(query, key[:1], value[:1]))
    one_head = scaled_dot_product_attention(query, key[0, 0], value[0, 0])
    assert_allclose(one_head, scaled_dot_product_attention(query, key[:1, :1], value[:1, :1]))


@pytest.mark.parametrize(("n", "m"), [(0, 4), (4, 0), (0, 0)])
@pytest.mark.parametrize(("h", "g"), [(2, 2), (4, 2)])
def test_no_queries_or_no_keys(n, m, h, g):
    query, key, value = np.ones((h, n, 3)), np.ones((g, m, 3)), np.ones((g, m, 2))
    options = {"is_causal": True, "window": (1, 1), "kv_lengths": m, "softcap": 1}
    output, weights = scaled_dot_product_attention(
        query, key, value, **options, return_stage="weights"
    )
    assert_array_equal(output, np.zeros((h, n, 2)))
    assert weights.shape == (h, n, m)


# --- beside attention(), and a cache ---------------------------------------------------------------


@pytest.mark.parametrize("chosen", [example.worked, example.plane, example.rectangle])
def test_is_attention_where_no_option_is_asked_for(chosen):
    query = chosen.inputs @ chosen.query_weight
    key, value = chosen.memory @ chosen.key_weight, chosen.memory @ chosen.value_weight
    shown = masks.causal(len(chosen.memory))[-len(query) :]
    for mask in (None, shown):
        expected = attention(query, key, value, mask)
        output, weights = scaled_dot_product_attention(
            query, key, value, mask, return_stage="weights"
        )
        assert_allclose(output, expected.output, rtol=1e-13)
        assert_allclose(weights, expected.weights, rtol=1e-13)


def test_token_by_token_with_a_cache_equals_all_at_once():
    query, key, value = arrays(h=4, g=2)
    query = np.concatenate([query, query[:, :, ::-1]], axis=2)
    for window in (None, (2, 0)):
        whole = scaled_dot_product_attention(query, key, value, is_causal=True, window=window)
        for t in range(M):
            one = query[:, :, t : t + 1]
            options = {"is_causal": True, "window": window, "query_start": t}
            grown = scaled_dot_product_attention(
                one, key[:, :, : t + 1], value[:, :, : t + 1], **options
            )
            kept = scaled_dot_product_attention(one, key, value, **options, kv_lengths=t + 1)
            assert_allclose(grown, whole[:, :, t : t + 1], rtol=1e-12)
            assert_allclose(kept, whole[:, :, t : t + 1], rtol=1e-12)


@pytest.mark.parametrize("garbage", [np.nan, np.inf, -np.inf, 1e300])
def test_unused_places_of_a_cache_may_hold_anything(garbage):
    query, key, value = arrays()
    lengths = [2, 5]
    clean = scaled_dot_product_attention(query, key, value, kv_lengths=lengths)
    for b, length in enumerate(lengths):
        key[b, :, length:] = value[b, :, length:] = garbage
    dirty = scaled_dot_product_attention(query, key, value, kv_lengths=lengths)
    assert_array_equal(dirty, clean)
    key[0, 0, 3, 0] = -garbage
    capped = scaled_dot_product_attention(query, key, value, kv_lengths=lengths, softcap=2)
    assert np.isfinite(capped).all()


@pytest.mark.parametrize("garbage", [np.nan, np.inf, -np.inf])
def test_a_spoiled_value_in_view_is_not_hushed_up(garbage):
    query, key, value = arrays(h=2, g=2)
    clean = scaled_dot_product_attention(query, key, value, is_causal=True)
    value[:, :, 1, 0] = garbage
    output = scaled_dot_product_attention(query, key, value, is_causal=True)
    assert_array_equal(output[:, :, 0], clean[:, :, 0])
    assert_array_equal(output[..., 1:], clean[..., 1:])
    assert_array_equal(output[:, :, 1:, 0], np.full((BATCH, 2, N - 1), garbage))


def test_nan_in_a_score_stays_with_its_query():
    query, key, value = arrays()
    query[0, 1, 2, 0] = np.nan
    output = scaled_dot_product_attention(query, key, value)
    assert np.isnan(output[0, 1, 2]).all()
    output[0, 1, 2] = 0
    assert np.isfinite(output).all()


# --- types -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("softmax_dtype", [None, *DTYPES])
@pytest.mark.parametrize("stage", STAGES)
def test_dtype_is_kept(dtype, softmax_dtype, stage):
    mask = NEVER.astype(np.float64)
    found = scaled_dot_product_attention(
        *arrays(dtype),
        mask,
        softcap=2,
        scale=np.float64(0.5),
        softmax_dtype=softmax_dtype,
        return_stage=stage,
    )
    assert [x.dtype for x in found] == [dtype, dtype]


def test_whole_numbers_and_lists_become_float64():
    output = scaled_dot_product_attention([[1, 0]], [[3, 1], [3, 2]], [[2], [4]])
    assert output.dtype == np.float64
    assert_array_equal(output, [[3]])


def test_a_finer_value_is_not_made_coarse():
    one, fine = np.ones((1, 2), np.float32), 1 + 2.0**-40
    output, weights = scaled_dot_product_attention(one, one, [[fine]], return_stage="weights")
    assert weights.dtype == np.float32
    assert output.dtype == np.float64
    assert output[0, 0] == fine


def test_softmax_is_computed_in_the_precision_asked_for():
    query, key, value = arrays(np.float32)
    options = {"scale": 2, "return_stage": "biased"}
    biased = scaled_dot_product_attention(query, key, value, **options)[1]
    options["return_stage"] = "weights"
    found = {
        dtype: scaled_dot_product_attention(query, key, value, softmax_dtype=dtype, **options)[1]
        for dtype in (None, np.float16, np.float32, np.float64)
    }
    for dtype in (np.float16, np.float32, np.float64):
        assert_array_equal(found[dtype], softmax(biased.astype(dtype)).astype(np.float32))
    assert_array_equal(found[None], found[np.float32])
    assert not np.array_equal(found[np.float32], found[np.float64])
    assert not np.allclose(found[np.float16], found[np.float64], rtol=1e-5)


def test_weights_are_rounded_back_before_they_weigh_the_values():
    """What is returned as weights is what made the output."""
    query, key, value = arrays(np.float32, h=2, g=2)
    for dtype in (None, np.float16, np.float64, np.longdouble):
        output, weights = scaled_dot_product_attention(
            query, key, value, softmax_dtype=dtype, return_stage="weights"
        )
        assert_array_equal(output, weights @ value)


def test_softmax_in_half_loses_what_double_keeps():
    """A score of 0.0001 above 0 is seen in double; its exponential in half is 1, like that of 0."""
    one = np.ones((1, 1), np.float32)
    key = np.array([[0.0], [1e-4]], np.float32)
    value = np.array([[0.0], [1.0]], np.float32)
    options = {"scale": 1, "return_stage": "weights"}
    coarse = scaled_dot_product_attention(one, key, value, softmax_dtype=np.float16, **options)
    fine = scaled_dot_product_attention(one, key, value, softmax_dtype="float64", **options)
    assert coarse[1][0, 1] == 0.5
    assert_allclose(fine[1][0, 1], 1 / (1 + math.exp(-1e-4)), rtol=1e-7)


def test_halves_are_computed_in_single_and_rounded_once():
    query, key, value = arrays(np.float16)
    exact = by_hand(*(x.astype(float) for x in (query, key, value)))[0]
    found = scaled_dot_product_attention(query, key, value)
    assert_allclose(found, exact, rtol=2**-11 + 1e-5, atol=1e-6)


def test_halves_do_not_overflow_on_the_way():
    query = np.full((1, 64), 100, np.float16)
    key = np.array([[100] * 64, [99] * 64], np.float16)
    output, scores = scaled_dot_product_attention(
        query, key, [[1.0], [2.0]], scale=1 / 64, return_stage="scores"
    )
    assert_array_equal(scores, np.array([[10000, 9900]], np.float16))
    assert_array_equal(output, [[1]])


def test_a_mask_too_large_for_halves_hides():
    query, key, value = arrays(np.float16)
    mask = np.where(np.arange(M) < 2, 0.0, -1e9)
    output = scaled_dot_product_attention(query, key, value, mask)
    assert_array_equal(output, scaled_dot_product_attention(query, key, value, kv_lengths=2))


def test_inputs_are_not_modified():
    inputs = (*arrays(), NEVER.copy(), np.array([1, 2]), np.array([5, 3]))
    before = [x.copy() for x in inputs]
    *four, starts, lengths = inputs
    scaled_dot_product_attention(
        *four, is_causal=True, softcap=1, query_start=starts, kv_lengths=lengths
    )
    for old, new in zip(before, inputs, strict=True):
        assert_array_equal(old, new)


def test_without_options_nothing_is_shared_with_the_inputs():
    query, key, value = arrays()
    for stage in STAGES:
        for result in scaled_dot_product_attention(query, key, value, return_stage=stage):
            assert not any(np.shares_memory(result, x) for x in (query, key, value))


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"query": np.ones(5)}, ValueError, r"query must have two axes or more.*\(5,\)"),
        ({"query": [["a"]]}, TypeError, "query must hold real numbers .*text"),
        ({"key": np.ones((2, 6, 4))}, ValueError, "same size d_k, .* got 5 and 4"),
        ({"value": np.ones((2, 5, 7))}, ValueError, "same number of tokens, .* got 6 and 5"),
        ({"value": np.ones((6, 0))}, ValueError, "value must have one feature or more"),
        ({"value": np.ones((1, 6, 7))}, ValueError, "key and value .* heads .*: got 2 and 1"),
        ({"query": np.ones((3, 3, 5))}, ValueError, "multiple of the heads of key .* got 3 and 2"),
        ({"query": np.ones((3, 5))}, ValueError, "multiple of the heads of key .* got 1 and 2"),
        (
            {"query": np.ones((3, 4, 3, 5)), "key": np.ones((2, 2, 6, 5))},
            ValueError,
            r"axes before their heads .* got shapes \(3, 4, 3, 5\), \(2, 2, 6, 5\), \(2, 6, 7\)",
        ),
        ({"mask": np.ones((3, 6), int)}, TypeError, "mask must be boolean .*int64"),
        ({"mask": [["a"] * 6]}, TypeError, "mask must be boolean"),
        ({"mask": np.ones((3, 7), bool)}, ValueError, r"mask must broadcast .*got \(3, 7\)"),
        ({"mask": np.ones((2, 6), bool)}, ValueError, r"mask must broadcast .*got \(2, 6\)"),
        ({"mask": np.ones((9, 4, 3, 6), bool)}, ValueError, "mask must broadcast"),
        (
            {"mask": np.ones((3, 1), bool)},
            ValueError,
            r"last axis of 1 .* all 6 keys or hide all but the first: got shape \(3, 1\)",
        ),
        ({"mask": np.full((3, 6), np.nan)}, ValueError, "floating mask must hold numbers or -inf"),
        ({"is_causal": 1}, TypeError, "is_causal must be True or False: got 1"),
        ({"window": 3}, TypeError, r"window must be a pair \(left, right\).*: got 3"),
        ({"window": (1, 2, 3)}, TypeError, "window must be a pair"),
        ({"window": (-1, 0)}, ValueError, "window's left must be 0 or more.*-1; None leaves"),
        ({"window": (0, 1.0)}, TypeError, "window's right must be a whole number.*1.0; None"),
        ({"query_start": 1.0}, TypeError, "query_start must hold whole numbers, .*float64"),
        ({"query_start": [1, 2]}, ValueError, r"query_start must be one number, as there is no "),
        ({"kv_lengths": 7}, ValueError, "kv_lengths must be between 0 and the 6 keys .* got 7"),
        ({"kv_lengths": -1}, ValueError, "kv_lengths must be between 0 and the 6 .* got -1"),
        ({"kv_lengths": True}, TypeError, "kv_lengths must hold whole numbers, .*bool"),
        ({"kv_lengths": [1, 2]}, ValueError, r"kv_lengths .* no batch .* got shape \(2,\)"),
        (
            {
                "query": np.ones((2, 4, 3, 5)),
                "kv_lengths": [1, 2, 3],
            },
            ValueError,
            r"kv_lengths .* one for each row of the batch, shape \(2,\) .* got shape \(3,\)",
        ),
        ({"scale": np.nan}, ValueError, "scale must be finite, or None: got nan"),
        ({"scale": "1"}, TypeError, "scale must be one real number, or None: got '1'"),
        ({"scale": [1.0]}, TypeError, "scale must be one real number"),
        ({"scale": True}, TypeError, "scale must be one real number"),
        ({"softcap": 0}, ValueError, "softcap must be above 0 and finite, or None: got 0"),
        ({"softcap": -2.0}, ValueError, "softcap must be above 0 and finite"),
        ({"softcap": np.inf}, ValueError, "softcap must be above 0 and finite"),
        ({"softmax_dtype": int}, TypeError, "softmax_dtype must be a floating type .*int"),
        ({"softmax_dtype": "single?"}, TypeError, "softmax_dtype must be a floating type"),
        (
            {"return_stage": "raw"},
            ValueError,
            'return_stage must be one of "scores", "capped", "biased", "weights", or None: got .raw',
        ),
        ({"return_stage": 3}, ValueError, "return_stage must be one of"),
        (
            {"query": np.full((4, 3, 5), 1e300), "key": np.full((2, 6, 5), 1e300)},
            ValueError,
            "the scores, must stay below .inf",
        ),
    ],
)
def test_errors(arguments, error, message):
    defaults = {"query": np.ones((4, 3, 5)), "key": np.ones((2, 6, 5)), "value": np.ones((2, 6, 7))}
    with pytest.raises(error, match=message):
        scaled_dot_product_attention(**(defaults | arguments))


def test_options_go_by_name():
    kinds = inspect.signature(scaled_dot_product_attention).parameters.values()
    assert [p.name for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD] == [
        "query",
        "key",
        "value",
        "mask",
    ]
