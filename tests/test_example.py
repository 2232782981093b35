"""The examples have the numbers of the book, and the quirks or the lack of them."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from attention_core import example
from attention_core.example import Example

ALL = {
    "worked": example.worked,
    "plane": example.plane,
    "rectangle": example.rectangle,
    "river": example.bank("river"),
    "money": example.bank("money"),
}


def projected(chosen):
    """Queries, keys and values of an example."""
    inputs, *weights = chosen
    return tuple(inputs @ weight for weight in weights)


def test_worked_example():
    assert_array_equal(example.inputs, [[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]])
    assert_array_equal(example.key_weight, [[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]])
    assert_array_equal(example.query_weight, [[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]])
    assert_array_equal(example.value_weight, [[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]])
    query, key, value = projected(example.worked)
    assert_array_equal(key, [[0, 1, 1], [4, 4, 0], [2, 3, 1]])
    assert_array_equal(query, [[1, 0, 2], [2, 2, 2], [2, 1, 3]])
    assert_array_equal(value, [[1, 2, 3], [2, 8, 0], [2, 6, 3]])
    assert_array_equal(query @ key.T, [[2, 4, 4], [4, 16, 12], [4, 12, 10]])


def test_worked_example_has_its_quirks():
    inputs = example.inputs
    assert_array_equal(inputs[2], inputs[0] + inputs[1] / 2)
    query, key, _ = projected(example.worked)
    assert_array_equal(query @ key.T, key @ query.T)


def test_module_names_are_those_of_the_worked_example():
    for name in ("inputs", "query_weight", "key_weight", "value_weight"):
        assert getattr(example, name) is getattr(example.worked, name)


def test_plane():
    query, key, value = projected(example.plane)
    assert_array_equal(query, [[1, 2], [-1, 2], [-1, 0]])
    assert_array_equal(key, [[0, 1], [-2, 1], [-1, 0]])
    assert_array_equal(value, [[1, 2], [5, 4], [2, 1]])
    assert_array_equal(query @ key.T, [[2, 0, -1], [2, 4, 1], [0, 2, 1]])


def test_bank():
    river, money = example.bank("river"), example.bank("money")
    assert_array_equal(river.inputs, [[2, 0, 0], [1, 1, 1]])
    assert_array_equal(money.inputs, [[0, 2, 0], [1, 1, 1]])
    assert river.tokens == ("river", "bank")
    assert money.tokens == ("money", "bank")
    for mine, other in zip(list(river)[1:], list(money)[1:], strict=True):
        assert_array_equal(mine, other)


@pytest.mark.parametrize("word", ["brook", "", "River", None])
def test_bank_of_another_word(word):
    with pytest.raises(ValueError, match='neighbour must be "river" or "money": got'):
        example.bank(word)


def test_rectangle_has_five_sizes_and_no_quirk():
    chosen = example.rectangle
    (n, d_model), (m, _) = chosen.inputs.shape, chosen.memory.shape
    (_, d_k), (_, d_v) = chosen.query_weight.shape, chosen.value_weight.shape
    assert (n, m, d_model, d_k, d_v) == (3, 5, 4, 2, 6)
    query, key, _ = projected(chosen)
    for raw_scores in (query @ key.T, query @ (chosen.memory @ chosen.key_weight).T):
        assert raw_scores.min() < 0
        assert (raw_scores == 0).any()
        assert all(len(set(row)) == len(row) for row in raw_scores)
        assert len(set(raw_scores.argmax(axis=1))) > 1
    raw_scores = query @ key.T
    assert all(raw_scores[i, j] != raw_scores[j, i] for i in range(n) for j in range(i))


@pytest.mark.parametrize("name", ALL)
def test_examples_are_frozen_whole_float64(name):
    chosen = ALL[name]
    assert isinstance(chosen, Example)
    assert len(chosen.tokens) == len(chosen.inputs)
    for array in (*chosen, chosen.memory):
        assert array.dtype == np.float64
        assert_array_equal(array, np.round(array))
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 9
    with pytest.raises(AttributeError):
        chosen.inputs = np.zeros((3, 4))
    assert (chosen.memory is chosen.inputs) == (name != "rectangle")


def test_repr():
    assert repr(example.bank("river")) == "\n".join(
        [
            "Example of river, bank",
            "inputs (2, 3)",
            "  [[2 0 0]",
            "   [1 1 1]]",
            "query_weight (3, 2)",
            "  [[0 0]",
            "   [0 0]",
            "   [1 1]]",
            "key_weight (3, 2)",
            "  [[ 1  0]",
            "   [ 0  1]",
            "   [-1 -1]]",
            "value_weight (3, 2)",
            "  [[1 0]",
            "   [0 1]",
            "   [0 0]]",
        ]
    )
    assert "memory (5, 4)" in repr(example.rectangle)


def test_values_of_the_rectangle():
    # Worked by hand.
    e = example.rectangle
    assert (e.inputs @ e.value_weight).tolist() == [
        [-1, 4, 2, 1, 3, 4],
        [1, 0, 2, 0, 2, 4],
        [5, 2, 4, 3, 5, 4],
    ]
