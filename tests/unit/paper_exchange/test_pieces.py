"""The pure pieces: matching, books, candles, limits, parameters and replays."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.control.faults import RequestFault, RequestFaults
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.limits import Limits
from workers.paper_exchange.market.book import BookSide, Resting
from workers.paper_exchange.market.candle_series import CandleSeries
from workers.paper_exchange.market.candles import INTERVALS, bucket_end, bucket_start
from workers.paper_exchange.market.matching import (
    floor_to,
    match_quantity,
    match_quote,
    matched_quantity,
    matched_quote,
)
from workers.paper_exchange.market.replay import ReplayError, read_ticks
from workers.paper_exchange.spot.symbols import rules_from_price
from workers.paper_exchange.streams.market_events import changed_levels

STEP = D("0.001")
PRICES = st.integers(1, 50).map(D)
SIZES = st.integers(1, 5000).map(lambda n: n * STEP)
OFFERS = st.lists(st.tuples(PRICES, SIZES), max_size=12)


def asks(offers):
    side = BookSide("SELL")
    for price, size in offers:
        side.add(Resting("SELL", price, size))
    return side


@given(OFFERS, SIZES)
def test_matching_takes_the_best_first_and_no_more_than_asked(offers, wanted):
    """Prices never fall along a match; the sum is the lesser of wish and book."""
    matches = match_quantity(asks(offers), wanted)
    prices = [m.resting.price for m in matches]
    assert prices == sorted(prices)
    assert matched_quantity(matches) == min(wanted, sum((q for _, q in offers), D(0)))


@given(OFFERS, st.integers(1, 100_000).map(lambda n: D(n) / 100))
def test_matching_in_quote_spends_all_that_buys_a_step(offers, quote):
    """What is left of the quote does not pay for another step, unless the book is empty."""
    side = asks(offers)
    matches = match_quote(side, quote, STEP)
    spent = matched_quote(matches)
    assert spent <= quote
    assert all(m.quantity % STEP == 0 for m in matches)
    if matched_quantity(matches) < sum((q for _, q in offers), D(0)):
        taken = {id(m.resting): m.quantity for m in matches}
        following = next(r for r in side if taken.get(id(r), D(0)) < r.remaining)
        assert quote - spent < following.price * STEP


@given(OFFERS)
def test_a_book_side_forgets_what_is_removed(offers):
    """Levels are sums, and an emptied price is gone."""
    side = asks(offers)
    levels = dict(side.levels(100))
    for price in {p for p, _ in offers}:
        assert levels[price] == sum((q for p, q in offers if p == price), D(0))
    side.clear_quotes()
    assert side.best() is None
    assert side.levels(5) == []


@given(st.dictionaries(PRICES, SIZES), st.dictionaries(PRICES, SIZES))
def test_differences_turn_one_book_into_the_next(before, after):
    """Applying the changed levels, where zero takes a level out, gives the new book."""
    book = dict(before)
    for price, size in changed_levels(before, after).items():
        if size:
            book[price] = size
        else:
            del book[price]
    assert book == after


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(sorted(INTERVALS)))
def test_candles_tile_time(time_ms, interval):
    """Every moment is in exactly one candle of each interval."""
    open_ms = bucket_start(time_ms, interval)
    assert open_ms <= time_ms < bucket_end(open_ms, interval)
    assert bucket_start(open_ms, interval) == open_ms
    assert bucket_start(bucket_end(open_ms, interval), interval) == bucket_end(open_ms, interval)


TRADES = st.lists(st.tuples(st.integers(0, 9_000_000), PRICES, SIZES), min_size=1, max_size=40)


@given(TRADES, st.sampled_from(["1s", "1m", "5m", "1h", "1d"]))
def test_candles_are_their_trades(trades, interval):
    """Volume and turnover are sums; the ends are the first and last price; no gap is left."""
    series = CandleSeries(list)
    ordered = sorted(trades, key=lambda t: t[0])
    for time_ms, price, size in ordered:
        series.add(time_ms, price, size)
    end_ms = ordered[-1][0]
    rows = series.read(interval, end_ms, start_ms=0, end_ms=None, limit=10_000)
    assert sum(c.volume for c in rows) == sum(q for _, _, q in trades)
    assert sum(c.turnover for c in rows) == sum(p * q for _, p, q in trades)
    assert rows[0].open == ordered[0][1]
    assert rows[-1].close == ordered[-1][1]
    assert max(c.high for c in rows) == max(p for _, p, _ in trades)
    assert [c.open_ms for c in rows[1:]] == [bucket_end(c.open_ms, interval) for c in rows[:-1]]


def test_a_ban_doubles():
    """Each ban is twice the last, up to the longest."""
    limits = Limits()
    limits.weight_per_minute, limits.ban_after_ignored = 1, 0
    limits.longest_ban_ms = 200_000
    now_ms, lengths = 60_000_000, []
    for _ in range(3):
        with pytest.raises(ApiError) as raised:
            limits.spend("a", 2, now_ms)
        assert raised.value.status == 418
        assert raised.value.retry_after_s is not None
        lengths.append(raised.value.retry_after_s)
        now_ms += 600_000
    assert lengths == [120, 200, 200]


def test_windows_are_fixed():
    """What was used before the full minute does not count after it."""
    limits = Limits()
    limits.spend("a", 10, 119_999)
    assert limits.used_weight("a", 119_999) == 10
    assert limits.used_weight("a", 120_000) == 0
    assert limits.used_weight("b", 119_999) == 0


def read_decimal(text):
    """Return the number that a parameter holds, or the refusal."""
    try:
        return Parameters({"quantity": text}).decimal("quantity")
    except ApiError as error:
        return error


@given(st.one_of(st.text(max_size=30), st.decimals().map(str), st.floats().map(str)))
def test_any_text_as_a_number_is_a_number_or_a_refusal(text):
    """A decimal parameter is finite and at most eight digits deep, or refused by name."""
    number = read_decimal(text)
    if isinstance(number, ApiError):
        assert number.code in {-1100, -1105, -1111}
        assert "quantity" in number.message
    else:
        assert number.is_finite()
        assert number == D(text) == round(number, 8)


@given(st.decimals("0.00001", "500000", places=5))
def test_invented_markets_fit_the_balances(price):
    """A price step and a quantity step of any market multiply to eight digits at most."""
    rules = rules_from_price("FOO", "BAR", price)
    product = rules.tick_size * rules.step_size
    assert product == round(product, 8)
    assert floor_to(rules.start_price, rules.tick_size) == rules.start_price > 0


@given(st.integers(0, 5), st.integers(1, 5), st.integers(0, 20))
def test_a_rule_skips_then_strikes_so_often(skip, count, requests):
    """The first `skip` requests pass, the next `count` do not, the rest pass."""
    faults = RequestFaults()
    faults.add(RequestFault(skip=skip, count=count))
    asked = {"method": "GET", "path": "/", "command": "", "key": "", "values": {}}
    struck = [faults.find(**asked) is not None for _ in range(requests)]
    assert struck == [skip <= n < skip + count for n in range(requests)]


def test_candles_and_trades_are_replayed(tmp_path):
    """A candle is four steps, nearer extreme first; a trade is one."""
    candles = tmp_path / "candles.csv"
    candles.write_text("time_ms,open,high,low,close,volume\n1,10,12,9,11,4\n")
    assert [t.price for t in read_ticks(candles)] == [10, 9, 12, 11]
    trades = tmp_path / "trades.csv"
    trades.write_text("price,quantity\n10,1\n11,2\n")
    assert [(t.price, t.quantity) for t in read_ticks(trades)] == [(10, 1), (11, 2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs a header"),
        ("a,b\n1,2\n", "needs a header"),
        ("price,quantity\n", "has no rows"),
        ("price,quantity\n1,nan\n", "line 2: quantity 'nan'"),
        ("price,quantity\n1,1\n-5,1\n", "line 3: price '-5'"),
        ("price,quantity\n1\n", "line 2: quantity"),
    ],
)
def test_a_bad_replay_is_one_sentence(tmp_path, text, words):
    """A file that cannot be replayed is refused with its line."""
    path = tmp_path / "BTCUSDT.csv"
    path.write_text(text)
    with pytest.raises(ReplayError, match=words):
        read_ticks(path)
