"""The comparison that demo and chaos end with, on a futures account: digit by digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.desk import Desk
from tests.integration.futures.test_trading import SYMBOL, WORD, differences, trade
from workers.demo.books import load_books
from workers.demo.contract_ledger_facts import contract_ledger_facts
from workers.demo.facts import differences as tell
from workers.demo.our_contract_facts import our_contract_facts
from workers.demo.our_facts import Books


def sides(desk: Desk) -> tuple[Books, dict[str, Any]]:
    """Trade, pay funding, reduce, leave an order open; return both sides."""
    trade(desk, "buy", "1.9")
    desk.paper.control.futures.fund(WORD, "0.001")
    trade(desk, "sell", "0.6")
    desk.place(SYMBOL, "buy", order_type="limit", price="80", quantity="1")
    desk.deliver()
    assert differences(desk) == {}
    desk.deliver()
    return load_books(desk.context, 1_000), desk.paper.control.futures.ledger()


def test_both_sides_are_equal_and_one_digit_is_told(desk: Desk) -> None:
    """Orders, trades, the wallet, the position, and its profit with fees and funding."""
    books, ledger = sides(desk)
    theirs = contract_ledger_facts(ledger, str(desk.uid))
    assert tell(our_contract_facts(books), theirs) == ()
    assert {"position BTCUSDT profit", "position BTCUSDT quantity", "booked USDT"} <= set(theirs)
    funded = next(row for row in ledger["income"] if row["income_type"] == "FUNDING_FEE")
    funded["amount"] = str(Decimal(funded["amount"]) + Decimal("0.00000001"))
    (told,) = tell(our_contract_facts(books), contract_ledger_facts(ledger, str(desk.uid)))
    assert told.startswith("position BTCUSDT profit: Augustan has ")


@pytest.mark.parametrize("field", ["fills", "orders", "positions", "rows"])
def test_what_we_lack_is_told(desk: Desk, field: str) -> None:
    """A missing trade, order, position or ledger row is a difference."""
    books, ledger = sides(desk)
    poorer = replace(books, **{field: list(getattr(books, field))[1:]})
    assert tell(our_contract_facts(poorer), contract_ledger_facts(ledger, str(desk.uid)))


def test_a_conditional_order_is_compared_at_every_end(desk: Desk) -> None:
    """Waiting, canceled, triggered, and refused at its trigger: the same on both sides.

    Another market has orders of the same numbers.
    """
    control = desk.paper.control.futures
    trade(desk, "buy", "1")
    for _ in range(6):
        desk.place("ETH/USDT:USDT", "buy", quantity="1")
    for price, quantity in (("105", "0.6"), ("110", "100"), ("120", "1"), ("130", "1")):
        order = desk.place(
            SYMBOL, "sell", trigger_price=price, quantity=quantity, order_type="take_profit"
        )
    desk.deliver()
    desk.orders.cancel_order(order.client_order_id, wait=False)
    desk.deliver()
    control.set_price(WORD, "106")
    desk.sweep()
    control.withdraw("USDT", "999000", uid=desk.uid)
    control.set_price(WORD, "111")
    desk.sweep()
    assert differences(desk) == {}
    desk.deliver()
    ledger = control.ledger()
    theirs = contract_ledger_facts(ledger, str(desk.uid))
    assert tell(our_contract_facts(load_books(desk.context, 1_000)), theirs) == ()
    statuses = {row["status"] for row in ledger["algo_orders"] if row["uid"] == desk.uid}
    assert {"NEW", "CANCELED", "REJECTED"} < statuses
