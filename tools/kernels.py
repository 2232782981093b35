"""Start a kernel, and try again where another process took its port in the meantime.

A kernel is given ports that were free when they were looked up. Several processes that start
kernels at once may look up the same one; the loser dies before it has said a word. As a pytest
plugin (``-p tools.kernels``) this gives nbval's kernels the same patience.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

TRIES = 3


def patiently(start: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function that starts a kernel, or a run that begins by starting one."""

    @functools.wraps(start)
    def again_and_again(*args: Any, **kwargs: Any) -> Any:
        for left in reversed(range(TRIES)):
            try:
                return start(*args, **kwargs)
            except RuntimeError as error:
                if not left or "Kernel died before replying" not in str(error):
                    raise
        raise AssertionError("TRIES must be one or more")

    return again_and_again


def pytest_configure() -> None:
    """Let nbval start its kernels patiently."""
    from nbval import kernel

    kernel.start_new_kernel = patiently(kernel.start_new_kernel)
