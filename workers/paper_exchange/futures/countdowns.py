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

    def set(self, uid: int, symbol: str, length_ms: int) -> None:
        """Cancel in `length_ms`, whatever was said before; 0 takes the deadline away."""
        self._desk.market(symbol)
        deadline_ms = self._clock() + length_ms if length_ms else 0
        self._keep(uid, symbol, deadline_ms)

    def cancel_due(self) -> None:
        """Cancel the orders whose deadline is over; conditional ones stay."""
        now_ms = self._clock()
        for name, text in list(self._ledger.texts.items()):
            if not name.startswith(_PREFIX) or not text or int(text) > now_ms:
                continue
            _, uid, symbol = name.split("/")
            self._keep(int(uid), symbol, 0)
            self._desk.cancel_all(int(uid), symbol)

    def _keep(self, uid: int, symbol: str, deadline_ms: int) -> None:
        self._ledger.set_text(f"{_PREFIX}{uid}/{symbol}", str(deadline_ms) if deadline_ms else "")
