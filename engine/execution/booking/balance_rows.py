"""Rows that no trade explains: openings, and what lasts unexplained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, localcontext
from types import MappingProxyType

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import settle_asset
from engine.domain.events import Event
from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind, asset_changes, rows_beside
from engine.domain.instrument import Instrument
from engine.domain.position import split_symbol
from engine.domain.trading_state import AccountState, Life
from engine.execution.context import AccountContext
from engine.ports import LedgerView

Instruments = Mapping[str, Instrument]
NO_PRICES: Mapping[str, Decimal] = MappingProxyType({})


def list_instruments(context: AccountContext) -> Instruments:
    """Return the rules of every listed market, by our symbol."""
    return context.gateway.index_instruments()


def home_symbol(asset: str, quote_assets: tuple[str, ...], instruments: Instruments) -> str:
    """Return the symbol whose position holds an asset that no trade of ours brought.

    The asset's own name where no instrument against a quote asset exists.
    """
    for quote in quote_assets:
        if asset not in quote_assets and f"{asset}/{quote}" in instruments:
            return f"{asset}/{quote}"
    return asset


def name_homes(context: AccountContext, fills: Iterable[Fill]) -> tuple[Fill, ...]:
    """Return the trades with the symbols that hold the other coins that they moved."""
    rows, quotes = tuple(fills), context.gateway.abilities.quote_assets
    if not any(moves_other_coin(fill, quotes) for fill in rows):
        return rows
    instruments = list_instruments(context)
    return tuple(name_home(fill, quotes, instruments) for fill in rows)


def name_home(fill: Fill, quote_assets: tuple[str, ...], instruments: Instruments) -> Fill:
    """Return the trade with the homes of its fee's and its quote coin, where they have their own.

    Pure; twice is as good as once.
    """
    if not moves_other_coin(fill, quote_assets):
        return fill
    fee_symbol = quote_symbol = ""
    if _has_third_coin_fee(fill):
        fee_symbol = home_symbol(fill.fee_currency, quote_assets, instruments)
    quote = split_symbol(fill.symbol)[1]
    home = home_symbol(quote, quote_assets, instruments)
    if home != quote:  # Else no position holds it
        quote_symbol = home
    return replace(fill, fee_symbol=fee_symbol, quote_symbol=quote_symbol)


def moves_other_coin(fill: Fill, quote_assets: tuple[str, ...]) -> bool:
    """Tell whether the trade may have moved the holding of another market."""
    return _has_third_coin_fee(fill) or split_symbol(fill.symbol)[1] not in quote_assets


def _has_third_coin_fee(fill: Fill) -> bool:
    settle = settle_asset(fill.symbol)
    moved = split_symbol(fill.symbol) if settle is None else (settle,)
    return bool(fill.fee) and fill.fee_currency not in moved


def touched_symbols(fills: Iterable[Fill]) -> set[str]:
    """Return the symbols whose ledgers get rows by these trades."""
    names = ((fill.ledger, fill.fee_symbol, fill.quote_symbol) for fill in fills)
    return {name for touched in names for name in touched if name}


def book_differences(
    context: AccountContext,
    differences: dict[str, Decimal],
    kind: RowKind,
    name: str,
    at_ms: int,
    life: Life,
    entry_prices: Mapping[str, Decimal] = NO_PRICES,
    events: Sequence[Event] = (),
) -> None:
    """Book one row for each asset; the same name books it once, and tells the events with it.

    `entry_prices`: of contracts, by the name of the position, where the exchange states one.

    AccountHeld when the differences were reckoned in a life of the data that is over.
    """
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
            ledger_epoch=life.ledger_epoch,
            entry_price=entry_prices.get(asset),
        )
        for asset, quantity in differences.items()
        if quantity != ZERO
    ]
    if rows:
        context.store.append_rows(rows, events=events, life=life)


def offset_earlier(
    context: AccountContext,
    rows: Iterable[LedgerRow],
    *,
    state: AccountState | None = None,
) -> None:
    """Take rows that are new here but older than the opening off the opening again.

    A rebuild calls all that the balances held at its moment an opening, except what it booked as
    trades and income. A row of before that comes to light later (its key is asked for again, its
    market is followed from now on, it was listed late) is in the opening already. To be called
    before the rows themselves are booked: after a crash in between they are found again, and
    repeating books nothing twice.
    `state` spares the look to a caller who has just looked. AccountHeld when the store is lost
    meanwhile: a rebuild may have booked the row, which its opening then does not have.
    """
    if state is None:
        state = context.store.load_state()
    opened_at_ms = state.opened_at_ms
    early = [row for row in rows if row.executed_at_ms < opened_at_ms]
    if not early:
        return
    views = {name: context.store.load_ledger(name) for name in {row.ledger for row in early}}
    new = [row for row in early if not _is_booked(views[row.ledger], row)]
    instruments = list_instruments(context)
    quotes = context.gateway.abilities.quote_assets
    offsets = [one for row in new for one in offset_rows(row, opened_at_ms, quotes, instruments)]
    if offsets:
        context.store.append_rows(offsets, life=state.life)


def _is_booked(view: LedgerView, row: LedgerRow) -> bool:
    """Tell whether the row is booked, or only the archive knows: it decides then."""
    if view.checkpoint is not None and view.checkpoint.may_cover(row):
        return True
    return row.row_id in {one.row_id for one in view.rows}


def offset_rows(
    row: LedgerRow, opened_at_ms: int, quote_assets: tuple[str, ...], instruments: Instruments
) -> list[BalanceRow]:
    """Return the rows that take one row, fee included, off the openings of its assets. Pure."""
    words = f"trade {row.trade_id}" if isinstance(row, Fill) else row.note
    is_transfer = isinstance(row, BalanceRow) and row.kind is RowKind.TRANSFER
    return [
        BalanceRow(
            row_id=f"opening:{row.symbol}:{row.row_id}:{asset}",
            # Else the performance would count money that came in before it began
            kind=RowKind.TRANSFER if is_transfer else RowKind.OPENING,
            symbol=home_symbol(asset, quote_assets, instruments),
            asset=asset,
            quantity=-change,
            executed_at_ms=opened_at_ms,
            note=f"{words} was before the opening",
            ledger_epoch=row.ledger_epoch,
        )
        for asset, change in _all_changes(row, instruments).items()
        if change
    ]


def _all_changes(row: LedgerRow, instruments: Instruments) -> dict[str, Decimal]:
    listed = instruments.get(row.symbol)
    base, quote = (listed.base, listed.quote) if listed else split_symbol(row.symbol)
    changes = asset_changes(row, base, quote)
    with localcontext(EXACT):
        for other in rows_beside(row):
            changes[other.asset] = changes.get(other.asset, ZERO) + other.quantity
    return changes
