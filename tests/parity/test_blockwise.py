"""Attention a block at a time: the cases of ONNX that it can express, and PyTorch."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from onnx import helper

from attention_core import blockwise
from tests.parity.test_onnx import CASES, split, wide

BEYOND = {"left_window_size", "right_window_size", "softcap", "softmax_precision"}
CACHED = {"past_key", "nonpad_kv_seqlen"}


def asks_for(case):
    """What a case asks of the operator."""
    (node,) = case.model.graph.node
    return {each.name for each in node.attribute} | set(node.input)


EXPRESSED = [case for case in CASES if not asks_for(case) & (BEYOND | CACHED)]


def test_there_are_as_many_cases_as_there_were():
    assert len(EXPRESSED) == 43


@pytest.mark.parametrize("case", EXPRESSED, ids=lambda case: case.name)
@pytest.mark.parametrize("block", [None, 1, 3])
def test_case(case, block):
    (node,) = case.model.graph.node
    attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    for given, expected in case.data_sets:
        inputs = dict(zip(filter(None, node.input), map(wide, given), strict=True))
        query, key, value = (inputs[name] for name in "QKV")
        flat = query.ndim == 3
        if flat:
            query = split(query, attributes["q_num_heads"])
            key, value = (split(x, attributes["kv_num_heads"]) for x in (key, value))
        found = blockwise.attention(
            query,
            key,
            value,
            inputs.get("attn_mask"),
            is_causal=attributes.get("is_causal", 0) == 1,
            scale=attributes.get("scale"),
            block=block,
        )
        if flat:
            found = np.moveaxis(found, 1, 2).reshape(*found.shape[::2], -1)
        reference = expected[0]
        rtol = case.rtol
        if reference.dtype.name == "bfloat16":
            found, rtol = found.astype(reference.dtype), 2**-6
        assert found.dtype == reference.dtype
        assert_allclose(wide(found), wide(reference), rtol=rtol, atol=case.atol)


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("stretch", [1, 20])
def test_equals_pytorch(is_causal, stretch):
    rng = np.random.default_rng(0)
    query, key, value = (rng.normal(size=(2, 4, 600, 16)) for _ in range(3))
    expected = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.from_numpy, (query * stretch, key, value)), is_causal=is_causal
    )
    found = blockwise.attention(query * stretch, key, value, is_causal=is_causal)
    assert_allclose(found, expected.numpy(), atol=1e-12)
