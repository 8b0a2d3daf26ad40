"""Print an order or a signal with what its state means, and return the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from engine.domain.order import Order
from engine.errors import EngineError
from engine.execution.context import AccountContext
from engine.execution.history import load_orders
from engine.execution.schedule import settles_at_ms
from workers.cli.documents import Document, order_document
from workers.cli.outcome import SAME_ID, Outcome
from workers.cli.output import ExitCode, Refusal, show
from workers.cli.sheets import order_sheet, signal_sheet


@contextmanager
def goes_on(subject: str) -> Iterator[None]:
    """Say of what was recorded, or may have been, that it goes on without this command.

    Whatever ends the waiting (Ctrl-C, a store that went away) must not read as a refusal.
    """
    try:
        yield
    except (EngineError, KeyboardInterrupt) as error:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error).rstrip(".")
        raise Refusal(
            f"{subject} goes on by itself: {SAME_ID} ({why})",
            code="IN_DOUBT",
            exit_code=ExitCode.IN_DOUBT,
        ) from error


@contextmanager
def interruptible(subject: str) -> Iterator[None]:
    """Say of what an interrupt caught in the middle that it may have been recorded."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Refusal(
            f"interrupted; {subject} may be recorded: {SAME_ID}",
            code="IN_DOUBT",
            exit_code=ExitCode.IN_DOUBT,
        ) from error


def load_document(context: AccountContext, client_order_id: str) -> Document:
    """Return the order as it is stored now."""
    return describe(context, load_orders(context, [client_order_id])[0])


def describe(context: AccountContext, order: Order) -> Document:
    """Return the order, and by when a doubt about it ends."""
    return order_document(order, settles_at_ms(order, context.gateway.abilities, context.timings))


def tell_order(document: Document, as_json: bool, outcome: Outcome) -> int:
    """Print the order on standard output, what to do about it on standard error."""
    show(document, as_json, lambda: order_sheet(document))
    return tell_outcome(outcome)


def tell_signal(document: Document, as_json: bool, outcome: Outcome) -> int:
    """Print the signal and its order."""
    show(document, as_json, lambda: signal_sheet(document))
    return tell_outcome(outcome)


def tell_outcome(outcome: Outcome) -> int:
    """Print what to do about it, where there is something to do; return the exit code."""
    if outcome.sentence:
        click.echo(outcome.sentence, err=True)
    return outcome.exit_code
