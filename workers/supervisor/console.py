"""One readable log of many processes."""

from __future__ import annotations

import itertools
import queue
import sys
import threading
from typing import TextIO

import click

COLOURS = (
    "cyan",
    "green",
    "magenta",
    "blue",
    "yellow",
    "bright_cyan",
    "bright_green",
    "bright_red",
)

#: Lines that wait for a slow or stopped terminal; beyond that they are counted, not kept.
MAX_WAITING = 10_000
#: A longer line is cut: somebody printed a file.
MAX_LINE = 4_000


class Console:
    """Prints lines from a thread of its own: a stopped terminal must not stop the workers."""

    def __init__(self, *, use_colour: bool, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._use_colour = use_colour
        self._colours: dict[str, str] = {}
        self._next = itertools.cycle(COLOURS)
        self._lines: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._print, name="console", daemon=True)
        self._thread.start()

    def line(self, name: str, text: str) -> None:
        """Print a line of the process called `name`; empty ones are left out."""
        if text.strip():
            self._put(f"{self._styled(name)} {text[:MAX_LINE]}")

    def say(self, text: str) -> None:
        """Print a line of our own."""
        self._put(click.style(text, bold=True) if self._use_colour else text)

    def close(self) -> None:
        """Print what still waits."""
        self._lines.put(None)
        self._thread.join(timeout=2.0)

    def _styled(self, name: str) -> str:
        label = f"{name:>10} |"
        if not self._use_colour:
            return label
        colour = self._colours.setdefault(name, "") or next(self._next)
        self._colours[name] = colour
        return click.style(label, fg=colour)

    def _put(self, line: str) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def _print(self) -> None:
        while (line := self._lines.get()) is not None:
            if self._dropped:
                line = f"({self._dropped} lines were dropped)\n{line}"
                self._dropped = 0
            try:
                print(line, file=self._stream, flush=True)
            except (OSError, ValueError):
                return  # The reader is gone; the processes go on
