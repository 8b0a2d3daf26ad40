"""A small futures market in this process, and what may happen to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from tests.unit.paper_exchange.worlds import FixedClock
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures.algo_orders import AlgoOrder
from workers.paper_exchange.futures.contracts import contract_of
from workers.paper_exchange.futures.orders import OrderRequest
from workers.paper_exchange.futures.venue import Venue
from workers.paper_exchange.spot.symbols import CATALOG

ZERO = Decimal(0)
UIDS = (1, 2)
FIRST = Decimal(10_000)
BTC = "BTCUSDT"

PRICES = st.integers(599_000, 601_000).map(lambda ticks: Decimal(ticks) / 10)
QUANTITIES = st.integers(10, 900).map(lambda steps: Decimal(steps) / 1000)


def venue(*, is_hedged: bool = False, is_isolated: bool = False) -> Venue:
    """Return a futures market with one contract and two accounts."""
    rules = contract_of(CATALOG["BTC/USDT"])
    assert rules is not None
    made = Venue([rules], seed=1, clock=FixedClock())
    for uid in UIDS:
        made.open_account(uid, {"USDT": FIRST})
        if is_hedged:
            made.settings.set_hedged(uid, is_hedged=True)
        if is_isolated:
            made.settings.set_margin_type(uid, BTC, is_isolated=True)
    return made


@st.composite
def _requests(draw: st.DrawFn) -> OrderRequest:
    """Return an order of any kind, near the market."""
    is_limit = draw(st.booleans())
    position_side = draw(st.sampled_from(["BOTH", "LONG", "SHORT"]))
    return OrderRequest(
        symbol=BTC,
        side=draw(st.sampled_from(["BUY", "SELL"])),
        order_type="LIMIT" if is_limit else "MARKET",
        position_side=position_side,
        time_in_force=draw(st.sampled_from(["GTC", "IOC", "FOK", "GTX"])) if is_limit else "GTC",
        quantity=draw(QUANTITIES),
        price=draw(PRICES) if is_limit else ZERO,
        is_reduce_only=draw(st.booleans()),
    )


@st.composite
def _conditionals(draw: st.DrawFn) -> AlgoOrder:
    """Return a conditional order near the market."""
    is_trailing = draw(st.booleans())
    types = ["STOP_MARKET", "TAKE_PROFIT_MARKET", "STOP", "TAKE_PROFIT"]
    order_type = "TRAILING_STOP_MARKET" if is_trailing else draw(st.sampled_from(types))
    closes = order_type in types[:2] and draw(st.booleans())
    return AlgoOrder(
        algo_id=0,
        uid=0,
        client_algo_id="",
        symbol=BTC,
        side=draw(st.sampled_from(["BUY", "SELL"])),
        position_side=draw(st.sampled_from(["BOTH", "BOTH", "LONG", "SHORT"])),
        order_type=order_type,
        quantity=ZERO if closes else draw(QUANTITIES),
        price=draw(PRICES) if order_type in types[2:] else ZERO,
        trigger_price=ZERO if is_trailing else draw(PRICES),
        callback_rate=Decimal("0.1") if is_trailing else ZERO,
        closes_position=closes,
        created_at_ms=0,
        updated_at_ms=0,
    )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.sampled_from(UIDS), _requests()),
        st.tuples(st.just("place"), st.sampled_from(UIDS), _requests()),
        st.tuples(st.just("cancel"), st.sampled_from(UIDS), st.integers(1, 30)),
        st.tuples(st.just("price"), st.just(0), PRICES),
        st.tuples(st.just("tick"), st.just(0), st.just(0)),
        st.tuples(st.just("fund"), st.just(0), st.integers(-300, 300)),
        st.tuples(st.just("mark"), st.just(0), st.integers(40_000, 80_000).map(Decimal)),
        st.tuples(st.just("algo"), st.sampled_from(UIDS), _conditionals()),
    ),
    min_size=10,
    max_size=60,
)


def _in_mode(world: Venue, wanted):
    """Return an order or a conditional one with a position side of the accounts' mode."""
    if not world.ledger.accounts[1].is_hedged:
        return replace(wanted, position_side="BOTH")
    side = "LONG" if wanted.position_side == "BOTH" else wanted.position_side
    return replace(wanted, position_side=side, is_reduce_only=False)


def apply(
    world: Venue, steps: list[tuple[str, int, object]], check: Callable[[Venue], None]
) -> None:
    """Let the steps happen, with a look after each; what the exchange refuses changes nothing."""
    for what, uid, value in steps:
        try:
            if what == "place":
                assert isinstance(value, OrderRequest)
                world.desk.place(uid, _in_mode(world, value))
            elif what == "cancel":
                assert isinstance(value, int)
                world.desk.cancel(uid, BTC, order_id=value)
            elif what == "price":
                assert isinstance(value, Decimal)
                world.set_price(BTC, value)
            elif what == "fund":
                assert isinstance(value, int)
                world.funding.settle(world.market(BTC), Decimal(value) / 100_000)
            elif what == "mark":
                assert isinstance(value, Decimal)
                world.set_mark_price(BTC, value)
            elif what == "algo":
                assert isinstance(value, AlgoOrder)
                world.algo.place(_in_mode(world, value.changed(uid=uid)))
            else:
                world.set_mark_price(BTC, None)
                world.tick()
        except ApiError:
            pass
        world.commit()
        check(world)
