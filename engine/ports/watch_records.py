"""Which orders want a look, and what the looks remember: that part of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from engine.domain.look import LookMemory
from engine.domain.watched import Watched
from engine.ports.records import Due, Versioned

#: The entry of the due set that stands for the look at all open orders of the account.
LOOK_ENTRY = "look"


class WatchRecords(Protocol):
    """The due set: from its record until it is settled every order is in it.

    It runs by the store's clock alone; whoever plans a look names a delay.
    """

    def claim_due(self, lease_ms: int, limit: int) -> tuple[Due, ...]:
        """Take what is due; each comes back when the lease ends. One may be LOOK_ENTRY."""
        ...

    def postpone(self, looks: Mapping[Due, int]) -> int:
        """Plan next looks in so many ms from now, where nobody took the work over since.

        Returns how many were planned.
        """
        ...

    def is_anything_due(self) -> bool:
        """Tell in one question whether a sweep has anything to do, time limits included.

        So it has when the next look relies on a stream that is not live any more.
        """
        ...

    def list_overdue(self, limit: int) -> tuple[str, ...]:
        """Return the orders whose time limit is over and whose end nobody has wished yet."""
        ...

    def list_watched(self) -> tuple[Watched, ...]:
        """Return the index entry of every order that is not settled, or awaits its successor."""
        ...

    def load_look(self, now_ms: int) -> Versioned[LookMemory]:
        """Return what the newest look remembered; nothing when there was none.

        Its times are those of the caller's clock, on which it is `now_ms`: looks are taken by
        processes whose clocks differ.
        """
        ...

    def save_look(self, version: int, memory: LookMemory, now_ms: int, *, is_over: bool) -> bool:
        """Write it and plan the next look at its `next_ms`; none when the watch `is_over`.

        Its times are of the caller's clock, on which it is `now_ms`. False when another look
        has written since `version` was loaded.
        """
        ...
