"""`augustan portfolio`: balances, positions and what they are worth now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from engine.bootstrap import Engine
from engine.domain.equity import RESOLUTIONS
from engine.domain.portfolio import Portfolio
from engine.errors import ExchangeRefused, Retryable
from engine.execution.account_prices import account_prices
from engine.execution.context import AccountContext
from engine.portfolio.portfolio_update import look
from engine.ports import Versioned
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document
from workers.cli.ledger_documents import portfolio_document
from workers.cli.output import json_option, show, table
from workers.cli.performance import (
    exposure_document,
    margin_used,
    performance_document,
    point_document,
    strategy_results,
)
from workers.cli.sheets import sheet

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command()
@click.option(
    "--history",
    type=click.Choice([part.name for part in RESOLUTIONS]),
    is_flag=False,
    flag_value="hour",
    help="Show the recorded equity instead, by the step (--history alone: hour).",
)
@account_option
@json_option
def portfolio(history: str | None, account: str | None, as_json: bool) -> None:
    """Show balances and equity; of one account an object, of several {"accounts": [...]}."""
    engine = get_engine()
    contexts = each_account(engine, account)
    if history:
        documents = [_history_of(context, history) for context in contexts]
    else:
        documents = [
            _portfolio_of(context) | {"strategies": _results_of(engine, context.name)}
            for context in contexts
        ]
    document = documents[0] if len(documents) == 1 else {"accounts": documents}
    show(document, as_json, lambda: (_history_sheet if history else portfolio_sheets)(documents))


def _history_of(context: AccountContext, step: str) -> Document:
    points = [point_document(point) for point in context.store.load_equity(step)]
    return {"account": context.name, "step": step, "points": points}


def _history_sheet(documents: list[Document]) -> RenderableType:
    rows = [
        {"account": document["account"], **point}
        for document in documents
        for point in document["points"]
    ]
    return table(tables.titles(tables.EQUITY), tables.rows(tables.EQUITY, rows))


def _results_of(engine: Engine, account: str) -> list[Document]:
    """Return what each configured strategy of the account has made."""
    settings = engine.settings
    names = [name for name in settings.strategies if account in settings.strategy_accounts(name)]
    stored = [engine.store.find_strategy(account, name) for name in names]
    return strategy_results(record.value for record in stored if record)


def _portfolio_of(context: AccountContext) -> Document:
    """Return the portfolio of now, with what was recorded of its results."""
    recorded = context.store.find_portfolio()
    made = recorded.value.performance if recorded else None
    results = performance_document(made, context.clock.now_ms())
    return _seen_or_recorded(context, recorded) | {"performance": results}


def _seen_or_recorded(context: AccountContext, recorded: Versioned[Portfolio] | None) -> Document:
    """Return the portfolio of now; what was recorded last where the exchange does not answer."""
    recorded_at_ms = recorded.value.updated_at_ms if recorded else 0
    try:
        seen = look(context.store, context.gateway, account_prices(context), context.clock)
    except (Retryable, ExchangeRefused):
        if recorded is None:
            raise
        return _document(recorded.value, is_live=False, recorded_at_ms=recorded_at_ms)
    return _document(seen, is_live=True, recorded_at_ms=recorded_at_ms)


def _document(seen: Portfolio, *, is_live: bool, recorded_at_ms: int) -> Document:
    known = portfolio_document(seen, is_live=is_live, recorded_at_ms=recorded_at_ms)
    return known | {"exposure": exposure_document(seen), "margin_used": margin_used(seen)}


def portfolio_sheets(documents: list[Document]) -> RenderableType:
    """Return each portfolio as people read it."""
    from rich.console import Group

    return Group(*(part for document in documents for part in _parts(document)))


def _result_lines(document: Document) -> list[tuple[str, str]]:
    """Say how the account does, as it was recorded last."""
    made, quote = document["performance"], document["quote"]
    lines = [("exposure", f"{tables.round_for_people(document['exposure']['gross'])} {quote}")]
    if made is not None:
        fallen = Decimal(made["drawdown"])
        lines.append(("today", f"{tables.round_for_people(made['daily_result'])} {quote}"))
        lines.append(("drawdown", f"{fallen:.2%}, known since {made['known_since'][:16]}Z"))
    return lines


def _parts(document: Document) -> list[RenderableType]:
    equity = document["equity"]
    head = sheet(
        (
            ("account", document["account"]),
            ("equity", f"{tables.round_for_people(equity)} {document['quote']}" if equity else "?"),
            *_result_lines(document),
            ("no price", ", ".join(document["unpriced_assets"])),
            ("note", "" if document["is_live"] else "the exchange does not answer; as recorded"),
            ("as of", document["updated_at"]),
        )
    )
    balances = [{"asset": asset, **held} for asset, held in document["balances"].items()]
    columns = tables.BALANCES
    return [head, "", table(tables.titles(columns), tables.rows(columns, balances)), ""]
