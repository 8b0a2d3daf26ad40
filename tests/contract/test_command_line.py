"""The command line: what it accepts, and one sentence for what it does not."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal as D

import pytest

from tests.contract.raw import place, send, signed
from tests.paper import PaperExchange
from workers.paper_exchange.main import main


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--port", "banana"], "--port"),
        (["--port", "99999"], "--port: 99999"),
        (["--speed", "0"], "--speed"),
        (["--speed", "nan"], "--speed"),
        (["--symbols", "BTCUSDT"], "BASE/QUOTE"),
        (["--symbols", "FOO/USDT"], "FOO/USDT=PRICE"),
        (["--symbols", "FOO/USDT=-1"], "not an amount"),
        (["--account", "one:two"], "KEY:SECRET:UID"),
        (["--balance", "USDT=1e400"], "not an amount"),
        (["--balance", "USDT=nan"], "not an amount"),
        (["--futures-balance", "USDT=nan"], "--futures-balance: 'nan' is not an amount"),
        (["--balance", "USDT=-0"], "not an amount"),
        (["--replay", "nothing.csv"], "not named after a market"),
        (["--replay", "BTCUSDT.csv"], "cannot be read"),
        (["--weight-per-minute", "0"], "--weight-per-minute"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_argument_is_one_sentence(capsys, argv, words):
    """Exit code 2, one line that names the argument, and no traceback."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_a_taken_port_is_one_sentence():
    """The second exchange on a port says so and leaves."""
    with PaperExchange() as paper:
        argv = [sys.executable, "-m", "workers.paper_exchange", "--port", str(paper.port)]
        second = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert second.returncode == 2
    assert str(paper.port) in second.stderr
    assert "Traceback" not in second.stderr


def test_accounts_symbols_and_balances():
    """Keys, markets and first balances come from the command line."""
    options = {
        "accounts": ["one:first:11", "two:second:22"],
        "symbols": "ETH/USDT,FOO/USDT=2.5",
        "balances": ["USDT=500", "FOO=7.5"],
        "futures_balances": ["USDT=70"],
    }
    with PaperExchange(**options) as paper:
        rows = send(paper, "GET", "/api/v3/ticker/price").json
        assert {r["symbol"]: D(r["price"]) for r in rows} == {"ETHUSDT": 3000, "FOOUSDT": D("2.5")}
        account = signed(paper, "GET", "/api/v3/account", key="two", secret="second").json
        assert account["uid"] == 22
        free = {b["asset"]: D(b["free"]) for b in account["balances"]}
        assert (free["USDT"], free["FOO"]) == (500, D("7.5"))
        assert signed(paper, "GET", "/api/v3/account").code == -2015
        marks = send(paper, "GET", "/fapi/v1/premiumIndex").json
        assert {r["symbol"]: D(r["markPrice"]) for r in marks} == {
            "ETHUSDT": 3000,
            "FOOUSDT": D("2.5"),
        }
        (wallet,) = signed(paper, "GET", "/fapi/v3/balance", key="two", secret="second").json
        assert (wallet["asset"], D(wallet["balance"])) == ("USDT", 70)


def test_the_control_api_is_off_unless_asked_for():
    """Without --control there is nothing under /control/."""
    with PaperExchange(control_api=False) as paper:
        assert send(paper, "POST", "/control/ledger").status == 404
        assert place(paper).status == 200


def test_bad_commands_are_one_sentence(running):
    """A command names the field, what is wrong with it, and what it got."""
    from tests.paper import PaperControlError

    control = running.control
    for command, parameters, words in (
        ("set_price", {"symbol": "BTCUSDT", "price": "nan"}, "price"),
        ("set_price", {"symbol": "BTCUSDT", "price": "1.001"}, "tick"),
        ("set_price", {"symbol": "NOPE", "price": "1"}, "symbol"),
        ("set_price", {"symbol": "BTCUSDT"}, "price"),
        ("transfer", {"uid": 5, "asset": "USDT", "amount": 1}, "uid 5"),
        ("transfer", {"uid": 1_000_001, "asset": "USDT", "amount": -1_000_000}, "more than"),
        ("set_book", {"symbol": "BTCUSDT", "bids": [[2, 1]], "asks": [[1, 1]]}, "lowest ask"),
        ("fill", {"symbol": "BTCUSDT", "order_id": 999}, "does not exist"),
        ("no_such_command", {}, "not known"),
    ):
        with pytest.raises(PaperControlError, match=words):
            control.call(command, parameters)


def test_a_file_is_replayed(tmp_path):
    """The market follows the rows of a file and stands still at its end."""
    path = tmp_path / "BTCUSDT.csv"
    path.write_text("time_ms,open,high,low,close,volume\n1,100,120,90,110,4\n2,110,130,105,125,4\n")
    with PaperExchange(symbols="BTC/USDT", replay=[path]) as paper:
        seen = []
        for _ in range(9):
            seen.append(int(D(paper.control.ledger()["last_prices"]["BTCUSDT"])))
            paper.control.advance()
    assert seen == [100, 90, 120, 110, 110, 105, 130, 125, 125]
