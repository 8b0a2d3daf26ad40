"""Orders of a plan that still guards a position stay in the store, however old they are."""

from __future__ import annotations

import pytest

from engine.domain.protection import ProtectionState
from engine.execution.protection.protecting import protect_account
from engine.position_guard import PositionGuard
from tests.desk import Desk
from tests.integration.archive.aging import archive, pass_retention
from tests.integration.protection.scenes import enter, open_at_exchange, plan_of, plans

pytestmark = pytest.mark.integration


def test_an_old_entry_stays_while_its_plan_guards(desk: Desk) -> None:
    """What the entry bought goes on being guarded where no archive can be read."""
    entry = enter(desk)
    guarded = open_at_exchange(desk)
    pass_retention(desk)
    archive(desk)
    assert desk.context.store.find_order(entry) is not None
    protect_account(desk.context)
    desk.deliver()
    assert open_at_exchange(desk) == guarded
    assert [plan.plan_id for plan in plans(desk)] == [entry]


def test_an_old_entry_leaves_when_its_plan_is_over(desk: Desk) -> None:
    """Nothing follows from it any more when a person has ended the guard."""
    entry = enter(desk)
    PositionGuard(engine=desk.engine).end(entry)
    desk.deliver().sweep()
    protect_account(desk.context)
    desk.deliver()
    assert plan_of(desk, entry).state is not ProtectionState.ACTIVE
    pass_retention(desk)
    archive(desk)
    assert desk.context.store.find_order(entry) is None
