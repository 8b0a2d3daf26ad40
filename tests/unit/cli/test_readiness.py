"""When orders can flow, and what `halt --wait` waits for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config import ExecutionSettings, Settings
from engine.domain.order_status import OrderStatus
from engine.domain.position import empty_position
from engine.domain.risk import RiskBook
from engine.domain.strategy import tick_name
from engine.domain.trading_state import AccountState, Epoch, TradingState
from tests.builders import NOW_MS, build_fill, build_order
from workers.cli.halt import window_ends_ms
from workers.cli.positions import folded_positions
from workers.cli.status import (
    LATE_MS,
    SWEEPS,
    account_problem,
    all_ready,
    candle_ticks,
    process_problems,
)
from workers.liveness import Liveness, lanes

EPOCH = Epoch(run_id="r", replication_id="p")
WELL = AccountState(
    trading_state=TradingState.ACTIVE, epoch=EPOCH, reconciled_epoch=EPOCH, is_opened=True
)
EVERY_LANE = Liveness(workers={"one@here": lanes()})
FRESH = {"beat": {"age_ms": 1_000}, "watch_due_orders": {"age_ms": 1_000}}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WELL, ""),
        (replace(WELL, is_opened=False), "first reconcile"),
        (replace(WELL, reconciled_epoch=None), "new life"),
        (replace(WELL, trading_state=TradingState.HALTED, halt_reason="hot"), "halted: hot"),
        (replace(WELL, trading_state=TradingState.REDUCING), "reducing"),
    ],
)
def test_an_account_is_ready_only_when_nothing_holds_it(state: AccountState, words: str):
    """Each obstacle has its words; without one there are none."""
    problem = account_problem(state, enabled=True)

    assert words in problem
    assert bool(problem) == bool(words)


def test_a_disabled_account_does_not_keep_the_others_from_being_ready():
    """It is shown with its problem, and not counted."""
    off = {"enabled": False, "ready": False}
    on = {"enabled": True, "ready": True}

    assert account_problem(WELL, enabled=False)
    assert all_ready([off, on])
    assert not all_ready([off])
    assert not all_ready([on, {"enabled": True, "ready": False}])


def test_every_lane_needs_a_worker_and_the_heartbeat_must_be_fresh():
    """Each missing part is one sentence."""
    without_submit = Liveness(
        workers={"one@here": tuple(lane for lane in lanes() if lane != "submit")}
    )

    assert process_problems(EVERY_LANE, FRESH) == []
    assert process_problems(without_submit, FRESH) == ["no worker serves submit"]
    assert process_problems(EVERY_LANE, {}) != []
    late = {"age_ms": LATE_MS + 1}
    assert process_problems(EVERY_LANE, FRESH | {"beat": late}) == [
        "the last heartbeat is 30 s old"
    ]
    assert process_problems(Liveness(problem="no broker"), FRESH) == ["no broker"]


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_sweep_that_is_not_completed_any_more_is_told(sweep: str):
    """Beat may tick and every tick may fail: the heartbeat alone does not show it."""
    late = {"age_ms": LATE_MS + 1}

    (told,) = process_problems(EVERY_LANE, FRESH | {sweep: late})
    assert told == f"{sweep} was completed 30 s ago for the last time"


def test_a_system_whose_orders_nobody_watches_is_not_ready():
    """The other sweeps are rarer, so that a start must not wait for them."""
    assert process_problems(EVERY_LANE, {"beat": {"age_ms": 1_000}}) == [
        "watch_due_orders was not completed yet"
    ]


def test_a_window_ends_after_signature_window_tail_and_margin():
    """1000 + 5000 + 10000 + 1000; an order that was never signed counts from its last moment."""
    timings = ExecutionSettings(engine_tail_ms=10_000, clock_margin_ms=1_000)
    order = replace(build_order().to(OrderStatus.SUBMITTED), recv_window_ms=5_000)

    signed = replace(order, signed_at_ms=1_000)

    assert window_ends_ms(signed, timings) == 17_000
    assert window_ends_ms(order, timings) == order.valid_until_ms + 16_000


def test_positions_include_rows_that_are_not_folded_yet():
    """What was booked a moment ago is shown; an asset without a market has no position."""
    folded = empty_position("paper", "BTC/USDT").apply_row(build_fill(trade_id="1"))
    late = build_fill(trade_id="2", executed_at_ms=NOW_MS + 1)
    other = build_fill(trade_id="3", symbol="ETH/USDT")
    book = RiskBook(
        version=1,
        trading_state=TradingState.ACTIVE,
        positions=(folded, empty_position("paper", "USDT")),
        unfolded={"BTC/USDT": (late,), "ETH/USDT": (other,)},
    )

    shown = {one.symbol: one.net_quantity for one in folded_positions(book, "paper")}

    assert shown == {"BTC/USDT": 2, "ETH/USDT": 1}
    assert {one.account for one in folded_positions(book, "paper")} == {"paper"}


def test_a_strategy_whose_tick_does_not_come_is_told():
    """Nothing else would say that no candle is looked at; without strategies nobody waits."""
    tick, late = tick_name("1m"), {"age_ms": LATE_MS + 1}
    assert process_problems(EVERY_LANE, FRESH | {tick: {"age_ms": 1}}, [tick]) == []
    assert process_problems(EVERY_LANE, FRESH, [tick]) == ["candles_1m was not completed yet"]
    (told,) = process_problems(EVERY_LANE, FRESH | {tick: late}, [tick])
    assert told.startswith("candles_1m was completed")
    assert candle_ticks(Settings()) == ()
