"""Serve the built book on this machine, and build it again whenever a source changes.

python tools/serve.py [--port 8000] -- COMMAND that builds the book

Pages in an open browser reload by themselves after a build that worked; a build that fails
says why in the terminal.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
WATCHED = ("chapters", "back", "attention_core", "_static", "_ext", "vendor", "tools")
SCRIPT = b"""new EventSource("/.built").onmessage = () => location.reload();"""


class Builds:
    """How many builds have worked, for pages that wait for the next one."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = threading.Condition()

    def add(self) -> None:
        with self.changed:
            self.count += 1
            self.changed.notify_all()

    def wait_beyond(self, count: int, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.count > count, timeout=seconds)


class Handler(SimpleHTTPRequestHandler):
    """The site's files, with one script added to each page: reload after a build."""

    def __init__(self, *args, builds: Builds, **options) -> None:
        self.builds = builds
        super().__init__(*args, directory=str(SITE), **options)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/.built":
            self.send_events()
        elif path == "/.reload.js":
            self.send_bytes(SCRIPT, "text/javascript")
        elif path.endswith("/") or path.endswith(".html"):
            page = Path(self.translate_path(path))
            page = page / "index.html" if page.is_dir() else page
            if not page.is_file():
                self.send_error(404)
                return
            script = b'<script src="/.reload.js" defer></script></body>'
            self.send_bytes(page.read_bytes().replace(b"</body>", script), "text/html")
        else:
            super().do_GET()

    def send_bytes(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        seen = self.builds.count
        try:
            while not self.builds.wait_beyond(seen, seconds=15):
                self.wfile.write(b": still here\n\n")
                self.wfile.flush()
            self.wfile.write(b"data: built\n\n")
        except OSError:
            pass  # the page was closed

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args) -> None:
        """Say nothing of each file served: the terminal is for builds."""


def sources() -> dict[Path, int]:
    """Return every file the book is made of, with the time it was last written."""
    found = [path for path in ROOT.iterdir() if not path.name.startswith((".", "_build"))]
    for folder in WATCHED:
        found += (ROOT / folder).rglob("*")
    times = {}
    for path in found:
        hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts[-3:])
        if hidden or path.suffix in (".pyc", ".tmp"):
            continue
        try:
            if path.is_file():
                times[path] = path.stat().st_mtime_ns
        except OSError:
            continue  # an editor took it away in the meantime
    return times


def settled(pause: float = 0.3) -> dict[Path, int]:
    """Return the sources once two looks in a row agree: an editor may be in the middle."""
    before = sources()
    while True:
        time.sleep(pause)
        after = sources()
        if after == before:
            return after
        before = after


def watch(command: list[str], builds: Builds) -> None:
    """Build at every change, for ever."""
    known = settled()
    while True:
        now = settled()
        if now == known:
            continue
        changed = sorted(
            path for path in now.keys() | known.keys() if now.get(path) != known.get(path)
        )
        known = now
        names = ", ".join(str(path.relative_to(ROOT)) for path in changed[:3])
        print(f"\nChanged: {names}{' and more' if len(changed) > 3 else ''}", flush=True)
        start = time.perf_counter()
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            print("The build failed: the reason is above. Waiting for the next change.", flush=True)
        else:
            print(f"Built in {time.perf_counter() - start:.1f} s.", flush=True)
            builds.add()


def main() -> int:
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("command", nargs="+", help="the command that builds the book, after --")
    options = parser.parse_args()
    builds = Builds()
    try:
        server = ThreadingHTTPServer(("127.0.0.1", options.port), partial(Handler, builds=builds))
    except OSError as error:
        print(f"Port {options.port} cannot be had ({error.strerror}): make serve PORT=8001")
        return 1
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl+C ends it)", flush=True)
    try:
        watch(options.command, builds)
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
