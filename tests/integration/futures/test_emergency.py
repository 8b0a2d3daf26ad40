"""The emergency stop on contracts: long and short are closed reduce-only."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.config import load_settings
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.execution.stopping import emergency
from engine.execution.stopping.local_stop import stop_alone
from engine.execution.stopping.lone_account import LoneAccount
from engine.lone_account import build_lone_account
from tests.desk import Desk
from tests.integration.futures.test_settings import hedge

pytestmark = pytest.mark.integration
LONG, SHORT = "BTC/USDT:USDT", "ETH/USDT:USDT"


@pytest.fixture
def lone(desk: Desk) -> Iterator[LoneAccount]:
    """The desk's account as a process sees it that has its configuration and no store."""
    account = build_lone_account(load_settings(str(desk.config_path), environ={}), "desk")
    yield account
    account.gateway.close()


def place(desk: Desk, symbol: str, side: str, **fields: Any) -> str:
    name = desk.place(symbol, side, **({"quantity": Decimal(1)} | fields)).client_order_id
    desk.deliver()
    return name


def fill_account(desk: Desk) -> list[str]:
    """Be long in one contract and short in the other; return the ids of what rests."""
    for symbol, side in ((LONG, "buy"), (SHORT, "sell")):
        opened = place(desk, symbol, side)
        assert desk.order(opened).status is OrderStatus.FILLED
    return [place(desk, LONG, "buy", order_type="limit", price=Decimal(90))]


def is_flat(desk: Desk) -> bool:
    gateway = desk.context.gateway
    held = [one for one in gateway.load_positions(Lane.POLL) if one.quantity]
    return not held and not gateway.load_open_orders(None, Lane.POLL)


def test_long_and_short_are_closed(desk: Desk) -> None:
    """Both positions end, and what rested is cancelled."""
    resting = fill_account(desk)

    emergency.begin_emergency(desk.context, "a test")
    run = emergency.work_emergency(desk.context, 30_000)

    assert run is not None
    assert run.is_clean, run.problems
    assert {desk.order(name).status for name in resting} == {OrderStatus.CANCELED}
    sales = [desk.order(name) for name in run.sales]
    assert {(one.terms.side.value, one.terms.reduce_only) for one in sales} == {
        ("sell", True),
        ("buy", True),
    }
    assert is_flat(desk)


def test_what_was_opened_by_hand_elsewhere_is_closed_too(desk: Desk) -> None:
    """In a market that nobody follows, with no reconcile before: the stop takes its trades in."""
    by_hand = {"symbol": "ETHUSDT", "side": "BUY", "type": "MARKET", "quantity": "2"}
    desk.control.place(by_hand, key=desk.key)

    emergency.begin_emergency(desk.context, "a test")
    run = emergency.work_emergency(desk.context, 30_000)

    assert run is not None
    assert run.is_clean, run.problems
    assert is_flat(desk)


@pytest.mark.parametrize("is_local", [False, True])
def test_both_positions_of_hedge_mode_are_closed(
    desk: Desk, lone: LoneAccount, is_local: bool
) -> None:
    """Long and short of one contract are two positions, each with an order of its own."""
    hedge(desk)
    place(desk, LONG, "buy", position_side="long")
    place(desk, LONG, "sell", position_side="short")
    assert not is_flat(desk)

    if is_local:
        assert stop_alone(lone, keep_positions=False, duration_ms=60_000).is_done
    else:
        emergency.begin_emergency(desk.context, "a test")
        run = emergency.work_emergency(desk.context, 30_000)
        assert run is not None
        assert run.is_clean, run.problems
    assert is_flat(desk)


def test_the_local_form_ends_conditional_orders(desk: Desk, lone: LoneAccount) -> None:
    """Stops of a bracket and of a person wait in another service, and are ended there."""
    place(desk, LONG, "buy", stop_loss="90", take_profit="110")
    place(desk, SHORT, "sell")
    place(desk, SHORT, "buy", order_type="stop", trigger_price="110", reduce_only=True)
    assert waiting(desk) == 2

    stop = stop_alone(lone, keep_positions=False, duration_ms=60_000)

    assert stop.is_done, stop.problems
    assert waiting(desk) == 0
    assert is_flat(desk)


def waiting(desk: Desk) -> int:
    """Return how many conditional orders of the account wait at the exchange."""
    kept = desk.control.ledger()["algo_orders"]
    return sum(one["uid"] == desk.uid and one["status"] == "NEW" for one in kept)


def test_the_local_form_closes_what_the_exchange_shows(desk: Desk, lone: LoneAccount) -> None:
    """Without the store both sides are closed as well."""
    fill_account(desk)

    stop = stop_alone(lone, keep_positions=False, duration_ms=60_000)

    assert stop.is_done, stop.problems
    assert is_flat(desk)
