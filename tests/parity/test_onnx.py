"""The Attention operator of ONNX: every case that its package makes, computed by ours."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from onnx import helper

from attention_core import scaled_dot_product_attention

with warnings.catch_warnings():
    # Collecting makes the cases of all operators, and some of the others overflow on purpose.
    warnings.simplefilter("ignore")
    from onnx.backend.test.case.node import collect_testcases

    # The expanded ones hold the same numbers, for the operator written out in other operators.
    CASES = [case for case in collect_testcases("Attention") if "_expanded" not in case.name]

STAGES = ("scores", "capped", "biased", "weights")


def attend(inputs, attributes):
    """The outputs of the operator by name, from its inputs and attributes by name."""
    query, key, value = (inputs[name] for name in "QKV")
    flat = query.ndim == 3
    if flat:  # heads lie side by side in the last axis
        query = split(query, attributes["q_num_heads"])
        key, value = (split(x, attributes["kv_num_heads"]) for x in (key, value))
    start, lengths = 0, inputs.get("nonpad_kv_seqlen")
    if "past_key" in inputs:
        start = inputs["past_key"].shape[2]
        key = np.concatenate([inputs["past_key"], key], axis=2)
        value = np.concatenate([inputs["past_value"], value], axis=2)
    elif lengths is not None:
        start = lengths - query.shape[2]
    sides = (attributes.get(f"{side}_window_size", -1) for side in ("left", "right"))
    precision = attributes.get("softmax_precision")
    output, stage = scaled_dot_product_attention(
        query,
        key,
        value,
        inputs.get("attn_mask"),
        is_causal=attributes.get("is_causal", 0) == 1,
        window=tuple(None if side == -1 else side for side in sides),
        query_start=start,
        kv_lengths=lengths,
        scale=attributes.get("scale"),
        softcap=attributes.get("softcap") or None,
        softmax_dtype=precision and helper.tensor_dtype_to_np_dtype(precision),
        return_stage=STAGES[attributes.get("qk_matmul_output_mode", 0)],
    )
    if flat:
        output = np.moveaxis(output, 1, 2).reshape(*output.shape[::2], -1)
    return {"Y": output, "present_key": key, "present_value": value, "qk_matmul_output": stage}


def split(x, heads):
    """(batch, tokens, heads side by side) as (batch, heads, tokens, size)."""
    return np.moveaxis(x.reshape(*x.shape[:2], heads, -1), 1, 2)


def wide(x):
    """Brain floats, which numpy lacks, as the floats that hold them; anything else as it is."""
    return x.astype(np.float32) if x.dtype.name == "bfloat16" else x


def test_there_are_as_many_cases_as_there_were():
    assert len(CASES) == 93


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case):
    (node,) = case.model.graph.node
    attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    for given, expected in case.data_sets:
        # An input or output that is left out has an empty name, and no array.
        inputs = dict(zip(filter(None, node.input), map(wide, given), strict=True))
        outputs = attend(inputs, attributes)
        for name, reference in zip(filter(None, node.output), expected, strict=True):
            found = outputs[name]
            rtol = case.rtol
            if reference.dtype.name == "bfloat16":
                found, rtol = found.astype(reference.dtype), 2**-6  # as ONNX's own runner allows
            assert found.dtype == reference.dtype
            assert found.shape == reference.shape
            assert_allclose(wide(found), wide(reference), rtol=rtol, atol=case.atol)
