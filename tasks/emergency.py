"""The emergency lane: go on with emergency runs, whatever else waits."""

from __future__ import annotations

import logging

from engine.errors import EngineError
from engine.execution.stopping import emergency, triggers
from engine.process_engine import get_engine
from tasks.app import app
from tasks.ticks import GUARD_SHARE, SIGN_OF_LIFE_MS, SKIPPED, take_tick

log = logging.getLogger(__name__)

#: One account works so long at a time; the next message is another account's.
SLICE_MS = 20_000
#: Between two ticks of beat: for runs, and for triggers.
TICK_S, TRIGGERS_S = 2.0, 5.0


@app.task(name="emergency.work_emergency")
def work_emergency(account: str) -> str:
    """Go on with the account's emergency run for a while. Safe to run twice."""
    engine = get_engine()
    if engine.store.find_identity(account) is None:
        return "unknown"
    run = emergency.work_emergency(engine.account(account), SLICE_MS)
    return "no run" if run is None else f"{run.step}, round {run.round}"


@app.task(name="emergency.watch_triggers")
def watch_triggers() -> str:
    """Stop accounts by themselves where their settings say so."""
    engine = get_engine()
    if not take_tick(engine, "watch_triggers", int(TRIGGERS_S * 1_000 * GUARD_SHARE)):
        return SKIPPED
    fired: list[str] = []
    for account in engine.settings.accounts:
        try:
            # Opening an account asks its exchange: that is left to the lanes that need it
            if engine.store.find_identity(account) is not None:
                fired += triggers.watch_triggers(engine.account(account))
        except EngineError as error:  # One account's trouble must not keep the others waiting
            log.warning("the triggers of account %s: %s", account, error)
    engine.store.beat("watch_triggers", engine.clock.now_ms(), SIGN_OF_LIFE_MS)
    return ", ".join(fired) or "no cause"


@app.task(name="emergency.watch_emergencies")
def watch_emergencies() -> str:
    """Ask for every run that goes on: its command may be gone, or a worker died in the middle."""
    engine = get_engine()
    if not take_tick(engine, "watch_emergencies", int(TICK_S * 1_000 * GUARD_SHARE)):
        return SKIPPED
    open_runs = 0
    for account in engine.settings.accounts:
        try:
            if emergency.is_emergency_open(engine.store, account):
                engine.dispatcher.work_emergency(account)
                open_runs += 1
        except EngineError as error:  # One account's trouble must not keep the others waiting
            log.warning("the emergency run of account %s: %s", account, error)
    engine.store.beat("watch_emergencies", engine.clock.now_ms(), SIGN_OF_LIFE_MS)
    return f"{open_runs} go on"
