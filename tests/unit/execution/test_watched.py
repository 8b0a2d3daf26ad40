"""The index entry of an order stands for its record in every comparison with the exchange."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.domain.watched import index_order, is_news
from engine.execution.looks.comparing import differs
from engine.execution.reconciliation import apply_absence, apply_report
from tests.builders import NOW_MS, build_order, build_report

S = OrderStatus
PLACED = [S.ACCEPTED, S.PARTIALLY_FILLED, S.EXPIRED, S.CANCELED, S.FILLED]


@st.composite
def reports(draw: st.DrawFn) -> OrderReport:
    """Draw anything that the exchange may say of one order of 1 BTC."""
    return build_report(
        status=draw(st.sampled_from(PLACED)),
        filled_quantity=Decimal(draw(st.integers(0, 4))) / 4,
        updated_at_ms=NOW_MS + draw(st.integers(0, 3)),
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Draw an order after some of its life, absences included."""
    order = build_order(status=S.SUBMITTED)
    for report in draw(st.lists(reports(), min_size=1, max_size=3)):
        order = apply_report(order, report, NOW_MS)
    return apply_absence(order, NOW_MS + 1) if draw(st.booleans()) else order


@given(orders(), reports())
def test_news_is_what_would_change_the_record(order: Order, report: OrderReport) -> None:
    """A look skips a record if, and only if, applying the report would change nothing."""
    changed = apply_report(order, report, NOW_MS) != order

    assert is_news(index_order(order), report) == changed


@given(orders())
def test_the_entry_says_what_the_record_says(order: Order) -> None:
    """Names, state and missing trades."""
    entry = index_order(order)

    assert entry.names == {(order.terms.symbol, order.exchange_order_id)}
    assert (entry.is_closed, entry.is_in_doubt) == (order.is_closed, order.is_in_doubt)
    lacks = order.filled_quantity < order.reported_filled_quantity
    assert entry.lacks_trades == (lacks or order.has_trades_beyond)


@given(orders(), reports())
def test_only_an_open_order_differs_from_a_list_of_open_ones(
    order: Order, report: OrderReport
) -> None:
    """A closed one that is still listed is old news: it is never written again for that."""
    listed = replace(report, status=S.ACCEPTED, filled_quantity=Decimal(0))
    entry = index_order(order)

    assert not (entry.is_closed and differs(entry, listed, "a1"))


def test_an_order_that_the_index_does_not_know_is_ours_by_its_mark() -> None:
    """In doubt or lost; a stranger's is left alone without a question to the store."""
    assert differs(None, build_report(), "a1")
    assert not differs(None, build_report(client_order_id="web_1234"), "a1")
    assert not differs(None, build_report(), "b2")
