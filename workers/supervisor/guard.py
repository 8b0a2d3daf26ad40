"""End every process of an `augustan up` that was killed.

The guard reads from a pipe whose other end only `up` holds. `+ STAGE GROUP` and `- GROUP` tell
which process groups live, `done` that `up` ended them itself. When the pipe ends without
`done`, the guard ends the groups, the highest stage first. It has its own session, so that
neither Ctrl-C nor a kill of `up`'s group reaches it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

#: How long a stage may take to end by itself.
GRACE_S = 10.0
LOOK_EVERY_S = 0.05


def watch(lines: Iterable[str]) -> dict[int, int]:
    """Read until the pipe ends; return the stage of every group that must be ended."""
    stages: dict[int, int] = {}
    for line in lines:
        match line.split():
            case ["+", stage, group]:
                stages[int(group)] = int(stage)
            case ["-", group]:
                stages.pop(int(group), None)
            case ["done"]:
                return {}
    return stages


def end_groups(stages: dict[int, int], grace_s: float = GRACE_S) -> None:
    """End process groups, the highest stage first: ask their leaders, then kill what is left."""
    for stage in sorted(set(stages.values()), reverse=True):
        groups = [group for group, of in stages.items() if of == stage]
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(group, signal.SIGTERM)
        deadline_s = time.monotonic() + grace_s
        while any(map(is_alive, groups)) and time.monotonic() < deadline_s:
            time.sleep(LOOK_EVERY_S)
        for group in groups:
            kill_group(group)


def is_alive(group: int) -> bool:
    """Return whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group that is only waiting to be reaped
        return False
    return True


def kill_group(group: int) -> None:
    """Kill what is left of the group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    end_groups(watch(sys.stdin))
