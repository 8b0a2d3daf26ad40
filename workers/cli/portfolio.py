"""`augustan portfolio`: balances, positions and what they are worth now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.bootstrap import get_engine
from engine.errors import ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.portfolio.portfolio_update import look
from workers.cli import tables
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document, portfolio_document
from workers.cli.output import json_option, show, table
from workers.cli.positions import ticker_prices
from workers.cli.sheets import sheet

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command()
@account_option
@json_option
def portfolio(account: str | None, as_json: bool) -> None:
    """Show balances and equity; of one account an object, of several {"accounts": [...]}."""
    contexts = each_account(get_engine(), account)
    documents = [_portfolio_of(context) for context in contexts]
    document = documents[0] if len(documents) == 1 else {"accounts": documents}
    show(document, as_json, lambda: portfolio_sheets(documents))


def _portfolio_of(context: AccountContext) -> Document:
    """Return the portfolio of now; what was recorded last where the exchange does not answer."""
    recorded = context.store.find_portfolio()
    recorded_at_ms = recorded.value.updated_at_ms if recorded else 0
    try:
        seen = look(context.store, context.gateway, ticker_prices(context), context.clock)
    except (Retryable, ExchangeRefused):
        if recorded is None:
            raise
        return portfolio_document(recorded.value, is_live=False, recorded_at_ms=recorded_at_ms)
    return portfolio_document(seen, is_live=True, recorded_at_ms=recorded_at_ms)


def portfolio_sheets(documents: list[Document]) -> RenderableType:
    """Return each portfolio as people read it."""
    from rich.console import Group

    return Group(*(part for document in documents for part in _parts(document)))


def _parts(document: Document) -> list[RenderableType]:
    equity = document["equity"]
    head = sheet(
        (
            ("account", document["account"]),
            ("equity", f"{tables.round_for_people(equity)} {document['quote']}" if equity else "?"),
            ("no price", ", ".join(document["unpriced_assets"])),
            ("note", "" if document["is_live"] else "the exchange does not answer; as recorded"),
            ("as of", document["updated_at"]),
        )
    )
    balances = [{"asset": asset, **held} for asset, held in document["balances"].items()]
    columns = tables.BALANCES
    return [head, "", table(tables.titles(columns), tables.rows(columns, balances)), ""]
