"""What must be true at the end of every life, whatever happened on the way."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.lanes import Lane
from engine.ports import OrderFilter
from tests.crash_points.run import Run
from tests.integration.execution.comparing import tell_differences


def is_over(run: Run) -> bool:
    """Tell whether nothing is left to do: no entry of the outbox, no order to be looked at."""
    store = run.world.trader.context.store
    return not store.list_outbox() and not store.list_orders(OrderFilter.ACTIVE)


def find_violations(run: Run) -> tuple[str, ...]:
    """Return what is wrong, one sentence each."""
    crashed = [f"a worker ended by itself {run.crashes} times"] if run.crashes else []
    differences = tell_differences(run.world.trader)  # From the exchange's own ledger
    facts = (*_doubled(run), *_unexplained(run), *_left(run), *_sent_late(run), *_not_flat(run))
    return (*differences, *facts, *crashed)


def _doubled(run: Run) -> Iterator[str]:
    """No intent leaves the house twice, where nothing gives leave to send again."""
    stats = run.world.control.stats()
    for name, times in stats["sent_client_ids"].items():
        if times > 1 and not run.may_send_again:
            yield f"order {name} was sent {times} times"
    names = [name for name, _ in run.world.trader.exchange_fills()]
    if len(set(names)) < len(names):
        yield "an intent has several orders at the exchange"


def _unexplained(run: Run) -> Iterator[str]:
    """Every intent is recorded, and each has its end: at the exchange, or with a reason."""
    store = run.world.trader.context.store
    recorded = {order.client_order_id for order in store.list_orders(OrderFilter.RECENT)}
    wished = {*run.placed, *run.closing}
    if recorded != wished:
        yield f"recorded are {sorted(recorded)}, wished for were {sorted(wished)}"
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
    late = sent - run.sent_before_halt - set(run.in_flight) - set(run.closing)
    if late:
        yield f"sent after the halt: {sorted(late)}"


def _not_flat(run: Run) -> Iterator[str]:
    """After an emergency stop nothing is open and nothing is held."""
    if not run.has_stopped:
        return
    context = run.world.trader.context
    held = [one for one in context.store.list_positions() if one.quote and one.net_quantity]
    if held:
        yield f"still held after the stop: {held}"
    open_orders = context.gateway.load_open_orders(None, Lane.EMERGENCY, known=set())
    if open_orders:
        yield f"still open after the stop: {open_orders}"
    stored = context.store.find_emergency()
    if stored is None or not stored.value.is_clean:
        yield f"the emergency run ends as {stored and stored.value}"
