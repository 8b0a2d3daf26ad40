"""The outbox of one account: settled groups whose positions must be brought up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.domain.trading_state import Life
from engine.ports import OutboxEntry
from engine.store.codec import OUTBOX_ENTRY
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import plan_life


class Outbox(AccountPart):
    """Entries stay until the stored portfolio covers them."""

    def claim_outbox(self, lease_ms: int, limit: int) -> tuple[OutboxEntry, ...]:
        """Return entries due for publishing; each comes back after `lease_ms` until finished.

        Raises StoreUnclear when the reply was lost; what was taken then comes back by itself.
        """
        claimed = self._keys.claimed_outbox(fresh_write_id())
        keys = (*self._entry_keys(), claimed, self._keys.account())
        taken = self._write("claim_outbox", keys, self._now(), lease_ms, limit)
        return tuple(
            _entry(body, published) for body, published in zip(taken[::2], taken[1::2], strict=True)
        )

    def list_outbox(self) -> tuple[OutboxEntry, ...]:
        """Return every unfinished entry, oldest first."""
        bodies = self._client.read("HVALS", self._keys.outbox_entries())
        flat = self._client.read("HGETALL", self._keys.outbox_published())
        published = dict(zip(flat[::2], flat[1::2], strict=True))
        entries = (OUTBOX_ENTRY.decode(body) for body in bodies)
        counted = (
            replace(entry, published=int(published.get(entry.entry_id, 0))) for entry in entries
        )
        return tuple(sorted(counted, key=lambda entry: (entry.created_at_ms, entry.entry_id)))

    def finish_outbox(self, entry_id: str, life: Life) -> bool:
        """Drop an entry; False when `life`, in which it was looked at, is over."""
        keys = (*self._entry_keys(), self._keys.account())
        return bool(self._write("finish_outbox", keys, entry_id, pack(plan_life(life))))

    def open_outbox(self, entry_id: str, cursors: Mapping[str, int]) -> None:
        """Ask for an update outside any group, once per id and day."""
        keys = (*self._keys.order_books(), self._keys.outbox_opened(entry_id))
        plan = {"entry_id": entry_id, "cursors": dict(cursors)}
        self._write("open_outbox", keys, self._now(), pack(plan))

    def _entry_keys(self) -> tuple[str, ...]:
        return (
            self._keys.outbox(),
            self._keys.outbox_entries(),
            self._keys.outbox_published(),
        )


def _entry(body: str, published: str) -> OutboxEntry:
    return replace(OUTBOX_ENTRY.decode(body), published=int(published))
