"""The lives: what a caller and the market do, one step after the other.

A step is taken when the one before has come about, so a life goes on by itself after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.ports import OrderFilter
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
    #: Steps at which nothing is struck: they are the steps of other lives.
    before: tuple[Step, ...] = ()
    market_type: str = "spot"

    @property
    def whole(self) -> tuple[Step, ...]:
        """Return all of its steps."""
        return (*self.before, *self.steps)

    def live(self, run: Run) -> None:
        for number, step in enumerate(self.whole):
            if number == len(self.before):
                run.arm()
            step.act(run)
            run.until(step.reached, step.what, partial(self.repeat, number + 1))

    def repeat(self, steps: int, run: Run) -> None:
        """Do the first steps again: somebody may have forgotten what was asked for."""
        for step in self.whole[:steps]:
            step.act(run)


# ---- what is reached -------------------------------------------------------------------------


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


# ---- the lives -------------------------------------------------------------------------------

BUY = {"symbol": "BTC/USDT", "side": "buy"}
RESTING = {**BUY, "order_type": "limit", "quantity": "1", "price": "99.50"}
BUY_CONTRACT = {"symbol": "BTC/USDT:USDT", "side": "buy"}
SELL_CONTRACT = {"symbol": "ETH/USDT:USDT", "side": "sell"}
RESTING_CONTRACT = {**BUY_CONTRACT, "order_type": "limit", "quantity": "1", "price": "99.50"}


def _market(name: str, buy: Mapping[str, str], **fields: Any) -> Life:
    step = Step(what="the fill", act=place("one", **buy, quantity="0.7"), reached=all_settled)
    return Life(name=name, steps=(step,), ends=(S.FILLED,), **fields)


def _limit(name: str, resting: Mapping[str, str], **fields: Any) -> Life:
    steps = (
        Step(what="the order", act=place("one", **resting), reached=none_unknown),
        Step(what="the first fill", act=fill("0.3"), reached=fills_booked),
        Step(what="the reconcile", act=wait_for_reconcile, reached=reconciled),
        Step(what="the second fill", act=fill("0.2"), reached=fills_booked),
        Step(what="the cancel", act=cancel_open, reached=all_settled),
    )
    return Life(name=name, steps=steps, ends=(S.CANCELED,), **fields)


def _trigger(name: str, buy: Mapping[str, str], **fields: Any) -> Life:
    terms = {"order_type": "stop", "quantity": "0.7", "trigger_price": "101.00"}
    steps = (
        Step(what="the order", act=place("one", **buy, **terms), reached=none_unknown),
        Step(what="the fill", act=move_price("BTCUSDT", "102"), reached=all_settled),
    )
    return Life(name=name, steps=steps, ends=(S.FILLED,), **fields)


def _bracket(name: str, buy: Mapping[str, str], **fields: Any) -> Life:
    """Return an entry that gets its stop and its target, of which the target fills."""
    terms = {"quantity": "0.7", "stop_loss": "95", "take_profit": "105"}
    steps = (
        Step(what="stop and target", act=place_guarded("one", **buy, **terms), reached=guarded),
        Step(what="the target", act=move_price("BTCUSDT", "106"), reached=unguarded),
    )
    return Life(name=name, steps=steps, ends=(S.FILLED,), **fields)


def _stop(
    name: str, opening: Sequence[Mapping[str, str]], resting: Mapping[str, str], **fields: Any
) -> Life:
    """Return a stop with positions, an open order, one in doubt and one that is not sent."""
    opened = [place(f"open {number}", **one, quantity="0.7") for number, one in enumerate(opening)]
    before = (
        Step(what="the positions", act=all_of(*opened), reached=all_settled),
        Step(what="the open order", act=place("resting", **resting), reached=none_unknown),
    )
    act = all_of(
        *(break_wire(effect=True), place("in doubt", **resting), deliver_one),
        *(place("unsent", **opening[0], quantity="0.7"), stop),
    )
    steps = (Step(what="the end of the stop", act=act, reached=stopped),)
    ends = (*(S.FILLED for _ in opening), S.CANCELED, S.CANCELED, S.DENIED)
    return Life(name=name, before=before, steps=steps, ends=ends, **fields)


LIVES = {
    life.name: life
    for life in (
        _market("market", BUY),
        _limit("limit", RESTING),
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
        _trigger("stop", BUY),
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
        _stop("emergency stop", [BUY], RESTING),
        _market("futures market", BUY_CONTRACT, market_type="futures"),
        _limit("futures limit", RESTING_CONTRACT, market_type="futures"),
        _bracket("bracket", BUY),
        _trigger("futures stop", BUY_CONTRACT, market_type="futures"),
        _bracket("futures bracket", BUY_CONTRACT, market_type="futures"),
        _stop(
            "futures emergency stop",
            [BUY_CONTRACT, SELL_CONTRACT],
            RESTING_CONTRACT,
            market_type="futures",
        ),
    )
}
