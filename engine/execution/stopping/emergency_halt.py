"""The halt of an account for an emergency run, as long as the run goes on and no longer.

A process that works on a run may sleep between any two commands. Meanwhile others carry the run
out, and a person resumes the account: when the sleeper wakes up its run is over, and it must not
halt for it again. So every halt names the state that it replaces, and the run is looked at after
that state was read: a resume waits for the end of the run, and sets another state.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.emergency import EmergencyRun
from engine.domain.events import Event, EventKind
from engine.domain.trading_state import TradingState
from engine.errors import ConcurrentChange
from engine.execution.context import AccountContext
from engine.execution.stopping.emergency_turn import TurnOver
from engine.ports import Versioned

#: Who writes while others do looks again so often, before it gives up.
TRIES = 10


def ensure_halted(context: AccountContext, run: EmergencyRun) -> bool:
    """Halt the account for this run, whatever it is now; durable when it returns.

    False where the run does not go on any more: whoever resumed the account since is not undone
    by a process that slept.
    """
    for _ in range(TRIES):
        state = context.store.load_state()
        if (state.trading_state, state.emergency_run) == (TradingState.HALTED, run.run_id):
            return True
        stored = context.store.find_emergency()
        if stored is None or stored.value.is_over or stored.value.run_id != run.run_id:
            return False
        event = context.tell(EventKind.TRADING_STATE, f"emergency stop: {run.reason}")
        if context.store.set_trading_state(
            TradingState.HALTED,
            run.reason,
            events=[event],
            emergency_run=run.run_id,
            instead_of=state,
        ):
            return True
    raise ConcurrentChange("the trading state changed all the time; try again")


def end_right_to_order(
    context: AccountContext, stored: Versioned[EmergencyRun], events: Sequence[Event] = ()
) -> None:
    """Leave the account halted for no run; TurnOver when somebody else was faster.

    Whoever slept before this finds the run over, and the account perhaps resumed.
    """
    seen, newest = context.store.load_state(), context.store.find_emergency()
    if newest is None or newest.version != stored.version:
        raise TurnOver
    if not context.store.set_trading_state(
        TradingState.HALTED, stored.value.reason, events=events, instead_of=seen
    ):
        raise TurnOver
