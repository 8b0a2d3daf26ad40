"""Orders that guard a position wait behind no entry: for workers, and for allowance."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.errors import BudgetExhausted
from engine.execution.looks import sweep
from engine.execution.reconciling.lost_writes import doubt_unsent
from engine.execution.schedule import RESEND_HINT_MS
from engine.ports import Cost
from tests.desk import Desk, Message
from tests.integration.protection.scenes import open_at_exchange, plan_of
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration
BOTH = {"STOP_LOSS": Decimal("0.1998"), "LIMIT_MAKER": Decimal("0.1998")}


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """A desk with which the store's time passes, too."""
    working = Desk(tmp_path, redis_server.url, paper, owns_time=True)
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()


def enter_unguarded(desk: Desk) -> tuple[str, list[Message]]:
    """Fill an entry and record its legs; return the entry, and the messages that send the legs."""
    entry = desk.place(quantity="0.2", stop_loss="90", take_profit="110")
    sending: list[Message] = []
    while desk.messages.waiting:
        message = desk.messages.waiting.popleft()
        if message[0] == "submit exit":
            sending.append(message)
        else:
            desk.carry_out(message)
    assert len(sending) == 2
    return entry.client_order_id, sending


def legs(desk: Desk, entry: str) -> list[Order]:
    return [desk.order(leg.client_order_id) for leg in plan_of(desk, entry).legs]


def test_legs_are_sent_by_the_lane_of_exits(desk: Desk) -> None:
    """An entry goes with the entries; a leg does not, nor when a sweep asks for it again."""
    entry, sending = enter_unguarded(desk)
    names = {one.client_order_id for one in legs(desk, entry)}
    assert len(names) == 2
    assert {arguments[1] for _, arguments in sending} == names

    desk.clock.pass_time(RESEND_HINT_MS + 1)
    sweep.watch_account(desk.context)
    again = {message for message in desk.messages.take() if message[0].startswith("submit")}
    assert again == {("submit exit", ("desk", name)) for name in names}


def test_legs_are_placed_when_entries_have_used_their_allowance_up(desk: Desk) -> None:
    """What entries must leave of the windows that count orders, a leg may take."""
    _, sending = enter_unguarded(desk)
    budget = desk.engine.budget("desk")
    with suppress(BudgetExhausted):
        for number in itertools.count():
            budget.acquire(Cost(orders=1), Lane.SUBMIT, nonce=str(number))

    for message in sending:
        desk.carry_out(message)

    assert open_at_exchange(desk) == BOTH


def test_no_age_ends_a_leg(desk: Desk) -> None:
    """The position needs its stop all the more when that had to wait for long."""
    _, sending = enter_unguarded(desk)
    desk.clock.pass_time(10 * desk.context.timings.order_valid_ms)

    for message in sending:
        desk.carry_out(message)

    assert open_at_exchange(desk) == BOTH


def test_a_lost_claim_of_a_leg_was_signed_by_now(desk: Desk) -> None:
    """Without an age it must not stay in doubt for ever."""
    entry, _ = enter_unguarded(desk)
    doubt_unsent(desk.context)

    now_ms = desk.context.gateway.exchange_now_ms()
    for leg in legs(desk, entry):
        assert leg.is_in_doubt
        assert leg.signed_at_ms is not None
        assert now_ms - 60_000 < leg.signed_at_ms <= now_ms
