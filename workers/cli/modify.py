"""`augustan order modify`: another order in the place of one that rests."""

from __future__ import annotations

from decimal import Decimal

import click

from engine.execution.history import load_orders
from engine.process_engine import get_engine
from workers.cli.accounts import account_option, each_account, order_manager
from workers.cli.amounts import Amount, AmountsCommand
from workers.cli.lookup import find_order
from workers.cli.outcome import judge_modification
from workers.cli.output import json_option
from workers.cli.place import wait_option
from workers.cli.telling import describe, goes_on, load_document, tell_order


@click.command(cls=AmountsCommand)
@click.argument("word", metavar="ID")
@click.option("--price", type=Amount(), help="The new limit price.")
@click.option("--trigger-price", type=Amount(), help="The new price that sets the order off.")
@click.option("--quantity", type=Amount(), help="The new quantity, what it has filled included.")
@account_option
@wait_option
@json_option
def modify(
    word: str,
    price: Decimal | None,
    trigger_price: Decimal | None,
    quantity: Decimal | None,
    account: str | None,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Change an order that rests: it is cancelled, and the rest of it placed anew.

    What it has filled counts, also what is filled meanwhile. Safe to repeat.
    """
    context, found = find_order(each_account(get_engine(), account), word)
    order_id = found.client_order_id
    result = order_manager().modify_order(
        order_id, price=price, trigger_price=trigger_price, quantity=quantity, wait=False
    )
    with goes_on(f"the change of order {order_id}"):
        if not no_wait:
            result = order_manager().modify_order(
                order_id, price=price, trigger_price=trigger_price, quantity=quantity
            )
        document = load_document(context, result.order_id)
        old = describe(context, load_orders(context, [order_id])[0])
    outcome = judge_modification(old, document, waited=not no_wait)
    return tell_order(document, as_json, outcome)
