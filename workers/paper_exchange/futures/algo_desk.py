"""The algo service: takes conditional orders in, triggers them, and follows their children."""

from __future__ import annotations

from decimal import Decimal

from workers.paper_exchange.errors import ApiError, cancel_refused, no_such_order
from workers.paper_exchange.market.client_ids import generated_id

from . import checks
from .algo_orders import MARKET_TYPES, AlgoOrder
from .algo_triggers import followed, is_price_far, wakes
from .desk import Desk
from .events import AlgoEvent
from .ledger import Ledger
from .market import Market
from .matcher import Matcher
from .orders import ZERO, Order, OrderRequest

_TRIGGERING = "Stop order is triggering."
_NO_POSITION = "No position to close."


class AlgoDesk:
    """Accepts, triggers and cancels conditional orders; margin is asked for at the trigger only."""

    def __init__(self, ledger: Ledger, desk: Desk, matcher: Matcher) -> None:
        self._ledger = ledger
        self._desk = desk
        self._matcher = matcher
        self.trigger_delay_ms = 0  # How long an order is TRIGGERING
        matcher.price_listeners.append(self.on_price)
        matcher.end_listeners.append(self._child_ended)

    def place(self, wanted: AlgoOrder) -> AlgoOrder:
        """Take an order in and give it its id; ApiError when it is refused."""
        self._check(wanted)
        order = wanted.changed(algo_id=self._ledger.next_id("", "algo"))
        if not order.client_algo_id:
            order = order.changed(client_algo_id=generated_id("algo", order.algo_id))
        market = self._desk.market(order.symbol)
        mode = order.self_trade_prevention or market.rules.self_trade_prevention
        order = followed(order.changed(self_trade_prevention=mode), market)
        self._put(order)
        self._matcher.wake(market)
        return self._ledger.algo.by_id[order.algo_id]

    def _check(self, order: AlgoOrder) -> None:
        market, account = self._desk.market(order.symbol), self._ledger.accounts[order.uid]
        if market.status != "TRADING":
            raise ApiError(-4108, "Symbol is not in trading status")
        if not account.can_trade:
            raise ApiError(-2010, "This action is disabled on this account.")
        checks.check_position_side(order.position_side, is_hedged=account.is_hedged)
        for price in (order.price, order.trigger_price, order.activation_price):
            if price:
                checks.check_price(price, market.rules)
        if order.quantity:
            at_market = order.order_type in MARKET_TYPES
            checks.check_quantity(order.quantity, market.rules, at_market=at_market)
        self._check_others(order, market)
        if wakes(order, market):
            raise ApiError(-2021, "Order would immediately trigger.")

    def _check_others(self, order: AlgoOrder, market: Market) -> None:
        """Refuse an id in use, one order too many, and a second one that closes the position."""
        mine = self._ledger.algo.open_orders(order.uid)
        if order.client_algo_id and order.client_algo_id in {o.client_algo_id for o in mine}:
            raise ApiError(-4116, "ClientOrderId is duplicated.")
        if len(mine) >= market.rules.max_algo_orders:
            raise ApiError(-4045, "Reach max stop order limit.")
        same = (order.symbol, order.side, order.position_side, order.order_type)
        if order.closes_position and any(
            o.closes_position and (o.symbol, o.side, o.position_side, o.order_type) == same
            for o in mine
        ):
            raise ApiError(
                -4130,
                "An open stop or take profit order with GTE and closePosition in the direction "
                "is existing.",
            )

    def cancel(self, uid: int, algo_id: int | None, client_algo_id: str) -> AlgoOrder:
        """Cancel an open order; -2011 when there is none, -4117 while it is triggering."""
        order = self._ledger.algo.find(uid, algo_id, client_algo_id)
        if order is None or not order.is_open:
            raise cancel_refused()
        if order.status == "TRIGGERING":
            raise ApiError(-4117, _TRIGGERING)
        return self._end(order, "CANCELED")

    def cancel_all(self, uid: int, symbol: str) -> None:
        """Cancel every waiting order of one contract; those that are triggering go on."""
        self._desk.market(symbol)
        for order in self._ledger.algo.open_orders(uid, symbol):
            if order.status == "NEW":
                self._end(order, "CANCELED")

    def expire_all(self, uid: int, symbol: str) -> None:
        """End every open order of a contract that ends."""
        for order in self._ledger.algo.open_orders(uid, symbol):
            self._end(order, "EXPIRED")

    def find(self, uid: int, algo_id: int | None, client_algo_id: str) -> AlgoOrder:
        """Return an order of the account; -2013 when there is none."""
        order = self._ledger.algo.find(uid, algo_id, client_algo_id)
        if order is None:
            raise no_such_order()
        return order

    def child_of(self, order: AlgoOrder) -> Order | None:
        """Return the order that a triggered one has placed."""
        key = (order.symbol, order.child_order_id)
        return self._ledger.order(key) if order.child_order_id else None

    # Triggering

    def on_price(self, market: Market) -> None:
        """Follow the price with trailing stops, and trigger what it wakes."""
        for order in self._ledger.algo.open_orders(symbol=market.rules.symbol):
            if order.status != "NEW":
                continue
            moved = followed(order, market)
            if moved is not order:
                self._ledger.put_algo(moved)
            if wakes(moved, market) and not is_price_far(moved, market):
                now_ms = self._matcher.clock()
                self._put(moved.changed(status="TRIGGERING", triggered_at_ms=now_ms))
        self.release_due()

    def release_due(self) -> None:
        """Send on what has been triggering for long enough, and end what is out of date."""
        now_ms = self._matcher.clock()
        for seen in self._ledger.algo.open_orders():
            order = self._ledger.algo.by_id[seen.algo_id]  # One sent on may have woken another
            if order.status == "NEW" and order.good_till_ms and order.good_till_ms <= now_ms:
                self._end(order, "EXPIRED")
            due_ms = order.triggered_at_ms + self.trigger_delay_ms
            if order.status == "TRIGGERING" and due_ms <= now_ms:
                self._send_on(order)

    def _send_on(self, order: AlgoOrder) -> None:
        """Place the child; what the exchange refuses now is REJECTED, with the reason."""
        if order.closes_position and not self._closable(order):
            self._end(order.changed(refusal=_NO_POSITION), "EXPIRED")
            return
        request = self._request(order)
        try:
            self._desk.check(order.uid, request)
        except ApiError as error:
            self._end(order.changed(refusal=error.message), "REJECTED")
            return

        # Told before the child trades, so that its end finds its parent
        def adopt(child: Order) -> None:
            self._end(order.changed(child_order_id=child.order_id), "TRIGGERED")

        self._desk.place(order.uid, request, before_matching=adopt)

    def _request(self, order: AlgoOrder) -> OrderRequest:
        """Return the child: an order of its own, under the id of its parent while that is free."""
        at_market = order.order_type in MARKET_TYPES
        taken = self._ledger.open_of(order.uid, order.symbol).find(None, order.client_algo_id)
        return OrderRequest(
            symbol=order.symbol,
            side=order.side,
            order_type="MARKET" if at_market else "LIMIT",
            position_side=order.position_side,
            time_in_force="GTC" if at_market else order.time_in_force,
            quantity=self._closable(order) if order.closes_position else order.quantity,
            price=order.price,
            is_reduce_only=order.is_reduce_only
            or (order.closes_position and order.position_side == "BOTH"),
            client_order_id="" if taken else order.client_algo_id,
            good_till_ms=order.good_till_ms,
            self_trade_prevention=order.self_trade_prevention,
            original_type=order.order_type,
            trigger_price=order.trigger_price,
            closes_position=order.closes_position,
            working_type=order.working_type,
            is_price_protected=order.is_price_protected,
        )

    def _closable(self, order: AlgoOrder) -> Decimal:
        held = self._ledger.position(order.uid, order.symbol, order.position_side).quantity
        return max(ZERO, held if order.side == "SELL" else -held)

    def _child_ended(self, child: Order) -> None:
        parent = self._ledger.algo.parent_of(child.symbol, child.order_id)
        if parent is not None and parent.status == "TRIGGERED":
            self._end(parent, "FINISHED")

    def _end(self, order: AlgoOrder, status: str) -> AlgoOrder:
        return self._put(order.changed(status=status))

    def _put(self, order: AlgoOrder) -> AlgoOrder:
        now_ms = self._matcher.clock()
        order = order.changed(updated_at_ms=now_ms)
        self._ledger.put_algo(order)
        self._matcher.events.append(
            AlgoEvent(uid=order.uid, order=order, child=self.child_of(order), at_ms=now_ms)
        )
        return order
