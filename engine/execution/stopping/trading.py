"""Halt and resume an account."""

from __future__ import annotations

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import AccountState, TradingState
from engine.errors import InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.placing.submission import DENIALS, deny_order, is_flattening
from engine.execution.reconciling.findings import describe_balances
from engine.execution.reconciling.reconcile_now import reconcile_now
from engine.ports import ClaimOutcome, OrderFilter


def halt(context: AccountContext, reason: str) -> tuple[Order, ...]:
    """Stop the account; return the orders that were already in flight.

    Once this returns no order is claimed: the claim reads the state in the same script. What
    was recorded and never claimed ends as DENIED(HALTED); cancels still pass.
    """
    stored = context.store.find_emergency()
    goes_on = stored is not None and not stored.value.is_over
    context.store.set_trading_state(
        TradingState.HALTED,
        reason,
        events=[context.tell(EventKind.TRADING_STATE, reason)],
        emergency_run=stored.value.run_id if stored and goes_on else "",
    )
    deny_unsent(context)
    return tuple(filter(_may_be_in_flight, context.store.list_orders(OrderFilter.ACTIVE)))


def _may_be_in_flight(order: Order) -> bool:
    """Tell whether the order is sent, or was left because a claim or a copy of it may stand."""
    return order.is_in_doubt or order.status is OrderStatus.INITIALIZED


def deny_unsent(context: AccountContext) -> None:
    """Deny every recorded order that nobody ever claimed, and free what it reserved.

    Of one that was refused for now a copy may stand: it is left to whoever has the time to look for
    it, and nobody claims it. On a held account all are left: a claim may be lost, and the reconcile
    puts them in doubt. The flatten orders of an emergency run that goes on are left, too.
    """
    for order in list_unsent(context):
        if not order.attempt:
            deny_order(context, order.client_order_id, DENIALS[ClaimOutcome.HALTED])


def list_unsent(context: AccountContext) -> list[Order]:
    """Return the recorded orders that nobody has sent, without those of the run that goes on."""
    state = context.store.load_state()
    active = context.store.list_orders(OrderFilter.ACTIVE)
    unsent = (order for order in active if order.status is OrderStatus.INITIALIZED)
    return [order for order in unsent if not is_flattening(order, state)]


def resume(context: AccountContext) -> None:
    """Let the account trade again, from a clean state only; InvalidRequest says what is not.

    Whoever halts it meanwhile is stronger.
    """
    seen = context.store.load_state()
    _require_no_emergency(context)
    _require_nothing_unknown(context, seen)
    _require_equal(context)
    event = context.tell(EventKind.TRADING_STATE, "resumed")
    if not context.store.set_trading_state(
        TradingState.ACTIVE, "", events=[event], instead_of=seen
    ):
        raise InvalidRequest(
            f"account {context.name} was halted or resumed by somebody else meanwhile; look at"
            " `augustan status`, then try again."
        )


def _require_no_emergency(context: AccountContext) -> None:
    stored = context.store.find_emergency()
    if stored is None or stored.value.is_over:
        return
    run = stored.value
    why = f": {run.problems[0]}" if run.problems else ""
    raise InvalidRequest(
        f"account {context.name} has an emergency stop that is not over ({run.step}, round"
        f" {run.round}{why}); it goes on by itself, or ends with `augustan emergency-stop"
        " --abandon`."
    )


def _require_nothing_unknown(context: AccountContext, seen: AccountState) -> None:
    """Stops that wait for their price end with a halt; where they only reduce, they may go on."""
    active = context.store.list_orders(OrderFilter.ACTIVE)
    if seen.trading_state is not TradingState.HALTED:
        active = tuple(order for order in active if not order.is_waiting)
    unknown = [order for order in active if _may_be_in_flight(order)]
    if unknown:
        first = unknown[0]
        what = "in doubt" if first.is_in_doubt else "not sent and not denied yet"
        raise InvalidRequest(
            f"account {context.name} has {len(unknown)} orders from before the halt whose end is"
            f" unknown; {first.client_order_id} is {what}; try again when they are settled."
        )


def _require_equal(context: AccountContext) -> None:
    result = reconcile_now(context, is_thorough=False)
    if not result.is_equal:
        raise InvalidRequest(
            f"account {context.name} does not agree with its exchange:"
            f" {describe_balances(result)}; see `augustan reconcile`, then try again."
        )
