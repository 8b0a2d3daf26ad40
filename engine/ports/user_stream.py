"""What an exchange pushes about one account."""

from __future__ import annotations

from typing import Protocol

from engine.domain.stream import StreamMessage


class UserStream(Protocol):
    """One connection and its subscription; used once, in one event loop.

    It promises nothing but speed: messages may be missing, doubled, late or out of order.
    """

    async def open(self) -> None:
        """Connect and subscribe; returns when the exchange has confirmed.

        Raises BudgetExhausted, ExchangeUnavailable, ExchangeRefused, or IdentityConflict when
        the key opens another account. Then it is closed already.
        """
        ...

    async def receive(self) -> StreamMessage:
        """Return the next message as the exchange sent it, in the order of arrival.

        Raises StreamLost when the connection is gone, the subscription has ended, so much came
        that some was dropped, or the other side shows no sign of life any more.
        """
        ...

    @property
    def heard_at_ms(self) -> int:
        """Return when the other side last showed a sign of life, a pong included (monotonic)."""
        ...

    async def close(self) -> None: ...
