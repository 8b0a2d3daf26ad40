"""Compare the ledger with what the exchange says the account holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.fill import LedgerRow, asset_changes
from engine.domain.instrument import Instrument
from engine.domain.position import split_symbol

#: A row, and the rules of its symbol where the exchange still lists it.
ListedRow = tuple[LedgerRow, Instrument | None]


def sum_assets(rows: Iterable[ListedRow]) -> dict[str, Decimal]:
    """Return what the rows together did to each asset's total balance, to the last digit."""
    totals: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for row, instrument in rows:
            base, quote = _assets(row, instrument)
            for asset, change in asset_changes(row, base, quote).items():
                totals[asset] = totals.get(asset, ZERO) + change
    return totals


def _assets(row: LedgerRow, instrument: Instrument | None) -> tuple[str, str]:
    if instrument is None:
        return split_symbol(row.symbol)
    return instrument.base, instrument.quote


def add_all(parts: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Return the sum of several changes of totals."""
    totals: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for part in parts:
            for asset, change in part.items():
                totals[asset] = totals.get(asset, ZERO) + change
    return totals


def compare_balances(
    rows: Iterable[ListedRow],
    totals: Mapping[str, Decimal],
    left: Iterable[Mapping[str, Decimal]] = (),
) -> dict[str, Decimal]:
    """Return the exchange's total minus the ledger's for each asset where they differ.

    `left`: what rows did to the totals that are not among `rows` any more.
    """
    booked = add_all([sum_assets(rows), *left])
    with localcontext(EXACT):
        differences = {
            asset: totals.get(asset, ZERO) - booked.get(asset, ZERO)
            for asset in sorted({*totals, *booked})
        }
    return {asset: difference for asset, difference in differences.items() if difference}
