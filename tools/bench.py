"""Measure what the book says about cost, each way beside a reference of the same run.

    python tools/bench.py            every comparison
    python tools/bench.py additive   those whose name holds the word
    python tools/bench.py cost --store   measure what the chapter on cost draws, see tools/cost.py
    python tools/bench.py fast --store   the same for fast attention, see tools/fast.py
    python tools/bench.py bert       a real BERT beside that of transformers, see tools/bert_speed.py

Seconds and bytes differ from machine to machine; ratios within a run differ less, so ratios to
the first way of each comparison are what is printed. Time is the best of some rounds in turn, so
that a busy moment strikes no way alone; memory is the peak that NumPy asks for during one call,
and nothing is said of it beside a library that asks for its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attention_core import scores

ROUNDS = 7
Ways = dict[str, Callable[[], object]]


def additive() -> Ways:
    """Additive scores of 512 queries and keys with 64 hidden units."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((512, 64), (512, 64), (64, 64), (64, 64), (64,))]
    return {
        "with the (n, m, d) array": partial(scores.additive, *arrays),
        "unit by unit, save_memory": partial(scores.additive, *arrays, save_memory=True),
        "scaled_dot, to compare": partial(scores.scaled_dot, *arrays[:2]),
    }


def training() -> Ways:
    """One training step of chapter 17's model, and of the same in PyTorch where that is installed."""
    from attention_core.training import Adam
    from tools import record

    model = record.MODELS["recall"](**record.SIZES)
    rng = np.random.default_rng(0)
    tokens, targets = record.TASKS["recall"](rng, 64)
    state = [model.initial(rng), None]

    def step() -> None:
        _, gradient = model.loss(state[0], tokens, targets)
        state[:] = Adam(0.001).step(state[0], gradient, state[1])

    try:
        import torch

        from tools.twin import Twin
    except ImportError:
        return {"NumPy (no PyTorch is here)": step}
    twin = Twin(model, state[0])
    adam = torch.optim.Adam(twin.parameters(), lr=0.001)
    theirs = torch.from_numpy(tokens), torch.from_numpy(targets)

    def torch_step() -> None:
        adam.zero_grad()
        twin.loss(*theirs).backward()
        adam.step()

    threads = torch.get_num_threads()
    return {f"PyTorch, {threads} threads": torch_step, "NumPy, likewise": step}


#: How many tokens there are before the one that is timed.
SO_FAR = (64, 128, 256, 512, 1024)


def generation() -> Ways:
    """One more token after ever more of them: a model of two layers of 64, float32."""
    from attention_core import KeyValueCache
    from attention_core.training import TinyTransformer

    sizes = {"d_model": 64, "heads": 4, "layers": 2, "d_ff": 128}
    model = TinyTransformer(50, SO_FAR[-1] + 1, 50, causal=True, **sizes)
    rng = np.random.default_rng(0)
    weights, tokens = model.initial(rng), rng.integers(50, size=(1, SO_FAR[-1] + 1))

    def read_on(count: int) -> Callable[[], None]:
        caches = [KeyValueCache() for _ in range(model.layers)]
        model(weights, tokens[:, :count], caches)

        def way() -> None:
            model(weights, tokens[:, count : count + 1], caches)
            for cache in caches:
                cache._count = count  # forget it again

        return way

    ways = {f"with a cache, after {count:,}": read_on(count) for count in SO_FAR}
    return ways | {
        f"without, after {count:,}": partial(model, weights, tokens[:, : count + 1])
        for count in SO_FAR
    }


def cost() -> Ways:
    """One layer over 1,024 tokens of 256 features; more of it is stored with --store."""
    from tools.cost import layers

    ways = layers(1024, 256)
    return {name: ways[name] for name in ("convolution", "recurrence", "attention")}


COMPARISONS = (additive, training, generation, cost)
#: Calls in a row that are timed as one, so that what is quick is measured as well.
REPEATS = 5


def seconds(way: Callable[[], object]) -> float:
    """How long some calls take."""
    start = time.perf_counter()
    for _ in range(REPEATS):
        way()
    return time.perf_counter() - start


def peak(way: Callable[[], object]) -> int:
    """The most bytes that one call holds at a time."""
    tracemalloc.start()
    way()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def measure(ways: Ways) -> dict[str, tuple[float, float]]:
    """The time and the peak memory of each way, as ratios to the first."""
    rounds = [[seconds(way) for way in ways.values()] for _ in range(ROUNDS)]
    times = [min(each) for each in zip(*rounds, strict=True)]
    peaks = [peak(way) for way in ways.values()]
    return {
        name: (t / times[0], p / peaks[0]) for name, t, p in zip(ways, times, peaks, strict=True)
    }


def main(words: list[str]) -> None:
    names = [word for word in words if word != "--store"]
    if "--store" in words and names != ["fast"]:
        if names != ["cost"]:
            sys.exit("What is stored is measured by itself: name cost or fast, and no other.")
        from tools.cost import store

        return store()
    if names[:1] in (["fast"], ["bert"]):
        # By itself, as NumPy's products must be told their threads before NumPy is imported.
        script = Path(__file__).with_name({"fast": "fast.py", "bert": "bert_speed.py"}[names[0]])
        sys.exit(subprocess.run([sys.executable, script, *words[1:]]).returncode)
    for comparison in COMPARISONS:
        if words and not any(word in comparison.__name__ for word in words):
            continue
        print(comparison.__doc__)
        print(f"  {'':28}{'time':>10}{'memory':>10}")
        for name, (t, p) in measure(comparison()).items():
            memory = "" if comparison is training else f"{p:>10.4f}"
            print(f"  {name:28}{t:>10.3f}{memory}")
    if not names:
        print("Attention a block at a time takes minutes and PyTorch: make bench only=fast")
        print("So does BERT, and transformers and the weights: make bench only=bert")


if __name__ == "__main__":
    main(sys.argv[1:])
