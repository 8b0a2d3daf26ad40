"""A halt is stronger than a resume that was under way."""

from __future__ import annotations

from contextlib import suppress

import pytest

from engine.domain.trading_state import TradingState
from engine.errors import InvalidRequest
from engine.execution.stopping import trading
from tests.desk import Desk
from tests.integration.execution.interrupting import interrupted_engine

pytestmark = pytest.mark.integration


def resume_with_a_halt(desk: Desk, at: int) -> tuple[TradingState, int]:
    """Resume in another process, and halt just before its command number `at`."""
    trading.halt(desk.context, "the first")
    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        client.sent, client.at = 0, at
        client.act = lambda: trading.halt(desk.context, "the second")
        with suppress(InvalidRequest):
            trading.resume(context)
        return desk.context.store.load_state().trading_state, client.sent


def test_a_halt_during_a_resume_stays(desk: Desk) -> None:
    """Whoever resumes has not seen this halt: nobody may undo what he does not know of."""
    resumed, commands = resume_with_a_halt(desk, at=0)
    assert resumed is TradingState.ACTIVE
    assert commands > 2
    for at in (2, *range(commands - 3, commands + 1)):
        assert resume_with_a_halt(desk, at)[0] is TradingState.HALTED, f"before command {at}"
