"""The three ccxt clients with their urls moved to a paper exchange."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro

from tests.paper import PaperExchange


def moved_urls(exchange: PaperExchange) -> dict[str, Any]:
    """Return ccxt's url table with everything on the paper exchange."""
    http, ws = exchange.base_url, exchange.ws_url
    return {
        "api": {
            "public": f"{http}/api/v3",
            "private": f"{http}/api/v3",
            "v1": f"{http}/api/v1",
            "sapi": f"{http}/sapi/v1",
            "sapiV2": f"{http}/sapi/v2",
            "sapiV3": f"{http}/sapi/v3",
            "sapiV4": f"{http}/sapi/v4",
            "fapiPublic": f"{http}/fapi/v1",
            "fapiPublicV2": f"{http}/fapi/v2",
            "fapiPublicV3": f"{http}/fapi/v3",
            "fapiPrivate": f"{http}/fapi/v1",
            "fapiPrivateV2": f"{http}/fapi/v2",
            "fapiPrivateV3": f"{http}/fapi/v3",
            "fapiData": f"{http}/futures/data",
            "dapiPublic": f"{http}/dapi/v1",
            "ws": {
                "spot": f"{ws}/stream/ws",
                "margin": f"{ws}/stream/ws",
                "linear": f"{ws}/fstream/ws",
                "ws-api": {"spot": f"{ws}/ws-api/v3", "linear": f"{ws}/ws-fapi/v1"},
            },
        }
    }


def options(exchange: PaperExchange, key: str = "paper", secret: str = "paper") -> dict[str, Any]:
    """Return the options of a client that speaks spot only."""
    return {
        "apiKey": key,
        "secret": secret,
        "urls": moved_urls(exchange),
        "enableRateLimit": False,
        "options": {
            "defaultType": "spot",
            "fetchCurrencies": False,
            "fetchMargins": False,
            "fetchMarkets": {"types": ["spot"]},
        },
    }


def sync_client(exchange: PaperExchange, key: str = "paper", secret: str = "paper") -> Any:
    """Return `ccxt.binance` with strings for numbers and its markets loaded."""
    client = _SpotErrors(options(exchange, key, secret))
    client.number = str
    client.load_markets()
    return client


def futures_options(
    exchange: PaperExchange, key: str = "paper", secret: str = "paper"
) -> dict[str, Any]:
    """Return the options of a client that speaks USDⓈ-M futures only."""
    given = options(exchange, key, secret)
    given["options"] |= {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}}
    return given


def futures_client(exchange: PaperExchange, key: str = "paper", secret: str = "paper") -> Any:
    """Return `ccxt.binanceusdm` with strings for numbers and its contracts loaded."""
    client = _FuturesErrors(futures_options(exchange, key, secret))
    client.number = str
    client.load_markets()
    return client


class _FuturesErrors(ccxt.binanceusdm):
    """Binance's futures error table, chosen by path because the host is this machine."""

    def get_exceptions_by_url(self, url: str | None, exactOrBroad: str) -> dict[str, Any]:
        return self.exceptions["linear"].get(exactOrBroad, {})


class _SpotErrors(ccxt.binance):
    """Binance's spot error table, chosen by path because the host is this machine."""

    def get_exceptions_by_url(self, url: str | None, exactOrBroad: str) -> dict[str, Any]:
        return self.exceptions["spot"].get(exactOrBroad, {})
