"""Leadership of an account's stream: one leader, fenced by its term; health that ends by itself."""

from __future__ import annotations

from contextlib import closing

import pytest

from engine.domain.stream import StreamHealth
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS
from tests.integration.store.scenes import report_live
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

TTL_MS = 3_000


def test_one_leads_until_its_lease_runs_out(account: RedisAccountStore, clock: list[int]) -> None:
    """Renewing keeps the term; another's, or the same owner's return, makes a larger one."""
    first = account.lead_stream("a", TTL_MS)
    assert first == NOW_MS
    assert account.lead_stream("b", TTL_MS) is None
    clock[0] += TTL_MS - 1
    assert account.lead_stream("a", TTL_MS) == first
    clock[0] += TTL_MS
    assert account.load_stream().leader == ""
    second = account.lead_stream("b", TTL_MS)
    assert second is not None
    assert second > first
    assert account.lead_stream("a", TTL_MS) is None
    clock[0] += TTL_MS
    third = account.lead_stream("b", TTL_MS)
    assert third is not None
    assert third > second


def test_a_leader_of_before_the_clock_went_back_is_followed(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """It cannot be relied on until it reports again; one that is gone leads for its length only."""
    first = account.lead_stream("a", TTL_MS)
    assert first is not None
    report_live(account, first)
    clock[0] -= 3_600_000
    assert not account.load_stream().is_live
    assert account.lead_stream("b", TTL_MS) is None
    assert account.lead_stream("a", TTL_MS) == first
    report_live(account, first)
    assert account.load_stream().is_live
    clock[0] -= 3_600_000
    assert account.lead_stream("b", TTL_MS) is None
    clock[0] += TTL_MS
    second = account.lead_stream("b", TTL_MS)
    assert second is not None
    assert second > first


def test_a_leader_of_before_the_loss_does_not_report(
    account: RedisAccountStore, server: RedisServer, clock: list[int]
) -> None:
    """On an empty store a term is larger than any of before, in which the clock stood still."""
    old = account.lead_stream("a", TTL_MS)
    assert old is not None
    clock[0] += 1
    with closing(server.client()) as client:
        client.flushall()
    account.lead_stream("b", TTL_MS)

    assert not report_live(account, old)
    assert account.load_stream().leader == "b"


def test_who_resigns_is_followed_at_once(account: RedisAccountStore) -> None:
    """A clean stop costs no waiting; an older term's resignation means nothing."""
    account.lead_stream("a", TTL_MS)
    account.resign_stream(NOW_MS)

    assert account.load_stream() == StreamHealth(term=NOW_MS)
    assert account.lead_stream("b", TTL_MS) == NOW_MS + 1
    account.resign_stream(NOW_MS)
    assert account.load_stream().leader == "b"


def test_only_the_current_term_reports(account: RedisAccountStore, clock: list[int]) -> None:
    """A leader that slept past its lease is fenced off, whether another leads yet or not."""
    account.lead_stream("a", TTL_MS)
    assert report_live(account, NOW_MS)
    assert account.load_stream() == StreamHealth(
        leader="a",
        term=NOW_MS,
        is_live=True,
        live_since_ms=NOW_MS - 5,
        heard_at_ms=NOW_MS,
        messages=3,
        reconnects=1,
    )
    clock[0] += TTL_MS
    assert not report_live(account, NOW_MS)
    assert account.lead_stream("b", TTL_MS) == NOW_MS + TTL_MS
    assert not report_live(account, NOW_MS)
    assert account.load_stream() == StreamHealth(
        leader="b", term=NOW_MS + TTL_MS, live_since_ms=NOW_MS - 5, heard_at_ms=NOW_MS
    )


def test_health_ends_with_the_reports(account: RedisAccountStore, clock: list[int]) -> None:
    """A leader that renews its lease and reports nothing is not live for long."""
    account.lead_stream("a", TTL_MS)
    report_live(account, NOW_MS)
    clock[0] += TTL_MS - 1
    account.lead_stream("a", TTL_MS)
    assert account.load_stream().is_live
    clock[0] += 1
    assert not account.load_stream().is_live
    assert account.load_stream().leader == "a"


def test_doubt_lasts_until_the_leader_connects_again(account: RedisAccountStore) -> None:
    """Reports of the old connection do not clear it; what is not live is not doubted."""
    account.lead_stream("a", TTL_MS)
    account.doubt_stream(NOW_MS, "too early")
    assert account.load_stream().doubts == 0
    report_live(account, NOW_MS)
    account.doubt_stream(0, "of an older term")
    assert account.load_stream().is_live
    account.doubt_stream(NOW_MS, "a poll saw it first")
    account.doubt_stream(NOW_MS, "so did another")

    doubted = account.load_stream()
    assert (doubted.is_live, doubted.doubts) == (False, 1)
    assert doubted.doubt == "a poll saw it first"
    assert report_live(account, NOW_MS)
    assert not account.load_stream().is_live
    assert report_live(account, NOW_MS, answered_doubts=1)
    assert account.load_stream().is_live
