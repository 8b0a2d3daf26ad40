"""`augustan doctor`: look at everything that must work, and say what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

import click

from engine.bootstrap import Engine, build_engine
from engine.config import AccountSettings, Settings, load_settings
from engine.domain.lanes import Lane
from engine.errors import EngineError
from engine.exchange.symbols import resolve_symbol
from engine.ports import Gateway
from engine.strategy_check import find_strategy_problem
from tasks.app import app
from workers.cli.account_checks import check_balance, check_mode, check_setting
from workers.cli.checks import (
    Check,
    Level,
    check_beat,
    check_clock,
    check_lanes,
    check_permissions,
    check_server,
    check_store_clock,
    ok,
    problem,
)
from workers.cli.output import ExitCode, json_option, one_line, show, table
from workers.cli.streams import check_stream

#: So many symbols are looked at; each costs a question.
MOST_SYMBOLS = 20
#: How long workers may take to answer.
INSPECT_TIMEOUT_MS = 2_000


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Check the configuration, Redis, exchanges, workers and beats. Changes nothing."""
    checks = list(examine(load_settings()))
    is_well = all(check.level is not Level.PROBLEM for check in checks)
    show(
        {"ok": is_well, "checks": [asdict(check) for check in checks]},
        as_json,
        lambda: table(("", "what", ""), ((c.level, c.subject, c.text) for c in checks)),
    )
    return ExitCode.DONE if is_well else ExitCode.REFUSED


def examine(settings: Settings) -> Iterator[Check]:
    """Yield every check; one that cannot be made is a problem and does not stop the next."""
    yield ok("configuration", f"{settings.config_path or 'no file: all on paper'}")
    yield from _guarded("store", partial(_known_store, settings))
    if settings.store.state is None:
        return
    engine = build_engine(settings)
    try:
        yield from _guarded("store", partial(_server, engine, settings))
        for account in settings.accounts.values():
            yield from _guarded(account.name, partial(examine_account, engine, account))
        yield from _guarded("strategies", partial(examine_strategies, settings))
        yield from _guarded("broker", partial(_lanes, engine))
        yield from _guarded("beat", partial(_beat, engine))
    finally:
        engine.close()


def _known_store(settings: Settings) -> list[Check]:
    return [ok("store", settings.state_address().public_url)]


def _server(engine: Engine, settings: Settings) -> list[Check]:
    facts = engine.store.describe_server()
    now_ms, valid_ms = engine.clock.now_ms(), settings.execution.order_valid_ms
    return [
        *check_server(facts, may_be_relaxed=settings.store.appendfsync == "everysec"),
        check_store_clock(facts, now_ms, valid_ms),
    ]


def examine_account(engine: Engine, account: AccountSettings) -> list[Check]:
    """Look at an account's key, clock, money, stream, and at how it holds contracts."""
    context = engine.account(account.name)
    gateway = context.gateway
    offset_ms = gateway.measure_clock(Lane.MARKET_DATA)
    rights = gateway.load_permissions()
    balances = gateway.load_balances(Lane.MARKET_DATA)
    return [
        ok(f"{account.name}: exchange", f"{account.exchange} {account.market_type} {account.mode}"),
        check_clock(account.name, offset_ms, context.timings.recv_window_ms),
        *check_permissions(account.name, rights, is_paper=context.is_paper),
        check_balance(account, balances, gateway.abilities.quote_assets[0]),
        *_contracts(engine, account, gateway),
        check_stream(
            account.name,
            context.store.load_stream(),
            is_wanted=engine.settings.stream.enabled,
        ),
    ]


def _contracts(engine: Engine, account: AccountSettings, gateway: Gateway) -> list[Check]:
    """Look at position mode, leverage and margin where there are any; nothing is changed."""
    if account.market_type == "spot":
        return []
    checks = [check_mode(account, is_hedged=gateway.is_hedged(Lane.MARKET_DATA))]
    held = gateway.load_positions(Lane.MARKET_DATA)
    listed = gateway.load_instruments(Lane.MARKET_DATA)
    words = _words(engine.settings, account)
    for symbol in dict.fromkeys(resolve_symbol(word, listed).symbol for word in words):
        setting = gateway.load_contract_setting(symbol, Lane.MARKET_DATA)
        if setting is not None:
            checks.append(check_setting(account, symbol, setting, held))
    return checks


def _words(settings: Settings, account: AccountSettings) -> list[str]:
    """Return the symbols that are meant to be traded, as far as the configuration says."""
    strategies = settings.strategies.values()
    own = (one for one in strategies if account.name in one.accounts or not one.accounts)
    named = [*settings.watchlist, *(symbol for one in own for symbol in one.symbols)]
    return named[:MOST_SYMBOLS]


def examine_strategies(settings: Settings) -> list[Check]:
    """Try every strategy that is to run; its code runs in a copy of this process."""
    checks = []
    for name in (name for name, own in settings.strategies.items() if own.enabled):
        found = find_strategy_problem(settings, name)
        checks.append(
            problem(f"strategy {name}", found) if found else ok(f"strategy {name}", "runs")
        )
    return checks


def _lanes(engine: Engine) -> list[Check]:
    workers = engine.dispatcher.list_workers(INSPECT_TIMEOUT_MS)
    served = Counter(queue for queues in workers.values() for queue in queues)
    return check_lanes(app.amqp.queues, served, engine.dispatcher.queue_lengths())


def _beat(engine: Engine) -> list[Check]:
    return [check_beat(engine.store.list_beats().get("beat"), engine.clock.now_ms())]


def _guarded(subject: str, look: Callable[[], list[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except (EngineError, OSError) as error:
        yield problem(subject, one_line(str(error)))
