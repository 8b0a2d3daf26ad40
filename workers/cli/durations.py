"""Durations on a command line."""

from __future__ import annotations

import re
from typing import Any

import click

from engine.domain.decimals import shorten
from engine.domain.following_fields import LONGEST_LIMIT_MS
from engine.errors import InvalidRequest

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WORD = re.compile(r"([0-9]{1,11})(ms|s|m|h|d)")


class Duration(click.ParamType[int]):
    """A number with its unit; the value is in milliseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        field = param.name if param is not None and param.name else "duration"
        try:
            return read_duration(value, field)
        except InvalidRequest as error:
            raise click.UsageError(str(error), ctx) from None


def read_duration(value: object, field: str) -> int:
    """Return the duration in ms; InvalidRequest for what is none, or longer than a year."""
    found = _WORD.fullmatch(str(value))
    duration_ms = int(found[1]) * _UNITS_MS[found[2]] if found else 0
    if not 1 <= duration_ms <= LONGEST_LIMIT_MS:
        raise InvalidRequest(
            f"{field} is {shorten(value)}; it must be a number with its unit (500ms, 30s, 5m, 2h,"
            " 1d), at most a year."
        )
    return duration_ms
