"""Act on a strategy's wishes and a caller's signals, within the budget of one live engine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from engine.bootstrap import Engine
from engine.domain.decimals import parse_positive
from engine.domain.signal import Signal, SignalStatus
from engine.execution.context import AccountContext
from engine.signal_processor import LiveSignalProcessor, SignalReceipt
from engine.strategies.wish import Wish, signal_of

log = logging.getLogger(__name__)


class SignalCounts:
    """How many signals ended how; told from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys((status.value for status in SignalStatus), 0)

    def add(self, status: SignalStatus) -> None:
        with self._lock:
            self._counts[status.value] += 1

    @property
    def now(self) -> Mapping[str, int]:
        with self._lock:
            return dict(self._counts)


class LiveSignals:
    """Sends the signals of one thread: a gateway serves one thread."""

    def __init__(
        self, build: Callable[[], Engine], account: str, budget: Decimal, counts: SignalCounts
    ) -> None:
        """`build` returns an engine for the thread that calls `open_account`."""
        self._build = build
        self._account = account
        self._budget = budget
        self._counts = counts
        self._processor: LiveSignalProcessor | None = None

    @contextmanager
    def open_account(self) -> Iterator[AccountContext]:
        """Give the calling thread connections of its own, and close them after use."""
        engine = self._build()
        try:
            self._processor = LiveSignalProcessor(account=self._account, engine=engine)
            yield engine.account(self._account)
        finally:
            engine.close()

    def act(self, wish: Wish, strategy: str, age_ms: int) -> None:
        """Send the wish as a signal; the same candle's wish is acted on once, whoever sends it."""
        assert self._processor is not None, "open_account comes first"
        signal = signal_of(wish, strategy, age_ms=age_ms)
        self.send(self._processor, replace(signal, account=self._account))

    def send(self, processor: LiveSignalProcessor, signal: Signal) -> SignalReceipt:
        """Have the signal sized within the budget; return when its order is recorded.

        The workers size it. The budget is part of it, so whichever of them does knows it.
        """
        receipt = processor.process_signal(self._within_budget(signal), wait=True)
        record = receipt.record
        self._counts.add(record.status)
        log.info("%s %s: %s %s", signal.symbol, signal.signal_type, record.status, record.message)
        return receipt

    def _within_budget(self, signal: Signal) -> Signal:
        if signal.budget is None:
            return replace(signal, budget=self._budget)
        return replace(signal, budget=min(parse_positive(signal.budget, "budget"), self._budget))
