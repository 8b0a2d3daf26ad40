"""Leverage, margin and position mode in the words of Binance USDⓈ-M. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.domain.decimals import shorten
from engine.domain.report import ContractSetting
from engine.exchange.binance import futures_endpoints as endpoints
from engine.exchange.brackets import LeverageBracket
from engine.exchange.dialect import Request, TimeRange
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, flag, number, quantity, text, time_ms

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
        leverage, word = _require_leverage(rows[0].get("leverage")), text(rows[0], "marginType")
        if word not in MARGIN_MODES:
            raise Unreadable(f"marginType is {shorten(word)}, which is not known")
        return ContractSetting(leverage=leverage, margin_mode=MARGIN_MODES[word])

    def ask_funding_rates(self, symbol: str, during: TimeRange) -> Request:
        words: dict[str, str | int] = {"startTime": during.start_ms, "endTime": during.end_ms}
        words["symbol"] = exchange_symbol(symbol)
        return Request(endpoint=endpoints.FUNDING_RATES, parameters=words)

    def read_funding_rates(self, answer: Any) -> tuple[tuple[int, Decimal], ...]:
        rows = as_rows(answer)
        return tuple((time_ms(row, "fundingTime"), number(row, "fundingRate")) for row in rows)

    def ask_brackets(self, symbol: str) -> Request:
        words = {"symbol": exchange_symbol(symbol)}
        return Request(endpoint=endpoints.LEVERAGE_BRACKETS, parameters=words)

    def read_brackets(self, answer: Any) -> tuple[LeverageBracket, ...]:
        """Read the brackets of the one contract that was asked for; Binance lists it, or is it."""
        rows = as_rows(answer) if isinstance(answer, list) else [as_row(answer)]
        if len(rows) != 1:
            raise Unreadable(f"expected one contract, got {len(rows)}")
        return tuple(_bracket(row) for row in as_rows(rows[0].get("brackets")))

    def set_leverage(self, symbol: str, leverage: int) -> Request:
        words: dict[str, str | int] = {"symbol": exchange_symbol(symbol), "leverage": leverage}
        return Request(endpoint=endpoints.SET_LEVERAGE, parameters=words)

    def set_margin_mode(self, symbol: str, margin_mode: str) -> Request:
        words = {"symbol": exchange_symbol(symbol), "marginType": MARGIN_TYPES[margin_mode]}
        return Request(endpoint=endpoints.SET_MARGIN_TYPE, parameters=words)


def _require_leverage(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Unreadable(f"leverage is {shorten(value)}, expected a whole number")
    return value


def _bracket(row: Row) -> LeverageBracket:
    return LeverageBracket(
        number=str(row.get("bracket")),
        max_leverage=_require_leverage(row.get("initialLeverage")),
        notional_cap=quantity(row, "notionalCap"),
    )
