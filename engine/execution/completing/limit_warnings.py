"""Tell a person that a limit is nearly reached: once when it comes near, again after it was far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from engine.domain.events import Event, EventKind
from engine.domain.identity import AccountIdentity
from engine.execution.context import AccountContext
from engine.ports import Store
from engine.risk.marks import recorded_marks
from engine.risk.shares import limit_shares

#: A warning is remembered for so long, even if nobody looks.
REMEMBER_MS = 30 * 86_400_000


def warn_of_limits(context: AccountContext) -> tuple[str, ...]:
    """Tell of each limit that came near since the last look; return their names."""
    near = _near(context)
    known = load_warnings(context.shared, context.identity)
    new = tuple(name for name in near if name not in known)
    if new:
        context.store.emit([_event(context, name, near[name]) for name in new])
    if near != known:
        words = json.dumps({name: f"{share:.4f}" for name, share in near.items()})
        context.shared.put_cache(_key(context.identity), words, REMEMBER_MS)
    return new


def load_warnings(shared: Store, identity: AccountIdentity) -> Mapping[str, Decimal]:
    """Return the limits that were near at the last look, each with its used share."""
    known = json.loads(shared.find_cache(_key(identity)) or "{}")
    return {name: Decimal(share) for name, share in known.items()}


def _key(identity: AccountIdentity) -> str:
    return f"warned:{identity.slug}"


def _near(context: AccountContext) -> dict[str, Decimal]:
    stored = context.store.find_portfolio()
    portfolio = stored.value if stored else None
    shares = limit_shares(
        context.risk,
        context.store.load_risk_book(),
        recorded_marks(portfolio, context.gateway.abilities.quote_assets[0]),
        context.gateway.index_instruments(),
        portfolio.performance if portfolio else None,
        context.clock.now_ms(),
    )
    return {name: share for name, share in shares.items() if share >= context.risk.warn_at}


def _event(context: AccountContext, name: str, share: Decimal) -> Event:
    return Event(
        kind=EventKind.RISK_WARNING,
        at_ms=context.clock.now_ms(),
        message=f"{share:.0%} of {name} is used",
        details={"limit": name, "share": f"{share:.4f}"},
    )
