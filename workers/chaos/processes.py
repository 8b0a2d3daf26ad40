"""Kill and freeze processes of a private `augustan up`, and never leave one frozen."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from workers.chaos.kills import Blow, Means
from workers.supervisor.family import find_processes


class Processes:
    """The processes of one `up`. Used by one thread."""

    def __init__(self, pid: int, data_dir: Path) -> None:
        self._pid = pid
        self._data_dir = data_dir
        self._frozen: list[tuple[float, psutil.Process]] = []
        #: How often each blow was dealt, by its title.
        self.dealt: Counter[str] = Counter()

    def strike(self, blow: Blow) -> bool:
        """Deal a blow; False when there is no such process just now."""
        with suppress(psutil.Error, OSError):
            process = self._find(blow)
            if process is None:
                return False
            if blow.victim.means is Means.PAUSE:
                process.send_signal(signal.SIGSTOP)
                self._frozen.append((time.monotonic() + blow.pause_ms / 1000, process))
            else:
                process.kill()
            self.dealt[blow.victim.title] += 1
            return True
        return False  # It ended by itself meanwhile

    def thaw(self, *, everyone: bool = False) -> None:
        """Let those go on whose pause is over, or all."""
        now_s = time.monotonic()
        for until_s, process in tuple(self._frozen):
            if everyone or now_s >= until_s:
                self._frozen.remove((until_s, process))
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGCONT)

    def count(self, means: Means) -> int:
        """Return how many blows of that kind were dealt."""
        return sum(times for title, times in self.dealt.items() if title.startswith(means))

    def _find(self, blow: Blow) -> psutil.Process | None:
        found = find_processes(self._pid, self._data_dir).get(blow.victim.name)
        if found is None or not blow.victim.is_child:
            return found
        children = sorted(found.children(), key=_by_pid)
        return random.Random(blow.dice).choice(children) if children else None


def _by_pid(process: psutil.Process) -> int:
    return process.pid
