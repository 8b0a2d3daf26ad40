"""Compare the exchange's list of open orders with the index of ours; write only what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.domain.identity import is_ours
from engine.domain.report import OrderReport
from engine.domain.watched import Watched, index_order, is_news, is_news_since
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext
from engine.execution.looks.look_plan import is_waiting
from engine.execution.looks.targeted import Findings

#: An open order in a market that the exchange lists no more is told of again after this.
TELL_AGAIN_MS = 86_400_000


def compare(
    context: AccountContext,
    entries: Collection[Watched],
    listed: Iterable[OrderReport],
    asked_at_ms: int,
    findings: Findings,
) -> set[str]:
    """Take what differs, note what is missing; return the symbols in which something differed.

    `entries` are our orders in the symbols that were listed.
    """
    by_name = {name: entry for entry in entries for name in entry.names}
    seen: set[tuple[str, str]] = set()
    explained: set[str] = set()
    for report in listed:
        name = (report.symbol, report.exchange_order_id)
        seen.add(name)
        entry = by_name.get(name)
        if differs(entry, report, context.tag):
            _take(context, entry, report, findings)
            explained.add(report.symbol)
        elif entry is not None and entry.lacks_trades:
            findings.to_book.append(entry)
    listed_here = {by_name[name].client_order_id for name in seen & by_name.keys()}
    missing = [
        entry
        for entry in entries
        if entry.is_open and entry.names and entry.client_order_id not in listed_here
    ]
    _note_missing(context, missing, asked_at_ms, findings)
    for client_order_id in listed_here:
        findings.left.pop(client_order_id, None)
    return explained | {entry.symbol for entry in missing}


def differs(entry: Watched | None, report: OrderReport, tag: str) -> bool:
    """Tell whether a listed order has to be looked at in the store. Pure.

    One that the index does not know is an order in doubt or a lost one, if it bears our mark;
    else it is somebody else's. A closed order that is still listed is old news.
    """
    if entry is None:
        shown = (report.client_order_id, report.original_client_order_id)
        return any(name is not None and is_ours(name, tag) for name in shown)
    return entry.is_open and is_news(entry, report)


def _take(
    context: AccountContext, entry: Watched | None, report: OrderReport, findings: Findings
) -> None:
    before = context.store.load_order(entry.client_order_id).value if entry else None
    owner = take_report(context, report)
    if owner is None:
        return
    after = context.store.load_order(owner).value
    if before is not None:
        findings.note(before, after)
    if after.is_at_odds:
        findings.to_book.append(index_order(after))


def _note_missing(
    context: AccountContext, missing: Iterable[Watched], asked_at_ms: int, findings: Findings
) -> None:
    """Have those asked for that left the list, except after news and while they wait."""
    now_ms = context.clock.now_ms()
    for entry in missing:
        is_old = not is_news_since(entry.last_event_at_ms, asked_at_ms)
        if is_old and not is_waiting(findings.left.get(entry.client_order_id), now_ms):
            findings.to_find.append(entry)


def tell_unlisted(context: AccountContext, symbols: Collection[str]) -> None:
    """Alarm once a day about open orders in a market that the exchange does not list any more."""
    listed = {item.symbol for item in context.gateway.load_instruments()}
    for symbol in sorted(set(symbols) - listed):
        told = f"unlisted:{context.identity.slug}:{symbol}"
        if context.shared.find_cache(told) is None:
            context.shared.put_cache(told, "1", TELL_AGAIN_MS)
            context.alarm(
                f"{symbol} has open orders and is not listed by the exchange any more",
                symbol=symbol,
            )
