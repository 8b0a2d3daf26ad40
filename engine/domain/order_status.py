"""The statuses of an order, and every legal step from one to another."""

from __future__ import annotations

from enum import StrEnum


class OrderStatus(StrEnum):
    INITIALIZED = "initialized"  #: Approved and reserved, not claimed yet
    DENIED = "denied"  #: Refused by us; never left the house
    SUBMITTED = "submitted"  #: Sent, or about to be; the outcome is not known yet
    REJECTED = "rejected"  #: Refused by the exchange, or shown never to have arrived
    ACCEPTED = "accepted"  #: Working on the exchange
    PARTIALLY_FILLED = "partially_filled"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FILLED = "filled"


S = OrderStatus
TERMINAL = frozenset({S.DENIED, S.REJECTED, S.EXPIRED, S.CANCELED, S.FILLED})
#: Known to work on the exchange.
OPEN = frozenset({S.ACCEPTED, S.PARTIALLY_FILLED})

#: How much each status knows. News never lowers it, so that the order of arrival is irrelevant.
KNOWLEDGE = {status: rank for rank, status in enumerate(S)}

_PROVEN = frozenset({S.ACCEPTED, S.PARTIALLY_FILLED, S.EXPIRED, S.CANCELED, S.FILLED})
#: Every legal step. Anything else raises InvalidTransition.
TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    S.INITIALIZED: _PROVEN | {S.DENIED, S.SUBMITTED},  # Proven: a lost claim, after a rebuild
    S.DENIED: _PROVEN,  # Only after a lost claim: proof beats our own record
    S.SUBMITTED: _PROVEN | {S.REJECTED, S.INITIALIZED},  # Back: a definite, passing refusal
    S.REJECTED: _PROVEN,  # NOT_PLACED was an inference; proof beats it
    S.ACCEPTED: _PROVEN - {S.ACCEPTED},
    S.PARTIALLY_FILLED: _PROVEN - {S.ACCEPTED, S.PARTIALLY_FILLED},
    S.EXPIRED: frozenset({S.CANCELED, S.FILLED}),  # A fill that raced the exchange's own timer
    S.CANCELED: frozenset({S.FILLED}),  # A fill that raced the cancel still counts
    S.FILLED: frozenset(),
}


class InvalidTransition(Exception):
    """The order cannot go from its current status to the requested one."""
