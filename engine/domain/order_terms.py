"""What is asked of the exchange: the kind of order, its sizes, prices and conditions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.domain.derivative import PositionSide, position_name
from engine.domain.fill import Side


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"  #: A market order once the trigger price is touched
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"  #: A market order once the price comes back from its best

    @property
    def has_price(self) -> bool:
        return self in {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}

    @property
    def has_trigger(self) -> bool:
        return self.is_conditional and self is not OrderType.TRAILING_STOP

    def is_sent_as(self, wished: OrderType) -> bool:
        """Tell whether the exchange may show a wish for `wished` as an order of this type.

        A trailing stop that we watch is a market order there.
        """
        is_watched = wished is OrderType.TRAILING_STOP and self is OrderType.MARKET
        return self is wished or is_watched

    @property
    def is_conditional(self) -> bool:
        """Tell whether a price has to set it off before it trades."""
        return self not in {OrderType.MARKET, OrderType.LIMIT}


class TimeInForce(StrEnum):
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"  #: Good till a date, which the order names; contracts only


class TriggerBy(StrEnum):
    """The price that a trigger watches."""

    LAST = "last"
    MARK = "mark"  #: Of a contract


@dataclass(frozen=True, kw_only=True)
class OrderTerms:
    """What is asked of the exchange, already in its steps and ticks."""

    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal | None  # Base currency; None where quote_quantity or close_position is given
    quote_quantity: Decimal | None = None  # Market orders only: how much to spend or to raise
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trailing_rate: Decimal | None = None  # Percent of the best price, of a trailing stop
    activation_price: Decimal | None = None  # From which on it trails; None: at once
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    reduce_only: bool = False
    close_position: bool = False  # Of a contract: once triggered, all that is left of it
    good_till_ms: int | None = None  # Exchange time, in whole seconds; gtd only
    trigger_by: TriggerBy = TriggerBy.LAST
    position_side: PositionSide = PositionSide.BOTH  # Of a contract, in hedge mode
    leverage: int | None = None  # Of a contract: set before the order is sent; None: as it is

    @property
    def only_reduces(self) -> bool:
        """Tell whether the exchange itself lets it do nothing but shrink a position."""
        return self.reduce_only or self.close_position

    @property
    def position(self) -> str:
        """The name of the position that the order trades."""
        return position_name(self.symbol, self.position_side)

    @property
    def is_immediate(self) -> bool:
        """Tell whether the exchange ends the order at once instead of letting it rest.

        One with a trigger rests until then, whatever its time in force says of what follows.
        """
        if self.order_type.has_trigger:
            return False
        return self.order_type is OrderType.MARKET or self.time_in_force in {
            TimeInForce.IOC,
            TimeInForce.FOK,
        }
