"""Wallets, totals, rates and the history of income."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.exchange_info import order_rate_limits
from workers.paper_exchange.api.paging import DAY_MS
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import Json, number
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures.margin import AssetMargin
from workers.paper_exchange.futures.venue import Venue

from .positions import account_row, short_account_row
from .render import income_row

_WEEK_MS = 7 * DAY_MS
_INCOME_TYPES = frozenset(
    {
        "TRANSFER",
        "WELCOME_BONUS",
        "REALIZED_PNL",
        "FUNDING_FEE",
        "COMMISSION",
        "INSURANCE_CLEAR",
        "REFERRAL_KICKBACK",
        "COMMISSION_REBATE",
        "DELIVERED_SETTELMENT",
        "AUTO_EXCHANGE",
    }
)


def _assets(venue: Venue, uid: int) -> list[AssetMargin]:
    return [venue.margins.of(uid, asset) for asset in venue.margins.assets()]


def balance(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return [_balance(venue, caller.uid, asset) for asset in _assets(venue, caller.uid)]


def _balance(venue: Venue, uid: int, asset: AssetMargin) -> Json:
    return {
        "accountAlias": f"paper{uid}",
        "asset": asset.asset,
        "balance": number(asset.wallet),
        "crossWalletBalance": number(asset.cross_wallet),
        "crossUnPnl": number(asset.cross_unrealized),
        "availableBalance": number(asset.available),
        "maxWithdrawAmount": number(asset.withdrawable),
        "marginAvailable": True,
        "updateTime": venue.ledger.wallet(uid, asset.asset).updated_at_ms,
    }


def account_v2(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer totals, every asset and every contract."""
    parameters.finish()
    account, assets = venue.ledger.accounts[caller.uid], _assets(venue, caller.uid)
    return {
        "feeTier": 0,
        "feeBurn": False,
        "canTrade": account.can_trade,
        "canDeposit": True,
        "canWithdraw": False,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
        **_totals(assets),
        "assets": [{**_asset(venue, caller.uid, a), "marginAvailable": True} for a in assets],
        "positions": [account_row(venue, row) for a in assets for row in a.rows],
    }


def account_v3(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer totals, every asset, and the contracts with a position or an open order."""
    parameters.finish()
    assets = _assets(venue, caller.uid)
    return {
        **_totals(assets),
        "assets": [_asset(venue, caller.uid, a) for a in assets],
        "positions": [
            short_account_row(venue, row)
            for a in assets
            for row in a.rows
            if venue.margins.is_bound(row)
        ],
    }


def _totals(assets: list[AssetMargin]) -> Json:
    """Return the sums over assets; every margin asset counts as one dollar."""

    def total(name: str) -> str:
        return number(sum((getattr(a, name) for a in assets), Decimal(0)))

    return {
        "totalInitialMargin": total("initial"),
        "totalMaintMargin": total("maintenance"),
        "totalWalletBalance": total("wallet"),
        "totalUnrealizedProfit": total("unrealized"),
        "totalMarginBalance": total("margin_balance"),
        "totalPositionInitialMargin": total("position_initial"),
        "totalOpenOrderInitialMargin": total("order_initial"),
        "totalCrossWalletBalance": total("cross_wallet"),
        "totalCrossUnPnl": total("cross_unrealized"),
        "availableBalance": total("available"),
        "maxWithdrawAmount": total("withdrawable"),
    }


def _asset(venue: Venue, uid: int, asset: AssetMargin) -> Json:
    return {
        "asset": asset.asset,
        "walletBalance": number(asset.wallet),
        "unrealizedProfit": number(asset.unrealized),
        "marginBalance": number(asset.margin_balance),
        "maintMargin": number(asset.maintenance),
        "initialMargin": number(asset.initial),
        "positionInitialMargin": number(asset.position_initial),
        "openOrderInitialMargin": number(asset.order_initial),
        "crossWalletBalance": number(asset.cross_wallet),
        "crossUnPnl": number(asset.cross_unrealized),
        "availableBalance": number(asset.available),
        "maxWithdrawAmount": number(asset.withdrawable),
        "updateTime": venue.ledger.wallet(uid, asset.asset).updated_at_ms,
    }


def account_config(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    account = venue.ledger.accounts[caller.uid]
    return {
        "feeTier": 0,
        "canTrade": account.can_trade,
        "canDeposit": True,
        "canWithdraw": False,
        "dualSidePosition": account.is_hedged,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def commission_rate(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    parameters.finish()
    venue.market(symbol)
    account = venue.ledger.accounts[caller.uid]
    return {
        "symbol": symbol,
        "makerCommissionRate": f"{account.maker_rate:f}",
        "takerCommissionRate": f"{account.taker_rate:f}",
        "rpiCommissionRate": f"{account.maker_rate:f}",
    }


def order_counts(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer rateLimit/order: the limits on the number of orders."""
    parameters.finish()
    return order_rate_limits(venue.limits)


def income(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer the changes of the wallets, oldest first: the last week unless a span is given."""
    symbol = parameters.optional_symbol()
    kind = parameters.choice("incomeType", _INCOME_TYPES, -1130, "Invalid incomeType.")
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    page, limit = parameters.integer("page"), parameters.limit(100, 1000)
    parameters.finish()
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise ApiError(-1127, "Start time is greater than end time.")
    last_ms = venue.clock() if end_ms is None else end_ms
    first_ms = last_ms - _WEEK_MS if start_ms is None else start_ms
    rows = [
        row
        for row in venue.ledger.income[caller.uid]
        if first_ms <= row.at_ms <= last_ms
        and symbol in {None, row.symbol}
        and kind in {None, row.income_type}
    ]
    if page is None and start_ms is None:
        return [income_row(row) for row in rows[-limit:]]
    begin = (max(page or 1, 1) - 1) * limit
    return [income_row(row) for row in rows[begin : begin + limit]]
