"""What stands around the pages: where the book comes from, and the links that follow from it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import nbformat
import pytest
from PIL import Image
from sphinx.errors import ConfigError

from tests.play import serving
from tests.site_checks import SITE, Page, faults, pages_of
from tests.test_pages import browser  # noqa: F401 (a fixture)
from tools import card

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "ghp_notforreaders"


def extension(name: str):
    """A module of `_ext`, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


provenance = extension("provenance")
Provenance = provenance.Provenance


# --- remotes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/o/r", "https://github.com/o/r"),
        ("https://github.com/o/r.git", "https://github.com/o/r"),
        ("https://github.com/o/r.git/", "https://github.com/o/r"),
        ("git@github.com:o/r.git", "https://github.com/o/r"),
        ("github.com:o/r", "https://github.com/o/r"),
        ("ssh://git@github.com/o/r.git", "https://github.com/o/r"),
        ("ssh://git@github.com:22/o/r.git", "https://github.com/o/r"),
        ("ssh://git@ssh.github.com:443/o/r.git", "https://github.com/o/r"),
        ("git://codeberg.org/o/r", "https://codeberg.org/o/r"),
        ("git@gitlab.com:group/sub/r.git", "https://gitlab.com/group/sub/r"),
        ("https://git.example.org:8443/o/r", "https://git.example.org:8443/o/r"),
        ("http://git.example.org/o/r", "http://git.example.org/o/r"),
        (f"https://me:{TOKEN}@github.com/o/r.git", "https://github.com/o/r"),
        (f"https://{TOKEN}@github.com/o/r?token={TOKEN}#{TOKEN}", "https://github.com/o/r"),
        ("", ""),
        ("none", ""),
        ("/srv/git/o/r.git", ""),
        ("../r", ""),
        ("C:\\books\\r", ""),
        ("c:/books/r", ""),
        ("file:///srv/git/o/r", ""),
        ("git@work:o/r.git", ""),  # a name of the ssh configuration
        ("http://127.0.0.1:3000/o/r", ""),
        ("http://localhost/o/r", ""),
        ("https://github.com/o", ""),
        ("https://github.com:port/o/r", ""),
        ('https://github.com/o/r"><script>', ""),
        ("javascript://github.com/o/r", ""),
    ],
)
def test_a_remote_leads_to_its_page_on_the_web(remote, page):
    assert provenance.repository_at(remote) == page


@pytest.mark.parametrize(
    ("repository", "env", "forge"),
    [
        ("https://github.com/o/r", {}, "github"),
        ("https://github.example.org/o/r", {}, "github"),
        ("https://gitlab.com/o/r", {}, "gitlab"),
        ("https://gitlab.example.org/o/r", {}, "gitlab"),
        ("https://codeberg.org/o/r", {}, "gitea"),
        ("https://bitbucket.org/o/r", {}, ""),
        ("https://code.example.org/o/r", {}, ""),
        (
            "https://code.example.org/o/r",
            {"GITHUB_SERVER_URL": "https://code.example.org"},
            "github",
        ),
        ("https://code.example.org/o/r", {"CI_SERVER_HOST": "code.example.org"}, "gitlab"),
        ("", {"GITHUB_SERVER_URL": ""}, ""),
    ],
)
def test_a_forge_is_known_by_its_host_or_by_the_build_that_runs_on_it(repository, env, forge):
    assert provenance.forge_of(repository, env) == forge


@pytest.mark.parametrize(
    ("forge", "host", "commit", "edit", "issue"),
    [
        ("github", "github.com", "commit/abc", "edit/main/a/b.md", "issues/new?title=T&body=B"),
        ("gitlab", "gitlab.com", "-/commit/abc", "-/edit/main/a/b.md",
         "-/issues/new?issue%5Btitle%5D=T&issue%5Bdescription%5D=B"),
        ("gitea", "codeberg.org", "commit/abc", "_edit/main/a/b.md", "issues/new?title=T&body=B"),
    ],
)  # fmt: skip
def test_each_forge_has_its_addresses(forge, host, commit, edit, issue):
    page = f"https://{host}/o/r"
    book = Provenance(commit="abc", repository=page, forge=forge)
    assert book.commit_url == f"{page}/{commit}"
    assert book.edit_url("a/b.md") == f"{page}/{edit}"
    assert book.issue_url("T", "B") == f"{page}/{issue}"


def test_where_the_forge_is_not_known_only_the_repository_is_linked():
    book = Provenance(commit="abc", repository="https://code.example.org/o/r")
    assert (book.commit_url, book.edit_url("a"), book.issue_url("T", "B")) == ("", "", "")
    assert book.host == "code.example.org"


def test_an_issue_keeps_every_letter_of_its_title_and_text():
    book = Provenance(repository="https://github.com/o/r", forge="github")
    title, body = "100 % of “a & b” + c#d?", "Page: é\n\nWhat is wrong:\n"
    asked = parse_qs(urlsplit(book.issue_url(title, body)).query)
    assert asked == {"title": [title], "body": [body]}


@pytest.mark.parametrize(
    ("repository", "place"),
    [
        ("https://github.com/o/r", "gh/o/r"),
        ("https://gitlab.com/group/sub/r", "gl/group%2Fsub%2Fr"),
        ("https://codeberg.org/o/r", "git/https%3A%2F%2Fcodeberg.org%2Fo%2Fr"),
    ],
)
def test_binder_opens_the_notebook_of_the_branch(repository, place):
    address = Provenance(repository=repository, branch="a/b").binder_url("chapters/04-scores.ipynb")
    opened = "lab%2Ftree%2Fchapters%2F04-scores.ipynb"
    assert address == f"https://mybinder.org/v2/{place}/a%2Fb?urlpath={opened}"
    assert Provenance().binder_url("index.ipynb") == ""


@pytest.mark.parametrize(
    ("repository", "asked", "site"),
    [
        ("https://github.com/Owner/Book", "", "https://owner.github.io/Book/"),
        ("https://github.com/Owner/owner.github.io", "", "https://owner.github.io/"),
        ("https://gitlab.com/o/r", "", ""),
        ("", "", ""),
        ("https://github.com/o/r", "none", ""),
        ("https://github.com/o/r", "https://book.example.org", "https://book.example.org/"),
        ("", "https://example.org/a/b/", "https://example.org/a/b/"),
    ],
)
def test_the_site_has_the_address_asked_for_or_the_one_of_its_pages(repository, asked, site):
    assert provenance.site_of(repository, asked) == site


@pytest.mark.parametrize("name", ["BOOK_REPOSITORY", "BOOK_URL"])
@pytest.mark.parametrize("value", ["example.org/book", "/srv/book", "https:///book"])
def test_an_address_that_is_none_is_refused_by_name(name, value, tmp_path):
    with pytest.raises(ConfigError, match=f"{name} is {value!r}.* write it as https://"):
        provenance.of(tmp_path, {name: value})


# --- git -----------------------------------------------------------------------------------------


def run_git(folder: Path, *command: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    own |= dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-11-04T23:30:00+0100")
    person = ("-c", "user.name=A Reader", "-c", "user.email=reader@example.org")
    subprocess.run(["git", *person, *command], cwd=folder, check=True, env=own)


def repository(folder: Path, remote: str = "") -> Path:
    """A repository of one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    run_git(folder, "init", "-q")
    (folder / "page.md").write_text("# A page\n", encoding="utf-8")
    run_git(folder, "add", "page.md")
    run_git(folder, "commit", "-q", "-m", "A page")
    if remote:
        run_git(folder, "remote", "add", "origin", remote)
    return folder


def test_the_commit_its_day_and_the_remote_are_read(tmp_path):
    book = provenance.of(repository(tmp_path, "git@github.com:o/r.git"), {})
    assert re.fullmatch("[0-9a-f]{40}", book.commit)
    assert book.short == book.commit[:7]
    assert book.date == "4 November 2026"
    assert not book.changed
    assert (book.repository, book.forge) == ("https://github.com/o/r", "github")
    assert (book.branch, book.site) == ("main", "https://o.github.io/r/")


def test_changes_since_the_commit_are_noticed_and_new_files_are_not(tmp_path):
    repository(tmp_path)
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    assert not provenance.of(tmp_path, {}).changed
    (tmp_path / "page.md").write_text("# Another page\n", encoding="utf-8")
    assert provenance.of(tmp_path, {}).changed


def test_the_environment_has_the_last_word(tmp_path):
    repository(tmp_path, "git@github.com:o/r.git")
    env = {"BOOK_REPOSITORY": "git@gitlab.com:g/r.git", "BOOK_BRANCH": "next"}
    book = provenance.of(tmp_path, env | {"BOOK_URL": "https://example.org"})
    assert (book.repository, book.forge) == ("https://gitlab.com/g/r", "gitlab")
    assert (book.branch, book.site) == ("next", "https://example.org/")
    none = provenance.of(tmp_path, {"BOOK_REPOSITORY": "none"})
    assert (none.repository, none.forge, none.site) == ("", "", "")
    assert none.commit
    unset = provenance.of(tmp_path, {"BOOK_REPOSITORY": "", "BOOK_URL": "", "BOOK_BRANCH": ""})
    assert unset == provenance.of(tmp_path, {})


def test_without_git_nothing_is_said(tmp_path, monkeypatch):
    assert provenance.of(tmp_path, {}) == Provenance()
    run_git(tmp_path, "init", "-q")  # no commit yet
    assert provenance.of(tmp_path, {}) == Provenance()
    repository(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.of(tmp_path, {}) == Provenance()


def test_a_book_unpacked_in_another_repository_is_not_of_it(tmp_path):
    repository(tmp_path, "git@github.com:o/other.git")
    (tmp_path / "book").mkdir()
    assert provenance.of(tmp_path / "book", {}) == Provenance()


def test_what_lies_in_the_output_folder_is_offered(tmp_path):
    assert provenance.offers(tmp_path) == {"lite": False, "pdf": False, "zip": False}
    lay_out(tmp_path)
    assert provenance.offers(tmp_path) == {"lite": True, "pdf": True, "zip": True}


def test_pages_are_written_anew_when_what_they_say_changes():
    """That Sphinx keeps its word on "html" is seen below, where a later build offers more."""

    said = {}

    class App:
        def add_config_value(self, name, default, rebuild, types):
            said[name] = rebuild

        def connect(self, event, listener):
            pass

    provenance.setup(App())
    assert said == {"book_provenance": "html", "book_offers": "html"}


def lay_out(site: Path) -> None:
    """The files beside the pages that are offered on them, empty."""
    names = [f"downloads/illustrated-self-attention.{kind}" for kind in ("pdf", "zip")]
    for name in ["lite/index.html", "lite/lab/index.html", *names]:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).touch()


# --- a small book, built for a fork and without git ---------------------------------------------------------------------


def small_book(folder: Path) -> Path:
    """The front page, one chapter and one page of the back, with this book's looks."""
    folder.mkdir()
    for name in ("_ext", "_static", "vendor", "references.bib"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / ".gitignore").write_text("_build\n", encoding="utf-8")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n"
        "  - caption: Steps\n    numbered: 1\n    chapters:\n"
        "      - file: chapters/01-one\n      - file: chapters/02-two\n"
        "  - caption: Back\n    chapters:\n      - file: back/run\n",
        encoding="utf-8",
    )
    for name, title in (("index", "A small book"), ("chapters/01-one", "Ask & tell")):
        cells = [nbformat.v4.new_markdown_cell(f"# {title}\n\nOne thing.\n\n## Part\n\nTwo.")]
        book = nbformat.v4.new_notebook(cells=cells)
        book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        (folder / name).parent.mkdir(exist_ok=True)
        nbformat.write(book, folder / f"{name}.ipynb")
    trained = nbformat.read(folder / "chapters" / "01-one.ipynb", as_version=4)
    trained.cells[0].source = trained.cells[0].source.replace("Ask & tell", "Load")
    trained.metadata.language_info = {"name": "python"}
    trained.cells.append(nbformat.v4.new_code_cell("bert.load(bert.minilm())"))
    nbformat.write(trained, folder / "chapters" / "02-two.ipynb")
    (folder / "back").mkdir()
    (folder / "back" / "run.md").write_text(
        "# Run it yourself\n\nHow.\n\n(weights)=\n## A trained model\n\nSo.\n", encoding="utf-8"
    )
    return folder


def build(book: Path, **env: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BOOK_")}
    run = subprocess.run(
        [
            Path(sys.executable).with_name("jupyter-book"),
            "build",
            "-q",
            "-W",
            "--keep-going",
            str(book),
        ],
        env=own | env,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """The small book of a fork on GitHub, with a token in its remote, and everything to offer.

    As it is published: the pages first, then what lies beside them, then the pages again.
    """
    book = small_book(tmp_path_factory.mktemp("published") / "book")
    repository(book, f"https://someone:{TOKEN}@github.com/Fork/book.git")
    (book / "page.md").write_text("# Changed\n", encoding="utf-8")
    site = book / "_build" / "html"
    build(book)
    shutil.copytree(site, book / "_build" / "pages alone")
    lay_out(site)
    build(book)
    return site


@pytest.fixture(scope="module")
def alone(published) -> Path:
    """What that book was before there was anything to offer."""
    return published.parent / "pages alone"


@pytest.fixture(scope="module")
def downloaded(published, tmp_path_factory) -> Path:
    """The same book, built again where git knows nothing of it."""
    book = tmp_path_factory.mktemp("downloaded") / "book"
    shutil.copytree(published.parent.parent, book, symlinks=True)
    shutil.rmtree(book / ".git")
    build(book)
    return book / "_build" / "html"


def page(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


def links(html: str, words: str) -> list[str]:
    """Where the links with these words lead."""
    found = re.findall(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return [unescape(href) for href, inner in found if re.sub("<.*?>", "", inner) == words]


def test_a_chapter_can_be_run_and_taken_along(published):
    html = page(published, "chapters/01-one.html")
    row = re.search(r'</h1>\s*<div class="page-tools".*?</div>', html, re.DOTALL)
    assert row, "no row below the title"
    (lite,) = links(row[0], "Run in your browser")
    assert lite == "../lite/lab/index.html?path=chapters/01-one.ipynb"
    (binder,) = links(row[0], "Binder")
    assert binder.startswith("https://mybinder.org/v2/gh/Fork/book/main?urlpath=")
    assert binder.endswith("chapters%2F01-one.ipynb")
    assert links(row[0], "Notebook") == ["01-one.ipynb"]
    assert links(row[0], "How to run it") == ["../back/run.html"]
    assert "index.html?path=index.ipynb" in page(published, "index.html")
    given = (published / "chapters" / "01-one.ipynb").read_bytes()
    assert given == (published.parent.parent / "chapters" / "01-one.ipynb").read_bytes()


def test_a_trained_model_does_not_run_in_the_browser_and_the_page_says_why(published):
    row = re.search(
        r'<div class="page-tools".*?</div>', page(published, "chapters/02-two.html"), re.S
    )
    assert not links(row[0], "Run in your browser")
    assert len(links(row[0], "Binder")) == len(links(row[0], "Notebook")) == 1
    assert links(row[0], "Needs a trained model") == ["../back/run.html#weights"]
    assert 'id="weights"' in page(published, "back/run.html")
    assert not links(page(published, "chapters/01-one.html"), "Needs a trained model")


def test_what_needs_a_connection_can_be_cut_out(published):
    html = page(published, "chapters/01-one.html")
    assert html.count("<!-- online -->") == html.count("<!-- /online -->") == 2
    rest = re.sub("<!-- online -->.*?<!-- /online -->", "", html, flags=re.DOTALL)
    assert not links(rest, "Run in your browser") + links(rest, "Binder")
    assert "downloads/" not in rest
    assert links(rest, "Notebook") == ["01-one.ipynb"]


def test_the_whole_book_can_be_taken_along(published):
    html = page(published, "chapters/01-one.html")
    assert links(html, "PDF, to print or read") == ["../downloads/illustrated-self-attention.pdf"]
    assert links(html, "Zip, to read offline") == ["../downloads/illustrated-self-attention.zip"]


def test_an_error_is_reported_in_one_click(published):
    html = page(published, "chapters/01-one.html")
    address, again = links(html, "Report an error in this page")  # at its end, and beside it
    assert address == again
    assert address.startswith("https://github.com/Fork/book/issues/new?")
    asked = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
    assert asked["title"] == "Error in “Ask & tell”"
    assert "Source: chapters/01-one.ipynb\n" in asked["body"]
    assert "Address: https://fork.github.io/book/chapters/01-one.html\n" in asked["body"]
    assert re.search(
        "Built from: commit [0-9a-f]{7} of 4 November 2026, with changes since\n", asked["body"]
    )
    edit = "https://github.com/Fork/book/edit/main/chapters/01-one.ipynb"
    assert links(html, "Edit this page") == [edit, edit]


def test_a_page_that_is_no_notebook_has_no_row_and_can_be_reported(published):
    html = page(published, "back/run.html")
    assert "page-tools" not in html
    assert links(html, "Edit this page")[0].endswith("/edit/main/back/run.md")
    for name in ("search.html", "404.html"):
        assert not links(page(published, name), "Report an error in this page")


def test_the_footer_says_what_the_page_was_built_from(published):
    html = page(published, "index.html")
    footer = re.search(r'<footer class="bd-footer-content.*?</footer>', html, re.DOTALL)[0]
    said = " ".join(re.sub("<.*?>", "", footer).split())
    assert re.search(
        "Built from commit [0-9a-f]{7} of 4 November 2026, with changes since[.]", said
    )
    assert '<time datetime="2026-11-04">' in footer
    assert re.search(r'href="https://github.com/Fork/book/commit/[0-9a-f]{40}"', footer)
    assert links(footer, "GitHub") == ["https://github.com/Fork/book"]


def test_a_token_in_the_remote_reaches_no_file(published):
    written = [path for path in published.parent.rglob("*") if path.is_file()]
    assert len(written) > 20
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]


def test_links_elsewhere_show_a_card(published):
    html = page(published, "chapters/01-one.html")
    meta = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html))
    assert meta["og:title"] == "Ask &amp; tell"
    assert meta["og:description"] == meta["description"] == "One thing."
    assert meta["og:url"] == "https://fork.github.io/book/chapters/01-one.html"
    assert meta["og:image"] == "https://fork.github.io/book/_static/card.png"
    assert (published / "_static" / "card.png").is_file()
    assert meta["twitter:card"] == "summary_large_image"
    assert meta["og:type"] == "article"
    assert 'property="og:type" content="website"' in page(published, "index.html")


def test_each_page_names_its_own_address(published):
    named = {
        name: re.findall(r'<link rel="canonical" href="([^"]*)"', page(published, name))
        for name in ("index.html", "chapters/01-one.html", "404.html")
    }
    assert named == {
        "index.html": ["https://fork.github.io/book/"],
        "chapters/01-one.html": ["https://fork.github.io/book/chapters/01-one.html"],
        "404.html": [],
    }


def test_search_engines_get_a_map_of_every_page(published):
    tree = ElementTree.parse(published / "sitemap.xml")
    listed = [entry.text for entry in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    root = "https://fork.github.io/book/"
    assert listed == [
        f"{root}back/run.html",
        f"{root}chapters/01-one.html",
        f"{root}chapters/02-two.html",
        root,
    ]
    assert f"Sitemap: {root}sitemap.xml" in page(published, "robots.txt")


def test_without_a_repository_nothing_of_it_is_offered(downloaded):
    for name in ("index.html", "chapters/01-one.html", "back/run.html"):
        html = page(downloaded, name)
        assert "Fork" not in html
        for words in ("Report an error in this page", "Edit this page", "Binder", "GitHub"):
            assert not links(html, words), (name, words)
        assert "Built from" not in html
        assert "page-links" not in html
        assert "canonical" not in html
        assert "og:image" not in html
        assert 'name="twitter:card" content="summary"' in html
    assert not (downloaded / "sitemap.xml").exists()
    assert not (downloaded / "robots.txt").exists()


def test_without_a_repository_a_chapter_can_still_be_run_and_taken_along(downloaded):
    html = page(downloaded, "chapters/01-one.html")
    assert len(links(html, "Run in your browser")) == 1
    assert links(html, "Notebook") == ["01-one.ipynb"]
    assert len(links(html, "Zip, to read offline")) == 1


def test_what_is_not_there_is_not_offered(alone):
    html = page(alone, "chapters/01-one.html")
    assert not links(html, "Run in your browser")
    assert "Take the book along" not in html
    assert len(links(html, "Binder")) == 1
    assert links(html, "Notebook") == ["01-one.ipynb"]


def test_all_books_are_sound(published, alone, downloaded, goes_on, frozen):
    for site in (published, alone, downloaded, goes_on, frozen):
        pages = pages_of(site)
        for path, html in pages.items():
            from_the_root = path.name == "404.html" and site != downloaded
            if not from_the_root and "lite" not in path.parts:
                assert faults(html, pages, site) == [], path


# --- versions ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def goes_on(published, tmp_path_factory) -> Path:
    """The fork's book after a version: as it goes on, with the copy that stays below it."""
    book = tmp_path_factory.mktemp("goes on") / "book"
    shutil.copytree(published.parent.parent, book, symlinks=True)
    run_git(book, "checkout", "-q", "page.md")
    with (book / "_toc.yml").open("a", encoding="utf-8") as contents:
        contents.write("      - file: back/changes\n      - file: back/cite\n")
    back, site = book / "back", book / "_build" / "html"
    (back / "changes.md").write_text("# Changes\n\nNews.\n\n```{frozen-versions}\n```\n", "utf-8")
    (back / "cite.md").write_text("# Cite\n\nSo.\n\n```{how-to-cite} and small\n```\n", "utf-8")
    run_git(book, "add", "--all")
    run_git(book, "commit", "-q", "-m", "Version 2026.1")
    build(book, BOOK_FROZEN="2026.1")
    (site / "downloads" / "SHA256SUMS").touch()
    shutil.copytree(site, book / "_build" / "frozen")
    (site / "downloads" / "SHA256SUMS").unlink()
    run_git(book, "tag", "-a", "v2026.1", "-m", "Version 2026.1")
    run_git(book, "commit", "-q", "--allow-empty", "-m", "What comes next")
    build(book)
    return site


@pytest.fixture(scope="module")
def frozen(goes_on) -> Path:
    return goes_on.parent / "frozen"


def footer(html: str) -> str:
    found = re.search(r'<footer class="bd-footer-content.*?</footer>', html, re.DOTALL)
    return " ".join(re.sub("<.*?>", "", found[0]).split())


def test_a_frozen_page_says_above_its_text_that_it_stays_and_leads_to_the_newest(frozen):
    for name in ("index.html", "chapters/01-one.html", "back/run.html"):
        html = page(frozen, name)
        note = re.search(r'<p class="frozen" role="note">.*?</p>(?=.*<article)', html, re.DOTALL)
        assert "This is version 2026.1, which stays as it is." in note[0]
        assert links(note[0], "Read the newest") == ["https://fork.github.io/book/"]
        assert not links(
            re.sub("<!-- online.*?/online -->", "", note[0], flags=re.S), "Read the newest"
        )


def test_a_frozen_page_has_its_own_address_and_is_not_edited(frozen):
    html = page(frozen, "chapters/01-one.html")
    own = "https://fork.github.io/book/v2026.1/chapters/01-one.html"
    assert f'<link rel="canonical" href="{own}"' in html
    assert own in page(frozen, "sitemap.xml")
    assert not links(html, "Edit this page")
    assert "/Fork/book/v2026.1?urlpath=" in links(html, "Binder")[0]
    report = links(html, "Report an error in this page")[0]
    assert "Built from: version 2026.1, commit " in parse_qs(urlsplit(report).query)["body"][0]


def test_the_footer_names_the_version_and_leads_to_what_changed(frozen, goes_on, published):
    assert footer(page(frozen, "index.html")).startswith(
        "Version 2026.1: what changed. Built from commit"
    )
    assert footer(page(goes_on, "chapters/01-one.html")).startswith(
        "In preparation after version 2026.1: what changed. Built from commit"
    )
    assert links(page(goes_on, "chapters/01-one.html"), "what changed") == ["../back/changes.html"]
    assert footer(page(published, "index.html")).startswith("Built from commit")


def test_only_the_copy_that_stays_says_so(goes_on, published):
    for site in (goes_on, published):
        assert "which stays as it is" not in page(site, "index.html")


def test_the_site_that_goes_on_lists_the_versions_that_stay(goes_on):
    html = page(goes_on, "back/changes.html")
    address = "https://fork.github.io/book/v2026.1/"
    assert links(html, address) == [address]
    files = "https://github.com/Fork/book/releases/tag/v2026.1"
    assert links(html, "its files and their checksums") == [files]


def test_the_book_is_cited_by_its_version_and_its_address(frozen, goes_on):
    stays, on = (
        unescape(re.sub("<.*?>", "", page(site, "back/cite.html"))) for site in (frozen, goes_on)
    )
    assert "Version 2026.1. https://fork.github.io/book/v2026.1/" in stays
    assert "note   = {Version 2026.1}" in stays
    assert "SHA256SUMS" in stays
    assert re.search(r"note   = \{In preparation after version 2026.1, commit [0-9a-f]{7} of", on)
    assert "SHA256SUMS" not in on


# --- the page for addresses that do not exist --------------------------------------------------------


LOUD = ("error", "warning")


def base_of(folder: Path) -> str:
    """The base path the site was built for; any, where it was built for none."""
    root = re.search('data-content_root="([^"]*)"', page(folder, "404.html"))[1]
    return root if root.startswith("/") else "/book/"


def hosted(folder: Path) -> AbstractContextManager[str]:
    """The address of the site at a host, below the path that it was built for."""
    return serving(folder, base_of(folder).rstrip("/"))


@pytest.fixture
def host(published):
    with hosted(published) as address:
        yield address


@pytest.mark.parametrize("missing", ["gone", "chapters/99-gone.html", "a/b/c/"])
def test_a_wrong_address_leads_back_into_the_book(missing, host, browser):  # noqa: F811
    tab = browser.new_page()
    heard = []
    tab.on("console", lambda said: heard.append(said.text) if said.type in LOUD else None)
    tab.on("requestfailed", lambda request: heard.append(request.url))
    try:
        answer = tab.goto(f"{host}/{missing}", wait_until="load")
        assert answer.status == 404
        assert [line for line in heard if "404" not in line] == []
        assert len(heard) == 1, heard  # the browser's own line about the page itself
        assert tab.locator("article h1").inner_text() == "There is no such page"
        assert tab.evaluate("getComputedStyle(document.body).margin") == "0px", "no style sheet"
        tab.locator("article").get_by_role("link", name="Ask & tell").click()
        tab.wait_for_url(f"{host}/chapters/01-one.html")
        tab.goto(f"{host}/{missing}")
        tab.locator("article input[type=search]").fill("thing")
        tab.locator("article input[type=search]").press("Enter")
        tab.wait_for_url(f"{host}/search.html?q=thing")
        tab.locator("#search-results li a").first.wait_for()
    finally:
        tab.close()


def test_only_that_page_has_addresses_from_the_root(published, downloaded):
    assert 'href="/book/chapters/01-one.html"' in page(published, "404.html")
    assert not re.search(
        r'(?:href|src|action)="(?!/book/|#|https?:|data:)', page(published, "404.html")
    )
    assert "/book/" not in page(downloaded, "404.html")
    assert 'href="/' not in page(published, "chapters/01-one.html")


# --- the card, and the site as it is built ------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "svg", "size"),
    [(card.CARD, card.card, (1200, 630)), (card.ICON, card.touch_icon, (180, 180))],
)
def test_the_card_belongs_to_the_example_of_today(path, svg, size):
    with Image.open(path) as picture:
        assert picture.size == size
        assert picture.text[card.KEY] == card.mark(svg()), "run make card"
    assert path.stat().st_size <= 120_000


def test_the_mark_of_the_card_changes_with_the_example(monkeypatch):
    before = card.mark(card.card())
    inputs, *weights = card.example.worked
    monkeypatch.setattr(card.example, "worked", (inputs + 1, *weights))
    assert card.mark(card.card()) != before


@pytest.fixture(scope="module")
def site() -> dict[Path, Page]:
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built. Run `make book` first.")
    pages = pages_of(SITE)
    return {path: html for path, html in pages.items() if "lite" not in path.parts}


def test_every_page_has_its_icon_its_description_and_its_origin(site):
    commit = provenance.of(ROOT, {}).commit
    for path, html in site.items():
        assert 'rel="icon"' in html.text, path
        assert 'rel="apple-touch-icon"' in html.text, path
        assert html.text.count('<meta name="description"') == 1, path
        assert not commit or re.search(r"Built from commit\s+(<a[^>]*>)?<code>\w{7}", html.text), (
            path
        )


def test_every_notebook_of_the_book_lies_beside_its_page(site):
    notebooks = [ROOT / "index.ipynb", *sorted((ROOT / "chapters").glob("*.ipynb"))]
    for notebook in notebooks:
        served = SITE / notebook.relative_to(ROOT)
        assert served.read_bytes() == notebook.read_bytes(), "run make book"
        html = site[served.with_suffix(".html")].text
        assert unquote(links(html, "Notebook")[0]) == notebook.name
