"""The border where a caller's words and floats become a checked wish."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from engine.domain.decimals import parse_positive, shorten
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order import OrderType, TimeInForce
from engine.domain.request import OrderIntent
from engine.errors import InvalidRequest

Number = Decimal | int | float | str
E = TypeVar("E", bound=StrEnum)

#: A key is hashed, so its letters are free; its length is not, since it is stored.
LONGEST_KEY = 200


@dataclass(frozen=True, kw_only=True)
class OrderRequest:
    """An order as a caller writes it. Floats are read as they print: 0.1 is 0.1."""

    symbol: str  # "BTC/USDT" or "BTCUSDT"
    side: Side | str
    order_type: OrderType | str = OrderType.MARKET
    quantity: Number | None = None  # Base currency
    quote_quantity: Number | None = None  # Quote currency; market orders only
    price: Number | None = None
    trigger_price: Number | None = None
    time_in_force: TimeInForce | str | None = None
    post_only: bool = False
    reduce_only: bool = False
    leverage: int | None = None
    #: In hedge mode, which of the two positions: "long" or "short".
    position_side: PositionSide | str = PositionSide.BOTH
    account: str = ""  # Empty: the only account
    key: str = ""  # The caller's id: the same one never places a second order
    test: bool = False  # Refuse an account that trades real money

    def to_intent(self, account: str, instrument: Instrument) -> OrderIntent:
        """Return the wish with checked words and numbers; InvalidRequest names the field."""
        return OrderIntent(
            account=account,
            symbol=instrument.symbol,
            side=parse_word(Side, self.side, "side"),
            order_type=parse_word(OrderType, self.order_type, "order_type"),
            quantity=_number(self.quantity, "quantity"),
            quote_quantity=_number(self.quote_quantity, "quote_quantity"),
            price=_number(self.price, "price"),
            trigger_price=_number(self.trigger_price, "trigger_price"),
            time_in_force=None
            if self.time_in_force is None
            else parse_word(TimeInForce, self.time_in_force, "time_in_force"),
            post_only=self.post_only,
            reduce_only=self.reduce_only,
            leverage=self.leverage,
            position_side=parse_word(PositionSide, self.position_side, "position_side"),
            key=check_key(self.key),
        )


def check_key(key: str) -> str:
    """Return the caller's id if it can be stored and shown on one line."""
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidRequest(
            f"id is {shorten(key)}; it must have at most {LONGEST_KEY} printable characters."
        )
    return key


def parse_word(kind: type[E], value: object, field: str) -> E:
    """Return the member that `value` names, whatever its case."""
    text = str(value).lower() if isinstance(value, str) else ""
    for member in kind:
        if text in {member.value, member.name.lower()}:
            return member
    allowed = ", ".join(member.value for member in kind)
    raise InvalidRequest(f"{field} is {shorten(value)}; it must be one of {allowed}.")


def _number(value: Number | None, field: str) -> Decimal | None:
    return None if value is None else parse_positive(value, field)
