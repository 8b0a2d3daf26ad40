"""What the held positions of a portfolio are worth, either way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import market_of
from engine.domain.marks import Marks
from engine.domain.portfolio import Portfolio
from engine.domain.position import split_symbol


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Quote currency of the portfolio; below zero when short."""

    by_symbol: Mapping[str, Decimal]
    unpriced: tuple[str, ...] = ()  # Positions that nobody can value

    @property
    def gross(self) -> Decimal:
        with localcontext(EXACT):
            return sum((abs(value) for value in self.by_symbol.values()), ZERO)

    @property
    def net(self) -> Decimal:
        with localcontext(EXACT):
            return sum(self.by_symbol.values(), ZERO)


def measure_exposure(
    portfolio: Portfolio, contract_sizes: Mapping[str, Decimal] | None = None
) -> Exposure:
    """Return the value of every open position at its mark price.

    `contract_sizes` is by market; one that is not there has contracts of one coin.
    """
    sizes = contract_sizes or {}
    prices = {row.symbol: row.mark_price for row in portfolio.positions if row.mark_price}
    marks = Marks(quote=portfolio.quote, prices=prices)
    values: dict[str, Decimal] = {}
    unpriced = []
    for row in (row for row in portfolio.positions if row.net_quantity):
        rate = marks.rate(split_symbol(market_of(row.symbol))[1])
        if row.mark_price is None or rate is None:
            unpriced.append(row.symbol)
            continue
        with localcontext(EXACT):
            size = sizes.get(market_of(row.symbol), Decimal(1))
            values[row.symbol] = row.net_quantity * row.mark_price * size * rate
    return Exposure(by_symbol=values, unpriced=tuple(unpriced))
