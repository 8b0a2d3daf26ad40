"""Everything that one account's work needs, chosen once by bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config import (
    EmergencySettings,
    ExecutionSettings,
    ProtectionSettings,
    RiskSettings,
)
from engine.domain.events import Event, EventKind
from engine.domain.identity import AccountIdentity
from engine.ports import AccountStore, Clock, Dispatcher, Gateway, History, Random, Store
from engine.risk.context import Check


@dataclass(frozen=True, kw_only=True)
class AccountContext:
    name: str
    identity: AccountIdentity
    tag: str  # The installation's mark inside every client order id
    is_enabled: bool  # False: no new orders; watched and cancellable
    is_paper: bool
    forgets: bool  # The exchange resets its own ledger now and then: a test network, or paper
    watchlist: tuple[str, ...]
    shared: Store
    store: AccountStore
    history: History  # What left the store; for answers, never for decisions
    gateway: Gateway
    dispatcher: Dispatcher
    clock: Clock
    random: Random
    timings: ExecutionSettings
    risk: RiskSettings
    emergency: EmergencySettings
    protection: ProtectionSettings
    polling_weight: int  # Request weight per minute that looks at open orders may take
    uncounted_assets: tuple[str, ...] = ()  # Worth nothing to equity where no market lists them
    own_checks: tuple[Check, ...] = ()  # The user's, from the configuration

    def tell(
        self, kind: EventKind, message: str, *, client_order_id: str = "", symbol: str = ""
    ) -> Event:
        """Return an event of now; the caller writes it, alone or with a change."""
        return Event(
            kind=kind,
            at_ms=self.clock.now_ms(),
            client_order_id=client_order_id,
            symbol=symbol,
            message=message,
        )

    def alarm(self, message: str, *, client_order_id: str = "", symbol: str = "") -> None:
        """Tell a person, at once and for the record."""
        event = self.tell(EventKind.ALARM, message, client_order_id=client_order_id, symbol=symbol)
        self.store.emit([event])
