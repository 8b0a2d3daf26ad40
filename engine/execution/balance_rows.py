"""Rows that no trade explains: openings, and what lasts unexplained."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.domain.decimals import ZERO
from engine.domain.fill import BalanceRow, Fill, RowKind, asset_changes
from engine.domain.instrument import Instrument
from engine.domain.position import split_symbol
from engine.execution.context import AccountContext

Instruments = dict[str, Instrument]


def list_instruments(context: AccountContext) -> Instruments:
    """Return the rules of every listed market, by our symbol."""
    return {item.symbol: item for item in context.gateway.load_instruments()}


def home_symbol(asset: str, quote_assets: tuple[str, ...], instruments: Instruments) -> str:
    """Return the symbol whose position holds an asset that no trade of ours brought.

    The asset's own name where no instrument against a quote asset exists.
    """
    for quote in quote_assets:
        if asset not in quote_assets and f"{asset}/{quote}" in instruments:
            return f"{asset}/{quote}"
    return asset


def book_differences(
    context: AccountContext,
    differences: dict[str, Decimal],
    kind: RowKind,
    name: str,
    at_ms: int,
) -> None:
    """Book one row for each asset; the same name books it once."""
    instruments = list_instruments(context)
    quotes = context.gateway.abilities.quote_assets
    rows = [
        BalanceRow(
            row_id=f"{name}:{asset}",
            kind=kind,
            symbol=home_symbol(asset, quotes, instruments),
            asset=asset,
            quantity=quantity,
            executed_at_ms=at_ms,
        )
        for asset, quantity in differences.items()
        if quantity != ZERO
    ]
    if rows:
        context.store.append_rows(rows)


def offset_earlier(
    context: AccountContext,
    symbol: str,
    fills: Iterable[Fill],
    *,
    opened_at_ms: int | None = None,
) -> None:
    """Take trades that are new here but older than the opening off the opening again.

    A rebuild calls all that the balances held at its moment an opening, except what it booked as
    trades. A trade of before that comes to light later (its key is asked for again, its market is
    followed from now on) is in the opening already. To be called before the trades themselves
    are booked: after a crash in between they are found again, and repeating books nothing twice.
    `opened_at_ms` spares the look to a caller who knows the account's opening.
    """
    if opened_at_ms is None:
        opened_at_ms = context.store.load_state().opened_at_ms
    early = [fill for fill in fills if fill.executed_at_ms < opened_at_ms]
    if not early:
        return
    booked = {row.row_id for row in context.store.load_rows(symbol)}
    new = [fill for fill in early if fill.row_id not in booked]
    instruments = list_instruments(context)
    quotes = context.gateway.abilities.quote_assets
    rows = [row for fill in new for row in offset_rows(fill, opened_at_ms, quotes, instruments)]
    if rows:
        context.store.append_rows(rows)


def offset_rows(
    fill: Fill, opened_at_ms: int, quote_assets: tuple[str, ...], instruments: Instruments
) -> list[BalanceRow]:
    """Return the rows that take one trade off the openings of its assets. Pure."""
    listed = instruments.get(fill.symbol)
    base, quote = (listed.base, listed.quote) if listed else split_symbol(fill.symbol)
    return [
        BalanceRow(
            row_id=f"opening:{fill.symbol}:{fill.row_id}:{asset}",
            kind=RowKind.OPENING,
            symbol=home_symbol(asset, quote_assets, instruments),
            asset=asset,
            quantity=-change,
            executed_at_ms=opened_at_ms,
            note=f"trade {fill.trade_id} was before the opening",
        )
        for asset, change in asset_changes(fill, base, quote).items()
        if change
    ]
