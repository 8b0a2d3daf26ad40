"""What an HTTP answer proves: the allow-list, and the default of doubt."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.report import (
    CancelAllDone,
    CancelDone,
    CancelRefused,
    Duplicate,
    OrderReport,
    Placed,
    Refusal,
    Unclear,
)
from engine.errors import ExchangeRefused, ExchangeUnavailable
from engine.exchange.answers import judge_cancel, judge_cancel_all, judge_submit, read_answer
from engine.exchange.binance.codes import FUTURES, SPOT
from engine.exchange.binance.spot import BinanceSpot
from engine.exchange.error_codes import Codes
from engine.exchange.penalties import penalty_ms
from engine.exchange.raw_answer import RawAnswer, Reach, Unreadable, parse_json
from tests.builders import NOW_MS, build_order

ORDER = replace(build_order(), nonce="n", signed_at_ms=NOW_MS, recv_window_ms=5_000)
GOOD = {
    "symbol": "BTCUSDT",
    "orderId": 28,
    "clientOrderId": ORDER.client_order_id,
    "transactTime": NOW_MS,
    "price": "100.00000000",
    "origQty": "1.00000000",
    "executedQty": "0.00000000",
    "status": "NEW",
    "type": "LIMIT",
    "side": "BUY",
}
#: The codes of the server's own trouble that are certain not to have acted.
SURE = {-1002, -1003, -1008, -1013, -1014, -1015, -1020, -1021, -1022}

statuses = st.integers(100, 599) | st.sampled_from([400, 408, 409, 418, 429, 503])
codes = st.integers(-9_999, 500) | st.sampled_from(sorted(SURE | {-1000, -1001, -1006, -1007}))
messages = st.sampled_from(["Duplicate order sent.", "Service Unavailable.", "no", ""])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def judge(answer: RawAnswer) -> Any:
    return judge_submit(answer, SPOT, lambda said: BinanceSpot().read_placed(said, ORDER))


def error(status: int, code: object, message: object = "no") -> RawAnswer:
    return RawAnswer(status=status, body=json.dumps({"code": code, "msg": message}))


@given(statuses, codes, messages)
def test_a_refusal_needs_a_client_error_and_a_code_that_is_sure(
    status: int, code: int, message: str
) -> None:
    """Whatever comes with 5xx, 408, 2xx, 3xx, or an unsure code, is never a refusal."""
    verdict = judge(error(status, code, message))
    is_sure = 400 <= status < 500 and status not in {408, 409} and (code <= -1100 or code in SURE)
    is_duplicate = code == -4116 or (code == -2010 and message.startswith("Duplicate"))
    if not is_sure:
        assert isinstance(verdict, Unclear)
    elif is_duplicate:
        assert isinstance(verdict, Duplicate)
    else:
        assert isinstance(verdict, Refusal)
        assert verdict.code == str(code)


@pytest.mark.parametrize("status", [408, 409, 500, 503, 504, 302, 200])
def test_even_a_final_code_is_unclear_with_such_a_status(status: int) -> None:
    """A time-out, a half-done replacement or trouble inside: the code alone proves nothing."""
    assert isinstance(judge(error(status, -1013)), Unclear)
    assert isinstance(judge(error(status, -2010, "Duplicate order sent.")), Unclear)


@pytest.mark.parametrize(
    ("code", "message"), [(-2010, "Duplicate order sent."), (-4116, "ClientOrderId is duplicated.")]
)
def test_a_duplicate_is_never_a_refusal(code: int, message: str) -> None:
    """The id is taken, so an order with it exists: proof, not a rejection."""
    verdict = judge(error(400, code, message))
    assert isinstance(verdict, Duplicate)
    assert (verdict.code, verdict.message) == (str(code), message)


@given(statuses, st.text(max_size=200) | json_values.map(json.dumps))
def test_junk_is_never_more_than_unclear(status: int, body: str) -> None:
    """No body that is not the exchange's own form can place or refuse an order."""
    verdict = judge(RawAnswer(status=status, body=body))
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    has_form = isinstance(said, dict) and "code" in said and "msg" in said
    assert isinstance(verdict, Unclear) or has_form


@given(
    st.dictionaries(st.sampled_from(sorted(GOOD)), json_values, max_size=4), st.integers(200, 299)
)
def test_a_changed_placement_is_read_or_unclear(changes: dict[str, Any], status: int) -> None:
    """Any field may be anything: no exception leaves, and both ids must be right to be placed."""
    said = GOOD | changes
    verdict = judge(RawAnswer(status=status, body=json.dumps(said)))
    assert isinstance(verdict, (Placed, Unclear))
    if isinstance(verdict, Placed):
        assert verdict.report.client_order_id == ORDER.client_order_id
        assert verdict.report.exchange_order_id == str(said["orderId"])


@pytest.mark.parametrize("field", sorted(GOOD))
def test_a_placement_without_one_of_its_fields_is_unclear(field: str) -> None:
    """A cut or strange message proves nothing, even with status 200."""
    body = json.dumps({name: value for name, value in GOOD.items() if name != field})
    assert isinstance(judge(RawAnswer(status=200, body=body)), Unclear)


@pytest.mark.parametrize(
    "changes",
    [
        {"orderId": None},
        {"orderId": -1},
        {"orderId": "28"},
        {"clientOrderId": "another"},
        {"clientOrderId": None},
        {"symbol": "ETHUSDT"},
        {"status": "SOMETHING_NEW"},
        {"executedQty": "NaN"},
        {"transactTime": 1},
    ],
)
def test_a_placement_that_is_not_ours_is_unclear(changes: dict[str, Any]) -> None:
    """Both ids, the symbol and sane numbers, or it proves nothing."""
    body = json.dumps(GOOD | changes)
    assert isinstance(judge(RawAnswer(status=200, body=body)), Unclear)


def test_a_number_in_json_is_read_exactly() -> None:
    """A bare 0.1 becomes the decimal 0.1, without a float between."""
    body = json.dumps(GOOD).replace('"1.00000000"', "0.1")
    verdict = judge(RawAnswer(status=200, body=body))
    assert isinstance(verdict, Placed)
    assert str(verdict.report.quantity) == "0.1"


def test_the_good_answer_is_placed() -> None:
    """The message that all the variations start from is itself good."""
    assert isinstance(judge(RawAnswer(status=200, body=json.dumps(GOOD))), Placed)


def test_deep_nesting_is_unclear() -> None:
    """A body made to exhaust the parser leaves no exception."""
    for depth in (500, 900, 990, 100_000):
        body = "[" * depth + "]" * depth
        assert isinstance(judge(RawAnswer(status=200, body=body)), Unclear)
        assert isinstance(judge(RawAnswer(status=400, body=body)), Unclear)
        nested = json.dumps(GOOD)[:-1] + f', "symbol": {body}}}'
        assert isinstance(judge(RawAnswer(status=200, body=nested)), Unclear)


def test_only_what_never_left_is_refused_without_an_answer() -> None:
    """No connection passes, a request that cannot be signed does not; all else is in doubt."""
    unbuilt = judge(RawAnswer(failed_before=Reach.BUILT, failure="no key"))
    unconnected = judge(RawAnswer(failed_before=Reach.CONNECTED, failure="refused"))
    assert isinstance(unbuilt, Refusal)
    assert isinstance(unconnected, Refusal)
    assert (unbuilt.is_passing, unconnected.is_passing) == (False, True)
    assert isinstance(judge(RawAnswer(failure="reset")), Unclear)
    assert isinstance(judge(RawAnswer()), Unclear)


@pytest.mark.parametrize("code", [-1003, -1008, -1015, -1021])
def test_refusals_that_pass(code: int) -> None:
    """Traffic, overload, order rate and clock: the same order may be tried again."""
    verdict = judge(error(400, code))
    assert isinstance(verdict, Refusal)
    assert verdict.is_passing


@given(statuses, codes, messages)
def test_a_question_is_refused_only_for_certain(status: int, code: int, message: str) -> None:
    """An error answer raises one of two kinds, and -2013 with a 5xx is not an absence."""
    with pytest.raises((ExchangeRefused, ExchangeUnavailable)) as caught:
        read_answer(
            error(status if not 200 <= status < 300 else 400, code, message), SPOT, "it", id
        )
    if isinstance(caught.value, ExchangeRefused):
        assert 400 <= status < 500 or 200 <= status < 300
        assert caught.value.exchange_code == str(code)
        assert code not in SPOT.passing


@given(statuses, st.text(max_size=50) | json_values.map(json.dumps))
def test_a_cancel_is_done_or_refused_only_by_the_exchanges_word(status: int, body: str) -> None:
    """Junk of any kind leaves a cancel unclear."""
    answer = RawAnswer(status=status, body=body)
    verdict = judge_cancel(answer, SPOT, lambda said: BinanceSpot().read_canceled(said, ORDER))
    assert isinstance(verdict, Unclear)


def test_a_cancel_is_refused_by_its_own_codes_only() -> None:
    """-2011, -2013 and -2039 say that the order is not open; a filter's code does not."""
    for code, kind in ((-2011, CancelRefused), (-2013, CancelRefused), (-2039, CancelRefused)):
        assert isinstance(judge_cancel(error(400, code), SPOT, lambda said: said), kind)
    for status, code in ((503, -2011), (400, -1013), (429, -1003), (400, -1021)):
        assert isinstance(judge_cancel(error(status, code), SPOT, lambda said: said), Unclear)


def test_a_cancel_must_be_about_our_order() -> None:
    """The answer names the old id, or it is about somebody else's."""
    done = GOOD | {"status": "CANCELED", "origClientOrderId": ORDER.client_order_id}

    def judge_it(said: dict[str, Any], order: Any = ORDER) -> Any:
        answer = RawAnswer(status=200, body=json.dumps(said))
        return judge_cancel(answer, SPOT, lambda said: BinanceSpot().read_canceled(said, order))

    assert isinstance(judge_it(done), CancelDone)
    assert isinstance(judge_it(done | {"origClientOrderId": "another"}), Unclear)
    assert isinstance(judge_it(done, replace(ORDER, exchange_order_id="29")), Unclear)


@given(st.text(max_size=30), statuses)
def test_a_penalty_is_sane_whatever_the_header_says(header: str, status: int) -> None:
    """Only 429, 418 and a firewall's 403 punish; at least a second and at most three days."""
    pause_ms = penalty_ms(RawAnswer(status=status, headers={"retry-after": header}))
    assert (pause_ms > 0) == (status in {403, 418, 429})
    assert pause_ms <= 3 * 86_400_000


def test_the_default_penalties() -> None:
    """Without a header: a minute for 429, two for a ban."""
    assert penalty_ms(RawAnswer(status=429)) == 60_000
    assert penalty_ms(RawAnswer(status=418, headers={"retry-after": "-5"})) == 120_000
    assert penalty_ms(RawAnswer(status=429, headers={"retry-after": "9"})) == 9_000
    assert penalty_ms(RawAnswer(status=403, body="<html>")) == 60_000
    assert penalty_ms(RawAnswer(status=403, body='{"code": -2015, "msg": "no"}')) == 0


@pytest.mark.parametrize("body", ["", "NaN", "[Infinity]", "{", "[1,]", "\x00"])
def test_only_json_is_json(body: str) -> None:
    """Python's parser is laxer than JSON; ours is not."""
    with pytest.raises(Unreadable):
        parse_json(body)


CANCELED_ROW = {
    **GOOD,
    "origClientOrderId": ORDER.client_order_id,
    "clientOrderId": "made-by-the-exchange",
    "status": "CANCELED",
}


def judge_all(answer: RawAnswer) -> Any:
    return judge_cancel_all(
        answer, SPOT, lambda said: BinanceSpot().read_canceled_all(said, "BTC/USDT")
    )


def test_a_cancel_of_everything_brings_every_order_back() -> None:
    """Orders, and those of an order list inside its row."""
    listed = {"orderListId": 3, "contingencyType": "OCO", "symbol": "BTCUSDT"}
    second = {**CANCELED_ROW, "orderId": 29}
    body = json.dumps([CANCELED_ROW, {**listed, "orderReports": [second]}])
    verdict = judge_all(RawAnswer(status=200, body=body))
    assert isinstance(verdict, CancelAllDone)
    assert [report.exchange_order_id for report in verdict.reports] == ["28", "29"]
    assert {report.original_client_order_id for report in verdict.reports} == {
        ORDER.client_order_id
    }


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "[{}]",
        "[1]",
        json.dumps([CANCELED_ROW, {**CANCELED_ROW, "symbol": "ETHUSDT"}]),
        json.dumps([{"orderReports": 1}]),
        json.dumps([{**CANCELED_ROW, "status": "ODD"}]),
    ],
)
def test_a_cancel_of_everything_that_is_unread_in_part_is_unclear(body: str) -> None:
    """One row that cannot be read leaves nobody sure of the others' completeness."""
    assert isinstance(judge_all(RawAnswer(status=200, body=body)), Unclear)


@pytest.mark.parametrize(("status", "kind"), [(400, CancelRefused), (503, Unclear)])
def test_nothing_open_is_a_refusal(status: int, kind: type) -> None:
    """-2011 with a client error only."""
    assert isinstance(judge_all(error(status, -2011)), kind)


@pytest.mark.parametrize(
    ("codes_of", "code", "message", "may_stand"),
    [
        (SPOT, -2010, "Account has insufficient balance for requested action.", True),
        (SPOT, -1013, "Filter failure: MAX_NUM_ALGO_ORDERS", True),
        (SPOT, -1013, "Filter failure: MAX_POSITION", True),
        (SPOT, -1013, "Filter failure: LOT_SIZE", False),
        (SPOT, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE", True),
        (SPOT, -1013, "Filter failure: PRICE_FILTER", False),
        (SPOT, -2010, "Order would immediately match and take.", True),
        (SPOT, -2010, "Stop price would trigger immediately.", True),
        (SPOT, -1015, "Too many new orders.", True),
        (FUTURES, -2021, "Order would immediately trigger.", True),
        (FUTURES, -5022, "Post Only order will be rejected.", True),
        (FUTURES, -2019, "Margin is insufficient.", True),
        (FUTURES, -2022, "ReduceOnly Order is rejected.", True),
        (FUTURES, -2024, "Position is not sufficient.", True),
        (FUTURES, -2027, "Exceeded the maximum allowable position at current leverage.", True),
        (FUTURES, -4045, "Reach max stop order limit.", True),
        (FUTURES, -4118, "ReduceOnly Order Failed. Please check your existing position.", True),
        (FUTURES, -4130, "An open stop order with GTE and closePosition is existing.", True),
        (FUTURES, -4164, "Order's notional must be no smaller than 5", False),
    ],
)
def test_what_may_have_come_about_since_is_looked_behind(
    codes_of: Codes, code: int, message: str, may_stand: bool
) -> None:
    """For a copy of the request room is gone and prices have moved; a wrong step is always one."""
    answer = RawAnswer(status=400, body=json.dumps({"code": code, "msg": message}))
    said = judge_submit(answer, codes_of, never_read)
    assert isinstance(said, Refusal)
    assert said.may_stand is may_stand


def never_read(document: object) -> OrderReport:
    raise AssertionError(f"a refusal was read as an order: {document}")
