"""Let the real MiniLM read the sentences of `<attention-heads>`, and store whom each word asks.

    make model, then: python tools/heads.py

The sentences are written by hand, in `sentences.json` beside what this makes of them: a small
script for each, which gives its sentence to the element when a reader chooses it. They are scripts
because a site that is opened from a folder cannot fetch anything else. The model runs in float64, so that
the weights round alike wherever it runs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import bert
from attention_core.illustrate.every_head import record

FOLDER = ROOT / "chapters" / "data" / "heads"
LIST = FOLDER / "sentences.json"


def sentences() -> list[dict[str, str]]:
    """The sentences: a name, a text, the word that is followed at first, perhaps a source."""
    return json.loads(LIST.read_text(encoding="utf-8"))


def reader():
    """A function that reads a text with the real model: tokens, and (layers, heads, n, n) weights."""
    model, tokenizer = bert.load(bert.minilm())
    state = {name: np.asarray(array, np.float64) for name, array in model.state.items()}
    exact = bert.from_state(model.config, state)

    def read(text: str) -> tuple[list[str], np.ndarray]:
        encoding = tokenizer.encode(text)
        return encoding.tokens, np.concatenate(exact([encoding.ids]).attentions)

    return read


def script(name: str, data: dict[str, Any]) -> str:
    """The script that gives a sentence to the element."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return f"attentionElements.sentences.set({json.dumps(name)},{text});\n"


def main() -> None:
    read = reader()
    names = set()
    for sentence in sentences():
        tokens, weights = read(sentence["text"])
        data = record(
            tokens, weights, text=sentence["text"], word=tokens.index(sentence["word"]) + 1
        )
        path = FOLDER / f"{sentence['name']}.js"
        path.write_text(script(sentence["name"], data), encoding="utf-8")
        names.add(path.name)
        print(f"{path.name}: {len(tokens)} tokens, {path.stat().st_size} bytes")
    for path in FOLDER.glob("*.js"):
        if path.name not in names:
            path.unlink()


if __name__ == "__main__":
    main()
