"""Frozen rows as bytes for a ledger on disk: every number that is money keeps all its digits."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

import orjson

R = TypeVar("R")


@cache
def _plan(kind: Any) -> tuple[tuple[str, ...], Any, tuple[str, ...], tuple[str, ...]]:
    """Return the names of a dataclass, their getter, and which are decimals and which tuples."""
    rows = fields(kind)
    names = tuple(f.name for f in rows)
    decimals = tuple(f.name for f in rows if str(f.type).startswith("Decimal"))
    tuples = tuple(f.name for f in rows if str(f.type).startswith("tuple"))
    return names, attrgetter(*names), decimals, tuples


def packed(row: Any) -> bytes:
    """Return a dataclass of texts, numbers, Decimals and tuples as JSON."""
    names, values_of, decimals, _ = _plan(cast(Hashable, type(row)))
    values = dict(zip(names, values_of(row), strict=True))
    for name in decimals:
        if values[name] is not None:
            values[name] = str(values[name])
    return orjson.dumps(values)


def unpacked(kind: type[R], body: bytes) -> R:
    """Return the row of `kind` that `packed` made into these bytes."""
    _, _, decimals, tuples = _plan(cast(Hashable, kind))
    values: dict[str, Any] = orjson.loads(body)
    for name in decimals:
        if name in values and values[name] is not None:
            values[name] = Decimal(values[name])
    for name in tuples:
        values[name] = _as_tuple(values[name])
    return kind(**values)


def _as_tuple(value: list[Any]) -> tuple[Any, ...]:
    return tuple(_as_tuple(part) if isinstance(part, list) else part for part in value)
