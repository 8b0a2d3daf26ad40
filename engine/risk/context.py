"""What the checks look at: one consistent picture of the account and the market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from engine.config.risk import RiskSettings
from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import PositionSide, position_name
from engine.domain.equity import Performance
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.marks import Marks
from engine.domain.order_terms import OrderTerms
from engine.domain.position import Position
from engine.domain.protection import Protection
from engine.domain.report import Balances, Ticker
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied, RiskBook
from engine.domain.signal import Signal
from engine.risk.book import current_position


@dataclass(frozen=True, kw_only=True)
class RiskContext:
    """Everything that one assessment may know."""

    instrument: Instrument
    ticker: Ticker
    balances: Balances
    book: RiskBook
    settings: RiskSettings
    is_enabled: bool = True  # The account takes new orders
    now_ms: int
    position_side: PositionSide = PositionSide.BOTH  # Which position the order trades
    signal: Signal | None = None  # The one that asked for the order
    #: Rules of the other symbols, so that dust there is no open position; may be incomplete.
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)  # Of what else is held
    performance: Performance | None = None  # As it was recorded last
    plans: tuple[Protection, ...] = ()  # That are not over; only for an order with a stop
    own_checks: tuple[Check, ...] = ()  # The user's, asked last

    @property
    def position(self) -> Position:
        """The position of the order's symbol, trades included that are not folded yet."""
        return current_position(
            self.book, position_name(self.instrument.symbol, self.position_side)
        )

    def reference_price(self, side: Side) -> Decimal | None:
        """Return the price that a market order meets first (quote per base), if there is one."""
        price = self.ticker.ask if side is Side.BUY else self.ticker.bid
        return price if price.is_finite() and price > 0 else None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An order on its way through the checks; sizing replaces the terms."""

    intent: OrderIntent
    terms: OrderTerms
    context: RiskContext

    @property
    def needs_size(self) -> bool:
        """Tell whether a signal left the quantity to us."""
        return (
            bool(self.intent.signal_key)
            and self.terms.quantity is None
            and self.terms.quote_quantity is None
        )

    @property
    def leverage(self) -> int:
        """What the order would use; on spot always 1."""
        if self.context.instrument.market_type == "spot":
            return 1
        return self.intent.leverage or int(self.context.settings.default_leverage)


Check = Callable[[Candidate], Denied | None]


def terms_of(intent: OrderIntent) -> OrderTerms:
    """Return the terms as the caller wishes them."""
    return OrderTerms(
        symbol=intent.symbol,
        side=intent.side,
        order_type=intent.order_type,
        quantity=intent.quantity,
        quote_quantity=intent.quote_quantity,
        price=intent.price,
        trigger_price=intent.trigger_price,
        trailing_rate=intent.trailing_rate,
        activation_price=intent.activation_price,
        time_in_force=intent.time_in_force,
        post_only=intent.post_only,
        reduce_only=intent.reduce_only,
        close_position=intent.close_position,
        good_till_ms=intent.good_till_ms,
        trigger_by=intent.trigger_by,
        position_side=intent.position_side,
    )


def worst_price(terms: OrderTerms, reference_price: Decimal, collar: Decimal) -> Decimal:
    """Return the price (quote per base) up to which an order is counted.

    A limit to buy is its own bound; one to sell may be met by a better price, and what it opens
    is worth that. What executes at market, now or once triggered, may be worse than its starting
    price by `collar` (a fraction). An order by quote amount costs that amount at any price, so a
    buy counts at the reference.
    """
    start = terms.trigger_price if terms.trigger_price is not None else reference_price
    if terms.price is not None:
        return terms.price if terms.side is Side.BUY else max(terms.price, start)
    with localcontext(EXACT):
        if terms.trailing_rate is not None and terms.side is Side.BUY:
            start = start * (100 + terms.trailing_rate) / 100  # At most: it follows the lowest
        if terms.quote_quantity is not None:
            return start if terms.side is Side.BUY else start * (1 - collar)
        return start * (1 + collar) if terms.side is Side.BUY else start


def base_quantity(terms: OrderTerms, price: Decimal) -> Decimal:
    """Return the quantity in base currency, at `price` where the order names a quote amount."""
    if terms.quantity is not None:
        return terms.quantity
    with localcontext(EXACT):
        return (terms.quote_quantity or ZERO) / price if price else ZERO
