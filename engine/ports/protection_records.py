"""The plans that stand guard over positions: that part of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.domain.events import Event
from engine.domain.protection import Protection
from engine.ports.records import Versioned


class ProtectionRecords(Protocol):
    """Plans of protection; an entry's own is written with the entry itself."""

    def find_protection(self, plan_id: str) -> Versioned[Protection] | None:
        """Return a plan; one that is over is known for a while."""
        ...

    def list_protections(self) -> tuple[Versioned[Protection], ...]:
        """Return the plans that are not over, oldest first, all of one moment."""
        ...

    def save_protection(self, version: int, plan: Protection, events: Sequence[Event] = ()) -> bool:
        """Write the plan; False when `version` is not the stored one (0: none is).

        The events are told with the write, or not at all.
        A lost reply is looked up: Retryable when nothing was written, StoreUnclear when nobody
        knows.
        """
        ...
