"""Jobs of the people and programs that use the engine: place, repeat, cancel, halt, resume."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

from engine.bootstrap import Engine
from engine.errors import EngineError, InvalidRequest, KeyConflict
from engine.execution.stopping import emergency, trading
from engine.order_manager import OrderManager
from engine.order_result import OrderResult
from tests.simulation.halts import HALT_REASON, STOP_REASON
from tests.simulation.intents import Intent
from tests.simulation.watch import Watch

#: The command works on a stop so long at a time.
WORK_MS = 2_000


def place(engine: Engine, intent: Intent) -> None:
    """Place a wish, for the first time or again, and note what was answered."""
    manager = OrderManager(engine=engine, testnet=False)
    try:
        results = _ask(manager, intent)
    except (KeyConflict, InvalidRequest):
        intent.is_refused = not intent.results
        return
    except EngineError:
        return  # The caller does not know: it asks again with the same key
    intent.take(results)


def _ask(manager: OrderManager, intent: Intent) -> tuple[OrderResult, ...]:
    if intent.is_pair:
        first, second = intent.requests
        return manager.place_one_cancels_other((first, second), key=intent.key, wait=False)
    if len(intent.requests) > 1:
        return manager.place_orders(intent.requests, key=intent.key, wait=False)
    request = intent.requests[0]
    return (manager.place_order(replace(request, key=intent.key), wait=False),)


def cancel(engine: Engine, dice: random.Random, intent: Intent, symbols: tuple[str, ...]) -> None:
    """Ask for the end of what a wish became: of one order, of several, or of a whole symbol."""
    manager = OrderManager(engine=engine, testnet=False, account=intent.account)
    names = [result.order_id for result in intent.results]
    if not names:
        return
    try:
        if dice.random() < 0.15:
            manager.cancel_all_orders(dice.choice(symbols), wait=False)
        elif len(names) > 1 and not (intent.is_pair and dice.random() < 0.5):
            manager.cancel_orders(names, wait=False)
            intent.cancelled.update(names)
        else:
            manager.cancel_order(names[0], wait=False)
            intent.cancelled.add(names[0])
    except EngineError:
        return


def change(engine: Engine, dice: random.Random, intent: Intent) -> None:
    """Ask for another price, or more or less, of what a wish became."""
    manager = OrderManager(engine=engine, testnet=False, account=intent.account)
    for result, request in zip(intent.results, intent.requests, strict=False):
        away = Decimal(dice.randrange(-100, 100)) / 100
        field = "price" if request.price is not None else "trigger_price"
        price = getattr(request, field)
        changes = {"quantity": Decimal(dice.randrange(100, 2_000)) / 1000}
        if price is not None and dice.random() < 0.7:
            changes = {field: Decimal(price) + away}
        with suppress(EngineError):
            manager.modify_order(result.order_id, **changes, wait=False)


def halt(engine: Engine, account: str) -> str | None:
    """Halt an account; return its slug once it was answered."""
    try:
        context = engine.account(account)
        trading.halt(context, HALT_REASON)
    except EngineError:
        return None
    return context.identity.slug


def stop(engine: Engine, account: str, *, keep_positions: bool) -> str | None:
    """Begin an emergency stop and work on it for a while; return the account's slug.

    None when it is not certain that it began.
    """
    try:
        context = engine.account(account)
        emergency.begin_emergency(context, STOP_REASON, keep_positions=keep_positions)
    except EngineError:
        return None
    return context.identity.slug


def work_on_stop(engine: Engine, account: str) -> None:
    """Work as the command does; whatever goes wrong, the tick goes on."""
    with suppress(EngineError):
        emergency.work_emergency(engine.account(account), WORK_MS)


def resume(engine: Engine, account: str, watch: Watch) -> bool:
    """Let the account trade again."""
    try:
        context = engine.account(account)
        with watch.halted.resuming(context.identity.slug):
            trading.resume(context)
    except EngineError:
        return False
    return True
