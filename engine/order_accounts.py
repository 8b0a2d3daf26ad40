"""The accounts behind an order manager: whose order is it, and how is it told?"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from engine.bootstrap import Engine
from engine.config import AccountSettings, Mode
from engine.domain.decimals import shorten
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.request import OrderIntent
from engine.errors import EngineError, InvalidRequest
from engine.exchange.symbols import resolve_symbol
from engine.execution.context import AccountContext
from engine.execution.history import find_order, load_chain
from engine.execution.schedule import settles_at_ms
from engine.order_monitoring import OrderMonitoring
from engine.order_request import OrderRequest
from engine.order_result import OrderResult, describe_order
from engine.ports import OrderFilter

log = logging.getLogger(__name__)


class OrderAccounts(OrderMonitoring):
    """Finds the account of a request and of an order among its own, and tells of orders."""

    def __init__(self, engine: Engine, accounts: Sequence[str], *, never_live: bool) -> None:
        """`never_live`: accounts that trade real money are refused."""
        super().__init__(engine, accounts)
        self._never_live = never_live

    def get_order_status(self, order_id: str) -> OrderResult:
        return self._result(*self.find(order_id))

    def get_order_chain(self, order_id: str) -> tuple[OrderResult, ...]:
        """Return the order and all that took its place, one after the other, the newest last."""
        context, order = self.find(order_id)
        return tuple(self._result(context, one) for one in load_chain(context, order))

    def get_active_orders(self) -> tuple[OrderResult, ...]:
        """Return the orders that are not settled yet."""
        return tuple(
            self._result(context, order)
            for context in self.contexts()
            for order in context.store.list_orders(OrderFilter.ACTIVE)
        )

    def contexts(self) -> tuple[AccountContext, ...]:
        """Return the accounts that can be reached; raise only when none can."""
        reached: list[AccountContext] = []
        failures: list[EngineError] = []
        for name in self.account_names:
            try:
                reached.append(self._engine.account(name))
            except EngineError as error:
                failures.append(error)
                log.warning("account %s is left out: %s", name, error)
        if not reached:
            raise failures[0]
        return tuple(reached)

    def find(self, order_id: str) -> tuple[AccountContext, Order]:
        """Return the order and its account; InvalidRequest when no account has it."""
        for context in self.contexts():
            order = find_order(context, order_id)
            if order is not None:
                return context, order
        raise InvalidRequest(f"order {order_id!r} is not known; `augustan order list` shows all.")

    def _context_for(self, requests: Sequence[OrderRequest]) -> AccountContext:
        names = {request.account for request in requests}
        if len(names) > 1:
            raise InvalidRequest(f"account is {', '.join(sorted(names))}; a group has one.")
        settings = self._settings_of(names.pop())
        must_not_be_live = self._never_live or any(request.test for request in requests)
        if settings.mode is Mode.LIVE and must_not_be_live:
            raise InvalidRequest(
                f"account {settings.name} trades real money; a test order must not go there."
            )
        return self._engine.account(settings.name)

    def _settings_of(self, name: str) -> AccountSettings:
        """Return the account of a request; InvalidRequest for one that this manager has not."""
        names = self.account_names
        chosen = name or (names[0] if len(names) == 1 else None)
        if chosen is not None and self._accounts and chosen not in names:
            raise InvalidRequest(
                f"account is {shorten(name)}; it must be one of {', '.join(names)}."
            )
        return self._engine.settings.account(chosen)

    def _intent(self, context: AccountContext, request: OrderRequest) -> OrderIntent:
        return request.to_intent(context.name, self._resolve(context, request.symbol))

    def _resolve(self, context: AccountContext, word: str) -> Instrument:
        # A fresh process has no rules yet; placing must not wait behind polling for them
        return resolve_symbol(word, context.gateway.load_instruments(Lane.SUBMIT))

    def _meanings(self, contexts: Sequence[AccountContext], word: str) -> tuple[str, ...]:
        """Return the symbol that each account means by the word.

        Where it is not listed, the word itself: a market that was has orders of that name, which
        are to be ended all the more. InvalidRequest where no account has even that.
        """
        symbols: list[str] = []
        failures: list[InvalidRequest] = []
        for context in contexts:
            try:
                symbols.append(self._resolve(context, word).symbol)
            except InvalidRequest as error:
                symbols.append(word)
                if all(entry.symbol != word for entry in context.store.list_watched()):
                    failures.append(error)
        if len(failures) == len(contexts):
            raise failures[0]
        return tuple(symbols)

    def _result(self, context: AccountContext, order: Order) -> OrderResult:
        settles = settles_at_ms(order, context.gateway.abilities, context.timings)
        return describe_order(order, settles)
