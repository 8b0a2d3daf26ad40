"""Answers that processes share: one asks, age is measured, and what is doubtful is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event, Lock

import pytest

from engine.domain.report import Ticker
from engine.errors import ExchangeUnavailable
from engine.ports import Answer
from engine.store.answers import RedisAnswers
from engine.store.codec import TICKER
from engine.store.store import RedisStore
from engine.system import SystemClock
from tests.integration.store.cutting_proxy import Cut, cutting_proxy
from tests.redis_server import RedisServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration

PRICE = Decimal("67123.450000000000000001")
TEN_MINUTES_MS = 600_000


def ticker(price: Decimal = PRICE) -> Ticker:
    return Ticker(symbol="BTC/USDT", bid=price, ask=price, last=price, at_ms=1_800_000_000_000)


class Exchange:
    """Counts its questions; answers when it is let."""

    def __init__(self, as_of_ms: int = 0) -> None:
        self.asked = 0
        self.as_of_ms = as_of_ms
        self.may_answer = Event()
        self.may_answer.set()
        self._lock = Lock()

    def __call__(self) -> Answer[Ticker]:
        with self._lock:
            self.asked += 1
        assert self.may_answer.wait(timeout=30)
        return Answer(value=ticker(), as_of_ms=self.as_of_ms)


class Impatient(SystemClock):
    """The clock of a caller who must not have to wait."""

    def wait(self, duration_ms: int) -> None:
        raise AssertionError("it waits for somebody else's answer")


@pytest.fixture
def shared(server: RedisServer) -> Iterator[RedisStore]:
    store = RedisStore.from_url(server.url)
    yield store
    store.close()


def answers_of(
    store: RedisStore, kept_ms: int = TEN_MINUTES_MS, clock: SystemClock | None = None
) -> RedisAnswers[Ticker]:
    clock = clock or SystemClock()
    return RedisAnswers(store.client, "ticker", TICKER, kept_ms=kept_ms, clock=clock)


def obtain(
    answers: RedisAnswers[Ticker],
    exchange: Exchange,
    *,
    asker: str = "submit",
    max_age_ms: int = TEN_MINUTES_MS,
    as_of_ms: int = 0,
) -> Answer[Ticker]:
    return answers.obtain(
        "BTC/USDT", exchange, asker=asker, max_age_ms=max_age_ms, as_of_ms=as_of_ms
    )


def test_one_of_eight_asks_and_all_know(shared: RedisStore) -> None:
    """Eight that need the same price at once cost one question; it comes through exactly."""
    exchange = Exchange()
    exchange.may_answer.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(obtain, answers_of(shared), exchange) for _ in range(8)]
        eventually(lambda: exchange.asked == 1)
        exchange.may_answer.set()
        found = [one.result() for one in waiting]
    assert exchange.asked == 1
    assert {answer.value for answer in found} == {ticker()}
    assert sorted(answer.is_stored for answer in found) == [False] + [True] * 7


def test_a_hanging_asker_holds_nobody_for_long(shared: RedisStore) -> None:
    """Who has waited a while asks for himself, though the first has not come back."""
    hanging, answering = Exchange(), Exchange()
    hanging.may_answer.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(obtain, answers_of(shared), hanging)
        eventually(lambda: hanging.asked == 1)
        assert obtain(answers_of(shared), answering).value == ticker()
        assert (first.done(), answering.asked) == (False, 1)
        hanging.may_answer.set()


def test_a_fast_lane_does_not_wait_behind_a_slow_one(shared: RedisStore) -> None:
    """Each lane asks for itself: the one below may be waiting for its allowance."""
    polling, emergency = Exchange(), Exchange()
    polling.may_answer.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(obtain, answers_of(shared), polling, asker="poll")
        eventually(lambda: polling.asked == 1)
        urgent = answers_of(shared, clock=Impatient())
        assert not obtain(urgent, emergency, asker="emergency").is_stored
        assert not first.done()
        polling.may_answer.set()


def test_the_age_counts_from_the_question_by_the_servers_clock(shared: RedisStore) -> None:
    """An answer that was long on its way is old when it comes; an older one is asked for again."""
    exchange, answers = Exchange(), answers_of(shared)
    obtain(answers, exchange)
    eventually(lambda: obtain(answers, exchange).age_ms >= 30)
    assert exchange.asked == 1
    obtain(answers, exchange, max_age_ms=20)
    assert exchange.asked == 2
    obtain(answers, exchange, max_age_ms=0)
    assert exchange.asked == 3


def test_an_answer_ends_with_its_life(shared: RedisStore, server: RedisServer) -> None:
    """Nothing is kept for longer than anybody may use it."""
    exchange = Exchange()
    obtain(answers_of(shared, kept_ms=30), exchange)
    with server.client() as client:
        eventually(lambda: not client.keys("*answer*"))
    obtain(answers_of(shared), exchange)
    assert exchange.asked == 2


def test_what_is_not_certain_up_to_then_is_asked_for_again(shared: RedisStore) -> None:
    """A trade of after the answer's certain moment needs another answer; nobody waits for it."""
    exchange, answers = Exchange(as_of_ms=1_000), answers_of(shared, clock=Impatient())
    obtain(answers, exchange)
    assert obtain(answers, exchange, as_of_ms=1_000).as_of_ms == 1_000
    assert exchange.asked == 1
    obtain(answers, exchange, as_of_ms=1_001)
    assert exchange.asked == 2


def test_a_dropped_answer_is_not_believed(shared: RedisStore) -> None:
    """Neither one that is stored nor one whose question is on its way when the news comes."""
    exchange, answers = Exchange(), answers_of(shared)
    obtain(answers, exchange)
    answers.drop("BTC/USDT")
    exchange.may_answer.clear()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(obtain, answers, exchange)
        eventually(lambda: exchange.asked == 2)
        answers.drop("BTC/USDT")
        exchange.may_answer.set()
        assert late.result().value == ticker()
    obtain(answers, exchange)
    assert exchange.asked == 3
    assert obtain(answers, exchange).is_stored


def test_a_failed_question_gives_the_turn_back(shared: RedisStore) -> None:
    """The next one asks at once; nothing of the failure is kept."""

    def fail() -> Answer[Ticker]:
        raise ExchangeUnavailable("no answer")

    answers, exchange = answers_of(shared, clock=Impatient()), Exchange()
    for _ in range(3):
        with pytest.raises(ExchangeUnavailable):
            answers.obtain("BTC/USDT", fail, asker="submit", max_age_ms=TEN_MINUTES_MS)
    assert not obtain(answers, exchange).is_stored


@pytest.mark.parametrize("body", ["", "{}", '{"v":99,"symbol":"BTC/USDT"}', "not json"])
def test_an_unreadable_answer_is_replaced(
    body: str, shared: RedisStore, server: RedisServer
) -> None:
    """Another version's words, or damage: asked anew and written over, never an error."""
    exchange, answers = Exchange(), answers_of(shared)
    obtain(answers, exchange)
    with server.client() as client:
        (name,) = client.keys("*:answer:*")
        client.hset(name, "body", body)
    assert obtain(answers, exchange).value == ticker()
    assert obtain(answers, exchange).is_stored
    assert exchange.asked == 2


@pytest.mark.parametrize("cut", list(Cut))
def test_an_answer_that_cannot_be_shared_is_still_an_answer(
    cut: Cut, shared: RedisStore, server: RedisServer
) -> None:
    """The store's trouble costs the others a question, not the caller his answer."""
    with cutting_proxy(server.port) as proxy:
        store = RedisStore.from_url(f"redis://127.0.0.1:{proxy.port}/0")

        def ask() -> Answer[Ticker]:
            proxy.arm(cut)
            return Answer(value=ticker())

        answers = answers_of(store)
        found = answers.obtain("BTC/USDT", ask, asker="poll", max_age_ms=TEN_MINUTES_MS)
        assert found.value == ticker()
        proxy.arm(cut)
        answers.drop("BTC/USDT")
        store.close()
