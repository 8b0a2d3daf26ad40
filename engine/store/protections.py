"""The plans that stand guard over the positions of one account, in Redis."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.events import Event
from engine.domain.protection import Protection
from engine.errors import StoreUnclear
from engine.ports import Versioned
from engine.store.codec import PROTECTION
from engine.store.part import AccountPart, fresh_write_id, pack
from engine.store.plans import plan_events

#: A plan that is over is known for so long.
KEPT_MS = 7 * 86_400_000


class Protections(AccountPart):
    """One record for each plan, and the set of those that are not over."""

    def find_protection(self, plan_id: str) -> Versioned[Protection] | None:
        version, body = self._client.read(
            "HMGET", self._keys.protection(plan_id), "version", "body"
        )
        if version is None:
            return None
        return Versioned(value=PROTECTION.decode(body), version=int(version))

    def list_protections(self) -> tuple[Versioned[Protection], ...]:
        """Return the plans that are not over, oldest first."""
        keys = (self._keys.protections(),)
        found = self._read("load_protections", keys, self._keys.protection(""))
        plans = [
            Versioned(value=PROTECTION.decode(body), version=int(version))
            for version, body in zip(found[::2], found[1::2], strict=True)
        ]
        return tuple(sorted(plans, key=lambda one: (one.value.created_at_ms, one.value.plan_id)))

    def save_protection(self, version: int, plan: Protection, events: Sequence[Event] = ()) -> bool:
        """Write the plan and tell of it; False when `version` is not the stored one (0: none)."""
        key, write_id = self._keys.protection(plan.plan_id), fresh_write_id()
        kept_ms = str(KEPT_MS) if plan.is_over else ""
        keys = (key, self._keys.protections(), self._keys.account(), self._keys.events())
        told = pack({"events": plan_events(self._keys, events)})
        body, now = PROTECTION.encode(plan), self._now()
        args = (write_id, version, body, plan.plan_id, kept_ms, told, now)
        try:
            return bool(self._write("save_protection", keys, *args))
        except StoreUnclear as error:
            return self._was_written(key, version, write_id, error)
