"""The machines that hunt: how each is started on a tree, and what it answers.

A finder runs in a process of its own with the tree in front of its import path, so that it hunts
in the patched copy and never in the product itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from workers.supervisor.guard import kill_group

#: More lives than any time allows: the time is the limit.
ENDLESS = 10_000_000
#: To end by itself after its time; then it is killed.
GRACE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Catch:
    """What one run of a finder came to."""

    violations: tuple[str, ...]  # In its own words
    tried: int  # Lives or points, the one that showed it included
    seconds: float
    trouble: str = ""  # Why it gave no answer


@dataclass(frozen=True, kw_only=True)
class Finder:
    """One machine: its command, what it counts, how its answer is read."""

    name: str
    counts: str
    command: tuple[str, ...]  # Behind the interpreter
    read: Callable[[Any], tuple[tuple[str, ...], int]]  # The document -> violations, tried
    #: The options with which it tries no more than so many; where it has none, it ends by itself.
    no_more_than: Callable[[int], tuple[str, ...]] = lambda tried: ()
    #: The options with which it begins nothing new after so many seconds; the same.
    no_longer_than: Callable[[float], tuple[str, ...]] = lambda seconds: ()

    def run(self, tree: Path, limit_s: float, *more: str) -> Catch:
        """Hunt in the tree until something is found or the time is over."""
        began_s = monotonic()
        arguments = (*self.command, *self.no_longer_than(limit_s), *more)
        output, errors, exit_code = _run(arguments, tree, limit_s + GRACE_S)
        seconds = monotonic() - began_s
        if exit_code is None:
            return Catch(violations=(), tried=0, seconds=seconds, trouble="the time was over")
        try:
            violations, tried = self.read(json.loads(output))
        except ValueError:
            trouble = f"it broke: {(errors or output).strip()[-600:]}"
            return Catch(violations=(), tried=0, seconds=seconds, trouble=trouble)
        return Catch(violations=violations, tried=tried, seconds=seconds)


def _run(arguments: tuple[str, ...], tree: Path, limit_s: float) -> tuple[str, str, int | None]:
    """Return what a command wrote and its exit code; None when its time was over."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # So that its servers and workers end with it
    )
    with process:
        try:
            output, errors = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return "", "", None
        finally:
            kill_group(process.pid)
    return output, errors, process.returncode


def read_simulation(document: Any) -> tuple[tuple[str, ...], int]:
    violations = (f"{one['kind']}: {one['text']}" for one in document["violations"])
    return tuple(violations), int(document["lives"])


def read_crash_points(document: Any) -> tuple[tuple[str, ...], int]:
    violations = (words for row in document for words in row["violations"])
    return tuple(violations), sum(int(row["points"]) for row in document)


#: Ends at the first world that went wrong; seeds are counted upward, so a run repeats.
SIMULATION = Finder(
    name="simulation",
    counts="lives",
    command=("-m", "tests.simulation", "--json", "--seed", "1", "--lives", str(ENDLESS)),
    read=read_simulation,
    no_more_than=lambda tried: ("--lives", str(tried)),
    no_longer_than=lambda seconds: ("--seconds", str(seconds)),
)
#: Ends at the first point that went wrong.
CRASH_POINTS = Finder(
    name="crash points",
    counts="points",
    command=("-m", "tests.crash_points", "--json", "--first"),
    read=read_crash_points,
    no_more_than=lambda tried: ("--every", "25"),  # The first, and a share
)
