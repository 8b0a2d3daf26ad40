"""A server whose clock is put back by ten minutes: nothing waits for the time to come again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.domain.look import LookMemory
from engine.ports import LOOK_ENTRY, ClaimOutcome
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS, build_order
from tests.integration.store.scenes import SYMBOL, claim_form, record

pytestmark = pytest.mark.integration

BACK_MS = 600_000

Plan = Callable[[RedisAccountStore], object]


def plan_record(account: RedisAccountStore) -> None:
    record(account, build_order(request_key="planned"), check_in_ms=5_000)


def plan_commit(account: RedisAccountStore) -> None:
    order = record(account, build_order(request_key="planned"))
    account.commit(1, order, check_in_ms=5_000)


def plan_adopt(account: RedisAccountStore) -> None:
    account.adopt(build_order(request_key="planned"), events=(), check_in_ms=5_000)


def plan_postpone(account: RedisAccountStore) -> None:
    record(account, build_order(request_key="planned"))
    account.postpone(dict.fromkeys(account.claim_due(1_000, 1), 5_000))


def plan_lease(account: RedisAccountStore) -> None:
    record(account, build_order(request_key="planned"))
    assert account.claim_due(5_000, 1)


def plan_next_look(account: RedisAccountStore) -> None:
    memory = LookMemory(asked_at_ms=NOW_MS, next_ms=NOW_MS + 5_000)
    assert account.save_look(0, memory, NOW_MS, is_over=False)


PLANS = (plan_record, plan_commit, plan_adopt, plan_postpone, plan_lease, plan_next_look)


@pytest.mark.parametrize("plan", PLANS)
def test_work_that_was_planned_before_is_due_at_once(
    plan: Plan, account: RedisAccountStore, clock: list[int]
) -> None:
    """Once; then it is planned by the clock as it is."""
    plan(account)
    assert not account.is_anything_due()

    clock[0] -= BACK_MS

    assert account.is_anything_due()
    assert len(account.claim_due(2_000, 10)) == 1
    assert not account.is_anything_due()
    assert account.claim_due(2_000, 10) == ()
    clock[0] += 2_000
    assert account.is_anything_due()


@pytest.mark.parametrize("plan", PLANS)
def test_other_plans_keep_none_of_it_waiting(
    plan: Plan, account: RedisAccountStore, clock: list[int]
) -> None:
    """Whoever plans first by the new time has what was planned by the old one become due."""
    plan(account)
    clock[0] -= BACK_MS

    other = record(account, build_order(request_key="other"), check_in_ms=1)

    assert account.is_anything_due()
    (due,) = account.claim_due(60_000, 10)
    assert due.client_order_id != other.client_order_id
    clock[0] += 1
    (due,) = account.claim_due(60_000, 10)
    assert due.client_order_id == other.client_order_id


def test_a_sweep_that_took_long_plans_by_the_clock_at_its_end(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """What is put back later than the claim is seen as well."""
    record(account)
    due = account.claim_due(60_000, 1)
    clock[0] += 30_000
    account.postpone(dict.fromkeys(due, 5_000))

    clock[0] -= 20_000

    assert account.is_anything_due()


def test_all_that_waits_is_due_whatever_one_claim_takes(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """A claim that takes a part leaves the rest due."""
    for number in range(5):
        record(account, build_order(request_key=f"k{number}"), check_in_ms=5_000)
    clock[0] -= BACK_MS

    taken = [account.claim_due(60_000, 2) for _ in range(4)]

    assert [len(some) for some in taken] == [2, 2, 1, 0]
    assert len({due.client_order_id for some in taken for due in some}) == 5


def test_a_clock_that_is_set_a_little_makes_nothing_due(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """Else every correction of a clock would have all accounts ask at once."""
    plan_record(account)

    clock[0] -= 1_000
    assert not account.is_anything_due()
    clock[0] += 1_000 + 5_000

    assert account.is_anything_due()


@pytest.mark.parametrize("is_claimed", [True, False])
def test_an_entry_is_published_by_the_clock_as_it_is(
    is_claimed: bool, account: RedisAccountStore, clock: list[int]
) -> None:
    """Whether it waits for its first publishing or for its next."""
    account.open_outbox("before", {})
    if is_claimed:
        assert account.claim_outbox(5_000, 10)
        assert account.claim_outbox(5_000, 10) == ()

    clock[0] -= BACK_MS
    account.open_outbox("after", {})

    assert {entry.entry_id for entry in account.claim_outbox(5_000, 10)} == {"before", "after"}
    assert account.claim_outbox(5_000, 10) == ()
    clock[0] += 5_000
    assert len(account.claim_outbox(5_000, 10)) == 2


def test_a_bar_ends_so_long_after_the_jump_as_it_was_set_for(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """Not earlier either: what it waits for may still be on its way."""
    resting = record(account, build_order())
    assert account.bar_claims(SYMBOL, "an owner", 1_000)

    clock[0] -= BACK_MS
    assert account.claim(1, claim_form(resting)) is ClaimOutcome.BARRED
    clock[0] += 999
    assert not account.bar_claims(SYMBOL, "another", 1_000)
    assert account.claim(1, claim_form(resting)) is ClaimOutcome.BARRED
    clock[0] += 1

    assert account.claim(1, claim_form(resting)) is ClaimOutcome.CLAIMED


def test_what_a_look_remembers_is_no_older_than_its_writing(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """As long as nobody can tell how old it is; the reader's clock may be any."""
    memory = LookMemory(asked_at_ms=NOW_MS - 10, next_ms=NOW_MS + 5_000, was_live=True)
    account.save_look(0, memory, NOW_MS, is_over=False)
    clock[0] -= BACK_MS

    seen = account.load_look(NOW_MS + 7_000_000).value

    assert (seen.asked_at_ms, seen.next_ms) == (NOW_MS + 6_999_990, NOW_MS + 7_005_000)
    assert [due.client_order_id for due in account.claim_due(1_000, 10)] == [LOOK_ENTRY]
