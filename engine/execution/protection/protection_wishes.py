"""What a person or a program may ask of protection: guard a position, move a price, end a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from engine.domain.derivative import PositionSide, position_name
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_terms import OrderType, TriggerBy
from engine.domain.protection import Protection, ProtectionState
from engine.domain.request import OrderIntent
from engine.errors import ConcurrentChange, InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.placing.naming import order_ids
from engine.execution.protection.protection_view import load_entries
from engine.ports import Versioned
from engine.risk.book import current_position
from engine.risk.brackets import require_bracket

#: Writers of a plan are few; each that wins made progress.
MOST_TRIES = 20


def protect_position(
    context: AccountContext,
    instrument: Instrument,
    *,
    stop_loss: Decimal | None,
    take_profit: Decimal | None,
    trigger_by: TriggerBy | None = None,
    position_side: PositionSide = PositionSide.BOTH,
) -> Protection:
    """Guard what is held of a position now; return the plan that does.

    Raises InvalidRequest where nothing is held, a plan stands already, or a price is on the
    wrong side.
    """
    name = position_name(instrument.symbol, position_side)
    held = current_position(context.store.load_risk_book(), name).net_quantity
    if instrument.is_dust(held):
        raise InvalidRequest(f"symbol is {name}, where nothing is held that could be guarded.")
    for stored in context.store.list_protections():
        if stored.value.position == name and stored.value.state is ProtectionState.ACTIVE:
            raise InvalidRequest(
                f"symbol is {name}, which plan {stored.value.plan_id} guards; change that one."
            )
    plan = Protection(
        plan_id=order_ids(context, f"protect/{context.random.nonce()}", 1)[0],
        account=context.name,
        position=name,
        side=Side.BUY if held > 0 else Side.SELL,
        quantity=abs(held),
        stop_price=stop_loss,
        target_price=take_profit,
        trigger_by=context.protection.trigger_for(instrument.symbol, trigger_by),
        created_at_ms=context.clock.now_ms(),
    )
    _check(context, instrument, plan, trigger_by)
    context.store.save_protection(0, plan)
    context.dispatcher.protect(context.name)
    return plan


def change_protection(
    context: AccountContext,
    plan_id: str,
    instrument: Instrument,
    *,
    stop_loss: Decimal | None = None,
    take_profit: Decimal | None = None,
    trigger_by: TriggerBy | None = None,
) -> Protection:
    """Move the stop, the target or both, or what the stop watches; None leaves it as it is.

    Raises InvalidRequest for a plan that is not known, over or being ended, a price on the wrong
    side, or one that the stop cannot watch.
    """

    def change(plan: Protection) -> Protection:
        if plan.state is not ProtectionState.ACTIVE:
            raise InvalidRequest(
                f"plan {plan.plan_id} is {plan.state}; only an active plan can be changed."
            )
        changed = replace(
            plan,
            stop_price=plan.stop_price if stop_loss is None else stop_loss,
            target_price=plan.target_price if take_profit is None else take_profit,
            trigger_by=trigger_by or plan.trigger_by,
        )
        _check(context, instrument, changed, trigger_by)
        tries = replace(changed, failures=0, retry_at_ms=0)
        return replace(tries, target_failures=0, target_retry_at_ms=0)

    return _change(context, plan_id, change)


def end_protection(context: AccountContext, plan_id: str) -> Protection:
    """End a plan and its orders; the position stays, unguarded, by the caller's word."""
    return _change(context, plan_id, lambda plan: replace(plan, state=ProtectionState.ENDING))


def _change(
    context: AccountContext, plan_id: str, change: Callable[[Protection], Protection]
) -> Protection:
    for _ in range(MOST_TRIES):
        stored = find_plan(context, plan_id)
        plan = change(stored.value)
        if context.store.save_protection(stored.version, plan):
            context.dispatcher.protect(context.name)
            return plan
    raise ConcurrentChange("the plan changed all the time; try again")


def find_plan(context: AccountContext, plan_id: str) -> Versioned[Protection]:
    """Return a plan that is not over, by its id or a unique beginning of it.

    Raises InvalidRequest otherwise.
    """
    plans = [one for one in context.store.list_protections() if one.value.plan_id == plan_id]
    if not plans:
        plans = [
            one for one in context.store.list_protections() if one.value.plan_id.startswith(plan_id)
        ]
    if len(plans) != 1 or not plan_id:
        raise InvalidRequest(
            f"plan {plan_id!r} is {'not unique' if plans else 'not known, or over'};"
            " `augustan protections` shows all."
        )
    return plans[0]


def _check(
    context: AccountContext,
    instrument: Instrument,
    plan: Protection,
    trigger_by: TriggerBy | None = None,
) -> None:
    """Raise InvalidRequest where the prices of a plan could not guard the position."""
    if not plan.roles:
        raise InvalidRequest("stop_loss and take_profit are missing; give at least one.")
    entries = load_entries(context, plan)
    for own_price in _entry_prices(entries):
        wish = OrderIntent(
            account=context.name,
            symbol=instrument.symbol,
            side=plan.side,
            order_type=OrderType.MARKET if own_price is None else OrderType.LIMIT,
            quantity=plan.quantity or None,
            price=own_price,
            stop_loss=plan.stop_price,
            take_profit=plan.target_price,
            stop_trigger_by=trigger_by,
        )
        market = _closing_price(context, plan) if own_price is None else None
        require_bracket(wish, instrument, market)


def _entry_prices(entries: Sequence[Order]) -> Iterator[Decimal | None]:
    """Yield what the plan's prices must fit: None is the market, where something may be held.

    What rests will fill at its own price: the market may be far from it, on either side.
    """
    own = entries[-1].terms if entries and not entries[-1].is_closed else None
    rests_at = (own.price or own.trigger_price) if own else None
    if rests_at is not None:
        yield rests_at
    if rests_at is None or any(entry.filled_quantity for entry in entries):
        yield None


def _closing_price(context: AccountContext, plan: Protection) -> Decimal:
    max_age_ms = context.timings.price_max_age_ms
    ticker = context.gateway.load_ticker(plan.symbol, Lane.SUBMIT, max_age_ms=max_age_ms)
    return ticker.bid if plan.closing_side is Side.SELL else ticker.ask
