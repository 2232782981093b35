"""Several heads: split, attend, merge, mix."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import SelfAttention, attention, masks
from attention_core.heads import MultiHeadAttended, MultiHeadAttention, merge_heads, split_heads
from tests.leaks import assert_no_leak
from tests.properties import DTYPES

WEIGHTS = ("query_weight", "key_weight", "value_weight", "output_weight")
BIASES = ("query_bias", "key_bias", "value_bias", "output_bias")


def arrays(heads=4, kv_heads=None, d_model=6, d_memory=None, d_k=3, d_v=2, d_out=5, seed=0):
    """Random weights and biases by name, with the counts of heads."""
    rng = np.random.default_rng(seed)
    d_memory, groups = d_memory or d_model, kv_heads or heads
    shapes = (d_model, heads * d_k), (d_memory, groups * d_k), (d_memory, groups * d_v)
    shapes = *shapes, (heads * d_v, d_out)
    weights = {name: rng.normal(size=shape) for name, shape in zip(WEIGHTS, shapes, strict=True)}
    biases = {name: rng.normal(size=b) for name, (_, b) in zip(BIASES, shapes, strict=True)}
    return {**weights, **biases, "heads": heads, "kv_heads": kv_heads}


def cast(named, dtype):
    """The same, its arrays of one dtype."""
    return {k: x.astype(dtype) if isinstance(x, np.ndarray) else x for k, x in named.items()}


def added(named, role):
    """A bias, or nothing."""
    bias = named[f"{role}_bias"]
    return 0 if bias is None else bias


def by_loop(named, x, memory, mask=None):
    """One attention after another, each with columns of its own; the output and the weights."""
    heads, groups = named["heads"], named["kv_heads"] or named["heads"]
    projected = [
        tokens @ named[f"{role}_weight"] + added(named, role)
        for role, tokens in (("query", x), ("key", memory), ("value", memory))
    ]
    outputs, weights = [], []
    for h in range(heads):
        g = h * groups // heads
        query, key, value = (
            np.split(each, count, axis=-1)[place]
            for each, count, place in zip(
                projected, (heads, groups, groups), (h, g, g), strict=True
            )
        )
        mine = None if mask is None else mask[..., min(h, mask.shape[-3] - 1), :, :]
        result = attention(query, key, value, mine)
        outputs.append(result.output)
        weights.append(result.weights)
    output = np.concatenate(outputs, axis=-1) @ named["output_weight"]
    return output + added(named, "output"), np.stack(weights, axis=-3)


# --- split and merge ---------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 3), max_size=2),
    st.integers(0, 4),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_split_and_merge(leading, n, heads, d):
    x = np.arange(np.prod([*leading, n, heads * d])).reshape(*leading, n, heads * d) / 2
    split = split_heads(x, heads)
    assert split.shape == (*leading, heads, n, d)
    for h in range(heads):
        assert_array_equal(split[..., h, :, :], x[..., h * d : (h + 1) * d])
    assert_array_equal(merge_heads(split), x)
    assert merge_heads(split).shape == x.shape


def test_split_is_no_reshape_alone():
    x = np.arange(12.0).reshape(3, 4)
    assert not np.array_equal(split_heads(x, 2), x.reshape(2, 3, 2))


@pytest.mark.parametrize("dtype", DTYPES)
def test_split_and_merge_keep_the_dtype(dtype):
    x = np.ones((2, 4), dtype)
    assert split_heads(x, 2).dtype == merge_heads(split_heads(x, 2)).dtype == dtype


@pytest.mark.parametrize(
    ("x", "heads", "error", "message"),
    [
        (np.ones((3, 5)), 2, ValueError, "the columns of x must be a multiple of heads.*5 and 2"),
        (np.ones((3, 4)), 0, ValueError, "heads must be 1 or more, as it counts heads: got 0"),
        (np.ones((3, 4)), 2.0, TypeError, "heads must be a whole number.*got 2.0"),
        (np.ones((3, 4)), True, TypeError, "heads must be a whole number"),
        (np.ones(4), 2, ValueError, r"x must have two axes or more.*\(4,\)"),
        (np.ones((3, 4), bool), 2, TypeError, "x must hold real numbers.*booleans"),
    ],
)
def test_errors_of_split(x, heads, error, message):
    with pytest.raises(error, match=message):
        split_heads(x, heads)


def test_errors_of_merge():
    with pytest.raises(ValueError, match=r"x must have shape \(..., heads, n, d\).*\(3, 4\)"):
        merge_heads(np.ones((3, 4)))
    with pytest.raises(TypeError, match="x must hold real numbers"):
        merge_heads(np.ones((1, 3, 4), complex))


# --- what it computes --------------------------------------------------------------------------


@pytest.mark.parametrize("kv_heads", [None, 4, 2, 1])
@pytest.mark.parametrize("crossed", [False, True])
@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_is_one_attention_a_head(kv_heads, crossed, leading):
    named = arrays(kv_heads=kv_heads, d_memory=7 if crossed else None)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(*leading, 5, 6))
    memory = rng.normal(size=(*leading, 3, 7)) if crossed else x
    mask = rng.random((4, 5, memory.shape[-2])) < 0.6
    for view in (None, mask, mask[:1]):
        result = MultiHeadAttention(**named)(x, memory if crossed else None, view)
        output, weights = by_loop(named, x, memory, view)
        assert_allclose(result.output, output, rtol=1e-12, atol=1e-12)
        assert_allclose(result.weights, weights, rtol=1e-12, atol=1e-12)
        groups = kv_heads or 4
        assert result.query.shape == (*leading, 4, 5, 3)
        assert result.key.shape == (*leading, groups, memory.shape[-2], 3)
        assert result.value.shape == (*leading, groups, memory.shape[-2], 2)
        assert_allclose(
            result.query, split_heads(x @ named["query_weight"] + named["query_bias"], 4)
        )


def test_one_head_that_is_not_mixed_is_self_attention():
    named = arrays(heads=1, d_out=2)
    weights = [named[name] for name in WEIGHTS[:3]]
    x = np.random.default_rng(2).normal(size=(5, 6))
    result = MultiHeadAttention(*weights, np.eye(2), heads=1)(x)
    expected = SelfAttention(*weights)(x)
    assert_allclose(result.output, expected.output, rtol=1e-12)
    assert_allclose(result.weights[0], expected.weights, rtol=1e-12)


def test_mixing_is_a_sum_over_heads():
    """Merging and multiplying is adding what each head's rows of the output matrix make."""
    named = arrays() | {"output_bias": None}
    x = np.random.default_rng(3).normal(size=(5, 6))
    result = MultiHeadAttention(**named)(x)
    rows = np.split(named["output_weight"], 4)
    parts = [a @ v @ w for a, v, w in zip(result.weights, result.value, rows, strict=True)]
    assert_allclose(result.output, sum(parts), rtol=1e-12)


@pytest.mark.parametrize("name", BIASES)
def test_each_bias_is_added(name):
    named = arrays() | dict.fromkeys(BIASES)
    x = np.random.default_rng(4).normal(size=(5, 6))
    without = MultiHeadAttention(**named)(x)
    named[name] = arrays()[name]
    found = MultiHeadAttention(**named)(x)
    assert_allclose(found.output, by_loop(named, x, x)[0], rtol=1e-12, atol=1e-12)
    # A bias of keys shifts all scores of a query alike, and softmax ignores that.
    assert np.allclose(found.output, without.output) == (name == "key_bias")


def test_a_query_that_sees_nothing_mixes_zeros():
    named = arrays()
    view = np.array([[True, True], [False, False]])
    result = MultiHeadAttention(**named)(np.ones((2, 6)), mask=view)
    assert_array_equal(result.weights[:, 1], 0)
    assert_array_equal(result.output[1], named["output_bias"])


def test_batches_broadcast():
    named, rng = arrays(d_memory=7), np.random.default_rng(5)
    attend = MultiHeadAttention(**named)
    x, memory = rng.normal(size=(2, 1, 5, 6)), rng.normal(size=(3, 4, 7))
    together = attend(x, memory)
    assert together.output.shape == (2, 3, 5, 5)
    assert together.weights.shape == (2, 3, 4, 5, 4)
    for b in range(2):
        for c in range(3):
            alone = attend(x[b, 0], memory[c])
            assert_allclose(together.output[b, c], alone.output, rtol=1e-12, atol=1e-12)


def test_a_mask_for_each_sequence_has_an_axis_for_heads():
    attend, rng = MultiHeadAttention(**arrays()), np.random.default_rng(6)
    x = rng.normal(size=(2, 5, 6))
    together = attend(x, mask=masks.padding([3, 5], 5)[:, None])
    assert_allclose(together.output[0, :3], attend(x[0, :3]).output, rtol=1e-12)
    assert_allclose(together.output[1], attend(x[1]).output, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(dtype):
    result = MultiHeadAttention(**cast(arrays(), dtype))(np.ones((2, 6), dtype))
    assert {array.dtype for array in vars(result).values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("shape", [(0, 6), (2, 0, 6), (0, 3, 6)])
def test_no_tokens(shape):
    result = MultiHeadAttention(**arrays())(np.zeros(shape))
    assert result.output.shape == (*shape[:-1], 5)


def test_no_memory_leaves_zeros():
    named = arrays()
    result = MultiHeadAttention(**named)(np.ones((2, 6)), np.ones((0, 6)))
    assert_array_equal(result.output, [named["output_bias"]] * 2)


# --- leaks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kv_heads", [None, 2, 1])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "mask",
    [
        masks.causal(4, 6),
        masks.padding([4, 2], 6),
        masks.padding([0, 5], 6),
        masks.causal(4, 6) & masks.padding([5, 2], 6) & (np.arange(6) > 0),
    ],
)
def test_does_not_leak(mask, dtype, kv_heads):
    rng = np.random.default_rng(7)
    named = cast(arrays(kv_heads=kv_heads, d_memory=6), dtype)
    attend = MultiHeadAttention(**named)
    # The projections add six products of what is changed: keep their sums within the dtype.
    small = {k: x / 64 for k, x in named.items() if k in ("key_weight", "value_weight")}
    attend = dataclasses.replace(attend, **small)

    def called(query, key, value, mask):
        return attend(query, key, mask[..., None, :, :]).output

    memory = rng.normal(size=(2, 6, 6)).astype(dtype)
    query = rng.normal(size=(2, 4, 6)).astype(dtype)
    assert_no_leak(called, query, memory, memory, mask, extra=[np.nan])


def test_no_head_hears_what_its_own_mask_hides():
    rng = np.random.default_rng(8)
    attend = MultiHeadAttention(**(arrays(d_out=8) | {"output_weight": np.eye(8)}))
    mask = rng.random((2, 4, 4, 6)) < 0.5

    def called(query, key, value, mask):
        return split_heads(attend(query, key, mask).output, 4)

    memory = rng.normal(size=(2, 6, 6)) / 64
    query = rng.normal(size=(2, 4, 6))
    assert_no_leak(called, query, memory, memory, mask)


# --- the objects -------------------------------------------------------------------------------


def test_inputs_are_not_modified_and_weights_are_copies():
    named = arrays()
    attend = MultiHeadAttention(**named)
    x = np.ones((2, 6))
    first = attend(x).output
    for name in (*WEIGHTS, *BIASES):
        named[name][:] = 7
    assert_array_equal(attend(x).output, first)
    assert_array_equal(x, 1)


def test_is_frozen():
    attend = MultiHeadAttention(**arrays())
    with pytest.raises(dataclasses.FrozenInstanceError):
        attend.heads = 2
    for name in (*WEIGHTS, *BIASES):
        with pytest.raises(ValueError, match="read-only"):
            getattr(attend, name)[0] = 2
    fewer = dataclasses.replace(attend, heads=2)
    assert fewer(np.ones((2, 6))).weights.shape == (2, 2, 2)


def test_lists_become_float64():
    result = MultiHeadAttention([[1]], [[1]], [[3]], [[2]], heads=1, output_bias=[1])([[2]])
    assert result.output.dtype == np.float64
    assert_array_equal(result.output, [[13]])


def test_result_unpacks_into_output_and_weights():
    result = MultiHeadAttention(**arrays())(np.ones((2, 6)))
    assert isinstance(result, MultiHeadAttended)
    output, weights = result
    assert output is result.output
    assert weights is result.weights


def test_reprs():
    attend = MultiHeadAttention(**arrays(kv_heads=2, d_memory=7))
    assert repr(attend) == (
        "MultiHeadAttention(d_model=6, heads=4, kv_heads=2, d_k=3, d_v=2, d_out=5)"
    )
    lines = repr(attend(np.ones((2, 6)), np.ones((3, 7)))).splitlines()
    assert lines[:2] == ["MultiHeadAttended", "output (2, 5)"]
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert names == ["output", "weights", "query", "key", "value"]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"heads": 3}, ValueError, "heads must be a multiple of kv_heads.*got 3 and 2"),
        ({"heads": 6}, ValueError, "the columns of key_weight must be 4, because .* size 2: got 6"),
        (
            {"heads": 5, "kv_heads": None},
            ValueError,
            "the columns of query_weight must be a multiple of heads.*got 12 and 5",
        ),
        ({"kv_heads": 3}, ValueError, "heads must be a multiple of kv_heads.*got 4 and 3"),
        ({"kv_heads": 0}, ValueError, "kv_heads must be 1 or more"),
        ({"heads": 0}, ValueError, "^heads must be 1 or more"),
        ({"heads": 0, "kv_heads": None}, ValueError, "^heads must be 1 or more"),
        ({"heads": 4.0, "kv_heads": None}, TypeError, "^heads must be a whole number"),
        ({"heads": 4.0}, TypeError, "heads must be a whole number, as it counts heads: got 4.0"),
        ({"kv_heads": 2.0}, TypeError, "kv_heads must be a whole number"),
        (
            {"value_weight": np.ones((7, 5))},
            ValueError,
            "the columns of value_weight must be a multiple of kv_heads.*got 5 and 2",
        ),
        (
            {"value_weight": np.ones((6, 4))},
            ValueError,
            "the rows of value_weight must be 7, because it multiplies the same tokens as key_weight: got 6",
        ),
        (
            {"key_weight": np.ones((7, 12))},
            ValueError,
            "the columns of key_weight must be 6, because each of 2 heads dots its keys with "
            "queries of size 3: got 12",
        ),
        (
            {"output_weight": np.ones((4, 5))},
            ValueError,
            "the rows of output_weight must be 8, because it mixes 4 outputs of size 2, side by "
            "side: got 4",
        ),
        *(
            ({name: np.ones(3)}, ValueError, rf"{name} must be a matrix of shape")
            for name in WEIGHTS
        ),
        *(
            ({name: np.ones(4)}, ValueError, rf"{name} must have an entry for each of the \d+ col")
            for name in BIASES[:1] + BIASES[3:]
        ),
        ({"key_bias": np.ones((1, 6))}, ValueError, r"key_bias must have an entry.*\(1, 6\)"),
        ({"value_bias": 1}, ValueError, r"value_bias must have an entry.*\(\)"),
        *(({name: [[np.nan]]}, ValueError, rf"{name} must be finite") for name in WEIGHTS),
        ({"output_bias": np.full(5, np.inf)}, ValueError, "output_bias must be finite.*got inf"),
        ({"key_bias": ["a"] * 6}, TypeError, "key_bias must hold real numbers"),
    ],
)
def test_errors_of_weights(changed, error, message):
    with pytest.raises(error, match=message):
        MultiHeadAttention(**(arrays(kv_heads=2, d_memory=7) | changed))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([np.ones((2, 5))], ValueError, "x must have as many features as query_weight.*5.*6"),
        (
            [np.ones((2, 6))],
            ValueError,
            "x must have as many features as key_weight has rows.*6.*7",
        ),
        (
            [np.ones((2, 6)), np.ones((3, 6))],
            ValueError,
            "memory must have as many features as key_weight has rows.*6 features and 7 rows",
        ),
        ([np.ones(6), np.ones((3, 7))], ValueError, "x must have two axes or more"),
        ([np.ones((2, 6)), np.ones(7)], ValueError, "memory must have two axes or more"),
        (
            [np.ones((2, 4, 6)), np.ones((3, 4, 7))],
            ValueError,
            r"x and memory must have leading axes.*\(2, 4, 6\), \(3, 4, 7\)",
        ),
        ([np.ones((2, 6)), np.ones((3, 7), complex)], TypeError, "memory must hold real numbers"),
        (
            [np.ones((2, 6)), np.ones((3, 7)), np.ones((5, 2, 3), bool)],
            ValueError,
            r"mask must broadcast to the scores' shape \(4, 2, 3\)",
        ),
        (
            [np.ones((2, 6)), np.ones((3, 7)), np.ones((2, 3), int)],
            TypeError,
            "mask must be boolean",
        ),
    ],
)
def test_errors_of_calls(given, error, message):
    with pytest.raises(error, match=message):
        MultiHeadAttention(**arrays(d_memory=7))(*given)


# --- from PyTorch's state ----------------------------------------------------------------------


def state(apart=False, biased=True):
    """A state as PyTorch names and shapes it: embed_dim 4, kdim and vdim 3."""
    rng = np.random.default_rng(9)
    if apart:
        sizes = {"q": 4, "k": 3, "v": 3}
        found = {f"{x}_proj_weight": rng.normal(size=(4, size)) for x, size in sizes.items()}
    else:
        found = {"in_proj_weight": rng.normal(size=(12, 4))}
    if biased:
        found |= {"in_proj_bias": rng.normal(size=12), "out_proj.bias": rng.normal(size=4)}
    return found | {"out_proj.weight": rng.normal(size=(4, 4))}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("biased", [False, True])
def test_from_state(apart, biased):
    given = state(apart, biased)
    attend = MultiHeadAttention.from_state(given, heads=2)
    if apart:
        rows = [given[f"{x}_proj_weight"] for x in "qkv"]
    else:
        rows = [given["in_proj_weight"][place : place + 4] for place in (0, 4, 8)]
    for name, weight in zip(WEIGHTS, [*rows, given["out_proj.weight"]], strict=True):
        assert_array_equal(getattr(attend, name), weight.T)
    for i, name in enumerate(BIASES):
        expected = given["in_proj_bias"][4 * i : 4 * i + 4] if biased and i < 3 else None
        expected = given["out_proj.bias"] if biased and i == 3 else expected
        assert_array_equal(getattr(attend, name), expected)
    assert (attend.heads, attend.kv_heads) == (2, None)


def without(name, **kinds):
    return {k: v for k, v in state(**kinds).items() if k != name}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "lacks out_proj.weight; it lacks in_proj_weight"),
        *((without(name), f"it lacks {name}") for name in state()),
        *((without(name, apart=True), f"it lacks {name}") for name in state(apart=True)),
        (state() | {"bias_k": np.ones((1, 1, 4))}, "it has bias_k as well"),
        (state(apart=True) | {"in_proj_weight": np.ones((12, 4))}, "has in_proj_weight as well"),
        (
            state() | {"in_proj_weight": np.ones((4, 12))},
            r"in_proj_weight must have shape \(3d, d\), here \(12, 4\): got \(4, 12\)",
        ),
        (
            state() | {"in_proj_bias": np.ones(4)},
            r"in_proj_bias must have shape \(3d\), here \(12,\): got \(4,\)",
        ),
        (state() | {"out_proj.bias": np.ones((1, 4))}, r"out_proj.bias must have shape \(d\)"),
        (state() | {"out_proj.weight": np.ones((4, 3))}, r"out_proj.weight must have .*\(4, 3\)"),
        (state() | {"out_proj.weight": np.ones(4)}, r"out_proj.weight must have shape \(d, d\)"),
        (
            state(apart=True) | {"v_proj_weight": np.ones((4, 2))},
            r"v_proj_weight must have shape \(d, m\), here \(4, 3\): got \(4, 2\)",
        ),
        (state() | {"in_proj_bias": np.full(12, np.nan)}, "in_proj_bias must be finite"),
    ],
)
def test_errors_of_states(given, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention.from_state(given, heads=2)


def test_errors_of_heads_of_a_state():
    with pytest.raises(ValueError, match=r"query_weight must be a multiple of heads.*4 and 3"):
        MultiHeadAttention.from_state(state(), heads=3)
    with pytest.raises(TypeError, match=r"out_proj\.weight must hold real numbers"):
        MultiHeadAttention.from_state(state() | {"out_proj.weight": [["a"]]}, heads=2)


@pytest.mark.parametrize(("n", "m"), [(3, 4), (300, 300), (1, 70_000)])
@pytest.mark.parametrize("kv_heads", [None, 2])
def test_the_output_alone_is_that_of_a_call(n, m, kv_heads):
    attend = MultiHeadAttention(**arrays(kv_heads=kv_heads))
    rng = np.random.default_rng(1)
    x, memory = rng.normal(size=(2, n, 6)), rng.normal(size=(2, m, 6))
    mask = rng.random((2, 1, n, m)) < 0.7
    assert_allclose(attend.output(x, memory, mask), attend(x, memory, mask).output, atol=1e-12)
    assert_allclose(attend.output(x, x), attend(x).output, atol=1e-12)


def test_of_many_tokens_the_output_alone_never_holds_all_weights():
    attend = MultiHeadAttention(**cast(arrays(), np.float32))
    x = np.random.default_rng(1).normal(size=(1500, 6)).astype(np.float32)
    held = []
    for way in (attend, attend.output):
        tracemalloc.start()
        way(x)
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    table = 4 * 1500 * 1500 * 4
    assert held[0] > table > 10 * held[1]
