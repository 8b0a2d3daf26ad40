"""What positionRisk and account say of positions."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import Json, number
from workers.paper_exchange.futures.margin import AssetMargin, SideMargin, liquidation_price
from workers.paper_exchange.futures.orders import ZERO
from workers.paper_exchange.futures.venue import Venue


def rows_of(venue: Venue, uid: int, symbol: str | None) -> list[tuple[SideMargin, AssetMargin]]:
    """Return each side of each contract with the asset that carries it."""
    assets = [venue.margins.of(uid, asset) for asset in venue.margins.assets()]
    return [
        (row, asset)
        for asset in assets
        for row in asset.rows
        if symbol in {None, row.position.symbol}
    ]


def _asked(parameters: Parameters, venue: Venue) -> str | None:
    symbol = parameters.optional_symbol()
    parameters.finish()
    if symbol is not None:
        venue.market(symbol)
    return symbol


def position_risk_v2(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer every contract, flat ones too."""
    symbol = _asked(parameters, venue)
    return [_risk_v2(venue, r, a) for r, a in rows_of(venue, caller.uid, symbol)]


def position_risk_v3(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer the contracts with a position or an open order."""
    symbol = _asked(parameters, venue)
    return [
        _risk_v3(venue, r, a)
        for r, a in rows_of(venue, caller.uid, symbol)
        if venue.margins.is_bound(r)
    ]


def _prices(venue: Venue, row: SideMargin, asset: AssetMargin) -> Json:
    position = row.position
    rules = venue.markets[position.symbol].rules
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": f"{position.quantity:.{rules.quantity_precision}f}",
        "entryPrice": number(position.entry_price),
        "breakEvenPrice": number(position.break_even_price),
        "markPrice": number(row.mark_price),
        "unRealizedProfit": number(row.unrealized),
        "liquidationPrice": number(liquidation_price(row, asset, rules)),
        "isolatedMargin": number(isolated_margin(row)),
        "notional": number(row.notional),
        "isolatedWallet": number(position.isolated_wallet),
        "updateTime": position.updated_at_ms,
    }


def isolated_margin(row: SideMargin) -> Decimal:
    """Return the own margin of a position with its profit, 0 on cross margin."""
    return row.position.isolated_wallet + row.unrealized if row.is_isolated else ZERO


def _risk_v2(venue: Venue, row: SideMargin, asset: AssetMargin) -> Json:
    rules = venue.markets[row.position.symbol].rules
    return {
        **_prices(venue, row, asset),
        "marginType": "isolated" if row.is_isolated else "cross",
        "isAutoAddMargin": "false",
        "leverage": str(row.leverage),
        "maxNotionalValue": f"{rules.largest_notional(row.leverage):f}",
    }


def _risk_v3(venue: Venue, row: SideMargin, asset: AssetMargin) -> Json:
    return {
        **_prices(venue, row, asset),
        "marginAsset": asset.asset,
        "initialMargin": number(row.initial),
        "maintMargin": number(row.maintenance),
        "positionInitialMargin": number(row.position_initial),
        "openOrderInitialMargin": number(row.order_initial),
        "adl": 0,
        "bidNotional": number(row.bid_notional),
        "askNotional": number(row.ask_notional),
    }


def account_row(venue: Venue, row: SideMargin) -> Json:
    """Return a position as account v2 lists it."""
    position = row.position
    rules = venue.markets[position.symbol].rules
    return {
        "symbol": position.symbol,
        "initialMargin": number(row.initial),
        "maintMargin": number(row.maintenance),
        "unrealizedProfit": number(row.unrealized),
        "positionInitialMargin": number(row.position_initial),
        "openOrderInitialMargin": number(row.order_initial),
        "leverage": str(row.leverage),
        "isolated": row.is_isolated,
        "entryPrice": number(position.entry_price),
        "breakEvenPrice": number(position.break_even_price),
        "maxNotional": f"{rules.largest_notional(row.leverage):f}",
        "bidNotional": number(row.bid_notional),
        "askNotional": number(row.ask_notional),
        "positionSide": position.side,
        "positionAmt": f"{position.quantity:.{rules.quantity_precision}f}",
        "notional": number(row.notional),
        "isolatedWallet": number(position.isolated_wallet),
        "updateTime": position.updated_at_ms,
    }


def short_account_row(venue: Venue, row: SideMargin) -> Json:
    """Return a position as account v3 lists it."""
    names = (
        "symbol",
        "positionSide",
        "positionAmt",
        "unrealizedProfit",
        "notional",
        "isolatedWallet",
        "initialMargin",
        "maintMargin",
        "updateTime",
    )
    whole = account_row(venue, row)
    return {**{n: whole[n] for n in names}, "isolatedMargin": number(isolated_margin(row))}
