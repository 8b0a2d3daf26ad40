"""What the commands that every market type knows do to its markets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import no_such_order
from workers.paper_exchange.market.marketplace import Marketplace
from workers.paper_exchange.market.order_index import IndexedOrder
from workers.paper_exchange.spot.accounts import ApiKey

from . import commands, futures_commands
from .control_error import ControlError

O = TypeVar("O", bound=IndexedOrder)  # noqa: E741 - an order, whatever its market type


class MarketActions(ABC, Generic[O]):
    """Carries out commands on the markets of one type; each returns JSON."""

    def __init__(self, venue: Marketplace[Any, O], keys: Mapping[str, ApiKey]) -> None:
        self._markets = venue
        self._keys = keys

    @abstractmethod
    def _place(self, uid: int, parameters: Parameters) -> O:
        """Place an order by Binance's parameters."""

    # Markets

    def set_price(self, command: commands.SetPrice) -> object:
        tick = self._markets.market(command.symbol).rules.tick_size
        if command.price % tick:
            raise ControlError(f"price {command.price} is not a multiple of the tick {tick}")
        self._markets.set_price(command.symbol, command.price)
        return {}

    def set_book(self, command: commands.SetBook) -> object:
        bids, asks = command.bids, command.asks
        if bids and asks and max(p for p, _ in bids) >= min(p for p, _ in asks):
            raise ControlError("the highest bid must be below the lowest ask")
        self._markets.crowd.quote(self._markets.market(command.symbol), bids, asks)
        return {}

    def set_symbol(self, command: commands.SetSymbol | futures_commands.SetContract) -> object:
        market = self._markets.market(command.symbol)
        market.status = command.status or market.status
        given = command.model_dump(exclude={"symbol", "status"}, exclude_none=True)
        market.rules = replace(market.rules, **given)
        return {}

    def set_limits(self, command: commands.SetLimits) -> object:
        limits = self._markets.limits
        for name, value in command.model_dump(exclude={"forget"}, exclude_none=True).items():
            setattr(limits, name, value)
        if command.forget:
            limits.forget()
        return {}

    def set_next_id(self, command: commands.SetNextId) -> object:
        symbol = self._markets.market(command.symbol).rules.symbol
        try:
            self._markets.ledger.skip_to(symbol, command.series, command.number)
        except ValueError as error:
            raise ControlError(str(error)) from None
        return {}

    def set_read_lag(self, command: commands.SetReadLag) -> object:
        self._markets.read_lag_ms = command.lag_ms
        return {}

    # Orders

    def place(self, command: commands.Place) -> object:
        if command.key not in self._keys:
            raise ControlError(f"key {command.key!r} is not known")
        order = self._place(self._keys[command.key].uid, Parameters(command.parameters))
        return {"order_id": order.order_id, "client_order_id": order.client_order_id}

    def fill(self, command: commands.Fill) -> object:
        order: Any = self._open_order(command)
        self._markets.fill(order, command.quantity or order.remaining_quantity)
        after: Any = self._markets.ledger.order(order.key)
        return {"filled_quantity": f"{after.filled_quantity:.8f}"}

    def _open_order(self, command: commands.OfOrder) -> O:
        orders = [
            order
            for order in self._markets.ledger.orders()
            if order.symbol == command.symbol
            and order.is_open
            and (order.order_id == command.order_id or self._bears(order, command.client_order_id))
        ]
        if not orders:
            raise no_such_order()
        return orders[-1]

    def _bears(self, order: O, client_order_id: str | None) -> bool:
        return order.client_order_id == client_order_id

    # Accounts

    def _check_uid(self, uid: int) -> None:
        if uid not in self._markets.ledger.accounts:
            raise ControlError(f"uid {uid} is not known")

    def _check_free(self, free: Decimal, amount: Decimal) -> None:
        if free + amount < 0:
            raise ControlError(f"amount {amount} is more than the free {free}")


#: command -> (its JSON, the method of MarketActions); transfers and the like differ by market type
TABLE: dict[str, tuple[type[Any], Callable[[MarketActions[Any], Any], object]]] = {
    "set_price": (commands.SetPrice, MarketActions.set_price),
    "set_book": (commands.SetBook, MarketActions.set_book),
    "set_limits": (commands.SetLimits, MarketActions.set_limits),
    "set_next_id": (commands.SetNextId, MarketActions.set_next_id),
    "set_read_lag": (commands.SetReadLag, MarketActions.set_read_lag),
    "place": (commands.Place, MarketActions.place),
    "fill": (commands.Fill, MarketActions.fill),
}
