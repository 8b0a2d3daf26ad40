"""What is new for a strategy in one symbol: closed candles, and fills of its own."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.candle import Candle, closed, interval_ms
from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.position import empty_position
from engine.domain.strategy import OwnPosition, SymbolMemory
from engine.execution.context import AccountContext
from engine.execution.signalling.own_position import advance, begin_position
from engine.strategies.deciding import Past
from engine.strategies.job import Job


def look_at(
    context: AccountContext,
    name: str,
    job: Job,
    symbol: str,
    known: SymbolMemory | None,
    ledger_epoch: int,
) -> tuple[SymbolMemory, Past | None]:
    """Return how far the symbol is looked at now, and what the strategy must be asked about.

    At the first look nothing: what it would have done before is nobody's wish. Candles come from
    whoever asked first; as long as none can have closed, nobody asks.
    """
    own, fills = _own(context, name, symbol, known, ledger_epoch)
    after_ms = known.decided_until_ms if known else 0
    span_ms, now_ms = interval_ms(job.settings.interval), context.clock.now_ms()
    is_due = now_ms >= after_ms + 2 * span_ms
    if not is_due and not fills:
        return _memory(after_ms, own, ledger_epoch), None
    until_ms = now_ms - span_ms if is_due else after_ms + span_ms
    candles = _closed_candles(context, job, symbol, until_ms)
    newest_ms = max(candles[-1].opened_at_ms if candles else 0, after_ms)
    past = Past(
        symbol=symbol,
        interval=job.settings.interval,
        candles=candles,
        after_ms=after_ms or newest_ms,
        position=own.position,
        fills=fills,
    )
    is_new = bool(fills) or newest_ms > past.after_ms
    return _memory(newest_ms, own, ledger_epoch), past if is_new else None


def _closed_candles(
    context: AccountContext, job: Job, symbol: str, until_ms: int
) -> Sequence[Candle]:
    """Return closed candles, at least those that opened a whole candle before `until_ms`."""
    return closed(
        context.gateway.load_candles(
            symbol,
            job.settings.interval,
            job.history,
            Lane.MARKET_DATA,
            closed_until_ms=until_ms,
        )
    )


def _own(
    context: AccountContext,
    name: str,
    symbol: str,
    known: SymbolMemory | None,
    ledger_epoch: int,
) -> tuple[OwnPosition, tuple[Fill, ...]]:
    """Return the strategy's own position, and its fills that it was not told of."""
    if known is None:
        return begin_position(context, symbol), ()
    if known.ledger_epoch != ledger_epoch:  # The exchange began anew, with nothing of ours
        empty = OwnPosition(position=empty_position(context.name, symbol))
        return advance(context, name, empty)
    return advance(context, name, known.own)


def _memory(decided_until_ms: int, own: OwnPosition, ledger_epoch: int) -> SymbolMemory:
    return SymbolMemory(
        decided_until_ms=decided_until_ms,
        position=own.position,
        ledger_epoch=ledger_epoch,
        side_cursors=own.side_cursors,
    )
