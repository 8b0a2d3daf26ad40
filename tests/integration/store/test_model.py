"""Random writes, repeats and lost replies against a model of a few lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.config.addresses import parse_address
from engine.domain.fill import Fill
from engine.domain.order import Order
from engine.domain.order_status import TRANSITIONS, OrderStatus
from engine.domain.position import empty_position, fold
from engine.domain.watched import index_order
from engine.errors import ConcurrentChange, Retryable, StoreUnclear
from engine.ports import OrderFilter, RecordOutcome
from engine.store.client import RedisClient, Session, Word
from engine.store.store import RedisStore
from tests.builders import NOW_MS, build_fill, build_order
from tests.integration.store.scenes import SYMBOL, build_group, claim_form, open_account
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

S = OrderStatus
KEYS = ("k0", "k1", "k2")
FAULTS = ("none", "none", "twice", "lost before", "lost after")


class FaultyClient(RedisClient):
    """Loses or repeats the next script, as a wire may."""

    fault = "none"

    @contextmanager
    def session(self) -> Iterator[Session]:
        with super().session() as session:
            yield FaultySession(session, self)


class FaultySession(Session):
    def __init__(self, session: Session, client: FaultyClient) -> None:
        super().__init__(session._connection, session._place)
        self._client = client

    def ask(self, *command: Word, timeout_s: float | None = None) -> Any:
        fault = self._client.fault if command[0] in {"EVALSHA", "EVAL"} else "none"
        if fault != "none":
            self._client.fault = "none"
        if fault == "lost before":
            raise StoreUnclear
        answer = super().ask(*command, timeout_s=timeout_s)
        if fault == "twice":
            assert super().ask(*command) == answer
        if fault == "lost after":
            raise StoreUnclear
        return answer


@dataclass
class Model:
    """What should stand in the store."""

    orders: dict[str, tuple[int, Order]] = field(default_factory=dict)  # By key
    rows: list[Fill] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)  # Outbox: id -> rows to cover

    def book(self, fills: tuple[Fill, ...]) -> int:
        known = {row.row_id for row in self.rows}
        new = [fill for fill in fills if fill.row_id not in known]
        self.rows += new
        return len(new)

    def write(self, key: str, order: Order) -> None:
        version, before = self.orders[key]
        self.orders[key] = (version + 1, order)
        self.book(order.fills)
        gained = len(order.fills) - len(before.fills)
        group = order.group_id
        count = sum(name.startswith(group) for name in self.entries)
        if (count == 0 and order.is_settled) or (count and gained):
            name = f"{group}:{count}" if count else group
            self.entries[name] = len(self.rows) if order.fills else 0


class StoreMachine(RuleBasedStateMachine):
    """Each rule is one write under one fault; after each, store and model are equal."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__()
        with closing(server.client()) as client:
            client.flushall()
        self.store = RedisStore.from_url(server.url, now_ms=lambda: NOW_MS)
        self.client = self.store.client = FaultyClient(parse_address(server.url))
        self.account = open_account(self.store)
        self.model = Model()

    def teardown(self) -> None:
        self.store.close()

    def try_write(self, fault: str, write: Callable[[], Any]) -> tuple[bool, Any]:
        """Return whether the write may have been done, and its answer."""
        self.client.fault = fault
        try:
            return True, write()
        except StoreUnclear:
            return fault == "lost after", None
        except ConcurrentChange:
            return False, None
        except Retryable:
            assert fault == "lost before"
            return False, None
        finally:
            self.client.fault = "none"

    @rule(key=st.sampled_from(KEYS), digest=st.sampled_from("ab"), fault=st.sampled_from(FAULTS))
    def record(self, key: str, digest: str, fault: str) -> None:
        """A key is spent once; another digest is a conflict."""
        order = build_order(request_key=key)
        version = self.account.load_risk_book().version
        group = build_group(order, digest=key + digest)
        was_known = key in self.model.orders
        done, answer = self.try_write(
            fault, lambda: self.account.record(group, risk_version=version)
        )
        if not done:
            return
        if not was_known:
            assert answer.outcome is RecordOutcome.RECORDED
            self.digests = {**getattr(self, "digests", {}), key: digest}
            self.model.orders[key] = (1, order)
        elif answer is not None:
            same = self.digests[key] == digest
            assert answer.outcome == ("exists" if same else "key_conflict")

    @rule(key=st.sampled_from(KEYS), fault=st.sampled_from(FAULTS), nonce=st.uuids())
    def claim(self, key: str, fault: str, nonce: Any) -> None:
        """A claim wins once; after a lost reply the nonce tells."""
        version, order = self.model.orders.get(key, (0, None))
        if order is None or order.status is not S.INITIALIZED:
            return
        claimed = claim_form(order, str(nonce))
        done, answer = self.try_write(fault, lambda: self.account.claim(version, claimed))
        stored = self.account.load_order(order.client_order_id).value
        assert (stored.nonce == str(nonce)) is done
        assert answer in {None, "claimed"}
        if done:
            self.model.orders[key] = (version + 1, claimed)

    @precondition(lambda self: self.model.orders)
    @rule(
        key=st.sampled_from(KEYS),
        status=st.sampled_from(S),
        trades=st.sets(st.integers(1, 6), max_size=3),
        missing=st.integers(0, 1),
        fault=st.sampled_from(FAULTS),
    )
    def commit(
        self, key: str, status: OrderStatus, trades: set[int], missing: int, fault: str
    ) -> None:
        """Any legal change with any further trades, some of them not delivered yet."""
        version, order = self.model.orders.get(key, (0, None))
        if order is None or (
            status is not order.status and status not in TRANSITIONS[order.status]
        ):
            return
        changed = advance(order, status, trades, missing)
        done, _ = self.try_write(fault, lambda: self.account.commit(version, changed))
        if done:
            self.model.write(key, changed)

    @precondition(lambda self: self.model.orders)
    @rule(key=st.sampled_from(KEYS), behind=st.integers(1, 3), fault=st.sampled_from(FAULTS))
    def commit_stale(self, key: str, behind: int, fault: str) -> None:
        """A version that is gone, or never was, writes nothing."""
        version, order = self.model.orders.get(key, (0, None))
        if order is None or version < behind:
            return
        stale = replace(order, fills=(*order.fills, build_fill(trade_id="999")))
        done, _ = self.try_write(fault, lambda: self.account.commit(version - behind, stale))
        assert not done or fault == "lost after"

    @rule(trades=st.sets(st.integers(1, 6), min_size=1), fault=st.sampled_from(FAULTS))
    def append(self, trades: set[int], fault: str) -> None:
        """Foreign sight of trades, ours among them."""
        fills = tuple(trade(number) for number in sorted(trades))
        done, answer = self.try_write(fault, lambda: self.account.append_rows(fills))
        if done:
            new = self.model.book(fills)
            assert answer in {None, new}

    @rule(fault=st.sampled_from(FAULTS))
    def fold_position(self, fault: str) -> None:
        """The position takes the rows beyond its cursor."""
        found = self.account.find_position(SYMBOL)
        version = found.version if found else 0
        position = fold(empty_position("paper", SYMBOL), self.account.load_rows(SYMBOL))
        life = self.account.load_state().life
        done, answer = self.try_write(
            fault, lambda: self.account.save_position(version, position, life=life)
        )
        if done:
            assert answer in {None, True}
            assert self.account.load_risk_book().unfolded == {}

    @invariant()
    def orders_are_equal(self) -> None:
        """Bodies, versions and indexes."""
        for version, order in self.model.orders.values():
            found = self.account.load_order(order.client_order_id)
            assert (found.version, found.value) == (version, order)
        orders = [order for _, order in self.model.orders.values()]
        assert names(self.account.list_orders(OrderFilter.ACTIVE)) == {
            order.client_order_id for order in orders if not order.is_settled
        }
        assert names(self.account.list_orders(OrderFilter.IN_DOUBT)) == {
            order.client_order_id for order in orders if order.is_in_doubt
        }

    @invariant()
    def watched_are_equal(self) -> None:
        """The index that looks compare with says of each unsettled order what its record says."""
        orders = [order for _, order in self.model.orders.values()]
        assert set(self.account.list_watched()) == {
            index_order(order) for order in orders if not order.is_settled
        }

    @invariant()
    def ledger_is_equal(self) -> None:
        """Each row once, in the order of booking; each settled group asked for once."""
        assert self.account.load_rows(SYMBOL) == tuple(self.model.rows)
        assert {
            entry.entry_id: entry.cursors.get(SYMBOL, 0) for entry in self.account.list_outbox()
        } == self.model.entries

    @invariant()
    def exposure_is_covered(self) -> None:
        """What an unsettled order may still add is reserved, to the last digit."""
        held = {
            item.client_order_id: item.quantity
            for item in self.account.load_risk_book().reservations
        }
        expected = {
            order.client_order_id: open_quantity(order)
            for _, order in self.model.orders.values()
            if not order.is_settled
        }
        assert held == expected


def names(orders: tuple[Order, ...]) -> set[str]:
    return {order.client_order_id for order in orders}


def trade(number: int) -> Fill:
    return build_fill(trade_id=str(number), quantity=Decimal("0.1"))


def advance(order: Order, status: OrderStatus, trades: set[int], missing: int) -> Order:
    """Return the order in `status` with these trades, and `missing` ones only reported."""
    fills = {fill.row_id: fill for fill in order.fills}
    fills |= {fill.row_id: fill for fill in map(trade, sorted(trades))}
    booked = sum((fill.quantity for fill in fills.values()), Decimal(0))
    reported = max(order.reported_filled_quantity, booked + missing * Decimal("0.1"))
    return replace(
        order, status=status, fills=tuple(fills.values()), reported_filled_quantity=reported
    )


def open_quantity(order: Order) -> Decimal:
    if order.is_closed:
        return order.reported_filled_quantity - order.filled_quantity
    return max(Decimal(1) - order.filled_quantity, Decimal(0))


def test_store_follows_the_model(server: RedisServer) -> None:
    """No sequence of writes, repeats and lost replies makes the two differ."""
    run_state_machine_as_test(
        lambda: StoreMachine(server),
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
