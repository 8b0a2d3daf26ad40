"""What a user stream must know of an exchange and its market type. One more market is one more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.domain.stream import StreamMessage
from engine.exchange.error_codes import Codes
from engine.exchange.raw_answer import RawAnswer
from engine.exchange.rows import Row
from engine.ports import Cost


@dataclass(frozen=True, kw_only=True)
class StreamDialect:
    """The words of one market's user stream; all but `subscribe` is pure."""

    cost: Cost  # Of one subscription
    codes: Codes
    #: Let ccxt's own client connect and subscribe; returns when the exchange has confirmed.
    subscribe: Callable[[Any], Awaitable[Any]]
    #: The event inside a message; None for an answer to a request of ours. Raises Unreadable.
    find_event: Callable[[Row], Row | None]
    #: An answer in the form in which HTTP would have brought it.
    read_answer: Callable[[Row], RawAnswer]
    #: The exchange's symbol that an event cannot be read without; None: it needs none.
    needed_symbol: Callable[[Row], str | None]
    #: The event in our words; None: it tells us nothing. Raises Unreadable.
    map_event: Callable[[Row, Mapping[str, str]], StreamMessage | None]
