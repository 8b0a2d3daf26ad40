"""Print an order or a signal with what its state means, and return the exit code."""

from __future__ import annotations

import click

from engine.domain.order import Order
from engine.execution.context import AccountContext
from engine.execution.schedule import settles_at_ms
from workers.cli.documents import Document, order_document
from workers.cli.outcome import Outcome
from workers.cli.output import show
from workers.cli.sheets import order_sheet, signal_sheet


def load_document(context: AccountContext, client_order_id: str) -> Document:
    """Return the order as it is stored now."""
    return describe(context, context.store.load_order(client_order_id).value)


def describe(context: AccountContext, order: Order) -> Document:
    """Return the order, and by when a doubt about it ends."""
    return order_document(order, settles_at_ms(order, context.gateway.abilities, context.timings))


def tell_order(document: Document, as_json: bool, outcome: Outcome) -> int:
    """Print the order on standard output, what to do about it on standard error."""
    show(document, as_json, lambda: order_sheet(document))
    return _tell_outcome(outcome)


def tell_signal(document: Document, as_json: bool, outcome: Outcome) -> int:
    """Print the signal and its order."""
    show(document, as_json, lambda: signal_sheet(document))
    return _tell_outcome(outcome)


def _tell_outcome(outcome: Outcome) -> int:
    if outcome.sentence:
        click.echo(outcome.sentence, err=True)
    return outcome.exit_code
