"""Do what is due for one account: hand over, look, ask for what a look left open.

The due set says what wants attention. Open orders share one look, so that its cost does not
grow with them; what is theirs alone (a cancel that was wished, trades that are missing, an order
that left the list) comes back in a rhythm of its own and keeps no other waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.domain.look import LookMemory
from engine.domain.stream import StreamHealth
from engine.domain.watched import Watched, index_order
from engine.execution.context import AccountContext
from engine.execution.ending.time_limit import end_overdue
from engine.execution.looks.look_plan import Work, sort_work
from engine.execution.looks.looking import Look
from engine.execution.looks.targeted import Findings, book_trades, find_left
from engine.execution.schedule import back_in_ms
from engine.execution.stream.stream_doubt import doubt_if_late
from engine.ports import LOOK_ENTRY, Due, Store, Versioned

#: One sweep takes so many orders; the rest is due in the next.
MOST_DUE = 2_000


def is_sweep_due(shared: Store, account: str) -> bool:
    """Tell, without asking the exchange anything, whether a sweep would find work."""
    identity = shared.find_identity(account)
    return identity is None or shared.account(identity).is_anything_due()


def watch_account(context: AccountContext) -> int:
    """Do what is due, one sweep at a time; return how many orders were due."""
    lease, owner = f"watch:{context.identity.slug}", context.random.nonce()
    if not context.shared.acquire_lease(lease, owner, context.timings.due_lease_ms):
        return 0
    try:
        return watch_due_orders(context)
    finally:
        context.shared.release_lease(lease, owner)


def watch_due_orders(context: AccountContext) -> int:
    """Do what is due; return how many orders were due."""
    # Well before the lease ends: what takes longer is left to the next sweep
    until_ms = context.clock.monotonic_ms() + context.timings.due_lease_ms // 2
    end_overdue(context)
    due = context.store.claim_due(context.timings.due_lease_ms, MOST_DUE)
    stored, health = context.store.load_look(context.clock.now_ms()), context.store.load_stream()
    memory = stored.value
    is_look_due = _is_look_due(due, memory, health)
    if not due and not is_look_due:
        return 0
    entries = _load_entries(context, due)
    orders = [item for item in due if item.client_order_id in entries]
    due_entries = [entries[item.client_order_id] for item in orders]
    work = sort_work(due_entries, entries, memory, context.clock.now_ms())
    _hand_over(context, work)
    _postpone(context, orders, entries)
    findings = Findings(left=dict(memory.left), to_find=work.left, to_book=work.without_trades)
    look = Look(context, entries.values(), memory, health, findings, until_ms)
    if is_look_due or work.needs_look:
        look.run()
    if not look.has_failed:  # The exchange could be asked at all
        find_left(context, findings, look.asked_at_ms, until_ms)
        book_trades(context, findings, until_ms)
    _finish(context, look, stored, health, findings)
    return len(orders)


def _is_look_due(due: Iterable[Due], memory: LookMemory, health: StreamHealth) -> bool:
    is_planned = any(item.client_order_id == LOOK_ENTRY for item in due)
    return is_planned or (memory.was_live and not health.is_live)


def _load_entries(context: AccountContext, due: Iterable[Due]) -> dict[str, Watched]:
    """Return the index by client order id, completed by due orders that it does not have."""
    entries = {entry.client_order_id: entry for entry in context.store.list_watched()}
    names = {item.client_order_id for item in due} - {LOOK_ENTRY}
    for name in names - entries.keys():
        stored = context.store.find_order(name)  # Settled meanwhile, or written by an older program
        if stored is not None and not stored.value.is_settled:
            entries[name] = index_order(stored.value)
    return entries


def _hand_over(context: AccountContext, work: Work) -> None:
    for entry in work.unsent:
        context.dispatcher.submit_order(context.name, entry.client_order_id, entry.lane)
    for entry in work.in_doubt:
        context.dispatcher.resolve_order(context.name, entry.client_order_id)
    for entry in work.to_cancel:
        context.dispatcher.cancel_order(context.name, entry.client_order_id)
    for entry in work.to_replace:
        context.dispatcher.replace_order(context.name, entry.client_order_id)
    for symbol in sorted({entry.symbol for entry in work.to_follow}):
        context.dispatcher.follow_symbol(context.name, symbol)


def _postpone(context: AccountContext, orders: Iterable[Due], entries: dict[str, Watched]) -> None:
    now_ms = context.clock.now_ms()
    context.store.postpone(
        {
            item: back_in_ms(entries[item.client_order_id], now_ms, context.timings)
            for item in orders
        }
    )


def _finish(
    context: AccountContext,
    look: Look,
    before: Versioned[LookMemory],
    health: StreamHealth,
    findings: Findings,
) -> None:
    """Doubt the stream where it should have told what was found; write what is remembered."""
    now = doubt_if_late(context, health, findings.news_ms) if findings.news_ms else health
    if now.is_live != health.is_live and look.is_done:
        look.plan_next(now)
    memory = look.memory if look.is_done else before.value
    names = {entry.client_order_id for entry in look.open_entries}
    left = {name: wait for name, wait in findings.left.items() if name in names}
    memory = replace(memory, left=left)
    if not names:  # What was planned was for orders that are gone; the next one is looked at anew
        memory = replace(memory, next_ms=0, was_live=False)
    if memory != before.value:
        now_ms = context.clock.now_ms()
        context.store.save_look(before.version, memory, now_ms, is_over=not names)
