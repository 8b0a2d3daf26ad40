"""Keys, signatures and timestamps of signed requests."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from workers.paper_exchange.errors import (
    ApiError,
    ahead_of_server,
    illegal_characters,
    invalid_data,
    invalid_key,
    invalid_key_format,
    invalid_signature,
    missing_parameter,
    outside_window,
)
from workers.paper_exchange.spot.accounts import ApiKey
from workers.paper_exchange.spot.ledger import Ledger

from .endpoint import Access

DEFAULT_WINDOW_MS = 5_000
LONGEST_WINDOW_MS = 60_000
#: How far a client's clock may be ahead.
AHEAD_MS = 1_000

_KEY = re.compile(r"^[A-Za-z0-9_-]{1,128}$")
_INTEGER_PATTERN = r"^[0-9]{1,20}$"
_INTEGER = re.compile(_INTEGER_PATTERN)
#: Recv windows may have microseconds.
_WINDOW_PATTERN = r"^[0-9]{1,20}(\.[0-9]{1,3})?$"
_WINDOW = re.compile(_WINDOW_PATTERN)


def find_key(ledger: Ledger, key: str, access: Access) -> ApiKey:
    """Return the key; -2014 for what cannot be one, -2015 for an unknown or powerless one."""
    if not _KEY.fullmatch(key):
        raise invalid_key_format()
    found = ledger.keys.get(key)
    if found is None:
        raise invalid_key()
    if not (found.can_trade if access is Access.TRADE else found.can_read):
        raise invalid_key()
    return found


def check_signature(payload: bytes, signature: str | None, key: ApiKey) -> None:
    """Refuse with -1022 what the key's secret did not sign."""
    if not signature:
        raise missing_parameter("signature")
    expected = hmac.digest(key.secret.encode(), payload, "sha256").hex()
    if not hmac.compare_digest(expected.encode(), signature.lower().encode()):
        raise invalid_signature()


def check_time(values: Mapping[str, str], now_ms: int) -> None:
    """Refuse with -1021 what was signed too long ago, or in the future."""
    text = values.get("timestamp")
    if not text:
        raise missing_parameter("timestamp")
    if not _INTEGER.fullmatch(text):
        raise illegal_characters("timestamp", _INTEGER_PATTERN)
    signed_at_ms = int(text)
    if signed_at_ms > 10**14:  # Microseconds are allowed as well
        signed_at_ms //= 1000
    if signed_at_ms >= now_ms + AHEAD_MS:
        raise ahead_of_server()
    if now_ms - signed_at_ms > _window_ms(values):
        raise outside_window()


def _window_ms(values: Mapping[str, str]) -> float:
    text = values.get("recvWindow")
    if text is None:
        return DEFAULT_WINDOW_MS
    if not _WINDOW.fullmatch(text):
        raise illegal_characters("recvWindow", _WINDOW_PATTERN)
    window_ms = float(text)
    if window_ms > LONGEST_WINDOW_MS:
        raise ApiError(-1131, "recvWindow must be less than 60000")
    if not window_ms:
        raise invalid_data("recvWindow")
    return window_ms
