"""One WebSocket to a client: a queue of what is to be said, and the faults on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import orjson
from aiohttp import WSCloseCode, web

from workers.paper_exchange.control.stream_faults import StreamFault, StreamFaults

#: The exchange pings this often and hangs up on who does not answer.
PING_EVERY_S = 20.0
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

    def send(self, message: object) -> None:
        """Queue a message, whatever faults there are."""
        if self._queue.qsize() >= _MOST_QUEUED:
            self.disconnect()
            return
        self._queue.put_nowait(orjson.dumps(message))

    def disconnect(self) -> None:
        """Hang up once everything queued so far has been sent."""
        self._queue.put_nowait(None)

    def push(self, stream: str, event: Payload, uid: int | None, envelope: Envelope) -> None:
        """Queue an event, or do to it what a fault says."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._silent_until_s:
            return
        message = envelope(event)
        first = event if isinstance(event, dict) else event[0]
        fault = self._faults.find(stream, uid, first)
        if fault is not None:
            self._spoil(fault, message, first.get("e"), loop)
            return
        self.send(message)
        for late in self._held.pop(first.get("e"), ()):
            self._queue.put_nowait(late)

    def _spoil(
        self, fault: StreamFault, message: object, kind: object, loop: asyncio.AbstractEventLoop
    ) -> None:
        match fault.action:
            case "repeat":
                for _ in range(1 + fault.times):
                    self.send(message)
            case "delay":
                loop.call_later(fault.delay_ms / 1000, self.send, message)
            case "reorder":
                self._held.setdefault(kind, []).append(orjson.dumps(message))
            case "disconnect":
                self.disconnect()
            case "silence":
                self._silent_until_s = loop.time() + fault.delay_ms / 1000
            case "drop":
                pass

    async def write(self) -> None:
        """Send what is queued until told to hang up or the client is gone."""
        while (text := await self._queue.get()) is not None:
            try:
                await self.socket.send_str(text.decode())
            except ConnectionError:
                return
        await self.socket.close(code=WSCloseCode.GOING_AWAY)


async def open_connection(
    request: web.BaseRequest, faults: StreamFaults
) -> tuple[Connection, asyncio.Task[None]]:
    """Accept a WebSocket; return its connection and the task that writes to it."""
    socket = web.WebSocketResponse(heartbeat=PING_EVERY_S, compress=False)
    await socket.prepare(request)
    connection = Connection(socket, faults)
    return connection, asyncio.create_task(connection.write())
