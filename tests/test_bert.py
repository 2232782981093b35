"""The BERT family: padding that does not count, names and shapes, and errors that name what is wrong.

That its numbers are those of transformers is tested in parity/test_bert.py.
"""

import json
import math
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import bert
from tests.properties import matrix

SMALL = {"vocab_size": 20, "max_position_embeddings": 12}
NARROW = {"hidden_size": 6, "intermediate_size": 7, "num_attention_heads": 2}
CONFIGS = {
    "BERT": NARROW | {"num_hidden_layers": 2},
    "RoBERTa": NARROW | {"num_hidden_layers": 2},
    "CamemBERT": NARROW | {"num_hidden_layers": 2},
    "DistilBERT": {"dim": 6, "hidden_dim": 7, "n_heads": 2, "n_layers": 2},
    "ALBERT": NARROW | {"num_hidden_layers": 3, "embedding_size": 5},
    "MobileBERT": NARROW
    | {"num_hidden_layers": 2, "embedding_size": 5, "intra_bottleneck_size": 4},
    "SesameBERT": NARROW | {"num_hidden_layers": 6},
    "SemBERT": NARROW | {"num_hidden_layers": 2, "tag_vocab_size": 8, "tag_hidden_size": 3},
}
CONFIGS = {name: bert.PUBLISHED[name] | SMALL | changed for name, changed in CONFIGS.items()}
EACH = pytest.mark.parametrize("name", CONFIGS)
REAL = np.arange(7) < np.array([7, 4, 1, 4])[:, None]


def made(name, seed=0, dtype=np.float64):
    """A small model with random weights."""
    config = CONFIGS[name]
    state = bert.random_state(config, np.random.default_rng(seed))
    return bert.from_state(config, {key: x.astype(dtype) for key, x in state.items()})


def batch(name, real=REAL, seed=0):
    """Ids, a mask, and what else a model reads, by the names of its arguments."""
    rng = np.random.default_rng(seed)
    ids = np.where(real, rng.integers(2, 20, real.shape), CONFIGS[name].get("pad_token_id", 0))
    given = {"ids": ids, "mask": real}
    if name not in ("DistilBERT", "RoBERTa", "CamemBERT"):
        given["token_types"] = rng.integers(0, 2, ids.shape)
    if name == "SemBERT":
        given["words"] = np.tile([0, 1, 1, 1, 1, 2, 3], (len(real), 1))
        given["roles"] = rng.integers(0, 8, (len(real), 3, 4))
    return given


def arrays(encoded):
    """All that a model gives."""
    others = (encoded.pooled, encoded.words, encoded.gates)
    return [*encoded.hidden, *encoded.attentions, *(x for x in others if x is not None)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@EACH
def test_shapes_and_types(name, dtype):
    model = made(name, dtype=dtype)
    found = model(**batch(name))
    layers = len(found.attentions)
    assert len(found.hidden) == layers + 1
    assert {x.shape for x in found.hidden} == {(4, 7, 6)}
    assert {x.shape for x in found.attentions} == {(4, 2, 7, 7)}
    assert {x.dtype for x in arrays(found)} == {np.dtype(dtype)}
    assert (found.pooled is None) == (name == "DistilBERT")
    assert (found.gates is None) == (name != "SesameBERT")
    assert (found.words is None) == (name != "SemBERT")
    assert f"layers={layers}, d_model=6, heads=2" in repr(model)
    assert repr(found) == f"Encoded(batch=4, n=7, d_model=6, layers={layers})"


@EACH
def test_padding_is_zeros_and_weights_are_shares(name):
    found = made(name)(**batch(name))
    for x in found.hidden:
        assert not x[~REAL].any()
        assert x[REAL].any(axis=-1).all()
    for x in found.attentions:
        assert_allclose(x.sum(-1), np.broadcast_to(REAL[:, None], x.shape[:-1]), atol=1e-12)
        hidden = np.broadcast_to(~REAL[:, None, None, :], x.shape)
        assert not x[hidden].any()


@EACH
def test_a_sentence_is_the_same_alone(name):
    model, given = made(name), batch(name)
    together = model(**given)
    for i, own in enumerate(REAL):
        alone = {key: x[i : i + 1, own] for key, x in given.items() if key != "roles"}
        if name == "SemBERT":
            alone["roles"] = given["roles"][i : i + 1]
        if name == "MobileBERT" and not own.all():
            # It reads the embedding of the padding token behind the last.
            alone = {key: x[i : i + 1, : own.sum() + 1] for key, x in given.items()}
        found = model(**alone)
        n = own.sum()
        for mine, all_of_them in zip(found.hidden, together.hidden, strict=True):
            assert_allclose(mine[0, :n], all_of_them[i, own], atol=1e-10)
        for mine, all_of_them in zip(found.attentions, together.attentions, strict=True):
            assert_allclose(mine[0, :, :n, :n], all_of_them[i][:, own][:, :, own], atol=1e-10)
        for key in ("pooled", "gates"):
            if getattr(found, key) is not None:
                assert_allclose(getattr(found, key)[0], getattr(together, key)[i], atol=1e-10)
        if found.words is not None:
            words = found.words.shape[1]
            assert_allclose(found.words[0], together.words[i, :words], atol=1e-10)
            assert not together.words[i, words:].any()


def same_bits(before, after):
    for old, new in zip(arrays(before), arrays(after), strict=True):
        assert_array_equal(old, new)
        assert_array_equal(np.signbit(old), np.signbit(new))


@EACH
def test_what_stands_on_padding_changes_nothing_to_the_bit(name):
    model, given = made(name), batch(name)
    before = model(**given)
    free = ~REAL
    if name == "MobileBERT":
        free &= np.roll(free, 1, axis=1)  # but for the first, which the last token reads
    assert free.any()
    for other in (0, 5, 19):
        changed = {key: x.copy() for key, x in given.items()}
        changed["ids"][free] = other
        if "token_types" in given:
            changed["token_types"][free] = 1
        if "words" in given:
            changed["words"][free] = -9
        same_bits(before, model(**changed))


def test_mobilebert_reads_one_place_of_padding_as_transformers_does():
    model, given = made("MobileBERT"), batch("MobileBERT")
    ids = given["ids"].copy()
    ids[1, 4] = 9
    before, after = model(**given), model(**given | {"ids": ids})
    assert np.abs(before.hidden[0][1, 3] - after.hidden[0][1, 3]).max() > 0.1
    assert_array_equal(before.hidden[0][1, :3], after.hidden[0][1, :3])
    assert_array_equal(before.hidden[-1][0], after.hidden[-1][0])


@pytest.mark.parametrize("name", ["BERT", "DistilBERT", "ALBERT", "SesameBERT"])
def test_a_mask_with_holes_hides_what_is_in_them(name):
    real = REAL & (np.arange(7) != 2)
    model, given = made(name), batch(name, real)
    before = model(**given)
    ids = np.where(real, given["ids"], 11)
    same_bits(before, model(**given | {"ids": ids}))
    assert not before.attentions[0][0, :, 2].any()
    assert not before.attentions[0][0, :, :, 2].any()
    assert_allclose(before.attentions[0][0, :, [0, 1, 3]].sum(-1), 1)


def test_the_pooler_reads_the_first_token_and_no_padding():
    model, given = made("BERT"), batch("BERT", REAL[:, ::-1])
    found = model(**given)
    first = found.hidden[-1][np.arange(4), [0, 3, 6, 3]]
    weight, bias = (model.state[f"pooler.dense.{kind}"] for kind in ("weight", "bias"))
    assert_allclose(found.pooled, np.tanh(first @ weight.T + bias))


def test_masks_may_be_what_tokenizers_give():
    model, given = made("BERT"), batch("BERT")
    ones = given | {"mask": given["mask"].astype(int).tolist(), "ids": given["ids"].tolist()}
    same_bits(model(**given), model(**ones))
    whole = {"ids": given["ids"]}
    same_bits(model(**whole), model(**whole, mask=np.ones((4, 7), bool)))


def test_arrays_are_held_and_nothing_is_changed():
    config = CONFIGS["ALBERT"]
    state = bert.random_state(config, np.random.default_rng(0))
    kept = {name: x.copy() for name, x in state.items()}
    model = bert.from_state(config, state)
    assert all(np.shares_memory(model.state[name], x) for name, x in state.items())
    first, last = model._layers[0]["query"][0], model._layers[-1]["query"][0]
    assert first is last and first.flags.c_contiguous
    given = batch("ALBERT")
    before = {name: x.copy() for name, x in given.items()}
    model(**given)
    assert all(np.array_equal(x, before[name]) for name, x in given.items())
    assert all(np.array_equal(x, kept[name]) for name, x in state.items())


def test_a_head_can_be_knocked_out():
    """As chapter 24 does: the rows of its output projection set to zero."""
    model, given = made("BERT"), batch("BERT")
    name = "encoder.layer.1.attention.output.dense.weight"
    changed = model.state[name].copy()
    changed[:, :3] = 0
    other = bert.from_state(model.config, model.state | {name: changed})
    before, after = model(**given), other(**given)
    assert_array_equal(before.hidden[1], after.hidden[1])
    assert_array_equal(before.attentions[1], after.attentions[1])
    assert np.abs(before.hidden[2] - after.hidden[2])[REAL].max() > 0.1


# --- the line that none of them changes, and what they change -----------------------------------


@EACH
def test_all_attend_by_the_same_function(name):
    given = {key: x[:1] for key, x in batch(name).items()}
    with mock.patch.object(bert, "attend", wraps=bert.attend) as attend:
        found = made(name)(**given)
    assert attend.call_count == len(found.attentions)
    for (query, key, value), _ in attend.call_args_list:
        assert query.shape[:3] == key.shape[:3] == value.shape[:3] == (1, 2, 7)


def test_attend_is_the_formula():
    rng = np.random.default_rng(0)
    query, key, value = rng.normal(size=(3, 2, 4, 5, 3))
    output, weights = bert.attend(query, key, value)
    scores = query @ key.swapaxes(-1, -2) / math.sqrt(3)
    expected = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    assert_allclose(weights, expected)
    assert_allclose(output, expected @ value)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(0, 3))
def test_positions_after_padding(ids, padding):
    found = bert.positions_after(ids, padding)
    seen = 0
    for token, position in zip(ids, found, strict=True):
        seen += token != padding
        assert position == (padding if token == padding else padding + seen)


@given(st.integers(1, 6).flatmap(lambda n: matrix(n, 2)))
def test_trigrams_are_neighbours(words):
    found = bert.trigrams(words)
    n = len(words)
    for i in range(n):
        after = words[i + 1] if i + 1 < n else np.zeros(2)
        before = words[i - 1] if i else np.zeros(2)
        assert_array_equal(found[i], [*after, *words[i], *before])


@given(st.integers(1, 6).flatmap(lambda n: matrix(n, 3)), st.floats(0.1, 3))
def test_a_blur_is_a_matrix_whose_rows_are_shares(x, sigma):
    n = len(x)
    blurring = bert.blur(np.eye(n), sigma)
    assert_allclose(blurring.sum(axis=1), 1)
    assert (blurring >= 0).all()
    assert_allclose(bert.blur(x, sigma), blurring @ x, atol=1e-12)
    if n > 2:
        taps = blurring[1, :3]
        assert_allclose(taps / taps[1], np.exp(-np.array([1, 0, 1]) / (2 * sigma**2)))


def test_blurred_attention_is_attention():
    rng = np.random.default_rng(1)
    _, weights = bert.attend(*rng.normal(size=(2, 1, 5, 3)), np.zeros((1, 5, 1)))
    value = rng.normal(size=(1, 5, 3))
    assert_allclose(bert.blur(weights @ value), bert.blur(weights) @ value)
    assert_allclose(bert.blur(weights).sum(-1), 1)


def test_gates_do_not_overflow():
    one = np.ones((1, 1))
    gates = bert.squeeze_and_excite([[1e4], [0]], (one, [0]), (one * [[-1, 1]], [0, 0]))
    assert_allclose(gates, [[0, 1], [0.5, 0.5]])


def test_sesamebert_multiplies_its_layers_by_its_gates():
    model, given = made("SesameBERT"), batch("SesameBERT")
    found = model(**given)
    with mock.patch.object(bert, "squeeze_and_excite", lambda means, *_: np.ones_like(means)):
        plain = model(**given)
    assert_array_equal(found.hidden[0], plain.hidden[0])
    for i in range(6):
        assert_allclose(found.hidden[i + 1], plain.hidden[i + 1] * found.gates[:, i, None, None])
    assert ((found.gates > 0) & (found.gates < 1)).all()
    with mock.patch.object(bert, "squeeze_and_excite", wraps=bert.squeeze_and_excite) as gate:
        model(**given)
    means = gate.call_args.args[0]
    own = [[x[i, REAL[i]].mean() for x in plain.hidden[1:]] for i in range(4)]
    assert_allclose(means, own, atol=1e-12)


@given(st.integers(1, 6).flatmap(lambda n: matrix(n, 2)))
def test_a_word_shows_the_most_of_three_pieces(pieces):
    kernel, bias = np.random.default_rng(0).normal(size=(3, 2, 2)), np.array([0.5, -0.25])
    filled = np.concatenate([pieces, np.zeros((max(0, 3 - len(pieces)), 2))])
    shown = [
        sum(filled[start + j] @ kernel[j] for j in range(3)) + bias
        for start in range(len(filled) - 2)
    ]
    expected = np.maximum(shown, 0).max(axis=0)
    assert_allclose(bert.word_from_pieces(pieces, kernel, bias), expected, atol=1e-12)


def test_without_words_each_token_is_one():
    model, given = made("SemBERT"), batch("SemBERT")
    roles = np.random.default_rng(0).integers(0, 8, (4, 3, 7))
    each = given | {"words": None, "roles": roles}
    counted = given | {"words": np.tile(np.arange(7), (4, 1)), "roles": roles}
    same_bits(model(**each), model(**counted))


def test_roles_change_words_and_leave_the_encoder_alone():
    model, given = made("SemBERT"), batch("SemBERT")
    other = given | {"roles": (given["roles"] + 1) % 8}
    before, after = model(**given), model(**other)
    assert_array_equal(before.hidden[-1], after.hidden[-1])
    assert_array_equal(before.words[..., :6], after.words[..., :6])
    assert np.abs(before.words[..., 6:] - after.words[..., 6:]).max() > 0.1


def test_albert_has_one_layer_and_turns_it_thrice():
    model = made("ALBERT")
    assert len(model._layers) == 3
    first, *others = (layer["query"][0] for layer in model._layers)
    assert all(np.shares_memory(first, other) for other in others)
    assert not any(".1." in name for name in model.state)


# --- names, shapes, published sizes -------------------------------------------------------------

#: In millions, as papers and model pages have them.
COUNTS = {
    "BERT": 109.5,
    "RoBERTa": 124.6,
    "ALBERT": 11.7,
    "SpanBERT": 108.3,
    "DistilBERT": 66.4,
    "SciBERT": 109.9,
    "BioBERT": 108.3,
    "MobileBERT": 24.8,
    "TinyBERT": 14.4,
    "CamemBERT": 110.6,
}


def test_the_twelve_are_those_of_the_front_page():
    names = "BERT RoBERTa ALBERT SpanBERT DistilBERT SesameBERT SemBERT SciBERT BioBERT MobileBERT"
    assert list(bert.PUBLISHED) == [*names.split(), "TinyBERT", "CamemBERT"]


@pytest.mark.parametrize("name", COUNTS)
def test_published_sizes(name):
    found = sum(map(math.prod, bert.shapes(bert.PUBLISHED[name]).values()))
    assert round(found / 1e6, 1) == COUNTS[name]


def test_what_sesamebert_and_sembert_add():
    def total(name):
        return sum(map(math.prod, bert.shapes(bert.PUBLISHED[name]).values()))

    # Two projections of twelve layers to four and back.
    cased = bert.PUBLISHED["BERT"] | {"vocab_size": 28996}
    plain = sum(map(math.prod, bert.shapes(cased).values()))
    assert total("SesameBERT") - plain == 12 * 4 + 4 + 4 * 12 + 12
    # A convolution, labels and what reads them, and a pooler of words in place of BERT's.
    words, roles = 3 * 768**2 + 768, 22 * 10 + 20 + (10 * 10 + 10) + (30 * 10 + 10)
    pooler = 778**2 + 778 - (768**2 + 768)
    assert total("SemBERT") - total("BERT") == words + roles + pooler


@EACH
def test_random_states_are_whole_and_the_same_for_a_seed(name):
    config = CONFIGS[name]
    state = bert.random_state(config, np.random.default_rng(3))
    assert {key: x.shape for key, x in state.items()} == bert.shapes(config)
    assert all(x.all() for x in state.values())
    again = bert.random_state(config, np.random.default_rng(3))
    assert all(np.array_equal(x, again[key]) for key, x in state.items())
    small = bert.random_state(config, np.random.default_rng(3), scale=0.25)
    assert all(np.allclose(x, 2 * small[key]) for key, x in state.items())


def test_checkpoints_as_they_are_found():
    """A prefix, older names of norms, and a buffer of positions."""
    config = CONFIGS["BERT"]
    state = bert.random_state(config, np.random.default_rng(0))
    old = {f"bert.{name}": x for name, x in state.items()}
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): x
        for name, x in old.items()
    }
    old["bert.embeddings.position_ids"] = np.arange(12)[None]
    model = bert.from_state(config, old)
    assert set(model.state) == set(state)
    given = batch("BERT")
    same_bits(bert.from_state(config, state)(**given), model(**given))


def test_a_pooler_may_be_absent():
    config = CONFIGS["BERT"]
    state = bert.random_state(config, np.random.default_rng(0))
    bare = {name: x for name, x in state.items() if "pooler" not in name}
    assert bert.from_state(config, bare)(**batch("BERT")).pooled is None


# --- errors that name what is wrong -------------------------------------------------------------


def refused(error, match, function, *arguments, **named):
    with pytest.raises(error, match=match):
        function(*arguments, **named)


@EACH
def test_a_missing_a_surplus_and_a_misshapen_weight_are_named(name):
    config = CONFIGS[name]
    state = bert.random_state(config, np.random.default_rng(0))
    for key in list(state)[:: max(1, len(state) // 5)]:
        rest = {other: x for other, x in state.items() if other != key}
        refused(ValueError, f"it lacks {key}", bert.from_state, config, rest)
        wrong = state | {key: np.zeros((3, *state[key].shape))}
        refused(ValueError, f"{key} must have shape", bert.from_state, config, wrong)
        broken = state | {key: np.full(state[key].shape, np.nan)}
        refused(ValueError, f"{key} must be finite", bert.from_state, config, broken)
    more = state | {"cls.predictions.bias": np.zeros(3)}
    refused(ValueError, r"it has cls\.predictions\.bias as well", bert.from_state, config, more)


def test_weights_of_other_types_are_refused():
    config = CONFIGS["BERT"]
    state = bert.random_state(config, np.random.default_rng(0))
    name = "pooler.dense.bias"
    mixed = state | {name: state[name].astype(np.float32)}
    refused(TypeError, "float32 alone, or float64 alone", bert.from_state, config, mixed)
    halves = {key: x.astype(np.float16) for key, x in state.items()}
    refused(TypeError, "float16", bert.from_state, config, halves)
    words = state | {name: ["a"] * 6}
    refused(TypeError, rf"{name} must hold real numbers", bert.from_state, config, words)


@pytest.mark.parametrize(
    ("name", "changed", "match"),
    [
        ("BERT", {"model_type": "gpt2"}, "model_type.*one of bert, roberta.*gpt2"),
        ("BERT", {"hidden_act": "silu"}, "hidden_act.*gelu, gelu_new, relu.*silu"),
        ("BERT", {"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ("BERT", {"is_decoder": True}, "is_decoder"),
        ("BERT", {"hidden_size": 5}, "hidden_size.*multiple of num_attention_heads.*5 and 2"),
        ("BERT", {"num_hidden_layers": 0}, "num_hidden_layers.*1 or more"),
        ("BERT", {"layer_norm_eps": 0}, "layer_norm_eps.*above 0"),
        ("DistilBERT", {"n_heads": 0}, "n_heads.*1 or more"),
        ("ALBERT", {"inner_group_num": 2}, "inner_group_num"),
        ("MobileBERT", {"trigram_input": False}, "trigram_input"),
        ("MobileBERT", {"use_bottleneck": False}, "use_bottleneck"),
        ("MobileBERT", {"use_bottleneck_attention": True}, "use_bottleneck_attention"),
        ("MobileBERT", {"key_query_shared_bottleneck": False}, "key_query_shared_bottleneck"),
        ("MobileBERT", {"normalization_type": "layer_norm"}, "normalization_type"),
        ("MobileBERT", {"classifier_activation": False}, "classifier_activation"),
        ("MobileBERT", {"intra_bottleneck_size": 3}, "intra_bottleneck_size.*multiple"),
    ],
)
def test_configurations_that_are_not_built_are_refused_by_name(name, changed, match):
    state = bert.random_state(CONFIGS[name], np.random.default_rng(0))
    refused(ValueError, match, bert.from_state, CONFIGS[name] | changed, state)


@EACH
def test_each_entry_of_a_configuration_that_is_missing_is_named(name):
    config = CONFIGS[name]
    ignored = {"hidden_act", "pad_token_id", "inner_group_num", "activation", "model_type"}
    optional = {"trigram_input", "use_bottleneck", "use_bottleneck_attention"}
    optional |= {"key_query_shared_bottleneck", "normalization_type"}
    for key in config.keys() - ignored - optional:
        rest = {other: x for other, x in config.items() if other != key}
        refused(ValueError, f'an entry "{key}"', bert.shapes, rest)
    refused(ValueError, 'an entry "model_type"', bert.shapes, {})
    refused(TypeError, "config must be a mapping", bert.shapes, [1])


def test_an_activation_and_a_padding_id_are_asked_for():
    state = bert.random_state(CONFIGS["RoBERTa"], np.random.default_rng(0))
    config = {key: x for key, x in CONFIGS["RoBERTa"].items() if key != "hidden_act"}
    refused(ValueError, 'an entry "hidden_act"', bert.from_state, config, state)
    config = {key: x for key, x in CONFIGS["RoBERTa"].items() if key != "pad_token_id"}
    refused(ValueError, 'an entry "pad_token_id"', bert.from_state(config, state), [[4]])


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"ids": [[1, 20]]}, ValueError, "between 0 and 19.*got 20 at place 1 of sentence 0"),
        ({"ids": [[1, 2], [-1, 3]]}, ValueError, "got -1 at place 0 of sentence 1"),
        ({"ids": [1, 2]}, ValueError, r"shape \(batch, n\).*\(2,\)"),
        ({"ids": np.zeros((0, 3), int)}, ValueError, r"shape \(batch, n\)"),
        ({"ids": [[0.5]]}, TypeError, "ids must hold whole numbers"),
        ({"ids": [[1] * 13]}, ValueError, "12 tokens a sentence at most.*got 13"),
        ({"ids": [[1, 2]], "mask": [[True]]}, ValueError, r"shape of ids, \(1, 2\)"),
        ({"ids": [[1, 2]], "mask": [[0.5, 1]]}, TypeError, "mask must be True.*float64"),
        ({"ids": [[1, 2]], "mask": [[2, 1]]}, TypeError, "mask must be True.*other whole"),
        ({"ids": [[1], [2]], "mask": [[1], [0]]}, ValueError, "none in sentence 1"),
        ({"ids": [[1, 2]], "token_types": [[0, 2]]}, ValueError, "token_types.*between 0 and 1"),
        ({"ids": [[1, 2]], "token_types": [[0]]}, ValueError, "token_types must have the shape"),
        ({"ids": [[1, 2]], "token_types": [[0.0, 1]]}, TypeError, "token_types must hold whole"),
        ({"ids": [[1, 2]], "roles": [[[1]]]}, ValueError, "'bert' reads none"),
        ({"ids": [[1, 2]], "words": [[0, 1]]}, ValueError, "'bert' reads none"),
    ],
)
def test_wrong_sentences_are_refused(given, error, match):
    refused(error, match, made("BERT"), **given)


def test_what_a_member_does_not_read_is_refused():
    refused(ValueError, "no token types", made("DistilBERT"), [[1, 2]], token_types=[[0, 0]])
    # Two positions of RoBERTa's table are for padding and before it.
    refused(ValueError, "10 tokens a sentence at most.*got 11", made("RoBERTa"), [[2] * 11])
    assert made("RoBERTa")([[2] * 10 + [1, 1]]).hidden[0].shape == (1, 12, 6)


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"roles": None}, ValueError, "roles must be given"),
        ({"roles": [[[0, 1]] * 2]}, ValueError, r"\(batch, num_aspect, words\), here \(1, 3, 2\)"),
        ({"roles": [[[0]] * 3]}, ValueError, r"here \(1, 3, 2\)"),
        ({"roles": [[[0, 8]] * 3]}, ValueError, "roles must be between 0 and 7"),
        ({"words": [[0, 2, 2]]}, ValueError, r"words must count from 0.*\[0, 2, 2\] in sentence 0"),
        ({"words": [[1, 1, 2]]}, ValueError, "words must count from 0"),
        ({"words": [[0, 1, 0]]}, ValueError, "words must count from 0"),
        ({"words": [[0, 1]]}, ValueError, "words must have the shape of ids"),
        ({"words": [[0.0, 1, 1]]}, TypeError, "words must hold whole numbers"),
    ],
)
def test_wrong_words_and_roles_are_refused(given, error, match):
    whole = {"ids": [[1, 2, 3]], "words": [[0, 1, 1]], "roles": [[[0, 1]] * 3]}
    assert made("SemBERT")(**whole).words.shape == (1, 2, 9)
    refused(error, match, made("SemBERT"), **whole | given)


# --- files --------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A small model as files."""
    save_file = pytest.importorskip("safetensors.numpy").save_file
    tokenizers = pytest.importorskip("tokenizers")
    config = CONFIGS["BERT"]
    save_file(
        bert.random_state(config, np.random.default_rng(0)), str(tmp_path / "model.safetensors")
    )
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    vocabulary = {f"w{i}": i for i in range(19)} | {"[UNK]": 19}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_a_model_is_loaded_from_its_files(folder):
    model, tokenizer = bert.load(folder)
    encoded = tokenizer.encode_batch(["w3 w4 w5", "w6"])
    ids, mask = [each.ids for each in encoded], [each.attention_mask for each in encoded]
    assert mask == [[1, 1, 1], [1, 0, 0]]
    found = model(ids, mask)
    same_bits(found, made("BERT")(ids, mask))
    assert model.config == CONFIGS["BERT"]
    assert bert.load(str(folder))[0](ids, mask).hidden[0].dtype == np.float64


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_files_that_are_missing_or_cut_short_are_named(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for size in (0, 7, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(ValueError, f"{name} is cut short or broken", bert.load, folder)
    path.write_bytes(b"\xff" * 40)
    refused(ValueError, f"{name} is cut short or broken", bert.load, folder)
    path.unlink()
    refused(FileNotFoundError, f"there is no .*{name}", bert.load, folder)


def test_a_configuration_must_be_one(folder):
    (folder / "config.json").write_text("[1, 2]", "utf-8")
    refused(TypeError, "config must be a mapping.*list", bert.load, folder)


def test_a_pickle_is_never_read(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    refused(FileNotFoundError, "pytorch_model.bin is not read: it is a pickle", bert.load, folder)


def test_without_the_weights_an_error_says_how_to_get_them():
    with mock.patch.object(bert, "find_spec", lambda name: None):
        refused(ModuleNotFoundError, "make model", bert.minilm)


def test_the_libraries_that_read_files_are_imported_to_read_files():
    code = (
        "import sys; from attention_core import bert\n"
        "print([m for m in ('safetensors', 'tokenizers') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
