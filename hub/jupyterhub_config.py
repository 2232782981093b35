"""A JupyterHub for a class that reads this book, on one machine. README.md beside it says how.

Every student has an account of the machine, a home folder of her own, and in it a copy of the book
that follows the repository. All share one environment: the packages and the trained model's
weights lie on the disk once, and no student can write there.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import links

HERE = Path(__file__).resolve().parent
c = get_config()  # noqa: F821


def git(*command: str) -> str:
    """What git says of the copy of the book that this file lies in."""
    run = subprocess.run(["git", "-C", str(HERE), *command], capture_output=True, text=True)
    return run.stdout.strip()


# --- the book ------------------------------------------------------------------------------------

# Students get what this copy was cloned from. A fork needs no edit.
repository = os.environ.get("BOOK_REPOSITORY") or git("remote", "get-url", "origin")
branch = os.environ.get("BOOK_BRANCH") or git("branch", "--show-current") or "main"
if not repository.startswith(("https://", "http://")):
    raise SystemExit(
        f"The book comes from {repository!r}, which students cannot fetch without a key: "
        "set BOOK_REPOSITORY to its address, such as https://github.com/owner/name"
    )
repository = repository.removesuffix(".git")

# Who opens the hub's own address comes to the front page, and what is new comes along.
c.Spawner.default_url = f"/{links.pull(repository, branch, 'index.ipynb')}"

# --- the environment -----------------------------------------------------------------------------

MEMORY = 1 << 30  # bytes that one process may allocate: a server or a kernel
HOUR = 3600  # seconds

# The spawner only tells servers their limit. prlimit makes it hold, for each process by itself: an
# array that is too large is a MemoryError in that student's notebook, and the rest go on. nice
# leaves the hub and its proxy the first turn when a whole class computes.
bin_ = Path(sys.executable).parent
c.Spawner.mem_limit = MEMORY
c.Spawner.cmd = ["nice", "-n5", "prlimit", f"--data={MEMORY}", f"{bin_}/jupyterhub-singleuser"]
# One thread for each kernel: as many as there are cores, times a class, would wait for each other.
c.Spawner.environment = {
    "PATH": f"{bin_}:/usr/local/bin:/usr/bin:/bin",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

# --- when all come at once -----------------------------------------------------------------------

# A class begins in one minute, and JupyterHub has no queue: all servers start at once, slowly. None
# is turned away or given up for it.
c.JupyterHub.concurrent_spawn_limit = 0
c.Spawner.start_timeout = 600
c.Spawner.http_timeout = 600

# --- when nobody is there ------------------------------------------------------------------------

# Each open chapter has a kernel. One that has been idle for an hour ends, and so does a server:
# notebooks are files and stay, what was in memory is gone.
c.Spawner.args = [
    f"--MappingKernelManager.cull_idle_timeout={HOUR}",
    "--MappingKernelManager.cull_interval=300",
    "--MappingKernelManager.cull_connected=True",
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={HOUR}"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "services": ["idle-culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]

# --- who may come in -----------------------------------------------------------------------------

# Accounts of this machine, with their passwords: nothing more to install, nobody else to ask. The
# group `students` may sign in; who may use sudo is the hub's admin.
#
# Where students have accounts elsewhere, put another authenticator here: OAuthenticator for a
# university's sign-on, GitHub or Google, LTIAuthenticator for Moodle or Canvas. Each is a package
# of its own, and the accounts of the machine must then be made when somebody first signs in.
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = {"students", "sudo"}
c.PAMAuthenticator.admin_groups = {"sudo"}
c.JupyterHub.spawner_class = "localprocess"

# --- the address ---------------------------------------------------------------------------------

# On this machine alone: the web server in front speaks https to the world.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.ConfigurableHTTPProxy.command = [f"{bin_}/configurable-http-proxy"]
