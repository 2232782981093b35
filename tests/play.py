"""What the tests in a browser share: a host for a folder, JupyterLab after Run All, axe, and what
every element of the book must do on a page, whatever it plays."""

from __future__ import annotations

import base64
import contextlib
import functools
import http.server
import importlib.resources
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import nbformat

from attention_core.illustrate.elements import script

ROOT = Path(__file__).resolve().parent.parent
#: In how many pieces the text of a page comes over a slow line.
PIECES = 12
LATE = 0.6  # seconds that a font takes there
INLINE_FONT = re.compile(rb"url\([\"']?data:font/[^,]*;base64,(?P<data>[^)\"']*)[\"']?\)")


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


class _SlowHost(_Host):
    """A slow line: a page comes in pieces, and the browser draws what it has; the fonts that lie
    in a style sheet come by themselves, and late."""

    fonts: ClassVar[list[bytes]] = []
    slowness = 1.0

    def copyfile(self, source, outputfile):
        data = source.read()
        start = data.find(b"<article") if self.path.endswith(".html") else -1
        if start < 0:
            outputfile.write(data)
            return
        outputfile.write(data[:start])
        step = -(-(len(data) - start) // PIECES)
        for at in range(start, len(data), step):
            time.sleep(0.02 * self.slowness)
            outputfile.write(data[at : at + step])
            outputfile.flush()

    def do_GET(self):
        asked = self.path.partition("?")[0]
        if asked.startswith("/late-font/"):
            time.sleep(LATE * self.slowness)
            self._say("font/woff2", self.fonts[int(asked.rpartition("/")[2])])
        elif asked.endswith(".css"):
            sheet = Path(self.translate_path(self.path)).read_bytes()
            self._say("text/css", INLINE_FONT.sub(self._put_off, sheet))
        else:
            super().do_GET()

    def _put_off(self, found: re.Match[bytes]) -> bytes:
        self.fonts.append(base64.b64decode(found["data"]))
        return b"url(/late-font/%d)" % (len(self.fonts) - 1)

    def _say(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(folder: Path, below: str = "", slowly: float = 0) -> Iterator[str]:
    """The address at which a folder is served, on this machine alone, and how slowly."""
    handler = type("Host", (_SlowHost if slowly else _Host,), {"below": below, "slowness": slowly})
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


# --- an element on a page of its own -------------------------------------------------------------

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
THEMES_AND_WIDTHS = [(theme, size) for theme in ("light", "dark") for size in (WIDE, NARROW)]


def page(body: str, theme: str = "light") -> str:
    paper = {"light": "#fff", "dark": "#14181E"}[theme]
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Play</title>'
        f'<link rel="icon" href="data:,"><style>body{{margin:0 16px;background:{paper}}}'
        "main{max-width:740px;margin:auto}h1{color:#777}figure{margin:0}</style>"
        '<script defer src="attention.js"></script></head><body><main>'
        f"<h1>Play</h1>{body}</main></body></html>"
    )


class Tabs:
    """Opens pages from a folder and hears what they say.

    Called without a body, it opens the one that it was given; `still` asks for less motion.
    """

    def __init__(self, opener, folder: Path, body: str, still: bool = False) -> None:
        self.opener, self.folder, self.body, self.still = opener, folder, body, still
        self.contexts = []

    def __call__(self, body=None, *, theme="light", js=None, size=WIDE, hash="", still=None, **how):
        (self.folder / "attention.js").write_text(script() if js is None else js, encoding="utf-8")
        html = page(self.body if body is None else body, theme)
        (self.folder / "page.html").write_text(html, encoding="utf-8")
        still = self.still if still is None else still
        how = {"reduced_motion": "reduce" if still else "no-preference"} | how
        context = self.opener.new_context(viewport=size, offline=True, **how)
        self.contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(5000)
        tab.heard = []
        tab.on("console", lambda message: tab.heard.append(f"console: {message.text}"))
        tab.on("pageerror", lambda error: tab.heard.append(f"script error: {error}"))
        tab.goto((self.folder / "page.html").as_uri() + hash)
        return tab

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def layout_faults(tab, element: str, theme: str, width: int) -> list[str]:
    """What an element must not do on any page; `element` is an expression for it."""
    found = [f"heard {said}" for said in tab.heard]
    if tab.evaluate("document.documentElement.scrollWidth") > width:
        found.append("the page scrolls sideways")
    if tab.evaluate(f"{element}.hasAttribute('dark')") != (theme == "dark"):
        found.append("the theme is not the page's")
    small = tab.evaluate(
        f"""() => [...document.querySelectorAll({element}.localName)].flatMap((each) =>
            [...each.shadowRoot.querySelectorAll("button, select, input, .cell")]
            .map((e) => e.type === "checkbox" ? e.closest("label") : e)
            .filter((e) => e.getBoundingClientRect().height < 40)
            .map((e) => e.outerHTML.slice(0, 90)))"""
    )
    found += [f"less than 40 px high: {control}" for control in small[:3]]
    if in_view(tab, element) != [False, True]:
        found.append(f"picture, element in view: {in_view(tab, element)}")
    return found


def in_view(tab, element: str) -> list[bool]:
    """Whether the picture is in view, and whether what plays is."""
    return tab.evaluate(
        f"[{element}.querySelector('svg').getBoundingClientRect().height > 0,"
        f" {element}.shadowRoot.querySelector('.live').getBoundingClientRect().height > 0]"
    )


def paper_faults(tab, element: str) -> list[str]:
    """On paper there is the picture, and nothing to play with."""
    tab.emulate_media(media="print")
    seen = in_view(tab, element)
    return [] if seen == [True, False] else [f"picture, element on paper: {seen}"]


def spilled(tab, element: str) -> list[str]:
    """What reaches out of the drawing that plays."""
    wide = tab.evaluate(
        f"(() => {{ const r = {element}.shadowRoot, b = r.querySelector('.picture')"
        ".getBoundingClientRect(); return [...r.querySelectorAll('.picture *')].filter((e) => {"
        " const own = e.getBoundingClientRect(); return own.width &&"
        " (own.left < b.left - 2 || own.right > b.right + 2 || own.bottom > b.bottom + 2); })"
        ".map((e) => e.outerHTML.slice(0, 80)); })()"
    )
    return [f"reaches out of the picture: {each}" for each in wide[:2]]


def tabbed(tab, count: int) -> tuple[list[str], list[str]]:
    """The names of the controls that Tab leads to, and the faults of their focus."""
    names, found = [], []
    deep = (
        "let e = document.activeElement; while (e.shadowRoot?.activeElement)"
        " e = e.shadowRoot.activeElement;"
    )
    for _ in range(count):
        tab.keyboard.press("Tab")
        names.append(tab.evaluate(f"(() => {{ {deep} return e.getAttribute('aria-label'); }})()"))
        edge = tab.evaluate(f"(() => {{ {deep} return getComputedStyle(e).outlineWidth; }})()")
        if float(edge.removesuffix("px")) < 2:
            found.append(f"focus on {names[-1]} cannot be seen")
    return names, found


def unannounced(tab, element: str, text: str) -> list[str]:
    """A fault, unless a screen reader is told this text soon."""
    try:
        tab.wait_for_function(
            f"text => {element}.shadowRoot.querySelector('[aria-live=polite]').textContent"
            ".replaceAll('\\u00a0', ' ') === text.replaceAll('\\u00a0', ' ')",
            arg=text,
            timeout=1500,
        )
    except Exception:
        return ["what is seen is not announced"]
    return []


def assert_fault_is_seen(tabs, looks, old: str, new: str, fault: str) -> None:
    """An element's script with one piece changed must look wrong, on a phone in the dark."""
    assert old in script()
    found = looks(
        tabs(js=script().replace(old, new), theme="dark", size=NARROW), "dark", NARROW["width"]
    )
    assert any(fault in line for line in found), found
