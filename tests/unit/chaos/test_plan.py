"""The plan of chaos: seeded, complete, and within what the settings allow for."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import load_settings
from engine.domain.fill import Side
from tests.builders import build_instrument
from workers.chaos.kills import VICTIMS, Means, draw_blows
from workers.chaos.market import CONTRACTS, SYMBOLS, TIMINGS, configuration
from workers.chaos.pricing import build_request
from workers.chaos.weather import OTHER_FAULTS, PLACE_FAULTS, draw_storms
from workers.chaos.wishes import Kind, Wish, draw_tasks
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


@settings(max_examples=5)  # A thousand orders each
@given(seed=SEEDS)
def test_a_thousand_orders_meet_everything(seed: int):
    """Every kind of order on every symbol, every fault, every victim."""
    wishes = [wish for task in draw_tasks(1_000, seed) for wish in task.wishes]
    storms = draw_storms(1_000, seed)

    assert {wish.kind for wish in wishes} == set(Kind)
    assert {wish.symbol for wish in wishes} == {*SYMBOLS, *CONTRACTS}
    names = {fault.name for storm in storms for fault in storm.faults}
    assert names == {fault.name for fault in (*PLACE_FAULTS, *OTHER_FAULTS)}
    assert {blow.victim for blow in draw_blows(1_000, seed)} == set(VICTIMS)


@settings(max_examples=20)
@given(orders=ORDERS, seed=SEEDS)
def test_faults_stay_within_the_margins(orders: int, seed: int):
    """Nothing hides for longer than the margin, no clock goes back; a pause outlives the window."""
    storms = draw_storms(orders, seed)
    offsets = [storm.clock_offset_ms for storm in storms]

    assert offsets == sorted(offsets)
    assert max(storm.read_lag_ms for storm in storms) < TIMINGS["not_placed_margin_ms"]
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
    price=st.decimals("0.5", "90000", places=5),
    bps=st.integers(min_value=1, max_value=900),
)
def test_a_wish_becomes_a_valid_request(kind: Kind, side: Side, price: Decimal, bps: int):
    """On the tick, on the side of the price that its kind means."""
    instrument = build_instrument()
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
    assert (level is None) == (kind in {Kind.MARKET, Kind.QUOTE, Kind.REDUCE})
    assert intent.reduce_only == (kind is Kind.REDUCE)
    if level is not None:
        assert instrument.is_on_tick(level)
        is_taking = kind in {Kind.CROSSING, Kind.IOC, Kind.FOK, Kind.STOP}
        is_above = (side is Side.BUY) == is_taking
        assert level > price - instrument.price_tick if is_above else level < price
