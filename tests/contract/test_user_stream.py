"""Our user stream on real ccxt.pro: what arrives, what is lost, and how it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.report import OrderReport
from engine.domain.stream import BalanceNews, StreamEnding
from engine.errors import (
    BudgetExhausted,
    ExchangeRefused,
    ExchangeUnavailable,
    IdentityConflict,
    StreamLost,
)
from engine.ports import Cost
from tests.builders import IDENTITY
from tests.contract.stream_scene import Scene, build_stream, with_stream
from tests.paper import PaperControl, PaperExchange

BTC = "BTC/USDT"
#: Settings with which a dead socket is noticed soon; pings need a second, so does silence.
QUICK = {"ping_ms": 1_000, "silence_ms": 2_500}


def test_an_order_from_its_placement_to_its_cancel(
    paper: PaperExchange, control: PaperControl
) -> None:
    """Each step arrives in order, the cancel with the id before and the id after."""

    async def scenario(scene: Scene) -> None:
        await scene.place("a")
        new = await scene.next_report()
        assert (new.client_order_id, new.status) == ("a", OrderStatus.ACCEPTED)
        assert (new.original_client_order_id, new.fills) == (None, ())
        await scene.tell(control.fill, "BTCUSDT", client_order_id="a", quantity="0.0005")
        traded = await scene.next_report()
        assert traded.status is OrderStatus.PARTIALLY_FILLED
        assert [str(fill.quantity) for fill in traded.fills] == ["0.00050000"]
        moved = await scene.next()
        assert isinstance(moved, BalanceNews)
        assert set(moved.assets) == {"BTC", "USDT"}
        replaced = await scene.tell(control.cancel, "BTCUSDT", client_order_id="a")
        ended = await scene.next_report()
        assert (ended.client_order_id, ended.original_client_order_id) == (replaced, "a")
        assert (ended.status, ended.fills) == (OrderStatus.CANCELED, ())

    with_stream(paper, scenario)


@pytest.mark.parametrize("changes", [{}, {"fee_asset": "BNB"}, {"maker_rate": "0"}])
def test_stream_and_query_tell_the_same(
    paper: PaperExchange, control: PaperControl, changes: dict[str, str]
) -> None:
    """Every fill and every order is the same, field by field, digit by digit, on both ways."""
    control.set_account(**changes)
    told: dict[str, Fill] = {}
    last: dict[str, OrderReport] = {}

    async def scenario(scene: Scene) -> None:
        await scene.place("resting", quantity="0.00777")
        for quantity in ("0.00123", "0.00654"):
            await scene.tell(control.fill, "BTCUSDT", client_order_id="resting", quantity=quantity)
        await scene.place("taking", side="SELL", price="58000", quantity="0.00311")
        await scene.place("ending")
        await scene.tell(control.cancel, "BTCUSDT", client_order_id="ending")
        while "ending" not in last:
            report = await scene.next_report()
            last[report.original_client_order_id or str(report.client_order_id)] = report
            told.update({fill.row_id: fill for fill in report.fills})
            if report.status is OrderStatus.ACCEPTED:
                del last[str(report.client_order_id)]
        gateway = scene.house.gateway
        rows = await scene.tell(gateway.load_fills, BTC, lane=Lane.POLL, since_ms=since_ms(last))
        assert told == {row.row_id: row for row in rows}
        assert len(told) >= 3
        for report in last.values():
            asked = await scene.tell(
                gateway.find_order,
                BTC,
                exchange_order_id=report.exchange_order_id,
                lane=Lane.POLL,
            )
            assert without_extras(report) == without_extras(asked)

    with_stream(paper, scenario)


def since_ms(reports: dict[str, OrderReport]) -> int:
    return min(report.created_at_ms for report in reports.values())


def without_extras(report: OrderReport | None) -> dict[str, object]:
    """Return what a query states as well: it knows neither fills nor the id before a cancel."""
    assert report is not None
    return {
        name: getattr(report, name)
        for name in report.__dataclass_fields__
        if name not in {"fills", "original_client_order_id"}
    }


def test_faults_change_what_arrives_and_nothing_else(
    paper: PaperExchange, control: PaperControl
) -> None:
    """Dropped, repeated and reordered events come as they were sent, and none is invented."""

    async def scenario(scene: Scene) -> None:
        control.add_stream_fault("drop", execution_type="NEW", client_order_id_prefix="lost")
        control.add_stream_fault("repeat", execution_type="NEW", times=2, skip=1)
        control.add_stream_fault("reorder", execution_type="TRADE")
        for name in ("lost", "one", "twice"):
            await scene.place(name)
        assert [(await scene.next_report()).client_order_id for _ in range(4)] == [
            "one",
            *["twice"] * 3,
        ]
        for _ in range(2):
            await scene.tell(control.fill, "BTCUSDT", client_order_id="one", quantity="0.001")
        seen = [(await scene.next_report()).status for _ in range(2)]
        assert seen == [OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED]

    with_stream(paper, scenario)


def hang_up(control: PaperControl) -> None:
    control.disconnect_streams()


def shut_down(control: PaperControl) -> None:
    control.end_streams("serverShutdown", close=True)


def terminate(control: PaperControl) -> None:
    control.end_streams("eventStreamTerminated")


@pytest.mark.parametrize(
    ("end", "announced"),
    [
        (hang_up, None),
        (shut_down, "serverShutdown"),
        (terminate, "eventStreamTerminated"),
    ],
)
def test_an_end_comes_after_everything_before_it(
    paper: PaperExchange,
    control: PaperControl,
    end: Callable[[PaperControl], None],
    announced: str | None,
) -> None:
    """What was said before the end is delivered first; then the stream is lost, and stays so."""

    async def scenario(scene: Scene) -> None:
        await scene.place("before")
        await scene.tell(end, control)
        assert (await scene.next_report()).client_order_id == "before"
        assert isinstance(await scene.next(), BalanceNews)
        if announced is not None:
            assert await scene.next() == StreamEnding(reason=announced)
        for _ in range(2):
            assert "has ended" in await scene.loss()

    with_stream(paper, scenario)


def test_a_quiet_stream_that_answers_pings_lives(
    paper: PaperExchange, control: PaperControl
) -> None:
    """No events is no loss: pongs are a sign of life, and what comes later is delivered."""

    async def scenario(scene: Scene) -> None:
        heard_at_ms = scene.stream.heard_at_ms
        waiting = asyncio.create_task(scene.next_report())
        while scene.stream.heard_at_ms < heard_at_ms + QUICK["silence_ms"] + 500:
            assert not waiting.done()
            await asyncio.wait([waiting], timeout=0.1)
        await scene.place("late")
        assert (await waiting).client_order_id == "late"

    with_stream(paper, scenario, **QUICK)


def test_a_dead_socket_is_noticed(paper: PaperExchange, control: PaperControl) -> None:
    """Nothing comes, not even a pong, and nobody hangs up: silence alone ends the stream."""

    async def scenario(scene: Scene) -> None:
        control.add_stream_fault("dead", event="executionReport")
        await scene.place("void")
        assert "nothing was heard for" in await scene.loss()

    with_stream(paper, scenario, **QUICK)


def test_an_old_connection_ends_by_itself(paper: PaperExchange, control: PaperControl) -> None:
    """The exchange hangs up after a day; we leave before that, at a time of our own."""

    async def scenario(scene: Scene) -> None:
        assert "ms old" in await scene.loss()

    with_stream(paper, scenario, max_age_ms=1_000)


def test_more_than_can_wait_is_a_loss(paper: PaperExchange, control: PaperControl) -> None:
    """What arrived first is delivered; that something was dropped behind it is told."""

    async def scenario(scene: Scene) -> None:
        for name in "abcd":
            await scene.place(name)
        await scene.tell(control.disconnect_streams)
        assert (await scene.next_report()).client_order_id == "a"
        assert isinstance(await scene.next(), BalanceNews)
        assert "more than 2 messages were waiting" in await scene.loss()

    with_stream(paper, scenario, queue=2)


def test_a_symbol_listed_meanwhile_is_asked_for(
    paper: PaperExchange, control: PaperControl
) -> None:
    """A symbol that is not known makes the list of instruments be asked for anew, once."""

    async def scenario(scene: Scene) -> None:
        scene.stream._symbols = {}
        control.clear_stats()
        await scene.place("a")
        await scene.place("b")
        assert [(await scene.next_report()).symbol for _ in range(2)] == [BTC, BTC]
        assert control.stats()["requests"]["GET /api/v3/exchangeInfo"] == 1

    with_stream(paper, scenario)


def test_a_message_that_cannot_be_read_ends_the_stream(
    paper: PaperExchange, control: PaperControl
) -> None:
    """A symbol that stays unknown is no order of nobody: the caller has to ask what it was."""

    async def scenario(scene: Scene) -> None:
        scene.stream._symbols = {}
        scene.stream._load_symbols = lambda: None  # As if the exchange did not list it
        await scene.place("a")
        await scene.place("b")
        with pytest.raises(StreamLost, match="cannot be read: executionReport: symbol is 'BTCUSDT"):
            await scene.next()
        assert "has ended: executionReport" in await scene.loss()

    with_stream(paper, scenario)


def test_the_key_of_another_account_hears_nothing(
    paper: PaperExchange, control: PaperControl
) -> None:
    """Another account's fills would be booked as ours: the key is looked at before it is used."""
    stream, house = build_stream(paper)
    house.gateway.expect_identity(IDENTITY)
    with pytest.raises(IdentityConflict):
        asyncio.run(stream.open())
    assert "WS userDataStream.subscribe.signature" not in control.stats()["requests"]


def test_the_subscription_is_paid_for(paper: PaperExchange, control: PaperControl) -> None:
    """Its weight is taken in the lane of questions, and the answer corrects the meter."""
    control.set_limits(forget=True)

    async def scenario(scene: Scene) -> None:
        budget = scene.house.budget
        assert (Cost(weight=2), Lane.POLL) in [(cost, lane) for cost, lane, _ in budget.granted]
        assert budget.observed["weight_1m"] == sum(cost.weight for cost, _, _ in budget.granted)

    with_stream(paper, scenario)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 400, "body": '{"code": -2015, "msg": "Invalid API-key"}'}, ExchangeRefused),
        ({"status": 400, "body": '{"code": -1021, "msg": "Timestamp"}'}, ExchangeUnavailable),
        ({"status": 503, "body": "down"}, ExchangeUnavailable),
    ],
)
def test_a_refused_subscription_says_so(
    paper: PaperExchange, control: PaperControl, fault: dict[str, object], error: type[Exception]
) -> None:
    """A definite refusal is told apart from what may pass."""
    command = "userDataStream.subscribe.signature"
    control.add_fault(command=command, effect=False, answer="status", **fault)
    with pytest.raises(error):
        opened(paper)


@pytest.mark.parametrize("answer", ["hang", "drop", "empty"])
def test_no_usable_answer_is_unavailable(
    paper: PaperExchange, control: PaperControl, answer: str
) -> None:
    """A subscription that nobody confirms is none, and does not wait for ever."""
    command = "userDataStream.subscribe.signature"
    control.add_fault(command=command, effect=False, answer=answer)
    with pytest.raises(ExchangeUnavailable, match="the user stream"):
        opened(paper, http_timeout_ms=500)


def test_a_key_of_another_secret_is_refused(paper: PaperExchange, control: PaperControl) -> None:
    """The exchange's own word is passed on, without the secret."""
    with pytest.raises((ExchangeRefused, ExchangeUnavailable)) as caught:
        opened(paper, secret="not-the-secret-of-this-key")
    assert "not-the-secret" not in str(caught.value)


def test_nobody_there_is_unavailable() -> None:
    """A host that is gone is told as such."""
    gone = PaperExchange(port=1)
    with pytest.raises(ExchangeUnavailable):
        opened(gone)


def test_without_allowance_nothing_is_sent(paper: PaperExchange, control: PaperControl) -> None:
    """The lane of questions is empty: the stream waits like every question."""
    stream, house = build_stream(paper)
    house.budget.is_empty = True
    with pytest.raises(BudgetExhausted):
        asyncio.run(stream.open())
    assert control.stats()["requests"] == {}


def test_closing_ends_a_waiting_receive(paper: PaperExchange, control: PaperControl) -> None:
    """Whoever waits learns that it is over."""

    async def scenario(scene: Scene) -> None:
        waiting = asyncio.create_task(scene.next())
        await asyncio.sleep(0)
        await scene.stream.close()
        with pytest.raises(StreamLost, match="closed"):
            await waiting

    with_stream(paper, scenario)


def opened(paper: PaperExchange, secret: str = "paper", **words: int) -> None:
    """Open a stream that is expected not to."""
    stream, _ = build_stream(paper, secret=secret, **words)
    asyncio.run(stream.open())
    pytest.fail("it opened")
