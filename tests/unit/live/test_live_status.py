"""How components are judged, from what was seen of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.stream import StreamHealth
from engine.domain.trading_state import AccountState, Epoch, TradingState
from engine.live_status import (
    BEAT_LATE_MS,
    component,
    judge_beat,
    judge_stream,
    judge_trading,
    judge_workers,
)

LANES = st.lists(st.sampled_from(["submit", "cancel", "poll", "emergency"]), unique=True)
EPOCH = Epoch(run_id="run", replication_id="replication")


@given(problems=st.lists(st.sampled_from(["", "a problem", "another"])))
def test_a_component_is_well_when_nothing_is_wrong(problems: list[str]) -> None:
    """Its state follows from its problems, and every one is told."""
    told = component(problems)
    assert (told["state"] == "ok") == (not any(problems))
    assert all(one in told["problem"] for one in problems)


@given(served=LANES, wanted=LANES)
def test_a_lane_that_nobody_serves_is_a_problem(served: list[str], wanted: list[str]) -> None:
    """Whoever serves it, and however many more there are."""
    told = judge_workers({"one@host": tuple(served)}, wanted)
    assert set(told["unserved_lanes"]) == set(wanted) - set(served)
    assert (told["state"] == "ok") == (set(wanted) <= set(served))


@pytest.mark.parametrize(
    ("last_ms", "state", "age_ms"),
    [
        (None, "down", None),
        (100_000, "ok", 0),
        (100_000 - BEAT_LATE_MS, "ok", BEAT_LATE_MS),
        (100_000 - BEAT_LATE_MS - 1, "down", BEAT_LATE_MS + 1),
        (200_000, "ok", 0),  # Another machine's clock is ahead
    ],
)
def test_a_heartbeat_grows_old(last_ms: int | None, state: str, age_ms: int | None) -> None:
    """Half a minute is too long for one that comes every five seconds."""
    told = judge_beat(last_ms, 100_000)
    assert (told["state"], told["age_ms"]) == (state, age_ms)


@pytest.mark.parametrize(
    ("health", "is_wanted", "state"),
    [
        (StreamHealth(), False, "ok"),
        (StreamHealth(), True, "degraded"),
        (StreamHealth(leader="one"), True, "degraded"),
        (StreamHealth(leader="one", is_live=True), True, "ok"),
    ],
)
def test_without_a_live_stream_it_is_slower_and_not_down(
    health: StreamHealth, is_wanted: bool, state: str
) -> None:
    """Fills are found by polling then."""
    assert judge_stream(health, is_wanted=is_wanted)["state"] == state


@pytest.mark.parametrize(
    ("changes", "is_enabled", "words"),
    [
        ({}, True, ""),
        ({}, False, "disabled"),
        ({"is_opened": False}, True, "first reconcile"),
        ({"reconciled_epoch": None}, True, "waits for a reconcile"),
        ({"trading_state": TradingState.HALTED, "halt_reason": "a fire"}, True, "halted: a fire"),
    ],
)
def test_whatever_bars_orders_is_told(
    changes: dict[str, object], is_enabled: bool, words: str
) -> None:
    """The configuration, the first reconcile, the hold of an epoch, a halt."""
    words_of: dict[str, object] = {
        "trading_state": TradingState.ACTIVE,
        "epoch": EPOCH,
        "reconciled_epoch": EPOCH,
        "is_opened": True,
    }
    told = judge_trading(AccountState(**words_of | changes), is_enabled=is_enabled)
    assert (told["state"] == "ok") == (not words)
    assert words in told["problem"]
