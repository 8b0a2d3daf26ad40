"""`augustan strategies`: what makes signals by itself, how it does, and what it would say."""

from __future__ import annotations

from collections.abc import Callable

import click

from engine.bootstrap import Engine
from engine.domain.candle import closed
from engine.domain.strategy import StrategyRecord
from engine.errors import ConcurrentChange, ConfigurationError
from engine.exchange.symbols import resolve_symbol
from engine.process_engine import get_engine
from engine.signal_processor import job_of
from engine.strategies.replay import Said, replay
from engine.strategy_check import find_strategy_problem
from workers.cli import tables
from workers.cli.accounts import account_option
from workers.cli.candle_file import read_candles
from workers.cli.documents import Document
from workers.cli.output import json_option, show, table
from workers.cli.strategy_documents import said_document, strategy_document

#: What is written to a strategy that no worker has run yet.
NEVER_RAN = "no worker has run it yet"


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def strategies(ctx: click.Context, as_json: bool) -> None:
    """List the configured strategies: last candle, signals, failures, state."""
    if ctx.invoked_subcommand is not None:
        return
    engine = get_engine()
    documents = [_with_problem(engine, document) for document in stored_documents(engine)]
    show(
        documents,
        as_json,
        lambda: table(tables.titles(tables.STRATEGIES), tables.rows(tables.STRATEGIES, documents)),
    )


@strategies.command()
@click.argument("name")
@account_option
@json_option
def pause(name: str, account: str | None, as_json: bool) -> None:
    """Run a strategy no more; its orders and positions stay as they are."""
    now_ms = get_engine().clock.now_ms()
    _change(name, account, as_json, lambda record: record.paused(now_ms, "paused by a person"))


@strategies.command()
@click.argument("name")
@account_option
@json_option
def resume(name: str, account: str | None, as_json: bool) -> None:
    """Run a paused strategy again, from the next candle on."""
    _change(name, account, as_json, StrategyRecord.resumed)


@strategies.command()
@click.argument("name")
@click.option("--candles", metavar="FILE", help="A CSV file of candles; see docs/strategies.md.")
@click.option("--from-exchange", type=click.IntRange(1, 999), metavar="N", help="The newest N.")
@click.option("--symbol", help="One of its symbols (else its first).")
@json_option
def test(
    name: str, candles: str | None, from_exchange: int | None, symbol: str | None, as_json: bool
) -> None:
    """Show what a strategy would have said to candles of the past; send nothing."""
    if (candles is None) == (from_exchange is None):
        raise click.UsageError("name exactly one of --candles FILE and --from-exchange N")
    engine = get_engine()
    job = job_of(engine.settings, name)
    word = symbol or job.settings.symbols[0]
    if candles is not None:
        said = replay(job, word, read_candles(candles), is_spot=":" not in word)
    else:
        said = _from_exchange(engine, name, word, from_exchange or 0)
    documents = [said_document(one) for one in said]
    show(
        documents,
        as_json,
        lambda: (
            table(tables.titles(tables.SAID), tables.rows(tables.SAID, documents))
            if documents
            else "It would have said nothing."
        ),
    )


def _from_exchange(engine: Engine, name: str, word: str, count: int) -> tuple[Said, ...]:
    job = job_of(engine.settings, name)
    gateway = engine.account(engine.settings.strategy_accounts(name)[0]).gateway
    instrument = resolve_symbol(word, gateway.load_instruments())
    candles = gateway.load_candles(instrument.symbol, job.settings.interval, count + 1)
    is_spot = instrument.market_type == "spot"
    return replay(job, instrument.symbol, closed(candles), is_spot=is_spot)


def stored_documents(engine: Engine) -> list[Document]:
    """Return where every strategy stands on each of its accounts, by the store alone."""
    return [
        _document(engine, account, name)
        for name in engine.settings.strategies
        for account in engine.settings.strategy_accounts(name)
    ]


def _document(engine: Engine, account: str, name: str) -> Document:
    stored = engine.store.find_strategy(account, name)
    record = stored.value if stored else StrategyRecord(account=account, name=name)
    return strategy_document(record, engine.settings.strategies[name])


def _with_problem(engine: Engine, document: Document) -> Document:
    """Add why the strategy cannot be built here, or that nobody has run it."""
    if document["problem"]:
        return document
    problem = find_strategy_problem(engine.settings, document["name"])
    if problem:
        return document | {"problem": problem}
    return document if document["runs"] else document | {"problem": NEVER_RAN}


def _change(
    name: str,
    account: str | None,
    as_json: bool,
    change: Callable[[StrategyRecord], StrategyRecord],
) -> None:
    """Write the changed record of each account that is meant, and show them."""
    engine = get_engine()
    job_of(engine.settings, name)
    traders = engine.settings.strategy_accounts(name)
    if account is not None and account not in traders:
        raise ConfigurationError(
            f"Strategy {name} does not trade account {account[:40]!r}, but: {', '.join(traders)}."
        )
    chosen = traders if account is None else (account,)
    for each in chosen:
        _write(engine, each, name, change)
    documents = [_document(engine, each, name) for each in chosen]
    sentences = [f"{one['name']} on {one['account']} is {one['state']}" for one in documents]
    show(documents, as_json, lambda: "\n".join(sentences))


def _write(
    engine: Engine, account: str, name: str, change: Callable[[StrategyRecord], StrategyRecord]
) -> None:
    """Write over whatever a run writes meanwhile; each of them made progress."""
    for _ in range(20):
        stored = engine.store.find_strategy(account, name)
        record = stored.value if stored else StrategyRecord(account=account, name=name)
        if engine.store.save_strategy(stored.version if stored else 0, change(record)):
            return
    raise ConcurrentChange(f"strategy {name} changed all the time; try again.")
