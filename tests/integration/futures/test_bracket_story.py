"""One signal's whole life on a contract: sized, guarded, resized, closed, equal to the digit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OPEN
from engine.domain.protection import LegRole, Protection, ProtectionState
from engine.domain.signal import SignalStatus, SignalType
from tests.desk import Desk
from tests.integration.futures.test_signals import send
from tests.integration.futures.test_trading import SYMBOL, WORD, differences
from workers.demo.books import load_books
from workers.demo.contract_ledger_facts import contract_ledger_facts
from workers.demo.facts import differences as tell
from workers.demo.our_contract_facts import our_contract_facts

pytestmark = pytest.mark.integration
PROFIT = ("REALIZED_PNL", "COMMISSION", "FUNDING_FEE")


def plan_of(desk: Desk, entry: str) -> Protection:
    stored = desk.context.store.find_protection(entry)
    assert stored is not None
    return stored.value


def working(desk: Desk, entry: str) -> dict[LegRole, Order]:
    """Return the leg of each role that works on the exchange."""
    found = {leg.role: desk.order(leg.client_order_id) for leg in plan_of(desk, entry).legs}
    return {role: order for role, order in found.items() if order.status in OPEN}


def test_a_signal_ends_with_the_exchange_s_own_profit(desk: Desk) -> None:
    """Signal, sized, bracket, part of the target, smaller stop, rest of the target, flat."""
    market = desk.paper.control.futures
    record = send(desk, SignalType.LONG, stop_price=Decimal("90"), target_price=Decimal("110.005"))
    assert record.status is SignalStatus.ORDERED
    entry = desk.order(record.client_order_id or "")
    size = entry.filled_quantity
    # The share of one position in fifty: 10 000 / 50 at 100 and a collar of 2 %, in steps
    assert size == Decimal("1.96")
    legs = working(desk, entry.client_order_id)
    assert {role: leg.terms.quantity for role, leg in legs.items()} == dict.fromkeys(LegRole, size)
    assert legs[LegRole.TARGET].terms.price == Decimal("110.0")

    market.fund(WORD, "0.001")
    target = legs[LegRole.TARGET].client_order_id
    market.fill(WORD, client_order_id=target, quantity="0.7")
    desk.sweep()
    desk.sweep()
    resized = working(desk, entry.client_order_id)
    assert resized[LegRole.STOP].terms.quantity == size - Decimal("0.7")
    assert resized[LegRole.TARGET].client_order_id == target

    market.set_price(WORD, "111")
    desk.sweep()
    desk.sweep()
    assert plan_of(desk, entry.client_order_id).state is ProtectionState.DONE
    assert desk.order(resized[LegRole.STOP].client_order_id).filled_quantity == 0
    assert differences(desk) == {}
    desk.deliver()
    assert_profit_is_theirs(desk)


def assert_profit_is_theirs(desk: Desk) -> None:
    """Compare the flat position's profit with the exchange's income, and all books by digit."""
    ledger = desk.paper.control.futures.ledger()
    booked = [
        Decimal(row["amount"])
        for row in ledger["income"]
        if row["uid"] == desk.uid and row["income_type"] in PROFIT
    ]
    position = desk.position(SYMBOL)
    assert position is not None
    assert position.net_quantity == 0
    assert position.funding < 0
    assert position.realized_pnl == sum(booked)
    theirs = contract_ledger_facts(ledger, str(desk.uid))
    assert tell(our_contract_facts(load_books(desk.context, 1_000)), theirs) == ()
