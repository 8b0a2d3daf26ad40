"""What a reconcile found, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from engine.domain.events import Event, EventKind
from engine.domain.unknown import Rebuilt, describe_openings, describe_unknown
from engine.execution.booking.balance_check import in_words
from engine.execution.context import AccountContext
from engine.execution.protection.standing import describe_standing, find_standing


@dataclass(frozen=True, kw_only=True)
class OpenOrders:
    """How many orders the exchange has open."""

    total: int
    foreign: int  # Not ours
    other_marks: int  # Of those: with the mark of another installation


@dataclass(frozen=True, kw_only=True)
class ReconcileResult:
    """What a reconcile found."""

    rebuilt: Rebuilt | None  # None: the store was there
    orders: OpenOrders
    differences: dict[str, Decimal]  # By asset: exchange minus ledger
    is_compared: bool  # False: trades were on their way, or the account never stood still
    is_finished: bool  # False: the store moved to another life meanwhile
    is_reset_suspected: bool = False  # The exchange seems to have forgotten all; looked at again

    @property
    def is_equal(self) -> bool:
        return self.is_compared and not self.differences


def tell_result(context: AccountContext, result: ReconcileResult) -> None:
    """Tell what was found; after a rebuild also what cannot be known."""
    orders = result.orders
    words = [f"{orders.total} open orders, {orders.foreign} not ours"]
    words += [describe_balances(result)]
    events = [context.tell(EventKind.RECONCILED, "; ".join(words))]
    if result.rebuilt is not None and result.is_finished:
        events += [_tell_rebuilt(context, result.rebuilt)]
    context.store.emit(events)


def _tell_rebuilt(context: AccountContext, rebuilt: Rebuilt) -> Event:
    keys_until_ms = rebuilt.lost_by_ms + context.timings.key_horizon_ms
    held = describe_openings(rebuilt.openings) or "nothing"
    words = f"rebuilt from the exchange; taken over as held: {held}"
    standing = describe_standing(find_standing(context))
    if standing:
        words += f"; no plan is known of what stands against a position: {standing}"
    return replace(
        context.tell(EventKind.REBUILT, words),
        details=describe_unknown(rebuilt.history_from_ms, keys_until_ms),
    )


def describe_balances(result: ReconcileResult) -> str:
    if not result.is_compared:
        return "balances not compared: trades are still on their way"
    return (
        f"balances differ: {in_words(result.differences)}"
        if result.differences
        else "balances equal"
    )
