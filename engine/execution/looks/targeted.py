"""Questions about single orders: those that left the list, and those whose trades are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.domain.lanes import Lane
from engine.domain.look import Wait
from engine.domain.order import Order
from engine.domain.watched import Watched, is_news_since
from engine.errors import BudgetExhausted, ExchangeRefused, Retryable
from engine.execution.booking.fills import book_missing_fills, book_symbol_fills
from engine.execution.context import AccountContext
from engine.execution.looks.look_plan import missed
from engine.execution.looks.watching import look_at_order


@dataclass
class Findings:
    """What one sweep gathers while it asks."""

    left: dict[str, Wait]  # By client order id
    to_find: list[Watched] = field(default_factory=list)  # Missing from the list
    to_book: list[Watched] = field(default_factory=list)  # Trades are missing
    news_ms: list[int] = field(default_factory=list)  # When it happened, exchange time

    def note(self, before: Order, after: Order) -> None:
        """Remember what the exchange did to an order that we did not know yet."""
        is_news = (
            after.status is not before.status
            or after.reported_filled_quantity > before.reported_filled_quantity
        )
        if is_news and after.exchange_updated_at_ms > before.exchange_updated_at_ms:
            self.news_ms.append(after.exchange_updated_at_ms)


def find_left(context: AccountContext, findings: Findings, asked_at_ms: int, until_ms: int) -> None:
    """Ask for each order that left the list; those that stay away wait longer each time.

    Ends at `until_ms` (monotonic) and when the allowance does; what is not asked for now is
    missing from the next list again.
    """
    left = findings.left
    wanted = {entry.client_order_id: entry for entry in findings.to_find}.values()
    for entry in sorted(wanted, key=lambda entry: _tries(left, entry)):
        if context.clock.monotonic_ms() >= until_ms:
            return
        before = context.store.load_order(entry.client_order_id).value
        if is_news_since(before.last_event_at_ms, asked_at_ms) and not before.is_closed:
            continue  # News since the list was asked for: its absence shows nothing
        try:
            after = look_at_order(context, before, Lane.POLL)
        except BudgetExhausted:
            return
        except (Retryable, ExchangeRefused):
            after = before
        _note_left(context, findings, before, after)


def _tries(left: Mapping[str, Wait], entry: Watched) -> int:
    wait = left.get(entry.client_order_id)
    return wait.tries if wait else 0


def _note_left(context: AccountContext, findings: Findings, before: Order, after: Order) -> None:
    findings.note(before, after)
    name = before.client_order_id
    if after.is_closed:
        findings.left.pop(name, None)
        return
    first_ms = context.timings.order_check_ms
    findings.left[name] = missed(findings.left.get(name), context.clock.now_ms(), first_ms)


def book_trades(context: AccountContext, findings: Findings, until_ms: int) -> None:
    """Fetch missing trades: by order, or by page of the symbol where that is cheaper."""
    by_symbol: dict[str, dict[str, Watched]] = defaultdict(dict)
    for entry in findings.to_book:
        by_symbol[entry.symbol][entry.client_order_id] = entry
    weights = context.gateway.query_weights
    for symbol, lacking in by_symbol.items():
        if context.clock.monotonic_ms() >= until_ms:
            return
        if len(lacking) * weights.fills_of_order > weights.fills:
            _book_page(context, symbol)
        for client_order_id in lacking:
            if context.clock.monotonic_ms() >= until_ms:
                return
            order = context.store.load_order(client_order_id).value
            book_missing_fills(context, order, Lane.POLL)


def _book_page(context: AccountContext, symbol: str) -> None:
    try:
        book_symbol_fills(context, symbol, Lane.POLL)
    except (Retryable, ExchangeRefused):
        return  # Each order is asked for by itself then
