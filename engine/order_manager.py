"""Place, cancel and follow orders from Python.

>>> manager = OrderManager()                                        # doctest: +SKIP
>>> manager.place_order(OrderRequest(symbol="BTCUSDT", side="buy",  # doctest: +SKIP
...     order_type=OrderType.MARKET, quantity=0.001))
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings
from engine.domain.order import Order
from engine.domain.order_terms import OrderType
from engine.errors import InvalidRequest
from engine.execution.changing.modify import request_change
from engine.execution.context import AccountContext
from engine.execution.ending.cancellation import request_cancel, request_cancels
from engine.execution.history import load_orders
from engine.execution.placing.groups import check_each, check_size
from engine.execution.placing.intake import place_orders
from engine.execution.placing.listing import form_pair
from engine.execution.waiting import await_orders, await_successor, is_answered, is_closed
from engine.order_accounts import OrderAccounts
from engine.order_request import Number, OrderRequest, check_key, read_change
from engine.order_result import OrderResult

__all__ = ["OrderManager", "OrderRequest", "OrderResult", "OrderType"]


class OrderManager(OrderAccounts):
    """The orders of one account, or of every account that a request names.

    Risk and the record happen here, in the caller's process; sending, watching and booking is
    the workers' part, so `augustan up` (or workers elsewhere) must run.
    """

    def __init__(
        self,
        config_path: str | None = None,
        testnet: bool = True,
        *,
        account: str | None = None,
        accounts: Sequence[str] = (),
        engine: Engine | None = None,
    ) -> None:
        """Connect to nothing yet. `testnet` True refuses accounts that trade real money.

        `account` or `accounts` narrow it to those; without them it has all that are configured.
        """
        live = os.environ.get("AUGUSTAN_LIVE") == "yes"
        super().__init__(
            engine or build_engine(load_settings(config_path, live=live)),
            (account,) if account else tuple(accounts),
            never_live=testnet,
        )

    # ---- orders ------------------------------------------------------------------------------

    def place_order(self, request: OrderRequest, *, wait: bool = True) -> OrderResult:
        """Place one order, once for each `request.key`.

        Waits (at most 30 s) until the exchange has it, or has ended it where it cannot rest.
        Raises InvalidRequest for a wish that is no order; everything else is in the result.
        """
        return self._place([request], key=request.key, wait=wait)[0]

    def place_orders(
        self, requests: Sequence[OrderRequest], *, key: str = "", wait: bool = True
    ) -> tuple[OrderResult, ...]:
        """Place a group: recorded together, complete together; all of one account."""
        check_size(requests)
        if any(request.key for request in requests):
            raise InvalidRequest("key is set in an order of a group; the group has one for all.")
        check_key(key)
        return self._place(requests, key=key, wait=wait)

    def place_one_cancels_other(
        self, requests: tuple[OrderRequest, OrderRequest], *, key: str = "", wait: bool = True
    ) -> tuple[OrderResult, ...]:
        """Place two orders of which one ends when the other trades.

        On spot the exchange ends it, of a contract we do. One has a trigger_price, the other is a
        limit order that only makes; symbol, side, quantity and what they may do to the position
        are the same. Raises InvalidRequest for anything else.
        """
        check_key(key)
        context = self._context_for(requests)
        intents = form_pair([self._intent(context, request) for request in requests])
        return self._follow(context, place_orders(context, intents, key=key), wait=wait)

    def await_outcome(self, order_id: str) -> OrderResult:
        """Wait as `place_order` does, for an order that was recorded elsewhere: by a signal."""
        return self.await_outcomes([order_id])[0]

    def await_outcomes(self, order_ids: Sequence[str]) -> tuple[OrderResult, ...]:
        """Wait as `place_orders` does, for orders of one account."""
        context, _ = self.find(order_ids[0])
        orders = await_orders(context, load_orders(context, order_ids), is_answered)
        return tuple(self._result(context, order) for order in orders)

    def modify_order(
        self,
        order_id: str,
        *,
        price: Number | None = None,
        trigger_price: Number | None = None,
        quantity: Number | None = None,
        wait: bool = True,
    ) -> OrderResult:
        """Put another order in the place of one that rests; safe to repeat.

        `quantity` counts what the order itself has filled. Returns the successor (`replaces` names
        this order), or this order where there is none: `reason` then says why. Raises
        InvalidRequest or ChangeDenied for a change that cannot be; the order then stays as it is.
        """
        context, _ = self.find(order_id)
        change = read_change(price, trigger_price, quantity)
        order = request_change(context, order_id, change)
        return self._result(context, await_successor(context, order) if wait else order)

    def cancel_order(self, order_id: str, *, wait: bool = True) -> OrderResult:
        """Ask for the order's end; safe to repeat, and without effect on a closed one.

        Of an order that was replaced, the one in its place is meant and returned.
        """
        context, _ = self.find(order_id)
        orders: tuple[Order, ...] = (request_cancel(context, order_id),)
        if wait:
            orders = await_orders(context, orders, is_closed)
        return self._result(context, orders[0])

    def cancel_orders(
        self, order_ids: Sequence[str], *, wait: bool = True
    ) -> tuple[OrderResult, ...]:
        """Ask for the end of several orders, by few requests where the exchange allows it."""
        found = [self.find(order_id) for order_id in order_ids]
        by_account = {context.name: context for context, _ in found}
        results: dict[str, OrderResult] = {}
        for account, context in by_account.items():
            ids = [order.client_order_id for owner, order in found if owner.name == account]
            for name, order in zip(ids, self._cancel(context, ids, wait=wait), strict=True):
                results[name] = self._result(context, order)
        return tuple(results[order_id] for order_id in order_ids)

    def cancel_all_orders(
        self, symbol: str | None = None, *, wait: bool = True
    ) -> tuple[OrderResult, ...]:
        """Ask for the end of every order of ours that is not closed now, of one symbol or of all.

        Orders that are placed later stay; orders of others are not touched. Raises InvalidRequest,
        and asks for nothing, for a symbol that no account lists or has an order of.
        """
        results: list[OrderResult] = []
        contexts = self.contexts()
        meanings = (None,) * len(contexts) if symbol is None else self._meanings(contexts, symbol)
        for context, meant in zip(contexts, meanings, strict=True):
            ids = [
                entry.client_order_id
                for entry in context.store.list_watched()
                if (entry.awaits_successor or not entry.is_closed) and meant in {None, entry.symbol}
            ]
            orders = self._cancel(context, ids, wait=wait)
            results += [self._result(context, order) for order in orders]
        return tuple(results)

    # ---- life ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop the monitoring and close every connection."""
        self.stop_order_monitoring()
        self._engine.close()

    # ---- inside ------------------------------------------------------------------------------

    def _place(
        self, requests: Sequence[OrderRequest], *, key: str, wait: bool
    ) -> tuple[OrderResult, ...]:
        context = self._context_for(requests)
        intents = check_each(requests, lambda request: self._intent(context, request))
        return self._follow(context, place_orders(context, intents, key=key), wait=wait)

    def _follow(
        self, context: AccountContext, orders: tuple[Order, ...], *, wait: bool
    ) -> tuple[OrderResult, ...]:
        orders = await_orders(context, orders, is_answered) if wait else orders
        return tuple(self._result(context, order) for order in orders)

    def _cancel(
        self, context: AccountContext, order_ids: Sequence[str], *, wait: bool
    ) -> tuple[Order, ...]:
        orders = request_cancels(context, order_ids)
        return await_orders(context, orders, is_closed) if wait else orders
