"""What a request asks of the shared allowance, and how the meter is read. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.domain.lanes import Lane
from engine.ports import Cost, Window, WindowScope, WindowUsage
from engine.store import keys

#: Which part of each window a lane leaves, when it begins, for the lanes above it.
RESERVES: Mapping[Lane, float] = {
    Lane.EMERGENCY: 0.0,
    Lane.CANCEL: 0.10,
    Lane.EXIT: 0.10,  # Cancels are no orders: of the windows that count orders this is its own
    Lane.SUBMIT: 0.20,
    Lane.RESOLVE: 0.30,
    Lane.POLL: 0.40,
    Lane.MARKET_DATA: 0.60,
}

#: What is left of a reserve when the window ends. It is for what may still come, and there is
#: less and less time for that; what comes at the very end needs some all the same.
LAST_RESERVE = 0.40

#: Which part of a window may be taken while nobody knows how full it is.
UNKNOWN_SHARE = 0.02
UNKNOWN_EMERGENCY_SHARE = 0.10
#: The same where no header will ever tell. Before the store was lost everybody kept inside the
#: other windows too, and they run out long before such a one does.
UNTOLD_SHARE = 0.50

#: Which part of its fair share an active account can count on at the beginning of a window.
FAIR_SHARE = 0.50
#: Lanes that take what there is, whoever else is active.
ABOVE_FAIRNESS = frozenset({Lane.EMERGENCY, Lane.CANCEL, Lane.EXIT})


@dataclass(frozen=True, kw_only=True)
class BudgetScope:
    """Whose allowance it is."""

    venue: str
    egress: str  # The address that requests leave from
    account: str

    def owner(self, scope: WindowScope) -> str:
        """Return who shares what has this scope, as a part of a key."""
        if scope is WindowScope.ADDRESS:
            return f"address:{self.egress}"
        return f"account:{self.account}"

    def window_key(self, window: Window) -> str:
        return keys.budget_window(self.venue, self.owner(window.scope), window.name)

    def penalty_key(self, scope: WindowScope) -> str:
        return keys.budget_penalty(self.venue, self.owner(scope))

    def clock_key(self) -> str:
        return keys.budget_clock(self.venue)

    def askers_key(self) -> str:
        return keys.budget_askers(self.venue, self.egress)


def demand(
    window: Window, cost: Cost, lane: Lane, reserves: Mapping[Lane, float]
) -> dict[str, int]:
    """Return what a request of this lane asks of one window, in whole units."""
    reserve = math.ceil(window.limit * reserves[lane])
    last_reserve = math.ceil(reserve * LAST_RESERVE)
    is_fair = window.scope is WindowScope.ADDRESS and lane not in ABOVE_FAIRNESS
    return {
        "limit": window.limit,
        "interval_ms": window.interval_ms,
        "cost": window.part_of(cost),
        "reserve": reserve,
        "last_reserve": last_reserve,
        "shared": math.floor((window.limit - reserve) * FAIR_SHARE) if is_fair else 0,
        "allowance": math.floor(window.limit * _unknown_share(window, lane)),
    }


def _unknown_share(window: Window, lane: Lane) -> float:
    if not window.is_told:
        return UNTOLD_SHARE
    return UNKNOWN_EMERGENCY_SHARE if lane is Lane.EMERGENCY else UNKNOWN_SHARE


def read_usage(
    window: Window, used: int, is_known: int, resets_in_ms: int, flat: Sequence[str]
) -> WindowUsage:
    """Return one line of the meter from what the script says of a window."""
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    lanes = {lane: int(fields[f"lane:{lane}"]) for lane in Lane if f"lane:{lane}" in fields}
    accounts = {
        name.removeprefix("account:"): int(use)
        for name, use in fields.items()
        if name.startswith("account:")
    }
    return WindowUsage(
        window=window,
        used=used if is_known else window.limit,
        resets_in_ms=resets_in_ms,
        is_known=bool(is_known),
        used_by_lane=lanes,
        used_by_account=accounts,
    )
