"""Events of one account: telling, reading on, and the timeline of one order."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.events import Event
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import plan_events, with_id

#: A blocked read may be answered this much later than it asked for.
_LATE_S = 5.0


class Telling(AccountPart):
    """The event stream of one account."""

    def emit(self, events: Sequence[Event]) -> None:
        """Tell events that belong to no other write."""
        if not events:
            return
        keys = (self._keys.events(), self._keys.written(fresh_write_id()))
        self._write("emit", keys, pack({"events": plan_events(self._keys, events)}))

    def read_events(
        self, after_id: str, *, limit: int = 1000, wait_ms: int = 0
    ) -> tuple[Event, ...]:
        """Return events newer than `after_id`, waiting up to `wait_ms` for the first.

        "0" means all that are kept, "$" from now on. A waiting read has a connection to itself.
        """
        block = ("BLOCK", wait_ms) if wait_ms > 0 else ()
        streams = self._client.read(
            "XREAD",
            "COUNT",
            limit,
            *block,
            "STREAMS",
            self._keys.events(),
            after_id,
            timeout_s=wait_ms / 1000 + _LATE_S,
        )
        entries = streams[0][1] if streams else ()
        return tuple(with_id(event_id, fields[1]) for event_id, fields in entries)

    def last_event_id(self) -> str:
        """Return the id of the newest event; "0" when there is none."""
        newest = self._client.read("XREVRANGE", self._keys.events(), "+", "-", "COUNT", 1)
        return str(newest[0][0]) if newest else "0"

    def load_timeline(self, client_order_id: str) -> tuple[Event, ...]:
        """Return what happened to one order, oldest first."""
        lines = self._client.read("LRANGE", self._keys.timeline(client_order_id), 0, -1)
        return tuple(with_id(*line.split(" ", 1)) for line in lines)
