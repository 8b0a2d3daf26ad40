"""One emergency stop of one account: how far it is, what it set out to end, what stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class EmergencyStep(StrEnum):
    """Where a run is; from VERIFY it goes back to CANCEL until nothing is left to do."""

    HALT = "halt"
    CANCEL = "cancel"
    FLATTEN = "flatten"
    VERIFY = "verify"
    DONE = "done"
    ABANDONED = "abandoned"  #: By a person's word; the account stays halted


@dataclass(frozen=True, kw_only=True)
class EmergencyRun:
    """What is stored of a run. The orders themselves tell what became of them."""

    run_id: str
    account: str  # The name in the configuration
    reason: str
    keep_positions: bool = False
    began_at_ms: int
    ended_at_ms: int = 0  # 0: it goes on
    step: EmergencyStep = EmergencyStep.HALT
    round: int = 1  # A flatten order is keyed by run, symbol and round
    orders: tuple[str, ...] = ()  # Client order ids of ours that were to be ended
    foreign: tuple[str, ...] = ()  # "symbol exchange_order_id" of others' orders that were ended
    foreign_ended_at_ms: int = 0  # The last time that one may have been; 0: there was none
    sales: tuple[str, ...] = ()  # Client order ids of the flatten orders
    problems: tuple[str, ...] = ()  # Why it is not over, as of the last look
    left: tuple[str, ...] = ()  # What stays and need not go: dust, coins from before

    @property
    def is_over(self) -> bool:
        return self.step in {EmergencyStep.DONE, EmergencyStep.ABANDONED}

    @property
    def is_clean(self) -> bool:
        """Tell whether it did all that it was asked for."""
        return self.step is EmergencyStep.DONE

    def owns(self, emergency_run: str) -> bool:
        """Tell whether an order with this mark is one of the run's own."""
        return emergency_run == self.run_id

    def with_orders(self, names: tuple[str, ...]) -> EmergencyRun:
        """Return the run with more orders to end; each counts once."""
        return replace(self, orders=_joined(self.orders, names))

    def with_foreign(self, names: tuple[str, ...], now_ms: int) -> EmergencyRun:
        """Return the run with others' orders whose end was asked for now, and those that ended."""
        return replace(self, foreign=_joined(self.foreign, names), foreign_ended_at_ms=now_ms)

    def left_in_middle(self, now_ms: int) -> EmergencyRun:
        """Return the run after a step that did not come to its end.

        What it ended of others by then nobody wrote down, and the exchange lists it no more.
        """
        is_unknown = self.step is EmergencyStep.CANCEL
        return replace(self, foreign_ended_at_ms=now_ms) if is_unknown else self

    def with_sales(self, names: tuple[str, ...]) -> EmergencyRun:
        return replace(self, sales=_joined(self.sales, names))


def _joined(known: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *names)))
