"""A look for an order in doubt is overtaken: by time, or by what others do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.report import Refusal
from engine.execution.context import AccountContext
from engine.execution.doubt import resolution
from engine.execution.looks.watching import look_at_order
from engine.execution.placing import submission, submit_answer
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.execution.test_doubt import PAST_WINDOW_MS, UNCLEAR, place_with_fault

pytestmark = pytest.mark.integration
S = OrderStatus
NEVER_ARRIVED = UNCLEAR["dropped"] | {"effect": False}


class Interrupted:
    """The real gateway; right after one of its questions something happens."""

    def __init__(self, gateway: Any, question: str, happens: Callable[[], object]) -> None:
        self._gateway = gateway
        self._question = question
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._gateway, name)
        return self._then(ask) if name == self._question else ask

    def _then(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any, **named: Any) -> Any:
            answer = ask(*arguments, **named)
            self._happens()
            return answer

        return asked


def interrupted(desk: Desk, question: str, happens: Callable[[], object]) -> AccountContext:
    gateway: Any = Interrupted(desk.context.gateway, question, happens)
    return replace(desk.context, gateway=gateway)


def test_an_absence_from_within_the_window_ends_nothing_after_it(desk: Desk) -> None:
    """Who looked too early and slept then has seen nothing that counts."""
    order = place_with_fault(desk, NEVER_ARRIVED)
    set_clock = desk.paper.control.set_clock
    looker = interrupted(desk, "load_orders", lambda: set_clock(PAST_WINDOW_MS))

    assert resolution.resolve_order(looker, order.client_order_id) is S.SUBMITTED
    assert resolution.resolve_order(desk.context, order.client_order_id) is S.REJECTED
    assert_equal_to_exchange(desk)


def test_the_end_of_one_attempt_does_not_end_the_next(desk: Desk) -> None:
    """While the first is looked for, its refusal comes to light and a second try is on its way."""
    first = place_with_fault(desk, NEVER_ARRIVED)
    desk.paper.control.set_clock(PAST_WINDOW_MS)

    def try_again() -> None:
        busy = Refusal(code="-1021", message="outside of the window", is_passing=True)
        submit_answer.commit_answer(desk.context, first, busy)
        desk.paper.control.clear_faults()
        desk.paper.control.add_fault(method="POST", path="/api/v3/order", **UNCLEAR["dropped"])
        submission.submit_order(desk.context, first.client_order_id)

    looker = interrupted(desk, "load_identity", try_again)
    resolution.resolve_order(looker, first.client_order_id)

    second = desk.order(first.client_order_id)
    assert (second.status, second.attempt) == (S.SUBMITTED, 2)
    assert desk.deliver().order(first.client_order_id).status is S.FILLED
    assert_equal_to_exchange(desk)


def test_an_order_that_is_unsent_again_when_it_is_looked_at_is_left(desk: Desk) -> None:
    """Listed as open, it is loaded without the exchange's id: the store fell back in between."""
    order = desk.order(desk.place(order_type="limit", quantity=1, price="99").client_order_id)
    assert look_at_order(desk.context, order, Lane.POLL) == order
