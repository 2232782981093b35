"""Build JupyterLite, the book's notebooks with a Python in the browser, into a folder.

    python tools/lite.py _build/html/lite                      Pyodide from its own distribution
    python tools/lite.py _build/html/lite --pyodide FOLDER     Pyodide from the site itself

FOLDER holds a distribution of Pyodide, of the one version that is tested. Of its packages those
are copied that the notebooks need. What is the book's own about the build lies in `lite/`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from _ext.bibliography import AuthorYearLabels
from _ext.furniture import needs_weights
from tools.notebooks import label, notebooks, read

OWN = ROOT / "lite"
TOOLS = ROOT / ".cache" / "lite" / "tools"
WHEELS = ROOT / ".cache" / "lite" / "wheels"
LABEXTENSIONS = Path("share") / "jupyter" / "labextensions"

PYODIDE = "0.27.7"
#: Without these there is no Python; the rest of a distribution is packages.
CORE = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
#: What the kernel loads, and what the book's notebooks and its readers import.
PACKAGES = ("micropip", "ssl", "sqlite3", "ipython", "numpy", "matplotlib")
KERNEL = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
#: Dates in the wheel and the listings: the first that a wheel can have, so that the same content
#: is the same bytes.
DATE = "315532800"

INSTALL = """\
# Run > Run All Cells runs this page. This line brings it the book's own module, from this site.
%pip install -q attention-core"""
#: What is drawn by matplotlib, which is a third of all there is to load: only where it is used.
PLOTS = re.compile(r"\bimport matplotlib|\billustrate\.(plane|plot|growth)\(")
CONFIG = "jupyter_lite_config.json"
SETTINGS = {
    "LiteBuildConfig": {
        "apps": ["lab"],
        "federated_extensions": [
            str(TOOLS / LABEXTENSIONS / "@jupyterlite" / "pyodide-kernel-extension"),
            str(TOOLS / LABEXTENSIONS / "jupyterlab-myst"),
        ],
        "ignore_sys_prefix": ["federated_extensions"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "source_date_epoch": int(DATE),
    }
}
TITLE = "Illustrated self-attention"
#: The two pages, and where their icon is from there.
PAGES = {"index.html": "lab/favicon.ico", "lab/index.html": "favicon.ico"}
#: Pages that only lead to a page that is there anyway.
IDLE = ("doc", "lab/tree", "lab/workspaces")


# --- the notebooks -------------------------------------------------------------------------------


def for_the_browser(notebook: nbformat.NotebookNode, prose: Prose) -> nbformat.NotebookNode:
    """Return a copy that runs in the browser as it is, and shows its figures before that.

    Jupyter takes the figures out of outputs that it does not trust; these are the book's own.
    """
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.kernelspec = nbformat.from_dict(KERNEL)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = prose(cell.source)
        else:
            cell.metadata = nbformat.from_dict({**cell.metadata, "trusted": True})
    code = [cell.cell_type for cell in notebook.cells].index("code")
    source = INSTALL + "[plots]" * any(PLOTS.search(cell.source) for cell in notebook.cells)
    install = nbformat.v4.new_code_cell(source, id="install", metadata={"trusted": True})
    notebook.cells.insert(code, install)
    return notebook


class Prose:
    """Puts into words what only the site can look up: terms, references, titles, its other pages.

    Left as they are, MyST would mark each as an error.
    """

    def __init__(self, paths: list[Path]) -> None:
        self.titles = {path.name: title(read(path)) for path in paths}
        self.here = {path.name for path in paths if not needs_weights(path)}
        entries = parse_file(str(ROOT / "references.bib")).entries
        self.labels = {key: AuthorYearLabels.label(entry) for key, entry in entries.items()}

    def __call__(self, source: str) -> str:
        source = re.sub(r"\{term\}`([^`<]*?)(?: *<[^`]*)?`", r"*\1*", source)
        source = re.sub(r"\{cite:([tp])\}`([^`]*)`", self._citation, source)
        source = re.sub(r"\[\]\(((?:[\w-]+/)*([\w-]+\.ipynb))\)", self._title, source)
        return re.sub(r"\[([^\]]+)\]\((?:\.\./)?back/[^)]*\)", r"\1", source)

    def _citation(self, match: re.Match[str]) -> str:
        label = self.labels[match[2]]
        return re.sub(r", (\w+)$", r" (\1)", label) if match[1] == "t" else f"({label})"

    def _title(self, match: re.Match[str]) -> str:
        title = self.titles[match[2]]
        return f"[{title}]({match[1]})" if match[2] in self.here else title


def title(notebook: nbformat.NotebookNode) -> str:
    return notebook.cells[0].source.partition("\n")[0].lstrip("# ")


def offered() -> list[Path]:
    """The notebooks that run in the browser: there is no trained model there."""
    return [path for path in notebooks() if not needs_weights(path)]


def write_notebooks(folder: Path) -> None:
    prose = Prose(notebooks())
    for path in offered():
        target = folder / label(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not by nbformat, which takes the trust out, and makes lists of lines of what the browser
        # wants whole.
        text = json.dumps(for_the_browser(read(path), prose), ensure_ascii=False, indent=1)
        target.write_text(text + "\n", encoding="utf-8")
    # What chapters draw from.
    data = ROOT / "chapters" / "data"
    if data.is_dir():
        shutil.copytree(data, folder / "chapters" / "data", dirs_exist_ok=True)


# --- the wheels ----------------------------------------------------------------------------------


def build_wheel(folder: Path) -> None:
    """Build the wheel of attention_core, from a copy: setuptools leaves things where it builds."""
    with tempfile.TemporaryDirectory() as place:
        source = Path(place)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        shutil.copytree(
            ROOT / "attention_core",
            source / "attention_core",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        run([*pip, "--wheel-dir", str(folder), str(source)], place, SOURCE_DATE_EPOCH=DATE)


def write_wheels(folder: Path) -> None:
    folder.mkdir()
    build_wheel(folder)
    # The browser's kernel asks for comm, and neither it nor Pyodide brings it.
    for wheel in WHEELS.glob("comm-*.whl"):
        shutil.copy(wheel, folder)


# --- Pyodide -------------------------------------------------------------------------------------


def read_lock(folder: Path) -> dict:
    """Return the list of a distribution's packages, if it is one, and the right one."""
    for name in (*CORE, LOCK):
        if not (folder / name).is_file():
            raise SystemExit(
                f"PYODIDE must name a folder with Pyodide in it: {folder} has no {name}."
            )
    lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    version = lock["info"]["version"]
    if version != PYODIDE:
        raise SystemExit(
            f"The notebooks are tested with Pyodide {PYODIDE}, and the kernel is made for it: "
            f"{folder} holds {version}."
        )
    return lock


def needed(lock: dict) -> list[str]:
    """Return the names of the packages that the notebooks need, with what those need."""
    found: list[str] = []
    left = list(PACKAGES)
    while left:
        name = left.pop()
        if name not in lock["packages"]:
            raise SystemExit(f"This Pyodide has no {name}, which the notebooks need.")
        if name not in found:
            found.append(name)
            left += [
                re.sub("[-_.]+", "-", each).lower() for each in lock["packages"][name]["depends"]
            ]
    return sorted(found)


def copy_pyodide(source: Path, target: Path) -> None:
    """Copy what is needed of a distribution, and a list of packages that names no other."""
    lock = read_lock(source)
    lock["packages"] = {name: lock["packages"][name] for name in needed(lock)}
    files = [package["file_name"] for package in lock["packages"].values()]
    missing = [name for name in files if not (source / name).is_file()]
    if missing:
        raise SystemExit(f"This Pyodide is not whole: {source} has no {', '.join(missing)}.")
    target.mkdir(parents=True)
    for name in (*CORE, *files):
        shutil.copyfile(source / name, target / name)
    (target / LOCK).write_text(json.dumps(lock, sort_keys=True), encoding="utf-8")


# --- the whole -----------------------------------------------------------------------------------


def run(command: list[str], folder: str, **environment: str) -> None:
    """Run a command in a folder; it has nothing to say unless it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nThis failed: {' '.join(command)}")


def build(pyodide: Path | None, output: Path) -> None:
    """Build JupyterLite in a place of its own, then put it where it belongs."""
    with tempfile.TemporaryDirectory() as place:
        source, built = Path(place) / "source", Path(place) / "built"
        shutil.copytree(OWN, source)
        write_notebooks(source / "files")
        write_wheels(source / "pypi")
        if pyodide:
            copy_pyodide(pyodide, source / "static" / "pyodide")
        (source / CONFIG).write_text(json.dumps(SETTINGS), encoding="utf-8")
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(source)]
        command += ["--config", str(source / CONFIG), "--output-dir", str(built)]
        run(command, place, PYTHONPATH=str(TOOLS))
        tidy(built)
        shutil.rmtree(output, ignore_errors=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(built, output)


def tidy(built: Path) -> None:
    """Leave out what leads nowhere else, give the pages their names, and date all today.

    A browser keeps a file longer the older it is, and from 1980 it would be kept for years.
    """
    for name in IDLE:
        shutil.rmtree(built / name)
    for name, icon in PAGES.items():
        text = (built / name).read_text(encoding="utf-8")
        text = text.replace("<title>JupyterLite</title>", "").replace("<html>", '<html lang="en">')
        head = f'<head>\n    <title>{TITLE}</title>\n    <link rel="icon" href="{icon}" />'
        (built / name).write_text(text.replace("<head>", head), encoding="utf-8")
    for path in built.rglob("*"):
        os.utime(path)


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def main() -> None:
    """Build, and say where it is and how large."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--pyodide", type=Path, help=f"a folder that holds Pyodide {PYODIDE}")
    options = parser.parse_args()
    build(options.pyodide, options.output)
    own = options.output / "static" / "pyodide"
    python = f"Pyodide {megabytes(own):.0f} of them" if own.is_dir() else "Pyodide not included"
    print(f"JupyterLite is in {options.output}: {megabytes(options.output):.0f} MB, {python}.")


if __name__ == "__main__":
    main()
