"""The thread that makes trouble: storms at the exchange, blows at our processes, as planned."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.errors import ExchangeUnavailable
from workers.chaos.kills import Blow
from workers.chaos.processes import Processes
from workers.chaos.weather import Fault, Storm
from workers.demo.control import call_control

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05


class Troubles:
    """Storms and blows, each when so many orders have begun."""

    def __init__(
        self, paper_url: str, processes: Processes, storms: Sequence[Storm], blows: Sequence[Blow]
    ) -> None:
        self.processes = processes
        #: How often each fault struck, by its name.
        self.struck: Counter[str] = Counter()
        self._paper_url = paper_url
        self._storms = deque(storms)
        self._blows = deque(blows)
        self._now: Storm | None = None  # The storm in force
        self._begun = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="troubles", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def reach(self, begun: int) -> None:
        """Say how many orders have begun."""
        self._begun = begun

    def await_blows(self, patience_s: float) -> None:
        """Wait until every blow that is due was dealt: its victim may just be started again."""
        until_s = time.monotonic() + patience_s
        while self._is_blow_due() and time.monotonic() < until_s:
            self._stop.wait(LOOK_EVERY_S)

    def stop(self) -> None:
        """End all trouble: every process goes on, the exchange works again."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(LOOK_EVERY_S):
                self._step()
        finally:
            self.processes.thaw(everyone=True)
            self._clear()

    def _step(self) -> None:
        self.processes.thaw()
        while self._storms and self._storms[0].at <= self._begun:
            self._break_out(self._storms.popleft())
        if self._is_blow_due() and not self._stop.is_set():
            if not self.processes.strike(self._blows[0]):
                return  # It is being started again: the blow waits for it
            log.info("%s", self._blows[0].victim.title)
            self._blows.popleft()

    def _is_blow_due(self) -> bool:
        return bool(self._blows) and self._blows[0].at <= self._begun

    # ---- storms ------------------------------------------------------------------------------

    def _break_out(self, storm: Storm) -> None:
        before = self._now
        self._clear()
        try:
            for number, (fault, rule) in enumerate(_rules_of(storm)):
                command = "add_stream_fault" if fault.is_pushed else "add_fault"
                dice = {"count": None, "probability": fault.chance, "seed": storm.seed + number}
                self._call(command, {**rule, **dice})
            self._set_read_lag(storm.read_lag_ms)
            self._call("set_clock", {"offset_ms": storm.clock_offset_ms})
        except ExchangeUnavailable as error:
            log.warning("this storm is weaker than planned: %s", error)
        if storm.read_lag_ms:
            self.struck["queries lag"] += 1
        if before is not None and before.clock_offset_ms != storm.clock_offset_ms:
            self.struck["the clock jumps"] += 1
        self._now = storm

    def _clear(self) -> None:
        """Count what struck, and let the exchange work again; its clock stays as wrong as it is."""
        storm, self._now = self._now, None
        if storm is None:
            return
        try:
            hits = self._call("faults")
            self._call("clear_faults")
            self._set_read_lag(0)
        except ExchangeUnavailable as error:
            log.warning("the storm goes on: %s", error)
            self._now = storm
            return
        for is_pushed, name in ((False, "hits"), (True, "stream_hits")):
            faults = [fault for fault, _ in _rules_of(storm) if fault.is_pushed is is_pushed]
            for fault, times in zip(faults, hits[name], strict=False):
                self.struck[fault.name] += times

    def _set_read_lag(self, lag_ms: int) -> None:
        for market_type in ("spot", "futures"):
            self._call("set_read_lag", {"lag_ms": lag_ms, "market_type": market_type})

    def _call(self, command: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return call_control(self._paper_url, command, body)


def _rules_of(storm: Storm) -> Iterator[tuple[Fault, Mapping[str, Any]]]:
    return ((fault, rule) for fault in storm.faults for rule in fault.rules)
