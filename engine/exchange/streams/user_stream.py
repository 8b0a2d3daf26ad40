"""The user stream of one account: raw events in our own queue, read in the order of arrival."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from engine.domain.lanes import Lane
from engine.domain.stream import StreamEnding, StreamMessage
from engine.errors import EngineError, StreamLost
from engine.exchange.answers import read_answer
from engine.exchange.client import ClientSettings
from engine.exchange.gateway import CcxtGateway
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row
from engine.exchange.streams.connection import StreamConnection
from engine.exchange.streams.dialect import StreamDialect
from engine.ports import Clock

#: The least that is waited, so that what arrived while we were held up is read before we judge.
SHORTEST_WAIT_MS = 100


@dataclass(frozen=True, kw_only=True)
class StreamLimits:
    """When a stream counts as lost."""

    ping_ms: int
    silence_ms: int  # Without any frame, pongs included
    max_age_ms: int
    queue: int  # Events that may wait


class CcxtUserStream:
    """Implements `engine.ports.UserStream`; the gateway is its own and is closed with it."""

    def __init__(
        self,
        *,
        gateway: CcxtGateway,
        dialect: StreamDialect,
        settings: ClientSettings,
        limits: StreamLimits,
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._dialect = dialect
        self._limits = limits
        self._clock = clock
        self._connection = StreamConnection(
            settings,
            dialect,
            self,
            ping_ms=limits.ping_ms,
            signing_time_ms=gateway.exchange_now_ms,
        )
        self._waiting: deque[Row] = deque()
        self._news = asyncio.Event()
        self._symbols: Mapping[str, str] = {}  # The exchange's words for ours
        self._lost: str | None = None  # Why nothing comes any more
        self._heard_at_ms = self._opened_at_ms = clock.monotonic_ms()

    @property
    def heard_at_ms(self) -> int:
        """Return when anything last came, a pong included (monotonic)."""
        return self._heard_at_ms

    async def open(self) -> None:
        """Connect and subscribe; returns when the exchange has confirmed.

        Raises BudgetExhausted, ExchangeUnavailable, ExchangeRefused or IdentityConflict.
        """
        try:
            await asyncio.to_thread(self._prepare)
            self._heard_at_ms = self._opened_at_ms = self._clock.monotonic_ms()
            answer = await self._connection.subscribe()
            if answer.status is not None:
                await asyncio.to_thread(self._gateway.learn, answer)
            read_answer(answer, self._dialect.codes, "the user stream", as_row)
        except BaseException:  # Cancelled, too: no connection is left behind
            await self.close()
            raise

    async def receive(self) -> StreamMessage:
        """Return the next message in the order of arrival; waits for one.

        Raises StreamLost once what came before the loss has been returned.
        """
        while True:
            self._check_age()
            if self._waiting:
                message = await self._read(self._waiting.popleft())
                if message is not None:
                    return message
            elif self._lost is not None:
                raise StreamLost(f"The user stream has ended: {self._lost}.")
            else:
                await self._wait()

    async def close(self) -> None:
        self.on_lost("it was closed")
        try:
            await self._connection.close()
        finally:
            self._gateway.close()

    # ---- what the connection tells -----------------------------------------------------------

    def on_frame(self) -> None:
        self._heard_at_ms = self._clock.monotonic_ms()

    def on_event(self, event: Row) -> None:
        if self._lost is not None:
            return  # Behind a gap; what was missed there must be asked for anyway
        if len(self._waiting) >= self._limits.queue:
            self.on_lost(f"more than {self._limits.queue} messages were waiting")
            return
        self._waiting.append(event)
        self._news.set()

    def on_lost(self, reason: str) -> None:
        if self._lost is None:
            self._lost = reason
        self._news.set()

    # ---- inside ------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Ask, in a thread, for all that a subscription needs; the allowance last."""
        self._load_symbols()
        self._gateway.prepare_stream(self._dialect.cost)

    def _load_symbols(self) -> None:
        listed = self._gateway.load_instruments(Lane.POLL)
        self._symbols = {item.exchange_symbol: item.symbol for item in listed}

    async def _wait(self) -> None:
        """Wait for news, at most until the silence or the age is too great."""
        self._news.clear()
        now_ms = self._clock.monotonic_ms()
        silent_at_ms = self._heard_at_ms + self._limits.silence_ms
        until_ms = min(silent_at_ms, self._opened_at_ms + self._limits.max_age_ms)
        try:
            async with asyncio.timeout(max(until_ms - now_ms, SHORTEST_WAIT_MS) / 1_000):
                await self._news.wait()
        except TimeoutError:
            self._check_silence()

    def _check_silence(self) -> None:
        silence_ms = self._clock.monotonic_ms() - self._heard_at_ms
        if silence_ms >= self._limits.silence_ms:
            self.on_lost(f"nothing was heard for {silence_ms} ms")

    def _check_age(self) -> None:
        age_ms = self._clock.monotonic_ms() - self._opened_at_ms
        if age_ms >= self._limits.max_age_ms:
            self.on_lost(f"it is {age_ms} ms old")

    async def _read(self, event: Row) -> StreamMessage | None:
        try:
            symbol = self._dialect.needed_symbol(event)
            if symbol is not None and symbol not in self._symbols:
                await asyncio.to_thread(self._reload_symbols)
            message = self._dialect.map_event(event, self._symbols)
        except Unreadable as error:
            self._give_up(str(error))
        except EngineError as error:
            self._give_up(f"a symbol that is not known could not be looked up: {error}")
        if isinstance(message, StreamEnding):
            self.on_lost(message.reason)
        return message

    def _reload_symbols(self) -> None:
        """Ask for the list of instruments anew: the symbol may have been listed since."""
        self._gateway.forget_instruments()
        self._load_symbols()

    def _give_up(self, reason: str) -> NoReturn:
        """End here: what comes behind a message that cannot be read is not read either."""
        self.on_lost(reason)
        self._waiting.clear()
        raise StreamLost(f"The user stream cannot be read: {reason}.")
