"""One process: start it, show its lines, start it again when it dies, end it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from workers.supervisor.console import MAX_LINE
from workers.supervisor.guard import is_alive, kill_group

#: Where the packages `workers` and `tasks` are, whatever folder the user stands in.
PROJECT = str(Path(__file__).parents[2])

#: The wait before the first restart; it doubles up to the longest.
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
#: A process that lived this long is well again.
WELL_AFTER_S = 60.0
#: How long what a dead process left behind may take to end by itself.
LEFTOVERS_S = 3.0
#: Said by a process that no restart will help.
EXIT_CONFIGURATION = 2


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """What to run and how to know that it works."""

    name: str
    command: Sequence[str]
    stage: int  # Lower stages start first and end last
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    folder: str | None = None
    #: Asked with the process id until it says yes; none: running is enough.
    is_ready: Callable[[int], Awaitable[bool]] | None = None
    address: str = ""  # Shown when it answers
    #: Done now and then while it runs, in a thread.
    upkeep: Callable[[], object] | None = None
    grace_s: float = 45.0  # To end after TERM; above the time limit of requests in flight


class Child:
    """A process that is kept running."""

    def __init__(
        self,
        spec: ChildSpec,
        *,
        on_line: Callable[[str, str], None],
        on_group: Callable[[str, int, int], None],
        say: Callable[[str], None],
    ) -> None:
        self.spec = spec
        self.last_line = ""
        #: Exit codes before the process was ready for the first time.
        self.failures: list[int] = []
        self.was_ready = False
        self._on_line = on_line
        self._on_group = on_group
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Begin to keep the process running."""
        self.task = asyncio.create_task(self._keep_running(), name=self.spec.name)

    async def stop(self) -> None:
        """Ask the process to end, wait its grace, then kill it and all that it started."""
        self._stopping.set()
        if self.task is None:
            return
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait({self.task}, timeout=self.spec.grace_s)
        if not done:
            self._say(f"{self.spec.name} did not end in {self.spec.grace_s:.0f} s: killed")
            self.kill()
            await self.task

    def kill(self) -> None:
        """Kill the process and all that it started."""
        self._stopping.set()
        if self.pid is not None:
            kill_group(self.pid)

    async def _keep_running(self) -> None:
        backoff_s = FIRST_BACKOFF_S
        while not self._stopping.is_set():
            began_s = monotonic()
            code = await self._run_once()
            if self._stopping.is_set():
                return
            if not self.was_ready:
                self.failures.append(code)
            if monotonic() - began_s > WELL_AFTER_S:
                backoff_s = FIRST_BACKOFF_S
            self._say(f"{self.spec.name} {_ended(code)}; starting it again in {backoff_s:g} s")
            await _first_of(self._stopping.wait(), backoff_s)
            backoff_s = min(2 * backoff_s, LONGEST_BACKOFF_S)

    async def _launch(self) -> asyncio.subprocess.Process | None:
        """Start the process; None where the system has none to give, perhaps for a moment."""
        try:
            return await asyncio.create_subprocess_exec(
                *self.spec.command,
                env={**os.environ, **self.spec.environ},
                cwd=self.spec.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for `up` alone, which then ends all in order
            )
        except OSError as error:
            self.last_line = str(error)
            self._say(f"{self.spec.name} cannot be started: {error}")
            return None

    async def _run_once(self) -> int:
        process = await self._launch()
        if process is None:
            return os.EX_OSERR
        self._process = process
        self._on_group("+", self.spec.stage, process.pid)
        if self._stopping.is_set():
            self._signal(signal.SIGTERM)
        reading = asyncio.create_task(self._read(process))
        code = await process.wait()
        await self._end_leftovers(process.pid)
        # Somebody with a session of his own may still hold the pipe
        await asyncio.wait({reading}, timeout=LEFTOVERS_S)
        reading.cancel()
        self._on_group("-", self.spec.stage, process.pid)
        return code

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in _lines(process.stdout):
            self.last_line = line or self.last_line
            self._on_line(self.spec.name, line)

    async def _end_leftovers(self, group: int) -> None:
        deadline_s = monotonic() + LEFTOVERS_S
        while is_alive(group) and monotonic() < deadline_s and not self._stopping.is_set():
            await asyncio.sleep(0.05)
        kill_group(group)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    waiting = b""
    while chunk := await stream.read(65_536):
        *whole, waiting = (waiting + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").rstrip()
        if len(waiting) > MAX_LINE:
            yield waiting.decode(errors="replace")
            waiting = b""
    if waiting:
        yield waiting.decode(errors="replace").rstrip()


async def _first_of(awaitable: Awaitable[object], timeout_s: float) -> None:
    try:
        await asyncio.wait_for(awaitable, timeout_s)
    except TimeoutError:
        return


def _ended(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
