"""Every request fault: what the client sees, and what is true in the ledger."""

from __future__ import annotations

import asyncio

import ccxt
import ccxt.async_support
import pytest

from tests.contract import clients
from tests.contract.raw import place
from tests.waiting import eventually

BTC = "BTC/USDT"

#: answer of the fault, its status, its body -> what the sync client raises; None for an order
#: dict without an id
SYNC = [
    ("drop", 0, "", ccxt.NetworkError),
    ("reset", 0, "", ccxt.NetworkError),
    ("truncated", 0, "", ccxt.NetworkError),
    ("chunked", 0, "", ccxt.ExchangeError),
    ("gzip", 0, "", ccxt.ExchangeError),
    ("malformed", 0, "", None),
    ("empty", 0, "", None),
    ("html", 0, "", None),
    ("status", 500, "oops", ccxt.ExchangeNotAvailable),
    ("status", 502, "oops", ccxt.ExchangeNotAvailable),
    ("status", 504, "oops", ccxt.RequestTimeout),
    ("status", 524, "oops", ccxt.ExchangeError),
    ("status", 400, '{"code":-1007,"msg":"Timeout waiting."}', ccxt.RequestTimeout),
    ("status", 400, '{"code":-1006,"msg":"Unexpected."}', ccxt.OperationFailed),
    ("status", 403, "blocked", ccxt.ExchangeNotAvailable),
    ("status", 429, "{}", ccxt.DDoSProtection),
]


def buy(client):
    return client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "fault"})


@pytest.mark.parametrize("effect", [True, False])
@pytest.mark.parametrize(("answer", "status", "body", "error"), SYNC)
def test_the_answer_does_not_tell_what_happened(
    client, control, answer, status, body, error, effect
):
    """The client sees the same whether the order was placed or not; the ledger knows."""
    rule = {"status": status, "body": body} if status else {}
    control.add_fault(command="order.place", answer=answer, effect=effect, **rule)
    if error is None:
        assert buy(client)["id"] is None
    else:
        with pytest.raises(error):
            buy(client)
    assert len(control.orders()) == (1 if effect else 0)
    assert control.fault_hits() == [1]
    assert control.stats()["sent_client_ids"] == {"fault": 1}


def test_redirects_are_answered_as_redirects(paper, control):
    """A 307 points at the same path; who follows it with a POST sends the order again."""
    control.add_fault(command="order.place", answer="redirect")
    reply = place(paper)
    assert reply.status == 307
    assert reply.headers["location"].startswith("/api/v3/order?")


def test_a_request_that_hangs(control, paper):
    """A hanging request takes effect or not, and never answers."""
    options = clients.options(paper)
    client = ccxt.binance({**options, "timeout": 500})
    client.load_markets()
    control.add_fault(command="order.place", answer="hang")
    with pytest.raises(ccxt.RequestTimeout):
        buy(client)
    assert len(control.orders()) == 1


def test_delays_before_and_after(client, control):
    """A delay before lets nothing happen for a while; one after holds only the answer."""
    control.add_fault(command="order.place", delay_before_ms=200)
    control.add_fault(command="order.place", skip=1, delay_after_ms=200)
    assert buy(client)["status"] == "open"
    assert client.cancel_order(None, BTC, {"clientOrderId": "fault"})["status"] == "canceled"


def test_rules_choose_their_requests(client, control):
    """Method, path, symbol, prefix, skip and count decide which request goes wrong."""
    control.add_fault(method="POST", path="/api/v3/order", symbol="ETHUSDT", answer="drop")
    control.add_fault(command="order.place", client_order_id_prefix="zzz", answer="drop")
    control.add_fault(command="order.cancel", skip=1, count=2, answer="drop", effect=False)
    assert buy(client)["status"] == "open"
    other = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "two"})
    client.cancel_order(None, BTC, {"clientOrderId": "fault"})
    for _ in range(2):
        with pytest.raises(ccxt.NetworkError):
            client.cancel_order(other["id"], BTC)
    assert client.cancel_order(other["id"], BTC)["status"] == "canceled"
    assert control.fault_hits() == [0, 0, 2]
    control.clear_faults()
    assert control.fault_hits() == []


def test_probability_is_seeded(paper, control):
    """A rule with a chance strikes the same requests for the same seed."""

    def struck() -> list[bool]:
        control.clear_faults()
        control.add_fault(
            path="/api/v3/order", count=None, probability=0.5, seed=7, answer="status", status=503
        )
        return [place(paper, quantity="0.0001").status == 503 for _ in range(20)]

    first = struck()
    assert set(first) == {True, False}
    assert struck() == first


def test_a_bad_rule_is_one_sentence(control):
    """A rule with an unknown field or value is refused by name."""
    with pytest.raises(Exception, match="answer"):
        control.add_fault(answer="explode")
    with pytest.raises(Exception, match="colour"):
        control.add_fault(colour="red")


def test_the_async_client_meets_the_same_faults(paper, control):
    """The async client places, loses answers, and finds the truth by its client id."""

    async def scenario() -> None:
        client = ccxt.async_support.binance(clients.options(paper))
        try:
            await client.load_markets()
            control.drop_after()
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await client.create_order(
                    BTC, "limit", "buy", 0.001, 59000, {"clientOrderId": "async"}
                )
            found = await client.fetch_order(None, BTC, {"clientOrderId": "async"})
            assert found["status"] == "open"
            control.drop_before()
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await client.create_order(
                    BTC, "limit", "buy", 0.001, 59000, {"clientOrderId": "never"}
                )
            with pytest.raises(ccxt.OrderNotFound):
                await client.fetch_order(None, BTC, {"clientOrderId": "never"})
            assert (await client.cancel_order(found["id"], BTC))["status"] == "canceled"
        finally:
            await client.close()

    asyncio.run(scenario())


def test_an_order_that_arrives_late(client, control, paper):
    """A request held up on the way is placed after its client gave up, inside its window."""
    options = clients.options(paper)
    hasty = ccxt.binance({**options, "timeout": 200})
    hasty.load_markets()
    control.add_fault(command="order.place", delay_before_ms=600)
    with pytest.raises(ccxt.RequestTimeout):
        buy(hasty)
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(None, BTC, {"clientOrderId": "fault"})
    eventually(lambda: control.orders())
    assert client.fetch_order(None, BTC, {"clientOrderId": "fault"})["status"] == "open"
