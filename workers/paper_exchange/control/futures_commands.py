"""The commands of the control API that only the futures market has, as the JSON of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from .commands import Amount, Command, OfOrder, Prevention

#: A fraction of a notional, below zero too.
Rate = Annotated[Decimal, Field(gt=-1, lt=1, max_digits=28, decimal_places=8)]


class SetContract(Command):
    """Halt a contract or open it again, and change its limits."""

    symbol: str
    status: Literal["TRADING", "PENDING_TRADING", "SETTLING", "CLOSE"] | None = None
    max_orders: int | None = Field(None, ge=0)
    max_algo_orders: int | None = Field(None, ge=0)
    min_notional: Amount | None = None
    tick_size: Amount | None = None
    step_size: Amount | None = None
    self_trade_prevention: Prevention | None = None


class SetFuturesAccount(Command):
    """Change what is given of a futures account."""

    uid: int
    maker_rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    taker_rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    can_trade: bool | None = None


class SetMarkPrice(Command):
    """Hold the mark price of a contract; without a price it follows the last one again."""

    symbol: str
    price: Amount | None = None


class Fund(Command):
    """Settle the funding of a contract now; without a rate at the contract's own."""

    symbol: str
    rate: Rate | None = None


class SetFundingRate(Command):
    """Set the rate of the fundings to come; below zero the shorts pay."""

    symbol: str
    rate: Rate


class OfPosition(Command):
    """Name a position."""

    uid: int
    symbol: str
    side: Literal["BOTH", "LONG", "SHORT"] = "BOTH"


class Deleverage(OfPosition):
    """Close a position, or a part of it, against a bankrupt one; at the mark price by default."""

    quantity: Amount | None = None
    price: Amount | None = None


class Settle(Command):
    """End a contract: orders expire, positions close; at the mark price by default."""

    symbol: str
    price: Amount | None = None


class HoldTriggers(Command):
    """Let conditional orders be TRIGGERING for so long before their child is placed."""

    delay_ms: int = Field(ge=0)


class ExpireContractOrder(OfOrder):
    """End an open futures order as the exchange itself does, with Binance's reason number."""

    reason: int = Field(7, ge=0, le=99)
