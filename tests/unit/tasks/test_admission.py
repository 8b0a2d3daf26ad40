"""Strategies leave room for orders, whatever they do."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tasks import admission


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulkheads of this test alone, in a folder of its own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(admission, "_bulkhead", None)
    monkeypatch.setattr(admission, "_workshop", None)


@pytest.mark.parametrize(("processes", "places"), [(2, 1), (4, 2), (5, 2), (16, 8)])
def test_half_of_the_processes_run_strategies_at_most(processes: int, places: int) -> None:
    """And one that leaves makes room for the next."""
    admission.build_bulkhead(accounts=1, processes=processes)
    with ExitStack() as inside:
        taken = [inside.enter_context(admission.strategy_admission()) for _ in range(places)]
        assert taken == [True] * places
        with admission.strategy_admission() as is_admitted:
            assert not is_admitted
        with admission.admission("only") as is_admitted:
            assert is_admitted  # Orders of the account are none of theirs
    with admission.strategy_admission() as is_admitted:
        assert is_admitted


def test_a_slow_strategy_keeps_no_other_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unlike an account, which gets a single place when it is slow."""
    admission.build_bulkhead(accounts=1, processes=4)
    with admission.strategy_admission() as first:
        monkeypatch.setattr(admission._workshop, "_now_ms", lambda: 10**9)
        with admission.strategy_admission() as second:
            assert (first, second) == (True, True)


def test_a_single_process_turns_nobody_away() -> None:
    """There is nothing to keep free."""
    admission.build_bulkhead(accounts=5, processes=1)
    with admission.strategy_admission() as first, admission.strategy_admission() as second:
        assert (first, second) == (True, True)
