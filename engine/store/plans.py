"""What the scripts are told about orders, rows and events. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.domain.checkpoint import trade_number
from engine.domain.decimals import ZERO
from engine.domain.equity import RESOLUTIONS, EquityPoint
from engine.domain.events import Event
from engine.domain.fill import Fill, LedgerRow, rows_beside
from engine.domain.order import Order
from engine.domain.order_status import OPEN
from engine.domain.protection import Protection
from engine.domain.risk import Reservation, RiskBook
from engine.domain.rivalry import awaits_comparison
from engine.domain.succession import awaits_successor
from engine.domain.trading_state import Life
from engine.domain.watched import index_order
from engine.ports import NewGroup
from engine.store.codec import EQUITY_POINT, EVENT, ORDER, PROTECTION, RESERVATION, ROW, WATCHED
from engine.store.keys import AccountKeys

#: JSON objects as the headers of the scripts describe them.
Plan = dict[str, Any]

#: Stands for "never look again".
NEVER = -1


def plan_order(
    keys: AccountKeys,
    order: Order,
    *,
    check_in_ms: int | None = None,
    reservation: Reservation | None = None,
) -> Plan:
    """Return what `_orders.lua` writes: the body and every index that finds it."""
    return {
        "id": order.client_order_id,
        "key": keys.order(order.client_order_id),
        "symbol": order.terms.symbol,
        "body": ORDER.encode(order),
        "created_at_ms": order.created_at_ms,
        "is_active": not order.is_settled,
        "is_open": order.status in OPEN,
        "is_in_doubt": order.is_in_doubt,
        # The number of one that was forgotten with its ledger is given again
        "exchange_order_ids": [] if order.is_forgotten else sorted(order.exchange_ids.all),
        "reservation": RESERVATION.encode(reservation) if reservation else "",
        "watched": WATCHED.encode(index_order(order)) if _is_watched(order) else "",
        "deadline_ms": _deadline_ms(order),
        "check_in_ms": NEVER if check_in_ms is None else check_in_ms,
    }


def _is_watched(order: Order) -> bool:
    return not order.is_settled or awaits_successor(order) or awaits_comparison(order)


def _deadline_ms(order: Order) -> int:
    """Return when the store calls for the order's end; 0 where it need not, or no more."""
    is_wished = order.cancel_requested_at_ms is not None
    return 0 if order.is_settled or is_wished else order.cancel_at_ms or 0


def plan_life(life: Life) -> Plan:
    return {
        "run_id": life.epoch.run_id,
        "replication_id": life.epoch.replication_id,
        "mark": life.mark,
    }


def plan_reducing(book: RiskBook, symbol: str) -> Plan:
    """Return what shows that nothing was traded or reserved since the book was loaded."""
    return {
        "risk_version": str(book.version),
        "symbol": symbol,
        "rows": str(book.count_rows(symbol)),
    }


def plan_points(keys: AccountKeys, point: EquityPoint) -> list[Plan]:
    """Return where a point of the equity series goes, and how far back each part is kept."""
    body = EQUITY_POINT.encode(point)
    return [
        {
            "key": keys.equity(part.name),
            "bucket": part.bucket(point.at_ms),
            "body": body,
            "until": NEVER if part.kept_ms is None else part.bucket(point.at_ms) - part.kept_ms,
        }
        for part in RESOLUTIONS
    ]


def plan_group(keys: AccountKeys, group_id: str) -> Plan:
    return {
        "id": group_id,
        "key": keys.group(group_id),
        "pending": keys.group_pending(group_id),
        "symbols": keys.group_symbols(group_id),
    }


def plan_rows(keys: AccountKeys, rows: Iterable[LedgerRow]) -> list[Plan]:
    """Return the rows, each with those that are booked if and when it is: a fee's with its fill."""
    return [
        {
            "id": row.row_id,
            "symbol": row.ledger,
            "ledger": keys.ledger(row.ledger),
            "rows": keys.ledger_rows(row.ledger),
            "checkpoint": keys.checkpoint(row.ledger),
            "doubted": keys.doubted(),
            "at_ms": row.executed_at_ms,
            "number": trade_number(row),
            "ledger_epoch": str(row.ledger_epoch),
            "body": ROW.encode(row),
            "also": plan_rows(keys, rows_beside(row)),
        }
        for row in rows
    ]


def plan_events(keys: AccountKeys, events: Iterable[Event]) -> list[Plan]:
    """Return the events with the timeline that each belongs to; the store gives the ids."""
    return [
        {
            "body": EVENT.encode(replace(event, event_id="")),
            "timeline": keys.timeline(event.client_order_id) if event.client_order_id else "",
        }
        for event in events
    ]


def plan_recorded_orders(keys: AccountKeys, group: NewGroup) -> list[Plan]:
    """Return the orders of a new group; a settled (denied) one is never looked at."""
    reserved = {held.client_order_id: held for held in group.reservations}
    return [
        plan_order(
            keys,
            order,
            check_in_ms=None if order.is_settled else group.check_in_ms,
            reservation=reserved.get(order.client_order_id),
        )
        for order in group.orders
    ]


def plan_protections(keys: AccountKeys, protections: Iterable[Protection]) -> list[Plan]:
    return [
        {"id": one.plan_id, "key": keys.protection(one.plan_id), "body": PROTECTION.encode(one)}
        for one in protections
    ]


def adopted_reservation(order: Order) -> Reservation:
    """Return what an adopted order would hold unfilled: nobody approved it, its terms say it.

    A market order names no price: its fills do, and before the first fill it is worth nothing.
    """
    terms = order.terms
    price = terms.price or terms.trigger_price or order.average_price or ZERO
    return Reservation(
        client_order_id=order.client_order_id,
        symbol=terms.position,
        side=terms.side,
        quantity=order.quantity or ZERO,
        price=price,
        reduces=terms.only_reduces,
        leverage=terms.leverage or 1,
        conditional_orders=int(terms.order_type.is_conditional),
    )


def with_id(event_id: str, body: str) -> Event:
    return replace(EVENT.decode(body), event_id=event_id)


def only_fills(rows: Iterable[LedgerRow]) -> tuple[Fill, ...]:
    return tuple(row for row in rows if isinstance(row, Fill))
