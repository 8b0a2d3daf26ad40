"""Where a strategy stands: failures in a row pause it, a success forgets them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.position import empty_position
from engine.domain.strategy import FIRST_RETRY_MS, StrategyRecord, SymbolMemory

FRESH = StrategyRecord(account="paper", name="cross")
LONGEST_MS = 60_000


def fail(record: StrategyRecord, now_ms: int, most: int = 100) -> StrategyRecord:
    return record.failed("why", now_ms, longest_wait_ms=LONGEST_MS, most=most)


def test_waits_double_up_to_the_longest() -> None:
    """2, 4, 8, 16, 32, and then 60 seconds."""
    record, waits = FRESH, []
    for _ in range(40):
        record = fail(record, 1_000)
        waits.append(record.retry_at_ms - 1_000)
    assert waits[:5] == [FIRST_RETRY_MS * 2**step for step in range(5)]
    assert set(waits[5:]) == {LONGEST_MS}


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 5))
def test_it_is_paused_by_failures_in_a_row_only(outcomes: list[bool], most: int) -> None:
    """A success between them counts from nothing again; the total is kept."""
    record, in_row = FRESH, 0
    for is_good in outcomes:
        if record.is_paused:
            break
        in_row = 0 if is_good else in_row + 1
        record = record.succeeded({}, 7, sent=2) if is_good else fail(record, 7, most)
        assert record.failures_in_row == in_row
        assert record.is_paused == (in_row >= most)
        assert bool(record.problem) == (in_row > 0)
    assert record.signals == 2 * record.runs


def test_a_resumed_one_begins_with_the_next_candle_and_keeps_its_position() -> None:
    """What closed while it was paused is past; what it holds is still its own."""
    memory = SymbolMemory(decided_until_ms=60_000, position=empty_position("paper", "BTC/USDT"))
    paused = fail(FRESH.succeeded({"BTC/USDT": memory}, 7, sent=1), 8, most=1)
    assert paused.is_paused
    resumed = paused.resumed()
    assert not resumed.is_paused
    assert (resumed.failures, resumed.failures_in_row, resumed.problem) == (1, 0, "")
    assert resumed.symbols["BTC/USDT"].decided_until_ms == 0
    assert resumed.symbols["BTC/USDT"].position == memory.position
