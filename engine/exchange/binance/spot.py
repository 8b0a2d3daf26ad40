"""Binance spot as the gateway sees it: requests out, reports in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.fill import Fill
from engine.domain.income import Income
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.report import Balances, HeldPosition, KeyPermissions, OrderReport, Ticker
from engine.errors import InvalidRequest
from engine.exchange.binance import (
    account,
    codes,
    endpoints,
    instruments,
    mapping,
    parameters,
    spot_lists,
)
from engine.exchange.binance.rest import DAY_MS, INTERVALS, BinanceRest
from engine.exchange.dialect import ConditionalWords, ContractWords, Request, TimeRange
from engine.exchange.error_codes import Codes
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows
from engine.ports import Cost

USAGE_HEADERS = {
    "x-mbx-used-weight-1m": "weight_1m",
    "x-mbx-order-count-10s": "orders_10s",
    "x-mbx-order-count-1d": "orders_1d",
}


class BinanceSpot(BinanceRest):
    """The dialect of Binance spot and of every server that speaks it."""

    codes: Codes = codes.SPOT
    prices = endpoints.SPOT
    usage_headers: Mapping[str, str] = USAGE_HEADERS
    intervals = ("1s", *INTERVALS)
    history_ms = DAY_MS
    tells_newest_fills = True
    has_positions = False
    contracts: ContractWords | None = None
    conditional: ConditionalWords | None = None

    def exchange_symbol(self, symbol: str) -> str:
        """Return "BTCUSDT" for "BTC/USDT": on Binance spot the id is base and quote joined."""
        return symbol.replace("/", "")

    def check_order(self, order: Order) -> None:
        parameters.check_terms(order.terms)

    def order_parameters(self, order: Order, symbol: str) -> parameters.Parameters:
        return parameters.submit_parameters(order, symbol)

    def submit_list(self, orders: tuple[Order, Order]) -> Request:
        symbol = self.exchange_symbol(orders[0].terms.symbol)
        parameters = spot_lists.list_parameters(orders, symbol)
        return Request(endpoint=endpoints.SUBMIT_LIST, parameters=parameters)

    def check_list(self, orders: tuple[Order, Order]) -> Cost:
        spot_lists.check_list(orders)
        return endpoints.SUBMIT_LIST.cost

    def read_listed(self, answer: Any, order: Order) -> OrderReport:
        return self.read_placed(spot_lists.pick_row(answer, order), order)

    def cancel_parameters(self, order: Order, symbol: str) -> parameters.Parameters:
        return parameters.cancel_parameters(order, symbol)

    def ask_holder(self) -> Request:
        return self.ask_account()

    def ask_income(self, during: TimeRange, page: int) -> Request:
        raise InvalidRequest("income is not listed on spot; balances tell what it came to.")

    def set_countdown(self, symbol: str, length_ms: int) -> Request:
        raise InvalidRequest("spot has no countdown that ends orders.")

    def ask_positions(self) -> Request | None:
        return None

    def ask_permissions(self) -> Request:
        if self._has_key_restrictions:
            return Request(endpoint=endpoints.KEY_RESTRICTIONS)
        return self.ask_account()

    # ---- answers -----------------------------------------------------------------------------

    def read_order_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        return mapping.map_order(row, symbols)

    def read_placed_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        return mapping.map_placed(row, symbols)

    def read_fill_row(self, row: Row, symbols: Mapping[str, str]) -> Fill:
        return mapping.map_fill(row, symbols)

    def read_instruments(self, answer: Any) -> tuple[Instrument, ...]:
        return instruments.map_instruments(answer)

    def read_uid(self, answer: Any) -> str:
        return account.map_uid(answer)

    def read_balances(self, answer: Any, asked_at_ms: int, symbols: Mapping[str, str]) -> Balances:
        return account.map_balances(answer, asked_at_ms)

    def read_income(self, answer: Any, symbols: Mapping[str, str]) -> tuple[Income, ...]:
        return ()

    def read_positions(self, answer: Any, symbols: Mapping[str, str]) -> tuple[HeldPosition, ...]:
        return ()

    def read_permissions(self, answer: Any) -> KeyPermissions:
        if self._has_key_restrictions:
            return account.map_key_restrictions(answer, "enableSpotAndMarginTrading")
        return account.map_account_permissions(answer)

    def read_ticker(self, answer: Any, symbol: str, asked_at_ms: int) -> Ticker:
        row = as_row(answer)
        mapping.map_symbol(row, self._known(symbol))
        return mapping.map_ticker(row, symbol, asked_at_ms)

    def read_canceled(self, answer: Any, order: Order) -> OrderReport:
        report = mapping.map_canceled(
            as_row(answer), self._known(order.terms.symbol), order.signed_at_ms
        )
        known = order.exchange_order_id
        if report.original_client_order_id != order.client_order_id or known not in {
            None,
            report.exchange_order_id,
        }:
            raise Unreadable(f"cancelled {order.client_order_id}, the answer is about another")
        return report

    def read_canceled_all(self, answer: Any, symbol: str) -> tuple[OrderReport, ...]:
        return tuple(
            mapping.map_canceled(row, self._known(symbol), None)
            for row in mapping.listed_orders(as_rows(answer))
        )
