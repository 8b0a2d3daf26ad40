"""Callbacks: a caller's functions are told what happens to its accounts, whoever made it happen."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bootstrap import Engine
from engine.callbacks import (
    DenialCallback,
    OrderCallback,
    PositionCallback,
    hear_denials,
    hear_fills,
    hear_orders,
    hear_positions,
)
from engine.event_watch import EventWatch, stores_of
from engine.order_request import check_key


class OrderMonitoring:
    """Calls each callback at least once, after the commit, in this process, once per event id.

    They run in a thread for each account; one that fails is logged and stops nobody.
    """

    def __init__(self, engine: Engine, accounts: Sequence[str] = ()) -> None:
        """Watch nothing yet. No `accounts`: all that are configured."""
        self._engine = engine
        self._accounts = tuple(accounts)
        self._watch = EventWatch()

    @property
    def account_names(self) -> tuple[str, ...]:
        return self._accounts or tuple(self._engine.settings.accounts)

    def add_fill_callback(self, callback: OrderCallback) -> None:
        """Have `callback(order_id, order_result)` called for every booked fill, at least once.

        Also for orders that another process placed. It runs in this process, in a thread of the
        monitoring, after the fill was committed; the result is the order as it is by then.
        """
        self._watch.add(hear_fills(callback))

    def add_order_callback(self, callback: OrderCallback) -> None:
        """Have `callback(order_id, order_result)` called for each step of every order."""
        self._watch.add(hear_orders(callback))

    def add_position_callback(self, callback: PositionCallback) -> None:
        """Have `callback(name, position)` called when a position was brought up to date."""
        self._watch.add(hear_positions(callback))

    def add_denial_callback(self, callback: DenialCallback) -> None:
        """Have `callback(denial)` called for each order and each signal that risk refused."""
        self._watch.add(hear_denials(callback))

    def start_order_monitoring(self, name: str = "") -> None:
        """Begin to call the callbacks, for what happens from now on.

        With a `name` of the caller's own, go on where the monitoring of that name stopped: what
        happened meanwhile is told, and what may not have been told to the end is told again.
        """
        shared = self._engine.store
        self._watch.start(stores_of(shared, self.account_names), shared, check_key(name))

    @property
    def is_monitoring(self) -> bool:
        """Tell whether callbacks are called."""
        return self._watch.is_running

    def stop_order_monitoring(self) -> None:
        self._watch.stop()
