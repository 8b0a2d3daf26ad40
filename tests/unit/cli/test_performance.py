"""Exposure, results and history as they are shown, against tables worked by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.domain.equity import EquityPoint, begin_performance
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import empty_position
from engine.domain.report import Balance
from engine.domain.strategy import StrategyRecord, SymbolMemory
from engine.portfolio.exposure import measure_exposure
from tests.builders import NOW_MS
from workers.cli.performance import (
    exposure_document,
    margin_used,
    performance_document,
    point_document,
    strategy_results,
)

D = Decimal


def row(symbol: str, quantity: str, mark: str | None) -> PositionRow:
    return PositionRow(
        symbol=symbol,
        net_quantity=D(quantity),
        entry_price=None,
        mark_price=None if mark is None else D(mark),
        realized_pnl=D(0),
        unrealized_pnl=None,
    )


def holding(*rows: PositionRow, used: str = "0") -> Portfolio:
    return Portfolio(
        account="paper", positions=rows, balances={"USDT": Balance(free=D(9), used=D(used))}
    )


def test_exposure_adds_long_and_short_once_each_way() -> None:
    """3 long at 100, 2 short at 50; ETH/BTC is 2 x 0.05 BTC, each worth 20000."""
    portfolio = holding(
        row("SOL/USDT", "3", "100"),
        row("XRP/USDT:USDT", "-2", "50"),
        row("BTC/USDT", "0", "20000"),
        row("ETH/BTC", "2", "0.05"),
        row("ADA/USDT", "7", None),
    )
    assert exposure_document(portfolio) == {
        "gross": "2400",  # 300 + 100 + 2000
        "net": "2200",
        "by_symbol": {"ETH/BTC": "2000", "SOL/USDT": "300", "XRP/USDT:USDT": "-100"},
        "unpriced": ["ADA/USDT"],
    }
    sizes = {"XRP/USDT:USDT": D(10)}
    assert measure_exposure(portfolio, sizes).by_symbol["XRP/USDT:USDT"] == -1000


def test_margin_is_what_contracts_lock() -> None:
    """By the exchange's own word; on spot the used balance is locked by orders, and no margin."""
    portfolio = holding(row("BTC/USDT:USDT", "1", "100"), used="20")
    assert margin_used(portfolio) is None
    locked = replace(portfolio.balances["USDT"], margin=D("12.5"))
    assert margin_used(replace(portfolio, balances={"USDT": locked})) == "12.5"


def test_results_are_shown_in_todays_capital() -> None:
    """Began with 1000, 500 came in, 150 were lost since: a tenth below 1500."""
    began = begin_performance(D(1000), "a-mark", NOW_MS, {})
    shown = performance_document(began.after(D(1350), D(500), NOW_MS + 1, {}), NOW_MS + 1)
    assert shown is not None
    names = ("equity", "peak_equity", "transferred", "drawdown")
    assert [shown[name] for name in names] == ["1350", "1500", "500", "0.1"]
    assert (shown["known_since_ms"], shown["recorded_at_ms"]) == (NOW_MS, NOW_MS + 1)
    assert performance_document(None, NOW_MS) is None


def test_each_strategy_answers_for_its_own_fills() -> None:
    """By symbol and together; one that was never run has made nothing."""
    memories = {
        symbol: SymbolMemory(
            decided_until_ms=1,
            position=replace(empty_position("paper", symbol), realized_pnl=D(pnl)),
        )
        for symbol, pnl in (("BTC/USDT", "12.5"), ("ETH/USDT", "-2"))
    }
    records = [
        StrategyRecord(account="paper", name="cross", symbols=memories),
        StrategyRecord(account="paper", name="idle"),
    ]
    assert strategy_results(records) == [
        {
            "strategy": "cross",
            "realized_pnl": "10.5",
            "by_symbol": {"BTC/USDT": "12.5", "ETH/USDT": "-2"},
        }
    ]


def test_a_point_of_the_series_names_both_figures() -> None:
    """With its time in both forms."""
    shown = point_document(EquityPoint(at_ms=0, equity=D("5.50"), result=D(5)))
    assert (shown["equity"], shown["result"], shown["at_ms"]) == ("5.5", "5", 0)
    assert shown["at"].startswith("1970-01-01T00:00")
