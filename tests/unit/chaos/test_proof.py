"""The proof holds where all sides agree, and names exactly what was planted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.order_status import OrderStatus
from tests.builders import build_fill
from tests.unit.chaos.worlds import UID, World, exchange_row, exchange_trade
from workers.chaos.proof import Intent, join, prove
from workers.chaos.settling import SAME_PROOFS, is_lasting
from workers.chaos.sides import CONTRACTS
from workers.demo.our_facts import Books

S = OrderStatus
FEW = st.integers(min_value=0, max_value=4)


@given(placed=FEW, denied=FEW, refused=FEW)
def test_an_honest_world_holds(placed: int, denied: int, refused: int):
    """Whatever became of the intents: placed, denied with a reason, refused to the caller."""
    proof = World(placed=placed, denied=denied, refused=refused).prove()

    assert proof.violations == {}
    assert (proof.intents, proof.exchange_orders) == (placed + denied + refused, placed)
    assert sum(proof.ends.values()) == placed + denied


@given(placed=st.integers(min_value=1, max_value=4), data=st.data())
def test_a_second_order_is_a_duplicate_under_any_id_of_its_intent(placed: int, data: st.DataObject):
    """Under the first id, or under the one that a cancel gave."""
    world = World(placed=placed)
    row = data.draw(st.sampled_from(world.rows))
    again = exchange_row(row["client_order_ids"][0], 99)
    if data.draw(st.booleans()):
        again["client_order_ids"].reverse()
    world.rows.append(again)

    assert len(world.prove().duplicates) == 1


def contract_ledger(*names: str) -> dict[str, Any]:
    """Return a futures ledger with canceled orders, the last of them conditional."""
    *plain, conditional = names
    common = {"uid": int(UID), "symbol": "BTCUSDT", "side": "BUY", "status": "CANCELED"}
    return {
        "accounts": {UID: {"wallets": {}, "positions": []}},
        "orders": [
            {**common, "order_id": number, "client_order_id": name}
            for number, name in enumerate(plain, start=1)
        ],
        "algo_orders": [
            {**common, "algo_id": 7, "client_algo_id": conditional, "child_order_id": 0}
        ],
        "trades": [],
        "income": [],
    }


@pytest.mark.parametrize("again", [0, 1])
def test_contracts_have_one_order_for_each_intent_conditional_or_not(again: int):
    """Both kinds count, a second one of either is a duplicate, and accounts add up."""
    world = World()
    orders = [world.want(status=S.CANCELED, exchange_order_id=name) for name in ("1", "algo-7")]
    names = [order.client_order_id for order in orders]
    books = Books(orders=orders, fills=[], rows=[], positions=(), portfolio=None)
    honest = prove(world.intents, contract_ledger(*names), books, UID, CONTRACTS)
    planted = prove(world.intents, contract_ledger(names[again], *names), books, UID, CONTRACTS)

    assert (honest.violations, honest.exchange_orders) == ({}, 2)
    assert len(planted.duplicates) == 1
    both = join([World(placed=1).prove(), planted])
    assert (both.intents, both.exchange_orders, len(both.duplicates)) == (3, 4, 1)
    assert not both.holds


def test_an_order_that_nobody_wanted_is_a_duplicate():
    """Nobody else orders in this world: it can only be a second one of ours."""
    world = World(placed=1)
    world.rows.append(exchange_row("another", 99))

    assert world.prove().duplicates == ("BTCUSDT 99: another",)


@given(placed=FEW, denied=FEW)
def test_an_intent_without_a_trace_is_lost(placed: int, denied: int):
    """Neither the exchange nor we know it, and the caller was told nothing."""
    world = World(placed=placed, denied=denied)
    world.intents.append(Intent(client_order_id="gone"))

    assert world.prove().violations == {"lost": ("gone",)}


def test_an_end_without_a_reason_is_a_loss():
    """Never silently none: an order that was not placed says why."""
    world = World(denied=1)
    world.orders[0] = replace(world.orders[0], reason=None)

    assert set(world.prove().violations) == {"lost"}


def test_a_record_that_claims_an_order_the_exchange_lacks_is_a_loss():
    """Our word alone places nothing."""
    world = World(placed=1)
    world.rows.clear()

    assert set(world.prove().violations) == {"lost", "order_differences"}


def test_an_unknown_outcome_is_in_doubt_and_an_open_order_unsettled():
    """Each is named once."""
    world = World(placed=2)
    world.orders[0] = replace(world.orders[0], status=OrderStatus.SUBMITTED)
    world.orders[1] = replace(world.orders[1], status=OrderStatus.ACCEPTED)
    proof = world.prove()

    assert [len(found) for found in (proof.in_doubt, proof.unsettled)] == [1, 1]


def test_a_trade_that_we_lack_makes_trades_and_positions_differ():
    """The exchange traded, and our ledger knows nothing of it."""
    world = World(placed=1)
    world.trades.append(exchange_trade(1))
    proof = world.prove()

    assert set(proof.violations) == {"order_differences", "position_differences"}
    assert proof.fills == 1


@given(times=st.integers(min_value=2, max_value=5))
def test_a_fill_booked_again_counts_each_time(times: int):
    """One trade of the exchange, several rows of ours."""
    world = World(placed=1)
    fill = build_fill(exchange_order_id="1")
    world.orders[0] = replace(world.orders[0], fills=(fill,) * times)
    world.trades.append(exchange_trade(1))

    assert len(world.prove().fills_twice) == times - 1


def test_only_what_lasts_is_believed():
    """The same violations so often in a row; another one begins the count anew."""
    bad, other = World(placed=1), World(placed=1)
    bad.rows.append(exchange_row("another", 99))
    other.rows.clear()
    lasting = [bad.prove()] * SAME_PROOFS

    assert is_lasting([other.prove(), *lasting])
    assert not is_lasting(lasting[1:])
    assert not is_lasting([*lasting, other.prove()])
