"""What was lost: today, and since the account stood highest.

Both are as old as the recorded performance, which workers renew every minute and after each
settled order. An older one is not believed: who limits losses must know them.
"""

from __future__ import annotations

from engine.domain.decimals import plain
from engine.domain.equity import Performance
from engine.domain.risk import Denied
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate
from engine.risk.positions import adds_exposure

#: An equity that was recorded longer ago may hide any loss.
MAX_AGE_MS = 300_000


def check_daily_loss(candidate: Candidate) -> Denied | None:
    """Deny an entering order once the UTC day has lost what it may; open positions count."""
    context = candidate.context
    limit = context.settings.max_daily_loss
    if limit is None or not adds_exposure(candidate):
        return None
    made = _current(candidate)
    if made is None:
        return _unknown("max_daily_loss")
    lost = -made.daily_result(context.now_ms)
    if lost < limit:
        return None
    return deny(
        DenialCode.DAILY_LOSS,
        f"the day has lost {plain(lost)} {context.marks.quote};"
        f" max_daily_loss allows less than {plain(limit)}.",
        lost=lost,
        max_daily_loss=limit,
    )


def check_drawdown(candidate: Candidate) -> Denied | None:
    """Deny an entering order while the account is as far below its peak as it may be."""
    limit = candidate.context.settings.max_drawdown
    if limit is None or not adds_exposure(candidate):
        return None
    made = _current(candidate)
    if made is None:
        return _unknown("max_drawdown")
    if made.drawdown < limit:
        return None
    return deny(
        DenialCode.DRAWDOWN,
        f"the account is {made.drawdown:.2%} below its peak;"
        f" max_drawdown allows less than {limit:.2%}.",
        drawdown=f"{made.drawdown:.6f}",
        max_drawdown=limit,
    )


def _current(candidate: Candidate) -> Performance | None:
    made, now_ms = candidate.context.performance, candidate.context.now_ms
    return made if made and now_ms - made.updated_at_ms <= MAX_AGE_MS else None


def _unknown(setting: str) -> Denied:
    return deny(
        DenialCode.EQUITY_UNKNOWN,
        f"no equity was recorded in the last {MAX_AGE_MS // 60_000} minutes; {setting} needs one:"
        " do workers run, and has every asset a price (`augustan portfolio`,"
        " `uncounted_assets`)?",
        setting=setting,
    )
