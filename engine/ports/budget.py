"""The exchange's request allowance, shared by all workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from engine.domain.lanes import Lane


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one request uses of the exchange's allowances."""

    weight: int = 0  # Per egress address
    orders: int = 0  # Per account
    requests: int = 1  # Whatever they weigh


class Counted(StrEnum):
    """What a window counts."""

    WEIGHT = "weight"
    ORDERS = "orders"
    REQUESTS = "requests"


class WindowScope(StrEnum):
    ADDRESS = "address"  #: Shared by all that leaves through one egress address
    ACCOUNT = "account"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A fixed window of the exchange: so much of one thing in each interval."""

    name: str  # "weight_1m", "orders_10s"
    scope: WindowScope
    counted: Counted
    limit: int
    interval_ms: int
    is_told: bool = True  # A response header states how much of it is used

    def part_of(self, cost: Cost) -> int:
        """Return how much of this window a request of `cost` takes."""
        parts = {
            Counted.WEIGHT: cost.weight,
            Counted.ORDERS: cost.orders,
            Counted.REQUESTS: cost.requests,
        }
        return parts[self.counted]


@dataclass(frozen=True, kw_only=True)
class WindowUsage:
    """One line of the meter."""

    window: Window
    used: int  # The limit while nobody knows
    resets_in_ms: int
    is_known: bool = True
    used_by_lane: Mapping[Lane, int] = field(default_factory=dict)
    used_by_account: Mapping[str, int] = field(default_factory=dict)


class Budget(Protocol):
    """The request allowance of one account behind one egress address, shared by all workers."""

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        """Take `cost` or raise BudgetExhausted; waits at most `wait_ms` for a window to turn."""
        ...

    def refund(self, nonce: str) -> None:
        """Give back what `nonce` took and did not use. Twice is as good as once."""
        ...

    def observe(self, used: Mapping[str, int], *, took_ms: int = 0) -> None:
        """Correct the meter by what a response header says, by window name; never downward.

        `took_ms`: since its request began. One that began before the window did may speak of the
        window before.
        """
        ...

    def penalize(self, duration_ms: int, scope: WindowScope = WindowScope.ADDRESS) -> None:
        """Obey an exchange that answered 429 or 418, all of us, for so long.

        ADDRESS stops every request of every account behind it, ACCOUNT the account's orders.
        """
        ...

    def meter(self) -> tuple[WindowUsage, ...]: ...

    def penalty_ms(self, scope: WindowScope = WindowScope.ADDRESS) -> int:
        """Return how long the address, or the account's orders, must stay quiet; 0 when free."""
        ...
