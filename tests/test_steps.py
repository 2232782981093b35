"""The eight steps as data: names, order, arrays and sentences."""

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import SelfAttention, Step, example, trace
from attention_core._format import number, vector
from tests.properties import DTYPES, inputs_and_weights

ALL = {
    "worked": example.worked,
    "plane": example.plane,
    "rectangle": example.rectangle,
    "bank": example.bank("river"),
}

NAMES = {
    1: "prepare inputs",
    2: "initialise weights",
    3: "derive key, query and value",
    4: "score",
    5: "softmax",
    6: "multiply",
    7: "sum",
    8: "repeat",
}

# For each step: what goes in, what comes out.
FIELDS = {
    1: (set(), {"input"}),
    2: (set(), {"query_weight", "key_weight", "value_weight"}),
    3: ({"input", "query_weight", "key_weight", "value_weight"}, {"key", "query", "value"}),
    4: ({"query", "keys"}, {"raw_scores", "scores"}),
    5: ({"scores"}, {"exponentials", "weights"}),
    6: ({"weights", "values"}, {"weighted_values"}),
    7: ({"weighted_values"}, {"output"}),
    8: ({"queries", "keys", "values"}, {"raw_scores", "scores", "weights", "outputs"}),
}


def by_number_and_token(chosen):
    """The steps of an example by number and token."""
    return {(step.number, step.token): step for step in trace(*chosen)}


def test_order():
    found = [(step.number, step.token) for step in trace(*example.worked)]
    assert found == [
        *((1, i) for i in range(3)),
        (2, None),
        *((3, i) for i in range(3)),
        *((number, i) for i in range(3) for number in (4, 5, 6, 7)),
        (8, None),
    ]


@pytest.mark.parametrize("name", ALL)
def test_names_and_fields(name):
    for step in trace(*ALL[name]):
        assert isinstance(step, Step)
        assert step.name == NAMES[step.number]
        assert (set(step.operands), set(step.result)) == FIELDS[step.number]


def test_worked_example():
    step = by_number_and_token(example.worked)
    assert_array_equal(step[1, 1].result["input"], [0, 2, 0, 2])
    assert_array_equal(step[2, None].result["key_weight"], example.key_weight)
    assert_array_equal(step[3, 0].result["query"], [1, 0, 2])
    assert_array_equal(step[4, 0].result["raw_scores"], [2, 4, 4])
    assert_array_equal(step[4, 0].result["scores"].round(4), [1.1547, 2.3094, 2.3094])
    assert_array_equal(step[5, 0].result["weights"].round(4), [0.1361, 0.4319, 0.4319])
    assert_array_equal(step[5, 0].result["exponentials"].round(4), [0.3152, 1, 1])
    assert_array_equal(
        step[6, 0].result["weighted_values"].round(4),
        [[0.1361, 0.2723, 0.4084], [0.8639, 3.4555, 0], [0.8639, 2.5916, 1.2958]],
    )
    assert_array_equal(step[7, 0].result["output"].round(4), [1.8639, 6.3194, 1.7042])
    assert_array_equal(step[8, None].result["raw_scores"], [[2, 4, 4], [4, 16, 12], [4, 12, 10]])


def test_plane():
    step = by_number_and_token(example.plane)
    assert_array_equal(step[3, 1].result["key"], [-2, 1])
    assert_array_equal(step[4, 1].result["raw_scores"], [2, 4, 1])
    assert_array_equal(step[5, 2].result["weights"].round(4), [0.1400, 0.5760, 0.2840])
    assert_array_equal(step[7, 1].result["output"].round(4), [4.0227, 3.3794])


@given(inputs_and_weights())
def test_steps_add_up_to_self_attention(arrays):
    inputs, *weights = arrays
    expected = SelfAttention(*weights)(inputs)
    step = by_number_and_token(arrays)
    for i in range(len(inputs)):
        assert_array_equal(step[1, i].result["input"], inputs[i])
        for name in ("query", "key", "value"):
            assert_allclose(step[3, i].result[name], getattr(expected, name)[i])
        scored, normalised = step[4, i].result, step[5, i].result
        assert_allclose(scored["raw_scores"], (expected.query @ expected.key.T)[i])
        assert_allclose(scored["scores"], expected.scores[i])
        exponentials = normalised["exponentials"]
        assert exponentials.max() == 1
        assert_allclose(normalised["weights"], exponentials / exponentials.sum())
        assert_allclose(
            step[6, i].result["weighted_values"], expected.weights[i][:, None] * expected.value
        )
        total = step[7, i].operands["weighted_values"].sum(axis=0)
        assert_allclose(step[7, i].result["output"], total, atol=1e-9)
    last = step[8, None]
    for name, array in zip(("scores", "weights", "outputs"), expected, strict=True):
        assert_allclose(last.result[name], array)
    assert_allclose(last.operands["queries"], expected.query)


@pytest.mark.parametrize("name", ALL)
def test_what_goes_in_is_what_came_out(name):
    step = by_number_and_token(ALL[name])
    for i in range(len(ALL[name].inputs)):
        assert_array_equal(step[3, i].operands["input"], step[1, i].result["input"])
        assert_array_equal(step[4, i].operands["query"], step[3, i].result["query"])
        assert_array_equal(step[4, i].operands["keys"], step[8, None].operands["keys"])
        assert_array_equal(step[5, i].operands["scores"], step[4, i].result["scores"])
        assert_array_equal(step[6, i].operands["weights"], step[5, i].result["weights"])
        assert_array_equal(step[6, i].operands["values"], step[8, None].operands["values"])
        assert_array_equal(
            step[7, i].operands["weighted_values"], step[6, i].result["weighted_values"]
        )
        assert_array_equal(step[8, None].result["outputs"][i], step[7, i].result["output"])


def test_sentences_of_the_worked_example():
    step = by_number_and_token(example.worked)
    assert step[1, 0].sentence == "Input 1 is (1, 0, 1, 0), a vector of 4 numbers."
    assert step[3, 0].sentence == (
        "Input 1 is (1, 0, 1, 0). Multiplied by each projection it gives key 1, (0, 1, 1), "
        "query 1, (1, 0, 2), and value 1, (1, 2, 3)."
    )
    assert step[4, 0].sentence == (
        "Input 1 asks: its query (1, 0, 2) meets key 1 (0, 1, 1), key 2 (4, 4, 0) and key 3 "
        "(2, 3, 1); the dot products are 2, 4 and 4, and divided by √3 the scores are 1.15, 2.31 "
        "and 2.31."
    )
    assert step[5, 0].sentence == (
        "Softmax turns the scores of input 1, 1.15, 2.31 and 2.31, into weights. Less the "
        "largest, they are −1.15, 0 and 0; e to these powers is 0.32, 1 and 1; divided by the "
        "sum, 2.32, the weights are 0.14, 0.43 and 0.43."
    )
    assert step[6, 0].sentence == (
        "Each weight of input 1 multiplies its value: 0.14 times value 1 (1, 2, 3) is "
        "(0.14, 0.27, 0.41), 0.43 times value 2 (2, 8, 0) is (0.86, 3.46, 0) and 0.43 times "
        "value 3 (2, 6, 3) is (0.86, 2.59, 1.30)."
    )
    assert step[7, 0].sentence == (
        "The weighted values of input 1, (0.14, 0.27, 0.41), (0.86, 3.46, 0) and "
        "(0.86, 2.59, 1.30), add up to output 1: (1.86, 6.32, 1.70)."
    )
    assert "input 2 weighs the values with 0.0009, 0.9088 and 0.0903" in step[8, None].sentence


def test_sentences_of_the_plane_write_a_true_minus():
    step = by_number_and_token(example.plane)
    assert step[4, 0].sentence == (
        "Input 1 asks: its query (1, 2) meets key 1 (0, 1), key 2 (\u22122, 1) and key 3 "
        "(\u22121, 0); the dot products are 2, 0 and \u22121, and divided by √2 the scores are "
        "1.41, 0 and \u22120.71."
    )


@pytest.mark.parametrize("name", ALL)
def test_sentences_hold_every_number_and_no_ascii_minus(name):
    for step in trace(*ALL[name]):
        assert step.sentence.endswith(".")
        assert not re.search(r"-\d|nan|array|\bNone\b", step.sentence)
        for array in step.result.values():
            if array.ndim == 1 and step.number in (1, 3):
                assert vector(array) in step.sentence
            elif step.number != 8:
                for x in array.flat:
                    assert number(x) in step.sentence or number(x, 4) in step.sentence
        if step.token is not None:
            assert re.search(rf"\b(input|output) {step.token + 1}\b", step.sentence, re.I)


def test_sentences_about_a_single_token():
    steps = trace([[1, 2]], [[1], [1]], [[1], [0]], [[2], [1]])
    sentences = [step.sentence for step in steps]
    assert sentences[3:] == [
        "Input 1 asks: its query (3) meets key 1 (1); the dot product is 3, and divided by √1 the "
        "score is 3.",
        "Softmax turns the score of input 1, 3, into a weight. Less the largest, it is "
        "0; e to this power is 1; divided by the sum, 1, the weight is 1.",
        "Each weight of input 1 multiplies its value: 1 times value 1 (4) is (4).",
        "There is one weighted value, (4), and it is output 1.",
        "The same is done for every input: input 1 weighs the values with 1, and output 1 is (4).",
    ]


def test_records_are_frozen():
    for step in trace(*example.plane):
        with pytest.raises(dataclasses.FrozenInstanceError):
            step.sentence = ""
        for arrays in (step.operands, step.result):
            with pytest.raises(TypeError):
                arrays["more"] = np.zeros(1)
            for array in arrays.values():
                with pytest.raises(ValueError, match="read-only"):
                    array[...] = 0


def test_records_do_not_change_with_the_arrays():
    inputs, *weights = (x.copy() for x in example.plane)
    steps = trace(inputs, *weights)
    inputs[:] = 9
    assert_array_equal(steps[0].result["input"], [0, 1])


def test_repr():
    step = by_number_and_token(example.plane)
    assert repr(step[1, 1]) == (
        "Step 1 (prepare inputs, token 1): Input 2 is (2, 1), a vector of 2 numbers."
    )
    assert repr(step[8, None]).startswith("Step 8 (repeat): The same is done for every input: ")


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_is_kept(dtype):
    for step in trace(*(x.astype(dtype) for x in example.plane)):
        assert {x.dtype for x in (*step.operands.values(), *step.result.values())} == {
            np.dtype(dtype)
        }


def test_no_tokens():
    steps = trace(np.zeros((0, 4)), *list(example.worked)[1:])
    assert [step.number for step in steps] == [2, 8]
    assert steps[1].result["outputs"].shape == (0, 3)
    assert steps[1].sentence == "There are no inputs, so there are no outputs."


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        (
            {"inputs": np.ones((2, 3, 4))},
            ValueError,
            r"inputs must have two axes, \(tokens, features\), because the steps are told for one "
            r"sequence: got shape \(2, 3, 4\)",
        ),
        ({"inputs": np.ones(4)}, ValueError, "inputs must have two axes"),
        ({"inputs": np.ones((3, 5))}, ValueError, "got 5 features and 4 rows"),
        ({"inputs": [["a"]]}, TypeError, "inputs must hold real numbers"),
        ({"key_weight": np.ones((4, 2))}, ValueError, "same number of columns d_k"),
        ({"value_weight": np.full((4, 3), np.nan)}, ValueError, "value_weight must be finite"),
    ],
)
def test_errors(changed, error, message):
    names = ("inputs", "query_weight", "key_weight", "value_weight")
    arguments = dict(zip(names, example.worked, strict=True))
    with pytest.raises(error, match=message):
        trace(**(arguments | changed))
