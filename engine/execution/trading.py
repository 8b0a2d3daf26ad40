"""Halt and resume an account."""

from __future__ import annotations

from engine.domain.events import EventKind
from engine.domain.order import Order, OrderStatus
from engine.domain.trading_state import TradingState
from engine.errors import InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.submission import DENIALS, deny_order
from engine.ports import ClaimOutcome, OrderFilter


def halt(context: AccountContext, reason: str) -> tuple[Order, ...]:
    """Stop the account; return the orders that were already in flight.

    Once this returns no order is claimed: the claim reads the state in the same script. What
    was recorded and not claimed ends as DENIED(HALTED); cancels still pass.
    """
    context.store.set_trading_state(
        TradingState.HALTED, reason, events=[context.tell(EventKind.TRADING_STATE, reason)]
    )
    deny_unsent(context)
    return tuple(filter(_may_be_in_flight, context.store.list_orders(OrderFilter.ACTIVE)))


def _may_be_in_flight(order: Order) -> bool:
    """Tell whether the order is sent, or was left because its claim may be lost."""
    return order.is_in_doubt or order.status is OrderStatus.INITIALIZED


def deny_unsent(context: AccountContext) -> None:
    """Deny every recorded order that nobody claimed, and free what it reserved.

    On a held account they are left: a claim may be lost, and the reconcile puts them in doubt.
    """
    for order in context.store.list_orders(OrderFilter.ACTIVE):
        if order.status is OrderStatus.INITIALIZED:
            deny_order(context, order.client_order_id, DENIALS[ClaimOutcome.HALTED])


def resume(context: AccountContext) -> None:
    """Let the account trade again; refused while an order from before is still unsent.

    Whoever halts it meanwhile is stronger.
    """
    seen = context.store.load_state()
    unsent = [
        order.client_order_id
        for order in context.store.list_orders(OrderFilter.ACTIVE)
        if order.status is OrderStatus.INITIALIZED
    ]
    if unsent:
        raise InvalidRequest(
            f"account {context.name} still has unsent orders from before the halt:"
            f" {', '.join(unsent[:5])}; try again when they are denied."
        )
    event = context.tell(EventKind.TRADING_STATE, "resumed")
    if not context.store.set_trading_state(
        TradingState.ACTIVE, "", events=[event], instead_of=seen
    ):
        raise InvalidRequest(
            f"account {context.name} was halted or resumed by somebody else meanwhile; look at"
            " `augustan status`, then try again."
        )
