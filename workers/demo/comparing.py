"""Lay our accounts beside the exchange's own ledgers."""

from __future__ import annotations

from collections.abc import Iterable

from engine.execution.context import AccountContext
from workers.demo import market
from workers.demo.account_view import MOST_ROWS
from workers.demo.books import load_books
from workers.demo.contract_ledger_facts import contract_ledger_facts
from workers.demo.exchange_ledger import load_ledger
from workers.demo.facts import Facts, describe, differences
from workers.demo.ledger_facts import ledger_facts
from workers.demo.our_contract_facts import our_contract_facts
from workers.demo.our_facts import our_facts


def compare_accounts(
    contexts: Iterable[AccountContext], paper_url: str
) -> tuple[str, tuple[str, ...]]:
    """Return how much was compared, and what differs."""
    compared, found = [], []
    for context in contexts:
        ours, theirs = _sides(context, paper_url)
        compared.append(f"{context.name} {describe(theirs)}")
        found += [f"{context.name}: {one}" for one in differences(ours, theirs)]
    return "; ".join(compared), tuple(found)


def _sides(context: AccountContext, paper_url: str) -> tuple[Facts, Facts]:
    books = load_books(context, MOST_ROWS)
    if context.name == market.FUTURES:
        ledger = load_ledger(paper_url, "futures")
        return our_contract_facts(books), contract_ledger_facts(ledger, market.UID)
    return our_facts(books), ledger_facts(load_ledger(paper_url), market.UID)
