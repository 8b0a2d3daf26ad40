"""The exchange of a world: the paper exchange's own books and answers, without a wire.

A request is judged when it arrives, by the exchange's clock; where the account is not a paper
one, what was taken in may act a little later still, as real engines do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import orjson

from engine.domain.identity import original_id
from engine.exchange.raw_answer import RawAnswer
from tests.simulation import contracts
from tests.simulation.contracts import Conditional
from tests.simulation.scheduler import Scheduler
from workers.paper_exchange.api.endpoint import Access, Caller, Endpoint
from workers.paper_exchange.api.endpoints import BY_PATH
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import number
from workers.paper_exchange.api.security import check_time
from workers.paper_exchange.api.tickers import book_row
from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures import events as futures_events
from workers.paper_exchange.futures import orders as futures
from workers.paper_exchange.spot import orders as spot
from workers.paper_exchange.spot.accounts import ApiKey
from workers.paper_exchange.spot.events import UserEvent
from workers.paper_exchange.spot.symbols import SymbolRules
from workers.paper_exchange.spot.venue import Venue

_SECURITY = frozenset({"timestamp", "recvWindow"})
_TICKER = "/api/v3/ticker/24hr"

START_PRICE = Decimal(100)
FIRST = {"USDT": Decimal(1_000_000), "BTC": Decimal(500), "ETH": Decimal(500)}
BASES = ("BTC", "ETH")
TICK = Decimal("0.01")
#: Of a spot symbol, as on the real market: an entry whose stop finds no room must be denied.
MOST_STOPS = 5

#: An order on any market, as the exchange keeps it.
Order: TypeAlias = spot.Order | futures.Order | Conditional


@dataclass(frozen=True, kw_only=True)
class There:
    """What the exchange says of one order, whatever its market."""

    name: str  # The client id under which it came
    symbol: str
    ids: tuple[str, ...]  # One; two of a conditional order that was triggered
    status: str
    filled_quantity: Decimal
    trade_ids: tuple[str, ...]
    is_renamed: bool = False  # Its end gave it an id of somebody else's


class ExchangeTime(ExchangeClock):
    """The exchange's own clock on a world's time."""

    def __init__(self, scheduler: Scheduler, ahead_ms: int) -> None:
        super().__init__()
        self.offset_ms = ahead_ms
        self._scheduler = scheduler

    def __call__(self) -> int:
        return self._scheduler.now_ms + self.offset_ms


class SimulatedExchange:
    """Answers requests at the moment of their arrival, and keeps the truth."""

    def __init__(self, seed: int, clock: ExchangeTime, uids: tuple[int, ...]) -> None:
        rules = [
            SymbolRules(
                base=base,
                quote="USDT",
                start_price=START_PRICE,
                tick_size=TICK,
                step_size=Decimal("0.001"),
                max_algo_orders=MOST_STOPS,
            )
            for base in BASES
        ]
        self.clock = clock
        self.venue = Venue(rules, seed=seed, clock=clock)
        self.venue.hears = lambda uid: False
        self.contracts = contracts.open_contracts(rules, seed, clock, uids)
        for uid in uids:
            self.venue.open_account(ApiKey(key=f"key{uid}", secret="", uid=uid), dict(FIRST))
        #: Told of every order that is placed: our id of it.
        self.on_placed: Callable[[int, Order], None] = lambda uid, order: None
        self.last_placed: Order | None = None
        self.venue.commit()

    def listen(self, listener: Callable[[list[UserEvent]], None]) -> None:
        self.venue.event_listeners.append(listener)

    def listen_to_contracts(
        self, listener: Callable[[list[futures_events.UserEvent]], None]
    ) -> None:
        self.contracts.event_listeners.append(listener)

    # ---- requests ----------------------------------------------------------------------------

    def admit(self, method: str, path: str, values: Mapping[str, str]) -> RawAnswer | None:
        """Look at a request's window as it arrives; return the refusal, if it is one."""
        endpoint = BY_PATH[method, path]
        if endpoint.access is Access.PUBLIC:
            return None
        try:
            check_time(values, self.clock())
        except ApiError as error:
            return refusal(error)
        return None

    def act(self, method: str, path: str, values: Mapping[str, str], uid: int) -> RawAnswer:
        """Do what an admitted request asks for."""
        endpoint = BY_PATH[method, path]
        account = None if endpoint.access is Access.PUBLIC else self.venue.ledger.accounts[uid]
        caller = Caller(address="simulated", key=f"key{uid}", account=account)
        asked = {name: value for name, value in values.items() if name not in _SECURITY}
        self.last_placed = None
        try:
            said = self._run(endpoint, caller, asked)
        except ApiError as error:
            return refusal(error)
        finally:
            self._venue_of(endpoint).commit()
        return RawAnswer(status=200, body=orjson.dumps(said).decode())

    def _run(self, endpoint: Endpoint, caller: Caller, values: dict[str, str]) -> object:
        if endpoint.path == _TICKER:
            market = self.venue.desk.market(values["symbol"])
            return {**book_row(self.venue, market), "lastPrice": number(market.tape.last_price)}
        venue = self._venue_of(endpoint)
        said: Any = endpoint.handler(venue, caller, Parameters(values))
        if endpoint.places_order:
            for row in said.get("orderReports", [said]):  # A list has several
                self.last_placed = self._placed(venue, row)
                self.on_placed(caller.uid, self.last_placed)
        return said

    def _placed(self, venue: Any, row: Mapping[str, Any]) -> Order:
        if "algoId" in row:
            return contracts.conditional(venue, row["algoId"])
        order: Order = venue.ledger.order((row["symbol"], row["orderId"]))
        return order

    def _venue_of(self, endpoint: Endpoint) -> Any:
        return self.contracts if endpoint.market_type == "futures" else self.venue

    # ---- everybody else ----------------------------------------------------------------------

    def quote(self, base: str, price: Decimal, sizes: list[Decimal]) -> None:
        """Let the crowd stand around a price: thin levels, then one that has enough for all."""
        market = self.venue.markets[f"{base}USDT"]
        depth = [*sizes, Decimal(5000)]
        bids = [(price - TICK * (index + 1), size) for index, size in enumerate(depth)]
        asks = [(price + TICK * (index + 1), size) for index, size in enumerate(depth)]
        self.venue.crowd.quote(market, bids, asks)
        self.venue.commit()
        self.contracts.crowd.quote(self.contracts.market(market.rules.symbol), bids, asks)
        self.contracts.commit()

    def mark_contracts(self) -> None:
        """Put the mark price of each contract between its best bid and offer.

        A mark price follows an index. That of the paper exchange is the last trade's until told
        otherwise: when nobody trades any more it would stay where no market order may reach it
        (PERCENT_PRICE), and no position could ever be closed.
        """
        for symbol, market in self.contracts.markets.items():
            bid, ask = market.book.bids.best(), market.book.asks.best()
            if bid is not None and ask is not None:
                self.contracts.set_mark_price(symbol, (bid + ask) / 2)
        self.contracts.commit()

    def now(self, order: Order) -> Order:
        """Return what has become of an order."""
        if isinstance(order, Conditional):
            return contracts.conditional(self.contracts, order.algo.algo_id)
        if isinstance(order, futures.Order):
            return self.contracts.ledger.order(order.key)
        return self.venue.ledger.order(order.key)

    def orders_of(self, uid: int) -> list[There]:
        """Return the orders of an account on both markets."""
        algos = [one for one in self.contracts.ledger.algo.by_id.values() if one.uid == uid]
        children = {(one.symbol, one.child_order_id) for one in algos}
        plain = [one for one in self.contracts.ledger.orders() if one.uid == uid]
        return [
            *(self._spot_order(one) for one in self.venue.ledger.orders() if one.uid == uid),
            *(self._contract_order(one) for one in plain if one.key not in children),
            *(self._conditional_order(one.algo_id) for one in algos),
        ]

    def _conditional_order(self, algo_id: int) -> There:
        order = contracts.conditional(self.contracts, algo_id)
        child = order.child
        if child is None:
            ids, trade_ids = (order.order_id,), ()
        else:
            there = self._contract_order(child)
            ids, trade_ids = (order.order_id, *there.ids), there.trade_ids
        return There(
            name=order.client_order_id,
            symbol=order.algo.symbol,
            ids=ids,
            status=order.status,
            filled_quantity=order.filled_quantity,
            trade_ids=trade_ids,
        )

    def _spot_order(self, order: spot.Order) -> There:
        trades = self.venue.ledger.executions_of.get(order.key, ())
        return There(
            name=order.client_order_ids[0],
            symbol=order.symbol,
            ids=(str(order.order_id),),
            status=order.status,
            filled_quantity=order.filled_quantity,
            trade_ids=tuple(sorted(str(one.trade_id) for one in trades)),
            is_renamed=original_id(order.client_order_ids[-1]) != order.client_order_ids[0],
        )

    def _contract_order(self, order: futures.Order) -> There:
        trades = self.contracts.ledger.trades_of.get(order.key, ())
        return There(
            name=order.client_order_id,
            symbol=order.symbol,
            ids=(str(order.order_id),),
            status=order.status,
            filled_quantity=order.filled_quantity,
            trade_ids=tuple(sorted(str(one.trade_id) for one in trades)),
        )

    def trades_of(self, uid: int) -> list[tuple[object, ...]]:
        """Return the account's trades on both markets: symbol, id, quantity, price, fee, asset."""
        books = (self.venue.ledger.executions, self.contracts.ledger.trades)
        return [
            (symbol, str(row.trade_id), row.quantity, row.price, row.fee, row.fee_asset)
            for book in books
            for (owner, symbol), rows in book.items()
            if owner == uid
            for row in rows
        ]


def refusal(error: ApiError) -> RawAnswer:
    return RawAnswer(status=error.status, body=orjson.dumps(error.body()).decode())
