"""What all tests share: the checkout on the path, and caches kept inside it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools.notebooks import set_environment  # noqa: E402

set_environment()

# `make parity` runs these, in an environment that has what they compare with.
collect_ignore = ["parity"]


def pytest_configure(config):
    """Name the marks that the tests use."""
    config.addinivalue_line("markers", "slow: takes seconds, not milliseconds")
