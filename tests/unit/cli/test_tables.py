"""What people see: short ids, short times, numbers that a line can hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.events import Event, EventKind
from tests.builders import NOW_MS, build_fill, build_order
from workers.cli import tables
from workers.cli.documents import event_document, order_document
from workers.cli.ledger_documents import fill_document
from workers.cli.sheets import event_line, fill_line, order_sheet, order_words, sheet


def test_a_row_has_a_cell_for_each_column():
    """The id is its beginning, which every verb takes."""
    order = build_order()
    (row,) = tables.rows(tables.ORDERS, [order_document(order)])

    assert len(row) == len(tables.ORDERS) == len(tables.titles(tables.ORDERS))
    assert order.client_order_id.startswith(row[0])
    assert row[1:5] == ["01-15 08:00:00", "paper", "BTC/USDT", "buy limit"]


def test_a_fill_of_somebody_else_has_no_order_of_ours():
    """A dash stands for what is not there."""
    (row,) = tables.rows(tables.FILLS, [fill_document("paper", build_fill())])

    assert "-" in row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, None),
        ("5", "5"),
        ("0.12345678", "0.12345678"),
        ("1.123456789", "1.12345678…"),
        ("-0.00000000079", "-0.00000000079"),
        ("0.000000000790123", "0.0000000007901…"),
        ("-3.9197833921", "-3.91978339…"),
    ],
)
def test_long_numbers_are_cut_and_marked(text: str | None, shown: str | None):
    """Eight decimals, or the first four digits of a tiny number; never a zero that is none."""
    assert tables.round_for_people(text) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_a_cut_number_is_a_beginning_of_the_exact_one(value: Decimal):
    """Nothing is rounded up, and what was cut off is less than what is shown."""
    text = f"{value:f}"
    shown = tables.round_for_people(text)

    assert shown is not None
    assert text.startswith(shown.rstrip("…"))
    assert (Decimal(shown.rstrip("…")) == 0) == (value == 0)


def test_no_time_is_a_dash():
    """Zero means that it never happened."""
    assert tables.short_time(0) == tables.short_time(None) == "-"


def test_a_sheet_leaves_out_what_has_no_value():
    """Zero is a value; nothing is none."""
    assert sheet([("a", None), ("b", ""), ("c", 0), ("d", "x")]) == "c            0\nd            x"


def test_an_order_reads_as_a_sentence():
    """Side, quantity, symbol, type, price."""
    document = order_document(build_order())

    assert order_words(document) == "buy 1 BTC/USDT limit at 100"
    assert "buy 1 BTC/USDT limit at 100" in order_sheet(document)


def test_lines_of_a_timeline_and_of_fills():
    """One line each, with the numbers that a person looks for."""
    event = Event(
        kind=EventKind.ORDER_CHANGED, at_ms=NOW_MS, details={"before": "submitted"}, message="so"
    )
    fill = build_fill(fee=Decimal("0.1"), fee_currency="USDT")

    assert event_line(event_document(event)) == (
        "2027-01-15T08:00:00.000Z order_changed so before=submitted"
    )
    assert fill_line(fill_document("paper", fill)) == (
        "2027-01-15T08:00:00.000Z buy 1 at 100, fee 0.1 USDT (trade 1)"
    )
