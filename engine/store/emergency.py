"""The emergency run of one account in Redis."""

from __future__ import annotations

from engine.domain.emergency import EmergencyRun
from engine.errors import StoreUnclear
from engine.ports import Versioned
from engine.store.codec import EMERGENCY
from engine.store.part import AccountPart, fresh_write_id


class EmergencyRuns(AccountPart):
    """One record: the newest run, over or not."""

    def find_emergency(self) -> Versioned[EmergencyRun] | None:
        version, body = self._client.read("HMGET", self._keys.emergency(), "version", "body")
        if version is None:
            return None
        return Versioned(value=EMERGENCY.decode(body), version=int(version))

    def save_emergency(self, version: int, run: EmergencyRun) -> bool:
        """Write the run; False when `version` is not the stored one (0: none is).

        A lost reply is looked up. Raises Retryable when nothing was written, StoreUnclear when
        nobody knows.
        """
        key, write_id = self._keys.emergency(), fresh_write_id()
        keys, body = (key, self._keys.account()), EMERGENCY.encode(run)
        try:
            return bool(self._write("save_record", keys, write_id, version, body, self._now()))
        except StoreUnclear as error:
            return self._was_written(key, version, write_id, error)
