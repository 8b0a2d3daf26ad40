"""Answers of an exchange, kept in Redis with their age, for every process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.errors import StoreUnavailable, StoreUnclear
from engine.ports import Answer, Clock, ExchangeAnswers
from engine.store import keys
from engine.store.client import RedisClient
from engine.store.codec import BALANCES, CANDLES, INSTRUMENTS, TICKER, Codec, UnreadableRecord
from engine.store.part import fresh_write_id
from engine.store.scripts import run_read, run_write

T = TypeVar("T")

#: How long others wait for the one who asks; then they ask for themselves.
WAIT_MS = 1_000
#: Between two looks at whether the answer is there.
LOOK_EVERY_MS = 10
#: Closed candles do not change; after this one question more is asked.
CANDLES_KEPT_MS = 3_600_000
#: Longer than any request can be on its way, so that none from before a drop is believed.
DROP_MS = 600_000


@dataclass(frozen=True)
class _Turn:
    """The right to ask, and what to store the answer under."""

    asker: str
    generation: str


class RedisAnswers(Generic[T]):
    """Implements the port SharedAnswers."""

    def __init__(
        self, client: RedisClient, kind: str, codec: Codec[T], *, kept_ms: int, clock: Clock
    ) -> None:
        self._client = client
        self._kind = kind
        self._codec = codec
        self._kept_ms = kept_ms
        self._clock = clock

    def obtain(
        self,
        name: str,
        ask: Callable[[], Answer[T]],
        *,
        asker: str,
        max_age_ms: int,
        as_of_ms: int = 0,
    ) -> Answer[T]:
        """Return an answer of at most that age, from the store or else from `ask`.

        Raises StoreUnavailable, and whatever `ask` raises.
        """
        if max_age_ms <= 0:
            found = self._look(name, asker, "", -1, 0)
        else:
            found = self._await(name, asker, max_age_ms, as_of_ms)
        if isinstance(found, Answer):
            return found
        return self._ask(name, asker, ask, found or _Turn("", ""))

    def drop(self, name: str) -> None:
        """Have no answer believed whose question began before now, stored yet or not.

        Only hastens: without it an answer ends by its age. So a store that is away is no failure.
        """
        generation = keys.answer_generation(self._kind, name)
        with suppress(StoreUnavailable, StoreUnclear):
            self._client.write("SET", generation, fresh_write_id(), "PX", DROP_MS)
            self._client.write("DEL", keys.answer(self._kind, name))  # It may outlive the drop

    # ---- inside ------------------------------------------------------------------------------

    def _await(
        self, name: str, asker: str, max_age_ms: int, as_of_ms: int
    ) -> Answer[T] | _Turn | None:
        """Return the answer or the turn, as soon as there is either."""
        own_id = fresh_write_id()
        deadline_ms = self._clock.monotonic_ms() + WAIT_MS
        while True:
            found = self._look(name, asker, own_id, max_age_ms, as_of_ms)
            if found is not None:
                return found
            if self._clock.monotonic_ms() >= deadline_ms:
                return self._look(name, asker, "", max_age_ms, as_of_ms)
            self._clock.wait(LOOK_EVERY_MS)

    def _look(
        self, name: str, asker: str, own_id: str, max_age_ms: int, as_of_ms: int
    ) -> Answer[T] | _Turn | None:
        """Look once: the answer, the turn to ask, or None while somebody else asks."""
        names = (
            keys.answer(self._kind, name),
            keys.answer_generation(self._kind, name),
            keys.answer_turn(self._kind, name, asker),
        )
        # It may be sent again: the same asker takes the same turn
        word, *rest = run_read(
            self._client, "find_answer", names, (max_age_ms, as_of_ms, own_id, WAIT_MS)
        )
        if word == "wait":
            return None
        if word == "ask":
            return _Turn(own_id, rest[0])
        try:
            value = self._codec.decode(rest[0])
        except UnreadableRecord:
            return self._look(name, asker, "", -1, 0)  # Asked anew, and written over
        return Answer(value=value, age_ms=int(rest[1]), as_of_ms=int(rest[2]), is_stored=True)

    def _ask(self, name: str, asker: str, ask: Callable[[], Answer[T]], turn: _Turn) -> Answer[T]:
        began_ms = self._clock.monotonic_ms()
        answer: Answer[T] | None = None
        try:
            answer = ask()
            return answer
        finally:
            took_ms = self._clock.monotonic_ms() - began_ms
            # The answer is there; that it could not be shared harms nobody
            with suppress(StoreUnavailable, StoreUnclear):
                self._keep(name, asker, turn, answer, took_ms)

    def _keep(
        self, name: str, asker: str, turn: _Turn, answer: Answer[T] | None, took_ms: int
    ) -> None:
        if answer is None and not turn.asker:
            return
        names = (
            keys.answer(self._kind, name),
            keys.answer_turn(self._kind, name, asker),
            keys.answer_generation(self._kind, name),
        )
        body = "" if answer is None else self._codec.encode(answer.value)
        as_of_ms = 0 if answer is None else answer.as_of_ms
        args = (turn.asker, body, took_ms, self._kept_ms, as_of_ms, turn.generation)
        run_write(self._client, "keep_answer", names, args)


def build_answers(
    client: RedisClient,
    clock: Clock,
    *,
    instruments_max_age_ms: int,
    price_max_age_ms: int,
    balance_max_age_ms: int,
) -> ExchangeAnswers:
    """Return what all processes of one store share; each kind is kept as long as it may be used."""
    return ExchangeAnswers(
        instruments=RedisAnswers(
            client, "instruments", INSTRUMENTS, kept_ms=instruments_max_age_ms, clock=clock
        ),
        tickers=RedisAnswers(client, "ticker", TICKER, kept_ms=price_max_age_ms, clock=clock),
        balances=RedisAnswers(
            client, "balances", BALANCES, kept_ms=balance_max_age_ms, clock=clock
        ),
        candles=RedisAnswers(client, "candles", CANDLES, kept_ms=CANDLES_KEPT_MS, clock=clock),
    )
