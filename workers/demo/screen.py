"""Show a run while it lasts: as a page that moves, or as lines where there is no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.live import Live

from engine.domain.events import Event
from workers.demo.lines import describe_event, is_told
from workers.demo.snapshot import Snapshot
from workers.demo.view import render

#: Between two lines that tell equity where nothing moves by itself.
STATUS_EVERY_S = 10.0


class Screen(Protocol):
    """Use it with `with`; what was on the terminal before comes back afterwards."""

    def __enter__(self) -> Screen: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, snapshot: Snapshot, news: Sequence[Event]) -> None:
        """Show a snapshot; `news` are the events since the last one."""
        ...


class Page:
    """A page of its own on the terminal."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def __enter__(self) -> Page:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def show(self, snapshot: Snapshot, news: Sequence[Event]) -> None:
        self._live.update(render(snapshot), refresh=True)


class Lines:
    """A line for each event, and the equity now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_status_s = 0.0
        self._note = ""

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def show(self, snapshot: Snapshot, news: Sequence[Event]) -> None:
        for event in filter(is_told, news):
            self._print(snapshot, describe_event(event))
        if snapshot.elapsed_s >= self._next_status_s or snapshot.note != self._note:
            self._next_status_s = snapshot.elapsed_s + STATUS_EVERY_S
            self._note = snapshot.note
            equity = "-" if snapshot.equity is None else f"{snapshot.equity:.2f}"
            counts = f"{len(snapshot.orders)} orders, {len(snapshot.fills)} fills"
            self._print(snapshot, f"{snapshot.note}: equity {equity} {snapshot.quote}, {counts}")

    def _print(self, snapshot: Snapshot, line: str) -> None:
        text = f"{snapshot.elapsed_s:6.1f} s  {line}"
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def choose_screen(console: Console, *, wants_page: bool) -> Screen:
    """Return the page where a person watches and wants it, else lines."""
    return Page(console) if wants_page and console.is_terminal else Lines(console)
