"""Orders that left for the archive: moved, shown, exported and never placed again."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.command import Answer, run_installed
from tests.e2e.comparing import exchange_orders, uid_of
from tests.process import ROOT
from tests.running import RunningSystem

pytestmark = pytest.mark.e2e

NAME = "seventh"
ACCOUNT = ("--account", NAME)
BUY = ("order", "place", "BTC/USDT", "buy")
DAY_MS = 86_400_000
#: The shortest retention that is allowed, with keys that are remembered no longer.
SETTINGS = {
    "AUGUSTAN__ARCHIVE__RETENTION_MS": str(DAY_MS),
    "AUGUSTAN__EXECUTION__KEY_HORIZON_MS": str(DAY_MS),
}
#: Puts the clock of an interpreter two days ahead.
AHEAD = """\
import time
now_ns = time.time_ns
time.time_ns = lambda: now_ns() + 2 * 86_400 * 10**9
"""


def two_days_later(system: RunningSystem, *arguments: str) -> Answer:
    """Run `augustan …` as it will run then, the records of the keys expired."""
    folder = system.folder / "ahead"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(AHEAD)
    with system.state.client() as client:
        for name in client.scan_iter(match=f"*:{uid_of(NAME)}:*:request:*"):
            client.delete(name)
    environ = {**system.environ, **SETTINGS, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    return run_installed(arguments, environ, system.folder)


@pytest.fixture(scope="module")
def orders(system: RunningSystem) -> dict[str, dict[str, Any]]:
    """Orders of which all that were over have left, and one that rests."""
    system.paper.set_price("BTCUSDT", 50_000)
    system.json(*BUY, "--quote", "9000000", "--id", "denied", *ACCOUNT, exit_code=1)
    placed = {
        "bought": system.json(*BUY, "0.1", "--id", "long ago", *ACCOUNT),
        "sold": system.json("order", "place", "BTC/USDT", "sell", "0.04", *ACCOUNT),
        "resting": system.json(*BUY, "0.01", "--type", "limit", "--price", "30000", *ACCOUNT),
    }
    system.json("reconcile", *ACCOUNT)
    told = two_days_later(system, "archive", "run", *ACCOUNT).expect().stdout
    assert told.startswith(f"{NAME}: 3 orders, "), told
    return placed


def test_nothing_is_left_for_a_second_run(system: RunningSystem, orders: dict[str, Any]):
    """The figures of the archive are those of what was traded."""
    (shown,) = system.json("archive", "status", *ACCOUNT)

    trades = [trade for trade in system.paper.trades() if trade["uid"] == uid_of(NAME)]
    assert (shown["orders"], shown["rows"]) == (3, len(trades) + 1)  # And the opening
    assert (shown["doubted_rows"], shown["problem"]) == (0, None)
    assert Path(shown["folder"]).is_dir()
    assert system.augustan("archive", "run", *ACCOUNT).expect().stdout == (
        f"{NAME}: 0 orders, 0 rows and 0 signals moved.\n"
    )


def test_people_see_what_left(system: RunningSystem, orders: dict[str, Any]):
    """Only what is open stays in the list; with --all, and by any id, the rest is there."""
    bought = orders["bought"]
    table = system.augustan("order", "list", *ACCOUNT).expect().stdout
    assert "filled" not in table.split("\n", 1)[1]
    (listed,) = system.json("order", "list", *ACCOUNT)
    everything = system.augustan("order", "list", "--all", *ACCOUNT).expect().stdout.splitlines()
    assert listed["client_order_id"] == orders["resting"]["client_order_id"]
    assert [line.split()[7] for line in everything[1:5]] == [
        *("accepted", "filled", "filled", "denied")
    ]

    sheet = system.augustan("order", "show", bought["client_order_id"]).expect().stdout
    words = [line.split(maxsplit=1) for line in sheet.splitlines()]
    assert ["status", "filled"] in words
    assert ["id", "long ago"] in words
    assert "order_settled" in sheet
    shown = system.json("order", "show", bought["client_order_id"][:12], *ACCOUNT)
    assert {name: shown[name] for name in bought} == bought
    denials = system.augustan("denials", *ACCOUNT).expect().stdout
    assert "INSUFFICIENT_BALANCE" in denials


def test_fills_and_positions_are_the_exchanges(system: RunningSystem, orders: dict[str, Any]):
    """Every trade that left is listed once, and still counts."""
    fills = system.json("fills", *ACCOUNT)
    theirs = [trade for trade in system.paper.trades() if trade["uid"] == uid_of(NAME)]
    assert sorted(fill["trade_id"] for fill in fills) == sorted(
        str(trade["trade_id"]) for trade in theirs
    )
    (position,) = system.json("positions", *ACCOUNT)
    assert position["net_quantity"] == "0.0599"  # 0.1 bought, a thousandth kept as fee, 0.04 sold
    (reconciled,) = system.json("reconcile", *ACCOUNT)
    assert reconciled["differences"] == {}


def test_exports_have_both_sides(system: RunningSystem, orders: dict[str, Any]):
    """One line for each, amounts as they were, between the days that were asked for."""
    target = str(system.folder / "out.csv")
    told = system.augustan(
        "export", "orders", "--format", "csv", "--out", target, *ACCOUNT
    ).expect()
    assert told.stdout == f"Wrote 4 orders to {target}.\n"
    rows = list(csv.DictReader(io.StringIO(Path(target).read_text())))
    assert {row["client_order_id"] for row in rows} >= {
        order["client_order_id"] for order in orders.values()
    }
    (bought,) = (row for row in rows if row["id"] == "long ago")
    assert (bought["status"], Decimal(bought["filled_quantity"])) == ("filled", Decimal("0.1"))

    whole = system.augustan("export", "fills", *ACCOUNT).expect().stdout
    fills = list(csv.DictReader(io.StringIO(whole)))
    assert [fill["trade_id"] for fill in fills] == [
        fill["trade_id"] for fill in system.json("fills", *ACCOUNT)
    ]
    early = ("export", "fills", "--to", "2020-01-01", *ACCOUNT)
    assert len(system.augustan(*early).expect().stdout.splitlines()) == 1


def test_what_left_cannot_be_settled_or_canceled(system: RunningSystem, orders: dict[str, Any]):
    """Each command says what the order came to."""
    name = orders["bought"]["client_order_id"]
    for words in (("settle", name, "--not-placed"), ("settle", name, "--exchange-id", "9")):
        refused = system.augustan("order", *words, *ACCOUNT).expect(1)
        assert refused.stderr == (
            f"error: order {name} is filled and in the archive: there is nothing to settle.\n"
        )
    assert system.json("order", "cancel", name, *ACCOUNT, exit_code=1)["status"] == "filled"
    assert system.json("order", "resolve", name, *ACCOUNT)["status"] == "filled"


def test_an_id_of_long_ago_places_nothing(system: RunningSystem, orders: dict[str, Any]):
    """The order of then is the answer; another wish under its id is refused."""
    before = exchange_orders(system, NAME)

    words = (*BUY, "0.1", "--id", "long ago", *ACCOUNT, "--json")
    again = two_days_later(system, *words).expect().document
    other = system.json(*BUY, "0.2", "--id", "long ago", *ACCOUNT, exit_code=1)
    denied = system.json(*BUY, "--quote", "9000000", "--id", "denied", *ACCOUNT, exit_code=1)

    assert again == orders["bought"]
    assert other["error"]["code"] == "KEY_CONFLICT"
    assert denied["status"] == "denied"
    assert exchange_orders(system, NAME) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("orders", "--format", "xml"), "'xml' is not one of 'csv', 'jsonl', 'parquet'"),
        (("fills", "--from", "yesterday"), "'yesterday' is no day (2026-11-22) and no time"),
        (("fills", "--from", "2026-02-30"), "'2026-02-30' is no day"),
        (("fills", "--from", "2026-02-02", "--to", "2026-02-01"), "--to is not after --from"),
        (("fills", "--format", "parquet"), "--format parquet needs --out FILE"),
        (("fills", "--out", "nowhere/f.csv"), "nowhere/f.csv cannot be written: No such file"),
        (("everything",), "'everything' is not one of 'orders', 'fills', 'rows', 'signals'"),
    ],
)
def test_bad_input_gets_one_sentence(system: RunningSystem, words: tuple[str, ...], told: str):
    """Which word, what it was, what is allowed; nothing is written."""
    answer = system.augustan("export", *words, *ACCOUNT).expect(2)

    assert told in answer.stderr
    assert (answer.stdout, answer.stderr.count("\n")) == ("", 1)


def test_parquet_needs_its_library(system: RunningSystem):
    """One sentence says what to install; no file is left behind."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        target = system.folder / "out.parquet"
        words = ("export", "fills", "--format", "parquet", "--out", str(target), *ACCOUNT)
        answer = system.augustan(*words).expect(2)
        assert "needs pyarrow: install augustan[parquet]" in answer.stderr
        assert not target.exists()
    else:
        pytest.skip("pyarrow is installed")
