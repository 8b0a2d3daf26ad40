"""What guards positions: asked for by fills, and by beat for what a lost message left."""

from __future__ import annotations

import logging

from engine.errors import EngineError
from engine.execution.protection import protecting
from engine.execution.protection.unprotected import find_unprotected
from engine.process_engine import get_engine
from tasks.admission import admitted
from tasks.app import app
from tasks.ticks import GUARD_SHARE, SIGN_OF_LIFE_MS, SKIPPED, take_tick

log = logging.getLogger(__name__)

TICK = "watch_protections"


@app.task(name="protection.protect_account")
@admitted
def protect_account(account: str) -> str:
    """Bring the orders that guard the account's positions to their size of now. Safe to repeat."""
    context = get_engine().account(account)
    plans = protecting.protect_account(context)
    bare = find_unprotected(context) if context.protection.required else ()
    return f"{plans} plans" + (f", no plan for {', '.join(bare)}" if bare else "")


@app.task(name="protection.watch_protections")
def watch_protections() -> str:
    """Ask for a look at the plans of every account that has some, or must have some."""
    engine = get_engine()
    settings = engine.settings.protection
    if not take_tick(engine, TICK, int(settings.sweep_interval_ms * GUARD_SHARE)):
        return SKIPPED
    asked = 0
    for account in engine.settings.accounts:
        try:
            if settings.required or protecting.is_protection_due(engine.store, account):
                engine.dispatcher.protect(account)
                asked += 1
        except EngineError as error:  # One account's trouble must not keep the others waiting
            log.warning("the protection of account %s: %s", account, error)
    engine.store.beat(TICK, engine.clock.now_ms(), SIGN_OF_LIFE_MS)
    return f"{asked} accounts"
