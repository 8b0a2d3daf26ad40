"""Conditional orders, which the algo service keeps under ids of their own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from workers.paper_exchange.market.trades import Side

from .orders import ZERO, PositionSide, WorkingType

#: Types that take the book's price when they are triggered.
MARKET_TYPES = frozenset({"STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"})
ALGO_TYPES = MARKET_TYPES | {"STOP", "TAKE_PROFIT"}
OPEN_STATUSES = frozenset({"NEW", "TRIGGERING"})


@dataclass(frozen=True, kw_only=True, slots=True)
class AlgoOrder:
    """A conditional order at one moment. TRIGGERED says that it was sent on, not that it filled."""

    algo_id: int
    uid: int
    client_algo_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: str
    time_in_force: str = "GTC"
    quantity: Decimal = ZERO  # 0 with closes_position
    price: Decimal = ZERO
    trigger_price: Decimal = ZERO
    working_type: WorkingType = "CONTRACT_PRICE"
    is_price_protected: bool = False
    is_reduce_only: bool = False
    closes_position: bool = False
    callback_rate: Decimal = ZERO  # Percent, of a trailing stop
    activation_price: Decimal = ZERO
    extreme_price: Decimal = ZERO  # The best price since a trailing stop is active; 0 before
    good_till_ms: int = 0
    self_trade_prevention: str = ""  # Of its child; empty: the contract's own
    status: str = "NEW"
    child_order_id: int = 0  # The order that the trigger placed; 0 before
    refusal: str = ""  # Why the triggered order was not taken
    triggered_at_ms: int = 0
    created_at_ms: int
    updated_at_ms: int

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    def changed(self, **changes: object) -> AlgoOrder:
        return replace(self, **changes)  # type: ignore[arg-type]  # fields of its own


class AlgoIndex:
    """Conditional orders by id, by client id, and by the child that they placed."""

    def __init__(self) -> None:
        self.by_id: dict[int, AlgoOrder] = {}
        self._ids: dict[tuple[int, str], list[int]] = defaultdict(list)
        self._parents: dict[tuple[str, int], int] = {}
        self._open: dict[int, None] = {}

    def note(self, order: AlgoOrder) -> None:
        """Take in a new order, or a new state of one."""
        if order.algo_id not in self.by_id:
            self._ids[order.uid, order.client_algo_id].append(order.algo_id)
        self.by_id[order.algo_id] = order
        if order.child_order_id:
            self._parents[order.symbol, order.child_order_id] = order.algo_id
        if order.is_open:
            self._open[order.algo_id] = None
        else:
            self._open.pop(order.algo_id, None)

    def find(self, uid: int, algo_id: int | None, client_algo_id: str) -> AlgoOrder | None:
        """Return the account's order that bears every id given; the newest with a reused id."""
        if algo_id is None:
            ids = self._ids.get((uid, client_algo_id), [])
            return self.by_id[ids[-1]] if ids else None
        order = self.by_id.get(algo_id)
        if order is None or order.uid != uid:
            return None
        return None if client_algo_id and order.client_algo_id != client_algo_id else order

    def parent_of(self, symbol: str, child_order_id: int) -> AlgoOrder | None:
        """Return the conditional order that placed this one, None when nobody did."""
        algo_id = self._parents.get((symbol, child_order_id))
        return None if algo_id is None else self.by_id[algo_id]

    def open_orders(self, uid: int | None = None, symbol: str | None = None) -> list[AlgoOrder]:
        """Return the open ones in order of arrival, of one account and contract or of all."""
        rows = (self.by_id[algo_id] for algo_id in self._open)
        return [o for o in rows if uid in {None, o.uid} and symbol in {None, o.symbol}]

    def of(self, uid: int, symbol: str) -> list[AlgoOrder]:
        """Return every order of an account in a contract, oldest first."""
        return [o for o in self.by_id.values() if o.uid == uid and o.symbol == symbol]
