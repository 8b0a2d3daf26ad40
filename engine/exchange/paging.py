"""Collect all rows out of pages of limited length. Pure but for the questions that it is given.

A page that is full may have lost rows at either end, since exchanges differ in which end they
keep. So a full page of a time range is never trusted: the range is halved and asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from engine.exchange.dialect import TimeRange

T = TypeVar("T")


def split_range(start_ms: int, end_ms: int, longest_ms: int) -> Iterator[TimeRange]:
    """Yield ranges, none longer than `longest_ms`, that cover both ends without overlap."""
    while start_ms <= end_ms:
        last_ms = min(start_ms + longest_ms - 1, end_ms)
        yield TimeRange(start_ms=start_ms, end_ms=last_ms)
        start_ms = last_ms + 1


def load_range(
    during: TimeRange,
    page_rows: int,
    ask: Callable[[TimeRange], Sequence[T]],
    ask_dense: Callable[[Sequence[T]], Sequence[T]],
) -> list[T]:
    """Return every row of the range; `ask_dense` completes a single ms that fills a page."""
    rows = ask(during)
    if len(rows) < page_rows:
        return list(rows)
    if during.start_ms >= during.end_ms:
        return list(ask_dense(rows))
    middle_ms = (during.start_ms + during.end_ms) // 2
    halves = (
        TimeRange(start_ms=during.start_ms, end_ms=middle_ms),
        TimeRange(start_ms=middle_ms + 1, end_ms=during.end_ms),
    )
    return [row for half in halves for row in load_range(half, page_rows, ask, ask_dense)]


def load_from(
    first_id: str,
    page_rows: int,
    ask: Callable[[str], Sequence[T]],
    id_of: Callable[[T], str],
    row_id_of: Callable[[T], str],
) -> list[T]:
    """Return every row from `first_id` on; each page begins with the last id of the one before.

    Pages overlap because an id may have two rows (a trade of an account with itself) and a page
    may end between them.
    """
    found: dict[str, T] = {}
    while True:
        rows = ask(first_id)
        news = {row_id_of(row): row for row in rows if row_id_of(row) not in found}
        found.update(news)
        if len(rows) < page_rows or not news:
            return list(found.values())
        first_id = str(max(int(id_of(row)) for row in rows))
