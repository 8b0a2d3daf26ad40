"""Rows of orders in answers: which of them were asked for, and are they what was meant? Pure."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from engine.domain.order import Order
from engine.domain.report import OrderReport
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, text


class OrderRows:
    """Reads the orders of one service; how a row is read is the service's own affair."""

    @abstractmethod
    def exchange_symbol(self, symbol: str) -> str: ...

    @abstractmethod
    def read_order_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        """Return the report of a queried order."""

    @abstractmethod
    def read_placed_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport: ...

    def _known(self, symbol: str) -> dict[str, str]:
        return {self.exchange_symbol(symbol): symbol}

    def read_orders(self, answer: Any, symbols: Mapping[str, str]) -> tuple[OrderReport, ...]:
        return tuple(self.read_order_row(row, symbols) for row in as_rows(answer))

    def read_all_orders(self, answer: Any, symbols: Mapping[str, str]) -> tuple[OrderReport, ...]:
        """Read rows of any market; one that is not among `symbols` goes by Binance's word."""
        rows = as_rows(answer)
        words = {text(row, "symbol") for row in rows}
        known = {word: symbols.get(word, word) for word in words}
        return tuple(self.read_order_row(row, known) for row in rows)

    def read_order(
        self,
        answer: Any,
        symbol: str,
        client_order_id: str | None,
        exchange_order_id: str | None,
    ) -> OrderReport:
        report = self.read_order_row(as_row(answer), self._known(symbol))
        if client_order_id is not None and report.client_order_id != client_order_id:
            raise Unreadable(f"asked for {client_order_id}, got {report.client_order_id}")
        if exchange_order_id is not None and report.exchange_order_id != exchange_order_id:
            raise Unreadable(f"asked for {exchange_order_id}, got {report.exchange_order_id}")
        return report

    def read_placed(self, answer: Any, order: Order) -> OrderReport:
        report = self.read_placed_row(as_row(answer), self._known(order.terms.symbol))
        if report.client_order_id != order.client_order_id:
            raise Unreadable(f"placed {order.client_order_id}, got {report.client_order_id}")
        return report
