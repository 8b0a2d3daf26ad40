"""What positions and balances are worth. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import Position, split_symbol
from engine.domain.report import Balance, Balances


def build_portfolio(
    *,
    account: str,
    quote: str,
    positions: Sequence[Position],
    balances: Balances,
    prices: Mapping[str, Decimal],
    cursors: Mapping[str, int],
    now_ms: int,
) -> Portfolio:
    """Return the account at one moment, valued in `quote` at `prices` (quote per base).

    `prices` is by symbol; `now_ms` is our time when the looking began.
    """
    held = {name: balance for name, balance in balances.assets.items() if balance.total}
    values, unpriced = value_assets(held, quote, prices)
    with localcontext(EXACT):
        equity = sum(values.values(), ZERO)
    return Portfolio(
        account=account,
        quote=quote,
        balances=held,
        positions=tuple(
            mark_position(position, prices.get(position.symbol))
            for position in sorted(positions, key=lambda position: position.symbol)
            if position.quote
        ),
        equity=None if unpriced else equity,
        unpriced_assets=unpriced,
        cursors=dict(cursors),
        balances_at_ms=balances.updated_at_ms,
        updated_at_ms=now_ms,
    )


def value_assets(
    balances: Mapping[str, Balance], quote: str, prices: Mapping[str, Decimal]
) -> tuple[dict[str, Decimal], tuple[str, ...]]:
    """Return the value of each asset in `quote`, and the assets without a price."""
    values: dict[str, Decimal] = {}
    unpriced: list[str] = []
    with localcontext(EXACT):
        for asset, balance in sorted(balances.items()):
            price = Decimal(1) if asset == quote else prices.get(f"{asset}/{quote}")
            if price is None:
                unpriced.append(asset)
            else:
                values[asset] = balance.total * price
    return values, tuple(unpriced)


def mark_position(position: Position, mark_price: Decimal | None) -> PositionRow:
    """Return the position at `mark_price` (quote per base)."""
    return PositionRow(
        symbol=position.symbol,
        net_quantity=position.net_quantity,
        entry_price=position.entry_price,
        mark_price=mark_price,
        realized_pnl=position.realized_pnl,
        unrealized_pnl=None if mark_price is None else position.unrealized_pnl(mark_price),
    )


def symbols_to_price(
    positions: Sequence[Position], balances: Balances, quote: str
) -> tuple[str, ...]:
    """Return the symbols whose prices a portfolio needs."""
    open_symbols = {one.symbol for one in positions if one.quote and one.net_quantity}
    held = {
        f"{asset}/{quote}"
        for asset, balance in balances.assets.items()
        if balance.total and asset != quote
    }
    return tuple(sorted(open_symbols | held))


def portfolio_cursors(positions: Sequence[Position], ledger: Mapping[str, int]) -> dict[str, int]:
    """Return how many rows of each symbol a portfolio of these positions includes.

    Rows of an asset without a market fold into no position: the balances themselves show them,
    so all that the ledger had before the balances were asked for are included.
    """
    cursors = {name: rows for name, rows in ledger.items() if not split_symbol(name)[1]}
    return cursors | {one.symbol: one.cursor for one in positions if one.quote}
