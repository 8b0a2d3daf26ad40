"""A clock that was put back."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.market.candle_series import CandleSeries

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000


def test_what_trades_ahead_of_the_clock_is_in_no_candle() -> None:
    """Nor does its gap fill up: three months have eight million seconds."""
    series = CandleSeries(list)
    series.add(NOW_MS, Decimal(100), Decimal(1))
    series.add(NOW_MS + 91 * DAY_MS, Decimal(200), Decimal(1))

    candles = series.read("1s", NOW_MS + 2_000, start_ms=NOW_MS, end_ms=None, limit=10_000_000)

    assert [candle.close for candle in candles] == [Decimal(100)] * 3
