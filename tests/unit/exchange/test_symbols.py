"""What people call a market, and its one name."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest
from engine.exchange.symbols import resolve_symbol
from tests.builders import build_instrument

LISTED = [
    build_instrument(),
    build_instrument(symbol="ETH/USDT", exchange_symbol="ETHUSDT", base="ETH"),
    build_instrument(symbol="ETH/BTC", exchange_symbol="ETHBTC", base="ETH", quote="BTC"),
]


@pytest.mark.parametrize(
    "word", ["BTC/USDT", "BTCUSDT", "btcusdt", "btc/usdt", "BTC-USDT", "btc_usdt", " BTC USDT"]
)
def test_every_usual_spelling_is_understood(word: str) -> None:
    """With and without a separator, in any case."""
    assert resolve_symbol(word, LISTED).symbol == "BTC/USDT"


@pytest.mark.parametrize(
    ("word", "nearest"), [("BTCUSD", "BTC/USDT"), ("ETHUDST", "ETH/USDT"), ("ETC/BTC", "ETH/BTC")]
)
def test_an_unknown_symbol_is_refused_with_the_nearest(word: str, nearest: str) -> None:
    """One sentence that names what was given and what may have been meant."""
    with pytest.raises(InvalidRequest, match=f"symbol is '{word}'.*{nearest}"):
        resolve_symbol(word, LISTED)


def test_a_perpetual_is_not_the_spot_market() -> None:
    """The settlement currency is part of the name and must not be dropped."""
    with pytest.raises(InvalidRequest):
        resolve_symbol("BTC/USDT:USDT", LISTED)


def test_an_ambiguous_word_is_refused() -> None:
    """Two markets whose names join to the same word: say which."""
    twins = [
        build_instrument(symbol="AB/C", exchange_symbol="AB.C", base="AB", quote="C"),
        build_instrument(symbol="A/BC", exchange_symbol="A.BC", base="A", quote="BC"),
    ]
    with pytest.raises(InvalidRequest, match="could be A/BC, AB/C"):
        resolve_symbol("abc", twins)
    assert resolve_symbol("A/BC", twins).base == "A"


@given(st.text(max_size=60) | st.integers(10**5, 10**6).map(lambda size: "X" * size))
def test_any_word_gets_an_instrument_or_one_short_sentence(word: str) -> None:
    """Even a megabyte of letters: no long search, no long message."""
    said = answer(word)
    assert said in {item.symbol for item in LISTED} or (len(said) < 250 and "\n" not in said)


def answer(word: str) -> str:
    try:
        return resolve_symbol(word, LISTED).symbol
    except InvalidRequest as error:
        return str(error)


@pytest.mark.parametrize("word", [None, 5, ["BTC/USDT"], b"BTCUSDT", float("nan")])
def test_what_is_no_text_is_one_sentence(word: object) -> None:
    """A script may hand over anything."""
    with pytest.raises(InvalidRequest, match=r"symbol is .*; it must be text such as BTC/USDT\."):
        resolve_symbol(cast(str, word), LISTED)
