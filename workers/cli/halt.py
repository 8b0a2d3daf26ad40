"""`augustan halt`: no order is sent after this returns; cancels still pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.bootstrap import Engine
from engine.config import ExecutionSettings
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.errors import EngineError, ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.execution.stopping import trading
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.documents import Document, order_document
from workers.cli.output import ExitCode, Refusal, json_option, show, table

if TYPE_CHECKING:
    from rich.console import RenderableType

LOOK_EVERY_MS = 100


@click.command()
@click.option("--wait", is_flag=True, help="Return when what was in flight is known, or is void.")
@click.option("--account", metavar="NAME", help="The account (else all of them).")
@click.option("--reason", default="halted by hand", show_default=True)
@json_option
def halt(wait: bool, account: str | None, reason: str, as_json: bool) -> int:
    """Stop taking orders; without --account on every account."""
    engine = get_engine()
    names = [engine.settings.account(account).name] if account else list(engine.settings.accounts)
    in_flight, failures = halt_accounts(engine, names, reason)
    if wait:
        in_flight = [(context, await_outcome(context, order)) for context, order in in_flight]
    document = {
        "halted": [name for name in names if name not in failures],
        "not_halted": failures,
        "reason": reason,
        "in_flight": [order_document(order) for _, order in in_flight],
    }
    show(document, as_json, lambda: halt_sheet(document))
    if failures:
        sentences = "; ".join(f"{name}: {sentence}" for name, sentence in failures.items())
        click.echo(f"NOT halted: {sentences}", err=True)
    return ExitCode.REFUSED if failures else ExitCode.DONE


def halt_accounts(
    engine: Engine, names: list[str], reason: str
) -> tuple[list[tuple[AccountContext, Order]], dict[str, str]]:
    """Halt each account; one that cannot be halted does not keep the others trading."""
    check_reason(reason)
    in_flight: list[tuple[AccountContext, Order]] = []
    failures: dict[str, str] = {}
    for name in names:
        try:
            context = engine.account(name)
            in_flight += [(context, order) for order in trading.halt(context, reason)]
        except EngineError as error:
            failures[name] = str(error)
    return in_flight, failures


def check_reason(reason: str) -> None:
    """Refuse a reason that would not fit on a line of a report."""
    if not reason.isprintable() or len(reason) > 200:
        raise Refusal("reason must have at most 200 printable characters.")


def await_outcome(context: AccountContext, order: Order) -> Order:
    """Wait until the order is known, or the exchange would refuse it as too old."""
    offset_ms = _clock_offset_ms(context)
    ends_ms = window_ends_ms(order, context.timings)
    while order.is_in_doubt and context.clock.now_ms() + offset_ms < ends_ms:
        context.clock.wait(LOOK_EVERY_MS)
        order = context.store.load_order(order.client_order_id).value
    return order


def window_ends_ms(order: Order, timings: ExecutionSettings) -> int:
    """Return the exchange time after which a sent order cannot begin to work any more."""
    latest_ms = order.valid_until_ms or order.last_event_at_ms
    signed_at_ms = latest_ms if order.signed_at_ms is None else order.signed_at_ms
    margin_ms = timings.engine_tail_ms + timings.clock_margin_ms
    return signed_at_ms + order.recv_window_ms + margin_ms


def _clock_offset_ms(context: AccountContext) -> int:
    try:
        return context.gateway.measure_clock(Lane.EMERGENCY)
    except (Retryable, ExchangeRefused):
        return 0  # The margin allows for the difference of well-kept clocks


def halt_sheet(document: Document) -> RenderableType:
    """Return what was halted, and what was on its way, as people read it."""
    from rich.console import Group

    halted = f"halted: {', '.join(document['halted']) or 'none'}"
    if not document["in_flight"]:
        return Group(halted, "nothing was in flight")
    columns = tables.ORDERS
    orders = table(tables.titles(columns), tables.rows(columns, document["in_flight"]))
    return Group(halted, "was in flight:", orders)
