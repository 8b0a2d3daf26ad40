"""Whose order is behind a trade or a report: ours, known or to be adopted, or a stranger's."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config.archive import SHORTEST_RETENTION_MS
from engine.domain.fill import Fill
from engine.domain.identity import is_ours, original_id
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import OrderReport
from engine.execution.booking.adoption import adopt_order
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.reconciliation import apply_report, belongs
from engine.execution.stopping.dead_man import explain_end

#: More rows than any ledger has: what left is asked for alone.
_NO_ROWS = 1 << 40
#: An order that is certainly not ours is not asked for again so long. Without that, the trades of
#: a busy stranger on the account would cost a question each, again at every try of a rebuild.
FOREIGN_MS = 86_400_000


def find_owner(context: AccountContext, rows: Sequence[Fill], lane: Lane) -> str | None:
    """Return the client order id of the order behind its trades; None when it is not ours.

    One that may have left for the archive is not taken back: its trades need no owner any more.
    """
    symbol, exchange_order_id = rows[0].symbol, rows[0].exchange_order_id
    known = context.store.find_by_exchange_id(symbol, exchange_order_id)
    if known is not None or _are_over(context, rows):
        return known
    mark = _foreign_mark(context, symbol, exchange_order_id, rows[0].ledger_epoch)
    if context.shared.find_cache(mark) is not None:
        return None
    report = context.gateway.find_order(symbol, exchange_order_id=exchange_order_id, lane=lane)
    if report is None:
        return None  # It may only be invisible yet: asked for again with its next trade
    owner = take_report(context, report)
    if owner is None:
        context.shared.put_cache(mark, "1", FOREIGN_MS)
    return owner


def _are_over(context: AccountContext, rows: Sequence[Fill]) -> bool:
    """Tell whether all of these may have left for the archive, or are old and booked.

    Trades that may have left are set aside, and old ones that are booked change nothing.
    """
    checkpoint = context.store.load_ledger(rows[0].ledger, after=_NO_ROWS).checkpoint
    before_ms = context.clock.now_ms() - SHORTEST_RETENTION_MS
    return all(
        (checkpoint is not None and checkpoint.may_cover(fill))
        or (fill.executed_at_ms < before_ms and context.store.is_booked(fill))
        for fill in rows
    )


def remember_foreign(
    context: AccountContext, symbol: str, exchange_order_id: str, ledger_epoch: int
) -> None:
    """Spare the question whose the order is, when its next trade is read."""
    mark = _foreign_mark(context, symbol, exchange_order_id, ledger_epoch)
    context.shared.put_cache(mark, "1", FOREIGN_MS)


def _foreign_mark(
    context: AccountContext, symbol: str, exchange_order_id: str, ledger_epoch: int
) -> str:
    return f"foreign:{context.identity.slug}:{ledger_epoch}:{symbol}:{exchange_order_id}"


def take_report(context: AccountContext, report: OrderReport) -> str | None:
    """Apply a report to our order, adopting one that the store does not know.

    Returns the client order id; None when the order is not of this installation.
    """
    for shown in (report.client_order_id, report.original_client_order_id):
        if shown is not None and is_ours(shown, context.tag):
            client_order_id = original_id(shown)
            break
    else:
        known = context.store.find_by_exchange_id(report.symbol, report.exchange_order_id)
        if known is None:
            return None
        client_order_id = known
    stored = context.store.find_order(client_order_id)
    if stored is None:
        adopt_order(context, client_order_id, report)
    elif not belongs(stored.value, report):
        _tell_double(context, stored.value, report)
        return None
    told = explain_end(context, stored.value if stored else None, report)
    change_order(
        context,
        client_order_id,
        lambda order: apply_report(order, told, context.clock.now_ms()),
        known=stored,
    )
    return client_order_id


def _tell_double(context: AccountContext, order: Order, report: OrderReport) -> None:
    """Alarm: one client id stands for two exchange orders. The second is booked as foreign."""
    context.alarm(
        f"the exchange has two orders with this id: {order.terms.symbol}"
        f" {order.exchange_order_id} and {report.symbol} {report.exchange_order_id}",
        client_order_id=order.client_order_id,
        symbol=report.symbol,
    )
