"""A fork server beside the one that Python keeps for the whole process.

What a server has imported before it forks decides what its children are: commands must meet no
settings that were read before theirs, while workers need theirs read. So these have a server
each, though one test process may use both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from multiprocessing import forkserver, popen_forkserver, spawn
from multiprocessing.context import ForkServerProcess
from typing import Any
from unittest.mock import patch

#: Who asks for a fork names the server for all threads of this process.
_asking = threading.Lock()
_usual_preparation = spawn.get_preparation_data


class OwnForkServer:
    """Forks daemon processes from a parent that has imported certain modules."""

    def __init__(self, preloaded: Sequence[str]) -> None:
        self._server = forkserver.ForkServer()
        self._server.set_forkserver_preload(list(preloaded))

    def process(self, target: Callable[..., object], arguments: tuple[Any, ...]) -> Forked:
        """Return a process that was not started yet."""
        forked = Forked(target=target, args=arguments, daemon=True)
        forked.server = self._server
        return forked


class Forked(ForkServerProcess):
    """A process of one server."""

    server: forkserver.ForkServer | None = None

    @staticmethod
    def _Popen(process: Any) -> popen_forkserver.Popen:
        server, process.server = process.server, None  # The child does not get it
        ask = server.connect_to_new_process
        with (
            _asking,
            patch.object(forkserver, "connect_to_new_process", ask),
            patch.object(spawn, "get_preparation_data", _prepare),
        ):
            return popen_forkserver.Popen(process)


def _prepare(name: str) -> dict[str, Any]:
    """Return what a child is told first, without the program that asks for it.

    A child would import that program before anything else, and all that it imports.
    """
    told = _usual_preparation(name)
    return {key: value for key, value in told.items() if not key.startswith("init_main")}
