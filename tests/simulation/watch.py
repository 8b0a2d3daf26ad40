"""What must hold at every moment, looked at whenever the store or the exchange changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.config.addresses import parse_address
from engine.domain.fill import Side
from engine.domain.identity import AccountIdentity, is_ours
from engine.domain.order import Order
from engine.domain.order_status import KNOWLEDGE, TERMINAL, OrderStatus
from engine.domain.risk import RiskBook
from engine.domain.trading_state import Life
from engine.ports import ClaimOutcome, NewGroup, Recorded, RecordOutcome, Versioned
from engine.store.account import RedisAccountStore
from engine.store.store import RedisStore
from tests.simulation import exchange as exchange_orders
from tests.simulation.closer_look import CloserLook, PlainClient
from tests.simulation.halts import Halts

#: The installation's mark in the ids of all worlds: the settings' default.
TAG = "a1"

NOT_AT_EXCHANGE = frozenset({OrderStatus.DENIED, OrderStatus.REJECTED})


@dataclass(frozen=True, kw_only=True)
class Violation:
    """Something that must never be."""

    kind: str
    text: str
    words: tuple[str, ...] = ()  # What lines of the story must name to be about it


class Watch:
    """Sees every change of an order, and every order that the exchange takes."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.violations: list[Violation] = []
        self.halted = Halts()
        self.placed: dict[str, exchange_orders.Order] = {}  # By the client id they were placed with
        #: What happened how often: a run that never meets a thing says nothing about it.
        self.seen: Counter[str] = Counter()
        self.has_lost_writes = False
        self.written: dict[str, Order] = {}  # The newest that was seen
        self.on_recorded: Callable[[], None] = lambda: None
        #: The exchange's newest word on an order that it took.
        self.now_at_exchange: Callable[[exchange_orders.Order], exchange_orders.Order]
        self._known: dict[str, tuple[int, OrderStatus]] = {}
        self._now_ms = now_ms

    def violate(self, kind: str, text: str, *words: str) -> None:
        self.violations.append(Violation(kind=kind, text=text, words=words))

    def forget(self) -> None:
        """The store lost writes: what it says from now on is compared anew."""
        self.has_lost_writes = True
        self._known.clear()

    # ---- what happens ------------------------------------------------------------------------

    def on_placed(self, uid: int, order: exchange_orders.Order) -> None:
        """See an order that the exchange just took."""
        name = order.client_order_id
        if not is_ours(name, TAG):
            return
        self.seen["placed"] += 1
        if name in self.placed:
            text = f"{name} is placed again as {order.order_id}, was {self.placed[name].order_id}"
            self.violate("DUPLICATE", text, name)
        self.placed[name] = order
        known = self._known.get(name)
        if known is not None and known[1] in TERMINAL:
            self.violate("SENT_AFTER_END", f"{name} is placed, and was {known[1]} here", name)
        if known is not None and known[1] is OrderStatus.INITIALIZED and not self.has_lost_writes:
            self.violate("SENT_UNCLAIMED", f"{name} is placed, and nobody had claimed it", name)

    def on_change(self, version: int, order: Order) -> None:
        """See an order as it was just written."""
        name, status = order.client_order_id, order.status
        known = self._known.get(name)
        if known is not None and version <= known[0]:
            return
        self._known[name] = (version, status)
        self.written[name] = order
        if known is None:
            self.seen.update(_ways_of(order))
        if known is None or known[1] is not status:
            code = order.reason.code if order.reason else ""
            self.seen[
                f"{status} {code}".strip() if status in NOT_AT_EXCHANGE else status.value
            ] += 1
        if known is not None and _knows_less(known[1], status):
            self.violate("WENT_BACK", f"{name} went from {known[1]} to {status}", name)
        if status in NOT_AT_EXCHANGE and name in self.placed:
            self.violate("BURIED", f"{name} is {status} here and stands at the exchange", name)

    def on_claim(self, order: Order) -> None:
        self.seen["flatten order claimed"] += bool(order.emergency_run)
        if order.identity.slug in self.halted and not order.emergency_run:
            name = order.client_order_id
            self.violate("CLAIMED_WHILE_HALTED", f"{name} was claimed after the halt", name)


def _ways_of(order: Order) -> list[str]:
    """Return what is special about an order that is seen for the first time."""
    ways = {
        "leg": order.is_leg,
        "short leg": order.is_leg and order.terms.side is Side.BUY,
        "successor": bool(order.replaces),
        "chased": order.chase is not None,
        "trailing": order.terms.trailing_rate is not None,
        "limited in time": order.cancel_at_ms is not None,
        "of a pair, spot": order.partner_id != "" and not order.is_leg,
        "of a pair, contracts": order.rival_id != "",
    }
    return [way for way, is_so in ways.items() if is_so]


def _knows_less(before: OrderStatus, after: OrderStatus) -> bool:
    """Tell whether an order forgot something; a passing refusal makes it unsent again."""
    is_released = (before, after) == (OrderStatus.SUBMITTED, OrderStatus.INITIALIZED)
    return KNOWLEDGE[after] < KNOWLEDGE[before] and not is_released


class WatchedStore(RedisStore):
    """The real store of all processes of a world."""

    def __init__(self, link: Any, watch: Watch, now_ms: Callable[[], int]) -> None:
        super().__init__(_NOWHERE, now_ms=now_ms)
        self.client = link
        self._watch = watch

    def account(self, identity: AccountIdentity) -> RedisAccountStore:
        return _WatchedAccount(self.client, identity, self._now_ms, self._watch)


class _WatchedAccount(RedisAccountStore):
    """The real store of one account; what it wrote is shown to the watch."""

    def __init__(self, client: Any, identity: AccountIdentity, now_ms: Any, watch: Watch) -> None:
        super().__init__(client, identity, now_ms)
        self._watch = watch
        as_it_is = RedisAccountStore(PlainClient(client.plain), identity, now_ms)
        self._closer = CloserLook(as_it_is, watch)
        client.on_state[self._keys.account()] = self._closer.on_state

    def claim(self, version: int, claimed: Order, **more: Any) -> ClaimOutcome:
        outcome = super().claim(version, claimed, **more)
        if outcome is ClaimOutcome.CLAIMED:
            self._watch.on_claim(claimed)
            self._watch.on_change(version + 1, claimed)
        return outcome

    def record(self, group: NewGroup, **more: Any) -> Recorded:
        recorded = super().record(group, **more)
        if recorded.outcome is RecordOutcome.RECORDED:
            for order in group.orders:
                self._watch.on_change(1, order)
            self._watch.on_recorded()
        return recorded

    def commit(self, version: int, order: Order, **more: Any) -> Versioned[Order]:
        written = super().commit(version, order, **more)
        self._watch.on_change(written.version, order)
        if more.get("check_in_ms") is None:
            self._closer.on_settled(order)
        return written

    def load_risk_book(self) -> RiskBook:
        book = super().load_risk_book()
        self._closer.on_book(book)
        return book

    def finish_outbox(self, entry_id: str, life: Life) -> bool:
        self._closer.on_finish(entry_id)
        return super().finish_outbox(entry_id, life)


_NOWHERE = parse_address("redis://127.0.0.1:1/0")  # Never connected to: the link stands in
