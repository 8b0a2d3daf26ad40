"""A script's strategy is heard, whatever fails between it and the store."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.candle_follower import CandleFollower
from engine.domain.candle import Candle
from engine.domain.signal import SignalType
from engine.errors import EngineError, KeyConflict, StoreUnavailable, StoreUnclear
from engine.execution.context import AccountContext
from engine.strategies.strategy import View
from engine.strategies.wish import Wish
from tests.waiting import eventually

SYMBOL = "BTC/USDT"


class OutAtTheThird:
    """Wants out at the end of the third candle, and is silent else."""

    candles_needed = 1

    def decide(self, view: View) -> SignalType | None:
        return SignalType.CLOSE if view.candles[-1].opened_at_ms == 2_000 else None


@dataclass
class Market:
    """Shows one more candle at each look; what is read of the store is empty, or fails."""

    failures: list[EngineError] = field(default_factory=list)  # Of the store, one for each read
    shown: int = 1

    def load_candles(self, *_: object, **__: object) -> tuple[Candle, ...]:
        self.shown += 1
        one = Decimal(1)
        return tuple(
            Candle(opened_at_ms=number * 1_000, open=one, high=one, low=one, close=one, volume=one)
            for number in range(self.shown)
        )

    def load_state(self) -> SimpleNamespace:
        if self.shown >= 4 and self.failures:
            raise self.failures.pop(0)
        return SimpleNamespace(mark="")

    def load_cursors(self) -> dict[str, int]:
        return {}

    def open(self) -> AbstractContextManager[AccountContext]:
        context = SimpleNamespace(name="desk", gateway=self, store=self)
        return nullcontext(cast(AccountContext, context))


def _follow(market: Market, refusals: list[Exception]) -> list[Wish]:
    """Follow until ten candles were seen; return what was sent, each send that failed included."""
    sent: list[Wish] = []

    def send(wish: Wish) -> None:
        sent.append(wish)
        if refusals:
            raise refusals.pop(0)

    follower = CandleFollower(
        market.open,
        lambda context: (SYMBOL,),
        interval="1s",
        strategy=OutAtTheThird(),
        on_wish=send,
    )
    cast(Any, follower)._pause_s = 0.001
    follower.start()
    eventually(lambda: market.shown >= 10)
    follower.stop()
    return sent


@pytest.mark.parametrize("failure", [StoreUnavailable(), StoreUnclear()])
def test_a_wish_that_cannot_be_sent_is_sent_again(failure: EngineError) -> None:
    """Redis is away for the moment in which the candle closes: the close must not be lost."""
    sent = _follow(Market(), [failure, failure])
    assert [wish.cause for wish in sent] == ["1s 2000"] * 3


def test_a_candle_is_decided_when_the_store_is_back() -> None:
    """What the strategy holds could not be read when the candle had closed."""
    sent = _follow(Market(failures=[StoreUnavailable(), StoreUnavailable()]), [])
    assert [wish.cause for wish in sent] == ["1s 2000"]


@pytest.mark.parametrize("refusal", [KeyConflict(), ZeroDivisionError()])
def test_what_is_refused_for_good_is_not_sent_again(refusal: Exception) -> None:
    assert len(_follow(Market(), [refusal])) == 1
