"""The commands of the control API, as the JSON that each accepts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workers.paper_exchange.spot.events import Ending

#: An amount above zero, finite, with at most the digits that the exchange keeps.
Amount = Annotated[Decimal, Field(gt=0, max_digits=28, decimal_places=8, allow_inf_nan=False)]
Level = tuple[Amount, Amount]  # price, quantity
#: What a market does where an order would trade with one of its own account.
Prevention = Literal["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"]


class Command(BaseModel):
    """What every command has in common: no field that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SetPrice(Command):
    """Move the market: orders that the price goes through fill whole."""

    symbol: str
    price: Amount


class SetBook(Command):
    """Replace the crowd's quotes; those that cross users' orders trade with them."""

    symbol: str
    bids: list[Level]
    asks: list[Level]


class OfOrder(Command):
    """Name one open order, by the exchange's id or by any client id that it ever had."""

    symbol: str
    order_id: int | None = None
    client_order_id: str | None = None


class Fill(OfOrder):
    """Let the crowd trade with a resting order, at its price; all that is left by default."""

    quantity: Amount | None = None


class Cancel(OfOrder):
    """Cancel an order as another client of the same account would."""

    new_client_order_id: str = ""


class Expire(OfOrder):
    """End an open order as the exchange itself does: maintenance, delisting, self-trade."""

    status: Ending = "EXPIRED"
    reason: str = "EXCHANGE_CANCELED"


class Place(Command):
    """Place an order as another client of the same account would, by Binance's parameters."""

    key: str
    parameters: dict[str, str]


class Transfer(Command):
    """Deposit (or, below zero, withdraw); a withdrawal may not exceed what is free."""

    uid: int
    asset: str = Field(pattern=r"^[A-Z0-9]{1,12}$")
    amount: Annotated[Decimal, Field(max_digits=28, decimal_places=8, allow_inf_nan=False)]


class OpenAccount(Command):
    """Add a key, and its account if it is new."""

    key: str = Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")
    secret: str = Field(min_length=1)
    uid: int = Field(gt=0)
    balances: dict[str, Amount] = Field(default_factory=dict)
    futures_balances: dict[str, Amount] = Field(default_factory=dict)
    can_trade: bool = True
    can_read: bool = True


class SetAccount(Command):
    """Change what is given of an account."""

    uid: int
    maker_rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    taker_rate: Annotated[Decimal, Field(ge=0, lt=1)] | None = None
    fee_asset: str | None = None  # Empty: fees in the received asset again
    can_trade: bool | None = None


class SetSymbol(Command):
    """Halt a market or open it again, and change its limits."""

    symbol: str
    status: Literal["TRADING", "HALT", "BREAK", "END_OF_DAY", "CANCEL_ONLY"] | None = None
    max_orders: int | None = Field(None, ge=0)
    max_algo_orders: int | None = Field(None, ge=0)
    max_position: Amount | None = None
    min_notional: Amount | None = None
    max_notional: Amount | None = None
    tick_size: Amount | None = None
    step_size: Amount | None = None
    self_trade_prevention: Prevention | None = None


class SetLimits(Command):
    """Change what is given of the rate limits; windows begin anew with `forget`."""

    weight_per_minute: int | None = Field(None, ge=0)
    orders_per_10s: int | None = Field(None, ge=0)
    orders_per_minute: int | None = Field(None, ge=0)
    orders_per_day: int | None = Field(None, ge=0)
    ban_after_ignored: int | None = Field(None, ge=0)
    first_ban_ms: int | None = Field(None, ge=0)
    forget: bool = False


class SetClock(Command):
    """Put the exchange's clock before or behind the machine's."""

    offset_ms: int


class SetNextId(Command):
    """Let the orders or trades of a market be numbered on from here; never back."""

    symbol: str
    series: Literal["order", "trade"]
    number: int = Field(gt=0, lt=2**63)


class SetReadLag(Command):
    """Let queries of orders and trades show the state of so long ago."""

    lag_ms: int = Field(ge=0)


class EndStreams(Command):
    """Announce an end on the user streams, as the exchange does; then hang up, or not."""

    event: Literal["serverShutdown", "eventStreamTerminated"]
    close: bool = False


class Advance(Command):
    """Move the markets by so many ticks of their walk, or by rows of the replayed file."""

    ticks: int = Field(1, ge=1, le=100_000)


class Nothing(Command):
    """A command without parameters."""
