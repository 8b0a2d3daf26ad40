"""What an approved order holds until it is settled."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.order_terms import OrderTerms
from engine.domain.risk import Reservation
from engine.risk.context import base_quantity, worst_price


def build_reservation(
    terms: OrderTerms,
    reference_price: Decimal,
    collar: Decimal,
    client_order_id: str = "",
) -> Reservation:
    """Return what `terms` may add at most, at the worst price that is counted with.

    `reference_price` is quote per base, `collar` a fraction. A reduce-only order adds nothing to
    exposure, yet what it may take off the position is remembered; one that closes what is left by
    then takes nothing from others. The id is known only after the
    approval; whoever records the order fills it in.
    """
    price = worst_price(terms, reference_price, collar)
    return Reservation(
        client_order_id=client_order_id,
        symbol=terms.position,
        side=terms.side,
        quantity=base_quantity(terms, price),
        price=price,
        reduces=terms.only_reduces,
        leverage=terms.leverage or 1,
    )
