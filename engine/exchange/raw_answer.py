"""A raw HTTP answer, and reading its JSON and the exchange's own error. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from engine.domain.decimals import shorten

T = TypeVar("T")


class Unreadable(ValueError):
    """The exchange's message is not of the shape that its documentation gives."""


class Reach(StrEnum):
    """How far a request came."""

    BUILT = "built"  #: It could not even be signed
    CONNECTED = "connected"  #: No connection: not a byte of it left
    SENT = "sent"  #: It may have left


@dataclass(frozen=True, kw_only=True)
class RawAnswer:
    """One HTTP exchange as it was seen, before anybody interpreted it."""

    status: int | None = None  # None: no whole answer came
    headers: Mapping[str, str] = field(default_factory=dict)  # Names in lower case
    body: str = ""
    failed_before: Reach | None = None  # What the request did not reach; None: answered or SENT
    failure: str = ""  # In words, secrets masked

    @property
    def never_left(self) -> bool:
        """Tell whether it is proven that no byte of the request left."""
        return self.failed_before in {Reach.BUILT, Reach.CONNECTED}

    @property
    def is_ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def parse_json(body: str) -> Any:
    """Return the JSON of `body`, numbers exact; raise Unreadable for anything else."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, ArithmeticError):
        raise Unreadable(f"the answer is not JSON: {shorten(body)}") from None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(word)


def read_body(body: str, read: Callable[[Any], T]) -> T:
    """Return what `read` makes of the JSON of `body`; raise Unreadable for anything else."""
    try:
        return read(parse_json(body))
    except RecursionError:
        raise Unreadable("the answer is nested too deeply") from None


def read_error(answer: RawAnswer) -> tuple[int, str] | None:
    """Return the exchange's own (code, message), or None when the answer is not of that form."""
    try:
        error = parse_json(answer.body)
    except Unreadable:
        return None
    if not isinstance(error, dict):
        return None
    code, message = error.get("code"), error.get("msg")
    if isinstance(code, bool) or not isinstance(code, int) or not isinstance(message, str):
        return None
    return code, message
