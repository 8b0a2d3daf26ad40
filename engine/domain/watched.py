"""What a look must know of an order without loading its record. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.exchange_ids import ExchangeIds
from engine.domain.lanes import Lane, submit_lane
from engine.domain.order import Order
from engine.domain.order_status import KNOWLEDGE, OPEN, TERMINAL, OrderStatus
from engine.domain.report import OrderReport
from engine.domain.rivalry import awaits_comparison
from engine.domain.succession import awaits_successor

#: A time of ours that is so far ahead was written by a clock that was wrong: machines boot with
#: such clocks. It must not be waited for.
WRONG_CLOCK_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The index entry of an order that is not settled; written with its record."""

    client_order_id: str
    symbol: str
    exchange_order_id: str | None
    triggered_order_id: str | None = None
    has_trigger: bool = False
    status: OrderStatus
    reported_quantity: Decimal | None
    reported_filled_quantity: Decimal
    exchange_updated_at_ms: int
    last_event_at_ms: int
    created_at_ms: int
    cancel_requested_at_ms: int | None
    absences: int
    lacks_trades: bool  # What is booked does not come to what the exchange reports
    signature_ends_ms: int | None = None  # Exchange time at which its window is over
    awaits_successor: bool = False  # Settled, and another order is to be recorded in its place
    is_waiting: bool = False  # We watch the price for it; nothing is sent before
    is_followed: bool = False  # Every tick of the price may change it
    rival_id: str = ""  # We end it when this one trades, and this one by that one
    has_moved: bool = False  # It has traded, or its trigger was touched
    awaits_comparison: bool = False  # Settled, and nobody saw what both rivals came to
    lane: Lane = Lane.SUBMIT  # That it is to leave by

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_closed(self) -> bool:
        return self.status in TERMINAL

    @property
    def is_in_doubt(self) -> bool:
        return self.status is OrderStatus.SUBMITTED

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """Return what reports of the order are found by: an exchange may count per symbol."""
        return frozenset((self.symbol, one) for one in ExchangeIds.of(self).all)

    @property
    def waits_for_trigger(self) -> bool:
        """Tell whether it may stand among the conditional orders, where these are kept apart."""
        return self.is_open and self.has_trigger and self.triggered_order_id is None


def index_order(order: Order) -> Watched:
    """Return the order's entry."""
    return Watched(
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
        exchange_order_id=order.exchange_order_id,
        triggered_order_id=order.triggered_order_id,
        has_trigger=order.terms.order_type.is_conditional,
        status=order.status,
        reported_quantity=order.reported_quantity,
        reported_filled_quantity=order.reported_filled_quantity,
        exchange_updated_at_ms=order.exchange_updated_at_ms,
        last_event_at_ms=order.last_event_at_ms,
        created_at_ms=order.created_at_ms,
        cancel_requested_at_ms=order.cancel_requested_at_ms,
        absences=order.absences,
        lacks_trades=order.is_at_odds,
        signature_ends_ms=order.signature_ends_ms,
        awaits_successor=awaits_successor(order),
        is_waiting=order.is_waiting,
        is_followed=order.is_followed,
        rival_id=order.rival_id,
        has_moved=order.has_moved,
        awaits_comparison=awaits_comparison(order),
        lane=submit_lane(order),
    )


def is_news(entry: Watched, report: OrderReport) -> bool:
    """Tell whether a report without trades would change the order behind the entry."""
    return (
        KNOWLEDGE[report.status] > KNOWLEDGE[entry.status]
        or report.filled_quantity > entry.reported_filled_quantity
        or entry.reported_quantity is None
        or report.quantity > entry.reported_quantity
        or report.updated_at_ms > entry.exchange_updated_at_ms
        or entry.absences > 0
        or not ExchangeIds.of(report).all <= ExchangeIds.of(entry).all
    )


def is_news_since(last_event_at_ms: int, asked_at_ms: int) -> bool:
    """Tell whether an order's last news may be younger than a question: its silence shows nothing.

    The two clocks may differ; news of a clock that was wrong would keep an end unseen for ever.
    """
    return asked_at_ms <= last_event_at_ms < asked_at_ms + WRONG_CLOCK_MS
