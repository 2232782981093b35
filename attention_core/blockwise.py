"""Attention a block at a time: the table of scores is never held whole."""

import math
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attention_core._check import (
    Floats,
    as_floats,
    check_below_infinity,
    check_count,
    check_flag,
    check_heads,
    check_mask,
    check_number,
    check_same_count,
    check_short_mask,
)
from attention_core.scores import scaled_dot

__all__ = ["attention", "online"]

#: So many queries and keys make a block, whose scores stay in a processor's cache.
BLOCK = 256
#: Scores known to lie between -REACH and REACH need no shift: their exponentials stay in range.
REACH = 30.0


def online(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    block: int = 1,
) -> Floats:
    """Attention that meets the keys a block at a time.

    Of each query it keeps the highest score so far, the total of the exponentials so far, and the
    values weighted by them so far, unnormalised. A higher score shrinks what is there.

    Parameters
    ----------
    query : (..., n, d_k) array
    key : (..., m, d_k) array
    value : (..., m, d_v) array
    block : int
        How many keys to meet at a time.

    Returns
    -------
    (..., n, d_v) array
        For each query, the average of the values, weighted by softmax of its scaled scores.

    Raises
    ------
    ValueError
        If sizes do not fit, or there is no key.
    TypeError
        If an argument holds anything but real numbers.

    References
    ----------
    Milakov and Gimelshein 2018, "Online normalizer calculation for softmax", arXiv:1805.02867.

    Examples
    --------
    >>> online([[1, 0]], [[3, 1], [3, 2]], [[2, 0], [4, 8]])
    array([[3., 4.]])
    """
    query, key, value = as_floats(query=query, key=key, value=value)
    check_same_count(query, key, value)
    check_count("the number of keys", key.shape[-2], "keys", least=1)
    highest: Floats | float = -np.inf
    total: Floats | float = 0.0
    mixed: Floats | float = 0.0
    check_count("block", block, "keys", least=1)
    for first in range(0, key.shape[-2], block):
        some = slice(first, first + block)
        scores = scaled_dot(query, key[..., some, :])
        higher = np.maximum(highest, scores.max(axis=-1, keepdims=True))
        shrink = np.exp(highest - higher)
        exponentials = np.exp(scores - higher)
        total = total * shrink + exponentials.sum(axis=-1, keepdims=True)
        mixed = mixed * shrink + exponentials @ value[..., some, :]
        highest = higher
    output: Floats = np.divide(mixed, total)
    return output


def attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
    block: int | None = None,
    threads: int | None = None,
) -> Floats:
    """The result of `scaled_dot_product_attention`, in memory that grows with n, not n².

    Parameters
    ----------
    query : (..., h, n, d_k) array
    key : (..., g, m, d_k) array
    value : (..., g, m, d_v) array
        h must be a multiple of g; arrays of two axes are one head.
    mask : array that broadcasts to (..., h, n, m), optional
        Boolean: True means "may attend". Floating: added to the scores. A last axis shorter than
        m hides the keys it does not reach.
    is_causal : bool
        No query sees what comes after it. Blocks that no query of theirs sees are skipped.
    scale : float, optional
        What query times key is multiplied by; 1 / sqrt(d_k) if not given.
    block : int, optional
        How many queries, and how many keys, make a block; 256 if not given.
    threads : int, optional
        How many blocks of queries to work on at a time. Threads of ours and those of NumPy's own
        products get into each other's way. So if not given it is one, unless Python was started
        with OPENBLAS_NUM_THREADS=1: then it is as many as this process may use processors.

    Returns
    -------
    (..., h, n, d_v) array
        The values, averaged with the weights of each query. Arrays of one floating dtype give
        that dtype; halves are computed in float32. A query that sees nothing gets zeros. A value
        of weight 0 adds nothing, even if it is NaN.

    Raises
    ------
    ValueError
        If sizes, heads or axes do not fit, if a count is below 1, or if a score in view overflows
        to +inf.
    TypeError
        If an argument is of the wrong type.

    References
    ----------
    Rabe and Staats 2021, "Self-attention does not need O(n²) memory", arXiv:2112.05682; Dao et
    al. 2022, "FlashAttention", arXiv:2205.14135.

    Examples
    --------
    >>> attention([[0], [0]], [[1], [1]], [[2], [4]], is_causal=True, block=1)
    array([[2.],
           [3.]])
    """
    given = _Given.of(query, key, value, mask, is_causal, scale, BLOCK if block is None else block)
    threads = _processors() if threads is None else check_count("threads", threads, "threads", 1)
    output = _swept(given, threads)
    if given.spoiled is not None:
        other = replace(given, value=given.spoiled, spoiled=None, power=0)
        found, as_it_is = np.split(_swept(other, threads), 2, axis=-1)
        output = np.where(found > 0, as_it_is, output)
    return output[0] if given.plane else output


def _swept(given: "_Given", threads: int) -> Floats:
    """The averages of the values, in as many threads at a time."""
    output = np.empty((*given.query.shape[:-1], given.value.shape[-1]), given.dtype)
    places = iter(given.places())
    with np.errstate(all="ignore"):
        _together(lambda: _Desk.of(given).fill(output, places), min(threads, len(given.places())))
    return output


@dataclass(frozen=True, eq=False)
class _Given:
    """What came, checked, in the type to compute in, with axes for batch and heads."""

    query: Floats
    key: Floats
    value: Floats
    mask: NDArray[Any] | None
    is_causal: bool
    scale: float
    block: int
    dtype: np.dtype[Any]
    plane: bool
    spoiled: Floats | None
    power: int
    bounds: Floats

    @classmethod
    def of(
        cls,
        query: ArrayLike,
        key: ArrayLike,
        value: ArrayLike,
        mask: ArrayLike | None,
        is_causal: bool,
        scale: float | None,
        block: int,
    ) -> "_Given":
        """All of it, or an error that says what is wrong with it."""
        query, key, value = check_heads(query, key, value)
        if mask is not None:
            mask = check_short_mask(mask, key.shape[-2])
            reached = slice(mask.shape[-1] if mask.ndim else None)
            key, value = key[..., reached, :], value[..., reached, :]
        scale = 1 / math.sqrt(key.shape[-1]) if scale is None else check_number("scale", scale)
        flag, block = check_flag("is_causal", is_causal), check_count("block", block, least=1)
        dtype, plane = np.result_type(query, key, value), query.ndim == key.ndim == value.ndim == 2
        arrays = [_with_heads(x, dtype) for x in (query, key, value)]
        batch = np.broadcast_shapes(*(x.shape[:-3] for x in arrays))
        query, key, value = (np.broadcast_to(x, (*batch, *x.shape[-3:])) for x in arrays)
        if mask is not None:
            shape = (*query.shape[:-1], key.shape[-2])
            table = np.broadcast_to(query.dtype.type(0), shape[-2:] if plane else shape)
            mask = np.broadcast_to(check_mask(mask, table), shape)
        value, spoiled, power = _tame(value)
        bounds = _longest(key) * abs(scale)
        if mask is not None and mask.dtype != bool:
            bounds = np.full_like(bounds, np.inf)  # what is added may be large
        return cls(
            query, key, value, mask, flag, scale, block, dtype, plane, spoiled, power, bounds
        )

    def places(self) -> list[tuple[tuple[int, ...], int]]:
        """Each head and first query of a block."""
        firsts = range(0, self.query.shape[-2], self.block)
        return [(head, first) for head in np.ndindex(self.query.shape[:-2]) for first in firsts]


@dataclass(frozen=True, eq=False)
class _Desk:
    """The room one thread works in, made once: for blocks of queries, keys, values and scores.

    What is no product of matrices goes into one. A column of ones beside the values makes their
    mix end on the total of the exponentials. A column of ones beside the keys, against one of
    shifts beside the queries, takes the highest score so far from each score that comes.
    """

    given: _Given
    query: Floats
    key: Floats
    value: Floats
    scores: Floats
    mixed: Floats
    part: Floats

    @classmethod
    def of(cls, given: _Given) -> "_Desk":
        """A desk for what is given, all ones."""
        n, m = (min(given.block, x.shape[-2]) for x in (given.query, given.key))
        d_k, d_v = given.key.shape[-1] + 1, given.value.shape[-1] + 1
        sizes = (n, d_k), (m, d_k), (m, d_v), (n * m,), (n, d_v), (n, d_v)
        return cls(given, *(np.ones(size, given.query.dtype) for size in sizes))

    def fill(self, output: Floats, places: Iterator[tuple[tuple[int, ...], int]]) -> None:
        """Write the outputs of one block of queries after another, as long as there are any."""
        given = self.given
        h, g, m = given.query.shape[-3], *given.key.shape[-3:-1]
        for head, first in places:
            rows: tuple[int | slice, ...] = (*head, slice(first, first + given.block))
            shared = (*head[:-1], head[-1] * g // h)
            seen = min(m, first + given.block) if given.is_causal else m
            bounded = bool(given.bounds[shared] * _longest(given.query[rows]) <= REACH)
            mixed = self.sweep(
                given.query[rows],
                given.key[shared][:seen],
                given.value[shared],
                None if given.mask is None else given.mask[rows],
                first if given.is_causal else m,
                bounded,
            )
            output[rows] = np.ldexp(mixed, given.power) if given.power else mixed

    def sweep(
        self,
        query: Floats,
        key: Floats,
        value: Floats,
        mask: NDArray[Any] | None,
        place: int,
        bounded: bool,
    ) -> Floats:
        """The averages of the values for some queries, the first at that place among the keys.

        Bounded scores need no shift. Then any base will do, and the quicker one is taken, unless
        something is hidden: whether scores are bounded depends on hidden keys as well, and what
        is hidden must not move a bit of what is seen.
        """
        n, block = len(query), max(1, len(self.value))
        queries, mixed, part = self.query[:n], self.mixed[:n], self.part[:n]
        free = bounded and mask is None and not self.given.is_causal
        exponential, unit = _exponential(key.dtype) if free else (np.exp, 1.0)
        np.multiply(query, self.given.scale * unit, out=queries[:, :-1])
        queries[:, -1] = mixed[:] = 0
        for first in range(0, len(key), block):
            keys = key[first : first + block]
            m = len(keys)
            values, scores = self.value[:m], self.scores[: n * m].reshape(n, m)
            values[:, :-1] = value[first : first + m]
            if free:
                np.matmul(queries[:, :-1], keys.T, out=scores)
            else:
                self.key[:m, :-1] = keys
                np.matmul(queries, self.key[:m].T, out=scores)
            if mask is not None:
                _mask(scores, mask[:, first : first + m])
            if first + m > place + 1:
                later = ~np.tri(n, m, place - first, dtype=bool)
                np.copyto(scores, -np.inf, where=later)
            if not bounded:
                _shift(queries, scores, mixed)
            exponential(scores, out=scores)
            mixed += np.matmul(scores, values, out=part)
        total = mixed[:, -1:]
        total[total == 0] = 1
        averages: Floats = mixed[:, :-1] / total
        return averages


def _shift(queries: Floats, scores: Floats, mixed: Floats) -> None:
    """Where scores rise far above the shift so far, or begin far below, shift in place."""
    highest = scores.max(axis=1)
    check_below_infinity("query @ key.T", highest)
    fresh = mixed[:, -1] == 0
    far = (highest > REACH) | fresh & (highest < -REACH) & (highest > -np.inf)
    rise = np.where(far, highest, 0)
    if rise.any():
        queries[:, -1] -= rise
        scores -= rise[:, None]
        mixed *= np.where(fresh, 0, np.exp(-rise))[:, None]


def _mask(scores: Floats, mask: NDArray[Any]) -> None:
    """Hide some scores, or add to them, in place."""
    if mask.dtype == bool:
        np.copyto(scores, -np.inf, where=~mask)
    else:
        np.add(scores, mask, out=scores, casting="same_kind")
        np.copyto(scores, -np.inf, where=mask == -np.inf)


@cache
def _exponential(dtype: np.dtype[Any]) -> tuple[np.ufunc, float]:
    """The quicker of exp and exp2 here, and what to multiply the scores with for it.

    NumPy has vector code for exp2 where there is AVX-512; elsewhere it computes one at a time.
    """
    introspect = getattr(np.lib, "introspect", None)  # not in NumPy 2.0
    found = introspect.opt_func_info("^exp2$").get("exp2", {}) if introspect else {}
    current = found.get(dtype.char * 2, {}).get("current", "baseline")
    return (np.exp, 1.0) if "baseline" in current else (np.exp2, math.log2(math.e))


def _with_heads(x: Floats, dtype: np.dtype[Any]) -> Floats:
    """The argument with an axis for heads, in the type to compute in."""
    at_least_single = np.result_type(dtype, np.float32)
    return (x[None] if x.ndim == 2 else x).astype(at_least_single, copy=False)


def _longest(x: Floats) -> Floats:
    """The length of the longest row of each matrix: no dot product exceeds two such lengths."""
    with np.errstate(over="ignore", invalid="ignore"):
        longest: Floats = np.sqrt(np.vecdot(x, x).max(axis=-1, initial=0))
    return longest


def _tame(value: Floats) -> tuple[Floats, Floats | None, int]:
    """Values whose weighted sums stay in range, and the power of two to multiply these with.

    Where an entry is NaN or infinite, zeros stand for it; and there is another array, of twice as
    many columns: which ones are not finite, and all as they were. What has weight 0 adds nothing,
    even if it is NaN, and moves no bit of what else is mixed.
    """
    ends = np.array([value.min(initial=0), value.max(initial=0)])
    spoiled = None
    if not np.all(np.isfinite(ends)):
        spoiled = np.concatenate([~np.isfinite(value), value], axis=-1, dtype=value.dtype)
        value = np.where(np.isfinite(value), value, 0)
        ends = np.array([value.min(initial=0), value.max(initial=0)])
    limit = np.finfo(value.dtype).maxexp - 28
    power = int(np.clip(np.frexp(np.abs(ends).max())[1], -limit, limit))
    power = power if abs(power) > 20 else 0
    return np.ldexp(value, -power) if power else value, spoiled, power


def _together(work: Callable[[], None], threads: int) -> None:
    """Do the work in as many threads at a time, each with the settings of this one."""
    if threads < 2:
        work()
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(copy_context().run, work) for _ in range(threads)]:
            done.result()


def _processors() -> int:
    """How many threads of ours can run well: in a browser, or beside those of products, one."""
    if sys.platform == "emscripten" or os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
