"""Equity, day and peak of an account beside what its exchange holds."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.config.risk import RiskSettings
from engine.domain.equity import Performance
from engine.execution.booking.balance_check import LASTING_MS
from engine.execution.completing import updates
from engine.execution.completing.limit_warnings import load_warnings, warn_of_limits
from engine.execution.reconciling import reconcile
from engine.portfolio.portfolio_update import update_portfolio
from engine.portfolio.prices import TickerPrices
from tests.desk import Desk
from tests.integration.execution.test_rebuild import change_settings

pytestmark = pytest.mark.integration

D = Decimal


def look(desk: Desk, **limits: Decimal) -> Performance:
    """Record the portfolio and return what it says of the account."""
    prices = TickerPrices(desk.context.gateway, max_age_ms=0)
    context = desk.context
    portfolio = update_portfolio(context.store, context.gateway, prices, context.clock)
    assert portfolio.performance is not None
    return portfolio.performance


def test_a_deposit_is_no_profit(desk: Desk) -> None:
    """It is in the equity at once, and out of the result when the comparison has booked it."""
    began = look(desk)
    desk.paper.control.deposit("USDT", "500", uid=desk.uid)
    desk.context.gateway.forget_balances()
    for _ in range(3):
        reconcile.reconcile(desk.context, is_thorough=True)
        desk.clock.pass_time(LASTING_MS)

    after = look(desk)

    assert after.equity == began.equity + 500
    assert (after.transferred, after.result, after.peak) == (D(500), began.result, began.peak)
    assert after.daily_result(desk.clock.now_ms()) == 0


@pytest.mark.parametrize("is_uncounted", [True, False])
def test_an_asset_without_a_market_is_left_out_by_a_persons_word_only(
    desk: Desk, is_uncounted: bool
) -> None:
    """A receipt of Earn, say: else nobody knows the equity, and it is told which asset it is."""
    began = look(desk)
    if is_uncounted:
        accounts = json.loads(desk.config_path.read_text())["accounts"]
        accounts["desk"]["uncounted_assets"] = "LDUSDT, USDT, BTC"
        change_settings(desk, accounts=accounts)
    desk.paper.control.deposit("LDUSDT", "500", uid=desk.uid)
    desk.place(quantity=D("0.5"))
    desk.deliver()
    desk.context.gateway.forget_balances()

    seen = updates.record_portfolio(desk.context)

    assert seen.balances["LDUSDT"].total == 500
    assert seen.unpriced_assets == (() if is_uncounted else ("LDUSDT",))
    if is_uncounted:  # What has a market counts, whatever is said of it
        assert seen.equity is not None
        assert abs(seen.equity - began.equity) < 1
    else:
        assert seen.equity is None


def test_a_fall_of_the_price_is_a_loss_and_ends_buying(desk: Desk) -> None:
    """Bought at 100 and worth 90: the day has lost, entering orders are denied, selling is not."""
    began = look(desk)
    desk.place(quantity=D("0.5"))
    desk.deliver()
    for symbol in ("BTCUSDT", "ETHUSDT"):
        desk.paper.control.set_price(symbol, "90")
        desk.paper.control.set_book(symbol, [("89.99", "5000")], [("90.01", "5000")])
    desk.context.gateway.forget_balances()
    desk.clock.pass_time(10_000)

    made = look(desk)

    fee = began.result - D(5) - made.result
    assert D(0) <= fee <= D("0.1")  # Half a coin lost ten; the rest was paid as fee
    limited(desk, RiskSettings(max_daily_loss=D(5), max_positions=9, default_budget=D(9999)))
    assert desk.place(quantity=D("0.1")).reason.code == "DAILY_LOSS"
    assert desk.place(side="sell", quantity=D("0.1")).reason is None


def limited(desk: Desk, limits: RiskSettings) -> None:
    """Give the account other limits, as a restart with another configuration would."""
    context = replace(desk.context, risk=limits)
    desk.engine._accounts[context.name] = context


def test_the_series_is_written_once_a_minute(desk: Desk) -> None:
    """The task that beat asks for does nothing while the last record is young."""
    desk.clock.pass_time(60_000)
    assert updates.record_if_due(desk.context) == "updated"
    assert updates.record_if_due(desk.context) == "unchanged"
    desk.clock.pass_time(60_000)
    assert updates.record_if_due(desk.context) == "updated"

    points = desk.context.store.load_equity("minute")[-2:]

    assert points[1].at_ms - points[0].at_ms >= 60_000
    assert [point.equity for point in points] == [D(1_000_000)] * 2
    assert len(desk.context.store.load_equity("day")) in {1, 2}  # Midnight may lie between


def test_a_near_limit_is_told_once_for_each_crossing(desk: Desk) -> None:
    """When it comes near, not while it stays there, and again after it was far."""
    limited(desk, RiskSettings(max_gross_exposure=D(100), default_budget=D(9999), warn_at=D("0.8")))
    first = desk.place(order_type="limit", price=D(90), quantity=D("0.9"))  # 81 of 100
    assert warn_of_limits(desk.context) == ("max_gross_exposure",)
    assert warn_of_limits(desk.context) == ()
    assert load_warnings(desk.context.shared, desk.context.identity) == {
        "max_gross_exposure": D("0.81")
    }
    desk.orders.cancel_order(first.client_order_id)
    desk.deliver()
    assert warn_of_limits(desk.context) == ()
    assert load_warnings(desk.context.shared, desk.context.identity) == {}
    desk.place(order_type="limit", price=D(90), quantity=D("0.9"))
    assert warn_of_limits(desk.context) == ("max_gross_exposure",)
