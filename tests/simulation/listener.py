"""The process that listens to an account's stream, and the stream that it listens to.

Leadership, the look at the gap, applying and reporting are the engine's; the turns that a real
listener takes in its event loop follow each other here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.bootstrap import Engine
from engine.domain.stream import StreamMessage
from engine.errors import EngineError, ExchangeRefused, Retryable
from engine.exchange.binance.futures_stream import FUTURES_STREAM
from engine.exchange.binance.spot_stream import SPOT_STREAM
from engine.exchange.streams.dialect import StreamDialect
from engine.execution.context import AccountContext
from engine.execution.stream.gap import GapLook
from engine.execution.stream.streaming import Effect, apply_message
from tests.simulation.scheduler import Scheduler
from tests.simulation.settings import symbols_of
from workers.demo.our_facts import word
from workers.paper_exchange.streams import futures_user_events, user_events

#: Between two turns of a listener, and between two reports.
TURN_MS, REPORT_MS = 40, 1_000
#: A look that failed is tried again after this.
AGAIN_MS = 700


@dataclass(frozen=True, kw_only=True)
class Pushes:
    """How a market's events are written, and read."""

    rendered: Callable[[Any], dict[str, Any]]
    dialect: StreamDialect
    symbols: Mapping[str, str]  # BTCUSDT -> ours


PUSHES = {
    market_type: Pushes(
        rendered=rendered,
        dialect=dialect,
        symbols={word(symbol): symbol for symbol in symbols_of(market_type)},
    )
    for market_type, rendered, dialect in (
        ("spot", user_events.rendered, SPOT_STREAM),
        ("futures", futures_user_events.rendered, FUTURES_STREAM),
    )
}


class SimulatedStream:
    """What the exchange pushes about one account: some of it lost, doubled, late."""

    def __init__(self, scheduler: Scheduler, uid: int, pushes: Pushes) -> None:
        self._scheduler = scheduler
        self._uid = uid
        self._pushes = pushes
        self._arrived: deque[StreamMessage] = deque()
        self.is_subscribed = False

    def subscribe(self) -> None:
        self._arrived.clear()
        self.is_subscribed = True

    def on_events(self, events: Iterable[Any]) -> None:
        """Send what happened on its way."""
        dangers, dice = self._scheduler.dangers, self._scheduler.dice
        for event in events:
            if not self.is_subscribed or event.uid != self._uid:
                continue
            for _ in range(2 if dice.random() < dangers.news_doubled else 1):
                if dice.random() < dangers.news_lost:
                    continue
                late_ms = dice.randrange(8_000) if dice.random() < dangers.news_late else 0
                self._scheduler.after(late_ms + 5, lambda event=event: self._arrive(event))

    def _arrive(self, event: Any) -> None:
        if not self.is_subscribed:
            return
        pushes = self._pushes
        message = pushes.dialect.map_event(pushes.rendered(event), pushes.symbols)
        if message is not None:
            self._arrived.append(message)

    def take(self) -> StreamMessage | None:
        return self._arrived.popleft() if self._arrived else None


class SimulatedListener:
    """One process that stands for election and listens while it leads."""

    def __init__(
        self,
        engine: Engine,
        account: str,
        stream: SimulatedStream,
        scheduler: Scheduler,
        is_over: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._account = account
        self._stream = stream
        self._scheduler = scheduler
        self._is_over = is_over
        self._clock = engine.clock
        self._lease_ms = engine.settings.stream.lease_ms

    def run(self) -> None:
        """Listen, connect again, and stand again, until the world is over."""
        owner = self._engine.random.nonce()
        while not self._is_over():
            try:
                context = self._engine.account(self._account)
                asked_at_ms = self._clock.monotonic_ms()
                term = context.store.lead_stream(owner, self._lease_ms)
                if term is not None:
                    self._connect(context, owner, term, asked_at_ms + self._lease_ms)
            except EngineError:
                pass
            self._stream.is_subscribed = False
            self._clock.wait(REPORT_MS)

    def _connect(self, context: AccountContext, owner: str, term: int, until_ms: int) -> None:
        doubts = context.store.load_stream().doubts
        self._stream.subscribe()
        live_since_ms, reported_ms = self._clock.now_ms(), 0
        gap: GapLook | None = GapLook(context)
        while self._clock.monotonic_ms() < until_ms and not self._is_over():
            gap = self._turn(context, gap)
            now_ms = self._clock.monotonic_ms()
            if now_ms - reported_ms >= REPORT_MS:
                reported_ms = now_ms
                if context.store.lead_stream(owner, self._lease_ms) != term:
                    return
                until_ms = now_ms + self._lease_ms
                if not self._report(context, term, doubts, live_since_ms, is_live=gap is None):
                    return
            if self._scheduler.dice.random() < self._scheduler.dangers.stream_cut / 10:
                return
            self._clock.wait(TURN_MS)

    def _turn(self, context: AccountContext, gap: GapLook | None) -> GapLook | None:
        message = self._stream.take()
        if message is not None and apply_message(context, message) is Effect.TOO_EARLY:
            gap = GapLook(context)
        if gap is None:
            return None
        try:
            return None if gap.step() else gap
        except (Retryable, ExchangeRefused):
            self._clock.wait(AGAIN_MS)
            return gap

    def _report(
        self, context: AccountContext, term: int, doubts: int, live_since_ms: int, *, is_live: bool
    ) -> bool:
        """Tell how the stream is; False when it must begin anew."""
        is_ours = context.store.report_stream(
            term,
            is_live=is_live,
            answered_doubts=doubts,
            live_since_ms=live_since_ms,
            heard_at_ms=self._clock.now_ms(),
            messages=0,
            reconnects=0,
        )
        return is_ours and context.store.load_stream().doubts == doubts
