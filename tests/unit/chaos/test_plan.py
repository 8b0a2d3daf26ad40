"""The plan of chaos: seeded, complete, and within what the settings allow for."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import load_settings
from engine.domain.fill import Side
from engine.domain.order_terms import OrderType
from engine.execution.placing.listing import form_pair
from engine.risk.brackets import require_bracket
from tests.builders import build_instrument
from workers.chaos.kills import VICTIMS, Means, draw_blows
from workers.chaos.market import (
    CONTRACTS,
    FUTURES,
    GUARDED,
    SPOT,
    SYMBOLS,
    TIMINGS,
    configuration,
)
from workers.chaos.pricing import build_change, build_request
from workers.chaos.stops import draw_stops
from workers.chaos.weather import OTHER_FAULTS, PLACE_FAULTS, draw_storms
from workers.chaos.wishes import BRACKETS, PAIR, RESTING, Kind, Wish, draw_tasks
from workers.paper_exchange.api.endpoints import PATHS
from workers.paper_exchange.control.faults import RequestFault
from workers.paper_exchange.control.stream_faults import StreamFault
from workers.supervisor.family import MARKS

ORDERS = st.integers(min_value=1, max_value=400)
SEEDS = st.integers(min_value=0, max_value=2**31)


@settings(max_examples=20)
@given(orders=ORDERS, seed=SEEDS)
def test_a_plan_has_exactly_so_many_orders_and_repeats_itself(orders: int, seed: int):
    """Each task begins where the one before ended, under an id of its own."""
    tasks = draw_tasks(orders, seed)

    assert sum(len(task.wishes) for task in tasks) == orders
    assert [task.at for task in tasks[1:]] == [task.at + len(task.wishes) for task in tasks[:-1]]
    assert len({task.key for task in tasks}) == len(tasks)
    assert tasks == draw_tasks(orders, seed)
    assert draw_storms(orders, seed) == draw_storms(orders, seed)
    assert draw_blows(orders, seed) == draw_blows(orders, seed)
    assert draw_stops(orders, seed) == draw_stops(orders, seed)
    assert all(0 <= stop.at < orders for stop in draw_stops(orders, seed))


@settings(max_examples=5)  # A thousand orders each
@given(seed=SEEDS)
def test_a_thousand_orders_meet_everything(seed: int):
    """Every kind of order on every symbol, every fault, every victim."""
    tasks = draw_tasks(1_000, seed)
    wishes = [wish for task in tasks for wish in task.wishes]
    storms = draw_storms(1_000, seed)

    assert {wish.kind for wish in wishes} == set(Kind)
    assert {wish.symbol for wish in wishes} == {*SYMBOLS, *CONTRACTS}
    names = {fault.name for storm in storms for fault in storm.faults}
    assert names == {fault.name for fault in (*PLACE_FAULTS, *OTHER_FAULTS)}
    assert {blow.victim for blow in draw_blows(1_000, seed)} == set(VICTIMS)
    assert {stop.account for stop in draw_stops(1_000, seed)} == {SPOT, FUTURES}
    assert any(task.change_after is not None for task in tasks)
    assert any(wish.lasts_ms for wish in wishes)
    brackets = {(wish.symbol in CONTRACTS, wish.side) for wish in wishes if wish.kind in BRACKETS}
    assert brackets == {(False, Side.BUY), (True, Side.BUY), (True, Side.SELL)}
    assert {wish.kind for wish in wishes if wish.symbol in GUARDED} == set(BRACKETS)
    pairs = [task for task in tasks if task.is_pair]
    assert {task.account for task in pairs} == {SPOT, FUTURES}
    assert all(tuple(wish.kind for wish in task.wishes) == PAIR for task in pairs)


@settings(max_examples=20)
@given(orders=ORDERS, seed=SEEDS)
def test_faults_stay_within_the_margins(orders: int, seed: int):
    """Nothing hides for longer than the margin, no clock goes back; a pause outlives the window."""
    storms = draw_storms(orders, seed)
    offsets = [storm.clock_offset_ms for storm in storms]

    assert offsets == sorted(offsets)
    longest_ms = max(storm.read_lag_ms for storm in storms)
    assert longest_ms < min(TIMINGS["not_placed_margin_ms"], TIMINGS["query_lag_ms"])
    for blow in draw_blows(orders, seed):
        is_pause = blow.victim.means is Means.PAUSE
        assert is_pause == (blow.pause_ms > TIMINGS["recv_window_ms"])


def test_the_exchange_and_the_supervisor_know_what_is_planned(tmp_path: Path):
    """Every rule is one of the control API, every victim a process of `up`, every key a setting."""
    for fault in (*PLACE_FAULTS, *OTHER_FAULTS):
        model = StreamFault if fault.is_pushed else RequestFault
        for words in fault.rules:
            rule = model.model_validate({**words, "count": None, "probability": fault.chance})
            hidden_ms = getattr(rule, "invisible_ms", 0)
            assert hidden_ms < TIMINGS["not_placed_margin_ms"]
            assert words.get("path", "/api/v3/order") in PATHS
    assert {victim.name for victim in VICTIMS} <= set(MARKS)
    file = tmp_path / "augustan.json"
    file.write_text(json.dumps(configuration(seed=1, flower_port=5555, folder=tmp_path)))
    assert load_settings(file, {}).paper.control


@given(
    kind=st.sampled_from(Kind),
    side=st.sampled_from(Side),
    price=st.decimals("20", "90000", places=5),
    bps=st.integers(min_value=1, max_value=900),
)
def test_a_wish_becomes_a_valid_request(kind: Kind, side: Side, price: Decimal, bps: int):
    """On the tick, on the side of the price that its kind means."""
    instrument = build_instrument(market_type="futures" if kind in BRACKETS else "spot")
    wish = Wish(
        symbol="BTC/USDT",
        side=side,
        kind=kind,
        notional=Decimal(100),
        distance=Decimal(bps) / 10_000,
    )
    request = build_request(wish, instrument, price, "paper", "a-key")
    intent = request.to_intent("paper", instrument)

    assert (intent.quantity is None) == (kind is Kind.QUOTE)
    level = intent.trigger_price or intent.price
    priceless = {Kind.MARKET, Kind.QUOTE, Kind.REDUCE, Kind.BRACKET, Kind.CHASED, Kind.TRAILING}
    assert (level is None) == (kind in priceless)
    assert bool(intent.chase) == (kind is Kind.CHASED)
    assert (intent.trailing_rate or 0) % Decimal("0.1") == 0
    assert bool(intent.stop_loss) == bool(intent.take_profit) == (kind in BRACKETS)
    if kind in BRACKETS:
        require_bracket(intent, instrument, price)
    assert intent.reduce_only == (kind is Kind.REDUCE)
    if level is not None:
        assert instrument.is_on_tick(level)
        is_taking = kind in {Kind.CROSSING, Kind.IOC, Kind.FOK, Kind.STOP, Kind.PAIR_STOP}
        is_above = (side is Side.BUY) == is_taking
        assert level > price - instrument.price_tick if is_above else level < price


@given(
    side=st.sampled_from(Side), price=st.decimals("20", "90000", places=5), bps=st.integers(5, 60)
)
def test_two_wishes_become_a_pair(side: Side, price: Decimal, bps: int):
    """One quantity, and the market between the two."""
    instrument = build_instrument()
    wishes = [
        Wish(
            symbol="BTC/USDT",
            side=side,
            kind=kind,
            notional=Decimal(100),
            distance=Decimal(bps) / 10_000,
        )
        for kind in PAIR
    ]
    requests = [build_request(wish, instrument, price, "paper") for wish in wishes]
    limit, stop = form_pair([one.to_intent("paper", instrument) for one in requests])
    assert (limit.order_type, stop.order_type) == (OrderType.LIMIT, OrderType.STOP)


@given(
    kind=st.sampled_from(sorted(RESTING | {Kind.MARKET, Kind.IOC})),
    side=st.sampled_from(Side),
    price=st.decimals("20", "90000", places=2),
)
def test_a_change_moves_what_rests_away_from_the_market(kind: Kind, side: Side, price: Decimal):
    """On the tick; what does not rest is not changed."""
    instrument = build_instrument()
    wish = Wish(
        symbol="BTC/USDT",
        side=side,
        kind=kind,
        notional=Decimal(100),
        distance=Decimal("0.002"),
    )
    request = build_request(wish, instrument, price, "paper", "a-key")
    change = build_change(request, instrument)

    assert bool(change) == (kind in RESTING)
    for field, text in change.items():
        before, after = Decimal(str(getattr(request, field))), Decimal(text)
        assert instrument.is_on_tick(after)
        assert after >= before if before > price else after < before
