"""One life: what its worker is asked to do, until all that was wished for has come about."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from engine.domain.fill import Side
from engine.domain.order import Order
from engine.errors import UnknownOrder
from engine.ports import OrderFilter
from tests.crash_points.crew import PATIENCE_S, ForkedWorker, WorkerDied
from tests.crash_points.messages import CHORD, Errand, read_errand
from tests.crash_points.variations import Variation
from tests.crash_points.wires import Moment
from tests.crash_points.worker import Done
from tests.crash_points.world import World

#: Between two rounds of what beat asks for; longer than any hint is waited for.
TICK_MS = 2_500
TICKS: tuple[Errand, ...] = (
    ("monitoring.watch_due_orders", ()),
    ("monitoring.publish_outbox", ()),
    ("monitoring.reconcile_accounts", ()),
    ("emergency.watch_emergencies", ()),
    ("protection.watch_protections", ()),
)
#: A life that is not over by then never ends; a store that is new lets a key wait longer by the
#: difference between clocks that are apart.
MOST_ROUNDS = 100
#: A repeat of these is answered as the first was.
WISHES = frozenset({"place", "place group"})
#: Celery acknowledges these late: they come back when their worker dies.
LATE = frozenset({"positions.update_position", "portfolio.update_portfolio"})


class NeverEnds(AssertionError):
    """Something that must come about did not."""


class Run:
    """A life in a world, from its beginning; a worker that dies is replaced at once."""

    def __init__(self, world: World, variation: Variation | None = None, at: int = 0) -> None:
        """The variation strikes at the life's message number `at`; 0: never."""
        self.world = world
        self.placed: list[str] = []  # Every intent, by client order id
        self._answered: dict[str, tuple[str, ...]] = {}  # By key
        self.in_flight: Sequence[str] | None = None  # What `halt` answered
        self.reconciled_before_ms = 0  # The reconcile before the one that is waited for
        self.sent_before_halt: frozenset[str] = frozenset()
        self.has_stopped = False  # By an emergency stop
        self.may_close = False  # The engine places orders of its own, which close positions
        self.deaths = 0
        self.crashes = 0  # Deaths that nobody caused
        self.failures: list[str] = []  # What tasks raised: their messages are lost then
        self.surprises: list[str] = []  # What was answered or struck amiss
        self._variation = variation
        self._is_redelivered = variation is not None and variation.is_redelivered
        self.errand: Errand | None = None  # What the worker is doing
        self.has_forgotten = False  # The store lost something since somebody asked for it
        self._go_on = threading.Event()
        self._is_delaying = False
        self._at = at
        world.restore(variation.apart_ms if variation else None)
        world.wires.disarm()
        self._worker = ForkedWorker(world.behind_wires)
        is_doubled = variation is not None and variation.is_doubled
        self._twin = ForkedWorker(world.direct) if is_doubled else None

    def arm(self) -> None:
        """Count messages from now on, and strike when its number comes."""
        self.world.wires.arm(self._at, self._strike)

    def close(self) -> None:
        """End the workers, and let go what is still held."""
        self.world.wires.disarm()
        self._go_on.set()
        self._worker.close()
        if self._twin is not None:
            self._twin.close()

    # ---- what callers and beat do ------------------------------------------------------------

    def call(self, name: str, *arguments: Any) -> Any:
        """Do what a caller wants, again until it is answered; return the answer."""
        for _ in range(MOST_ROUNDS):
            done = self._do((name, arguments))
            if done is not None and not done.failure:
                return done.answer
            if done is not None:
                self.tick()
        raise NeverEnds(f"{name} was never answered: {self.failures[-1:]}")

    def until(
        self,
        is_reached: Callable[[Run], bool],
        what: str,
        again: Callable[[Run], None] = lambda run: None,
    ) -> None:
        """Deliver messages, and let time pass, until it is reached.

        Where the store forgets, `again` is what was wished for.
        """
        self.drain()
        for _ in range(MOST_ROUNDS):
            with suppress(UnknownOrder):  # It is forgotten, and found again or asked for again
                if self.has_forgotten:
                    again(self)
                    self.has_forgotten = False
                if is_reached(self):
                    return
            self.tick()
        orders = [self._describe(name) for name in self.placed]
        raise NeverEnds(f"{what} is never reached: {orders}, {self.failures[-3:]}")

    def _describe(self, client_order_id: str) -> str:
        stored = self.world.trader.context.store.find_order(client_order_id)
        if stored is None:
            return f"{client_order_id} unknown"
        reason = stored.value.reason
        return f"{client_order_id} {stored.value.status}{f': {reason.message}' if reason else ''}"

    def tick(self, duration_ms: int = TICK_MS) -> None:
        """Let time pass, and do what beat asks for then."""
        self.world.pass_time(duration_ms)
        for errand in TICKS:
            self._deliver(errand)
        self.drain()

    def drain(self) -> None:
        """Deliver messages, and what they cause, until none is left."""
        while self.deliver_next():
            pass

    def deliver_next(self) -> bool:
        """Deliver the message that has waited longest; False when there is none."""
        errand = self.world.messages.take()
        if errand is not None:
            self._deliver(errand)
        return errand is not None

    def orders(self) -> tuple[Order, ...]:
        """Return the orders that were placed so far, as they are recorded."""
        return tuple(self.world.trader.order(name) for name in self.placed)

    def leg(self, client_order_id: str) -> Order:
        """Return an order that the engine placed by itself."""
        return self.world.trader.order(client_order_id)

    def known_orders(self) -> tuple[Order, ...]:
        """Return those of the orders that the store has not forgotten."""
        store = self.world.trader.context.store
        found = [store.find_order(name) for name in self.placed]
        return tuple(one.value for one in found if one is not None)

    def remember(self, key: str, client_order_ids: Sequence[str]) -> None:
        """Note the ids that a caller was answered; a repeat must be answered the same ones.

        Only what a store lost before it was sent may be another id then; should the lost one turn
        up after all, the verdict finds it recorded without a wish.
        """
        before = self._answered.get(key, ())
        self._answered[key] = tuple(client_order_ids)
        lost = set(before) - set(client_order_ids)
        if lost & set(self.world.control.stats()["sent_client_ids"]):
            self.surprises.append(f"{key} was placed as {before}, then as {client_order_ids}")
        kept = [name for name in self.placed if name not in lost]
        self.placed = kept + [name for name in client_order_ids if name not in kept]

    @property
    def closing(self) -> tuple[str, ...]:
        """Return the orders by which the engine itself closed positions, or stood ready to.

        Nobody wished for them one by one. A store that lost why they were placed knows them no
        more as such; but where it may close, no life sells by itself what it did not name.
        """
        if not self.may_close:
            return ()
        recorded = self.world.trader.context.store.list_orders(OrderFilter.RECENT)
        closing = (one for one in recorded if one.terms.reduce_only or one.terms.side is Side.SELL)
        names = (order.client_order_id for order in closing)
        return tuple(name for name in names if name not in self.placed)

    @property
    def may_send_again(self) -> bool:
        """Tell whether a definite refusal of an attempt may give leave for another one."""
        return self._variation is not None and self._variation.may_fail

    # ---- other workers -----------------------------------------------------------------------

    def another_worker(self) -> ForkedWorker:
        """Return another worker, past the wires; the caller closes it."""
        return ForkedWorker(self.world.direct)

    def let_work(self, other: ForkedWorker) -> None:
        """Have another worker do what is due by now, and all that it causes."""
        for errand in TICKS:
            other.do(errand)
        while errand := self.world.messages.take():
            for one in unfold(errand):
                other.do(one)

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Stop the worker's group for the length of the block."""
        os.killpg(self._worker.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._worker.pid, signal.SIGCONT)

    # ---- what a variation does ---------------------------------------------------------------

    def kill_worker(self) -> None:
        self._worker.kill()

    def delay(self, moment: Moment) -> None:
        """Pass a request on when the next worker has done something, and await its effect."""
        self._is_delaying = True
        self._go_on.wait(PATIENCE_S)
        moment.pass_on()
        select.select([moment.link.server], [], [], PATIENCE_S)
        self._is_delaying = False

    def _strike(self, moment: Moment) -> None:
        if self._variation is None:
            return
        try:
            self._variation.strike(self, moment)
        except Exception as error:  # noqa: BLE001 - Nobody listens in a wire's thread: told at the end
            self.surprises.append(f"the blow itself failed: {error!r}")
        self.has_forgotten = self._variation.forgets

    # ---- messages ----------------------------------------------------------------------------

    def _deliver(self, errand: Errand) -> None:
        """Hand a message to the worker; whether it comes back when it dies is the broker's way."""
        for one in unfold(errand):
            returns = one[0] in LATE or self._is_redelivered
            while self._do(one) is None and returns:
                pass

    def _do(self, errand: Errand) -> Done | None:
        """Have the worker do it; None when it died, and another one stands ready."""
        self.errand = errand
        try:
            done = self._do_at_once(errand)
        except WorkerDied:
            self.deaths += 1
            self.crashes += not self._worker.close()
            self._worker = ForkedWorker(self.world.behind_wires)
            return None
        self.errand = None
        if self._variation is not None:
            self._variation.mend(self)
        if done.failure:
            self.failures.append(done.failure)
        if self._is_delaying:
            self._go_on.set()
            self.world.wires.decided.wait(PATIENCE_S)
        return done

    def _do_at_once(self, errand: Errand) -> Done:
        """Have the worker do it, and its twin the same where every message comes twice."""
        if self._twin is None:
            return self._worker.do(errand)
        self._twin.begin(errand)
        done = self._worker.do(errand)
        twin = self._twin.end()
        both = not (done.failure or twin.failure)
        if both and errand[0] in WISHES and done.answer != twin.answer:
            self.surprises.append(f"{errand} was answered {done.answer} and {twin.answer}")
        return done if not done.failure else twin


def unfold(errand: Errand) -> tuple[Errand, ...]:
    """Return the errands that a message stands for: those of a chord in their order, or one."""
    name, arguments = errand
    if name != CHORD:
        return (errand,)
    return tuple(read_errand(one) for one in (*arguments[0], arguments[1]))
