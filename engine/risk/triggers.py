"""Which causes to stop an account there are right now. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from engine.config.emergency import TriggerAction, TriggerSettings
from engine.config.risk import RiskSettings
from engine.domain.decimals import plain


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What is known of the account at one moment."""

    lost: Decimal | None = None  # Today, quote currency; None: not known
    drawdown: Decimal | None = None  # Share below the peak
    rejections: int = 0  # Orders that the exchange refused within the window
    mismatch: str = ""  # What differs for good, in words
    stream_silent_ms: int = 0  # Not live for so long while orders are open
    key_refused: str = ""  # The exchange's own words


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason to stop; the same name fires once until it is gone."""

    name: str
    action: TriggerAction
    message: str


def find_causes(
    settings: TriggerSettings, seen: Readings, limits: RiskSettings
) -> tuple[Cause, ...]:
    """Return every cause that the settings want something done about."""
    causes = chain(_losses(settings, seen, limits), _causes(settings, seen))
    return tuple(cause for cause in causes if cause.action is not _OFF)


_OFF = TriggerAction.OFF


def _losses(settings: TriggerSettings, seen: Readings, limits: RiskSettings) -> Iterator[Cause]:
    allowed, share = limits.max_daily_loss, limits.max_drawdown
    if allowed is not None and seen.lost is not None and seen.lost >= allowed:
        yield Cause(
            name="daily_loss",
            action=settings.daily_loss,
            message=f"the day has lost {plain(seen.lost)}; max_daily_loss is {plain(allowed)}",
        )
    if share is not None and seen.drawdown is not None and seen.drawdown >= share:
        yield Cause(
            name="drawdown",
            action=settings.drawdown,
            message=f"the account is {seen.drawdown:.2%} below its peak;"
            f" max_drawdown is {share:.2%}",
        )


def _causes(settings: TriggerSettings, seen: Readings) -> Iterator[Cause]:
    if seen.rejections >= settings.rejections_count:
        yield Cause(
            name="rejections",
            action=settings.rejections,
            message=f"the exchange refused {seen.rejections} orders within"
            f" {settings.rejections_window_ms} ms; {settings.rejections_count} are too many",
        )
    if seen.mismatch:
        yield Cause(
            name="mismatch",
            action=settings.mismatch,
            message=f"balances differ and nothing explains it: {seen.mismatch}",
        )
    if seen.stream_silent_ms >= settings.stale_stream_ms:
        yield Cause(
            name="stale_stream",
            action=settings.stale_stream,
            message=f"the user stream has not been live for {seen.stream_silent_ms} ms while"
            f" orders are open; {settings.stale_stream_ms} ms are allowed",
        )
    if seen.key_refused:
        yield Cause(
            name="key_refused",
            action=settings.key_refused,
            message=f"the exchange refuses the account's key: {seen.key_refused}",
        )


#: Every cause there is: the settings that say what is done about one.
NAMES = tuple(
    name
    for name, field in TriggerSettings.model_fields.items()
    if field.annotation is TriggerAction
)
