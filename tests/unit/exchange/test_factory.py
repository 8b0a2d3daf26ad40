"""From an account's settings to its gateway: venue names, abilities, refusals."""

from __future__ import annotations

import re

import pytest

from engine.config.accounts import AccountSettings, Mode
from engine.config.execution import ExecutionSettings
from engine.domain.identity import cancel_id, client_order_id
from engine.errors import ConfigurationError
from engine.exchange.abilities import ABILITIES, BINANCE_SPOT
from engine.exchange.binance.spot import USAGE_HEADERS
from engine.exchange.factory import build_gateway, venue_name
from engine.exchange.gateway import CcxtGateway
from engine.ports import Gateway
from engine.system import SystemClock, SystemRandom
from tests.builders import IDENTITY
from tests.unit.exchange.open_budget import OpenBudget
from tests.unit.exchange.unshared import share_nothing


def build(**words: object) -> CcxtGateway:
    account = AccountSettings.model_validate({"name": "mine"} | words)
    return build_gateway(
        account,
        ExecutionSettings(),
        endpoint="http://127.0.0.1:1",
        budget_for=lambda abilities, now_ms: OpenBudget(),
        answers=share_nothing(),
        clock=SystemClock(),
        random=SystemRandom(),
    )


@pytest.mark.parametrize(
    ("mode", "endpoint", "venue"),
    [
        (Mode.PAPER, "http://127.0.0.1:4711", "paper"),
        (Mode.PAPER, "http://127.0.0.1:4712", "paper"),
        (Mode.LIVE, None, "binance"),
        (Mode.LIVE, "https://proxy.example", "binance"),
        (Mode.TESTNET, None, "binance-testnet"),
        (Mode.LOCAL, "http://10.0.0.1:8080", "binance@10.0.0.1:8080"),
        (Mode.LOCAL, "http://10.0.0.1:8081", "binance@10.0.0.1:8081"),
    ],
)
def test_each_ledger_has_one_name(mode: Mode, endpoint: str | None, venue: str) -> None:
    """Stable where the ledger stays the same, different where it is another."""
    assert venue_name("binance", mode, endpoint) == venue


def test_a_gateway_carries_its_venues_row() -> None:
    """The paper exchange shares Binance's row under its own name."""
    gateway: Gateway = build()
    assert gateway.account == "mine"
    assert (gateway.abilities.venue, gateway.abilities.market_type) == ("paper", "spot")
    assert gateway.abilities.windows == BINANCE_SPOT.windows
    gateway.close()


@pytest.mark.parametrize("words", [{"exchange": "mtgox"}, {"market_type": "margin"}])
def test_an_unknown_exchange_or_market_is_one_sentence(words: dict[str, str]) -> None:
    """It names the account, what it says and what is known."""
    with pytest.raises(ConfigurationError, match=r"Account mine .* known are: binance \(spot\)"):
        build(**words)


def test_our_ids_fit_every_venue() -> None:
    """Order ids and cancel ids are legal in length and alphabet."""
    for abilities in ABILITIES.values():
        name = client_order_id(IDENTITY, "a1b2", "a key", abilities.id_length)
        for word in (name, cancel_id(name)):
            assert re.fullmatch(f"{abilities.id_alphabet}{{1,{abilities.id_length}}}", word)


def test_every_usage_header_belongs_to_a_window() -> None:
    """What the exchange counts is a window of the budget, or the meter would ignore it."""
    told = {window.name for window in BINANCE_SPOT.windows if window.is_told}
    assert set(USAGE_HEADERS.values()) == told
