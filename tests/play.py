"""What the tests in a browser share: a host for a folder, JupyterLab after Run All, and axe."""

from __future__ import annotations

import contextlib
import functools
import http.server
import importlib.resources
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class _Host(http.server.SimpleHTTPRequestHandler):
    """A folder's files below a path, as a host serves a project's pages; says nothing.

    What does not exist is answered with the folder's 404.html, where it has one.
    """

    below = ""

    def translate_path(self, path: str) -> str:
        if not path.startswith(self.below + "/"):
            return str(Path(self.directory, "no such file"))
        return super().translate_path(path[len(self.below) :])

    def send_error(self, code: int, *message) -> None:
        page = Path(self.directory, "404.html")
        if not page.is_file():
            return super().send_error(code, *message)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@contextlib.contextmanager
def serving(folder: Path, below: str = "") -> Iterator[str]:
    """The address at which a folder is served, on this machine alone."""
    handler = type("Host", (_Host,), {"below": below})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{below}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def run_all(browser, folder: Path, cells: list[str]) -> Iterator:
    """A tab with the notebook of these cells, all of which have been told to run."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "play.ipynb")
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
         "--IdentityProvider.token=", "--ServerApp.password=", f"--notebook-dir={folder}"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api").read()
                break
            except OSError:
                time.sleep(0.5)
        tab = context.new_page()
        tab.set_default_timeout(60000)
        tab.goto(f"http://127.0.0.1:{port}/lab/tree/play.ipynb?reset")
        tab.locator(".jp-Notebook").wait_for()
        tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        tab.get_by_role("menuitem", name="Run", exact=True).click()
        tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        yield tab
    finally:
        context.close()
        server.terminate()
        server.wait(20)


#: The rules that ask for colours, and so depend on the theme.
COLOURS = ("color-contrast", "link-in-text-block")
#: Text in elements that are alike all the way up looks alike: two of each are enough to measure.
ALIKE = """() => {
  const seen = new Map();
  const others = [];
  for (const element of document.querySelectorAll("body *")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    let path = "";
    for (let at = element; at; at = at.parentElement) {
      const row = at.matches("tr:nth-child(even)");
      path += `${at.tagName} ${at.getAttribute("class")} ${at.getAttribute("style")} ${row} `;
    }
    seen.set(path, (seen.get(path) || 0) + 1);
    if (seen.get(path) > 2) element.setAttribute("data-alike", "");
    else others.push(element);
  }
  // What is left out is left out with all that it holds.
  for (let at of others) for (; at; at = at.parentElement) at.removeAttribute("data-alike");
}"""
RUN = """([rules, part]) => axe.run(part ? { exclude: [["[data-alike]"]] } : document,
  { preload: false, ...rules }).then((found) => found.violations)"""


def axe(tab, colours_only: bool = False) -> list[str]:
    """What axe finds, by all its rules or those about colours; it fetches no style sheet again."""
    source = importlib.resources.files("axe_playwright_python") / "axe.min.js"
    tab.evaluate(source.read_text(encoding="utf-8"))
    tab.evaluate(ALIKE)
    faults = tab.evaluate(RUN, [{"runOnly": COLOURS}, True])
    if not colours_only:
        others = {"rules": {name: {"enabled": False} for name in COLOURS}}
        faults += tab.evaluate(RUN, [others, False])
    return [
        f"{fault['id']}: {' '.join(fault['nodes'][0]['html'].split())[:120]}" for fault in faults
    ]
