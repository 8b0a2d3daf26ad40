"""The exchange's clock, the connection, the process and the secrets, against a real server."""

from __future__ import annotations

import logging
import os
import pickle
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.lanes import Lane
from engine.domain.report import Placed, Refusal
from engine.errors import ClockUnknown, EngineError, ExchangeRefused, ExchangeUnavailable
from tests.integration.exchange.house import House, build_house, error_body
from tests.paper import PaperControl, PaperExchange
from tests.waiting import eventually

pytestmark = pytest.mark.integration

RESTING: dict[str, Any] = {"quantity": Decimal("0.01"), "price": Decimal(50_000)}
KEY, SECRET = "the-public-part-of-the-key", "the-part-that-nobody-may-see"


@pytest.mark.parametrize("offset_ms", [0, 240_000, -240_000])
def test_an_exchange_whose_clock_is_minutes_away_takes_our_orders(
    offset_ms: int, house: House, control: PaperControl
) -> None:
    """Orders are signed with the exchange's time, whatever ours says."""
    control.set_clock(offset_ms)
    assert abs(house.gateway.measure_clock() - offset_ms) < 500
    answer = house.gateway.submit(house.claimed(**RESTING))
    assert isinstance(answer, Placed)
    assert abs(house.gateway.load_server_time_ms(Lane.RESOLVE) - answer.report.created_at_ms) < 2000


def test_a_question_finds_the_clock_changed_and_recovers(
    house: House, control: PaperControl
) -> None:
    """-1021 to a question says that our measurement is wrong: measured anew, asked once more."""
    house.gateway.load_balances(Lane.POLL)
    control.set_clock(-600_000)
    control.clear_stats()
    house.gateway.load_balances(Lane.POLL)
    stats = control.stats()
    assert stats["codes"] == {"-1021": 1}
    assert stats["requests"] == {"GET /api/v3/account": 2, "GET /api/v3/time": 1}


def test_a_clock_that_stays_wrong_ends_in_an_error(house: House, control: PaperControl) -> None:
    """One repetition, not a loop."""
    control.add_fault(
        path="/api/v3/account",
        count=None,
        answer="status",
        status=400,
        body=error_body(-1021, "Timestamp for this request is outside of the recvWindow."),
    )
    with pytest.raises(ExchangeUnavailable, match="-1021"):
        house.gateway.load_balances(Lane.POLL)
    assert control.stats()["requests"]["GET /api/v3/account"] == 2


def test_a_clock_that_was_never_measured_signs_nothing(control: PaperControl, house: House) -> None:
    """Exchange time is unknown until it was asked."""
    fresh = build_house(f"{house.settings.base_url}")
    with pytest.raises(ClockUnknown):
        fresh.gateway.exchange_now_ms()
    fresh.gateway.measure_clock()
    assert fresh.gateway.exchange_now_ms() > 0
    fresh.gateway.close()


def test_an_old_measurement_is_not_believed(house: House, control: PaperControl) -> None:
    """Beyond its age limit a measurement gives no time any more."""
    hasty = build_house(f"{house.settings.base_url}", clock_max_age_ms=20)
    hasty.gateway.measure_clock()
    eventually(lambda: is_clock_unknown(hasty))
    hasty.gateway.close()


def is_clock_unknown(house: House) -> bool:
    try:
        return house.gateway.exchange_now_ms() == 0
    except ClockUnknown:
        return True


def test_a_long_idle_connection_is_warmed_before_the_claim(
    running: PaperExchange, control: PaperControl
) -> None:
    """A cold gateway asks the time before it takes an order's allowance."""
    cold = build_house(running.base_url)
    cold.claimed(**RESTING)
    assert control.stats()["requests"] == {"GET /api/v3/time": 2}
    cold.claimed(**RESTING)
    assert control.stats()["requests"] == {"GET /api/v3/time": 2}
    cold.gateway.close()


def test_a_forked_process_is_refused(house: House) -> None:
    """A child must not share its parent's connection."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            house.gateway.load_balances(Lane.POLL)
            os.write(writing, b"it worked")
        except EngineError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert "build one in each process" in os.read(reading, 1_000).decode()
    os.close(reading)
    os.close(writing)


def test_identity_and_rights_of_the_key(house: House) -> None:
    """The account's number comes from the exchange, the venue from where orders go."""
    identity = house.gateway.load_identity()
    assert (identity.uid, identity.market_type) == ("1000001", "spot")
    assert identity.venue == f"binance@{str(house.settings.base_url).removeprefix('http://')}"
    rights = house.gateway.load_permissions()
    assert (rights.can_read, rights.can_trade) == (True, True)


@pytest.mark.parametrize(("key", "code"), [(KEY, "-2015"), (f"{KEY}=", "-2014")])
def test_a_wrong_key_is_refused_and_not_shown(
    house: House, caplog: Any, key: str, code: str
) -> None:
    """Neither key, secret nor signature is in an error, a log line or a representation."""
    caplog.set_level(logging.DEBUG)
    stranger = build_house(str(house.settings.base_url), key, SECRET)
    with pytest.raises(ExchangeRefused) as refused:
        stranger.gateway.load_balances(Lane.POLL)
    answer = stranger.gateway.submit(stranger.claimed(**RESTING))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.is_passing) == (code, False)
    assert refused.value.exchange_code == code
    said = [str(refused.value), repr(refused.value), repr(answer), repr(stranger), caplog.text]
    assert_silent("".join(said))
    stranger.gateway.close()


@pytest.mark.parametrize("answer", ["drop", "truncated", "gzip", "redirect", "hang"])
def test_no_secret_in_what_a_broken_wire_leaves(
    answer: str, running: PaperExchange, control: PaperControl, caplog: Any
) -> None:
    """ccxt's errors hold the signed address; ours do not, and hide no chain that does."""
    caplog.set_level(logging.DEBUG)
    control.open_account(KEY, SECRET, 1_000_002, {"USDT": 10_000})
    house = build_house(running.base_url, KEY, SECRET, http_timeout_ms=300)
    control.add_fault(path="/api/v3/account", answer=answer)
    with pytest.raises(ExchangeUnavailable) as failed:
        house.gateway.load_balances(Lane.POLL)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None
    assert_silent(f"{failed.value!r} {pickle.dumps(failed.value)!r} {caplog.text}")
    house.gateway.close()


def assert_silent(text: str) -> None:
    assert KEY not in text
    assert SECRET not in text
    assert not [word for word in text.split("signature=")[1:] if not word.startswith("***")]
