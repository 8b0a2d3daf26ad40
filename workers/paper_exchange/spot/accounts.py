"""Accounts, their balances and their API keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """What an account has of one asset."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.free + self.locked


NOTHING = Balance()


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """A key of an account and what it may do."""

    key: str
    secret: str
    uid: int
    can_trade: bool = True
    can_read: bool = True


@dataclass(kw_only=True)
class Account:
    """One user of the exchange; rates are fractions of what is received."""

    uid: int
    maker_rate: Decimal = Decimal("0.001")
    taker_rate: Decimal = Decimal("0.001")
    fee_asset: str | None = None  # A third coin that pays the fees while there is enough of it
    can_trade: bool = True
    balances: dict[str, Balance] = field(default_factory=dict)
    updated_at_ms: int = 0

    def balance(self, asset: str) -> Balance:
        """Return the balance of `asset`, zero when there never was one."""
        return self.balances.get(asset, NOTHING)
