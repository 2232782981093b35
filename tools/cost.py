"""Measure the layers of the chapter on cost over a grid of sizes, and store what came out.

    make bench only=cost store=1        or: python tools/bench.py cost --store

Timings are of one machine and one day, so the chapter draws them from the file that this writes,
and no test compares them. The grid is gone through some rounds in turn, so that a busy moment
strikes one round alone. Memory is what NumPy asks for.
"""

from __future__ import annotations

import datetime
import gc
import json
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import attention, rivals

FILE = ROOT / "chapters" / "data" / "cost.json"
COMMAND = "make bench only=cost store=1"
TOKENS = (64, 128, 256, 512, 1024, 2048, 4096)
FEATURES = (64, 128, 256, 512, 1024)
KERNEL, ROUNDS, THREADS = 3, 7, (1, 2)
#: What is timed as one lasts as long as this, in seconds, or is one call.
LEAST = 0.004
Layers = dict[str, Callable[[], object]]


def layers(n: int, d: int) -> Layers:
    """Each layer with its arrays, in single precision: n tokens of d features."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, d)).astype(np.float32)
    weights = (rng.normal(size=(KERNEL, d, d)) / np.sqrt(KERNEL * d)).astype(np.float32)
    return {
        "attention": lambda: attention(x, x, x).output,
        "convolution": lambda: rivals.convolution(x, weights),
        "recurrence": lambda: rivals.recurrence(x, *weights[:2]),
    }


def seconds(way: Callable[[], object]) -> float:
    """How long a call takes: what is quick is called some times in a row, after a first time."""

    def timed(calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            way()
        return (time.perf_counter() - start) / calls

    took = timed(1)
    return timed(round(LEAST / took)) if took < LEAST / 2 else took


def times(n: int, d: int) -> dict[str, float]:
    """Seconds of each layer, to four digits."""
    return {name: float(f"{seconds(way):.4g}") for name, way in layers(n, d).items()}


def peaks(n: int, d: int) -> dict[str, int]:
    """The most bytes that one call of each layer holds."""
    found = {}
    for name, way in layers(n, d).items():
        way()
        gc.collect()
        tracemalloc.start()
        way()
        found[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return found


def grid(measure: Callable[[int, int], dict]) -> dict[str, np.ndarray]:
    """What is measured of each layer: a row for each number of features, an entry a length."""
    found = [[measure(n, d) for n in TOKENS] for d in FEATURES]
    return {name: np.array([[at[name] for at in row] for row in found]) for name in found[0][0]}


def rounds() -> dict[str, list]:
    """Seconds of each layer over the grid, with the rounds along a last axis."""
    passes = [grid(times) for _ in range(ROUNDS)]
    return {name: np.stack([each[name] for each in passes], axis=-1).tolist() for name in passes[0]}


def machine() -> str:
    """The processor's name, as the system gives it, and how many cores there are."""
    name = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text(encoding="utf-8").splitlines()
        name = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), name)
    return f"{name}, {os.cpu_count()} cores, {platform.system()} on {platform.machine()}"


def blas() -> str:
    """The library that multiplies matrices, and its version."""
    used = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{used['name']} {used['version']}"


def with_threads(count: int) -> dict[str, list]:
    """The grid of times, in a fresh Python that multiplies matrices with so many threads."""
    limits = {f"{library}_NUM_THREADS": str(count) for library in ("OPENBLAS", "MKL", "OMP")}
    run = subprocess.run(
        [sys.executable, __file__], env=os.environ | limits, stdout=subprocess.PIPE, check=True
    )
    return json.loads(run.stdout)


def store() -> None:
    """Measure all of it, and write the file."""
    kept = {
        "command": COMMAND,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "blas": blas(),
        },
        "dtype": "float32",
        "kernel": KERNEL,
        "tokens": TOKENS,
        "features": FEATURES,
        "seconds": {str(count): with_threads(count) for count in THREADS},
        "bytes": {name: peak.tolist() for name, peak in grid(peaks).items()},
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    print(json.dumps(rounds()))
