"""What beat asks again and again: sweeps that repair what a lost message left.

Two beats may run. A guard in the store lets one tick of each kind through, and each account
is swept in a message of its own, so that a slow exchange holds nobody else up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from engine.bootstrap import Engine
from engine.config import Settings
from engine.errors import EngineError
from engine.execution.changing import following
from engine.execution.completing import completion, updates
from engine.execution.completing.limit_warnings import warn_of_limits
from engine.execution.looks import sweep
from engine.execution.reconciling import reconcile
from engine.execution.reconciling.findings import describe_balances
from engine.execution.signalling import signals
from engine.execution.stopping import dead_man
from engine.execution.stopping.dead_man import is_needed
from engine.process_engine import get_engine
from tasks.admission import admitted
from tasks.app import app
from tasks.ticks import GUARD_SHARE, SIGN_OF_LIFE_MS, SKIPPED, take_tick

log = logging.getLogger(__name__)

#: The intervals that are not settings, less that share (ms).
GUARDS_MS = {
    "publish_outbox": 1_600,
    "process_waiting_signals": 1_600,
    "reconcile_accounts": 8_000,
    "archive_accounts": 24_000,
    "record_portfolios": 12_000,
    "keep_alive": 4_000,
}
#: So many messages wait in the archive's lane when nobody serves it.
ARCHIVE_LANE, MANY_WAITING = "archive", 100


@app.task(name="monitoring.watch_due_orders")
def watch_due_orders() -> str:
    """Ask for a look at the due orders of every account."""
    return _tick("watch_due_orders", _ask_for_watch)


@app.task(name="monitoring.watch_account")
@admitted
def watch_account(account: str) -> str:
    """Look at the account's orders whose time has come."""
    return f"looked at {sweep.watch_account(get_engine().account(account))}"


@app.task(name="monitoring.follow_symbol")
@admitted
def follow_symbol(account: str, symbol: str) -> str:
    """Bring chases and trailing stops of one symbol up to its price. Safe to repeat."""
    return f"{following.follow_symbol(get_engine().account(account), symbol)} followed"


@app.task(name="monitoring.publish_outbox")
def publish_outbox() -> str:
    """Publish again what was settled and is not in the portfolio yet."""
    return _tick("publish_outbox", _publish_outbox)


@app.task(name="monitoring.reconcile_accounts")
def reconcile_accounts() -> str:
    """Ask for a reconcile of every account; those that are not due answer at once."""
    return _tick("reconcile_accounts", lambda engine, name: engine.dispatcher.reconcile(name))


@app.task(name="monitoring.reconcile_account")
@admitted
def reconcile_account(account: str) -> str:
    """Reconcile the account if it is held or due."""
    result = reconcile.reconcile_if_due(get_engine().account(account))
    return "not due" if result is None else describe_balances(result)


@app.task(name="monitoring.record_portfolios")
def record_portfolios() -> str:
    """Ask for the balances and equity of every account; those that are young answer at once."""
    return _tick("record_portfolios", _ask_for_portfolio)


@app.task(name="monitoring.record_portfolio")
@admitted
def record_portfolio(account: str) -> str:
    """Record the account's balances and equity where that is due, and warn of near limits."""
    context = get_engine().account(account)
    outcome = updates.record_if_due(context)
    warn_of_limits(context)
    return outcome


@app.task(name="monitoring.keep_alive")
def keep_alive() -> str:
    """Ask for the dead-man switch of every account; those that are not due answer at once."""
    return _tick("keep_alive", _ask_to_keep_alive)


@app.task(name="monitoring.keep_account_alive")
@admitted
def keep_account_alive(account: str) -> str:
    """Begin the account's countdowns anew where that is due."""
    return dead_man.keep_alive(get_engine().account(account))


@app.task(name="monitoring.process_waiting_signals")
def process_waiting_signals() -> str:
    """Ask again for signals whose message was lost."""
    engine = get_engine()
    if not _take_tick(engine, "process_waiting_signals"):
        return SKIPPED
    return f"{signals.hand_over_waiting(engine.store, engine.dispatcher, engine.clock)} signals"


@app.task(name="monitoring.archive_accounts")
def archive_accounts() -> str:
    """Ask for the archive of every account; those that are not due answer at once."""
    engine = get_engine()
    if not engine.settings.archive.enabled:
        return "not enabled"
    if engine.dispatcher.queue_lengths().get(ARCHIVE_LANE, 0) > MANY_WAITING:
        return "nobody works there"  # Asked for again and again it would fill the broker
    return _tick("archive_accounts", _ask_for_archive)


@app.task(name="monitoring.heartbeat")
def heartbeat() -> str:
    """Show that beat, the broker and a worker work together."""
    engine = get_engine()
    engine.store.beat("beat", engine.clock.now_ms(), SIGN_OF_LIFE_MS)
    return "alive"


def _publish_outbox(engine: Engine, account: str) -> None:
    # Opening an account asks its exchange, which must be done from the account's own address
    if engine.store.find_identity(account) is not None:
        completion.publish_outbox(engine.account(account))


def _ask_for_watch(engine: Engine, account: str) -> None:
    if sweep.is_sweep_due(engine.store, account):
        engine.dispatcher.watch(account)


def _ask_for_portfolio(engine: Engine, account: str) -> None:
    if engine.store.find_identity(account) is not None:
        app.send_task("monitoring.record_portfolio", args=(account,), ignore_result=True)


def _ask_to_keep_alive(engine: Engine, account: str) -> None:
    if is_needed(engine.store, account, engine.settings.emergency):
        app.send_task("monitoring.keep_account_alive", args=(account,), ignore_result=True)


def _ask_for_archive(engine: Engine, account: str) -> None:
    app.send_task("archive.archive_account", args=(account,), ignore_result=True)


def _tick(name: str, sweep: Callable[[Engine, str], object]) -> str:
    """Sweep all accounts, unless another tick of this kind just did; leave a sign when done."""
    engine = get_engine()
    if not _take_tick(engine, name):
        return SKIPPED
    for account in engine.settings.accounts:
        try:
            sweep(engine, account)
        except EngineError as error:  # One account's trouble must not keep the others waiting
            log.warning("%s of account %s: %s", name, account, error)
    engine.store.beat(name, engine.clock.now_ms(), SIGN_OF_LIFE_MS)
    return f"{len(engine.settings.accounts)} accounts"


def _take_tick(engine: Engine, name: str) -> bool:
    return take_tick(engine, name, GUARDS_MS.get(name, watch_guard_ms(engine.settings)))


def watch_guard_ms(settings: Settings) -> int:
    """Return how long a look at the due orders keeps the next one away."""
    return int(settings.execution.monitor_interval_ms * GUARD_SHARE)
