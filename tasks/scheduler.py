"""Beat's scheduler: a tick is not sent where its lane has plenty to do."""

from __future__ import annotations

from typing import Any

from celery.beat import Scheduler

from tasks.crowding import is_crowded

#: Ticks of all kinds, and what they ask for, that may wait in one lane.
MOST_TICKS = 100


class PatientScheduler(Scheduler):  # type: ignore[misc] # Celery has no types
    """Celery's own, but for a lane that lags behind: the tick after next serves as well."""

    def apply_async(
        self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Send the tick, or skip it; either way the next one is planned."""
        if not is_crowded(self.app, entry.task, most=MOST_TICKS):
            return super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        if advance:
            self.reserve(entry)
        return None
