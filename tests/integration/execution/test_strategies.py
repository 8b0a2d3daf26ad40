"""Configured strategies against a real store and a real exchange: candles in, signals out, once."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.signal import SignalStatus
from engine.domain.strategy import StrategyRecord
from engine.execution.signalling import strategies
from engine.ports import OrderFilter
from engine.signal_processor import LiveSignalProcessor
from engine.system import SystemClock
from tests.desk import Desk
from tests.waiting import eventually

pytestmark = pytest.mark.integration
NAME = "under_test"
MINUTE_MS = 60_000
TICK = Decimal("0.01")


def configure(desk: Desk, class_name: str, **changes: Any) -> None:
    """Have the desk's account trade a strategy of tests/traders.py on seconds."""
    document = json.loads(desk.config_path.read_text())
    document["strategies"] = {
        NAME: {
            "class": f"tests.traders.{class_name}",
            "symbols": ["BTCUSDT"],
            "interval": "1s",
            "max_failures": 3,
            "signal_age_ms": 300_000,  # The desk is ahead of the exchange
            **changes,
        }
    }
    desk.config_path.write_text(json.dumps(document))
    desk.restart_engine()


def run(desk: Desk) -> str:
    return LiveSignalProcessor(engine=desk.engine).run_strategy(NAME)


def run_until_signal(desk: Desk) -> None:
    """Run at each candle until a signal's message is there, as beat would."""
    eventually(lambda: run(desk) and desk.messages.waiting)


def record(desk: Desk) -> StrategyRecord:
    stored = desk.engine.store.find_strategy("desk", NAME)
    assert stored is not None
    return stored.value


def own_orders(desk: Desk) -> list[Order]:
    """Return the orders that the strategy's signals came to, denied ones aside."""
    orders = desk.context.store.list_orders(OrderFilter.RECENT)
    return [one for one in orders if one.strategy == NAME and one.status is not OrderStatus.DENIED]


def own_position(desk: Desk) -> Decimal:
    return record(desk).symbols["BTC/USDT"].position.net_quantity


def test_the_first_run_sends_nothing_and_the_next_candle_does(desk: Desk) -> None:
    """What a strategy would have done before it was started is nobody's wish."""
    configure(desk, "Always")
    run(desk)
    assert not desk.messages.waiting
    assert record(desk).symbols["BTC/USDT"].decided_until_ms > 0
    run_until_signal(desk)
    desk.deliver().sweep()
    (order,) = own_orders(desk)
    assert (order.strategy, order.terms.side) == (NAME, "buy")
    assert record(desk).signals == 1


def test_its_stop_and_its_target_guard_what_it_bought(desk: Desk) -> None:
    """Both prices of its signal come to a plan, and to two orders at the exchange."""
    configure(desk, "WithBothPrices")
    run(desk)
    run_until_signal(desk)
    ((_, (_, signal_id)),) = desk.messages.waiting
    sent = desk.engine.store.find_signal(signal_id)
    assert sent
    desk.deliver().sweep()
    (plan,) = [stored.value for stored in desk.context.store.list_protections()]
    planned = (plan.stop_price, plan.target_price)
    wished = (sent.signal.stop_price, sent.signal.target_price)
    both = zip(planned, wished, strict=True)
    assert all(one and other and abs(one - other) < TICK for one, other in both)
    placed = {one["type"] for one in desk.exchange_orders() if one["status"] == "NEW"}
    assert placed == {"STOP_LOSS", "LIMIT_MAKER"}
    assert plan.strategy == NAME


def test_its_own_position_is_that_of_its_own_fills(desk: Desk) -> None:
    """What others traded on the account is none of its affair."""
    configure(desk, "InAndOut")
    run(desk)
    run_until_signal(desk)
    desk.deliver().sweep()
    (bought,) = own_orders(desk)
    desk.place(quantity=3)
    desk.deliver().sweep()
    eventually(lambda: run(desk) and own_position(desk) > 0)
    fees = sum(fill.fee for fill in bought.fills if fill.fee_currency == "BTC")
    assert own_position(desk) == bought.filled_quantity - fees
    run_until_signal(desk)
    desk.deliver().sweep()
    eventually(lambda: run(desk) and own_position(desk) == 0)


@pytest.mark.parametrize("is_lost", [True, False])
def test_after_a_loss_it_begins_flat_and_a_person_is_told(desk: Desk, is_lost: bool) -> None:
    """Whose signal bought what is held, only the lost store knew: one alarm, and no guess.

    Coins that were there before the first order of ours are nobody's affair.
    """
    configure(desk, "Always", parameters={"wanted": "close"})
    if is_lost:
        desk.place(quantity=1)
        desk.deliver().sweep()
    else:
        desk.paper.control.deposit("BTC", 1, uid=desk.uid)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    assert desk.position().net_quantity > 0
    for _ in range(2):
        eventually(lambda: run(desk))
    assert own_position(desk) == 0
    events = desk.context.store.read_events("0")
    told = [one.message for one in events if one.kind is EventKind.ALARM and NAME in one.message]
    assert len(told) == (1 if is_lost else 0)
    assert all("begins flat: the store was lost" in one for one in told)


def test_a_position_of_a_ledger_that_was_reset_is_folded_anew(desk: Desk) -> None:
    """What it held in the exchange's ledger of before is gone; what is in this one counts."""
    configure(desk, "Always")
    run(desk)
    run_until_signal(desk)
    desk.deliver().sweep()
    eventually(lambda: run(desk) and own_position(desk) > 0)
    held = own_position(desk)
    stored = desk.engine.store.find_strategy("desk", NAME)
    assert stored is not None
    memory = stored.value.symbols["BTC/USDT"]
    wrong = replace(memory.position, traded_quantity=Decimal(99))
    before = {"BTC/USDT": replace(memory, position=wrong, ledger_epoch=7)}
    desk.engine.store.save_strategy(stored.version, replace(stored.value, symbols=before))
    run(desk)
    assert own_position(desk) == held


def test_a_fill_is_told_and_what_it_asks_for_is_sent_once(desk: Desk, tmp_path: Path) -> None:
    """The close comes from on_fill, before another candle has to say anything."""
    note = tmp_path / "note"
    configure(desk, "TakesBack", parameters={"note": str(note)})
    run(desk)
    run_until_signal(desk)
    desk.deliver().sweep()
    run_until_signal(desk)
    desk.deliver().sweep()
    eventually(lambda: run(desk) and "sell" in note.read_text())
    sides = [order.terms.side.value for order in own_orders(desk)]
    assert sorted(sides) == ["buy", "sell"]
    told = [line.split()[:2] for line in note.read_text().splitlines()]
    assert len(told) == len({tuple(row) for row in told})


def test_a_run_that_was_cut_off_sends_the_same_signal_again_and_it_acts_once(desk: Desk) -> None:
    """Sent, but the record not written: the next run meets what was sent."""
    configure(desk, "Always")
    run(desk)
    run_until_signal(desk)
    newest = record(desk).symbols["BTC/USDT"]
    stored = desk.engine.store.find_strategy("desk", NAME)
    assert stored is not None
    forgotten = replace(
        stored.value,
        signals=0,
        symbols={"BTC/USDT": replace(newest, decided_until_ms=newest.decided_until_ms - 1_000)},
    )
    assert desk.engine.store.save_strategy(stored.version, forgotten)
    run(desk)
    signal_ids = {arguments[1] for name, arguments in desk.messages.waiting if name == "signal"}
    assert any(str(newest.decided_until_ms) in signal_id for signal_id in signal_ids)
    desk.deliver().sweep()
    assert len(own_orders(desk)) == 1


def test_a_signal_that_nobody_acted_on_in_time_is_denied_as_stale(desk: Desk) -> None:
    """Its age counts from the end of its candle."""
    configure(desk, "Always", signal_age_ms=1_000)
    run(desk)
    run_until_signal(desk)
    _, (_, signal_id) = desk.messages.waiting[0]
    desk.clock.pass_time(10_000)
    desk.deliver()
    known = desk.engine.store.find_signal(signal_id)
    assert known is not None
    assert (known.status, known.code) == (SignalStatus.DENIED, "STALE_SIGNAL")
    assert known.signal.strategy == NAME
    assert desk.exchange_orders() == []


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise", "ZeroDivisionError: a mistake"),
        ("spin", "not done within 200 ms"),
        ("nonsense", "DOGE/USDT"),
    ],
)
def test_what_a_strategy_does_wrong_is_counted_named_and_then_pauses_it(
    desk: Desk, how: str, said: str
) -> None:
    """Three failed runs in a row: an event each, then an alarm, and nothing is run any more."""
    configure(desk, "Misbehaves", parameters={"how": how}, time_limit_ms=200)
    run(desk)
    seen = desk.context.store.last_event_id()
    for _ in range(3):
        eventually(lambda: run(desk) in {"failed", "paused"})
        desk.clock.pass_time(strategies.LONGEST_RETRY_MS)
    failed = record(desk)
    assert (failed.failures, failed.is_paused) == (3, True)
    assert said in failed.problem
    events = desk.context.store.read_events(seen)
    kinds = [event.kind for event in events]
    assert kinds.count(EventKind.STRATEGY_FAILED) == 3
    (alarm,) = [event for event in events if event.kind is EventKind.ALARM]
    assert NAME in alarm.message
    assert said in alarm.message
    assert run(desk) == "paused"
    assert not desk.messages.waiting


def test_a_failed_run_is_repeated_and_nothing_it_would_have_said_is_lost(
    desk: Desk, tmp_path: Path
) -> None:
    """The candle stays undecided until a run comes to its end."""
    mark = tmp_path / "mark"
    mark.touch()
    configure(desk, "Misbehaves", parameters={"while_there": str(mark)}, max_failures=100)
    run(desk)
    eventually(lambda: run(desk) == "failed")
    undecided = record(desk).symbols["BTC/USDT"].decided_until_ms
    assert run(desk) == "waits after a failure"
    mark.unlink()
    desk.clock.pass_time(strategies.LONGEST_RETRY_MS)
    run(desk)
    assert record(desk).signals == 1
    assert record(desk).failures_in_row == 0
    assert record(desk).symbols["BTC/USDT"].decided_until_ms > undecided


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parameters": {"wanted": "up"}}, "parameters.wanted must be .*'long'.*not 'up'"),
        ({"symbols": ["DOGEUSDT"]}, "symbol is 'DOGEUSDT'"),
    ],
)
def test_what_cannot_be_built_is_one_clear_sentence(
    desk: Desk, changes: dict[str, Any], said: str
) -> None:
    """It names the field, the value and what is allowed; nothing is sent."""
    document = json.loads(desk.config_path.read_text())
    document["watchlist"] = []
    desk.config_path.write_text(json.dumps(document))
    configure(desk, "Always", **changes)
    eventually(lambda: run(desk) == "failed")
    assert re.search(said, record(desk).problem), record(desk).problem


def test_the_candles_are_asked_for_once_for_all_who_need_them(desk: Desk) -> None:
    """Six looks of two processes at the candles that are closed: one question to the exchange."""
    desk.context.gateway.load_instruments()
    other = desk.build_engine()
    other.account("desk").gateway.load_instruments()
    until_ms = SystemClock().now_ms() // MINUTE_MS * MINUTE_MS - MINUTE_MS
    desk.paper.control.clear_stats()
    for engine in (desk.engine, other) * 3:
        candles = engine.account("desk").gateway.load_candles(
            "BTC/USDT", "1m", 499, closed_until_ms=until_ms
        )
        assert candles[-1].opened_at_ms >= until_ms
    other.close()
    assert desk.paper.control.stats()["requests"]["GET /api/v3/klines"] == 1


def test_two_ticks_at_once_run_it_once(desk: Desk) -> None:
    """A lease keeps the second away while the first is at it."""
    configure(desk, "Always")
    lease = f"strategy:desk:{NAME}"
    assert desk.engine.store.acquire_lease(lease, "another worker", 60_000)
    assert run(desk) == "another worker runs it"
    assert desk.engine.store.find_strategy("desk", NAME) is None
    desk.engine.store.release_lease(lease, "another worker")
    run(desk)
    assert record(desk).runs == 1
