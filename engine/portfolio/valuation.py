"""What positions and balances are worth. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import market_of, settle_asset
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import Position, split_symbol
from engine.domain.report import Balance, Balances, HeldPosition


def build_portfolio(
    *,
    account: str,
    quote: str,
    positions: Sequence[Position],
    balances: Balances,
    prices: Mapping[str, Decimal],
    cursors: Mapping[str, int],
    now_ms: int,
    held: Sequence[HeldPosition] = (),
) -> Portfolio:
    """Return the account at one moment, valued in `quote` at `prices` (quote per base).

    `prices` is by symbol; `now_ms` is our time when the looking began; `held` are the contracts
    as the exchange shows them: their unrealized profit is part of what the account is worth.
    """
    assets = {name: balance for name, balance in balances.assets.items() if balance.total}
    values, unpriced = value_assets(sum_worth(assets, held), quote, prices)
    shown = {one.name: one for one in held}
    with localcontext(EXACT):
        equity = sum(values.values(), ZERO)
    return Portfolio(
        account=account,
        quote=quote,
        balances=assets,
        positions=tuple(
            mark_position(
                position, prices.get(market_of(position.symbol)), shown.get(position.symbol)
            )
            for position in sorted(positions, key=lambda position: position.symbol)
            if position.quote
        ),
        equity=None if unpriced else equity,
        unpriced_assets=unpriced,
        cursors=dict(cursors),
        balances_at_ms=balances.updated_at_ms,
        updated_at_ms=now_ms,
    )


def sum_worth(balances: Mapping[str, Balance], held: Sequence[HeldPosition]) -> dict[str, Decimal]:
    """Return how much there is of each asset, with the unrealized profit of contracts in it."""
    amounts = {name: balance.total for name, balance in balances.items()}
    with localcontext(EXACT):
        for one in held:
            settle = settle_asset(one.name) or ""
            amounts[settle] = amounts.get(settle, ZERO) + one.unrealized_pnl
    return amounts


def value_assets(
    amounts: Mapping[str, Decimal], quote: str, prices: Mapping[str, Decimal]
) -> tuple[dict[str, Decimal], tuple[str, ...]]:
    """Return the value of each asset in `quote`, and the assets without a price."""
    values: dict[str, Decimal] = {}
    unpriced: list[str] = []
    with localcontext(EXACT):
        for asset, amount in sorted(amounts.items()):
            priced_by = (name for name in pricing_symbols(asset, quote) if name in prices)
            price = Decimal(1) if asset == quote else prices.get(next(priced_by, ""))
            if price is None:
                unpriced.append(asset)
            else:
                values[asset] = amount * price
    return values, tuple(unpriced)


def pricing_symbols(asset: str, quote: str) -> tuple[str, str]:
    """Return the markets whose price says what an asset is worth, the better one first."""
    return f"{asset}/{quote}", f"{asset}/{quote}:{quote}"


def mark_position(
    position: Position, price: Decimal | None, held: HeldPosition | None = None
) -> PositionRow:
    """Return the position at `price` (quote per base), of a contract at its own mark price."""
    mark_price = held.mark_price if held else price
    return PositionRow(
        symbol=position.symbol,
        net_quantity=position.net_quantity,
        entry_price=position.entry_price,
        mark_price=mark_price,
        realized_pnl=position.realized_pnl,
        unrealized_pnl=None if mark_price is None else position.unrealized_pnl(mark_price),
        liquidation_price=held.liquidation_price if held else None,
    )


def symbols_to_price(
    positions: Sequence[Position],
    balances: Balances,
    quote: str,
    held: Sequence[HeldPosition] = (),
) -> tuple[str, ...]:
    """Return the symbols whose prices a portfolio needs; `held` have theirs."""
    shown = {one.name for one in held}
    open_symbols = {
        market_of(one.symbol)
        for one in positions
        if one.quote and one.net_quantity and one.symbol not in shown
    }
    assets = {
        name
        for asset, balance in balances.assets.items()
        if balance.total and asset != quote
        for name in pricing_symbols(asset, quote)
    }
    return tuple(sorted(open_symbols | assets))


def portfolio_cursors(positions: Sequence[Position], ledger: Mapping[str, int]) -> dict[str, int]:
    """Return how many rows of each symbol a portfolio of these positions includes.

    Rows of an asset without a market fold into no position: the balances themselves show them,
    so all that the ledger had before the balances were asked for are included.
    """
    cursors = {name: rows for name, rows in ledger.items() if not split_symbol(name)[1]}
    return cursors | {one.symbol: one.cursor for one in positions if one.quote}
