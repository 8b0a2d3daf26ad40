"""Leverage, margin and position mode in the words of Binance USDⓈ-M. Pure."""

from __future__ import annotations

from typing import Any

from engine.domain.decimals import shorten
from engine.domain.report import ContractSetting
from engine.exchange.answers import Unreadable
from engine.exchange.binance import futures_endpoints as endpoints
from engine.exchange.dialect import Request
from engine.exchange.rows import as_row, as_rows, flag, text

#: Our word for each of Binance's; orders and settings say CROSSED, positions say cross.
MARGIN_MODES = {"CROSSED": "cross", "ISOLATED": "isolated"}
MARGIN_TYPES = {mode: word for word, mode in MARGIN_MODES.items()}
#: "No need to change margin type."
NO_NEED = "-4046"


def exchange_symbol(symbol: str) -> str:
    """Return "BTCUSDT" for "BTC/USDT:USDT"."""
    return symbol.partition(":")[0].replace("/", "")


class BinanceContracts:
    """How an account holds its contracts, asked and changed."""

    unchanged = frozenset({NO_NEED})

    def ask_position_mode(self) -> Request:
        return Request(endpoint=endpoints.ACCOUNT_CONFIG)

    def read_is_hedged(self, answer: Any) -> bool:
        return flag(as_row(answer), "dualSidePosition")

    def ask_setting(self, symbol: str) -> Request:
        words = {"symbol": exchange_symbol(symbol)}
        return Request(endpoint=endpoints.SYMBOL_CONFIG, parameters=words)

    def read_setting(self, answer: Any) -> ContractSetting:
        rows = as_rows(answer)
        if len(rows) != 1:
            raise Unreadable(f"expected one contract, got {len(rows)}")
        leverage, word = rows[0].get("leverage"), text(rows[0], "marginType")
        if isinstance(leverage, bool) or not isinstance(leverage, int) or leverage < 1:
            raise Unreadable(f"leverage is {shorten(leverage)}, expected a whole number")
        if word not in MARGIN_MODES:
            raise Unreadable(f"marginType is {shorten(word)}, which is not known")
        return ContractSetting(leverage=leverage, margin_mode=MARGIN_MODES[word])

    def set_leverage(self, symbol: str, leverage: int) -> Request:
        words: dict[str, str | int] = {"symbol": exchange_symbol(symbol), "leverage": leverage}
        return Request(endpoint=endpoints.SET_LEVERAGE, parameters=words)

    def set_margin_mode(self, symbol: str, margin_mode: str) -> Request:
        words = {"symbol": exchange_symbol(symbol), "marginType": MARGIN_TYPES[margin_mode]}
        return Request(endpoint=endpoints.SET_MARGIN_TYPE, parameters=words)
