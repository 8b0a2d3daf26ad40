"""Which rows of a long list one answer holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from workers.paper_exchange.errors import ApiError

from .parameters import Parameters

Row = TypeVar("Row")

DAY_MS = 86_400_000
#: Start, end, and how long the time between them may be.
Span = tuple[int | None, int | None, int]


def read_span(
    parameters: Parameters, longest_ms: int, in_words: str
) -> tuple[int | None, int | None]:
    """Return startTime and endTime; -1127 when they are too far apart or the wrong way round."""
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    if start_ms is not None and end_ms is not None:
        if end_ms < start_ms:
            raise ApiError(-1127, "Start time is greater than end time.")
        if end_ms - start_ms > longest_ms:
            raise ApiError(-1127, f"More than {in_words} between startTime and endTime.")
    return start_ms, end_ms


def page_of(
    rows: list[Row],
    from_id: int | None,
    span: Span,
    limit: int,
    id_of: Callable[[Row], int],
    time_of: Callable[[Row], int],
) -> list[Row]:
    """Return a page: upward from an id or a start, else the newest."""
    start_ms, end_ms, longest_ms = span
    if from_id is not None:
        return [r for r in rows if id_of(r) >= from_id][:limit]
    if start_ms is None and end_ms is None:
        return rows[-limit:]
    first_ms = start_ms if start_ms is not None else (end_ms or 0) - longest_ms
    last_ms = end_ms if end_ms is not None else first_ms + longest_ms
    inside = [r for r in rows if first_ms <= time_of(r) <= last_ms]
    return inside[:limit] if start_ms is not None else inside[-limit:]
