"""What an emergency run did, as JSON and as people read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.domain.emergency import EmergencyRun
from engine.domain.order import Order
from engine.errors import UnknownOrder
from engine.execution.context import AccountContext
from engine.execution.history import find_order
from workers.cli.documents import Document, order_document
from workers.cli.sheets import sheet

if TYPE_CHECKING:
    from rich.console import RenderableType

#: More sentences than that help nobody at a glance; --json has all of them.
MOST_SENTENCES = 10


def run_document(context: AccountContext, run: EmergencyRun) -> Document:
    """Return what the run did and what stays; the orders' own records say what became of them."""
    orders, sales = _load(context, run.orders), _load(context, run.sales)
    return {
        "account": run.account,
        "run_id": run.run_id,
        "reason": run.reason,
        "step": run.step.value,
        "round": run.round,
        "is_over": run.is_over,
        "is_flat": run.is_clean and not run.keep_positions,
        "keeps_positions": run.keep_positions,
        "took_ms": max(run.ended_at_ms - run.began_at_ms, 0) if run.is_over else None,
        "orders": dict(Counter(order.status.value for order in orders)),
        "foreign_orders": list(run.foreign),
        "sales": [order_document(order) for order in sales],
        "problems": list(run.problems),
        "left": list(run.left),
    }


def _load(context: AccountContext, names: tuple[str, ...]) -> list[Order]:
    found = []
    for name in names:
        try:
            order = find_order(context, name)
        except UnknownOrder:
            continue
        if order is not None:
            found.append(order)
    return found


def report_sheet(document: Document) -> RenderableType:
    """Return every account's report as people read it."""
    return "\n\n".join(_account_sheet(one) for one in document["accounts"]) or "nothing was stopped"


def _account_sheet(one: Document) -> str:
    ended = ", ".join(f"{count} {status}" for status, count in sorted(one["orders"].items()))
    pairs = [
        ("account", one["account"]),
        ("run", f"{one['run_id']} ({one['reason']})"),
        ("state", _state(one)),
        ("our orders", ended or "none was open"),
        (
            "orders of others",
            f"{len(one['foreign_orders'])} ended" if one["foreign_orders"] else "",
        ),
        *(("closed", _sale(sale)) for sale in one["sales"]),
        *(("NOT done", sentence) for sentence in one["problems"][:MOST_SENTENCES]),
        *(("stays", sentence) for sentence in one["left"][:MOST_SENTENCES]),
    ]
    return sheet(tuple(pairs))


def _state(one: Document) -> str:
    if one["is_flat"]:
        return f"flat after {one['took_ms'] / 1_000:.1f} s; halted until `augustan resume`"
    if one["step"] == "done":
        return "every order is ended, positions are kept; halted until `augustan resume`"
    return f"{one['step']}, round {one['round']}; halted"


def _sale(sale: Document) -> str:
    return (
        f"{sale['side']} {sale['filled_quantity']} {sale['symbol']}"
        f" at {sale['average_price'] or '-'}: {sale['status']}"
    )
