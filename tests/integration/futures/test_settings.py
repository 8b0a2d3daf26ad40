"""Leverage, margin and position mode: as the order wants them, before it is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.position import PositionState
from tests.contract.raw import signed
from tests.desk import Desk
from tests.integration.futures.test_trading import SYMBOL, WORD, differences

D = Decimal
LONG, SHORT = f"{SYMBOL}#LONG", f"{SYMBOL}#SHORT"


def place(desk: Desk, side: str, quantity: str, **terms: Any) -> Order:
    order = desk.place(SYMBOL, side, quantity=quantity, **terms)
    return desk.deliver().order(order.client_order_id)


def hedge(desk: Desk) -> None:
    """Put the account into hedge mode, as its owner would at the exchange."""
    words = {"key": desk.key, "secret": "secret", "dualSidePosition": "true"}
    assert signed(desk.paper, "POST", "/fapi/v1/positionSide/dual", **words).status == 200


def settings(desk: Desk) -> dict[str, Any]:
    account = desk.paper.control.futures.ledger()["accounts"][str(desk.uid)]
    return dict(account["settings"].get(WORD, {}))


def test_leverage_is_set_before_the_order(desk: Desk) -> None:
    """What the order asks for, else the configured default, which is 1; once where it stays."""
    assert place(desk, "buy", "0.9").status is OrderStatus.FILLED
    assert settings(desk)["leverage"] == 1
    desk.paper.control.clear_stats()
    for _ in range(2):
        assert place(desk, "buy", "0.9", leverage=5).status is OrderStatus.FILLED
    assert settings(desk)["leverage"] == 5
    assert desk.paper.control.stats()["requests"]["POST /fapi/v1/leverage"] == 1


def test_leverage_above_the_bracket_is_one_sentence(desk: Desk) -> None:
    """The exchange's own refusal, and nothing is placed."""
    control = desk.paper.control.futures
    control.set_price(WORD, "10000")
    control.set_book(WORD, [("9999", "500")], [("10001", "500")])
    assert place(desk, "buy", "40", leverage=5).status is OrderStatus.FILLED
    order = place(desk, "buy", "0.9", leverage=125)  # Up to 300,000 USDT, and 400,000 are held
    assert order.status is OrderStatus.DENIED
    assert order.reason is not None
    assert f"leverage 125 of {SYMBOL}: -2027" in order.reason.message
    assert settings(desk)["leverage"] == 5


def test_a_cut_answer_to_a_setting_places_nothing_twice(desk: Desk) -> None:
    """The order waits, looks again and goes out once."""
    control = desk.paper.control.futures
    control.drop_after(None, method="POST", path="/fapi/v1/leverage")
    order = place(desk, "buy", "0.9", leverage=7)
    assert order.status is OrderStatus.INITIALIZED
    desk.sweep()
    assert desk.order(order.client_order_id).status is OrderStatus.FILLED
    assert settings(desk)["leverage"] == 7


def test_hedge_mode_has_two_positions(desk: Desk) -> None:
    """Each with a ledger, a fold and a profit of its own; together they are the wallet."""
    hedge(desk)
    for side, quantity, position_side in (
        ("buy", "0.9", "long"),
        ("sell", "0.7", "short"),
        ("sell", "0.6", "long"),
    ):
        order = place(desk, side, quantity, position_side=position_side)
        assert order.status is OrderStatus.FILLED
        assert differences(desk) == {}
    desk.deliver()
    long, short = desk.position(LONG), desk.position(SHORT)
    assert long is not None
    assert short is not None
    assert (long.net_quantity, short.net_quantity) == (D("0.3"), D("-0.7"))
    assert short.direction is PositionState.SHORT
    wallet = desk.paper.control.futures.wallet(uid=desk.uid)
    assert 1_000_000 + long.realized_pnl + short.realized_pnl == wallet


def test_both_positions_come_back_after_a_loss(desk: Desk) -> None:
    """A rebuild finds each under its own name, with nothing unexplained."""
    hedge(desk)
    place(desk, "buy", "0.9", position_side="long")
    place(desk, "sell", "0.7", position_side="short")
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    assert desk.position(LONG).net_quantity == D("0.9")
    assert desk.position(SHORT).net_quantity == D("-0.7")
    assert differences(desk) == {}


@pytest.mark.parametrize("is_hedged", [True, False])
def test_another_position_mode_is_one_sentence(desk: Desk, is_hedged: bool) -> None:
    """The order says both in hedge mode, or a side in one-way mode: nothing is placed."""
    if is_hedged:
        hedge(desk)
    order = place(desk, "buy", "0.9", **({} if is_hedged else {"position_side": "long"}))
    assert order.status is OrderStatus.DENIED
    assert order.reason is not None
    assert ("hedge mode" if is_hedged else "one-way mode") in order.reason.message
    assert [o for o in desk.paper.control.futures.orders() if o["uid"] == desk.uid] == []


def test_reducing_a_side_must_be_the_other_way(desk: Desk) -> None:
    """A buy cannot reduce a long position: one sentence, nothing placed."""
    hedge(desk)
    place(desk, "sell", "0.9", position_side="short")
    order = place(desk, "buy", "0.5", position_side="short", reduce_only=True)
    assert order.status is OrderStatus.FILLED
    wrong = place(desk, "buy", "0.6", position_side="long", reduce_only=True)
    assert wrong.status is OrderStatus.DENIED
