"""The emergency stop with the store gone: the exchange alone is asked and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.config import load_settings
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.errors import ExchangeUnavailable
from engine.execution.stopping.local_stop import stop_alone
from engine.execution.stopping.lone_account import LoneAccount
from engine.lone_account import build_lone_account
from tests.desk import Desk

pytestmark = pytest.mark.integration

PATIENCE_MS = 60_000


@pytest.fixture
def lone(desk: Desk) -> Iterator[LoneAccount]:
    """The desk's account as a process sees it that has its configuration and no store."""
    settings = load_settings(str(desk.config_path), environ={"AUGUSTAN_STORE_URL": NOWHERE})
    account = build_lone_account(settings, "desk")
    yield account
    account.gateway.close()


#: Nobody listens there.
NOWHERE = "redis://127.0.0.1:1/0"


def fill_account(desk: Desk) -> None:
    """Hold coins of the watchlist and of another market, with orders resting in both."""
    desk.place(quantity=1)
    desk.place("ETH/USDT", quantity=1)
    desk.deliver()
    for symbol in ("BTC/USDT", "ETH/USDT"):
        desk.place(symbol, order_type="limit", quantity=0.5, price=Decimal(90))
    desk.place(side="sell", order_type="limit", quantity=0.5, price=Decimal(110))
    desk.deliver()


def test_orders_are_ended_and_the_watchlist_is_sold(desk: Desk, lone: LoneAccount) -> None:
    """Every open order is ended, locked coins come free and are sold, others' are named."""
    fill_account(desk)

    stop = stop_alone(lone, keep_positions=False, duration_ms=PATIENCE_MS)

    assert stop.is_done, stop.problems
    assert len(stop.canceled) == 3
    assert {one["status"] for one in desk.exchange_orders()} == {"FILLED", "CANCELED"}
    assert set(desk.exchange_totals()) == {"USDT", "ETH"}
    assert any("ETH" in sentence for sentence in stop.left)


def test_a_store_that_comes_back_takes_it_all_in(desk: Desk, lone: LoneAccount) -> None:
    """The cancels bear ids that the store knows, and the sales its mark."""
    from engine.execution.reconciling import reconcile
    from tests.integration.execution.comparing import assert_equal_to_exchange

    fill_account(desk)
    assert stop_alone(lone, keep_positions=False, duration_ms=PATIENCE_MS).is_done

    result = reconcile.reconcile(desk.context)
    desk.deliver()

    assert result is not None
    assert result.is_equal
    assert_equal_to_exchange(desk)


def test_an_unclear_sale_is_not_repeated_at_once(desk: Desk, lone: LoneAccount) -> None:
    """The first sale takes effect and its answer is lost: what is held is sold once."""
    desk.place(quantity=1)
    desk.deliver()
    desk.paper.control.drop_after(key=desk.key)

    stop = stop_alone(lone, keep_positions=False, duration_ms=PATIENCE_MS)

    assert stop.is_done, stop.problems
    sold = [one for one in desk.exchange_orders() if one["side"] == "SELL"]
    assert [one["status"] for one in sold] == ["FILLED"]


def test_one_market_in_trouble_keeps_no_other_from_its_end(
    desk: Desk, lone: LoneAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be asked of or told to the first: orders and coins of the others go."""
    fill_account(desk)
    gateway = lone.gateway
    for name in ("cancel", "load_ticker"):
        monkeypatch.setattr(gateway, name, _refusing("BTC", getattr(gateway, name)))

    stop = stop_alone(replace(lone, watchlist=()), keep_positions=False, duration_ms=5_000)

    assert not stop.is_done
    assert any("BTC/USDT" in problem for problem in stop.problems)
    held = desk.exchange_totals()
    assert (held.get("ETH", 0), held["BTC"] > 0) == (0, True)


def _refusing(base: str, ask: Callable[..., object]) -> Callable[..., object]:
    """Return the same, without the time for a market of that coin."""

    def refuse(about: Order | str, lane: Lane) -> object:
        symbol = about if isinstance(about, str) else about.terms.symbol
        if symbol.startswith(base):
            raise ExchangeUnavailable("no time for it")
        return ask(about, lane)

    return refuse


def test_positions_can_be_kept_there_too(desk: Desk, lone: LoneAccount) -> None:
    """Orders are ended, nothing is sold."""
    fill_account(desk)

    stop = stop_alone(lone, keep_positions=True, duration_ms=PATIENCE_MS)

    assert (stop.is_done, stop.sales) == (True, [])
    assert set(desk.exchange_totals()) == {"USDT", "BTC", "ETH"}
