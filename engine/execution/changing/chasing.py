"""Keep a limit order at the touch: each move puts another order in its place.

The chase stands with the order: its bounds, where it began, how often it moved. So who moves it
next needs nothing else, and two who want to move it at once make one move.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.domain.changing import Chase, ChaseEnd, Replacement
from engine.domain.chasing import Move, Over, Step, next_step
from engine.domain.decimals import ZERO
from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.succession import awaits_successor
from engine.errors import ChangeDenied, InvalidRequest
from engine.execution.changes import change_order
from engine.execution.changing.replacing import name_successor, replace_with
from engine.execution.changing.wishes import check_changeable
from engine.execution.context import AccountContext
from engine.execution.ending.cancel_wish import with_wish
from engine.execution.ending.cancellation import request_cancel


def chase(context: AccountContext, order: Order, touch: Decimal | None) -> None:
    """Move the order to the best price if it was overtaken; end the chase beyond its bounds."""
    if order.chase is None:
        return
    step = next_step(order.chase, order.terms.side, order.terms.price, touch)
    if isinstance(step, Over):
        _finish(context, order, order.chase, step.why)
    elif isinstance(step, Move):
        _replace(context, order, _form_move(context, order, order.chase, step))


def try_again(context: AccountContext, order: Order, touch: Decimal | None) -> Order:
    """Form the wish of a chase whose order was refused: the price had moved through it."""
    if order.chase is None:
        return order
    step = next_step(order.chase, order.terms.side, None, touch)
    wish = _wish_after_refusal(context, order, order.chase, step)

    def write(current: Order) -> Order:
        if not awaits_successor(current) or current.replacement is not None:
            return current
        over = replace(current, chase=_ended(current.chase)) if isinstance(step, Over) else current
        return replace(over, replacement=wish)

    return change_order(context, order.client_order_id, write)


def _wish_after_refusal(
    context: AccountContext, order: Order, chase: Chase, step: Step
) -> Replacement | None:
    if isinstance(step, Move):
        return _form_move(context, order, chase, step)
    if isinstance(step, Over) and chase.then is ChaseEnd.MARKET:
        return _form_market(context, order)
    return None


def _form_move(context: AccountContext, order: Order, chase: Chase, move: Move) -> Replacement:
    return Replacement(
        client_order_id=name_successor(context, order),
        quantity=order.quantity or ZERO,
        price=move.price,
        moves=chase.moves + 1,
    )


def _form_market(context: AccountContext, order: Order) -> Replacement:
    return Replacement(
        client_order_id=name_successor(context, order),
        quantity=order.quantity or ZERO,
        is_market=True,
    )


def _replace(context: AccountContext, order: Order, wish: Replacement) -> None:
    try:
        replace_with(context, order, wish, check_changeable)
    except (ChangeDenied, InvalidRequest) as error:
        _rest(context, order, str(error))


def _finish(context: AccountContext, order: Order, chase: Chase, why: str) -> None:
    if chase.then is ChaseEnd.MARKET:
        _replace(context, order, _form_market(context, order))
        return
    _rest(context, order, why, is_to_end=chase.then is ChaseEnd.CANCEL)
    if chase.then is ChaseEnd.CANCEL:
        request_cancel(context, order.client_order_id)


def _rest(context: AccountContext, order: Order, why: str, *, is_to_end: bool = False) -> None:
    """End the chase and leave the order where it is, or wish its end by the same write.

    One that has ended meanwhile says enough; one that is being moved goes on in its successor.
    """
    now_ms = context.clock.now_ms()
    told = context.tell(
        EventKind.ATTEMPT,
        f"the chase is over: {why}",
        client_order_id=order.client_order_id,
        symbol=order.terms.symbol,
    )

    def rest(current: Order) -> Order:
        if current.is_closed or _is_moving(current):
            return current
        over = replace(current, chase=_ended(current.chase))
        return with_wish(over, now_ms) if is_to_end else over

    rested = change_order(context, order.client_order_id, rest)
    if not (rested.is_closed or _is_moving(rested)):
        context.store.emit([told])


def _is_moving(order: Order) -> bool:
    """Tell whether another worker has written the next move, whatever this one has seen."""
    return order.replacement is not None and not order.replacement.is_over


def _ended(chase: Chase | None) -> Chase | None:
    return None if chase is None else replace(chase, is_over=True)
