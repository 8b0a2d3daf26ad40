"""Rules and prices of one market: the same for everybody, so one process asks for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from engine.domain.candle import CandleList
from engine.domain.instrument import Instrument, InstrumentList
from engine.domain.lanes import Lane
from engine.domain.report import Ticker
from engine.exchange.dialect import Dialect, Request
from engine.ports import Abilities, Answer, Clock, ExchangeAnswers

T = TypeVar("T")

#: A list of instruments that was found wanting is replaced by one of at most this age: many
#: processes find that out together, and one question is enough for all.
RECENT_MS = 10_000
#: Candles that closed stay as they are, however long ago somebody asked for them.
CANDLES_MAX_AGE_MS = 3_600_000
#: After this a process looks at the shared list again: another may have found it wanting.
IN_MEMORY_MS = 60_000


class Ask(Protocol):
    """One question to the exchange, allowance included."""

    def __call__(self, request: Request, lane: Lane, what: str, read: Callable[[Any], T]) -> T: ...


class MarketQuestions:
    """Asks for instruments and tickers; answers that others got are as good while young."""

    def __init__(
        self,
        *,
        abilities: Abilities,
        dialect: Dialect,
        ask: Ask,
        answers: ExchangeAnswers,
        clock: Clock,
        instruments_max_age_ms: int,
    ) -> None:
        self._market = f"{abilities.venue}:{abilities.market_type}"
        self._dialect = dialect
        self._ask = ask
        self._answers = answers
        self._clock = clock
        self._instruments_max_age_ms = instruments_max_age_ms
        self._instruments: tuple[Instrument, ...] = ()
        self._indexed: tuple[Instrument, ...] = ()  # What the index was made of
        self._by_symbol: Mapping[str, Instrument] = {}
        self._instruments_at_ms = 0  # Monotonic
        self._looked_at_ms = 0  # Monotonic
        self._distrusted_at_ms = -RECENT_MS  # Monotonic
        self._most_age_ms = instruments_max_age_ms  # Of the next list

    def instruments(self, lane: Lane) -> tuple[Instrument, ...]:
        """Return the rules of every instrument, at most `instruments_max_age_ms` old."""
        now_ms = self._clock.monotonic_ms()
        is_old = now_ms - self._instruments_at_ms > self._instruments_max_age_ms
        if not self._instruments or is_old or now_ms - self._looked_at_ms > IN_MEMORY_MS:
            answer = self._answers.instruments.obtain(
                self._market,
                lambda: self._ask_instruments(lane),
                asker=lane.value,
                max_age_ms=self._most_age_ms,
            )
            self._instruments = answer.value.items
            self._most_age_ms = self._instruments_max_age_ms
            self._looked_at_ms = self._clock.monotonic_ms()
            self._instruments_at_ms = self._looked_at_ms - answer.age_ms
        return self._instruments

    def instruments_by_symbol(self, lane: Lane) -> Mapping[str, Instrument]:
        """Return the same by our symbol; a list of thousands is gone through once."""
        newest = self.instruments(lane)
        if newest is not self._indexed:
            self._by_symbol, self._indexed = {item.symbol: item for item in newest}, newest
        return self._by_symbol

    def distrust_instruments(self) -> None:
        """Have every process ask for the rules anew: the exchange refused what they allow.

        Only now and then: a strategy that repeats a wrong order must not use up the allowance.
        """
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._distrusted_at_ms >= RECENT_MS:
            self._distrusted_at_ms = now_ms
            self._answers.instruments.drop(self._market)
            self.forget_instruments()

    def forget_instruments(self) -> None:
        """Take the next list from the exchange, or from who asked it in the last moments."""
        self._instruments = ()
        self._most_age_ms = min(RECENT_MS, self._instruments_max_age_ms)

    def _ask_instruments(self, lane: Lane) -> Answer[InstrumentList]:
        request, read = self._dialect.ask_instruments(), self._dialect.read_instruments
        return Answer(
            value=InstrumentList(self._ask(request, lane, "the list of instruments", read))
        )

    def ticker(self, symbol: str, lane: Lane, max_age_ms: int) -> Ticker:
        """Return the price, with the time of its question by our own clock, whoever asked."""
        answer = self._answers.tickers.obtain(
            f"{self._market}:{symbol}",
            lambda: self._ask_ticker(symbol, lane),
            asker=lane.value,
            max_age_ms=max_age_ms,
        )
        if not answer.is_stored:
            return answer.value
        return replace(answer.value, at_ms=self._clock.now_ms() - answer.age_ms)

    def candles(
        self, symbol: str, interval: str, limit: int, lane: Lane, *, closed_until_ms: int
    ) -> CandleList:
        """Return candles, those of before `closed_until_ms` closed and in; 0: as of now.

        Who asks for the same `limit` shares one answer.
        """
        answer = self._answers.candles.obtain(
            f"{self._market}:{symbol}:{interval}:{limit}",
            lambda: self._ask_candles(symbol, interval, limit, lane),
            asker=lane.value,
            max_age_ms=CANDLES_MAX_AGE_MS if closed_until_ms else 0,
            as_of_ms=closed_until_ms,
        )
        return answer.value

    def _ask_candles(
        self, symbol: str, interval: str, limit: int, lane: Lane
    ) -> Answer[CandleList]:
        candles = self._ask(
            self._dialect.ask_candles(symbol, interval, limit),
            lane,
            f"candles of {symbol}",
            lambda said: CandleList(self._dialect.read_candles(said)),
        )
        return Answer(value=candles, as_of_ms=candles.closed_until_ms)

    def _ask_ticker(self, symbol: str, lane: Lane) -> Answer[Ticker]:
        asked_at_ms = self._clock.now_ms()
        ticker = self._ask(
            self._dialect.ask_ticker(symbol),
            lane,
            f"the price of {symbol}",
            lambda said: self._dialect.read_ticker(said, symbol, asked_at_ms),
        )
        return Answer(value=ticker)
