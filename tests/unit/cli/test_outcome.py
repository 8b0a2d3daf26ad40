"""Exit codes: 0 done, 1 refused, 3 in doubt, for whoever placed or cancelled."""

from __future__ import annotations

import pytest

from engine.domain.end_reason import Reason
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from tests.builders import NOW_MS, build_order
from workers.cli.documents import Document, order_document, signal_document
from workers.cli.outcome import (
    SAME_ID,
    judge_cancel,
    judge_group,
    judge_placement,
    judge_resolution,
    judge_signal,
)

S = OrderStatus
REASON = Reason(code="A_CODE", message="a sentence")


def document(status: OrderStatus, settles_at_ms: int | None = NOW_MS) -> Document:
    """Return an order that came to `status` the usual way."""
    order: Order = build_order()
    if status not in {S.INITIALIZED, S.DENIED}:
        order = order.to(S.SUBMITTED)
    reason = REASON if status in {S.DENIED, S.REJECTED} else None
    return order_document(order.to(status, reason), settles_at_ms)


@pytest.mark.parametrize("status", list(S))
def test_every_status_has_one_exit_code_after_waiting(status: OrderStatus):
    """Denied and rejected are refusals; not sent and not answered are doubts; the rest is done."""
    outcome = judge_placement(document(status), waited=True)

    expected = 0
    if status in {S.DENIED, S.REJECTED}:
        expected = 1
    if status in {S.INITIALIZED, S.SUBMITTED}:
        expected = 3
    assert outcome.exit_code == expected
    assert bool(outcome.sentence) == bool(expected)


def test_a_refusal_is_told_with_its_reason():
    """The sentence on standard error is the reason."""
    assert judge_placement(document(S.DENIED), waited=True).sentence == "denied: A_CODE: a sentence"


def test_without_waiting_a_record_is_enough():
    """--no-wait: recorded is done; a denial is known at once all the same."""
    assert judge_placement(document(S.INITIALIZED), waited=False).exit_code == 0
    assert judge_placement(document(S.DENIED), waited=False).exit_code == 1


def test_a_doubt_says_what_to_do_and_by_when():
    """Do not place again; and the time, or that a person is needed."""
    with_time = judge_placement(document(S.SUBMITTED), waited=True).sentence
    without = judge_placement(document(S.SUBMITTED, None), waited=True).sentence

    assert SAME_ID in with_time
    assert "it settles by 2027-01-15T08:00:00.000Z" in with_time
    assert "only a person can settle it" in without


@pytest.mark.parametrize("status", sorted(OPEN))
def test_a_cancel_that_is_not_confirmed_is_a_doubt(status: OrderStatus):
    """Only after waiting: without it the wish is enough."""
    assert judge_cancel(document(status), waited=True).exit_code == 3
    assert judge_cancel(document(status), waited=False).exit_code == 0


def test_cancelling_what_ended_otherwise_is_refused():
    """Filled, expired, rejected: there is nothing to cancel."""
    for status in (S.FILLED, S.EXPIRED, S.REJECTED, S.DENIED):
        assert judge_cancel(document(status), waited=True).exit_code == 1


def test_a_cancelled_order_is_done_however_it_ended():
    """Cancelled at the exchange, or before it was ever sent."""
    unsent = build_order().to(S.DENIED, Reason(code="CANCELED"))

    assert judge_cancel(document(S.CANCELED), waited=True).exit_code == 0
    assert judge_cancel(order_document(unsent), waited=True).exit_code == 0


def test_a_cancel_in_doubt_is_remembered():
    """The sentence says that the wish survives."""
    outcome = judge_cancel(document(S.SUBMITTED), waited=True)

    assert outcome.exit_code == 3
    assert "carried out when the order is found" in outcome.sentence


def test_a_look_is_done_when_the_doubt_is_over():
    """However it ended."""
    assert judge_resolution(document(S.REJECTED)).exit_code == 0
    assert judge_resolution(document(S.SUBMITTED)).exit_code == 3


def test_a_signal_ends_as_its_order_or_its_denial_or_not_yet():
    """Three ends: the order's, refused, in doubt."""
    signal = Signal(symbol="BTC/USDT", signal_type=SignalType.LONG, key="k")
    ordered = SignalRecord(signal=signal, status=SignalStatus.ORDERED, client_order_id="aug")
    denied = SignalRecord(signal=signal, status=SignalStatus.DENIED, code="NO", message="no")
    received = SignalRecord(signal=signal)

    by_order = judge_signal(signal_document(ordered, document(S.FILLED)))
    in_doubt = judge_signal(signal_document(ordered, document(S.SUBMITTED)))

    assert (by_order.exit_code, in_doubt.exit_code) == (0, 3)
    assert judge_signal(signal_document(denied, None)).exit_code == 1
    not_yet = judge_signal(signal_document(received, None))
    assert not_yet.exit_code == 3
    assert SAME_ID in not_yet.sentence


@pytest.mark.parametrize(
    ("statuses", "exit_code", "words"),
    [
        ([S.FILLED, S.ACCEPTED, S.CANCELED], 0, ""),
        ([S.FILLED, S.DENIED, S.REJECTED], 1, "2 of 3 orders refused"),
        ([S.DENIED, S.SUBMITTED, S.FILLED], 3, "1 of 3 orders not sent or in doubt"),
        ([S.INITIALIZED], 3, SAME_ID),
    ],
)
def test_a_group_ends_as_its_worst_order(
    statuses: list[OrderStatus], exit_code: int, words: str
) -> None:
    """A doubt counts before a refusal, a refusal before what is done."""
    outcome = judge_group([document(status) for status in statuses], waited=True)
    assert outcome.exit_code == exit_code
    assert words in outcome.sentence
    assert bool(outcome.sentence) == bool(exit_code)
