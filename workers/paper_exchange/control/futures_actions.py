"""What each command of the control API does to the futures market."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workers.paper_exchange.api.futures.order_parameters import read_order
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.futures.orders import Order
from workers.paper_exchange.futures.positions import Position
from workers.paper_exchange.futures.takeovers import DELEVERAGING
from workers.paper_exchange.futures.venue import Venue
from workers.paper_exchange.spot.accounts import ApiKey

from . import commands, futures_commands
from .control_error import ControlError
from .futures_report import ledger_report
from .market_actions import TABLE as MARKET_TABLE
from .market_actions import MarketActions


class FuturesActions(MarketActions[Order]):
    """Carries out commands on the futures market; each returns JSON."""

    def __init__(self, venue: Venue, keys: Mapping[str, ApiKey]) -> None:
        super().__init__(venue, keys)
        self._venue = venue

    def _place(self, uid: int, parameters: Parameters) -> Order:
        request = read_order(parameters, self._venue.clock())
        parameters.finish()
        return self._venue.desk.place(uid, request).order

    def set_mark_price(self, command: futures_commands.SetMarkPrice) -> object:
        self._venue.set_mark_price(command.symbol, command.price)
        return {}

    def cancel(self, command: commands.OfOrder) -> object:
        order = self._venue.desk.withdraw(self._open_order(command))
        return {"client_order_id": order.client_order_id}

    def expire(self, command: futures_commands.ExpireContractOrder) -> object:
        self._venue.matcher.end(self._open_order(command), command.reason)
        return {}

    def transfer(self, command: commands.Transfer) -> object:
        self._check_uid(command.uid)
        free = self._venue.margins.of(command.uid, command.asset).withdrawable
        self._check_free(free, command.amount)
        self._venue.transfer(command.uid, command.asset, command.amount)
        return {}

    def set_account(self, command: futures_commands.SetFuturesAccount) -> object:
        self._check_uid(command.uid)
        given = command.model_dump(exclude={"uid"}, exclude_none=True)
        ledger = self._venue.ledger
        ledger.put_account(replace(ledger.accounts[command.uid], **given))
        return {}

    def fund(self, command: futures_commands.Fund) -> object:
        market = self._venue.market(command.symbol)
        rate = market.funding_rate if command.rate is None else command.rate
        self._venue.funding.settle(market, rate)
        return {}

    def set_funding_rate(self, command: futures_commands.SetFundingRate) -> object:
        self._venue.market(command.symbol).funding_rate = command.rate
        return {}

    def liquidate(self, command: futures_commands.OfPosition) -> object:
        """Take a position over as if its margin were used up."""
        self._open_position(command)
        rows = self._venue.margins.of_contract(command.uid, command.symbol)
        self._venue.liquidation.take(next(row for row in rows if row.position.side == command.side))
        return {}

    def adl(self, command: futures_commands.Deleverage) -> object:
        position = self._open_position(command)
        if command.quantity is not None and command.quantity > abs(position.quantity):
            raise ControlError(
                f"quantity {command.quantity} is more than the {abs(position.quantity)} held"
            )
        price = command.price or self._venue.market(command.symbol).mark_price
        self._venue.takeovers.close(position, price, DELEVERAGING, command.quantity)
        return {}

    def settle(self, command: futures_commands.Settle) -> object:
        price = command.price or self._venue.market(command.symbol).mark_price
        self._venue.settle_contract(command.symbol, price)
        return {}

    def _open_position(self, command: futures_commands.OfPosition) -> Position:
        self._check_uid(command.uid)
        self._venue.market(command.symbol)
        position = self._venue.ledger.position(command.uid, command.symbol, command.side)
        if not position.quantity:
            raise ControlError(f"uid {command.uid} has no {command.side} position")
        return position

    def hold_triggers(self, command: futures_commands.HoldTriggers) -> object:
        self._venue.algo.trigger_delay_ms = command.delay_ms
        return {}

    def expire_listen_keys(self, command: commands.Nothing) -> object:
        """Let every listen key end now: its connections stay and hear nothing more."""
        self._venue.listen_keys.expire_all()
        self._venue.pass_time()
        return {}

    def ledger(self, command: commands.Nothing) -> object:
        return ledger_report(self._venue)


#: command -> (its JSON, the method of FuturesActions)
TABLE: dict[str, tuple[type[Any], Callable[[FuturesActions, Any], object]]] = {
    **MARKET_TABLE,
    "set_mark_price": (futures_commands.SetMarkPrice, FuturesActions.set_mark_price),
    "cancel": (commands.OfOrder, FuturesActions.cancel),
    "expire": (futures_commands.ExpireContractOrder, FuturesActions.expire),
    "transfer": (commands.Transfer, FuturesActions.transfer),
    "set_account": (futures_commands.SetFuturesAccount, FuturesActions.set_account),
    "set_symbol": (futures_commands.SetContract, FuturesActions.set_symbol),
    "fund": (futures_commands.Fund, FuturesActions.fund),
    "set_funding_rate": (futures_commands.SetFundingRate, FuturesActions.set_funding_rate),
    "liquidate": (futures_commands.OfPosition, FuturesActions.liquidate),
    "adl": (futures_commands.Deleverage, FuturesActions.adl),
    "settle": (futures_commands.Settle, FuturesActions.settle),
    "hold_triggers": (futures_commands.HoldTriggers, FuturesActions.hold_triggers),
    "expire_listen_keys": (commands.Nothing, FuturesActions.expire_listen_keys),
    "ledger": (commands.Nothing, FuturesActions.ledger),
}
