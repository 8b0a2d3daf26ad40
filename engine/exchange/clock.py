"""The exchange's clock, as this process last measured it."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from engine.errors import ClockUnknown
from engine.ports import Clock


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One look at the exchange's clock."""

    #: Exchange time minus our monotonic clock; wrong by half the round trip at most.
    offset_ms: int
    round_trip_ms: int
    measured_at_ms: int  # Monotonic


def measure(server_time_ms: int, *, began_ms: int, ended_ms: int) -> Measurement:
    """Return the measurement of an answer that left at `began_ms` and came back at `ended_ms`.

    The exchange read its clock somewhere between; the middle errs least. Both are monotonic.
    """
    middle_ms = began_ms + (ended_ms - began_ms) // 2
    return Measurement(
        offset_ms=server_time_ms - middle_ms,
        round_trip_ms=ended_ms - began_ms,
        measured_at_ms=ended_ms,
    )


class ExchangeClock:
    """Exchange time of one host for one process; old measurements are not believed."""

    def __init__(self, clock: Clock, max_age_ms: int) -> None:
        self._clock = clock
        self._max_age_ms = max_age_ms
        self._measured: Measurement | None = None

    def set(self, measured: Measurement) -> None:
        self._measured = measured

    def forget(self) -> None:
        """Believe nothing any more: the exchange found our time wrong."""
        self._measured = None

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to measure again: at half the age that is still believed."""
        age_ms = self._age_ms()
        return age_ms is None or age_ms > self._max_age_ms // 2

    def now_ms(self) -> int:
        """Return exchange time; ClockUnknown when the last measurement is too old."""
        age_ms = self._age_ms()
        if self._measured is None or age_ms is None:
            raise ClockUnknown("The exchange's clock was not measured yet.")
        if age_ms > self._max_age_ms:
            raise ClockUnknown(
                f"The exchange's clock was measured {age_ms} ms ago;"
                f" at most {self._max_age_ms} ms are allowed."
            )
        return self._clock.monotonic_ms() + self._measured.offset_ms

    def certain_ms(self, monotonic_ms: int) -> int:
        """Return an exchange time that was certainly over at `monotonic_ms`.

        Raises ClockUnknown when nothing was measured.
        """
        if self._measured is None:
            raise ClockUnknown("The exchange's clock was not measured yet.")
        error_ms = self._measured.round_trip_ms // 2 + 1
        return monotonic_ms + self._measured.offset_ms - error_ms

    def signing_time_ms(self) -> int:
        """Return exchange time, or 0 when it is not known: no exchange takes such a request.

        An order brings the time of its claim and must not depend on the present.
        """
        try:
            return self.now_ms()
        except ClockUnknown:
            return 0

    def _age_ms(self) -> int | None:
        if self._measured is None:
            return None
        return self._clock.monotonic_ms() - self._measured.measured_at_ms


def date_difference_ms(date_header: str, server_time_ms: int) -> int | None:
    """Return by how much the Date header differs from the time in the same answer.

    A cache or a proxy that answers for the exchange shows itself so. None: no usable header.
    """
    try:
        stated_ms = int(parsedate_to_datetime(date_header).timestamp() * 1_000)
    except (ValueError, OverflowError):
        return None
    return stated_ms - server_time_ms
