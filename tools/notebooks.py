"""The book's notebooks: where they are, how they are run, and their one normal form."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {"name": "python"}
# Metadata of a cell that its author writes; anything else comes from a program and goes.
KEPT_CELL_METADATA = {"tags", "jupyter", "mystnb"}


def notebooks(root: Path = ROOT) -> list[Path]:
    """Return the notebooks of the book: the front page, then the chapters in order."""
    front = root / "index.ipynb"
    return [front] * front.exists() + sorted((root / "chapters").glob("*.ipynb"))


def find(names: list[str], root: Path = ROOT) -> list[Path]:
    """Return the notebooks that the names mean: "04", "scores", "index" or a path; all for no name."""
    if not names:
        return notebooks(root)
    found = []
    for name in names:
        path = Path(name)
        if path.suffix == ".ipynb" and path.exists():
            found.append(path.resolve())
            continue
        stem = path.stem
        hits = [
            each
            for each in notebooks(root)
            if each.stem == stem
            or each.stem.startswith(f"{stem}-")
            or each.stem.endswith(f"-{stem}")
        ]
        if len(hits) != 1:
            known = ", ".join(each.stem for each in notebooks(root)) or "none yet"
            raise SystemExit(f"no single notebook is called {name!r}; there are: {known}")
        found += hits
    return list(dict.fromkeys(found))


def label(path: Path, root: Path = ROOT) -> str:
    """Return the name of a notebook for messages: its path within the checkout."""
    path = Path(path).resolve()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def read(path: Path) -> NotebookNode:
    """Read a notebook as format 4."""
    return nbformat.read(path, as_version=4)


def set_environment(root: Path = ROOT) -> None:
    """Keep Jupyter, IPython and Matplotlib inside the checkout, and kernels to one thread each."""
    cache = root / ".cache"
    folders = {
        "JUPYTER_CONFIG_DIR": cache / "jupyter" / "config",
        "JUPYTER_DATA_DIR": cache / "jupyter" / "data",
        "JUPYTER_RUNTIME_DIR": cache / "jupyter" / "runtime",
        "IPYTHONDIR": cache / "ipython",
        "MPLCONFIGDIR": cache / "matplotlib",
    }
    for name, folder in folders.items():
        os.environ.setdefault(name, str(folder))
        Path(os.environ[name]).mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    # Several kernels run side by side, and threads that wait for each other spin: one chapter
    # that trains takes ten times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


# The elements' script is long, and every edit of it would change every notebook: the cell that
# brings it is stored without its output, and the site brings the script itself.
ENABLE = "illustrate.enable()"


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Give a notebook its one normal form, in place: the same content is the same bytes."""
    kept = {key: notebook.metadata[key] for key in ("mystnb",) if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO, **kept}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    width = max(2, len(str(len(notebook.cells))))
    count = 0
    for place, cell in enumerate(notebook.cells, 1):
        cell.id = f"c{place:0{width}d}"
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in sorted(cell.metadata) if key in KEPT_CELL_METADATA}
        )
        if "tags" in cell.metadata:
            cell.metadata["tags"] = list(dict.fromkeys(cell.metadata["tags"]))
        cell.source = cell.source.rstrip()
        if cell.cell_type != "code":
            continue
        if cell.get("execution_count") is not None:
            count += 1
            cell.execution_count = count
        for output in cell.outputs:
            output.pop("transient", None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
        cell.outputs = [] if cell.source == ENABLE else _join_streams(cell.outputs)
    return notebook


def _join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where a kernel flushes is chance."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            joined.append(output)
    return joined


def text_of(notebook: NotebookNode) -> str:
    """Return the notebook as the text that is committed."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: Path) -> bool:
    """Write the notebook if that changes the file; return whether it did."""
    new = text_of(notebook).encode()
    if path.exists() and path.read_bytes() == new:
        return False
    path.write_bytes(new)
    return True
