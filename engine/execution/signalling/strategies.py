"""Run a configured strategy on one account: candles in, signals out, each once.

What it knows comes from candles and the ledger; what is stored is only how far it looked. A run
that was cut off is run again, and its signals are the same ones.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.domain.candle import interval_ms
from engine.domain.derivative import market_of
from engine.domain.events import EventKind
from engine.domain.signal import Signal
from engine.domain.strategy import StrategyRecord, SymbolMemory
from engine.errors import InvalidRequest, KeyConflict, StrategyFailed
from engine.execution.context import AccountContext
from engine.execution.signalling.strategy_look import look_at
from engine.ports import OrderFilter, Store
from engine.strategies.deciding import Past
from engine.strategies.job import Job, decide_isolated
from engine.strategies.wish import Wish, signal_of

log = logging.getLogger(__name__)

#: One run beside its time limit: questions and writes.
LEASE_MARGIN_MS = 60_000
#: A signal may be acted on as long as its candle was, and no longer than this.
LONGEST_AGE_MS = 300_000
#: So many of the newest orders are looked through for those of before a loss.
MOST_RECENT = 1_000
#: Failed runs are tried again after this at the latest.
LONGEST_RETRY_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A configured strategy, and how its words and wishes become symbols and signals."""

    name: str
    job: Job
    resolve: Callable[[str], str]  # A symbol's one name; InvalidRequest for none
    send: Callable[[Signal], bool]  # False: it was sent before

    @property
    def interval_ms(self) -> int:
        return interval_ms(self.job.settings.interval)

    @property
    def signal_age_ms(self) -> int:
        return self.job.settings.signal_age_ms or min(self.interval_ms, LONGEST_AGE_MS)


def is_due(shared: Store, account: str, name: str, span_ms: int, now_ms: int) -> bool:
    """Tell, without asking the exchange anything, whether a run would find something new."""
    stored = shared.find_strategy(account, name)
    identity = shared.find_identity(account)
    if stored is None or identity is None:
        return True
    record = stored.value
    if record.is_paused or now_ms < record.retry_at_ms:
        return False
    looks = record.symbols.values()
    if not looks or any(now_ms >= look.decided_until_ms + 2 * span_ms for look in looks):
        return True
    cursors = shared.account(identity).load_cursors()
    return any(
        cursors.get(symbol, 0) != look.position.cursor for symbol, look in record.symbols.items()
    )


def run_strategy(context: AccountContext, assignment: Assignment) -> str:
    """Run the strategy if there is something new; return what came of it in some words.

    Raises what the exchange and the store raise; then nothing was decided, and it is run again.
    """
    lease, owner = f"strategy:{context.name}:{assignment.name}", context.random.nonce()
    patience_ms = assignment.job.settings.time_limit_ms + LEASE_MARGIN_MS
    if not context.shared.acquire_lease(lease, owner, patience_ms):
        return "another worker runs it"
    try:
        return _run(context, assignment)
    finally:
        context.shared.release_lease(lease, owner)


def _run(context: AccountContext, assignment: Assignment) -> str:
    stored = context.shared.find_strategy(context.name, assignment.name)
    record = stored.value if stored else StrategyRecord(account=context.name, name=assignment.name)
    version = stored.version if stored else 0
    if record.is_paused:
        return "paused"
    if context.clock.now_ms() < record.retry_at_ms:
        return "waits after a failure"
    try:
        memories, pasts = _look(context, assignment, record)
        found = decide_isolated(assignment.job, pasts) if pasts else ()
        sent = sum(_send(assignment, wish) for wish in found)
    except (StrategyFailed, InvalidRequest) as error:
        return _fail(context, assignment, version, record, str(error))
    if stored is None:
        _tell_of_loss(context, assignment.name, memories)
    context.shared.save_strategy(
        version, record.succeeded(memories, context.clock.now_ms(), sent=sent)
    )
    return f"{len(pasts)} symbols moved, {sent} signals"


def _tell_of_loss(context: AccountContext, name: str, memories: Mapping[str, SymbolMemory]) -> None:
    """Alarm where a strategy begins flat beside a position that a lost store may have made its own.

    Whose signal asked for an order was known to that store alone: the exchange keeps our ids, not
    our reasons. What is held may as well be a person's, so nobody gives it to the strategy.
    """
    opened_at_ms = context.store.load_state().opened_at_ms
    before = {
        order.terms.symbol
        for order in context.store.list_orders(OrderFilter.RECENT, MOST_RECENT)
        if order.created_at_ms < opened_at_ms  # Found at the exchange, by our own ids
    }
    held = {market_of(one.symbol) for one in context.store.list_positions() if one.net_quantity}
    doubtful = sorted(before & held & memories.keys())
    if doubtful:
        context.alarm(
            f"strategy {name} begins flat: the store was lost, and with it which part of"
            f" {', '.join(doubtful)} its own signals had bought. Close it (`augustan close`) or"
            " keep it by hand; a CLOSE of the strategy closes all that is held."
        )


def _look(
    context: AccountContext, assignment: Assignment, record: StrategyRecord
) -> tuple[dict[str, SymbolMemory], list[Past]]:
    """Return how far this run comes with every symbol, and what is new of which."""
    memories: dict[str, SymbolMemory] = {}
    pasts: list[Past] = []
    epoch = context.store.load_state().ledger_epoch
    for symbol in map(assignment.resolve, assignment.job.settings.symbols):
        known = record.symbols.get(symbol)
        memories[symbol], past = look_at(
            context, assignment.name, assignment.job, symbol, known, epoch
        )
        pasts += [past] if past else []
    return memories, pasts


def _send(assignment: Assignment, wish: Wish) -> bool:
    """Send the wish; False when this candle or fill has had its signal."""
    signal = signal_of(wish, assignment.name, age_ms=assignment.signal_age_ms)
    try:
        return assignment.send(signal)
    except KeyConflict:
        # A run before was cut off after it sent, and its word counts: one candle, one signal
        log.warning("%s: %s has had another signal already", assignment.name, signal.key)
        return False


def _fail(
    context: AccountContext,
    assignment: Assignment,
    version: int,
    record: StrategyRecord,
    problem: str,
) -> str:
    """Count the failure, tell of it, and pause the strategy when it is one too many."""
    failed = record.failed(
        problem,
        context.clock.now_ms(),
        longest_wait_ms=LONGEST_RETRY_MS,
        most=assignment.job.settings.max_failures,
    )
    sentence = f"strategy {assignment.name} failed: {problem}"
    log.warning("%s on account %s", sentence, context.name)
    if context.shared.save_strategy(version, failed):
        context.store.emit([context.tell(EventKind.STRATEGY_FAILED, sentence)])
        if failed.is_paused:
            context.alarm(
                f"strategy {assignment.name} is paused after {failed.failures_in_row} failed runs"
                f" in a row: {problem} `augustan strategies resume` runs it again."
            )
    return "paused" if failed.is_paused else "failed"
