"""The options of a chase."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import click

from engine.domain.changing import Chase, ChaseEnd
from workers.cli.amounts import Amount

_OPTIONS = (
    click.option("--chase", is_flag=True, help="Keep a limit order at the best price of its side."),
    click.option(
        "--chase-moves", type=click.IntRange(min=1), help="At most so many moves [default: 20]."
    ),
    click.option(
        "--chase-away", type=Amount(), help="At most so many percent from there [default: 1]."
    ),
    click.option(
        "--chase-then",
        type=click.Choice(list(ChaseEnd), case_sensitive=False),
        help="What follows when a bound is reached [default: rest].",
    ),
)


def chase_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options of a chase."""
    for decorate in reversed(_OPTIONS):
        function = decorate(function)
    return function


def take_chase(ctx: click.Context, wish: dict[str, Any]) -> Chase | None:
    """Take the chase out of what was given; UsageError for bounds of none."""
    is_chased = wish.pop("chase")
    moves, then = wish.pop("chase_moves"), wish.pop("chase_then")
    away: Decimal | None = wish.pop("chase_away")
    if not is_chased:
        if any(bound is not None for bound in (moves, away, then)):
            raise click.UsageError(
                "--chase-moves, --chase-away and --chase-then go with --chase", ctx
            )
        return None
    chase = Chase()
    return Chase(
        most_moves=moves or chase.most_moves,
        most_away=away or chase.most_away,
        then=then or chase.then,
    )
