"""Where every strategy stands."""

from __future__ import annotations

from typing import Protocol

from engine.domain.strategy import StrategyRecord
from engine.ports.records import Versioned


class StrategyRecords(Protocol):
    """Where every strategy stands, by account and name."""

    def find_strategy(self, account: str, name: str) -> Versioned[StrategyRecord] | None: ...

    def save_strategy(self, version: int, record: StrategyRecord) -> bool:
        """Write the record; False when `version` is not the stored one (0: none is)."""
        ...
