"""One request to the simulated exchange: it takes its time, and may get lost either way.

Takes the place of the ccxt client alone. What is sent, how an answer is judged, and what follows
from it are the engine's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.exchange.dialect import Request
from engine.exchange.raw_answer import RawAnswer, Reach
from tests.simulation.exchange import SimulatedExchange
from tests.simulation.scheduler import Scheduler

#: Beginnings of paths by ccxt's word for the host.
ROOTS = {
    "public": "/api/v3/",
    "private": "/api/v3/",
    "sapi": "/sapi/v1/",
    "fapiPublic": "/fapi/v1/",
    "fapiPrivate": "/fapi/v1/",
    "fapiPrivateV2": "/fapi/v2/",
    "fapiPrivateV3": "/fapi/v3/",
}
#: Definite refusals that pass.
BUSY = (
    RawAnswer(status=429, headers={"retry-after": "1"}, body='{"code":-1003,"msg":"Too much."}'),
    RawAnswer(status=400, body='{"code":-1021,"msg":"Outside of the recvWindow."}'),
    RawAnswer(status=429, headers={"retry-after": "1"}, body='{"code":-1015,"msg":"Too many."}'),
)
#: Answers that say nothing certain, whatever was done.
ODD = (
    RawAnswer(status=503, body="<html>Service unavailable</html>"),
    RawAnswer(status=504, body='{"code":-1007,"msg":"Timeout waiting for the backend."}'),
    RawAnswer(status=500, body='{"code":-1000,"msg":"An unknown error occurred."}'),
    RawAnswer(status=200, body='{"symbol":"BTC'),
    RawAnswer(status=409, body='{"code":-2010,"msg":"Account has insufficient balance."}'),
)


@dataclass
class _Reply:
    """What comes back, once it has come back."""

    answer: RawAnswer | None = None


@dataclass(frozen=True, kw_only=True)
class WireSettings:
    """What one account's requests are made with."""

    uid: int
    recv_window_ms: int
    http_timeout_ms: int
    engine_tail_ms: int  # So long after its arrival a request may still act


class SimulatedClient:
    """Implements what a Wire needs of a Client, for one process."""

    def __init__(
        self,
        scheduler: Scheduler,
        exchange: SimulatedExchange,
        settings: WireSettings,
        signing_time_ms: Callable[[], int],
    ) -> None:
        self._scheduler = scheduler
        self._exchange = exchange
        self._settings = settings
        self._signing_time_ms = signing_time_ms
        self.is_connected = False

    def send(self, request: Request) -> RawAnswer:
        """Send the request once and return what is known of the answer."""
        scheduler, endpoint = self._scheduler, request.endpoint
        values = {name: str(value) for name, value in request.parameters.items()}
        what = f"{endpoint.method} {endpoint.path}"
        scheduler.pause(what)
        dangers, dice = scheduler.dangers, scheduler.dice
        self._tell(f"{what} asks {values}")
        if dice.random() < dangers.not_connected:
            self.is_connected = False
            return RawAnswer(failed_before=Reach.CONNECTED, failure="nobody listens")
        self.is_connected = True
        if endpoint.is_signed and "timestamp" not in values:
            values["timestamp"] = str(self._signing_time_ms())
            values["recvWindow"] = str(self._settings.recv_window_ms)
        answer = self._await(endpoint.method, ROOTS[endpoint.api] + endpoint.path, values)
        self.is_connected = answer.status is not None
        self._tell(f"{what} hears {answer.status} {answer.body[:600]}{answer.failure}")
        return answer

    def close(self) -> None:
        """Close nothing: there is no socket."""

    def _await(self, method: str, path: str, values: dict[str, str]) -> RawAnswer:
        scheduler, reply = self._scheduler, _Reply()
        dangers, dice = scheduler.dangers, scheduler.dice
        there_ms, timeout_ms = dice.randrange(2, 30), self._settings.http_timeout_ms
        if dice.random() < dangers.request_late:
            there_ms += dice.randrange(timeout_ms * 3)
        if dice.random() >= dangers.request_lost:
            scheduler.after(there_ms, lambda: self._arrive(method, path, values, reply))
        back_ms = there_ms + self._act_ms(method) + dice.randrange(2, 30)
        if dice.random() < dangers.answer_lost:
            back_ms = timeout_ms + 1
        scheduler.sleep(min(back_ms, timeout_ms))
        if reply.answer is None or back_ms > timeout_ms:
            return RawAnswer(failure="no answer in time")
        if dice.random() < dangers.answer_odd:
            return dice.choice(ODD)
        return reply.answer

    def _act_ms(self, method: str) -> int:
        """Return how long the exchange takes to act on what it has taken in."""
        dice = self._scheduler.dice
        is_slow = method != "GET" and dice.random() < self._scheduler.dangers.request_late
        return dice.randrange(self._settings.engine_tail_ms + 1) if is_slow else 0

    def _arrive(self, method: str, path: str, values: dict[str, str], reply: _Reply) -> None:
        scheduler = self._scheduler
        refused = self._exchange.admit(method, path, values)
        if refused is None and scheduler.dice.random() < scheduler.dangers.busy:
            refused = scheduler.dice.choice(BUSY)
        if refused is not None:
            reply.answer = refused
            return

        def act() -> None:
            reply.answer = self._exchange.act(method, path, values, self._settings.uid)
            if self._comes_twice():
                reply.answer = self._exchange.act(method, path, values, self._settings.uid)
            elif method != "GET" and scheduler.dice.random() < scheduler.dangers.copy_refused:
                reply.answer = scheduler.dice.choice(BUSY)  # What is heard is a copy's answer
            if method != "GET":
                text = f"{method} {path} {values}: {reply.answer.body[:400]}"
                scheduler.story.tell(scheduler.now_ms, "EXCHANGE", text)

        scheduler.after(self._act_ms(method), act)

    def _comes_twice(self) -> bool:
        """Tell whether a proxy repeats the request; of orders that rest, or there would be two."""
        placed = self._exchange.last_placed
        is_resting = placed is not None and placed.status == "NEW"
        return (
            is_resting and self._scheduler.dice.random() < self._scheduler.dangers.request_doubled
        )

    def _tell(self, text: str) -> None:
        scheduler = self._scheduler
        if scheduler.story.is_kept and scheduler.current is not None:
            scheduler.story.tell(scheduler.now_ms, scheduler.current.name, text)
