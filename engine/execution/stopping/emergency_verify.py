"""Is it over? Nothing open there, nothing in doubt here, all trades booked, all positions flat."""

from __future__ import annotations

from dataclasses import replace

from engine.domain.decimals import plain
from engine.domain.derivative import market_of
from engine.domain.emergency import EmergencyRun
from engine.domain.lanes import Lane
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.snapshot import tracked_symbols
from engine.execution.completing.updates import update_position
from engine.execution.context import AccountContext
from engine.execution.placing.submission import DENIALS, end_unsent
from engine.execution.stopping.emergency_cancel import describe_open, list_open
from engine.execution.stopping.emergency_flatten import load_market, open_positions, plan_symbol
from engine.execution.stopping.emergency_turn import Turn
from engine.execution.stopping.trading import list_unsent
from engine.ports import ClaimOutcome, OrderFilter

#: What is in doubt may wait for a person. Then trades are read now and again all the same: others
#: may have opened a position of which the ledger does not know.
ROUNDS_TO_READ = 10


def verify(
    context: AccountContext, run: EmergencyRun, problems: list[str], turn: Turn
) -> EmergencyRun:
    """Add what is not over to the problems; return the run with what stays and may stay."""
    _end_attempted(context, turn)
    active = context.store.list_orders(OrderFilter.ACTIVE)
    problems += [describe_open(order) for order in active]
    # Asked after the doubts were looked at: what lands later than this look was in doubt in it
    for report in list_open(context):
        problems.append(f"the exchange's order {report.exchange_order_id} is open: {report.symbol}")
    if _may_lack_trades(context, run):
        problems.append("trades of others' orders that were ended may not be shown yet")
    if problems and run.round % ROUNDS_TO_READ:
        return run  # Trades weigh the most: they are read when nothing else is left to do
    for symbol in sorted(tracked_symbols(context, Lane.EMERGENCY) | _held_markets(context, run)):
        turn.check()
        book_symbol_fills(context, symbol, Lane.EMERGENCY)
        update_position(context, symbol)
    return run if run.keep_positions else _verify_positions(context, run, problems)


def _end_attempted(context: AccountContext, turn: Turn) -> None:
    """End the unsent orders that the halt left, of which a copy may stand, each after a look.

    Only now: two hundred looks would keep the positions open. What is found, or cannot be told,
    is a problem of this round.
    """
    for order in list_unsent(context):
        turn.check()
        end_unsent(context, order.client_order_id, DENIALS[ClaimOutcome.HALTED], Lane.EMERGENCY)


def _may_lack_trades(context: AccountContext, run: EmergencyRun) -> bool:
    """Tell whether the exchange may not show yet what others' orders traded before their end.

    Of ours we know what they filled, and they are not settled before their trades are there.
    """
    shown_at_ms = run.foreign_ended_at_ms + context.timings.query_lag_ms
    return not run.keep_positions and context.clock.now_ms() < shown_at_ms


def _held_markets(context: AccountContext, run: EmergencyRun) -> set[str]:
    """Return where the exchange shows a contract held, in markets that nobody follows, too.

    Its trades must be in the ledger before the next round can close it, and no reconcile may
    come: the ordinary workers may be dead.
    """
    if run.keep_positions:
        return set()
    held = context.gateway.load_positions(Lane.EMERGENCY)
    return {market_of(one.name) for one in held if one.quantity}


def _verify_positions(
    context: AccountContext, run: EmergencyRun, problems: list[str]
) -> EmergencyRun:
    contracts = context.gateway.load_positions(Lane.EMERGENCY)
    problems += [
        f"{held.name}: the exchange holds {plain(held.quantity)}"
        for held in contracts
        if held.quantity
    ]
    positions = open_positions(context)
    if not positions:
        return replace(run, left=())
    market, book, left = load_market(context), context.store.load_risk_book(), []
    for position in positions:
        plan, _ = plan_symbol(context, book, position.symbol, market)
        left += [f"{position.symbol}: {sentence}" for sentence in plan.left]
        if plan.problem:
            problems.append(f"{position.symbol}: {plan.problem}")
    return replace(run, left=tuple(left))
