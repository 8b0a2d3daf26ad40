"""Place the orders of a file as one group: all recorded together, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from engine.domain.order import Order
from engine.errors import InvalidGroup, InvalidRequest
from engine.execution.context import AccountContext
from engine.execution.placing.groups import check_each, check_size
from engine.order_manager import OrderManager
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.accounts import order_manager
from workers.cli.documents import Document
from workers.cli.order_file import Row, read_rows, to_request
from workers.cli.outcome import judge_group
from workers.cli.output import ExitCode, one_line, show, table
from workers.cli.telling import describe, goes_on, interruptible, tell_outcome

if TYPE_CHECKING:
    from rich.console import RenderableType


def place_group(path: str, account: str | None, key: str, *, waits: bool, as_json: bool) -> int:
    """Place the orders of the file at `path`, tell each one's outcome, return the exit code."""
    context = get_engine().account(account)
    rows = read_rows(path)
    check_size(rows)
    manager = order_manager()
    try:
        requests = check_each(rows, lambda row: to_request(row, context.name))
        with interruptible("the group"):
            placed = manager.place_orders(requests, key=key, wait=False)
    except InvalidRequest as error:
        faults = find_faults(error, rows)
        if not faults:
            raise
        return _tell_faults(faults, len(rows), as_json)
    orders = follow_group(context, manager, [one.order_id for one in placed], waits=waits)
    documents = [
        describe(context, order) | {"row": row.place}
        for row, order in zip(rows, orders, strict=True)
    ]
    group = {"id": orders[0].request_key, "account": context.name, "orders": documents}
    show(group, as_json, lambda: group_sheet(group, tables.GROUP))
    return tell_outcome(judge_group(documents, waited=waits))


def follow_group(
    context: AccountContext, manager: OrderManager, order_ids: Sequence[str], *, waits: bool
) -> tuple[Order, ...]:
    """Return the orders of a group that was recorded, once each has its answer if one waits."""
    with goes_on(f"the group of order {order_ids[0]}"):
        if waits:
            manager.await_outcomes(order_ids)
        return context.store.load_orders(order_ids)


def find_faults(error: InvalidRequest, rows: Sequence[Row]) -> dict[str, str]:
    """Return what is wrong by the place of its row; empty when the fault is in no row. Pure."""
    if isinstance(error, InvalidGroup):
        return {rows[number - 1].place: said for number, said in error.faults.items()}
    # Exactly this class: a key that is taken is the fault of no row
    return {rows[0].place: str(error)} if type(error) is InvalidRequest and len(rows) == 1 else {}


def _tell_faults(faults: dict[str, str], size: int, as_json: bool) -> int:
    """Say of each bad row what is wrong with it; none of the others was placed either."""
    for place, said in faults.items():
        click.echo(one_line(f"error: {place}: {said}"), err=True)
    sentence = f"{len(faults)} of {size} orders cannot be placed as written; none was placed"
    click.echo(f"error: {sentence}", err=True)
    if as_json:
        told = [{"row": place, "message": one_line(said)} for place, said in faults.items()]
        error = {"code": InvalidRequest.code, "message": sentence, "rows": told}
        show({"error": error}, as_json, lambda: None)
    return ExitCode.REFUSED


def group_sheet(group: Document, columns: Sequence[tables.Column]) -> RenderableType:
    """Return what became of every order, and the id that makes a repeat safe."""
    from rich.console import Group

    orders = table(tables.titles(columns), tables.rows(columns, group["orders"]))
    return Group(orders, f"id {group['id']}")
