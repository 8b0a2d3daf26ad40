"""Conditional orders of contracts: Binance's algo service. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.decimals import ZERO, plain
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderTerms
from engine.domain.report import OrderReport
from engine.exchange.binance import futures_endpoints as prices
from engine.exchange.binance.futures_conditional_mapping import MARK, map_conditional
from engine.exchange.binance.futures_contracts import exchange_symbol
from engine.exchange.binance.futures_parameters import (
    WORKING_TYPES,
    check_terms,
    claimed_parameters,
)
from engine.exchange.binance.order_rows import OrderRows
from engine.exchange.binance.parameters import Parameters
from engine.exchange.binance.rest import PAGE_ROWS
from engine.exchange.dialect import Endpoint, Request, TimeRange
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row

#: The service keeps orders of other kinds, too, which are no conditional orders.
KIND = "CONDITIONAL"


class BinanceConditional(OrderRows):
    """Requests and answers of the algo service."""

    def exchange_symbol(self, symbol: str) -> str:
        return exchange_symbol(symbol)

    def is_id(self, exchange_order_id: str) -> bool:
        return exchange_order_id.startswith(MARK)

    def keeps(self, order: Order) -> bool:
        """Tell whether the order stands here, as far as is known."""
        if order.exchange_order_id is None:
            return order.terms.order_type.is_conditional
        return order.triggered_order_id is None and self.is_id(order.exchange_order_id)

    def row_number(self, report: OrderReport) -> int:
        return int(report.exchange_order_id.removeprefix(MARK))

    # ---- requests ----------------------------------------------------------------------------

    def ask_order(
        self, symbol: str, client_order_id: str | None, exchange_order_id: str | None
    ) -> Request:
        words = _names(client_order_id, exchange_order_id)
        return self._about(prices.CONDITIONAL, symbol, words)

    def ask_open_orders(self, symbol: str | None) -> Request:
        if symbol is None:
            return Request(endpoint=prices.OPEN_CONDITIONAL, parameters={"algoType": KIND})
        return self._about(prices.OPEN_CONDITIONAL_OF_SYMBOL, symbol, {"algoType": KIND})

    def ask_orders(self, symbol: str, during: TimeRange) -> Request:
        words: Parameters = {"startTime": during.start_ms, "endTime": during.end_ms}
        return self._about(prices.ALL_CONDITIONAL, symbol, {**words, "limit": PAGE_ROWS})

    def ask_orders_from(self, symbol: str, exchange_order_id: str) -> Request:
        words = _names(None, exchange_order_id)
        return self._about(prices.ALL_CONDITIONAL, symbol, {**words, "limit": PAGE_ROWS})

    def submit(self, order: Order) -> Request:
        """Return the placement of a claimed order; the trigger is judged by the service."""
        terms = order.terms
        check_terms(terms)
        words: Parameters = {
            "algoType": KIND,
            "workingType": WORKING_TYPES[terms.trigger_by],
            "clientAlgoId": order.client_order_id,
        }
        said = claimed_parameters(order, exchange_symbol(terms.symbol))
        found = {**said, **words, **_trigger(terms)}
        return Request(endpoint=prices.SUBMIT_CONDITIONAL, parameters=found)

    def cancel(self, order: Order) -> Request:
        words = _names(order.client_order_id, order.exchange_order_id)
        return self._about(prices.CANCEL_CONDITIONAL, order.terms.symbol, words)

    def cancel_all(self, symbol: str, signed_at_ms: int, recv_window_ms: int) -> Request:
        words: Parameters = {"timestamp": signed_at_ms, "recvWindow": recv_window_ms}
        return self._about(prices.CANCEL_ALL_CONDITIONAL, symbol, words)

    def _about(self, endpoint: Endpoint, symbol: str, words: Parameters) -> Request:
        return Request(endpoint=endpoint, parameters={"symbol": exchange_symbol(symbol), **words})

    # ---- answers -----------------------------------------------------------------------------

    def read_order_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        return map_conditional(row, symbols)

    def read_placed_row(self, row: Row, symbols: Mapping[str, str]) -> OrderReport:
        return map_conditional(row, symbols)

    def read_canceled(self, answer: Any, order: Order) -> OrderReport:
        """Read a confirmation that names the order and says nothing more of it.

        Only one that waits can be cancelled here, so nothing of it was ever filled.
        """
        row = as_row(answer)
        require_confirmed(row)
        name = f"{MARK}{row.get('algoId')}"
        is_other = order.exchange_order_id not in (None, name)
        if is_other or row.get("clientAlgoId") != order.client_order_id:
            raise Unreadable(f"cancelled {order.client_order_id}, the answer is about another")
        return _ended(order, name)

    def read_canceled_all(self, answer: Any, symbol: str) -> tuple[OrderReport, ...]:
        require_confirmed(answer)
        return ()


def _trigger(terms: OrderTerms) -> Parameters:
    """Return what sets the order off: a price, or how far it comes back from its best."""
    if terms.trailing_rate is None:
        assert terms.trigger_price is not None
        return {"triggerPrice": plain(terms.trigger_price)}
    found: Parameters = {"callbackRate": plain(terms.trailing_rate)}
    if terms.activation_price is not None:
        found["activatePrice"] = plain(terms.activation_price)
    return found


def _names(client_order_id: str | None, exchange_order_id: str | None) -> Parameters:
    words: Parameters = {}
    if client_order_id is not None:
        words["clientAlgoId"] = client_order_id
    if exchange_order_id is not None:
        words["algoId"] = exchange_order_id.removeprefix(MARK)
    return words


def _ended(order: Order, exchange_order_id: str) -> OrderReport:
    terms = order.terms
    return OrderReport(
        exchange_order_id=exchange_order_id,
        client_order_id=order.client_order_id,
        symbol=terms.symbol,
        side=terms.side,
        order_type=terms.order_type,
        status=OrderStatus.CANCELED,
        quantity=order.quantity or ZERO,
        filled_quantity=ZERO,
        price=terms.price,
        trigger_price=terms.trigger_price,
        position_side=terms.position_side,
        reduce_only=terms.reduce_only,
        close_position=terms.close_position,
        created_at_ms=order.created_at_ms,
        updated_at_ms=order.exchange_updated_at_ms,
    )


def require_confirmed(answer: Any) -> None:
    """Raise Unreadable unless the answer is Binance's bare confirmation."""
    if as_row(answer).get("code") not in (200, "200"):
        raise Unreadable("the answer does not confirm that it was cancelled")
