"""The pages allow the site itself and nothing else, and work under that."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.site_checks import SITE
from tests.test_furniture import LOUD, extension, hosted
from tests.test_pages import browser  # noqa: F401 (a fixture)

policy = extension("policy")
PAGE = (
    '<!DOCTYPE html>\n<html lang="en"><head>\n<meta charset="utf-8" /><title>t</title>'
    '<script src="a.js"></script><script>one("é");</script></head>'
    '<body><script async>\n  two();\n</script><script>one("é");</script></body></html>'
)


class Head(HTMLParser):
    """What a browser sees of policies and scripts, in the order it sees them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.policies: list[str] = []
        self.scripts: list[str] = []
        self.before: list[str] = []  # what a policy would be about, and comes ahead of it
        self.handlers: list[str] = []
        self._inline = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if found.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(found["content"])
        elif not self.policies and tag in ("script", "link", "style", "base", "img"):
            self.before.append(tag)
        self.handlers += [name for name in found if name.startswith("on")]
        self.handlers += [v for v in found.values() if v.lower().startswith("javascript:")]
        self._inline = tag == "script" and "src" not in found

    def handle_data(self, data: str) -> None:
        if self._inline:
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inline = False


def hashed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def rules(text: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (rule.split() for rule in text.split(";"))}


def faults(html: str) -> list[str]:
    """What is wrong with a page's policy."""
    head = Head(html)
    if len(head.policies) != 1:
        return [f"{len(head.policies)} policies"]
    found = [f"a {tag} ahead of the policy" for tag in head.before]
    found += [f"an event handler or script address, which does not run: {h}" for h in head.handlers]
    said = rules(head.policies[0])
    allowed = set(said["script-src"]) - {"'self'"}
    wanted = {hashed(script) for script in head.scripts}
    found += ["a script without its hash"] * bool(wanted - allowed)
    found += ["a hash without its script"] * bool(allowed - wanted)
    for name, sources in said.items():
        for source in sources:
            plain = source in ("'self'", "'none'") or source.startswith("'sha256-")
            if not plain and (name, source) not in ALLOWED:
                found.append(f"{name} allows {source}")
    for name in ("default-src", "script-src", "object-src", "base-uri", "form-action"):
        found += [f"no {name}"] * (name not in said)
    return found


#: All that is allowed besides the site's own files.
ALLOWED = {("style-src", "'unsafe-inline'"), ("img-src", "data:"), ("font-src", "data:")}


def site_pages() -> list[Path]:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    # JupyterLite is another program, with a kernel in a worker: it is outside the policy. So are
    # the slides, which are handed on as a folder.
    return [
        p
        for p in sorted(SITE.rglob("*.html"))
        if p.relative_to(SITE).parts[0] not in ("_static", "lite", "downloads")
    ]


def test_every_page_has_the_policy_that_fits_its_scripts():
    pages = site_pages()
    assert {"index.html", "404.html", "search.html"} <= {page.name for page in pages}
    found = {page.name: faults(page.read_text(encoding="utf-8")) for page in pages}
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_a_page_is_given_the_hashes_of_its_own_scripts():
    html = policy.protected(PAGE)
    assert faults(html) == []
    assert rules(Head(html).policies[0])["script-src"] == [
        "'self'",
        *sorted([hashed('one("é");'), hashed("\n  two();\n")]),
    ]
    assert policy.protected("<p>no head</p>") == "<p>no head</p>"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("</body>", "<script>three();</script></body>", "a script without its hash"),
        ("two();", "two( );", "a script without its hash"),
        ("\n  two();\n", "", "a hash without its script"),
        ("<body>", '<body onload="f()">', "an event handler"),
        ("<body>", '<body><a href="javascript:f()">', "an event handler"),
        ('<meta charset="utf-8" />', "<script></script>", "a script ahead of the policy"),
        ("default-src 'self'; ", "", "no default-src"),
        ("base-uri 'none'; ", "", "no base-uri"),
        ("default-src 'self'", "default-src https:", "default-src allows https:"),
        ("script-src 'self'", "script-src 'unsafe-inline'", "script-src allows 'unsafe-inline'"),
        ("img-src 'self'", "img-src *", "img-src allows *"),
        ('http-equiv="Content', 'name="Content', "0 policies"),
    ],
)
def test_each_fault_is_found(old, new, fault):
    html = policy.protected(PAGE)
    assert old in html
    found = faults(html.replace(old, new, 1))
    assert any(line.startswith(fault) for line in found), found


# --- in a browser ------------------------------------------------------------------------------------

SAMPLE = (
    "index.html",
    "chapters/04-scores.html",
    "search.html?q=softmax",
    "back/api.html",
    "404.html",
)


#: Only once the page is there: a page that leaves while it loads never says that it has loaded.
SUBMIT = "addEventListener('load', () => setTimeout(() => document.forms.f.submit(), 50))"


def heard_by(tab) -> list[str]:
    heard: list[str] = []
    tab.on("console", lambda said: heard.append(said.text) if said.type in LOUD else None)
    tab.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.mark.parametrize("place", ["folder", "host"])
def test_pages_of_every_kind_work_under_their_policy(place, browser):  # noqa: F811
    tab = browser.new_page()
    heard = heard_by(tab)
    with hosted(SITE) as address:
        for name in SAMPLE:
            if (place, name) == ("folder", "404.html"):
                continue  # it is for a host
            tab.goto(f"{SITE.as_uri() if place == 'folder' else address}/{name}")
            assert tab.evaluate("document.documentElement.dataset.mode") == "auto", name
            if name.startswith("search"):
                tab.locator("#search-results li a").first.wait_for()
                tab.locator("main input[type=search]").fill("query")
                tab.locator("main input[type=search]").press("Enter")
                tab.wait_for_url(lambda url: "q=query" in url)
        assert heard == []
    tab.close()


@pytest.mark.parametrize(
    ("injected", "refused"),
    [
        ("<script>document.title = 'injected'</script>", "script"),
        ("<img src='' onerror=\"document.title = 'injected'\">", "event handler"),
        ("<script src='https://example.org/a.js'></script>", "https://example.org/a.js"),
        ("<script src='data:text/javascript,document.title=1'></script>", "data:text/javascript"),
        ("<iframe src='https://example.org/'></iframe>", "frame"),
        ("<img src='https://example.org/a.png'>", "https://example.org/a.png"),
        ("<form id='f' action='https://example.org/'></form><script src='f.js'></script>", "form"),
        ("<base href='https://example.org/'>", "base"),
    ],
)
def test_what_gets_into_a_page_later_is_refused(injected, refused, browser):  # noqa: F811
    page = (SITE / "back" / "cite.html").read_text(encoding="utf-8")
    tab = browser.new_page()
    heard = heard_by(tab)
    asked: list[str] = []
    tab.on("requestfinished", lambda request: asked.append(request.url))
    tab.route("**/f.js", lambda route: route.fulfill(body=SUBMIT))
    tab.route("https://example.org/**", lambda route: route.fulfill(body=""))
    with hosted(SITE) as address:
        for protected in (True, False):
            html = page.replace("</body>", f"{injected}</body>")
            if not protected:
                html = re.sub("<meta http-equiv[^>]*>", "", html)
            tab.route(
                "**/victim.html",
                lambda route, _, html=html: route.fulfill(body=html, content_type="text/html"),
            )
            heard.clear(), asked.clear()
            tab.goto(f"{address}/back/victim.html")
            for _ in range(20):  # a busy machine takes its time
                tab.wait_for_timeout(250)
                said = [s for s in heard if "Content Security Policy" in s and refused in s]
                happened = any("example.org" in url for url in asked)
                happened = happened or tab.title() in ("injected", "1")
                if said or happened or (not protected and "base" in injected):
                    break
            if protected:
                assert said, heard
                assert not happened
            else:
                assert not said
                # Without the policy it does happen, or the test would prove nothing.
                assert happened or "base" in injected
    tab.close()
