"""Believe the exchange: compare orders, trades and balances, both ways, and repair.

At start, when the store woke up in another life, after a gap, and every few minutes. Only a
finished reconcile lifts the hold that keeps orders from being claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.domain.order import Order, OrderStatus
from engine.domain.trading_state import AccountState
from engine.domain.watched import Watched, is_news_since
from engine.errors import ExchangeRefused, IdentityConflict
from engine.execution.balance_check import check_balances, in_words
from engine.execution.changes import change_order
from engine.execution.comparing import differs
from engine.execution.completion import publish_outbox
from engine.execution.context import AccountContext
from engine.execution.fills import take_report
from engine.execution.rebuild import rebuild
from engine.execution.watching import look_at_order
from engine.ports import OrderFilter

#: A run that died leaves its lease for so long.
LEASE_MS = 30_000


@dataclass(frozen=True, kw_only=True)
class ReconcileResult:
    """What a reconcile found."""

    was_rebuilt: bool
    open_orders: int
    foreign_orders: int
    differences: dict[str, Decimal]  # By asset: exchange minus ledger
    is_compared: bool  # False: trades were on their way, or the account never stood still
    is_finished: bool  # False: the store moved to another life meanwhile

    @property
    def is_equal(self) -> bool:
        return self.is_compared and not self.differences


def reconcile(context: AccountContext, *, is_thorough: bool = True) -> ReconcileResult | None:
    """Reconcile the account; None when another process is at it.

    A thorough one reads all trades; another one believes totals that agree.
    """
    lease, owner = f"reconcile:{context.identity.slug}", context.random.nonce()
    if not context.shared.acquire_lease(lease, owner, LEASE_MS):
        return None
    try:
        return _reconcile(context, is_thorough=is_thorough)
    finally:
        context.shared.release_lease(lease, owner)


def reconcile_if_due(context: AccountContext) -> ReconcileResult | None:
    """Reconcile a held account at once, any other after its interval."""
    state = context.store.load_state()
    age_ms = abs(context.clock.now_ms() - state.reconciled_at_ms)  # A clock may have been ahead
    if state.is_opened and not state.is_held and age_ms < context.timings.reconcile_interval_ms:
        return None
    return reconcile(context, is_thorough=state.is_held or not state.is_opened)


def _reconcile(context: AccountContext, *, is_thorough: bool) -> ReconcileResult:
    _check_identity(context)
    state = context.store.begin_reconcile()
    opened_at_ms = None
    if not state.is_opened:
        opened_at_ms = rebuild(context, state.life)
    elif state.is_held:
        # Writes may be lost: what is unsent is in doubt, and keys may be forgotten
        doubt_unsent(context)
        opened_at_ms = state.opened_at_ms
    listed, foreign = compare_orders(context)
    differences = check_balances(context, state.life, is_thorough=is_thorough)
    finished = context.store.finish_reconcile(
        state.life, now_ms=context.clock.now_ms(), opened_at_ms=opened_at_ms
    )
    result = ReconcileResult(
        was_rebuilt=not state.is_opened,
        open_orders=listed,
        foreign_orders=foreign,
        differences=differences or {},
        is_compared=differences is not None,
        is_finished=finished,
    )
    _tell(context, result)
    _ask_for_updates(context, state)
    return result


def _check_identity(context: AccountContext) -> None:
    shown = context.gateway.load_identity()
    if shown != context.identity:
        message = (
            f"the key of account {context.name} opens {shown.slug},"
            f" but the account is {context.identity.slug}"
        )
        context.alarm(message)
        raise IdentityConflict(message + ".")
    # A lost store forgot whose the account is; processes that knew it never ask again
    context.shared.save_identity(context.name, context.identity)


def doubt_unsent(context: AccountContext) -> None:
    """Put every unsent order in doubt: its claim may be among the writes that were lost.

    It cannot have been signed later than it was valid.
    """
    for order in context.store.list_orders(OrderFilter.ACTIVE):
        if order.status is OrderStatus.INITIALIZED:
            change_order(context, order.client_order_id, lambda order: _doubt(context, order))


def _doubt(context: AccountContext, order: Order) -> Order:
    if order.status is not OrderStatus.INITIALIZED:
        return order
    offset_ms = context.gateway.exchange_now_ms() - context.clock.now_ms()
    return replace(
        order.to(OrderStatus.SUBMITTED),
        attempt=order.attempt + 1,
        nonce=None,
        signed_at_ms=order.valid_until_ms + max(offset_ms, 0),
        recv_window_ms=context.timings.recv_window_ms,
    )


def compare_orders(context: AccountContext) -> tuple[int, int]:
    """Apply the exchange's list to our orders; return how many are open, and not ours."""
    asked_at_ms = context.clock.now_ms()
    known = {entry.symbol for entry in context.store.list_watched()}
    listed = context.gateway.load_open_orders(None, Lane.RESOLVE, known=known)
    entries = context.store.list_watched()
    watched = {entry.name: entry for entry in entries if entry.exchange_order_id is not None}
    foreign = 0
    for report in listed:
        entry = watched.get((report.symbol, report.exchange_order_id))
        if differs(entry, report, context.tag):
            foreign += take_report(context, report) is None
        else:
            foreign += entry is None
    listed_names = {(report.symbol, report.exchange_order_id) for report in listed}
    for entry in entries:
        if entry.is_in_doubt:
            context.dispatcher.resolve_order(context.name, entry.client_order_id)
        is_missing = entry.is_open and entry.name not in listed_names
        if is_missing and not is_news_since(entry.last_event_at_ms, asked_at_ms):
            _look_at_missing(context, entry)
    return len(listed), foreign


def _look_at_missing(context: AccountContext, entry: Watched) -> None:
    """Look at one order; an exchange that refuses to speak of it must not hold up the others."""
    order = context.store.load_order(entry.client_order_id).value
    try:
        look_at_order(context, order, Lane.RESOLVE)
    except ExchangeRefused as error:
        context.alarm(
            f"the exchange does not speak of its order {order.exchange_order_id}"
            f" in {order.terms.symbol}: {error}",
            client_order_id=order.client_order_id,
            symbol=order.terms.symbol,
        )


def _tell(context: AccountContext, result: ReconcileResult) -> None:
    words = ["rebuilt from the exchange"] if result.was_rebuilt else []
    words += [f"{result.open_orders} open orders, {result.foreign_orders} not ours"]
    words += [describe_balances(result)]
    context.store.emit([context.tell(EventKind.RECONCILED, "; ".join(words))])


def describe_balances(result: ReconcileResult) -> str:
    if not result.is_compared:
        return "balances not compared: trades are still on their way"
    return (
        f"balances differ: {in_words(result.differences)}"
        if result.differences
        else "balances equal"
    )


def _ask_for_updates(context: AccountContext, state: AccountState) -> None:
    """Ask for positions and portfolio where they do not cover the whole ledger."""
    cursors = context.store.load_cursors()
    stored = context.store.find_portfolio()
    is_behind = stored is None or any(
        stored.value.cursors.get(symbol, 0) < rows for symbol, rows in cursors.items()
    )
    if is_behind or state.is_held:
        context.store.open_outbox(f"reconcile:{context.clock.now_ms()}", cursors)
        publish_outbox(context)
