"""What each market stream has been told so far, and what it is told next."""

from __future__ import annotations

from typing import Any, Protocol

from workers.paper_exchange.market.candles import Candle
from workers.paper_exchange.market.market import Market
from workers.paper_exchange.market.marketplace import Marketplace
from workers.paper_exchange.market.trades import Print

from .connection import Event, Payload
from .differences import Differences
from .market_events import Levels


class Outlet(Protocol):
    """Where events go."""

    def has(self, name: str) -> bool: ...
    def is_idle(self) -> bool: ...
    def names(self) -> list[str]: ...
    def push(self, name: str, event: Payload) -> None: ...


class Words(Protocol):
    """How a market type says each thing; a module of functions will do."""

    def trade(self, symbol: str, row: Print) -> Event: ...
    def aggregate_trade(self, symbol: str, row: Print) -> Event: ...
    def best_prices(self, market: Market, now_ms: int) -> Event: ...
    def partial_depth(self, market: Market, count: int, now_ms: int) -> Event: ...
    def depth_update(
        self, market: Market, first_id: int, bids: Levels, asks: Levels, now_ms: int
    ) -> Event: ...
    def candle(
        self, symbol: str, interval: str, row: Candle, is_closed: bool, now_ms: int
    ) -> Event: ...
    def day_ticker(self, venue: Marketplace[Any, Any], market: Market) -> Event: ...
    def mini_ticker(self, venue: Marketplace[Any, Any], market: Market) -> Event: ...


class Feeds:
    """Turns the state of the markets into events of the streams that somebody hears."""

    def __init__(self, venue: Marketplace[Any, Any], outlet: Outlet, words: Words) -> None:
        self._words = words
        self._venue = venue
        self._outlet = outlet
        self._seen_ids: dict[str, int] = {}  # Stream -> the book's update id it was told
        self._differences = Differences()
        self._best: dict[str, Event] = {}
        self._candles: dict[str, Candle] = {}
        self._fresh: set[str] = set()  # Streams that have been told nothing yet

    def begin(self, name: str) -> None:
        """Begin a stream; it is told the present state at the next turn."""
        market = self._market(name)
        self._fresh.add(name)
        if market is not None and "@depth" in name:
            self._seen_ids.setdefault(name, market.update_id)
            if not _count(name):
                self._differences.begin(name, market)

    def end(self, name: str) -> None:
        """Forget a stream that nobody hears any more."""
        for memory in (self._seen_ids, self._best, self._candles):
            memory.pop(name, None)
        self._differences.end(name)
        self._fresh.discard(name)

    def _market(self, name: str) -> Market | None:
        return self._venue.markets.get(name.partition("@")[0].upper())

    def on_print(self, symbol: str, row: Print) -> None:
        """Tell a public trade at once."""
        if self._outlet.is_idle():
            return
        lower = symbol.lower()
        if self._outlet.has(f"{lower}@trade"):
            self._outlet.push(f"{lower}@trade", self._words.trade(symbol, row))
        if self._outlet.has(f"{lower}@aggTrade"):
            self._outlet.push(f"{lower}@aggTrade", self._words.aggregate_trade(symbol, row))

    def on_commit(self) -> None:
        """Tell the best prices at once when they changed, and note which levels did."""
        if self._outlet.is_idle():
            return
        for name in self._differences.names():
            market = self._market(name)
            if market is not None:
                self._differences.note(name, market)
        for symbol, market in self._venue.markets.items():
            name = f"{symbol.lower()}@bookTicker"
            if self._outlet.has(name):
                self._push_best(name, market)

    def _push_best(self, name: str, market: Market) -> None:
        event = self._words.best_prices(market, self._venue.clock())
        told = self._best.get(name, {})
        if any(event[k] != told.get(k) for k in "bBaA"):
            self._best[name] = event
            self._outlet.push(name, event)

    def push_books(self) -> None:
        """Tell every depth stream what changed since the last turn."""
        now_ms = self._venue.clock()
        self.on_commit()
        for name in self._outlet.names():
            market = self._market(name)
            if market is None or "@depth" not in name:
                continue
            if market.update_id == self._seen_ids.get(name) and name not in self._fresh:
                continue
            self._push_book(name, market, now_ms)

    def _push_book(self, name: str, market: Market, now_ms: int) -> None:
        count = _count(name)
        first_id = self._seen_ids.get(name, market.update_id) + 1
        is_fresh = name in self._fresh
        self._fresh.discard(name)
        self._seen_ids[name] = market.update_id
        if count:
            self._outlet.push(name, self._words.partial_depth(market, int(count), now_ms))
            return
        if is_fresh and first_id > market.update_id:
            return
        bids, asks = self._differences.take(name, market)
        event = self._words.depth_update(market, first_id, bids, asks, now_ms)
        self._outlet.push(name, event)

    def push_by_the_second(self) -> None:
        """Tell what is told once a second."""
        self.push_tickers()
        self.push_candles()

    def push_tickers(self) -> None:
        """Tell the rolling day of every market that changed."""
        for name in self._outlet.names():
            kind = name.partition("@")[2]
            if name.startswith("!"):
                self._push_all_tickers(name)
            elif kind in {"ticker", "miniTicker"}:
                market = self._market(name)
                if market is not None and self._is_news(name, market):
                    self._outlet.push(name, self._ticker(market, kind))

    def _is_news(self, name: str, market: Market) -> bool:
        is_news = name in self._fresh or self._seen_ids.get(name) != market.update_id
        self._fresh.discard(name)
        self._seen_ids[name] = market.update_id
        return is_news

    def _ticker(self, market: Market, kind: str) -> Event:
        make = self._words.day_ticker if kind == "ticker" else self._words.mini_ticker
        return make(self._venue, market)

    def _push_all_tickers(self, name: str) -> None:
        kind = name[1:].partition("@")[0]
        changed = [
            self._ticker(market, kind)
            for symbol, market in self._venue.markets.items()
            if self._is_news(f"{name}{symbol}", market)
        ]
        if changed:
            self._outlet.push(name, changed)

    def push_candles(self) -> None:
        """Tell the candle in progress, after the one that has just closed."""
        for name in self._outlet.names():
            market = self._market(name)
            _, _, interval = name.partition("@kline_")
            if market is not None and interval:
                self._push_candle(name, market, interval)

    def _push_candle(self, name: str, market: Market, interval: str) -> None:
        now_ms, symbol = self._venue.clock(), market.rules.symbol
        rows = market.tape.candles.read(interval, now_ms, start_ms=None, end_ms=None, limit=2)
        told = self._candles.get(name)
        if not rows or rows[-1] == told:
            return
        if told is not None and len(rows) == 2 and rows[0].open_ms == told.open_ms:
            closed = self._words.candle(symbol, interval, rows[0], True, now_ms)
            self._outlet.push(name, closed)
        self._candles[name] = rows[-1]
        self._outlet.push(name, self._words.candle(symbol, interval, rows[-1], False, now_ms))


def _count(name: str) -> str:
    """Return how many levels a depth stream tells whole; "": it tells differences."""
    return name.split("@")[1].removeprefix("depth")
