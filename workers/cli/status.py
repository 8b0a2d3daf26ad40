"""`augustan status`: what runs, and whether orders can flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from engine.bootstrap import Engine
from engine.config import AccountSettings, Settings
from engine.domain.identity import AccountIdentity
from engine.domain.strategy import tick_name
from engine.domain.trading_state import AccountState, TradingState
from engine.execution.completing.limit_warnings import load_warnings
from engine.ports import AccountStore, OrderFilter
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.documents import Document, iso_time, number
from workers.cli.output import json_option, show, table
from workers.cli.rebuilt import rebuilt_document
from workers.cli.strategies import stored_documents
from workers.cli.streams import stream_document

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workers.liveness import Liveness

#: The heartbeat comes every five seconds, through beat, the broker and a worker.
LATE_MS = 30_000
#: The beat name of that heartbeat.
CHAIN = "beat"
#: The beat names of the sweeps, and of the one without which an order may wait for ever.
SWEEPS, WATCH = ("watch_due_orders", "publish_outbox", "reconcile_accounts"), "watch_due_orders"


@click.command()
@json_option
def status(as_json: bool) -> None:
    """Show every account, who is there, what waits, and whether orders can flow."""
    # Imported here: Celery's settings name the store, which must be known first
    from workers.liveness import ask_workers

    engine = get_engine()
    engine.store.ping()
    accounts = [account_status(engine, each) for each in engine.settings.accounts.values()]
    liveness = ask_workers()
    now_ms = engine.clock.now_ms()
    beats = {
        name: {"at": iso_time(at_ms), "age_ms": max(now_ms - at_ms, 0)}
        for name, at_ms in sorted(engine.store.list_beats().items())
    }
    problems = process_problems(liveness, beats, candle_ticks(engine.settings))
    document = {
        "ready": not problems and all_ready(accounts),
        "problems": problems,
        "accounts": accounts,
        "workers": {node: list(lanes) for node, lanes in liveness.workers.items()},
        "strategies": stored_documents(engine),
        "beats": beats,
        "queues": {} if liveness.problem else dict(engine.dispatcher.queue_lengths()),
    }
    show(document, as_json, lambda: status_sheet(document))


def account_status(engine: Engine, account: AccountSettings) -> Document:
    """Look at one account in the store alone: its exchange may be away."""
    identity = engine.store.find_identity(account.name)
    head: Document = {
        "account": account.name,
        "exchange": account.exchange,
        "mode": account.mode.value,
        "enabled": account.enabled,
    }
    if identity is None:
        return head | _nothing_known()
    store = engine.store.account(identity)
    is_wanted = engine.settings.stream.enabled
    return head | {
        **describe_state(store, account.enabled),
        "warnings": _warnings_of(engine, identity),
        "rebuilt": rebuilt_document(store.load_state(), engine.settings.execution),
        "stream": stream_document(store.load_stream(), is_wanted=is_wanted),
    }


def _warnings_of(engine: Engine, identity: AccountIdentity) -> list[Document]:
    """Return the limits that are nearly reached."""
    near = load_warnings(engine.store, identity)
    return [{"limit": name, "share": number(share)} for name, share in sorted(near.items())]


def _warning_lines(account: Document) -> list[str]:
    return [
        f"{account['account']} uses {Decimal(one['share']):.0%} of {one['limit']}"
        for one in account["warnings"]
    ]


def _nothing_known() -> Document:
    return {
        "trading_state": None,
        "halt_reason": "",
        "is_held": True,
        "open_orders": 0,
        "in_doubt_orders": 0,
        "in_doubt": [],
        "reconciled_at": None,
        "warnings": [],
        "rebuilt": None,
        "stream": None,
        "ready": False,
        "problem": "no worker has opened it yet",
    }


def describe_state(store: AccountStore, enabled: bool) -> Document:
    """Return the account's state, and the orders that somebody waits for."""
    state = store.load_state()
    in_doubt = [order.client_order_id for order in store.list_orders(OrderFilter.IN_DOUBT)]
    problem = account_problem(state, enabled=enabled)
    return {
        "trading_state": state.trading_state.value,
        "halt_reason": state.halt_reason,
        "is_held": state.is_held,
        "open_orders": len(store.list_orders(OrderFilter.OPEN)),
        "in_doubt_orders": len(in_doubt),
        "in_doubt": in_doubt,
        "reconciled_at": iso_time(state.reconciled_at_ms) if state.reconciled_at_ms else None,
        "ready": not problem,
        "problem": problem,
    }


def account_problem(state: AccountState, *, enabled: bool) -> str:
    """Return why the account takes no orders; empty when it does."""
    if not enabled:
        return "disabled in the configuration"
    if not state.is_opened:
        return "waits for its first reconcile"
    if state.is_held:
        return "waits for a reconcile: the store began a new life"
    if state.trading_state is not TradingState.ACTIVE:
        reason = f": {state.halt_reason}" if state.halt_reason else ""
        return f"{state.trading_state}{reason}"
    return ""


def all_ready(accounts: list[Document]) -> bool:
    """Tell whether every account that is meant to trade can, and there is one."""
    meant = [account for account in accounts if account["enabled"]]
    return bool(meant) and all(account["ready"] for account in meant)


def process_problems(
    liveness: Liveness, beats: Mapping[str, Document], ticks: Sequence[str] = ()
) -> list[str]:
    """Return what is missing among the processes; `ticks` run strategies, where there are any."""
    if liveness.problem:
        return [liveness.problem]
    problems = [f"no worker serves {', '.join(liveness.unserved())}"] if liveness.unserved() else []
    chain = beats.get(CHAIN)
    if chain is None:
        problems.append("no heartbeat came through beat and a worker yet")
    elif chain["age_ms"] > LATE_MS:
        problems.append(f"the last heartbeat is {chain['age_ms'] // 1000} s old")
    return problems + sweep_problems(beats, ticks)


def candle_ticks(settings: Settings) -> tuple[str, ...]:
    """Return the beat names of the ticks without which a strategy is not run."""
    enabled = (one for one in settings.strategies.values() if one.enabled)
    return tuple(sorted({tick_name(one.interval) for one in enabled}))


def sweep_problems(beats: Mapping[str, Document], ticks: Sequence[str] = ()) -> list[str]:
    """Return which sweeps were not completed for too long; they repair what is lost."""
    problems = [
        f"{name} was completed {beats[name]['age_ms'] // 1000} s ago for the last time"
        for name in (*SWEEPS, *ticks)
        if name in beats and beats[name]["age_ms"] > LATE_MS
    ]
    missing = [name for name in (WATCH, *ticks) if name not in beats]
    return problems + [f"{name} was not completed yet" for name in missing]


def status_sheet(document: Document) -> RenderableType:
    """Return the status as people read it."""
    from rich.console import Group

    accounts = table(
        tables.titles(tables.ACCOUNTS),
        tables.rows(tables.ACCOUNTS, map(_with_stream_word, document["accounts"])),
    )
    workers = [f"{node}: {', '.join(lanes)}" for node, lanes in document["workers"].items()]
    waiting = [f"{lane} {length}" for lane, length in document["queues"].items() if length]
    lines = [f"ready: {'yes' if document['ready'] else 'no'}", *document["problems"]]
    lines += ["", "workers", *(f"  {line}" for line in workers or ["none"])]
    lines += [f"waiting: {', '.join(waiting) or 'nothing'}", ""]
    lines += [_strategy_line(one) for one in document["strategies"] if one["problem"]]
    lines += [line for account in document["accounts"] for line in _warning_lines(account)]
    rebuilt = [line for account in document["accounts"] for line in _rebuilt_lines(account)]
    return Group("\n".join(lines), accounts, *rebuilt)


def _strategy_line(document: Document) -> str:
    """Say in one line what is wrong with a strategy; `strategies` says more of all."""
    name, account = document["name"], document["account"]
    return f"strategy {name} on {account} is {document['state']}: {document['problem']}"


def _rebuilt_lines(account: Document) -> list[str]:
    """Say in one line what the account's store does not know; `reconcile` says it at length."""
    rebuilt = account["rebuilt"]
    if rebuilt is None:
        return []
    return [
        f"{account['account']} was rebuilt from its exchange on {rebuilt['at'][:16]}Z; not known"
        f" since: {', '.join(rebuilt['unknown'])} (`augustan reconcile` says more)"
    ]


def _with_stream_word(account: Document) -> Document:
    stream = account["stream"] or {}
    return account | {"stream_state": stream.get("state", "-")}
