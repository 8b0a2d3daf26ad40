"""What the commands about the whole exchange do, whatever market type they are sent with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from workers.paper_exchange.api.dispatch import Dispatcher
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures.venue import Venue as FuturesVenue
from workers.paper_exchange.spot.accounts import ApiKey
from workers.paper_exchange.spot.venue import Venue

from . import commands
from .control_error import ControlError
from .faults import RequestFault
from .stream_faults import StreamFault, StreamFaults


class Streams(Protocol):
    """Connections that can be hung up on."""

    def disconnect(self) -> int: ...


class UserStreams(Streams, Protocol):
    """Streams that can also be told that they end."""

    def end(self, event: str, at_ms: int) -> int: ...


class ExchangeActions:
    """Carries out commands; each returns JSON."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        stream_faults: StreamFaults,
        user_streams: UserStreams,
        other_streams: Iterable[Streams],
    ) -> None:
        self._dispatcher = dispatcher
        self._stream_faults = stream_faults
        self._user_streams = user_streams
        self._streams = (user_streams, *other_streams)
        self._venue: Venue = dispatcher.venue
        self._futures: FuturesVenue = dispatcher.futures

    def commit(self) -> None:
        """Write and tell what a command changed."""
        self._venue.commit()
        self._futures.commit()

    def open_account(self, command: commands.OpenAccount) -> object:
        key = ApiKey(
            key=command.key,
            secret=command.secret,
            uid=command.uid,
            can_trade=command.can_trade,
            can_read=command.can_read,
        )
        self._venue.open_account(key, dict(command.balances))
        self._futures.open_account(key.uid, dict(command.futures_balances))
        return {}

    def set_clock(self, command: commands.SetClock) -> object:
        self._venue.clock.offset_ms = command.offset_ms
        return {"server_time_ms": self._venue.clock()}

    def advance(self, command: commands.Advance) -> object:
        for _ in range(command.ticks):
            self._venue.tick()
            self._futures.tick()
        return {}

    def reset(self, command: commands.Nothing) -> object:
        """Forget orders, trades and balances and begin with the first ones, as the testnet does."""
        self._venue.reset()
        self._futures.reset()
        return {}

    def add_fault(self, command: RequestFault) -> object:
        self._dispatcher.faults.add(command)
        return {}

    def add_stream_fault(self, command: StreamFault) -> object:
        self._stream_faults.add(command)
        return {}

    def clear_faults(self, command: commands.Nothing) -> object:
        self._dispatcher.faults.clear()
        self._stream_faults.clear()
        return {}

    def faults(self, command: commands.Nothing) -> object:
        return {
            "hits": self._dispatcher.faults.hits(),
            "stream_hits": self._stream_faults.hits(),
        }

    def disconnect_streams(self, command: commands.Nothing) -> object:
        """Hang up on every WebSocket that listens, as the exchange does once a day."""
        return {"disconnected": sum(streams.disconnect() for streams in self._streams)}

    def end_streams(self, command: commands.EndStreams) -> object:
        """Tell every user stream that it ends."""
        told = self._user_streams.end(command.event, self._venue.clock())
        if command.close:
            self._user_streams.disconnect()
        return {"told": told}

    def stats(self, command: commands.Nothing) -> object:
        return self._dispatcher.statistics.report()

    def clear_stats(self, command: commands.Nothing) -> object:
        self._dispatcher.statistics.clear()
        return {}


#: command -> (its JSON, the method of ExchangeActions)
TABLE: dict[str, tuple[type[Any], Callable[[ExchangeActions, Any], object]]] = {
    "open_account": (commands.OpenAccount, ExchangeActions.open_account),
    "set_clock": (commands.SetClock, ExchangeActions.set_clock),
    "advance": (commands.Advance, ExchangeActions.advance),
    "reset": (commands.Nothing, ExchangeActions.reset),
    "add_fault": (RequestFault, ExchangeActions.add_fault),
    "add_stream_fault": (StreamFault, ExchangeActions.add_stream_fault),
    "disconnect_streams": (commands.Nothing, ExchangeActions.disconnect_streams),
    "end_streams": (commands.EndStreams, ExchangeActions.end_streams),
    "clear_faults": (commands.Nothing, ExchangeActions.clear_faults),
    "faults": (commands.Nothing, ExchangeActions.faults),
    "stats": (commands.Nothing, ExchangeActions.stats),
    "clear_stats": (commands.Nothing, ExchangeActions.clear_stats),
}


def refusal(error: ApiError | ControlError) -> str:
    """Return the sentence of an error."""
    return error.message if isinstance(error, ApiError) else str(error)
