"""What accounts share: identities, leases, signs of life, signals, caches, the waiting read."""

from __future__ import annotations

import threading
from dataclasses import replace
from time import monotonic

import pytest

from engine.domain.events import Event, EventKind
from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.errors import IdentityConflict
from engine.store.account import RedisAccountStore
from engine.store.store import RedisStore
from engine.system import SystemClock
from tests.builders import IDENTITY, NOW_MS, build_identity, build_order
from tests.integration.store.scenes import claim_form, open_account, record
from tests.redis_server import RedisServer
from tests.waiting import eventually

pytestmark = pytest.mark.integration


def test_name_and_identity_are_one_to_one(store: RedisStore) -> None:
    """A second name, or another identity under a known name, is refused with a sentence."""
    store.save_identity("main", IDENTITY)
    store.save_identity("main", IDENTITY)

    with pytest.raises(IdentityConflict, match="already known as account main"):
        store.save_identity("copy", IDENTITY)
    with pytest.raises(IdentityConflict, match="main stands for paper:1000001:spot"):
        store.save_identity("main", build_identity(uid="2"))

    assert store.find_identity("main") == IDENTITY
    assert store.find_identity("copy") is None


def test_accounts_of_two_identities_do_not_touch(store: RedisStore) -> None:
    """Even a slug that looks like a hash tag has its own keys."""
    odd = store.account(build_identity(uid="{1}"))
    odd.reset_trade_cursor("BTC/USDT", "7")

    assert store.account(IDENTITY).find_trade_cursor("BTC/USDT") is None
    assert odd.find_trade_cursor("BTC/USDT") == "7"


def test_lease_has_one_owner_until_it_ends(store: RedisStore, clock: list[int]) -> None:
    """Its owner renews it; another takes it at its end, or when it is given back."""
    assert store.acquire_lease("leader", "a", 1_000)
    assert not store.acquire_lease("leader", "b", 1_000)
    clock[0] += 900
    assert store.acquire_lease("leader", "a", 1_000)
    clock[0] += 999
    assert not store.acquire_lease("leader", "b", 1_000)
    clock[0] += 1
    assert store.acquire_lease("leader", "b", 1_000)
    store.release_lease("leader", "a")
    assert not store.acquire_lease("leader", "a", 1_000)
    store.release_lease("leader", "b")
    assert store.acquire_lease("leader", "a", 1_000)


def test_lease_of_before_the_clock_went_back_ends(store: RedisStore, clock: list[int]) -> None:
    """Its end is an hour ahead then: it lasts its own length from the first look, no longer."""
    assert store.acquire_lease("leader", "a", 1_000)
    clock[0] -= 3_600_000
    assert not store.acquire_lease("leader", "b", 60_000)
    clock[0] += 999
    assert not store.acquire_lease("leader", "b", 60_000)
    clock[0] += 1
    assert store.acquire_lease("leader", "b", 60_000)


def test_sign_of_life_ends(store: RedisStore, clock: list[int]) -> None:
    """Only the newest sign of each name counts, and only for its time."""
    store.beat("worker", NOW_MS, 1_000)
    store.beat("beat", NOW_MS - 5, 5_000)
    store.beat("worker", NOW_MS + 1, 1_000)

    assert store.list_beats() == {"worker": NOW_MS + 1, "beat": NOW_MS - 5}
    clock[0] += 1_001
    assert store.list_beats() == {"beat": NOW_MS - 5}
    store.beat("beat", NOW_MS + 9, 5_000)
    assert store.list_beats() == {"beat": NOW_MS + 9}


def test_signal_id_is_used_once(store: RedisStore) -> None:
    """A repeated signal finds the first record; its outcome is written over it."""
    record = SignalRecord(signal=Signal(symbol="BTC/USDT", signal_type=SignalType.LONG))

    assert store.save_signal("s1", record, only_new=True)
    assert not store.save_signal("s1", record, only_new=True)
    ordered = replace(record, status=SignalStatus.ORDERED, client_order_id="augx")
    assert store.save_signal("s1", ordered, only_new=False)
    assert store.find_signal("s1") == ordered
    assert store.find_signal("s2") is None


def test_cache_keeps_text_for_its_time(store: RedisStore) -> None:
    """A cached text is gone after its time on the server's clock."""
    store.put_cache("markets", "{…}", 60_000)

    assert store.find_cache("markets") == "{…}"
    assert store.find_cache("other") is None


def test_waiting_read_sees_what_is_told_later(account: RedisAccountStore) -> None:
    """The read holds a connection of its own and returns with the first event."""
    news = Event(kind=EventKind.ALARM, at_ms=NOW_MS, message="now")
    speaker = threading.Timer(0.1, account.emit, args=([news],))
    speaker.start()

    told = account.read_events("$", wait_ms=10_000)

    speaker.join()
    assert [event.message for event in told] == ["now"]


def test_waiting_read_ends_empty(account: RedisAccountStore) -> None:
    """Silence is an answer, after the time that was asked for."""
    began_s = monotonic()

    assert account.read_events("$", wait_ms=50) == ()
    assert 0.04 < monotonic() - began_s < 5


def test_server_describes_itself(store: RedisStore) -> None:
    """A doctor sees version, memory policy and persistence."""
    facts = store.describe_server()

    assert facts["maxmemory_policy"] == "noeviction"
    assert facts["aof_enabled"] == "0"
    assert {"redis_version", "run_id", "appendfsync", "role"} <= set(facts)


def test_server_owns_the_time_where_no_simulation_does(server: RedisServer) -> None:
    """Validity, due work and leases follow the server's clock."""
    store = RedisStore.from_url(server.url)
    account = open_account(store)
    now_ms = SystemClock().now_ms()
    stale = build_order(request_key="old", valid_until_ms=now_ms - 60_000)
    fresh = build_order(request_key="new", valid_until_ms=now_ms + 60_000)
    record(account, stale, check_in_ms=0)
    record(account, fresh, check_in_ms=60_000)

    assert account.claim(1, claim_form(stale)) == "stale"
    assert account.claim(1, claim_form(fresh)) == "claimed"
    due = account.claim_due(60_000, 10)
    assert [item.client_order_id for item in due] == [stale.client_order_id]
    assert store.acquire_lease("short", "a", 50)
    assert not store.acquire_lease("short", "b", 50)
    assert eventually(lambda: store.acquire_lease("short", "b", 60_000))
    store.beat("worker", now_ms, 50)
    assert eventually(lambda: store.list_beats() == {})
    store.close()
