"""An answer whose status and orders do not follow from its body alone."""

from __future__ import annotations

from dataclasses import dataclass

from .render import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What a handler says when it succeeded in part."""

    status: int
    body: Json
    orders: list[Json]  # That it has placed
