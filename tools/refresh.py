"""Execute the book's notebooks and store their outputs, in one normal form.

    python tools/refresh.py            all notebooks, two at a time
    python tools/refresh.py 04 index   the named ones ("04", "scores", "chapters/04-scores.ipynb")
    python tools/refresh.py --normalise 04   the normal form alone, nothing executed

Each runs in a fresh kernel, in the notebook's own folder. A cell that raises or writes to stderr
is a failure: it is shown, and the file stays as it was. A second run changes no byte.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools.kernels import patiently
from tools.notebooks import find, label, normalise, read, set_environment, write


def faults(notebook) -> list[str]:
    """Return what an executed notebook must not hold: an error, or text on stderr."""
    found = []
    for place, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(
                    f"cell {place} raises\n{_quoted(cell)}\n" + "\n".join(output.traceback)
                )
            elif output.output_type == "stream" and output.name == "stderr":
                found.append(f"cell {place} writes to stderr\n{_quoted(cell)}\n{output.text}")
    return found


def _quoted(cell) -> str:
    return "\n".join(f"  | {line}" for line in cell.source.splitlines())


def refresh(path: Path, execute: bool = True) -> tuple[str, bool, list[str]]:
    """Execute one notebook and store it; return what happened, whether it changed, and its faults."""
    set_environment()
    start = time.perf_counter()
    notebook = read(path)
    if execute:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        problem = None
        try:
            patiently(client.execute)()
        except CellExecutionError:
            pass  # the cell's error output says it, in full
        except (CellTimeoutError, DeadKernelError) as error:
            problem = str(error)
        problems = faults(notebook) + ([problem] if problem else [])
        if problems:
            return "failed", False, problems
    changed = write(normalise(notebook), path)
    return f"{time.perf_counter() - start:.1f} s", changed, []


def main(arguments: list[str] | None = None) -> int:
    """Refresh the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help='such as "04", "scores" or a path; all if none')
    parser.add_argument("--normalise", action="store_true", help="execute nothing")
    options = parser.parse_args(arguments)
    paths = find(options.names)
    if not paths:
        print("no notebooks yet")
        return 0
    set_environment()
    failed = 0
    with ProcessPoolExecutor(max_workers=min(2, len(paths))) as pool:
        runs = pool.map(refresh, paths, [not options.normalise] * len(paths))
        for path, (what, changed, problems) in zip(paths, runs, strict=True):
            state = "FAILED" if problems else "stored" if changed else "unchanged"
            print(f"{label(path)}: {state} ({what})", flush=True)
            for problem in problems:
                print(f"\n{label(path)}, {problem}\n", file=sys.stderr, flush=True)
            failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
