"""Reports and trades, shuffled, repeated, delayed: one end."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.end_reason import Reason
from engine.domain.events import EventKind, describe_change
from engine.domain.fill import Fill
from engine.domain.identity import cancel_id
from engine.domain.order import Order
from engine.domain.order_status import KNOWLEDGE, TERMINAL, TRANSITIONS, OrderStatus
from engine.domain.report import OrderReport
from engine.execution.reconciliation import (
    ForeignReport,
    apply_absence,
    apply_fills,
    apply_refusal,
    apply_report,
    belongs,
)
from tests.builders import NOW_MS, build_fill, build_order, build_report

S = OrderStatus
News = OrderReport | Fill


def submitted(**changes: object) -> Order:
    return build_order(status=S.SUBMITTED, nonce="n", signed_at_ms=NOW_MS, **changes)


def apply(order: Order, news: News, at_ms: int = NOW_MS) -> Order:
    if isinstance(news, Fill):
        return apply_fills(order, [news], at_ms)
    return apply_report(order, news, at_ms)


def outcome(order: Order) -> tuple[object, ...]:
    """Return what must not depend on the order of arrival."""
    return (
        order.status,
        order.exchange_order_id,
        order.fills,
        order.reported_filled_quantity,
        order.exchange_updated_at_ms,
        order.is_settled,
    )


@st.composite
def lives(draw: st.DrawFn) -> list[News]:
    """Draw the whole life of one order of 1 BTC: its trades and the reports after each."""
    parts = draw(st.lists(st.integers(1, 40), max_size=6))
    quantities = [Decimal(part) / 100 for part in parts]
    while sum(quantities) > 1:
        quantities.pop()
    news: list[News] = [build_report()]
    filled = Decimal(0)
    for number, quantity in enumerate(quantities, start=1):
        filled += quantity
        at_ms = NOW_MS + number
        news.append(
            build_fill(
                trade_id=str(number),
                quantity=quantity,
                price=Decimal(100 + number),
                executed_at_ms=at_ms,
            )
        )
        status = S.FILLED if filled == 1 else S.PARTIALLY_FILLED
        news.append(build_report(status=status, filled_quantity=filled, updated_at_ms=at_ms))
    if filled < 1:
        end = draw(st.sampled_from([S.CANCELED, S.EXPIRED, None]))
        if end is not None:
            ended = build_report(status=end, filled_quantity=filled, updated_at_ms=NOW_MS + 99)
            if draw(st.booleans()):
                ended = replace(ended, client_order_id=cancel_id(ended.client_order_id or ""))
            news.append(ended)
    return news


@given(lives(), st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_arrival_of_a_life_ends_the_same(life: list[News], random: object, copies: int) -> None:
    """The exchange may repeat itself and speak out of turn; the order does not care."""
    straight = submitted()
    for news in life:
        straight = apply(straight, news)
    shuffled = life * copies
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    jumbled = submitted()
    for number, news in enumerate(shuffled):
        before, jumbled = jumbled, apply(jumbled, news, NOW_MS + number)
        assert KNOWLEDGE[jumbled.status] >= KNOWLEDGE[before.status]
        assert jumbled.reported_filled_quantity >= before.reported_filled_quantity
    assert outcome(jumbled) == outcome(straight)


@given(lives(), st.data())
def test_lost_reports_do_not_lose_fills(life: list[News], data: st.DataObject) -> None:
    """Whatever reports are missing, the trades alone make the quantity."""
    heard = [news for news in life if isinstance(news, Fill) or data.draw(st.booleans())]
    order = submitted()
    for news in heard:
        order = apply(order, news)
    assert order.filled_quantity == sum(
        (news.quantity for news in life if isinstance(news, Fill)), Decimal(0)
    )


@given(lives(), st.randoms(use_true_random=False))
def test_every_fill_is_told_once(life: list[News], random: object) -> None:
    """The events of all changes hold each trade exactly once."""
    shuffled = life * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    order, told = submitted(), []
    for news in shuffled:
        before, order = order, apply(order, news)
        told += [
            event.details["trade_id"]
            for event in describe_change(before, order, NOW_MS)
            if event.kind is EventKind.ORDER_FILLED
        ]
    assert sorted(told) == sorted(news.trade_id for news in life if isinstance(news, Fill))


@given(lives())
def test_the_same_news_again_is_no_news(life: list[News]) -> None:
    """A record that would not change is not written: applying again returns an equal order."""
    order = submitted()
    for news in life:
        order = apply(order, news)
    for news in life:
        assert apply(order, news, NOW_MS + 10_000) == order


@pytest.mark.parametrize("late", [S.ACCEPTED, S.PARTIALLY_FILLED, S.CANCELED, S.FILLED])
def test_proof_beats_not_placed(late: OrderStatus) -> None:
    """NOT_PLACED is an inference: an order that shows up after all is adopted and alarmed."""
    gone = apply_refusal(submitted(), Reason(code="NOT_PLACED"), NOW_MS)
    filled = Decimal(1) if late is S.FILLED else Decimal(0)
    found = apply_report(gone, build_report(status=late, filled_quantity=filled), NOW_MS + 1)
    assert found.status is late
    assert found.contradicted
    assert EventKind.ALARM in {event.kind for event in describe_change(gone, found, NOW_MS)}


def test_proof_beats_our_own_denial() -> None:
    """A claim that the store lost: the order that we called denied works at the exchange."""
    denied = build_order(status=S.DENIED, reason=Reason(code="STALE"))
    found = apply_report(denied, build_report(), NOW_MS + 1)
    assert found.status is S.ACCEPTED
    assert EventKind.ALARM in {event.kind for event in describe_change(denied, found, NOW_MS)}


def test_a_refusal_after_proof_is_ignored() -> None:
    """A late no to a request cannot bury an order that the exchange has shown."""
    order = apply_report(submitted(), build_report(), NOW_MS)
    assert apply_refusal(order, Reason(code="-2010"), NOW_MS) == order


def test_absence_before_the_last_news_counts_nothing() -> None:
    """An answer to a question asked before the news knows less than the news."""
    order = apply_report(submitted(), build_report(), NOW_MS)
    assert apply_absence(order, NOW_MS) == order
    assert apply_absence(order, NOW_MS + 1).absences == 1


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_absence_never_changes_a_closed_order(status: OrderStatus) -> None:
    """Final is final against silence."""
    order = build_order(status=status)
    assert apply_absence(order, NOW_MS + 1) == order


def test_a_settled_order_has_all_its_trades() -> None:
    """Closed is not settled: the exchange says 1 was filled, and no trade is booked yet."""
    order = apply_report(submitted(), build_report(status=S.FILLED, filled_quantity=Decimal(1)), 1)
    assert order.is_closed
    assert not order.is_settled
    assert apply_fills(order, [build_fill()], 2).is_settled


def test_a_report_of_another_order_is_refused() -> None:
    """Identity is checked before anything is believed."""
    order = apply_report(submitted(), build_report(), NOW_MS)
    other = build_report(exchange_order_id="78")
    assert not belongs(order, other)
    with pytest.raises(ForeignReport):
        apply_report(order, other, NOW_MS)
    with pytest.raises(ForeignReport):
        apply_fills(order, [build_fill(exchange_order_id="78")], NOW_MS)


def test_two_rows_of_one_trade_are_two_fills() -> None:
    """A self-trade has one trade id and two rows; each belongs to its own order."""
    buy, sell = build_fill(), build_fill(exchange_order_id="78")
    assert buy.row_id != sell.row_id


def test_an_order_by_quote_amount_ends_by_the_exchanges_word_only() -> None:
    """Its quantity is only known from its fills, so equal figures prove nothing."""
    order = submitted()
    order = replace(order, terms=replace(order.terms, quantity=None, quote_quantity=Decimal(100)))
    half = build_report(
        status=S.PARTIALLY_FILLED, quantity=Decimal("0.5"), filled_quantity=Decimal("0.5")
    )
    order = apply_report(order, half, NOW_MS)
    assert order.status is S.PARTIALLY_FILLED
    whole = build_report(status=S.FILLED, filled_quantity=Decimal(1))
    assert apply_report(order, whole, NOW_MS).status is S.FILLED


def test_the_table_allows_every_step_towards_more_knowledge_from_the_exchange() -> None:
    """Whatever the exchange may prove is reachable from whatever we may believe."""
    proven = [S.ACCEPTED, S.PARTIALLY_FILLED, S.EXPIRED, S.CANCELED, S.FILLED]
    for current in S:
        for target in proven:
            if KNOWLEDGE[target] > KNOWLEDGE[current]:
                assert target in TRANSITIONS[current], (current, target)


def test_the_same_number_in_another_symbol_is_another_order() -> None:
    """Binance spot counts orders per symbol: order 77 of ETH/USDT is not our 77 of BTC/USDT."""
    order = apply(submitted(), build_report())

    assert not belongs(order, build_report(symbol="ETH/USDT"))
    with pytest.raises(ForeignReport):
        apply(order, build_report(symbol="ETH/USDT"))
    with pytest.raises(ForeignReport):
        apply(order, build_fill(symbol="ETH/USDT"))


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=6))
def test_an_order_has_the_trades_of_the_newest_ledger(epochs: list[int]) -> None:
    """A reset gives old numbers again: rows of before never stand beside those of after."""
    order = submitted()
    for epoch in epochs:
        order = apply_fills(order, [build_fill(quantity=Decimal("0.5"), ledger_epoch=epoch)], 1)
    assert [fill.ledger_epoch for fill in order.fills] == [max(epochs)]


@given(st.permutations([("0.4", "40"), ("0.4", None), ("0.9", "90"), ("0.9", None)]))
def test_the_reported_cost_is_of_the_largest_quantity(
    told: list[tuple[str, str | None]],
) -> None:
    """Whatever order the reports come in, and whether each of them tells it."""
    order = submitted()
    for filled, cost in told:
        news = build_report(
            status=S.PARTIALLY_FILLED,
            filled_quantity=Decimal(filled),
            filled_cost=None if cost is None else Decimal(cost),
        )
        order = apply_report(order, news, 1)
    assert order.reported_filled_cost == 90
    assert order.lacks_trades
    assert not apply_fills(order, [build_fill(quantity=Decimal("0.9"))], 1).lacks_trades
    dear = build_fill(quantity=Decimal("0.9"), price=Decimal(101))
    assert apply_fills(order, [dear], 1).lacks_trades


@pytest.mark.parametrize("status", [S.CANCELED, S.EXPIRED])
def test_an_end_that_tells_less_than_the_trades_settles_nothing(status: OrderStatus) -> None:
    """Its word is older than the trades; the next one that agrees settles the order."""
    told = apply_report(submitted(), build_report(status=status, filled_quantity=Decimal("0.4")), 1)
    booked = apply_fills(told, [build_fill(quantity=Decimal("0.6"))], 1)
    assert booked.is_closed
    assert not booked.lacks_trades
    assert booked.has_trades_beyond
    assert not booked.is_settled
    again = build_report(status=status, filled_quantity=Decimal("0.6"), filled_cost=None)
    assert apply_report(booked, again, 1).is_settled


def test_trades_that_fill_an_order_whole_need_no_report() -> None:
    """Nothing can follow: the exchange's own word may be lost."""
    booked = apply_fills(submitted(), [build_fill(quantity=Decimal(1))], 1)
    assert booked.status is S.FILLED
    assert booked.is_settled
