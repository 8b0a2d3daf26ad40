"""How a world ends: nothing goes wrong any more, all is settled, then compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.simulation.checks import check_account
from tests.simulation.settings import UIDS

if TYPE_CHECKING:
    from tests.simulation.world import World

#: How long a world may take to settle, by its own time.
PATIENCE_MS = 400_000


class Calm:
    """Waits until nothing is left to do, and looks at what came of it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def settle(self) -> None:
        """Wait until nothing is left to do; then reconcile once more, and wait again."""
        end_ms = self._world.scheduler.now_ms + PATIENCE_MS
        for _ in range(2):
            while not self._world.watch.violations and not self._is_quiet():
                if self._world.scheduler.now_ms > end_ms:
                    self._world.watch.violate("NEVER_SETTLED", self._what_is_left())
                    return
                self._world.run_for(2_000)
            self._reconcile_all()

    def _reconcile_all(self) -> None:
        for name in UIDS:
            self._world.call(
                f"reconcile {name}", lambda engine, name=name: self._check_equal(engine, name)
            )
        self._world.run_for(6_000)

    def _check_equal(self, engine: Engine, name: str) -> None:
        result = reconcile.reconcile(engine.account(name))
        if result is not None and result.is_compared and result.differences:
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
        at_rest = all(one.exchange_order_id is not None and not one.is_closed for one in active)
        wished = any(one.cancel_requested_at_ms is not None for one in active)
        return at_rest and not wished and not store.list_outbox()

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
        return "; ".join([*left, self._world.fate.what_is_left()])

    def compare(self) -> None:
        """Look at everything that must hold at the end."""
        for name, uid in UIDS.items():
            store = self._world.account(name)
            assert store is not None
            self._world.watch.violations += check_account(
                store, self._world.exchange, uid, self._world.link
            )
            self._world.watch.violations += self._world.fate.check_intents(name, store)
