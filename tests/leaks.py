"""The leak test: change what is hidden, and nothing visible moves, to the bit."""

import numpy as np


def garbage(dtype):
    """What to put where nobody may look: plain, large of either sign, and nearly nothing."""
    # Products of two such numbers, summed, stay finite: a warning would not be a leak.
    large = np.sqrt(np.finfo(dtype).max) / 4
    return (99, -large, large, np.finfo(dtype).tiny)


def assert_no_leak(attend, query, key, value, mask, extra=()):
    """Change each key and its value; queries that may not attend to it must give the same outputs.

    `attend(query, key, value, mask)` gives the outputs, (..., n, d_v); `mask` is boolean, True
    where a query may attend, and broadcasts to their (..., n, m). An `attend` with a mask of its
    own may ignore the argument. The changes are finite; `extra` adds others, such as NaN.
    """
    before = np.array(attend(query, key, value, mask))
    m = key.shape[-2]
    hidden = ~np.broadcast_to(mask, (*before.shape[:-1], m))
    assert hidden.any(), "the mask hides nothing, so nothing was tested"
    assert np.isfinite(before).all()
    for j in range(m):
        for x in (*garbage(key.dtype), *extra):
            changed_key, changed_value = key.copy(), value.copy()
            changed_key[..., j, :], changed_value[..., j, :] = x, x
            after = np.array(attend(query, changed_key, changed_value, mask))
            old, new = before[hidden[..., j]], after[hidden[..., j]]
            same = np.array_equal(old, new) and np.array_equal(np.signbit(old), np.signbit(new))
            assert same, f"{x} in key and value {j} leaks to a query that may not attend to it"
