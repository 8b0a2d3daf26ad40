"""Due work: which order has to be looked at next, by one worker at a time."""

from __future__ import annotations

from engine.ports import Due
from engine.store.part import AccountPart, fresh_write_id


class DueWork(AccountPart):
    """The due set of one account."""

    def claim_due(self, lease_ms: int, limit: int) -> tuple[Due, ...]:
        """Take orders whose time has come; each comes back when the lease of `lease_ms` ends.

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

    def postpone(self, client_order_id: str, sequence: int, next_check_ms: int) -> bool:
        """Move the next look to `next_check_ms`; False when a newer number stands, or none.

        A commit also makes a new number: the time that it set stays.
        """
        keys = (self._keys.due(), self._keys.due_sequence())
        return bool(self._write("postpone", keys, client_order_id, sequence, next_check_ms))
