"""`augustan order cancel --all`: end every order of ours that is open now."""

from __future__ import annotations

from engine.order_manager import OrderManager
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.outcome import judge_cancel_all
from workers.cli.output import show, table
from workers.cli.telling import describe, goes_on, tell_outcome


def cancel_all(account: str | None, symbol: str | None, *, waits: bool, as_json: bool) -> int:
    """Cancel the orders of one account, tell what became of each, return the exit code."""
    engine = get_engine()
    context = engine.account(account)
    manager = OrderManager(testnet=False, account=context.name, engine=engine)
    with goes_on("what was asked for"):
        asked = manager.cancel_all_orders(symbol, wait=waits)
        orders = context.store.load_orders([order.order_id for order in asked])
    documents = [describe(context, order) for order in orders]
    show(
        {"account": context.name, "orders": documents},
        as_json,
        lambda: (
            table(tables.titles(tables.ORDERS), tables.rows(tables.ORDERS, documents))
            if documents
            else "no order was open"
        ),
    )
    return tell_outcome(judge_cancel_all(documents, waited=waits))
