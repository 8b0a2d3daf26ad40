"""Margin, leverage and brackets: what the account says, beside what we mean it to be."""

from __future__ import annotations

import json
from decimal import Decimal

from engine.domain.events import EventKind
from engine.domain.fill import RowKind
from engine.domain.order_status import OrderStatus
from engine.execution.reconciling import reconcile
from tests.contract.raw import signed
from tests.desk import Desk
from tests.integration.futures.test_conditional import control, differences
from tests.integration.futures.test_income import rows_of
from tests.integration.futures.test_trading import SYMBOL, WORD, trade
from tests.listening import Ear
from tests.waiting import eventually

D = Decimal
S = OrderStatus


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind is EventKind.ALARM]


def configure(desk: Desk, margin_mode: str) -> None:
    settings = json.loads(desk.config_path.read_text())
    settings["accounts"]["desk"]["margin_mode"] = margin_mode
    desk.config_path.write_text(json.dumps(settings))
    desk.restart_engine()


def test_a_margin_call_is_an_alarm(desk: Desk) -> None:
    """Told by the stream, and told to a person with the position's name."""
    control(desk).withdraw("USDT", 999_400, uid=desk.uid)
    assert trade(desk, "buy", "50", leverage=10) is S.FILLED
    with Ear(desk) as ear:
        ear.await_live()
        control(desk).set_mark_price(WORD, "88.5")
        eventually(lambda: any("margin call" in said for said in alarms(desk)), timeout_s=60)
    assert any(f"margin call: {SYMBOL} is near" in said for said in alarms(desk))


def test_leverage_beyond_the_bracket_is_refused_with_its_name(desk: Desk) -> None:
    """Before anything is changed or sent; the sentence says what is allowed."""
    control(desk).set_price(WORD, "10000")
    control(desk).set_book(WORD, [("9999", "500")], [("10001", "500")])
    desk.paper.control.clear_stats()
    terms = {"order_type": "limit", "price": "10000", "leverage": 125}
    name = desk.place(SYMBOL, "buy", quantity="40", **terms).client_order_id
    order = desk.deliver().order(name)
    assert order.status is S.DENIED
    assert order.reason is not None
    assert f"bracket 2 of {SYMBOL}" in order.reason.message
    assert "for a worth of 400000" in order.reason.message
    asked = desk.paper.control.stats()["requests"]
    assert "POST /fapi/v1/leverage" not in asked
    assert asked["GET /fapi/v1/leverageBracket"] == 1


def test_what_somebody_else_changed_is_told_and_left(desk: Desk) -> None:
    """Leverage and margin mode are compared by reconcile: one alarm each, and no change."""
    assert trade(desk, "buy", "0.9", leverage=5) is S.FILLED
    assert differences(desk) == {}
    assert alarms(desk) == []
    words = {"key": desk.key, "secret": "secret", "symbol": WORD, "leverage": "7"}
    assert signed(desk.paper, "POST", "/fapi/v1/leverage", **words).status == 200
    configure(desk, "isolated")
    for _ in range(2):
        reconcile.reconcile(desk.context)
    assert sorted(alarms(desk)) == [
        f"{SYMBOL} is held with leverage 7; it was ordered with 5",
        f"{SYMBOL} is held with margin mode cross, not isolated",
    ]
    account = control(desk).ledger()["accounts"][str(desk.uid)]
    assert account["settings"][WORD]["leverage"] == 7


def test_no_need_to_change_is_no_refusal(desk: Desk) -> None:
    """-4046 says that it is so already: somebody else was faster, and the order goes out."""
    configure(desk, "isolated")
    body = json.dumps({"code": -4046, "msg": "No need to change margin type."})
    control(desk).answer_status(
        400, body=body, command=None, method="POST", path="/fapi/v1/marginType"
    )
    assert trade(desk, "buy", "0.9") is S.FILLED


def test_what_the_insurance_fund_takes_is_a_row(desk: Desk) -> None:
    """A liquidation's clearance is named, and no difference is left."""
    trade(desk, "buy", "0.9")
    control(desk).liquidate(WORD, uid=desk.uid)
    assert differences(desk) == {}
    (row,) = [one for one in rows_of(desk, SYMBOL) if one.kind is RowKind.INSURANCE]
    assert row.note == "INSURANCE_CLEAR"
    assert row.quantity != 0


def test_margin_is_the_accounts_own_figure(desk: Desk) -> None:
    """The portfolio shows what the exchange says that positions and orders lock."""
    trade(desk, "buy", "1", leverage=4)
    account = signed(desk.paper, "GET", "/fapi/v3/account", key=desk.key, secret="secret").json
    stored = desk.context.store.find_portfolio()
    assert stored is not None
    assert stored.value.balances["USDT"].margin == D(account["totalInitialMargin"]) > 0
