"""A small exchange in this process, with a clock that a test moves, and orders to send to it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from workers.paper_exchange.clock import ExchangeClock
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.spot.accounts import ApiKey
from workers.paper_exchange.spot.order_request import OrderRequest
from workers.paper_exchange.spot.symbols import CATALOG
from workers.paper_exchange.spot.venue import Venue

UIDS = (1, 2)
FIRST = {"USDT": Decimal(10_000), "BTC": Decimal("0.5")}


class FixedClock(ExchangeClock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now_ms + self.offset_ms


def venue(seed: int = 1) -> Venue:
    """Return an exchange with one market and two accounts."""
    made = Venue([CATALOG["BTC/USDT"]], seed=seed, clock=FixedClock())
    for uid in UIDS:
        made.open_account(ApiKey(key=f"key{uid}", secret="s", uid=uid), dict(FIRST))
    return made


def prices() -> st.SearchStrategy[Decimal]:
    return st.integers(5_990_000, 6_010_000).map(lambda cents: Decimal(cents) / 100)


def quantities() -> st.SearchStrategy[Decimal]:
    return st.integers(10, 20_000).map(lambda steps: Decimal(steps) / 100_000)


@st.composite
def requests(draw: st.DrawFn) -> OrderRequest:
    """Return an order of any type, near the market."""
    order_type = draw(
        st.sampled_from(
            ["LIMIT", "LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS", "TAKE_PROFIT_LIMIT"]
        )
    )
    is_priced = order_type in {"LIMIT", "LIMIT_MAKER", "TAKE_PROFIT_LIMIT"}
    in_quote = order_type == "MARKET" and draw(st.booleans())
    return OrderRequest(
        symbol="BTCUSDT",
        side=draw(st.sampled_from(["BUY", "SELL"])),
        order_type=order_type,
        time_in_force=draw(st.sampled_from(["GTC", "IOC", "FOK"]))
        if order_type == "LIMIT"
        else "GTC",
        quantity=Decimal(0) if in_quote else draw(quantities()),
        quote_quantity=Decimal(draw(st.integers(5, 5_000))) if in_quote else Decimal(0),
        price=draw(prices()) if is_priced else Decimal(0),
        trigger_price=draw(prices()) if order_type[:4] in {"STOP", "TAKE"} else Decimal(0),
    )


#: What may happen to an exchange: an order, a cancel, a new price, a tick, a fill.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.sampled_from(UIDS), requests()),
        st.tuples(st.just("cancel"), st.sampled_from(UIDS), st.integers(1, 30)),
        st.tuples(st.just("price"), st.just(0), prices()),
        st.tuples(st.just("tick"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


def apply(world: Venue, steps: list[tuple[str, int, object]]) -> None:
    """Let the steps happen; what the exchange refuses changes nothing."""
    for what, uid, value in steps:
        try:
            if what == "place":
                assert isinstance(value, OrderRequest)
                world.desk.place(uid, value)
            elif what == "cancel":
                assert isinstance(value, int)
                world.desk.cancel(uid, "BTCUSDT", order_id=value)
            elif what == "price":
                assert isinstance(value, Decimal)
                world.set_price("BTCUSDT", value)
            else:
                world.tick()
        except ApiError:
            pass
        world.commit()
