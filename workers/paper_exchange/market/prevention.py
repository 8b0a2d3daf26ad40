"""Self-trade prevention: an order does not trade with another one of its account.

Mandatory at Binance: on spot since 2023-10-26, on futures since 2024-12-10; the default expires
the resting order. The mode of the incoming order decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .book import Resting

#: What an order may ask for. NONE is no answer to a client; a market may be set to it.
MODES = frozenset({"EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"})
DEFAULT = "EXPIRE_MAKER"
NONE = "NONE"


class Prevention:
    """Lets an incoming order pass by its own, and remembers what becomes of each."""

    def __init__(self, mode: str, is_own: Callable[[Resting], bool]) -> None:
        self.expiring: list[Resting] = []  # Own orders that were met, and end
        self.ends_taker = False
        self._mode = mode
        self._is_own = is_own

    def pass_by(self, offers: Iterable[Resting]) -> Iterator[Resting]:
        """Yield what may be taken, up to the order that ends the incoming one."""
        for resting in offers:
            if not self.meets(resting):
                yield resting
            elif self.ends_taker:
                return

    def meets(self, resting: Resting) -> bool:
        """Return whether `resting` is an own order, and note what that ends."""
        if self._mode == NONE or not self._is_own(resting):
            return False
        if self._mode != "EXPIRE_TAKER":
            self.expiring.append(resting)
        self.ends_taker = self._mode != "EXPIRE_MAKER"
        return True
