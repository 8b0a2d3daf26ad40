"""What a key may ask about its account, and the few wallet endpoints that clients call."""

from __future__ import annotations

from workers.paper_exchange.spot.accounts import Account
from workers.paper_exchange.spot.venue import Venue

from .endpoint import Caller
from .exchange_info import order_rate_limits
from .parameters import Parameters
from .render import Json, number
from .trading import commission_rates


def account(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    wants_zero = parameters.optional("omitZeroBalances") != "true"
    parameters.finish()
    assert caller.account is not None
    return _account(venue, caller.account, wants_zero)


def _account(venue: Venue, account: Account, wants_zero: bool) -> Json:
    maker, taker = number(account.maker_rate), number(account.taker_rate)
    return {
        "makerCommission": int(account.maker_rate * 10_000),
        "takerCommission": int(account.taker_rate * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": maker,
            "taker": taker,
            "buyer": "0.00000000",
            "seller": "0.00000000",
        },
        "canTrade": account.can_trade,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": account.updated_at_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": number(b.free), "locked": number(b.locked)}
            for asset in _assets(venue, account)
            if (b := account.balance(asset)).total or wants_zero
        ],
        "permissions": ["SPOT"],
        "uid": account.uid,
    }


def _assets(venue: Venue, account: Account) -> list[str]:
    """Return every asset that the exchange or the account knows, in a stable order."""
    names = dict.fromkeys(account.balances)
    for market in venue.markets.values():
        names |= dict.fromkeys((market.rules.base, market.rules.quote))
    return sorted(names)


def commission(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    parameters.finish()
    venue.desk.market(symbol)
    rates = commission_rates(caller)
    return {
        "symbol": symbol,
        "standardCommission": rates["standardCommissionForOrder"],
        "specialCommission": rates["specialCommissionForOrder"],
        "taxCommission": rates["taxCommissionForOrder"],
        "discount": rates["discount"],
    }


def order_counts(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer rateLimit/order: the limits with what is used of each."""
    parameters.finish()
    limits = venue.limits
    used = limits.order_counts(caller.uid, venue.clock())
    rows = order_rate_limits(limits)
    return [{**row, "count": count} for row, count in zip(rows, used, strict=True)]


def api_restrictions(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer what the key may do; a paper key can never withdraw."""
    parameters.finish()
    key = venue.ledger.keys[caller.key]
    return {
        "ipRestrict": False,
        "createTime": venue.started_at_ms,
        "enableReading": key.can_read,
        "enableSpotAndMarginTrading": key.can_trade,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": key.can_trade,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
    }


def coins(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer capital/config/getall, which a client's fetch_currencies asks."""
    parameters.finish()
    assert caller.account is not None
    names = _assets(venue, caller.account)
    return [_coin(name, caller.account) for name in names]


def _coin(name: str, account: Account) -> Json:
    balance = account.balance(name)
    return {
        "coin": name,
        "name": name,
        "depositAllEnable": False,
        "withdrawAllEnable": False,
        "free": number(balance.free),
        "locked": number(balance.locked),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": False,
        "trading": True,
        "networkList": [],
    }


def trade_fees(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer asset/tradeFee for one market or for all."""
    symbol = parameters.optional_symbol()
    parameters.finish()
    assert caller.account is not None
    maker, taker = str(caller.account.maker_rate), str(caller.account.taker_rate)
    symbols = [venue.desk.market(symbol).rules.symbol] if symbol else list(venue.markets)
    return [{"symbol": s, "makerCommission": maker, "takerCommission": taker} for s in symbols]


def system_status(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {"status": 0, "msg": "normal"}


def nothing(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer an empty list: a market type that this exchange does not have."""
    return []


def no_symbols(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer an exchangeInfo without markets, for clients that load every market type."""
    return {"timezone": "UTC", "serverTime": venue.clock(), "rateLimits": [], "symbols": []}
