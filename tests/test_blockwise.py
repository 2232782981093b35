"""Attention a block at a time, against attention with the whole table."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import attention, blockwise, example, masks, scaled_dot_product_attention
from tests.leaks import assert_no_leak
from tests.properties import DTYPES, queries_keys_values

H, G, N, M, D_K, D_V = 4, 2, 11, 13, 5, 7
TOLERANCE = {np.float16: 2e-3, np.float32: 1e-6, np.float64: 1e-12, np.longdouble: 1e-12}


def arrays(dtype=np.float64, h=H, g=G, n=N, m=M, batch=(2,), seed=0):
    """Queries, keys and values, of sizes that all differ."""
    rng = np.random.default_rng(seed)
    shapes = (*batch, h, n, D_K), (*batch, g, m, D_K), (*batch, g, m, D_V)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


def agrees(query, key, value, mask=None, tolerance=1e-12, blocks=(None, 1, 3, 4), **options):
    """However it is cut into blocks, the output is that of the plain function, in silence."""
    expected = scaled_dot_product_attention(query, key, value, mask, **options)
    for block in blocks:
        for threads in (1, 3):
            with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
                warnings.simplefilter("error")
                found = blockwise.attention(
                    query, key, value, mask, block=block, threads=threads, **options
                )
            assert found.dtype == expected.dtype
            assert found.shape == expected.shape
            assert_allclose(found, expected, atol=tolerance, rtol=tolerance)


FLOATING = np.random.default_rng(1).normal(size=(N, M))
FLOATING[1] = -np.inf
FLOATING[0, 2:4] = -np.inf
BOOLEAN = np.random.default_rng(2).random((2, H, N, M)) < 0.5
BOOLEAN[:, :, 5] = False
MASKS = {
    "none": None,
    "one number": np.array(-1.5),
    "boolean": BOOLEAN,
    "boolean, of keys": BOOLEAN[0, 0, 0],
    "boolean, of heads": BOOLEAN[0],
    "short": BOOLEAN[..., :9],
    "floating": FLOATING,
    "floating, single": FLOATING.astype(np.float32),
    "nothing in view": np.zeros((N, M), bool),
    "first block hidden": np.arange(M) > 6,
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("is_causal", [False, True])
def test_equals_the_plain_function(dtype, mask, is_causal):
    inputs = arrays(dtype)
    agrees(*inputs, MASKS[mask], TOLERANCE[dtype], is_causal=is_causal)


def test_a_large_floating_mask():
    large = np.where(FLOATING > 0, 1e4, -1e4)
    agrees(*arrays(), large, 1e-11)
    # In single precision, adding ten thousand rounds a score to three decimals, either way.
    as_exact_as_the_plain_function(*arrays(np.float32), large)


@pytest.mark.parametrize("scale", [0, 0.1, 2, -1.5, 40, -300])
def test_any_scale(scale):
    agrees(*arrays(), scale=scale)
    agrees(*arrays(), FLOATING, scale=scale, is_causal=True)


@pytest.mark.parametrize(
    ("batch", "h", "g", "n", "m"),
    [
        ((), 1, 1, N, M),
        ((), 6, 2, M, N),
        ((), 6, 1, 2, 30),
        ((2, 3), 4, 4, 1, 1),
        ((1,), 2, 1, 5, 1),
        ((1,), 2, 1, 1, 5),
        ((1,), 2, 1, 0, 5),
        ((1,), 2, 1, 5, 0),
        ((1,), 2, 1, 0, 0),
        ((0,), 2, 1, 3, 4),
        ((1,), 0, 0, 3, 4),
    ],
)
def test_any_sizes(batch, h, g, n, m):
    for is_causal in (False, True):
        agrees(*arrays(batch=batch, h=h, g=g, n=n, m=m), is_causal=is_causal)


def test_axes_broadcast():
    query, key, value = arrays(batch=(2, 1), h=2, g=2)
    agrees(query, key[0], value, np.random.default_rng(0).random((3, 2, N, M))[0] < 0.5)
    agrees(query[0], key[:, 0, 0][:, None].repeat(2, 1), value[0, 0])
    agrees(query[0, 0, 0], key[0, 0, 0], value[0, 0, 0])
    agrees(query[0, 0, :1], key[0, 0, 0], value[0, 0, 0])
    agrees(query[0, 0, 0], key[0, 0, :1], value[0, 0, 0], is_causal=True)
    agrees(query, key, np.float32(value), tolerance=1e-12)


def test_lists_and_the_worked_example():
    Q, K, V = (
        example.inputs @ weight
        for weight in (example.query_weight, example.key_weight, example.value_weight)
    )
    expected = attention(Q, K, V).output
    assert_allclose(blockwise.attention(Q.tolist(), K.tolist(), V.tolist()), expected, atol=1e-12)
    for block in (1, 2, 3, 4):
        assert_allclose(blockwise.online(Q, K, V, block), expected, atol=1e-12)


@given(queries_keys_values(), st.integers(1, 5), st.sampled_from([0.01, 1, 30]))
def test_online_equals_attention(inputs, block, stretch):
    query, key, value = inputs
    expected = attention(stretch * query, key, value).output
    assert_allclose(blockwise.online(stretch * query, key, value, block), expected, atol=1e-12)


@given(
    queries_keys_values(),
    st.booleans(),
    st.sampled_from([0.01, 1, 30]),
    st.randoms(),
    st.booleans(),
)
def test_any_arrays(inputs, is_causal, stretch, random, masked):
    query, key, value = inputs
    mask = None
    if masked:
        hidden = [[random.random() < 0.4 for _ in key] for _ in query]
        mask = np.where(hidden, -np.inf, np.float64(random.uniform(-9, 9)))
        mask = mask if random.random() < 0.5 else mask > -np.inf
        mask = None if mask.shape[-1] == 1 else mask
    agrees(query * stretch, key, value, mask, is_causal=is_causal, blocks=(1, 2))


def as_exact_as_the_plain_function(query, key, value, mask=None, **options):
    """In single precision it errs no more than the plain function does, give or take."""
    wide = [x.astype(np.float64) for x in (query, key, value)]
    truth = scaled_dot_product_attention(*wide, mask, **options)
    plain = scaled_dot_product_attention(query, key, value, mask, **options)
    for block in (None, 4):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = blockwise.attention(query, key, value, mask, block=block, **options)
        assert np.isfinite(found).all()
        allowed = 1e-6 * np.abs(value).max() + 2 * np.abs(plain - truth).max()
        assert_allclose(found, truth, atol=allowed, rtol=0)


@pytest.mark.parametrize("stretch", [1, 10, 100, 1e4, 1e6])
@pytest.mark.parametrize("is_causal", [False, True])
def test_single_precision_errs_no_more(stretch, is_causal):
    query, key, value = arrays(np.float32, n=60, m=70)
    as_exact_as_the_plain_function(query * np.float32(stretch), key, value, is_causal=is_causal)


EXTREMES = {
    "high": [1e4, 1e4, 1e4, 1e4, 1e4, 1e4],
    "low": [-1e4, -1e4, -1e4, -1e4, -1e4, -1e4],
    "rising": [-1e4, -100, 0, 100, 1e4, 2e4],
    "falling": [2e4, 1e4, 100, 0, -100, -1e4],
    "one huge key": [0, 1, 0, 3e8, 1, 0],
    "one huge key, last": [0, 1, 0, 2, 1, 3e30],
    "one far below": [0, 1, -3e30, 2, 1, 3],
    "within reach of each other": [1e4, 9999, 1e4, 9998, 1e4, 9990],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_scores(name, dtype):
    key = np.array(EXTREMES[name], dtype)[:, None]
    value = np.arange(12, dtype=dtype).reshape(6, 2)
    query = np.array([[1], [-1], [0.5], [0], [-2]], dtype)
    for mask in (None, np.where(np.eye(5, 6) > 0, -np.inf, 0), np.eye(5, 6) > 0):
        agrees(query, key, value, mask, TOLERANCE[dtype], blocks=(None, 1, 2, 5), scale=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e20, 1e38])
def test_extreme_values(dtype, size):
    query, key, value = arrays(dtype)
    value = (value / np.abs(value).max() * dtype(size)).astype(dtype)
    for scale in (0.5, 60):
        expected = scaled_dot_product_attention(query, key, value, scale=scale)
        found = blockwise.attention(query, key, value, scale=scale, block=4)
        assert_allclose(found / dtype(size), expected / dtype(size), atol=2e-5)


def test_what_weighs_nothing_adds_nothing_even_nan():
    query, key, value = arrays()
    for column, spoilt in enumerate((np.nan, np.inf, -np.inf)):
        value[..., 9 + column, column] = spoilt
    agrees(query, key, value)
    agrees(query, key, value, np.arange(M) < 9)
    agrees(query, key, value, is_causal=True)
    key[..., 9:, :] = np.nan
    agrees(query, key, value, np.arange(M) < 9)
    key[..., 9:, :] = np.inf
    agrees(query, key, value, np.arange(M) < 9)
    agrees(query, key, value, np.where(np.arange(M) < 9, 0.5, -np.inf))


def test_nan_in_view_spoils_its_own_query():
    query, key, value = arrays()
    query[..., 3, 2] = np.nan
    agrees(query, key, value)


def test_infinite_scores_in_view_are_refused():
    query, key, value = (np.ones((2, 3)) for _ in range(3))
    for block in (1, 2):
        with pytest.raises(ValueError, match=r"must stay below \+inf"):
            blockwise.attention(query * 1e200, key * 1e200, value, block=block, threads=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0.5, 8])  # scores that need no shift, and scores that do
@pytest.mark.parametrize("how", ["causal", "mask"])
@pytest.mark.parametrize("block", [1, 4, None])
def test_what_is_hidden_moves_no_bit(dtype, size, how, block):
    rng = np.random.default_rng(0)
    query, key, value = (size * rng.normal(size=(3, 2, N, D_K))).astype(dtype)

    def attend(query, key, value, mask):
        how_it_is_said = {"is_causal": True} if how == "causal" else {"mask": mask}
        return blockwise.attention(query, key, value, block=block, **how_it_is_said)

    assert_no_leak(attend, query, key, value, masks.causal(N), extra=(np.nan,))
    before = attend(query, key, value, masks.causal(N))
    louder = query.copy()
    louder[:, -1] *= 1000
    after = attend(louder, key, value, masks.causal(N))
    assert_array_equal(after[:, :-1], before[:, :-1])


def test_threads_change_no_bit():
    inputs = arrays(np.float32, n=50, m=60)
    one = blockwise.attention(*inputs, block=8, threads=1)
    for threads in (2, 5, 200):
        assert_array_equal(blockwise.attention(*inputs, block=8, threads=threads), one)


def test_inputs_stay_as_they_were():
    inputs = arrays(np.float64)
    before = [x.copy() for x in inputs]
    mask = FLOATING.copy()
    blockwise.attention(*inputs, mask, is_causal=True, scale=30)
    for x, y in zip((*inputs, mask), (*before, FLOATING), strict=True):
        assert_array_equal(x, y)


def test_both_bases_give_the_same(monkeypatch):
    inputs = arrays()
    for found in ((np.exp, 1.0), (np.exp2, np.log2(np.e))):
        monkeypatch.setattr(blockwise, "_exponential", lambda dtype, found=found: found)
        agrees(*inputs, is_causal=True)


def test_the_base_is_two_where_that_has_vector_code(monkeypatch):
    def says(current):
        monkeypatch.setattr(
            np.lib.introspect,
            "opt_func_info",
            lambda name: {"exp2": {"ff": {"current": current}}},
        )
        return blockwise._exponential.__wrapped__(np.dtype(np.float32))[0]

    assert says("AVX512_SKX") is np.exp2
    assert says("baseline(X86_V2)") is np.exp
    monkeypatch.delattr(np.lib, "introspect")
    assert blockwise._exponential.__wrapped__(np.dtype(np.float32))[0] is np.exp


def test_threads_are_ours_where_products_have_one(monkeypatch):
    monkeypatch.setattr(blockwise.os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    for products, ours in (("1", 3), ("2", 1), ("", 1)):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", products)
        assert blockwise._processors() == ours
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    assert blockwise._processors() == 1


def test_a_browser_has_one_thread(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert blockwise._processors() == 1

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(blockwise, "ThreadPoolExecutor", refuse)
    agrees_with_one = blockwise.attention(*arrays(), block=2)
    assert agrees_with_one.shape == (2, H, N, D_V)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"block": 0}, ValueError, "block must be 1 or more"),
        ({"block": 2.0}, TypeError, "block must be a whole number"),
        ({"threads": 0}, ValueError, "threads must be 1 or more"),
        ({"threads": "two"}, TypeError, "threads must be a whole number"),
        ({"scale": np.inf}, ValueError, "scale must be finite"),
        ({"is_causal": 1}, TypeError, "is_causal must be True or False"),
        ({"mask": np.ones((N, M), int)}, TypeError, "mask must be boolean"),
        ({"mask": np.ones((3, M), bool)}, ValueError, "mask must broadcast"),
        ({"mask": np.ones((N, M + 1), bool)}, ValueError, "mask must broadcast"),
        ({"mask": np.ones((N, 1), bool)}, ValueError, "mask must not have a last axis of 1"),
        ({"mask": np.full((N, M), np.inf)}, ValueError, "a floating mask must hold numbers"),
        ({"key": np.ones((2, 3, M, D_K))}, ValueError, "the same number of heads"),
        ({"query": np.ones((N, D_K), bool)}, TypeError, "query must hold real numbers"),
    ],
)
def test_what_cannot_be_right_is_refused(change, error, message):
    query, key, value = arrays()
    with pytest.raises(error, match=message):
        blockwise.attention(**{"query": query, "key": key, "value": value} | change)


def test_online_refuses_what_cannot_be_right():
    query, key, value = (x[0, 0] for x in arrays())
    with pytest.raises(ValueError, match="block must be 1 or more"):
        blockwise.online(query, key, value, 0)
    with pytest.raises(ValueError, match="the same number of tokens"):
        blockwise.online(query, key, value[:-1])
    with pytest.raises(ValueError, match="the number of keys must be 1 or more"):
        blockwise.online(query, key[:0], value[:0])


def test_later_blocks_are_not_computed_under_a_causal_mask(monkeypatch):
    met = []
    plain = np.matmul

    def watch(x, y, out):
        met.append(out.shape)
        return plain(x, y, out=out)

    monkeypatch.setattr(blockwise.np, "matmul", watch)
    inputs = arrays(h=1, g=1, n=12, m=12, batch=())
    blockwise.attention(*inputs, is_causal=True, block=4, threads=1)
    assert met.count((4, 4)) == 1 + 2 + 3


PEAK = """
import sys, tracemalloc
import numpy as np
from attention_core import blockwise
rng = np.random.default_rng(0)
inputs = [rng.normal(size=(8, int(sys.argv[1]), 64)).astype(np.float32) for _ in range(3)]
options = {"threads": 2, "is_causal": sys.argv[2] == "causal"}
tracemalloc.start()
blockwise.attention(*inputs, **options)
print(tracemalloc.get_traced_memory()[1])
"""


def peak(n, mask="none"):
    """Bytes at most, output counted, in a fresh process."""
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(n), mask], capture_output=True, text=True, check=True
    )
    return int(run.stdout)


def test_memory_grows_with_n_and_not_with_its_square():
    peaks = {n: peak(n) for n in (1024, 2048, 4096)}
    outputs = {n: 8 * n * 64 * 4 for n in peaks}
    # Beyond the output there is the desk of each thread, and a length for each key.
    beyond = {n: peaks[n] - outputs[n] for n in peaks}
    assert max(beyond.values()) < 2.5e6
    assert beyond[4096] - beyond[1024] < 0.1 * (outputs[4096] - outputs[1024])
    # So 16,384 tokens take less than 64 MB, where the table alone has 8 GB.
    assert outputs[4096] * 4 + beyond[4096] + 4 * (beyond[4096] - beyond[1024]) < 64e6


def test_masks_cost_no_second_table():
    mask = masks.window(2000, 100, 100)
    inputs = arrays(np.float32, h=1, g=1, n=2000, m=2000, batch=())
    import tracemalloc

    tracemalloc.start()
    blockwise.attention(*inputs, mask, threads=1)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < mask.nbytes / 2
