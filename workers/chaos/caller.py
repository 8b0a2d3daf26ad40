"""The caller: places and cancels, and where an answer is missing repeats with the same id."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial

from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.errors import ChangeDenied, EngineError, InvalidRequest, KeyConflict
from engine.execution.placing.naming import order_ids
from engine.order_manager import OrderManager, OrderRequest, OrderResult
from workers.chaos.diary import Diary
from workers.chaos.pricing import build_change, build_request
from workers.chaos.wishes import Task, Wish

log = logging.getLogger(__name__)

#: Between two calls with the same id.
REPEAT_EVERY_S = 0.3
#: Calls with one id, one after the other, while each is told that nobody knows yet.
CALLS_IN_DOUBT = 2


class Caller:
    """One of several callers, in a thread of its own: an engine serves one thread."""

    def __init__(self, diary: Diary, manager: OrderManager, stop: threading.Event) -> None:
        self._diary = diary
        self._manager = manager
        self._stop = stop
        self._contexts = {context.name: context for context in manager.contexts()}

    def place(self, task: Task) -> None:
        """Place the task's orders, again with the same id until an answer comes."""
        self._diary.begin(task, self._names(task))
        try:
            self._insist(partial(self._place_once, task))
        except KeyConflict:
            log.exception("id %s was repeated with the same request and refused", task.key)
        except InvalidRequest as error:
            log.info("id %s is refused: %s", task.key, error)
            self._diary.answer(task.key, is_refused=True)

    def cancel(self, task: Task) -> None:
        """Ask for the end of the task's orders, again until that is written down."""
        if not self._diary.is_answered(task.key):
            return
        for name in self._names(task):
            try:
                self._insist(partial(self._manager.cancel_order, name, wait=False))
            except InvalidRequest as error:
                log.info("nothing to cancel: %s", error)

    def change(self, task: Task) -> None:
        """Ask for another price of the task's orders that rest, again until that is answered."""
        requests = self._diary.find(task.key)
        if requests is None or not self._diary.is_answered(task.key):
            return
        for name, request in zip(self._names(task), requests, strict=True):
            try:
                self._insist(partial(self._change_once, task.account, name, request))
            except (InvalidRequest, ChangeDenied) as error:
                log.info("nothing to change: %s", error)

    def _change_once(self, account: str, name: str, request: OrderRequest) -> None:
        change = build_change(request, self._instrument(account, request.symbol))
        if change:
            self._manager.modify_order(name, **change, wait=False)

    def _names(self, task: Task) -> tuple[str, ...]:
        return order_ids(self._contexts[task.account], task.key, len(task.wishes))

    def _insist(self, call: Callable[[], object]) -> None:
        """Call until an answer comes; InvalidRequest and ChangeDenied are some."""
        while not self._stop.is_set():
            try:
                call()
                return
            except (InvalidRequest, ChangeDenied):
                raise
            except EngineError as error:
                log.info("no answer, the same again: %s", error)
                self._stop.wait(REPEAT_EVERY_S)

    def _place_once(self, task: Task) -> None:
        """Place and wait for the outcome; in doubt, or not even sent: the same again, and no more.

        What is still unclear then is left to the system, as the command does with exit code 3.
        """
        requests = self._diary.find(task.key) or self._price(task)
        for _ in range(CALLS_IN_DOUBT):
            results = self._call_manager(task, requests)
            self._diary.answer(task.key)
            if not any(map(_is_unclear, results)) or self._stop.is_set():
                return

    def _call_manager(
        self, task: Task, requests: tuple[OrderRequest, ...]
    ) -> tuple[OrderResult, ...]:
        if task.is_pair:
            limit, stop = requests
            return self._manager.place_one_cancels_other((limit, stop), key=task.key)
        if len(requests) == 1:
            return (self._manager.place_order(requests[0]),)
        return self._manager.place_orders(requests, key=task.key)

    def _price(self, task: Task) -> tuple[OrderRequest, ...]:
        key = task.key if len(task.wishes) == 1 else ""
        prices = self._load_prices(task)
        requests = tuple(
            self._build(task.account, wish, prices[wish.symbol], key) for wish in task.wishes
        )
        return self._diary.keep(task.key, requests)

    def _load_prices(self, task: Task) -> dict[str, Decimal]:
        """Return one price of each symbol (quote per base): a pair has one quantity."""
        gateway = self._contexts[task.account].gateway
        symbols = {wish.symbol for wish in task.wishes}
        return {symbol: gateway.load_ticker(symbol, Lane.SUBMIT).mid() for symbol in symbols}

    def _build(self, account: str, wish: Wish, price: Decimal, key: str) -> OrderRequest:
        return build_request(wish, self._instrument(account, wish.symbol), price, account, key)

    def _instrument(self, account: str, symbol: str) -> Instrument:
        return self._contexts[account].gateway.index_instruments(Lane.SUBMIT)[symbol]


def _is_unclear(result: OrderResult) -> bool:
    return result.in_doubt or result.status == OrderStatus.INITIALIZED
