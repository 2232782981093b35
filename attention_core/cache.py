"""A cache of keys and values: generation computes each of them once."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from attention_core._check import Floats, as_float, check_cached, check_heads, check_tokens
from attention_core.attend import scaled_dot_product_attention

__all__ = ["KeyValueCache"]


class KeyValueCache:
    """The keys and values of all tokens so far, to which those of the next are appended.

    A key or a value does not change when tokens follow, so a new token needs its own query, key
    and value alone. The arrays double in size whenever they are full, so that an append costs
    the same on average, however many tokens came before.

    Attributes
    ----------
    key : (..., g, m, d_k) array
    value : (..., g, m, d_v) array
        What has been appended: read-only views, of m tokens.
    nbytes : int
        Bytes that these take up; what is reserved for tokens to come is not counted.

    References
    ----------
    Shazeer 2019, "Fast Transformer decoding: one write-head is all you need", section 2.4,
    arXiv:1911.02150.

    Examples
    --------
    >>> cache = KeyValueCache()
    >>> cache.append([[1]], [[2]])
    >>> cache.append([[1]], [[4]])
    >>> cache.attend([[0]])
    array([[3.]])
    >>> cache
    KeyValueCache(2 tokens, 32 bytes)
    """

    def __init__(self) -> None:
        self._key: Floats | None = None
        self._value: Floats | None = None
        self._count = 0

    def __len__(self) -> int:
        """The tokens so far."""
        return self._count

    def __repr__(self) -> str:
        """The tokens, and the bytes they take."""
        return f"KeyValueCache({len(self)} token{'s' * (len(self) != 1)}, {self.nbytes} bytes)"

    @property
    def key(self) -> Floats:
        """The keys so far, (..., g, m, d_k), read-only."""
        return self._used("key", self._key)

    @property
    def value(self) -> Floats:
        """The values so far, (..., g, m, d_v), read-only."""
        return self._used("value", self._value)

    @property
    def nbytes(self) -> int:
        """Bytes of the keys and values so far."""
        return self.key.nbytes + self.value.nbytes if len(self) else 0

    def append(self, key: ArrayLike, value: ArrayLike) -> None:
        """Add the keys and values of the next tokens.

        Parameters
        ----------
        key : (..., g, t, d_k) array
        value : (..., g, t, d_v) array
            Of t tokens; all but this count must be as in the first append, dtype included.

        Raises
        ------
        ValueError
            If keys and values are not as many, or not of the shape of those before them.
        TypeError
            If their dtype is not that of those before them: nothing is rounded.
        """
        _, key, value = check_heads(key, key, value)
        self._key = self._extended("key", self._key, key)
        self._value = self._extended("value", self._value, value)
        self._count += key.shape[-2]

    def attend(self, query: ArrayLike, **options: Any) -> Any:
        """Let the newest tokens attend to all tokens up to their own.

        Parameters
        ----------
        query : (..., h, t, d_k) array
            Queries of the last t tokens that were appended; h a multiple of g.
        **options
            Those of `scaled_dot_product_attention`: `window`, `softcap`, `scale`, `mask`,
            `kv_lengths`, `softmax_dtype`, `return_stage`.

        Returns
        -------
        (..., h, t, d_v) array, or what `return_stage` makes of it
            The values, averaged with the weights of each query.

        Raises
        ------
        ValueError
            If nothing has been appended, if there are more queries than tokens, or if sizes do
            not fit.
        """
        query = as_float("query", query)
        check_tokens(query=query)
        start = len(self) - query.shape[-2]
        if start < 0:
            raise ValueError(
                "query must have at most as many tokens as were appended, because each attends "
                f"to itself, too: got {query.shape[-2]} and {len(self)}"
            )
        return scaled_dot_product_attention(
            query, self.key, self.value, is_causal=True, query_start=start, **options
        )

    def _used(self, name: str, room: Floats | None) -> Floats:
        """The part of an array that holds tokens."""
        if room is None:
            raise ValueError(f"the cache has no {name}: nothing has been appended")
        used = room[..., : self._count, :]
        used.flags.writeable = False
        return used

    def _extended(self, name: str, room: Floats | None, new: Floats) -> Floats:
        """An array that holds the new tokens, too: the same one where they fit."""
        if room is None:
            return new.copy()
        check_cached(name, room, new)
        needed = self._count + new.shape[-2]
        if needed > room.shape[-2]:
            larger = np.empty((*room.shape[:-2], 2 * needed, room.shape[-1]), room.dtype)
            larger[..., : self._count, :] = room[..., : self._count, :]
            room = larger
        room[..., self._count : needed, :] = new
        return room
