"""Lighthouse over every page of the built site, as on a phone: `make audit`.

Lighthouse is a Node program; the Makefile puts the pinned version into .cache/lighthouse. The site
is served by a small server on this machine that compresses and sets cache headers as a host would.
The figures are Lighthouse's own, of its simulated slow phone. Performance is measured, so it
depends on what else the machine does: a page that falls below is measured twice more, and the
median counts.

python tools/audit.py [PAGE ...]     # for example chapters/04-scores.html
"""

from __future__ import annotations

import argparse
import gzip
import json
import mimetypes
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.press import chromium

SITE = ROOT / "_build" / "html"
LIGHTHOUSE = ROOT / ".cache" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
FLOORS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
NOT_PAGES = ("_static", "_sources", "lite", "downloads")
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".xml", ".txt", ".ipynb")


@cache
def body_of(path: Path, packed: bool) -> bytes:
    content = path.read_bytes()
    return gzip.compress(content, 9) if packed else content


class Host(BaseHTTPRequestHandler):
    """The site as a host serves it: compressed, and to be kept for a while."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = unquote(urlsplit(self.path).path).lstrip("/")
        path = (SITE / asked).resolve()
        path = path / "index.html" if path.is_dir() else path
        found = path.is_file() and path.is_relative_to(SITE.resolve())
        if not found:
            path = SITE / "404.html"
        packed = path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", "")
        body = body_of(path, packed) if path.is_file() else b"Not found"
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if "text" in kind else kind)
        self.send_header("Cache-Control", f"max-age={600 if path.suffix == '.html' else 31536000}")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args) -> None:
        """Say nothing of each file."""


@dataclass(frozen=True)
class Report:
    """What Lighthouse says of a page."""

    scores: dict[str, int]
    shift: float
    faults: tuple[str, ...]

    def below(self) -> list[str]:
        return [name for name, floor in FLOORS.items() if self.scores[name] < floor]


def report_of(answer: dict) -> Report:
    """The scores, the layout shift, and each audit that took something from a score."""
    if answer.get("runtimeError"):
        raise RuntimeError(answer["runtimeError"]["message"])
    scores = {name: round(100 * answer["categories"][name]["score"]) for name in FLOORS}
    faults = []
    for name in FLOORS:
        for part in answer["categories"][name]["auditRefs"]:
            audit = answer["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                faults.append(f"{name}: {audit['title']} {audit.get('displayValue', '')}".strip())
    shift = answer["audits"]["cumulative-layout-shift"]["numericValue"]
    return Report(scores, shift, tuple(faults))


def measure(address: str, browser: str) -> Report:
    """Run Lighthouse on one page, once."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        run = subprocess.run(
            [str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--output-path={out}",
             f"--only-categories={','.join(FLOORS)}", "--form-factor=mobile",
             "--chrome-flags=--headless=new --no-sandbox --disable-gpu "
             "--disable-background-networking"],
            env={**os.environ, "CHROME_PATH": browser, "TMPDIR": folder}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if not out.is_file():
            raise RuntimeError(f"Lighthouse gave no report of {address}:\n{run.stderr[-2000:]}")
        return report_of(json.loads(out.read_text(encoding="utf-8")))


def settled(address: str, browser: str) -> Report:
    """One measurement; where its performance is below, the median of three."""
    first = measure(address, browser)
    if "performance" not in first.below():
        return first
    all_three = [first, measure(address, browser), measure(address, browser)]
    middle = statistics.median(report.scores["performance"] for report in all_three)
    return next(report for report in all_three if report.scores["performance"] == middle)


def pages() -> list[str]:
    names = (path.relative_to(SITE) for path in sorted(SITE.rglob("*.html")))
    return [name.as_posix() for name in names if name.parts[0] not in NOT_PAGES]


def audit(names: list[str], browser: str) -> dict[str, Report]:
    """Measure each page, one after the other, and say so as it goes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    head = f"{'page':36}{'perf.':>7}{'access.':>9}{'practice':>10}{'SEO':>5}{'shift':>8}{'load':>7}"
    print(head, flush=True)
    reports = {}
    for name in names:
        report = settled(f"http://127.0.0.1:{server.server_port}/{name}", browser)
        reports[name] = report
        perf, access, practice, seo = report.scores.values()
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        print(
            f"{name:36}{perf:7}{access:9}{practice:10}{seo:5}{report.shift:8.3f}{load:7.1f}",
            flush=True,
        )
    server.shutdown()
    return reports


def verdict(reports: dict[str, Report]) -> list[str]:
    """The lowest scores, and what is wrong with each page that is below."""
    lowest = {name: min(report.scores[name] for report in reports.values()) for name in FLOORS}
    lines = ["lowest: " + ", ".join(f"{name} {score}" for name, score in lowest.items())]
    for page, report in reports.items():
        for name in report.below():
            lines.append(
                f"{page}: {name} {report.scores[name]}, and at least {FLOORS[name]} is asked"
            )
            lines += [f"    {fault}" for fault in report.faults if fault.startswith(name)]
    return lines


def main() -> int:
    """Measure, print, and fail where a score is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="as in chapters/04-scores.html; all when none")
    names = parser.parse_args().pages or pages()
    browser = chromium()
    if browser is None:
        print("Lighthouse needs Chromium: install it, or name it in the variable CHROMIUM.")
        return 1
    missing = [name for name in names if not (SITE / name).is_file()]
    if missing or not names:
        print(f"No such page: {', '.join(missing)}." if missing else "Run `make book` first.")
        return 1
    reports = audit(names, browser)
    print("\n".join(verdict(reports)))
    return 1 if any(report.below() for report in reports.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
