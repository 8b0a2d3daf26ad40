"""The emergency stop without a store: straight to the exchange, believing only what it says.

What it cannot know is said: which coins were bought by orders and which were there before, and
which orders are ours. It cannot halt workers either; those that have lost the store claim nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.domain.lanes import Lane
from engine.domain.report import CancelDone
from engine.errors import EngineError
from engine.execution.booking.adoption import form_order
from engine.execution.stopping.local_sales import sell_all
from engine.execution.stopping.lone_account import LocalStop, LoneAccount

#: Between two rounds.
PAUSE_MS = 500


def stop_alone(
    account: LoneAccount,
    *,
    keep_positions: bool,
    duration_ms: int,
    tell: Callable[[str], None] = lambda sentence: None,
) -> LocalStop:
    """Cancel and sell until the exchange shows nothing more, or the time is up."""
    stop = LocalStop(run_id=account.random.nonce())
    deadline_ms = account.clock.monotonic_ms() + duration_ms
    while not stop.is_done and account.clock.monotonic_ms() < deadline_ms:
        if stop.round:
            account.clock.wait(PAUSE_MS)
        stop.round += 1
        stop.problems, stop.left = [], []
        _round(account, stop, keep_positions=keep_positions)
        stop.is_done = not stop.problems
        tell(f"round {stop.round}: {len(stop.problems)} things left to do")
    return stop


def _round(account: LoneAccount, stop: LocalStop, *, keep_positions: bool) -> None:
    """Do all once; whatever fails is a problem, and the rest is done all the same."""
    try:
        _cancel_all(account, stop)
    except EngineError as error:
        stop.problems.append(f"open orders: {error}")
    if keep_positions:
        return
    try:
        sell_all(account, stop)
    except EngineError as error:
        stop.problems.append(f"positions: {error}")


def _cancel_all(account: LoneAccount, stop: LocalStop) -> None:
    """End every open order of every symbol; what was open is looked at again in a next round."""
    for report in account.gateway.load_open_orders(None, Lane.EMERGENCY):
        name = f"{report.symbol} {report.exchange_order_id}"
        shown = report.client_order_id or report.exchange_order_id
        order = form_order(account.name, account.identity, shown, report, account.clock.now_ms())
        try:
            answer = account.gateway.cancel(order, Lane.EMERGENCY)
        except EngineError as error:  # One order's trouble must not keep the others open
            stop.problems.append(f"order {name}: {error}")
            continue
        if isinstance(answer, CancelDone):
            stop.canceled.append(name)
        said = "" if isinstance(answer, CancelDone) else f": {answer.message}"
        stop.problems.append(f"order {name} was open{said}")
