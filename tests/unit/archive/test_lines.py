"""What goes into a line comes out of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from engine.archive.lines import (
    decode_order,
    decode_row,
    decode_signal,
    encode_order,
    encode_row,
    encode_signal,
    named,
    parse,
)
from engine.domain.events import Event, EventKind
from engine.domain.fill import LedgerRow
from engine.domain.order_status import OrderStatus
from engine.domain.signal import Signal, SignalRecord, SignalType
from tests.builders import NOW_MS, build_fill, build_order
from tests.unit.domain.ledger_rows import ledgers


@given(ledgers())
def test_rows_come_back_as_they_left(rows: list[LedgerRow]) -> None:
    """Every digit, and the number and epoch by which they are told apart."""
    for number, booked in enumerate(rows):
        row = replace(booked, ledger_epoch=number % 3)
        line = parse(encode_row(row, number, NOW_MS))
        assert line is not None
        left = decode_row(line)
        assert (left.row, left.number, left.ledger_epoch) == (row, number, number % 3)


def test_orders_come_back_with_their_timeline() -> None:
    """Body, fills and events, under the ids by which they are found."""
    order = build_order(status=OrderStatus.FILLED, exchange_order_id="77", fills=(build_fill(),))
    events = (Event(kind=EventKind.ORDER_SETTLED, at_ms=NOW_MS, message="ü\n", event_id="1-1"),)
    text = encode_order(order, events, NOW_MS)

    assert named("id", order.client_order_id) + b'"' in text
    assert named("exchange_order_id", "77") in text
    assert b"\n" not in text
    line = parse(text)
    assert line is not None
    left = decode_order(line)
    assert (left.order, left.timeline) == (order, events)


def test_signals_come_back() -> None:
    """The record as the store kept it."""
    record = SignalRecord(signal=Signal(symbol="BTC/USDT", signal_type=SignalType.LONG))
    line = parse(encode_signal("main:s1", record, NOW_MS))

    assert line is not None
    assert decode_signal(line).record == record
    assert decode_signal(line).signal_id == "main:s1"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"7", b'{"v":2}', b"{}", b"\x00\x00"])
def test_what_is_no_line_of_ours_is_passed_over(text: bytes) -> None:
    """Damaged, or written by a newer program."""
    assert parse(text) is None
