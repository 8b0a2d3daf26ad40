"""An engine without Celery: real Redis, real gateway, real exchange; messages wait in a list.

A test decides which message is delivered, twice, late or never, and compares the end with the
exchange's own ledger.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.bootstrap import Engine
from engine.config import load_settings
from engine.domain.lanes import Lane
from engine.errors import UnknownOrder
from engine.execution.changing import following
from engine.execution.completing import completion, updates
from engine.execution.doubt import resolution
from engine.execution.ending import cancel_together, cancellation
from engine.execution.looks import sweep, watching
from engine.execution.placing import sending
from engine.execution.protection import protecting
from engine.execution.reconciling import reconcile
from engine.execution.signalling import signals
from engine.execution.stopping import emergency
from engine.ports import OrderFilter, OutboxEntry
from engine.store.keys import AccountKeys
from engine.store.store import RedisStore
from engine.system import SystemClock
from tests.looking import look_at_symbol
from tests.paper import PaperExchange
from tests.trader import Trader

Message = tuple[str, tuple[Any, ...]]

#: Short enough for tests that wait for a doubt to end; the exchange's clock is moved for those.
TIMINGS = {
    "recv_window_ms": 5_000,
    "engine_tail_ms": 1_000,
    "clock_margin_ms": 500,
    "not_placed_margin_ms": 1_000,
    "query_lag_ms": 0,  # The paper exchange shows them at once, unless a test says otherwise
    "http_timeout_ms": 3_000,
    "order_valid_ms": 30_000,
    "place_wait_ms": 5_000,
}

#: Claims of before a loss of the store cannot arrive any more after this.
PAST_FENCE_MS = 40_000

#: The message that sends an order, by its lane.
SUBMITS = {Lane.EMERGENCY: "submit exit", Lane.EXIT: "submit exit", Lane.SUBMIT: "submit"}

_numbers = itertools.count(2_000_001)


class MovableClock(SystemClock):
    """The machine's clock, which a test may put forward."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms

    def pass_time(self, duration_ms: int) -> None:
        self.ahead_ms += duration_ms


class MessageList:
    """The Dispatcher port as a list of messages that nobody has delivered yet."""

    def __init__(self, settings: object = None) -> None:
        self.waiting: deque[Message] = deque()

    def take(self) -> list[Message]:
        """Return what waits, and leave none; others may add meanwhile."""
        taken = []
        while self.waiting:
            taken.append(self.waiting.popleft())
        return taken

    def submit_order(self, account: str, client_order_id: str, lane: Lane = Lane.SUBMIT) -> None:
        self.waiting.append((SUBMITS[lane], (account, client_order_id)))

    def submit_orders(
        self, account: str, client_order_ids: Sequence[str], lane: Lane = Lane.SUBMIT
    ) -> None:
        for name in client_order_ids:
            self.submit_order(account, name, lane)

    def poll_order(self, account: str, client_order_id: str) -> None:
        self.waiting.append(("poll", (account, client_order_id)))

    def resolve_order(self, account: str, client_order_id: str) -> None:
        self.waiting.append(("resolve", (account, client_order_id)))

    def cancel_order(self, account: str, client_order_id: str) -> None:
        self.waiting.append(("cancel", (account, client_order_id)))

    def cancel_symbol(self, account: str, symbol: str) -> None:
        self.waiting.append(("cancel symbol", (account, symbol)))

    def replace_order(self, account: str, client_order_id: str) -> None:
        self.waiting.append(("replace", (account, client_order_id)))

    def follow_symbol(self, account: str, symbol: str) -> None:
        self.waiting.append(("follow", (account, symbol)))

    def work_emergency(self, account: str) -> None:
        self.waiting.append(("emergency", (account,)))

    def process_signal(self, account: str, signal_id: str) -> None:
        self.waiting.append(("signal", (account, signal_id)))

    def protect(self, account: str) -> None:
        self.waiting.append(("protect", (account,)))

    def reconcile(self, account: str) -> None:
        self.waiting.append(("reconcile", (account,)))

    def watch(self, account: str) -> None:
        self.waiting.append(("watch", (account,)))

    def update_position(self, account: str, symbol: str) -> None:
        self.waiting.append(("position", (account, symbol)))

    def complete(self, account: str, entry: OutboxEntry) -> None:
        self.waiting.append(("complete", (account, entry)))

    def queue_lengths(self) -> Mapping[str, int]:
        return {"all": len(self.waiting)}

    def list_workers(self, wait_ms: int) -> Mapping[str, tuple[str, ...]]:
        return {"desk": ("all",)}


class Desk(Trader):
    """One account on a paper exchange, with an engine whose messages the test delivers."""

    def __init__(
        self,
        folder: Path,
        store_url: str,
        paper: PaperExchange,
        *,
        owns_time: bool = False,
        market_type: str = "spot",
        **timings: int,
    ) -> None:
        """`owns_time`: the store follows the desk's clock, so that passing time makes work due."""
        uid = next(_numbers)
        self.key = f"key{uid}"
        money = {"USDT": 1_000_000}
        if market_type == "spot":
            paper.control.open_account(self.key, "secret", uid, money)
        else:
            paper.control.open_account(self.key, "secret", uid, futures_balances=money)
        settings = {
            "accounts": {
                "desk": {
                    "base_url": "paper",
                    "market_type": market_type,
                    "api_key": self.key,
                    "secret": "secret",
                    # An allowance of its own: tests run faster than a minute's weight allows
                    "egress": f"egress{uid}",
                }
            },
            "store": {"url": store_url},
            "paper": {"url": paper.base_url},
            "execution": TIMINGS | timings,
            "watchlist": ["BTC/USDT" if market_type == "spot" else "BTC/USDT:USDT"],
            "risk_management": {"default_budget": 1_000_000, "max_positions": 50},
            "dispatcher": "tests.desk:MessageList",  # For other processes
            "data_dir": str(folder / "data"),
        }
        self.config_path = folder / f"desk-{uid}.json"
        self.config_path.write_text(json.dumps(settings))
        self.messages = MessageList()
        self.clock = MovableClock()
        self._owns_time = owns_time
        super().__init__(account="desk", uid=uid, paper=paper, engine=self.build_engine())

    def build_engine(self) -> Engine:
        """Return another process's engine on the same store, sharing the message list."""
        settings = load_settings(str(self.config_path), environ={})
        now_ms = self.clock.now_ms if self._owns_time else None
        store = RedisStore(settings.state_address(), now_ms=now_ms)
        return Engine(settings, store, self.messages, clock=self.clock)

    def restart_engine(self) -> None:
        """Forget everything that only this process knew."""
        self.engine.close()
        self.engine = self.build_engine()

    # ---- working -----------------------------------------------------------------------------

    def open(self) -> Desk:
        """Reconcile, so that orders can flow, and let the past be past."""
        reconcile.reconcile(self.context)
        self.age_loss()
        return self.deliver()

    def age_loss(self, by_ms: int = PAST_FENCE_MS) -> None:
        """Have the last loss of the store longer ago: so that no claim of before can arrive."""
        account = AccountKeys(self.context.identity.slug).account()
        self.engine.store.client.read("HINCRBY", account, "rebuilt_at_ms", -by_ms)

    def deliver(self, most: int = 1_000) -> Desk:
        """Deliver messages, and what they cause, until none is left."""
        for _ in range(most):
            if not self.messages.waiting:
                return self
            self.carry_out(self.messages.waiting.popleft())
        raise AssertionError(f"messages never end: {list(self.messages.waiting)[:5]}")

    def carry_out(self, message: Message) -> None:
        """Do what a worker would do with the message."""
        name, arguments = message
        try:
            ACTIONS[name](self, *arguments)
        except UnknownOrder:
            return  # A task answers "unknown"

    def sweep(self) -> Desk:
        """Do one round of what beat asks for, whatever the due times say."""
        context = self.context
        for order in context.store.list_orders(OrderFilter.ACTIVE):
            if order.is_in_doubt:
                resolution.resolve_order(context, order.client_order_id)
            elif order.exchange_order_id is None:
                sending.send_order(context, order.client_order_id)
            else:
                look_at_symbol(context, order.terms.symbol, [order])
        completion.publish_outbox(context)
        return self.deliver()


def _complete(desk: Desk, account: str, entry: OutboxEntry) -> None:
    context = desk.engine.account(account)
    for symbol in sorted(entry.cursors):
        updates.update_position(context, symbol)
    updates.update_portfolio(context, entry.entry_id)


ACTIONS: dict[str, Callable[..., object]] = {
    "submit": lambda desk, account, name: sending.send_order(desk.engine.account(account), name),
    "submit exit": lambda desk, account, name: sending.send_order(
        desk.engine.account(account), name
    ),
    "poll": lambda desk, account, name: watching.poll_order(desk.engine.account(account), name),
    "resolve": lambda desk, account, name: resolution.resolve_order(
        desk.engine.account(account), name
    ),
    "cancel": lambda desk, account, name: cancellation.cancel_order(
        desk.engine.account(account), name
    ),
    "cancel symbol": lambda desk, account, symbol: cancel_together.cancel_symbol(
        desk.engine.account(account), symbol
    ),
    "replace": lambda desk, account, name: following.replace_order(
        desk.engine.account(account), name
    ),
    "follow": lambda desk, account, symbol: following.follow_symbol(
        desk.engine.account(account), symbol
    ),
    "emergency": lambda desk, account: emergency.work_emergency(
        desk.engine.account(account), 5_000
    ),
    "signal": lambda desk, account, signal_id: signals.process_signal(
        desk.engine.account(account), signal_id
    ),
    "protect": lambda desk, account: protecting.protect_account(desk.engine.account(account)),
    "reconcile": lambda desk, account: reconcile.reconcile_if_due(desk.engine.account(account)),
    "watch": lambda desk, account: sweep.watch_account(desk.engine.account(account)),
    "position": lambda desk, account, symbol: updates.update_position(
        desk.engine.account(account), symbol
    ),
    "complete": _complete,
}
