"""Histories out of pages: whole under every habit that an exchange may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.exchange.dialect import TimeRange
from engine.exchange.paging import load_from, load_range, split_range

PAGE = 5


@dataclass(frozen=True)
class Row:
    number: int
    twin: int  # A trade with itself has two rows of one number
    at_ms: int

    @property
    def row_id(self) -> str:
        return f"{self.number}/{self.twin}"


@st.composite
def ledgers(draw: st.DrawFn) -> list[Row]:
    """Numbers and times rise together; many rows may share a millisecond."""
    rows, at_ms = [], 1_000
    for number in range(draw(st.integers(0, 40))):
        at_ms += draw(st.sampled_from([0, 0, 0, 1, 2, 50]))
        rows += [Row(number, twin, at_ms) for twin in range(draw(st.sampled_from([1, 1, 1, 2])))]
    return rows


class Exchange:
    """Answers like an exchange whose pages keep their oldest or their newest rows."""

    def __init__(self, rows: list[Row], keeps_newest: bool) -> None:
        self.rows = rows
        self.keeps_newest = keeps_newest
        self.questions = 0

    def during(self, part: TimeRange) -> Sequence[Row]:
        self.questions += 1
        found = [row for row in self.rows if part.start_ms <= row.at_ms <= part.end_ms]
        return found[-PAGE:] if self.keeps_newest else found[:PAGE]

    def starting(self, first_id: str) -> Sequence[Row]:
        self.questions += 1
        return [row for row in self.rows if row.number >= int(first_id)][:PAGE]


def load_after(exchange: Exchange, first_id: str) -> list[Row]:
    return load_from(
        first_id,
        PAGE,
        exchange.starting,
        id_of=lambda row: str(row.number),
        row_id_of=lambda row: row.row_id,
    )


@given(ledgers(), st.integers(-2, 45))
def test_pages_by_id_lose_nothing(rows: list[Row], first: int) -> None:
    """Every row from the first id on, once, even where a page ends between two twins."""
    found = load_after(Exchange(rows, keeps_newest=False), str(first))
    assert found == [row for row in rows if row.number >= first]


@given(ledgers(), st.integers(990, 1_500), st.integers(0, 600))
def test_pages_by_time_lose_nothing(rows: list[Row], start_ms: int, span_ms: int) -> None:
    """A full page is halved until none is full; a dense millisecond is completed by id."""
    exchange = Exchange(rows, keeps_newest=False)
    during = TimeRange(start_ms=start_ms, end_ms=start_ms + span_ms)

    def complete(page: Sequence[Row]) -> Sequence[Row]:
        first = min(row.number for row in page)
        return [row for row in load_after(exchange, str(first)) if row.at_ms == page[0].at_ms]

    found = load_range(during, PAGE, exchange.during, complete)
    assert found == exchange_truth(rows, during)


@given(ledgers(), st.integers(990, 1_500), st.integers(0, 600))
def test_the_habit_of_the_exchange_does_not_matter(
    rows: list[Row], start_ms: int, span_ms: int
) -> None:
    """Pages that keep their newest rows lose nothing either, as long as no ms fills a page."""
    spread = [Row(row.number, row.twin, 1_000 + place // 2) for place, row in enumerate(rows)]
    exchange = Exchange(spread, keeps_newest=True)
    during = TimeRange(start_ms=start_ms, end_ms=start_ms + span_ms)
    found = load_range(during, PAGE, exchange.during, lambda page: page)
    assert found == exchange_truth(spread, during)


def exchange_truth(rows: list[Row], during: TimeRange) -> list[Row]:
    return [row for row in rows if during.start_ms <= row.at_ms <= during.end_ms]


@given(st.integers(0, 10**6), st.integers(-5, 10**6), st.integers(1, 10**6))
@settings(max_examples=50)
def test_ranges_cover_without_overlap(start_ms: int, span_ms: int, longest_ms: int) -> None:
    """Each ms is in exactly one range, and no range is longer than allowed."""
    longest_ms = max(longest_ms, span_ms // 50 + 1)  # Keep the list short
    ranges = list(split_range(start_ms, start_ms + span_ms, longest_ms))
    assert all(0 <= part.end_ms - part.start_ms < longest_ms for part in ranges)
    if span_ms < 0:
        assert ranges == []
        return
    assert (ranges[0].start_ms, ranges[-1].end_ms) == (start_ms, start_ms + span_ms)
    for before, after in pairwise(ranges):
        assert after.start_ms == before.end_ms + 1


def test_an_exchange_that_repeats_itself_ends() -> None:
    """A server that ignores the first id does not keep us asking for ever."""
    page = [Row(number, 0, 1_000) for number in range(PAGE)]
    exchange = Exchange(page, keeps_newest=False)
    assert load_after(exchange, "0") == page
    assert exchange.questions == 2
