"""Follow the candles of some symbols, and ask a strategy about each one that closed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from engine.domain.decimals import shorten
from engine.domain.lanes import Lane
from engine.domain.report import Candle
from engine.domain.signal import SignalType
from engine.errors import EngineError, InvalidRequest
from engine.ports import Gateway
from engine.strategies.strategy import Strategy

log = logging.getLogger(__name__)

#: Seconds of the letter that an interval ends with.
UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
#: A look at least and at most so often, whatever the interval; each costs request allowance.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
#: Candles that may close between two looks without one of them being missed.
BACKLOG = 30


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a strategy wants, and the candle at whose end it said so."""

    symbol: str
    signal_type: SignalType
    candle: Candle


class CandleFollower:
    """One thread that looks at all symbols by turns.

    Only closed candles count, and only those that close while it runs: what a strategy would
    have done before is nobody's wish.
    """

    def __init__(
        self,
        open_market: Callable[[], AbstractContextManager[Gateway]],
        symbols: Sequence[str],
        *,
        interval: str,
        strategy: Strategy | None,
        on_wish: Callable[[Wish], None],
    ) -> None:
        """`open_market` is called in the thread: a gateway serves one thread."""
        self.last_error = ""
        self._open_market = open_market
        self._symbols = tuple(symbols)
        self._interval = interval
        self._pause_s = pause_s(interval)
        self._strategy = strategy
        self._on_wish = on_wish
        self._newest: dict[str, Candle] = {}
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
        self._thread = threading.Thread(target=self._run, name="candles", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the last look is over."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with ExitStack() as stack:
            gateway: Gateway | None = None
            while not self._stop.is_set():
                try:
                    gateway = gateway or stack.enter_context(self._open_market())
                    self._look(gateway)
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

    def _look(self, gateway: Gateway) -> None:
        needed = self._strategy.candles_needed if self._strategy else 1
        for symbol in self._symbols:
            if self._stop.is_set():
                return
            limit = needed + BACKLOG
            candles = gateway.load_candles(symbol, self._interval, limit, Lane.MARKET_DATA)
            self._take(symbol, closed(candles))

    def _take(self, symbol: str, candles: Sequence[Candle]) -> None:
        if not candles:
            return
        before = self._newest.get(symbol)
        self._newest[symbol] = candles[-1]
        if before is None or self._strategy is None:
            return
        wish = newest_wish(self._strategy, symbol, candles, after_ms=before.opened_at_ms)
        if wish is not None:
            self._on_wish(wish)


def closed(candles: Sequence[Candle]) -> Sequence[Candle]:
    """Return the candles that cannot change any more: a later one exists. Needs no clock."""
    return candles[:-1]


def newest_wish(
    strategy: Strategy, symbol: str, candles: Sequence[Candle], *, after_ms: int
) -> Wish | None:
    """Return the last thing that the strategy wants at the candles opened after `after_ms`.

    An older wish among them is void: the strategy itself changed its mind.
    """
    for end in range(len(candles), 0, -1):
        if candles[end - 1].opened_at_ms <= after_ms:
            return None
        wanted = strategy.decide(candles[:end])
        if wanted is not None:
            return Wish(symbol=symbol, signal_type=wanted, candle=candles[end - 1])
    return None


def pause_s(interval: str) -> float:
    """Return the seconds between two looks at candles of "1s", "5m", "4h" …

    Raises InvalidRequest for what is no interval.
    """
    number, unit = interval[:-1], interval[-1:]
    is_number = number.isascii() and number.isdigit() and len(number) < 4 and int(number) > 0
    if unit not in UNITS_S or not is_number:
        raise InvalidRequest(
            f"interval is {shorten(interval)}; it must be a number and one of"
            f" {', '.join(UNITS_S)}, for example 1m."
        )
    return min(max(int(number) * UNITS_S[unit] / 4, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
