"""Stop an account by itself where its settings say so: look, judge, act, once for each cause.

Everything is read from the store; the exchange is not asked. A cause that was acted on is
remembered until it is gone, so that a person's resume is not undone for the same reason.
"""

from __future__ import annotations

from engine.config.emergency import TriggerAction
from engine.domain.end_reason import NOT_PLACED
from engine.domain.equity import Performance
from engine.domain.events import EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import TradingState
from engine.execution.bans import key_refusal
from engine.execution.booking.balance_check import unexplained_words
from engine.execution.context import AccountContext
from engine.execution.stopping import trading
from engine.execution.stopping.emergency import begin_emergency
from engine.ports import OrderFilter
from engine.risk.losses import MAX_AGE_MS
from engine.risk.triggers import NAMES, Cause, Readings, find_causes

#: A cause is remembered for so long, even if nobody looks.
REMEMBER_MS = 30 * 86_400_000
#: Looks that are further apart than this are not in a row.
SILENT_MS = 60_000
#: Refused orders among so many of the newest are counted.
MOST_ORDERS = 200


def watch_triggers(context: AccountContext) -> tuple[str, ...]:
    """Act on every new cause; return the names of those that were acted on."""
    causes = find_causes(context.emergency.triggers, read(context), context.risk)
    present, fired = {cause.name for cause in causes}, []
    for name in NAMES:
        if name not in present and _is_remembered(context, name):
            context.shared.put_cache(_mark(context, name), "", 1)
    for cause in causes:
        if not _is_remembered(context, cause.name):
            act(context, cause)
            context.shared.put_cache(_mark(context, cause.name), "1", REMEMBER_MS)
            fired.append(cause.name)
    return tuple(fired)


def _mark(context: AccountContext, name: str) -> str:
    return f"trigger:{context.identity.slug}:{name}"


def _is_remembered(context: AccountContext, name: str) -> bool:
    return bool(context.shared.find_cache(_mark(context, name)))


def read(context: AccountContext) -> Readings:
    """Return what the store knows of the account."""
    made = _find_performance(context)
    return Readings(
        lost=-made.daily_result(context.clock.now_ms()) if made else None,
        drawdown=made.drawdown if made else None,
        rejections=_count_rejections(context),
        mismatch=unexplained_words(context),
        stream_silent_ms=_silent_ms(context),
        key_refused=key_refusal(context.shared, context.identity),
    )


def _find_performance(context: AccountContext) -> Performance | None:
    """Return how the account is doing; None where that is not known, or too old to act on."""
    stored = context.store.find_portfolio()
    made = stored.value.performance if stored else None
    is_young = made and context.clock.now_ms() - made.updated_at_ms <= MAX_AGE_MS
    return made if is_young else None


def _count_rejections(context: AccountContext) -> int:
    """Count orders that the exchange itself refused; one that never arrived is none."""
    settings = context.emergency.triggers
    if settings.rejections is TriggerAction.OFF:
        return 0
    since_ms = context.clock.now_ms() - settings.rejections_window_ms
    return sum(
        order.status is OrderStatus.REJECTED
        and order.last_event_at_ms >= since_ms
        and order.reason is not None
        and order.reason.code != NOT_PLACED
        for order in context.store.list_orders(OrderFilter.RECENT, MOST_ORDERS)
    )


def _silent_ms(context: AccountContext) -> int:
    """Return for how long looks in a row have found no live stream while orders are open.

    What was before the first of these looks does not count: nobody may have run then.
    """
    mark, now_ms = f"silent_since:{context.identity.slug}", context.clock.now_ms()
    known = context.shared.find_cache(mark)
    is_live = context.store.load_stream().is_live
    if is_live or not context.store.list_orders(OrderFilter.OPEN, 1):
        if known:
            context.shared.put_cache(mark, "", 1)
        return 0
    since_ms = int(known) if known else now_ms
    context.shared.put_cache(mark, str(since_ms), SILENT_MS)
    return max(now_ms - since_ms, 0)


def act(context: AccountContext, cause: Cause) -> None:
    """Do what the settings say, and tell which trigger it was, with its numbers."""
    reason = f"trigger {cause.name}: {cause.message}"
    context.alarm(f"{reason}; action: {cause.action}")
    if cause.action is TriggerAction.EMERGENCY_STOP:
        begin_emergency(context, reason)
        context.dispatcher.work_emergency(context.name)
    elif cause.action is TriggerAction.HALT:
        _restrict(context, TradingState.HALTED, reason)
    elif cause.action is TriggerAction.REDUCING:
        _restrict(context, TradingState.REDUCING, reason)


def _restrict(context: AccountContext, wanted: TradingState, reason: str) -> None:
    """Halt, or let only reducing orders pass; what is stricter already stays as it is."""
    state = context.store.load_state()
    if state.trading_state is TradingState.HALTED or state.trading_state is wanted:
        return
    if wanted is TradingState.HALTED:
        trading.halt(context, reason)
        return
    event = context.tell(EventKind.TRADING_STATE, reason)
    context.store.set_trading_state(wanted, reason, events=[event], instead_of=state)
