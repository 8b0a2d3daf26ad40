"""`order place --file` and the example of it: one group, all of it or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.comparing import exchange_orders
from tests.process import ROOT
from tests.running import RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "fourth")
EXAMPLE = ROOT / "docs" / "examples" / "orders.csv"


@pytest.fixture(autouse=True)
def _quoted(system: RunningSystem) -> None:
    system.paper.set_price("BTCUSDT", 50_000)
    system.paper.set_price("ETHUSDT", 3_000)


def place(system: RunningSystem, path: Path | str, *more: str) -> tuple[str, ...]:
    return ("order", "place", "--file", str(path), *ACCOUNT, *more)


def write(tmp_path: Path, *orders: dict[str, str]) -> Path:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(orders))
    return path


def buy(quantity: str, **more: str) -> dict[str, str]:
    return {"symbol": "BTC/USDT", "side": "buy", "quantity": quantity, **more}


def test_the_example_is_placed_once(system: RunningSystem):
    """Each row has its outcome and its line; the same id again brings the same orders back."""
    first = system.json(*place(system, EXAMPLE, "--id", "example"))
    again = system.json(*place(system, EXAMPLE, "--id", "example"))

    assert first["id"] == "example"
    assert [order["row"] for order in first["orders"]] == ["line 2", "line 3", "line 4"]
    assert [order["status"] for order in first["orders"]] == ["filled", "accepted", "accepted"]
    ids = [order["client_order_id"] for order in first["orders"]]
    assert [order["client_order_id"] for order in again["orders"]] == ids
    placed = [order["client_order_ids"][0] for order in exchange_orders(system, "fourth")]
    assert sorted(name for name in placed if name in ids) == sorted(ids)
    changed = system.augustan("order", "place", "BTC/USDT", "buy", "1", "--id", "example", *ACCOUNT)
    assert "already used" in changed.expect(1).stderr
    for name in ids[1:]:
        system.augustan("order", "cancel", name).expect()


def test_a_table_names_the_id_that_makes_a_repeat_safe(system: RunningSystem, tmp_path: Path):
    """Without --id a fresh one is made, told, and good for a repeat."""
    path = write(tmp_path, buy("0.01"), buy("0.02"))
    told = system.augustan(*place(system, path)).expect().stdout.splitlines()

    assert max(map(len, told)) <= 100
    assert told[-1].startswith("id ")
    again = system.json(*place(system, path, "--id", told[-1].removeprefix("id ")))
    assert [order["client_order_id"][:13] in told[n + 1] for n, order in enumerate(again["orders"])]
    assert [order["status"] for order in again["orders"]] == ["filled", "filled"]


def test_a_denied_member_is_told_and_the_others_go_on(system: RunningSystem, tmp_path: Path):
    """Exit code 1: some were refused; risk judges each order by itself."""
    path = write(tmp_path, buy("0.01"), buy("50"), buy("0.01"))

    group = system.json(*place(system, path), exit_code=1)

    assert [order["status"] for order in group["orders"]] == ["filled", "denied", "filled"]
    assert group["orders"][1]["code"]


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ([buy("0.01"), buy("1", symbol="NO/PE"), buy("x")], ["order 2: symbol is", "order 3: "]),
        ([buy("0.01"), buy("0.0000001")], ["order 2: quantity is 0.0000001"]),
        ([buy("0.01", colour="red")], ["order 1: 'colour'", "trigger_price"]),
        ([buy("0.000001")], ["order 1: quantity is 0.000001"]),
        ([buy("0.01")] * 201, ["201", "at most 200"]),
    ],
)
def test_a_row_that_is_no_order_refuses_the_file(
    system: RunningSystem, tmp_path: Path, orders: list[dict[str, str]], words: list[str]
):
    """Every bad row in one sentence; nothing was recorded, not even the good rows."""
    before = system.json("order", "list", *ACCOUNT)

    answer = system.augustan(*place(system, write(tmp_path, *orders), "--json")).expect(1)

    assert all(word in answer.stderr for word in words), answer.stderr
    assert answer.document["error"]["code"] == "INVALID_REQUEST"
    assert system.json("order", "list", *ACCOUNT) == before


def test_a_word_beside_the_file_is_not_forgotten(system: RunningSystem):
    """An order has one source: the file, or the command line."""
    answer = system.augustan(*place(system, EXAMPLE, "--price", "5")).expect(2)
    missing = system.augustan("order", "place", *ACCOUNT).expect(2)

    assert "price is given beside --file" in answer.stderr
    assert "SYMBOL" in missing.stderr


def is_canceled(system: RunningSystem, order_id: str) -> bool:
    return bool(system.json("order", "show", order_id)["status"] == "canceled")


def test_a_pair_is_placed_once_and_ends_together(system: RunningSystem):
    """Both orders name each other; a repeat brings them back, a cancel of one takes the other."""
    words = ("order", "pair", "BTC/USDT", "buy", "0.01", "--price", "45000", *ACCOUNT)
    pair = (*words, "--trigger-price", "55000", "--id", "pair")
    placed = system.json(*pair)
    limit, stop = placed["orders"]
    told = system.augustan(*pair).expect().stdout.splitlines()

    assert [order["status"] for order in (limit, stop)] == ["accepted", "accepted"]
    assert [order["type"] for order in (limit, stop)] == ["limit", "stop"]
    assert limit["pair_with"] == stop["client_order_id"]
    assert [limit["client_order_id"][:13] in told[1], "55000" in told[2]] == [True, True]
    assert told[-1] == "id pair"
    taken = system.augustan(*words, "--trigger-price", "56000", "--id", "pair").expect(1)
    assert "already used" in taken.stderr
    system.augustan("order", "cancel", limit["client_order_id"]).expect()
    name = stop["client_order_id"]
    assert eventually(lambda: is_canceled(system, name), timeout_s=30)
    assert system.json("order", "show", name)["pair_with"] == limit["client_order_id"]
    single = system.augustan(*words).expect(2)
    assert "--trigger-price" in single.stderr


def test_everything_is_cancelled_by_one_word(system: RunningSystem, tmp_path: Path):
    """What is open ends, of one symbol or of all; without an open order there is nothing to do."""
    limits = [buy("0.01", type="limit", price=price) for price in ("40000", "40001", "40002")]
    ether = {"symbol": "ETH/USDT", "side": "buy", "quantity": "0.1", "type": "limit"}
    system.json(*place(system, write(tmp_path, *limits, {**ether, "price": "2000"})))

    of_one = system.json("order", "cancel", "--all", "--symbol", "btcusdt", *ACCOUNT)
    of_all = system.json("order", "cancel", "--all", *ACCOUNT)
    nothing = system.augustan("order", "cancel", "--all", *ACCOUNT).expect()

    assert [order["status"] for order in of_one["orders"]] == ["canceled"] * 3
    assert [order["symbol"] for order in of_all["orders"]] == ["ETH/USDT"]
    assert nothing.stdout == "no order was open\n"
    for words in (("x", "--all"), (), ("x", "--symbol", "BTC/USDT"), ("--all",)):
        system.augustan("order", "cancel", *words).expect(2)
