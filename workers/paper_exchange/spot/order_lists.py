"""Orders that stand together: one cancels the other, one triggers others."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderList:
    """A list at one moment. Of an OTO the first order works, the others wait for it to fill."""

    list_id: int
    uid: int
    symbol: str
    contingency: str  # OCO or OTO; an OTO of three is one whose waiting pair is an OCO
    list_client_order_id: str
    order_ids: tuple[int, ...]
    status: str = "EXECUTING"  # then ALL_DONE
    created_at_ms: int
    updated_at_ms: int

    @property
    def is_open(self) -> bool:
        return self.status == "EXECUTING"

    @property
    def status_type(self) -> str:
        return "EXEC_STARTED" if self.is_open else "ALL_DONE"

    @property
    def pair(self) -> tuple[int, ...]:
        """Return the orders of which one ends the other, none in a plain OTO."""
        legs = self.order_ids if self.contingency == "OCO" else self.order_ids[1:]
        return legs if len(legs) == 2 else ()

    @property
    def waiting(self) -> tuple[int, ...]:
        """Return the orders that begin when the first one is filled."""
        return self.order_ids[1:] if self.contingency == "OTO" else ()

    def ended(self, at_ms: int) -> OrderList:
        return replace(self, status="ALL_DONE", updated_at_ms=at_ms)
