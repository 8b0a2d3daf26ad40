"""The markets of one type and the paths that their prices walk, under one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Generic, TypeVar

import orjson

from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.errors import order_refused
from workers.paper_exchange.limits import Limits

from .books import Books
from .candle_series import CandleSeries
from .candles import Candle, synthetic_past
from .crowd import Crowd, quotes_around
from .floor import Floor
from .market import Market, RestingOrder, load_market
from .order_index import IndexedOrder
from .replay import Tick
from .rules import MarketRules
from .sight import Sight
from .tape import Tape
from .walk import Path, Replay, Walk

#: The text of the ledger that says when its candles begin.
_STARTED = "started_at_ms"

M = TypeVar("M", bound=Market)
O = TypeVar("O", bound=IndexedOrder)  # noqa: E741 - an order, whatever its market type


class Marketplace(Sight[O], Generic[M, O]):
    """Moves the markets of one type, and continues where an earlier run left them."""

    ledger: Books[O]
    limits: Limits

    def __init__(
        self,
        ledger: Books[O],
        floor: Floor,
        markets: dict[str, M],
        *,
        seed: int,
        clock: ExchangeClock,
    ) -> None:
        super().__init__(ledger, markets, clock)
        self.seed = seed
        self.clock = clock
        self.started_at_ms = clock()
        self.markets = markets
        self.crowd = Crowd(floor)
        self.paths: dict[str, Path] = {}

    def open_market(self, market: M) -> None:
        """Open a market at its start price, with its book filled by the crowd."""
        rules, symbol = market.rules, market.rules.symbol
        self.markets[symbol] = market
        self.paths[symbol] = Walk(float(rules.start_price))
        self.crowd.quote(market, *quotes_around(market, rules.start_price, self._dice(symbol)))

    def market(self, symbol: str) -> M:
        """Return the market; -1121 when there is none."""
        return load_market(self.markets, symbol)

    def new_tape(self, rules: MarketRules) -> Tape:
        """Return the tape of a new market, with a past that is made when somebody asks."""
        return Tape(rules.start_price, CandleSeries(self._past_of(rules)))

    def replay(self, symbol: str, ticks: list[Tick]) -> None:
        """Let a market follow the rows of a file, beginning at the first one's price."""
        self.paths[symbol] = Replay(ticks)
        self.paths[symbol].step(self.markets[symbol], self.crowd, self._dice(symbol))

    def _dice(self, symbol: str) -> random.Random:
        """Return the dice of a market's next move: the seed and the count of moves decide."""
        throw = self.ledger.next_id(symbol, "dice")
        return random.Random(f"{self.seed}/{symbol}/{throw}")

    def _past_of(self, rules: MarketRules) -> Callable[[], list[Candle]]:
        def past() -> list[Candle]:
            rng = random.Random(f"{self.seed}/{rules.symbol}/past")
            return synthetic_past(rng, rules.start_price, rules.tick_size, self.started_at_ms)

        return past

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move a market; its five-minute average becomes the new price too."""
        market = self.markets[symbol]
        market.tape.forget_average()
        self.crowd.move(market, price, self._dice(symbol))
        self.paths[symbol].moved_to(float(price))
        self._keep_position(market)

    def fill(self, order: RestingOrder, quantity: Decimal) -> None:
        """Let the crowd trade with an open order at its own price."""
        market = self.markets[order.key[0]]
        resting = market.book.own_side(order.side).find(order.price, order.key)
        if resting is None:
            raise order_refused("The order is not in the book.")
        if quantity > resting.remaining:
            raise order_refused(f"The order has only {resting.remaining} left.")
        self.crowd.fill(market, resting, quantity)

    def tick(self) -> None:
        """Move every market by one step of its path."""
        for market in self.markets.values():
            symbol = market.rules.symbol
            self.paths[symbol].step(market, self.crowd, self._dice(symbol))
            self._keep_position(market)

    def _keep_position(self, market: M) -> None:
        """Let the ledger keep where the market stands, for the next run."""
        symbol = market.rules.symbol
        path = orjson.dumps(self.paths[symbol].state())
        self.ledger.set_text(f"path/{symbol}", path.decode())
        minute = market.tape.candles.live_minute()
        if minute is not None:
            name = f"minute/{symbol}/{minute.open_ms}"
            self.ledger.set_text(name, orjson.dumps(minute, default=str).decode())

    def keep_start(self) -> None:
        """Let the ledger keep when the candles begin."""
        self.ledger.set_text(_STARTED, str(self.started_at_ms))

    def resume_start(self) -> None:
        """Begin the candles when the loaded ledger says; leave the books to users' orders."""
        if _STARTED not in self.ledger.texts:
            self.keep_start()
        self.started_at_ms = int(self.ledger.texts[_STARTED])
        for market in self.markets.values():
            market.book.bids.clear_quotes()
            market.book.asks.clear_quotes()

    def resume_paths(self) -> None:
        """Continue every market's candles and price where the loaded ledger stands."""
        texts = self.ledger.texts
        for symbol, market in self.markets.items():
            prefix = f"minute/{symbol}/"
            minutes = sorted(name for name in texts if name.startswith(prefix))
            market.tape.candles.load(_candle(orjson.loads(texts[name])) for name in minutes)
            self._resume_market(market)

    def _resume_market(self, market: M) -> None:
        symbol, texts = market.rules.symbol, self.ledger.texts
        price = Decimal(texts.get(f"price/{symbol}", market.tape.last_price))
        if f"path/{symbol}" in texts:
            self.paths[symbol].resume(orjson.loads(texts[f"path/{symbol}"]))
        market.tape.last_price = price
        # Dice of its own: a restart must not change the moves that follow
        dice = random.Random(f"{self.seed}/{symbol}/{price}")
        self.crowd.requote(market, *quotes_around(market, price, dice))


def _candle(values: dict[str, Any]) -> Candle:
    for name in ("open", "high", "low", "close", "volume", "turnover"):
        values[name] = Decimal(values[name])
    return Candle(**values)
