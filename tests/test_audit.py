"""What `make audit` makes of Lighthouse's answers, and how its server sends the site."""

from __future__ import annotations

import gzip
import threading
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

import pytest

from tools import audit


def answer(performance: float = 1.0, weight: int = 10) -> dict:
    return {
        "categories": {
            name: {"score": 1.0, "auditRefs": []}
            for name in ("accessibility", "best-practices", "seo")
        }
        | {
            "performance": {
                "score": performance,
                "auditRefs": [{"id": "slow", "weight": weight}, {"id": "free", "weight": 0}],
            }
        },
        "audits": {
            "slow": {"score": performance, "title": "Too slow", "displayValue": "9 s"},
            "free": {"score": 0, "title": "Of no weight"},
            "cumulative-layout-shift": {"numericValue": 0.25},
        },
    }


def test_a_page_at_its_floors_passes():
    report = audit.report_of(answer(0.98, weight=0))
    assert report.scores["performance"] == 98
    assert report.shift == 0.25
    assert not report.below()
    assert audit.verdict({"a.html": report}) == [
        "lowest: performance 98, accessibility 100, best-practices 100, seo 100"
    ]


def test_a_page_below_is_told_with_the_reason():
    lines = audit.verdict({"a.html": audit.report_of(answer(0.5))})
    assert lines[1:] == [
        "a.html: performance 50, and at least 98 is asked",
        "    performance: Too slow 9 s",
    ]


def test_a_page_that_does_not_open_is_an_error():
    with pytest.raises(RuntimeError, match="no page"):
        audit.report_of({"runtimeError": {"message": "no page"}})


def test_the_median_of_three_counts_where_one_is_below(monkeypatch):
    scores = iter([0.5, 0.99, 0.98])
    monkeypatch.setattr(audit, "measure", lambda *_: audit.report_of(answer(next(scores))))
    assert audit.settled("page", "browser").scores["performance"] == 98
    scores = iter([0.99])
    assert audit.settled("page", "browser").scores["performance"] == 99


def test_the_site_is_sent_compressed_and_nothing_beside_it(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "secret.html").write_text("no")
    (tmp_path / "site" / "index.html").write_text("<p>yes</p>")
    monkeypatch.setattr(audit, "SITE", tmp_path / "site")
    server = ThreadingHTTPServer(("127.0.0.1", 0), audit.Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}/"
    try:
        asked = urllib.request.Request(root, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as reply:
            assert reply.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(reply.read()) == b"<p>yes</p>"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(root + "%2e%2e/secret.html")
    finally:
        server.shutdown()
        server.server_close()
