"""One account: stand for election, and while leading keep a connection and tell how it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from engine.bootstrap import Engine
from engine.errors import EngineError, Retryable
from engine.execution.context import AccountContext
from workers.listening.connection import Connection
from workers.listening.timing import Lease, reconnect_delay_ms, renewal_ms, take_lease

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How long an end may take: who has to go does not wait for a dead socket or a dead store.
END_TIMEOUT_S = 3.0


class AccountListener:
    """Listens for one account, as long as it leads."""

    def __init__(self, engine: Engine, name: str, owner: str) -> None:
        self._engine = engine
        self._name = name
        self._owner = owner
        self._settings = engine.settings.stream
        # The gateway is for one thread only, and messages are applied one after the other
        self._hands = ThreadPoolExecutor(1, thread_name_prefix=f"stream-{name}")
        self._changed = asyncio.Event()
        self._lease: Lease | None = None
        self._connection: Connection | None = None
        self._messages = 0  # Of this term's earlier connections
        self._reconnects = 0

    async def run(self) -> None:
        """Listen until cancelled; whatever befalls this account, the others listen on."""
        failures = 0
        while True:
            try:
                await self._take_part()
                failures = 0
            except Exception as error:  # noqa: BLE001 - the others listen on, whatever it was
                failures += 1
                self._tell(error)
            delay_ms = self._delay_ms(failures) if failures else renewal_ms(self._settings)
            await asyncio.sleep(delay_ms / 1000)

    async def _take_part(self) -> None:
        context = await self._by_hand(lambda: self._engine.account(self._name))
        self._lease = await self._stand(context)
        if self._lease is not None:
            await self._lead(context, self._lease.term)

    async def _stand(self, context: AccountContext) -> Lease | None:
        asked_at_ms = context.clock.monotonic_ms()
        term = await asyncio.to_thread(
            context.store.lead_stream, self._owner, self._settings.lease_ms
        )
        return take_lease(term, asked_at_ms, self._settings)

    def _leads(self) -> bool:
        return self._lease is not None and self._lease.is_held(self._engine.clock.monotonic_ms())

    async def _lead(self, context: AccountContext, term: int) -> None:
        log.info("stream of %s: this process leads, term %s", self._name, term)
        self._messages = self._reconnects = 0
        listening = asyncio.create_task(self._listen(context))
        try:
            while await self._keep(context, term):
                await self._until_change()
            log.warning("stream of %s: term %s is over", self._name, term)
        finally:
            self._lease = None
            listening.cancel()
            await asyncio.wait({listening}, timeout=END_TIMEOUT_S)
            await self._resign(context, term)

    # ---- the leadership ----------------------------------------------------------------------

    async def _keep(self, context: AccountContext, term: int) -> bool:
        """Renew the lease and report; return whether we still lead.

        This runs beside the applying, so that a slow message does not cost the leadership.
        """
        try:
            lease = await self._stand(context)
            if lease is None or lease.term != term:
                return False
            self._lease = lease
            return await self._report(context, term)
        except EngineError as error:
            log.warning("stream of %s: %s", self._name, error)
            return self._leads()

    async def _resign(self, context: AccountContext, term: int) -> None:
        """Let the next one begin at once; without our word it does so when the lease is over."""
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await asyncio.to_thread(context.store.resign_stream, term)
        except (EngineError, TimeoutError) as error:
            log.warning("stream of %s: could not resign: %s", self._name, error)

    async def _report(self, context: AccountContext, term: int) -> bool:
        connection = self._connection

        def write() -> tuple[bool, int, str]:
            is_ours = context.store.report_stream(
                term,
                is_live=connection is not None and connection.is_live,
                answered_doubts=connection.answered_doubts if connection else 0,
                live_since_ms=connection.live_since_ms if connection else 0,
                heard_at_ms=connection.heard_at_ms if connection else 0,
                messages=self._messages + (connection.messages if connection else 0),
                reconnects=self._reconnects,
            )
            health = context.store.load_stream()
            return is_ours, health.doubts, health.doubt

        is_ours, doubts, doubt = await asyncio.to_thread(write)
        # Fewer than were answered: the store was lost, and would never believe this connection
        if connection is not None and doubts != connection.answered_doubts:
            connection.end(
                f"a poll saw it first: {doubt}" if doubt else "the store has forgotten it"
            )
        return is_ours

    async def _until_change(self) -> None:
        """Wait for the next renewal, or for something that must be told at once."""
        try:
            await asyncio.wait_for(self._changed.wait(), renewal_ms(self._settings) / 1000)
        except TimeoutError:
            return
        self._changed.clear()

    # ---- the connection ----------------------------------------------------------------------

    async def _listen(self, context: AccountContext) -> None:
        """Connect, and connect again, until cancelled."""
        failures = 0
        while True:
            try:
                await self._connect(context)
            except Exception as error:  # noqa: BLE001 - what we cannot take in, REST is asked for
                self._tell(error)
            connection, self._connection = self._connection, None
            failures += 1
            if connection is not None:
                self._messages += connection.messages
                failures = 0 if connection.was_well else failures
            self._reconnects += 1
            self._changed.set()
            await asyncio.sleep(self._delay_ms(failures) / 1000)

    async def _connect(self, context: AccountContext) -> None:
        health = await asyncio.to_thread(context.store.load_stream)
        stream = await self._by_hand(lambda: self._engine.user_stream(self._name))
        self._connection = Connection(
            context,
            stream,
            self._settings,
            answered_doubts=health.doubts,
            leads=self._leads,
            on_change=self._changed.set,
        )
        await self._connection.run(self._by_hand)

    async def _by_hand(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hands, act)

    def _delay_ms(self, failures: int) -> int:
        return reconnect_delay_ms(failures, self._engine.random.jitter(), self._settings)

    def _tell(self, error: Exception) -> None:
        if isinstance(error, Retryable):
            log.info("stream of %s: %s", self._name, error)
        elif isinstance(error, EngineError):
            log.warning("stream of %s: %s", self._name, error)
        else:
            log.error("stream of %s failed", self._name, exc_info=error)
