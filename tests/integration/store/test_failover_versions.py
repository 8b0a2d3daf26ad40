"""Version numbers after a failover that lost the newest writes and kept the account's mark."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from engine.domain.order_status import OrderStatus
from engine.errors import ConcurrentChange
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS, build_protection
from tests.integration.store.operations import RUN
from tests.integration.store.scenes import claim_form, filled, record
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

PLAN = build_protection()


def fail_over(server: RedisServer) -> None:
    """Give the server another life; its data stays."""
    with closing(server.client()) as client:
        client.replicaof("127.0.0.1", 1)
        client.replicaof("NO", "ONE")


@pytest.mark.parametrize("survives", [True, False])
def test_versions_of_before_a_failover_name_nothing_after_it(
    account: RedisAccountStore, server: RedisServer, survives: bool
) -> None:
    """The newest writes may be lost and the mark not, be the order there in an older form or not.

    Who holds a record of before must never meet its number, however often it is written since.
    """
    account.begin_reconcile()
    older = record(account)
    first = account.load_order(older.client_order_id).version
    fail_over(server)
    if not survives:
        with closing(server.client()) as client:
            client.delete(f"aug:{{paper:1000001:spot}}:order:{older.client_order_id}")
    life = account.begin_reconcile().life
    if not survives:
        account.adopt(older, events=[], check_in_ms=None)
    assert account.begin_reconcile().life == life
    version = account.load_order(older.client_order_id).version
    assert version > first + 1_000
    with pytest.raises(ConcurrentChange):
        account.commit(first, claim_form(older))
    assert account.commit(version, claim_form(older)).version == version + 1
    assert account.load_order(older.client_order_id).version == version + 1


def plan_version(account: RedisAccountStore) -> int:
    return next(one.version for one in account.list_protections())


def run_version(account: RedisAccountStore) -> int:
    stored = account.find_emergency()
    assert stored is not None
    return stored.version


def save_plan(account: RedisAccountStore, version: int) -> bool:
    return account.save_protection(version, PLAN)


def save_run(account: RedisAccountStore, version: int) -> bool:
    return account.save_emergency(version, RUN)


@pytest.mark.parametrize(
    ("save", "version_of"), [(save_plan, plan_version), (save_run, run_version)]
)
def test_plans_and_emergency_runs_are_numbered_anew_too(
    account: RedisAccountStore,
    server: RedisServer,
    save: Callable[[RedisAccountStore, int], bool],
    version_of: Callable[[RedisAccountStore], int],
) -> None:
    """A sleeper's older form never lies over one that was written after the failover."""
    account.begin_reconcile()
    assert save(account, 0)
    before = version_of(account)
    fail_over(server)

    account.begin_reconcile()

    after = version_of(account)
    assert after > before + 1_000
    assert not save(account, before)
    assert save(account, after)
    assert version_of(account) == after + 1


def test_an_emergency_run_after_the_loss_has_no_old_number(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """Nobody who holds the run of before writes over the one after."""
    assert account.save_emergency(0, RUN)
    before = run_version(account)
    with closing(server.client()) as client:
        client.flushall()
    account.begin_reconcile()

    assert account.save_emergency(0, RUN)

    assert run_version(account) > before
    assert not account.save_emergency(before, RUN)


def test_a_number_that_was_lost_is_given_to_no_later_form(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """The listener writes in the new life before anybody reconciles; then the sleeper wakes."""
    account.begin_reconcile()
    recorded = record(account)
    name = recorded.client_order_id
    first = account.load_order(name).version
    slept = account.commit(first, claim_form(recorded))
    with closing(server.client()) as client:
        client.hset(f"aug:{{paper:1000001:spot}}:order:{name}", "version", str(first))
    fail_over(server)

    with pytest.raises(ConcurrentChange):
        account.commit(first, filled(recorded, status=OrderStatus.FILLED))
    stored = account.load_order(name)
    newest = account.commit(stored.version, filled(recorded, status=OrderStatus.FILLED))

    assert newest.version == stored.version + 1 > slept.version + 1_000
    with pytest.raises(ConcurrentChange):
        account.commit(slept.version, claim_form(recorded))
    assert account.load_order(name) == newest


def test_two_lives_after_the_same_one_give_other_numbers(
    account: RedisAccountStore, server: RedisServer
) -> None:
    """The second has lost the first with all its numbers, in the same millisecond."""
    account.begin_reconcile()
    before = record(account)
    key = "aug:{paper:1000001:spot}:account"
    with closing(server.client()) as client:
        kept = client.hgetall(key)
        numbers = set()
        for _ in range(2):
            client.delete(key)
            client.hset(key, mapping=kept)
            fail_over(server)
            account.begin_reconcile()
            numbers.add(client.hget(key, "first_version"))
    assert len(numbers) == 2
    assert account.load_order(before.client_order_id).version > NOW_MS
