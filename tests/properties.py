"""Hypothesis settings and strategies that the property tests share."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# The same examples at every run, nothing kept on disk, and no time limit for one example.
settings.register_profile("book", max_examples=40, deadline=None, derandomize=True, database=None)
settings.load_profile("book")

DTYPES = (np.float16, np.float32, np.float64, np.longdouble)

numbers = st.floats(-8, 8, width=16)
sizes = st.integers(1, 4)


def matrix(rows, columns):
    """A strategy for float64 matrices of one shape."""
    return hnp.arrays(np.float64, (rows, columns), elements=numbers)


@st.composite
def queries_keys_values(draw):
    """A strategy for queries, keys and values that fit each other, all four sizes drawn."""
    n, m, d_k, d_v = (draw(sizes) for _ in range(4))
    return draw(matrix(n, d_k)), draw(matrix(m, d_k)), draw(matrix(m, d_v))


@st.composite
def inputs_and_weights(draw):
    """A strategy for inputs and three matrices that fit each other, all four sizes drawn."""
    n, d_model, d_k, d_v = (draw(sizes) for _ in range(4))
    columns = (d_k, d_k, d_v)
    return draw(matrix(n, d_model)), *(draw(matrix(d_model, size)) for size in columns)
