"""Follow the candles of some symbols in a script, and ask its strategy about each that closed.

What is configured runs on the workers instead (execution/signalling/strategies.py); both ask in
the same way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack

from engine.domain.candle import Candle, closed, pause_s
from engine.domain.lanes import Lane
from engine.domain.position import Position
from engine.domain.strategy import OwnPosition
from engine.errors import EngineError, InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.signalling.own_position import advance, begin_position
from engine.strategies.deciding import Past, count_needed, newest_wish
from engine.strategies.strategy import Strategy
from engine.strategies.wish import Wish

log = logging.getLogger(__name__)

#: A strategy that hangs may hold its own thread, not the script's end.
STOP_TIMEOUT_S = 10.0
#: Candles that may close between two looks without one of them being missed.
BACKLOG = 30


class CandleFollower:
    """One thread that looks at all symbols by turns.

    Only closed candles count, and only those that close while it runs: what a strategy would
    have done before is nobody's wish.
    """

    def __init__(
        self,
        open_account: Callable[[], AbstractContextManager[AccountContext]],
        find_symbols: Callable[[AccountContext], Sequence[str]],
        *,
        interval: str,
        strategy: Strategy | None,
        name: str = "",
        on_wish: Callable[[Wish], None],
    ) -> None:
        """`open_account` is called in the thread: a gateway serves one thread.

        `name`: what the strategy is called; its signals' orders and their fills are its own.
        """
        self.last_error = ""
        self.name = name
        self._open_account = open_account
        self._find_symbols = find_symbols
        self._symbols: tuple[str, ...] = ()
        self._interval = interval
        self._pause_s = pause_s(interval)
        self._strategy = strategy
        self._needed = count_needed(strategy) if strategy else 1
        self._positions: dict[str, OwnPosition] = {}
        self._mark = ""  # Of the data that they were folded from
        self._on_wish = on_wish
        self._newest: dict[str, Candle] = {}
        self._unsent: dict[str, Wish] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def newest(self) -> Mapping[str, Candle]:
        """The newest closed candle of each symbol that was seen."""
        return dict(self._newest)

    def start(self) -> None:
        """Begin with the candles that close from now on; a second start changes nothing."""
        if self.is_running:
            return
        self._stop.clear()
        self._newest.clear()
        self._unsent.clear()
        self._thread = threading.Thread(target=self._run, name="candles", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the last look is over, or when it takes too long: it is then its last."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        with ExitStack() as stack:
            context: AccountContext | None = None
            while not self._stop.is_set():
                try:
                    context = context or stack.enter_context(self._open_account())
                    self._look(context)
                    self.last_error = ""
                except EngineError as error:
                    self._fail(str(error))
                except Exception as error:  # A strategy is its user's own code
                    log.exception("the strategy failed")
                    self._fail(f"{type(error).__name__}: {error}")
                self._stop.wait(self._pause_s)

    def _fail(self, sentence: str) -> None:
        if sentence != self.last_error:
            log.warning("candles cannot be followed now: %s", sentence)
        self.last_error = sentence

    def _look(self, context: AccountContext) -> None:
        self._symbols = self._symbols or tuple(self._find_symbols(context))
        for symbol in self._symbols:
            if self._stop.is_set():
                return
            limit = self._needed + BACKLOG
            candles = context.gateway.load_candles(symbol, self._interval, limit, Lane.MARKET_DATA)
            self._take(context, symbol, closed(candles))

    def _take(self, context: AccountContext, symbol: str, candles: Sequence[Candle]) -> None:
        if not candles:
            return
        before = self._newest.get(symbol)
        if before is not None and self._strategy is not None:
            past = Past(
                symbol=symbol,
                interval=self._interval,
                candles=candles,
                after_ms=before.opened_at_ms,
                position=self._own_position(context, symbol),
            )
            self._newest[symbol] = candles[-1]  # A strategy that raises is not asked again
            wish = newest_wish(self._strategy, past, self._needed)
            if wish is not None:
                self._unsent[symbol] = wish
            self._send(symbol)
        self._newest[symbol] = candles[-1]

    def _send(self, symbol: str) -> None:
        """Send what was wanted last; what cannot be sent now is sent at the next look."""
        wish = self._unsent.pop(symbol, None)
        if wish is None or self._stop.is_set():
            return
        try:
            self._on_wish(wish)
        except InvalidRequest:
            raise
        except EngineError:
            self._unsent[symbol] = wish  # One candle acts once, whoever has heard of it
            raise

    def _own_position(self, context: AccountContext, symbol: str) -> Position:
        """Return what the strategy holds by its own signals, from the first look on.

        Another mark is another ledger: the store was lost, and whose signal bought what with it.
        """
        mark = context.store.load_state().mark
        if mark != self._mark:
            if self._positions:
                log.warning("strategy %s begins flat: the store was lost", self.name)
            self._mark, self._positions = mark, {}
        known = self._positions.get(symbol) or begin_position(context, symbol)
        self._positions[symbol], _ = advance(context, self.name, known)
        return self._positions[symbol].position
