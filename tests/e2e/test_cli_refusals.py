"""Bad input: one clear sentence, the right exit code, no traceback, nothing half done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import Answer
from tests.e2e.comparing import exchange_orders
from tests.running import RunningSystem

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "second")
BUY = ("order", "place", "BTC/USDT", "buy")
LIMIT = ("--type", "limit", "--price")
#: More than Linux passes to a program; one that calls the command itself may.
LONG = "9" * 10_000_000

REFUSED, USAGE = 1, 2

CASES = [
    pytest.param((*BUY, "nan", *ACCOUNT), USAGE, ["quantity", "nan"], id="nan"),
    pytest.param((*BUY, "inf", *ACCOUNT), USAGE, ["quantity", "inf"], id="inf"),
    pytest.param((*BUY, "1e400", *ACCOUNT), USAGE, ["quantity", "1e400"], id="1e400"),
    pytest.param((*BUY, "-0", *ACCOUNT), USAGE, ["quantity", "-0", "above 0"], id="-0"),
    pytest.param((*BUY, "-1", *ACCOUNT), USAGE, ["quantity", "-1", "above 0"], id="-1"),
    pytest.param((*BUY, "0", *ACCOUNT), USAGE, ["quantity", "'0'"], id="zero"),
    pytest.param((*BUY, "1,5", *ACCOUNT), USAGE, ["quantity", "1,5"], id="comma"),
    pytest.param((*BUY, "", *ACCOUNT), USAGE, ["quantity", "''"], id="empty"),
    pytest.param((*BUY, LONG, *ACCOUNT), USAGE, ["quantity", "999…"], id="long number"),
    pytest.param((*BUY, *ACCOUNT), USAGE, ["QUANTITY or --quote"], id="no quantity"),
    pytest.param((*BUY, "1", "--quote", "5", *ACCOUNT), USAGE, ["QUANTITY or --quote"], id="both"),
    pytest.param((*BUY, "0.1", *LIMIT, "-5", *ACCOUNT), USAGE, ["price is '-5'"], id="price -5"),
    pytest.param((*BUY, "0.1", "--colour", "red", *ACCOUNT), USAGE, ["--colour"], id="option"),
    pytest.param(
        ("order", "place", "BTC/USDT", "hold", "1", *ACCOUNT), USAGE, ["hold", "buy"], id="side"
    ),
    pytest.param((*BUY, "0.1", "--type", "odd", *ACCOUNT), USAGE, ["odd", "market"], id="type"),
    pytest.param((*BUY, "0.1", "--account", "nobody"), USAGE, ["nobody", "second"], id="account"),
    pytest.param((*BUY, "0.1", "--account", LONG), USAGE, ["There is no account"], id="long name"),
    pytest.param((*BUY, "0.1"), USAGE, ["Several accounts", "second"], id="which account"),
    pytest.param(("order", "plaice"), USAGE, ["plaice"], id="verb"),
    pytest.param(("ordre",), USAGE, ["ordre"], id="noun"),
    pytest.param(
        ("order", "place", "DOGE/BTC", "buy", "1", *ACCOUNT), REFUSED, ["DOGE/BTC"], id="symbol"
    ),
    pytest.param(
        ("order", "place", "BTCUSD", "buy", "1", *ACCOUNT),
        REFUSED,
        ["BTCUSD", "nearest", "BTC/USDT"],
        id="near symbol",
    ),
    pytest.param(
        ("order", "place", LONG, "buy", "1", *ACCOUNT), REFUSED, ["symbol"], id="long symbol"
    ),
    pytest.param(
        (*BUY, "0.000001", *ACCOUNT), REFUSED, ["quantity is 0.000001", "0.00001"], id="below step"
    ),
    pytest.param(
        (*BUY, "0.100001", *ACCOUNT), REFUSED, ["quantity is 0.100001", "0.00001"], id="off step"
    ),
    pytest.param((*BUY, "0.00002", *ACCOUNT), REFUSED, ["at least 5 USDT"], id="notional"),
    pytest.param((*BUY, "100000", *ACCOUNT), REFUSED, ["quantity is 100000", "at most"], id="most"),
    pytest.param(
        (*BUY, "0.1", *LIMIT, "40000.123", *ACCOUNT),
        REFUSED,
        ["price is 40000.123", "40000.12 and 40000.13"],
        id="off tick",
    ),
    pytest.param((*BUY, "0.1", "--type", "limit", *ACCOUNT), REFUSED, ["price"], id="no price"),
    pytest.param(
        (*BUY, "0.1", "--price", "40000", *ACCOUNT), REFUSED, ["price"], id="market with price"
    ),
    pytest.param((*BUY, "0.1", "--type", "stop", *ACCOUNT), REFUSED, ["trigger"], id="no trigger"),
    pytest.param((*BUY, "0.1", "--id", LONG, *ACCOUNT), REFUSED, ["id is"], id="long id"),
    pytest.param((*BUY, "0.1", "--id", "a\nb", *ACCOUNT), REFUSED, ["id is"], id="id of two lines"),
    pytest.param(("order", "settle", "auga1x", *ACCOUNT), USAGE, ["--not-placed"], id="settle"),
    pytest.param(("order", "list", "--limit", "0"), USAGE, ["--limit"], id="limit"),
    pytest.param(("order", "list", "--open", "--in-doubt"), USAGE, ["not two"], id="list"),
    pytest.param(("fills", "NOSUCH"), REFUSED, ["NOSUCH"], id="fills of nothing"),
    pytest.param(("positions", "--account", "nobody"), USAGE, ["nobody"], id="positions"),
    pytest.param(("resume",), USAGE, ["Several accounts"], id="resume which"),
    pytest.param(
        ("signal", "send", "BTC/USDT", "up", *ACCOUNT), USAGE, ["up", "long"], id="signal"
    ),
    pytest.param(("close", "NOSUCH", *ACCOUNT), REFUSED, ["NOSUCH"], id="close nothing"),
]


def assert_told(answer: Answer, exit_code: int, words: list[str]) -> None:
    """One sentence of bounded length on stderr, and the same in the JSON."""
    answer.expect(exit_code)
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
    assert len(answer.stderr) < 600
    sentence = answer.document["error"]["message"]
    assert answer.stderr == f"error: {sentence}\n"
    missing = [word for word in words if word not in sentence]
    assert not missing, sentence


@pytest.mark.parametrize(("arguments", "exit_code", "words"), CASES)
def test_bad_input_is_told_in_one_sentence(
    system: RunningSystem, arguments: tuple[str, ...], exit_code: int, words: list[str]
):
    """The sentence names the field, the value and what is allowed; the exchange hears nothing."""
    before = exchange_orders(system, "second")

    assert_told(system.augustan(*arguments, "--json"), exit_code, words)

    assert exchange_orders(system, "second") == before


def test_a_risk_denial_is_recorded_and_told(system: RunningSystem):
    """Too large for the balance: denied with its numbers, listed by `denials`, nothing sent."""
    order = system.json(*BUY, "--quote", "2000000", "--id", "too much", *ACCOUNT, exit_code=1)

    assert (order["status"], order["code"]) == ("denied", "INSUFFICIENT_BALANCE")
    assert order["evidence"]["needed"] == "2000000"
    denied = system.json("denials", *ACCOUNT)[0]
    assert (denied["id"], denied["code"]) == ("too much", "INSUFFICIENT_BALANCE")
    assert denied["numbers"]["asset"] == "USDT"
    assert exchange_orders(system, "second") == []


def test_redis_that_does_not_answer(system: RunningSystem):
    """Every verb says so in one sentence, and nothing is sent."""
    nowhere = {"AUGUSTAN_STORE_URL": "redis://127.0.0.1:1/0"}

    for verb in ((*BUY, "0.1", *ACCOUNT), ("status",), ("halt", *ACCOUNT), ("positions",)):
        answer = system.augustan(*verb, "--json", **nowhere)
        assert answer.exit_code == REFUSED, answer
        assert "Redis" in answer.stderr
        assert "Traceback" not in answer.stderr
        assert len(answer.stderr.splitlines()) == 1
    assert exchange_orders(system, "second") == []


def test_an_exchange_that_does_not_answer(system: RunningSystem):
    """Placing is refused, nothing is recorded; the portfolio shows what was kept."""
    nowhere = {"AUGUSTAN_PAPER_URL": "http://127.0.0.1:1"}
    before = system.json("order", "list", *ACCOUNT)

    refused = system.augustan(*BUY, "0.1", *ACCOUNT, "--json", **nowhere)
    kept = system.json("portfolio", *ACCOUNT, **nowhere)

    assert_told(refused, REFUSED, [])
    assert system.json("order", "list", *ACCOUNT) == before
    assert kept["is_live"] is False
    assert kept["balances"]["USDT"]["total"] == "1000000"


def test_an_unknown_key_of_the_configuration(system: RunningSystem, tmp_path: Path):
    """A typing error in the file is told with the nearest key."""
    settings = json.loads(system.config.read_text())
    settings["watchlst"] = ["BTC/USDT"]
    file = tmp_path / "typo.json"
    file.write_text(json.dumps(settings))

    assert_told(
        system.augustan("--config", str(file), "positions", "--json"),
        USAGE,
        ["watchlst", "watchlist"],
    )
