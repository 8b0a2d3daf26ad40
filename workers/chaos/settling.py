"""After the storm: bring everything to rest, then prove."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.execution.reconciling.reconcile import reconcile
from workers.chaos.doubt import longest_doubt_ms
from workers.chaos.guarding import CANCEL_EVERY_S, MOST_ROWS, await_guarded, end_plans
from workers.chaos.own_orders import own_intents
from workers.chaos.proof import Intent, Proof, join, prove
from workers.chaos.sides import MARKETS
from workers.demo.books import load_books
from workers.demo.exchange_ledger import load_ledger
from workers.demo.market import UID
from workers.demo.settling import cancel_open_orders, is_at_rest

log = logging.getLogger(__name__)

#: How long what was in flight may take to end, once nothing goes wrong any more: on an idle
#: machine it is a quarter of a minute.
SETTLE_S = 400.0
LOOK_EVERY_S = 0.5
#: After a proof that does not hold, the next one, in seconds: it reads everything.
PROVE_EVERY_S = 5.0
#: So many proofs of the same violations in a row are believed: longer than a reconcile's interval.
SAME_PROOFS = 6


def settle(contexts: Sequence[AccountContext], paper_url: str, intents: Sequence[Intent]) -> Proof:
    """Look at the guards, then end all, wait until nothing moves, and prove.

    Proves anyway at the end of patience.

    What heals by itself in that time is no violation: the sweeps are part of the promise. A
    second order, a fill booked twice, an intent without an end do not heal.
    """
    guards = await_guarded(contexts, paper_url)
    deadline_s = time.monotonic() + SETTLE_S
    proof = _end_and_prove(contexts, paper_url, intents, deadline_s)
    return replace(proof, unprotected=guards.unprotected, outliving=guards.outliving)


def _end_and_prove(
    contexts: Sequence[AccountContext],
    paper_url: str,
    intents: Sequence[Intent],
    deadline_s: float,
) -> Proof:
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


def _prove(contexts: Sequence[AccountContext], paper_url: str, intents: Sequence[Intent]) -> Proof:
    return join([_prove_account(context, paper_url, intents) for context in contexts])


def _prove_account(context: AccountContext, paper_url: str, intents: Sequence[Intent]) -> Proof:
    market = MARKETS[context.name]
    wanted = [intent for intent in intents if intent.account == context.name]
    books = load_books(context, MOST_ROWS)
    own = own_intents(wanted, books.orders)
    return prove(wanted, load_ledger(paper_url, market.name), books, UID, market, own)


def _come_to_rest(context: AccountContext, deadline_s: float) -> bool:
    """Return whether all was settled, booked and reconciled in time."""
    next_cancel_s = 0.0
    while time.monotonic() < deadline_s:
        try:
            if time.monotonic() >= next_cancel_s:
                next_cancel_s = time.monotonic() + CANCEL_EVERY_S
                end_plans(context)
                cancel_open_orders(context)
            if _is_over(context) and _is_reconciled(context) and _is_over(context):
                return True
        except EngineError as error:  # A server that was killed last is just coming back
            log.info("not at rest: %s", error)
        time.sleep(LOOK_EVERY_S)
    return False


def _is_over(context: AccountContext) -> bool:
    return is_at_rest(context) and not context.store.list_protections()


def _is_reconciled(context: AccountContext) -> bool:
    result = reconcile(context)
    return result is not None and result.is_equal and result.is_finished
