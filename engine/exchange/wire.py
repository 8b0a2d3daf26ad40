"""The way out: allowance first, one request, then what the answer says about traffic and time."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from engine.domain.lanes import Lane
from engine.errors import EngineError, StoreUnavailable
from engine.exchange.answers import read_answer
from engine.exchange.client import Client
from engine.exchange.clock import ExchangeClock, date_difference_ms, measure
from engine.exchange.dialect import Dialect, Request
from engine.exchange.penalties import is_ban, penalty_ms
from engine.exchange.raw_answer import RawAnswer, read_error
from engine.ports import Budget, Clock, Cost, Random, WindowScope

T = TypeVar("T")
log = logging.getLogger(__name__)

#: Told of the HTTP status and of how long (ms) the address must be quiet.
OnBan = Callable[[int, int], object]
#: Told of the exchange's words when it refuses the key.
OnKeyRefused = Callable[[str], object]

#: The Date header has whole seconds and is written a little later; more is another clock.
DATE_TOLERANCE_MS = 5_000


@dataclass(frozen=True, kw_only=True)
class WireTimings:
    """How long things may take, in milliseconds."""

    #: A connection that was idle for longer is proved by a question, though it looks open. Longer
    #: than the socket's own probes take to find a peer that vanished.
    idle_limit_ms: int = 60_000
    #: How long a request waits for the next window of the allowance.
    budget_wait_ms: int = 1_000


class Wire:
    """Everything that leaves for one exchange account from one process."""

    def __init__(
        self,
        *,
        client: Client,
        dialect: Dialect,
        budget: Budget,
        clock: Clock,
        random: Random,
        exchange_clock: ExchangeClock,
        timings: WireTimings = WireTimings(),
        on_ban: OnBan | None = None,
        on_key_refused: OnKeyRefused | None = None,
    ) -> None:
        self._client = client
        self._dialect = dialect
        self._budget = budget
        self._clock = clock
        self._random = random
        self._exchange_clock = exchange_clock
        self._timings = timings
        self._on_ban = on_ban
        self._on_key_refused = on_key_refused
        self._pid = os.getpid()
        self._answered_at_ms: int | None = None  # Monotonic

    # ---- requests ----------------------------------------------------------------------------

    def reserve(self, cost: Cost, lane: Lane, nonce: str | None = None) -> None:
        """Take the allowance of a request; raise BudgetExhausted when there is none in time."""
        self.check_process()
        self._budget.acquire(
            cost,
            lane,
            nonce=nonce or self._random.nonce(),
            wait_ms=self._timings.budget_wait_ms,
        )

    def refund(self, nonce: str) -> None:
        self._budget.refund(nonce)

    def send(self, request: Request) -> RawAnswer:
        """Send `request` now, whose allowance is taken already; one HTTP request, no waiting."""
        self.check_process()
        began_ms = self._clock.monotonic_ms()
        answer = self._client.send(request)
        if answer.status is None:
            self._answered_at_ms = None
            return answer
        self._answered_at_ms = self._clock.monotonic_ms()
        try:
            self.learn(answer, took_ms=self._answered_at_ms - began_ms)
        except StoreUnavailable as error:
            # An order may stand behind the answer: it counts for more than the meter
            log.warning("what an answer says of our traffic could not be shared: %s", error)
        return answer

    def ask(self, request: Request, lane: Lane, what: str, read: Callable[[Any], T]) -> T:
        """Return what `read` makes of the answer to a question; it may be asked again at any time.

        Raises BudgetExhausted, ExchangeUnavailable or ExchangeRefused.
        """
        self.reserve(request.endpoint.cost, lane)
        return read_answer(self.send(request), self._dialect.codes, what, read)

    # ---- clock and connection ----------------------------------------------------------------

    @property
    def is_connected(self) -> bool:
        """Tell whether a connection stands that the other side has not ended."""
        return self._client.is_connected

    @property
    def is_cold(self) -> bool:
        """Tell whether the next request may have to open a connection first."""
        if self._answered_at_ms is None or not self.is_connected:
            return True
        idle_ms = self._clock.monotonic_ms() - self._answered_at_ms
        return idle_ms > self._timings.idle_limit_ms

    @property
    def is_clock_due(self) -> bool:
        return self._exchange_clock.is_due

    def exchange_now_ms(self) -> int:
        """Return exchange time; ClockUnknown when it was not measured recently."""
        return self._exchange_clock.now_ms()

    def certain_time_ms(self, monotonic_ms: int) -> int:
        """Return an exchange time that was over then; ClockUnknown when none was measured."""
        return self._exchange_clock.certain_ms(monotonic_ms)

    def measure_clock(self, lane: Lane) -> int:
        """Measure the exchange's clock; return the time that the exchange stated."""
        if self.is_cold:
            self._ask_time(lane)  # Opening a connection would count as half of the way
        return self._ask_time(lane)

    def _ask_time(self, lane: Lane) -> int:
        request = self._dialect.ask_server_time()
        self.reserve(request.endpoint.cost, lane)  # May wait: before the stopwatch starts
        began_ms = self._clock.monotonic_ms()
        answer = self.send(request)
        ended_ms = self._clock.monotonic_ms()
        server_time_ms = read_answer(
            answer, self._dialect.codes, "the exchange's time", self._dialect.read_server_time_ms
        )
        self._exchange_clock.set(measure(server_time_ms, began_ms=began_ms, ended_ms=ended_ms))
        _compare_with_date(answer, server_time_ms)
        return server_time_ms

    # ---- process -----------------------------------------------------------------------------

    def check_process(self) -> None:
        """Refuse to work in a child: two processes on one connection mix up their answers."""
        if os.getpid() != self._pid:
            raise EngineError(
                f"This gateway was built by process {self._pid} and is used by process"
                f" {os.getpid()}; build one in each process, after the fork."
            )

    def close(self) -> None:
        self._client.close()

    def learn(self, answer: RawAnswer, *, took_ms: int = 0) -> None:
        """Take in what an answer says about traffic and time, whichever way it came."""
        error = None if answer.is_ok else read_error(answer)
        code = error[0] if error else 0
        if code in self._dialect.codes.clock:
            self._exchange_clock.forget()
        used = read_usage(answer, self._dialect)
        if used:
            self._budget.observe(used, took_ms=took_ms)
        quiet_ms = penalty_ms(answer)
        if quiet_ms:
            # Too many orders is the account's affair: questions and cancels may go on
            is_orders = code in self._dialect.codes.order_rate
            scope = WindowScope.ACCOUNT if is_orders else WindowScope.ADDRESS
            self._budget.penalize(quiet_ms, scope)
        if is_ban(answer) and self._on_ban is not None:
            _tell(partial(self._on_ban, answer.status or 0, quiet_ms))
        if error and code in self._dialect.codes.key_refused and self._on_key_refused is not None:
            _tell(partial(self._on_key_refused, f"{code} {error[1]}"))


def _tell(hook: Callable[[], object]) -> None:
    try:
        hook()
    except EngineError as error:  # The verdict on an order must not be lost with the alarm
        log.warning("what the exchange answers could not be written down: %s", error)


def read_usage(answer: RawAnswer, dialect: Dialect) -> dict[str, int]:
    """Return what the response headers say was used, by budget window. Pure."""
    used: dict[str, int] = {}
    for header, window in dialect.usage_headers.items():
        text = answer.headers.get(header, "")
        if text.isascii() and text.isdigit() and len(text) < 12:
            used[window] = int(text)
    return used


def _compare_with_date(answer: RawAnswer, server_time_ms: int) -> None:
    difference_ms = date_difference_ms(answer.headers.get("date", ""), server_time_ms)
    if difference_ms is not None and abs(difference_ms) > DATE_TOLERANCE_MS:
        log.warning(
            "The exchange's time and the Date header of the same answer are %d ms apart;"
            " a cache or a proxy may answer in its place.",
            difference_ms,
        )
