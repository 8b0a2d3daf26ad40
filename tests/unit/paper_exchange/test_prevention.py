"""Self-trade prevention: no account trades with itself, on either market."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from tests.unit.paper_exchange import futures_worlds, worlds
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures.orders import OrderRequest as ContractRequest
from workers.paper_exchange.futures.venue import Venue as FuturesVenue
from workers.paper_exchange.market.prevention import DEFAULT, MODES
from workers.paper_exchange.spot.order_request import OrderRequest
from workers.paper_exchange.spot.venue import Venue

BTC = "BTCUSDT"
PRICE = Decimal(60_000)
OWN, WANTED = Decimal("0.02"), Decimal("0.05")

#: mode -> how the resting and the incoming order end
OUTCOMES = {
    "EXPIRE_MAKER": ("EXPIRED_IN_MATCH", "NEW"),
    "EXPIRE_TAKER": ("NEW", "EXPIRED_IN_MATCH"),
    "EXPIRE_BOTH": ("EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"),
}


def spot() -> Venue:
    """Return a spot market whose crowd stands far away."""
    made = worlds.venue()
    made.crowd.quote(made.market(BTC), [(PRICE - 500, Decimal(1))], [(PRICE + 500, Decimal(1))])
    return made


def futures() -> FuturesVenue:
    """Return a contract whose crowd stands far away."""
    made = futures_worlds.venue()
    made.crowd.quote(made.market(BTC), [(PRICE - 500, Decimal(1))], [(PRICE + 500, Decimal(1))])
    return made


VENUES = pytest.mark.parametrize("made", [spot, futures], ids=["spot", "futures"])


def limit(made: Venue | FuturesVenue, side: str, quantity: Decimal, **words: object):
    """Return a request of the venue's market type."""
    kind = OrderRequest if isinstance(made, Venue) else ContractRequest
    values = {"symbol": BTC, "order_type": "LIMIT", "price": PRICE} | words
    return kind(side=side, quantity=quantity, **values)


def trades_of(made: Venue | FuturesVenue) -> Iterable[object]:
    rows = made.ledger.executions if isinstance(made, Venue) else made.ledger.trades
    return [row for of_one in rows.values() for row in of_one]


def self_trades(made: Venue | FuturesVenue) -> set[tuple[int, int]]:
    """Return uid and trade id of every trade of an account with itself."""
    seen, twice = set(), set()
    for row in trades_of(made):
        key = (row.uid, row.trade_id)
        (twice if key in seen else seen).add(key)
    return twice


def test_every_mode_has_an_outcome() -> None:
    """So that a mode added is a mode tested; the default is one of them."""
    assert set(OUTCOMES) == set(MODES)
    assert DEFAULT == "EXPIRE_MAKER"


@VENUES
@pytest.mark.parametrize("mode", sorted(MODES))
def test_the_incoming_orders_mode_decides(made, mode: str) -> None:
    """Nothing trades; who ends frees what it locked, who stays keeps its quantity."""
    venue = made()
    resting = venue.desk.place(1, limit(venue, "SELL", OWN)).order
    taking = venue.desk.place(1, limit(venue, "BUY", WANTED, self_trade_prevention=mode)).order
    states = [venue.ledger.order(order.key) for order in (resting, taking)]
    assert tuple(order.status for order in states) == OUTCOMES[mode]
    assert trades_of(venue) == []
    book = venue.market(BTC).book
    for order in states:
        assert (book.own_side(order.side).find(PRICE, order.key) is not None) == order.is_open


@VENUES
def test_without_a_word_the_resting_order_ends_and_the_others_trade(made) -> None:
    """Another account behind the own order is met; own orders behind the last match stay."""
    venue = made()
    own = venue.desk.place(1, limit(venue, "SELL", OWN)).order
    other = venue.desk.place(2, limit(venue, "SELL", WANTED)).order
    behind = venue.desk.place(1, limit(venue, "SELL", OWN)).order
    taking = venue.desk.place(1, limit(venue, "BUY", WANTED)).order
    states = [venue.ledger.order(order.key).status for order in (own, other, behind, taking)]
    assert states == ["EXPIRED_IN_MATCH", "FILLED", "NEW", "FILLED"]


@VENUES
def test_all_or_nothing_does_not_count_own_orders(made) -> None:
    """A FOK that only own orders could fill changes nothing but itself."""
    venue = made()
    own = venue.desk.place(1, limit(venue, "SELL", WANTED)).order
    wish = limit(venue, "BUY", WANTED, time_in_force="FOK")
    if isinstance(venue, Venue):
        assert venue.desk.place(1, wish).order.status == "EXPIRED"
    else:
        with pytest.raises(ApiError, match="FOK order has been rejected"):
            venue.desk.place(1, wish)
    assert venue.ledger.order(own.key).status == "NEW"


@VENUES
def test_a_market_may_be_set_to_let_them_trade(made) -> None:
    """As accounts did before the exchange made it a duty: both sides of one trade."""
    venue = made()
    market = venue.market(BTC)
    market.rules = replace(market.rules, self_trade_prevention="NONE")
    for side in ("SELL", "BUY"):
        venue.desk.place(1, limit(venue, side, OWN))
    assert len(self_trades(venue)) == 1


@settings(max_examples=40, deadline=None)
@given(steps=futures_worlds.STEPS)
def test_no_futures_account_ever_trades_with_itself(steps) -> None:
    """Whatever is placed, cancelled and woken."""
    venue = futures_worlds.venue()
    futures_worlds.apply(venue, steps, lambda world: None)
    assert self_trades(venue) == set()


@settings(max_examples=40, deadline=None)
@given(steps=worlds.STEPS)
def test_no_spot_account_ever_trades_with_itself(steps) -> None:
    """Whatever is placed, cancelled and woken."""
    venue = worlds.venue()
    worlds.apply(venue, steps)
    assert self_trades(venue) == set()
