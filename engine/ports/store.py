"""Everything shared: accounts, leases, caches, signs of life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.domain.identity import AccountIdentity
from engine.domain.signal import SignalRecord
from engine.ports.account_store import AccountStore
from engine.ports.strategy_records import StrategyRecords


class Store(StrategyRecords, Protocol):
    """Everything shared: accounts, leases, caches, signs of life."""

    def ping(self) -> None:
        """Raise StoreUnavailable when the server does not answer."""
        ...

    def account(self, identity: AccountIdentity) -> AccountStore: ...

    def find_identity(self, account: str) -> AccountIdentity | None: ...

    def save_identity(self, account: str, identity: AccountIdentity) -> None:
        """Bind a name to an identity; IdentityConflict when either stands elsewhere."""
        ...

    def acquire_lease(self, name: str, owner: str, ttl_ms: int) -> bool:
        """Take or renew a lease; a tick guard is one that nobody gives back."""
        ...

    def release_lease(self, name: str, owner: str) -> None: ...

    def save_signal(self, signal_id: str, record: SignalRecord, *, only_new: bool) -> bool: ...

    def list_waiting_signals(self, before_ms: int, limit: int) -> tuple[str, ...]:
        """Return signals that came in before then and were not acted on, oldest first."""
        ...

    def forget_signal(self, signal_id: str) -> None:
        """Wait no longer for a signal whose record is gone."""
        ...

    def find_signal(self, signal_id: str) -> SignalRecord | None: ...

    def list_closed_signals(self, account: str, limit: int) -> tuple[str, ...]:
        """Return signals of the account that are over and not archived yet, oldest first."""
        ...

    def drop_closed_signals(self, account: str, signal_ids: Sequence[str]) -> None:
        """List these no longer: the archive has them."""
        ...

    def put_cache(self, key: str, text: str, ttl_ms: int) -> None: ...

    def find_cache(self, key: str) -> str | None: ...

    def beat(self, name: str, now_ms: int, ttl_ms: int) -> None:
        """Leave a sign of life."""
        ...

    def list_beats(self) -> Mapping[str, int]:
        """Return the newest sign of life of each name, ms since 1970."""
        ...

    def describe_server(self) -> Mapping[str, str]:
        """Return version, memory policy, persistence: what a doctor looks at."""
        ...

    def close(self) -> None: ...
