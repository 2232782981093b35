"""Where the book comes from, and what lies beside its pages.

The commit is asked of git; a book that was downloaded as a zip has none. The repository is the
remote `origin`, where that is an address on the web, so that a fork gets its own links without
an edit. Three environment variables say otherwise:

- `BOOK_REPOSITORY`, such as `https://github.com/owner/name`; `none` for no repository.
- `BOOK_URL`, the address the site has when it is published; `none` for no address.
- `BOOK_BRANCH`, the branch that is edited and that Binder runs, `main` otherwise.

All of it becomes configuration, so that Sphinx writes the pages anew when it changes.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from babel.dates import format_date
from sphinx.errors import ConfigError

DOWNLOAD = "downloads/illustrated-self-attention"
#: Hosts that answer ssh in the name of another.
ALIASES = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}
#: What each kind of forge calls the page of a commit, of a file to edit, and of a new issue.
ADDRESSES = {
    "github": ("commit/{}", "edit/{}/{}", "issues/new", "title", "body"),
    "gitlab": ("-/commit/{}", "-/edit/{}/{}", "-/issues/new", "issue[title]", "issue[description]"),
    "gitea": ("commit/{}", "_edit/{}/{}", "issues/new", "title", "body"),
}
#: How a host's name begins where the forge is of this kind.
KINDS = {"github": "github", "gitlab": "gitlab", "codeberg": "gitea", "gitea": "gitea"}


@dataclass(frozen=True)
class Provenance:
    """A commit of a repository, and the addresses that follow from the two."""

    commit: str = ""
    day: str = ""  # of the commit, as in 2026-11-24
    changed: bool = False
    repository: str = ""
    forge: str = ""
    branch: str = "main"
    site: str = ""  # ends on a slash

    @property
    def short(self) -> str:
        return self.commit[:7]

    @property
    def date(self) -> str:
        """The day of the commit as it is read: 24 November 2026."""
        return format_date(date.fromisoformat(self.day), "d MMMM yyyy", locale="en_GB")

    @property
    def host(self) -> str:
        """What a reader calls the place of the repository."""
        host = urlsplit(self.repository).netloc
        names = {"github.com": "GitHub", "gitlab.com": "GitLab", "codeberg.org": "Codeberg"}
        return names.get(host, host)

    @property
    def commit_url(self) -> str:
        return self._of_forge(0, self.commit) if self.commit else ""

    def edit_url(self, path: str) -> str:
        return self._of_forge(1, quote(self.branch), quote(path))

    def issue_url(self, title: str, body: str) -> str:
        """A new issue with its title and text filled in."""
        if self.forge not in ADDRESSES:
            return ""
        *_, address, title_key, body_key = ADDRESSES[self.forge]
        asked = urlencode({title_key: title, body_key: body}, quote_via=quote)
        return f"{self.repository}/{address}?{asked}"

    def binder_url(self, path: str) -> str:
        """The notebook on Binder, which fetches the repository itself."""
        if not self.repository:
            return ""
        name = urlsplit(self.repository).path.strip("/")
        place = {
            "GitHub": f"gh/{name}",
            "GitLab": f"gl/{quote(name, safe='')}",
        }.get(self.host, f"git/{quote(self.repository, safe='')}")
        branch, opened = quote(self.branch, safe=""), quote(f"lab/tree/{path}", safe="")
        return f"https://mybinder.org/v2/{place}/{branch}?urlpath={opened}"

    def page_url(self, page: str) -> str:
        """The published address of a page; the front page has the site's."""
        return f"{self.site}{page.removesuffix('index.html')}" if self.site else ""

    def _of_forge(self, which: int, *parts: str) -> str:
        if self.forge not in ADDRESSES:
            return ""
        return f"{self.repository}/{ADDRESSES[self.forge][which].format(*parts)}"


def of(folder: Path, env: Mapping[str, str] = os.environ) -> Provenance:
    """What can be known of the book in a folder."""
    own = is_own_repository(folder)
    commit, day = (git(folder, "log", "-1", "--format=%H %cs").split() if own else []) or ("", "")
    asked = env.get("BOOK_REPOSITORY", "").strip()
    repository = repository_at(asked or (own and git(folder, "remote", "get-url", "origin")) or "")
    if asked and asked != "none" and not repository:
        raise ConfigError(
            f"BOOK_REPOSITORY is {asked!r}, which is no address of a repository on the web: "
            "write it as https://github.com/owner/name, or none"
        )
    return Provenance(
        commit=commit,
        day=day,
        changed=bool(commit and git(folder, "status", "--porcelain", "--untracked-files=no")),
        repository=repository,
        forge=forge_of(repository, env),
        branch=env.get("BOOK_BRANCH", "").strip() or "main",
        site=site_of(repository, env.get("BOOK_URL", "").strip()),
    )


def git(folder: Path, *command: str) -> str:
    """What git says, or nothing where there is no git or no answer."""
    try:
        run = subprocess.run(
            ["git", *command],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def is_own_repository(folder: Path) -> bool:
    """Whether the folder is a repository's top: one unpacked inside another's is not."""
    top = git(folder, "rev-parse", "--show-toplevel")
    return bool(top) and Path(top).resolve() == folder.resolve()


def repository_at(remote: str) -> str:
    """The page of a repository on the web, from any way to write its remote; else nothing.

    A name, a password or a token in the remote never comes along.
    """
    short = re.fullmatch(r"(?:[^@/\s]+@)?([\w.-]+):(?!//)/?(.+)", remote)
    try:
        parts = urlsplit(f"ssh://{short[1]}/{short[2]}" if short else remote)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http", "ssh", "git"):
        return ""
    host = ALIASES.get(parts.hostname or "", parts.hostname or "")
    path = parts.path.strip("/").removesuffix(".git")
    # A forge has a name with a dot; a host of the ssh configuration or an address of this
    # machine's is no place that a reader could go to.
    if not re.fullmatch(r"(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+", host):
        return ""
    if not re.fullmatch(r"[\w.~-]+(/[\w.~-]+)+", path, re.ASCII):
        return ""
    on_the_web = parts.scheme in ("https", "http")
    scheme = parts.scheme if on_the_web else "https"
    return f"{scheme}://{host}{f':{port}' if on_the_web and port else ''}/{path}"


def forge_of(repository: str, env: Mapping[str, str]) -> str:
    """The kind of forge: by the host's name, or by what a build on the forge says of itself."""
    host = urlsplit(repository).netloc
    if not host:
        return ""
    if host == urlsplit(env.get("GITHUB_SERVER_URL", "")).netloc:
        return "github"
    if host == env.get("CI_SERVER_HOST"):
        return "gitlab"
    return KINDS.get(host.split(".")[0], "")


def site_of(repository: str, asked: str) -> str:
    """The address of the published site: the one asked for, or where GitHub has its pages."""
    if asked and asked != "none":
        parts = urlsplit(asked)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
            raise ConfigError(
                f"BOOK_URL is {asked!r}, which is no address of a site: "
                "write it as https://example.org/book/, or none"
            )
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    owner, _, name = repository.removeprefix("https://github.com/").partition("/")
    if asked or not repository.startswith("https://github.com/"):
        return ""
    root = f"https://{owner.lower()}.github.io/"
    return root if name.lower() == f"{owner.lower()}.github.io" else f"{root}{name}/"


def offers(outdir: Path | str) -> dict[str, bool]:
    """What lies in the output folder beside the pages, and can be offered on them."""
    folder = Path(outdir)
    return {
        "lite": (folder / "lite" / "index.html").is_file(),
        "pdf": (folder / f"{DOWNLOAD}.pdf").is_file(),
        "zip": (folder / f"{DOWNLOAD}.zip").is_file(),
    }


def configure(app, config) -> None:
    config.book_provenance = of(Path(app.srcdir))
    config.book_offers = offers(app.outdir)


def setup(app):
    app.add_config_value("book_provenance", Provenance(), "html", types=[Provenance])
    app.add_config_value("book_offers", {}, "html", types=[dict])
    app.connect("config-inited", configure)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
