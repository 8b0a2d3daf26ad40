"""What a worker does with a message: the same calls that the tasks make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.bootstrap import Engine
from engine.errors import EngineError, UnknownOrder
from engine.execution.changing import following
from engine.execution.completing import completion, updates
from engine.execution.doubt import resolution
from engine.execution.ending import cancel_together, cancellation
from engine.execution.looks import sweep, watching
from engine.execution.placing import sending
from engine.execution.protection import protecting
from engine.execution.reconciling import reconcile
from engine.execution.stopping import emergency
from engine.ports import OutboxEntry
from tests.simulation.broker import SimulatedBroker

#: Looks right after placing, and the wait before the first of them.
POLLS, POLL_FIRST_MS = 3, 200
#: Every so many ticks: the outbox, and a reconcile where it is due.
OUTBOX_TICKS, RECONCILE_TICKS = 2, 8
#: A message about an emergency run works on it for so long.
EMERGENCY_MS = 5_000


def carry_out(
    engine: Engine, broker: SimulatedBroker, name: str, arguments: tuple[Any, ...]
) -> None:
    """Do what a message asks for."""
    try:
        if name == "poll":
            _poll(engine, broker, *arguments)
        elif name == "tick":
            _tick(engine, *arguments)
        else:
            DUTIES[name](engine, *arguments)
    except UnknownOrder:
        return  # A lost store forgot it: the task answers "unknown"


def _poll(engine: Engine, broker: SimulatedBroker, account: str, name: str, retries: int) -> None:
    is_settled = watching.poll_order(engine.account(account), name)
    if not is_settled and retries < POLLS:
        broker.deliver("poll", account, name, retries + 1, delay_ms=POLL_FIRST_MS << retries)


def _tick(engine: Engine, number: int) -> None:
    """Do what beat asks for: each account's trouble is its own."""
    for account in engine.settings.accounts:
        try:
            _tick_of(engine, account, number)
        except EngineError:
            continue


def _tick_of(engine: Engine, account: str, number: int) -> None:
    if sweep.is_sweep_due(engine.store, account):
        engine.dispatcher.watch(account)
    if emergency.is_emergency_open(engine.store, account):
        engine.dispatcher.work_emergency(account)
    if protecting.is_protection_due(engine.store, account):
        engine.dispatcher.protect(account)
    if number % OUTBOX_TICKS == 0 and engine.store.find_identity(account) is not None:
        completion.publish_outbox(engine.account(account))
    if number % RECONCILE_TICKS == 0:
        engine.dispatcher.reconcile(account)


def _complete(engine: Engine, account: str, entry: OutboxEntry) -> None:
    context = engine.account(account)
    for symbol in sorted(entry.cursors):
        updates.update_position(context, symbol)
    updates.update_portfolio(context, entry.entry_id)


DUTIES: dict[str, Callable[..., object]] = {
    "submit": lambda engine, account, name: sending.send_order(engine.account(account), name),
    "resolve": lambda engine, account, name: resolution.resolve_order(
        engine.account(account), name
    ),
    "cancel": lambda engine, account, name: cancellation.cancel_order(
        engine.account(account), name
    ),
    "cancel symbol": lambda engine, account, symbol: cancel_together.cancel_symbol(
        engine.account(account), symbol
    ),
    "replace": lambda engine, account, name: following.replace_order(engine.account(account), name),
    "follow": lambda engine, account, symbol: following.follow_symbol(
        engine.account(account), symbol
    ),
    "emergency": lambda engine, account: emergency.work_emergency(
        engine.account(account), EMERGENCY_MS
    ),
    "protect": lambda engine, account: protecting.protect_account(engine.account(account)),
    "reconcile": lambda engine, account: reconcile.reconcile_if_due(engine.account(account)),
    "watch": lambda engine, account: sweep.watch_account(engine.account(account)),
    "position": lambda engine, account, symbol: updates.update_position(
        engine.account(account), symbol
    ),
    "complete": _complete,
}
