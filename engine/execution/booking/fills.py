"""Bring trades into the ledger: of one order, or of a whole symbol."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from engine.domain.decimals import plain
from engine.domain.derivative import market_of
from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.errors import AccountNotReady, ExchangeRefused, Retryable
from engine.execution.booking.balance_rows import name_homes, offset_earlier, touched_symbols
from engine.execution.booking.ownership import find_owner, take_report
from engine.execution.changes import change_order
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time
from engine.execution.reconciliation import apply_fills

log = logging.getLogger(__name__)

#: A trade cursor of this form is an exchange time: the symbol had no trade up to it.
TIME_MARK = "ms:"
#: Trades may become visible so much later than they happened.
LATE_TRADES_MS = 600_000
#: Trades that stay away longer are told of, and again after this.
TELL_AGAIN_MS = 86_400_000


class Asked(TypedDict, total=False):
    """Which trades are asked for, as the gateway names it."""

    since_ms: int
    after_trade_id: str | None
    exchange_order_id: str


def load_fills(
    context: AccountContext, symbol: str, lane: Lane, **asked: Unpack[Asked]
) -> tuple[Fill, ...]:
    """Ask for trades; each says of which ledger of the exchange it is.

    That is looked up before the question, so that what was read before a reset and is booked
    after it is known as a row of before.
    """
    ledger_epoch = context.store.load_state().ledger_epoch
    fills = context.gateway.load_fills(symbol, lane=lane, **asked)
    return in_ledger(fills, ledger_epoch)


def in_ledger(fills: Iterable[Fill], ledger_epoch: int) -> tuple[Fill, ...]:
    """Return the trades as rows of that ledger. Pure."""
    return tuple(replace(fill, ledger_epoch=ledger_epoch) for fill in fills)


def book_missing_fills(context: AccountContext, order: Order, lane: Lane) -> Order:
    """Fetch the order's trades where the exchange reports more than is booked.

    Where more is booked, the order itself is asked for: the report was older than its trades.
    """
    symbol, exchange_order_id = order.terms.symbol, order.trades_under
    if exchange_order_id is None or not order.is_at_odds:
        return order
    try:
        if order.has_trades_beyond:
            report = context.gateway.find_order(
                symbol, exchange_order_id=order.exchange_order_id, lane=lane
            )
            if report is not None:
                take_report(context, report)
        fills = load_fills(context, symbol, lane, exchange_order_id=exchange_order_id)
    except (Retryable, ExchangeRefused) as error:
        # The order is not settled, so the due set comes back for them
        log.info("trades of %s: %s", order.client_order_id, error)
        _tell_if_lasting(context, order)  # A market that is gone is refused for ever
        return order
    booked = book_fills_of(context, order.client_order_id, fills)
    _tell_if_lasting(context, booked)
    return booked


def _tell_if_lasting(context: AccountContext, order: Order) -> None:
    """Alarm once a day about an order whose trades do not come to what it filled, for too long."""
    silence_ms = context.clock.now_ms() - order.last_event_at_ms
    if not order.is_at_odds or silence_ms < LATE_TRADES_MS:
        return
    told = f"lacks_trades:{context.identity.slug}:{order.client_order_id}"
    if context.shared.find_cache(told) is None:
        context.shared.put_cache(told, "1", TELL_AGAIN_MS)
        cost = order.reported_filled_cost
        context.alarm(
            f"trades of {plain(order.filled_quantity)} for {plain(order.filled_cost)} are known,"
            f" but the exchange says that {plain(order.reported_filled_quantity)} were filled"
            f" for {'an unknown cost' if cost is None else plain(cost)}; the order stays unsettled",
            client_order_id=order.client_order_id,
            symbol=order.terms.symbol,
        )


def book_fills_of(context: AccountContext, client_order_id: str, fills: Iterable[Fill]) -> Order:
    """Book trades that are known to belong to the order."""
    rows = name_homes(context, fills)
    offset_earlier(context, rows)
    return change_order(
        context,
        client_order_id,
        lambda order: apply_fills(order, rows, context.clock.now_ms()),
    )


def book_symbol_fills(context: AccountContext, symbol: str, lane: Lane) -> int:
    """Book every trade of the symbol since the cursor, whoever's; return how many were new.

    The cursor is REST's own and moves only after all rows are booked, so a crash in between
    reads them again, and booking again changes nothing.
    """
    life = context.store.load_state().life  # First: rows of this life are what the cursor covers
    cursor = context.store.find_trade_cursor(symbol)
    asked_at_ms = ask_exchange_time(context, lane)
    since_ms = _since_ms(context, cursor)
    if since_ms is None:
        fills = load_fills(context, symbol, lane, after_trade_id=cursor)
    else:
        fills = load_fills(context, symbol, lane, since_ms=since_ms)
    new = book_fills(context, symbol, fills, lane)
    if fills:
        context.store.save_trade_cursor(symbol, fills[-1].trade_id, read_from=cursor, life=life)
    elif since_ms is not None:
        mark_ms = max(asked_at_ms - LATE_TRADES_MS, since_ms)  # It never goes back
        mark = f"{TIME_MARK}{mark_ms}"
        context.store.save_trade_cursor(symbol, mark, read_from=cursor, life=life)
    return new


def _since_ms(context: AccountContext, cursor: str | None) -> int | None:
    """Return the exchange time to read on from; None where the cursor is a trade's id."""
    if cursor is None:
        state = context.store.load_state()
        if not state.is_opened:  # All time would be asked, day by day
            raise AccountNotReady(f"account {context.name} is not rebuilt from its exchange yet")
        # What a rebuild would have read, had it known of the market
        return state.opened_at_ms - context.timings.trade_lookback_ms
    return int(cursor.removeprefix(TIME_MARK)) if cursor.startswith(TIME_MARK) else None


def book_fills(context: AccountContext, symbol: str, fills: Iterable[Fill], lane: Lane) -> int:
    """Book trades of any owner: ours to their orders, the rest as rows of their own.

    Returns how many rows the symbol's ledger has more, by whomever booked.
    """
    before = _count_rows(context, symbol)
    by_order: dict[str, list[Fill]] = defaultdict(list)
    for fill in fills:
        by_order[fill.exchange_order_id].append(fill)
    for rows in by_order.values():
        owner = find_owner(context, rows, lane)
        if owner is not None:
            book_fills_of(context, owner, rows)
        else:
            book_foreign(context, symbol, rows)
    return _count_rows(context, symbol) - before


def _count_rows(context: AccountContext, symbol: str) -> int:
    """Return how many rows the positions of a market have."""
    cursors = context.store.load_cursors()
    return sum(rows for name, rows in cursors.items() if market_of(name) == symbol)


def book_foreign(context: AccountContext, symbol: str, rows: Sequence[Fill]) -> None:
    """Book trades of an order that is certainly not ours.

    AccountHeld when the store is lost meanwhile: the opening of a rebuild may have them.
    """
    placed, state = name_homes(context, rows), context.store.load_state()
    offset_earlier(context, placed, state=state)
    if context.store.append_rows(placed, life=state.life):
        for touched in sorted(touched_symbols(placed)):
            context.dispatcher.update_position(context.name, touched)
