"""Due work: which order has to be looked at next, by one worker at a time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.domain.look import LookMemory, shift
from engine.domain.watched import Watched
from engine.ports import LOOK_ENTRY, Due, Versioned
from engine.store.codec import LOOK, WATCHED
from engine.store.part import AccountPart, fresh_write_id
from engine.store.plans import NEVER


class DueWork(AccountPart):
    """The due set of one account, and the index that its looks compare with."""

    #: Entries by their text: most are the same from look to look, and there may be thousands.
    _read_before: Mapping[str, Watched] = MappingProxyType({})

    def claim_due(self, lease_ms: int, limit: int) -> tuple[Due, ...]:
        """Take what is due; each comes back when the lease of `lease_ms` ends.

        Raises StoreUnclear when the reply was lost; what was taken then comes back by itself.
        """
        keys = (
            self._keys.due(),
            self._keys.due_sequence(),
            self._keys.account(),
            self._keys.claimed_due(fresh_write_id()),
        )
        taken = self._write("claim_due", keys, self._now(), lease_ms, limit)
        return tuple(
            Due(client_order_id=name, sequence=int(number))
            for name, number in zip(taken[::2], taken[1::2], strict=True)
        )

    def postpone(self, looks: Mapping[Due, int]) -> int:
        """Plan next looks in so many ms; not those where a newer number stands, or none.

        A commit also makes a new number: what it planned stays. Returns how many were planned.
        """
        if not looks:
            return 0
        keys = (self._keys.due(), self._keys.due_sequence(), self._keys.account())
        words = [
            word
            for item, check_in_ms in looks.items()
            for word in (item.client_order_id, item.sequence, check_in_ms)
        ]
        return int(self._write("postpone", keys, self._now(), *words))

    def is_anything_due(self) -> bool:
        keys = (
            self._keys.due(),
            self._keys.look(),
            self._keys.stream(),
            self._keys.account(),
            self._keys.deadlines(),
        )
        return bool(self._read("is_anything_due", keys, self._now()))

    def list_overdue(self, limit: int) -> tuple[str, ...]:
        """Return orders whose time limit is over, by the server's clock."""
        return tuple(self._read("list_overdue", (self._keys.deadlines(),), self._now(), limit))

    def list_watched(self) -> tuple[Watched, ...]:
        """Return every entry; text that was read the last time is not read again."""
        text, known = self._read("list_watched", (self._keys.watched(),)), self._read_before
        bodies = text.split("\n") if text else ()
        self._read_before = {body: known.get(body) or WATCHED.decode(body) for body in bodies}
        return tuple(self._read_before.values())

    def load_look(self, now_ms: int) -> Versioned[LookMemory]:
        """Return what the newest look remembered, by the caller's clock."""
        version, *stored = self._read("load_look", (self._keys.look(),), self._now())
        if not stored:
            return Versioned(value=LookMemory(), version=0)
        body, written_ms, age_ms = stored
        by_ms = now_ms - int(age_ms) - int(written_ms)
        return Versioned(value=shift(LOOK.decode(body), by_ms), version=int(version))

    def save_look(self, version: int, memory: LookMemory, now_ms: int, *, is_over: bool) -> bool:
        """Write what a look remembers, as WatchRecords.save_look describes.

        Raises StoreUnclear when the reply was lost; the look comes back when its lease ends.
        """
        keys = (
            self._keys.look(),
            self._keys.due(),
            self._keys.due_sequence(),
            self._keys.account(),
        )
        check_in_ms = NEVER if is_over else max(memory.next_ms - now_ms, 0)
        body, was_live = LOOK.encode(memory), int(memory.was_live)
        args = (version, LOOK_ENTRY, was_live, body, now_ms, check_in_ms)
        return bool(self._write("save_look", keys, fresh_write_id(), self._now(), *args))
