"""What an order's state means to whoever placed or cancelled it: exit code and sentence. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from engine.domain.order_status import OrderStatus
from engine.domain.signal import SignalStatus
from workers.cli.documents import Document
from workers.cli.output import ExitCode

SAME_ID = "do not place again; the same --id is safe"


class Outcome(NamedTuple):
    exit_code: ExitCode
    sentence: str  # Empty: nothing to add


DONE = Outcome(ExitCode.DONE, "")
_FAILED = frozenset({OrderStatus.DENIED, OrderStatus.REJECTED})


def judge_placement(order: Document, *, waited: bool) -> Outcome:
    """Return how placing ended."""
    status = OrderStatus(order["status"])
    if status in _FAILED:
        return Outcome(ExitCode.REFUSED, f"{status}: {order['reason']}")
    if not waited:
        return DONE  # Recorded, or in flight: nobody has waited for the answer
    if status is OrderStatus.SUBMITTED:
        return in_doubt(order)
    if status is OrderStatus.INITIALIZED and not order["is_watched"]:
        return _unsent(order)
    return DONE


def judge_group(orders: Sequence[Document], *, waited: bool) -> Outcome:
    """Return how placing a group ended: as its worst order, a doubt before a refusal."""
    outcomes = [judge_placement(order, waited=waited) for order in orders]
    by_code = Counter(outcome.exit_code for outcome in outcomes)
    doubts, refused = by_code[ExitCode.IN_DOUBT], by_code[ExitCode.REFUSED]
    words = [f"{doubts} of {len(orders)} orders not sent or in doubt: {SAME_ID}"] if doubts else []
    words += [f"{refused} of {len(orders)} orders refused"] if refused else []
    if not words:
        return DONE
    first = next(outcome for outcome in outcomes if outcome.exit_code != ExitCode.DONE)
    code = ExitCode.IN_DOUBT if doubts else ExitCode.REFUSED
    return Outcome(code, f"{'; '.join(words)}. The first: {first.sentence}")


def judge_signal(signal: Document, orders: Sequence[Document] = ()) -> Outcome:
    """Return how sending a signal ended: with its denial, or as its order did, or the worst.

    `orders` are all of a close that needs several; none: the signal's own alone.
    """
    status = SignalStatus(signal["status"])
    if status is SignalStatus.DENIED:
        return Outcome(ExitCode.REFUSED, f"{status}: {signal['reason']}")
    if len(orders) > 1:
        return judge_group(orders, waited=True)
    if signal["order"] is not None:
        return judge_placement(signal["order"], waited=True)
    return Outcome(
        ExitCode.IN_DOUBT,
        f"signal {signal['id']} is recorded and not acted on yet: {SAME_ID};"
        f" it is acted on until {signal['valid_until']}; is `augustan up` running?",
    )


def judge_modification(old: Document, order: Document, *, waited: bool) -> Outcome:
    """Return how changing ended; `order` is the one in the place of `old`, or `old` itself."""
    if order["client_order_id"] != old["client_order_id"]:
        return judge_placement(order, waited=waited)
    if old["replacement"] == "dropped":
        return Outcome(
            ExitCode.REFUSED,
            f"the order is {old['status']} and nothing took its place: {old['replacement_note']}",
        )
    if not waited:
        return DONE
    sentence = "the order has not ended yet; the change goes on, `augustan order show` tells"
    return Outcome(ExitCode.IN_DOUBT, sentence)


def judge_cancel(order: Document, *, waited: bool) -> Outcome:
    """Return how cancelling ended."""
    status = OrderStatus(order["status"])
    if status is OrderStatus.SUBMITTED:
        return in_doubt(order, "the cancel is remembered and carried out when the order is found")
    if status is OrderStatus.CANCELED or order["code"] == "CANCELED" or not waited:
        return DONE
    if status in {OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED, OrderStatus.INITIALIZED}:
        sentence = f"the order is still {status}; the cancel goes on, `augustan order show` tells"
        return Outcome(ExitCode.IN_DOUBT, sentence)
    return Outcome(ExitCode.REFUSED, f"the order is {status}: there is nothing to cancel")


def judge_cancel_all(orders: Sequence[Document], *, waited: bool) -> Outcome:
    """Return how cancelling everything ended: done when nothing of it is open any more."""
    ended = {*_FAILED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.FILLED}
    left = sum(OrderStatus(order["status"]) not in ended for order in orders)
    if not left or not waited:
        return DONE
    return Outcome(
        ExitCode.IN_DOUBT,
        f"{left} of {len(orders)} orders are not ended yet; the cancel goes on,"
        " `augustan order list` tells",
    )


def judge_resolution(order: Document) -> Outcome:
    """Return whether a look ended the doubt."""
    return in_doubt(order) if order["in_doubt"] else DONE


def in_doubt(order: Document, addition: str = "") -> Outcome:
    """Say that nobody knows yet, what to do, and by when it is known."""
    words = [f"order {order['client_order_id']} is in doubt: {SAME_ID}", addition]
    if order["settles_at"]:
        words.append(f"it settles by {order['settles_at']}")
    else:
        words.append("only a person can settle it: `augustan order settle`")
    return Outcome(ExitCode.IN_DOUBT, "; ".join(word for word in words if word))


def _unsent(order: Document) -> Outcome:
    return Outcome(
        ExitCode.IN_DOUBT,
        f"order {order['client_order_id']} is recorded and not sent yet: {SAME_ID};"
        f" it is sent or denied by {order['valid_until']}; is `augustan up` running?",
    )
