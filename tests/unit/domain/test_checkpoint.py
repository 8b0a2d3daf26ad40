"""Rows that left a ledger still count, to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.checkpoint import (
    advance,
    count_leaving,
    empty_checkpoint,
    fold_from,
    is_above,
    trade_number,
)
from engine.domain.fill import LedgerRow
from engine.domain.position import fold
from engine.portfolio.ledger_check import add_all, sum_assets
from tests.builders import NOW_MS, build_fill
from tests.unit.domain.ledger_rows import SYMBOL, empty, fills, ledgers

WHOLE = empty_checkpoint("paper", SYMBOL)
#: Every time that a drawn row can have is before this.
LATER_MS = NOW_MS + 10**6


def leave(rows: list[LedgerRow], before_ms: int) -> tuple[list[LedgerRow], list[LedgerRow]]:
    count = count_leaving(rows, before_ms, len(rows))
    return rows[:count], rows[count:]


@given(ledgers(), st.integers(0, 400_000))
def test_what_left_and_what_stayed_fold_to_the_whole(rows: list[LedgerRow], age_ms: int) -> None:
    """A ledger that was cut where it may be cut gives the same position in every field."""
    gone, stays = leave(rows, NOW_MS + age_ms)

    position = fold_from(advance(WHOLE, gone), stays)

    assert position == fold(empty(), rows)


@given(ledgers(), st.data())
def test_leaving_in_steps_is_leaving_at_once(rows: list[LedgerRow], data: st.DataObject) -> None:
    """Checkpoint after checkpoint comes to the same as one."""
    ordered = sorted(rows, key=lambda row: row.sort_key)
    cut = data.draw(st.integers(0, len(ordered)))

    steps = advance(advance(WHOLE, ordered[:cut]), ordered[cut:])

    assert steps == advance(WHOLE, ordered)
    assert steps.rows == len(ordered)


@given(ledgers(), st.integers(0, 400_000), st.integers(0, 12))
def test_only_old_rows_leave_and_none_that_another_must_follow(
    rows: list[LedgerRow], age_ms: int, most: int
) -> None:
    """Nothing young leaves, not more than asked, and all that leaves sorts before what stays."""
    before_ms = NOW_MS + age_ms
    count = count_leaving(rows, before_ms, most)

    assert count <= most
    assert all(row.executed_at_ms < before_ms for row in rows[:count])
    assert all(gone.sort_key < row.sort_key for gone in rows[:count] for row in rows[count:])


@given(ledgers(fills(("USDT", "BNB", ""))), st.data())
def test_a_late_row_keeps_the_quantity_and_the_money(
    rows: list[LedgerRow], data: st.DataObject
) -> None:
    """A row from before the checkpoint: quantity exact, and realized less open cost as well."""
    late = set(data.draw(st.sets(st.sampled_from(range(len(rows))))) if rows else ())
    gone = [row for at, row in enumerate(rows) if at not in late]
    stays = [row for at, row in enumerate(rows) if at in late]

    position, whole = fold_from(advance(WHOLE, gone), stays), fold(empty(), rows)

    assert position.net_quantity == whole.net_quantity
    assert position.fees == whole.fees
    money = position.realized_pnl - position.traded_cost
    assert abs(money - (whole.realized_pnl - whole.traded_cost)) < Decimal("1e-15")
    assert position.last_sort_key == whole.last_sort_key


@given(ledgers(), st.integers(0, 400_000))
def test_assets_of_the_checkpoint_complete_the_sum(rows: list[LedgerRow], age_ms: int) -> None:
    """What left and what stayed move every total as the whole ledger does, to the last digit."""
    gone, stays = leave(rows, NOW_MS + age_ms)

    parts = [advance(WHOLE, gone).assets, sum_assets((row, None) for row in stays)]

    assert add_all(parts) == sum_assets((row, None) for row in rows)


@given(ledgers())
def test_every_row_that_left_is_recognised(rows: list[LedgerRow]) -> None:
    """A row that left is never taken for a new one; one that is later and higher never doubted."""
    checkpoint = advance(WHOLE, rows)

    assert all(checkpoint.may_cover(row) for row in rows)
    newer = build_fill(trade_id="10000000", executed_at_ms=LATER_MS)
    assert not checkpoint.may_cover(newer)


def test_an_old_number_with_a_new_time_is_doubted() -> None:
    """A lying stream changes the time of a trade that left: its number tells."""
    checkpoint = advance(WHOLE, [build_fill(trade_id="9007199254740993")])

    assert checkpoint.may_cover(build_fill(trade_id="9007199254740993", executed_at_ms=LATER_MS))
    assert not checkpoint.may_cover(
        build_fill(trade_id="9007199254740994", executed_at_ms=LATER_MS)
    )
    assert not WHOLE.may_cover(build_fill())


@given(st.integers(0, 10**40), st.integers(0, 10**40))
def test_numbers_compare_by_their_digits(one: int, other: int) -> None:
    """Text of digits compares as the numbers do, however many digits they have."""
    assert is_above(str(one), str(other)) == (one > other)


def test_only_plain_digits_are_a_number() -> None:
    """Ids of letters, signs or other scripts are compared by time alone; zeros in front go."""
    ids = {"007": "7", "0": "0", "12a": "", "-1": "", "٣": "", "": ""}

    assert {name: trade_number(replace(build_fill(), trade_id=name)) for name in ids} == ids
