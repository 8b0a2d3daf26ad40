"""`augustan reconcile`: compare with the exchange now."""

from __future__ import annotations

from collections.abc import Mapping

import click

from engine.domain.decimals import plain
from engine.execution.context import AccountContext
from engine.execution.reconciling.findings import ReconcileResult
from engine.execution.reconciling.reconcile_now import reconcile_now
from engine.process_engine import get_engine
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document
from workers.cli.output import ExitCode, json_option, show
from workers.cli.rebuilt import rebuilt_document, rebuilt_pairs
from workers.cli.sheets import sheet


@click.command()
@account_option
@json_option
def reconcile(account: str | None, as_json: bool) -> int:
    """Compare orders, trades and balances with the exchange, and repair. Exit code 1: unequal."""
    documents = [
        reconcile_document(context, reconcile_now(context))
        for context in each_account(get_engine(), account)
    ]
    show(documents, as_json, lambda: "\n\n".join(map(reconcile_sheet, documents)))
    unequal = [document for document in documents if not document["is_equal"]]
    for document in unequal:
        what = "differs from" if document["is_compared"] else "could not be compared with"
        click.echo(f"account {document['account']} {what} its exchange", err=True)
    return ExitCode.REFUSED if unequal else ExitCode.DONE


def reconcile_document(context: AccountContext, result: ReconcileResult) -> Document:
    """Return what a reconcile found; differences are exchange minus ledger, by asset."""
    openings = result.rebuilt.openings if result.rebuilt else {}
    return {
        "account": context.name,
        "is_equal": result.is_equal,
        "is_compared": result.is_compared,
        "differences": {asset: plain(amount) for asset, amount in result.differences.items()},
        "open_orders": result.orders.total,
        "foreign_orders": result.orders.foreign,
        "other_marks": result.orders.other_marks,
        "was_rebuilt": result.rebuilt is not None,
        "is_reset_suspected": result.is_reset_suspected,
        "openings": {asset: plain(amount) for asset, amount in openings.items()},
        "rebuilt": rebuilt_document(context.store.load_state(), context.timings),
    }


def reconcile_sheet(document: Document) -> str:
    """Return what a reconcile found as people read it."""
    open_orders = f"{document['open_orders']}, {document['foreign_orders']} of them not ours"
    return sheet(
        (
            ("account", document["account"]),
            ("balances", _balances_words(document)),
            ("open orders", open_orders),
            ("", _other_marks_words(document["other_marks"])),
            ("taken over", _amounts_words(document["openings"])),
            *rebuilt_pairs(document["rebuilt"]),
        )
    )


def _other_marks_words(count: int) -> str:
    return f"{count} bear the mark of another `installation` and are left alone" if count else ""


def _amounts_words(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{asset} {amount}" for asset, amount in amounts.items())


def _balances_words(document: Document) -> str:
    if document["is_reset_suspected"]:
        return "not compared: the exchange seems to have reset its ledger; looked at again soon"
    if not document["is_compared"]:
        return "not compared: trades are still on their way"
    unequal = _amounts_words(document["differences"])
    return f"differ by {unequal}" if unequal else "equal"
