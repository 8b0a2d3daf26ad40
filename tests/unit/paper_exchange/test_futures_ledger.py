"""Whatever happens on the futures market, its books add up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.paper_exchange.worlds import FixedClock
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.futures.algo_orders import AlgoOrder
from workers.paper_exchange.futures.contracts import contract_of
from workers.paper_exchange.futures.margin import is_isolated_in_liquidation
from workers.paper_exchange.futures.orders import OrderRequest, reduces_by_side
from workers.paper_exchange.futures.positions import Position, traded
from workers.paper_exchange.futures.venue import Venue
from workers.paper_exchange.spot.symbols import CATALOG

ZERO = Decimal(0)
UIDS = (1, 2)
FIRST = Decimal(10_000)
BTC = "BTCUSDT"

_PRICES = st.integers(599_000, 601_000).map(lambda ticks: Decimal(ticks) / 10)
_QUANTITIES = st.integers(10, 900).map(lambda steps: Decimal(steps) / 1000)


def _venue(*, is_hedged: bool = False, is_isolated: bool = False) -> Venue:
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
        quantity=draw(_QUANTITIES),
        price=draw(_PRICES) if is_limit else ZERO,
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
        quantity=ZERO if closes else draw(_QUANTITIES),
        price=draw(_PRICES) if order_type in types[2:] else ZERO,
        trigger_price=ZERO if is_trailing else draw(_PRICES),
        callback_rate=Decimal("0.1") if is_trailing else ZERO,
        closes_position=closes,
        created_at_ms=0,
        updated_at_ms=0,
    )


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.sampled_from(UIDS), _requests()),
        st.tuples(st.just("place"), st.sampled_from(UIDS), _requests()),
        st.tuples(st.just("cancel"), st.sampled_from(UIDS), st.integers(1, 30)),
        st.tuples(st.just("price"), st.just(0), _PRICES),
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


def _apply(world: Venue, steps: list[tuple[str, int, object]]) -> None:
    """Let the steps happen; what the exchange refuses changes nothing."""
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
        _check(world)


def _check(world: Venue) -> None:
    """Compare positions with trades, wallets with income, and orders with their trades."""
    ledger = world.ledger
    for uid in UIDS:
        trades = ledger.trades[uid, BTC]
        for position in ledger.positions.values():
            rows = [t for t in trades if t.position_side == position.side]
            if position.uid != uid:
                continue
            signed = (t.quantity if t.side == "BUY" else -t.quantity for t in rows)
            assert position.quantity == sum(signed, ZERO)
            assert position.cost >= 0
            assert position.isolated_wallet >= 0
            # Cash that flowed, and what is open at cost, are all the profit there was
            flow = (t.quote_quantity if t.side == "SELL" else -t.quote_quantity for t in rows)
            realized = sum((t.realized for t in rows), ZERO)
            assert realized == sum(flow, ZERO) + position.cost * position.sign
            assert position.side != "LONG" or position.quantity >= 0
            assert position.side != "SHORT" or position.quantity <= 0
        income = sum((row.amount for row in ledger.income[uid]), ZERO)
        assert ledger.wallet(uid, "USDT").balance == income
        fees = sum((t.fee for t in trades), ZERO)
        others = {"TRANSFER", "FUNDING_FEE", "INSURANCE_CLEAR"}
        given = sum((r.amount for r in ledger.income[uid] if r.income_type in others), ZERO)
        assert income == given + sum((t.realized for t in trades), ZERO) - fees
        asset = world.margins.of(uid, "USDT")
        assert not asset.is_in_liquidation()
        assert not any(is_isolated_in_liquidation(row) for row in asset.rows)
    for order in ledger.orders():
        rows = ledger.trades_of.get(order.key, [])
        assert order.filled_quantity == sum((t.quantity for t in rows), ZERO)
        assert order.filled_quantity <= order.quantity
        assert (order.status == "FILLED") == (order.filled_quantity == order.quantity)
        if order.reduces:
            assert all(not _opens(world, t) for t in rows)
            assert not order.is_open or world.matcher.closable(order) > 0
    for algo in ledger.algo.by_id.values():
        child = world.algo.child_of(algo)
        assert (child is None) == (algo.status not in {"TRIGGERED", "FINISHED"})
        assert child is None or child.is_open == (algo.status == "TRIGGERED")
    book = world.markets[BTC].book
    bid, ask = book.bids.best(), book.asks.best()
    assert bid is None or ask is None or bid < ask


def _opens(world: Venue, trade) -> bool:
    """Return whether a trade opened anything: replay what came before it."""
    held = ZERO
    for row in world.ledger.trades[trade.uid, BTC]:
        if row.position_side != trade.position_side:
            continue
        if row is trade:
            break
        held += row.quantity if row.side == "BUY" else -row.quantity
    signed = trade.quantity if trade.side == "BUY" else -trade.quantity
    return held * signed >= 0 or abs(signed) > abs(held)


@settings(max_examples=40, deadline=None)
@given(_STEPS, st.booleans(), st.booleans())
def test_the_books_add_up(steps, is_hedged, is_isolated):
    """After every step positions, profits, wallets and orders are the sums of what happened."""
    _apply(_venue(is_hedged=is_hedged, is_isolated=is_isolated), steps)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), _QUANTITIES, _PRICES), min_size=1, max_size=30))
def test_a_closed_position_made_what_its_cash_made(trades):
    """Bought and sold in any order, then closed: profit is what came in less what went out."""
    position, cash, profit = Position(uid=1, symbol=BTC, side="BOTH"), ZERO, ZERO
    rows = [(quantity if is_buy else -quantity, price) for is_buy, quantity, price in trades]
    rows.append((-sum((q for q, _ in rows), ZERO), Decimal(60_000)))
    for signed, price in rows:
        if not signed:
            continue
        change = traded(position, signed, price, 0)
        assert change.closed + change.opened == abs(signed)
        position, profit = change.position, profit + change.realized
        cash -= signed * price
    assert (position.quantity, position.cost) == (0, 0)
    assert profit == cash == position.realized


def test_a_margin_bracket_begins_where_the_last_one_ends():
    """Maintenance margin grows without a step over every bracket of every contract."""
    for spot in CATALOG.values():
        rules = contract_of(spot)
        if rules is None:
            assert spot.quote == "BTC"
            continue
        for lower, upper in zip(rules.brackets, rules.brackets[1:], strict=False):
            assert lower.cap == upper.floor
            at_cap = rules.maintenance(lower.cap)
            assert at_cap == lower.cap * upper.maintenance_rate - upper.maintenance_offset


def test_the_sides_that_reduce():
    """A sale reduces LONG, a purchase reduces SHORT, and BOTH needs a flag."""
    assert reduces_by_side("LONG", "SELL")
    assert reduces_by_side("SHORT", "BUY")
    assert not any(reduces_by_side("BOTH", side) for side in ("BUY", "SELL"))
