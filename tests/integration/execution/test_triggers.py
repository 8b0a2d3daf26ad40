"""Triggers: each cause stops the account once, says why, and waits until it is gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import TradingState
from engine.errors import ExchangeRefused
from engine.execution.reconciling import reconcile
from engine.execution.stopping import emergency, trading
from engine.execution.stopping.triggers import watch_triggers
from tests.desk import Desk
from tests.integration.execution.test_performance import look
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def configure(desk: Desk, **triggers: Any) -> None:
    """Start anew with other triggers."""
    settings = json.loads(desk.config_path.read_text())
    desk.config_path.write_text(json.dumps(settings | {"emergency": {"triggers": triggers}}))
    desk.restart_engine()


def state(desk: Desk) -> TradingState:
    return desk.context.store.load_state().trading_state


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [one.message for one in events if one.kind is EventKind.ALARM]


def reject(desk: Desk, times: int) -> None:
    """Have the exchange refuse orders."""
    for _ in range(times):
        desk.paper.control.answer_status(
            400, '{"code":-2010,"msg":"no."}', key=desk.key, effect=False
        )
        name = desk.place(quantity=1).client_order_id
        desk.deliver()
        eventually(lambda name=name: is_rejected(desk, name), timeout_s=30)


def is_rejected(desk: Desk, name: str) -> bool:
    """Tell whether the exchange's word has come; a minute that turns may put it off."""
    return desk.sweep().order(name).status is OrderStatus.REJECTED


def test_rejections_halt_once_until_they_are_over(desk: Desk) -> None:
    """A resume is not undone for the same cause; a new one after it was gone fires again."""
    configure(desk, rejections="halt", rejections_count=3, rejections_window_ms=10_000)
    reject(desk, 2)
    assert watch_triggers(desk.context) == ()
    reject(desk, 1)

    assert watch_triggers(desk.context) == ("rejections",)
    assert state(desk) is TradingState.HALTED
    assert any("refused 3 orders" in alarm for alarm in alarms(desk))
    trading.resume(desk.context)
    assert watch_triggers(desk.context) == ()
    assert state(desk) is TradingState.ACTIVE
    desk.clock.pass_time(11_000)
    assert watch_triggers(desk.context) == ()
    reject(desk, 3)
    assert watch_triggers(desk.context) == ("rejections",)


def test_what_nothing_explains_stops_the_account(desk: Desk) -> None:
    """Coins vanish, it lasts, and the account is stopped; equal balances end the cause."""
    configure(desk, mismatch="emergency-stop")
    desk.paper.control.withdraw("USDT", 7, uid=desk.uid)
    reconcile.reconcile(desk.context)
    assert watch_triggers(desk.context) == ()
    desk.clock.pass_time(40_000)
    reconcile.reconcile(desk.context)

    assert watch_triggers(desk.context) == ("mismatch",)
    assert emergency.is_emergency_open(desk.engine.store, "desk")
    desk.deliver()
    assert not emergency.is_emergency_open(desk.engine.store, "desk")
    trading.resume(desk.context)  # It reconciles, and sees that balances are equal
    assert watch_triggers(desk.context) == ()
    assert state(desk) is TradingState.ACTIVE


def test_a_silent_stream_matters_while_orders_are_open(desk: Desk) -> None:
    """Nobody listens on a desk: with an order open only what reduces passes."""
    configure(desk, stale_stream="reducing", stale_stream_ms=1_000)
    assert watch_triggers(desk.context) == ()
    desk.place(order_type="limit", quantity=1, price=90)
    desk.deliver()

    assert watch_triggers(desk.context) == ()  # Silent since this look
    desk.clock.pass_time(1_500)
    assert watch_triggers(desk.context) == ("stale_stream",)
    assert state(desk) is TradingState.REDUCING


def test_a_lost_day_stops_the_account(desk: Desk) -> None:
    """Bought at 100 and worth 90: more than the day may lose, so everything is sold."""
    limits = {"risk_management": {"max_daily_loss": 5}}
    settings = json.loads(desk.config_path.read_text()) | limits
    desk.config_path.write_text(json.dumps(settings))
    configure(desk, daily_loss="emergency-stop")
    context = desk.context
    look(desk)
    desk.place(quantity=1)
    desk.deliver()
    assert watch_triggers(context) == ()
    desk.paper.control.set_price("BTCUSDT", "90")
    desk.paper.control.set_book("BTCUSDT", [("89.99", "5000")], [("90.01", "5000")])
    desk.clock.pass_time(10_000)
    desk.context.gateway.forget_balances()
    look(desk)

    assert watch_triggers(context) == ("daily_loss",)
    desk.deliver()
    assert set(desk.exchange_totals()) == {"USDT"}
    assert any("max_daily_loss is 5" in alarm for alarm in alarms(desk))


def test_a_refused_key_is_told(desk: Desk) -> None:
    """By default it is an alarm and nothing else, with the exchange's own words."""
    configure(desk)
    words = '{"code":-2015,"msg":"Invalid API-key."}'
    desk.paper.control.add_fault(
        path="/api/v3/account", answer="status", status=401, body=words, effect=False
    )
    with pytest.raises(ExchangeRefused):
        desk.context.gateway.load_identity()

    assert watch_triggers(desk.context) == ("key_refused",)
    assert any("-2015 Invalid API-key." in alarm for alarm in alarms(desk))
    assert state(desk) is TradingState.ACTIVE


def test_what_is_stricter_already_stays(desk: Desk) -> None:
    """A trigger never loosens a halt, and says its word all the same."""
    configure(desk, rejections="reducing", rejections_count=1)
    reject(desk, 1)
    trading.halt(desk.context, "a person said so")

    assert watch_triggers(desk.context) == ("rejections",)
    found = desk.context.store.load_state()
    assert (found.trading_state, found.halt_reason) == (TradingState.HALTED, "a person said so")
