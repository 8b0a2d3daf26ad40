"""What a gateway does with orders, and asks about orders and trades."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import (
    CancelAllAnswer,
    CancelAnswer,
    OrderReport,
    SubmitAnswer,
)
from engine.exchange.gateway_parts import GatewayParts


class OrderGateway(GatewayParts):
    """Places, cancels and finds orders."""

    # ---- placing -----------------------------------------------------------------------------

    def prepare_submit(self, order: Order, *, nonce: str, lane: Lane = Lane.SUBMIT) -> None:
        """Make ready all that `submit` needs: connection, clock, and last the allowance.

        Raises InvalidRequest for an order that the exchange cannot express, BudgetExhausted,
        ExchangeUnavailable or ExchangeRefused; then no allowance is kept.
        """
        self._requests.prepare(order, nonce=nonce, lane=lane)

    def refund_submit(self, nonce: str) -> None:
        """Give the allowance back: the claim was lost and nothing is sent."""
        self._wire.refund(nonce)

    def submit(self, order: Order) -> SubmitAnswer:
        """Send a claimed order, signed with its `signed_at_ms`: one request, no waiting.

        Raises only before anything left, for an order that was not claimed or a forked process.
        """
        return self._requests.submit(order)

    def prepare_list(
        self, orders: tuple[Order, Order], *, nonce: str, lane: Lane = Lane.SUBMIT
    ) -> None:
        """Make ready all that `submit_list` needs; raises what `prepare_submit` raises."""
        self._requests.prepare_list(orders, nonce=nonce, lane=lane)

    def submit_list(self, orders: tuple[Order, Order]) -> tuple[SubmitAnswer, SubmitAnswer]:
        """Send two claimed orders in one request; what the answer proves of each is told alone.

        Raises only before anything left, as `submit` does.
        """
        return self._requests.submit_list(orders)

    def cancel(self, order: Order, lane: Lane = Lane.CANCEL) -> CancelAnswer:
        """Ask for the end of the order. May be repeated; raises BudgetExhausted only."""
        return self._requests.cancel(order, lane)

    def cancel_all(
        self, symbol: str, *, signed_at_ms: int, recv_window_ms: int, lane: Lane = Lane.CANCEL
    ) -> CancelAllAnswer:
        """End every open order of the symbol, whoever's and of any kind, signed for that time.

        Raises BudgetExhausted, ExchangeUnavailable or ExchangeRefused before it is sent only.
        """
        return self._requests.cancel_all(
            symbol, signed_at_ms=signed_at_ms, recv_window_ms=recv_window_ms, lane=lane
        )

    def set_countdown(self, symbol: str, length_ms: int, lane: Lane) -> None:
        """Have the exchange end every order of the symbol after so long; 0 takes that away."""
        self._requests.set_countdown(symbol, length_ms, lane)

    # ---- orders and trades -------------------------------------------------------------------

    def find_order(
        self,
        symbol: str,
        *,
        client_order_id: str | None = None,
        exchange_order_id: str | None = None,
        lane: Lane,
    ) -> OrderReport | None:
        """Return the order by exactly one of its ids; None when the exchange knows none."""
        return self._orders.find(symbol, client_order_id, exchange_order_id, lane)

    def load_open_orders(
        self,
        symbol: str | None,
        lane: Lane,
        *,
        known: Iterable[str] = (),
        with_conditional: bool = True,
    ) -> tuple[OrderReport, ...]:
        """Return the open orders of one symbol, or of all, also of markets listed no more."""
        return self._orders.open_orders(symbol, lane, known, with_conditional=with_conditional)

    def load_orders(self, symbol: str, since_ms: int, lane: Lane) -> tuple[OrderReport, ...]:
        """Return every order of the symbol created since `since_ms` (exchange time)."""
        return self._orders.orders_since(symbol, since_ms, lane)

    def load_fills(
        self,
        symbol: str,
        *,
        lane: Lane,
        since_ms: int | None = None,
        after_trade_id: str | None = None,
        exchange_order_id: str | None = None,
    ) -> tuple[Fill, ...]:
        """Return our trades of the symbol by one of the three, oldest first, all pages.

        `after_trade_id` brings the rows of that id again: a trade of the account with itself has
        two, and the one that was seen may have been alone on its page.
        """
        return self._orders.fills(
            symbol,
            lane,
            since_ms=since_ms,
            after_trade_id=after_trade_id,
            exchange_order_id=exchange_order_id,
        )
