"""An allowance that grants everything and keeps a ledger of what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.ports import Cost, WindowScope, WindowUsage


@dataclass
class OpenBudget:
    """Grants everything, unless told otherwise, and writes down what was asked of it."""

    granted: list[tuple[Cost, Lane, str]] = field(default_factory=list)
    refunded: list[str] = field(default_factory=list)
    observed: dict[str, int] = field(default_factory=dict)
    penalties_ms: list[int] = field(default_factory=list)
    order_penalties_ms: list[int] = field(default_factory=list)
    longest_ms: int = 0
    is_empty: bool = False

    def acquire(self, cost: Cost, lane: Lane, *, nonce: str, wait_ms: int = 0) -> None:
        if self.is_empty:
            raise BudgetExhausted("nothing left", retry_after_ms=1_000)
        self.granted.append((cost, lane, nonce))

    def refund(self, nonce: str) -> None:
        self.refunded.append(nonce)

    def observe(self, used: Mapping[str, int], *, took_ms: int = 0) -> None:
        self.observed.update(used)
        self.longest_ms = max(self.longest_ms, took_ms)

    def penalize(self, duration_ms: int, scope: WindowScope = WindowScope.ADDRESS) -> None:
        is_orders = scope is WindowScope.ACCOUNT
        (self.order_penalties_ms if is_orders else self.penalties_ms).append(duration_ms)

    def meter(self) -> tuple[WindowUsage, ...]:
        return ()

    def penalty_ms(self, scope: WindowScope = WindowScope.ADDRESS) -> int:
        return 0
