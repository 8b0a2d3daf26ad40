"""Successors are found by any machine, also by one that does not keep the archive."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from engine.domain.changing import Replacement, ReplacementStep
from engine.domain.order import Order
from engine.execution.changes import change_order
from engine.execution.history import load_chain
from tests.desk import Desk
from tests.integration.archive.aging import archive, pass_retention, trade

pytestmark = pytest.mark.integration


def test_a_successor_that_is_being_recorded_is_in_no_archive(desk: Desk) -> None:
    """Who looks at a plan meanwhile goes on without it."""
    trade(desk)
    pass_retention(desk)
    archive(desk)
    shutil.rmtree(desk.engine.settings.archive_folder)
    desk.restart_engine()
    order = desk.place(quantity=1, order_type="limit", price="90")
    wish = Replacement(
        client_order_id="next", quantity=order.quantity, step=ReplacementStep.DECIDED
    )

    def decide(current: Order) -> Order:
        return replace(current, replacement=wish)

    decided = change_order(desk.context, order.client_order_id, decide)

    assert load_chain(desk.context, decided) == (decided,)
