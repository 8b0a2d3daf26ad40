"""What each command of the control API does to the spot market."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workers.paper_exchange.api.order_parameters import read_order
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.spot.orders import Order
from workers.paper_exchange.spot.venue import Venue

from . import commands
from .ledger_report import ledger_report
from .market_actions import TABLE as MARKET_TABLE
from .market_actions import MarketActions


class SpotActions(MarketActions[Order]):
    """Carries out commands on the spot market; each returns JSON."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue, venue.ledger.keys)
        self._venue = venue

    def _place(self, uid: int, parameters: Parameters) -> Order:
        request = read_order(parameters)
        parameters.finish()
        return self._venue.desk.place(uid, request).order

    def _bears(self, order: Order, client_order_id: str | None) -> bool:
        return client_order_id in order.client_order_ids

    def cancel(self, command: commands.Cancel) -> object:
        order = self._venue.desk.withdraw(self._open_order(command), command.new_client_order_id)
        return {"client_order_id": order.client_order_id}

    def expire(self, command: commands.Expire) -> object:
        self._venue.expire(self._open_order(command), command.status, command.reason)
        return {}

    def transfer(self, command: commands.Transfer) -> object:
        self._check_uid(command.uid)
        balance = self._venue.ledger.accounts[command.uid].balance(command.asset)
        self._check_free(balance.free, command.amount)
        self._venue.transfer(command.uid, command.asset, command.amount)
        return {}

    def set_account(self, command: commands.SetAccount) -> object:
        self._check_uid(command.uid)
        account = self._venue.ledger.accounts[command.uid]
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

    def ledger(self, command: commands.Nothing) -> object:
        return ledger_report(self._venue)


#: command -> (its JSON, the method of SpotActions)
TABLE: dict[str, tuple[type[Any], Callable[[SpotActions, Any], object]]] = {
    **MARKET_TABLE,
    "cancel": (commands.Cancel, SpotActions.cancel),
    "expire": (commands.Expire, SpotActions.expire),
    "transfer": (commands.Transfer, SpotActions.transfer),
    "set_account": (commands.SetAccount, SpotActions.set_account),
    "set_symbol": (commands.SetSymbol, SpotActions.set_symbol),
    "ledger": (commands.Nothing, SpotActions.ledger),
}
