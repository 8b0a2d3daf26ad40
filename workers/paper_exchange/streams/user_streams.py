"""Subscriptions to user data: which connection hears of which account."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from workers.paper_exchange.spot.events import UserEvent

from .connection import Connection, Payload
from .user_events import rendered


class UserStreams:
    """Sends the events of an account to every connection that subscribed to it."""

    def __init__(self) -> None:
        self._subscriptions: dict[tuple[Connection, int], int] = {}  # -> uid
        self._numbers: dict[Connection, int] = {}

    def subscribe(self, connection: Connection, uid: int) -> int:
        """Return the subscription's number on this connection."""
        number = self._numbers.get(connection, -1) + 1
        self._numbers[connection] = number
        self._subscriptions[connection, number] = uid
        return number

    def unsubscribe(self, connection: Connection, number: int | None) -> None:
        """End one subscription of a connection, or all."""
        for key in [k for k in self._subscriptions if k[0] is connection]:
            if number is None or key[1] == number:
                del self._subscriptions[key]

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self.unsubscribe(connection, None)
        self._numbers.pop(connection, None)

    def of(self, connection: Connection) -> list[int]:
        return [number for c, number in self._subscriptions if c is connection]

    def hears(self, uid: int) -> bool:
        """Return whether anybody subscribed to the account."""
        return uid in self._subscriptions.values()

    def disconnect(self) -> int:
        """Hang up on everybody who ever subscribed; return how many there were."""
        connections = list(self._numbers)
        for connection in connections:
            connection.disconnect()
        return len(connections)

    def end(self, kind: str, at_ms: int) -> int:
        """Announce an end on every subscription; return how many there were.

        `eventStreamTerminated` ends the subscription itself; `serverShutdown` is about the
        connection, which goes on for a while, and carries no subscription's number.
        """
        subscriptions = list(self._subscriptions)
        event: Payload = {"e": kind, "E": at_ms}
        for connection, number in subscriptions:
            if kind == "serverShutdown":
                connection.send({"event": event})
                continue
            connection.send(_wrapped(number, event))
            self.unsubscribe(connection, number)
        return len(subscriptions)

    def publish(self, events: Iterable[UserEvent]) -> None:
        """Push events to whoever subscribed to their accounts."""
        if not self._subscriptions:
            return
        for event in events:
            listeners = [key for key, uid in self._subscriptions.items() if uid == event.uid]
            message = rendered(event) if listeners else {}
            for connection, number in listeners:
                connection.push("user", message, event.uid, partial(_wrapped, number))


def _wrapped(number: int, event: Payload) -> object:
    return {"subscriptionId": number, "event": event}
