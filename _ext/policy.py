"""Each page carries a policy for the browser: nothing but the site itself.

Scripts are the site's own files and the few inline ones that stood in the page when it was built,
by their hashes: a script that gets into a page later, by whatever way, does not run. The policy is
a meta tag because a site in a folder, or on a host without settings, has no headers.
CONTRIBUTING.md names the header that adds what a meta tag cannot say.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

POLICY = {
    "default-src": "'self'",  # `make serve` listens for its builds; browsers prefetch the next page
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # figures and formulas carry style attributes
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "frame-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
INLINE = re.compile(r"<script\b(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
OPENING = re.compile(r'<meta charset="[^"]*"\s*/?>')


def hashes(html: str) -> list[str]:
    """The hash of each inline script of a page, as a policy quotes it."""
    found = (sha256(script.encode()).digest() for script in INLINE.findall(html))
    return sorted({f"'sha256-{b64encode(digest).decode()}'" for digest in found})


def policy(html: str) -> str:
    """The policy that a page's own scripts pass."""
    own = POLICY | {"script-src": " ".join([POLICY["script-src"], *hashes(html)])}
    return "; ".join(f"{name} {sources}" for name, sources in own.items())


def protected(html: str) -> str:
    """The page with its policy, ahead of everything the policy is about."""
    tag = f'<meta http-equiv="Content-Security-Policy" content="{policy(html)}" />'
    return OPENING.sub(lambda opening: f"{opening[0]}\n    {tag}", html, count=1)


def protect_pages(app) -> None:
    """Have every page pass through `protected`, after all else that changes pages."""
    if app.builder.format != "html":
        return
    templates = app.builder.templates
    render = templates.render
    templates.render = lambda template, context: protected(render(template, context))


def setup(app):
    app.connect("builder-inited", protect_pages, priority=2000)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
