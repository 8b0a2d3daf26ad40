"""Events as single lines, for a page's corner and for output that is no terminal. Pure."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.decimals import plain
from engine.domain.events import Event, EventKind

#: The end of a client order id is what differs between two of them.
SHORT_ID = 6

#: Too many and too small to be told one by one.
UNTOLD = frozenset({EventKind.ATTEMPT, EventKind.POSITION_UPDATED, EventKind.PORTFOLIO_UPDATED})


def is_told(event: Event) -> bool:
    """Return whether the event is worth a line."""
    return event.kind not in UNTOLD


def describe_event(event: Event) -> str:
    """Return the event in one line: the market, the order, what happened."""
    subject = " ".join(filter(None, (event.symbol, short_id(event.client_order_id))))
    return " ".join(filter(None, (subject, _words(event))))


def short_id(client_order_id: str) -> str:
    """Return the end of an order's id."""
    return f"…{client_order_id[-SHORT_ID:]}" if client_order_id else ""


def shown(number: Decimal | None) -> str:
    """Return a number with all its digits, or a dash."""
    return "-" if number is None else plain(number)


def _words(event: Event) -> str:
    details = event.details
    match event.kind:
        case EventKind.ORDER_FILLED:
            return f"filled {details.get('quantity', '')} at {details.get('price', '')}"
        case EventKind.ORDER_CHANGED | EventKind.ORDER_CLAIMED:
            known = (details.get("before"), details.get("after"))
            words = " → ".join(filter(None, known))
            return f"{words}: {event.message}" if event.message else words
        case EventKind.ORDER_RECORDED | EventKind.ORDER_SETTLED:
            return f"{event.kind.value.removeprefix('order_')} {event.message}".strip()
        case _:
            return f"{event.kind.value.replace('_', ' ')} {event.message}".strip()
