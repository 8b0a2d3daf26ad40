"""One WebSocket to a client: a queue of what is to be said, and the faults on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from workers.paper_exchange.control.stream_faults import StreamFault, StreamFaults

#: The exchange pings this often and hangs up on who says nothing for so long.
PING_EVERY_S, HANG_UP_AFTER_S = 20.0, 60.0
#: A client that does not read is hung up on, as the exchange does.
_MOST_QUEUED = 10_000

Event = dict[str, object]
Payload = Event | list[Event]
#: Puts an event into the envelope of its subscription.
Envelope = Callable[[Payload], object]


def plain(event: Payload) -> object:
    """Return an event as it is, for a stream without envelopes."""
    return event


class Connection:
    """Sends texts in order; events may be dropped, repeated, held back or cut off by faults."""

    def __init__(self, socket: web.WebSocketResponse, faults: StreamFaults) -> None:
        self.socket = socket
        self._faults = faults
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._held: dict[object, list[bytes]] = {}  # Waits for the next of its type to overtake it
        self._silent_until_s = 0.0
        self._is_dead = False
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._next_ping = self._loop.call_later(PING_EVERY_S, self._ping)
        self._pinging: asyncio.Task[bool] | None = None

    def send(self, message: object) -> None:
        """Queue a message, whatever faults there are; nothing once the connection is dead."""
        if self._is_dead:
            return
        if self._queue.qsize() >= _MOST_QUEUED:
            self.disconnect()
            return
        self._queue.put_nowait(orjson.dumps(message))

    def disconnect(self) -> None:
        """Hang up once everything queued so far has been sent."""
        self._queue.put_nowait(None)

    def push(self, stream: str, event: Payload, uid: int | None, envelope: Envelope) -> None:
        """Queue an event, or do to it what a fault says."""
        if self._is_dead or self._loop.time() < self._silent_until_s:
            return
        message = envelope(event)
        first = event if isinstance(event, dict) else event[0]
        fault = self._faults.find(stream, uid, first)
        if fault is not None:
            self._spoil(fault, message, first.get("e"))
            return
        self.send(message)
        for late in self._held.pop(first.get("e"), ()):
            self._queue.put_nowait(late)

    def _spoil(self, fault: StreamFault, message: object, kind: object) -> None:
        match fault.action:
            case "repeat":
                for _ in range(1 + fault.times):
                    self.send(message)
            case "delay":
                self._loop.call_later(fault.delay_ms / 1000, self.send, message)
            case "reorder":
                self._held.setdefault(kind, []).append(orjson.dumps(message))
            case "disconnect":
                self.disconnect()
            case "silence":
                self._silent_until_s = self._loop.time() + fault.delay_ms / 1000
            case "dead":
                self._is_dead = True
            case "drop":
                pass

    async def read(self) -> AsyncIterator[WSMessage]:
        """Yield what the client says, until it is gone; its pings are answered here."""
        async for message in self.socket:
            self._heard_s = self._loop.time()
            if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                yield message
            elif message.type is WSMsgType.PING and not self._is_dead:
                await self._say(self.socket.pong(message.data))

    async def write(self) -> None:
        """Send what is queued until told to hang up or the client is gone."""
        try:
            while (text := await self._queue.get()) is not None:
                if not await self._say(self.socket.send_str(text.decode())):
                    return
            await self.socket.close(code=WSCloseCode.GOING_AWAY)
        finally:
            self._next_ping.cancel()

    def _ping(self) -> None:
        """Ask for a sign of life, or hang up on who has given none for too long."""
        if self._loop.time() - self._heard_s > HANG_UP_AFTER_S:
            self.disconnect()
            return
        if not self._is_dead:
            self._pinging = self._loop.create_task(self._say(self.socket.ping()))
        self._next_ping = self._loop.call_later(PING_EVERY_S, self._ping)

    async def _say(self, saying: Awaitable[None]) -> bool:
        """Return whether it could be said; False when the client is gone."""
        try:
            await saying
        except ConnectionError:
            return False
        return True


async def open_connection(
    request: web.BaseRequest, faults: StreamFaults
) -> tuple[Connection, asyncio.Task[None]]:
    """Accept a WebSocket; return its connection and the task that writes to it."""
    # Pings are answered by hand: a connection that is dead must not answer them
    socket = web.WebSocketResponse(autoping=False, compress=False)
    await socket.prepare(request)
    connection = Connection(socket, faults)
    return connection, asyncio.create_task(connection.write())
