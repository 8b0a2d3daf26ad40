"""Other processes, asked to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.domain.lanes import Lane
from engine.ports.records import OutboxEntry


class Dispatcher(Protocol):
    """Asks other processes to go on. Every message is a hint: lost ones are found by sweeps."""

    def submit_order(
        self, account: str, client_order_id: str, lane: Lane = Lane.SUBMIT
    ) -> None: ...

    def submit_orders(
        self, account: str, client_order_ids: Sequence[str], lane: Lane = Lane.SUBMIT
    ) -> None:
        """Hand each order over by itself: they are sent side by side. All are of one lane."""
        ...

    def poll_order(self, account: str, client_order_id: str) -> None: ...

    def resolve_order(self, account: str, client_order_id: str) -> None: ...

    def cancel_order(self, account: str, client_order_id: str) -> None: ...

    def cancel_symbol(self, account: str, symbol: str) -> None:
        """Carry out every wish to cancel on the symbol, in few requests where that is safe."""
        ...

    def replace_order(self, account: str, client_order_id: str) -> None:
        """Record the successor of an order that has ended, where one is wished."""
        ...

    def follow_symbol(self, account: str, symbol: str) -> None:
        """Bring the chases and trailing stops of one symbol up to its price."""
        ...

    def work_emergency(self, account: str) -> None:
        """Go on with the account's emergency run."""
        ...

    def process_signal(self, account: str, signal_id: str) -> None: ...

    def protect(self, account: str) -> None:
        """Bring the orders that guard the account's positions to their size of now."""
        ...

    def reconcile(self, account: str) -> None: ...

    def watch(self, account: str) -> None: ...

    def update_position(self, account: str, symbol: str) -> None:
        """Fold what was booked: a partial fill moves the position at once."""
        ...

    def complete(self, account: str, entry: OutboxEntry) -> None:
        """Bring the entry's positions up to date, then the portfolio."""
        ...

    def queue_lengths(self) -> Mapping[str, int]: ...

    def list_workers(self, wait_ms: int) -> Mapping[str, tuple[str, ...]]:
        """Return which lanes each worker serves that answers in time; takes as long as given.

        Raises BrokerUnavailable when nobody can be asked.
        """
        ...
