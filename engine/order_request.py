"""The border where a caller's words and floats become a checked wish."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.changing import Chase
from engine.domain.decimals import parse_positive, shorten
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.following_fields import check_following, parse_cancel_after, parse_chase
from engine.domain.instrument import Instrument
from engine.domain.order_terms import OrderType, TimeInForce, TriggerBy
from engine.domain.request import OrderIntent
from engine.domain.words import parse_word
from engine.errors import InvalidRequest
from engine.execution.changing.wishes import Change

Number = Decimal | int | float | str

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
    trailing_rate: Number | None = None  # Percent, of a trailing stop
    activation_price: Number | None = None  # From which on it trails; None: at once
    time_in_force: TimeInForce | str | None = None
    post_only: bool = False
    reduce_only: bool = False
    close_position: bool = False  # Once triggered, all that is left of a contract's position
    good_till_ms: int | None = None  # Exchange time; with time_in_force gtd, contracts only
    trigger_by: TriggerBy | str = TriggerBy.LAST  # "mark": of a contract
    leverage: int | None = None
    #: Prices at which what it fills is closed, at a loss and at a profit: placed by themselves
    #: as it fills, resized with it, ended with the position.
    stop_loss: Number | None = None
    take_profit: Number | None = None
    stop_trigger_by: TriggerBy | str | None = None  # What stop_loss watches; None: as configured
    #: In hedge mode, which of the two positions: "long" or "short".
    position_side: PositionSide | str = PositionSide.BOTH
    chase: Chase | None = None  # Keep a limit order at the best price of its side
    cancel_after_ms: int | None = None  # Wish its end so long after it was recorded
    account: str = ""  # Empty: the only account
    key: str = ""  # The caller's id: the same one never places a second order
    test: bool = False  # Refuse an account that trades real money

    def to_intent(self, account: str, instrument: Instrument) -> OrderIntent:
        """Return the wish with checked words and numbers; InvalidRequest names the field."""
        intent = OrderIntent(
            account=account,
            symbol=instrument.symbol,
            side=parse_word(Side, self.side, "side"),
            order_type=parse_word(OrderType, self.order_type, "order_type"),
            quantity=_number(self.quantity, "quantity"),
            quote_quantity=_number(self.quote_quantity, "quote_quantity"),
            price=_number(self.price, "price"),
            trigger_price=_number(self.trigger_price, "trigger_price"),
            trailing_rate=_number(self.trailing_rate, "trailing_rate"),
            activation_price=_number(self.activation_price, "activation_price"),
            time_in_force=None
            if self.time_in_force is None
            else parse_word(TimeInForce, self.time_in_force, "time_in_force"),
            post_only=_flag(self.post_only, "post_only"),
            reduce_only=_flag(self.reduce_only, "reduce_only"),
            close_position=_flag(self.close_position, "close_position"),
            good_till_ms=_whole(self.good_till_ms, "good_till_ms", "number of ms"),
            trigger_by=parse_word(TriggerBy, self.trigger_by, "trigger_by"),
            leverage=_whole(self.leverage, "leverage", "number"),
            stop_loss=_number(self.stop_loss, "stop_loss"),
            take_profit=_number(self.take_profit, "take_profit"),
            stop_trigger_by=read_trigger_by(self.stop_trigger_by),
            position_side=parse_word(PositionSide, self.position_side, "position_side"),
            chase=parse_chase(self.chase),
            cancel_after_ms=parse_cancel_after(self.cancel_after_ms),
            key=check_key(self.key),
        )
        return check_following(intent)


def check_key(key: str) -> str:
    """Return the caller's id if it can be stored and shown on one line."""
    if not isinstance(key, str) or len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidRequest(
            f"id is {shorten(key)}; it must be text of at most {LONGEST_KEY} printable characters."
        )
    return key


def read_trigger_by(word: TriggerBy | str | None) -> TriggerBy | None:
    """Return the price that a stop is to watch; None leaves it to the configuration."""
    return None if word is None else parse_word(TriggerBy, word, "stop_trigger_by")


def read_change(
    price: Number | None, trigger_price: Number | None, quantity: Number | None
) -> Change:
    """Return what is to be different; InvalidRequest names the field."""
    return Change(
        price=_number(price, "price"),
        trigger_price=_number(trigger_price, "trigger_price"),
        quantity=_number(quantity, "quantity"),
    )


def _number(value: Number | None, field: str) -> Decimal | None:
    return None if value is None else parse_positive(value, field)


def _whole(value: object, field: str, what: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidRequest(f"{field} is {shorten(value)}; it must be a whole {what}.")


def _flag(value: object, field: str) -> bool:
    """Return true or false as it is: the text "false" would count as true."""
    if isinstance(value, bool):
        return value
    raise InvalidRequest(f"{field} is {shorten(value)}; it must be True or False.")
