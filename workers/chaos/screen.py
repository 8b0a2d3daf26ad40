"""How far it is: a bar for a person, a line now and then for a pipe."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

#: Lines for a pipe: about so many in all.
LINES = 10


class Screen:
    """Shows how many orders have begun and what they have met. Use it with `with`."""

    def __init__(self, console: Console, orders: int) -> None:
        self._console = console
        self._orders = orders
        self._told = -1
        self._began_s = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("orders", total=orders, note="")

    def __enter__(self) -> Screen:
        self._progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.__exit__(kind, error, traceback)

    def show(self, begun: int, note: str) -> None:
        """Say how far it is."""
        self._progress.update(self._task, completed=begun, note=note)
        share = LINES * begun // self._orders
        if not self._console.is_terminal and share > self._told:
            self._told = share
            self._say(f"{begun} of {self._orders} orders, {note}")

    def settle(self) -> None:
        """Say that no more orders come."""
        self._progress.update(self._task, description="settling")
        if not self._console.is_terminal:
            self._say("settling")

    def _say(self, line: str) -> None:
        elapsed_s = time.monotonic() - self._began_s
        self._console.print(
            f"{elapsed_s:6.1f} s  {line}", markup=False, highlight=False, soft_wrap=True
        )
