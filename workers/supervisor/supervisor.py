"""Start processes stage by stage, keep them running, end them in the reverse order.

Why not an existing process manager: see `docs/decisions.md`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from engine.errors import ConfigurationError
from workers.supervisor.child import EXIT_CONFIGURATION, PROJECT, Child, ChildSpec
from workers.supervisor.console import Console

#: How long a process may take until it answers; a laptop under load is slow.
START_TIMEOUT_S = 90.0
#: Ends before the first answer after which nobody waits any longer.
MAX_FAILURES = 3
LOOK_EVERY_S = 0.1
#: Before the next try to start the guard.
GUARD_AGAIN_S = 5.0
#: Between two rounds of upkeep.
UPKEEP_EVERY_S = 60.0


class Supervisor:
    """Runs children until it is told to stop."""

    def __init__(self, console: Console, lock_descriptor: int) -> None:
        self._console = console
        self._lock_descriptor = lock_descriptor
        self._children: list[Child] = []
        self._groups: dict[int, int] = {}
        self._guard: asyncio.subprocess.Process | None = None
        self._beside: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()

    async def run(
        self, stages: Sequence[Sequence[ChildSpec]], on_stage: Callable[[int], None]
    ) -> None:
        """Run until a signal; `on_stage` is told after each stage answers.

        Raises ConfigurationError when a process cannot start. No child is left either way.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, number)
        self._beside = [
            asyncio.create_task(self._keep_guard()),
            asyncio.create_task(self._keep_up()),
        ]
        try:
            for index, specs in enumerate(stages):
                await self._start_stage(specs)
                if self._stop.is_set():
                    return
                on_stage(index)
            await self._stop.wait()
        finally:
            await self._end()

    async def _start_stage(self, specs: Sequence[ChildSpec]) -> None:
        children = [self._child(spec) for spec in specs]
        for child in children:
            child.start()
        starting = asyncio.gather(*(self._wait_ready(child) for child in children))
        stopping = asyncio.create_task(self._stop.wait())
        either: set[asyncio.Future[Any]] = {starting, stopping}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if starting.done():
            starting.result()
        else:
            starting.cancel()

    def _child(self, spec: ChildSpec) -> Child:
        child = Child(
            spec, on_line=self._console.line, on_group=self._on_group, say=self._console.say
        )
        self._children.append(child)
        return child

    async def _wait_ready(self, child: Child) -> None:
        deadline_s = monotonic() + START_TIMEOUT_S
        while not await _is_ready(child):
            if EXIT_CONFIGURATION in child.failures or len(child.failures) >= MAX_FAILURES:
                raise ConfigurationError(f"{child.spec.name} cannot start: {child.last_line}")
            if monotonic() > deadline_s:
                raise ConfigurationError(
                    f"{child.spec.name} did not answer within {START_TIMEOUT_S:.0f} s;"
                    f" its last words: {child.last_line}"
                )
            await asyncio.sleep(LOOK_EVERY_S)
        child.was_ready = True
        where = f": {child.spec.address}" if child.spec.address else ""
        self._console.say(f"{child.spec.name} runs{where}")

    def _on_signal(self, number: int) -> None:
        if not self._stop.is_set():
            self._console.say("stopping: running requests end first (Ctrl-C again hurries)")
            self._stop.set()
            return
        self._console.say("hurrying")
        # A store is never killed: it ends at once, and writes what it still holds
        for child in self._children:
            if child.spec.stage > 0:
                child.kill()

    async def _end(self) -> None:
        self._stop.set()
        for stage in sorted({child.spec.stage for child in self._children}, reverse=True):
            ending = [child.stop() for child in self._children if child.spec.stage == stage]
            await asyncio.gather(*ending)
        for task in self._beside:
            task.cancel()
        self._tell("done")

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(UPKEEP_EVERY_S)
            for child in self._children:
                if child.spec.upkeep is not None:
                    await self._do_upkeep(child.spec.name, child.spec.upkeep)

    async def _do_upkeep(self, name: str, upkeep: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(upkeep)
        except Exception as error:  # noqa: BLE001 - Whatever it was, the others have theirs
            self._console.say(f"the upkeep of {name} failed: {error!r}")

    # ---- the guard: see guard.py -------------------------------------------------------------

    async def _keep_guard(self) -> None:
        while True:
            try:
                self._guard = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "workers.supervisor.guard",
                    stdin=asyncio.subprocess.PIPE,
                    start_new_session=True,
                    cwd=PROJECT,
                    pass_fds=(self._lock_descriptor,),
                )
            except OSError as error:  # The system has no process to give, perhaps for a moment
                self._console.say(f"the guard cannot be started: {error}")
                await asyncio.sleep(GUARD_AGAIN_S)
                continue
            for group, stage in self._groups.items():
                self._tell(f"+ {stage} {group}")
            await self._guard.wait()

    def _on_group(self, sign: str, stage: int, group: int) -> None:
        if sign == "+":
            self._groups[group] = stage
            self._tell(f"+ {stage} {group}")
        else:
            self._groups.pop(group, None)
            self._tell(f"- {group}")

    def _tell(self, line: str) -> None:
        if self._guard is None or self._guard.stdin is None:
            return  # The next guard is told everything
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._guard.stdin.write(f"{line}\n".encode())


async def _is_ready(child: Child) -> bool:
    if child.pid is None:
        return False
    return child.spec.is_ready is None or await child.spec.is_ready(child.pid)
