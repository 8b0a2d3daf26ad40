"""`augustan positions`: what is held, folded from the ledger to its last row."""

from __future__ import annotations

from dataclasses import replace

import click

from engine.domain.position import Position, split_symbol
from engine.domain.risk import RiskBook
from engine.execution.account_prices import account_prices
from engine.execution.context import AccountContext
from engine.process_engine import get_engine
from engine.risk.book import current_position
from workers.cli import tables
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document
from workers.cli.ledger_documents import position_document
from workers.cli.output import json_option, show, table


@click.command()
@account_option
@json_option
def positions(account: str | None, as_json: bool) -> None:
    """List positions, flat ones that were traded too; profits in quote currency."""
    documents = [
        document
        for context in each_account(get_engine(), account)
        for document in _positions_of(context)
    ]
    columns = tables.POSITIONS
    show(documents, as_json, lambda: table(tables.titles(columns), tables.rows(columns, documents)))


def _positions_of(context: AccountContext) -> list[Document]:
    prices = account_prices(context)
    return [
        position_document(one, prices.find_price(one.symbol) if one.net_quantity else None)
        for one in folded_positions(context.store.load_risk_book(), context.name)
    ]


def folded_positions(book: RiskBook, account: str) -> tuple[Position, ...]:
    """Return every position with the rows that were booked a moment ago, by symbol."""
    symbols = {one.symbol for one in book.positions} | set(book.unfolded)
    return tuple(
        replace(current_position(book, symbol), account=account)
        for symbol in sorted(symbols)
        if split_symbol(symbol)[1]
    )
