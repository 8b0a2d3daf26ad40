"""Cancelled orders from before the loss of the store, under ids of nobody's.

On spot a cancel by another program replaces the client id, so that such an order may be one of
ours. Its key would look unused after the loss, and be placed a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.domain.request import OrderIntent
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext


def find_replaced(context: AccountContext, intent: OrderIntent, lost_at_ms: int) -> str | None:
    """Return the exchange's id of a cancelled order that may have been this wish."""
    for side, order_type, quantity, price, exchange_order_id in _recall(
        context, intent.symbol, lost_at_ms
    ):
        if (
            side == intent.side
            and order_type in (None, intent.order_type)
            and intent.quantity in (None, Decimal(str(quantity)))
            and _plain(intent.price) in ("", price)
        ):
            return exchange_order_id
    return None


def _recall(context: AccountContext, symbol: str, lost_at_ms: int) -> list[list[str | None]]:
    """Ask the exchange once for each symbol and loss; keep it as long as keys are looked up."""
    name = f"replaced_ids:{context.identity.slug}:{symbol}:{lost_at_ms}"
    kept = context.shared.find_cache(name)
    if kept is None:
        since_ms = lost_at_ms - context.timings.trade_lookback_ms
        reports = context.gateway.load_orders(symbol, since_ms, Lane.SUBMIT)
        kept = json.dumps(list(_terms_of_strangers(context, reports, lost_at_ms)))
        context.shared.put_cache(name, kept, context.timings.key_horizon_ms)
    told: list[list[str | None]] = json.loads(kept)
    return told


def _terms_of_strangers(
    context: AccountContext, reports: Iterable[OrderReport], lost_at_ms: int
) -> Iterable[tuple[str | None, ...]]:
    last_ms = lost_at_ms + context.timings.clock_margin_ms
    for one in reports:
        is_candidate = one.status is OrderStatus.CANCELED and one.created_at_ms <= last_ms
        if is_candidate and take_report(context, one) is None:
            price = _plain(one.price)
            yield (one.side, one.order_type, plain(one.quantity), price, one.exchange_order_id)


def _plain(price: Decimal | None) -> str:
    return "" if price is None else plain(price)
