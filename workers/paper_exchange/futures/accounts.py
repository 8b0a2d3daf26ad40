"""Futures accounts: rates, modes, and the settings of each contract."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .contracts import FIRST_LEVERAGE

ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One user of the futures market; rates are fractions of the notional."""

    uid: int
    maker_rate: Decimal = Decimal("0.0002")
    taker_rate: Decimal = Decimal("0.0005")
    is_hedged: bool = False  # Two positions per contract instead of one
    can_trade: bool = True
    updated_at_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Wallet:
    """What an account has of one asset: the sum of its income rows."""

    uid: int
    asset: str
    balance: Decimal = ZERO
    updated_at_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ContractSetting:
    """How an account trades one contract."""

    uid: int
    symbol: str
    leverage: int = FIRST_LEVERAGE
    is_isolated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Income:
    """One change of a wallet, with its reason."""

    uid: int
    transaction_id: int
    income_type: str  # REALIZED_PNL, COMMISSION, FUNDING_FEE, TRANSFER, INSURANCE_CLEAR
    asset: str
    amount: Decimal
    symbol: str = ""
    information: str = ""
    trade_id: int = 0
    at_ms: int
