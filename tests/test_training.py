"""Training: the loss and the whole model against central differences, Adam, the tasks, the loop."""

import io
import math
import sys
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from attention_core import MultiHeadAttention, masks, softmax, training
from attention_core.training import (
    Adam,
    TinyTransformer,
    accuracy,
    cross_entropy,
    recall,
    reversal,
    train,
)

DRAW = partial(reversal, length=4, letters=5)
OPTIONS = [{}, {"positions": False}, {"residuals": False}, {"causal": True}, {"heads": 3}]


def small(**options):
    """A model whose sizes all differ."""
    sizes = {"d_model": 6, "heads": 2, "layers": 2, "d_ff": 7} | options
    return TinyTransformer(vocabulary=20, length=7, answers=5, **sizes)


def a_case(model, seed=0):
    """Weights off their beginnings, in float64, and a batch shorter than the model's length."""
    rng = np.random.default_rng(seed)
    weights = model.initial(rng, np.float64)
    weights += 0.1 * rng.normal(size=weights.shape)
    return weights, *recall(rng, 3, cards=3, letters=4)


# --- the loss -----------------------------------------------------------------------------------


def test_cross_entropy_is_the_mean_of_what_is_asked():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 3, 5)), np.array([[0, -1, 4], [-1, 2, 2]])
    loss, d_logits = cross_entropy(logits, targets)
    probabilities = softmax(logits)
    asked = [probabilities[i, j, t] for (i, j), t in np.ndenumerate(targets) if t >= 0]
    assert_allclose(loss, -np.mean(np.log(asked)), rtol=1e-14)
    assert_array_equal(d_logits[targets < 0], 0)
    assert_allclose(d_logits.sum(axis=-1), 0, atol=1e-15)
    for place in np.ndindex(logits.shape):
        moved = []
        for sign in (1, -1):
            nudged = logits.copy()
            nudged[place] += sign * 1e-6
            moved.append(cross_entropy(nudged, targets)[0])
        assert_allclose(d_logits[place], (moved[0] - moved[1]) / 2e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_huge_logits(dtype):
    loss, d_logits = cross_entropy(np.array([[3e4, 0], [-3e4, 3e4]], dtype), [1, 1])
    assert loss == 1.5e4
    assert_array_equal(d_logits, np.array([[0.5, -0.5], [0, 0]], dtype))
    assert d_logits.dtype == dtype


def test_cross_entropy_changes_nothing_it_is_given():
    logits, targets = np.ones((2, 3)), np.array([1, -1])
    cross_entropy(logits, targets)
    assert_array_equal(logits, 1)
    assert_array_equal(targets, [1, -1])


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        ([0, 1, 2], ValueError, r"targets must have shape \(2,\), one for each row.*\(3,\)"),
        ([0, 3], ValueError, "targets must be between -1 and 2, as there are 3 answers.*got 3"),
        ([0, -2], ValueError, "targets must be between -1 and 2.*got -2"),
        ([-1, -1], ValueError, "must ask for something"),
        ([0.0, 1.0], TypeError, "targets must hold whole numbers"),
    ],
)
def test_wrong_targets_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(np.zeros((2, 3)), targets)


# --- Adam ---------------------------------------------------------------------------------------


def test_adam_as_in_the_paper():
    rng = np.random.default_rng(0)
    weights, rate, (b1, b2), eps = rng.normal(size=5), 0.05, (0.8, 0.95), 1e-6
    adam, moments, expected, m, v = Adam(rate, (b1, b2), eps), None, weights, 0.0, 0.0
    for t in range(1, 8):
        g = rng.normal(size=5)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        expected = expected - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
        before = weights.copy()
        new, moments = adam.step(weights, g, moments)
        assert_array_equal(weights, before)
        weights = new
        assert moments.steps == t
    assert_allclose(weights, expected, rtol=1e-12)


def test_adam_takes_a_share_of_the_rate_and_keeps_the_dtype():
    weights, gradient = np.ones(2, np.float32), np.array([3, -4], np.float32)
    whole, moments = Adam(0.1).step(weights, gradient)
    half, _ = Adam(0.1).step(weights, gradient, rate=0.5)
    assert_allclose(1 - half, (1 - whole) / 2, rtol=1e-5)
    assert whole.dtype == moments.mean.dtype == moments.square.dtype == np.float32


def test_adam_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"gradient must have shape \(3,\)"):
        Adam().step(np.zeros(3), np.zeros(2))


# --- the tasks ----------------------------------------------------------------------------------


def test_reversal():
    tokens, targets = reversal(np.random.default_rng(1), 200, length=6, letters=9)
    assert tokens.shape == targets.shape == (200, 6)
    assert set(np.unique(tokens)) == set(range(9))
    for told, said in zip(tokens.tolist(), targets.tolist(), strict=True):
        assert said == told[::-1]


def test_recall():
    tokens, targets = recall(np.random.default_rng(1), 200, cards=3, letters=5)
    assert tokens.shape == targets.shape == (200, 6)
    assert set(np.unique(tokens)) == set(range(30))
    for told, said in zip(tokens.tolist(), targets.tolist(), strict=True):
        digit_of = dict(divmod(card, 5) for card in told[:3])
        asked = [letter - 25 for letter in told[3:]]
        assert len(digit_of) == 3
        assert sorted(asked) == sorted(digit_of)
        assert said == [-1] * 3 + [digit_of[letter] for letter in asked]
    assert (tokens[:, 3:] - 25 != tokens[:, :3] // 5).any(axis=1).mean() > 0.5


def test_tasks_refuse_what_cannot_be():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"cards must not be more than letters.*got 4 and 3"):
        recall(rng, 1, cards=4, letters=3)
    with pytest.raises(ValueError, match="length must be 1 or more"):
        reversal(rng, 1, length=0, letters=3)
    with pytest.raises(TypeError, match="rng must be a generator"):
        reversal(0, 1, length=2, letters=3)


# --- the model ----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_gradient_is_that_of_nudging(options):
    model = small(**options)
    weights, tokens, targets = a_case(model)
    loss, gradient = model.loss(weights, tokens, targets)
    assert_allclose(loss, cross_entropy(model(weights, tokens).logits, targets)[0])
    places = model.named(np.arange(len(weights))).values()
    for place in np.concatenate([part.ravel()[:: 1 + part.size // 5] for part in places]):
        moved = []
        for sign in (1, -1):
            nudged = weights.copy()
            nudged[place] += sign * 1e-5
            moved.append(cross_entropy(model(nudged, tokens).logits, targets)[0])
        assert_allclose(gradient[place], (moved[0] - moved[1]) / 2e-5, rtol=1e-6, atol=1e-8)


def test_the_vector_has_every_weight_once():
    model = small()
    weights = np.arange(float(len(model.initial(np.random.default_rng(0)))))
    named = model.named(weights)
    assert_array_equal(np.concatenate([part.ravel() for part in named.values()]), weights)
    named["1.mix.weight"][0, 0] = -5
    assert (weights == -5).sum() == 1
    assert {name: part.shape for name, part in named.items()} == model.shapes
    assert "positions" not in small(positions=False).shapes


def test_weights_at_the_beginning():
    model = TinyTransformer(50, 40, 5, d_model=64, heads=2, d_ff=128)
    named = model.named(model.initial(np.random.default_rng(0), np.float64))
    for name, part in named.items():
        if name.endswith("gain"):
            assert_array_equal(part, 1)
        elif name.endswith("bias"):
            assert_array_equal(part, 0)
        else:
            spread = 1 if name in ("embedding", "positions") else 1 / math.sqrt(len(part))
            spread *= 0.2 if name[2:] in ("mix.weight", "narrow.weight") else 1
            assert_allclose(np.std(part), spread, rtol=0.1)


def test_what_a_model_gives():
    model = small()
    weights, tokens, _ = a_case(model)
    logits, attention = model(weights, tokens)
    assert logits.shape == (3, 6, 5)
    assert [a.shape for a in attention] == [(3, 2, 6, 6)] * 2
    for a in attention:
        assert_allclose(a.sum(axis=-1), 1)
    single = model(weights.astype(np.float32), tokens)
    assert single.logits.dtype == single.attention[0].dtype == np.float32
    assert_allclose(single.logits, logits, atol=1e-4)
    assert model.loss(weights.astype(np.float32), tokens, tokens % 5)[1].dtype == np.float32


def test_without_positions_order_does_not_matter():
    model = small(positions=False)
    weights, tokens, _ = a_case(model)
    order = np.random.default_rng(0).permutation(tokens.shape[1])
    assert_allclose(
        model(weights, tokens[:, order]).logits, model(weights, tokens).logits[:, order], atol=1e-12
    )
    model = small()
    weights = a_case(model)[0]
    there, back = model(weights, tokens[:, order]).logits, model(weights, tokens).logits[:, order]
    assert np.abs(there - back).max() > 0.1


def test_a_causal_model_does_not_look_ahead():
    model = small(causal=True)
    weights, tokens, _ = a_case(model)
    before = model(weights, tokens)
    for place in range(tokens.shape[1]):
        changed = tokens.copy()
        changed[:, place] = (changed[:, place] + 1) % 20
        after = model(weights, changed)
        assert_array_equal(after.logits[:, :place], before.logits[:, :place])
        assert np.abs(after.logits[:, place:] - before.logits[:, place:]).min(axis=-1).max() > 0
    shorter = model(weights, tokens[:, :4]).logits
    assert_allclose(shorter, before.logits[:, :4], atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"positions": False}, {"causal": True}], ids=str)
def test_it_is_an_encoder_with_the_norm_first(options):
    transformer = pytest.importorskip("attention_core.transformer")
    layers = pytest.importorskip("attention_core.layers")
    model = small(**options)
    weights, tokens, _ = a_case(model)
    w = model.named(weights)

    def norm(name):
        return layers.LayerNorm(w[f"{name}.gain"], w[f"{name}.bias"])

    def layer(i):
        split = np.split(w[f"{i}.projections.weight"], 3, axis=1)
        biases = np.split(w[f"{i}.projections.bias"], 3)
        attend = MultiHeadAttention(
            *split, w[f"{i}.mix.weight"], 2, None, *biases, w[f"{i}.mix.bias"]
        )
        names = ("widen.weight", "widen.bias", "narrow.weight", "narrow.bias")
        forward = layers.FeedForward(*(w[f"{i}.{name}"] for name in names))
        return transformer.EncoderLayer(
            attend, norm(f"{i}.norm1"), forward, norm(f"{i}.norm2"), norm_first=True
        )

    n = tokens.shape[1]
    x = w["embedding"][tokens] + (w["positions"][:n] if model.positions else 0)
    mask = masks.causal(n) if model.causal else None
    x = norm("norm")(layer(1)(layer(0)(x, mask), mask))
    logits = layers.linear(x, w["logits.weight"], w["logits.bias"])
    assert_allclose(model(weights, tokens).logits, logits, atol=1e-12)


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        ([1, 2], ValueError, r"tokens must have shape \(batch, n\).*got shape \(2,\)"),
        ([[0] * 8], ValueError, "sequences of 1 to 7 tokens"),
        (np.zeros((2, 0), int), ValueError, "sequences of 1 to 7 tokens"),
        ([[3, 20]], ValueError, "tokens must be between 0 and 19.*20 words: got 20"),
        ([[3, -1]], ValueError, "got -1"),
        ([[0.5]], TypeError, "tokens must hold whole numbers"),
    ],
)
def test_wrong_tokens_are_refused(tokens, error, message):
    model = small()
    weights = model.initial(np.random.default_rng(0))
    with pytest.raises(error, match=message):
        model(weights, tokens)
    with pytest.raises(error, match=message):
        model.loss(weights, tokens, tokens)


def test_other_wrong_things_are_refused():
    model = small()
    weights = model.initial(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"weights must have shape.*all weights of the model"):
        model(weights[1:], [[0]])
    with pytest.raises(ValueError, match=r"targets must have shape \(1, 2\)"):
        model.loss(weights, [[0, 1]], [[0]])
    with pytest.raises(ValueError, match="d_model must be a multiple of heads"):
        small(heads=4)
    with pytest.raises(ValueError, match="layers must be 1 or more"):
        small(layers=0)
    with pytest.raises(TypeError, match="rng must be a generator"):
        model.initial(0)


# --- the loop -----------------------------------------------------------------------------------


def run(steps=30, seed=0, **how):
    model = TinyTransformer(5, 4, 5, d_model=12, heads=2, layers=1, d_ff=12)
    return model, list(train(model, DRAW, steps, np.random.default_rng(seed), **how))


def test_a_run_is_told_step_by_step_and_learns():
    model, told = run(steps=200)
    assert [progress.step for progress in told] == list(range(1, 201))
    assert told[0].loss > 1.2
    assert told[-1].loss < 0.1
    assert accuracy(model, told[-1].weights, *DRAW(np.random.default_rng(9), 200)) > 0.99
    assert told[0].weights is not told[1].weights  # what was told stays as it was


def test_the_same_seed_gives_the_same_run():
    runs = [run(seed=seed)[1] for seed in (3, 3, 4)]
    losses = [[progress.loss for progress in told] for told in runs]
    assert losses[0] == losses[1]
    assert_array_equal(runs[0][-1].weights, runs[1][-1].weights)
    assert losses[0] != losses[2]


def test_the_rate_rises_and_falls():
    weights = run(steps=60)[1]
    moved = [np.abs(after.weights - before.weights).max() for before, after in pairwise(weights)]
    assert np.argmax(moved) < 10
    assert moved[-1] < max(moved) / 10


def test_float64_runs_in_float64():
    assert run(steps=2, dtype=np.float64)[1][-1].weights.dtype == np.float64


def test_a_loss_that_is_no_number_stops_the_run_at_once(monkeypatch):
    whole = TinyTransformer.loss

    def breaks(self, weights, tokens, targets):
        breaks.calls += 1
        weights = weights.copy()
        if breaks.calls == 5:
            weights[0:24] = np.nan
        return whole(self, weights, tokens, targets)

    breaks.calls = 0
    monkeypatch.setattr(TinyTransformer, "loss", breaks)
    with pytest.raises(FloatingPointError, match=r"the loss is nan at step 5.*smaller rate"):
        run()
    assert breaks.calls == 5


@pytest.mark.filterwarnings("error")
def test_infinite_logits_are_said_to_be_so():
    loss, _ = cross_entropy([[np.inf, 0.0]], [0])
    assert math.isnan(loss)


def test_a_run_that_diverges_stops_at_once():
    with pytest.raises(FloatingPointError, match="training diverges; try a smaller rate") as caught:
        run(rate=30.0)
    step = int(str(caught.value).split("at step ")[1].split(" ")[0])
    assert step < 10


def test_wrong_counts_are_refused():
    for wrong in ({"steps": 0}, {"batch": 0}):
        with pytest.raises(ValueError, match="must be 1 or more"):
            run(**wrong)


class Terminal(io.StringIO):
    """Where a person watches, or does not."""

    watched = True

    def isatty(self):
        return self.watched


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_is_shown_where_a_person_watches(monkeypatch, watched):
    terminal = Terminal()
    terminal.watched = watched
    monkeypatch.setattr(sys, "stderr", terminal)
    told = run(steps=4)[1]
    shown = terminal.getvalue()
    if not watched:
        assert shown == ""
        return
    assert shown.count("\r") == 4
    assert shown.endswith(f"\r{'█' * 20} 4/4 loss {told[-1].loss:.4f}\n")
    assert f"\r{'█' * 5}{'░' * 15} 1/4" in shown


def test_accuracy_counts_what_is_asked():
    model = small()
    weights, tokens, _ = a_case(model)
    right = model(weights, tokens).logits.argmax(axis=-1)
    assert accuracy(model, weights, tokens, right) == 1
    targets = np.full_like(right, -1)
    targets[0, :4] = right[0, :4]
    targets[0, 0] = (right[0, 0] + 1) % 5
    assert accuracy(model, weights, tokens, targets) == 0.75


def test_all_is_there():
    assert set(training.__all__) <= set(dir(training))
