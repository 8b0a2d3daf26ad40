"""Numbers on a command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from engine.domain.decimals import parse_positive, shorten
from engine.errors import InvalidRequest

#: What a shell user writes for a number below zero, and click takes for an option.
_NEGATIVE = re.compile(r"-[\d.]")


class Amount(click.ParamType[Decimal]):
    """A number above zero, exact."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        field = param.name if param is not None and param.name else "number"
        try:
            return parse_positive(value, field)
        except InvalidRequest as error:
            raise click.UsageError(str(error), ctx) from None


class AmountsCommand(click.Command):
    """A command whose numbers are all above zero: `-0` is a wrong number, not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        refuse_negative(args, ctx)
        return super().parse_args(ctx, args)


def refuse_negative(args: Sequence[str], ctx: click.Context) -> None:
    """Raise UsageError for the first number with a minus sign."""
    for before, word in zip(("", *args), args, strict=False):
        if _NEGATIVE.match(word):
            field = before[2:].replace("-", "_") if before.startswith("--") else "quantity"
            raise click.UsageError(f"{field} is {shorten(word)}; it must be above 0", ctx)
