"""The store's account, and one valid default of each thing that it is given."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.domain.identity import AccountIdentity
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.risk import Reservation
from engine.domain.unknown import Rebuilt
from engine.ports import NewGroup, Versioned
from engine.store.account import RedisAccountStore
from engine.store.keys import AccountKeys
from engine.store.store import RedisStore
from tests.builders import IDENTITY, NOW_MS, build_fill, build_order

HORIZON_MS = 600_000
SYMBOL = "BTC/USDT"


def lost_since(opened_at_ms: int) -> Rebuilt:
    """Return what a reconcile tells that made up for a loss."""
    return Rebuilt(opened_at_ms=opened_at_ms, history_from_ms=7, lost_by_ms=NOW_MS + 3)


def reserve(order: Order, **changes: Any) -> Reservation:
    return Reservation(
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
        side=order.terms.side,
        quantity=order.terms.quantity or Decimal(0),
        price=order.terms.price or Decimal(0),
        **changes,
    )


def build_group(*orders: Order, **changes: Any) -> NewGroup:
    orders = orders or (build_order(),)
    defaults: dict[str, Any] = {
        "group_id": orders[0].group_id,
        "request_key": orders[0].request_key,
        "digest": "a-digest",
        "orders": orders,
        "reservations": tuple(reserve(order) for order in orders if not order.is_closed),
        "check_in_ms": 0,
        "key_horizon_ms": HORIZON_MS,
    }
    return NewGroup(**defaults | changes)


def open_account(store: RedisStore, identity: AccountIdentity = IDENTITY) -> RedisAccountStore:
    """Return the account, reconciled in this life of the server."""
    account = store.account(identity)
    # Not as a reconcile begins, so that versions start at 1
    store.client.write("HSET", AccountKeys(identity.slug).account(), "life", "a-mark")
    life = account.load_state().life
    assert account.finish_reconcile(
        life,
        now_ms=NOW_MS,
        lost=lost_since(NOW_MS),
    )
    return account


def record(account: RedisAccountStore, *orders: Order, **changes: Any) -> Order:
    """Record orders as one group; return the first."""
    group = build_group(*orders, **changes)
    version = account.load_risk_book().version
    assert account.record(group, risk_version=version).outcome == "recorded"
    return group.orders[0]


def claim_form(order: Order, nonce: str = "a-nonce") -> Order:
    return replace(
        order.to(OrderStatus.SUBMITTED), attempt=order.attempt + 1, nonce=nonce, signed_at_ms=NOW_MS
    )


def record_claimed(account: RedisAccountStore, order: Order | None = None) -> Versioned[Order]:
    """Record and claim one order; return it at version 2."""
    claimed = claim_form(record(account, order or build_order()))
    assert account.claim(1, claimed) == "claimed"
    return Versioned(value=claimed, version=2)


def report_live(account: RedisAccountStore, term: int, **changes: Any) -> bool:
    """Report a stream that works."""
    figures = {
        "is_live": True,
        "answered_doubts": 0,
        "live_since_ms": NOW_MS - 5,
        "heard_at_ms": NOW_MS,
        "messages": 3,
        "reconnects": 1,
    }
    return account.report_stream(term, **figures | changes)


def filled(order: Order, *quantities: str, status: OrderStatus, first_trade: int = 1) -> Order:
    """Return the order in `status` with further fills of these quantities."""
    fills = tuple(
        build_fill(trade_id=str(first_trade + number), quantity=Decimal(quantity))
        for number, quantity in enumerate(quantities)
    )
    return replace(
        order.to(status),
        exchange_order_id="77",
        exchange_updated_at_ms=NOW_MS,
        fills=(*order.fills, *fills),
        reported_filled_quantity=sum(
            (fill.quantity for fill in (*order.fills, *fills)), Decimal(0)
        ),
    )
