"""Believe the exchange: compare orders, trades and balances, both ways, and repair.

At start, when the store woke up in another life, after a gap, and every few minutes. Only a
finished reconcile lifts the hold that keeps orders from being claimed.
"""

from __future__ import annotations

import logging

from engine.domain.lanes import Lane
from engine.domain.trading_state import AccountState
from engine.domain.watched import Watched, is_news_since
from engine.errors import ExchangeRefused, IdentityConflict, Retryable
from engine.execution.booking.balance_check import check_balances
from engine.execution.booking.ownership import take_report
from engine.execution.completing.completion import publish_outbox
from engine.execution.context import AccountContext
from engine.execution.looks.comparing import differs
from engine.execution.looks.watching import look_at_order
from engine.execution.protection.orphans import end_orphans
from engine.execution.reconciling.contract_check import check_contracts
from engine.execution.reconciling.findings import (
    OpenOrders,
    ReconcileResult,
    tell_result,
)
from engine.execution.reconciling.ledger_reset import begin_new_ledger
from engine.execution.reconciling.lost_writes import make_up_for_lost_writes
from engine.execution.reconciling.other_marks import tell_other_marks
from engine.execution.reconciling.rebuild import rebuild
from engine.execution.reconciling.reset_proof import ResetVerdict, look_for_reset, tell_if_reset

log = logging.getLogger(__name__)

#: A run that died leaves its lease for so long.
LEASE_MS = 30_000


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
    if _is_waiting_for_reset(context, context.store.load_state()):
        return _wait(context)
    state = context.store.begin_reconcile()
    rebuilt = lost = None
    if not state.is_opened:
        rebuilt = lost = rebuild(context, state.life)
    elif state.is_held and state.reconciled_epoch is not None:  # Else we hold it ourselves
        lost = make_up_for_lost_writes(context, state)
    orders = compare_orders(context)
    end_orphans(context)
    _check_contracts(context)
    differences = check_balances(context, state.life, is_thorough=is_thorough)
    if differences and not context.forgets:
        tell_if_reset(context)
    now_ms = context.clock.now_ms()
    finished = context.store.finish_reconcile(state.life, now_ms=now_ms, lost=lost)
    result = ReconcileResult(
        rebuilt=rebuilt,
        orders=orders,
        differences=differences or {},
        is_compared=differences is not None,
        is_finished=finished,
    )
    tell_result(context, result)
    _ask_for_updates(context, state)
    return result


def _is_waiting_for_reset(context: AccountContext, state: AccountState) -> bool:
    """Tell whether a reset of the exchange's ledger is suspected; begin a new one when proved."""
    if not state.is_opened or not context.forgets:
        return False
    verdict = look_for_reset(context)
    if verdict is ResetVerdict.PROVEN:
        begin_new_ledger(context, state)
    return verdict is ResetVerdict.SUSPECTED


def _wait(context: AccountContext) -> ReconcileResult:
    """Hold all claims, and leave everything as it is, until a reset is certain or disproved."""
    context.store.hold_claims()
    return ReconcileResult(
        rebuilt=None,
        orders=OpenOrders(total=0, foreign=0, other_marks=0),
        differences={},
        is_compared=False,
        is_finished=False,
        is_reset_suspected=True,
    )


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


def compare_orders(context: AccountContext) -> OpenOrders:
    """Apply the exchange's list to our orders; return how many are open, and whose."""
    asked_at_ms = context.clock.now_ms()
    known = {entry.symbol for entry in context.store.list_watched()}
    listed = context.gateway.load_open_orders(None, Lane.RESOLVE, known=known)
    entries = context.store.list_watched()
    watched = {name: entry for entry in entries for name in entry.names}
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
        is_missing = entry.is_open and entry.names.isdisjoint(listed_names)
        if is_missing and not is_news_since(entry.last_event_at_ms, asked_at_ms):
            _look_at_missing(context, entry)
    others = tell_other_marks(context, listed)
    return OpenOrders(total=len(listed), foreign=foreign, other_marks=others)


def _check_contracts(context: AccountContext) -> None:
    """Compare how contracts are held; a question that fails holds nothing up."""
    try:
        check_contracts(context)
    except (Retryable, ExchangeRefused) as error:
        log.info("how account %s holds its contracts: %s", context.name, error)


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
