"""Where the book comes from, and what lies beside its pages.

The commit is asked of git; a book that was downloaded as a zip has none. The repository is the
remote `origin`, where that is an address on the web, so that a fork gets its own links without
an edit. Three environment variables say otherwise:

- `BOOK_REPOSITORY`, such as `https://github.com/owner/name`; `none` for no repository.
- `BOOK_URL`, the address the site has when it is published; `none` for no address.
- `BOOK_BRANCH`, the branch that is edited and that Binder runs, `main` otherwise.

A tag of the form vYEAR.N is a release: at its commit the book is that version, and after it in
preparation. `make release` sets a fourth variable, `BOOK_FROZEN`, to the version of which it
builds the copy that stays, one folder below the site's address.

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
#: And the page of a release, which carries its files.
RELEASES = {
    "github": "releases/tag/{}",
    "gitlab": "-/releases/{}",
    "gitea": "releases/tag/{}",
}
VERSION = re.compile(r"20\d\d\.[1-9]\d*")
TAG = re.compile(rf"v{VERSION.pattern}")
#: A tag that means to name a version; others are nobody's business.
VERSION_LIKE = re.compile(r"v?\d+(\.\d+)+.*|v\d.*")
#: The files that name the book's version, and how they do.
STATED = {
    "pyproject.toml": re.compile(r'(?<=^version = ")[^"]*(?="$)', re.MULTILINE),
    "CITATION.cff": re.compile(r'(?<=^version: ")[^"]*(?="$)', re.MULTILINE),
    "attention_core/__init__.py": re.compile(r'(?<=^__version__ = ")[^"]*(?="$)', re.MULTILINE),
}


@dataclass(frozen=True)
class Provenance:
    """A commit of a repository, and the addresses that follow from the two."""

    commit: str = ""
    day: str = ""  # of the commit, as in 2026-11-24
    changed: bool = False
    repository: str = ""
    forge: str = ""
    branch: str = "main"
    site: str = ""  # ends on a slash; of a frozen copy, its own folder's
    releases: tuple[str, ...] = ()  # that this commit is or comes after, the newest first
    version: str = ""  # of the release that this is, as in 2026.1
    frozen: bool = False  # a copy that stays, beside the site that goes on

    @property
    def short(self) -> str:
        return self.commit[:7]

    @property
    def date(self) -> str:
        """The day of the commit as it is read: 24 November 2026."""
        return format_date(date.fromisoformat(self.day), "d MMMM yyyy", locale="en_GB")

    @property
    def edition(self) -> str:
        """Which version this is, or comes after; nothing before the first."""
        if self.version:
            return f"Version {self.version}"
        return f"In preparation after version {self.releases[0]}" if self.releases else ""

    @property
    def root(self) -> str:
        """The address of the site that goes on, above those of frozen copies."""
        return self.site.removesuffix(f"v{self.version}/") if self.frozen else self.site

    @property
    def host(self) -> str:
        """What a reader calls the place of the repository."""
        host = urlsplit(self.repository).netloc
        names = {"github.com": "GitHub", "gitlab.com": "GitLab", "codeberg.org": "Codeberg"}
        return names.get(host, host)

    @property
    def commit_url(self) -> str:
        return self._of_forge(0, self.commit) if self.commit else ""

    def frozen_url(self, version: str) -> str:
        """The address under which a version stays."""
        return f"{self.root}v{version}/" if self.root else ""

    def release_url(self, version: str) -> str:
        """The page of the forge with the files of a version."""
        if self.forge not in RELEASES:
            return ""
        return f"{self.repository}/{RELEASES[self.forge].format(f'v{version}')}"

    def edit_url(self, path: str) -> str:
        """Where a page is edited; a frozen copy is not."""
        return "" if self.frozen else self._of_forge(1, quote(self.branch), quote(path))

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
        ref = f"v{self.version}" if self.frozen else self.branch
        branch, opened = quote(ref, safe=""), quote(f"lab/tree/{path}", safe="")
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
    changed = bool(commit and git(folder, "status", "--porcelain", "--untracked-files=no"))
    frozen = env.get("BOOK_FROZEN", "").strip()
    releases = releases_of(folder) if commit else ()
    version = "" if changed else version_of(folder, frozen) if commit else ""
    if frozen and not version:
        raise ConfigError(f"BOOK_FROZEN is {frozen!r}: only a commit without changes can be frozen")
    if frozen and frozen not in releases:
        releases = (frozen, *releases)  # it is tagged once its copy is built
    site = site_of(repository, env.get("BOOK_URL", "").strip())
    return Provenance(
        commit=commit,
        day=day,
        changed=changed,
        repository=repository,
        forge=forge_of(repository, env),
        branch=env.get("BOOK_BRANCH", "").strip() or "main",
        site=f"{site}v{version}/" if site and frozen else site,
        releases=releases,
        version=version,
        frozen=bool(frozen),
    )


def in_order(version: str) -> tuple[int, ...]:
    """What versions are sorted by: 2026.10 comes after 2026.9."""
    return tuple(int(part) for part in version.split("."))


def releases_of(folder: Path) -> tuple[str, ...]:
    """The versions that the commit which is checked out is or comes after, the newest first."""
    tags = git(folder, "tag", "--merged", "HEAD").splitlines()
    found = [tag.removeprefix("v") for tag in tags if TAG.fullmatch(tag)]
    return tuple(sorted(found, key=in_order, reverse=True))


def version_of(folder: Path, frozen: str = "") -> str:
    """The version that the commit is, by its tag or by the copy that is asked for; else nothing.

    The files that name a version must agree: what is installed or cited would be another one.
    """
    tags = git(folder, "tag", "--points-at", "HEAD").splitlines()
    like = [tag for tag in tags if VERSION_LIKE.fullmatch(tag)]
    for tag in like:
        if not TAG.fullmatch(tag):
            raise ConfigError(
                f"the tag {tag!r} names no version: that is a v, the year and a number, as in v2026.1"
            )
    if frozen and not VERSION.fullmatch(frozen):
        raise ConfigError(
            f"BOOK_FROZEN is {frozen!r}, which is no version: that is the year and a number, "
            "as in 2026.1"
        )
    found = {tag.removeprefix("v") for tag in like} | ({frozen} - {""})
    if len(found) > 1:
        raise ConfigError(f"this commit is several versions: {', '.join(sorted(found))}")
    version = next(iter(found), "")
    for file, said in stated(folder).items() if version else ():
        if said != version:
            raise ConfigError(
                f"this commit is version {version}, and {file} says {said or 'none'}: "
                f"`make release VERSION={version} PREPARE=1` writes it there, before the tag"
            )
    return version


def stated(folder: Path) -> dict[str, str]:
    """The version that each file of the book names; a file that is not there names none."""
    found = {}
    for name, pattern in STATED.items():
        if (folder / name).is_file():
            match = pattern.search((folder / name).read_text(encoding="utf-8"))
            found[name] = match[0] if match else ""
    return found


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
