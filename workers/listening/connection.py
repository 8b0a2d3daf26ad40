"""One connection: subscribe, close the gap before it, apply what comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from engine.config import StreamSettings
from engine.domain.stream import StreamEnding, StreamMessage
from engine.errors import (
    AccountNotReady,
    BudgetExhausted,
    EngineError,
    ExchangeRefused,
    Retryable,
    StreamLost,
)
from engine.execution.context import AccountContext
from engine.execution.stream.gap import GapLook
from engine.execution.stream.streaming import Effect, apply_message
from engine.ports import UserStream
from workers.listening.inbox import Inbox
from workers.listening.timing import reconnect_delay_ms

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Runs something that blocks, in the one thread that may use the account's gateway.
ByHand = Callable[[Callable[[], T]], Awaitable[T]]

#: How long closing may take: whoever has to go must not wait for a dead socket.
CLOSE_TIMEOUT_S = 2.0
#: How often the wait for a message is interrupted to see whether we still lead.
LOOK_EVERY_MS = 500


class Connection:
    """From the subscription to its loss; used once."""

    def __init__(
        self,
        context: AccountContext,
        stream: UserStream,
        settings: StreamSettings,
        *,
        answered_doubts: int,
        leads: Callable[[], bool],
        on_change: Callable[[], None],
    ) -> None:
        self.answered_doubts = answered_doubts
        self.live_since_ms = 0
        self.messages = 0
        self._context = context
        self._stream = stream
        self._settings = settings
        self._leads = leads
        self._on_change = on_change
        self._inbox = Inbox(context.clock)
        self._gap: GapLook | None = GapLook(context)
        self._gap_failures = 0
        self._next_look_ms = 0
        self._opened_at_ms: int | None = None

    @property
    def is_live(self) -> bool:
        """Subscribed, nothing missed before, and nothing waits for long."""
        is_whole = self._opened_at_ms is not None and self._gap is None
        is_prompt = self._inbox.age_ms <= self._settings.behind_ms
        return is_whole and is_prompt and not self._inbox.has_ended

    @property
    def was_well(self) -> bool:
        """It lasted long enough for its end to be no failure."""
        if self._opened_at_ms is None:
            return False
        return self._context.clock.monotonic_ms() - self._opened_at_ms >= (
            self._settings.well_after_ms
        )

    @property
    def heard_at_ms(self) -> int:
        """Our time of the last sign of life."""
        if self._opened_at_ms is None:
            return 0
        clock = self._context.clock
        return clock.now_ms() - max(clock.monotonic_ms() - self._stream.heard_at_ms, 0)

    def end(self, reason: str) -> None:
        """End the connection once what waits is applied."""
        self._inbox.end(StreamLost(reason))
        self._on_change()

    async def run(self, by_hand: ByHand[object]) -> None:
        """Listen until the stream is lost; raises why."""
        reading: asyncio.Task[None] | None = None
        try:
            await self._stream.open()
            # What happens from now on is pushed; what happened before, the gap's look finds
            self.live_since_ms = self._context.clock.now_ms()
            self._opened_at_ms = self._context.clock.monotonic_ms()
            reading = asyncio.create_task(self._read())
            while self._leads():
                await self._turn(by_hand)
        finally:
            if reading is not None:
                reading.cancel()
                await asyncio.wait({reading})
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._stream.close()

    async def _read(self) -> None:
        await self._inbox.read(self._stream)
        self._on_change()

    async def _turn(self, by_hand: ByHand[object]) -> None:
        """Apply one message, and ask for one piece of the gap: neither may wait for the other."""
        was_whole = self._gap is None
        message = await self._inbox.next(self._patience_ms())
        if message is not None and self._leads():
            await by_hand(lambda: self._apply(message))
            self.messages += 1
            self._inbox.done()
        if self._is_look_due() and self._leads():
            await by_hand(self._look)
        if was_whole != (self._gap is None):
            log.info("stream of %s is %s", self._context.name, "silent" if was_whole else "live")
            self._on_change()

    def _apply(self, message: StreamMessage) -> None:
        if not self._leads():
            # The thread was busy, or this process asleep. The lease may be ours again by now, but
            # this message is passed over: only a new connection's look makes up for it
            raise StreamLost("the leadership ran out before a message was applied")
        if isinstance(message, StreamEnding):
            log.info("stream of %s will end: %s", self._context.name, message.reason)
        if apply_message(self._context, message) is Effect.TOO_EARLY:
            # The store was lost. Whether the rebuild has seen it, only another look can tell
            self._gap = GapLook(self._context)

    def _patience_ms(self) -> int:
        return 0 if self._is_look_due() else LOOK_EVERY_MS

    def _is_look_due(self) -> bool:
        return self._gap is not None and self._context.clock.monotonic_ms() >= self._next_look_ms

    def _look(self) -> None:
        """Ask for one piece; where the answer must wait, the messages need not."""
        assert self._gap is not None
        try:
            self._gap = None if self._gap.step() else self._gap
            self._gap_failures = 0
        except (Retryable, ExchangeRefused) as error:
            self._gap_failures += 1
            self._next_look_ms = self._context.clock.monotonic_ms() + self._delay_ms(error)
            log.info("the look before the stream of %s waits: %s", self._context.name, error)

    def _delay_ms(self, error: EngineError) -> int:
        if isinstance(error, BudgetExhausted):
            return error.retry_after_ms
        # A rebuild that is under way takes seconds, and asking costs no request
        failures = 1 if isinstance(error, AccountNotReady) else self._gap_failures
        return reconnect_delay_ms(failures, self._context.random.jitter(), self._settings)
