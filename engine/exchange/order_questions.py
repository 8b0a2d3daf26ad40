"""What the exchange says of orders and trades.

Where conditional orders have a service of their own, both services are asked, and an order whose
trigger has placed another one is told as one: under both ids, and as that other one stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.report import OrderReport
from engine.errors import ExchangeRefused
from engine.exchange.dialect import Dialect, OrderWords
from engine.exchange.history import History
from engine.exchange.questions import Questions


class OrderQuestions:
    """Asks for orders and trades of one account."""

    def __init__(
        self,
        dialect: Dialect,
        questions: Questions,
        *,
        exchange_now_ms: Callable[[], int],
        listed_symbols: Callable[[Lane], dict[str, str]],
    ) -> None:
        """`listed_symbols`: the exchange's words for our names of the listed markets."""
        self._dialect = dialect
        self._conditional = dialect.conditional
        self._questions = questions
        self._exchange_now_ms = exchange_now_ms
        self._listed_symbols = listed_symbols
        self._history = History(dialect, questions.ask)

    # ---- one order ---------------------------------------------------------------------------

    def find(
        self, symbol: str, client_order_id: str | None, exchange_order_id: str | None, lane: Lane
    ) -> OrderReport | None:
        """Return the order by exactly one of its ids; None when the exchange knows none."""
        if (client_order_id is None) == (exchange_order_id is None):
            raise ValueError(f"exactly one id is needed, got {client_order_id, exchange_order_id}")
        if client_order_id is not None:
            return self._find_by_name(symbol, client_order_id, lane)
        assert exchange_order_id is not None
        words = self._conditional
        if words is None or not words.is_id(exchange_order_id):
            return self._find(self._dialect, symbol, None, exchange_order_id, lane)
        report = self._find(words, symbol, None, exchange_order_id, lane)
        if report is None or report.triggered_order_id is None:
            return report
        placed = self._find(self._dialect, symbol, None, report.triggered_order_id, lane)
        return None if placed is None else as_one(report, placed)

    def _find_by_name(self, symbol: str, name: str, lane: Lane) -> OrderReport | None:
        """Look in both lists; what a trigger placed may bear the name of what waited for it."""
        placed = self._find(self._dialect, symbol, name, None, lane)
        if self._conditional is None or (placed and placed.triggered_order_id is None):
            return placed
        report = self._find(self._conditional, symbol, name, None, lane)
        if report is None or report.triggered_order_id is None:
            return placed or report
        if placed is None or placed.exchange_order_id != report.triggered_order_id:
            placed = self._find(self._dialect, symbol, None, report.triggered_order_id, lane)
        return report if placed is None else as_one(report, placed)

    def _find(
        self,
        words: OrderWords,
        symbol: str,
        client_order_id: str | None,
        exchange_order_id: str | None,
        lane: Lane,
    ) -> OrderReport | None:
        ids = (client_order_id, exchange_order_id)
        try:
            return self._questions.ask(
                words.ask_order(symbol, *ids),
                lane,
                f"order {client_order_id or exchange_order_id}",
                lambda said: words.read_order(said, symbol, *ids),
            )
        except ExchangeRefused as error:
            if error.exchange_code in self._dialect.codes.no_such_order:
                return None
            raise

    # ---- many --------------------------------------------------------------------------------

    def open_orders(
        self, symbol: str | None, lane: Lane, known: Iterable[str], *, with_conditional: bool
    ) -> tuple[OrderReport, ...]:
        """Return the open orders of one symbol, or of all, also of markets listed no more.

        Those of `known` keep our name; any other unlisted market goes by the exchange's word.
        """
        if symbol is not None:
            symbols = {self._dialect.exchange_symbol(symbol): symbol}
        else:
            symbols = {self._dialect.exchange_symbol(name): name for name in known}
            symbols |= self._listed_symbols(lane)
        waiting: tuple[OrderReport, ...] = ()
        if self._conditional is not None and with_conditional:
            # First: one that is triggered between the two lists is in one of them, or in both
            waiting = self._open_orders(self._conditional, symbol, symbols, lane)
        return waiting + self._open_orders(self._dialect, symbol, symbols, lane)

    def _open_orders(
        self, words: OrderWords, symbol: str | None, symbols: dict[str, str], lane: Lane
    ) -> tuple[OrderReport, ...]:
        read = words.read_all_orders if symbol is None else words.read_orders
        request = words.ask_open_orders(symbol)
        return self._questions.ask(request, lane, "open orders", lambda said: read(said, symbols))

    def orders_since(self, symbol: str, since_ms: int, lane: Lane) -> tuple[OrderReport, ...]:
        """Return every order of the symbol created since `since_ms` (exchange time)."""
        self._questions.ready_to_sign(lane)
        return self._history.orders_since(symbol, since_ms, self._exchange_now_ms(), lane)

    def fills(
        self,
        symbol: str,
        lane: Lane,
        *,
        since_ms: int | None,
        after_trade_id: str | None,
        exchange_order_id: str | None,
    ) -> tuple[Fill, ...]:
        """Return our trades of the symbol by one of the three, oldest first, all pages."""
        if exchange_order_id is not None:
            return self._history.fills_of_order(symbol, exchange_order_id, lane)
        if after_trade_id is not None:
            return self._history.fills_from(symbol, after_trade_id, lane)
        if since_ms is None:
            raise ValueError("since_ms, after_trade_id or exchange_order_id is needed")
        self._questions.ready_to_sign(lane)
        return self._history.fills_since(symbol, since_ms, self._exchange_now_ms(), lane)


def as_one(conditional: OrderReport, placed: OrderReport) -> OrderReport:
    """Return the report of an order whose trigger has placed another one. Pure."""
    return replace(
        placed,
        exchange_order_id=conditional.exchange_order_id,
        triggered_order_id=placed.exchange_order_id,
        client_order_id=conditional.client_order_id,
        order_type=conditional.order_type,
        trigger_price=conditional.trigger_price,
        created_at_ms=conditional.created_at_ms,
        updated_at_ms=max(conditional.updated_at_ms, placed.updated_at_ms),
    )
