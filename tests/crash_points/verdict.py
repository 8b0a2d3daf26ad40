"""What must be true at the end of every life, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterator

from engine.ports import OrderFilter
from tests.crash_points.run import Run
from tests.integration.execution.comparing import (
    pair_balances,
    pair_orders,
    pair_positions,
    pair_trades,
)

PAIRS = {
    "orders": pair_orders,
    "trades": pair_trades,
    "balances": pair_balances,
    "positions": pair_positions,
}


def is_over(run: Run) -> bool:
    """Tell whether nothing is left to do: no entry of the outbox, no order to be looked at."""
    store = run.world.trader.context.store
    return not store.list_outbox() and not store.list_orders(OrderFilter.ACTIVE)


def find_violations(run: Run) -> tuple[str, ...]:
    """Return what is wrong, one sentence each."""
    crashed = [f"a worker ended by itself {run.crashes} times"] if run.crashes else []
    facts = (*_unequal(run), *_doubled(run), *_unexplained(run), *_left(run), *_sent_late(run))
    return (*facts, *crashed)


def _unequal(run: Run) -> Iterator[str]:
    """Compare with the exchange's own ledger, digit by digit."""
    for name, pair in PAIRS.items():
        ours, theirs = pair(run.world.trader)
        if ours != theirs:
            yield f"{name} differ: ours {ours}, the exchange's {theirs}"


def _doubled(run: Run) -> Iterator[str]:
    """No intent leaves the house twice, where nothing gives leave to send again."""
    stats = run.world.control.stats()
    for name, times in stats["sent_client_ids"].items():
        if times > 1 and not run.may_send_again:
            yield f"order {name} was sent {times} times"
    orders = run.world.trader.exchange_orders()
    known = {order["client_order_ids"][0] for order in orders}
    if len(known) < len(orders):
        yield "an intent has several orders at the exchange"


def _unexplained(run: Run) -> Iterator[str]:
    """Every intent is recorded, and each has its end: at the exchange, or with a reason."""
    store = run.world.trader.context.store
    recorded = {order.client_order_id for order in store.list_orders(OrderFilter.RECENT)}
    if recorded != set(run.placed):
        yield f"recorded are {sorted(recorded)}, wished for were {sorted(run.placed)}"
    for order in run.orders():
        if not order.is_settled:
            yield f"order {order.client_order_id} ends {order.status}, not settled"
        if order.exchange_order_id is None and order.reason is None:
            yield f"order {order.client_order_id} ends {order.status} without a reason"
        if order.contradicted:
            yield f"order {order.client_order_id} was called {order.reason} and existed"


def _left(run: Run) -> Iterator[str]:
    """Nothing is held for an order that is gone, nothing is due, nothing waits."""
    store = run.world.trader.context.store
    reservations = store.load_risk_book().reservations
    if reservations:
        yield f"still reserved: {reservations}"
    if store.list_outbox():
        yield f"left in the outbox: {store.list_outbox()}"
    if store.is_anything_due():
        yield "something is due for ever"


def _sent_late(run: Run) -> Iterator[str]:
    """After `halt` answered, only what it named reached the exchange."""
    if run.in_flight is None:
        return
    sent = set(run.world.control.stats()["sent_client_ids"])
    late = sent - run.sent_before_halt - set(run.in_flight)
    if late:
        yield f"sent after the halt: {sorted(late)}"
