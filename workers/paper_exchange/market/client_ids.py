"""The client ids that the exchange makes when nobody gives one."""

from __future__ import annotations

import hashlib


def generated_id(series: str, *parts: object) -> str:
    """Return a client id as the exchange makes one: 22 letters and digits, never used before.

    The same parts of one series always give the same id.
    """
    name = "/".join(map(str, (series, *parts)))
    return hashlib.blake2b(name.encode(), digest_size=11).hexdigest()
