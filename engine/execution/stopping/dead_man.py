"""The dead-man switch: the exchange ends our orders when nobody here is alive any more.

A countdown at the exchange for each contract that we have unfinished orders in, begun anew while
beat and workers live. When they do not, it ends every order of the contract, those of others,
too. Whether Binance's countdown also ends conditional orders is not established; a stop that
protects a position should stay, and is not counted on either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic import TypeAdapter

from engine.config import EmergencySettings
from engine.domain.countdown import Countdown, due_symbols
from engine.domain.end_reason import Reason
from engine.domain.identity import AccountIdentity
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.errors import EngineError, ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.execution.exchange_time import ask_exchange_time
from engine.ports import Store

#: Code of an order that the exchange ended because nobody had begun the countdown anew.
DEAD_MAN = "DEAD_MAN"
#: What was told to the exchange is remembered for so long.
REMEMBER_MS = 7 * 86_400_000
#: A worker that died in the middle keeps the others away for so long.
LEASE_MS = 15_000

_COUNTDOWNS = TypeAdapter(dict[str, Countdown])


def is_needed(shared: Store, account: str, settings: EmergencySettings) -> bool:
    """Tell whether the account's countdowns are to be kept, or one is to be taken away."""
    identity = shared.find_identity(account)
    if identity is None:
        return False
    return settings.dead_man_ms > 0 or bool(load_countdowns(shared, identity))


def keep_alive(context: AccountContext) -> str:
    """Begin due countdowns anew, and take those away that nothing of ours needs any more.

    An alarm tells of one that could not be begun anew, and of one that has run out meanwhile.
    """
    length_ms = context.emergency.dead_man_ms
    if not context.gateway.abilities.dead_man:
        return "not there on this market"
    known = load_countdowns(context.shared, context.identity)
    if not length_ms and not known:
        return "off"
    lease, owner = f"dead_man:{context.identity.slug}", context.random.nonce()
    if not context.shared.acquire_lease(lease, owner, LEASE_MS):
        return "another is at it"
    try:
        return _renew(context, dict(known), length_ms)
    finally:
        context.shared.release_lease(lease, owner)


def _renew(context: AccountContext, known: dict[str, Countdown], length_ms: int) -> str:
    at_ms = ask_exchange_time(context, Lane.CANCEL)
    failures: dict[str, EngineError] = {}
    wanted = _unfinished_symbols(context) if length_ms else set()
    _tell_ran_out(context, [name for name in known if _has_run_out(known[name], at_ms)], wanted)
    first = Countdown(begun_at_ms=at_ms, length_ms=length_ms)
    for symbol in due_symbols(known, wanted, length_ms, at_ms):
        try:
            context.gateway.set_countdown(symbol, length_ms, Lane.CANCEL)
        except (Retryable, ExchangeRefused) as error:
            if symbol not in known or known[symbol].is_late(at_ms):
                failures[symbol] = error
            if isinstance(error, Retryable):  # Only what is known can be taken away
                known.setdefault(symbol, replace(first, is_unclear=True))
            continue
        begun = known.get(symbol, first)
        known[symbol] = begun.renewed(at_ms, length_ms)
    _save(context, known)
    take_away(context, [name for name in known if name not in wanted])
    _tell_failures(context, failures)
    return f"{len(wanted)} contracts, {len(failures)} late"


def _has_run_out(countdown: Countdown, at_ms: int) -> bool:
    """Tell whether a person should know; of an unclear one it was told that it did not begin."""
    return countdown.has_ended(at_ms) and not countdown.is_unclear


def _unfinished_symbols(context: AccountContext) -> set[str]:
    """Return where an order of ours rests, or may."""
    return {entry.symbol for entry in context.store.list_watched() if not entry.is_closed}


def take_away(context: AccountContext, symbols: list[str]) -> None:
    """Take countdowns away: orders of others would be ended where nothing is ours any more.

    One that cannot be taken away is tried again with the next turn.
    """
    for symbol in symbols:
        context.gateway.set_countdown(symbol, 0, Lane.CANCEL)
        known = load_countdowns(context.shared, context.identity)
        _save(context, {name: one for name, one in known.items() if name != symbol})


def load_countdowns(shared: Store, identity: AccountIdentity) -> Mapping[str, Countdown]:
    """Return what the exchange was told, by symbol."""
    return _COUNTDOWNS.validate_json(shared.find_cache(_key(identity)) or "{}")


def _save(context: AccountContext, known: Mapping[str, Countdown]) -> None:
    text = _COUNTDOWNS.dump_json(dict(known)).decode()
    context.shared.put_cache(_key(context.identity), text, REMEMBER_MS)


def _key(identity: AccountIdentity) -> str:
    return f"countdowns:{identity.slug}"


# ---- what it did -----------------------------------------------------------------------------


def explain_end(context: AccountContext, order: Order | None, report: OrderReport) -> OrderReport:
    """Return the report with the reason of an end that nobody here wished for, if it was this."""
    ended = report.status in {OrderStatus.CANCELED, OrderStatus.EXPIRED}
    if order is None or not ended or report.reason is not None:
        return report
    if order.is_closed or order.cancel_requested_at_ms is not None:
        return report
    if not context.gateway.abilities.dead_man:
        return report
    countdown = load_countdowns(context.shared, context.identity).get(report.symbol)
    margin_ms = context.timings.clock_margin_ms
    if countdown is None or not countdown.may_have_ended_orders(report.updated_at_ms, margin_ms):
        return report
    message = "the exchange's countdown ran out: nobody here had begun it anew in time"
    return replace(report, reason=Reason(code=DEAD_MAN, message=message))


def _tell_ran_out(context: AccountContext, ended: list[str], wanted: set[str]) -> None:
    """Alarm about countdowns that nobody began anew in time, and look at what is left."""
    if not ended:
        return
    context.alarm(
        f"the dead-man switch of {', '.join(sorted(ended))} has run out: the exchange ended what"
        " was open there; is beat running?"
    )
    context.dispatcher.reconcile(context.name)


def _tell_failures(context: AccountContext, failures: Mapping[str, EngineError]) -> None:
    """Alarm once about each countdown that cannot be begun anew, until it could again."""
    told = f"dead_man_failed:{context.identity.slug}"
    before = set((context.shared.find_cache(told) or "").split())
    for symbol in sorted(set(failures) - before):
        context.alarm(
            f"the dead-man switch of {symbol} could not be begun anew: {failures[symbol]}",
            symbol=symbol,
        )
    if set(failures) != before:
        context.shared.put_cache(told, " ".join(sorted(failures)), REMEMBER_MS)
