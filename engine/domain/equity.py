"""How an account is doing: equity over time, without what came in or left by transfers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO

DAY_MS = 86_400_000
#: So long after its beginning a deposit is known as one: the comparison with the exchange comes
#: every two minutes, and a difference must last. Until then it looks like profit.
SETTLING_MS = 600_000


@dataclass(frozen=True, kw_only=True)
class Performance:
    """What one account has made since its store knows it, in its quote currency.

    `result` = equity minus all transfers; only its differences mean anything.
    """

    mark: str  # Of the data that it was reckoned in; another life begins anew
    began_at_ms: int
    result: Decimal
    transferred: Decimal = ZERO  # Into the account, at the prices of the moment it was booked
    day: int  # UTC, counted from 1970
    day_began_at_ms: int
    day_start: Decimal  # The result when the day began, or when it was first seen
    peak: Decimal  # The highest result that is certain
    waiting: Decimal  # The highest of the stretch before `candidate_since_ms`
    candidate: Decimal  # The highest since then
    candidate_since_ms: int
    updated_at_ms: int
    #: Ledger rows of each symbol whose transfers are counted.
    cursors: Mapping[str, int] = field(default_factory=dict)

    @property
    def equity(self) -> Decimal:
        with localcontext(EXACT):
            return self.result + self.transferred

    def daily_result(self, now_ms: int) -> Decimal:
        """Return what the UTC day of `now_ms` has brought; 0 on a day that was not looked at."""
        if now_ms // DAY_MS > self.day:
            return ZERO
        with localcontext(EXACT):
            return self.result - self.day_start

    @property
    def drawdown(self) -> Decimal:
        """Return the fall from the peak as a fraction of it, as if today's transfers were then."""
        with localcontext(EXACT):
            top, fallen = self.peak + self.transferred, self.peak - self.result
        if fallen <= 0:
            return ZERO
        return fallen / top if top > 0 else Decimal(1)  # 28 digits: a share need not be exact

    def after(
        self, equity: Decimal, moved: Decimal, now_ms: int, cursors: Mapping[str, int]
    ) -> Performance:
        """Return it with the equity of now, after transfers worth `moved` were booked."""
        with localcontext(EXACT):
            transferred = self.transferred + moved
            result = equity - transferred
        seen = replace(
            self,
            result=result,
            transferred=transferred,
            updated_at_ms=now_ms,
            cursors=dict(cursors),
        )
        return seen._with_day(self.result, bool(moved), now_ms)._with_peak(bool(moved), now_ms)

    def _with_day(self, before: Decimal, has_moved: bool, now_ms: int) -> Performance:
        """Begin a day with the last result of the one before.

        A transfer that is booked soon after midnight may have been in that result already, and
        nobody can tell: the day then begins with the result of now.
        """
        is_young = now_ms - self.day_began_at_ms <= SETTLING_MS
        day = now_ms // DAY_MS
        if day > self.day:
            start = self.result if has_moved else before
            return replace(self, day=day, day_began_at_ms=now_ms, day_start=start)
        return replace(self, day_start=self.result) if has_moved and is_young else self

    def _with_peak(self, has_moved: bool, now_ms: int) -> Performance:
        """Raise the peak by what is old enough to be no deposit that is not booked yet.

        Stretches of time follow each other; when one ends, the one before it is certain.
        """
        if has_moved:
            since = self.result
            return replace(self, waiting=since, candidate=since, candidate_since_ms=now_ms)
        if now_ms - self.candidate_since_ms < SETTLING_MS:
            return replace(self, candidate=max(self.candidate, self.result))
        return replace(
            self,
            peak=max(self.peak, self.waiting),
            waiting=self.candidate,
            candidate=self.result,
            candidate_since_ms=now_ms,
        )


def begin_performance(
    equity: Decimal, mark: str, now_ms: int, cursors: Mapping[str, int]
) -> Performance:
    """Return the performance of an account that is seen for the first time."""
    return Performance(
        mark=mark,
        began_at_ms=now_ms,
        result=equity,
        day=now_ms // DAY_MS,
        day_began_at_ms=now_ms,
        day_start=equity,
        peak=equity,
        waiting=equity,
        candidate=equity,
        candidate_since_ms=now_ms,
        updated_at_ms=now_ms,
        cursors=dict(cursors),
    )


@dataclass(frozen=True, kw_only=True)
class EquityPoint:
    """The account at one moment."""

    at_ms: int
    equity: Decimal  # Quote currency
    result: Decimal  # Without transfers


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """How fine a part of the series is, and how long it is kept; the last of each step stays."""

    name: str
    step_ms: int
    kept_ms: int | None = None  # None: for ever

    def bucket(self, at_ms: int) -> int:
        return at_ms - at_ms % self.step_ms


#: At most 1 440 and 2 160 points, and one more for each day.
RESOLUTIONS = (
    Resolution(name="minute", step_ms=60_000, kept_ms=DAY_MS),
    Resolution(name="hour", step_ms=3_600_000, kept_ms=90 * DAY_MS),
    Resolution(name="day", step_ms=DAY_MS),
)
