"""Train attention, a convolution and a recurrence on recall at a distance, and store how it went.

    python tools/long_range.py          all of them
    python tools/long_range.py NAME ... some, anew

The chapter on long range draws and quotes what this writes, as the last digits of a run differ
from one processor to another. `tests/test_long_range.py` trains one point anew and compares.
"""

from __future__ import annotations

import json
import math
import platform
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import training
from attention_core.rivals import TinyConvolution, TinyRecurrence, distant_recall
from attention_core.training import TinyTransformer

FILE = ROOT / "chapters" / "data" / "long_range.json"
CARDS, LETTERS = 2, 6
WORDS = LETTERS * (LETTERS + 2)
DISTANCES = (4, 16, 29, 32, 64, 128)
SEEDS, STEPS, BATCH = range(5), 600, 32
#: Rates that are tried, at which distance and with which seeds: none of those that are reported.
RATES, TUNED_AT, TUNING_SEEDS = (0.005, 0.01, 0.02, 0.04, 0.08), 16, (100, 101)

MODELS = {
    "attention": TinyTransformer(
        *(WORDS, 200, LETTERS), d_model=24, heads=4, layers=1, d_ff=48, positions=False
    ),
    "convolution": TinyConvolution(WORDS, LETTERS, 22, dilations=(1, 2, 4, 8, 16)),
    "recurrence": TinyRecurrence(WORDS, LETTERS, 28),
}


def size(name: str) -> int:
    return sum(map(math.prod, MODELS[name].shapes.values()))


def run(name: str, distance: int, seed: int, rate: float) -> float:
    """The share of right answers, on sequences that were not trained on, after one run."""
    draw = partial(distant_recall, cards=CARDS, letters=LETTERS, distance=distance)
    rng = np.random.default_rng(seed)
    *_, last = training.train(MODELS[name], draw, STEPS, rng, rate, BATCH)
    unseen = draw(np.random.default_rng(12345), 1000)
    return round(training.accuracy(MODELS[name], last.weights, *unseen), 4)


def tried(name: str, rate: float) -> list[float]:
    """How a rate does on the seeds for tuning; a run that diverges gets nothing right."""
    shares = []
    for seed in TUNING_SEEDS:
        try:
            shares.append(run(name, TUNED_AT, seed, rate))
        except FloatingPointError:
            shares.append(0.0)
    return shares


def measure(name: str) -> dict:
    began = time.process_time()
    tuned = [tried(name, rate) for rate in RATES]
    # The best on average; of equals the largest, as it learns in fewer steps.
    rate = max(zip(np.mean(tuned, axis=1).round(4), RATES, strict=True))[1]
    print(f"{name:12} {tuned} → {rate}", flush=True)
    accuracy = []
    for distance in DISTANCES:
        accuracy.append([run(name, distance, seed, rate) for seed in SEEDS])
        print(f"{name:12} {distance:3} {accuracy[-1]}", flush=True)
    return {
        "weights": size(name),
        "tuned": tuned,
        "rate": rate,
        "accuracy": accuracy,
        "seconds": round(time.process_time() - began),
    }


SETTING = {
    "command": "python tools/long_range.py",
    "machine": f"{platform.machine()}, one thread",
    "versions": {"python": platform.python_version(), "numpy": np.__version__},
    "task": {"cards": CARDS, "letters": LETTERS, "distances": list(DISTANCES)},
    "training": {"seeds": list(SEEDS), "steps": STEPS, "batch": BATCH},
    "tuning": {"distance": TUNED_AT, "seeds": list(TUNING_SEEDS), "rates": list(RATES)},
}


def main(names: list[str]) -> None:
    for name in names or MODELS:
        found = measure(name)
        stored = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
        models = stored.get("models", {}) | {name: found}
        ordered = {each: models[each] for each in MODELS if each in models}
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(json.dumps(SETTING | {"models": ordered}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
