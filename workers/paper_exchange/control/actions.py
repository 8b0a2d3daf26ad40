"""What each command of the control API does to the exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

from workers.paper_exchange.api.dispatch import Dispatcher
from workers.paper_exchange.api.order_parameters import read_order
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import ApiError, no_such_order
from workers.paper_exchange.futures.venue import Venue as FuturesVenue
from workers.paper_exchange.spot.accounts import ApiKey
from workers.paper_exchange.spot.orders import Order
from workers.paper_exchange.spot.venue import Venue

from . import commands
from .control_error import ControlError
from .faults import RequestFault
from .ledger_report import ledger_report
from .stream_faults import StreamFault, StreamFaults


class Streams(Protocol):
    """Connections that can be hung up on."""

    def disconnect(self) -> int: ...


class UserStreams(Streams, Protocol):
    """Streams that can also be told that they end."""

    def end(self, event: str, at_ms: int) -> int: ...


class Actions:
    """Carries out commands; each returns JSON."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        stream_faults: StreamFaults,
        user_streams: UserStreams,
        other_streams: Iterable[Streams],
    ) -> None:
        self._dispatcher = dispatcher
        self._stream_faults = stream_faults
        self._user_streams = user_streams
        self._streams = (user_streams, *other_streams)
        self._venue: Venue = dispatcher.venue
        self._futures: FuturesVenue = dispatcher.futures

    def commit(self) -> None:
        """Write and tell what a command changed."""
        self._venue.commit()
        self._futures.commit()

    def set_price(self, command: commands.SetPrice) -> object:
        market = self._venue.desk.market(command.symbol)
        if command.price % market.rules.tick_size:
            raise ControlError(
                f"price {command.price} is not a multiple of the tick {market.rules.tick_size}"
            )
        self._venue.set_price(command.symbol, command.price)
        return {}

    def set_book(self, command: commands.SetBook) -> object:
        bids, asks = command.bids, command.asks
        if bids and asks and max(p for p, _ in bids) >= min(p for p, _ in asks):
            raise ControlError("the highest bid must be below the lowest ask")
        market = self._venue.desk.market(command.symbol)
        self._venue.crowd.quote(market, bids, asks)
        return {}

    def fill(self, command: commands.Fill) -> object:
        order = self._open_order(command)
        self._venue.fill(order, command.quantity or order.remaining_quantity)
        return {"filled_quantity": f"{self._venue.ledger.order(order.key).filled_quantity:.8f}"}

    def cancel(self, command: commands.Cancel) -> object:
        order = self._venue.desk.withdraw(self._open_order(command), command.new_client_order_id)
        return {"client_order_id": order.client_order_id}

    def expire(self, command: commands.Expire) -> object:
        self._venue.expire(self._open_order(command), command.status, command.reason)
        return {}

    def place(self, command: commands.Place) -> object:
        key = self._venue.ledger.keys.get(command.key)
        if key is None:
            raise ControlError(f"key {command.key!r} is not known")
        parameters = Parameters(command.parameters)
        request = read_order(parameters)
        parameters.finish()
        order = self._venue.desk.place(key.uid, request).order
        return {"order_id": order.order_id, "client_order_id": order.client_order_id}

    def _open_order(self, command: commands.OfOrder) -> Order:
        orders = [
            o
            for o in self._venue.ledger.orders()
            if o.symbol == command.symbol
            and o.is_open
            and (o.order_id == command.order_id or command.client_order_id in o.client_order_ids)
        ]
        if not orders:
            raise no_such_order()
        return orders[-1]

    def transfer(self, command: commands.Transfer) -> object:
        if command.uid not in self._venue.ledger.accounts:
            raise ControlError(f"uid {command.uid} is not known")
        free = self._venue.ledger.accounts[command.uid].balance(command.asset).free
        if free + command.amount < 0:
            raise ControlError(f"amount {command.amount} is more than the free {free}")
        self._venue.transfer(command.uid, command.asset, command.amount)
        return {}

    def open_account(self, command: commands.OpenAccount) -> object:
        key = ApiKey(
            key=command.key,
            secret=command.secret,
            uid=command.uid,
            can_trade=command.can_trade,
            can_read=command.can_read,
        )
        self._venue.open_account(key, dict(command.balances))
        self._futures.open_account(key.uid, dict(command.futures_balances))
        return {}

    def set_account(self, command: commands.SetAccount) -> object:
        account = self._venue.ledger.accounts.get(command.uid)
        if account is None:
            raise ControlError(f"uid {command.uid} is not known")
        if command.maker_rate is not None:
            account.maker_rate = command.maker_rate
        if command.taker_rate is not None:
            account.taker_rate = command.taker_rate
        if command.fee_asset is not None:
            account.fee_asset = command.fee_asset or None
        if command.can_trade is not None:
            account.can_trade = command.can_trade
        self._venue.ledger.put_account(account)
        return {}

    def set_symbol(self, command: commands.SetSymbol) -> object:
        market = self._venue.desk.market(command.symbol)
        market.status = command.status or market.status
        given = command.model_dump(exclude={"symbol", "status"}, exclude_none=True)
        market.rules = replace(market.rules, **given)
        return {}

    def set_limits(self, command: commands.SetLimits) -> object:
        limits = self._venue.limits
        for name, value in command.model_dump(exclude={"forget"}, exclude_none=True).items():
            setattr(limits, name, value)
        if command.forget:
            limits.forget()
        return {}

    def set_clock(self, command: commands.SetClock) -> object:
        self._venue.clock.offset_ms = command.offset_ms
        return {"server_time_ms": self._venue.clock()}

    def set_next_id(self, command: commands.SetNextId) -> object:
        symbol = self._venue.desk.market(command.symbol).rules.symbol
        try:
            self._venue.ledger.skip_to(symbol, command.series, command.number)
        except ValueError as error:
            raise ControlError(str(error)) from None
        return {}

    def set_read_lag(self, command: commands.SetReadLag) -> object:
        self._venue.read_lag_ms = command.lag_ms
        return {}

    def advance(self, command: commands.Advance) -> object:
        for _ in range(command.ticks):
            self._venue.tick()
            self._futures.tick()
        return {}

    def reset(self, command: commands.Nothing) -> object:
        """Forget orders, trades and balances and begin with the first ones, as the testnet does."""
        self._venue.reset()
        self._futures.reset()
        return {}

    def add_fault(self, command: RequestFault) -> object:
        self._dispatcher.faults.add(command)
        return {}

    def add_stream_fault(self, command: StreamFault) -> object:
        self._stream_faults.add(command)
        return {}

    def clear_faults(self, command: commands.Nothing) -> object:
        self._dispatcher.faults.clear()
        self._stream_faults.clear()
        return {}

    def faults(self, command: commands.Nothing) -> object:
        return {
            "hits": self._dispatcher.faults.hits(),
            "stream_hits": self._stream_faults.hits(),
        }

    def disconnect_streams(self, command: commands.Nothing) -> object:
        """Hang up on every WebSocket that listens, as the exchange does once a day."""
        return {"disconnected": sum(streams.disconnect() for streams in self._streams)}

    def end_streams(self, command: commands.EndStreams) -> object:
        """Tell every user stream that it ends."""
        told = self._user_streams.end(command.event, self._venue.clock())
        if command.close:
            self._user_streams.disconnect()
        return {"told": told}

    def ledger(self, command: commands.Nothing) -> object:
        return ledger_report(self._venue)

    def stats(self, command: commands.Nothing) -> object:
        return self._dispatcher.statistics.report()

    def clear_stats(self, command: commands.Nothing) -> object:
        self._dispatcher.statistics.clear()
        return {}


#: command -> (its JSON, the method of Actions)
TABLE: dict[str, tuple[type[Any], Callable[[Actions, Any], object]]] = {
    "set_price": (commands.SetPrice, Actions.set_price),
    "set_book": (commands.SetBook, Actions.set_book),
    "fill": (commands.Fill, Actions.fill),
    "cancel": (commands.Cancel, Actions.cancel),
    "expire": (commands.Expire, Actions.expire),
    "place": (commands.Place, Actions.place),
    "transfer": (commands.Transfer, Actions.transfer),
    "open_account": (commands.OpenAccount, Actions.open_account),
    "set_account": (commands.SetAccount, Actions.set_account),
    "set_symbol": (commands.SetSymbol, Actions.set_symbol),
    "set_limits": (commands.SetLimits, Actions.set_limits),
    "set_clock": (commands.SetClock, Actions.set_clock),
    "set_next_id": (commands.SetNextId, Actions.set_next_id),
    "set_read_lag": (commands.SetReadLag, Actions.set_read_lag),
    "advance": (commands.Advance, Actions.advance),
    "reset": (commands.Nothing, Actions.reset),
    "add_fault": (RequestFault, Actions.add_fault),
    "add_stream_fault": (StreamFault, Actions.add_stream_fault),
    "disconnect_streams": (commands.Nothing, Actions.disconnect_streams),
    "end_streams": (commands.EndStreams, Actions.end_streams),
    "clear_faults": (commands.Nothing, Actions.clear_faults),
    "faults": (commands.Nothing, Actions.faults),
    "ledger": (commands.Nothing, Actions.ledger),
    "stats": (commands.Nothing, Actions.stats),
    "clear_stats": (commands.Nothing, Actions.clear_stats),
}


def refusal(error: ApiError | ControlError) -> str:
    """Return the sentence of an error."""
    return error.message if isinstance(error, ApiError) else str(error)
