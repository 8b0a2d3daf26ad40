"""One small world: a few processes, two accounts, some dozens of order lives, one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import engine.store.part
from engine.bootstrap import Engine
from engine.errors import EngineError
from engine.ports import AccountStore
from tests.simulation.allowance import SimulatedAnswers, shared_answers
from tests.simulation.broker import SimulatedBroker
from tests.simulation.calm import Calm
from tests.simulation.contracts import hedge
from tests.simulation.dangers import CALM, WEARY_OF, draw_dangers
from tests.simulation.duties import carry_out
from tests.simulation.exchange import ExchangeTime, SimulatedExchange
from tests.simulation.fate import Fate
from tests.simulation.intents import draw_intents
from tests.simulation.listener import PUSHES, SimulatedListener, SimulatedStream
from tests.simulation.processes import Process, SimulatedEngine
from tests.simulation.redis_link import SimulatedLink
from tests.simulation.scheduler import Actor, Scheduler
from tests.simulation.settings import UIDS, draw_markets, world_settings
from tests.simulation.story import Story
from tests.simulation.times import BEGIN_MS, ProcessClock, SeededRandom
from tests.simulation.trading import Trading
from tests.simulation.watch import Violation, Watch, WatchedStore

WORKERS, CALLERS = 3, 2
#: Orders that are wished for in one world.
LIVES = 60
#: How long things go wrong.
TURBULENCE_MS = 25_000
#: How often beat ticks; one of them in each world.
TICKS_MS = (1_000, 2_000, 4_000)
#: The worlds in which somebody listens to what the exchange pushes.
STREAM_SHARE = 0.6
#: The futures accounts with two positions of each contract.
HEDGED_SHARE = 0.4
#: The accounts on which entries may bring their stop and target with them.
BRACKET_SHARE = 0.4
#: The accounts on which orders are changed, limited in time, chased and trailing.
FOLLOWER_SHARE = 0.3
#: The accounts on which pairs are placed of which one order cancels the other.
PAIR_SHARE = 0.4
RESTART_MS = 3_000


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a world."""

    seed: int
    lives: int
    steps: int
    crashes: int
    simulated_ms: int
    digest: int
    seen: dict[str, int]  # What happened how often
    violations: tuple[Violation, ...]
    story: tuple[str, ...]  # Empty unless it was asked for


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, connection: Any, *, tells: bool = False) -> None:
        self.seed = seed
        self.dice = random.Random(f"world/{seed}")
        self.story = Story(is_kept=tells)
        self.scheduler = Scheduler(self.dice, draw_dangers(self.dice), self.story)
        self.scheduler.weary_of = self.dice.choice(WEARY_OF)
        self.scheduler.on_crash = self._on_crash
        self.link = SimulatedLink(connection, self.scheduler)
        self.link.clear()
        _seed_write_ids(self.dice)
        self.watch = Watch(lambda: self.scheduler.now_ms)
        self.link.on_other_answer = lambda name, first, second: self.watch.violate(
            "REPLAY", f"{name} answered {first}, and when it came again {second}"
        )
        is_paper = self.dice.random() < 0.5
        markets = random.Random(f"markets/{seed}")
        self.markets = draw_markets(markets)
        self.settings = world_settings(is_paper=is_paper, markets=tuple(self.markets.values()))
        self.is_paper = is_paper
        self.store = WatchedStore(self.link, self.watch, self._server_clock())
        self.exchange = SimulatedExchange(
            seed, ExchangeTime(self.scheduler, self._ahead_ms()), tuple(UIDS.values())
        )
        self.exchange.on_placed = self.watch.on_placed
        self.watch.now_at_exchange = self.exchange.now
        self.trading = {name: self._draw_trading(name, markets) for name in UIDS}
        self.answers = shared_answers(self.scheduler)
        self.broker = SimulatedBroker(self.scheduler)
        self.broker.on_message = self._hand_out
        self.is_over = False
        self.has_streams = self.dice.random() < STREAM_SHARE
        self.workers = [self._process(f"worker {n}") for n in range(WORKERS)]
        self.callers = [self._process(f"caller {n}") for n in range(CALLERS)]
        self.listeners = {name: self._process(f"listener {name}") for name in UIDS}
        self.streams = self._build_streams()
        self.calls: list[tuple[str, Callable[[Engine], object]]] = []
        self.intents = draw_intents(self.dice, self.trading, LIVES, TURBULENCE_MS - 3_000)
        self.fate = Fate(self)
        self.watch.on_recorded = self.fate.on_recorded

    def _draw_trading(self, account: str, dice: random.Random) -> Trading:
        market_type = self.markets[account]
        is_hedged = market_type == "futures" and dice.random() < HEDGED_SHARE
        if is_hedged:
            hedge(self.exchange.contracts, UIDS[account])
        has_brackets = dice.random() < BRACKET_SHARE
        return Trading(
            market_type=market_type,
            is_hedged=is_hedged,
            has_brackets=has_brackets,
            has_followers=dice.random() < FOLLOWER_SHARE,
            has_pairs=dice.random() < PAIR_SHARE,
        )

    def _ahead_ms(self) -> int:
        return self.dice.randrange(-150, 150)

    def _server_clock(self) -> Callable[[], int]:
        ahead_ms = self._ahead_ms()
        return lambda: self.scheduler.now_ms + ahead_ms

    def _process(self, name: str) -> Process:
        clock = ProcessClock(self.scheduler, self._ahead_ms())
        return Process(name=name, build_engine=lambda: self._engine(clock))

    def _engine(self, clock: ProcessClock) -> Engine:
        return SimulatedEngine(
            self.settings,
            self.store,
            self.broker,
            clock=clock,
            random=SeededRandom(self.dice, clock),
            scheduler=self.scheduler,
            exchange=self.exchange,
            answers=self.answers,
            is_paper=self.is_paper,
        )

    def _build_streams(self) -> dict[str, SimulatedStream]:
        streams = {
            name: SimulatedStream(self.scheduler, uid, PUSHES[self.markets[name]])
            for name, uid in UIDS.items()
        }
        self.exchange.venue.hears = lambda uid: True
        for name, stream in streams.items():
            if self.markets[name] == "spot":
                self.exchange.listen(stream.on_events)
            else:
                self.exchange.listen_to_contracts(stream.on_events)
        return streams

    def forget_answers(self) -> None:
        """Lose what processes share of the exchange's answers, with the store that has it."""
        for shared in (self.answers.instruments, self.answers.tickers, self.answers.balances):
            assert isinstance(shared, SimulatedAnswers)
            shared.clear()

    # ---- processes at work -------------------------------------------------------------------

    def account(self, name: str) -> AccountStore | None:
        """Return an account's store, for looking past all processes."""
        identity = self.store.find_identity(name)
        return None if identity is None else self.store.account(identity)

    def begin(self, actor: Process, job: str, work: Callable[[], object]) -> None:
        """Let a free process begin a job, whose failures are its own unless they are defects."""

        def guarded() -> None:
            try:
                work()
            except EngineError as error:
                self.story.tell(self.scheduler.now_ms, actor.name, f"fails {job}: {error}")
            except Exception as error:  # noqa: BLE001 - nothing else may come out of the engine
                self.watch.violate("EXCEPTION", f"{type(error).__name__} in {job}: {error}", job)

        self.scheduler.start(actor, job, guarded, self._soon)

    def _soon(self) -> None:
        self.scheduler.after(0, self._hand_out)

    def _hand_out(self) -> None:
        """Give messages to free workers, and calls to free callers."""
        while (free := [one for one in self.workers if one.is_free]) and self.broker.waiting:
            name, arguments = self.broker.take() or ("", ())
            worker = free[self.dice.randrange(len(free))]
            work = _bound(carry_out, worker.engine, self.broker, name, arguments)
            self.begin(worker, f"{name} {arguments}", work)
        while (idle := [one for one in self.callers if one.is_free]) and self.calls:
            job, call = self.calls.pop(0)
            self.begin(idle[0], job, _bound(call, idle[0].engine))

    def call(self, job: str, work: Callable[[Engine], object]) -> None:
        """Have a caller's process do something as soon as one is free."""
        self.calls.append((job, work))
        self._soon()

    def _on_crash(self, actor: Actor) -> None:
        assert isinstance(actor, Process)

        def restart() -> None:
            actor.restart()
            self._hand_out()
            self._listen(actor)

        self.scheduler.after(self.dice.randrange(RESTART_MS), restart)

    def _listen(self, actor: Process) -> None:
        for name, listener in self.listeners.items():
            if listener is actor and self.has_streams and not self.is_over:
                work = SimulatedListener(
                    actor.engine, name, self.streams[name], self.scheduler, lambda: self.is_over
                )
                self.begin(actor, f"listen {name}", work.run)

    # ---- the course of a world ---------------------------------------------------------------

    def run(self) -> Outcome:
        """Live through turbulence and calm, then compare everything."""
        dangers, self.scheduler.dangers = self.scheduler.dangers, CALM
        self._schedule_ticks()
        self.broker.deliver("tick", 0)
        self.run_for(3_000)  # The accounts are opened in peace
        self.fate.open()
        self.run_for(500)
        self.scheduler.dangers = dangers
        for listener in self.listeners.values():
            self._listen(listener)
        self.fate.begin()
        self.run_for(TURBULENCE_MS)
        self._calm_down()
        calm = Calm(self)
        calm.settle()
        self.is_over = True
        self.run_for(5_000)
        if not self.watch.violations:
            calm.compare()
        outcome = self._outcome()
        self.scheduler.end([*self.workers, *self.callers, *self.listeners.values()])
        return outcome

    def run_for(self, duration_ms: int) -> None:
        until_ms = self.scheduler.now_ms + duration_ms
        self.scheduler.run_until(until_ms, lambda: bool(self.watch.violations))

    def _schedule_ticks(self) -> None:
        numbers, every_ms = count(), self.dice.choice(TICKS_MS)

        def tick() -> None:
            if not self.is_over:
                self.broker.deliver("tick", next(numbers), delay_ms=0)
                self.scheduler.after(every_ms, tick)

        self.scheduler.after(0, tick)

    def _calm_down(self) -> None:
        self.scheduler.dangers = CALM
        self.link.down_until_ms = 0
        self.story.tell(self.scheduler.now_ms, "FATE", "calm begins", of_all=True)
        self.fate.end()

    def _outcome(self) -> Outcome:
        words = [word for one in self.watch.violations for word in one.words]
        return Outcome(
            seed=self.seed,
            lives=LIVES,
            steps=self.scheduler.steps,
            crashes=self.scheduler.crashes,
            simulated_ms=self.scheduler.now_ms - BEGIN_MS,
            digest=self.scheduler.digest,
            seen=dict(self.watch.seen),
            violations=tuple(self.watch.violations),
            story=tuple(self.story.lines(words)),
        )


def _bound(act: Callable[..., object], *arguments: Any) -> Callable[[], object]:
    return lambda: act(*arguments)


def _seed_write_ids(dice: random.Random) -> None:
    """Have the store's write ids come from the world's dice."""

    class _Id:
        def __init__(self) -> None:
            self.hex = f"{dice.getrandbits(128):032x}"

    engine.store.part.uuid4 = _Id
