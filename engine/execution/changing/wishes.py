"""Is this change one that the order can undergo? Pure; one sentence for each that is not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.domain.changing import Replacement
from engine.domain.decimals import plain
from engine.domain.order import Order
from engine.errors import InvalidRequest


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be different; None stays as it is."""

    price: Decimal | None = None
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None  # What the order itself has filled included

    @property
    def is_empty(self) -> bool:
        return self.price is None and self.trigger_price is None and self.quantity is None


def form_replacement(order: Order, change: Change, successor: str) -> Replacement:
    """Return the wish; InvalidRequest for an order that has no quantity to keep."""
    terms = order.terms
    quantity = change.quantity or order.quantity
    if quantity is None:
        raise InvalidRequest(
            f"order {order.client_order_id} names no quantity (a quote amount, or all that is left"
            " of a position): cancel it and place another."
        )
    return Replacement(
        client_order_id=successor,
        quantity=quantity,
        price=change.price or terms.price,
        trigger_price=change.trigger_price or terms.trigger_price,
    )


def check_change(order: Order, change: Change, wish: Replacement) -> None:
    """Raise InvalidRequest for an order, as it is now, that cannot undergo the change."""
    kind, name = order.terms.order_type, order.client_order_id
    if change.is_empty:
        raise InvalidRequest("price, trigger_price and quantity are missing; give at least one.")
    check_changeable(order)
    check_unchased(order)
    if change.price is not None and not kind.has_price:
        raise InvalidRequest(f"price is {plain(change.price)}; a {kind} order takes none.")
    if change.trigger_price is not None and not kind.has_trigger:
        said = f"trigger_price is {plain(change.trigger_price)}"
        raise InvalidRequest(f"{said}; a {kind} order takes none.")
    if wish.quantity <= order.filled_quantity:
        raise InvalidRequest(
            f"quantity is {plain(wish.quantity)}; it must be above the"
            f" {plain(order.filled_quantity)} that order {name} has filled."
        )
    same = (order.quantity, order.terms.price, order.terms.trigger_price)
    if (wish.quantity, wish.price, wish.trigger_price) == same:
        raise InvalidRequest(f"order {name} is so already: there is nothing to change.")


def check_changeable(order: Order) -> None:
    """Raise InvalidRequest for an order that no other may take the place of."""
    name = order.client_order_id
    if order.replaced_by:
        raise InvalidRequest(f"order {name} is replaced by {order.replaced_by}; change that one.")
    if order.replacement is not None and not order.replacement.is_over:
        raise InvalidRequest(f"order {name} is being replaced already; try again in a moment.")
    if order.is_leg:
        raise InvalidRequest(
            f"order {name} guards a position; change its plan instead: `augustan protections`."
        )
    other = order.partner_id or order.rival_id
    if other:
        raise InvalidRequest(
            f"order {name} and {other} are a pair, of which one cancels the other; cancel it and"
            " place another pair."
        )
    if order.is_closed:
        raise InvalidRequest(f"order {name} is {order.status}: there is nothing to change.")
    if order.cancel_requested_at_ms is not None:
        raise InvalidRequest(f"order {name} is being cancelled; place a new one instead.")
    if order.terms.is_immediate:
        raise InvalidRequest(
            f"order {name} ends at once ({order.terms.order_type},"
            f" {order.terms.time_in_force or 'no time in force'}): only one that rests can be"
            " changed."
        )
    if order.emergency_run:
        raise InvalidRequest(f"order {name} is of an emergency stop and cannot be changed.")
    if order.is_waiting:
        raise InvalidRequest(f"order {name} follows the price; cancel it and place another.")


def check_unchased(order: Order) -> None:
    """Raise InvalidRequest for an order whose price is not its owner's to set."""
    if order.chase is not None and not order.chase.is_over:
        raise InvalidRequest(
            f"order {order.client_order_id} is chased and follows the price; cancel it and place"
            " another."
        )
