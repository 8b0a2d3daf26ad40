"""Cancelled orders that a rebuild found under ids of nobody's.

On spot a cancel by another program replaces the client id, so that such an order may be one of
ours. Its key would look unused after the loss of the store, and be placed a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.order import OrderStatus
from engine.domain.report import OrderReport
from engine.domain.request import OrderIntent
from engine.execution.context import AccountContext


def remember_replaced(context: AccountContext, strangers: Iterable[OrderReport]) -> None:
    """Keep what the cancelled ones among them asked for, as long as keys are looked up."""
    kept = [
        (*_terms(one), one.exchange_order_id)
        for one in strangers
        if one.status is OrderStatus.CANCELED
    ]
    context.shared.put_cache(_name(context), json.dumps(kept), context.timings.key_horizon_ms)


def find_replaced(context: AccountContext, intent: OrderIntent) -> str | None:
    """Return the exchange's id of a cancelled order that may have been this wish."""
    for symbol, side, order_type, quantity, price, exchange_order_id in json.loads(
        context.shared.find_cache(_name(context)) or "[]"
    ):
        if (
            (symbol, side) == (intent.symbol, intent.side)
            and order_type in (None, intent.order_type)
            and intent.quantity in (None, Decimal(quantity))
            and _plain(intent.price) in ("", price)
        ):
            return str(exchange_order_id)
    return None


def _terms(one: OrderReport) -> tuple[str | None, ...]:
    return (one.symbol, one.side, one.order_type, plain(one.quantity), _plain(one.price))


def _plain(price: Decimal | None) -> str:
    return "" if price is None else plain(price)


def _name(context: AccountContext) -> str:
    return f"replaced_ids:{context.identity.slug}"
