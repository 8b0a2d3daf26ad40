"""How a world ends: nothing goes wrong any more, all is settled, then compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.order import Order
from engine.execution.reconciling import reconcile
from engine.ports import AccountStore, OrderFilter
from tests.simulation.checks import check_account, check_guarded
from tests.simulation.pair_checks import check_pairs
from tests.simulation.settings import UIDS

if TYPE_CHECKING:
    from tests.simulation.world import World

#: How long a world may take to settle, by its own time.
PATIENCE_MS = 400_000


class Calm:
    """Waits until nothing is left to do, and looks at what came of it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._to_reconcile: set[str] = set()

    def settle(self) -> None:
        """Wait until nothing is left to do; then reconcile, and wait again, and so once more."""
        end_ms = self._world.scheduler.now_ms + PATIENCE_MS
        for _ in range(2):
            if not self._await_quiet(end_ms) or not self._reconcile_all(end_ms):
                return
        self._await_quiet(end_ms)

    def _await_quiet(self, end_ms: int) -> bool:
        while not self._world.watch.violations and not self._is_quiet():
            if self._world.scheduler.now_ms > end_ms:
                self._world.watch.violate("NEVER_SETTLED", self._what_is_left())
                self._name_what_stands()
                return False
            self._world.run_for(2_000)
        return True

    def _reconcile_all(self, end_ms: int) -> bool:
        """Reconcile each account, again where the lease of one who died keeps it from that."""
        self._to_reconcile = set(UIDS)
        while self._to_reconcile and not self._world.watch.violations:
            if self._world.scheduler.now_ms > end_ms:
                self._world.watch.violate("NEVER_SETTLED", f"unreconciled: {self._to_reconcile}")
                return False
            for name in sorted(self._to_reconcile):
                self._world.call(
                    f"reconcile {name}", lambda engine, name=name: self._check_equal(engine, name)
                )
            self._world.run_for(6_000)
        return True

    def _check_equal(self, engine: Engine, name: str) -> None:
        result = reconcile.reconcile(engine.account(name))
        if result is None:
            return
        self._to_reconcile.discard(name)
        if result.is_compared and result.differences:
            self._world.watch.violate("DIFFERENCES", f"{name}: {result.differences}")

    def _is_quiet(self) -> bool:
        if self._world.broker.waiting or self._world.calls or not self._world.fate.is_done():
            return False
        actors = (*self._world.workers, *self._world.callers)  # One may still be asleep
        if any(actor.job and not actor.job.startswith("tick") for actor in actors):
            return False
        return all(self._is_account_quiet(name) for name in UIDS)

    def _is_account_quiet(self, name: str) -> bool:
        store = self._world.account(name)
        if store is None or not store.load_state().is_opened or store.load_state().is_held:
            return False
        active = store.list_orders(OrderFilter.ACTIVE)
        at_rest = all(map(_is_at_rest, active))
        is_done = at_rest and not store.list_outbox() and self._is_guarded(name, store)
        return is_done and not [*check_pairs(store, self._world.exchange, UIDS[name])]

    def _is_guarded(self, name: str, store: AccountStore) -> bool:
        """Tell whether plans and legs are as they must be; without its plans nobody knows."""
        if self._world.fate.has_lost_writes:
            return True
        return not [*check_guarded(store, self._world.exchange, UIDS[name])]

    def _name_what_stands(self) -> None:
        """Say by their own names what is wrong with guards and pairs, and stays so."""
        for name, uid in UIDS.items():
            store = self._world.account(name)
            if store is not None:
                self._world.watch.violations += check_pairs(store, self._world.exchange, uid)
                if not self._world.fate.has_lost_writes:
                    self._world.watch.violations += check_guarded(store, self._world.exchange, uid)

    def _what_is_left(self) -> str:
        left = [f"{len(self._world.broker.waiting)} messages, {len(self._world.calls)} calls"]
        for name in UIDS:
            store = self._world.account(name)
            if store is None:
                left.append(f"{name} unknown")
                continue
            state = store.load_state()
            active = store.list_orders(OrderFilter.ACTIVE)
            words = [f"{one.client_order_id} {one.status}" for one in active]
            left.append(f"{name}: {state.trading_state} held={state.is_held} {words}")
            left.append(f"{len(store.list_outbox())} outbox entries")
            left += [one.text for one in check_pairs(store, self._world.exchange, UIDS[name])]
            if not self._world.fate.has_lost_writes:
                left += [one.text for one in check_guarded(store, self._world.exchange, UIDS[name])]
        return "; ".join([*left, self._world.fate.what_is_left()])

    def compare(self) -> None:
        """Look at everything that must hold at the end."""
        for name, uid in UIDS.items():
            store = self._world.account(name)
            assert store is not None
            has_lost_writes = self._world.fate.has_lost_writes
            self._world.watch.violations += check_account(
                store,
                self._world.exchange,
                uid,
                self._world.link,
                has_lost_writes=has_lost_writes,
            )
            self._world.watch.violations += check_pairs(store, self._world.exchange, uid)
            if not has_lost_writes:
                self._world.watch.seen["plan at the end"] += len(store.list_protections())
                self._world.watch.violations += check_guarded(store, self._world.exchange, uid)
            self._world.watch.violations += self._world.fate.check_intents(name, store)


def _is_at_rest(order: Order) -> bool:
    """Tell whether an order that is not settled stays as it is: it rests, or waits for a price."""
    is_wished_away = order.cancel_requested_at_ms is not None or order.cancel_at_ms is not None
    is_there = order.is_waiting or (order.exchange_order_id is not None and not order.is_closed)
    return is_there and not is_wished_away
