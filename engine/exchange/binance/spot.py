"""Binance spot as the gateway sees it: requests out, reports in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.candle import Candle
from engine.domain.decimals import shorten
from engine.domain.fill import Fill
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.report import Balances, KeyPermissions, OrderReport, Ticker
from engine.errors import InvalidRequest
from engine.exchange.answers import Codes, Unreadable
from engine.exchange.binance import account, codes, endpoints, instruments, mapping, parameters
from engine.exchange.dialect import Endpoint, Request, TimeRange
from engine.exchange.rows import as_row, as_rows, text, time_ms

DAY_MS = 86_400_000
PAGE_ROWS = 1_000
INTERVALS = (
    *("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)
USAGE_HEADERS = {
    "x-mbx-used-weight-1m": "weight_1m",
    "x-mbx-order-count-10s": "orders_10s",
    "x-mbx-order-count-1d": "orders_1d",
}


class BinanceSpot:
    """The dialect of Binance spot and of every server that speaks it."""

    codes: Codes = codes.SPOT
    usage_headers: Mapping[str, str] = USAGE_HEADERS
    page_rows = PAGE_ROWS
    submit_cost = endpoints.SUBMIT.cost
    query_weights = endpoints.QUERY_WEIGHTS
    history_ms = DAY_MS

    def __init__(self, *, has_key_restrictions: bool = True) -> None:
        """`has_key_restrictions`: the host also answers /sapi; the test network does not."""
        self._has_key_restrictions = has_key_restrictions

    def exchange_symbol(self, symbol: str) -> str:
        """Return "BTCUSDT" for "BTC/USDT": on Binance spot the id is base and quote joined."""
        return symbol.replace("/", "")

    def _known(self, symbol: str) -> dict[str, str]:
        return {self.exchange_symbol(symbol): symbol}

    def check_order(self, order: Order) -> None:
        parameters.check_terms(order.terms)

    # ---- requests ----------------------------------------------------------------------------

    def ask_server_time(self) -> Request:
        return Request(endpoint=endpoints.SERVER_TIME)

    def ask_instruments(self) -> Request:
        return Request(endpoint=endpoints.EXCHANGE_INFO)

    def ask_account(self) -> Request:
        return Request(endpoint=endpoints.ACCOUNT)

    def ask_permissions(self) -> Request:
        if self._has_key_restrictions:
            return Request(endpoint=endpoints.KEY_RESTRICTIONS)
        return self.ask_account()

    def ask_ticker(self, symbol: str) -> Request:
        return self._about(endpoints.TICKER, symbol)

    def ask_candles(self, symbol: str, interval: str, limit: int) -> Request:
        """Raises InvalidRequest for an interval or a limit that Binance does not have."""
        if interval not in INTERVALS:
            raise InvalidRequest(
                f"interval is {shorten(interval)}; it must be one of {', '.join(INTERVALS)}."
            )
        if not 1 <= limit <= PAGE_ROWS:
            raise InvalidRequest(f"limit is {limit}; it must be from 1 to {PAGE_ROWS}.")
        return self._about(endpoints.CANDLES, symbol, interval=interval, limit=limit)

    def ask_open_orders(self, symbol: str | None) -> Request:
        if symbol is None:
            return Request(endpoint=endpoints.OPEN_ORDERS)
        return self._about(endpoints.OPEN_ORDERS_OF_SYMBOL, symbol)

    def ask_orders(self, symbol: str, during: TimeRange) -> Request:
        return self._page(
            endpoints.ALL_ORDERS, symbol, startTime=during.start_ms, endTime=during.end_ms
        )

    def ask_orders_from(self, symbol: str, exchange_order_id: str) -> Request:
        return self._page(endpoints.ALL_ORDERS, symbol, orderId=exchange_order_id)

    def ask_fills(self, symbol: str, during: TimeRange) -> Request:
        return self._page(endpoints.FILLS, symbol, startTime=during.start_ms, endTime=during.end_ms)

    def ask_fills_from(
        self, symbol: str, trade_id: str, exchange_order_id: str | None = None
    ) -> Request:
        if exchange_order_id is None:
            return self._page(endpoints.FILLS, symbol, fromId=trade_id)
        return self._page(
            endpoints.FILLS_OF_ORDER, symbol, fromId=trade_id, orderId=exchange_order_id
        )

    def ask_order(
        self, symbol: str, client_order_id: str | None, exchange_order_id: str | None
    ) -> Request:
        if exchange_order_id is not None:
            return self._about(endpoints.ORDER, symbol, orderId=exchange_order_id)
        assert client_order_id is not None
        return self._about(endpoints.ORDER, symbol, origClientOrderId=client_order_id)

    def submit(self, order: Order) -> Request:
        symbol = self.exchange_symbol(order.terms.symbol)
        words = parameters.submit_parameters(order, symbol)
        return Request(endpoint=endpoints.SUBMIT, parameters=words)

    def cancel(self, order: Order) -> Request:
        symbol = self.exchange_symbol(order.terms.symbol)
        words = parameters.cancel_parameters(order, symbol)
        return Request(endpoint=endpoints.CANCEL, parameters=words)

    def cancel_all(self, symbol: str, signed_at_ms: int, recv_window_ms: int) -> Request:
        return self._about(
            endpoints.CANCEL_ALL, symbol, timestamp=signed_at_ms, recvWindow=recv_window_ms
        )

    def _page(self, endpoint: Endpoint, symbol: str, **words: str | int) -> Request:
        return self._about(endpoint, symbol, limit=PAGE_ROWS, **words)

    def _about(self, endpoint: Endpoint, symbol: str, **words: str | int) -> Request:
        words["symbol"] = self.exchange_symbol(symbol)
        return Request(endpoint=endpoint, parameters=words)

    # ---- answers -----------------------------------------------------------------------------

    def read_server_time_ms(self, answer: Any) -> int:
        return time_ms(as_row(answer), "serverTime")

    def read_instruments(self, answer: Any) -> tuple[Instrument, ...]:
        return instruments.map_instruments(answer)

    def read_uid(self, answer: Any) -> str:
        return account.map_uid(answer)

    def read_balances(self, answer: Any, asked_at_ms: int) -> Balances:
        return account.map_balances(answer, asked_at_ms)

    def read_permissions(self, answer: Any) -> KeyPermissions:
        if self._has_key_restrictions:
            return account.map_key_restrictions(answer)
        return account.map_account_permissions(answer)

    def read_ticker(self, answer: Any, symbol: str, asked_at_ms: int) -> Ticker:
        row = as_row(answer)
        mapping.map_symbol(row, self._known(symbol))
        return mapping.map_ticker(row, symbol, asked_at_ms)

    def read_candles(self, answer: Any) -> tuple[Candle, ...]:
        if not isinstance(answer, list):
            raise Unreadable(f"expected candles, got {shorten(answer)}")
        return tuple(mapping.map_candle(row) for row in answer)

    def read_orders(self, answer: Any, symbols: Mapping[str, str]) -> tuple[OrderReport, ...]:
        return tuple(mapping.map_order(row, symbols) for row in as_rows(answer))

    def read_all_orders(self, answer: Any, symbols: Mapping[str, str]) -> tuple[OrderReport, ...]:
        """Read rows of any market; one that is not among `symbols` goes by Binance's word."""
        rows = as_rows(answer)
        words = {text(row, "symbol") for row in rows}
        known = {word: symbols.get(word, word) for word in words}
        return tuple(mapping.map_order(row, known) for row in rows)

    def read_fills(self, answer: Any, symbols: Mapping[str, str]) -> tuple[Fill, ...]:
        return tuple(mapping.map_fill(row, symbols) for row in as_rows(answer))

    def read_order(
        self,
        answer: Any,
        symbol: str,
        client_order_id: str | None,
        exchange_order_id: str | None,
    ) -> OrderReport:
        report = mapping.map_order(as_row(answer), self._known(symbol))
        if client_order_id is not None and report.client_order_id != client_order_id:
            raise Unreadable(f"asked for {client_order_id}, got {report.client_order_id}")
        if exchange_order_id is not None and report.exchange_order_id != exchange_order_id:
            raise Unreadable(f"asked for {exchange_order_id}, got {report.exchange_order_id}")
        return report

    def read_placed(self, answer: Any, order: Order) -> OrderReport:
        report = mapping.map_placed(as_row(answer), self._known(order.terms.symbol))
        if report.client_order_id != order.client_order_id:
            raise Unreadable(f"placed {order.client_order_id}, got {report.client_order_id}")
        return report

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
