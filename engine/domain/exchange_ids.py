"""The two ids that one order of ours may have at an exchange. Pure.

Where conditional orders are kept by a service of their own, the exchange gives an id to what was
placed, and another one to the order that the trigger places. Both stand for the one intent. In a
record and in a report the first is `exchange_order_id` as soon as anybody told it; until then the
second stands there, too. So what is known in the end does not depend on what was told first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self


class Identified(Protocol):
    """A record or a report of an order."""

    @property
    def exchange_order_id(self) -> str | None: ...

    @property
    def triggered_order_id(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class ExchangeIds:
    placed: str | None = None
    triggered: str | None = None  # Of the order that the trigger placed

    @classmethod
    def of(cls, known: Identified) -> Self:
        placed, triggered = known.exchange_order_id, known.triggered_order_id
        return cls(placed=None if placed == triggered else placed, triggered=triggered)

    @property
    def shown(self) -> str | None:
        """Return the one id by which the order is named."""
        return self.placed or self.triggered

    @property
    def all(self) -> frozenset[str]:
        return frozenset(one for one in (self.placed, self.triggered) if one is not None)

    def join(self, told: ExchangeIds) -> ExchangeIds | None:
        """Return what both say together; None where they speak of two orders."""
        mine, told = self._in_light_of(told), told._in_light_of(self)
        placed, triggered = mine.placed or told.placed, mine.triggered or told.triggered
        if told.placed not in (None, placed) or told.triggered not in (None, triggered):
            return None
        return ExchangeIds(placed=placed, triggered=triggered)

    def _in_light_of(self, other: ExchangeIds) -> ExchangeIds:
        """Return the same where the other knows that a trigger placed what we took for placed."""
        if self.triggered is None and self.placed == other.triggered:
            return ExchangeIds(triggered=self.placed)
        return self
