"""The dead man's switch: cancel all orders of a contract unless the client says otherwise."""

from __future__ import annotations

from workers.paper_exchange.clock import Clock

from .desk import Desk
from .ledger import Ledger

_PREFIX = "countdown/"


class Countdowns:
    """One deadline for each account and contract; the ledger keeps them over a restart."""

    def __init__(self, ledger: Ledger, desk: Desk, clock: Clock) -> None:
        self._ledger = ledger
        self._desk = desk
        self._clock = clock
        self._deadlines_ms: dict[tuple[int, str], int] = {}

    def set(self, uid: int, symbol: str, length_ms: int) -> None:
        """Cancel in `length_ms`, whatever was said before; 0 takes the deadline away."""
        self._desk.market(symbol)
        if length_ms:
            deadline_ms = self._clock() + length_ms
            self._deadlines_ms[uid, symbol] = deadline_ms
            self._ledger.set_text(f"{_PREFIX}{uid}/{symbol}", str(deadline_ms))
        else:
            self._forget(uid, symbol)

    def cancel_due(self) -> None:
        """Cancel the orders whose deadline is over; conditional ones stay."""
        now_ms = self._clock()
        for (uid, symbol), deadline_ms in list(self._deadlines_ms.items()):
            if deadline_ms <= now_ms:
                self._forget(uid, symbol)
                self._desk.cancel_all(uid, symbol)

    def _forget(self, uid: int, symbol: str) -> None:
        if self._deadlines_ms.pop((uid, symbol), None) is not None:
            self._ledger.set_text(f"{_PREFIX}{uid}/{symbol}", "")

    def resume(self) -> None:
        """Take up the deadlines that the ledger has."""
        self._deadlines_ms.clear()
        for name, text in self._ledger.texts.items():
            if name.startswith(_PREFIX) and text:
                _, uid, symbol = name.split("/")
                self._deadlines_ms[int(uid), symbol] = int(text)
