"""Orders in a file: every form is read the same, and every bad row is told by its place."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.order_manager import OrderRequest
from workers.cli.order_file import FIELDS, MOST_BYTES, Row, read_rows, to_request

numbers = st.decimals(min_value="0.0001", max_value=10**9, places=8).map(lambda n: f"{n:f}")
rows = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(["BTC/USDT", "ETHUSDT"]),
        "side": st.sampled_from(["buy", "SELL"]),
        "quantity": numbers,
    },
    optional={
        "type": st.sampled_from(["limit", "market"]),
        "price": numbers,
        "trigger_price": numbers,
        "time_in_force": st.sampled_from(["gtc", "ioc"]),
        "post_only": st.sampled_from(["true", "false"]),
    },
)


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def as_csv(orders: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(FIELDS), restval="")
    writer.writeheader()
    writer.writerows(orders)
    return text.getvalue()


def requests(path: str) -> list[OrderRequest]:
    return [to_request(row, "paper") for row in read_rows(path)]


def fault(fields: dict[str, Any]) -> str:
    with pytest.raises(InvalidRequest) as raised:
        to_request(Row("line 2", fields), "paper")
    return str(raised.value)


@given(orders=st.lists(rows, min_size=1, max_size=5))
def test_every_form_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, orders: list[dict[str, str]]
) -> None:
    """CSV, a JSON list and JSON lines of the same orders become the same requests."""
    folder = tmp_path_factory.mktemp("orders")
    from_csv = requests(write(folder, "orders.csv", as_csv(orders)))
    from_json = requests(write(folder, "orders.json", json.dumps(orders)))
    lines = "\n".join(json.dumps(order) for order in orders)
    assert from_csv == from_json == requests(write(folder, "orders.jsonl", lines))
    assert [request.quantity for request in from_csv] == [order["quantity"] for order in orders]


def test_a_json_number_stays_exact(tmp_path: Path) -> None:
    """No float in between: the digits of the file are the digits of the order."""
    text = '[{"symbol": "BTC/USDT", "side": "buy", "quantity": 0.10000000000000000001}]'
    (request,) = requests(write(tmp_path, "orders.json", text))
    assert request.quantity == "0.10000000000000000001"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"side": "buy", "quantity": "1"}, ["symbol is None"]),
        ({"symbol": "BTC/USDT", "quantity": "1"}, ["side is None"]),
        ({"symbol": "BTC/USDT", "side": "buy"}, ["quantity or quote"]),
        ({"symbol": "B/U", "side": "buy", "quantity": "1", "quote": "1"}, ["one of them"]),
        ({"symbol": "B/U", "side": "buy", "quantity": "1", "colour": "red"}, ["'colour'", "price"]),
        (
            {"symbol": "B/U", "side": "buy", "quantity": "1", "post_only": "maybe"},
            ["post_only is 'maybe'", "true or false"],
        ),
    ],
)
def test_a_bad_row_names_field_value_and_what_is_allowed(
    fields: dict[str, Any], words: list[str]
) -> None:
    """One sentence each."""
    said = fault(fields)
    assert all(word in said for word in words), said


def test_a_row_is_named_by_its_line(tmp_path: Path) -> None:
    """Blank lines, quoted line breaks and a byte order mark are counted as an editor does."""
    text = '\ufeffsymbol,side,quantity\n\n"BTC/\nUSDT",buy,1\nETH/USDT,sell,1,1\n'
    odd, long = read_rows(write(tmp_path, "orders.csv", text))
    assert (odd.place, odd.fields["side"]) == ("line 4", "buy")
    assert long.place == "line 5"
    assert "4 cells" in long.fault


def test_a_broken_json_line_is_told_by_its_line(tmp_path: Path) -> None:
    """The other lines are still read."""
    text = '{"symbol": "BTC/USDT"}\nnonsense\n[1]\n{"side": "buy", "side": "sell"}\n'
    found = read_rows(write(tmp_path, "orders.jsonl", text))
    assert [row.place for row in found if row.fault] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders.txt", "symbol,side\n"),
        ("orders.csv", ""),
        ("orders.csv", "symbol,side,side\na,b,c\n"),
        ("orders.csv", 'symbol,side\n"a'),
        ("orders.json", "{}"),
        ("orders.json", "[]"),
        ("orders.json", "[" * 100_000),
        ("orders.json", "\udcff"),
        ("orders.csv", "x" * (MOST_BYTES + 1)),
    ],
)
def test_what_is_no_list_of_orders_is_refused(tmp_path: Path, name: str, text: str) -> None:
    """One sentence that names the file."""
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(click.UsageError, match="file "):
        read_rows(str(path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Neither is a folder an order file."""
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(click.UsageError, match="cannot be read"):
            read_rows(str(path))
