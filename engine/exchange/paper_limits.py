"""The limits of our own paper exchange, which its settings may change."""

from __future__ import annotations

from dataclasses import replace

from engine.config import AccountSettings, Mode, PaperSettings
from engine.ports import Abilities


def with_own_limits(
    abilities: Abilities, account: AccountSettings, paper: PaperSettings
) -> Abilities:
    """Count with the limits that our own paper exchange was given, where it is the venue."""
    if account.mode is not Mode.PAPER:
        return abilities
    limits = {
        "weight_1m": paper.weight_per_minute,
        "futures_weight_1m": paper.weight_per_minute,
        "orders_10s": paper.orders_per_10s,
    }
    windows = (replace(one, limit=limits.get(one.name, one.limit)) for one in abilities.windows)
    return replace(abilities, windows=tuple(windows))
