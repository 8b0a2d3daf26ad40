"""The caller: places and cancels, and where an answer is missing repeats with the same id."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from engine.domain.lanes import Lane
from engine.domain.order import OrderStatus
from engine.errors import EngineError, InvalidRequest, KeyConflict
from engine.execution.context import AccountContext
from engine.execution.placing.intake import order_ids
from engine.order_manager import OrderManager, OrderRequest, OrderResult
from workers.chaos.pricing import build_request
from workers.chaos.proof import Intent
from workers.chaos.wishes import Task, Wish

log = logging.getLogger(__name__)

#: Between two calls with the same id.
REPEAT_EVERY_S = 0.3
#: Calls with one id, one after the other, while each is told that nobody knows yet.
CALLS_IN_DOUBT = 2


class Diary:
    """What the callers asked for and were told. Shared by their threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[str, tuple[OrderRequest, ...]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._accounts: dict[str, str] = {}
        self._answered: set[str] = set()
        self._refused: set[str] = set()
        self.repeats = 0  # Calls with an id that had been used before

    def begin(self, task: Task, names: tuple[str, ...]) -> None:
        """Note a first call: from now on its orders are wanted."""
        with self._lock:
            self.repeats += task.key in self._names
            self._names[task.key] = names
            self._accounts[task.key] = task.account

    def keep(self, key: str, requests: tuple[OrderRequest, ...]) -> tuple[OrderRequest, ...]:
        """Return the requests of the first call with this key: a repeat asks for the same."""
        with self._lock:
            return self._requests.setdefault(key, requests)

    def find(self, key: str) -> tuple[OrderRequest, ...] | None:
        return self._requests.get(key)

    def answer(self, key: str, *, is_refused: bool = False) -> None:
        """Note that a call came back with an answer."""
        with self._lock:
            self._answered.add(key)
            if is_refused:
                self._refused.add(key)

    def is_answered(self, key: str) -> bool:
        return key in self._answered

    def intents(self) -> tuple[Intent, ...]:
        """Return every order that was wanted."""
        with self._lock:
            return tuple(
                Intent(
                    account=self._accounts[key],
                    client_order_id=name,
                    is_refused=key in self._refused,
                )
                for key, names in self._names.items()
                for name in names
            )


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

    def _names(self, task: Task) -> tuple[str, ...]:
        return order_ids(self._contexts[task.account], task.key, len(task.wishes))

    def _insist(self, call: Callable[[], object]) -> None:
        """Call until an answer comes; InvalidRequest is one."""
        while not self._stop.is_set():
            try:
                call()
                return
            except InvalidRequest:
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
            results = self._call_manager(requests, task.key)
            self._diary.answer(task.key)
            if not any(map(_is_unclear, results)) or self._stop.is_set():
                return

    def _call_manager(
        self, requests: tuple[OrderRequest, ...], key: str
    ) -> tuple[OrderResult, ...]:
        if len(requests) == 1:
            return (self._manager.place_order(requests[0]),)
        return self._manager.place_orders(requests, key=key)

    def _price(self, task: Task) -> tuple[OrderRequest, ...]:
        key = task.key if len(task.wishes) == 1 else ""
        context = self._contexts[task.account]
        requests = tuple(_build(context, wish, key) for wish in task.wishes)
        return self._diary.keep(task.key, requests)


def _build(context: AccountContext, wish: Wish, key: str) -> OrderRequest:
    rules = {item.symbol: item for item in context.gateway.load_instruments(Lane.SUBMIT)}
    price = context.gateway.load_ticker(wish.symbol, Lane.SUBMIT).mid()
    return build_request(wish, rules[wish.symbol], price, context.name, key)


def _is_unclear(result: OrderResult) -> bool:
    return result.in_doubt or result.status == OrderStatus.INITIALIZED
