"""When to look, what to ask, and at what pace: pure decisions."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.config import ExecutionSettings
from engine.domain.look import LookMemory, Wait, shift
from engine.domain.order_status import OrderStatus
from engine.domain.stream import StreamHealth
from engine.domain.watched import Watched, index_order
from engine.exchange.abilities import BINANCE_SPOT
from engine.exchange.binance.endpoints import QUERY_WEIGHTS
from engine.execution.looks import look_plan, pace
from engine.execution.schedule import (
    LONGEST_WAIT_MS,
    SLOWEST_CHECK_MS,
    back_in_ms,
    by_tick_ms,
    look_interval_ms,
    wait_ms,
)
from engine.execution.stream.stream_doubt import is_doubtful
from tests.builders import NOW_MS, build_order

S = OrderStatus
TIMINGS = ExecutionSettings()
SYMBOLS = [f"C{number}/USDT" for number in range(60)]

times = st.integers(0, 10**12)
times_apart = 10**9
symbol_sets = st.sets(st.sampled_from(SYMBOLS))


# ---- when ------------------------------------------------------------------------------------


@given(times, times)
def test_older_orders_are_looked_at_more_rarely(age_ms: int, more_ms: int) -> None:
    """Never more often with age; a live stream stretches the interval beyond any age's."""
    young = look_interval_ms(age_ms, TIMINGS, is_live=False)
    old = look_interval_ms(age_ms + more_ms, TIMINGS, is_live=False)

    assert TIMINGS.order_check_ms <= young <= old <= 5 * TIMINGS.order_check_ms
    assert look_interval_ms(age_ms, TIMINGS, is_live=True) == TIMINGS.stream_check_ms > old


@given(st.integers(0, 1_000_000), st.integers(1, 200_000))
def test_waits_double_up_to_a_minute(tries: int, first_ms: int) -> None:
    """They never shrink, and never pass a minute unless the first one does."""
    assert first_ms <= wait_ms(tries, first_ms) <= wait_ms(tries + 1, first_ms)
    assert wait_ms(tries, first_ms) <= max(LONGEST_WAIT_MS, first_ms)
    assert wait_ms(0, first_ms) == first_ms


@given(st.integers(1, 100), st.integers(0, 400), st.integers(0, 400))
def test_a_tick_that_comes_a_little_early_still_finds_the_look_due(
    ticks: int, early_ms: int, late_ms: int
) -> None:
    """Nor is it due a whole tick too early."""
    interval_ms = ticks * TIMINGS.monitor_interval_ms
    due_ms = by_tick_ms(interval_ms, TIMINGS)

    assert due_ms <= interval_ms - early_ms
    assert due_ms > interval_ms - TIMINGS.monitor_interval_ms + late_ms


def entry(**changes: object) -> Watched:
    known = {"exchange_order_id": "77", "status": S.ACCEPTED, "last_event_at_ms": NOW_MS}
    return index_order(build_order(**known | changes))


@given(
    st.sampled_from([S.INITIALIZED, S.SUBMITTED, S.ACCEPTED, S.PARTIALLY_FILLED, S.CANCELED]),
    st.booleans(),
    st.integers(0, 10**9),
)
def test_every_unsettled_order_is_due_again(
    status: OrderStatus, wants_cancel: bool, later_ms: int
) -> None:
    """Always in the future, and never later than the net under the look."""
    wished_ms = NOW_MS if wants_cancel else None
    in_ms = back_in_ms(
        entry(status=status, cancel_requested_at_ms=wished_ms), NOW_MS + later_ms, TIMINGS
    )

    assert 0 < in_ms <= SLOWEST_CHECK_MS


@given(st.integers(0, 10**6))
def test_a_doubt_is_looked_at_when_it_can_end(later_ms: int) -> None:
    """However rare the looks have become: none is planned across the end of the margins."""
    doubted = entry(
        exchange_order_id=None,
        status=S.SUBMITTED,
        signed_at_ms=NOW_MS,
        recv_window_ms=TIMINGS.recv_window_ms,
    )
    margins_ms = TIMINGS.engine_tail_ms + TIMINGS.clock_margin_ms + TIMINGS.not_placed_margin_ms
    ends_ms = NOW_MS + TIMINGS.recv_window_ms + margins_ms
    now_ms = NOW_MS + later_ms

    in_ms = back_in_ms(doubted, now_ms, TIMINGS)

    assert in_ms > 0
    assert now_ms >= ends_ms or now_ms + in_ms <= ends_ms + 100


@given(st.integers(-times_apart, times_apart), st.booleans())
def test_a_memory_by_another_clock_says_the_same(by_ms: int, was_live: bool) -> None:
    """Each time is as far from now as before, and back again it is the very same memory."""
    wait = Wait(tries=2, until_ms=NOW_MS + 7)
    memory = LookMemory(
        asked_at_ms=NOW_MS - 5,
        next_ms=NOW_MS + 1_000,
        was_live=was_live,
        paid_until_ms=NOW_MS + 300,
        listed_at_ms={"BTC/USDT": NOW_MS - 4},
        totals_at_ms=NOW_MS - 3,
        left={"auga1": wait},
        refused={"ETH/USDT": wait},
    )

    moved = shift(memory, by_ms)

    now_ms = NOW_MS + by_ms
    at = (moved.asked_at_ms, moved.next_ms, moved.paid_until_ms, moved.totals_at_ms)
    assert [at_ms - now_ms for at_ms in at] == [-5, 1_000, 300, -3]
    assert moved.listed_at_ms["BTC/USDT"] == now_ms - 4
    waits = (moved.left["auga1"], moved.refused["ETH/USDT"])
    assert [one.until_ms - now_ms for one in waits] == [
        7,
        7,
    ]
    assert shift(moved, -by_ms) == memory
    assert shift(LookMemory(), by_ms) == LookMemory()


# ---- what ------------------------------------------------------------------------------------


@given(symbol_sets)
def test_the_cheapest_lists_cover_every_symbol(symbols: set[str]) -> None:
    """One by one, or all at once: whichever weighs less."""
    lists = look_plan.choose_lists(symbols, QUERY_WEIGHTS)
    weight = sum(
        QUERY_WEIGHTS.open_orders if one is None else QUERY_WEIGHTS.open_orders_of_symbol
        for one in lists
    )

    assert lists == (None,) or set(lists) == symbols
    assert weight == look_plan.list_weight(symbols, QUERY_WEIGHTS)


@given(symbol_sets, st.sets(st.sampled_from([*"CDE", "C1", "C2", "USDT", "BNB"])), st.booleans())
def test_a_moved_base_asset_points_at_its_symbol(
    symbols: set[str], changed: set[str], is_explained: bool
) -> None:
    """A fill is never overlooked; quote assets alone point at all their symbols or at none."""
    pointed = look_plan.changed_symbols(symbols, changed, is_explained=is_explained)

    assert {name for name in symbols if name.split("/")[0] in changed} <= pointed <= symbols
    by_base = {name for name in pointed if name.split("/")[0] in changed}
    if not by_base:
        assert pointed == (symbols if "USDT" in changed and not is_explained else set())


@given(st.dictionaries(st.sampled_from("ABC"), st.sampled_from("12")))
def test_an_asset_that_comes_or_goes_has_changed(before: dict[str, str]) -> None:
    """As well as one whose figures differ; nothing else has."""
    assert look_plan.changed_assets(before, before) == frozenset()
    assert look_plan.changed_assets(before, {}) == set(before)
    assert look_plan.changed_assets(before, before | {"A": "9"}) == {"A"}


@given(symbol_sets, st.dictionaries(st.sampled_from(SYMBOLS), st.integers(0, 10_000)))
def test_what_was_never_listed_is_stale(symbols: set[str], listed: dict[str, int]) -> None:
    """And what was listed is so after its time."""
    now_ms = 1_000_000
    memory = LookMemory(listed_at_ms={name: now_ms - age_ms for name, age_ms in listed.items()})

    stale = look_plan.stale_symbols(symbols, memory, now_ms, 5_000)

    assert stale == {name for name in symbols if listed.get(name, 5_000) >= 5_000}


def test_a_probe_pays_where_it_weighs_less_than_the_lists() -> None:
    """Not for three symbols, and not when everything is listed anyway."""
    assert not look_plan.probe_pays(SYMBOLS[:3], (), QUERY_WEIGHTS)
    assert look_plan.probe_pays(SYMBOLS[:4], (), QUERY_WEIGHTS)
    assert not look_plan.probe_pays(SYMBOLS[:4], SYMBOLS[:4], QUERY_WEIGHTS)


def test_a_wish_ends_a_stop_that_waits_for_its_price() -> None:
    """Its message may be lost; the look is then the only one that sees the wish."""
    waits = replace(
        entry(status=S.INITIALIZED, exchange_order_id=None), is_waiting=True, is_followed=True
    )
    wished = replace(waits, cancel_requested_at_ms=NOW_MS)

    for one, to_cancel in ((waits, []), (wished, [wished])):
        work = look_plan.sort_work([one], {one.client_order_id: one}, LookMemory(), NOW_MS)
        assert (work.unsent, work.to_cancel) == ([], to_cancel)


def test_work_is_sorted_by_what_it_needs() -> None:
    """An open order asks for a look only when the last one does not cover it."""
    due = [
        entry(request_key="unsent", status=S.INITIALIZED, exchange_order_id=None),
        entry(request_key="doubt", status=S.SUBMITTED, exchange_order_id=None),
        entry(request_key="wish", cancel_requested_at_ms=NOW_MS),
        replace(entry(request_key="trades", status=S.CANCELED), lacks_trades=True),
    ]
    away, waiting = entry(request_key="away"), entry(request_key="waiting")
    watched = {one.client_order_id: one for one in (*due, away, waiting)}
    waits = {
        away.client_order_id: Wait(tries=1, until_ms=NOW_MS),
        waiting.client_order_id: Wait(tries=9, until_ms=NOW_MS + 1),
        "settled": Wait(tries=1, until_ms=0),
    }
    covered = LookMemory(next_ms=NOW_MS + 1, left=waits)

    work = look_plan.sort_work(due, watched, covered, NOW_MS)

    assert (work.unsent, work.in_doubt, work.to_cancel, work.without_trades) == (
        [due[0]],
        [due[1]],
        [due[2]],
        [due[3]],
    )
    assert work.left == [away]
    assert not work.needs_look
    assert look_plan.sort_work(due, watched, LookMemory(), NOW_MS).needs_look
    assert not look_plan.sort_work(due[:2], watched, LookMemory(), NOW_MS).needs_look


# ---- pace ------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(0, 500))
def test_all_accounts_of_an_address_stay_within_their_part(accounts: int, weight: int) -> None:
    """Paid minute for minute, the looks of all weigh half of what the polling lane may."""
    per_minute = pace.polling_weight(BINANCE_SPOT.windows, 0.6, accounts)

    assert per_minute * accounts <= 6_000 * 0.6 * 0.5
    spent, paid_ms, now_ms = 0, 0, 0
    while now_ms < 10 * 60_000:
        paid_ms = pace.pay_ms(paid_ms, now_ms, weight, per_minute)
        spent += weight
        now_ms = max(now_ms + 1_000, paid_ms - pace.BURST_MS)
    share = per_minute * (now_ms + pace.BURST_MS) / 60_000
    assert spent <= share + weight


def test_one_account_with_fifty_symbols_is_looked_at_every_second() -> None:
    """Probes every second and lists every eight seconds together use up the share."""
    per_minute = pace.polling_weight(BINANCE_SPOT.windows, 0.6, 1)
    full_ms = pace.full_list_ms(QUERY_WEIGHTS.open_orders, 1_000, per_minute)

    assert (per_minute, full_ms) == (1_800, 8_001)
    assert pace.duration_ms(QUERY_WEIGHTS.balances, per_minute) * 3 <= 2_001


def test_a_venue_without_a_weight_does_not_hold_looks_back() -> None:
    """Nothing to share, nothing to wait for."""
    assert pace.duration_ms(1_000, pace.polling_weight((), 0.6, 10)) < 5_000


# ---- doubting a stream -----------------------------------------------------------------------


@given(
    st.builds(StreamHealth, term=st.integers(1, 2), is_live=st.booleans()),
    st.builds(StreamHealth, term=st.integers(1, 2), is_live=st.booleans()),
    st.integers(-10_000, 10_000),
)
def test_only_a_stream_that_was_there_all_the_time_is_doubted(
    before: StreamHealth, after: StreamHealth, age_ms: int
) -> None:
    """One that came, went or changed hands in between had no chance to tell."""
    doubted = is_doubtful(before, after, NOW_MS - age_ms, NOW_MS, 3_000)

    was_there = before.is_live and after.is_live and before.term == after.term
    assert doubted == (was_there and age_ms > 3_000)


def test_news_of_before_the_stream_began_is_no_doubt() -> None:
    """The look after its connection is there for that."""
    health = StreamHealth(term=1, is_live=True, live_since_ms=NOW_MS - 5_000)

    assert is_doubtful(health, health, NOW_MS - 5_000, NOW_MS, 3_000)
    assert not is_doubtful(health, health, NOW_MS - 5_001, NOW_MS, 3_000)
    again = replace(health, doubts=1)
    assert not is_doubtful(health, again, NOW_MS - 4_000, NOW_MS, 3_000)
