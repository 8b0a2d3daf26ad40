"""What a difference stream tells, to somebody who began with a query in between."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workers.paper_exchange.market.book import Resting
from workers.paper_exchange.market.market import Market
from workers.paper_exchange.streams.differences import Differences

BOOKS = st.dictionaries(st.integers(1, 8).map(Decimal), st.integers(1, 5).map(Decimal), max_size=6)
NAME = "btcusdt@depth"


def build_market() -> Market:
    nothing: Any = None
    return Market(nothing, nothing)


def quote(market: Market, asks: dict[Decimal, Decimal]) -> None:
    market.book.asks.clear_quotes()
    for price, size in asks.items():
        market.book.asks.add(Resting("SELL", price, size))
    market.update_id += 1


@given(st.lists(BOOKS, min_size=2, max_size=6), st.data())
def test_whoever_begins_with_a_query_in_between_ends_with_the_book(
    books: list[dict[Decimal, Decimal]], data: st.DataObject
) -> None:
    """Also where a level came and went, or went and came, since the stream was told."""
    market, differences = build_market(), Differences()
    quote(market, books[0])
    differences.begin(NAME, market)
    asked_after = data.draw(st.integers(0, len(books) - 1))
    for book in books[1:]:
        quote(market, book)
        differences.note(NAME, market)

    _, asks = differences.take(NAME, market)

    followed = books[asked_after] | dict(asks)
    assert {price: size for price, size in followed.items() if size} == books[-1]
    assert differences.take(NAME, market) == ({}, {})
