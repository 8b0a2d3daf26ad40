"""How the exchange refused an order, as one member of a sorted set. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.end_reason import NOT_PLACED
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.risk import Rejection


def describe_rejection(order: Order) -> str:
    """Return the member that tells of it; empty for an order that the exchange did not refuse.

    One that never arrived was not refused.
    """
    reason = order.reason
    if order.status is not OrderStatus.REJECTED or reason is None or reason.code == NOT_PLACED:
        return ""
    return f"{order.client_order_id} {order.terms.symbol} {reason.code}"


def read_rejections(flat: Sequence[str]) -> tuple[Rejection, ...]:
    """Return the refusals of members and their times."""
    return tuple(_read(member, at_ms) for member, at_ms in zip(flat[::2], flat[1::2], strict=True))


def _read(member: str, at_ms: str) -> Rejection:
    _, symbol, code = member.split(" ", 2)
    return Rejection(symbol=symbol, code=code, at_ms=int(at_ms))
