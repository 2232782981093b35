"""Write the pictures that stand outside the notebooks, such as the one in the README."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import example, illustrate, trace


def pictures() -> dict[Path, illustrate.Figure]:
    """Each picture with the place where it is kept."""
    return {ROOT / "_static" / "overview.svg": illustrate.overview(trace(*example.worked))}


if __name__ == "__main__":
    for path, figure in pictures().items():
        figure.save(path)
