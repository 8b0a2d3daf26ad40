"""The lives: what a caller and the market do, one step after the other.

A step is taken when the one before has come about, so a life goes on by itself after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from engine.domain.order import Order, OrderStatus
from tests.crash_points.run import Run
from tests.crash_points.world import TIMINGS

S = OrderStatus

#: Recorded orders, told by what became of them.
Reached = Callable[[Run], bool]


@dataclass(frozen=True, kw_only=True)
class Step:
    what: str
    act: Callable[[Run], None]
    reached: Reached


@dataclass(frozen=True, kw_only=True)
class Life:
    name: str
    steps: tuple[Step, ...]
    ends: tuple[OrderStatus, ...]  # Of its orders, when nothing disturbs it

    def live(self, run: Run) -> None:
        for number, step in enumerate(self.steps, start=1):
            step.act(run)
            run.until(step.reached, step.what, partial(self.repeat, number))

    def repeat(self, steps: int, run: Run) -> None:
        """Do the first steps again: somebody may have forgotten what was asked for."""
        for step in self.steps[:steps]:
            step.act(run)


# ---- what is reached -------------------------------------------------------------------------


def all_settled(run: Run) -> bool:
    return all(order.is_settled for order in run.orders())


def none_unknown(run: Run) -> bool:
    """Tell whether every order rests or is settled."""
    return all(_is_known(order) for order in run.orders())


def fills_booked(run: Run) -> bool:
    """Tell whether our orders have filled as far as the exchange's."""
    theirs = {
        order["client_order_ids"][0]: Decimal(order["filled_quantity"])
        for order in run.world.trader.exchange_orders()
    }
    return all(
        order.filled_quantity == theirs.get(order.client_order_id, 0) for order in run.orders()
    )


def reconciled(run: Run) -> bool:
    """Tell whether a reconcile has ended since `wait_for_reconcile`, and nothing is held.

    While it is held, something is being repaired, or looked at a second time.
    """
    state = run.world.trader.context.store.load_state()
    return not state.is_held and state.reconciled_at_ms != run.reconciled_before_ms


def _is_known(order: Order) -> bool:
    return order.is_settled or (order.status in {S.ACCEPTED, S.PARTIALLY_FILLED})


# ---- what is done ----------------------------------------------------------------------------


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
        if effect:
            run.world.control.drop_after()
        else:
            run.world.control.drop_before()

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


def all_of(*acts: Callable[[Run], None]) -> Callable[[Run], None]:
    def act(run: Run) -> None:
        for one in acts:
            one(run)

    return act


# ---- the lives -------------------------------------------------------------------------------

BUY = {"symbol": "BTC/USDT", "side": "buy"}
RESTING = {**BUY, "order_type": "limit", "quantity": "1", "price": "99.50"}

LIVES = {
    life.name: life
    for life in (
        Life(
            name="market",
            steps=(
                Step(what="the fill", act=place("one", **BUY, quantity="0.7"), reached=all_settled),
            ),
            ends=(S.FILLED,),
        ),
        Life(
            name="limit",
            steps=(
                Step(what="the order", act=place("one", **RESTING), reached=none_unknown),
                Step(what="the first fill", act=fill("0.3"), reached=fills_booked),
                Step(what="the reconcile", act=wait_for_reconcile, reached=reconciled),
                Step(what="the second fill", act=fill("0.2"), reached=fills_booked),
                Step(what="the cancel", act=cancel_open, reached=all_settled),
            ),
            ends=(S.CANCELED,),
        ),
        Life(
            name="doubt found",
            steps=(
                Step(
                    what="the fill",
                    act=all_of(break_wire(effect=True), place("one", **BUY, quantity="0.7")),
                    reached=all_settled,
                ),
            ),
            ends=(S.FILLED,),
        ),
        Life(
            name="doubt not placed",
            steps=(
                Step(
                    what="the end of the window",
                    act=all_of(break_wire(effect=False), place("one", **BUY, quantity="0.7")),
                    reached=all_settled,
                ),
            ),
            ends=(S.REJECTED,),
        ),
        Life(
            name="group",
            steps=(
                Step(
                    what="the orders",
                    act=place_group(
                        "three",
                        {**BUY, "quantity": "0.7"},
                        {**RESTING, "price": "100.02"},
                        {**RESTING, "symbol": "ETH/USDT"},
                    ),
                    reached=none_unknown,
                ),
                Step(what="the cancel", act=cancel_open, reached=all_settled),
            ),
            ends=(S.FILLED, S.FILLED, S.CANCELED),
        ),
        Life(
            name="stop",
            steps=(
                Step(
                    what="the order",
                    act=place(
                        "one", **BUY, order_type="stop", quantity="0.7", trigger_price="101.00"
                    ),
                    reached=none_unknown,
                ),
                Step(what="the fill", act=move_price("BTCUSDT", "102"), reached=all_settled),
            ),
            ends=(S.FILLED,),
        ),
        Life(
            name="halt",
            steps=(
                Step(what="the order", act=place("open", **RESTING), reached=none_unknown),
                Step(
                    what="what becomes of them",
                    act=all_of(
                        *(break_wire(effect=True), place("in flight", **RESTING), deliver_one),
                        *(place("unsent", **BUY, quantity="0.7"), halt, cancel_open),
                    ),
                    reached=all_settled,
                ),
            ),
            ends=(S.CANCELED, S.CANCELED, S.DENIED),
        ),
    )
}
