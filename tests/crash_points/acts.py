"""What callers, the market and the net do in a step of a life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.crash_points.run import Run
from tests.crash_points.world import TIMINGS


def place(key: str, **fields: Any) -> Callable[[Run], None]:
    def act(run: Run) -> None:
        run.remember(key, run.call("place", key, fields))

    return act


def place_group(key: str, *orders: Mapping[str, Any]) -> Callable[[Run], None]:
    def act(run: Run) -> None:
        run.remember(key, run.call("place group", key, orders))

    return act


def cancel_open(run: Run) -> None:
    """Cancel what is not closed."""
    names = [order.client_order_id for order in run.orders() if not order.is_closed]
    if names:
        run.call("cancel", *names)


def place_guarded(key: str, **fields: Any) -> Callable[[Run], None]:
    """Return the wish for an entry whose stop and target the engine places by itself."""
    entry = place(key, **fields)

    def act(run: Run) -> None:
        run.may_close = True
        entry(run)

    return act


def fill(quantity: str) -> Callable[[Run], None]:
    """Return an act of the market: part of the open order is filled."""

    def act(run: Run) -> None:
        for order in run.world.trader.exchange_orders():
            if order["status"] in {"NEW", "PARTIALLY_FILLED"}:
                run.world.control.fill(
                    order["symbol"], order_id=order["order_id"], quantity=quantity
                )

    return act


def move_price(symbol: str, price: str) -> Callable[[Run], None]:
    return lambda run: run.world.control.set_price(symbol, price)


def break_wire(*, effect: bool) -> Callable[[Run], None]:
    """Return an act of the net: the next order's connection ends, before or after its effect."""

    def act(run: Run) -> None:
        drop = run.world.control.drop_after if effect else run.world.control.drop_before
        drop(None, method="POST", path=run.world.order_path)

    return act


def deliver_one(run: Run) -> None:
    """Let a worker take the first message; the others wait."""
    run.deliver_next()


def wait_for_reconcile(run: Run) -> None:
    run.reconciled_before_ms = run.world.trader.context.store.load_state().reconciled_at_ms
    run.tick(TIMINGS["reconcile_interval_ms"])


def halt(run: Run) -> None:
    """Halt; note what was sent until it answered, and what it said was in flight."""
    run.in_flight = run.call("halt")
    run.sent_before_halt = frozenset(run.world.control.stats()["sent_client_ids"])


def stop(run: Run) -> None:
    """Stop everything; from then on only what closes positions is sent."""
    run.call("stop")
    run.in_flight, run.has_stopped, run.may_close = (), True, True
    run.sent_before_halt = frozenset(run.world.control.stats()["sent_client_ids"])


def all_of(*acts: Callable[[Run], None]) -> Callable[[Run], None]:
    def act(run: Run) -> None:
        for one in acts:
            one(run)

    return act
