"""Wait for something to become true, without sleeping longer than needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

#: Between two looks; short enough to be invisible, long enough not to burn a core.
LOOK_EVERY_S = 0.02


def eventually(look: Callable[[], T], *, timeout_s: float = 30.0, message: str = "") -> T:
    """Return the first truthy answer of `look`; fail when `timeout_s` passes without one."""
    deadline_s = monotonic() + timeout_s
    never = threading.Event()
    while True:
        answer = look()
        if answer:
            return answer
        if monotonic() > deadline_s:
            raise AssertionError(message or f"still {answer!r} after {timeout_s} s")
        never.wait(LOOK_EVERY_S)
