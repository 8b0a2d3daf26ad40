"""Answers of an exchange that all processes share, so that one of them asks for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from engine.domain.candle import CandleList
from engine.domain.instrument import InstrumentList
from engine.domain.report import Balances, Ticker

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[T]):
    value: T
    #: Time since its question began; measured, never the difference of two machines' clocks.
    age_ms: int = 0
    #: Exchange time up to which it is certain to hold everything; 0 where nobody compares it.
    as_of_ms: int = 0
    is_stored: bool = False  # Somebody else's, or one of before


class SharedAnswers(Protocol[T]):
    """Answers of one kind, by the name of their question. They may vanish at any time."""

    def obtain(
        self,
        name: str,
        ask: Callable[[], Answer[T]],
        *,
        asker: str,
        max_age_ms: int,
        as_of_ms: int = 0,
    ) -> Answer[T]:
        """Return an answer of at most that age, from the store or else from `ask`.

        Of several that need it at once, one of each `asker` (a lane) asks; the others wait a
        little for its answer, then ask for themselves. A stored answer that is certain only up to
        before `as_of_ms` is not taken. `max_age_ms` 0 always asks; the answer is stored for others.
        """
        ...

    def drop(self, name: str) -> None:
        """Have no answer believed whose question began before now, stored yet or not."""
        ...


@dataclass(frozen=True, kw_only=True)
class ExchangeAnswers:
    """What is worth sharing of what an exchange says."""

    instruments: SharedAnswers[InstrumentList]
    tickers: SharedAnswers[Ticker]
    balances: SharedAnswers[Balances]
    candles: SharedAnswers[CandleList]
