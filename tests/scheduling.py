"""Which tests one process of the run takes after another: those that share a running system.

A file is the unit of `--dist loadfile`. Some files share a running system, which each process
would start for itself; such files go to one process together, in their order.
"""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

_E2E = "tests/e2e/test_"
#: The beginnings of the names of such files, by what they share.
SHARED = {
    # Two systems, since all of these on one would be the last to end
    "system, first half": [
        f"{_E2E}cli_{part}" for part in ("archive", "changing", "doubt", "emergency", "group")
    ],
    "system, second half": [
        *(f"{_E2E}cli_{part}" for part in ("halt", "order", "reading", "refusals", "same_id")),
        *(f"{_E2E}{part}" for part in ("cli_signal", "examples", "owner_guide")),
    ],
    "fleet": [
        f"{_E2E}celery_{part}"
        for part in ("beat", "completion", "lanes", "orders", "protection", "redelivery", "secrets")
    ],
    "everything": [f"{_E2E}flower_page", f"{_E2E}up"],
    "scene": ["tests/faults/"],
}


class SharedScheduling(LoadFileScheduling):  # type: ignore[misc] # It carries no types
    """Like loadfile, but files that share a system are one unit."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return next(
            (name for name, starts in SHARED.items() if file.startswith(tuple(starts))),
            file,
        )
