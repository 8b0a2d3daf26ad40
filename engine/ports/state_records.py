"""Whether an account trades, and in which life of the data: that part of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.domain.emergency import EmergencyRun
from engine.domain.events import Event
from engine.domain.trading_state import AccountState, Life, TradingState
from engine.domain.unknown import Rebuilt
from engine.ports.records import Versioned


class StateRecords(Protocol):
    """The trading state, the emergency run, and the epoch that claims are compared with."""

    def load_state(self) -> AccountState: ...

    def set_trading_state(
        self,
        state: TradingState,
        reason: str,
        *,
        events: Sequence[Event] = (),
        emergency_run: str = "",
        is_first: bool = False,
        instead_of: AccountState | None = None,
    ) -> bool:
        """Write the state; returns when the write is as durable as the store can make it.

        `emergency_run` names the run whose own orders a halted account still claims. False: the
        trading state is not the one of `instead_of` any more, and stays.
        """
        ...

    def find_emergency(self) -> Versioned[EmergencyRun] | None:
        """Return the newest emergency run, over or not."""
        ...

    def save_emergency(self, version: int, run: EmergencyRun) -> bool:
        """Write the run; False when `version` is not the stored one (0: none is)."""
        ...

    def hold_claims(self) -> None:
        """Let nothing be claimed until a reconcile is finished."""
        ...

    def begin_reconcile(self) -> AccountState:
        """Return the state, its data marked: `finish_reconcile` knows by it whether it was lost."""
        ...

    def finish_reconcile(self, began_in: Life, *, now_ms: int, lost: Rebuilt | None = None) -> bool:
        """Store the epoch that a reconcile began in, if server and data are still the same.

        `rebuilt` is given after a rebuild only: the account counts as opened from then on.
        """
        ...
