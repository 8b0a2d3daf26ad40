"""Take an order of ours into the store that only the exchange still knew."""

from __future__ import annotations

from engine.domain.events import EventKind
from engine.domain.identity import AccountIdentity
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.report import OrderReport
from engine.execution.context import AccountContext
from engine.execution.schedule import check_in_ms


def adopt_order(context: AccountContext, client_order_id: str, report: OrderReport) -> None:
    """Record the order as the exchange shows it; nothing happens when it is known by now."""
    now_ms = context.clock.now_ms()
    order = form_order(context.name, context.identity, client_order_id, report, now_ms)
    context.store.adopt(
        order,
        events=[
            context.tell(
                EventKind.ORDER_RECORDED,
                f"adopted from the exchange, where it is {report.exchange_order_id}",
                client_order_id=client_order_id,
                symbol=report.symbol,
            )
        ],
        check_in_ms=check_in_ms(order, now_ms, context.timings),
    )


def form_order(
    account: str, identity: AccountIdentity, client_order_id: str, report: OrderReport, now_ms: int
) -> Order:
    """Return the record of an order from the exchange's view alone.

    Its key and its group are not on the exchange: the key stays empty, the group is its own.
    """
    return Order(
        client_order_id=client_order_id,
        request_key="",
        group_id=client_order_id,
        account=account,
        identity=identity,
        terms=OrderTerms(
            symbol=report.symbol,
            side=report.side,
            order_type=report.order_type or OrderType.LIMIT,
            quantity=None if report.close_position else report.quantity,
            price=report.price,
            trigger_price=report.trigger_price,
            reduce_only=report.reduce_only and not report.close_position,
            close_position=report.close_position,
            position_side=report.position_side,
        ),
        created_at_ms=report.created_at_ms,
        valid_until_ms=report.created_at_ms,
        status=OrderStatus.ACCEPTED,
        exchange_order_id=report.exchange_order_id,
        triggered_order_id=report.triggered_order_id,
        last_event_at_ms=now_ms,
    )
