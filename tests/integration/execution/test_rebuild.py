"""An empty store: what a rebuild brings back, what it cannot know, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.domain.events import Event, EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import TradingState
from engine.errors import (
    AccountNotReady,
    IdentityConflict,
    InvalidRequest,
    KeyConflict,
    Retryable,
)
from engine.execution.reconciling import reconcile
from engine.execution.stopping import trading
from engine.order_request import OrderRequest
from tests.desk import PAST_FENCE_MS, TIMINGS, Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.execution.interrupting import interrupted_engine
from tests.paper import PaperExchange
from tests.redis_server import RedisServer
from workers.cli.rebuilt import rebuilt_pairs
from workers.cli.reconcile import reconcile_document, reconcile_sheet
from workers.cli.status import account_status

pytestmark = pytest.mark.integration
S = OrderStatus
LIMIT: dict[str, Any] = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}
SUBJECTS = {"unsent", "groups", "protections", "signals", "keys", "history"}


def change_settings(desk: Desk, **changes: Any) -> None:
    """Start anew with other settings."""
    settings = json.loads(desk.config_path.read_text())
    desk.config_path.write_text(json.dumps(settings | changes))
    desk.restart_engine()


def wipe(desk: Desk) -> None:
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()


def told(desk: Desk, kind: EventKind) -> list[Event]:
    return [event for event in desk.context.store.read_events("0") if event.kind == kind]


@pytest.fixture
def guarded(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An account that is not paper to the engine: its exchange is at an address."""
    desk = Desk(tmp_path, redis_server.url, paper)
    desk.engine.store.client.read("FLUSHALL")
    settings = json.loads(desk.config_path.read_text())
    settings["accounts"]["desk"]["base_url"] = paper.base_url
    change_settings(desk, accounts=settings["accounts"])
    yield desk.open()
    desk.close()


def test_a_rebuild_says_what_it_cannot_know(desk: Desk) -> None:
    """As an event, by the command, and in the status; with what was taken over as held."""
    desk.paper.control.deposit("BTC", "0.75", uid=desk.uid)
    resting = desk.place(**LIMIT)
    desk.deliver()
    wipe(desk)
    result = reconcile.reconcile(desk.context)
    assert result is not None

    (event,) = told(desk, EventKind.REBUILT)
    assert set(event.details) == SUBJECTS
    assert "BTC 0.75" in event.message
    document = reconcile_document(desk.context, result)
    assert document["openings"]["BTC"] == "0.75"
    assert document["open_orders"] == 1
    assert set(document["rebuilt"]["unknown"]) == SUBJECTS
    assert document["rebuilt"]["unknown"] == dict(event.details)
    shown = reconcile_sheet(document)
    for sentence in document["rebuilt"]["unknown"].values():
        assert sentence in shown
    status = account_status(desk.engine, desk.engine.settings.account("desk"))
    assert set(status["rebuilt"]["unknown"]) == SUBJECTS
    assert desk.order(resting.client_order_id).status is S.ACCEPTED
    assert_equal_to_exchange(desk)


def test_a_rebuild_that_is_gone_on_with_says_what_the_first_run_took_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between the booking and the end; the next one finds all booked."""
    desk.paper.control.deposit("BTC", "0.75", uid=desk.uid)
    wipe(desk)
    with monkeypatch.context() as dying:
        dying.setattr(reconcile, "compare_orders", die)
        with pytest.raises(SystemExit):
            reconcile.reconcile(desk.context)
    desk.restart_engine()
    reconcile.reconcile(desk.context)
    (event,) = told(desk, EventKind.REBUILT)
    assert "BTC 0.75" in event.message


def test_a_rebuild_that_slept_halts_nobody_after_the_resume(guarded: Desk) -> None:
    """It wakes where another has rebuilt the account and a person has let it go on.

    Struck before each of its commands up to its own halt.
    """
    desk = guarded

    def overtake() -> None:
        if desk.context.store.load_state().trading_state is TradingState.HALTED:
            return
        read = desk.engine.store.client.read
        read("DEL", *read("KEYS", "*:lease:reconcile:*"), "no lease")  # It slept past its lease
        reconcile.reconcile(desk.context)
        trading.resume(desk.context)
        overtaken.append(True)

    for number in count(1):
        overtaken: list[bool] = []
        desk.paper.control.set_limits(weight_per_minute=6_000, forget=True)
        wipe(desk)
        with interrupted_engine(desk, number, overtake) as (engine, _), suppress(Retryable):
            reconcile.reconcile(engine.account("desk"))
        if not overtaken:
            break
        assert desk.context.store.load_state().trading_state is TradingState.ACTIVE, number
    assert number > 5


def die(*_: object) -> None:
    raise SystemExit


def test_a_market_that_shows_up_after_a_rebuild_gets_its_recent_orders_back(desk: Desk) -> None:
    """All sold, nothing open, not on the watchlist: the rebuild itself could not know of it."""
    bought = desk.place("ETH/USDT", quantity=1)
    desk.deliver()
    sold = desk.place("ETH/USDT", side="sell", quantity=Decimal("0.999"))  # The fee took the rest
    desk.deliver()
    wipe(desk)
    rebuild_and_pass_the_fence(desk)
    assert desk.context.store.find_order(sold.client_order_id) is None
    desk.place("ETH/USDT", quantity=2)
    desk.deliver()
    reconcile.reconcile(desk.context)
    desk.deliver()
    back = [desk.order(order.client_order_id).status for order in (bought, sold)]
    assert back == [S.FILLED, S.FILLED]
    assert_equal_to_exchange(desk)


def test_a_reconcile_of_what_was_there_says_nothing_new(desk: Desk) -> None:
    """What is unknown since the last rebuild stays readable; it is not told again."""
    before = len(told(desk, EventKind.REBUILT))
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.rebuilt is None
    assert len(told(desk, EventKind.REBUILT)) == before
    assert reconcile_document(desk.context, result)["rebuilt"] is not None
    assert rebuilt_pairs(None) == []


def test_an_empty_store_is_halted_until_a_person_looks(guarded: Desk) -> None:
    """Held and halted first, then rebuilt; nothing is sent before `resume`."""
    resting = guarded.place(key="resting", **LIMIT)
    assert resting.reason is not None
    assert resting.reason.code == "HALTED"
    trading.resume(guarded.context)
    resting = guarded.place(key="again", **LIMIT)
    guarded.deliver()
    wipe(guarded)
    state = guarded.context.store.load_state()
    assert (state.is_held, state.is_opened) == (True, False)
    guarded.open()
    state = guarded.context.store.load_state()
    assert (state.trading_state, state.is_held) == (TradingState.HALTED, False)
    assert "resume" in state.halt_reason
    assert guarded.order(resting.client_order_id).status is S.ACCEPTED
    denied = guarded.place(**LIMIT)
    assert (denied.status, denied.reason and denied.reason.code) == (S.DENIED, "HALTED")
    trading.resume(guarded.context)
    sent = guarded.place(**LIMIT)
    assert guarded.deliver().order(sent.client_order_id).status is S.ACCEPTED
    assert len(guarded.exchange_orders()) == 2
    assert_equal_to_exchange(guarded)


def test_a_changed_mark_is_told_while_orders_are_open(desk: Desk) -> None:
    """With the store gone our own orders look like another's: loudly, once, and not for ever."""
    resting = desk.place(**LIMIT)
    desk.deliver()
    change_settings(desk, installation="new")
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.orders.other_marks == 0, "the store still knows them by the exchange's id"
    assert_equal_to_exchange(desk)
    wipe(desk)
    for _ in range(2):
        result = reconcile.reconcile(desk.context)
        assert result is not None
        assert (result.orders.foreign, result.orders.other_marks) == (1, 1)
    (alarm,) = told(desk, EventKind.ALARM)
    assert "installation" in alarm.message
    document = reconcile_document(desk.context, result)
    assert document["other_marks"] == 1
    assert "installation" in reconcile_sheet(document)
    change_settings(desk, installation="a1")
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.orders.other_marks == 0
    assert desk.order(resting.client_order_id).status is S.ACCEPTED
    assert_equal_to_exchange(desk)


def rebuild_and_pass_the_fence(desk: Desk) -> None:
    """Rebuild, and let so much of the exchange's time pass that no older claim can arrive."""
    reconcile.reconcile(desk.context)
    desk.paper.control.set_clock(PAST_FENCE_MS)
    desk.context.gateway.measure_clock()


@pytest.mark.parametrize("ahead_ms", [-180_000, 180_000])
def test_a_key_waits_for_the_fence_by_the_exchanges_time(desk: Desk, ahead_ms: int) -> None:
    """A caller minutes ahead must not place what may still arrive; one behind waits no longer."""
    order = desk.place(key="mine", **LIMIT)
    wipe(desk)
    reconcile.reconcile(desk.context)
    desk.clock.pass_time(ahead_ms)
    desk.context.timings.__dict__["place_wait_ms"] = 0
    with pytest.raises(AccountNotReady, match=r"try again in [1-7] s"):
        desk.place(key="mine", **LIMIT)
    desk.paper.control.set_clock(PAST_FENCE_MS)
    desk.context.gateway.measure_clock()
    assert desk.place(key="mine", **LIMIT).client_order_id == order.client_order_id


def test_an_order_that_another_program_cancelled_is_not_placed_again(desk: Desk) -> None:
    """Its id was replaced by the cancel: after the loss its key looks unused."""
    desk.place(key="mine", **LIMIT)
    desk.deliver()
    order_id = desk.exchange_orders()[0]["order_id"]
    desk.paper.control.cancel("BTCUSDT", order_id=order_id)
    wipe(desk)
    rebuild_and_pass_the_fence(desk)
    with pytest.raises(KeyConflict, match=f"order {order_id} "):
        desk.place(key="mine", **LIMIT)
    desk.place(key="mine too", **LIMIT | {"price": Decimal("99.40")})
    assert len(desk.deliver().exchange_orders()) == 2


def test_a_renamed_order_of_a_group_is_not_called_lost(desk: Desk) -> None:
    """The others are found; to place the missing one again under a new id would double it."""
    wishes = [
        OrderRequest(symbol=name, side="buy", account="desk", **LIMIT)
        for name in ("BTC/USDT", "ETH/USDT")
    ]
    desk.orders.place_orders(wishes, key="two", wait=False)
    desk.deliver()
    (renamed,) = [one["order_id"] for one in desk.exchange_orders() if one["symbol"] == "ETHUSDT"]
    desk.paper.control.cancel("ETHUSDT", order_id=renamed)
    wipe(desk)
    rebuild_and_pass_the_fence(desk)
    with pytest.raises(KeyConflict, match=f"cancelled order {renamed} may have been"):
        desk.orders.place_orders(wishes, key="two", wait=False)
    assert len(desk.deliver().exchange_orders()) == 2


def test_a_second_name_for_one_account_is_refused_first(desk: Desk) -> None:
    """Before any question's answer could count; after the loss of the store, too."""
    accounts = json.loads(desk.config_path.read_text())["accounts"]
    change_settings(desk, accounts=accounts | {"again": accounts["desk"]})
    for _ in range(2):
        desk.paper.control.clear_stats()
        with pytest.raises(IdentityConflict, match="already known as account desk"):
            desk.engine.account("again")
        asked = desk.paper.control.stats()["requests"]
        assert not any("order" in name.lower() or "trades" in name.lower() for name in asked)
        wipe(desk)
        desk.open()


def test_a_halt_in_the_middle_of_a_rebuild_stays(desk: Desk) -> None:
    """Each try of a rebuild would let a paper account go on by itself, but a person said no."""
    wipe(desk)
    trading.halt(desk.context, "a person said so")
    assert reconcile.reconcile(desk.context) is not None
    state = desk.context.store.load_state()
    assert (state.trading_state, state.is_opened) == (TradingState.HALTED, True)
    assert state.halt_reason == "a person said so"


def test_nothing_is_stronger_than_the_halt_of_an_empty_store(guarded: Desk) -> None:
    """A resume that was meant for the store before comes late: real money stays halted."""
    wipe(guarded)
    with pytest.raises(InvalidRequest, match="halted or resumed by somebody else"):
        trading.resume(guarded.context)  # It looked at the empty store, and rebuilt it
    assert reconcile.reconcile(guarded.context) is not None
    assert guarded.context.store.load_state().trading_state is TradingState.HALTED


def test_a_trade_right_after_an_opening_whose_clock_erred(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> None:
    """A slow way there makes the exchange's clock seem ahead: the trade still came afterwards."""
    desk = Desk(tmp_path, redis_server.url, paper)
    desk.engine.store.client.read("FLUSHALL")
    paper.control.add_fault(path="/api/v3/time", count=None, delay_before_ms=1_600)
    reconcile.reconcile(desk.context)
    paper.control.clear_faults()
    order = desk.place(quantity=1)
    assert desk.deliver().order(order.client_order_id).status is S.FILLED
    assert_equal_to_exchange(desk)
    desk.close()


@pytest.mark.parametrize("lag_before_ms", [0, 1_500])
def test_a_trade_that_queries_show_late_is_counted_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, lag_before_ms: int
) -> None:
    """It comes right before the balances are read: they have it, and no query shows it yet.

    Its order may be as late as the trade, as if nothing were open that could trade.
    """
    change_settings(desk, execution=TIMINGS | {"query_lag_ms": 2_500})
    control, gateway = desk.paper.control, desk.context.gateway
    desk.place(**LIMIT)
    desk.deliver()
    desk.engine.store.client.read("FLUSHALL")
    control.set_read_lag(lag_before_ms)
    real = gateway.exchange_past_ms

    def trade_after_it() -> int:
        past_ms = real()
        monkeypatch.undo()
        control.set_read_lag(1_500)
        control.set_book("BTCUSDT", [("99", 10)], [("99.25", 10)])
        return past_ms

    monkeypatch.setattr(gateway, "exchange_past_ms", trade_after_it)
    assert reconcile.reconcile(desk.context) is not None
    control.set_read_lag(0)
    assert reconcile.reconcile(desk.context) is not None
    desk.deliver()
    assert desk.position("BTC/USDT").net_quantity == Decimal("0.999")  # Less the fee
    assert_equal_to_exchange(desk)


def test_an_account_that_always_trades_is_rebuilt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While late trades are waited for others come: they are younger than the balances."""
    name = desk.place(**LIMIT).client_order_id
    desk.deliver()
    desk.engine.store.client.read("FLUSHALL")
    change_settings(desk, execution=TIMINGS | {"query_lag_ms": 600})
    control, clock = desk.paper.control, desk.context.clock
    wait, waits = clock.wait, []

    def trade_then(milliseconds: float) -> None:
        wait(milliseconds)
        if milliseconds == 600:
            waits.append(milliseconds)
            control.fill("BTCUSDT", client_order_id=name, quantity="0.1")

    monkeypatch.setattr(clock, "wait", trade_then)
    assert reconcile.reconcile(desk.context) is not None
    assert len(waits) == 1
    desk.deliver()
    assert desk.position("BTC/USDT").net_quantity == Decimal("0.0999")  # Less the fee
    assert_equal_to_exchange(desk)
