"""The counting formulas against arrays that count, and against the bytes that NumPy asks for."""

import tracemalloc

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.testing import assert_allclose

from attention_core import attend, cost, layers, rivals, softmax
from tests.counting import count_of

SIZES = [(1, 1), (1, 4), (2, 1), (5, 3), (3, 5), (7, 7)]


@pytest.fixture(autouse=True)
def _views_stay(monkeypatch):
    """Our functions take arrays as they come, so that those that count are not made plain."""
    monkeypatch.setattr(np, "asarray", np.asanyarray)


def normal(*shape, dtype=np.float64):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def counted(function, *arrays):
    count, _ = count_of(function, *arrays)
    return count.get("multiplications", 0), count.get("additions", 0)


def says(made):
    return made.multiplications, made.additions


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_attention_multiplies_and_adds_as_often_as_the_formula_says(n, d):
    assert counted(attend.attention, *normal(3, n, d)) == says(cost.attention(n, d))


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_recurrence_does(n, d):
    arrays = normal(n, d), normal(d, d), normal(d, d)
    assert counted(rivals.recurrence, *arrays) == says(cost.recurrence(n, d))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize(("n", "d"), SIZES)
def test_convolution_does(n, d, k):
    arrays = normal(n, d), normal(k, d, d)
    assert counted(rivals.convolution, *arrays) == says(cost.convolution(n, d, k))


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_projections_do(n, d):
    def project(x, *weights):
        return [layers.linear(x, weight) for weight in weights]

    arrays = normal(n, d), *normal(3, d, d)
    assert counted(project, *arrays) == says(cost.projections(n, d))
    assert counted(project, *arrays[:2]) == says(cost.projections(n, d, count=1))


def near(query, key, value):
    """Attention in which each query meets r keys of its own, one set of them a row."""
    raw = (query[:, None] @ np.swapaxes(key, 1, 2))[:, 0]
    weights = softmax(raw / np.sqrt(query.shape[1]))
    return (weights[:, None] @ value)[:, 0]


@pytest.mark.parametrize("r", [1, 2, 4])
def test_restricted_attention_does(r):
    n, d = 6, 3
    query, key, value = normal(n, d), normal(n + r - 1, d), normal(n + r - 1, d)
    in_reach = [sliding_window_view(x, r, axis=0).swapaxes(1, 2) for x in (key, value)]
    assert counted(near, query, *in_reach) == says(cost.restricted(n, d, r))
    _, output = count_of(near, query, *in_reach)
    places = np.arange(n + r - 1)
    mask = (places >= np.arange(n)[:, None]) & (places < np.arange(n)[:, None] + r)
    assert_allclose(output, attend.attention(query, key, value, mask).output)


def test_restricted_to_all_is_attention():
    assert cost.restricted(5, 3, 5) == cost.attention(5, 3)


@pytest.mark.parametrize(("n", "d"), [(512, 64), (256, 512), (64, 512)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_peak_of_memory_is_as_the_formula_says(n, d, dtype):
    x, weights = normal(n, d, dtype=dtype), normal(4, d, d, dtype=dtype)
    ways = {
        "attention": (cost.attention(n, d), lambda: attend.attention(x, x, x)),
        "wide": (cost.convolution(n, d, 4), lambda: rivals.convolution(x, weights)),
        "narrow": (cost.convolution(n, d, 1), lambda: rivals.convolution(x, weights[:1])),
        "recurrence": (cost.recurrence(n, d), lambda: rivals.recurrence(x, *weights[:2])),
    }
    for name, (made, way) in ways.items():
        way()
        tracemalloc.start()
        kept = way()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept is not None
        assert 1 <= peak / (made.numbers * np.dtype(dtype).itemsize) < 1.06, name


def test_a_masked_table_is_computed_whole():
    """A window as a mask saves nothing: what it hides is scored, and then hidden."""
    query, key, value = normal(3, 8, 4)
    mask = np.tri(8, dtype=bool)
    with_mask = counted(lambda *arrays: attend.attention(*arrays, mask), query, key, value)
    assert with_mask == says(cost.attention(8, 4))


def test_operations_are_both():
    made = cost.recurrence(4, 3)
    assert made.operations == made.multiplications + made.additions == 132


def test_attention_is_the_cheaper_product_below_d_tokens():
    """Without the two small terms of softmax, and without its projections."""
    for n, d, cheaper in ((511, 512, True), (513, 512, False)):
        products = 2 * n * n * d
        assert cost.attention(n, d).multiplications == products + 2 * n * n
        assert (products < cost.recurrence(n, d).multiplications) == cheaper


@pytest.mark.parametrize(("exponent", "factor"), [(2, 3e-9), (1, 5), (0, 2), (-0.5, 1)])
def test_a_power_law_is_found_again(exponent, factor):
    x = np.array([64, 128, 512, 4096])
    law = cost.power_law(x, factor * x.astype(float) ** exponent)
    assert_allclose([law.exponent, law.factor], [exponent, factor], rtol=1e-9, atol=1e-12)
    assert law.error < 1e-9
    assert_allclose(law([2, 4]), factor * np.array([2.0, 4]) ** exponent)


def test_the_error_is_the_standard_error_of_the_slope():
    """Slopes of many noisy lines scatter as much as their errors say."""
    rng, x = np.random.default_rng(0), 2.0 ** np.arange(5, 13)
    noise = np.exp(0.1 * rng.normal(size=(2000, len(x))))
    laws = [cost.power_law(x, x**1.5 * each) for each in noise]
    assert_allclose(np.mean([law.exponent for law in laws]), 1.5, atol=0.005)
    scatter = np.std([law.exponent for law in laws])
    assert_allclose(np.sqrt(np.mean([law.error**2 for law in laws])), scatter, rtol=0.06)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2], [1, 2], "three different sizes or more"),
        ([1, 1, 2], [1, 2, 3], "three different sizes or more.*got 2"),
        ([1, 2, 3], [1, 2], "vectors of one size"),
        ([[1, 2, 3]], [[1, 2, 3]], "vectors of one size"),
        ([0, 1, 2], [1, 2, 3], "x must be above 0"),
        ([1, 2, 3], [1, -2, 3], "y must be above 0"),
        ([1, 2, 3], [1, np.inf, 3], "y must be above 0 and finite"),
        ([1, 2, np.nan], [1, 2, 3], "x must be above 0 and finite"),
    ],
)
def test_what_has_no_slope_is_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        cost.power_law(x, y)


@pytest.mark.parametrize(
    ("function", "sizes", "error", "message"),
    [
        (cost.attention, (0, 3), ValueError, "n must be 1 or more, as it counts tokens: got 0"),
        (cost.attention, (3, -1), ValueError, "d must be 1 or more, as it counts features"),
        (cost.recurrence, (3.0, 1), TypeError, "n must be a whole number"),
        (cost.convolution, (3, 1, 0), ValueError, "w must be 1 or more"),
        (cost.projections, (3, 1, 0), ValueError, "count must be 1 or more"),
        (cost.restricted, (3, 1, 4), ValueError, "r must be at most n.*got 4 and 3"),
        (cost.restricted, (3, 1, 0), ValueError, "r must be 1 or more"),
    ],
)
def test_sizes_that_count_nothing_are_refused(function, sizes, error, message):
    with pytest.raises(error, match=message):
        function(*sizes)
