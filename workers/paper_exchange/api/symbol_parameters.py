"""Which markets a request is about: one, some, or all."""

from __future__ import annotations

from typing import Any

import orjson

from workers.paper_exchange.errors import invalid_data
from workers.paper_exchange.market.market import Market
from workers.paper_exchange.market.marketplace import Marketplace

from .parameters import Parameters


def read_symbols(parameters: Parameters) -> list[str]:
    """Return the symbols of `symbol` or of the JSON list `symbols`; empty when none was sent."""
    if parameters.has("symbol"):
        return [parameters.symbol()]
    text = parameters.optional("symbols")
    if text is None:
        return []
    try:
        symbols = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid_data("symbols") from None
    if not isinstance(symbols, list) or not all(isinstance(s, str) for s in symbols):
        raise invalid_data("symbols")
    return symbols


def chosen_markets(venue: Marketplace[Any, Any], symbols: list[str]) -> list[Market]:
    return [venue.market(s) for s in symbols] if symbols else list(venue.markets.values())
