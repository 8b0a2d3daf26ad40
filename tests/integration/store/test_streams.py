"""Leadership of an account's stream: one leader, fenced by its term; health that ends by itself."""

from __future__ import annotations

import pytest

from engine.domain.stream import StreamHealth
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS
from tests.integration.store.scenes import report_live

pytestmark = pytest.mark.integration

TTL_MS = 3_000


def test_one_leads_until_its_lease_runs_out(account: RedisAccountStore, clock: list[int]) -> None:
    """Renewing keeps the term; another's, or the same owner's return, makes a new one."""
    assert account.lead_stream("a", TTL_MS) == 1
    assert account.lead_stream("b", TTL_MS) is None
    clock[0] += TTL_MS - 1
    assert account.lead_stream("a", TTL_MS) == 1
    clock[0] += TTL_MS
    assert account.load_stream().leader == ""
    assert account.lead_stream("b", TTL_MS) == 2
    assert account.lead_stream("a", TTL_MS) is None
    clock[0] += TTL_MS
    assert account.lead_stream("b", TTL_MS) == 3


def test_who_resigns_is_followed_at_once(account: RedisAccountStore) -> None:
    """A clean stop costs no waiting; an older term's resignation means nothing."""
    account.lead_stream("a", TTL_MS)
    account.resign_stream(1)

    assert account.load_stream() == StreamHealth(term=1)
    assert account.lead_stream("b", TTL_MS) == 2
    account.resign_stream(1)
    assert account.load_stream().leader == "b"


def test_only_the_current_term_reports(account: RedisAccountStore, clock: list[int]) -> None:
    """A leader that slept past its lease is fenced off, whether another leads yet or not."""
    account.lead_stream("a", TTL_MS)
    assert report_live(account, 1)
    assert account.load_stream() == StreamHealth(
        leader="a",
        term=1,
        is_live=True,
        live_since_ms=NOW_MS - 5,
        heard_at_ms=NOW_MS,
        messages=3,
        reconnects=1,
    )
    clock[0] += TTL_MS
    assert not report_live(account, 1)
    assert account.lead_stream("b", TTL_MS) == 2
    assert not report_live(account, 1)
    assert account.load_stream() == StreamHealth(
        leader="b", term=2, live_since_ms=NOW_MS - 5, heard_at_ms=NOW_MS
    )


def test_health_ends_with_the_reports(account: RedisAccountStore, clock: list[int]) -> None:
    """A leader that renews its lease and reports nothing is not live for long."""
    account.lead_stream("a", TTL_MS)
    report_live(account, 1)
    clock[0] += TTL_MS - 1
    account.lead_stream("a", TTL_MS)
    assert account.load_stream().is_live
    clock[0] += 1
    assert not account.load_stream().is_live
    assert account.load_stream().leader == "a"


def test_doubt_lasts_until_the_leader_connects_again(account: RedisAccountStore) -> None:
    """Reports of the old connection do not clear it; what is not live is not doubted."""
    account.lead_stream("a", TTL_MS)
    account.doubt_stream(1, "too early")
    assert account.load_stream().doubts == 0
    report_live(account, 1)
    account.doubt_stream(0, "of an older term")
    assert account.load_stream().is_live
    account.doubt_stream(1, "a poll saw it first")
    account.doubt_stream(1, "so did another")

    doubted = account.load_stream()
    assert (doubted.is_live, doubted.doubts) == (False, 1)
    assert doubted.doubt == "a poll saw it first"
    assert report_live(account, 1)
    assert not account.load_stream().is_live
    assert report_live(account, 1, answered_doubts=1)
    assert account.load_stream().is_live
