"""After the storm: bring everything to rest, then prove."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from engine.domain.order import OrderStatus
from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.execution.reconciling.reconcile import reconcile
from engine.ports import OrderFilter
from workers.chaos.doubt import longest_doubt_ms
from workers.chaos.market import FUTURES, SPOT
from workers.chaos.proof import COINS, CONTRACTS, Intent, Proof, join, prove
from workers.demo.books import load_books
from workers.demo.exchange_ledger import load_ledger
from workers.demo.market import UID
from workers.demo.settling import cancel_open_orders, is_at_rest

log = logging.getLogger(__name__)

#: How long what was in flight may take to end, once nothing goes wrong any more: on an idle
#: machine it is a quarter of a minute.
SETTLE_S = 400.0
LOOK_EVERY_S = 0.5
#: What was recorded is sent before it is canceled, if that takes no longer.
SEND_S = 45.0
#: A cancel that is lost on the way is repeated by the sweeps; asking again costs little.
CANCEL_EVERY_S = 10.0
#: After a proof that does not hold, the next one, in seconds: it reads everything.
PROVE_EVERY_S = 5.0
#: So many proofs of the same violations in a row are believed: longer than a reconcile's interval.
SAME_PROOFS = 6
#: Fills and orders that are read: more than any run makes.
MOST_ROWS = 1_000_000


def settle(contexts: Sequence[AccountContext], paper_url: str, intents: Sequence[Intent]) -> Proof:
    """Cancel what rests, wait until nothing moves, and prove; prove anyway at the end of patience.

    What heals by itself in that time is no violation: the sweeps are part of the promise. A
    second order, a fill booked twice, an intent without an end do not heal.
    """
    deadline_s = time.monotonic() + SETTLE_S
    seen: list[Proof] = []
    while all(_come_to_rest(context, deadline_s) for context in contexts):
        seen.append(_prove(contexts, paper_url, intents))
        if seen[-1].holds or is_lasting(seen):
            return seen[-1]
        log.info("not yet: %s", {name: len(found) for name, found in seen[-1].violations.items()})
        time.sleep(PROVE_EVERY_S)
    return _prove(contexts, paper_url, intents)


def is_lasting(seen: Sequence[Proof]) -> bool:
    """Tell whether the last proofs say the same of an account at rest: nothing heals any more."""
    last = seen[-SAME_PROOFS:]
    return len(last) == SAME_PROOFS and all(one.violations == last[0].violations for one in last)


def find_longest_doubt_ms(contexts: Sequence[AccountContext], intents: Sequence[Intent]) -> int:
    """Return how long the outcome of one order was unknown at most, by the timelines."""
    return max(
        (
            longest_doubt_ms(context.store.load_timeline(name), context.clock.now_ms())
            for context in contexts
            for name in _names_of(context, intents)
        ),
        default=0,
    )


def _names_of(context: AccountContext, intents: Sequence[Intent]) -> list[str]:
    return [one.client_order_id for one in intents if one.account == context.name]


#: Account -> its market at the exchange, and how its sides are read.
MARKETS = {SPOT: ("spot", COINS), FUTURES: ("futures", CONTRACTS)}


def _prove(contexts: Sequence[AccountContext], paper_url: str, intents: Sequence[Intent]) -> Proof:
    return join([_prove_account(context, paper_url, intents) for context in contexts])


def _prove_account(context: AccountContext, paper_url: str, intents: Sequence[Intent]) -> Proof:
    market_type, market = MARKETS[context.name]
    wanted = [intent for intent in intents if intent.account == context.name]
    books = load_books(context, MOST_ROWS)
    return prove(wanted, load_ledger(paper_url, market_type), books, UID, market)


def _come_to_rest(context: AccountContext, deadline_s: float) -> bool:
    """Return whether all was settled, booked and reconciled in time."""
    next_cancel_s, patient_until_s = 0.0, time.monotonic() + SEND_S
    while time.monotonic() < deadline_s:
        try:
            now_s = time.monotonic()
            if now_s >= next_cancel_s and (
                now_s >= patient_until_s or not _is_any_on_its_way(context)
            ):
                next_cancel_s = now_s + CANCEL_EVERY_S
                cancel_open_orders(context)
            if is_at_rest(context) and _is_reconciled(context) and is_at_rest(context):
                return True
        except EngineError as error:  # A server that was killed last is just coming back
            log.info("not at rest: %s", error)
        time.sleep(LOOK_EVERY_S)
    return False


def _is_any_on_its_way(context: AccountContext) -> bool:
    """Tell whether orders are on their way to the exchange, or wait for it."""
    active = context.store.list_orders(OrderFilter.ACTIVE)
    return any(order.status in {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED} for order in active)


def _is_reconciled(context: AccountContext) -> bool:
    result = reconcile(context)
    return result is not None and result.is_equal and result.is_finished
