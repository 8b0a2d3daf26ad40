"""Simulated processes: each builds its engine anew after a crash, as a real one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.bootstrap import Engine
from engine.config import AccountSettings, Settings
from engine.exchange.clock import ExchangeClock
from engine.exchange.factory import DIALECTS, account_abilities
from engine.exchange.gateway import CcxtGateway
from engine.exchange.wire import Wire
from engine.ports import Clock, Dispatcher, ExchangeAnswers, Random
from engine.store.store import RedisStore
from tests.simulation.allowance import SimulatedBudget
from tests.simulation.exchange import SimulatedExchange
from tests.simulation.scheduler import Actor, Scheduler
from tests.simulation.wire_client import SimulatedClient, WireSettings


class SimulatedEngine(Engine):
    """The engine as it is wired, but for the client that speaks HTTP and the allowance."""

    def __init__(
        self,
        settings: Settings,
        store: RedisStore,
        dispatcher: Dispatcher,
        *,
        clock: Clock,
        random: Random,
        scheduler: Scheduler,
        exchange: SimulatedExchange,
        answers: ExchangeAnswers,
        is_paper: bool,
    ) -> None:
        super().__init__(settings, store, dispatcher, clock=clock, random=random)
        self._scheduler = scheduler
        self._exchange = exchange
        self._answers = answers
        self._is_paper = is_paper

    def _build_gateway(self, account: AccountSettings) -> CcxtGateway:
        timings = self.settings.execution
        dialect = DIALECTS[account.exchange, account.market_type]()
        exchange_clock = ExchangeClock(self.clock, timings.clock_max_age_ms)
        wire = WireSettings(
            uid=int(account.api_key.get_secret_value().removeprefix("key")),
            recv_window_ms=timings.recv_window_ms,
            http_timeout_ms=timings.http_timeout_ms,
            engine_tail_ms=0 if self._is_paper else timings.engine_tail_ms,
        )
        return CcxtGateway(
            account=account.name,
            abilities=account_abilities(account, self.settings.endpoint(account)),
            dialect=dialect,
            wire=Wire(
                client=SimulatedClient(  # type: ignore[arg-type]  # No ccxt in here
                    self._scheduler, self._exchange, wire, exchange_clock.signing_time_ms
                ),
                dialect=dialect,
                budget=SimulatedBudget(self._scheduler),
                clock=self.clock,
                random=self.random,
                exchange_clock=exchange_clock,
            ),
            clock=self.clock,
            answers=self._answers,
            instruments_max_age_ms=timings.instruments_max_age_ms,
            margin_mode=account.margin_mode,
        )

    def close(self) -> None:
        """Close nothing: the store is everybody's."""


@dataclass(eq=False, kw_only=True)
class Process(Actor):
    """An actor with an engine of its own."""

    build_engine: Callable[[], Engine] = field(repr=False)
    engine: Engine = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.engine = self.build_engine()

    def restart(self) -> None:
        """Come back without any memory."""
        self.is_dead, self.running, self.job = False, None, ""
        self.engine = self.build_engine()
