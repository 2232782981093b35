"""Train the models of the chapter on training, five seeds each, and store how it went.

    python tools/record.py

What is drawn and quoted of whole runs comes from the file that this writes, as the last digits of
a run differ from one processor to another. `tests/test_record.py` trains anew and compares.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attention_core import training
from attention_core.training import TinyTransformer

FILE = Path(training.__file__).with_name("training_runs.json")
SEEDS, STEPS, EVERY = range(5), 300, 10
SIZES = {"d_model": 24, "heads": 4, "layers": 1, "d_ff": 48}
MODELS = {
    "recall": partial(TinyTransformer, vocabulary=72, length=10, answers=8),
    "reversal": partial(TinyTransformer, vocabulary=10, length=10, answers=10),
}
TASKS = {
    "recall": partial(training.recall, cards=5, letters=8),
    "reversal": partial(training.reversal, length=10, letters=10),
}
VARIANTS = {
    "whole": {},
    "without positions": {"positions": False},
    "one head": {"heads": 1},
    "without residuals": {"residuals": False},
    "four layers": {"layers": 4},
    "four layers without residuals": {"layers": 4, "residuals": False},
}
#: After which steps the heads are looked at.
LOOKS = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 140, 160, 180, 200, 250, 300)


def unseen(task: str, count: int = 1000):
    """Sequences that no run is trained on (they are far too many to meet by chance)."""
    return TASKS[task](np.random.default_rng(1234), count)


def run(task: str, seed: int, **options) -> dict:
    """One run: how the loss fell, how much it gets right afterwards, and its heads' looks."""
    model = MODELS[task](**SIZES | options)
    tokens, targets = unseen(task)
    tests = {row.tobytes() for row in tokens}
    met = 0

    def draw(rng, count):
        nonlocal met
        drawn = TASKS[task](rng, count)
        met += sum(row.tobytes() in tests for row in drawn[0])
        return drawn

    start = model.initial(np.random.default_rng(seed))  # as the run itself begins
    looks = {0: model(start, tokens[:1]).attention[0][0]}
    losses, reached = [], None
    for progress in training.train(model, draw, STEPS, np.random.default_rng(seed)):
        losses.append(progress.loss)
        if progress.step in LOOKS:
            looks[progress.step] = model(progress.weights, tokens[:1]).attention[0][0]
        if progress.step % EVERY == 0 and reached is None:
            share = training.accuracy(model, progress.weights, tokens, targets)
            reached = progress.step if share >= 0.99 else None
    assert met == 0, "a test sequence was trained on"
    return {
        "accuracy": training.accuracy(model, progress.weights, tokens, targets),
        "losses": np.mean(np.reshape(losses, (-1, EVERY)), axis=1).round(4).tolist(),
        "reached": reached,
        "looks": looks,
    }


def thousandths(weights) -> list:
    return (1000 * weights).round().astype(int).tolist()


def main() -> None:
    kept: dict = {}
    for task in TASKS:
        kept[task] = {"every": EVERY, "runs": {}}
        for variant, options in VARIANTS.items():
            runs = [run(task, seed, **options) for seed in SEEDS]
            kept[task]["runs"][variant] = {
                name: [each[name] for each in runs] for name in ("accuracy", "reached", "losses")
            }
            if variant == "whole":
                looks = runs[0]["looks"]
                kept[task]["steps"] = list(looks)
                kept[task]["heads"] = [thousandths(look) for look in looks.values()]
            shown = " ".join(f"{each['accuracy']:.4f}({each['reached']})" for each in runs)
            print(f"{task:9} {variant:29} {shown}", flush=True)
    FILE.write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
