"""A close in several orders of which one is denied, and the others are placed."""

from __future__ import annotations

import pytest

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.request import OrderIntent
from engine.domain.risk import Denied, Verdict
from engine.domain.signal import SignalRecord, SignalStatus, SignalType
from engine.risk.context import RiskContext
from engine.risk.gate import assess
from tests.desk import Desk
from tests.integration.futures.test_closing_in_pieces import closing_orders, hold
from tests.integration.futures.test_signals import own_orders, quantity, record_of, send, settle
from workers.cli.documents import order_document, signal_document
from workers.cli.outcome import judge_signal

T = SignalType
S = OrderStatus
NO = Denied(code="OWN_CHECK", message="this one is not liked")


def deny_piece(patch: pytest.MonkeyPatch, left: int) -> None:
    """Deny the order from which on so many share what is closed, as a check of a user's may."""

    def judge(intent: OrderIntent, seen: RiskContext) -> Verdict:
        return NO if intent.pieces == left else assess(intent, seen)

    patch.setattr("engine.execution.placing.intake.assess", judge)


@pytest.mark.parametrize(("left", "stays"), [(3, 60), (2, 80), (1, 100)])
def test_the_others_close_what_they_can(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, left: int, stays: int
) -> None:
    """The denial of one is no denial of the signal: it is ordered, and says what stays, and why.

    What the first would have closed those after it share, up to the largest order.
    """
    hold(desk, "buy", "300")
    deny_piece(monkeypatch, left)
    record = send(desk, T.CLOSE)
    assert record.status is SignalStatus.ORDERED
    assert "2 market orders" in record.message
    assert f"{stays} BTC stay: {NO.message}" in record.message
    assert quantity(desk) == stays
    told = judge_command(desk, record)
    assert told == (1, f"1 of 3 orders refused. The first: denied: OWN_CHECK: {NO.message}")

    monkeypatch.undo()
    assert send(desk, T.CLOSE, "again").status is SignalStatus.ORDERED
    assert quantity(desk) == 0


def judge_command(desk: Desk, record: SignalRecord) -> tuple[int, str]:
    """Return exit code and sentence of the command that sent the signal."""
    orders = [order_document(one) for one in group_of(desk, record)]
    exit_code, sentence = judge_signal(signal_document(record, orders[0]), orders)
    return int(exit_code), sentence


def group_of(desk: Desk, record: SignalRecord) -> list[Order]:
    return [one for one in closing_orders(desk) if one.group_id == record.client_order_id]


def test_a_repeat_adds_nothing_where_the_first_was_denied(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is spent by the group, though the order that bears it was never sent."""
    hold(desk, "buy", "300")
    deny_piece(monkeypatch, 3)
    record = send(desk, T.CLOSE)
    monkeypatch.undo()
    received = SignalRecord(signal=record.signal)  # As if the process had ended before the note
    desk.engine.store.save_signal("desk:wish", received, only_new=False)
    desk.messages.process_signal("desk", "desk:wish")
    again = settle(desk)
    assert (again.status, again.client_order_id) == (SignalStatus.ORDERED, record.client_order_id)
    assert quantity(desk) == 60


def test_a_reverse_whose_close_was_denied_in_part_opens_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are settled, and what stays keeps the other side shut."""
    hold(desk, "buy", "300")
    deny_piece(monkeypatch, 3)
    record = send(desk, T.REVERSE)
    assert (record.status, record.code) == (SignalStatus.DENIED, "NOT_CLOSED")
    assert "1 denied, 2 filled with 60 BTC left" in record.message
    assert quantity(desk) == 60
    assert len(own_orders(desk)) == 3, "one held it, two closed of it"


def test_no_piece_is_a_denial(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are denied: so is the signal, with the reason of the first."""
    hold(desk, "buy", "300")
    monkeypatch.setattr("engine.execution.placing.intake.assess", lambda *_: NO)
    record = send(desk, T.CLOSE)
    assert (record.status, record.code) == (SignalStatus.DENIED, NO.code)
    assert {one.status for one in closing_orders(desk)} == {S.DENIED}
    assert record_of(desk).message == NO.message


@pytest.mark.parametrize("held", ["40", "500"])
def test_a_lost_store_does_not_close_again_where_the_first_was_denied(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    """One order would do now, or five: the second of then says that the signal was acted on."""
    hold(desk, "buy", "300")
    deny_piece(monkeypatch, 3)
    send(desk, T.CLOSE)
    monkeypatch.undo()
    hold(desk, "buy", held)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    before = len(own_orders(desk))
    record = send(desk, T.CLOSE)
    assert (record.status, record.code) == (SignalStatus.DENIED, "KEY_CONFLICT")
    assert len(own_orders(desk)) == before
