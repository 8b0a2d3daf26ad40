"""Risk as values: what is approved, what is denied, what is held for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.fill import LedgerRow, Side
from engine.domain.order import Order
from engine.domain.order_status import OPEN
from engine.domain.order_terms import OrderTerms
from engine.domain.position import Position
from engine.domain.trading_state import TradingState


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What an unfinished order may still add, at the price it was approved with."""

    client_order_id: str
    symbol: str  # The name of the position that the order trades
    side: Side
    quantity: Decimal  # Base currency, what is not filled yet
    price: Decimal  # Quote per base
    reduces: bool = False  # Reduce-only: adds nothing to exposure
    leverage: int = 1  # Of a contract: the free balance holds its worth divided by that
    conditional_orders: int = 0  # That wait for a trigger: itself, or the stop that it brings
    #: Exchange time since which its funds are not `free` there; None: not known to be held yet.
    held_since_ms: int | None = None
    #: The other order of a pair of which one trades at most: the two are good for one of them.
    shares_with: str = ""

    @property
    def worth(self) -> Decimal:
        """Return what it stands for (quote)."""
        with localcontext(EXACT):
            return self.quantity * self.price

    def after(self, order: Order) -> Reservation | None:
        """Return what `order`, as it is now, still holds at the same price; None once settled."""
        if order.is_settled:
            return None
        held = self.held_since_ms
        if held is None and order.status in OPEN:
            held = order.exchange_updated_at_ms
        remaining = max(_unfilled(order, self.price), ZERO)
        waiting = 0 if order.triggered_order_id else self.conditional_orders
        return replace(self, quantity=remaining, held_since_ms=held, conditional_orders=waiting)


def counted_once(held: Iterable[Reservation]) -> tuple[Reservation, ...]:
    """Return what counts: of two that share, the one that may cost more while both are there.

    Each keeps its own until it is settled, so that the end of one leaves the other its own. Both
    stand at the exchange: what counts says how many of the two wait for a trigger.
    """
    by_order = {one.client_order_id: one for one in held}
    counted = (one for one in by_order.values() if not _is_covered(one, by_order))
    return tuple(_for_both(one, by_order.get(one.shares_with)) for one in counted)


def _for_both(one: Reservation, other: Reservation | None) -> Reservation:
    if other is None:
        return one
    return replace(one, conditional_orders=one.conditional_orders + other.conditional_orders)


def _is_covered(one: Reservation, by_order: Mapping[str, Reservation]) -> bool:
    other = by_order.get(one.shares_with)
    if other is None:
        return False
    return (one.worth, one.client_order_id) < (other.worth, other.client_order_id)


def _unfilled(order: Order, price: Decimal) -> Decimal:
    """Return the base quantity that may still be traded, or was and is not booked yet."""
    with localcontext(EXACT):
        if order.is_closed:
            return order.reported_filled_quantity - order.filled_quantity
        if order.terms.quantity is not None:
            return order.terms.quantity - order.filled_quantity
        spent = sum((fill.cost for fill in order.fills), ZERO)
        return ((order.terms.quote_quantity or ZERO) - spent) / price if price else ZERO


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """The exchange refused an order of ours."""

    symbol: str
    code: str  # The exchange's own
    at_ms: int  # Time of the store


@dataclass(frozen=True, kw_only=True)
class RiskBook:
    """One consistent look at everything that a limit is compared with."""

    version: int  # Raised whenever exposure can rise or a limit changes
    trading_state: TradingState
    reservations: tuple[Reservation, ...] = ()
    positions: tuple[Position, ...] = ()
    unfolded: Mapping[str, tuple[LedgerRow, ...]] = field(default_factory=dict)  # By symbol
    orders_in_minute: int = 0  # Recorded in the last minute and not denied
    rejections: tuple[Rejection, ...] = ()  # The newest of the last hour
    read_at_ms: int = field(default=0, compare=False)  # Time of the store

    def count_rows(self, symbol: str) -> int:
        """Return how many ledger rows the symbol had."""
        folded = sum(one.cursor for one in self.positions if one.symbol == symbol)
        return folded + len(self.unfolded.get(symbol, ()))


@dataclass(frozen=True, kw_only=True)
class Approved:
    terms: OrderTerms  # Sized, in steps and ticks
    reservation: Reservation | None
    leverage: int = 1


@dataclass(frozen=True, kw_only=True)
class Denied:
    """Our own no: a stable code, a sentence, the numbers that were compared."""

    code: str
    message: str
    numbers: tuple[tuple[str, str], ...] = ()


Verdict = Approved | Denied
