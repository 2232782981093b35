"""An array that counts: every multiplication and addition that NumPy does with it."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

import numpy as np

ONE_EACH = {
    np.multiply: "multiplications",
    np.divide: "multiplications",
    np.add: "additions",
    np.subtract: "additions",
}
#: What is neither, and what only looks.
NEITHER = {np.exp, np.tanh, np.maximum, np.equal, np.logical_or}


class Counted(np.ndarray):
    """A view of an array. What is computed from it is counted too, on one count for all."""

    count: ClassVar[Counter[str]] = Counter()

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [x.view(np.ndarray) if isinstance(x, Counted) else x for x in inputs]
        if out is not None:
            options["out"] = tuple(x.view(np.ndarray) for x in out)
        result = np.asarray(getattr(ufunc, method)(*plain, **options))
        if ufunc is np.matmul:
            terms = np.shape(plain[0])[-1]
            self.count["multiplications"] += result.size * terms
            self.count["additions"] += result.size * (terms - 1)
        elif ufunc in ONE_EACH:
            done = np.size(plain[0]) - result.size if method == "reduce" else result.size
            self.count[ONE_EACH[ufunc]] += done
        else:
            assert ufunc in NEITHER, f"nobody said how {ufunc} counts"
        return out[0] if out is not None else result.view(Counted)

    def __array_function__(self, function, types, args, kwargs):
        result = super().__array_function__(function, types, args, kwargs)
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def count_of(function, *arrays):
    """How often a function of ours multiplies and adds, and what it gives."""
    Counted.count.clear()
    result = function(*(np.array(each, float).view(Counted) for each in arrays))
    return dict(Counted.count), result.view(np.ndarray) if isinstance(result, Counted) else result
