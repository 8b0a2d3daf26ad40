"""Keys that a store has forgotten: an order of theirs may stand, or arrive, at the exchange.

After a rebuild, and after any restart that may have lost writes, a caller's key that the store
has not seen is looked up at the exchange before anything is recorded: the id follows from the
key. "Not there" counts only once every claim from before the loss has left its window.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.key_age import made_at_ms
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.request import OrderIntent
from engine.domain.trading_state import AccountState
from engine.errors import AccountNotReady, ExchangeRefused, KeyConflict, Retryable
from engine.execution.booking.ownership import take_report
from engine.execution.context import AccountContext
from engine.execution.doubt.replaced_ids import find_replaced
from engine.execution.doubt.sighting import find_beside, find_by_own_ids
from engine.execution.exchange_time import ask_exchange_time
from engine.execution.placing.naming import order_ids
from engine.ports import Recorded, RecordOutcome

#: The worker that wrote the record may have had another time than the exchange.
CLOCKS_APART_MS = 600_000


def find_lost_group(
    context: AccountContext, intents: Sequence[OrderIntent], names: tuple[str, ...], key: str
) -> Recorded | None:
    """Return the orders that the exchange has under the key's ids; None when it has none.

    Raises KeyConflict when they are not what is wished now, AccountNotReady when it cannot be
    told yet.
    """
    lost_at_ms = context.store.load_state().rebuilt_at_ms
    if context.clock.now_ms() - lost_at_ms > context.timings.key_horizon_ms:
        return None
    context.gateway.warm(Lane.SUBMIT)
    # No worker's own time: two of them may differ
    asked_at_ms = ask_exchange_time(context, Lane.SUBMIT)
    found = _look_up(context, intents, names)
    if not all(found) and asked_at_ms < fence_ms(context, lost_at_ms):
        _await_fence(context, lost_at_ms, key)
        found = _look_up(context, intents, names)
    missing = [intent for intent, order in zip(intents, found, strict=True) if order is None]
    if not any(found):
        _refuse_old(key, lost_at_ms + context.timings.clock_margin_ms)
    _refuse_replaced(context, missing, key, lost_at_ms)
    if not any(found):
        return None
    check_same(intents, found, key)
    return Recorded(outcome=RecordOutcome.EXISTS, client_order_ids=names)


def require_no_second(context: AccountContext, key: str) -> None:
    """Raise KeyConflict where a signal's second order is here without the one that bears its key.

    That one was denied or refused, and the store was lost since: the signal was acted on, however
    many orders it would need now. A rebuild takes in what was placed.
    """
    first, second = order_ids(context, key, 2, is_signal=True)
    if context.store.find_order(second) and not context.store.find_order(first):
        raise KeyConflict(
            f"id {key!r} has placed orders, of which the first was lost with the store; choose"
            " another for what is left."
        )


def _refuse_old(key: str, lost_at_ms: int) -> None:
    """Refuse a key that was made before the loss: its orders may have ended under other ids.

    A cancel of everything on a symbol leaves no trace of ours, and ends orders of such keys only.
    """
    made_ms = made_at_ms(key)
    if made_ms is not None and made_ms <= lost_at_ms:
        raise KeyConflict(
            f"id {key!r} is older than the store, which has lost what became of it; choose another."
        )


def _refuse_replaced(
    context: AccountContext, intents: Sequence[OrderIntent], key: str, lost_at_ms: int
) -> None:
    """Refuse a key whose order may be one that another program cancelled, and so renamed."""
    for intent in intents:
        exchange_order_id = find_replaced(context, intent, lost_at_ms)
        if exchange_order_id is not None:
            raise KeyConflict(
                f"id {key!r} is new to a store that was lost, and the exchange's cancelled order"
                f" {exchange_order_id} may have been its order under another id; if it was not,"
                " choose another id."
            )


def is_free(
    context: AccountContext,
    symbol: str,
    names: Sequence[str],
    since_ms: int,
    *,
    is_harmless: bool,
    partner_id: str = "",
) -> bool:
    """Tell whether orders may be recorded under ids that follow from a record of `since_ms`.

    A store that lost its last writes may have lost these orders and kept that record. What stands
    at the exchange is taken in. `is_harmless`: a second order could do nothing that the first does
    not; else nothing is recorded before the first cannot arrive any more. `partner_id`:
    recorded, and meant for one list with the only one of `names`, which may be there renamed.
    """
    state = context.store.load_state()
    if not state.is_opened or state.is_held:
        context.dispatcher.reconcile(context.name)  # It would put in doubt what is recorded now
        return False
    if not may_be_forgotten(context, state, since_ms):
        return True
    try:
        asked_at_ms = ask_exchange_time(context, Lane.SUBMIT)
        if not is_harmless and asked_at_ms < fence_ms(context, state.rebuilt_at_ms):
            return False
        reports = [find_by_own_ids(context, symbol, name, Lane.SUBMIT) for name in names]
        if partner_id and not any(reports):
            reports = [find_beside(context, names[0], partner_id, Lane.SUBMIT)]
    except (Retryable, ExchangeRefused):
        return False
    found = [take_report(context, report) for report in reports if report is not None]
    return not found


def may_be_forgotten(context: AccountContext, state: AccountState, since_ms: int) -> bool:
    """Tell whether a record of then is older than a loss of the store's last writes.

    An empty store has lost the record itself; only one that was opened before the loss kept it.
    """
    lost_at_ms = state.rebuilt_at_ms
    # Its opening is told by a time that is certainly past, the loss by the likeliest
    was_emptied = state.opened_at_ms + context.timings.clock_margin_ms >= lost_at_ms
    is_over = context.clock.now_ms() - lost_at_ms > context.timings.key_horizon_ms
    return not was_emptied and not is_over and since_ms <= lost_at_ms + CLOCKS_APART_MS


def fence_ms(context: AccountContext, lost_at_ms: int) -> int:
    """Return the exchange time from which no claim of before the loss can still arrive.

    The paper exchange looks at the signature again right before it matches: it has no tail.
    """
    timings = context.timings
    tail_ms = 0 if context.is_paper else timings.engine_tail_ms
    return lost_at_ms + timings.recv_window_ms + tail_ms + timings.clock_margin_ms


def _await_fence(context: AccountContext, lost_at_ms: int, key: str) -> None:
    left_ms = fence_ms(context, lost_at_ms) - ask_exchange_time(context, Lane.SUBMIT)
    if left_ms > context.timings.place_wait_ms:
        raise AccountNotReady(
            f"id {key!r} is new to a store that is new itself, and an order of it may still arrive"
            f" at the exchange; try again in {left_ms // 1000 + 1} s."
        )
    context.clock.wait(max(left_ms, 0))


def _look_up(
    context: AccountContext, intents: Sequence[OrderIntent], names: tuple[str, ...]
) -> list[Order | None]:
    return [
        _find_lost_order(context, intent, name) for intent, name in zip(intents, names, strict=True)
    ]


def _find_lost_order(context: AccountContext, intent: OrderIntent, name: str) -> Order | None:
    stored = context.store.find_order(name)
    if stored is None:
        report = find_by_own_ids(context, intent.symbol, name, Lane.SUBMIT)
        if report is None or take_report(context, report) is None:
            return None
        stored = context.store.load_order(name)
    return stored.value


def check_same(intents: Sequence[OrderIntent], found: Sequence[Order | None], key: str) -> None:
    """Raise KeyConflict when the orders of a key are not all there, or not what is wished now."""
    missing = sum(order is None for order in found)
    if missing:
        raise KeyConflict(
            f"id {key!r} stands for a group of which {missing} of {len(found)} orders are not at"
            " the exchange and were lost with the store; place those under a new id."
        )
    for intent, order in zip(intents, found, strict=True):
        if order is not None and not matches(order, intent):
            raise KeyConflict(f"id {key!r} was already used for a different order; choose another.")


def matches(order: Order, intent: OrderIntent) -> bool:
    """Tell whether an order that the exchange remembers could be this wish.

    What the exchange does not keep (a quote amount, a signal's sizing) cannot be compared.
    """
    terms = order.terms
    return (
        terms.symbol == intent.symbol
        and terms.side is intent.side
        and terms.order_type.is_sent_as(intent.order_type)
        and (intent.quantity is None or terms.quantity == intent.quantity)
        and (intent.price is None or terms.price == intent.price)
    )
