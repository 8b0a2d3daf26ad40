"""How much of each limit is used, worked by hand."""

from __future__ import annotations

from decimal import Decimal

from engine.config.risk import RiskSettings
from engine.domain.equity import begin_performance
from engine.domain.fill import Side
from engine.domain.marks import Marks
from engine.risk.shares import limit_shares
from tests.builders import NOW_MS
from tests.unit.risk.contexts import build_book, build_position, build_reservation_of

D = Decimal


def test_each_limit_that_is_set_has_its_share() -> None:
    """2 coins at 150 and an order of 100, one short in waiting; 60 of 100 lost today."""
    book = build_book(
        positions=(build_position("2"),),
        reservations=(
            build_reservation_of(),
            build_reservation_of(symbol="ETH/USDT", quantity=D(2), price=D(25)),
            build_reservation_of(symbol="ETH/USDT", side=Side.SELL, quantity=D(1), price=D(25)),
        ),
        orders_in_minute=3,
    )
    settings = RiskSettings(
        default_budget=D(1000),
        max_positions=4,
        max_orders_per_minute=12,
        max_symbol_exposure=D(800),
        max_gross_exposure=D(900),
        max_daily_loss=D(100),
        max_drawdown=D("0.6"),
    )
    began = begin_performance(D(1000), "a-mark", NOW_MS, {})
    made = began.after(D(940), D(0), NOW_MS + 1, {})
    marks = Marks(prices={"BTC/USDT": D(150)})
    assert limit_shares(settings, book, marks, {}, made, NOW_MS + 1) == {
        "max_positions": D("0.5"),
        "default_budget": D("0.35"),  # 200 paid, 100 and 50 ordered
        "max_orders_per_minute": D("0.25"),
        "max_symbol_exposure": D("0.5"),  # 300 + 100
        "max_gross_exposure": D("0.5"),  # and 50
        "max_daily_loss": D("0.6"),
        "max_drawdown": D("0.1"),
    }


def test_a_gain_uses_no_limit_and_what_is_not_set_has_no_share() -> None:
    """Below nothing is nothing."""
    began = begin_performance(D(1000), "a-mark", NOW_MS, {})
    made = began.after(D(1100), D(0), NOW_MS + 1, {})
    limits = RiskSettings(max_daily_loss=D(100))
    shares = limit_shares(limits, build_book(), Marks(), {}, made, NOW_MS + 1)
    assert shares == {"max_positions": D(0), "default_budget": D(0), "max_daily_loss": D(0)}
