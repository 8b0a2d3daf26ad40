"""Keep an account's performance beside its portfolio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.equity import EquityPoint, Performance, begin_performance
from engine.domain.fill import BalanceRow, LedgerRow, RowKind
from engine.domain.portfolio import Portfolio
from engine.portfolio.valuation import value_assets
from engine.ports import AccountStore

#: What is neither profit nor loss. An opening was there before; a spot deposit that the exchange
#: does not name is booked as unexplained.
TRANSFERS = frozenset({RowKind.TRANSFER, RowKind.UNEXPLAINED})


def sum_transfers(rows: Iterable[LedgerRow]) -> dict[str, Decimal]:
    """Return what transfers brought of each asset; contracts are no asset that has a value."""
    totals: dict[str, Decimal] = {}
    for row in rows:
        is_money = isinstance(row, BalanceRow) and row.kind in TRANSFERS and ":" not in row.asset
        if isinstance(row, BalanceRow) and is_money:
            with localcontext(EXACT):
                totals[row.asset] = totals.get(row.asset, ZERO) + row.quantity
    return totals


def next_performance(
    store: AccountStore,
    before: Portfolio | None,
    seen: Portfolio,
    prices: Mapping[str, Decimal],
    mark: str,
) -> Performance | None:
    """Return the performance at the portfolio `seen`; the one before while equity is not known.

    A store that lost its data begins anew, and so does one whose exchange reset its ledger.
    """
    last = before.performance if before else None
    if seen.equity is None:
        return last
    if last is None or last.mark != mark:
        return begin_performance(seen.equity, mark, seen.updated_at_ms, seen.cursors)
    rows = [
        row
        for symbol, count in seen.cursors.items()
        if count > last.cursors.get(symbol, 0)
        for row in store.load_rows(symbol, after=last.cursors.get(symbol, 0))[
            : count - last.cursors.get(symbol, 0)
        ]
    ]
    values, unpriced = value_assets(sum_transfers(rows), seen.quote, prices)
    if unpriced:
        return last  # The rows are counted once there is a price
    with localcontext(EXACT):
        moved = sum(values.values(), ZERO)
    return last.after(seen.equity, moved, seen.updated_at_ms, seen.cursors)


def point_of(portfolio: Portfolio) -> EquityPoint | None:
    """Return the newest point of the equity series, if the portfolio brought one."""
    made = portfolio.performance
    if made is None or made.updated_at_ms != portfolio.updated_at_ms:
        return None
    return EquityPoint(at_ms=made.updated_at_ms, equity=made.equity, result=made.result)
