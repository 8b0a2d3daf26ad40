"""Binance USDⓈ-M as the gateway sees it: requests out, reports in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.domain.fill import Fill
from engine.domain.income import Income
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.report import Balances, HeldPosition, KeyPermissions, OrderReport, Ticker
from engine.exchange.binance import account, codes, endpoints
from engine.exchange.binance import futures_account as wallets
from engine.exchange.binance import futures_endpoints as prices
from engine.exchange.binance import futures_mapping as mapping
from engine.exchange.binance import futures_parameters as parameters
from engine.exchange.binance.futures_conditional import BinanceConditional, require_confirmed
from engine.exchange.binance.futures_contracts import BinanceContracts, exchange_symbol
from engine.exchange.binance.mapping import map_symbol
from engine.exchange.binance.parameters import Parameters
from engine.exchange.binance.rest import DAY_MS, BinanceRest
from engine.exchange.dialect import ConditionalWords, ContractWords, Request, TimeRange
from engine.exchange.error_codes import Codes
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row
from engine.ports import QueryWeights

USAGE_HEADERS = {
    "x-mbx-used-weight-1m": "futures_weight_1m",
    "x-mbx-order-count-10s": "orders_10s",
    "x-mbx-order-count-1m": "orders_1m",
}


class BinanceFutures(BinanceRest):
    """The dialect of Binance USDⓈ-M and of every server that speaks it."""

    codes: Codes = codes.FUTURES
    prices = prices.FUTURES
    usage_headers: Mapping[str, str] = USAGE_HEADERS
    history_ms = 7 * DAY_MS
    tells_newest_fills = False
    has_positions = True
    contracts: ContractWords | None = BinanceContracts()
    conditional: ConditionalWords | None = BinanceConditional()

    @property
    def query_weights(self) -> QueryWeights:
        return replace(
            super().query_weights,
            open_conditional=prices.OPEN_CONDITIONAL.cost.weight,
            open_conditional_of_symbol=prices.OPEN_CONDITIONAL_OF_SYMBOL.cost.weight,
        )

    def exchange_symbol(self, symbol: str) -> str:
        """Return "BTCUSDT" for "BTC/USDT:USDT", whichever of its positions is meant."""
        return exchange_symbol(symbol)

    def check_order(self, order: Order) -> None:
        parameters.check_terms(order.terms)

    def order_parameters(self, order: Order, symbol: str) -> Parameters:
        return parameters.submit_parameters(order, symbol)

    def cancel_parameters(self, order: Order, symbol: str) -> Parameters:
        return parameters.cancel_parameters(order, symbol)

    def ask_holder(self) -> Request:
        return Request(endpoint=prices.BALANCE)

    def ask_income(self, during: TimeRange, page: int) -> Request:
        words = {"startTime": during.start_ms, "endTime": during.end_ms, "page": page}
        return Request(endpoint=prices.INCOME, parameters={**words, "limit": self.page_rows})

    def set_countdown(self, symbol: str, length_ms: int) -> Request:
        words: Parameters = {"symbol": self.exchange_symbol(symbol), "countdownTime": length_ms}
        return Request(endpoint=prices.COUNTDOWN, parameters=words)

    def ask_positions(self) -> Request | None:
        return Request(endpoint=prices.POSITIONS)

    def ask_permissions(self) -> Request:
        if self._has_key_restrictions:
            return Request(endpoint=endpoints.KEY_RESTRICTIONS)
        return Request(endpoint=prices.ACCOUNT_CONFIG)

    # ---- answers -----------------------------------------------------------------------------

    def read_order_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        return mapping.map_order(row, symbols)

    def read_placed_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        return mapping.map_answered(row, symbols, None)

    def read_fill_row(self, row: Row, symbols: Mapping[str, str]) -> Fill:
        return mapping.map_fill(row, symbols)

    def read_instruments(self, answer: Any) -> tuple[Instrument, ...]:
        return mapping.map_instruments(answer)

    def read_uid(self, answer: Any) -> str:
        return wallets.map_uid(answer)

    def read_balances(self, answer: Any, asked_at_ms: int, symbols: Mapping[str, str]) -> Balances:
        return wallets.map_balances(answer, asked_at_ms, symbols)

    def read_income(self, answer: Any, symbols: Mapping[str, str]) -> tuple[Income, ...]:
        return wallets.map_income(answer, symbols)

    def read_positions(self, answer: Any, symbols: Mapping[str, str]) -> tuple[HeldPosition, ...]:
        return wallets.map_positions(answer, symbols)

    def read_permissions(self, answer: Any) -> KeyPermissions:
        if self._has_key_restrictions:
            return account.map_key_restrictions(answer, "enableFutures")
        return wallets.map_account_config(answer)

    def read_ticker(self, answer: Any, symbol: str, asked_at_ms: int) -> Ticker:
        row = as_row(answer)
        map_symbol(row, self._known(symbol))
        return mapping.map_ticker(row, symbol, asked_at_ms)

    def read_canceled(self, answer: Any, order: Order) -> OrderReport:
        known = self._known(order.terms.symbol)
        report = mapping.map_answered(as_row(answer), known, order.signed_at_ms)
        is_named = report.client_order_id == order.client_order_id
        is_numbered = report.exchange_order_id == order.trades_under
        if not (is_numbered or (is_named and order.trades_under is None)):
            raise Unreadable(f"cancelled {order.client_order_id}, the answer is about another")
        return report

    def read_canceled_all(self, answer: Any, symbol: str) -> tuple[OrderReport, ...]:
        """Read a bare confirmation: this market does not say what it ended."""
        require_confirmed(answer)
        return ()
