"""Measure attention a block at a time beside PyTorch's fused kernel, and each of its tricks.

    make bench only=fast            print; or: python tools/fast.py
    make bench only=fast store=1    and store what the chapter on fast attention draws
    python tools/fast.py tricks     a part alone, whose name holds the word

It is run by a Python that has PyTorch (make parity sets one up). Ways are timed in turn, some
rounds in one process, and their medians are compared, as a machine that others use as well is
slower at one moment than at the next. NumPy's own products are kept to one thread, as the
threads are ours; what happens where they are not is measured too.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import datetime
import json
import platform
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import blockwise, masks, scaled_dot_product_attention

FILE = ROOT / "chapters" / "data" / "fast_attention.json"
HEADS, SIZE, ROUNDS = 8, 64, {256: 41, 1024: 15, 4096: 3, 16384: 1}
#: The whole table of more tokens does not fit into a small machine.
WHOLE_TABLE = 1024
Ways = dict[str, Callable[[], object]]


def inputs(n: int) -> list[np.ndarray]:
    """Queries, keys and values of eight heads."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=(HEADS, n, SIZE)).astype(np.float32) for _ in range(3)]


def timed(ways: Ways, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way in each round, the ways in turn."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            found[name].append(time.perf_counter() - start)
    return found


def against_pytorch(n: int, threads: int) -> dict[str, dict[str, float]]:
    """PyTorch, ours, and the plain function where its table fits: medians, in seconds."""
    import torch

    torch.set_num_threads(threads)
    arrays = inputs(n)
    theirs = [torch.from_numpy(x)[None] for x in arrays]
    found = {}
    for is_causal in (False, True):
        fused = torch.nn.functional.scaled_dot_product_attention
        ways: Ways = {
            "pytorch": partial(fused, *theirs, is_causal=is_causal),
            "blockwise": partial(
                blockwise.attention, *arrays, is_causal=is_causal, threads=threads
            ),
        }
        if n <= WHOLE_TABLE:
            ways["plain"] = partial(scaled_dot_product_attention, *arrays, is_causal=is_causal)
        rounds = timed(ways, ROUNDS[n])
        found["causal" if is_causal else "all"] = {
            name: float(f"{np.median(times):.4g}") for name, times in rounds.items()
        } | {"ratio": float(f"{ratio(rounds, 'pytorch', 'blockwise'):.3g}")}
    return found


def ratio(rounds: dict[str, list[float]], one: str, other: str) -> float:
    """How many times as long one way takes as the other: the median over rounds."""
    return float(np.median(np.divide(rounds[one], rounds[other])))


# --- the tricks ----------------------------------------------------------------------------------


def sweep(
    desk: blockwise._Desk,
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    mask: np.ndarray | None,
    place: int,
    bounded: bool,
    *,
    beside: bool = True,
    subtract: bool = False,
    in_place: bool = True,
) -> np.ndarray:
    """What a desk does, with tricks that can be left out; without a mask, but causal."""
    block = len(desk.value)
    exponential, unit = blockwise._exponential(key.dtype) if bounded else (np.exp, 1.0)
    query = query * (desk.given.scale * unit)
    highest = np.full((len(query), 1), -np.inf, np.float32)
    total, mixed = np.zeros((2, 1), np.float32)[:, :, None]
    for first in range(0, len(key), block):
        keys, values = (x[first : first + block] for x in (key, value))
        shape = len(query), len(keys)
        scores = desk.scores[: shape[0] * shape[1]].reshape(shape) if in_place else None
        scores = np.matmul(query, keys.T, out=scores)
        if first + len(keys) > place + 1:
            np.copyto(scores, -np.inf, where=~np.tri(*shape, place - first, dtype=bool))
        if subtract:
            higher = np.maximum(highest, scores.max(axis=1, keepdims=True))
            shrink = np.exp(highest - higher)
            total, mixed, highest = total * shrink, mixed * shrink, higher
            scores = np.subtract(scores, higher, out=scores if in_place else None)
        scores = exponential(scores, out=scores if in_place else None)
        if beside:
            desk.value[: len(keys), :-1] = values
            both = scores @ desk.value[: len(keys)]
            total, mixed = total + both[:, -1:], mixed + both[:, :-1]
        else:
            total = total + scores.sum(axis=1, keepdims=True)
            mixed = mixed + scores @ values
    return mixed / total


def using(way: Callable[[], object], **changes: object) -> Callable[[], object]:
    """A way that runs with some of the module changed."""

    def run() -> object:
        kept = {name: getattr(blockwise, name) for name in changes}
        try:
            for name, thing in changes.items():
                setattr(blockwise, name, thing)
            return way()
        finally:
            for name, thing in kept.items():
                setattr(blockwise, name, thing)

    return run


def sweeping(way: Callable[[], object], **options: bool) -> Callable[[], object]:
    """A way whose desk sweeps with some tricks left out."""
    changed = type("_Changed", (blockwise._Desk,), {"sweep": partial_method(**options)})
    return using(way, _Desk=changed)


def partial_method(**options: bool) -> Callable[..., np.ndarray]:
    """The sweep with tricks left out, as a method."""

    def method(desk: blockwise._Desk, *arguments: object) -> np.ndarray:
        return sweep(desk, *arguments, **options)

    return method


def tricks(n: int = 1024) -> Ways:
    """The whole on one thread, and the whole without one trick each; the first two are one."""
    arrays = inputs(n)
    whole = partial(blockwise.attention, *arrays, threads=1)
    causal = partial(whole, is_causal=True)
    two_bases = {"exp": (np.exp, 1.0), "exp2": (np.exp2, float(np.log2(np.e)))}
    return {
        "the whole": whole,
        "the same, written with options": sweeping(whole),
        "row sums in a pass of their own": sweeping(whole, beside=False),
        "maximum: shift from the product": using(whole, REACH=-1.0),
        "maximum: shift in a pass of its own": using(sweeping(whole, subtract=True), REACH=-1.0),
        "new arrays for every block": sweeping(whole, in_place=False),
        **{
            f"with {name}": using(whole, _exponential=lambda dtype, base=base: base)
            for name, base in two_bases.items()
        },
        **{f"blocks of {block}": partial(whole, block=block) for block in (16, 64, 128, 512, 1024)},
        "two threads": partial(whole, threads=2),
        "the plain function": partial(scaled_dot_product_attention, *arrays),
        "causal": causal,
        "causal, no block skipped": partial(whole, mask=masks.causal(n)),
    }


def products(n: int = 1024) -> dict[str, float]:
    """Nanoseconds for each score: what a large product allows, and what parts of a block take."""
    rng = np.random.default_rng(0)
    large = rng.normal(size=(2, 1024, 1024)).astype(np.float32)
    query, key, value = rng.normal(size=(3, blockwise.BLOCK, SIZE)).astype(np.float32)
    scores = (query @ key.T) / 8
    weights, room = np.exp(scores), np.empty_like(scores)
    per_block: Ways = {
        "raw scores": lambda: np.matmul(query, key.T, out=room),
        "values mixed": lambda: weights @ value,
        "exp": lambda: np.exp(scores, out=room),
        "exp2": lambda: np.exp2(scores, out=room),
        "maximum of rows": lambda: scores.max(axis=1),
        "sum of rows": lambda: weights.sum(axis=1),
        "subtract": lambda: np.subtract(scores, 1.0, out=room),
    }
    found = {name: np.median(times) / scores.size for name, times in timed(per_block, 201).items()}
    rounds = timed({"limit": lambda: large[0] @ large[1], "whole": tricks(n)["the whole"]}, 15)
    each = np.median(rounds["whole"]) / (HEADS * n * n)
    found["blockwise, the whole of it"] = each
    scale = 2 * SIZE / 1024**3 * HEADS * n * n  # two products of SIZE, in place of one of 1,024
    share = ratio(rounds, "limit", "whole") * scale
    found["both products at the speed of a large one"] = share * each
    return {name: float(f"{1e9 * each:.3g}") for name, each in found.items()}


def peak(n: int) -> int:
    """The most bytes that NumPy asks for in a call with two threads, the output counted."""
    arrays = inputs(n)
    tracemalloc.start()
    blockwise.attention(*arrays, threads=2, is_causal=True)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def machine() -> dict[str, str]:
    """What it was measured on."""
    import torch

    with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return {
        "processor": f"{names[0]}, {len(names)} processors",
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


PARTS: dict[str, Callable[[], object]] = {
    "machine": machine,
    **{
        f"{n} tokens, {threads} threads": partial(against_pytorch, n, threads)
        for n in ROUNDS
        for threads in (1, 2)
    },
    "tricks": lambda: {
        name: float(f"{np.median(np.divide(times, rounds['the whole'])):.3g}")
        for rounds in [timed(tricks(), 15)]
        for name, times in rounds.items()
    },
    "nanoseconds": products,
    "peaks": lambda: {str(n): peak(n) for n in (1024, 4096, 16384)},
    "threads of the products": lambda: {
        name: measured_elsewhere(name) for name in ("1", "as NumPy likes")
    },
}


def measured_elsewhere(products_threads: str) -> dict[str, float]:
    """Seconds at 1,024 tokens with one and two threads, the products with some of their own."""
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    count = products_threads if products_threads.isdigit() else str(os.cpu_count())
    code = (
        "import json; from tools import fast; ways = fast.tricks()\n"
        "kept = {name: ways[name] for name in ('the whole', 'two threads', 'the plain function')}\n"
        "rounds = fast.timed(kept, 9)\n"
        "print(json.dumps({k: float(f'{fast.np.median(v):.4g}') for k, v in rounds.items()}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment | {"OPENBLAS_NUM_THREADS": count},
    )
    return json.loads(run.stdout)


def said(part: object) -> str:
    """A part in a line: of a comparison, the speed of ours, where PyTorch's is 1."""
    if isinstance(part, dict) and "causal" in part and "all" in part:
        return ", ".join(
            f"{kind} {each['ratio']:.2f} of PyTorch's speed" for kind, each in part.items()
        )
    return json.dumps(part)


def main(words: list[str]) -> None:
    wanted = [word for word in words if word != "--store"]
    stored = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    for name, part in PARTS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        stored[name] = part()
        print(f"{name}: {said(stored[name])}", flush=True)
        if "--store" in words:
            stored["command"] = "make bench only=fast store=1"
            stored["day"] = datetime.datetime.now(datetime.UTC).date().isoformat()
            FILE.parent.mkdir(exist_ok=True)
            FILE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
