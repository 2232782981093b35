"""Self-attention: three matrices in front of attention."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import Attention, SelfAttended, SelfAttention, attention, example
from tests.properties import DTYPES, inputs_and_weights

WEIGHTS = ("query_weight", "key_weight", "value_weight")


def attended(chosen):
    """Self-attention on an example."""
    inputs, *weights = chosen
    return SelfAttention(*weights)(inputs)


def test_worked_example():
    result = attended(example.worked)
    assert_array_equal(result.query, [[1, 0, 2], [2, 2, 2], [2, 1, 3]])
    assert_array_equal(result.key, [[0, 1, 1], [4, 4, 0], [2, 3, 1]])
    assert_array_equal(result.value, [[1, 2, 3], [2, 8, 0], [2, 6, 3]])
    assert_array_equal(
        result.output.round(4),
        [[1.8639, 6.3194, 1.7042], [1.9991, 7.8141, 0.2735], [1.9926, 7.4796, 0.7359]],
    )


def test_plane():
    result = attended(example.plane)
    assert_array_equal(result.query, [[1, 2], [-1, 2], [-1, 0]])
    assert_array_equal(result.key, [[0, 1], [-2, 1], [-1, 0]])
    assert_array_equal(result.value, [[1, 2], [5, 4], [2, 1]])
    assert_array_equal(
        result.output.round(4), [[1.8014, 2.2688], [4.0227, 3.3794], [3.5879, 2.8680]]
    )


def test_bank():
    assert_array_equal(attended(example.bank("river")).output[1].round(4), [1.8044, 0.1956])
    assert_array_equal(attended(example.bank("money")).output[1].round(4), [0.1956, 1.8044])


def test_rectangle():
    result = attended(example.rectangle)
    assert_array_equal(result.query @ result.key.T, [[4, 1, 8], [8, 5, 4], [0, 1, -4]])
    assert result.output.shape == (3, 6)


@given(inputs_and_weights())
def test_is_attention_on_projected_inputs(arrays):
    inputs, query_weight, key_weight, value_weight = arrays
    result = SelfAttention(query_weight, key_weight, value_weight)(inputs)
    expected = attention(inputs @ query_weight, inputs @ key_weight, inputs @ value_weight)
    for mine, other in zip(result, expected, strict=True):
        assert_array_equal(mine, other)


@given(inputs_and_weights(), st.randoms())
def test_shuffled_inputs_shuffle_the_outputs(arrays, random):
    inputs, *weights = arrays
    order = list(range(len(inputs)))
    random.shuffle(order)
    attend = SelfAttention(*weights)
    assert_allclose(attend(inputs[order]).output, attend(inputs).output[order], atol=1e-6)


@given(inputs_and_weights(), st.integers(0, 3))
def test_broadcasting_equals_looping(arrays, batch):
    inputs, *weights = arrays
    attend = SelfAttention(*weights)
    several = inputs * np.arange(1, batch + 1)[:, None, None] / 4
    together = attend(several)
    assert together.output.shape == (batch, len(inputs), weights[2].shape[1])
    for b in range(batch):
        assert_allclose(together.output[b], attend(several[b]).output, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(dtype):
    inputs, *weights = (x.astype(dtype) for x in example.plane)
    result = SelfAttention(*weights)(inputs)
    arrays = (result.query, result.key, result.value, *result)
    assert [array.dtype for array in arrays] == [dtype] * 6


def test_lists_become_float64():
    result = SelfAttention([[1]], [[1]], [[3]])([[2]])
    assert result.output.dtype == np.float64
    assert_array_equal(result.output, [[6]])


@pytest.mark.parametrize("shape", [(0, 4), (2, 0, 4), (0, 3, 4)])
def test_no_tokens(shape):
    attend = SelfAttention(*list(example.worked)[1:])
    assert attend(np.zeros(shape)).output.shape == (*shape[:-1], 3)


def test_inputs_are_not_modified_and_weights_are_copies():
    inputs, *weights = (x.copy() for x in example.plane)
    before = inputs.copy()
    attend = SelfAttention(*weights)
    first = attend(inputs).output
    for weight in weights:
        weight[:] = 7
    assert_array_equal(attend(inputs).output, first)
    assert_array_equal(inputs, before)


def test_is_frozen():
    attend = SelfAttention(*list(example.plane)[1:])
    with pytest.raises(dataclasses.FrozenInstanceError):
        attend.query_weight = np.eye(2)
    with pytest.raises(ValueError, match="read-only"):
        attend.query_weight[0, 0] = 2
    swapped = dataclasses.replace(attend, key_weight=np.eye(2))
    assert_array_equal(swapped.key_weight, np.eye(2))


def test_result_unpacks_as_attention_does():
    result = attended(example.plane)
    assert isinstance(result, SelfAttended)
    assert isinstance(result, Attention)
    found, weights, output = result
    assert found is result.scores
    assert weights is result.weights
    assert output is result.output


def test_reprs():
    assert repr(SelfAttention(*list(example.rectangle)[1:])) == (
        "SelfAttention(d_model=4, d_k=2, d_v=6)"
    )
    lines = repr(attended(example.plane)).splitlines()
    assert lines[:3] == ["SelfAttended", "query (3, 2)", "  [[ 1.0000  2.0000]"]
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert names == ["query", "key", "value", "scores", "weights", "output"]


def test_random_has_its_shapes_and_follows_its_generator():
    attend = SelfAttention.random(5, 2, 3, np.random.default_rng(1))
    assert [getattr(attend, name).shape for name in WEIGHTS] == [(5, 2), (5, 2), (5, 3)]
    again = SelfAttention.random(5, 2, 3, rng=np.random.default_rng(1))
    other = SelfAttention.random(5, 2, 3, rng=np.random.default_rng(2))
    for name in WEIGHTS:
        assert_array_equal(getattr(again, name), getattr(attend, name))
        assert not np.array_equal(getattr(other, name), getattr(attend, name))
    assert not np.array_equal(attend.query_weight, attend.key_weight)


def test_random_is_scaled_by_the_root_of_d_model():
    attend = SelfAttention.random(400, 100, 100, np.random.default_rng(0))
    for name in WEIGHTS:
        weight = getattr(attend, name)
        assert weight.mean() == pytest.approx(0, abs=0.001)
        assert weight.std() == pytest.approx(1 / 20, rel=0.02)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        (
            {"query_weight": np.ones((3, 2))},
            ValueError,
            "same number of rows d_model.*got 3, 4 and 4",
        ),
        ({"key_weight": np.ones((4, 3))}, ValueError, "same number of columns d_k.*got 2 and 3"),
        (
            {"value_weight": np.ones((3, 2))},
            ValueError,
            "same number of rows d_model.*got 4, 4 and 3",
        ),
        *(
            ({name: np.ones(shape)}, ValueError, rf"{name} must be a matrix of shape")
            for name in WEIGHTS
            for shape in [(4,), (4, 0), (0, 2), (1, 4, 2)]
        ),
        *(
            ({name: np.full((4, 2), bad)}, ValueError, rf"{name} must be finite.*got {bad}")
            for name in WEIGHTS
            for bad in (np.nan, np.inf)
        ),
        *(
            ({name: np.ones((4, 2), kind)}, TypeError, rf"{name} must hold real numbers")
            for name in WEIGHTS
            for kind in (complex, object, str, bool)
        ),
    ],
)
def test_errors_of_weights(changed, error, message):
    weights = {name: np.ones((4, 2)) for name in WEIGHTS}
    with pytest.raises(error, match=message):
        SelfAttention(**(weights | changed))


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (
            np.ones((3, 5)),
            ValueError,
            "inputs must have as many features .*got 5 features and 4 rows",
        ),
        (
            np.ones((5, 3)),
            ValueError,
            "inputs must have as many features .*got 3 features and 4 rows",
        ),
        (np.ones(4), ValueError, r"inputs must have two axes or more.*\(4,\)"),
        (np.ones((3, 0)), ValueError, r"inputs must have one feature or more.*\(3, 0\)"),
        (np.ones((3, 4), complex), TypeError, "inputs must hold real numbers .*complex"),
        ([["a"] * 4], TypeError, "inputs must hold real numbers .*text"),
        ([[1, 2, 3, 4], [1]], ValueError, "inputs must be a full grid of numbers"),
    ],
)
def test_errors_of_inputs(inputs, error, message):
    with pytest.raises(error, match=message):
        SelfAttention(*list(example.worked)[1:])(inputs)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"d_model": 0}, ValueError, "d_model must be 1 or more, as it counts features: got 0"),
        ({"d_k": -1}, ValueError, "d_k must be 1 or more"),
        ({"d_v": 1.5}, TypeError, "d_v must be a whole number, as it counts features: got 1.5"),
        ({"d_v": True}, TypeError, "d_v must be a whole number"),
        ({"rng": 0}, TypeError, r"rng must be a generator such as np.random.default_rng\(0\).*int"),
        ({"rng": np.random}, TypeError, "rng must be a generator"),
        ({"rng": None}, TypeError, "rng must be a generator"),
    ],
)
def test_errors_of_random(changed, error, message):
    arguments = {"d_model": 4, "d_k": 3, "d_v": 2, "rng": np.random.default_rng(0)}
    with pytest.raises(error, match=message):
        SelfAttention.random(**(arguments | changed))
