"""What a step of a life may wait for, told by what is recorded."""

from __future__ import annotations

from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.ports import OrderFilter
from tests.crash_points.run import Run

S = OrderStatus


def all_settled(run: Run) -> bool:
    return all(order.is_settled for order in run.orders())


def none_unknown(run: Run) -> bool:
    """Tell whether every order rests or is settled."""
    return all(_is_known(order) for order in run.orders())


def fills_booked(run: Run) -> bool:
    """Tell whether our orders have filled as far as the exchange's."""
    theirs = dict(run.world.trader.exchange_fills())
    return all(
        order.filled_quantity == theirs.get(order.client_order_id, 0) for order in run.orders()
    )


def guarded(run: Run) -> bool:
    """Tell whether stop and target of every entry work at the exchange.

    An entry that ended without a trade, as between clocks that are minutes apart, has none.
    """
    store = run.world.trader.context.store
    entries = [store.load_order(name).value for name in run.placed]
    traded = [one for one in entries if not one.is_closed or one.filled_quantity]
    plans = store.list_protections()
    legs = [run.leg(leg.client_order_id) for plan in plans for leg in plan.value.legs]
    return len(legs) == 2 * len(traded) and all(leg.status in OPEN for leg in legs)


def unguarded(run: Run) -> bool:
    """Tell whether every plan is over, and nothing that it placed is left."""
    store = run.world.trader.context.store
    return not store.list_protections() and not store.list_orders(OrderFilter.ACTIVE)


def stopped(run: Run) -> bool:
    """Tell whether the emergency stop is over."""
    stored = run.world.trader.context.store.find_emergency()
    return stored is not None and stored.value.is_over and all_settled(run)


def reconciled(run: Run) -> bool:
    """Tell whether a reconcile has ended since `wait_for_reconcile`, and nothing is held.

    While it is held, something is being repaired, or looked at a second time.
    """
    state = run.world.trader.context.store.load_state()
    return not state.is_held and state.reconciled_at_ms != run.reconciled_before_ms


def nothing_is_due(run: Run) -> bool:
    """Tell whether no sweep has anything to do."""
    return not run.world.trader.context.store.is_anything_due()


def _is_known(order: Order) -> bool:
    return order.is_settled or (order.status in {S.ACCEPTED, S.PARTIALLY_FILLED})
