"""Leverage, margin type, position mode, and the brackets of the contracts."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import Json
from workers.paper_exchange.errors import ApiError, missing_parameter
from workers.paper_exchange.futures.contracts import Bracket
from workers.paper_exchange.futures.market import Market
from workers.paper_exchange.futures.venue import Venue

from .order_parameters import read_amount, read_position_side

_DONE = {"code": 200, "msg": "success"}
_MARGIN_TYPES = frozenset({"ISOLATED", "CROSSED"})
_DIRECTIONS = {1: 1, 2: -1}


def set_leverage(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol, leverage = parameters.symbol(), parameters.integer("leverage")
    parameters.finish()
    if leverage is None:
        raise missing_parameter("leverage")
    largest = venue.settings.set_leverage(caller.uid, symbol, leverage)
    return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": f"{largest:f}"}


def set_margin_type(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    kind = parameters.choice("marginType", _MARGIN_TYPES, -1130, "Invalid marginType.")
    parameters.finish()
    if kind is None:
        raise missing_parameter("marginType")
    venue.settings.set_margin_type(caller.uid, symbol, is_isolated=kind == "ISOLATED")
    return _DONE


def position_mode(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {"dualSidePosition": venue.ledger.accounts[caller.uid].is_hedged}


def set_position_mode(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    is_hedged = _needed(parameters, "dualSidePosition")
    venue.settings.set_hedged(caller.uid, is_hedged=is_hedged)
    return _DONE


def assets_mode(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {"multiAssetsMargin": False}


def set_assets_mode(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Refuse multi-assets mode: here every asset carries its own positions only."""
    if _needed(parameters, "multiAssetsMargin"):
        raise ApiError(-1020, "This operation is not supported.")
    raise ApiError(-4171, "No need to change Multi-Assets mode.")


def _needed(parameters: Parameters, name: str) -> bool:
    value = parameters.boolean(name)
    parameters.finish()
    if value is None:
        raise missing_parameter(name)
    return value


def move_margin(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Add (type 1) or take (type 2) the margin of an isolated position."""
    symbol, side = parameters.symbol(), read_position_side(parameters)
    amount = read_amount(parameters, "amount", -4055, "Amount must be positive.")
    kind = parameters.integer("type")
    parameters.finish()
    if kind not in _DIRECTIONS:
        raise ApiError(-1130, "Data sent for parameter 'type' is not valid.")
    venue.settings.move_margin(caller.uid, symbol, side, amount * _DIRECTIONS[kind])
    return {
        "amount": f"{amount:f}",
        "code": 200,
        "msg": "Successfully modify position margin.",
        "type": kind,
    }


def symbol_config(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer the account's settings of one contract or of all."""
    symbol = parameters.optional_symbol()
    parameters.finish()
    markets = [venue.market(symbol)] if symbol else list(venue.markets.values())
    return [_config(venue, caller.uid, market) for market in markets]


def _config(venue: Venue, uid: int, market: Market) -> Json:
    setting = venue.ledger.setting(uid, market.rules.symbol)
    return {
        "symbol": market.rules.symbol,
        "marginType": "ISOLATED" if setting.is_isolated else "CROSSED",
        "isAutoAddMargin": False,
        "leverage": setting.leverage,
        "maxNotionalValue": f"{market.rules.largest_notional(setting.leverage):f}",
    }


def leverage_brackets(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.optional_symbol()
    parameters.finish()
    markets = [venue.market(symbol)] if symbol else list(venue.markets.values())
    rows = [
        {
            "symbol": market.rules.symbol,
            "notionalCoef": 1.0,
            "brackets": [_bracket(b) for b in market.rules.brackets],
        }
        for market in markets
    ]
    return rows


def _bracket(bracket: Bracket) -> Json:
    return {
        "bracket": bracket.number,
        "initialLeverage": bracket.max_leverage,
        "notionalCap": int(bracket.cap),
        "notionalFloor": int(bracket.floor),
        "maintMarginRatio": _plain(bracket.maintenance_rate),
        "cum": _plain(bracket.maintenance_offset),
    }


def _plain(value: Decimal) -> float:
    """Return a number as JSON has it in this answer alone: not as a text."""
    return float(value)
