"""Which rows of a long list one answer holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from workers.paper_exchange.errors import ApiError

from .parameters import Parameters

Row = TypeVar("Row")

DAY_MS = 86_400_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Longest:
    """How long a span of time may be asked for."""

    span_ms: int
    in_words: str


A_DAY = Longest(span_ms=DAY_MS, in_words="24 hours")
A_WEEK = Longest(span_ms=7 * DAY_MS, in_words="7 days")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What is asked for: rows from an id upward, inside a span of time, or the newest."""

    longest: Longest
    limit: int
    from_id: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None

    @property
    def is_newest(self) -> bool:
        """Whether neither an id nor a time is given."""
        return self.from_id is None and not self.has_span

    @property
    def has_span(self) -> bool:
        return self.start_ms is not None or self.end_ms is not None


def read_page(
    parameters: Parameters,
    longest: Longest,
    *,
    id_name: str = "",
    limits: tuple[int, int] = (500, 1000),
) -> Page:
    """Return what is asked for; -1127 for times too far apart or the wrong way round.

    `id_name` names the parameter of the first id, empty for a list that has none; `limits` are
    the number of rows when none is given, and the most.
    """
    from_id = parameters.integer(id_name) if id_name else None
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    if start_ms is not None and end_ms is not None:
        if end_ms < start_ms:
            raise ApiError(-1127, "Start time is greater than end time.")
        if end_ms - start_ms > longest.span_ms:
            raise ApiError(-1127, f"More than {longest.in_words} between startTime and endTime.")
    return Page(
        longest=longest,
        limit=parameters.limit(*limits),
        from_id=from_id,
        start_ms=start_ms,
        end_ms=end_ms,
    )


def page_of(
    rows: list[Row], page: Page, id_of: Callable[[Row], int], time_of: Callable[[Row], int]
) -> list[Row]:
    """Return the rows of a page: upward from an id or a start, else the newest."""
    start_ms, end_ms, limit = page.start_ms, page.end_ms, page.limit
    if page.from_id is not None:
        return [r for r in rows if id_of(r) >= page.from_id][:limit]
    if not page.has_span:
        return rows[-limit:]
    first_ms = start_ms if start_ms is not None else (end_ms or 0) - page.longest.span_ms
    last_ms = end_ms if end_ms is not None else first_ms + page.longest.span_ms
    inside = [r for r in rows if first_ms <= time_of(r) <= last_ms]
    return inside[:limit] if start_ms is not None else inside[-limit:]


class OrderRow(Protocol):
    """What a page of orders must know of one."""

    @property
    def order_id(self) -> int: ...
    @property
    def created_at_ms(self) -> int: ...


class TradeRow(Protocol):
    """What a page of trades must know of one."""

    @property
    def order_id(self) -> int: ...
    @property
    def trade_id(self) -> int: ...
    @property
    def executed_at_ms(self) -> int: ...


O = TypeVar("O", bound=OrderRow)  # noqa: E741 - an order, whatever its market type
T = TypeVar("T", bound=TradeRow)


def page_of_orders(rows: list[O], page: Page) -> list[O]:
    """Return the orders of a page, by their ids and the times of their making."""
    return page_of(rows, page, lambda o: o.order_id, lambda o: o.created_at_ms)


def page_of_trades(rows: list[T], page: Page, order_id: int | None) -> list[T]:
    """Return the trades of a page, of one order when its id is given."""
    if order_id is not None:
        rows = [t for t in rows if t.order_id == order_id]
    return page_of(rows, page, lambda t: t.trade_id, lambda t: t.executed_at_ms)


def read_trades_page(parameters: Parameters, longest: Longest) -> tuple[Page, int | None]:
    """Return what is asked for of own trades, and of which order; -1128 for an id with times."""
    order_id = parameters.integer("orderId")
    page = read_page(parameters, longest, id_name="fromId")
    parameters.finish()
    if page.from_id is not None and page.has_span:
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    return page, order_id
