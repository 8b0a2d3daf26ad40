"""What everybody may ask of the futures market beyond what spot has too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workers.paper_exchange.api import market_data, tickers
from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import Json, number
from workers.paper_exchange.futures.market import Market, next_funding_ms
from workers.paper_exchange.futures.venue import Venue

#: What a ticker endpoint says about one contract.
_Row = Callable[[Venue, Market], Json]


def depth(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer the book, with the times that spot leaves out."""
    book = market_data.depth(venue, caller, parameters)
    assert isinstance(book, dict)
    now_ms = venue.clock()
    return {**book, "E": now_ms, "T": now_ms}


def by_limit(
    steps: tuple[tuple[int, int], ...], default: int
) -> Callable[[Mapping[str, str]], int]:
    """Return the weight of a list by its `limit`: that of the first step that holds it."""

    def weight(values: Mapping[str, str]) -> int:
        text = values.get("limit", str(default))
        limit = int(text) if text.isdigit() else default
        return next((weight for largest, weight in steps if limit <= largest), steps[-1][1])

    return weight


def one_or_all(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    """Return the weight of a question about one contract or about all."""
    return lambda values: one if "symbol" in values else every


def _rows(row: _Row, venue: Venue, parameters: Parameters) -> object:
    symbol = parameters.optional_symbol()
    parameters.finish()
    if symbol is not None:
        return row(venue, venue.market(symbol))
    return [row(venue, market) for market in venue.markets.values()]


def price_ticker(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return _rows(lambda v, m: {**tickers.price_row(v, m), "time": v.clock()}, venue, parameters)


def book_ticker(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return _rows(_book_row, venue, parameters)


def _book_row(venue: Venue, market: Market) -> Json:
    row = tickers.book_row(venue, market)
    return {**row, "time": venue.clock(), "lastUpdateId": market.update_id}


def day_ticker(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return _rows(_day_row, venue, parameters)


def _day_row(venue: Venue, market: Market) -> Json:
    spot_only = {"bidPrice", "bidQty", "askPrice", "askQty", "prevClosePrice"}
    row = tickers.day_row(venue, market)
    return {name: value for name, value in row.items() if name not in spot_only}


def premium_index(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer mark prices, and when funding is settled next and at which rate."""
    return _rows(_premium_row, venue, parameters)


def _premium_row(venue: Venue, market: Market) -> Json:
    now_ms = venue.clock()
    return {
        "symbol": market.rules.symbol,
        "markPrice": number(market.mark_price),
        "indexPrice": number(market.tape.last_price),
        "estimatedSettlePrice": number(market.mark_price),
        "lastFundingRate": number(market.funding_rate),
        "interestRate": "0.00010000",
        "nextFundingTime": next_funding_ms(now_ms),
        "time": now_ms,
    }


def funding_rates(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer the settled rates, oldest first: of a time span, or the newest."""
    symbol = parameters.optional_symbol()
    start_ms, end_ms = parameters.integer("startTime"), parameters.integer("endTime")
    limit = parameters.limit(100, 1000)
    parameters.finish()
    rows = [
        row
        for row in venue.ledger.funding
        if symbol in {None, row.symbol}
        and (start_ms is None or row.at_ms >= start_ms)
        and (end_ms is None or row.at_ms <= end_ms)
    ]
    return [
        {
            "symbol": row.symbol,
            "fundingRate": number(row.rate),
            "fundingTime": row.at_ms,
            "markPrice": number(row.mark_price),
        }
        for row in (rows[-limit:] if start_ms is None else rows[:limit])
    ]


def funding_info(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer no contract: all are funded every eight hours, within the usual bounds."""
    parameters.finish()
    return []
