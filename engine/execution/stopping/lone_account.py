"""An account without a store, and how far its emergency stop has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.config import ExecutionSettings
from engine.domain.identity import AccountIdentity
from engine.ports import Clock, Gateway, Random


@dataclass(frozen=True, kw_only=True)
class LoneAccount:
    """An account with its exchange and nothing else."""

    name: str
    identity: AccountIdentity
    tag: str
    gateway: Gateway
    clock: Clock
    random: Random
    timings: ExecutionSettings
    watchlist: tuple[str, ...]  # What is sold; empty: all that has a market in a quote asset


@dataclass(kw_only=True)
class LocalStop:
    """What was done so far, and what is left to do."""

    run_id: str
    round: int = 0
    canceled: list[str] = field(default_factory=list)
    sales: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    #: Monotonic time before which a symbol's sale of unclear outcome must not be repeated.
    wait_until_ms: dict[str, int] = field(default_factory=dict)
    is_done: bool = False
