"""Tell whether the exchange began its own ledger anew, as test networks do each month.

A difference of balances proves nothing, nor does one order that is not found. Proof is that the
oldest things that the exchange must still know (booked trades, with their orders, and open
orders) are unknown there at two looks well apart. The oldest: orders that were placed after a
reset are there, and copies that lag lack what is new. Numbers begin at 1 again, so that another
order or trade under the same number counts as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.domain.fill import Fill
from engine.domain.identity import original_id
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.errors import ExchangeRefused
from engine.execution.context import AccountContext

#: So many of the oldest things are asked for; the first that is known ends the suspicion.
MOST_TRACES = 3
#: A second look so much later must see the same: a copy that lags has caught up by then.
CONFIRM_MS = 60_000
#: A suspicion that no look confirmed or ended is forgotten.
REMEMBER_MS = 3_600_000
#: A person is told of a live exchange that forgot its ledger, and again after this.
TELL_AGAIN_MS = 86_400_000


class ResetVerdict(StrEnum):
    NONE = "none"
    SUSPECTED = "suspected"  #: Everything looked for is gone; asked again after a while
    PROVEN = "proven"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Something that the exchange must know, unless it forgot everything."""

    symbol: str
    exchange_order_id: str
    client_order_id: str | None  # None: a stranger's order
    fill: Fill | None  # None: an open order
    at_ms: int  # Exchange time at which it was there


def look_for_reset(context: AccountContext) -> ResetVerdict:
    """Look for the oldest things we know; costs one question where nothing is wrong."""
    if not seems_reset(context):
        context.shared.put_cache(_memory(context), "", REMEMBER_MS)
        return ResetVerdict.NONE
    since, now_ms = context.shared.find_cache(_memory(context)), context.clock.now_ms()
    if not since:
        context.shared.put_cache(_memory(context), str(now_ms), REMEMBER_MS)
    is_confirmed = bool(since) and now_ms - int(since or 0) >= CONFIRM_MS
    return ResetVerdict.PROVEN if is_confirmed else ResetVerdict.SUSPECTED


def tell_if_reset(context: AccountContext) -> None:
    """Alarm where an exchange with real money seems to have forgotten all; nothing is changed."""
    told = f"reset_told:{context.identity.slug}"
    if context.shared.find_cache(told) is None and seems_reset(context):
        context.shared.put_cache(told, "1", TELL_AGAIN_MS)
        context.alarm(
            "the exchange does not know our oldest trades and orders any more; nothing was"
            " changed here: look at the account before it trades on"
        )


def seems_reset(context: AccountContext) -> bool:
    """Tell whether the oldest things we know are gone, at this moment."""
    gone: list[Trace] = []
    for trace in oldest_traces(context):
        if not _is_gone(context, trace):
            return any(shows_reset(before, trace) for before in gone)
        gone.append(trace)
    return bool(gone)


def shows_reset(gone: Trace, known: Trace) -> bool:
    """Tell whether a thing that is gone shows a reset although a younger one is known. Pure.

    A trade never vanishes alone. An open order may, unless the numbers went on from 1 since.
    """
    if gone.fill is not None:
        return True
    numbers = (known.exchange_order_id, gone.exchange_order_id)
    if known.symbol != gone.symbol or not all(number.isdecimal() for number in numbers):
        return False
    return int(known.exchange_order_id) <= int(gone.exchange_order_id)


def oldest_traces(context: AccountContext) -> tuple[Trace, ...]:
    """Return the first trade of each symbol and the open orders, the oldest of them."""
    fills = (context.store.find_first_fill(name) for name in context.store.load_cursors())
    traces = [
        Trace(
            symbol=fill.symbol,
            exchange_order_id=fill.exchange_order_id,
            client_order_id=fill.client_order_id,
            fill=fill,
            at_ms=fill.executed_at_ms,
        )
        for fill in fills
        if fill is not None
    ]
    traces += [
        Trace(
            symbol=entry.symbol,
            exchange_order_id=entry.exchange_order_id,
            client_order_id=entry.client_order_id,
            fill=None,
            at_ms=entry.exchange_updated_at_ms,
        )
        for entry in context.store.list_watched()
        if entry.is_open and entry.exchange_order_id is not None
    ]
    return tuple(sorted(traces, key=lambda trace: trace.at_ms)[:MOST_TRACES])


def _is_gone(context: AccountContext, trace: Trace) -> bool:
    """Ask for the order, and for its trades where it is unknown; a refusal shows nothing."""
    gateway, number = context.gateway, trace.exchange_order_id
    try:
        report = gateway.find_order(trace.symbol, exchange_order_id=number, lane=Lane.RESOLVE)
        if report is not None and is_order_of(trace, report):
            return False
        if trace.fill is None:
            return True
        fills = gateway.load_fills(trace.symbol, exchange_order_id=number, lane=Lane.RESOLVE)
    except ExchangeRefused:
        return False
    return not any(is_same_trade(fill, trace.fill) for fill in fills)


def is_order_of(trace: Trace, report: OrderReport) -> bool:
    """Tell whether a report under the number of the trace's order is about that order. Pure.

    Our client id proves it, and another order of ours is another. A cancel by somebody else
    replaces the id, and of a stranger's order we know none: then only an order that began later
    is certainly another.
    """
    shown = (report.client_order_id, report.original_client_order_id)
    if trace.client_order_id is not None:
        if any(name and original_id(name) == trace.client_order_id for name in shown):
            return True
        if report.status is not OrderStatus.CANCELED:
            return False
    return report.created_at_ms <= trace.at_ms


def is_same_trade(fill: Fill, other: Fill) -> bool:
    """Tell whether two rows under the same numbers are one trade, and not of two ledgers. Pure."""
    return _facts(fill) == _facts(other)


def _facts(fill: Fill) -> tuple[object, ...]:
    return (fill.symbol, fill.row_id, fill.side, fill.quantity, fill.price, fill.executed_at_ms)


def _memory(context: AccountContext) -> str:
    return f"reset:{context.identity.slug}"
