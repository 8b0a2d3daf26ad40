"""Why an order ended as it did."""

from __future__ import annotations

from dataclasses import dataclass

#: Code of an order that is shown never to have arrived: nobody refused it.
NOT_PLACED = "NOT_PLACED"
#: Code of a conditional order that the exchange refused when its trigger was touched.
TRIGGER_REJECTED = "TRIGGER_REJECTED"
#: Code of an order that the exchange ended before it could trade with another of its account.
SELF_TRADE = "SELF_TRADE"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an order ended as it did: a stable code, a sentence, the evidence."""

    code: str
    message: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A refusal that is not believed yet: queries may not show so soon that the order stands."""

    reason: Reason
    heard_at_ms: int  # Exchange time
