"""Numbers in sentences."""

import numpy as np
import pytest

from attention_core._format import listing, number, vector


@pytest.mark.parametrize(
    ("x", "decimals", "text"),
    [
        (4, 2, "4"),
        (4.0000000001, 2, "4"),
        (3.999, 2, "4.00"),
        (-0.0, 2, "0"),
        (-1e-12, 2, "0"),
        (-0.001, 2, "0.00"),
        (0.43191, 2, "0.43"),
        (0.43191, 4, "0.4319"),
        (-2.5, 1, "\u22122.5"),
        (-3, 2, "\u22123"),
        (np.inf, 2, "∞"),
        (-np.inf, 2, "\u2212∞"),
        (np.nan, 2, "NaN"),
        (np.float16(0.5), 2, "0.50"),
        (12345.678, 0, "12346"),
    ],
)
def test_number(x, decimals, text):
    assert number(x, decimals) == text


def test_vector():
    assert vector([1, 0, -2.5]) == "(1, 0, \u22122.50)"
    assert vector(np.array([0.125, 1]), 3) == "(0.125, 1)"
    assert vector([]) == "()"


def test_listing():
    assert listing([2, 4, 4]) == "2, 4 and 4"
    assert listing([0.25, 1]) == "0.25 and 1"
    assert listing(["a"]) == "a"
    assert listing([]) == "none"
