"""What both markets of Binance have in common: requests out, reports in. Pure.

The markets differ in paths, prices and names of fields; those are a table and five functions of
each market's own dialect.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from engine.domain.candle import Candle
from engine.domain.decimals import shorten
from engine.domain.fill import Fill
from engine.domain.order import Order
from engine.domain.report import OrderReport
from engine.errors import InvalidRequest
from engine.exchange.binance import mapping
from engine.exchange.binance.order_rows import OrderRows
from engine.exchange.binance.price_list import PriceList
from engine.exchange.dialect import Endpoint, Request, TimeRange
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, time_ms
from engine.ports import Cost, QueryWeights

DAY_MS = 86_400_000
PAGE_ROWS = 1_000
INTERVALS = (
    *("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)


class BinanceRest(OrderRows):
    """Requests and answers of one market of Binance; the market's dialect derives from it."""

    prices: PriceList
    intervals: tuple[str, ...] = INTERVALS
    page_rows = PAGE_ROWS
    tells_newest_fills: bool  # Of all times, when no time is asked for

    def __init__(self, *, has_key_restrictions: bool = True) -> None:
        """`has_key_restrictions`: the host also answers /sapi; those of test networks do not."""
        self._has_key_restrictions = has_key_restrictions

    @property
    def submit_cost(self) -> Cost:
        return self.prices.submit.cost

    @property
    def query_weights(self) -> QueryWeights:
        return self.prices.query_weights

    @abstractmethod
    def order_parameters(self, order: Order, symbol: str) -> Mapping[str, str | int]:
        """Return the parameters of a claimed order."""

    @abstractmethod
    def cancel_parameters(self, order: Order, symbol: str) -> Mapping[str, str | int]: ...

    @abstractmethod
    def read_fill_row(self, row: Row, symbols: Mapping[str, str]) -> Fill: ...

    # ---- orders in one list ------------------------------------------------------------------

    def check_list(self, orders: tuple[Order, Order]) -> Cost:
        raise InvalidRequest("this market takes no two orders of which one cancels the other.")

    def submit_list(self, orders: tuple[Order, Order]) -> Request:
        raise InvalidRequest("this market takes no two orders of which one cancels the other.")

    def read_listed(self, answer: Any, order: Order) -> OrderReport:
        raise Unreadable("the answer to a list, which this market does not take")

    # ---- requests ----------------------------------------------------------------------------

    def ask_server_time(self) -> Request:
        return Request(endpoint=self.prices.server_time)

    def ask_instruments(self) -> Request:
        return Request(endpoint=self.prices.instruments)

    def ask_account(self) -> Request:
        return Request(endpoint=self.prices.account)

    def ask_ticker(self, symbol: str) -> Request:
        return self._about(self.prices.ticker, symbol)

    def ask_candles(self, symbol: str, interval: str, limit: int) -> Request:
        """Raises InvalidRequest for an interval or a limit that Binance does not have."""
        if interval not in self.intervals:
            known = ", ".join(self.intervals)
            raise InvalidRequest(f"interval is {shorten(interval)}; it must be one of {known}.")
        if not 1 <= limit <= PAGE_ROWS:
            raise InvalidRequest(f"limit is {limit}; it must be from 1 to {PAGE_ROWS}.")
        return self._about(self.prices.candles, symbol, interval=interval, limit=limit)

    def ask_open_orders(self, symbol: str | None) -> Request:
        if symbol is None:
            return Request(endpoint=self.prices.open_orders)
        return self._about(self.prices.open_orders_of_symbol, symbol)

    def ask_orders(self, symbol: str, during: TimeRange) -> Request:
        return self._page(
            self.prices.all_orders, symbol, startTime=during.start_ms, endTime=during.end_ms
        )

    def ask_orders_from(self, symbol: str, exchange_order_id: str) -> Request:
        return self._page(self.prices.all_orders, symbol, orderId=exchange_order_id)

    def ask_fills(self, symbol: str, during: TimeRange) -> Request:
        return self._page(
            self.prices.fills, symbol, startTime=during.start_ms, endTime=during.end_ms
        )

    def ask_newest_fills(self, symbol: str) -> Request | None:
        """Spot answers with the newest of all; contracts with those of the last seven days.

        REST documentation of both, 2026.
        """
        return self._page(self.prices.fills, symbol) if self.tells_newest_fills else None

    def ask_fills_from(
        self, symbol: str, trade_id: str, exchange_order_id: str | None = None
    ) -> Request:
        if exchange_order_id is None:
            return self._page(self.prices.fills, symbol, fromId=trade_id)
        return self._page(
            self.prices.fills_of_order, symbol, fromId=trade_id, orderId=exchange_order_id
        )

    def ask_order(
        self, symbol: str, client_order_id: str | None, exchange_order_id: str | None
    ) -> Request:
        if exchange_order_id is not None:
            return self._about(self.prices.order, symbol, orderId=exchange_order_id)
        assert client_order_id is not None
        return self._about(self.prices.order, symbol, origClientOrderId=client_order_id)

    def submit(self, order: Order) -> Request:
        symbol = self.exchange_symbol(order.terms.symbol)
        words = self.order_parameters(order, symbol)
        return Request(endpoint=self.prices.submit, parameters=words)

    def cancel(self, order: Order) -> Request:
        symbol = self.exchange_symbol(order.terms.symbol)
        words = self.cancel_parameters(order, symbol)
        return Request(endpoint=self.prices.cancel, parameters=words)

    def cancel_all(self, symbol: str, signed_at_ms: int, recv_window_ms: int) -> Request:
        return self._about(
            self.prices.cancel_all, symbol, timestamp=signed_at_ms, recvWindow=recv_window_ms
        )

    def _page(self, endpoint: Endpoint, symbol: str, **words: str | int) -> Request:
        return self._about(endpoint, symbol, limit=PAGE_ROWS, **words)

    def _about(self, endpoint: Endpoint, symbol: str, **words: str | int) -> Request:
        words["symbol"] = self.exchange_symbol(symbol)
        return Request(endpoint=endpoint, parameters=words)

    # ---- answers -----------------------------------------------------------------------------

    def row_number(self, report: OrderReport) -> int:
        return int(report.exchange_order_id)

    def read_server_time_ms(self, answer: Any) -> int:
        return time_ms(as_row(answer), "serverTime")

    def read_candles(self, answer: Any) -> tuple[Candle, ...]:
        if not isinstance(answer, list):
            raise Unreadable(f"expected candles, got {shorten(answer)}")
        return tuple(mapping.map_candle(row) for row in answer)

    def read_fills(self, answer: Any, symbols: Mapping[str, str]) -> tuple[Fill, ...]:
        return tuple(self.read_fill_row(row, symbols) for row in as_rows(answer))
