"""Brackets on a contract: an entry whose stop-loss and take-profit stand until one has acted."""

from __future__ import annotations

import time
from decimal import Decimal

from engine.domain.decimals import ZERO, plain, round_down
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.report import Ticker
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager, OrderRequest, OrderType
from engine.ports import OrderFilter
from workers.demo.trader import Trader

#: What one entry is worth, in quote currency.
NOTIONAL = Decimal(6_000)
#: Of the price: how far away stop and target are. The market walks as far in some ten seconds.
DISTANCE = Decimal("0.0035")
#: After so long the position is closed, whatever its stop and target say.
PATIENCE_S = 30.0
#: Until everything of a position is over after it was closed.
REST_S = 20.0


class BracketTrader(Trader):
    """Long and short by turns; at the stop it closes what is open, and its orders go with it."""

    _is_long = False

    def trade(self, manager: OrderManager, context: AccountContext) -> None:
        self._is_long = not self._is_long
        rules = {item.symbol: item for item in context.gateway.load_instruments()}
        ticker = context.gateway.load_ticker(self._symbol)
        manager.place_order(bracket(rules[self._symbol], ticker, is_long=self._is_long))
        self._await_flat(context, PATIENCE_S, gives_up=True)
        held = held_quantity(context, self._symbol)
        if held:
            manager.place_order(closing(self._symbol, held))
        self._await_flat(context, REST_S, gives_up=False)

    def _await_flat(self, context: AccountContext, patience_s: float, *, gives_up: bool) -> None:
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s and not (gives_up and self.is_stopped):
            if not held_quantity(context, self._symbol) and not is_busy(context):
                return
            time.sleep(0.1) if self.is_stopped else self.pause()


def bracket(instrument: Instrument, ticker: Ticker, *, is_long: bool) -> OrderRequest:
    """Return a market entry with a stop and a target as far away as each other. Pure."""
    distance = ticker.mid() * DISTANCE
    below, above = (
        plain(round_down(price, instrument.price_tick))
        for price in (ticker.bid - distance, ticker.ask + distance)
    )
    return OrderRequest(
        symbol=instrument.symbol,
        side=Side.BUY if is_long else Side.SELL,
        order_type=OrderType.MARKET,
        quantity=plain(instrument.round_quantity(NOTIONAL / ticker.ask)),
        stop_loss=below if is_long else above,
        take_profit=above if is_long else below,
        test=True,
    )


def closing(symbol: str, held: Decimal) -> OrderRequest:
    """Return an order that closes the position. Pure."""
    return OrderRequest(
        symbol=symbol,
        side=Side.SELL if held > 0 else Side.BUY,
        order_type=OrderType.MARKET,
        quantity=plain(abs(held)),
        reduce_only=True,
        test=True,
    )


def held_quantity(context: AccountContext, symbol: str) -> Decimal:
    """Return the position, above zero when long."""
    stored = context.store.find_position(symbol)
    return stored.value.net_quantity if stored else ZERO


def is_busy(context: AccountContext) -> bool:
    """Tell whether an order is not settled yet, or a position is to be guarded.

    The plan is written with its entry: right after that the position may still be the old one.
    """
    store = context.store
    return bool(store.list_orders(OrderFilter.ACTIVE) or store.list_protections())
