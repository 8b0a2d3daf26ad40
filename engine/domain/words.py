"""Words at the border: what a person writes becomes a member of a closed list."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from engine.domain.decimals import shorten
from engine.errors import InvalidRequest

E = TypeVar("E", bound=StrEnum)


def parse_word(kind: type[E], value: object, field: str) -> E:
    """Return the member that `value` names, whatever its case."""
    text = str(value).lower() if isinstance(value, str) else ""
    for member in kind:
        if text in {member.value, member.name.lower()}:
            return member
    allowed = ", ".join(member.value for member in kind)
    raise InvalidRequest(f"{field} is {shorten(value)}; it must be one of {allowed}.")
