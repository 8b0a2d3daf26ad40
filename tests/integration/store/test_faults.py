"""What befalls a server: restart, loss of its data, full memory, a slow disk, a password."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from engine.config.addresses import parse_address
from engine.domain.events import Event, EventKind
from engine.domain.trading_state import TradingState
from engine.errors import InvalidRequest, StoreUnavailable, StoreUnclear
from engine.ports import ClaimOutcome, OrderFilter
from engine.store.client import RedisClient, Session
from engine.store.store import RedisStore
from tests.builders import IDENTITY, NOW_MS, build_order
from tests.integration.store.operations import OPERATIONS, Operation
from tests.integration.store.scenes import claim_form, open_account, record
from tests.integration.store.snapshots import snapshot
from tests.redis_server import RedisServer, redis_server
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.faults]

NO_RETRY = Retry(NoBackoff(), 0)
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


def build_store(server: RedisServer) -> RedisStore:
    return RedisStore.from_url(server.url, now_ms=lambda: NOW_MS)


@pytest.fixture
def plain(server: RedisServer) -> Iterator[RedisStore]:
    store = build_store(server)
    yield store
    store.close()


@pytest.fixture
def durable_server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, *DURABLE) as server:
        yield server


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_new_life_of_the_server_holds_claims_until_reconciled(
    durable_server: RedisServer, end: str
) -> None:
    """Nothing acknowledged is lost, yet nothing is claimed before a reconcile of this life."""
    with closing(build_store(durable_server)) as store:
        account = open_account(store)
        order = record(account)
        account.set_trading_state(TradingState.REDUCING, "careful")
        began_before = account.load_state().life
        getattr(durable_server, end)()
        durable_server.start()

        state = account.load_state()
        assert (state.is_held, state.is_opened) == (True, True)
        assert state.trading_state is TradingState.REDUCING
        assert account.load_order(order.client_order_id).value == order
        answer = account.claim(1, claim_form(order), reducing=account.load_risk_book())
        assert answer is ClaimOutcome.EPOCH_HOLD
        assert not account.finish_reconcile(began_before, now_ms=NOW_MS)
        assert account.finish_reconcile(state.life, now_ms=NOW_MS)
        answer = account.claim(1, claim_form(order), reducing=account.load_risk_book())
        assert answer is ClaimOutcome.CLAIMED


def test_flushed_store_knows_nothing_and_claims_nothing(
    plain: RedisStore, server: RedisServer
) -> None:
    """The scripts are gone too; the store is held, empty and says that it never saw the account."""
    account = open_account(plain)
    order = record(account)
    with closing(server.client()) as client:
        client.flushall()
        client.script_flush()

    state = account.load_state()
    assert (state.is_held, state.is_opened) == (True, False)
    assert account.list_orders(OrderFilter.RECENT) == ()
    assert account.find_request(order.request_key, "a-digest") is None
    record(account, order)
    answer = account.claim(1, claim_form(order))
    assert answer is ClaimOutcome.EPOCH_HOLD


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_full_memory_refuses_the_whole_write(
    operation: Operation, plain: RedisStore, server: RedisServer
) -> None:
    """One clear sentence and nothing half done; what frees memory is still done."""
    account = open_account(plain)
    ready: Any = operation.prepare(plain, account)
    with closing(server.client()) as client:
        before = snapshot(client)
        client.config_set("maxmemory", 1)
        if operation.frees_memory:
            operation.run(plain, account, ready)
            return
        with pytest.raises(StoreUnavailable, match=r"memory is full.*\(OOM\)"):
            operation.run(plain, account, ready)
        assert snapshot(client) == before
        client.config_set("maxmemory", 0)
    operation.run(plain, account, ready)


def test_server_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """Reads and writes alike say that nothing was reached."""
    with redis_server(tmp_path) as server:
        gone = server.url
    with closing(RedisStore.from_url(gone)) as store:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            store.ping()
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            store.put_cache("a", "b", 1_000)


def test_password_is_asked_for_and_never_shown(server: RedisServer) -> None:
    """A wrong one is a sentence without it."""
    with closing(server.client()) as client:
        client.config_set("requirepass", "right")
        try:
            wrong = RedisStore.from_url(f"redis://:wrong@127.0.0.1:{server.port}/0")
            with closing(wrong), pytest.raises(StoreUnavailable) as refused:
                wrong.ping()
            right = RedisStore.from_url(f"redis://:right@127.0.0.1:{server.port}/0")
            with closing(right):
                right.ping()
        finally:
            client.config_set("requirepass", "")
    assert "wrong@" not in str(refused.value)


def test_replica_refuses_writes(server: RedisServer, plain: RedisStore, tmp_path: Path) -> None:
    """After a failover that the client missed, nothing is written to the old master."""
    account = open_account(plain)
    with closing(server.client()) as client:
        client.replicaof("127.0.0.1", 1)
        try:
            with pytest.raises(StoreUnavailable, match="replica"):
                account.save_trade_cursor(
                    "BTC/USDT", "1", read_from=None, life=account.load_state().life
                )
        finally:
            client.replicaof("NO", "ONE")


def test_halt_waits_for_the_disk(tmp_path: Path) -> None:
    """With everysec the answer comes only after the state is on disk."""
    with redis_server(tmp_path, "--appendonly", "yes", "--appendfsync", "everysec") as server:
        with closing(build_store(server)) as store:
            account = open_account(store)
            began_s = monotonic()
            account.set_trading_state(TradingState.HALTED, "why")
            waited_s = monotonic() - began_s
        with closing(server.client()) as client:
            info = client.info("persistence")
        server.kill()
        server.start()
        with closing(build_store(server)) as store:
            assert store.account(IDENTITY).load_state().halt_reason == "why"
    assert info["aof_pending_bio_fsync"] == 0
    assert waited_s < 8


def test_forked_child_has_a_connection_of_its_own(plain: RedisStore) -> None:
    """Parent and child ask at once, and each gets its own answers."""
    plain.put_cache("mine", "parent", 60_000)
    child = os.fork()
    if child == 0:
        is_right = all(plain.find_cache("mine") == "parent" for _ in range(200))
        os._exit(0 if is_right else 1)
    assert all(plain.find_cache("other") is None for _ in range(200))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_unix_socket_is_an_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A server without a port is reached by its file."""
    folder = tmp_path_factory.mktemp("u")
    path = folder / "s"
    with redis_server(folder, "--unixsocket", str(path)):
        with closing(RedisStore.from_url(f"unix://{path}?db=3")) as store:
            store.put_cache("a", "b", 60_000)
            assert store.find_cache("a") == "b"
        with closing(redis.Redis(unix_socket_path=str(path), db=3)) as client:
            assert client.dbsize() == 1


def test_interrupted_question_leaves_no_reply_behind(
    plain: RedisStore, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task's time limit may strike between asking and hearing; the next gets its own answer."""

    class TimeIsUp(Exception):
        pass

    def strike(session: Session, timeout_s: float | None) -> None:
        raise TimeIsUp

    plain.put_cache("first", "1", 60_000)
    plain.put_cache("second", "2", 60_000)
    with closing(server.client()) as client:
        client.client_pause(200)  # So that the reply is still to come when the next one asks
        with monkeypatch.context() as patch:
            patch.setattr(Session, "_receive", strike)
            with pytest.raises(TimeIsUp):
                plain.find_cache("first")

        assert plain.find_cache("second") == "2"


def test_write_that_is_only_slow_is_not_sent_again(plain: RedisStore, server: RedisServer) -> None:
    """It counts as unclear, and happens once when the server wakes."""
    account = open_account(plain)
    plain.client = RedisClient(parse_address(server.url), timeout_ms=100)
    alarm = Event(kind=EventKind.ALARM, at_ms=NOW_MS)
    # Connection and script are there before the server falls silent
    plain.account(IDENTITY).emit([alarm])
    os.kill(server.pid, signal.SIGSTOP)
    try:
        with closing(plain.client), pytest.raises(StoreUnclear):
            plain.account(IDENTITY).emit([alarm])
    finally:
        os.kill(server.pid, signal.SIGCONT)

    eventually(lambda: len(account.read_events("0")) > 1)
    assert len(account.read_events("0")) == 2


def test_text_that_is_not_unicode_is_refused_with_a_sentence(plain: RedisStore) -> None:
    """A shell can pass such bytes in an argument."""
    account = open_account(plain)

    with pytest.raises(InvalidRequest, match="not valid Unicode"):
        account.find_request("k\udcff", "d")
    with pytest.raises(InvalidRequest, match="not valid Unicode"):
        record(account, build_order(request_key="k", client_order_id="aug\udcff"))


def test_sentinels_lead_to_the_master(tmp_path: Path) -> None:
    """The address names sentinels; the data is where they say."""
    (tmp_path / "master").mkdir()
    (tmp_path / "sentinel").mkdir()
    with redis_server(tmp_path / "master") as master:
        config = tmp_path / "sentinel" / "sentinel.conf"
        config.write_text(f"sentinel monitor orders 127.0.0.1 {master.port} 1\n")
        with redis_server(tmp_path / "sentinel", config=config) as sentinel:
            url = f"sentinel://127.0.0.1:{sentinel.port}/2?master=orders"
            with closing(RedisStore.from_url(url)) as store:
                store.put_cache("a", "b", 60_000)
                assert store.find_cache("a") == "b"
            unknown = f"sentinel://127.0.0.1:{sentinel.port}/2?master=another"
            with (
                closing(RedisStore.from_url(unknown)) as store,
                pytest.raises(StoreUnavailable, match="another"),
            ):
                store.ping()
        with closing(master.client()) as client:
            assert client.info("keyspace")["db2"]["keys"] == 1
