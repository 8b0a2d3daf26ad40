"""The ledger after a kill, and the same market from the same seed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal as D

import pytest

from tests.contract.raw import place, signed
from tests.paper import PaperExchange
from tests.waiting import eventually

MARKET = {"type": "MARKET", "timeInForce": None, "price": None}


def without_prices(ledger):
    """Return the ledger but for the last prices, which are the market's."""
    return {name: part for name, part in ledger.items() if name != "last_prices"}


def test_a_killed_exchange_forgets_nothing(tmp_path):
    """After kill -9 orders, trades, balances, ids and prices are what they were."""
    with PaperExchange(data_dir=tmp_path) as paper:
        place(paper, newClientOrderId="open")
        place(paper, **MARKET)
        place(paper, newClientOrderId="part", quantity="0.01", price="59000")
        place(
            paper, type="STOP_LOSS_LIMIT", stopPrice="61000", price="61500", newClientOrderId="stop"
        )
        signed(paper, "DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="open")
        paper.control.fill("BTCUSDT", client_order_id="part", quantity="0.004")
        paper.control.set_account(maker_rate="0.0005", fee_asset="BNB")
        paper.control.advance(3)
        before = paper.control.ledger()
        paper.kill()
        paper.restart()
        after = paper.control.ledger()
        assert after == before
        assert signed(paper, "GET", "/api/v3/account").json["commissionRates"]["maker"] == (
            "0.00050000"
        )
        assert place(paper).json["orderId"] == len(before["orders"]) + 1
        paper.control.set_price("BTCUSDT", 58000)
        states = {o["client_order_ids"][0]: o["status"] for o in paper.control.orders()}
        assert states["part"] == "FILLED"
        paper.control.set_price("BTCUSDT", 61100)
        eventually(
            lambda: (
                {o["client_order_ids"][0]: o for o in paper.control.orders()}["stop"]["status"]
                == "FILLED"
            )
        )


def test_a_replay_goes_on_after_a_kill(tmp_path):
    """The rows already played are not played again, and trade ids go on from where they were."""
    path = tmp_path / "BTCUSDT.csv"
    path.write_text("price,quantity\n" + "".join(f"{100 + n},1\n" for n in range(9)))
    with PaperExchange(symbols="BTC/USDT", replay=[path], data_dir=tmp_path / "data") as paper:
        paper.control.advance(3)
        place(paper, **MARKET, quantity="0.1")
        before = paper.control.trades()
        for _ in range(2):
            paper.kill()
            paper.restart()
        assert paper.control.trades() == before
        place(paper, **MARKET, quantity="0.1")
        ids = [t["trade_id"] for t in paper.control.trades()]
        assert len(ids) == len(before) + 1
        assert ids == sorted(set(ids))
        paper.control.advance()
        assert D(paper.control.ledger()["last_prices"]["BTCUSDT"]) == 104


def test_every_answered_order_survives_a_kill_under_load(tmp_path):
    """A kill in the middle of many orders loses none that was answered."""
    answered: list[int] = []
    with PaperExchange(data_dir=tmp_path) as paper:

        def send() -> None:
            try:
                while True:
                    answered.append(place(paper).json["orderId"])
            except OSError:
                return

        paper.control.set_symbol("BTCUSDT", max_orders=100_000)
        paper.control.deposit("USDT", 100_000_000)
        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(answered) > 60)
        paper.kill()
        for thread in threads:
            thread.join(10)
        paper.restart()
        kept = {o["order_id"] for o in paper.control.orders()}
        assert set(answered) <= kept
        locked = sum(D(o["locked"]) for o in paper.control.orders())
        assert D(paper.control.balances()["USDT"]["locked"]) == locked


def test_a_torn_last_write_is_dropped(tmp_path):
    """Bytes cut off the end of the log by a kill take their own transaction with them only."""
    with PaperExchange(data_dir=tmp_path) as paper:
        for _ in range(5):
            place(paper)
        paper.kill()
        log = next(tmp_path.glob("*-wal"))
        log.write_bytes(log.read_bytes()[:-1000])
        paper.restart()
        orders = paper.control.orders()
        assert [o["order_id"] for o in orders] == list(range(1, len(orders) + 1))
        assert len(orders) in {4, 5}
        locked = sum(D(o["locked"]) for o in orders)
        assert D(paper.control.balances()["USDT"]["locked"]) == locked
        assert place(paper).json["orderId"] == len(orders) + 1


def test_a_reset_is_kept_too(tmp_path):
    """A reset ledger stays reset after a restart."""
    with PaperExchange(data_dir=tmp_path) as paper:
        place(paper, **MARKET)
        paper.control.reset()
        paper.kill()
        paper.restart()
        assert paper.control.orders() == []
        assert paper.control.balances()["USDT"]["free"] == "10000.00000000"


def test_two_exchanges_do_not_share_a_folder(tmp_path):
    """The second exchange on a folder is refused with one sentence."""
    with PaperExchange(data_dir=tmp_path) as paper:
        place(paper)
        argv = [sys.executable, "-m", "workers.paper_exchange", "--port", "0"]
        second = subprocess.run(
            [*argv, "--data-dir", str(tmp_path)], capture_output=True, text=True, timeout=30
        )
        assert second.returncode == 2
        assert "--data-dir" in second.stderr
        assert "Traceback" not in second.stderr


def test_a_damaged_file_is_one_sentence(tmp_path):
    """A file that is no ledger is refused, not overwritten."""
    damaged = tmp_path / "paper_exchange.sqlite3"
    damaged.write_text("this is not a database, and it is long enough to be sure of that" * 20)
    argv = [sys.executable, "-m", "workers.paper_exchange", "--port", "0"]
    run = subprocess.run(
        [*argv, "--data-dir", str(tmp_path)], capture_output=True, text=True, timeout=30
    )
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(damaged).execute("SELECT * FROM orders")


def scenario(paper: PaperExchange):
    """Trade in a moving market; return the ledger without its times."""
    control = paper.control
    for turn in range(14):
        control.advance(5)
        last = D(control.ledger()["last_prices"]["BTCUSDT"])
        price = (last * D("0.9998")).quantize(D("0.01"))
        place(paper, quantity="0.004", price=str(price), newClientOrderId=f"d{turn}")
        if turn % 4 == 3:
            place(paper, **MARKET, newClientOrderId=f"m{turn}")
    ledger = control.ledger()
    for row in (*ledger["orders"], *ledger["trades"]):
        for name in [n for n in row if n.endswith("_ms")]:
            del row[name]
    return ledger


def test_the_same_seed_gives_the_same_ledger():
    """Two exchanges with one seed and the same requests agree to the last digit."""
    with PaperExchange(seed=5) as first, PaperExchange(seed=5) as second:
        assert scenario(first) == scenario(second)


def test_another_seed_gives_another_market():
    """The seed decides the path."""
    with PaperExchange(seed=5) as first, PaperExchange(seed=6) as second:
        first.control.advance(10)
        second.control.advance(10)
        assert first.control.ledger()["last_prices"] != second.control.ledger()["last_prices"]


def test_a_moving_market_fills_an_order_near_the_touch_in_parts():
    """Without any command, prints and quotes fill a resting order in several parts."""
    with PaperExchange(frozen=False, speed=100, balances=["USDT=1000000"]) as paper:
        last = D(paper.control.ledger()["last_prices"]["BTCUSDT"])
        price = (last * D("1.0")).quantize(D("0.01"))
        place(paper, quantity="0.8", price=str(price), newClientOrderId="near")
        eventually(
            lambda: len([t for t in paper.control.trades() if t["is_maker"]]) > 3, timeout_s=60
        )
