"""Whole histories of orders and trades, whatever the exchange's pages cut off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from engine.domain.fill import Fill
from engine.domain.income import Income
from engine.domain.lanes import Lane
from engine.domain.report import OrderReport
from engine.exchange.dialect import Dialect, OrderWords, Request, TimeRange
from engine.exchange.paging import load_from, load_range, split_range

T = TypeVar("T")

#: Histories end so far beyond the exchange's present: rows written while we ask belong to them.
AHEAD_MS = 60_000


class Ask(Protocol):
    def __call__(
        self, request: Request, lane: Lane, what: str, read: Callable[[Any], tuple[T, ...]]
    ) -> tuple[T, ...]: ...


class History:
    """Asks page after page; fails as a whole when one page fails."""

    def __init__(self, dialect: Dialect, ask: Ask) -> None:
        self._dialect = dialect
        self._ask = ask

    def orders_since(
        self, symbol: str, since_ms: int, now_ms: int, lane: Lane
    ) -> tuple[OrderReport, ...]:
        """Return every order created since `since_ms`, oldest first.

        Whether the exchange filters by the time of creation or of the last change does not
        matter: all ranges up to the present are asked.
        """
        rows: dict[str, OrderReport] = {}
        services: list[OrderWords] = [self._dialect]
        if self._dialect.conditional is not None:
            services.insert(0, self._dialect.conditional)
        for words in services:
            for during in split_range(since_ms, now_ms + AHEAD_MS, self._dialect.history_ms):
                page = self._orders_during(words, symbol, during, lane)
                rows.update((report.exchange_order_id, report) for report in page)
        found = (report for report in rows.values() if report.created_at_ms >= since_ms)
        return tuple(sorted(found, key=_age))

    def fills_since(self, symbol: str, since_ms: int, now_ms: int, lane: Lane) -> tuple[Fill, ...]:
        """Return our trades since `since_ms`, oldest first.

        Of a market that was never traded much, one page says all: a year of it would be hundreds
        of questions, more than the allowance of a minute.
        """
        ranges = tuple(split_range(since_ms, now_ms + AHEAD_MS, self._dialect.history_ms))
        ever = self._fills_ever(symbol, lane) if len(ranges) > 1 else None
        if ever is not None:
            return _in_order([fill for fill in ever if fill.executed_at_ms >= since_ms])
        rows: list[Fill] = []
        for during in ranges:
            rows.extend(self._fills_during(symbol, during, lane))
        return _in_order(rows)

    def _fills_ever(self, symbol: str, lane: Lane) -> Sequence[Fill] | None:
        """Return all our trades of the symbol; None unless one page is known to hold them."""
        request = self._dialect.ask_newest_fills(symbol)
        if request is None:
            return None
        rows = self._ask_fills(request, symbol, lane)
        return rows if len(rows) < self._dialect.page_rows else None

    def fills_from(
        self, symbol: str, trade_id: str, lane: Lane, exchange_order_id: str | None = None
    ) -> tuple[Fill, ...]:
        """Return our trades from `trade_id` on, that one included, oldest first."""
        return _in_order(
            load_from(
                trade_id,
                self._dialect.page_rows,
                lambda first: self._ask_fills(
                    self._dialect.ask_fills_from(symbol, first, exchange_order_id), symbol, lane
                ),
                id_of=lambda fill: fill.trade_id,
                row_id_of=lambda fill: fill.row_id,
            )
        )

    def fills_of_order(self, symbol: str, exchange_order_id: str, lane: Lane) -> tuple[Fill, ...]:
        """Return the trades of one order; rows of any other order are not taken."""
        fills = self.fills_from(symbol, "0", lane, exchange_order_id)
        return tuple(fill for fill in fills if fill.exchange_order_id == exchange_order_id)

    def income_since(
        self, since_ms: int, now_ms: int, symbols: Mapping[str, str], lane: Lane
    ) -> tuple[Income, ...]:
        """Return what was booked to the wallets since `since_ms`, oldest first."""
        found: list[Income] = []
        for during in split_range(since_ms, now_ms + AHEAD_MS, self._dialect.history_ms):
            page, rows = 0, self._dialect.page_rows
            while rows == self._dialect.page_rows:
                page += 1
                listed = self._ask_income(self._dialect.ask_income(during, page), symbols, lane)
                rows = len(listed)
                found.extend(listed)
        return tuple(found)

    def _ask_income(
        self, request: Request, symbols: Mapping[str, str], lane: Lane
    ) -> tuple[Income, ...]:
        return self._ask(
            request, lane, "income", lambda said: self._dialect.read_income(said, symbols)
        )

    def _orders_during(
        self, words: OrderWords, symbol: str, during: TimeRange, lane: Lane
    ) -> list[OrderReport]:
        def ask(part: TimeRange) -> tuple[OrderReport, ...]:
            return self._ask_orders(words, words.ask_orders(symbol, part), symbol, lane)

        def ask_dense(rows: Sequence[OrderReport]) -> list[OrderReport]:
            return load_from(
                str(min(words.row_number(row) for row in rows)),
                self._dialect.page_rows,
                lambda first: self._ask_orders(
                    words, words.ask_orders_from(symbol, first), symbol, lane
                ),
                id_of=lambda report: str(words.row_number(report)),
                row_id_of=lambda report: report.exchange_order_id,
            )

        return load_range(during, self._dialect.page_rows, ask, ask_dense)

    def _fills_during(self, symbol: str, during: TimeRange, lane: Lane) -> list[Fill]:
        def ask(part: TimeRange) -> tuple[Fill, ...]:
            return self._ask_fills(self._dialect.ask_fills(symbol, part), symbol, lane)

        def ask_dense(rows: Sequence[Fill]) -> list[Fill]:
            first = min((row.trade_id for row in rows), key=int)
            fills = self.fills_from(symbol, first, lane)
            return [fill for fill in fills if fill.executed_at_ms <= rows[-1].executed_at_ms]

        return load_range(during, self._dialect.page_rows, ask, ask_dense)

    def _ask_orders(
        self, words: OrderWords, request: Request, symbol: str, lane: Lane
    ) -> tuple[OrderReport, ...]:
        symbols = {self._dialect.exchange_symbol(symbol): symbol}
        return self._ask(
            request,
            lane,
            f"orders of {symbol}",
            lambda said: words.read_orders(said, symbols),
        )

    def _ask_fills(self, request: Request, symbol: str, lane: Lane) -> tuple[Fill, ...]:
        symbols = {self._dialect.exchange_symbol(symbol): symbol}
        return self._ask(
            request,
            lane,
            f"trades of {symbol}",
            lambda said: self._dialect.read_fills(said, symbols),
        )


def _age(report: OrderReport) -> tuple[int, int, str]:
    """Return by what orders are sorted: when they began, then their numbers."""
    return (report.created_at_ms, len(report.exchange_order_id), report.exchange_order_id)


def _in_order(fills: Sequence[Fill]) -> tuple[Fill, ...]:
    by_row = {fill.row_id: fill for fill in fills}
    return tuple(sorted(by_row.values(), key=lambda fill: fill.sort_key))
