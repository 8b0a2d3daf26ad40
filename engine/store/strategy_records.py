"""Where every strategy stands, in Redis."""

from __future__ import annotations

from engine.domain.strategy import StrategyRecord
from engine.ports import Versioned
from engine.store import keys
from engine.store.client import RedisClient
from engine.store.codec import STRATEGY
from engine.store.part import fresh_write_id
from engine.store.scripts import run_write


class RedisStrategyRecords:
    """Implements the port StrategyRecords."""

    client: RedisClient

    def find_strategy(self, account: str, name: str) -> Versioned[StrategyRecord] | None:
        version, body = self.client.read("HMGET", keys.strategy(account, name), "version", "body")
        if version is None:
            return None
        return Versioned(value=STRATEGY.decode(body), version=int(version))

    def save_strategy(self, version: int, record: StrategyRecord) -> bool:
        """Write the record; False when `version` is not the stored one (0: none is).

        Raises StoreUnclear after a lost reply; the next run reads what stands there.
        """
        names = (keys.strategy(record.account, record.name),)
        args = (fresh_write_id(), version, STRATEGY.encode(record), "")
        return bool(run_write(self.client, "save_record", names, args))
