"""What happens to a world from outside: wishes, markets, people, and a store that is lost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from engine.bootstrap import Engine
from engine.domain.trading_state import TradingState
from engine.ports import AccountStore
from tests.simulation import callers
from tests.simulation.contracts import ContractFate, stranger_order
from tests.simulation.exchange import BASES
from tests.simulation.intents import Intent
from tests.simulation.settings import UIDS, symbols_of
from tests.simulation.watch import Violation
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.spot.order_request import OrderRequest

if TYPE_CHECKING:
    from tests.simulation.world import World

#: A market moves about so often, and the other events of a second are thrown for.
MARKET_MS, SECOND_MS = 700, 1_000
#: A caller that was not answered asks again after about this.
AGAIN_MS = 4_000


class Fate:
    """Decides what befalls a world; its dice are the world's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._dice = world.dice
        self._scheduler = world.scheduler
        self._is_ended = False
        self.has_lost_writes = False
        self._contracts = ContractFate(world, world.seed)

    # ---- wishes ------------------------------------------------------------------------------

    def begin(self) -> None:
        """Put everything on the agenda."""
        for intent in self._world.intents:
            self._scheduler.after(intent.at_ms, partial(self._place, intent))
            for _ in range(self._dice.choice((0, 0, 1, 2)) if intent.key else 0):
                later_ms = intent.at_ms + self._dice.randrange(AGAIN_MS)
                self._scheduler.after(later_ms, partial(self._place, intent))
            if self._dice.random() < 0.3:
                later_ms = intent.at_ms + self._dice.randrange(12_000)
                self._scheduler.after(later_ms, partial(self._cancel, intent))
            if self._world.trading[intent.account].has_followers and self._dice.random() < 0.4:
                later_ms = intent.at_ms + self._dice.randrange(6_000)
                self._scheduler.after(later_ms, partial(self._change, intent))
        self._move_market()
        self._scheduler.after(SECOND_MS, self._second)
        if "futures" in self._world.markets.values():
            self._contracts.begin()

    def _place(self, intent: Intent) -> None:
        name = intent.key or f"wish of {intent.at_ms}"
        self._world.call(f"place {name}", lambda engine: callers.place(engine, intent))

    def _cancel(self, intent: Intent) -> None:
        self._world.call(
            f"cancel {intent.key}",
            lambda engine: callers.cancel(engine, self._dice, intent, self._symbols(intent)),
        )

    def _change(self, intent: Intent) -> None:
        self._world.call(
            f"change {intent.key}", lambda engine: callers.change(engine, self._dice, intent)
        )

    def _symbols(self, intent: Intent) -> tuple[str, ...]:
        return symbols_of(self._world.markets[intent.account])

    # ---- markets and others ------------------------------------------------------------------

    def _move_market(self) -> None:
        if self._is_ended:
            return
        base = self._dice.choice(BASES)
        price = Decimal(100) + Decimal(self._dice.randrange(-350, 350)) / 100
        sizes = [Decimal(self._dice.randrange(50, 900)) / 1000 for _ in range(2)]
        self._scheduler.story.tell(
            self._scheduler.now_ms, "FATE", f"{base} trades around {price}", of_all=True
        )
        self._world.exchange.quote(base, price, sizes)
        self._scheduler.after(self._dice.randrange(2 * MARKET_MS), self._move_market)

    def _second(self) -> None:
        if self._is_ended:
            return
        dangers = self._scheduler.dangers
        if self._dice.random() < dangers.stranger:
            self._trade_as_stranger()
        if self._dice.random() < dangers.halt:
            self._halt(self._dice.choice(tuple(UIDS)))
        if self._dice.random() < dangers.emergency:
            self._stop(self._dice.choice(tuple(UIDS)))
        if self._dice.random() < dangers.store_lost:
            self._lose_store()
        if dangers.store_lost and self._dice.random() < 0.3:
            self._world.link.take_copy()
        self._set_read_lag(self._dice.choice((0, 0, 0, 150, 900)))
        self._scheduler.after(SECOND_MS, self._second)

    def _set_read_lag(self, lag_ms: int) -> None:
        self._world.exchange.venue.read_lag_ms = lag_ms
        self._world.exchange.contracts.read_lag_ms = lag_ms

    def _trade_as_stranger(self) -> None:
        """Somebody else trades on the account, with quantities that we never order."""
        quantity = Decimal(self._dice.randrange(100, 900)) / 1000 + 3
        symbol = f"{self._dice.choice(BASES)}USDT"
        side = self._dice.choice(("BUY", "SELL"))
        account, uid = self._dice.choice(tuple(UIDS.items()))
        exchange = self._world.exchange
        try:
            if self._world.markets[account] == "spot":
                request = OrderRequest(
                    symbol=symbol, side=side, order_type="MARKET", quantity=quantity
                )
                exchange.venue.desk.place(uid, request)
            else:
                order = stranger_order(exchange.contracts, self._dice, uid, symbol, quantity)
                exchange.contracts.desk.place(uid, order)
        except ApiError:
            return
        finally:
            exchange.venue.commit()
            exchange.contracts.commit()
        self._world.watch.seen["trade of a stranger"] += 1

    # ---- people ------------------------------------------------------------------------------

    def _halt(self, account: str) -> None:
        self._world.call(f"halt {account}", partial(self._do_halt, account))
        self._scheduler.after(
            self._dice.randrange(1_000, 8_000),
            lambda: self._world.call(f"resume {account}", partial(self._do_resume, account)),
        )

    def _stop(self, account: str) -> None:
        keep = self._dice.random() < 0.3
        self._world.call(f"stop {account}", partial(self._do_stop, account, keep))
        self._scheduler.after(
            self._dice.randrange(3_000, 20_000),
            lambda: self._world.call(f"resume {account}", partial(self._do_resume, account)),
        )

    def _do_stop(self, account: str, keep_positions: bool, engine: Engine) -> None:
        self._note_halt(account, callers.stop(engine, account, keep_positions=keep_positions))
        callers.work_on_stop(engine, account)

    def _do_halt(self, account: str, engine: Engine) -> None:
        self._note_halt(account, callers.halt(engine, account))

    def _note_halt(self, account: str, slug: str | None) -> None:
        # Somebody who saw the halt may have resumed before it was answered
        if slug is not None and self._is_halted(account):
            self._world.watch.halted.note(slug)
            self._tell(f"{account} is halted: nothing may be claimed")
            self._world.link.take_copy()  # Halts are answered when they are on the disk

    def _do_resume(self, account: str, engine: Engine) -> None:
        self._tell(f"{account} is about to be resumed")
        callers.resume(engine, account, self._world.watch)

    # ---- the store ---------------------------------------------------------------------------

    def on_recorded(self) -> None:
        """Often leave a copy in which orders are recorded, and whose claims get lost with it."""
        if self._scheduler.dangers.store_lost and self._dice.random() < 0.3:
            self._world.link.take_copy()

    def _lose_store(self) -> None:
        """The server goes away, and comes back with less."""
        world, is_empty = self._world, self._dice.random() < 0.4
        self.has_lost_writes = True
        world.watch.forget()
        world.forget_answers()
        if is_empty:
            world.link.clear()
            world.link.take_copy()
            world.watch.halted.forget()
        else:
            world.link.fall_back()
        if not is_empty or self._dice.random() < 0.5:  # A flush leaves the server as it is
            world.link.change_life()
        world.link.down_until_ms = self._scheduler.now_ms + self._dice.randrange(3_000)
        self._tell("the store is EMPTY" if is_empty else "the store LOST its newest writes")

    def _tell(self, text: str) -> None:
        self._world.watch.seen[text.removeprefix("one ").removeprefix("two ")] += 1
        self._scheduler.story.tell(self._scheduler.now_ms, "FATE", text, of_all=True)

    # ---- the calm ----------------------------------------------------------------------------

    def open(self) -> None:
        """Resume what halts itself at its opening, on an empty store."""
        for account in UIDS:
            if self._is_halted(account):
                self._world.call(f"resume {account}", partial(self._do_resume, account))

    def end(self) -> None:
        """Let people put right what is theirs: resume, and ask once more for every wish."""
        self._is_ended = True
        self._contracts.end()
        self._set_read_lag(0)
        self._world.exchange.mark_contracts()
        for intent in self._world.intents:
            if intent.key:
                intent.forget()
        self._put_right()

    def _put_right(self) -> None:
        if self._world.is_over:
            return
        self.open()
        for intent in self._world.intents:
            if intent.key and not intent.is_answered:
                self._place(intent)
        if not self.is_done() or self._may_yet_halt():
            self._scheduler.after(AGAIN_MS, self._put_right)

    def _may_yet_halt(self) -> bool:
        """Tell whether a halt or stop that somebody asked for is still on its way.

        Its caller may sleep past the resume that was meant for it, and halts then: people resume
        what they see halted, whenever they see it. What halts by itself later, they do not; nor
        may a stop halt for a run that others ended meanwhile (closer_look.py sees that).
        """
        jobs = [job for job, _ in self._world.calls] + [one.job for one in self._world.callers]
        return any(job.startswith(("halt ", "stop ")) for job in jobs)

    def _is_halted(self, account: str) -> bool:
        store = self._world.account(account)
        return store is None or store.load_state().trading_state is not TradingState.ACTIVE

    def is_done(self) -> bool:
        """Tell whether every wish with a key was answered in the calm, and all accounts trade."""
        answered = all(intent.is_answered for intent in self._world.intents if intent.key)
        return answered and not any(self._is_halted(account) for account in UIDS)

    def what_is_left(self) -> str:
        left = [one.key for one in self._world.intents if one.key and not one.is_answered]
        return f"unanswered {left}, halted {[a for a in UIDS if self._is_halted(a)]}"

    def check_intents(self, account: str, store: AccountStore) -> Iterator[Violation]:
        """Yield the wishes whose last answer is not what it must be."""
        for intent in self._world.intents:
            if intent.account != account or (self.has_lost_writes and not intent.key):
                continue  # A wish without a key cannot be asked for again: a lost store says so
            if intent.is_refused and not self.has_lost_writes:
                yield Violation(kind="REFUSED", text=f"{intent} was refused", words=(intent.key,))
            for result in intent.results:
                if store.find_order(result.order_id) is None:
                    text = f"{intent.key or 'a wish'} was answered and is gone: {result}"
                    yield Violation(kind="FORGOTTEN", text=text, words=(result.order_id,))
            yield from self._check_cancelled(intent, store)
            answered = tuple(result.order_id for result in intent.results)
            if answered and answered != intent.first_ids:
                text = f"{intent.key} became {answered}, was {intent.first_ids}"
                yield Violation(kind="OTHER_ORDERS", text=text, words=(*answered, intent.key))

    def _check_cancelled(self, intent: Intent, store: AccountStore) -> Iterator[Violation]:
        """Yield the orders whose cancel was promised, and that still stand."""
        for name in () if self.has_lost_writes else sorted(intent.cancelled):
            stored = store.find_order(name)
            while stored is not None and stored.value.replaced_by:
                stored = store.find_order(stored.value.replaced_by)
            if stored is not None and not stored.value.is_closed:
                text = f"{name} was to be cancelled, and is {stored.value.status}"
                yield Violation(kind="WISH_LOST", text=text, words=(name,))
