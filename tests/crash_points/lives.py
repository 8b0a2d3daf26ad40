"""The lives: what a caller and the market do, one step after the other.

A step is taken when the one before has come about, so a life goes on by itself after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.domain.order_status import OrderStatus
from tests.crash_points.acts import (
    all_of,
    break_wire,
    cancel_open,
    deliver_one,
    fill,
    halt,
    move_price,
    place,
    place_group,
    place_guarded,
    stop,
    wait_for_reconcile,
)
from tests.crash_points.life import Life, Step
from tests.crash_points.reached import (
    all_settled,
    fills_booked,
    guarded,
    none_unknown,
    reconciled,
    stopped,
    unguarded,
)

S = OrderStatus

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
