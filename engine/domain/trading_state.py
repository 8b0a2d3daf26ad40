"""What an account may do right now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TradingState(StrEnum):
    ACTIVE = "active"  #: Any order may be claimed
    REDUCING = "reducing"  #: Only what shrinks a position
    HALTED = "halted"  #: Nothing but a named emergency run; cancels pass


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """Which life of the Redis server this is: a restart or a failover changes it."""

    run_id: str
    replication_id: str


@dataclass(frozen=True, kw_only=True)
class Life:
    """Which run of the server, and which of its data: a flush changes the mark alone."""

    epoch: Epoch
    mark: str
    ledger_epoch: int = 0  # Another one begins with another mark


@dataclass(frozen=True, kw_only=True)
class AccountState:
    trading_state: TradingState
    halt_reason: str = ""
    emergency_run: str = ""  # The run whose own orders a halted account still claims
    trading_state_id: str = "never"  # Another with every change of the trading state
    epoch: Epoch  # The server's own, now
    reconciled_epoch: Epoch | None = None  # What the last reconcile stored
    is_opened: bool = False  # False: this store has never known the account, or lost it
    opened_at_ms: int = 0  # Exchange time of the opening: from then on the ledger is complete
    rebuilt_at_ms: int = 0  # Exchange time by which writes were last lost
    history_from_ms: int = 0  # Exchange time from which on the rebuild asked for orders
    reconciled_at_ms: int = 0
    ledger_epoch: int = 0  # Counts resets of the exchange's own ledger (a test network's)
    ledger_began_at_ms: int = 0  # Exchange time at which the newest reset was made good here
    mark: str = ""  # Of the data; empty before the first reconcile begins

    @property
    def life(self) -> Life:
        return Life(epoch=self.epoch, mark=self.mark, ledger_epoch=self.ledger_epoch)

    @property
    def is_held(self) -> bool:
        """Tell whether claims wait for a reconcile (the epoch hold)."""
        return self.reconciled_epoch != self.epoch
