"""What the exchange was told about a contract's dead-man switch. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

#: Of the countdown, after which it is begun anew.
RENEW_SHARE = 3


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """The exchange ends a contract's orders when nobody has begun the countdown anew in time."""

    begun_at_ms: int  # Exchange time; it began no earlier
    length_ms: int
    #: A former one ran out, no earlier than the first and before the second (exchange time).
    ran_out: tuple[int, int] | None = None
    is_unclear: bool = False  #: It was asked for, and nobody knows whether it has begun

    @property
    def ends_at_ms(self) -> int:
        return self.begun_at_ms + self.length_ms

    def has_ended(self, at_ms: int) -> bool:
        return at_ms >= self.ends_at_ms

    def is_due(self, at_ms: int) -> bool:
        """Tell whether it is time to begin it anew."""
        return self.is_unclear or at_ms - self.begun_at_ms >= self.length_ms // RENEW_SHARE

    def is_late(self, at_ms: int) -> bool:
        """Tell whether a person should know that it was not begun anew yet."""
        return self.is_unclear or at_ms - self.begun_at_ms >= 2 * self.length_ms // RENEW_SHARE

    def renewed(self, at_ms: int, length_ms: int) -> Countdown:
        ran_out = (self.ends_at_ms, at_ms) if self.has_ended(at_ms) else self.ran_out
        begun = replace(self, begun_at_ms=at_ms, length_ms=length_ms, ran_out=ran_out)
        return replace(begun, is_unclear=False)

    def may_have_ended_orders(self, at_ms: int, margin_ms: int) -> bool:
        """Tell whether what ended then may have ended by it; `margin_ms`: between two clocks."""
        if at_ms >= self.ends_at_ms - margin_ms:
            return True
        return self.ran_out is not None and (
            self.ran_out[0] - margin_ms <= at_ms <= self.ran_out[1] + margin_ms
        )


def due_symbols(
    known: Mapping[str, Countdown], wanted: Collection[str], length_ms: int, at_ms: int
) -> list[str]:
    """Return the contracts whose countdown is to be begun, or begun anew."""
    return sorted(
        name
        for name in wanted
        if name not in known or known[name].length_ms != length_ms or known[name].is_due(at_ms)
    )
