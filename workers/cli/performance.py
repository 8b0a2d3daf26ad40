"""How an account does, as JSON values. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.equity import EquityPoint, Performance
from engine.domain.portfolio import Portfolio
from engine.domain.strategy import StrategyRecord
from engine.portfolio.exposure import measure_exposure
from workers.cli.documents import Document, number, time_fields

#: What a share is shown with.
SHARE = Decimal("0.000001")


def performance_document(made: Performance | None, now_ms: int) -> Document | None:
    """Return what was recorded of the account's results; None before the first equity."""
    if made is None:
        return None
    with localcontext(EXACT):
        peak = made.peak + made.transferred
    return {
        "equity": number(made.equity),
        "daily_result": number(made.daily_result(now_ms)),
        "drawdown": number(made.drawdown.quantize(SHARE)),
        "peak_equity": number(peak),
        "transferred": number(made.transferred),
        **time_fields("known_since", made.began_at_ms),
        **time_fields("recorded_at", made.updated_at_ms),
    }


def exposure_document(portfolio: Portfolio) -> Document:
    """Return what the held positions are worth; unfinished orders are not in it."""
    held = measure_exposure(portfolio)
    return {
        "gross": number(held.gross),
        "net": number(held.net),
        "by_symbol": {symbol: number(value) for symbol, value in sorted(held.by_symbol.items())},
        "unpriced": list(held.unpriced),
    }


def margin_used(portfolio: Portfolio) -> str | None:
    """Return what contracts lock of the quote currency, as the exchange says; None on spot."""
    held = portfolio.balances.get(portfolio.quote)
    return number(held.margin) if held else None


def strategy_results(records: Iterable[StrategyRecord]) -> list[Document]:
    """Return what each strategy has made by the fills of its own orders, fees deducted."""
    return [
        {
            "strategy": record.name,
            "realized_pnl": number(_sum(one.position.realized_pnl for one in of_it)),
            "by_symbol": {
                symbol: number(one.position.realized_pnl) for symbol, one in record.symbols.items()
            },
        }
        for record in records
        if (of_it := list(record.symbols.values()))
    ]


def _sum(values: Iterable[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(values, ZERO)


def point_document(point: EquityPoint) -> Document:
    """Return one point of the series; `result` leaves transfers out."""
    return {
        "equity": number(point.equity),
        "result": number(point.result),
        **time_fields("at", point.at_ms),
    }
