"""A dispatcher for who does everything himself: messages are hints, and none is sent.

What they would have hastened the sweeps find in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.domain.lanes import Lane
from engine.ports import OutboxEntry


class QuietDispatcher:
    """Implements the port Dispatcher by silence."""

    def submit_order(self, account: str, client_order_id: str, lane: Lane = Lane.SUBMIT) -> None:
        """Say nothing."""

    def submit_orders(
        self, account: str, client_order_ids: Sequence[str], lane: Lane = Lane.SUBMIT
    ) -> None:
        """Say nothing."""

    def poll_order(self, account: str, client_order_id: str) -> None:
        """Say nothing."""

    def resolve_order(self, account: str, client_order_id: str) -> None:
        """Say nothing."""

    def cancel_order(self, account: str, client_order_id: str) -> None:
        """Say nothing."""

    def cancel_symbol(self, account: str, symbol: str) -> None:
        """Say nothing."""

    def replace_order(self, account: str, client_order_id: str) -> None:
        """Say nothing."""

    def follow_symbol(self, account: str, symbol: str) -> None:
        """Say nothing."""

    def work_emergency(self, account: str) -> None:
        """Say nothing."""

    def process_signal(self, account: str, signal_id: str) -> None:
        """Say nothing."""

    def protect(self, account: str) -> None:
        """Say nothing."""

    def reconcile(self, account: str) -> None:
        """Say nothing."""

    def watch(self, account: str) -> None:
        """Say nothing."""

    def update_position(self, account: str, symbol: str) -> None:
        """Say nothing."""

    def complete(self, account: str, entry: OutboxEntry) -> None:
        """Say nothing."""

    def queue_lengths(self) -> Mapping[str, int]:
        return {}

    def list_workers(self, wait_ms: int) -> Mapping[str, tuple[str, ...]]:
        return {}
