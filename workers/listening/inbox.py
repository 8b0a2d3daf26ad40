"""Messages of one connection that wait to be applied, in the order of their arrival."""

from __future__ import annotations

import asyncio
from collections import deque

from engine.domain.stream import StreamMessage
from engine.errors import EngineError, StreamLost
from engine.ports import Clock, UserStream

#: More wait in the connection's own queue, whose overflow ends the connection.
MOST_WAITING = 1_000


class Inbox:
    """Tells how old the oldest message is, the one in hand included."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[tuple[int, StreamMessage]] = deque()
        self._ending: EngineError | None = None
        self._changed = asyncio.Event()
        self._in_hand_since_ms: int | None = None

    async def read(self, stream: UserStream) -> None:
        """Take in what the stream brings, until it is lost."""
        try:
            while True:
                message = await stream.receive()
                await self._make_room()
                self._waiting.append((self._clock.monotonic_ms(), message))
                self._changed.set()
        except EngineError as error:
            self.end(error)
        finally:
            self.end(StreamLost("nobody reads the stream any more"))

    async def _make_room(self) -> None:
        while len(self._waiting) >= MOST_WAITING:
            await asyncio.sleep(0.01)

    def end(self, ending: EngineError) -> None:
        """Let nothing more in; what waits is still handed out."""
        self._ending = self._ending or ending
        self._changed.set()

    async def next(self, timeout_ms: int) -> StreamMessage | None:
        """Return the oldest message; None when none came in time.

        Raises why the stream ended after the last one. The message counts as waiting until `done`.
        """
        if not self._waiting and self._ending is None:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), timeout_ms / 1000)
            except TimeoutError:
                return None
        if self._waiting:
            self._in_hand_since_ms, message = self._waiting.popleft()
            return message
        assert self._ending is not None
        raise self._ending

    def done(self) -> None:
        """Say that the message in hand was applied."""
        self._in_hand_since_ms = None

    @property
    def age_ms(self) -> int:
        """How long the oldest message has waited; 0 when none does."""
        oldest_ms = self._in_hand_since_ms
        if oldest_ms is None and self._waiting:
            oldest_ms = self._waiting[0][0]
        return 0 if oldest_ms is None else self._clock.monotonic_ms() - oldest_ms

    @property
    def has_ended(self) -> bool:
        return self._ending is not None
