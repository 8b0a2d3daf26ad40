"""What people call a market, and its one name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from engine.domain.decimals import shorten
from engine.domain.instrument import Instrument
from engine.errors import InvalidRequest

_SEPARATORS = re.compile(r"[/_\-\s]")
#: Longer words are no symbol; looking for the nearest to them would only cost time.
LONGEST = 40


def resolve_symbol(word: str, instruments: Iterable[Instrument]) -> Instrument:
    """Return the instrument that `word` means: "BTC/USDT", "BTCUSDT", "btc-usdt".

    Raises InvalidRequest, naming the nearest ones, when none or more than one is meant.
    """
    if not isinstance(word, str):
        raise InvalidRequest(f"symbol is {shorten(word)}; it must be text such as BTC/USDT.")
    listed = tuple(instruments)
    for instrument in listed:
        if word in {instrument.symbol, instrument.exchange_symbol}:
            return instrument
    key = _squeeze(word) if len(word) <= LONGEST else ""
    matches = [item for item in listed if key in {_squeeze(item.symbol), item.exchange_symbol}]
    if len(matches) == 1:
        return matches[0]
    if matches:
        names = ", ".join(sorted(item.symbol for item in matches))
        raise InvalidRequest(f"symbol is {shorten(word)}, which could be {names}; name one.")
    raise InvalidRequest(f"symbol is {shorten(word)}; {_nearest(key, listed)}.")


def _squeeze(word: str) -> str:
    return _SEPARATORS.sub("", word).upper()


def _nearest(key: str, listed: tuple[Instrument, ...]) -> str:
    by_key = {_squeeze(item.symbol): item.symbol for item in listed}
    near = [by_key[match] for match in get_close_matches(key, by_key, n=3, cutoff=0.5)]
    if near:
        return f"the exchange does not list it, the nearest: {', '.join(near)}"
    examples = ", ".join(sorted(by_key.values())[:3])
    return f"the exchange does not list it, but for example {examples}"
