"""A caller beside the strategy: places one thing after the other, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
#: After a failure, and between two things: each uses allowance that market data needs, too.
PAUSE_S = 1.5


class Trader(ABC):
    """Trades one symbol of one account until it is told to stop."""

    def __init__(self, account: str, symbol: str) -> None:
        self._account = account
        self._symbol = symbol
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{symbol} caller", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing any more, and wait for the end of what is under way."""
        self._stop.set()
        self._thread.join()

    @abstractmethod
    def trade(self, manager: OrderManager, context: AccountContext) -> None:
        """Place one thing and see it to its end, or until `is_stopped`."""

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def pause(self, seconds: float = LOOK_EVERY_S) -> None:
        """Wait, but no longer than until the stop."""
        self._stop.wait(seconds)

    def _run(self) -> None:
        # An engine of its own: a gateway serves one thread
        manager = OrderManager(account=self._account)
        try:
            (context,) = manager.contexts()
            while not self.is_stopped:
                self._trade_safely(manager, context)
                self.pause(PAUSE_S)
        finally:
            manager.close()

    def _trade_safely(self, manager: OrderManager, context: AccountContext) -> None:
        try:
            self.trade(manager, context)
        except EngineError as error:
            log.info("%s is not traded now: %s", self._symbol, error)
