"""The emergency stop of an account: halt, cancel, flatten, verify, until nothing is left.

A stored run and a plain loop over it. Whoever calls works on it for a while under a lease: the
command that asked, the worker of the emergency lane, or the sweep after a crash. Every action may
be done twice: wishes and cancels by nature, a flatten order because it is keyed by run, symbol
and round and is claimed only while it can do nothing but shrink its position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.domain.emergency import EmergencyRun, EmergencyStep
from engine.domain.events import EventKind
from engine.domain.lanes import Lane
from engine.errors import AccountHeld, ConcurrentChange, ExchangeRefused, InvalidRequest, Retryable
from engine.execution.context import AccountContext
from engine.execution.quiet import QuietDispatcher
from engine.execution.reconciling.reconcile import reconcile_if_due
from engine.execution.stopping.emergency_cancel import cancel_everything, orders_to_end
from engine.execution.stopping.emergency_flatten import flatten_positions
from engine.execution.stopping.emergency_halt import TRIES, end_right_to_order, ensure_halted
from engine.execution.stopping.emergency_turn import Turn, TurnOver
from engine.execution.stopping.emergency_verify import verify
from engine.execution.stopping.trading import deny_unsent
from engine.ports import Store, Versioned

#: Between two rounds: short at first, since what is missing is mostly an answer.
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 100, 3_000


def begin_emergency(
    context: AccountContext, reason: str, *, keep_positions: bool = False
) -> EmergencyRun:
    """Halt the account for a run, or join the one that goes on; durable when it returns.

    Who joins a run that keeps positions and does not want that has them flattened. Others may
    have carried the run out before this process comes to halt: then that run is returned, over.
    """
    for _ in range(TRIES):
        stored = context.store.find_emergency()
        if stored is None or stored.value.is_over:
            version, run = (stored.version if stored else 0), _new_run(context, reason)
            run = replace(run, keep_positions=keep_positions)
        else:
            version, joined = stored.version, stored.value
            run = replace(joined, keep_positions=joined.keep_positions and keep_positions)
        if (stored and run == stored.value) or context.store.save_emergency(version, run):
            if ensure_halted(context, run):
                return run
            stored = context.store.find_emergency()
            if stored is not None and stored.value.run_id == run.run_id:
                return stored.value
    raise ConcurrentChange("the emergency run changed all the time; try again")


def _new_run(context: AccountContext, reason: str) -> EmergencyRun:
    return EmergencyRun(
        run_id=context.random.nonce(),
        account=context.name,
        reason=reason,
        began_at_ms=context.clock.now_ms(),
    )


def is_emergency_open(shared: Store, account: str) -> bool:
    """Tell, without asking the exchange anything, whether a run of the account goes on."""
    identity = shared.find_identity(account)
    stored = shared.account(identity).find_emergency() if identity else None
    return stored is not None and not stored.value.is_over


def work_emergency(context: AccountContext, duration_ms: int) -> EmergencyRun | None:
    """Work on the account's run for so long at most; return it as it is then, None without one.

    While another process works on it nothing is done. Raises what the store raises.
    """
    # Nobody is asked to hasten what is done here; publishing would take most of the time
    context = replace(context, dispatcher=QuietDispatcher())
    turn = Turn(context, duration_ms)
    if not turn.begin():
        stored = context.store.find_emergency()
        return stored.value if stored else None
    try:
        return _work(context, turn)
    finally:
        turn.end()


def _work(context: AccountContext, turn: Turn) -> EmergencyRun | None:
    stored, pause_ms = context.store.find_emergency(), FIRST_PAUSE_MS
    while stored is not None and not stored.value.is_over:
        try:
            stored = _round(context, stored, turn)
            if not stored.value.is_over:
                turn.pause(pause_ms)
                pause_ms = min(2 * pause_ms, LONGEST_PAUSE_MS)
        except TurnOver:
            stored = context.store.find_emergency()
            break
    return stored.value if stored else None


def _round(
    context: AccountContext, stored: Versioned[EmergencyRun], turn: Turn
) -> Versioned[EmergencyRun]:
    """Do every step once. What one step could not do is a problem, and the next goes on."""
    problems: list[str] = []
    stored = replace(stored, value=stored.value.left_in_middle(context.clock.now_ms()))
    stored = _step(context, stored, EmergencyStep.HALT, problems, turn, _halt)
    stored = _step(context, stored, EmergencyStep.CANCEL, problems, turn, cancel_everything)
    if not stored.value.keep_positions:
        stored = _step(context, stored, EmergencyStep.FLATTEN, problems, turn, flatten_positions)
    stored = _step(context, stored, EmergencyStep.VERIFY, problems, turn, verify)
    if problems:
        run = replace(stored.value, problems=tuple(problems), round=stored.value.round + 1)
        return _save(context, stored, run)
    return _finish(context, stored)


#: Does a step; returns the run with what it learned, adds to the problems.
Step = Callable[[AccountContext, EmergencyRun, list[str], Turn], EmergencyRun]


def _step(
    context: AccountContext,
    stored: Versioned[EmergencyRun],
    step: EmergencyStep,
    problems: list[str],
    turn: Turn,
    do: Step,
) -> Versioned[EmergencyRun]:
    turn.check()
    if stored.value.step is not step:
        stored = _save(context, stored, replace(stored.value, step=step))
    try:
        run = do(context, stored.value, problems, turn)
    except (Retryable, ExchangeRefused, InvalidRequest) as error:
        problems.append(f"{step}: {error}")
        run = stored.value.left_in_middle(context.clock.now_ms())
    return stored if run == stored.value else _save(context, stored, run)


def _halt(
    context: AccountContext, run: EmergencyRun, problems: list[str], turn: Turn
) -> EmergencyRun:
    """Halt, end what is unsent, and make the store ready where it woke up in another life."""
    if not ensure_halted(context, run):
        raise TurnOver
    state = context.store.load_state()
    if state.is_held or not state.is_opened:
        reconcile_if_due(context)
        if context.store.load_state().is_held:
            raise AccountHeld(f"account {context.name} waits for a reconcile")
    deny_unsent(context)
    context.gateway.load_instruments(Lane.EMERGENCY)  # Before others ask, in a lane that waits
    # Written down before the first is ended, so that the report of a crash is whole
    ours = orders_to_end(context, run)
    return run.with_orders(tuple(order.client_order_id for order in ours))


def _finish(context: AccountContext, stored: Versioned[EmergencyRun]) -> Versioned[EmergencyRun]:
    """End the run's own right to order first, then the run."""
    run = stored.value
    event = context.tell(EventKind.TRADING_STATE, f"emergency stop is over: {run.reason}")
    end_right_to_order(context, stored, [event])
    now_ms = context.clock.now_ms()
    run = replace(run, step=EmergencyStep.DONE, problems=(), ended_at_ms=now_ms)
    return _save(context, stored, run)


def _save(
    context: AccountContext, stored: Versioned[EmergencyRun], run: EmergencyRun
) -> Versioned[EmergencyRun]:
    """Write the run and tell of a new step; TurnOver when somebody else wrote it meanwhile."""
    if not context.store.save_emergency(stored.version, run):
        raise TurnOver
    if run.step is not stored.value.step:
        message = f"{run.step}, round {run.round} of emergency run {run.run_id}"
        context.store.emit([context.tell(EventKind.EMERGENCY, message)])
    return Versioned(value=run, version=stored.version + 1)


def abandon_emergency(context: AccountContext) -> EmergencyRun:
    """End the run where it is, by a person's word; the account stays halted.

    Raises InvalidRequest when no run goes on.
    """
    stored = context.store.find_emergency()
    if stored is None or stored.value.is_over:
        raise InvalidRequest(f"account {context.name} has no emergency run that goes on.")
    ended = replace(stored.value, step=EmergencyStep.ABANDONED, ended_at_ms=context.clock.now_ms())
    try:
        end_right_to_order(context, stored)
        _save(context, stored, ended)
    except TurnOver:
        raise ConcurrentChange("the emergency run went on meanwhile; try again") from None
    deny_unsent(context)
    return ended
