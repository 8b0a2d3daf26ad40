"""From a wish to a recorded order: risk, id, one write. Nothing is sent here.

A key is spent by whatever it came to, a denial included: the repeat returns it. The same key
with another wish is a conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.order import Order
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, RiskBook, Verdict
from engine.domain.signal import Signal
from engine.errors import (
    AccountNotReady,
    ConcurrentChange,
    KeyConflict,
    StoreUnavailable,
    StoreUnclear,
)
from engine.execution.context import AccountContext
from engine.execution.history import load_orders
from engine.execution.placing.earlier_keys import find_earlier_group, is_old
from engine.execution.placing.groups import check_each, check_size, form_group
from engine.execution.placing.handing_over import hand_over
from engine.execution.placing.listing import join, may_both_open
from engine.execution.placing.lost_keys import find_lost_group, require_no_second
from engine.execution.placing.naming import digest_of, order_ids
from engine.execution.placing.preparing import prepare
from engine.execution.placing.readiness import await_ready
from engine.execution.placing.surroundings import Surroundings
from engine.ports import Recorded, RecordOutcome
from engine.risk.balance import is_short
from engine.risk.brackets import require_bracket
from engine.risk.gate import assess
from engine.risk.instrument_rules import require_valid

#: Others may win the race for the risk version so often; each winner made progress.
MOST_TRIES = 200


def place_orders(
    context: AccountContext,
    intents: Sequence[OrderIntent],
    *,
    key: str = "",
    signal: Signal | None = None,
) -> tuple[Order, ...]:
    """Record the orders as one group and hand them to the workers; repeat safe by `key`.

    Returns the orders as recorded: INITIALIZED, DENIED, or whatever an earlier call with the
    same key has come to meanwhile. Raises InvalidRequest for a wish that no exchange could
    take, KeyConflict for a key that was used for another wish; then nothing was recorded.
    """
    check_size(intents)
    own_key = key or context.random.nonce()
    digest = digest_of(intents, signal)
    known = context.store.find_request(own_key, digest)
    if known is None:
        await_ready(context)
        names = order_ids(context, own_key, len(intents), is_signal=signal is not None)
        if key:
            known = _find_lost(context, intents, names, key, digest, is_signal=signal is not None)
    if known is None:
        known = _record(context, intents, names, own_key, digest, signal, is_new=not key)
    if known.outcome is RecordOutcome.KEY_CONFLICT:
        raise KeyConflict(f"id {key!r} was already used for a different order; choose another.")
    orders = _load_recorded(context, known)
    hand_over(context, orders)
    return orders


def _find_lost(
    context: AccountContext,
    intents: Sequence[OrderIntent],
    names: tuple[str, ...],
    key: str,
    digest: str,
    *,
    is_signal: bool,
) -> Recorded | None:
    """Look a key up that the store does not have; what another call records meanwhile counts.

    In the middle of that record, some orders of a group are there and others seem to be lost.
    """
    if is_signal:  # However many orders it needs now, its first stands for all that there were
        intents, names = intents[:1], names[:1]
    try:
        lost = find_lost_group(context, intents, names, key)
        if lost is None and is_signal:
            require_no_second(context, key)
        if lost is None and is_old(key, context.clock.now_ms()):
            return find_earlier_group(context, intents, names, key)
        return lost
    except (KeyConflict, AccountNotReady):
        known = context.store.find_request(key, digest)
        if known is None:
            raise
        return known


def _load_recorded(context: AccountContext, recorded: Recorded) -> tuple[Order, ...]:
    names = recorded.client_order_ids
    try:
        return load_orders(context, names)
    except StoreUnavailable as error:
        # Not "unavailable": a caller would read that as "nothing happened" and place again
        raise StoreUnclear(
            f"order {', '.join(names)} is recorded, and the store went away: do not place again;"
            " the same id is safe."
        ) from error


def _record(
    context: AccountContext,
    intents: Sequence[OrderIntent],
    names: tuple[str, ...],
    key: str,
    digest: str,
    signal: Signal | None,
    *,
    is_new: bool,
) -> Recorded:
    """Record the group; return it, or the one that stands under its ids. See NewGroup.is_new."""
    surroundings = Surroundings(context)
    intents = prepare(context, surroundings, intents)
    if signal is None:
        _check_wishes(surroundings, intents, context.store.load_risk_book())
    for _ in range(MOST_TRIES):
        book = context.store.load_risk_book()
        verdicts = _assess(surroundings, intents, names, book, signal)
        if any(map(is_short, verdicts)) and _may_have_changed(context, surroundings, book):
            continue
        group = form_group(context, intents, names, verdicts, key, digest)
        group = join(group) if any(intent.is_of_pair for intent in intents) else group
        recorded = context.store.record(replace(group, is_new=is_new), risk_version=book.version)
        if recorded.outcome in {RecordOutcome.ID_TAKEN, RecordOutcome.MAY_BE_ARCHIVED}:
            earlier = find_earlier_group(context, intents, names, key)
            if earlier is not None:
                return earlier
            is_new = True
        elif recorded.outcome is not RecordOutcome.RISK_CHANGED:
            return recorded
    raise ConcurrentChange("the account's exposure changed all the time; try again")


def _may_have_changed(context: AccountContext, surroundings: Surroundings, book: RiskBook) -> bool:
    """Tell whether a second look may find the funds that were missing."""
    if surroundings.renew_balances():
        return True
    # An order left the book and reached the balances in between: it counted twice
    return context.store.load_risk_book() != book


def _check_wishes(
    surroundings: Surroundings, intents: Sequence[OrderIntent], book: RiskBook
) -> None:
    """Raise InvalidRequest for what no exchange could take, before risk is asked."""

    def check(intent: OrderIntent) -> None:
        seen = surroundings.look(intent, book)
        price = seen.reference_price(intent.side)
        require_valid(intent, seen.instrument, price, seen.now_ms)
        require_bracket(intent, seen.instrument, price)

    check_each(intents, check)


def _assess(
    surroundings: Surroundings,
    intents: Sequence[OrderIntent],
    names: tuple[str, ...],
    book: RiskBook,
    signal: Signal | None,
) -> tuple[Verdict, ...]:
    """Assess one after another: each approved order counts for the next."""
    verdicts: list[Verdict] = []
    for intent, name in zip(intents, names, strict=True):
        verdict = assess(intent, surroundings.look(intent, book, signal))
        verdicts.append(verdict)
        # Of most pairs one order trades at most: what the one holds is enough for the other
        is_held = not intent.is_of_pair or may_both_open(intent)
        if is_held and isinstance(verdict, Approved) and verdict.reservation is not None:
            # Under its name: what has none counts as the order's own, and left out
            own = replace(verdict.reservation, client_order_id=name)
            count = book.orders_in_minute + 1
            held = (*book.reservations, own)
            book = replace(book, reservations=held, orders_in_minute=count)
    return tuple(verdicts)
